/* SPDX-License-Identifier: MIT
 *
 * Curves by their parameters. Keys point at their curve, so one that has been found good stays: a list that only grows,
 * to a limit, and is read without a lock.
 */
#include <openssl/bn.h>
#include <openssl/obj_mac.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "bcrypt.h"
#include "common/libctx.h"
#include "ncrypt/key/curve.h"

/* Offsets in BCRYPT_ECC_PARAMETER_HEADER. */
enum {
    AT_VERSION = 0,
    AT_TYPE = 4,
    AT_HASH = 8,
    AT_WIDTH = 12,
    AT_ORDER = 16,
    AT_COFACTOR = 20,
    AT_SEED = 24,
};

#define VERSION        1
#define MIN_BITS       160
#define MIN_ORDER_BITS 159 /* that of a prime of 160 bits may have one less */
#define MAX_CURVES     4096
#define MAX_PUBLIC     256 /* when there are that many, public keys bring no more: what strangers send fills no list */
#define FIELD_NUMBERS  5   /* P, A, B, and the generator's X and Y */

struct own_curve {
    struct curve curve;
    _Atomic(EVP_PKEY *) template;
    struct own_curve *next;
    unsigned count; /* of this one and those behind it */
    uint8_t parameters[];
};

static _Atomic(struct own_curve *) own_curves;

_Atomic(EVP_PKEY *) *curve_own_template_place(const struct curve *curve)
{
    return &((struct own_curve *)(uintptr_t)curve)->template;
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

static uint32_t read_u32(const uint8_t *data)
{
    return data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
}

static void write_u32(uint8_t *out, size_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> (8 * i));
    }
}

SECURITY_STATUS curve_read_parameters(const uint8_t *data, size_t size, struct curve_numbers *numbers)
{
    size_t seed;

    if (size < CURVE_HEADER) {
        return status_fail(NTE_BAD_DATA, "the parameters of the curve end inside their header");
    }
    if (read_u32(data + AT_VERSION) != VERSION) {
        return status_fail(NTE_INVALID_PARAMETER, "curve parameters of version %u", read_u32(data + AT_VERSION));
    }
    if (read_u32(data + AT_TYPE) != BCRYPT_ECC_PRIME_SHORT_WEIERSTRASS_CURVE) {
        return status_fail(NTE_NOT_SUPPORTED, "curves of type %u can only be had by name", read_u32(data + AT_TYPE));
    }
    numbers->width = read_u32(data + AT_WIDTH);
    numbers->order_size = read_u32(data + AT_ORDER);
    numbers->cofactor_size = read_u32(data + AT_COFACTOR);
    seed = read_u32(data + AT_SEED);
    if (numbers->width == 0 || numbers->width > CURVE_MAX_WIDTH || numbers->order_size == 0 ||
        numbers->order_size > CURVE_MAX_NUMBER || numbers->cofactor_size == 0 ||
        numbers->cofactor_size > CURVE_MAX_NUMBER || seed > CURVE_MAX_SEED) {
        return status_fail(NTE_INVALID_PARAMETER, "the curve's numbers have sizes that no curve here has");
    }
    numbers->size = CURVE_HEADER + FIELD_NUMBERS * numbers->width + numbers->order_size + numbers->cofactor_size + seed;
    if (size < numbers->size) {
        return status_fail(NTE_BAD_DATA, "the parameters of the curve end inside its numbers");
    }
    numbers->p = data + CURVE_HEADER;
    numbers->a = numbers->p + numbers->width;
    numbers->b = numbers->a + numbers->width;
    numbers->x = numbers->b + numbers->width;
    numbers->y = numbers->x + numbers->width;
    numbers->order = numbers->y + numbers->width;
    numbers->cofactor = numbers->order + numbers->order_size;
    return ERROR_SUCCESS;
}

/* ---- libcrypto's groups ------------------------------------------------------------------------------------------
 */

static BIGNUM *number_in(BN_CTX *ctx, const uint8_t *data, size_t size)
{
    BIGNUM *number = BN_CTX_get(ctx);

    return number == NULL ? NULL : BN_bin2bn(data, (int)size, number);
}

