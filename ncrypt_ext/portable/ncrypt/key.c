/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "common/fork.h"
#include "common/secmem.h"
#include "common/utf16.h"
#include "ncrypt/internal.h"
#include "ncrypt/key/dl.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* A thread of the parent may have held the lock; it does not exist here. */
static void renew_key_lock(void *object)
{
    struct key *key = object;
    int finalizing = KEY_FINALIZING;

    pthread_mutex_init(&key->lock, NULL);
    pthread_mutex_init(&key->provider->lock, NULL); /* the provider's own handle may be closed */
    chaining_renew_lock(key->chaining);
    atomic_compare_exchange_strong(&key->state, &finalizing, KEY_UNFINALIZED);
}

static void renew_provider_lock(void *object)
{
    struct provider *provider = object;

    pthread_mutex_init(&provider->lock, NULL);
}

static void fork_child(void)
{
    handle_each(HANDLE_KEY, renew_key_lock);
    handle_each(HANDLE_PROVIDER, renew_provider_lock);
}

static void set_up(void)
{
    fork_register(&(struct fork_hooks){NULL, NULL, fork_child});
}

SECURITY_STATUS key_new(struct provider *provider, const struct algorithm *algorithm, struct key **out)
{
    struct key *key = calloc(1, sizeof *key);

    if (key == NULL) {
        return status_no_memory();
    }
    pthread_once(&once, set_up);
    key->provider = provider_ref(provider);
    key->algorithm = algorithm;
    key->key_usage = NCRYPT_ALLOW_ALL_USAGES;
    key->original = true;
    pthread_mutex_init(&key->lock, NULL);
    components_init(&key->pending);
    if (algorithm->curve_name != NULL) {
        key->curve = curve_by_name(algorithm->curve_name);
        key->length = key->curve->bits;
    }
    if (algorithm->block_size != 0 && chaining_new(&key->chaining) != ERROR_SUCCESS) {
        key_destroy(key);
        return status_no_memory();
    }
    *out = key;
    return ERROR_SUCCESS;
}

void ui_policy_clear(struct ui_policy *ui)
{
    for (size_t i = 0; i < sizeof ui->text / sizeof ui->text[0]; i++) {
        free(ui->text[i]);
    }
    *ui = (struct ui_policy){0};
}

void key_destroy(void *object)
{
    struct key *key = object;

    if (key == NULL) {
        return;
    }
    material_free(key->material);
    secret_destroy(atomic_load_explicit(&key->derivation, memory_order_acquire));
    components_clear(&key->pending);
    free(key->name);
    ui_policy_clear(&key->ui);
    free(key->use_context);
    chaining_free(key->chaining);
    bag_clear(&key->session);
    bag_clear(&key->stored);
    pthread_mutex_destroy(&key->lock);
    provider_unref(key->provider);
    free(key);
}

