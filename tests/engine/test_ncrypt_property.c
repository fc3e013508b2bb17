/* SPDX-License-Identifier: MIT
 *
 * Properties: every row of the tables, and the application's own.
 */
#include "common/utf16.h"
#include "ncrypt_support.h"

static NCRYPT_PROV_HANDLE provider;

/* ---- the tables: type and who may write when ---- */

enum type {
    DWORD_VALUE = 4,
    TIME_VALUE = 8,
    POINTER_VALUE = sizeof(void *),
    LENGTHS_VALUE = 16,
    STRING_VALUE,
    ANY_VALUE
};

/* What a size query says in each state of a key; SET is what writing a well-formed value says before and after. */
struct row {
    const WCHAR *name;
    enum type type;
    SECURITY_STATUS get[3]; /* unfinished named key, finished named key, finished ephemeral key */
    SECURITY_STATUS set[2];
};

#define OK ERROR_SUCCESS
#define NO NTE_NOT_SUPPORTED
#define NF NTE_NOT_FOUND
#define BS NTE_BAD_KEY_STATE

static const struct row ec_rows[] = {
    {u"Algorithm Name", STRING_VALUE, {OK, OK, OK}, {NO, NO}},
    {u"Algorithm Group", STRING_VALUE, {OK, OK, OK}, {NO, NO}},
    {u"Name", STRING_VALUE, {OK, OK, NO}, {NO, NO}},
    {u"Unique Name", STRING_VALUE, {BS, OK, NO}, {NO, NO}},
    {u"Key Type", DWORD_VALUE, {OK, OK, OK}, {NO, NO}},
    {u"Impl Type", DWORD_VALUE, {OK, OK, OK}, {NO, NO}},
    {u"Modified", TIME_VALUE, {BS, OK, NO}, {NO, NO}},
    {u"Provider Handle", POINTER_VALUE, {OK, OK, OK}, {NO, NO}},
    {u"Length", DWORD_VALUE, {OK, OK, OK}, {OK, BS}},
    {u"Lengths", LENGTHS_VALUE, {OK, OK, OK}, {NO, NO}},
    {u"PublicKeyLength", DWORD_VALUE, {BS, OK, OK}, {NO, NO}},
    {u"SignatureLength", DWORD_VALUE, {BS, OK, OK}, {NO, NO}},
    {u"Block Length", DWORD_VALUE, {NO, NO, NO}, {NO, NO}},
    {u"ECCCurveName", STRING_VALUE, {OK, OK, OK}, {NO, BS}},
    {u"ECCParameters", ANY_VALUE, {OK, OK, OK}, {NO, BS}},
    {u"Export Policy", DWORD_VALUE, {OK, OK, OK}, {OK, OK}},
    {u"Key Usage", DWORD_VALUE, {OK, OK, OK}, {OK, BS}},
    {u"UI Policy", ANY_VALUE, {NF, NF, NF}, {OK, BS}},
    {u"Use Context", STRING_VALUE, {OK, OK, OK}, {OK, OK}},
    {u"HWND Handle", POINTER_VALUE, {NF, NF, NF}, {OK, OK}},
    {u"Security Descr", ANY_VALUE, {NO, NO, NO}, {NO, NO}},
    {u"Use Count", ANY_VALUE, {NO, NO, NO}, {NO, NO}},
    {u"SmartCardPin", STRING_VALUE, {NO, NO, NO}, {NO, NO}},
    {u"Virtual Iso", DWORD_VALUE, {BS, OK, OK}, {NO, NO}},
    {u"Per Boot Key", DWORD_VALUE, {BS, OK, OK}, {NO, NO}},
    {u"Ephemeral Name", STRING_VALUE, {NO, NO, NO}, {NO, NO}},
    {u"Key Access Policy", ANY_VALUE, {NO, NO, NO}, {NO, BS}},
};

static const struct row rsa_rows[] = {
    {u"Block Length", DWORD_VALUE, {OK, OK, OK}, {NO, NO}},
    {u"ECCCurveName", STRING_VALUE, {NF, NF, NF}, {NO, BS}},
    {u"ECCParameters", ANY_VALUE, {NF, NF, NF}, {NO, BS}},
    {u"Length", DWORD_VALUE, {OK, OK, OK}, {OK, BS}},
};

