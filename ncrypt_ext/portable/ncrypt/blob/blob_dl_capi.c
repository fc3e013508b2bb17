/* SPDX-License-Identifier: MIT
 *
 * CryptoAPI's blobs of DH and DSA keys, all of it little-endian but the seed, which is no number. In version 3 a header
 * tells how long each number is, J stands behind G and is of no use, and DH and DSA look alike. Version 2 of DSA has a
 * Q of 20 bytes and the seed at the end; private keys of version 2 lack Y, which follows.
 */
#include <string.h>

#include "ncrypt/blob/blob.h"
#include "ncrypt/key/dl.h"

#define MAGIC_DSS1 0x31535344u /* version 2: public */
#define MAGIC_DSS2 0x32535344u /* and private */
#define MAGIC_DSS3 0x33535344u /* the same of version 3 */
#define MAGIC_DSS4 0x34535344u
#define MAGIC_DH2  0x32484400u
#define MAGIC_DH3  0x33484400u
#define MAGIC_DH4  0x34484400u

#define VERSION_3  3
#define OLD_GROUP  20
#define UNKNOWN    0xFF
#define MAX_FIELDS 6

enum {
    AT_VERSION = 1,
    AT_RESERVED = 2,
    AT_ALGORITHM = 4,
    AT_MAGIC = 8,
    AT_BITS = 12,
    AT_Q_BITS = 16,
    AT_J_BITS = 20,
    AT_X_BITS = 24, /* private keys of version 3 only: the seed comes next */
    OLD_HEADER = 16,
    SEED_SIZE = 20,
    SEED_AND_COUNT = DL_COUNT_SIZE + SEED_SIZE,
};

/* One number of the blob; that which is no component is skipped. */
struct field {
    enum component which;
    uint64_t size;
};

struct layout {
    struct field field[MAX_FIELDS];
    unsigned count;
    uint64_t numbers; /* where they begin */
    uint64_t seed;    /* where counter and seed stand; 0: there is no place for them */
    uint64_t total;
};

static void add_field(struct layout *layout, enum component which, uint64_t size)
{
    layout->field[layout->count++] = (struct field){which, size};
    layout->total += size;
}

/* P, Q, G, J, Y, X: absent ones have no bytes. */
static void lay_out(struct layout *layout, uint32_t magic, uint64_t p, uint64_t q, uint64_t j, uint64_t x)
{
    bool new = magic == MAGIC_DSS3 || magic == MAGIC_DSS4 || magic == MAGIC_DH3 || magic == MAGIC_DH4;
    bool private = magic == MAGIC_DSS2 || magic == MAGIC_DSS4 || magic == MAGIC_DH2 || magic == MAGIC_DH4;

    layout->count = 0;
    layout->numbers = new ? (uint64_t)(private ? AT_X_BITS + 4 : AT_X_BITS) + SEED_AND_COUNT : OLD_HEADER;
    layout->total = layout->numbers;
    add_field(layout, COMPONENT_DL_P, p);
    add_field(layout, COMPONENT_DL_Q, q);
    add_field(layout, COMPONENT_DL_G, p);
    add_field(layout, COMPONENT_COUNT, j);
    add_field(layout, COMPONENT_DL_Y, new || !private ? p : 0);
    add_field(layout, COMPONENT_DL_X, private ? x : 0);
    layout->seed = 0;
    if (new) {
        layout->seed = layout->numbers - SEED_AND_COUNT;
    } else if (magic != MAGIC_DH2) {
        layout->seed = layout->total;
        layout->total += SEED_AND_COUNT;
    }
}

static void copy_reversed(uint8_t *out, const uint8_t *in, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        out[i] = in[size - 1 - i];
    }
}

static const struct algorithm *algorithm_of(const struct blob_format *format)
{
    return algorithm_by_name(format->family == &family_dh ? NCRYPT_DH_ALGORITHM : NCRYPT_DSA_ALGORITHM);
}

/* The magic of a version of the format; 0 when there is none. */
static uint32_t magic_of(const struct blob_format *format, uint32_t version)
{
    if (format->family == &family_dh) {
        return version == VERSION_3 ? format->is_private ? MAGIC_DH4 : MAGIC_DH3
               : format->is_private ? MAGIC_DH2
                                    : 0; /* Y alone: its group would have to be known */
    }
    if (version == VERSION_3) {
        return format->is_private ? MAGIC_DSS4 : MAGIC_DSS3;
    }
    return format->is_private ? MAGIC_DSS2 : MAGIC_DSS1;
}

