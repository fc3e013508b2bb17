/* SPDX-License-Identifier: MIT */
#include "ncrypt/blob/blob.h"

#include "common/secmem.h"
#include "common/utf16.h"
#include "ncrypt/parameters.h"

static const struct blob_format formats[] = {
    {
        .type = BCRYPT_RSAPUBLIC_BLOB,
        .is_default = true,
        .magic = BCRYPT_RSAPUBLIC_MAGIC,
        .family = &family_rsa,
        .parse = blob_rsa_parse,
        .write = blob_rsa_write,
    },
    {
        .type = BCRYPT_RSAPRIVATE_BLOB,
        .is_private = true,
        .settable = true,
        .is_default = true,
        .magic = BCRYPT_RSAPRIVATE_MAGIC,
        .family = &family_rsa,
        .parse = blob_rsa_parse,
        .write = blob_rsa_write,
    },
    {
        .type = BCRYPT_RSAFULLPRIVATE_BLOB,
        .is_private = true,
        .settable = true,
        .magic = BCRYPT_RSAFULLPRIVATE_MAGIC,
        .family = &family_rsa,
        .parse = blob_rsa_parse,
        .write = blob_rsa_write,
    },
    {
        .type = LEGACY_RSAPUBLIC_BLOB,
        .family = &family_rsa,
        .parse = blob_capi_parse,
        .write = blob_capi_write,
    },
    {
        .type = LEGACY_RSAPRIVATE_BLOB,
        .is_private = true,
        .family = &family_rsa,
        .parse = blob_capi_parse,
        .write = blob_capi_write,
    },
    {
        .type = BCRYPT_ECCPUBLIC_BLOB,
        .is_default = true,
        .reads = PARAMETER_CURVE,
        .family = &family_ec,
        .owns_magic = blob_ecc_owns_magic,
        .parse = blob_ecc_parse,
        .write = blob_ecc_write,
    },
    {
        .type = BCRYPT_ECCPRIVATE_BLOB,
        .is_private = true,
        .settable = true,
        .is_default = true,
        .reads = PARAMETER_CURVE,
        .family = &family_ec,
        .owns_magic = blob_ecc_owns_magic,
        .parse = blob_ecc_parse,
        .write = blob_ecc_write,
    },
    {
        .type = NCRYPT_CIPHER_KEY_BLOB,
        .is_private = true,
        .settable = true,
        .magic = NCRYPT_CIPHER_KEY_BLOB_MAGIC,
        .family = &family_symmetric,
        .parse = blob_secret_parse,
        .write = blob_secret_write,
    },
    {
        .type = NCRYPT_KDF_KEY_BLOB,
        .is_private = true,
        .settable = true,
        .magic = NCRYPT_KDF_KEY_BLOB_MAGIC,
        .family = &family_kdf,
        .parse = blob_secret_parse,
        .write = blob_secret_write,
    },
    {
        .type = BCRYPT_KEY_DATA_BLOB,
        .is_private = true,
        .settable = true,
        .magic = BCRYPT_KEY_DATA_BLOB_MAGIC,
        .family = &family_symmetric,
        .parse = blob_key_data_parse,
        .write = blob_key_data_write,
    },
    {
        .type = BCRYPT_DH_PUBLIC_BLOB,
        .is_default = true,
        .magic = BCRYPT_DH_PUBLIC_MAGIC,
        .family = &family_dh,
        .parse = blob_dl_parse,
        .write = blob_dl_write,
    },
    {
        .type = BCRYPT_DH_PRIVATE_BLOB,
        .is_private = true,
        .settable = true,
        .is_default = true,
        .magic = BCRYPT_DH_PRIVATE_MAGIC,
        .family = &family_dh,
        .parse = blob_dl_parse,
        .write = blob_dl_write,
    },
    {
        .type = BCRYPT_DSA_PUBLIC_BLOB,
        .is_default = true,
        .family = &family_dsa,
        .owns_magic = blob_dsa_owns_magic,
        .parse = blob_dl_parse,
        .write = blob_dl_write,
    },
    {
        .type = BCRYPT_DSA_PRIVATE_BLOB,
        .is_private = true,
        .settable = true,
        .is_default = true,
        .family = &family_dsa,
        .owns_magic = blob_dsa_owns_magic,
        .parse = blob_dl_parse,
        .write = blob_dl_write,
    },
    {
        .type = LEGACY_DH_PUBLIC_BLOB,
        .version = 3,
        .family = &family_dh,
        .parse = blob_dl_capi_parse,
        .write = blob_dl_capi_write,
    },
    {
        .type = LEGACY_DH_PRIVATE_BLOB,
        .is_private = true,
        .version = 3,
        .family = &family_dh,
        .parse = blob_dl_capi_parse,
        .write = blob_dl_capi_write,
    },
    {
        .type = LEGACY_DSA_PUBLIC_BLOB,
        .version = 3,
        .family = &family_dsa,
        .parse = blob_dl_capi_parse,
        .write = blob_dl_capi_write,
    },
    {
        .type = LEGACY_DSA_PRIVATE_BLOB,
        .is_private = true,
        .version = 3,
        .family = &family_dsa,
        .parse = blob_dl_capi_parse,
        .write = blob_dl_capi_write,
    },
    {
        .type = LEGACY_DSA_V2_PUBLIC_BLOB,
        .version = 2,
        .family = &family_dsa,
        .parse = blob_dl_capi_parse,
        .write = blob_dl_capi_write,
    },
    {
        .type = LEGACY_DSA_V2_PRIVATE_BLOB,
        .is_private = true,
        .version = 2,
        .family = &family_dsa,
        .parse = blob_dl_capi_parse,
        .write = blob_dl_capi_write,
    },
    {
        .type = BCRYPT_ECCFULLPUBLIC_BLOB,
        .family = &family_ec,
        .parse = blob_eccfull_parse,
        .write = blob_eccfull_write,
    },
    {
        .type = BCRYPT_ECCFULLPRIVATE_BLOB,
        .is_private = true,
        .settable = true,
        .family = &family_ec,
        .parse = blob_eccfull_parse,
        .write = blob_eccfull_write,
    },
    {
        .type = BCRYPT_PQDSA_PUBLIC_BLOB,
        .is_default = true,
        .magic = BCRYPT_MLDSA_PUBLIC_MAGIC,
        .family = &family_mldsa,
        .parse = blob_pq_parse,
        .write = blob_pq_write,
    },
    {
        .type = BCRYPT_PQDSA_PRIVATE_BLOB,
        .is_private = true,
        .settable = true,
        .is_default = true,
        .magic = BCRYPT_MLDSA_PRIVATE_MAGIC,
        .family = &family_mldsa,
        .parse = blob_pq_parse,
        .write = blob_pq_write,
    },
    {
        .type = BCRYPT_PQDSA_PRIVATE_SEED_BLOB,
        .is_private = true,
        .settable = true,
        .magic = BCRYPT_MLDSA_PRIVATE_SEED_MAGIC,
        .family = &family_mldsa,
        .parse = blob_pq_parse,
        .write = blob_pq_write,
    },
    {
        .type = BCRYPT_MLKEM_PUBLIC_BLOB,
        .is_default = true,
        .magic = BCRYPT_MLKEM_PUBLIC_MAGIC,
        .family = &family_mlkem,
        .parse = blob_pq_parse,
        .write = blob_pq_write,
    },
    {
        .type = BCRYPT_MLKEM_PRIVATE_BLOB,
        .is_private = true,
        .settable = true,
        .is_default = true,
        .magic = BCRYPT_MLKEM_PRIVATE_MAGIC,
        .family = &family_mlkem,
        .parse = blob_pq_parse,
        .write = blob_pq_write,
    },
    {
        .type = BCRYPT_MLKEM_PRIVATE_SEED_BLOB,
        .is_private = true,
        .settable = true,
        .magic = BCRYPT_MLKEM_PRIVATE_SEED_MAGIC,
        .family = &family_mlkem,
        .parse = blob_pq_parse,
        .write = blob_pq_write,
    },
    {
        .type = NCRYPT_PQ_PRIVATE_KEY_BLOB,
        .is_private = true,
        .magic = NCRYPT_PQ_PRIVATE_BLOB_MAGIC,
        .parse = blob_pq_wrapper_parse,
        .write = blob_pq_wrapper_write,
    },
    {
        .type = NCRYPT_PKCS8_PRIVATE_KEY_BLOB,
        .is_private = true,
        .reads = PARAMETER_PASSWORD,
        .writes = PARAMETER_PASSWORD | PARAMETER_SCHEME | PARAMETER_SCHEME_DATA,
        .parse = blob_pkcs8_parse,
        .write = blob_pkcs8_write,
    },
    {
        .type = NCRYPT_PKCS7_ENVELOPE_BLOB,
        .is_private = true,
        .wraps = true,
        .is_sealed = true,
        .reads = PARAMETER_CERTIFICATES,
        .writes = PARAMETER_CERTIFICATES | PARAMETER_SCHEME,
        .parse = blob_pkcs7_parse,
        .write = blob_pkcs7_write,
    },
    {
        .type = BCRYPT_PKCS11_RSA_AES_WRAP_KEY_BLOB,
        .is_private = true,
        .wraps = true,
        .policy = NCRYPT_ALLOW_PKCS11_RSA_AES_EXPORT_FLAG,
        .writes = PARAMETER_AES_BITS | PARAMETER_PADDING_HASH | PARAMETER_PADDING_LABEL,
        .parse = blob_pkcs11_parse,
        .write = blob_pkcs11_write,
    },
    {
        .type = NCRYPT_OPAQUETRANSPORT_BLOB,
        .is_private = true,
        .is_sealed = true,
    },
};