/* A value the property would take if it may be written at all. */
static size_t good_value(const struct row *row, uint8_t *value)
{
    static const NCRYPT_UI_POLICY policy = {.dwVersion = 1};
    DWORD number = utf16_equal(row->name, u"Length") ? 256 : 0;

    if (utf16_equal(row->name, u"Length") && row == &rsa_rows[3]) {
        number = 512;
    }
    memset(value, 0, 64);
    switch (row->type) {
    case DWORD_VALUE:
        memcpy(value, &number, sizeof number);
        return sizeof number;
    case STRING_VALUE:
        memcpy(value, u"text", 10);
        return 10;
    case ANY_VALUE:
        memcpy(value, &policy, sizeof policy);
        return sizeof policy;
    default:
        return row->type;
    }
}

static void check_get(const struct row *row, NCRYPT_KEY_HANDLE key, SECURITY_STATUS expected)
{
    uint8_t value[512];
    DWORD size = 0, again = 0;
    bool handle = utf16_equal(row->name, u"Provider Handle");

    if (!CHECK_STATUS(NCryptGetProperty(key, row->name, NULL, 0, &size, 0), expected) || expected != OK) {
        return;
    }
    if (row->type < STRING_VALUE) {
        CHECK(size == row->type);
    }
    if (size > 0) {
        CHECK_STATUS(NCryptGetProperty(key, row->name, value, size - 1, &again, 0), NTE_BUFFER_TOO_SMALL);
        CHECK(again == size);
    }
    CHECK_STATUS(NCryptGetProperty(key, row->name, value, sizeof value, &again, NCRYPT_SILENT_FLAG), OK);
    CHECK(again == size);
    if (row->type == STRING_VALUE && size > 0) {
        CHECK(size % 2 == 0 && utf16_length((WCHAR *)(void *)value, size / 2) == size / 2 - 1);
    }
    if (handle) {
        NCRYPT_PROV_HANDLE given;

        memcpy(&given, value, sizeof given);
        free_handle(given);
    }
    CHECK_STATUS(NCryptGetProperty(key, row->name, NULL, 0, &size, NCRYPT_PERSIST_ONLY_FLAG), NF);
}

static void check_set(const struct row *row, NCRYPT_KEY_HANDLE key, SECURITY_STATUS expected)
{
    uint8_t value[64];
    size_t size = good_value(row, value);

    CHECK_STATUS(set_bytes(key, row->name, value, size, 0), expected);
    if (expected == OK) { /* and nothing of another shape */
        CHECK_STATUS(set_bytes(key, row->name, value, size - 1, 0), NTE_INVALID_PARAMETER);
        CHECK_STATUS(set_bytes(key, row->name, value, 0, 0), NTE_INVALID_PARAMETER);
        if (row->type < STRING_VALUE) {
            CHECK_STATUS(set_bytes(key, row->name, value, size + 1, 0), NTE_INVALID_PARAMETER);
        }
    }
}

static void check_rows(const struct row *rows, size_t count, const WCHAR *algorithm)
{
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        NCRYPT_KEY_HANDLE named = begin_key(provider, algorithm, u"row", 0);
        NCRYPT_KEY_HANDLE ephemeral = begin_key(provider, algorithm, NULL, 0);
        unsigned before = test_failures;

        if (utf16_equal(algorithm, u"RSA")) {
            CHECK_STATUS(set_dword(named, u"Length", 512, 0), OK);
            CHECK_STATUS(set_dword(ephemeral, u"Length", 512, 0), OK);
        }
        check_get(row, named, row->get[0]);
        CHECK_STATUS(NCryptFinalizeKey(named, 0), OK);
        check_set(row, ephemeral, row->set[0]);
        CHECK_STATUS(NCryptFinalizeKey(ephemeral, 0), OK);
        check_get(row, named, row->get[1]);
        if (row->get[2] != NF) { /* else it has a value now */
            check_get(row, ephemeral, row->get[2]);
        }
        check_set(row, named, row->set[1]);
        CHECK_STATUS(NCryptDeleteKey(named, 0), OK);
        free_handle(ephemeral);
        if (test_failures != before) {
            char text[80];

            fprintf(stderr, "    in the row of '%s'\n", utf16_printable(row->name, text, sizeof text));
        }
    }
}

static void test_key_rows(void)
{
    check_rows(ec_rows, COUNT(ec_rows), u"ECDSA_P256");
    check_rows(rsa_rows, COUNT(rsa_rows), u"RSA");
}