static EC_GROUP *group_of(const struct curve_numbers *numbers, BN_CTX *ctx)
{
    BIGNUM *p = number_in(ctx, numbers->p, numbers->width), *a = number_in(ctx, numbers->a, numbers->width);
    BIGNUM *b = number_in(ctx, numbers->b, numbers->width), *x = number_in(ctx, numbers->x, numbers->width);
    BIGNUM *y = number_in(ctx, numbers->y, numbers->width);
    BIGNUM *order = number_in(ctx, numbers->order, numbers->order_size);
    BIGNUM *cofactor = number_in(ctx, numbers->cofactor, numbers->cofactor_size);
    bool complete = p != NULL && a != NULL && b != NULL && x != NULL && y != NULL && order != NULL && cofactor != NULL;
    EC_GROUP *group = complete ? EC_GROUP_new_curve_GFp(p, a, b, ctx) : NULL;
    EC_POINT *generator = group == NULL ? NULL : EC_POINT_new(group);

    if (generator == NULL || EC_POINT_set_affine_coordinates(group, generator, x, y, ctx) != 1 ||
        EC_GROUP_set_generator(group, generator, order, cofactor) != 1) {
        EC_GROUP_free(group);
        group = NULL;
    }
    EC_POINT_free(generator);
    return group;
}

EC_GROUP *curve_group(const struct curve *curve)
{
    struct curve_numbers numbers;
    BN_CTX *ctx;
    EC_GROUP *group = NULL;

    if (curve->parameters == NULL) {
        return EC_GROUP_new_by_curve_name_ex(libctx_get(), NULL, OBJ_sn2nid(curve->openssl_name));
    }
    ctx = BN_CTX_new_ex(libctx_get());
    if (ctx != NULL && curve_read_parameters(curve->parameters, curve->parameters_size, &numbers) == ERROR_SUCCESS) {
        BN_CTX_start(ctx);
        group = group_of(&numbers, ctx);
        BN_CTX_end(ctx);
    }
    BN_CTX_free(ctx);
    return group;
}

/* ---- checks ------------------------------------------------------------------------------------------------------
 */

/* Whether cofactor times order can be the number of points: it is at most twice the prime's root from prime + 1. A
 * cofactor of zero libcrypto would compute. */
static bool is_within_bound(const BIGNUM *p, const BIGNUM *cofactor, const EC_GROUP *group, BN_CTX *ctx)
{
    BIGNUM *points = BN_CTX_get(ctx), *limit = BN_CTX_get(ctx);

    return limit != NULL && BN_mul(points, EC_GROUP_get0_order(group), cofactor, ctx) == 1 &&
           BN_sub(points, points, p) == 1 && BN_sub_word(points, 1) == 1 && BN_sqr(points, points, ctx) == 1 &&
           BN_lshift(limit, p, 2) == 1 && BN_cmp(points, limit) <= 0;
}

/* The prime's size comes first: what follows takes a time that depends on it. */
static SECURITY_STATUS check_curve(const struct curve_numbers *numbers, BN_CTX *ctx)
{
    BIGNUM *p = number_in(ctx, numbers->p, numbers->width);
    BIGNUM *cofactor = number_in(ctx, numbers->cofactor, numbers->cofactor_size);
    EC_GROUP *group;
    bool good, is_sm2;

    if (p == NULL || cofactor == NULL) {
        return status_no_memory();
    }
    if (BN_num_bits(p) < MIN_BITS || (size_t)BN_num_bytes(p) != numbers->width || BN_num_bits(p) > 521) {
        return status_fail(NTE_INVALID_PARAMETER, "the curve's prime has %d bits in %zu bytes", BN_num_bits(p),
                           numbers->width);
    }
    for (size_t i = 1; i < FIELD_NUMBERS; i++) {
        if (memcmp(numbers->p + i * numbers->width, numbers->p, numbers->width) >= 0) {
            return status_fail(NTE_INVALID_PARAMETER, "a number of the curve is not below its prime");
        }
    }
    if (BN_check_prime(p, ctx, NULL) != 1) {
        return status_from_openssl(NTE_INVALID_PARAMETER, "the curve's field has no prime number of elements");
    }
    group = group_of(numbers, ctx);
    if (group == NULL) {
        return status_from_openssl(NTE_INVALID_PARAMETER, "the numbers are no curve with a generator");
    }
    good = BN_num_bits(EC_GROUP_get0_order(group)) >= MIN_ORDER_BITS && is_within_bound(p, cofactor, group, ctx) &&
           BN_check_prime(EC_GROUP_get0_order(group), ctx, NULL) == 1 && BN_cmp(EC_GROUP_get0_order(group), p) != 0 &&
           EC_GROUP_check(group, ctx) == 1;
    /* libcrypto knows the numbers, and makes keys of them that do not sign by ECDSA and do not agree. */
    is_sm2 = good && EC_GROUP_check_named_curve(group, 0, ctx) == NID_sm2;
    EC_GROUP_free(group);
    if (is_sm2) {
        return status_fail(NTE_NOT_SUPPORTED, "the curve of SM2 is for keys of its own kind");
    }
    return good ? ERROR_SUCCESS
                : status_from_openssl(NTE_INVALID_PARAMETER, "the order, the cofactor or the curve is not a good one");
}

