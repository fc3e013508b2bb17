/* SPDX-License-Identifier: MIT
 *
 * The properties of a key. Getters and setters run with the key's lock held.
 */
#include <stdlib.h>
#include <string.h>

#include "common/utf16.h"
#include "ncrypt/property.h"

static bool is_ready(const struct key *key)
{
    return atomic_load_explicit(&key->state, memory_order_acquire) == KEY_READY;
}

/* ---- identity
 * ------------------------------------------------------------------------------------------------------------ */

static SECURITY_STATUS get_algorithm(const void *object, struct value *value)
{
    return value_string(value, key_algorithm(object)->name);
}

static SECURITY_STATUS get_group(const void *object, struct value *value)
{
    const struct key *key = object;

    return value_string(value, key->algorithm->group);
}

static SECURITY_STATUS get_name(const void *object, struct value *value)
{
    const struct key *key = object;

    if (key->name == NULL) {
        return status_fail(NTE_NOT_SUPPORTED, "an ephemeral key has no name");
    }
    return value_string(value, key->name);
}

static SECURITY_STATUS get_unique_name(const void *object, struct value *value)
{
    const struct key *key = object;
    struct store *store = NULL;
    SECURITY_STATUS status;

    if (key->name == NULL) {
        return status_fail(NTE_NOT_SUPPORTED, "an ephemeral key has no name");
    }
    status = provider_store(key->provider, key->machine ? STORE_MACHINE : STORE_USER, false, &store);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = store_unique_name(store, key->name, key->slot, value->text);
    store_release(store);
    return status == ERROR_SUCCESS ? value_string(value, value->text) : status;
}

static SECURITY_STATUS get_key_type(const void *object, struct value *value)
{
    const struct key *key = object;

    return value_dword(value, key->machine ? NCRYPT_MACHINE_KEY_FLAG : 0);
}

static SECURITY_STATUS get_impl_type(const void *object, struct value *value)
{
    (void)object;
    return value_dword(value, NCRYPT_IMPL_SOFTWARE_FLAG);
}

static SECURITY_STATUS get_modified(const void *object, struct value *value)
{
    const struct key *key = object;
    FILETIME time = {(DWORD)key->modified, (DWORD)(key->modified >> 32)};

    if (key->name == NULL) {
        return status_fail(NTE_NOT_SUPPORTED, "an ephemeral key has no time of modification");
    }
    memcpy(value->scratch, &time, sizeof time);
    return value_bytes(value, value->scratch, sizeof time);
}

static SECURITY_STATUS write_provider(const void *object, uint8_t *out)
{
    const struct key *key = object;
    NCRYPT_PROV_HANDLE handle = 0;
    SECURITY_STATUS status = handle_create(HANDLE_PROVIDER, provider_ref(key->provider), provider_unref, &handle);

    if (status != ERROR_SUCCESS) {
        provider_unref(key->provider);
        return status;
    }
    memcpy(out, &handle, sizeof handle);
    return ERROR_SUCCESS;
}

/* Each read, but no size query, makes a new handle, which the caller frees. */
static SECURITY_STATUS get_provider_handle(const void *object, struct value *value)
{
    (void)object;
    value->size = sizeof(NCRYPT_PROV_HANDLE);
    value->write = write_provider;
    return ERROR_SUCCESS;
}

/* ---- sizes
 * ----------------------------------------------------------------------------------------------------------------- */

/* Of a secret or a modulus that has been given; 0: none has. */
static uint32_t pending_bits(const struct key *key)
{
    size_t bits = key->pending.item[COMPONENT_SECRET].size * 8;

    if (bits == 0) {
        bits = components_bits(&key->pending, COMPONENT_RSA_N);
    }
    return (uint32_t)(bits != 0 ? bits : components_bits(&key->pending, COMPONENT_DL_P));
}

uint32_t property_bits(const struct key *key)
{
    uint32_t pending = pending_bits(key);

    if (pending != 0) {
        return pending;
    }
    return key->length != 0 ? key->length : key->algorithm->lengths.dwDefaultLength;
}

static SECURITY_STATUS no_lengths(void)
{
    return status_fail(NTE_NOT_SUPPORTED, "keys of this algorithm have a parameter set and no length");
}

