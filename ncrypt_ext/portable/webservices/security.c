/* SPDX-License-Identifier: MIT */
#include "webservices/security.h"

#include <stdlib.h>
#include <string.h>

#include "webservices/markup.h"
#include "webservices/security_parts.h"
#include "webservices/soap.h"

static void free_bytes(struct bytes *bytes)
{
    ncx_secret_free(bytes->data);
}

void security_free(struct security *security)
{
    if (security == NULL) {
        return;
    }
    for (size_t i = 0; i < security->signer_count; i++) {
        document_release(security->signers[i].xml);
        document_release(security->signers[i].reference);
        free_bytes(&security->signers[i].secret);
    }
    free(security->signers);
    free_bytes(&security->tls.ca);
    free_bytes(&security->tls.certificates);
    free_bytes(&security->tls.private_key);
    free_bytes(&security->tls.passphrase);
    free(security);
}

/* ---- rules about the whole --------------------------------------------------------------------------------------- */

/* The name of a token's element, within its document; the namespace is "" without one. */
struct root {
    struct slice uri;
    struct slice local;
};

static HRESULT find_root(const struct signer *signer, struct root *root, WS_ERROR *error)
{
    struct walk walk;
    struct element element;

    if (!walk_begin(&walk, signer->xml)) {
        return ws_no_memory(error);
    }
    walk_root(&walk, &element);
    *root = (struct root){element.uri, element.local};
    walk_end(&walk);
    return ERROR_SUCCESS;
}

static bool same(struct slice one, struct slice other)
{
    return one.size == other.size && (one.size == 0 || memcmp(one.text, other.text, one.size) == 0);
}

/* One header has one of each (MS-LWSSP). */
static HRESULT check_names(const struct root *one, const struct root *other, WS_ERROR *error)
{
    if (!same(one->local, other->local) || !same(one->uri, other->uri)) {
        return ERROR_SUCCESS;
    }
    return ws_fail(error, E_INVALIDARG, "there are two tokens %.*s: a security header has one of each kind",
                   (int)(one->local.size < 64 ? one->local.size : 64), one->local.text);
}

static HRESULT check_signer(const struct security *security, const struct signer *signer,
                            const struct settings *settings, WS_ERROR *error)
{
    struct root root = {0};
    struct root before = {0};
    HRESULT status;

    if (signer->type != 0 && security->usage == WS_SECURITY_TIMESTAMP_USAGE_NEVER) {
        return ws_fail(error, E_INVALIDARG,
                       "a token with a key signs the timestamp: its usage cannot be 'never' with one");
    }
    if (signer->type == WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE &&
        settings->addressing == WS_ADDRESSING_VERSION_TRANSPORT) {
        return ws_fail(error, E_INVALIDARG,
                       "a token with an asymmetric key signs the To header: it needs WS-Addressing 1.0 or 0.9");
    }
    status = find_root(signer, &root, error);
    if (status == ERROR_SUCCESS && security->usage != WS_SECURITY_TIMESTAMP_USAGE_NEVER &&
        slice_is(root.local, "Timestamp") && slice_is(root.uri, UTILITY_URI)) {
        return ws_fail(error, E_INVALIDARG, "a token is a Timestamp, which the security header has already");
    }
    for (const struct signer *other = security->signers; other != signer && status == ERROR_SUCCESS; other++) {
        status = find_root(other, &before, error);
        if (status == ERROR_SUCCESS) {
            status = check_names(&before, &root, error);
        }
    }
    return status;
}

static HRESULT check_all(const struct security *security, const struct settings *settings, WS_ERROR *error)
{
    HRESULT status = ERROR_SUCCESS;

    if (security->signer_count > 0 && !security->has_tls) {
        return ws_fail(error, E_INVALIDARG,
                       "a token protects nothing by itself: an XML token needs an SSL transport beside it");
    }
    if (security->signer_count > 0 && settings->envelope == WS_ENVELOPE_VERSION_NONE) {
        return ws_fail(error, E_INVALIDARG, "without an envelope there is no header for a token");
    }
    for (size_t i = 0; i < security->signer_count && status == ERROR_SUCCESS; i++) {
        status = check_signer(security, &security->signers[i], settings, error);
    }
    return status;
}

static HRESULT take_all(struct security *security, const WS_SECURITY_DESCRIPTION *description,
                        const struct settings *settings, WS_ERROR *error)
{
    HRESULT status = property_take_all(security, description, error);

    if (status == ERROR_SUCCESS && description->securityBindings == NULL && description->securityBindingCount != 0) {
        return ws_fail(error, E_INVALIDARG, "the security bindings are NULL and their count is not 0");
    }
    if (status == ERROR_SUCCESS && description->securityBindingCount == 0) {
        return ws_fail(error, E_INVALIDARG, "a security description without bindings secures nothing: give none");
    }
    for (ULONG i = 0; i < description->securityBindingCount && status == ERROR_SUCCESS; i++) {
        status = binding_take(security, description->securityBindings[i], error);
    }
    return status == ERROR_SUCCESS ? check_all(security, settings, error) : status;
}

HRESULT security_create(const WS_SECURITY_DESCRIPTION *description, const struct settings *settings,
                        struct security **security, WS_ERROR *error)
{
    struct security *created;
    HRESULT status;

    if (description == NULL) {
        *security = NULL;
        return ERROR_SUCCESS;
    }
    created = calloc(1, sizeof *created);
    if (created == NULL) {
        return ws_no_memory(error);
    }
    status = take_all(created, description, settings, error);
    if (status != ERROR_SUCCESS) {
        security_free(created);
        return status;
    }
    *security = created;
    return ERROR_SUCCESS;
}

/* ---- what there is ----------------------------------------------------------------------------------------------- */

const struct tls_settings *security_tls(const struct security *security)
{
    return security != NULL && security->has_tls ? &security->tls : NULL;
}

bool security_has_header(const struct security *security)
{
    return security != NULL && security->signer_count > 0;
}

bool security_signs_to(const struct security *security)
{
    for (size_t i = 0; security != NULL && i < security->signer_count; i++) {
        if (security->signers[i].type == WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE) {
            return true;
        }
    }
    return false;
}

WS_PROTECTION_LEVEL security_level(const struct security *security)
{
    return security_tls(security) != NULL ? WS_PROTECTION_LEVEL_SIGN_AND_ENCRYPT : WS_PROTECTION_LEVEL_NONE;
}