static SECURITY_STATUS check(const struct curve_numbers *numbers)
{
    BN_CTX *ctx;
    SECURITY_STATUS status = status_no_memory();

    openssl_scope_begin();
    ctx = BN_CTX_new_ex(libctx_get());
    if (ctx != NULL) {
        BN_CTX_start(ctx);
        status = check_curve(numbers, ctx);
        BN_CTX_end(ctx);
    }
    BN_CTX_free(ctx);
    openssl_scope_end();
    return status;
}

/* ---- named curves --------------------------------------------------------------------------------------------------
 */

static SECURITY_STATUS write_group(const EC_GROUP *group, uint8_t *out, size_t *size)
{
    BIGNUM *numbers[FIELD_NUMBERS] = {BN_new(), BN_new(), BN_new(), BN_new(), BN_new()};
    const BIGNUM *order = EC_GROUP_get0_order(group), *cofactor = EC_GROUP_get0_cofactor(group);
    size_t width = ((size_t)EC_GROUP_get_degree(group) + 7) / 8, order_size = (size_t)BN_num_bytes(order);
    size_t cofactor_size = (size_t)BN_num_bytes(cofactor);
    SECURITY_STATUS status = ERROR_SUCCESS;
    bool missing = false;

    for (size_t i = 0; i < FIELD_NUMBERS; i++) {
        missing |= numbers[i] == NULL;
    }
    if (missing || EC_GROUP_get_curve(group, numbers[0], numbers[1], numbers[2], NULL) != 1 ||
        EC_POINT_get_affine_coordinates(group, EC_GROUP_get0_generator(group), numbers[3], numbers[4], NULL) != 1) {
        status = status_from_openssl(NTE_NO_MEMORY, "libcrypto does not give the numbers of a curve");
    }
    *size = CURVE_HEADER + FIELD_NUMBERS * width + order_size + cofactor_size;
    if (status == ERROR_SUCCESS && out != NULL) {
        memset(out, 0, CURVE_HEADER); /* no hash, no seed */
        write_u32(out + AT_VERSION, VERSION);
        write_u32(out + AT_TYPE, BCRYPT_ECC_PRIME_SHORT_WEIERSTRASS_CURVE);
        write_u32(out + AT_WIDTH, width);
        write_u32(out + AT_ORDER, order_size);
        write_u32(out + AT_COFACTOR, cofactor_size);
        for (size_t i = 0; i < FIELD_NUMBERS; i++) {
            (void)BN_bn2binpad(numbers[i], out + CURVE_HEADER + i * width, (int)width);
        }
        (void)BN_bn2bin(order, out + CURVE_HEADER + FIELD_NUMBERS * width);
        (void)BN_bn2bin(cofactor, out + CURVE_HEADER + FIELD_NUMBERS * width + order_size);
    }
    for (size_t i = 0; i < FIELD_NUMBERS; i++) {
        BN_free(numbers[i]);
    }
    return status;
}

SECURITY_STATUS curve_to_parameters(const struct curve *curve, uint8_t *out, size_t *size)
{
    EC_GROUP *group;
    SECURITY_STATUS status;

    if (curve->family != NULL) {
        return status_fail(NTE_NOT_SUPPORTED, "this curve can only be had by name");
    }
    if (curve->parameters != NULL) {
        *size = curve->parameters_size;
        if (out != NULL) {
            memcpy(out, curve->parameters, curve->parameters_size);
        }
        return ERROR_SUCCESS;
    }
    group = curve_group(curve);
    if (group == NULL) {
        return status_from_openssl(NTE_NO_MEMORY, "libcrypto cannot set up the curve");
    }
    status = write_group(group, out, size);
    EC_GROUP_free(group);
    return status;
}

