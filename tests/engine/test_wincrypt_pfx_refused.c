/* SPDX-License-Identifier: MIT
 *
 * PFXImportCertStore with what it refuses: each time no key and no store stays behind.
 */
#include "pfx_support.h"

static struct issued root, leaf;

static struct pfx_file small_file(struct pfx_options options)
{
    const struct pfx_item items[] = {{.key = &leaf}, {.certificate = &leaf}};

    return make_file(options, items, COUNT(items));
}

static bool nothing_left(void)
{
    return count_keys(0) == 0 && count_keys(NCRYPT_MACHINE_KEY_FLAG) == 0 &&
           ncx_live_handles(LIVE_CERTIFICATE_STORE) == 0;
}

/* Takes the file over. */
static BOOL taken(struct pfx_file file, const WCHAR *password)
{
    return import_file(&file, password, 0) != NULL;
}

#define CHECK_REFUSED(file, password, want)                                                                            \
    do {                                                                                                               \
        CHECK_ERROR(taken((file), (password)), (want));                                                                \
        CHECK(nothing_left());                                                                                         \
    } while (0)

static void test_passwords(void)
{
    static const WCHAR half[] = {0xD800, 0}, reversed[] = {0xDC00, 0xD800, 0};
    WCHAR long_password[1026];

    for (size_t i = 0; i < COUNT(long_password); i++) {
        long_password[i] = i + 1 < COUNT(long_password) ? 'x' : 0;
    }
    CHECK_REFUSED(small_file((struct pfx_options){.password = "right"}), u"wrong", ERROR_INVALID_PASSWORD);
    CHECK_REFUSED(small_file((struct pfx_options){.password = "right"}), u"Right", ERROR_INVALID_PASSWORD);
    CHECK_REFUSED(small_file((struct pfx_options){.password = "right"}), u"right ", ERROR_INVALID_PASSWORD);
    CHECK_REFUSED(small_file((struct pfx_options){.password = "right"}), u"", ERROR_INVALID_PASSWORD);
    CHECK_REFUSED(small_file((struct pfx_options){.password = "right"}), NULL, ERROR_INVALID_PASSWORD);
    CHECK_REFUSED(small_file((struct pfx_options){.password = ""}), u"x", ERROR_INVALID_PASSWORD);
    CHECK_REFUSED(small_file((struct pfx_options){.password = "right"}), long_password, ERROR_INVALID_PASSWORD);
    CHECK_REFUSED(small_file((struct pfx_options){.password = "right"}), half, ERROR_INVALID_PASSWORD);
    CHECK_REFUSED(small_file((struct pfx_options){.password = "right"}), reversed, ERROR_INVALID_PASSWORD);
}

static void test_no_checksum(void)
{
    CHECK_REFUSED(small_file((struct pfx_options){.password = "x", .no_mac = true}), u"x", ERROR_INVALID_DATA);
}

static void test_arguments(void)
{
    CRYPT_DATA_BLOB empty = {0, (BYTE *)&empty}, nothing = {5, NULL};
    struct pfx_file file = small_file((struct pfx_options){.password = "x"});

    CHECK_ERROR(PFXImportCertStore(NULL, u"x", 0) != NULL, ERROR_INVALID_PARAMETER);
    CHECK_ERROR(PFXImportCertStore(&nothing, u"x", 0) != NULL, ERROR_INVALID_PARAMETER);
    CHECK_ERROR(PFXImportCertStore(&empty, u"x", 0) != NULL, CRYPT_E_ASN1_BADTAG);
    CHECK_ERROR(import_bytes(file.data, file.size, u"x", CRYPT_MACHINE_KEYSET | CRYPT_USER_KEYSET) != NULL,
                NTE_BAD_FLAGS);
    CHECK_ERROR(import_bytes(file.data, file.size, u"x", CRYPT_USER_PROTECTED) != NULL, NTE_BAD_FLAGS);
    CHECK(nothing_left());
    OPENSSL_free(file.data);
}

/* Not all of the file, and more than it. */
static void test_truncated(void)
{
    struct pfx_file file = small_file((struct pfx_options){.password = "x"});
    BYTE *longer = calloc(1, file.size + 1);
    unsigned wrong = 0;

    for (DWORD size = 0; size < file.size; size++) {
        BYTE *exact = malloc(size + 1); /* so that a read behind it is seen */

        memcpy(exact, file.data, size);
        wrong += import_bytes(exact, size, u"x", 0) != NULL || GetLastError() != (DWORD)CRYPT_E_ASN1_BADTAG;
        free(exact);
    }
    CHECK(wrong == 0);
    memcpy(longer, file.data, file.size);
    CHECK_ERROR(import_bytes(longer, file.size + 1, u"x", 0) != NULL, CRYPT_E_ASN1_BADTAG);
    CHECK(nothing_left());
    free(longer);
    OPENSSL_free(file.data);
}

/* What came of a file with one byte changed: refused, or all that was in it. */
static bool is_harmless(HCERTSTORE store)
{
    bool good = store == NULL || (count_certificates(store) == 1 && has_certificate(store, &leaf));

    if (store != NULL) {
        CHECK_GOOD(CertCloseStore(store, 0));
        delete_keys();
    }
    return good;
}

