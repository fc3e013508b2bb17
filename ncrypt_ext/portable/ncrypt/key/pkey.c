/* SPDX-License-Identifier: MIT */
#include "ncrypt/key/pkey.h"

#include <stdatomic.h>
#include <string.h>

#include "common/interrupt.h"
#include "common/libctx.h"

static const char *const type_names[PKEY_TYPE_COUNT] = {
    [PKEY_RSA] = "RSA",
    [PKEY_EC] = "EC",
    [PKEY_DH] = "DH",
    [PKEY_DHX] = "DHX",
    [PKEY_DSA] = "DSA",
    [PKEY_MLDSA_44] = "ML-DSA-44",
    [PKEY_MLDSA_65] = "ML-DSA-65",
    [PKEY_MLDSA_87] = "ML-DSA-87",
    [PKEY_MLKEM_512] = "ML-KEM-512",
    [PKEY_MLKEM_768] = "ML-KEM-768",
    [PKEY_MLKEM_1024] = "ML-KEM-1024",
};

const char *pkey_type_name(enum pkey_type type)
{
    return type_names[type];
}

/* Making a context looks the algorithm up by its name, a good part of the time that loading a key takes. So one for
 * each type is kept for the life of the process; who takes it has it alone, and others meanwhile make their own. */
static _Atomic(EVP_PKEY_CTX *) idle[PKEY_TYPE_COUNT];

static EVP_PKEY_CTX *take_context(enum pkey_type type)
{
    EVP_PKEY_CTX *ctx = atomic_exchange_explicit(&idle[type], NULL, memory_order_acquire);
    OSSL_LIB_CTX *libctx = libctx_get();

    if (ctx == NULL && libctx != NULL) {
        ctx = EVP_PKEY_CTX_new_from_name(libctx, type_names[type], NULL);
    }
    if (ctx != NULL && EVP_PKEY_fromdata_init(ctx) != 1) {
        EVP_PKEY_CTX_free(ctx);
        ctx = NULL;
    }
    return ctx;
}

static void put_back(enum pkey_type type, EVP_PKEY_CTX *ctx)
{
    EVP_PKEY_CTX_free(atomic_exchange_explicit(&idle[type], ctx, memory_order_acq_rel));
}

void pkey_builder_init(struct pkey_builder *builder, uint8_t *memory)
{
    builder->count = 0;
    builder->memory = memory;
}

void pkey_copy_native(uint8_t *to, const uint8_t *from, size_t size)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    memcpy(to, from, size);
#else
    for (size_t i = 0; i < size; i++) {
        to[i] = from[size - 1 - i];
    }
#endif
}

void pkey_builder_number(struct pkey_builder *builder, const char *name, struct component_span number)
{
    pkey_copy_native(builder->memory, number.data, number.size);
    builder->list[builder->count++] = OSSL_PARAM_construct_BN(name, builder->memory, number.size);
    builder->memory += number.size;
}

void pkey_builder_bytes(struct pkey_builder *builder, const char *name, const uint8_t *data, size_t size)
{
    builder->list[builder->count++] = OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)data, size);
}

void pkey_builder_text(struct pkey_builder *builder, const char *name, const char *text)
{
    builder->list[builder->count++] = OSSL_PARAM_construct_utf8_string(name, (char *)(uintptr_t)text, 0);
}

void pkey_builder_integer(struct pkey_builder *builder, const char *name, int *number)
{
    builder->list[builder->count++] = OSSL_PARAM_construct_int(name, number);
}

SECURITY_STATUS pkey_builder_finish(struct pkey_builder *builder, enum pkey_type type, int selection, EVP_PKEY **pkey)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    EVP_PKEY_CTX *ctx = take_context(type);
    EVP_PKEY *made = NULL;

    builder->list[builder->count] = OSSL_PARAM_construct_end();
    if (ctx == NULL) {
        return status_from_openssl(NTE_INTERNAL_ERROR, "libcrypto cannot load keys");
    }
    if (EVP_PKEY_fromdata(ctx, &made, selection, builder->list) == 1) {
        *pkey = made;
    } else {
        status = status_from_openssl(NTE_INVALID_PARAMETER, "the numbers are no key");
        EVP_PKEY_free(made);
    }
    put_back(type, ctx);
    return status;
}

SECURITY_STATUS pkey_number(const EVP_PKEY *pkey, const char *name, BIGNUM **number)
{
    *number = NULL;
    if (EVP_PKEY_get_bn_param(pkey, name, number) != 1) {
        return status_from_openssl(NTE_INTERNAL_ERROR, "libcrypto does not give a number of the key");
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS pkey_number_to_component(const BIGNUM *number, struct components *components, enum component which,
                                         size_t size)
{
    uint8_t *place = components_add(components, which, size);

    if (place == NULL || BN_bn2binpad(number, place, (int)size) < 0) {
        return status_fail(NTE_INTERNAL_ERROR, "a number of the key is wider than its place");
    }
    return ERROR_SUCCESS;
}

static int poll_interrupt(EVP_PKEY_CTX *ctx)
{
    bool *cancelled = EVP_PKEY_CTX_get_app_data(ctx);

    openssl_scope_suspend();
    if (!*cancelled && interrupt_poll()) {
        *cancelled = true;
    }
    openssl_scope_resume();
    return !*cancelled;
}

SECURITY_STATUS pkey_generate(EVP_PKEY_CTX *ctx, EVP_PKEY **pkey)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    EVP_PKEY *made = NULL;
    bool cancelled = false;

    EVP_PKEY_CTX_set_app_data(ctx, &cancelled);
    EVP_PKEY_CTX_set_cb(ctx, poll_interrupt);
    if (EVP_PKEY_generate(ctx, &made) == 1 && !cancelled) { /* whoever has asked to stop gets no key */
        *pkey = made;
    } else {
        EVP_PKEY_free(made);
        status = cancelled ? status_fail(NTE_USER_CANCELLED, "the key generation was interrupted")
                           : status_from_openssl(NTE_FAIL, "libcrypto cannot generate the key");
    }
    EVP_PKEY_CTX_free(ctx);
    return status;
}