static void test_provider_rows(void)
{
    static const struct row rows[] = {
        {u"Impl Type", DWORD_VALUE, {OK}, {NO}},
        {u"Name", STRING_VALUE, {OK}, {NO}},
        {u"Version", DWORD_VALUE, {OK}, {NO}},
        {u"Max Name Length", DWORD_VALUE, {OK}, {NO}},
        {u"Security Descr Support", DWORD_VALUE, {OK}, {NO}},
        {u"Enabled Use Count", DWORD_VALUE, {OK}, {NO}},
        {u"ECCCurveNameList", ANY_VALUE, {OK}, {NO}},
        {u"Use Context", STRING_VALUE, {OK}, {OK}},
        {u"HWND Handle", POINTER_VALUE, {NF}, {OK}},
        {u"Length", DWORD_VALUE, {NO}, {NO}},
        {u"custom", ANY_VALUE, {NO}, {NO}},
    };
    uint8_t value[4000];
    DWORD size = 0;

    for (size_t i = 0; i < COUNT(rows); i++) {
        CHECK_STATUS(NCryptGetProperty(provider, rows[i].name, value, sizeof value, &size, 0), rows[i].get[0]);
        CHECK(rows[i].get[0] != OK || rows[i].type >= STRING_VALUE || size == rows[i].type);
        check_set(&rows[i], provider, rows[i].set[0]);
        CHECK_STATUS(set_bytes(provider, rows[i].name, value, good_value(&rows[i], value), NCRYPT_PERSIST_ONLY_FLAG),
                     NO);
    }
    CHECK_STATUS(NCryptGetProperty(provider, u"Use Context", value, sizeof value, &size, 0), OK);
    CHECK(size == 10 && memcmp(value, u"text", 10) == 0);
    value[0] = 7;
    CHECK_STATUS(set_bytes(provider, u"HWND Handle", value, sizeof(void *), 0), OK);
    CHECK_STATUS(NCryptGetProperty(provider, u"HWND Handle", value + 50, 8, &size, 0), OK);
    CHECK(memcmp(value, value + 50, sizeof(void *)) == 0);
}

static void test_curve_list(void)
{
    BCRYPT_ECC_CURVE_NAMES *list;
    DWORD size = 0;
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"ECDH", NULL, 0);

    CHECK_STATUS(NCryptGetProperty(provider, u"ECCCurveNameList", NULL, 0, &size, 0), OK);
    list = malloc(size);
    CHECK_STATUS(NCryptGetProperty(provider, u"ECCCurveNameList", (PBYTE)list, size, &size, 0), OK);
    CHECK(list->dwEccCurveNames >= 3);
    for (ULONG i = 0; i < list->dwEccCurveNames; i++) {
        const WCHAR *name = list->pEccCurveNames[i];

        CHECK((const uint8_t *)name > (uint8_t *)list && (const uint8_t *)name < (uint8_t *)list + size);
        CHECK_STATUS(set_bytes(key, u"ECCCurveName", name, (utf16_length(name, 64) + 1) * 2, 0), OK);
    }
    CHECK_STATUS(set_bytes(key, u"ECCCurveName", u"no curve", 18, 0), NTE_INVALID_PARAMETER);
    free_handle(key);
    free(list);
}

/* ---- values ---- */

