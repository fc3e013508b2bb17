/* SPDX-License-Identifier: MIT
 *
 * Fills a key store for benchmarks, faster than creating its keys one by one, and measures reading from it.
 *
 *     fill_store <folder> <count> [<payload in hex>]
 *
 * adds the keys "bulk-0000000", "bulk-0000001" and so on, each a sealed copy of the key "template" under its own name.
 * With a payload, the template is made from it when it is missing. Keys that exist already are kept: the numbering goes
 * on behind them. <folder> is the one that holds keys.db.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/secmem.h"
#include "common/status.h"
#include "ncrypt_ext_compat.h"
#include "ncrypt/store/bulk.h"
#include "ncrypt/store/store.h"

#define PER_TRANSACTION 50000
#define READS           20000

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void widen(const char *text, WCHAR *out)
{
    do {
        *out++ = (unsigned char)*text;
    } while (*text++ != '\0');
}

static void number_name(unsigned long number, WCHAR out[32])
{
    char text[32];

    snprintf(text, sizeof(text), "bulk-%07lu", number);
    widen(text, out);
}

static int report(const char *what, SECURITY_STATUS status)
{
    char detail[512] = "";

    ncx_error_detail(status, detail, sizeof(detail));
    fprintf(stderr, "%s: 0x%08X %s\n", what, (unsigned)status, detail);
    return 1;
}

static SECURITY_STATUS make_template(struct store *store, const char *hex)
{
    struct store_record record = {.length = 256, .key_usage = 0xFFFFFF};
    size_t size = strlen(hex) / 2;
    SECURITY_STATUS status;

    widen("template", record.name);
    widen("ECDSA_P256", record.algorithm);
    record.payload = secmem_alloc(size);
    if (record.payload == NULL) {
        return status_no_memory();
    }
    record.payload_size = size;
    for (size_t i = 0; i < size; i++) {
        unsigned byte = 0;

        if (sscanf(hex + 2 * i, "%2x", &byte) != 1) {
            store_record_clear(&record);
            return status_fail(NTE_INVALID_PARAMETER, "the payload is not hexadecimal");
        }
        record.payload[i] = (uint8_t)byte;
    }
    status = store_create(store, &record, false);
    store_record_clear(&record);
    return status;
}

/* The first number whose name is free. */
static SECURITY_STATUS first_free(struct store *store, unsigned long *first)
{
    unsigned long low = 0, high = 100000000;
    WCHAR name[32];

    while (low < high) {
        unsigned long middle = low + (high - low) / 2;
        SECURITY_STATUS status;

        number_name(middle, name);
        status = store_exists(store, name, STORE_SLOT_KEY);
        if (status == ERROR_SUCCESS) {
            low = middle + 1;
        } else if (status == NTE_BAD_KEYSET) {
            high = middle;
        } else {
            return status;
        }
    }
    *first = low;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS fill(struct store *store, const struct store_record *model, unsigned long first,
                            unsigned long count)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    unsigned long done = 0;

    while (status == ERROR_SUCCESS && done < count) {
        struct store_bulk bulk;
        unsigned long end = done + PER_TRANSACTION < count ? done + PER_TRANSACTION : count;

        status = store_bulk_begin(store, &bulk);
        if (status != ERROR_SUCCESS) {
            break;
        }
        for (; status == ERROR_SUCCESS && done < end; done++) {
            struct store_record record = *model;

            number_name(first + done, record.name);
            status = store_bulk_add(&bulk, &record);
        }
        status = store_bulk_end(&bulk, status);
    }
    return status;
}

static int compare(const void *left, const void *right)
{
    double difference = *(const double *)left - *(const double *)right;

    return (difference > 0) - (difference < 0);
}

/* Random keys among `total`, one by one. */
static int measure(struct store *store, unsigned long total)
{
    static double times[READS];
    uint64_t state = 88172645463325252u;
    struct store_record record = {.id = 0};
    double all = 0;

    for (int i = 0; i < READS; i++) {
        WCHAR name[32];
        SECURITY_STATUS status;
        double start;

        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        number_name((unsigned long)(state % total), name);
        start = seconds();
        status = store_read(store, name, STORE_SLOT_KEY, &record);
        times[i] = seconds() - start;
        all += times[i];
        if (status != ERROR_SUCCESS) {
            return report("reading", status);
        }
        store_record_clear(&record);
    }
    qsort(times, READS, sizeof(times[0]), compare);
    printf("store_read among %lu keys: median %.2f us, mean %.2f us, 99%% %.2f us\n", total, times[READS / 2] * 1e6,
           all / READS * 1e6, times[READS * 99 / 100] * 1e6);
    return 0;
}

int main(int argc, char **argv)
{
    struct store *store = NULL;
    struct store_record model = {.id = 0};
    WCHAR name[32];
    unsigned long count, first = 0;
    double start;
    SECURITY_STATUS status;

    if (argc < 3) {
        fprintf(stderr, "usage: fill_store <folder> <count> [<payload in hex>]\n");
        return 2;
    }
    count = strtoul(argv[2], NULL, 10);
    status = store_acquire(STORE_USER, argv[1], argc > 3, &store);
    if (status != ERROR_SUCCESS) {
        return report("opening the store", status);
    }
    widen("template", name);
    status = store_read(store, name, STORE_SLOT_KEY, &model);
    if (status == NTE_BAD_KEYSET && argc > 3) {
        status = make_template(store, argv[3]);
        if (status == ERROR_SUCCESS) {
            status = store_read(store, name, STORE_SLOT_KEY, &model);
        }
    }
    if (status != ERROR_SUCCESS) {
        return report("reading the key \"template\"", status);
    }
    status = first_free(store, &first);
    start = seconds();
    if (status == ERROR_SUCCESS) {
        status = fill(store, &model, first, count);
    }
    store_record_clear(&model);
    if (status != ERROR_SUCCESS) {
        return report("adding keys", status);
    }
    printf("%lu keys added in %.1f s\n", count, seconds() - start);
    return first + count > 0 ? measure(store, first + count) : 0;
}
