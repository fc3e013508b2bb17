/* SPDX-License-Identifier: MIT */
#include "webservices/encoding.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/export.h"

#define REPLACEMENT '?'

/* The character at *text, which moves on; -1 for a byte that begins none, which is skipped alone. Strict: no overlong
 * forms, no surrogates. */
static int32_t next_character(const unsigned char **text, const unsigned char *end)
{
    const unsigned char *p = *text;
    static const int32_t LEAST[] = {0, 0x80, 0x800, 0x10000};
    int more = p[0] < 0x80 ? 0 : p[0] < 0xC2 ? -1 : p[0] < 0xE0 ? 1 : p[0] < 0xF0 ? 2 : p[0] < 0xF5 ? 3 : -1;
    int32_t character = more <= 0 ? p[0] : p[0] & (0x3F >> more);

    *text = p + 1;
    if (more < 0 || end - p <= more) {
        return -1;
    }
    for (int i = 1; i <= more; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            return -1;
        }
        character = character << 6 | (p[i] & 0x3F);
    }
    if (character < LEAST[more] || character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF)) {
        return -1;
    }
    *text = p + more + 1;
    return character;
}

/* One or two units. */
static unsigned to_units(int32_t character, WCHAR units[2])
{
    if (character < 0x10000) {
        units[0] = (WCHAR)character;
        return 1;
    }
    units[0] = (WCHAR)(0xD800 + ((character - 0x10000) >> 10));
    units[1] = (WCHAR)(0xDC00 + ((character - 0x10000) & 0x3FF));
    return 2;
}

bool encoding_sentence(const char *sentence, WS_STRING *string)
{
    const unsigned char *text = (const unsigned char *)sentence;
    size_t size = strlen(sentence);
    const unsigned char *end = text + size;
    WCHAR *chars = malloc((size + 1) * sizeof *chars);
    ULONG length = 0;

    if (chars == NULL) {
        return false;
    }
    while (text < end) {
        int32_t character = next_character(&text, end);

        length += to_units(character < 0 ? REPLACEMENT : character, chars + length);
    }
    *string = (WS_STRING){length, chars};
    return true;
}

bool encoding_is_text(const char *text, size_t size)
{
    const unsigned char *p = (const unsigned char *)text;
    const unsigned char *end = p + size;

    while (p < end) {
        int32_t character = next_character(&p, end);

        if ((character < 0x20 && character != '\t' && character != '\n' && character != '\r') || character == 0xFFFE ||
            character == 0xFFFF) {
            return false;
        }
    }
    return true;
}

WS_CHARSET encoding_detect(const unsigned char *data, size_t size, WS_CHARSET wanted, size_t *skipped)
{
    static const struct {
        WS_CHARSET charset;
        size_t size;
        unsigned char mark[3];
    } MARKS[] = {
        {WS_CHARSET_UTF8, 3, {0xEF, 0xBB, 0xBF}},
        {WS_CHARSET_UTF16LE, 2, {0xFF, 0xFE, 0}},
        {WS_CHARSET_UTF16BE, 2, {0xFE, 0xFF, 0}},
    };

    for (size_t i = 0; i < sizeof MARKS / sizeof *MARKS; i++) {
        if ((wanted == WS_CHARSET_AUTO || wanted == MARKS[i].charset) && size >= MARKS[i].size &&
            memcmp(data, MARKS[i].mark, MARKS[i].size) == 0) {
            *skipped = MARKS[i].size;
            return MARKS[i].charset;
        }
    }
    *skipped = 0;
    if (wanted != WS_CHARSET_AUTO) {
        return wanted;
    }
    if (size >= 2 && data[0] == '<' && data[1] == 0) {
        return WS_CHARSET_UTF16LE;
    }
    return size >= 2 && data[0] == 0 && data[1] == '<' ? WS_CHARSET_UTF16BE : WS_CHARSET_UTF8;
}

static uint32_t unit_at(const unsigned char *data, WS_CHARSET charset)
{
    return charset == WS_CHARSET_UTF16BE ? (uint32_t)data[0] << 8 | data[1] : (uint32_t)data[1] << 8 | data[0];
}

static size_t put_character(char *out, uint32_t character)
{
    static const unsigned char LEADS[] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t size = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;

    for (size_t i = size; i > 1; i--) {
        out[i - 1] = (char)(0x80 | (character & 0x3F));
        character >>= 6;
    }
    out[0] = (char)(size == 1 ? character : LEADS[size] | character);
    return size;
}