SECURITY_STATUS key_check_name(const WCHAR *name)
{
    size_t length = utf16_length(name, STORE_MAX_NAME + 1);

    if (length == 0) {
        return status_fail(NTE_INVALID_PARAMETER, "the key name is empty");
    }
    if (length > STORE_MAX_NAME) {
        return status_fail(NTE_INVALID_PARAMETER, "the key name is longer than %d characters", STORE_MAX_NAME);
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS key_set_name(struct key *key, const WCHAR *name)
{
    key->name = utf16_copy(name, utf16_length(name, STORE_MAX_NAME));
    return key->name == NULL ? status_no_memory() : ERROR_SUCCESS;
}

SECURITY_STATUS key_handle(struct key *key, NCRYPT_KEY_HANDLE *handle)
{
    return handle_create(HANDLE_KEY, key, key_destroy, handle);
}

SECURITY_STATUS key_acquire(NCRYPT_KEY_HANDLE handle, struct key **key)
{
    *key = handle_acquire(handle, HANDLE_KEY);
    return *key == NULL ? status_fail(NTE_INVALID_HANDLE, "not a live key handle") : ERROR_SUCCESS;
}

SECURITY_STATUS key_check_ready(const struct key *key)
{
    if (atomic_load_explicit(&key->state, memory_order_acquire) != KEY_READY) {
        return status_fail(NTE_BAD_KEY_STATE, "the key has not been finalized");
    }
    return ERROR_SUCCESS;
}

/* ---- finalize ------------------------------------------------------------------------------------------------- */

static enum store_scope scope_of(const struct key *key)
{
    return key->machine ? STORE_MACHINE : STORE_USER;
}

static SECURITY_STATUS check_ui(const struct key *key, bool silent)
{
    if ((key->ui.flags & (NCRYPT_UI_PROTECT_KEY_FLAG | NCRYPT_UI_FORCE_HIGH_PROTECTION_FLAG)) == 0) {
        return ERROR_SUCCESS;
    }
    return status_fail(silent ? NTE_SILENT_CONTEXT : NTE_UI_REQUIRED,
                       "the UI policy asks for protection by a dialog, and there is no user interface here");
}

/* A generic EC key becomes one of its curve's own algorithm, where there is one and nobody wanted otherwise. */
const struct algorithm *key_algorithm(const struct key *key)
{
    const struct algorithm *algorithm = key->algorithm;

    if (algorithm->takes_curve && key->curve != NULL) {
        const struct algorithm *own = algorithm_for_curve(algorithm->group, key->curve, key->generic_ecc);

        algorithm = own == NULL ? algorithm : own;
    }
    return algorithm;
}

static SECURITY_STATUS make_material(const struct key *key, bool validate, struct material **material)
{
    if (key->pending.algorithm != NULL && dl_is_group(&key->pending)) {
        return material_generate_in(&key->pending, validate, material);
    }
    if (key->pending.algorithm != NULL) {
        return material_load(&key->pending, validate, material);
    }
    if (key->algorithm->operations & NCRYPT_KEY_DERIVATION_OPERATION) {
        return status_fail(NTE_INVALID_PARAMETER, "the secret has not been set (property 'KDFKeySecret')");
    }
    if (key->algorithm->takes_curve && key->curve == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "the curve has not been set (property 'ECCCurveName')");
    }
    if (key->algorithm->takes_set && key->set == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "the parameter set has not been set (property 'ParameterSetName')");
    }
    if (key->slot != STORE_SLOT_KEY) {
        return material_generate_capi(key->length, material);
    }
    return material_generate(key_algorithm(key), key->curve, key->length, material);
}

static SECURITY_STATUS store_key(struct key *key, struct store *store, const struct components *components)
{
    struct store_record *record = calloc(1, sizeof *record);
    SECURITY_STATUS status;

    if (record == NULL) {
        return status_no_memory();
    }
    status = persist_encode(key, components, record);
    if (status == ERROR_SUCCESS) {
        status = store_create(store, record, key->overwrite);
    }
    if (status == ERROR_SUCCESS) {
        key->stored_id = record->id;
        key->modified = record->modified;
    }
    store_record_clear(record);
    free(record);
    return status;
}

/* Stores the key and shows it, with the lock held throughout: what is set on the key is stored with it or comes after.
 */
static SECURITY_STATUS publish(struct key *key, struct store *store, struct material *material)
{
    struct components components;
    SECURITY_STATUS status = ERROR_SUCCESS;

    components_init(&components);
    pthread_mutex_lock(&key->lock);
    key->algorithm = material->algorithm;
    key->curve = material->curve;
    key->set = material->set;
    key->length = material->bits;
    if (key->name != NULL) {
        status = material_take_apart(material, material->has_private, &components);
        if (status == ERROR_SUCCESS) {
            status = store_key(key, store, &components);
        }
    }
    if (status == ERROR_SUCCESS) {
        components_clear(&key->pending);
        key->material = material;
    }
    atomic_store_explicit(&key->state, status == ERROR_SUCCESS ? KEY_READY : KEY_UNFINALIZED, memory_order_release);
    pthread_mutex_unlock(&key->lock);
    components_clear(&components);
    return status;
}

/* From now on nothing but this thread changes what the key is made from. */
static SECURITY_STATUS begin_finalizing(struct key *key)
{
    int state = KEY_UNFINALIZED;

    pthread_mutex_lock(&key->lock);
    (void)atomic_compare_exchange_strong(&key->state, &state, KEY_FINALIZING);
    pthread_mutex_unlock(&key->lock);
    if (state == KEY_READY) {
        return status_fail(NTE_INVALID_HANDLE, "the key has been finalized already");
    }
    return state == KEY_UNFINALIZED ? ERROR_SUCCESS
                                    : status_fail(NTE_BAD_KEY_STATE, "the key is being finalized by another thread");
}