/* ---- reading -------------------------------------------------------------------------------------------------- */

static uint64_t bytes_at(const uint8_t *data, size_t at)
{
    return ((uint64_t)blob_read_u32(data + at) + 7) / 8;
}

static SECURITY_STATUS check_kind(const struct blob_format *format, const uint8_t *data, size_t size, uint32_t *magic)
{
    uint32_t version;

    if (size < OLD_HEADER) {
        return status_fail(NTE_BAD_DATA, "the key blob ends inside its header");
    }
    *magic = blob_read_u32(data + AT_MAGIC);
    version = data[AT_VERSION];
    if (data[0] != (format->is_private ? PRIVATEKEYBLOB : PUBLICKEYBLOB) || *magic == 0 ||
        (*magic != magic_of(format, CUR_BLOB_VERSION) &&
         (format->version != VERSION_3 || *magic != magic_of(format, VERSION_3)))) {
        return status_fail(NTE_NOT_SUPPORTED, "the blob's kind 0x%02X or magic 0x%08X is not that of its type", data[0],
                           (unsigned)*magic);
    }
    if (*magic != magic_of(format, version) || data[AT_RESERVED] != 0 || data[AT_RESERVED + 1] != 0) {
        return status_fail(NTE_BAD_DATA, "the key blob's version is not that of its magic, or its reserved bytes are "
                                         "not zero");
    }
    return ERROR_SUCCESS;
}

/* What follows the numbers is ignored, as with RSA's. */
static SECURITY_STATUS read_layout(const struct blob_format *format, const uint8_t *data, size_t size,
                                   struct layout *layout)
{
    const struct algorithm *algorithm = algorithm_of(format);
    uint32_t magic = 0;
    uint64_t p, q = format->family == &family_dsa ? OLD_GROUP : 0, j = 0, x;
    SECURITY_STATUS status = check_kind(format, data, size, &magic);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    p = bytes_at(data, AT_BITS);
    if (p < algorithm->import_min / 8 || p > algorithm->import_max / 8) {
        return status_fail(NTE_INVALID_PARAMETER, "the key blob is for %u bits: %u to %u are supported",
                           (unsigned)blob_read_u32(data + AT_BITS), algorithm->import_min, algorithm->import_max);
    }
    x = format->family == &family_dsa ? OLD_GROUP : p;
    if (data[AT_VERSION] == VERSION_3) {
        if (size < AT_X_BITS + 4) {
            return status_fail(NTE_BAD_DATA, "the key blob ends inside its header");
        }
        q = bytes_at(data, AT_Q_BITS);
        j = bytes_at(data, AT_J_BITS);
        x = format->is_private ? bytes_at(data, AT_X_BITS) : 0;
        if (format->is_private && x == 0) {
            return status_fail(NTE_BAD_DATA, "the key blob is of a private key and says that its number has 0 bits");
        }
    }
    lay_out(layout, magic, p, q, j, x);
    return size >= layout->total ? ERROR_SUCCESS
                                 : status_fail(NTE_BAD_DATA, "the key blob has %zu bytes, its header asks for %llu",
                                               size, (unsigned long long)layout->total);
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

/* A counter that is no such is one that nobody knows, and so is its seed: files have them in many ways. */
static SECURITY_STATUS take_seed(const uint8_t *data, struct components *components)
{
    uint8_t counter[DL_COUNT_SIZE];
    SECURITY_STATUS status;

    copy_reversed(counter, data, sizeof counter);
    if (counter[0] >= 0x80 || !is_known(data + DL_COUNT_SIZE, SEED_SIZE)) {
        return ERROR_SUCCESS;
    }
    status = components_add_copy(components, COMPONENT_DSA_SEED, data + DL_COUNT_SIZE, SEED_SIZE);
    return status == ERROR_SUCCESS ? components_add_copy(components, COMPONENT_DSA_COUNT, counter, sizeof counter)
                                   : status;
}

static SECURITY_STATUS take_numbers(const struct layout *layout, const uint8_t *data, struct components *components)
{
    const uint8_t *next = data + layout->numbers;
    SECURITY_STATUS status = components_reserve(components, layout->total);

    for (unsigned i = 0; status == ERROR_SUCCESS && i < layout->count; i++) {
        const struct field *field = &layout->field[i];

        if (field->which != COMPONENT_COUNT && field->size > 0) {
            uint8_t *place = components_add(components, field->which, field->size);

            if (place == NULL) {
                return status_fail(NTE_INTERNAL_ERROR, "no room was reserved for a number of the key");
            }
            copy_reversed(place, next, field->size);
        }
        next += field->size;
    }
    return status;
}

SECURITY_STATUS blob_dl_capi_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                                   const struct blob_parameters *parameters, struct components *components,
                                   uint32_t *usage)
{
    struct layout layout = {.count = 0};
    SECURITY_STATUS status = blob_check_family(parameters, format->family);

    if (status == ERROR_SUCCESS) {
        status = read_layout(format, data, size, &layout);
    }
    if (status == ERROR_SUCCESS) {
        status = take_numbers(&layout, data, components);
    }
    if (status == ERROR_SUCCESS && format->family == &family_dsa) {
        status = take_seed(data + layout.seed, components);
    }
    if (status == ERROR_SUCCESS && components_trimmed(components, COMPONENT_DL_P).size != layout.field[0].size) {
        status = status_fail(NTE_BAD_DATA, "the key blob's modulus is shorter than its header says");
    }
    if (status != ERROR_SUCCESS) {
        components_clear(components);
        return status;
    }
    components->algorithm = algorithm_of(format);
    *usage = NCRYPT_ALLOW_ALL_USAGES;
    return ERROR_SUCCESS;
}