#define FORMAT_COUNT (sizeof formats / sizeof formats[0])

const struct blob_format *blob_format_by_type(const WCHAR *type)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        if (utf16_equal(type, formats[i].type)) {
            return &formats[i];
        }
    }
    return NULL;
}

static const struct blob_format *default_format(const struct family *family, bool is_private)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        if (formats[i].is_default && formats[i].family == family && formats[i].is_private == is_private) {
            return &formats[i];
        }
    }
    return NULL;
}

static const struct blob_format *format_of_magic(uint32_t magic, bool is_private)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        const struct blob_format *format = &formats[i];

        if (format->owns_magic != NULL ? format->owns_magic(magic) : format->magic != 0 && format->magic == magic) {
            return format->is_private == is_private ? format : default_format(format->family, is_private);
        }
    }
    return NULL;
}

const struct blob_format *blob_format_resolve(const WCHAR *type, const struct algorithm *algorithm, const uint8_t *data,
                                              size_t size)
{
    bool is_private = utf16_equal(type, BCRYPT_PRIVATE_KEY_BLOB);

    if (!is_private && !utf16_equal(type, BCRYPT_PUBLIC_KEY_BLOB)) {
        return blob_format_by_type(type);
    }
    if (algorithm != NULL) {
        return default_format(algorithm->family, is_private);
    }
    return size < 4 ? NULL : format_of_magic(blob_read_u32(data), is_private);
}

