/* SPDX-License-Identifier: MIT
 *
 * The payload of a stored key, sealed by the store as a whole. All integers are little-endian; a string is its number
 * of UTF-16 units (u32, 0xFFFFFFFF: none) and the units.
 *
 *   u8      format, PAYLOAD_FORMAT
 *   u8      bits: 1 the key is treated as generic ECC, 2 a UI policy follows
 *   string  name of the curve or parameter set, or none
 *   u32     size of the components, then the components (components.h)
 *   [u32    UI flags, three strings]
 *   u32     number of stored properties; each: string name, u32 size, bytes
 */
#include <stdlib.h>
#include <string.h>

#include "common/secmem.h"
#include "common/utf16.h"
#include "ncrypt/internal.h"
#include "ncrypt/key/parameter_set.h"

#define PAYLOAD_FORMAT   1
#define PAYLOAD_GENERIC  0x1
#define PAYLOAD_UI       0x2
#define NO_STRING        0xFFFFFFFFu
#define MAX_STRING_UNITS 0x100000u

/* ---- writing: the same calls measure (next NULL) and write ---------------------------------------------------------
 */

struct writer {
    uint8_t *next;
    size_t size;
};

static void write_bytes(struct writer *writer, const void *data, size_t size)
{
    if (writer->next != NULL && size > 0) {
        memcpy(writer->next, data, size);
        writer->next += size;
    }
    writer->size += size;
}

static void write_u8(struct writer *writer, unsigned value)
{
    uint8_t byte = (uint8_t)value;

    write_bytes(writer, &byte, 1);
}

static void write_u32(struct writer *writer, uint32_t value)
{
    uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24)};

    write_bytes(writer, bytes, sizeof bytes);
}

static void write_string(struct writer *writer, const WCHAR *text)
{
    size_t units = text == NULL ? 0 : utf16_length(text, MAX_STRING_UNITS);

    write_u32(writer, text == NULL ? NO_STRING : (uint32_t)units);
    for (size_t i = 0; i < units; i++) {
        write_u8(writer, text[i] & 0xFFu);
        write_u8(writer, (unsigned)text[i] >> 8);
    }
}

static void write_components(struct writer *writer, const struct components *components)
{
    size_t size = components_encoded_size(components);

    write_u32(writer, (uint32_t)size);
    if (writer->next != NULL) {
        components_encode(components, writer->next);
        writer->next += size;
    }
    writer->size += size;
}

static void write_payload(struct writer *writer, const struct key *key, const struct components *components)
{
    uint32_t count = 0;

    write_u8(writer, PAYLOAD_FORMAT);
    write_u8(writer, (key->generic_ecc ? PAYLOAD_GENERIC : 0u) | (key->ui.present ? PAYLOAD_UI : 0u));
    write_string(writer, key->curve != NULL ? key->curve->name : key->set != NULL ? key->set->name : NULL);
    write_components(writer, components);
    if (key->ui.present) {
        write_u32(writer, key->ui.flags);
        for (size_t i = 0; i < 3; i++) {
            write_string(writer, key->ui.text[i]);
        }
    }
    for (const struct bag_entry *entry = key->stored.first; entry != NULL; entry = entry->next) {
        count++;
    }
    write_u32(writer, count);
    for (const struct bag_entry *entry = key->stored.first; entry != NULL; entry = entry->next) {
        write_string(writer, entry->name);
        write_u32(writer, (uint32_t)entry->size);
        write_bytes(writer, entry->data, entry->size);
    }
}

static bool has_certificates(const struct key *key)
{
    const struct bag_entry *entry = bag_find(&key->stored, NCRYPT_CERTIFICATE_PROPERTY);

    return entry != NULL && entry->size > 0;
}

