/* SPDX-License-Identifier: MIT
 *
 * DH and DSA keys in PKCS#8: the parameters stand in the algorithm identifier, the private number is the key. Read here
 * and not by libcrypto's decoder, which computes the public number before anybody has looked at the sizes; and written
 * here and not by its encoder, which leaves the private number behind in memory.
 */
#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/objects.h>
#include <string.h>

#include "ncrypt/blob/blob.h"
#include "ncrypt/blob/der.h"
#include "ncrypt/key/dl.h"

/* In which order the identifier has the numbers, and what may follow them that is of no use here. */
static const struct form {
    int nid;
    int numbers, most;
    enum component order[3];
} forms[] = {
    {NID_dsa, 3, 3, {COMPONENT_DL_P, COMPONENT_DL_Q, COMPONENT_DL_G}},
    {NID_dhKeyAgreement, 2, 3, {COMPONENT_DL_P, COMPONENT_DL_G}}, /* PKCS#3: the private number's length */
    {NID_dhpublicnumber, 3, 5, {COMPONENT_DL_P, COMPONENT_DL_G, COMPONENT_DL_Q}}, /* X9.42: J, validation */
};

/* Of an algorithm that has one. */
static const struct form *form_of(int nid)
{
    const struct form *form = forms;

    while (form < &forms[sizeof forms / sizeof forms[0] - 1] && form->nid != nid) {
        form++;
    }
    return form;
}

static SECURITY_STATUS malformed(const char *what)
{
    return status_from_openssl(NTE_BAD_DATA, what);
}

/* Those without a byte libcrypto refuses. */
static bool is_number(const ASN1_INTEGER *integer)
{
    return integer != NULL && (ASN1_STRING_type(integer) & V_ASN1_NEG) == 0;
}

static SECURITY_STATUS add_number(struct components *components, enum component which, const ASN1_INTEGER *integer)
{
    return components_add_copy(components, which, ASN1_STRING_get0_data(integer), (size_t)ASN1_STRING_length(integer));
}

static const ASN1_INTEGER *number_at(const ASN1_SEQUENCE_ANY *list, int index)
{
    const ASN1_TYPE *type = sk_ASN1_TYPE_value(list, index);

    return type->type == V_ASN1_INTEGER && is_number(type->value.integer) ? type->value.integer : NULL;
}

static SECURITY_STATUS take_numbers(const struct form *form, const ASN1_SEQUENCE_ANY *list, const ASN1_INTEGER *secret,
                                    struct components *components)
{
    size_t total = (size_t)ASN1_STRING_length(secret);
    SECURITY_STATUS status;

    for (int i = 0; i < form->numbers; i++) {
        const ASN1_INTEGER *number = number_at(list, i);

        if (number == NULL) {
            return status_fail(NTE_BAD_DATA, "a parameter of the key is no positive number");
        }
        total += (size_t)ASN1_STRING_length(number);
    }
    status = components_reserve(components, total);
    for (int i = 0; status == ERROR_SUCCESS && i < form->numbers; i++) {
        status = add_number(components, form->order[i], number_at(list, i));
    }
    return status == ERROR_SUCCESS ? add_number(components, COMPONENT_DL_X, secret) : status;
}

/* A parameter of that type is the bytes of one sequence. */
static ASN1_SEQUENCE_ANY *read_list(const struct form *form, int type, const void *parameter)
{
    ASN1_SEQUENCE_ANY *list = NULL;
    const uint8_t *at;

    if (type == V_ASN1_SEQUENCE) {
        at = ASN1_STRING_get0_data(parameter);
        list = d2i_ASN1_SEQUENCE_ANY(NULL, &at, ASN1_STRING_length(parameter));
    }
    if (list != NULL && (sk_ASN1_TYPE_num(list) < form->numbers || sk_ASN1_TYPE_num(list) > form->most)) {
        sk_ASN1_TYPE_pop_free(list, ASN1_TYPE_free);
        list = NULL;
    }
    return list;
}

static void free_secret(ASN1_INTEGER *secret)
{
    if (secret != NULL) {
        OPENSSL_cleanse(secret->data, (size_t)secret->length);
    }
    ASN1_INTEGER_free(secret);
}