/* The checksum covers the content, and the rest is what it is checked with; but for the file's version and the digest's
 * absent parameters, at which libcrypto does not look. */
static void test_damaged(void)
{
    static const uint8_t changes[] = {0x01, 0x80, 0xFF};
    struct pfx_file file = small_file((struct pfx_options){.password = "x", .mac_iterations = 300});
    unsigned wrong = 0, harmless = 0;

    for (DWORD at = 0; at < file.size; at++) {
        for (size_t i = 0; i < COUNT(changes); i++) {
            HCERTSTORE store;

            file.data[at] ^= changes[i];
            store = import_bytes(file.data, file.size, u"x", 0);
            harmless += store != NULL;
            wrong += !is_harmless(store);
            file.data[at] ^= changes[i];
        }
    }
    CHECK(wrong == 0 && harmless <= 2 * COUNT(changes));
    CHECK(nothing_left());
    OPENSSL_free(file.data);
}

static void test_key_alone(void)
{
    const struct pfx_item alone[] = {{.key = &leaf}}, other[] = {{.key = &leaf}, {.certificate = &root}};
    struct pfx_options options = {.password = "x"};

    CHECK_REFUSED(make_file(options, alone, 1), u"x", CRYPT_E_NOT_FOUND);
    CHECK_REFUSED(make_file(options, other, 2), u"x", CRYPT_E_NOT_FOUND);
}

/* A key of a kind that there is not: the other one does not stay, either. */
static void test_unknown_key(void)
{
    struct issued odd = issue("odd", EVP_EC_gen("sect283k1"), NULL, false);
    const struct pfx_item items[] = {{.key = &leaf}, {.certificate = &leaf}, {.key = &odd}, {.certificate = &odd}};

    CHECK_REFUSED(make_file((struct pfx_options){.password = "x"}, items, COUNT(items)), u"x", NTE_NOT_SUPPORTED);
    issued_free(&odd);
}

/* Another number of iterations in the first place that has this one; as long as it. */
static bool change_iterations(uint8_t *data, size_t size, const uint8_t to[3])
{
    static const uint8_t number[] = {0x02, 0x03, 0x01, 0x02, 0x03};

    for (size_t i = 0; i + sizeof number <= size; i++) {
        if (memcmp(data + i, number, sizeof number) == 0) {
            memcpy(data + i + 2, to, 3);
            return true;
        }
    }
    return false;
}

#define ITERATIONS 0x010203

/* A password hash that would take minutes is not begun: of the certificates, of the key, of the checksum. */
static void check_iterations(struct pfx_options options)
{
    static const uint8_t many[] = {0x7F, 0xFF, 0xFF}, negative[] = {0x80, 0x00, 0x00};
    const uint8_t *to[] = {many, negative};
    const SECURITY_STATUS wanted[] = {NTE_BAD_LEN, ERROR_INVALID_DATA};

    for (size_t i = 0; i < COUNT(to); i++) {
        struct pfx_file file = small_file(options);
        const uint8_t *at = file.data;
        PKCS12 *changed;

        CHECK(change_iterations(file.data, file.size, to[i]));
        if (options.iterations == ITERATIONS) { /* what the checksum covers */
            changed = d2i_PKCS12(NULL, &at, (long)file.size);
            OPENSSL_free(file.data);
            CHECK(PKCS12_set_mac(changed, "x", -1, NULL, 0, 2, EVP_sha256()) == 1);
            file.data = NULL;
            file.size = (DWORD)i2d_PKCS12(changed, &file.data);
            PKCS12_free(changed);
        }
        CHECK_REFUSED(file, u"x", wanted[i]);
    }
}

static void test_iterations(void)
{
    int old = NID_pbe_WithSHA1And3_Key_TripleDES_CBC;

    check_iterations((struct pfx_options){.password = "x", .iterations = ITERATIONS});
    check_iterations((struct pfx_options){.password = "x", .iterations = ITERATIONS, .certificate_cipher = old});
    check_iterations((struct pfx_options){
        .password = "x", .iterations = ITERATIONS, .certificate_cipher = PFX_UNENCRYPTED, .key_cipher = old});
    check_iterations((struct pfx_options){.password = "x", .mac_iterations = ITERATIONS});
}

static void test_too_many(void)
{
    static struct pfx_item items[300];
    struct pfx_options options = {.password = "x"};

    for (size_t i = 0; i < COUNT(items); i++) {
        items[i] = (struct pfx_item){.certificate = &root};
    }
    CHECK_REFUSED(make_file(options, items, 257), u"x", NTE_BAD_LEN);
    for (size_t i = 0; i < 65; i++) {
        items[i] = (struct pfx_item){.key = &leaf};
    }
    options.key_cipher = PFX_UNENCRYPTED;
    CHECK_REFUSED(make_file(options, items, 66), u"x", NTE_BAD_LEN);
}