static void test_lengths(void)
{
    static const DWORD bad[] = {0, 384, 448, 511, 513, 1000, 16385, 16448, UINT32_MAX};
    NCRYPT_KEY_HANDLE rsa = begin_key(provider, u"RSA", NULL, 0), ec = begin_key(provider, u"ECDSA_P384", NULL, 0);
    NCRYPT_SUPPORTED_LENGTHS lengths;
    DWORD size = 0, bits = 0;

    CHECK_STATUS(NCryptGetProperty(rsa, u"Lengths", (PBYTE)&lengths, sizeof lengths, &size, 0), OK);
    CHECK(lengths.dwMinLength == 512 && lengths.dwMaxLength == 16384 && lengths.dwIncrement == 64);
    CHECK_STATUS(get_dword(rsa, u"Length", &bits), OK);
    CHECK(bits == lengths.dwDefaultLength);
    for (size_t i = 0; i < COUNT(bad); i++) {
        CHECK_STATUS(set_dword(rsa, u"Length", bad[i], 0), NTE_INVALID_PARAMETER);
    }
    CHECK_STATUS(set_dword(rsa, u"Length", 16384, 0), OK);
    CHECK_STATUS(get_dword(rsa, u"Length", &bits), OK);
    CHECK(bits == 16384);
    CHECK_STATUS(get_dword(rsa, u"Block Length", &bits), OK);
    CHECK(bits == 2048);
    CHECK_STATUS(set_dword(ec, u"Length", 256, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptGetProperty(ec, u"Lengths", (PBYTE)&lengths, sizeof lengths, &size, 0), OK);
    CHECK(lengths.dwMinLength == 384 && lengths.dwMaxLength == 384);
    free_handle(rsa);
    free_handle(ec);
    ec = begin_key(provider, u"ECDSA", NULL, 0);
    CHECK_STATUS(get_dword(ec, u"Length", &bits), NF);
    CHECK_STATUS(set_dword(ec, u"Length", 256, 0), NTE_INVALID_PARAMETER);
    free_handle(ec);
}

static void test_ui_policy(void)
{
    NCRYPT_UI_POLICY policy = {1, 0, u"title", NULL, u"what it is for"}, *out;
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"ECDSA_P256", u"with a policy", 0);
    uint8_t buffer[200];
    DWORD size = 0, needed = sizeof policy + 12 + 30;
    WCHAR *endless = malloc(0x10002 * sizeof *endless);

    CHECK_STATUS(set_bytes(key, u"UI Policy", &policy, sizeof policy, NCRYPT_PERSIST_FLAG), OK);
    policy.dwVersion = 2;
    CHECK_STATUS(set_bytes(key, u"UI Policy", &policy, sizeof policy, 0), NTE_INVALID_PARAMETER);
    policy.dwVersion = 1;
    for (size_t i = 0; i < 0x10002; i++) {
        endless[i] = i == 0x10001 ? 0 : 'x';
    }
    policy.pszFriendlyName = endless;
    CHECK_STATUS(set_bytes(key, u"UI Policy", &policy, sizeof policy, 0), NTE_INVALID_PARAMETER);
    free(endless);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), OK);
    free_handle(key);
    key = open_key(provider, u"with a policy");
    CHECK_STATUS(NCryptGetProperty(key, u"UI Policy", NULL, 0, &size, 0), OK);
    CHECK(size == needed);
    CHECK_STATUS(NCryptGetProperty(key, u"UI Policy", buffer, needed - 1, &size, 0), NTE_BUFFER_TOO_SMALL);
    CHECK_STATUS(NCryptGetProperty(key, u"UI Policy", buffer, sizeof buffer, &size, 0), OK);
    out = (NCRYPT_UI_POLICY *)(void *)buffer;
    CHECK(out->dwVersion == 1 && out->dwFlags == 0 && out->pszFriendlyName == NULL);
    CHECK(utf16_equal(out->pszCreationTitle, u"title") && utf16_equal(out->pszDescription, u"what it is for"));
    CHECK((uint8_t *)(uintptr_t)out->pszDescription < buffer + size);
    CHECK_STATUS(NCryptDeleteKey(key, 0), OK);
}

static void test_modified(void)
{
    NCRYPT_KEY_HANDLE key = make_key(provider, u"ECDSA_P256", u"when");
    uint64_t first = 0, second = 0;
    DWORD size = 0;

    CHECK_STATUS(NCryptGetProperty(key, u"Modified", (PBYTE)&first, sizeof first, &size, 0), OK);
    CHECK(first > 133000000000000000u); /* 2022 */
    CHECK_STATUS(set_bytes(key, u"custom", "1", 1, NCRYPT_PERSIST_FLAG), OK);
    free_handle(key);
    key = open_key(provider, u"when");
    CHECK_STATUS(NCryptGetProperty(key, u"Modified", (PBYTE)&second, sizeof second, &size, 0), OK);
    CHECK(second >= first);
    CHECK_STATUS(NCryptDeleteKey(key, 0), OK);
}

static void test_generic_reports_curve(void)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"ECDSA", NULL, 0);
    WCHAR name[40];
    DWORD size = 0;

    CHECK_STATUS(NCryptGetProperty(key, u"Algorithm Name", (PBYTE)name, sizeof name, &size, 0), OK);
    CHECK(utf16_equal(name, u"ECDSA"));
    CHECK_STATUS(set_bytes(key, u"ECCCurveName", u"nistP521", 18, 0), OK);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), OK);
    CHECK_STATUS(NCryptGetProperty(key, u"Algorithm Name", (PBYTE)name, sizeof name, &size, 0), OK);
    CHECK(utf16_equal(name, u"ECDSA_P521"));
    free_handle(key);
}

int main(void)
{
    home_make();
    provider = open_provider();
    RUN(test_key_rows);
    RUN(test_provider_rows);
    RUN(test_curve_list);
    RUN(test_lengths);
    RUN(test_ui_policy);
    RUN(test_modified);
    RUN(test_generic_reports_curve);
    free_handle(provider);
    check_no_handles();
    return test_result("ncrypt_property");
}
