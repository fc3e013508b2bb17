/* SPDX-License-Identifier: MIT
 *
 * What the certificate_*.c and pfx*.c files share.
 *
 * A stored key has its certificates in its property NCRYPT_CERTIFICATE_PROPERTY: the DER of its own one, the leaf,
 * directly followed by those of the issuers. The stores "MY" and "CA" are views of these properties, made when a store
 * is opened: the leaves, each with the key that it belongs to, and the issuers, each once. PFXImportCertStore makes
 * stores of a third kind, which are nowhere but in memory.
 *
 * A store is an entry of the handle table. Certificates are counted heap objects, as the API wants them to be; each
 * keeps its store's object alive, and the store has its list of them until its handle is closed. One lock guards the
 * lists and what may change in certificates; it is held for moments, and never while libcrypto or the key store work.
 */
#ifndef PORTABLE_WINCRYPT_CERTIFICATE_H
#define PORTABLE_WINCRYPT_CERTIFICATE_H

#include <openssl/x509.h>

#include "wincrypt.h"
#include "wincrypt/internal.h"

/* ---- certificate.c: the objects ------------------------------------------------------------------------------ */

enum certificate_store_kind { CERTIFICATE_STORE_MY, CERTIFICATE_STORE_CA, CERTIFICATE_STORE_MEMORY };

struct certificate;

struct certificate_store {
    _Atomic uint32_t references; /* the handle, and the certificates */
    enum certificate_store_kind kind;
    bool machine, read_only;
    struct provider *provider;
    HCERTSTORE handle;
    struct certificate *first, **end; /* in order; guarded by the lock */
};

/* Which key is a certificate's: what CERT_KEY_PROV_INFO_PROP_ID says. */
struct certificate_binding {
    WCHAR container[STORE_MAX_NAME + 1]; /* empty: none */
    const WCHAR *provider;
    uint32_t type; /* 0: a CNG key of that name; else a key of CryptoAPI's, in that container */
    uint32_t spec;
    bool machine;
};

enum { CACHED_KEY, CACHED_CONTEXT, CACHED_COUNT };

struct certificate {
    CERT_CONTEXT seen; /* first: what callers have a pointer to */
    _Atomic uint32_t references;
    struct certificate_store *store;
    struct certificate *next; /* this and what follows is guarded by the lock */
    bool deleted;             /* stays in the list, so that an enumeration gets past it */
    struct certificate_binding binding;
    WCHAR *friendly_name;
    NCRYPT_HANDLE cached[CACHED_COUNT]; /* handles that go with the certificate */
    uint8_t encoded[];
};

struct der {
    const uint8_t *data;
    size_t size;
};

void certificate_lock(void);
void certificate_unlock(void);

/* An empty store with its handle, which the caller has and closes; it is to be acquired as any other. */
MUST_CHECK SECURITY_STATUS certificate_store_new(enum certificate_store_kind kind, bool machine, bool read_only,
                                                 HCERTSTORE *handle);

/* Pair with certificate_store_release(). ERROR_INVALID_HANDLE. */
MUST_CHECK SECURITY_STATUS certificate_store_acquire(HCERTSTORE handle, struct certificate_store **store);
void certificate_store_release(HCERTSTORE handle);
MUST_CHECK SECURITY_STATUS certificate_store_close(HCERTSTORE handle);

/* A certificate of the store that is not in its list yet; the one reference is the caller's. */
MUST_CHECK SECURITY_STATUS certificate_new(struct certificate_store *store, struct der der, struct certificate **out);
struct certificate *certificate_ref(struct certificate *certificate);
void certificate_unref(struct certificate *certificate);

/* Puts it at the end of its store's list, which gets a reference of its own. The lock is held. */
void certificate_append(struct certificate *certificate);

struct certificate *certificate_of(PCCERT_CONTEXT context);
struct der certificate_der(const struct certificate *certificate);
bool der_equal(struct der left, struct der right);

/* ---- certificate_chain.c: what is in certificates ------------------------------------------------------------ */

/* Takes the next certificate off the front of a chain; false at the end and where there is no whole one. It is told by
 * its length only. */
bool der_next(struct der *chain, struct der *one);

/* Whether the bytes are certificates, one after the other, and nothing else. */
bool der_is_chain(struct der chain);

/* CRYPT_E_ASN1_BADTAG unless the bytes are one certificate. In the engine's own libcrypto context; free with
 * X509_free(). Within openssl_scope_begin() and _end(). */
MUST_CHECK SECURITY_STATUS certificate_parse(struct der der, X509 **x509);

/* NTE_BAD_PUBLIC_KEY unless the certificate is for that key. */
MUST_CHECK SECURITY_STATUS certificate_check_key(struct der der, const struct key *key);
MUST_CHECK SECURITY_STATUS certificate_check_pkey(const X509 *x509, const EVP_PKEY *pkey);

/* The leaf and its issuers, as far as they are among the candidates, and not more than anybody needs: a chain for the
 * key's property, in fresh memory to be freed with free(). Candidates that are no certificates do not count. */
MUST_CHECK SECURITY_STATUS certificate_build_chain(struct der leaf, const struct der *candidates, size_t count,
                                                   uint8_t **chain, size_t *size);

/* ---- certificate_key.c: a certificate's key ------------------------------------------------------------------ */

/* The key as it is stored now. NTE_BAD_KEYSET. */
MUST_CHECK SECURITY_STATUS certificate_open_key(struct provider *provider, const struct certificate_binding *binding,
                                                struct key **key);

/* Makes the certificate the leaf of the key's property; issuers that are there already and fit stay. Tells which of the
 * scope's stored keys that is. */
MUST_CHECK SECURITY_STATUS certificate_attach(struct provider *provider, const struct certificate_binding *binding,
                                              struct der der, int64_t *stored_id);

/* Removes the property if the certificate is its leaf, unless it is that of the stored key `kept` (0: none). A key that
 * is gone is no failure. */
MUST_CHECK SECURITY_STATUS certificate_detach(struct provider *provider, const struct certificate_binding *binding,
                                              struct der der, int64_t kept);

#endif
