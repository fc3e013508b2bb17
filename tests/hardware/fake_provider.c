/* SPDX-License-Identifier: MIT
 *
 * Stands in for two devices: a platform module (TPM) and a smart card. For use with LD_PRELOAD, before the engine's
 * library. To open either provider by its name opens the engine's; the keys are the engine's and so is the arithmetic.
 * Only the peculiarities of the devices are answered here. "Fact" marks what is known of the real ones and from whom,
 * "Assumed" what is not. A test sets the rest through the functions at the end of fake_script.c.
 */
#include <time.h>

#include "fake.h"

#define PLATFORM_NAME u"Microsoft Platform Crypto Provider"
#define CARD_NAME     u"Microsoft Smart Card Key Storage Provider"
#define WRONG_CHV     FAKE_CODE(0x8010006Bu)
#define CHV_BLOCKED   FAKE_CODE(0x8010006Cu)
#define CARD_CANCEL   FAKE_CODE(0x8010006Eu)
#define MODULE_AUTH   FAKE_CODE(0x80290408u)
#define MODULE_SMALL  FAKE_CODE(0x80290406u)
#define MODULE_SALT   FAKE_CODE(0x40290423u)

/* ---- PINs
 * ------------------------------------------------------------------------------------------------------------ */

static SECURITY_STATUS card_pin(DWORD flags)
{
    if (fake.card_pin == 0 || fake.card_open) {
        return ERROR_SUCCESS;
    }
    if (fake.card_tries == 0) {
        return CHV_BLOCKED;
    }
    if (fake.card_given == 0) {
        fake.dialogs += !(flags & NCRYPT_SILENT_FLAG);
        /* Fact (seen by others): a PIN dialog that the user gives up. */
        return flags & NCRYPT_SILENT_FLAG ? NTE_SILENT_CONTEXT : CARD_CANCEL;
    }
    if (fake.card_given == fake.card_pin) {
        fake.card_open = true;
        fake.card_tries = fake.card_limit;
        return ERROR_SUCCESS;
    }
    fake.card_tries--; /* Assumed: the wrong PIN is kept, so that each further call costs a try. It is the worst case.
                        */
    return fake.card_tries == 0 ? CHV_BLOCKED : WRONG_CHV;
}

static SECURITY_STATUS module_pin(const struct mark *key, DWORD flags)
{
    if (key->auth == 0 || key->auth == key->given) {
        return ERROR_SUCCESS;
    }
    if (key->given == 0) {
        fake.dialogs += !(flags & NCRYPT_SILENT_FLAG);
        return flags & NCRYPT_SILENT_FLAG ? NTE_SILENT_CONTEXT : NTE_USER_CANCELLED;
    }
    fake.module_tries++;
    return MODULE_AUTH; /* Fact (header): the name says so. Assumed: that a wrong usage authorization gives it. */
}

/* Before the private key is used. */
static SECURITY_STATUS authenticate(NCRYPT_KEY_HANDLE key, DWORD flags)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    struct mark *found;

    pthread_mutex_lock(&fake_lock);
    found = fake_find(key);
    if (found != NULL) {
        status = found->kind == CARD ? card_pin(flags) : module_pin(found, flags);
    }
    pthread_mutex_unlock(&fake_lock);
    return status;
}

/* ---- handles ----------------------------------------------------------------------------------------------------- */

SECURITY_STATUS WINAPI NCryptOpenStorageProvider(NCRYPT_PROV_HANDLE *phProvider, LPCWSTR pszProviderName, DWORD dwFlags)
{
    enum kind kind = fake_is(pszProviderName, PLATFORM_NAME) ? PLATFORM
                     : fake_is(pszProviderName, CARD_NAME)   ? CARD
                                                             : NOBODY;
    SECURITY_STATUS status =
        ENGINE(NCryptOpenStorageProvider)(phProvider, kind == NOBODY ? pszProviderName : NULL, dwFlags);

    if (status == ERROR_SUCCESS && kind != NOBODY) {
        pthread_mutex_lock(&fake_lock);
        fake_mark(*phProvider, kind, NULL);
        pthread_mutex_unlock(&fake_lock);
    }
    return status;
}