SECURITY_STATUS blob_pkcs8_take_dl(const PKCS8_PRIV_KEY_INFO *info, const struct algorithm *algorithm,
                                   struct components *components)
{
    const X509_ALGOR *identifier = NULL;
    const ASN1_OBJECT *object = NULL;
    const void *parameter = NULL;
    const uint8_t *data = NULL, *at;
    ASN1_SEQUENCE_ANY *list = NULL;
    ASN1_INTEGER *secret = NULL;
    const struct form *form;
    int type = V_ASN1_UNDEF, size = 0;
    SECURITY_STATUS status;

    if (PKCS8_pkey_get0(NULL, &data, &size, &identifier, info) != 1) {
        return malformed("the PKCS#8 key");
    }
    X509_ALGOR_get0(&object, &type, &parameter, identifier);
    form = form_of(OBJ_obj2nid(object));
    at = data;
    list = read_list(form, type, parameter);
    secret = d2i_ASN1_INTEGER(NULL, &at, size);
    if (list == NULL) {
        status = malformed("the parameters of the PKCS#8 key are malformed");
    } else if (!is_number(secret) || at != data + size) {
        status = malformed("the private number of the PKCS#8 key is malformed");
    } else {
        components->algorithm = algorithm;
        status = take_numbers(form, list, secret, components);
    }
    sk_ASN1_TYPE_pop_free(list, ASN1_TYPE_free);
    free_secret(secret);
    return status;
}

/* ---- writing -------------------------------------------------------------------------------------------------- */

/* The sequence of the parameters. */
static ASN1_STRING *make_parameters(const struct form *form, const struct components *components)
{
    ASN1_STRING *sequence = ASN1_STRING_new();
    size_t room = DER_MAX_HEADER;
    uint8_t *body, *out, *end;

    for (int i = 0; i < form->numbers; i++) {
        room += der_room(components_trimmed(components, form->order[i]));
    }
    body = OPENSSL_malloc(2 * room);
    if (body == NULL || sequence == NULL) {
        OPENSSL_free(body);
        ASN1_STRING_free(sequence);
        return NULL;
    }
    end = body;
    for (int i = 0; i < form->numbers; i++) {
        end = der_put_number(end, components_trimmed(components, form->order[i]));
    }
    out = der_put_header(body + room, V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED, (size_t)(end - body));
    memcpy(out, body, (size_t)(end - body));
    out += end - body;
    if (ASN1_STRING_set(sequence, body + room, (int)(out - body - room)) != 1) {
        ASN1_STRING_free(sequence);
        sequence = NULL;
    }
    OPENSSL_free(body);
    return sequence;
}

/* PKCS#3 has no place for Q. */
static const struct form *form_for(const struct components *components)
{
    if (dl_is_dsa(components)) {
        return form_of(NID_dsa);
    }
    return form_of(components_has(components, COMPONENT_DL_Q) ? NID_dhpublicnumber : NID_dhKeyAgreement);
}

SECURITY_STATUS blob_pkcs8_make_dl(const struct components *components, PKCS8_PRIV_KEY_INFO **info)
{
    const struct form *form = form_for(components);
    struct component_span x = components_trimmed(components, COMPONENT_DL_X);
    PKCS8_PRIV_KEY_INFO *made = PKCS8_PRIV_KEY_INFO_new();
    ASN1_STRING *parameters = make_parameters(form, components);
    uint8_t *secret = OPENSSL_malloc(der_room(x));
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (made == NULL || parameters == NULL || secret == NULL) {
        status = status_no_memory();
    } else if (PKCS8_pkey_set0(made, OBJ_nid2obj(form->nid), 0, V_ASN1_SEQUENCE, parameters, secret,
                               (int)(der_put_number(secret, x) - secret)) != 1) {
        status = status_from_openssl(NTE_NO_MEMORY, "libcrypto does not take the key");
        OPENSSL_cleanse(secret, der_room(x));
    }
    if (status != ERROR_SUCCESS) {
        OPENSSL_free(secret);
        ASN1_STRING_free(parameters);
        PKCS8_PRIV_KEY_INFO_free(made);
        return status;
    }
    *info = made;
    return ERROR_SUCCESS;
}
