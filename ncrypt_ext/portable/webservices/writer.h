/* SPDX-License-Identifier: MIT
 *
 * A writer as the one of a message's body: it takes fragments, and no other output.
 */
#ifndef PORTABLE_WEBSERVICES_WRITER_H
#define PORTABLE_WEBSERVICES_WRITER_H

#include "webservices/object.h"

struct writer;

/* What was written before is gone. Up to `limit` bytes. */
void writer_begin(struct writer *writer, ULONG limit);

/* From now on it takes nothing. The text, UTF-8, is the writer's until its next writer_begin(). WS_E_OBJECT_FAULTED
 * when writing has failed. */
MUST_CHECK HRESULT writer_end(struct writer *writer, const char **text, size_t *size, WS_ERROR *error);

#endif
