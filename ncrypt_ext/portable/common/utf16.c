/* SPDX-License-Identifier: MIT */
#include "common/utf16.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t utf16_length(const WCHAR *text, size_t limit)
{
    size_t length = 0;

    while (length < limit && text[length] != 0) {
        length++;
    }
    return length;
}

bool utf16_equal(const WCHAR *left, const WCHAR *right)
{
    while (*left == *right && *left != 0) {
        left++;
        right++;
    }
    return *left == *right;
}

WCHAR utf16_fold(WCHAR unit)
{
    return unit >= 'A' && unit <= 'Z' ? (WCHAR)(unit + ('a' - 'A')) : unit;
}

bool utf16_equal_fold(const WCHAR *left, const WCHAR *right)
{
    while (utf16_fold(*left) == utf16_fold(*right) && *left != 0) {
        left++;
        right++;
    }
    return utf16_fold(*left) == utf16_fold(*right);
}

WCHAR *utf16_copy(const WCHAR *text, size_t length)
{
    WCHAR *copy;

    if (length >= SIZE_MAX / sizeof *copy) {
        return NULL;
    }
    copy = malloc((length + 1) * sizeof *copy);
    if (copy != NULL) {
        memcpy(copy, text, length * sizeof *copy);
        copy[length] = 0;
    }
    return copy;
}

static size_t put_utf8(uint32_t character, char *out)
{
    size_t more = character < 0x80 ? 0 : character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;

    for (size_t i = more; i > 0; i--) {
        out[i] = (char)(0x80 | (character & 0x3F));
        character >>= 6;
    }
    out[0] = (char)(more == 0 ? character : (0xF00u >> (more + 1) & 0xFFu) | character);
    return more + 1;
}

bool utf16_to_utf8(const WCHAR *text, size_t length, char *out, size_t *size)
{
    size_t used = 0;

    for (size_t i = 0; i < length; i++) {
        uint32_t character = text[i];

        if (character >= 0xD800 && character < 0xE000) {
            if (character >= 0xDC00 || i + 1 == length || text[i + 1] < 0xDC00 || text[i + 1] >= 0xE000) {
                return false;
            }
            character = 0x10000 + ((character - 0xD800) << 10) + (text[++i] - 0xDC00u);
        }
        used += put_utf8(character, out + used);
    }
    out[used] = '\0';
    *size = used;
    return true;
}

const char *utf16_printable(const WCHAR *text, char *out, size_t size)
{
    size_t used = 0;

    for (; *text != 0; text++) {
        bool plain = *text >= 0x20 && *text < 0x7F;
        size_t needed = plain ? 1 : 6;

        if (used + needed + 1 > size) {
            break;
        }
        if (plain) {
            out[used] = (char)*text;
        } else {
            snprintf(out + used, size - used, "\\u%04X", (unsigned)*text);
        }
        used += needed;
    }
    if (size > 0) {
        out[used] = '\0';
    }
    return out;
}
