/* SPDX-License-Identifier: MIT
 *
 * ECDSA signatures between DER and r || s, judged by libcrypto's own ECDSA_SIG functions.
 */
#include <openssl/ec.h>

#include "harness.h"
#include "ncrypt/key/ecdsa_der.h"

/* Conversion from a copy of exactly the size, so that reading past it is seen. */
static bool convert(const uint8_t *der, size_t size, uint8_t *raw, size_t width)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    bool good;

    if (size > 0) {
        memcpy(copy, der, size);
    }
    good = ecdsa_der_to_raw(copy, size, raw, width);
    free(copy);
    return good;
}

/* There and back, with libcrypto in between: equal bytes of DER and of numbers. */
static void check_pair(const uint8_t *raw, size_t width)
{
    uint8_t ours[ECDSA_MAX_DER], back[2 * ECDSA_MAX_WIDTH], *theirs = NULL;
    size_t size = ecdsa_raw_to_der(raw, width, ours);
    ECDSA_SIG *signature = ECDSA_SIG_new();
    int length;

    CHECK(size <= sizeof ours);
    CHECK(ECDSA_SIG_set0(signature, BN_bin2bn(raw, (int)width, NULL), BN_bin2bn(raw + width, (int)width, NULL)));
    length = i2d_ECDSA_SIG(signature, &theirs);
    CHECK(length >= 0 && (size_t)length == size && memcmp(ours, theirs, size) == 0);
    CHECK(convert(ours, size, back, width) && memcmp(back, raw, 2 * width) == 0);
    for (size_t cut = 0; cut < size; cut++) {
        CHECK(!convert(ours, cut, back, width));
    }
    ECDSA_SIG_free(signature);
    OPENSSL_free(theirs);
}

/* All pairs of numbers whose first byte that is not zero is 01, 7F, 80 or FF, at every place. */
static void test_both_ways(void)
{
    static const size_t widths[] = {1, 2, 32, 48, 63, 64, 66};
    static const uint8_t tops[] = {0x01, 0x7F, 0x80, 0xFF};

    for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
        size_t width = widths[w];

        for (size_t zeros = 0; zeros <= width; zeros++) {
            for (size_t t = 0; t < sizeof tops; t++) {
                uint8_t raw[2 * ECDSA_MAX_WIDTH];

                memset(raw, 0xA7, sizeof raw);
                memset(raw, 0, zeros);
                if (zeros < width) {
                    raw[zeros] = tops[t];
                }
                raw[width] = tops[(t + zeros) % sizeof tops];
                check_pair(raw, width);
            }
        }
    }
}

static void test_not_strict(void)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *why;
    } cases[] = {
        {"\x31\x06\x02\x01\x01\x02\x01\x01", 8, "tag of the sequence"},
        {"\x30\x06\x03\x01\x01\x02\x01\x01", 8, "tag of r"},
        {"\x30\x06\x02\x01\x01\x04\x01\x01", 8, "tag of s"},
        {"\x30\x07\x02\x01\x01\x02\x01\x01", 8, "sequence longer than the bytes"},
        {"\x30\x05\x02\x01\x01\x02\x01\x01", 8, "sequence shorter than the bytes"},
        {"\x30\x06\x02\x01\x01\x02\x01\x01\x00", 9, "a byte after the sequence"},
        {"\x30\x07\x02\x01\x01\x02\x01\x01\x00", 9, "a byte after s"},
        {"\x30\x81\x06\x02\x01\x01\x02\x01\x01", 9, "long form of a short length"},
        {"\x30\x82\x00\x06\x02\x01\x01\x02\x01\x01", 10, "two bytes of length"},
        {"\x30\x80\x02\x01\x01\x02\x01\x01\x00\x00", 10, "indefinite length"},
        {"\x30\x81", 2, "long form without the length"},
        {"\x30\x07\x02\x81\x01\x01\x02\x01\x01", 9, "long form in r"},
        {"\x30\x07\x02\x02\x00\x01\x02\x01\x01", 9, "zero before a positive number"},
        {"\x30\x06\x02\x01\x80\x02\x01\x01", 8, "negative r"},
        {"\x30\x06\x02\x01\x01\x02\x01\xFF", 8, "negative s"},
        {"\x30\x05\x02\x00\x02\x01\x01", 7, "empty r"},
        {"\x30\x05\x02\x01\x01\x02\x00", 7, "empty s"},
        {"\x30\x06\x02\x7F\x01\x02\x01\x01", 8, "r beyond the end"},
        {"\x30\x03\x02\x01\x01", 5, "no s"},
        {"\x30\x00", 2, "no numbers"},
        {"\x30\x07\x02\x02\x01\x01\x02\x01\x01", 9, "r wider than the curve"},
        {"\x30\x08\x02\x03\x00\x80\x01\x02\x01\x01", 10, "r wider than the curve behind a sign byte"},
    };
    uint8_t raw[2];

    CHECK(convert((const uint8_t *)"\x30\x07\x02\x02\x00\x80\x02\x01\x7F", 9, raw, 1) && raw[0] == 0x80 &&
          raw[1] == 0x7F);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (!CHECK(!convert((const uint8_t *)cases[i].bytes, cases[i].size, raw, 1))) {
            fprintf(stderr, "  accepted: %s\n", cases[i].why);
        }
    }
}

int main(void)
{
    RUN(test_both_ways);
    RUN(test_not_strict);
    return test_result("ecdsa_der");
}