static SECURITY_STATUS get_length(const void *object, struct value *value)
{
    const struct key *key = object;
    uint32_t bits = property_bits(key);

    if (key->algorithm->takes_set) {
        return no_lengths();
    }
    if (bits == 0) {
        return status_fail(NTE_NOT_FOUND, "the length is not known before the curve is set");
    }
    return value_dword(value, bits);
}

static SECURITY_STATUS set_length(void *object, const uint8_t *data, uint32_t size, uint32_t flags)
{
    struct key *key = object;
    uint32_t bits = read_dword(data);

    (void)size;
    (void)flags;
    if (key->algorithm->takes_set) {
        return no_lengths();
    }
    if (key->pending.algorithm != NULL) {
        if (bits == pending_bits(key)) {
            return ERROR_SUCCESS; /* whoever gives a key or its parameters may say how long it is */
        }
        return status_fail(NTE_BAD_KEY_STATE, "the key has been given as a blob or as parameters, with their own "
                                              "length");
    }
    if (key->algorithm->takes_curve || !algorithm_length_valid(key->algorithm, bits)) {
        return status_fail(NTE_INVALID_PARAMETER, "a length of %u bits is not possible here", (unsigned)bits);
    }
    key->length = bits;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS get_lengths(const void *object, struct value *value)
{
    const struct key *key = object;
    NCRYPT_SUPPORTED_LENGTHS lengths = key->algorithm->lengths;

    if (key->algorithm->takes_set) {
        return no_lengths();
    }
    if (key->curve != NULL) {
        lengths = (NCRYPT_SUPPORTED_LENGTHS){key->curve->bits, key->curve->bits, 0, key->curve->bits};
    }
    memcpy(value->scratch, &lengths, sizeof lengths);
    return value_bytes(value, value->scratch, sizeof lengths);
}

static SECURITY_STATUS get_public_length(const void *object, struct value *value)
{
    const struct key *key = object;

    if (key->algorithm->family->holds_secret) {
        return status_fail(NTE_NOT_SUPPORTED, "the key has no public half");
    }
    return value_dword(value, key->material->bits);
}

static SECURITY_STATUS get_signature_length(const void *object, struct value *value)
{
    const struct key *key = object;

    if (key->material->signature_size == 0) {
        return status_fail(NTE_NOT_SUPPORTED, "the algorithm does not sign");
    }
    return value_dword(value, key->material->signature_size);
}

/* ---- policies
 * --------------------------------------------------------------------------------------------------------------- */

#define EXPORT_POLICIES                                                                                                \
    (NCRYPT_ALLOW_EXPORT_FLAG | NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG | NCRYPT_ALLOW_ARCHIVING_FLAG |                     \
     NCRYPT_ALLOW_PLAINTEXT_ARCHIVING_FLAG | NCRYPT_ALLOW_PKCS11_RSA_AES_EXPORT_FLAG)

static SECURITY_STATUS get_export_policy(const void *object, struct value *value)
{
    const struct key *key = object;

    return value_dword(value, key->export_policy);
}

/* After finalize a policy may only become stricter; an imported ephemeral key that has not been used may still get a
 * wider one. */
static bool policy_allowed(const struct key *key, uint32_t policy)
{
    bool fresh = key->imported && key->name == NULL && !atomic_load_explicit(&key->used, memory_order_relaxed);

    return !is_ready(key) || fresh || policy_is_within(policy, key->export_policy);
}

static SECURITY_STATUS set_export_policy(void *object, const uint8_t *data, uint32_t size, uint32_t flags)
{
    struct key *key = object;
    uint32_t policy = read_dword(data);
    SECURITY_STATUS status = ERROR_SUCCESS;

    (void)size;
    if (policy & ~(uint32_t)EXPORT_POLICIES) {
        return status_fail(NTE_INVALID_PARAMETER, "export policy 0x%X has unknown bits", (unsigned)policy);
    }
    if (!policy_allowed(key, policy)) {
        return status_fail(NTE_BAD_KEY_STATE, "the export policy of a finished key can only become stricter");
    }
    if (is_ready(key) && key->name != NULL && (flags & NCRYPT_PERSIST_FLAG)) {
        status = key_change_stored(key, &(struct key_change){.export_policy = &policy});
    }
    if (status == ERROR_SUCCESS) {
        key->export_policy = policy;
    }
    return status;
}

static SECURITY_STATUS get_usage(const void *object, struct value *value)
{
    const struct key *key = object;

    return value_dword(value, key->key_usage);
}

static SECURITY_STATUS set_usage(void *object, const uint8_t *data, uint32_t size, uint32_t flags)
{
    struct key *key = object;
    uint32_t usage = read_dword(data);

    (void)size;
    (void)flags;
    if (usage & ~(uint32_t)NCRYPT_ALLOW_ALL_USAGES) {
        return status_fail(NTE_INVALID_PARAMETER, "key usage 0x%X has unknown bits", (unsigned)usage);
    }
    key->key_usage = usage;
    return ERROR_SUCCESS;
}

/* ---- known, but not offered by a software provider here
 * ------------------------------------------------------------------------ */

static SECURITY_STATUS get_unsupported(const void *object, struct value *value)
{
    (void)object;
    (void)value;
    return status_fail(NTE_NOT_SUPPORTED, "the property is not supported by this provider");
}

static SECURITY_STATUS set_unsupported(void *object, const uint8_t *data, uint32_t size, uint32_t flags)
{
    (void)object;
    (void)data;
    (void)size;
    (void)flags;
    return status_fail(NTE_NOT_SUPPORTED, "the property is not supported by this provider");
}

/* No key is in a secure enclave of the system's, nor lost when it starts again. */
static SECURITY_STATUS get_no(const void *object, struct value *value)
{
    (void)object;
    return value_dword(value, 0);
}

static SECURITY_STATUS no_descriptors(void)
{
    return status_fail(NTE_NOT_SUPPORTED, "keys have no security descriptors here: the owner, group and mode of the "
                                          "store's files decide who may use its keys");
}

static SECURITY_STATUS get_descriptor(const void *object, struct value *value)
{
    (void)object;
    (void)value;
    return no_descriptors();
}

static SECURITY_STATUS set_descriptor(void *object, const uint8_t *data, uint32_t size, uint32_t flags)
{
    (void)object;
    (void)data;
    (void)size;
    (void)flags;
    return no_descriptors();
}

static const struct property table[] = {
    {NCRYPT_ALGORITHM_PROPERTY, KIND_STRING, WHEN_NEVER, false, get_algorithm, NULL},
    {NCRYPT_ALGORITHM_GROUP_PROPERTY, KIND_STRING, WHEN_NEVER, false, get_group, NULL},
    {NCRYPT_NAME_PROPERTY, KIND_STRING, WHEN_NEVER, false, get_name, NULL},
    {NCRYPT_UNIQUE_NAME_PROPERTY, KIND_STRING, WHEN_NEVER, true, get_unique_name, NULL},
    {NCRYPT_KEY_TYPE_PROPERTY, KIND_DWORD, WHEN_NEVER, false, get_key_type, NULL},
    {NCRYPT_IMPL_TYPE_PROPERTY, KIND_DWORD, WHEN_NEVER, false, get_impl_type, NULL},
    {NCRYPT_LAST_MODIFIED_PROPERTY, KIND_BYTES, WHEN_NEVER, true, get_modified, NULL},
    {NCRYPT_PROVIDER_HANDLE_PROPERTY, KIND_POINTER, WHEN_NEVER, false, get_provider_handle, NULL},
    {NCRYPT_LENGTH_PROPERTY, KIND_DWORD, WHEN_UNFINISHED, false, get_length, set_length},
    {NCRYPT_LENGTHS_PROPERTY, KIND_BYTES, WHEN_NEVER, false, get_lengths, NULL},
    {NCRYPT_PUBLIC_LENGTH_PROPERTY, KIND_DWORD, WHEN_NEVER, true, get_public_length, NULL},
    {NCRYPT_SIGNATURE_LENGTH_PROPERTY, KIND_DWORD, WHEN_NEVER, true, get_signature_length, NULL},
    {NCRYPT_BLOCK_LENGTH_PROPERTY, KIND_DWORD, WHEN_NEVER, false, property_get_block_length, NULL},
    {NCRYPT_CHAINING_MODE_PROPERTY, KIND_STRING, WHEN_ALWAYS, false, property_get_chaining, property_set_chaining},
    {NCRYPT_INITIALIZATION_VECTOR, KIND_BYTES, WHEN_ALWAYS, false, property_get_iv, property_set_iv},
    {NCRYPT_AUTH_TAG_LENGTH, KIND_BYTES, WHEN_NEVER, false, get_unsupported, NULL},
    {NCRYPT_ECC_CURVE_NAME_PROPERTY, KIND_STRING, WHEN_UNFINISHED, false, property_get_curve, property_set_curve},
    {NCRYPT_ECC_PARAMETERS_PROPERTY, KIND_BYTES, WHEN_UNFINISHED, false, property_get_parameters,
     property_set_parameters},
    {NCRYPT_DH_PARAMETERS_PROPERTY, KIND_BYTES, WHEN_UNFINISHED, false, NULL, property_set_dh_group},
    {BCRYPT_DSA_PARAMETERS, KIND_BYTES, WHEN_UNFINISHED, false, NULL, property_set_dsa_group},
    {NCRYPT_PARAMETER_SET_NAME_PROPERTY, KIND_STRING, WHEN_UNFINISHED, false, property_get_parameter_set,
     property_set_parameter_set},
    {NCRYPT_KEM_SHARED_SECRET_LENGTH_PROPERTY, KIND_DWORD, WHEN_NEVER, true, property_get_kem_secret, NULL},
    {NCRYPT_KEM_CIPHERTEXT_LENGTH_PROPERTY, KIND_DWORD, WHEN_NEVER, true, property_get_kem_ciphertext, NULL},
    {u"KEM Shared Secret Length", KIND_DWORD, WHEN_NEVER, true, property_get_kem_secret, NULL},
    {u"KEM Ciphertext Length", KIND_DWORD, WHEN_NEVER, true, property_get_kem_ciphertext, NULL},
    {NCRYPT_EXPORT_POLICY_PROPERTY, KIND_DWORD, WHEN_POLICY, false, get_export_policy, set_export_policy},
    {NCRYPT_KEY_USAGE_PROPERTY, KIND_DWORD, WHEN_UNFINISHED, false, get_usage, set_usage},
    {NCRYPT_UI_POLICY_PROPERTY, KIND_BYTES, WHEN_UNFINISHED, false, property_get_ui, property_set_ui},
    {NCRYPT_USE_CONTEXT_PROPERTY, KIND_STRING, WHEN_ALWAYS, false, property_get_use_context, property_set_use_context},
    {NCRYPT_WINDOW_HANDLE_PROPERTY, KIND_POINTER, WHEN_ALWAYS, false, property_get_window, property_set_window},
    {NCRYPT_SECURITY_DESCR_PROPERTY, KIND_BYTES, WHEN_ALWAYS, false, get_descriptor, set_descriptor},
    {NCRYPT_USE_VIRTUAL_ISOLATION_PROPERTY, KIND_DWORD, WHEN_NEVER, true, get_no, NULL},
    {NCRYPT_USE_PER_BOOT_KEY_PROPERTY, KIND_DWORD, WHEN_NEVER, true, get_no, NULL},
    {NCRYPT_EPHEMERAL_NAME_PROPERTY, KIND_STRING, WHEN_NEVER, false, get_unsupported, NULL},
    {NCRYPT_KEY_ACCESS_POLICY_PROPERTY, KIND_BYTES, WHEN_UNFINISHED, false, get_unsupported, set_unsupported},
    {NCRYPT_USE_COUNT_PROPERTY, KIND_BYTES, WHEN_NEVER, false, get_unsupported, NULL},
    {NCRYPT_KDF_SECRET_VALUE, KIND_BYTES, WHEN_UNFINISHED, false, NULL, key_derivation_set_secret},
    {BCRYPT_HKDF_HASH_ALGORITHM, KIND_STRING, WHEN_ALWAYS, false, NULL, key_derivation_set_hash},
    {BCRYPT_HKDF_SALT_AND_FINALIZE, KIND_BYTES, WHEN_ALWAYS, false, NULL, key_derivation_set_salt},
    {BCRYPT_HKDF_PRK_AND_FINALIZE, KIND_BYTES, WHEN_ALWAYS, false, NULL, key_derivation_set_prk},
    {NCRYPT_PIN_PROPERTY, KIND_STRING, WHEN_ALWAYS, false, NULL, set_unsupported},
};

const struct property *property_of_key(const WCHAR *name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (utf16_equal(name, table[i].name)) {
            return &table[i];
        }
    }
    return NULL;
}
