/* SPDX-License-Identifier: MIT
 *
 * PFX files as libcrypto by itself makes them, piece by piece.
 */
#ifndef TESTS_ENGINE_PFX_SUPPORT_H
#define TESTS_ENGINE_PFX_SUPPORT_H

#include "certificate_support.h"

#define PFX_UNENCRYPTED (-1)

/* What is not said is as `openssl pkcs12 -export` has it. */
struct pfx_options {
    const char *password; /* UTF-8; NULL: no password, which is not the empty one */
    int key_cipher, certificate_cipher, iterations, mac_iterations;
    const EVP_MD *digest;
    bool no_mac;
};

struct pfx_item {
    const struct issued *key, *certificate; /* one of the two */
    const char *name;
    char id; /* 0: none */
};

struct pfx_file {
    uint8_t *data;
    DWORD size;
};

static inline int cipher_or(int cipher, int otherwise)
{
    return cipher == 0 ? otherwise : cipher;
}

static inline void add_key_bag(STACK_OF(PKCS12_SAFEBAG) * *bags, const struct pfx_item *item,
                               const struct pfx_options *options)
{
    PKCS12_SAFEBAG *bag = PKCS12_add_key(bags, item->key->key, 0, cipher_or(options->iterations, 2),
                                         cipher_or(options->key_cipher, NID_aes_256_cbc), options->password);

    CHECK(bag != NULL);
    if (item->id != 0) {
        char id = item->id;

        CHECK(PKCS12_add_localkeyid(bag, (unsigned char *)&id, 1) == 1);
    }
}

static inline void add_certificate_bag(STACK_OF(PKCS12_SAFEBAG) * *bags, const struct pfx_item *item)
{
    PKCS12_SAFEBAG *bag = PKCS12_add_cert(bags, item->certificate->x509);

    CHECK(bag != NULL);
    if (item->name != NULL) {
        CHECK(PKCS12_add_friendlyname_utf8(bag, item->name, -1) == 1);
    }
    if (item->id != 0) {
        char id = item->id;

        CHECK(PKCS12_add_localkeyid(bag, (unsigned char *)&id, 1) == 1);
    }
}

/* Takes the parts over. */
static inline struct pfx_file finish_file(STACK_OF(PKCS7) * parts, const struct pfx_options *options)
{
    PKCS12 *file = PKCS12_add_safes(parts, 0);
    struct pfx_file made = {NULL, 0};

    CHECK(file != NULL);
    if (!options->no_mac) {
        CHECK(PKCS12_set_mac(file, options->password, options->password == NULL ? 0 : -1, NULL, 0,
                             cipher_or(options->mac_iterations, 2),
                             options->digest == NULL ? EVP_sha256() : options->digest) == 1);
    }
    made.size = (DWORD)i2d_PKCS12(file, &made.data);
    CHECK((int)made.size > 0);
    PKCS12_free(file);
    sk_PKCS7_pop_free(parts, PKCS7_free);
    return made;
}

static inline struct pfx_file make_file(struct pfx_options options, const struct pfx_item *items, size_t count)
{
    STACK_OF(PKCS7) *parts = NULL;
    STACK_OF(PKCS12_SAFEBAG) *keys = NULL, *certificates = NULL;

    for (size_t i = 0; i < count; i++) {
        if (items[i].key != NULL) {
            add_key_bag(&keys, &items[i], &options);
        } else {
            add_certificate_bag(&certificates, &items[i]);
        }
    }
    if (certificates != NULL) {
        CHECK(PKCS12_add_safe(&parts, certificates, cipher_or(options.certificate_cipher, NID_aes_256_cbc),
                              cipher_or(options.iterations, 2), options.password) == 1);
    }
    if (keys != NULL) {
        CHECK(PKCS12_add_safe(&parts, keys, PFX_UNENCRYPTED, 0, NULL) == 1);
    }
    if (parts == NULL) {
        parts = sk_PKCS7_new_null();
    }
    sk_PKCS12_SAFEBAG_pop_free(certificates, PKCS12_SAFEBAG_free);
    sk_PKCS12_SAFEBAG_pop_free(keys, PKCS12_SAFEBAG_free);
    return finish_file(parts, &options);
}

static inline HCERTSTORE import_bytes(const void *data, size_t size, const WCHAR *password, DWORD flags)
{
    CRYPT_DATA_BLOB blob = {(DWORD)size, (BYTE *)(uintptr_t)data};

    return PFXImportCertStore(&blob, password, flags);
}

static inline HCERTSTORE import_file(struct pfx_file *file, const WCHAR *password, DWORD flags)
{
    HCERTSTORE store = import_bytes(file->data, file->size, password, flags);

    OPENSSL_free(file->data);
    file->data = NULL;
    return store;
}

static inline unsigned count_keys(DWORD flags)
{
    NCRYPT_PROV_HANDLE provider = open_provider();
    NCryptKeyName *name = NULL;
    PVOID state = NULL;
    unsigned count = 0;

    while (NCryptEnumKeys(provider, NULL, &name, &state, flags) == ERROR_SUCCESS) {
        CHECK_STATUS(NCryptFreeBuffer(name), ERROR_SUCCESS);
        count++;
    }
    if (state != NULL) {
        CHECK_STATUS(NCryptFreeBuffer(state), ERROR_SUCCESS);
    }
    free_handle(provider);
    return count;
}

static inline void delete_keys(void)
{
    NCRYPT_PROV_HANDLE provider = open_provider();
    NCryptKeyName *name = NULL;
    PVOID state = NULL;

    while (NCryptEnumKeys(provider, NULL, &name, &state, 0) == ERROR_SUCCESS) {
        CHECK_STATUS(NCryptDeleteKey(open_key(provider, name->pszName), 0), ERROR_SUCCESS);
        CHECK_STATUS(NCryptFreeBuffer(name), ERROR_SUCCESS);
    }
    if (state != NULL) {
        CHECK_STATUS(NCryptFreeBuffer(state), ERROR_SUCCESS);
    }
    free_handle(provider);
}

#endif
