/* SPDX-License-Identifier: MIT
 *
 * Certificates by what is in them: one after the other, whose key, who issued them.
 */
#include <limits.h>
#include <openssl/asn1.h>
#include <openssl/core_names.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "common/libctx.h"
#include "wincrypt/certificate.h"

#define DER_SEQUENCE  0x30
#define DER_LONG_FORM 0x80
#define MAX_CHAIN     16 /* certificates: a file may hold a line of issuers without an end */
#define MAX_CHECKS    32 /* of signatures: what one costs is in the hand of who made the certificates */

bool der_next(struct der *chain, struct der *one)
{
    const uint8_t *data = chain->data;
    size_t header = 2, length;

    if (chain->size < header || data[0] != DER_SEQUENCE) {
        return false;
    }
    length = data[1];
    if (length & DER_LONG_FORM) {
        size_t bytes = length & ~(size_t)DER_LONG_FORM;

        header += bytes;
        if (bytes == 0 || bytes > sizeof(uint32_t) || header > chain->size) {
            return false;
        }
        length = 0;
        for (size_t i = 0; i < bytes; i++) {
            length = length << 8 | data[2 + i];
        }
    }
    if (length > chain->size - header) {
        return false;
    }
    *one = (struct der){data, header + length};
    chain->data += one->size;
    chain->size -= one->size;
    return true;
}

bool der_is_chain(struct der chain)
{
    struct der one;
    bool any = false;

    while (der_next(&chain, &one)) {
        any = true;
    }
    return any && chain.size == 0;
}

SECURITY_STATUS certificate_parse(struct der der, X509 **x509)
{
    OSSL_LIB_CTX *ctx = libctx_get();
    const uint8_t *at = der.data;
    X509 *made;

    if (ctx == NULL) {
        return NTE_PROVIDER_DLL_FAIL;
    }
    if (der.size > INT_MAX) {
        return status_fail(CRYPT_E_ASN1_BADTAG, "a certificate of %zu bytes", der.size);
    }
    made = X509_new_ex(ctx, NULL);
    if (made == NULL) {
        return status_no_memory();
    }
    if (d2i_X509(&made, &at, (long)der.size) == NULL) {
        X509_free(made); /* NULL, as a rule */
        return status_from_openssl(CRYPT_E_ASN1_BADTAG, "the data are no X.509 certificate");
    }
    if (at != der.data + der.size) {
        X509_free(made);
        return status_fail(CRYPT_E_ASN1_BADTAG, "%zu bytes follow the certificate", (size_t)(der.data + der.size - at));
    }
    *x509 = made;
    return ERROR_SUCCESS;
}

/* ---- whose key ------------------------------------------------------------------------------------------------ */

static bool same_number(const EVP_PKEY *left, const EVP_PKEY *right, const char *name)
{
    BIGNUM *a = NULL, *b = NULL;
    bool same =
        EVP_PKEY_get_bn_param(left, name, &a) == 1 && EVP_PKEY_get_bn_param(right, name, &b) == 1 && BN_cmp(a, b) == 0;

    BN_free(a);
    BN_free(b);
    return same;
}

/* A certificate may restrict the key to RSA-PSS, which libcrypto takes for another kind of key. */
static bool same_pss_key(const EVP_PKEY *own, const EVP_PKEY *pkey)
{
    return EVP_PKEY_is_a(own, "RSA-PSS") && EVP_PKEY_is_a(pkey, "RSA") &&
           same_number(own, pkey, OSSL_PKEY_PARAM_RSA_N) && same_number(own, pkey, OSSL_PKEY_PARAM_RSA_E);
}

