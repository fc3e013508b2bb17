/* SPDX-License-Identifier: MIT
 *
 * The header that the extension modules of ncrypt_ext.ws include first: that of all extension modules, then Windows' or
 * MinGW's webservices.h, or the one beside this, and then what a channel takes where there are no certificate stores.
 */
#ifndef NCRYPT_EXT_WS_H
#define NCRYPT_EXT_WS_H

#include "ncrypt_ext_compat.h"

#ifdef _WIN32
#include <webservices.h>
#else
#include "webservices.h"
#endif

/* A property of the SSL transport binding, WS_BYTES: the certificates to trust in place of the system's, as PEM. */
#define NCX_SECURITY_BINDING_PROPERTY_CA_CERTIFICATES ((WS_SECURITY_BINDING_PROPERTY_ID)0x4E4301)

/* What its localCertCredential may point at. */
#define NCX_PEM_CERT_CREDENTIAL_TYPE ((WS_CERT_CREDENTIAL_TYPE)0x4E4301)

/* The client's certificate, followed by those that lead to its root, and the private key: either as PEM (the passphrase
 * is for an encrypted one), or a key of key storage, which has to stay valid as long as the channel. */
typedef struct _NCX_PEM_CERT_CREDENTIAL {
    WS_CERT_CREDENTIAL credential;
    WS_BYTES certificates;
    WS_BYTES privateKey;
    WS_BYTES passphrase;
    NCRYPT_KEY_HANDLE storedKey;
} NCX_PEM_CERT_CREDENTIAL;

#ifdef _WIN32

/* Whether the two above are taken. Windows has certificate stores and refuses them. */
static inline BOOL ncx_takes_pem_certificates(void)
{
    return FALSE;
}

/* "" when channels work, else what is missing. */
static inline const char *ncx_channel_missing(void)
{
    return "";
}

#else

#ifdef __cplusplus
extern "C" {
#endif

static inline BOOL ncx_takes_pem_certificates(void)
{
    return TRUE;
}

const char *ncx_channel_missing(void);

#ifdef __cplusplus
}
#endif

#endif

#endif
