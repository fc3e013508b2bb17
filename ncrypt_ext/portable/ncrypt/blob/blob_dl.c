/* SPDX-License-Identifier: MIT
 *
 * The blobs of DH and DSA keys and the values of the properties that set their parameters, which look alike: some
 * words, of which the last is the width of the modulus; for DSA counter, seed and Q; then P, G, Y and X, big-endian.
 */
#include <string.h>

#include "ncrypt/blob/blob.h"
#include "ncrypt/key/dl.h"

#define WORD          4
#define OLD_WIDTH     128 /* bytes of the longest modulus of a DSA blob of version 1 */
#define OLD_GROUP     20  /* bytes of Q and of the seed there */
#define UNKNOWN       0xFF
#define NUMBER_COUNT  4
#define PUBLIC_COUNT  3
#define GROUP_NUMBERS 2

/* The numbers at the end: parameters have the first two, public keys the first three. */
static const enum component order[NUMBER_COUNT] = {COMPONENT_DL_P, COMPONENT_DL_G, COMPONENT_DL_Y, COMPONENT_DL_X};

/* Offsets from the end of the words that all have: in version 1 and 2 of DSA's. */
enum {
    OLD_COUNT = 0,
    OLD_SEED = 4,
    OLD_Q = 24,
    OLD_END = 44,

    NEW_HASH = 0,
    NEW_STANDARD = 4,
    NEW_SEED_SIZE = 8,
    NEW_GROUP_SIZE = 12,
    NEW_COUNT = 16,
    NEW_END = 20,
};

/* By the value of the field for the hash. Of 64 bytes are such that libcrypto does not verify with. */
static const uint32_t group_sizes[] = {20, 32, 64};

/* Where things are. Offsets from the beginning; sizes are 64 bits wide, so that sums of them do not overflow. */
struct place {
    const struct algorithm *algorithm;
    size_t base;     /* where the words end that all have */
    unsigned count;  /* of numbers */
    uint64_t width;  /* of P, G, Y */
    uint64_t group;  /* of Q; 0: there is none */
    uint64_t secret; /* of X */
    uint64_t seed_size;
    uint64_t counter, seed, q, numbers;
};

static uint64_t total_size(const struct place *place)
{
    uint64_t widths = place->count < NUMBER_COUNT ? place->count : PUBLIC_COUNT;

    return place->numbers + widths * place->width + (place->count == NUMBER_COUNT ? place->secret : 0);
}

static void place_dh(struct place *place)
{
    place->numbers = place->base;
    place->secret = place->width;
}

static void place_old(struct place *place)
{
    place->counter = place->base + OLD_COUNT;
    place->seed = place->base + OLD_SEED;
    place->q = place->base + OLD_Q;
    place->numbers = place->base + OLD_END;
    place->group = place->seed_size = place->secret = OLD_GROUP;
}

static void place_new(struct place *place, uint32_t seed_size, uint32_t group)
{
    place->counter = place->base + NEW_COUNT;
    place->seed = place->base + NEW_END;
    place->seed_size = seed_size;
    place->q = place->seed + seed_size;
    place->numbers = place->q + group;
    place->group = place->secret = group;
}