static const struct curve *named_curve(const uint8_t *data, const struct curve_numbers *numbers)
{
    uint8_t parameters[CURVE_PARAMETERS_ROOM];
    const struct curve *found = NULL, *curve;
    size_t size = 0;

    openssl_scope_begin();
    for (unsigned i = 0; found == NULL && (curve = curve_at(i)) != NULL; i++) {
        if (curve->width == numbers->width && curve->family == NULL &&
            curve_to_parameters(curve, parameters, &size) == ERROR_SUCCESS && size == numbers->size &&
            memcmp(parameters, data, size) == 0) {
            found = curve;
        }
    }
    openssl_scope_end();
    return found;
}

/* ---- the others ----------------------------------------------------------------------------------------------------
 */

static const struct curve *own_curve(const struct own_curve *list, const uint8_t *data, size_t size)
{
    while (list != NULL && (list->curve.parameters_size != size || memcmp(list->curve.parameters, data, size) != 0)) {
        list = list->next;
    }
    return list == NULL ? NULL : &list->curve;
}

static SECURITY_STATUS remember(const uint8_t *data, const struct curve_numbers *numbers, unsigned limit,
                                const struct curve **curve)
{
    struct own_curve *made = calloc(1, sizeof *made + numbers->size);
    struct own_curve *head = atomic_load_explicit(&own_curves, memory_order_acquire);
    unsigned top = numbers->p[0];

    if (made == NULL) {
        return status_no_memory();
    }
    memcpy(made->parameters, data, numbers->size);
    made->curve.parameters = made->parameters;
    made->curve.parameters_size = numbers->size;
    made->curve.width = (uint32_t)numbers->width;
    made->curve.bits = made->curve.width * 8;
    for (; (top & 0x80) == 0; top <<= 1) {
        made->curve.bits--;
    }
    do {
        *curve = own_curve(head, data, numbers->size);
        made->next = head;
        made->count = head == NULL ? 1 : head->count + 1;
        if (*curve != NULL || made->count > limit) {
            free(made);
            return *curve != NULL
                       ? ERROR_SUCCESS
                       : status_fail(NTE_NO_MEMORY, "this process has seen %u curves, it takes no more", limit);
        }
    } while (
        !atomic_compare_exchange_weak_explicit(&own_curves, &head, made, memory_order_acq_rel, memory_order_acquire));
    *curve = &made->curve;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS find_curve(const uint8_t *data, size_t size, unsigned limit, const struct curve **curve)
{
    struct curve_numbers numbers;
    SECURITY_STATUS status = curve_read_parameters(data, size, &numbers);

    if (status == ERROR_SUCCESS && size != numbers.size) {
        status = status_fail(NTE_BAD_DATA, "%zu bytes follow the parameters of the curve", size - numbers.size);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    *curve = own_curve(atomic_load_explicit(&own_curves, memory_order_acquire), data, size);
    if (*curve == NULL) {
        *curve = named_curve(data, &numbers);
    }
    if (*curve != NULL) {
        return ERROR_SUCCESS;
    }
    status = check(&numbers);
    return status == ERROR_SUCCESS ? remember(data, &numbers, limit, curve) : status;
}

SECURITY_STATUS curve_from_parameters(const uint8_t *data, size_t size, const struct curve **curve)
{
    return find_curve(data, size, MAX_CURVES, curve);
}

SECURITY_STATUS curve_of_public_key(const uint8_t *data, size_t size, const struct curve **curve)
{
    return find_curve(data, size, MAX_PUBLIC, curve);
}

SECURITY_STATUS curve_from_group(const EC_GROUP *group, const struct curve **curve)
{
    uint8_t parameters[CURVE_PARAMETERS_ROOM];
    size_t size = 0;
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (EC_GROUP_get_field_type(group) != NID_X9_62_prime_field || EC_GROUP_get_degree(group) > CURVE_MAX_WIDTH * 8 ||
        EC_GROUP_get0_cofactor(group) == NULL || BN_is_zero(EC_GROUP_get0_cofactor(group)) ||
        BN_num_bytes(EC_GROUP_get0_cofactor(group)) > CURVE_MAX_NUMBER ||
        BN_num_bytes(EC_GROUP_get0_order(group)) > CURVE_MAX_NUMBER) {
        status = status_fail(NTE_NOT_SUPPORTED, "curves of this kind or size are not supported");
    }
    if (status == ERROR_SUCCESS) {
        status = write_group(group, parameters, &size);
    }
    return status == ERROR_SUCCESS ? curve_from_parameters(parameters, size, curve) : status;
}
