/* SPDX-License-Identifier: MIT
 *
 * corpus_support.h for the fuzz targets of web services.
 */
#ifndef TESTS_ENGINE_WS_CORPUS_SUPPORT_H
#define TESTS_ENGINE_WS_CORPUS_SUPPORT_H

#include "corpus_support.h"

/* What the target keeps between inputs. */
static inline void corpus_end(void)
{
    WsFreeWriter(writer);
    WsFreeReader(reader);
    WsFreeHeap(heap);
    WsFreeError(error);
    for (int type = HANDLE_WS_ERROR; type <= HANDLE_WS_TOKEN; type++) {
        CHECK(ncx_object_type_count((enum handle_type)type) == 0);
    }
}

#endif
