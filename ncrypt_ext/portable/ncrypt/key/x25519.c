/* SPDX-License-Identifier: MIT
 *
 * Keys on curve25519, which agree by X25519 (RFC 7748). As on Windows they have the components of the other curves, X,
 * Y and d, but X is the u coordinate and both it and d are little-endian, as the RFC has them; Y is zero.
 */
#include <openssl/core_names.h>
#include <string.h>

#include "common/libctx.h"
#include "common/secmem.h"
#include "ncrypt/key/ec.h"
#include "ncrypt/key/pkey.h"

#define WIDTH 32
#define TYPE  "X25519"

static SECURITY_STATUS generate(const struct algorithm *algorithm, const struct curve *curve, uint32_t bits,
                                EVP_PKEY **pkey)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(libctx_get(), TYPE, NULL);

    (void)algorithm;
    (void)curve;
    (void)bits;
    if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1) {
        EVP_PKEY_CTX_free(ctx);
        return status_from_openssl(NTE_NOT_SUPPORTED, "libcrypto cannot generate X25519 keys");
    }
    return pkey_generate(ctx, pkey);
}

/* ---- numbers --------------------------------------------------------------------------------------------------- */

/* Whether u is below the prime, 2^255 - 19. */
static bool is_canonical(const uint8_t *u)
{
    bool all_ones = u[WIDTH - 1] == 0x7F;

    for (size_t i = 1; i < WIDTH - 1; i++) {
        all_ones = all_ones && u[i] == 0xFF;
    }
    return u[WIDTH - 1] <= 0x7F && !(all_ones && u[0] >= 0xED);
}

/* The points of a small order, with which everybody agrees on zero. */
static bool is_low_order(const uint8_t *u)
{
    static const uint8_t points[][WIDTH] = {
        {0},
        {1},
        {0xE0, 0xEB, 0x7A, 0x7C, 0x3B, 0x41, 0xB8, 0xAE, 0x16, 0x56, 0xE3, 0xFA, 0xF1, 0x9F, 0xC4, 0x6A,
         0xDA, 0x09, 0x8D, 0xEB, 0x9C, 0x32, 0xB1, 0xFD, 0x86, 0x62, 0x05, 0x16, 0x5F, 0x49, 0xB8, 0x00},
        {0x5F, 0x9C, 0x95, 0xBC, 0xA3, 0x50, 0x8C, 0x24, 0xB1, 0xD0, 0xB1, 0x55, 0x9C, 0x83, 0xEF, 0x5B,
         0x04, 0x44, 0x5C, 0xC4, 0x58, 0x1C, 0x8E, 0x86, 0xD8, 0x22, 0x4E, 0xDD, 0xD0, 0x9F, 0x11, 0x57},
        {0xEC, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
         0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F},
    };

    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        if (memcmp(u, points[i], WIDTH) == 0) {
            return true;
        }
    }
    return false;
}

static SECURITY_STATUS check_widths(const struct components *components)
{
    for (int i = COMPONENT_EC_X; i <= COMPONENT_EC_D; i++) {
        if (components_has(components, (enum component)i) && components->item[i].size != WIDTH) {
            return status_fail(NTE_INVALID_PARAMETER, "a number of the key has %zu bytes, curve25519 has %d",
                               components->item[i].size, WIDTH);
        }
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS load_public(const struct components *components, bool validate, EVP_PKEY **pkey)
{
    const struct component_span *x = &components->item[COMPONENT_EC_X], *y = &components->item[COMPONENT_EC_Y];

    if (x->data == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "the point of the key is missing");
    }
    if (y->data != NULL && !component_is_zero(y)) {
        return status_fail(NTE_INVALID_PARAMETER, "points of curve25519 have no Y: it must be zero");
    }
    if (!is_canonical(x->data)) {
        return status_fail(NTE_INVALID_PARAMETER, "the point of the key is not below the curve's prime");
    }
    if (validate && is_low_order(x->data)) {
        return status_fail(NTE_INVALID_PARAMETER, "the point of the key has a small order");
    }
    *pkey = EVP_PKEY_new_raw_public_key_ex(libctx_get(), TYPE, NULL, x->data, WIDTH);
    return *pkey != NULL ? ERROR_SUCCESS : status_from_openssl(NTE_NOT_SUPPORTED, "libcrypto cannot load X25519 keys");
}

/* The bits that X25519 does not look at become what they count as, so that a key has one form. A point that came with
 * the number is ignored, as on the other curves. */
static SECURITY_STATUS load(const struct components *components, bool validate, EVP_PKEY **pkey)
{
    SECURITY_STATUS status = check_widths(components);
    uint8_t secret[WIDTH];

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (!components_has(components, COMPONENT_EC_D)) {
        return load_public(components, validate, pkey);
    }
    memcpy(secret, components->item[COMPONENT_EC_D].data, WIDTH);
    secret[0] &= 0xF8;
    secret[WIDTH - 1] = (uint8_t)((secret[WIDTH - 1] & 0x7F) | 0x40);
    *pkey = EVP_PKEY_new_raw_private_key_ex(libctx_get(), TYPE, NULL, secret, WIDTH);
    secmem_wipe(secret, sizeof secret);
    return *pkey != NULL ? ERROR_SUCCESS : status_from_openssl(NTE_NOT_SUPPORTED, "libcrypto cannot load X25519 keys");
}

static SECURITY_STATUS take_apart(const struct material *material, bool with_private, struct components *components)
{
    SECURITY_STATUS status = components_reserve(components, (with_private ? 3 : 2) * WIDTH);
    size_t size = WIDTH;
    uint8_t *x, *y, *d;

    if (status != ERROR_SUCCESS) {
        return status;
    }
    x = components_add(components, COMPONENT_EC_X, WIDTH);
    y = components_add(components, COMPONENT_EC_Y, WIDTH); /* zero */
    d = with_private ? components_add(components, COMPONENT_EC_D, WIDTH) : NULL;
    if (x == NULL || y == NULL || (with_private && d == NULL)) {
        return status_fail(NTE_INTERNAL_ERROR, "a number of the key has no place");
    }
    /* Not by EVP_PKEY_get_raw_private_key(), which leaves the number in memory that it has freed. */
    if (EVP_PKEY_get_raw_public_key(material->pkey, x, &size) != 1 || size != WIDTH ||
        (with_private &&
         (EVP_PKEY_get_octet_string_param(material->pkey, OSSL_PKEY_PARAM_PRIV_KEY, d, WIDTH, &size) != 1 ||
          size != WIDTH))) {
        return status_from_openssl(NTE_INTERNAL_ERROR, "libcrypto does not give the numbers of the key");
    }
    return ERROR_SUCCESS;
}

/* libcrypto refuses to agree on zero, which comes about with peers that were imported without validation. Windows
 * leaves that to its callers. */
static SECURITY_STATUS agree(struct material *material, const struct material *peer, uint8_t *out)
{
    SECURITY_STATUS status = ec_agree(material, peer, out);

    return status == NTE_FAIL ? status_fail(NTE_INVALID_PARAMETER, "there is no secret with this peer: its point has a "
                                                                   "small order")
                              : status;
}

const struct family family_x25519 = {
    .generate = generate,
    .load = load,
    .take_apart = take_apart,
    .agree = agree,
};
