/* SPDX-License-Identifier: MIT */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/dh.h>

#include "ncrypt/key/dl.h"
#include "ncrypt/key/prepared.h"

#define OAKLEY_WIDTH 128 /* bytes of the longest modulus without a name */

/* The group that keys of a length are generated in: RFC 7919's, and RFC 3526's and RFC 2409's where that has none. */
static const struct standard_group {
    uint32_t bits;
    const char *name;              /* libcrypto's */
    BIGNUM *(*modulus)(BIGNUM *p); /* for those without; the generator is 2 */
} standard_groups[] = {
    {768, NULL, BN_get_rfc2409_prime_768},
    {1024, NULL, BN_get_rfc2409_prime_1024},
    {1536, "modp_1536", NULL},
    {2048, "ffdhe2048", NULL},
    {3072, "ffdhe3072", NULL},
    {4096, "ffdhe4096", NULL},
    {6144, "ffdhe6144", NULL},
    {8192, "ffdhe8192", NULL},
};

static SECURITY_STATUS add_modulus(struct pkey_builder *builder, const struct standard_group *group)
{
    static uint8_t two[] = {2};
    BIGNUM *p = group->modulus(NULL);
    uint8_t bytes[OAKLEY_WIDTH];

    if (p == NULL) {
        return status_no_memory();
    }
    pkey_builder_number(builder, OSSL_PKEY_PARAM_FFC_P, (struct component_span){bytes, (size_t)BN_bn2bin(p, bytes)});
    pkey_builder_number(builder, OSSL_PKEY_PARAM_FFC_G, (struct component_span){two, sizeof two});
    BN_free(p);
    return ERROR_SUCCESS;
}

static SECURITY_STATUS find_group(uint32_t bits, EVP_PKEY **pkey)
{
    uint8_t memory[OAKLEY_WIDTH + 1];
    const struct standard_group *group = NULL;
    struct pkey_builder builder;
    SECURITY_STATUS status = ERROR_SUCCESS;

    for (size_t i = 0; i < sizeof standard_groups / sizeof standard_groups[0]; i++) {
        if (standard_groups[i].bits == bits) {
            group = &standard_groups[i];
        }
    }
    if (group == NULL) {
        return status_fail(NTE_INVALID_PARAMETER,
                           "there is no standard group of %u bits: DH keys of this length need parameters of their own "
                           "(property 'DHParameters')",
                           bits);
    }
    pkey_builder_init(&builder, memory);
    if (group->name != NULL) {
        pkey_builder_text(&builder, OSSL_PKEY_PARAM_GROUP_NAME, group->name);
    } else {
        status = add_modulus(&builder, group);
    }
    return status == ERROR_SUCCESS ? pkey_builder_finish(&builder, PKEY_DH, EVP_PKEY_KEY_PARAMETERS, pkey) : status;
}

static SECURITY_STATUS generate(const struct algorithm *algorithm, const struct curve *curve, uint32_t bits,
                                EVP_PKEY **pkey)
{
    EVP_PKEY *group = NULL;
    SECURITY_STATUS status = find_group(bits, &group);

    (void)algorithm;
    (void)curve;
    if (status == ERROR_SUCCESS) {
        status = dl_generate(group, pkey);
    }
    EVP_PKEY_free(group);
    return status;
}

/* ---- agreement ------------------------------------------------------------------------------------------------ */

static const struct prepared_use use_agree = {PREPARED_AGREE, 0, NULL, 0};

/* As wide as the modulus, whatever zeros the secret begins with. */
static int set_padding(EVP_PKEY_CTX *ctx, const struct prepared_use *use)
{
    (void)use;
    return EVP_PKEY_CTX_set_dh_pad(ctx, 1);
}

/* The peer's public number among our own parameters. Clear both with components_clear(), whatever the status. */
static SECURITY_STATUS join(const struct material *material, const struct material *peer, struct components *ours,
                            struct components *theirs)
{
    SECURITY_STATUS status;