SECURITY_STATUS blob_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                           const struct blob_parameters *parameters, struct components *components, uint32_t *usage)
{
    uint8_t *copy = secmem_copy(data, size);
    SECURITY_STATUS status =
        copy == NULL ? status_no_memory() : format->parse(format, copy, size, parameters, components, usage);

    secmem_free(copy);
    return status;
}

uint32_t blob_read_u32(const uint8_t *data)
{
    return data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
}

void blob_write_u32(uint8_t *out, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> (8 * i));
    }
}

SECURITY_STATUS blob_read_magic(const uint8_t *data, size_t size, uint32_t *magic)
{
    if (size < 4) {
        return status_fail(NTE_BAD_DATA, "a key blob of %zu bytes", size);
    }
    *magic = blob_read_u32(data);
    return ERROR_SUCCESS;
}

SECURITY_STATUS blob_check_family(const struct blob_parameters *parameters, const struct family *family)
{
    if (parameters->algorithm != NULL && parameters->algorithm->family != family) {
        return status_fail(NTE_INVALID_PARAMETER, "the blob holds a key of another algorithm");
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS blob_output(uint8_t *out, size_t out_size, size_t needed, size_t *result, bool *ready)
{
    *result = needed;
    *ready = out != NULL && out_size >= needed;
    if (out != NULL && !*ready) {
        return status_fail(NTE_BUFFER_TOO_SMALL, "the key blob has %zu bytes", needed);
    }
    return ERROR_SUCCESS;
}
