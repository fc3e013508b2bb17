/* SPDX-License-Identifier: MIT
 *
 * What a channel was created with, read by all that works for it.
 */
#ifndef PORTABLE_WEBSERVICES_SETTINGS_H
#define PORTABLE_WEBSERVICES_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "webservices.h"

/* In milliseconds, 0xFFFFFFFF for none. They may be set while the channel is in use: read each once for a call. */
enum timeout {
    TIMEOUT_RESOLVE,
    TIMEOUT_CONNECT,
    TIMEOUT_SEND,
    TIMEOUT_RESPONSE, /* until the reply's headers are there */
    TIMEOUT_RECEIVE,  /* from then on, until its end */
    TIMEOUT_CLOSE,
    TIMEOUT_COUNT
};

struct settings {
    ULONG max_message; /* bytes, of requests and replies alike */
    WS_ENVELOPE_VERSION envelope;
    WS_ADDRESSING_VERSION addressing;
    _Atomic(ULONG) timeouts[TIMEOUT_COUNT];
    _Atomic(BOOL) faults_as_errors;
    _Atomic(BOOL) allow_unsecured_faults;
    BOOL redirect;
    WS_COOKIE_MODE cookies;
    WS_IP_VERSION ip_version;
    WS_HTTP_PROXY_SETTING_MODE proxy_mode;
    char *proxy;        /* of malloc(), UTF-8, for WS_HTTP_PROXY_SETTING_MODE_CUSTOM */
    char *proxy_bypass; /* the same; hosts, with commas between them, or NULL */
};

/* A copy of bytes, of ncx_secret_alloc(); data is NULL when there are none. */
struct bytes {
    unsigned char *data;
    size_t size;
};

/* Of an SSL transport binding. */
struct tls_settings {
    ULONG failures_to_ignore; /* WS_CERT_FAILURE_* */
    BOOL disable_revocation_check;
    ULONG disallowed_protocols; /* WS_SECURE_PROTOCOL_* */
    struct bytes ca;            /* PEM; without: what the system trusts */
    struct bytes certificates;  /* PEM, the client's first; without: no client certificate */
    struct bytes private_key;   /* PEM */
    struct bytes passphrase;
    NCRYPT_KEY_HANDLE stored_key; /* in place of private_key, or 0; its owner keeps it open */
};

#endif
