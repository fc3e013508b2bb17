/* SPDX-License-Identifier: MIT
 *
 * What a security token is made of.
 */
#ifndef PORTABLE_WEBSERVICES_TOKEN_H
#define PORTABLE_WEBSERVICES_TOKEN_H

#include "webservices/document.h"

enum part { PART_XML, PART_ATTACHED, PART_UNATTACHED, PART_COUNT };

/* The key of a proof-of-possession token. Handles stay their owners'. */
struct token_key {
    WS_SECURITY_KEY_HANDLE_TYPE type; /* 0: there is none, and the token is a bearer's */
    unsigned char *secret;            /* of ncx_secret_alloc() */
    ULONG secret_size;
    NCRYPT_KEY_HANDLE ncrypt;
    HCRYPTPROV provider;
    ULONG spec;
};

struct token {
    struct object object;
    struct document *parts[PART_COUNT];
    WS_XML_BUFFER *buffers[PART_COUNT]; /* made when a caller asks for one */
    WS_DATETIME from;
    WS_DATETIME till;
    struct token_key key;
};

#endif