/* ---- writing -------------------------------------------------------------------------------------------------- */

static void write_seed(uint8_t *out, const struct components *components)
{
    const struct component_span *seed = &components->item[COMPONENT_DSA_SEED];
    const struct component_span *counter = &components->item[COMPONENT_DSA_COUNT];

    if (seed->data == NULL || seed->size != SEED_SIZE || counter->data == NULL) {
        memset(out, UNKNOWN, SEED_AND_COUNT);
    } else {
        copy_reversed(out, counter->data, DL_COUNT_SIZE);
        memcpy(out + DL_COUNT_SIZE, seed->data, SEED_SIZE);
    }
}

static void write_header(const struct blob_format *format, const struct layout *layout, uint32_t magic, uint8_t *out)
{
    bool new = format->version == VERSION_3;

    memset(out, 0, layout->numbers);
    out[0] = format->is_private ? PRIVATEKEYBLOB : PUBLICKEYBLOB;
    out[AT_VERSION] = (uint8_t)format->version;
    blob_write_u32(out + AT_ALGORITHM, format->family == &family_dh ? CALG_DH_SF : CALG_DSS_SIGN);
    blob_write_u32(out + AT_MAGIC, magic);
    blob_write_u32(out + AT_BITS, (uint32_t)layout->field[0].size * 8);
    if (new) {
        blob_write_u32(out + AT_Q_BITS, (uint32_t)layout->field[1].size * 8);
    }
    if (new && format->is_private) {
        blob_write_u32(out + AT_X_BITS, (uint32_t)layout->field[MAX_FIELDS - 1].size * 8);
    }
}

static SECURITY_STATUS check_numbers(const struct blob_format *format, const struct components *components)
{
    if (components->algorithm->family != format->family) {
        return status_fail(NTE_BAD_TYPE, "the blob is for keys of another algorithm");
    }
    if (format->version != VERSION_3 && components->item[COMPONENT_DL_Q].size != OLD_GROUP) {
        return status_fail(NTE_NOT_SUPPORTED, "the blob has no room for the key's Q");
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS blob_dl_capi_write(const struct blob_format *format, const struct components *components,
                                   const struct blob_parameters *parameters, uint8_t *out, size_t out_size,
                                   size_t *result)
{
    uint32_t magic = magic_of(format, format->version);
    struct layout layout = {.count = 0};
    bool ready = false;
    uint8_t *next;
    SECURITY_STATUS status = check_numbers(format, components);

    (void)parameters;
    if (status == ERROR_SUCCESS) {
        lay_out(&layout, magic, components->item[COMPONENT_DL_P].size, components->item[COMPONENT_DL_Q].size, 0,
                components->item[COMPONENT_DL_X].size);
        status = blob_output(out, out_size, layout.total, result, &ready);
    }
    if (status != ERROR_SUCCESS || !ready) {
        return status;
    }
    write_header(format, &layout, magic, out);
    if (layout.seed != 0) {
        write_seed(out + layout.seed, components);
    }
    next = out + layout.numbers;
    for (unsigned i = 0; i < layout.count; i++) {
        const struct field *field = &layout.field[i];

        if (field->size > 0) {
            copy_reversed(next, components->item[field->which].data, field->size);
        }
        next += field->size;
    }
    return ERROR_SUCCESS;
}