/* ---- reading -------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS too_short(void)
{
    return status_fail(NTE_BAD_DATA, "the blob ends inside its header");
}

static SECURITY_STATUS find_new(struct place *place, const uint8_t *data, size_t size)
{
    const uint8_t *words = data + place->base;
    uint32_t hash, group;

    if (size < place->base + NEW_END) {
        return too_short();
    }
    hash = blob_read_u32(words + NEW_HASH);
    group = blob_read_u32(words + NEW_GROUP_SIZE);
    if (hash > DSA_HASH_ALGORITHM_SHA512 || blob_read_u32(words + NEW_STANDARD) > DSA_FIPS186_3) {
        return status_fail(NTE_BAD_DATA, "the DSA blob has a hash algorithm or a version of the standard that is "
                                         "unknown");
    }
    if (group != group_sizes[hash]) {
        return status_fail(NTE_BAD_DATA, "the DSA blob's Q has %u bytes, its hash has %u", (unsigned)group,
                           (unsigned)group_sizes[hash]);
    }
    if (hash == DSA_HASH_ALGORITHM_SHA512) {
        return status_fail(NTE_NOT_SUPPORTED, "DSA with a Q of 512 bits is not supported");
    }
    place_new(place, blob_read_u32(words + NEW_SEED_SIZE), group);
    return ERROR_SUCCESS;
}

static SECURITY_STATUS find_old(struct place *place, size_t size)
{
    if (size < place->base + OLD_END) {
        return too_short();
    }
    place_old(place);
    return ERROR_SUCCESS;
}

/* `is_new`: version 2, of DSA. The magic has been looked at, and the words that all have are there. */
static SECURITY_STATUS find_places(struct place *place, bool is_new, const uint8_t *data, size_t size)
{
    const struct algorithm *algorithm = place->algorithm;
    SECURITY_STATUS status = ERROR_SUCCESS;

    place->width = blob_read_u32(data + place->base - WORD);
    if (place->width < algorithm->import_min / 8 || place->width > algorithm->import_max / 8) {
        return status_fail(NTE_INVALID_PARAMETER, "the blob's modulus has %u bytes: %u to %u are supported",
                           (unsigned)place->width, algorithm->import_min / 8, algorithm->import_max / 8);
    }
    if (algorithm->family == &family_dh) {
        place_dh(place);
    } else if (is_new != (place->width > OLD_WIDTH)) {
        return status_fail(NTE_BAD_DATA, "the DSA blob's version is not that for a modulus of %u bytes",
                           (unsigned)place->width);
    } else {
        status = is_new ? find_new(place, data, size) : find_old(place, size);
    }
    if (status == ERROR_SUCCESS && size != total_size(place)) {
        return status_fail(NTE_BAD_DATA, "the blob has %zu bytes, its header asks for %llu", size,
                           (unsigned long long)total_size(place));
    }
    return status;
}

static bool is_known(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] != UNKNOWN) {
            return true;
        }
    }
    return false;
}

/* Counter and seed are there together or not at all. */
static SECURITY_STATUS take_subgroup(const struct place *place, const uint8_t *data, struct components *components)
{
    const uint8_t *counter = data + place->counter, *seed = data + place->seed;
    SECURITY_STATUS status = components_add_copy(components, COMPONENT_DL_Q, data + place->q, place->group);

    if (place->seed_size == 0 || !is_known(counter, DL_COUNT_SIZE) || !is_known(seed, place->seed_size)) {
        return status;
    }
    if (status == ERROR_SUCCESS && counter[0] >= 0x80) {
        status = status_fail(NTE_BAD_DATA, "the counter of the DSA parameters has 32 bits");
    }
    if (status == ERROR_SUCCESS) {
        status = components_add_copy(components, COMPONENT_DSA_SEED, seed, place->seed_size);
    }
    return status == ERROR_SUCCESS ? components_add_copy(components, COMPONENT_DSA_COUNT, counter, DL_COUNT_SIZE)
                                   : status;
}

static SECURITY_STATUS take_numbers(const struct place *place, const uint8_t *data, size_t size,
                                    struct components *components)
{
    const uint8_t *next = data + place->numbers;
    SECURITY_STATUS status = components_reserve(components, size);

    components->algorithm = place->algorithm;
    if (status == ERROR_SUCCESS && place->group > 0) {
        status = take_subgroup(place, data, components);
    }
    for (unsigned i = 0; status == ERROR_SUCCESS && i < place->count; i++) {
        size_t width = order[i] == COMPONENT_DL_X ? place->secret : place->width;

        status = components_add_copy(components, order[i], next, width);
        next += width;
    }
    if (status == ERROR_SUCCESS && components_trimmed(components, COMPONENT_DL_P).size != place->width) {
        status = status_fail(NTE_BAD_DATA, "the modulus is shorter than the blob's header says");
    }
    return status;
}