SECURITY_STATUS persist_encode(const struct key *key, const struct components *components, struct store_record *record)
{
    struct writer measure = {0};
    struct writer writer = {0};

    write_payload(&measure, key, components);
    record->payload = secmem_alloc(measure.size);
    if (record->payload == NULL) {
        return status_no_memory();
    }
    record->payload_size = measure.size;
    writer.next = record->payload;
    write_payload(&writer, key, components);
    if (key->name != NULL) {
        memcpy(record->name, key->name, (utf16_length(key->name, STORE_MAX_NAME) + 1) * sizeof *key->name);
    }
    memcpy(record->algorithm, key->algorithm->name,
           (utf16_length(key->algorithm->name, 64) + 1) * sizeof *key->algorithm->name);
    record->length = key->length;
    record->export_policy = key->export_policy;
    record->key_usage = key->key_usage;
    record->legacy_spec = key->legacy_spec;
    record->flags = store_slot_flags(key->slot) | (key->legacy_store ? STORE_FLAG_LEGACY : 0u) |
                    (has_certificates(key) ? STORE_FLAG_CERTIFICATES : 0u);
    return ERROR_SUCCESS;
}

/* ---- reading --------------------------------------------------------------------------------------------------------
 */

struct reader {
    const uint8_t *next;
    size_t left;
    bool bad; /* set by the first read past the end; later reads give zeros */
    bool no_memory;
};

static const uint8_t *read_bytes(struct reader *reader, size_t size)
{
    const uint8_t *bytes = reader->next;

    if (reader->bad || size > reader->left) {
        reader->bad = true;
        return NULL;
    }
    reader->next += size;
    reader->left -= size;
    return bytes;
}

static unsigned read_u8(struct reader *reader)
{
    const uint8_t *bytes = read_bytes(reader, 1);

    return bytes == NULL ? 0 : bytes[0];
}

