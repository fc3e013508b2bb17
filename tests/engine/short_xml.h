/* SPDX-License-Identifier: MIT
 *
 * Libxml2's allocations fail, too, as those of short_memory.h.
 */
#ifndef TESTS_ENGINE_SHORT_XML_H
#define TESTS_ENGINE_SHORT_XML_H

#include <libxml/parser.h>

#include "short_memory.h"

/* What libxml2 has no other place for. */
static void be_quiet(void *data, const char *format, ...)
{
    (void)data;
    (void)format;
}

/* What it keeps for ever is allocated here. */
static void use_own_xml_memory(void)
{
    xmlSetGenericErrorFunc(NULL, be_quiet);
    CHECK(xmlMemSetup(free, __wrap_malloc, __wrap_realloc, copy_string) == 0);
    xmlInitParser();
}

#endif