static void mark_key(SECURITY_STATUS status, enum kind kind, const NCRYPT_KEY_HANDLE *key, LPCWSTR name)
{
    if (status == ERROR_SUCCESS && kind != NOBODY) {
        pthread_mutex_lock(&fake_lock);
        fake_mark(*key, kind, name)->is_key = true;
        pthread_mutex_unlock(&fake_lock);
    }
}

SECURITY_STATUS WINAPI NCryptCreatePersistedKey(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE *phKey,
                                                LPCWSTR pszAlgId, LPCWSTR pszKeyName, DWORD dwLegacyKeySpec,
                                                DWORD dwFlags)
{
    enum kind kind;
    SECURITY_STATUS status = fake_before(hProvider, "NCryptCreatePersistedKey", 0, &kind);

    if (status == ERROR_SUCCESS) {
        status = ENGINE(NCryptCreatePersistedKey)(hProvider, phKey, pszAlgId, pszKeyName, dwLegacyKeySpec, dwFlags);
        mark_key(status, kind, phKey, pszKeyName);
    }
    return status;
}

SECURITY_STATUS WINAPI NCryptOpenKey(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE *phKey, LPCWSTR pszKeyName,
                                     DWORD dwLegacyKeySpec, DWORD dwFlags)
{
    enum kind kind;
    SECURITY_STATUS status = fake_before(hProvider, "NCryptOpenKey", dwFlags, &kind);

    if (status == ERROR_SUCCESS) {
        status = ENGINE(NCryptOpenKey)(hProvider, phKey, pszKeyName, dwLegacyKeySpec, dwFlags);
        mark_key(status, kind, phKey, pszKeyName);
    }
    return status;
}

SECURITY_STATUS WINAPI NCryptImportKey(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hImportKey, LPCWSTR pszBlobType,
                                       NCryptBufferDesc *pParameterList, NCRYPT_KEY_HANDLE *phKey, PBYTE pbData,
                                       DWORD cbData, DWORD dwFlags)
{
    enum kind kind;
    SECURITY_STATUS status = fake_before(hProvider, "NCryptImportKey", dwFlags, &kind);

    if (status == ERROR_SUCCESS) {
        status =
            ENGINE(NCryptImportKey)(hProvider, hImportKey, pszBlobType, pParameterList, phKey, pbData, cbData, dwFlags);
        mark_key(status, kind, phKey, NULL);
    }
    return status;
}

static void unmark(ULONG_PTR handle)
{
    struct mark *found;

    pthread_mutex_lock(&fake_lock);
    found = fake_find(handle);
    if (found != NULL) {
        found->handle = 0;
    }
    pthread_mutex_unlock(&fake_lock);
}

SECURITY_STATUS WINAPI NCryptFreeObject(NCRYPT_HANDLE hObject)
{
    unmark(hObject);
    return ENGINE(NCryptFreeObject)(hObject);
}

SECURITY_STATUS WINAPI NCryptDeleteKey(NCRYPT_KEY_HANDLE hKey, DWORD dwFlags)
{
    enum kind kind;
    SECURITY_STATUS status = fake_before(hKey, "NCryptDeleteKey", dwFlags, &kind);

    if (status == ERROR_SUCCESS) {
        status = authenticate(hKey, dwFlags);
    }
    if (status == ERROR_SUCCESS) {
        status = ENGINE(NCryptDeleteKey)(hKey, dwFlags);
        if (status == ERROR_SUCCESS) {
            unmark(hKey);
        }
    }
    return status;
}

static void remember_auth(NCRYPT_KEY_HANDLE key)
{
    WCHAR name[300] = {0};
    DWORD size = 0;
    struct mark *found;

    if (ENGINE(NCryptGetProperty)(key, NCRYPT_NAME_PROPERTY, (PBYTE)name, sizeof name, &size, 0) != ERROR_SUCCESS) {
        return;
    }
    pthread_mutex_lock(&fake_lock);
    found = fake_find(key);
    for (int i = 0; i < FAKE_MARKS && found->given != 0; i++) {
        if (fake.auths[i].handle == 0) {
            fake.auths[i].handle = (ULONG_PTR)fake_hash(name, 2 * fake_units(name));
            fake.auths[i].auth = found->auth = found->given;
            break;
        }
    }
    pthread_mutex_unlock(&fake_lock);
}