static SECURITY_STATUS wrong_magic(uint32_t magic)
{
    return status_fail(NTE_NOT_SUPPORTED, "the blob's magic 0x%08X is not one of its type", (unsigned)magic);
}

static SECURITY_STATUS read_all(struct place *place, bool is_new, const uint8_t *data, size_t size,
                                struct components *components)
{
    SECURITY_STATUS status = find_places(place, is_new, data, size);

    if (status == ERROR_SUCCESS) {
        status = take_numbers(place, data, size, components);
    }
    if (status != ERROR_SUCCESS) {
        components_clear(components);
    }
    return status;
}

bool blob_dsa_owns_magic(uint32_t magic)
{
    return magic == BCRYPT_DSA_PUBLIC_MAGIC || magic == BCRYPT_DSA_PRIVATE_MAGIC ||
           magic == BCRYPT_DSA_PUBLIC_MAGIC_V2 || magic == BCRYPT_DSA_PRIVATE_MAGIC_V2;
}

static uint32_t magic_of(const struct blob_format *format, bool is_new)
{
    if (format->family == &family_dh) {
        return format->magic;
    }
    if (format->is_private) {
        return is_new ? BCRYPT_DSA_PRIVATE_MAGIC_V2 : BCRYPT_DSA_PRIVATE_MAGIC;
    }
    return is_new ? BCRYPT_DSA_PUBLIC_MAGIC_V2 : BCRYPT_DSA_PUBLIC_MAGIC;
}

static const struct algorithm *algorithm_of(const struct family *family)
{
    return algorithm_by_name(family == &family_dh ? NCRYPT_DH_ALGORITHM : NCRYPT_DSA_ALGORITHM);
}