SECURITY_STATUS key_finalize(struct key *key, bool validate, bool legacy_store, bool silent)
{
    struct material *material = NULL;
    struct store *store = NULL;
    SECURITY_STATUS status = begin_finalizing(key);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = check_ui(key, silent);
    if (status == ERROR_SUCCESS && legacy_store && !utf16_equal(key->algorithm->group, NCRYPT_RSA_ALGORITHM_GROUP)) {
        status = status_fail(NTE_NOT_SUPPORTED, "only RSA keys can be written to the legacy store");
    }
    if (status == ERROR_SUCCESS) {
        status = make_material(key, validate, &material);
    }
    if (status == ERROR_SUCCESS && key->name != NULL) { /* without the lock: a passphrase callback may read the key */
        status = provider_store(key->provider, scope_of(key), true, &store);
    }
    if (status == ERROR_SUCCESS) {
        key->legacy_store = legacy_store;
        status = publish(key, store, material);
    } else {
        atomic_store_explicit(&key->state, KEY_UNFINALIZED, memory_order_release);
    }
    if (status != ERROR_SUCCESS) {
        material_free(material);
    }
    store_release(store);
    return status;
}

/* ---- stored keys ------------------------------------------------------------------------------------------------ */

static SECURITY_STATUS unknown_algorithm(const struct store_record *record)
{
    char printable[64];

    return status_fail(NTE_NOT_SUPPORTED, "the stored key's algorithm '%s' is not supported here",
                       utf16_printable(record->algorithm, printable, sizeof printable));
}

SECURITY_STATUS key_from_record(struct provider *provider, const struct store_record *record, bool machine,
                                struct key **out)
{
    const struct algorithm *algorithm = algorithm_by_name(record->algorithm);
    struct components components;
    struct key *key = NULL;
    SECURITY_STATUS status;

    if (algorithm == NULL) {
        return unknown_algorithm(record);
    }
    components_init(&components);
    status = key_new(provider, algorithm, &key);
    if (status == ERROR_SUCCESS) {
        status = key_set_name(key, record->name);
    }
    if (status == ERROR_SUCCESS) {
        status = persist_decode(record, key, &components);
    }
    if (status == ERROR_SUCCESS) {
        status = material_load(&components, false, &key->material);
    }
    if (status == ERROR_SUCCESS) {
        key->machine = machine;
        key->original = false;
        key->stored_id = record->id;
        key->modified = record->modified;
        atomic_store_explicit(&key->state, KEY_READY, memory_order_release);
        *out = key;
        key = NULL;
    }
    components_clear(&components);
    key_destroy(key);
    return status;
}

struct rewrite_context {
    struct provider *provider;
    key_rewrite change;
    void *context;
};

static SECURITY_STATUS apply_change(struct key *stored, void *context)
{
    const struct key_change *change = context;

    if (change->export_policy != NULL) {
        if (!policy_is_within(*change->export_policy, stored->export_policy)) {
            return status_fail(NTE_BAD_KEY_STATE, "the stored key's export policy has become stricter meanwhile");
        }
        stored->export_policy = *change->export_policy;
    }
    if (change->property != NULL) {
        return bag_set(&stored->stored, change->property->name, change->property->data, change->property->size);
    }
    return ERROR_SUCCESS;
}

/* Takes the newest stored version apart, changes it and puts it together again. */
static SECURITY_STATUS rewrite_record(struct store_record *record, void *context)
{
    const struct algorithm *algorithm = algorithm_by_name(record->algorithm);
    const struct rewrite_context *wanted = context;
    struct components components;
    struct key *stored = NULL;
    SECURITY_STATUS status;

    if (algorithm == NULL) {
        return unknown_algorithm(record);
    }
    components_init(&components);
    status = key_new(wanted->provider, algorithm, &stored);
    if (status == ERROR_SUCCESS) {
        status = key_set_name(stored, record->name);
    }
    if (status == ERROR_SUCCESS) {
        status = persist_decode(record, stored, &components);
    }
    if (status == ERROR_SUCCESS) {
        status = wanted->change(stored, wanted->context);
    }
    if (status == ERROR_SUCCESS) {
        secmem_free(record->payload);
        record->payload = NULL;
        status = persist_encode(stored, &components, record);
    }
    key_destroy(stored);
    components_clear(&components);
    return status;
}

SECURITY_STATUS key_modify_stored(struct provider *provider, bool machine, int64_t stored_id, key_rewrite change,
                                  void *context)
{
    struct rewrite_context rewrite = {provider, change, context};
    struct store *store = NULL;
    SECURITY_STATUS status = provider_store(provider, machine ? STORE_MACHINE : STORE_USER, false, &store);

    if (status == ERROR_SUCCESS) {
        status = store_modify(store, stored_id, rewrite_record, &rewrite);
    }
    store_release(store);
    return status;
}

SECURITY_STATUS key_change_stored(struct key *key, const struct key_change *change)
{
    struct key_change wanted = *change;

    return key_modify_stored(key->provider, key->machine, key->stored_id, apply_change, &wanted);
}