/* The bytes in the buffer under a tag of their own. */
static size_t wrap(uint8_t tag, uint8_t *bytes, size_t size)
{
    memmove(bytes + 4, bytes, size);
    bytes[0] = tag;
    bytes[1] = 0x82;
    bytes[2] = (uint8_t)(size >> 8);
    bytes[3] = (uint8_t)size;
    return size + 4;
}

/* A certificate's bag in bags. */
static PKCS12_SAFEBAG *nested_bag(unsigned depth, uint8_t tag)
{
    static const uint8_t safe_contents[] = {0x06, 0x0B, 0x2A, 0x86, 0x48, 0x86, 0xF7,
                                            0x0D, 0x01, 0x0C, 0x0A, 0x01, 0x06};
    PKCS12_SAFEBAG *bag = PKCS12_SAFEBAG_create_cert(leaf.x509);
    uint8_t bytes[4000], *end = bytes;
    const uint8_t *at = bytes;
    size_t size = (size_t)i2d_PKCS12_SAFEBAG(bag, &end);

    for (unsigned i = 0; i < depth; i++) {
        size = wrap(0xA0, bytes, wrap(tag, bytes, size));
        memmove(bytes + sizeof safe_contents, bytes, size);
        memcpy(bytes, safe_contents, sizeof safe_contents);
        size = wrap(0x30, bytes, size + sizeof safe_contents);
    }
    PKCS12_SAFEBAG_free(bag);
    return d2i_PKCS12_SAFEBAG(NULL, &at, (long)size);
}

/* As deep as somebody likes. Libcrypto's releases do not agree whether the bags in a bag are a sequence or a set. */
static struct pfx_file nested_file(unsigned depth)
{
    struct pfx_options options = {.password = "x"};
    PKCS12_SAFEBAG *bag = nested_bag(depth, 0x30);
    STACK_OF(PKCS12_SAFEBAG) *bags = sk_PKCS12_SAFEBAG_new_null();
    STACK_OF(PKCS7) *parts = NULL;

    bag = bag == NULL ? nested_bag(depth, 0x31) : bag;
    CHECK(bag != NULL && sk_PKCS12_SAFEBAG_push(bags, bag) == 1);
    CHECK(PKCS12_add_safe(&parts, bags, PFX_UNENCRYPTED, 0, NULL) == 1);
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    return finish_file(parts, &options);
}

static void test_depth(void)
{
    struct pfx_file file = nested_file(4);
    HCERTSTORE store = import_file(&file, u"x", 0);

    CHECK(store != NULL && has_certificate(store, &leaf));
    CHECK_GOOD(CertCloseStore(store, 0));
    CHECK_REFUSED(nested_file(5), u"x", ERROR_INVALID_DATA);
    CHECK_REFUSED(nested_file(25), u"x", ERROR_INVALID_DATA);
}

static void check_part(const uint8_t *der, size_t size, SECURITY_STATUS want)
{
    struct pfx_options options = {.password = "x"};
    STACK_OF(PKCS7) *parts = sk_PKCS7_new_null();
    const uint8_t *at = der;
    PKCS7 *part = d2i_PKCS7(NULL, &at, (long)size);

    CHECK(part != NULL && sk_PKCS7_push(parts, part) == 1);
    CHECK_REFUSED(finish_file(parts, &options), u"x", want);
}

/* Parts without content, of a known kind and others; one whose encrypted content is not there; one that is signed. */
static void test_odd_parts(void)
{
    uint8_t empty[] = {0x30, 0x0B, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01};
    static const uint8_t encrypted[] = {
        0x30, 0x2D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x06, 0xA0, 0x20, 0x30,
        0x1E, 0x02, 0x01, 0x00, 0x30, 0x19, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07,
        0x01, 0x30, 0x0C, 0x06, 0x0A, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x0C, 0x01, 0x03,
    };
    PKCS7 *is_signed = PKCS7_new();
    uint8_t *der = NULL;
    int size;

    for (uint8_t kind = 1; kind <= 6; kind++) {
        empty[sizeof empty - 1] = kind;
        check_part(empty, sizeof empty, ERROR_INVALID_DATA);
    }
    check_part(encrypted, sizeof encrypted, ERROR_INVALID_DATA);
    CHECK(PKCS7_set_type(is_signed, NID_pkcs7_signed) == 1 && PKCS7_content_new(is_signed, NID_pkcs7_data) == 1);
    size = i2d_PKCS7(is_signed, &der);
    check_part(der, (size_t)size, NTE_NOT_SUPPORTED);
    OPENSSL_free(der);
    PKCS7_free(is_signed);
}

int main(void)
{
    home_make();
    root = issue_ec("root", NULL, true);
    leaf = issue_ec("leaf", &root, false);
    RUN(test_passwords);
    RUN(test_no_checksum);
    RUN(test_arguments);
    RUN(test_truncated);
    RUN(test_damaged);
    RUN(test_key_alone);
    RUN(test_unknown_key);
    RUN(test_iterations);
    RUN(test_too_many);
    RUN(test_depth);
    RUN(test_odd_parts);
    issued_free(&leaf);
    issued_free(&root);
    check_no_certificate_handles();
    return test_result("wincrypt_pfx_refused");
}