HRESULT encoding_decode(const unsigned char *data, size_t size, WS_CHARSET charset, char **text, size_t *text_size,
                        const char **sentence)
{
    char *decoded = ncx_secret_alloc(size / 2 * 3 + 1); /* three bytes for a unit, and four for two */
    size_t used = 0;

    if (decoded == NULL) {
        return E_OUTOFMEMORY;
    }
    for (size_t i = 0; i + 1 < size; i += 2) {
        uint32_t character = unit_at(data + i, charset);

        if (character >= 0xD800 && character <= 0xDFFF) {
            uint32_t low = i + 3 < size ? unit_at(data + i + 2, charset) : 0;

            if (character >= 0xDC00 || low < 0xDC00 || low > 0xDFFF) {
                ncx_secret_free(decoded);
                *sentence = "the UTF-16 text has half of a surrogate pair";
                return WS_E_INVALID_FORMAT;
            }
            character = 0x10000 + ((character - 0xD800) << 10) + (low - 0xDC00);
            i += 2;
        }
        used += put_character(decoded + used, character);
    }
    if (size % 2 != 0) {
        ncx_secret_free(decoded);
        *sentence = "UTF-16 text has an even number of bytes";
        return WS_E_INVALID_FORMAT;
    }
    *text = decoded;
    *text_size = used;
    return ERROR_SUCCESS;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* One name="value" of a declaration, with the white space before it; the text moves on. */
static bool take_attribute(const char **text, const char *end, const char *name, const char **value, size_t *size)
{
    const char *p = *text;
    size_t length = strlen(name);
    const char *quote;

    while (p < end && is_blank(*p)) {
        p++;
    }
    if (p == *text || (size_t)(end - p) < length || memcmp(p, name, length) != 0) {
        return false;
    }
    for (p += length; p < end && is_blank(*p); p++) {
    }
    if (p == end || *p++ != '=') {
        return false;
    }
    while (p < end && is_blank(*p)) {
        p++;
    }
    if (p == end || (*p != '"' && *p != '\'')) {
        return false;
    }
    quote = memchr(p + 1, *p, (size_t)(end - p - 1));
    if (quote == NULL) {
        return false;
    }
    *value = p + 1;
    *size = (size_t)(quote - p - 1);
    *text = quote + 1;
    return true;
}

static bool is_word(const char *value, size_t size, const char *word)
{
    return size == strlen(word) && strncasecmp(value, word, size) == 0;
}

static bool is_encoding(const char *value, size_t size, WS_CHARSET charset)
{
    return is_word(value, size, charset == WS_CHARSET_UTF8 ? "utf-8" : "utf-16") ||
           (charset == WS_CHARSET_UTF16LE && is_word(value, size, "utf-16le")) ||
           (charset == WS_CHARSET_UTF16BE && is_word(value, size, "utf-16be"));
}

HRESULT encoding_skip_declaration(const char *text, size_t size, WS_CHARSET charset, size_t *skipped,
                                  const char **sentence)
{
    const char *end = text + size;
    const char *p = text + 5;
    const char *value;
    size_t length;

    *skipped = 0;
    if (size < 6 || memcmp(text, "<?xml", 5) != 0 || !is_blank(*p)) {
        return ERROR_SUCCESS;
    }
    if (!take_attribute(&p, end, "version", &value, &length) || !is_word(value, length, "1.0")) {
        *sentence = "the XML declaration does not say version 1.0";
        return WS_E_INVALID_FORMAT;
    }
    if (take_attribute(&p, end, "encoding", &value, &length) && !is_encoding(value, length, charset)) {
        *sentence = "the XML declaration names another encoding than the one that the text is in; UTF-8 and UTF-16 are "
                    "supported";
        return WS_E_INVALID_FORMAT;
    }
    if (take_attribute(&p, end, "standalone", &value, &length) && !(length == 3 && memcmp(value, "yes", 3) == 0) &&
        !(length == 2 && memcmp(value, "no", 2) == 0)) {
        *sentence = "standalone is yes or no in an XML declaration";
        return WS_E_INVALID_FORMAT;
    }
    while (p < end && is_blank(*p)) {
        p++;
    }
    if (end - p < 2 || p[0] != '?' || p[1] != '>') {
        *sentence = "the XML declaration is not well-formed";
        return WS_E_INVALID_FORMAT;
    }
    *skipped = (size_t)(p + 2 - text);
    return ERROR_SUCCESS;
}

const char *encoding_declaration(WS_CHARSET charset)
{
    return charset == WS_CHARSET_UTF8 ? "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
                                      : "<?xml version=\"1.0\" encoding=\"utf-16\"?>";
}

size_t encoding_size(const char *text, size_t size, WS_CHARSET charset)
{
    size_t units = 0;

    if (charset == WS_CHARSET_UTF8) {
        return size;
    }
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];

        units += (byte & 0xC0) != 0x80;
        units += byte >= 0xF0;
    }
    return 2 * units;
}

void encoding_encode(const char *text, size_t size, WS_CHARSET charset, unsigned char *out)
{
    const unsigned char *p = (const unsigned char *)text;
    const unsigned char *end = p + size;
    unsigned high = charset == WS_CHARSET_UTF16BE ? 0 : 1;

    if (charset == WS_CHARSET_UTF8) {
        if (size > 0) {
            memcpy(out, text, size);
        }
        return;
    }
    while (p < end) {
        WCHAR units[2];
        unsigned count = to_units(next_character(&p, end), units);

        for (unsigned i = 0; i < count; i++, out += 2) {
            out[high] = (unsigned char)(units[i] >> 8);
            out[1 - high] = (unsigned char)units[i];
        }
    }
}