SECURITY_STATUS certificate_check_pkey(const X509 *x509, const EVP_PKEY *pkey)
{
    EVP_PKEY *own = X509_get0_pubkey(x509);

    if (own == NULL) {
        return status_from_openssl(NTE_BAD_PUBLIC_KEY, "the public key of the certificate");
    }
    if (pkey == NULL || (EVP_PKEY_eq(own, pkey) != 1 && !same_pss_key(own, pkey))) {
        return status_fail(NTE_BAD_PUBLIC_KEY, "the certificate is for another key");
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS certificate_check_key(struct der der, const struct key *key)
{
    X509 *x509 = NULL;
    SECURITY_STATUS status;

    openssl_scope_begin();
    status = certificate_parse(der, &x509);
    if (status == ERROR_SUCCESS) {
        status = certificate_check_pkey(x509, key->material->pkey);
    }
    X509_free(x509);
    openssl_scope_end();
    return status;
}

/* ---- who issued it -------------------------------------------------------------------------------------------- */

struct links {
    X509 *leaf;
    X509 **candidates; /* NULL: no certificate, or part of the chain already */
    size_t count;
    size_t *order; /* of those in the chain */
    size_t used;
    unsigned checks; /* of signatures, so far */
};

static bool fits(const struct links *links, size_t i, X509 *subject)
{
    return links->candidates[i] != NULL && X509_check_issued(links->candidates[i], subject) == X509_V_OK;
}

static size_t find_fitting(const struct links *links, X509 *subject, size_t start)
{
    while (start < links->count && !fits(links, start, subject)) {
        start++;
    }
    return start;
}

/* By names, key identifiers and usage; of several that fit the one whose key made the signature, where that can be
 * told. */
static size_t find_issuer(struct links *links, X509 *subject)
{
    size_t first = find_fitting(links, subject, 0);

    if (first == links->count || find_fitting(links, subject, first + 1) == links->count) {
        return first;
    }
    for (size_t i = first; i < links->count && links->checks < MAX_CHECKS; i = find_fitting(links, subject, i + 1)) {
        links->checks++;
        if (X509_verify(subject, X509_get0_pubkey(links->candidates[i])) == 1) {
            return i;
        }
    }
    return first;
}

static bool is_own_issuer(const X509 *x509)
{
    return X509_NAME_cmp(X509_get_subject_name(x509), X509_get_issuer_name(x509)) == 0;
}

static void follow(struct links *links)
{
    X509 *at = links->leaf, *taken = NULL;

    while (!is_own_issuer(at) && links->used + 1 < MAX_CHAIN) {
        size_t next = find_issuer(links, at);

        X509_free(taken);
        taken = NULL;
        if (next == links->count) {
            return;
        }
        links->order[links->used++] = next;
        at = taken = links->candidates[next];
        links->candidates[next] = NULL;
    }
    X509_free(taken);
}

/* Memory that runs short counts; bytes that are no certificate do not. */
static SECURITY_STATUS parse_all(struct links *links, struct der leaf, const struct der *candidates)
{
    SECURITY_STATUS status = certificate_parse(leaf, &links->leaf);

    for (size_t i = 0; status == ERROR_SUCCESS && i < links->count; i++) {
        status =
            der_equal(candidates[i], leaf) ? ERROR_SUCCESS : certificate_parse(candidates[i], &links->candidates[i]);
        status = status == CRYPT_E_ASN1_BADTAG ? ERROR_SUCCESS : status;
    }
    return status;
}

static SECURITY_STATUS put_together(const struct links *links, struct der leaf, const struct der *candidates,
                                    uint8_t **chain, size_t *size)
{
    size_t total = leaf.size;
    uint8_t *next;

    for (size_t i = 0; i < links->used; i++) {
        total += candidates[links->order[i]].size;
    }
    if (total > NCRYPT_MAX_PROPERTY_DATA) {
        return status_fail(NTE_BAD_LEN, "the certificates of the key have %zu bytes, the most is %d", total,
                           NCRYPT_MAX_PROPERTY_DATA);
    }
    next = *chain = malloc(total);
    if (next == NULL) {
        return status_no_memory();
    }
    memcpy(next, leaf.data, leaf.size);
    next += leaf.size;
    for (size_t i = 0; i < links->used; i++) {
        struct der der = candidates[links->order[i]];

        memcpy(next, der.data, der.size);
        next += der.size;
    }
    *size = total;
    return ERROR_SUCCESS;
}

SECURITY_STATUS certificate_build_chain(struct der leaf, const struct der *candidates, size_t count, uint8_t **chain,
                                        size_t *size)
{
    struct links links = {.count = count};
    SECURITY_STATUS status;

    links.candidates = calloc(count + 1, sizeof(X509 *));
    links.order = calloc(count + 1, sizeof *links.order);
    if (links.candidates == NULL || links.order == NULL) {
        free(links.candidates);
        free(links.order);
        return status_no_memory();
    }
    openssl_scope_begin();
    status = parse_all(&links, leaf, candidates);
    if (status == ERROR_SUCCESS) {
        follow(&links);
    }
    X509_free(links.leaf);
    for (size_t i = 0; i < count; i++) {
        X509_free(links.candidates[i]);
    }
    openssl_scope_end();
    if (status == ERROR_SUCCESS) {
        status = put_together(&links, leaf, candidates, chain, size);
    }
    free(links.candidates);
    free(links.order);
    return status;
}