SECURITY_STATUS blob_dl_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                              const struct blob_parameters *parameters, struct components *components, uint32_t *usage)
{
    struct place place = {
        .algorithm = algorithm_of(format->family),
        .base = 2 * WORD,
        .count = format->is_private ? NUMBER_COUNT : PUBLIC_COUNT,
    };
    uint32_t magic = 0;
    SECURITY_STATUS status = blob_check_family(parameters, format->family);
    bool is_new;

    if (status == ERROR_SUCCESS) {
        status = blob_read_magic(data, size, &magic);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    is_new = format->family == &family_dsa && magic == magic_of(format, true);
    if (magic != magic_of(format, is_new)) {
        return wrong_magic(magic);
    }
    if (size < place.base) {
        return too_short();
    }
    *usage = NCRYPT_ALLOW_ALL_USAGES;
    return read_all(&place, is_new, data, size, components);
}

SECURITY_STATUS blob_dl_parse_group(const struct algorithm *algorithm, const uint8_t *data, size_t size,
                                    struct components *components)
{
    struct place place = {.algorithm = algorithm, .base = 3 * WORD, .count = GROUP_NUMBERS};
    bool dh = algorithm->family == &family_dh, is_new;
    uint32_t magic;

    if (size < place.base) {
        return too_short();
    }
    if (blob_read_u32(data) != size) {
        return status_fail(NTE_BAD_DATA, "the parameters have %zu bytes and say that they have %u", size,
                           (unsigned)blob_read_u32(data));
    }
    magic = blob_read_u32(data + WORD);
    is_new = !dh && magic == BCRYPT_DSA_PARAMETERS_MAGIC_V2;
    if (!is_new && magic != (dh ? BCRYPT_DH_PARAMETERS_MAGIC : BCRYPT_DSA_PARAMETERS_MAGIC)) {
        return wrong_magic(magic);
    }
    return read_all(&place, is_new, data, size, components);
}

/* ---- writing -------------------------------------------------------------------------------------------------- */

static void write_bytes(uint8_t *out, const struct component_span *item, bool known, size_t size)
{
    if (known) {
        memcpy(out, item->data, size);
    } else {
        memset(out, UNKNOWN, size);
    }
}

static void write_subgroup(const struct place *place, const struct components *components, bool is_new, uint8_t *out)
{
    const struct component_span *seed = &components->item[COMPONENT_DSA_SEED];
    const struct component_span *counter = &components->item[COMPONENT_DSA_COUNT];
    bool known = seed->data != NULL && seed->size == place->seed_size && counter->data != NULL;

    write_bytes(out + place->counter, counter, known, DL_COUNT_SIZE);
    write_bytes(out + place->seed, seed, known, place->seed_size);
    memcpy(out + place->q, components->item[COMPONENT_DL_Q].data, place->group);
    if (is_new) {
        bool old_group = place->group == OLD_GROUP;

        blob_write_u32(out + place->base + NEW_HASH, old_group ? DSA_HASH_ALGORITHM_SHA1 : DSA_HASH_ALGORITHM_SHA256);
        blob_write_u32(out + place->base + NEW_STANDARD, DSA_FIPS186_3);
        blob_write_u32(out + place->base + NEW_SEED_SIZE, (uint32_t)place->seed_size);
        blob_write_u32(out + place->base + NEW_GROUP_SIZE, (uint32_t)place->group);
    }
}

/* A seed that is not known takes as much room as Q. */
static void measure(struct place *place, const struct components *components, bool is_new)
{
    const struct component_span *seed = &components->item[COMPONENT_DSA_SEED];
    size_t group = components->item[COMPONENT_DL_Q].size;

    if (components->algorithm->family == &family_dh) {
        place_dh(place);
    } else if (is_new) {
        place_new(place, (uint32_t)(seed->data == NULL ? group : seed->size), (uint32_t)group);
    } else {
        place_old(place);
    }
}

static SECURITY_STATUS check_items(const struct place *place, const struct components *components)
{
    for (unsigned i = 0; i < place->count; i++) {
        if (components->item[order[i]].size != (order[i] == COMPONENT_DL_X ? place->secret : place->width)) {
            return status_fail(NTE_BAD_TYPE, "the key lacks a number that the blob needs");
        }
    }
    return place->group == components->item[COMPONENT_DL_Q].size || place->group == 0
               ? ERROR_SUCCESS
               : status_fail(NTE_NOT_SUPPORTED, "the blob has no room for the key's Q");
}

SECURITY_STATUS blob_dl_write(const struct blob_format *format, const struct components *components,
                              const struct blob_parameters *parameters, uint8_t *out, size_t out_size, size_t *result)
{
    struct place place = {
        .base = 2 * WORD,
        .count = format->is_private ? NUMBER_COUNT : PUBLIC_COUNT,
        .width = components->item[COMPONENT_DL_P].size,
    };
    bool is_new = format->family == &family_dsa && place.width > OLD_WIDTH, ready = false;
    uint8_t *next = out;
    SECURITY_STATUS status;

    (void)parameters;
    if (components->algorithm->family != format->family) {
        return status_fail(NTE_BAD_TYPE, "the blob is for keys of another algorithm");
    }
    measure(&place, components, is_new);
    status = check_items(&place, components);
    if (status == ERROR_SUCCESS) {
        status = blob_output(out, out_size, total_size(&place), result, &ready);
    }
    if (status != ERROR_SUCCESS || !ready) {
        return status;
    }
    blob_write_u32(out, magic_of(format, is_new));
    blob_write_u32(out + WORD, (uint32_t)place.width);
    if (place.group > 0) {
        write_subgroup(&place, components, is_new, out);
    }
    next += place.numbers;
    for (unsigned i = 0; i < place.count; i++) {
        memcpy(next, components->item[order[i]].data, components->item[order[i]].size);
        next += components->item[order[i]].size;
    }
    return ERROR_SUCCESS;
}
