/* SPDX-License-Identifier: MIT
 *
 * What the fuzz targets of encrypted keys and files share. They encrypt themselves, with one iteration: no fuzzer finds
 * its way through a cipher.
 */
#ifndef TESTS_FUZZ_ENCRYPT_SUPPORT_H
#define TESTS_FUZZ_ENCRYPT_SUPPORT_H

#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "fuzz_support.h"
#include "wintypes.h"

/* What everything is encrypted under. */
#define PASSWORD      "x"
#define PASSWORD_SIZE 1

#define TEN(text) text text text text text text text text text text

/* What the engine is given. The sizes are those of buffers in a parameter list, where an empty one is no password. */
static const struct password {
    const WCHAR *text;
    uint32_t size;
} passwords[] = {
    {NULL, 0},
    {u"x", 4},
    {u"", 0},
    {u"", 2},
    {u"wrong", 12},
    {(const WCHAR[]){0xD83D, 0}, 4}, /* half a character */
    {TEN(TEN(TEN(u"x") u"x")) u"", 2 * (1100 + 1)},
};

enum { UNENCRYPTED, SCHEMES = 9 };

/* For the caller to free with X509_ALGOR_free(). */
static inline X509_ALGOR *encryption_scheme(unsigned number)
{
    uint8_t salt[8] = "saltsalt", iv[16] = "ivivivivivivivi";
    X509_ALGOR *made = NULL;

    switch (number) {
    case 1:
        made = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), 1, salt, sizeof salt, iv, NID_hmacWithSHA256);
        break;
    case 2: /* which is not said: it is the default */
        made = PKCS5_pbe2_set_iv(EVP_aes_128_cbc(), 1, salt, sizeof salt, iv, NID_hmacWithSHA1);
        break;
    case 3:
        made = PKCS5_pbe2_set_iv(EVP_aes_192_cbc(), 1, salt, sizeof salt, iv, NID_hmacWithSHA512);
        break;
    case 4:
        made = PKCS5_pbe2_set_iv(EVP_des_ede3_cbc(), 1, salt, sizeof salt, iv, NID_hmacWithSHA1);
        break;
    case 5:
        made = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, sizeof salt, iv, 2, 1, 1);
        break;
    case 6:
        made = PKCS5_pbe_set(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, 1, salt, sizeof salt);
        break;
    case 7:
        made = PKCS5_pbe_set(NID_pbe_WithSHA1And2_Key_TripleDES_CBC, 1, salt, sizeof salt);
        break;
    default:
        made = PKCS5_pbe2_set_iv(EVP_aes_256_cfb128(), 1, salt, sizeof salt, iv, NID_hmacWithSHA256);
        break;
    }
    REQUIRE(made != NULL);
    return made;
}

#endif