static uint32_t read_u32(struct reader *reader)
{
    const uint8_t *bytes = read_bytes(reader, 4);

    return bytes == NULL
               ? 0
               : (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* A fresh copy, or NULL for "none" and for failures, which set bad. */
static WCHAR *read_string(struct reader *reader)
{
    uint32_t units = read_u32(reader);
    const uint8_t *bytes;
    WCHAR *text;

    if (reader->bad || units == NO_STRING) {
        return NULL;
    }
    bytes = units > MAX_STRING_UNITS ? NULL : read_bytes(reader, (size_t)units * 2);
    text = bytes == NULL ? NULL : malloc(((size_t)units + 1) * sizeof *text);
    if (text == NULL) {
        reader->no_memory = bytes != NULL;
        reader->bad = true;
        return NULL;
    }
    for (uint32_t i = 0; i < units; i++) {
        text[i] = (WCHAR)(bytes[2 * i] | bytes[2 * i + 1] << 8);
    }
    text[units] = 0;
    return text;
}

static SECURITY_STATUS read_curve(struct reader *reader, struct key *key)
{
    WCHAR *name = read_string(reader);
    char printable[64];
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (name != NULL && key->algorithm->takes_set) {
        key->set = parameter_set_by_name(key->algorithm->group, name);
        reader->bad = reader->bad || key->set == NULL;
    } else if (name != NULL) {
        key->curve = curve_by_name(name);
        if (key->curve == NULL) {
            status = status_fail(NTE_NOT_SUPPORTED, "the stored key is on the curve '%s', which is not known here",
                                 utf16_printable(name, printable, sizeof printable));
        }
    }
    free(name);
    return status;
}

/* A curve without a name is stored by its parameters. */
static SECURITY_STATUS settle_parameters(struct key *key, struct components *components)
{
    const struct component_span *parameters = &components->item[COMPONENT_EC_PARAMETERS];
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (parameters->data != NULL) {
        status = curve_from_parameters(parameters->data, parameters->size, &key->curve);
        components->curve = key->curve;
    }
    return status;
}

static void read_ui(struct reader *reader, struct ui_policy *ui)
{
    ui->present = true;
    ui->flags = read_u32(reader);
    for (size_t i = 0; i < 3; i++) {
        ui->text[i] = read_string(reader);
    }
}

static SECURITY_STATUS read_properties(struct reader *reader, struct bag *bag)
{
    uint32_t count = read_u32(reader);

    for (uint32_t i = 0; i < count && !reader->bad; i++) {
        WCHAR *name = read_string(reader);
        uint32_t size = read_u32(reader);
        const uint8_t *data = read_bytes(reader, size);
        SECURITY_STATUS status = ERROR_SUCCESS;

        if (name == NULL || data == NULL) {
            reader->bad = true;
        } else {
            status = bag_set(bag, name, data, size);
        }
        free(name);
        if (status != ERROR_SUCCESS) {
            return status;
        }
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS malformed(const struct reader *reader)
{
    return reader->no_memory ? status_no_memory()
                             : status_fail(NTE_KEYSET_ENTRY_BAD, "the stored key's payload is malformed");
}

static SECURITY_STATUS unknown_format(unsigned format)
{
    return status_fail(NTE_BAD_VER, "the stored key has payload format %u, which this version does not know", format);
}

static SECURITY_STATUS read_payload(struct reader *reader, struct key *key, struct components *components)
{
    unsigned format = read_u8(reader);
    unsigned bits = read_u8(reader);
    const uint8_t *numbers;
    uint32_t numbers_size;
    SECURITY_STATUS status;

    if (format != PAYLOAD_FORMAT) {
        return unknown_format(format);
    }
    key->generic_ecc = (bits & PAYLOAD_GENERIC) != 0;
    status = read_curve(reader, key);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    numbers_size = read_u32(reader);
    numbers = read_bytes(reader, numbers_size);
    if (numbers == NULL) {
        return malformed(reader);
    }
    components->algorithm = key->algorithm;
    components->curve = key->curve;
    components->set = key->set;
    status = components_decode(components, numbers, numbers_size);
    if (status == ERROR_SUCCESS) {
        status = settle_parameters(key, components);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (bits & PAYLOAD_UI) {
        read_ui(reader, &key->ui);
    }
    status = read_properties(reader, &key->stored);
    if (status == ERROR_SUCCESS && (reader->bad || reader->left != 0)) {
        status = malformed(reader);
    }
    return status;
}

SECURITY_STATUS persist_decode(const struct store_record *record, struct key *key, struct components *components)
{
    struct reader reader = {.next = record->payload, .left = record->payload_size};

    key->length = record->length;
    key->export_policy = record->export_policy;
    key->key_usage = record->key_usage;
    key->legacy_spec = record->legacy_spec;
    key->legacy_store = (record->flags & STORE_FLAG_LEGACY) != 0;
    key->slot = store_slot(record);
    return read_payload(&reader, key, components);
}

/* ---- one property of a payload, without the rest ------------------------------------------------------------------
 */

static void skip_string(struct reader *reader)
{
    uint32_t units = read_u32(reader);

    if (units != NO_STRING) {
        (void)read_bytes(reader, (size_t)units * 2);
    }
}

static bool name_is(const uint8_t *bytes, uint32_t units, const WCHAR *name)
{
    for (uint32_t i = 0; i < units; i++) {
        if (name[i] == 0 || (bytes[2 * i] | bytes[2 * i + 1] << 8) != name[i]) {
            return false;
        }
    }
    return name[units] == 0;
}

static void skip_to_properties(struct reader *reader, unsigned bits)
{
    skip_string(reader);                        /* the curve */
    (void)read_bytes(reader, read_u32(reader)); /* the numbers */
    for (int i = 0; (bits & PAYLOAD_UI) && i < 4; i++) {
        if (i == 0) {
            (void)read_u32(reader);
        } else {
            skip_string(reader);
        }
    }
}

SECURITY_STATUS persist_property(const struct store_record *record, const WCHAR *name, const uint8_t **data,
                                 size_t *size)
{
    struct reader reader = {.next = record->payload, .left = record->payload_size};
    unsigned format = read_u8(&reader);
    uint32_t count;

    if (format != PAYLOAD_FORMAT) {
        return unknown_format(format);
    }
    skip_to_properties(&reader, read_u8(&reader));
    count = read_u32(&reader);
    for (uint32_t i = 0; i < count && !reader.bad; i++) {
        uint32_t units = read_u32(&reader);
        const uint8_t *text = read_bytes(&reader, (size_t)units * 2);
        uint32_t value_size = read_u32(&reader);
        const uint8_t *value = read_bytes(&reader, value_size);

        if (value != NULL && name_is(text, units, name)) {
            *data = value;
            *size = value_size;
            return ERROR_SUCCESS;
        }
    }
    return reader.bad ? malformed(&reader) : NTE_NOT_FOUND;
}