    components_init(ours);
    components_init(theirs);
    status = dl_take_apart(material, false, ours);
    if (status == ERROR_SUCCESS) {
        status = dl_take_apart(peer, false, theirs);
    }
    ours->algorithm = material->algorithm;
    ours->item[COMPONENT_DL_Y] = theirs->item[COMPONENT_DL_Y];
    return status;
}

/* Where our own group has an order, a number outside of it would tell who agrees with it something about our key: each
 * small divisor of P - 1 the remainder of the private number. The peer's blob has no place for the order, so it has not
 * been looked at before. Where P is a safe prime there is not much to tell: libcrypto refuses the secrets of 1 and P -
 * 1, and what is left outside of the group gives away whether the private number is odd. */
static SECURITY_STATUS check_peer(const struct material *material, const struct material *peer)
{
    struct components ours, theirs, whole;
    SECURITY_STATUS status = join(material, peer, &ours, &theirs);

    components_init(&whole);
    if (status == ERROR_SUCCESS && components_has(&ours, COMPONENT_DL_Q)) {
        status = dl_complete(&ours, true, &whole);
    }
    components_clear(&whole);
    components_clear(&ours);
    components_clear(&theirs);
    return status;
}

/* The peer's public number as a key with all of our own parameters. */
static SECURITY_STATUS move_peer(const struct material *material, const struct material *peer, EVP_PKEY **moved)
{
    struct components ours, theirs;
    SECURITY_STATUS status = join(material, peer, &ours, &theirs);

    if (status == ERROR_SUCCESS) {
        status = dl_build(&ours, PKEY_DH, EVP_PKEY_PUBLIC_KEY, moved);
    }
    components_clear(&ours);
    components_clear(&theirs);
    return status;
}

static bool derive(EVP_PKEY_CTX *ctx, EVP_PKEY *peer, uint8_t *out, size_t *size)
{
    return EVP_PKEY_derive_set_peer_ex(ctx, peer, 0) == 1 && EVP_PKEY_derive(ctx, out, size) == 1;
}

/* A group is the same whether or not its order has been told; some versions of libcrypto see that otherwise. */
static SECURITY_STATUS derive_from(struct material *material, const struct material *peer, EVP_PKEY_CTX *ctx,
                                   uint8_t *out)
{
    size_t size = material->width;
    EVP_PKEY *moved = NULL;
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (!derive(ctx, peer->pkey, out, &size)) {
        status = move_peer(material, peer, &moved);
        size = material->width;
        if (status == ERROR_SUCCESS && !derive(ctx, moved, out, &size)) {
            status = status_from_openssl(NTE_INVALID_PARAMETER, "libcrypto cannot agree on a secret with this peer");
        }
        EVP_PKEY_free(moved);
    }
    if (status == ERROR_SUCCESS && size != material->width) {
        status = status_fail(NTE_INTERNAL_ERROR, "libcrypto's secret has %zu bytes", size);
    }
    return status;
}

static SECURITY_STATUS agree(struct material *material, const struct material *peer, uint8_t *out)
{
    EVP_PKEY_CTX *ctx;
    SECURITY_STATUS status;

    if (EVP_PKEY_parameters_eq(material->pkey, peer->pkey) != 1) {
        return status_fail(NTE_INVALID_PARAMETER, "the peer's key is of another group");
    }
    status = check_peer(material, peer);
    if (status == ERROR_SUCCESS) {
        status = prepared_context(material, &use_agree, set_padding, &ctx);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = derive_from(material, peer, ctx, out);
    /* The context holds on to the peer's key: to the public half it may. */
    prepared_return(material, &use_agree, ctx, status == ERROR_SUCCESS && !peer->has_private);
    return status;
}

const struct family family_dh = {
    .generate = generate,
    .generate_in = dl_generate_in,
    .load = dl_load,
    .take_apart = dl_take_apart,
    .agree = agree,
};