SECURITY_STATUS WINAPI NCryptFinalizeKey(NCRYPT_KEY_HANDLE hKey, DWORD dwFlags)
{
    enum kind kind;
    SECURITY_STATUS status = fake_before(hKey, "NCryptFinalizeKey", dwFlags, &kind);

    if (status == ERROR_SUCCESS && kind == CARD) {
        status = authenticate(hKey, dwFlags);
    }
    if (status == ERROR_SUCCESS) {
        status = ENGINE(NCryptFinalizeKey)(hKey, dwFlags);
        if (status == ERROR_SUCCESS && kind == PLATFORM) {
            remember_auth(hKey);
        }
    }
    return status;
}

/* ---- use of keys ---------------------------------------------------------------------------------------------------
 */

/* Fact (seen by others): a platform module makes PSS signatures only with a salt as long as the hash. For any other it
 * answers with this number, which is positive, and writes nothing. */
static bool is_bad_salt(const void *info, DWORD hash_size, DWORD flags)
{
    return flags & NCRYPT_PAD_PSS_FLAG && info != NULL && ((const BCRYPT_PSS_PADDING_INFO *)info)->cbSalt != hash_size;
}

SECURITY_STATUS WINAPI NCryptSignHash(NCRYPT_KEY_HANDLE hKey, void *pPaddingInfo, PBYTE pbHashValue, DWORD cbHashValue,
                                      PBYTE pbSignature, DWORD cbSignature, DWORD *pcbResult, DWORD dwFlags)
{
    enum kind kind;
    SECURITY_STATUS status = fake_before(hKey, "NCryptSignHash", dwFlags, &kind);

    while (kind != NOBODY && atomic_load(&fake.hold)) {
        atomic_store(&fake.waiting, true);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    if (status == ERROR_SUCCESS && pbSignature != NULL) {
        status = authenticate(hKey, dwFlags);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (kind == PLATFORM && pbSignature != NULL && is_bad_salt(pPaddingInfo, cbHashValue, dwFlags)) {
        return MODULE_SALT;
    }
    status = ENGINE(NCryptSignHash)(hKey, pPaddingInfo, pbHashValue, cbHashValue, pbSignature, cbSignature, pcbResult,
                                    dwFlags);
    /* Fact (seen by others): its own code for a buffer that is too small. */
    return kind == PLATFORM && status == NTE_BUFFER_TOO_SMALL ? MODULE_SMALL : status;
}

SECURITY_STATUS WINAPI NCryptDecrypt(NCRYPT_KEY_HANDLE hKey, PBYTE pbInput, DWORD cbInput, void *pPaddingInfo,
                                     PBYTE pbOutput, DWORD cbOutput, DWORD *pcbResult, DWORD dwFlags)
{
    enum kind kind;
    SECURITY_STATUS status = fake_before(hKey, "NCryptDecrypt", dwFlags, &kind);

    if (status == ERROR_SUCCESS) {
        status = authenticate(hKey, dwFlags);
    }
    if (status == ERROR_SUCCESS) {
        status = ENGINE(NCryptDecrypt)(hKey, pbInput, cbInput, pPaddingInfo, pbOutput, cbOutput, pcbResult, dwFlags);
    }
    return status;
}

SECURITY_STATUS WINAPI NCryptSecretAgreement(NCRYPT_KEY_HANDLE hPrivKey, NCRYPT_KEY_HANDLE hPubKey,
                                             NCRYPT_SECRET_HANDLE *phAgreedSecret, DWORD dwFlags)
{
    enum kind kind;
    SECURITY_STATUS status = fake_before(hPrivKey, "NCryptSecretAgreement", dwFlags, &kind);

    if (status == ERROR_SUCCESS) {
        status = authenticate(hPrivKey, dwFlags);
    }
    return status == ERROR_SUCCESS ? ENGINE(NCryptSecretAgreement)(hPrivKey, hPubKey, phAgreedSecret, dwFlags) : status;
}

SECURITY_STATUS WINAPI NCryptEncrypt(NCRYPT_KEY_HANDLE hKey, PBYTE pbInput, DWORD cbInput, void *pPaddingInfo,
                                     PBYTE pbOutput, DWORD cbOutput, DWORD *pcbResult, DWORD dwFlags)
{
    enum kind kind;
    SECURITY_STATUS status = fake_before(hKey, "NCryptEncrypt", dwFlags, &kind);

    return status != ERROR_SUCCESS
               ? status
               : ENGINE(NCryptEncrypt)(hKey, pbInput, cbInput, pPaddingInfo, pbOutput, cbOutput, pcbResult, dwFlags);
}

SECURITY_STATUS WINAPI NCryptVerifySignature(NCRYPT_KEY_HANDLE hKey, void *pPaddingInfo, PBYTE pbHashValue,
                                             DWORD cbHashValue, PBYTE pbSignature, DWORD cbSignature, DWORD dwFlags)
{
    enum kind kind;
    SECURITY_STATUS status = fake_before(hKey, "NCryptVerifySignature", dwFlags, &kind);

    return status != ERROR_SUCCESS ? status
                                   : ENGINE(NCryptVerifySignature)(hKey, pPaddingInfo, pbHashValue, cbHashValue,
                                                                   pbSignature, cbSignature, dwFlags);
}

SECURITY_STATUS WINAPI NCryptExportKey(NCRYPT_KEY_HANDLE hKey, NCRYPT_KEY_HANDLE hExportKey, LPCWSTR pszBlobType,
                                       NCryptBufferDesc *pParameterList, PBYTE pbOutput, DWORD cbOutput,
                                       DWORD *pcbResult, DWORD dwFlags)
{
    enum kind kind;
    SECURITY_STATUS status = fake_before(hKey, "NCryptExportKey", dwFlags, &kind);
    bool is_public = fake_is(pszBlobType, BCRYPT_RSAPUBLIC_BLOB) || fake_is(pszBlobType, BCRYPT_ECCPUBLIC_BLOB) ||
                     fake_is(pszBlobType, BCRYPT_PUBLIC_KEY_BLOB);

    if (status == ERROR_SUCCESS && kind != NOBODY && !is_public) {
        /* Fact (differences of the providers): the private part leaves neither device. Assumed: the code. */
        status = NTE_NOT_SUPPORTED;
    }
    return status != ERROR_SUCCESS ? status
                                   : ENGINE(NCryptExportKey)(hKey, hExportKey, pszBlobType, pParameterList, pbOutput,
                                                             cbOutput, pcbResult, dwFlags);
}

/* ---- lists ---------------------------------------------------------------------------------------------------------
 */

SECURITY_STATUS WINAPI NCryptEnumKeys(NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszScope, NCryptKeyName **ppKeyName,
                                      PVOID *ppEnumState, DWORD dwFlags)
{
    enum kind kind;
    SECURITY_STATUS status = fake_before(hProvider, "NCryptEnumKeys", dwFlags, &kind);

    return status != ERROR_SUCCESS ? status
                                   : ENGINE(NCryptEnumKeys)(hProvider, pszScope, ppKeyName, ppEnumState, dwFlags);
}

SECURITY_STATUS WINAPI NCryptEnumAlgorithms(NCRYPT_PROV_HANDLE hProvider, DWORD dwAlgOperations, DWORD *pdwAlgCount,
                                            NCryptAlgorithmName **ppAlgList, DWORD dwFlags)
{
    enum kind kind;
    SECURITY_STATUS status = fake_before(hProvider, "NCryptEnumAlgorithms", dwFlags, &kind);

    return status != ERROR_SUCCESS
               ? status
               : ENGINE(NCryptEnumAlgorithms)(hProvider, dwAlgOperations, pdwAlgCount, ppAlgList, dwFlags);
}

SECURITY_STATUS WINAPI NCryptIsAlgSupported(NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszAlgId, DWORD dwFlags)
{
    enum kind kind;
    SECURITY_STATUS status = fake_before(hProvider, "NCryptIsAlgSupported", dwFlags, &kind);

    return status != ERROR_SUCCESS ? status : ENGINE(NCryptIsAlgSupported)(hProvider, pszAlgId, dwFlags);
}
