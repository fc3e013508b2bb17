# SPDX-License-Identifier: MIT
"""The certificate functions: stores, what is in them, and the keys of certificates."""

import ctypes
from ctypes import byref, c_uint8
from pathlib import Path

import pytest

from .abi import CertContext, D, DataBlob, P
from .api import call, fetch, must, refuses
from .certificates import der_of, of_blob
from .constants import (
    AT_SIGNATURE,
    CERT_KEY_PROV_INFO_PROP_ID,
    CERT_STORE_ADD_NEW,
    CERT_STORE_ADD_REPLACE_EXISTING,
    CERT_STORE_ADD_USE_EXISTING,
    CERT_STORE_OPEN_EXISTING,
    CERT_STORE_PROV_SYSTEM_W,
    CERT_SYSTEM_STORE_CURRENT_USER,
    CRYPT_ACQUIRE_CACHE,
    CRYPT_E_EXISTS,
    CRYPT_E_NO_KEY_PROPERTY,
    CRYPT_E_NOT_FOUND,
    CRYPT_USER_KEYSET,
    ENH_RSA_AES_PROV,
    ERROR_FILE_NOT_FOUND,
    ERROR_INVALID_PASSWORD,
    ERROR_MORE_DATA,
    ERROR_SUCCESS,
    PROV_RSA_AES,
    PUBLICKEYBLOB,
    X509_ASN_ENCODING,
)

PFX = Path(__file__).parents[1] / "vectors" / "certificate.pfx"


@pytest.fixture
def own(capi, container):
    """The certificate of a key in a container."""
    context = capi.new(container)
    key = capi.generate(context, AT_SIGNATURE)
    blob = capi.export(key, PUBLICKEYBLOB)
    capi.free(key)
    capi.free(context)  # only then others see the key under Wine
    return of_blob(blob, container)


@pytest.fixture
def bound(certificates, own, container):
    """It, in a store, with what says whose it is."""
    context = certificates.add(certificates.open(), own)
    certificates.set_key(context, container, ENH_RSA_AES_PROV, PROV_RSA_AES, AT_SIGNATURE)
    return context


# ---- stores --------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["MY", "my", "CA"])
def test_open_and_close(certificates, which):
    store = certificates.open(which)
    certificates.listed(store)
    certificates.free(store)


def test_a_store_that_is_not_there(certificates):
    flags = CERT_SYSTEM_STORE_CURRENT_USER | CERT_STORE_OPEN_EXISTING
    with refuses(ERROR_FILE_NOT_FOUND):
        certificates.open("ncrypt-ext has no such store", flags)


def test_a_provider_of_stores_that_is_not_there():
    arguments = (CERT_STORE_PROV_SYSTEM_W + 9000, 0, 0, CERT_SYSTEM_STORE_CURRENT_USER, "MY")
    with refuses(ERROR_FILE_NOT_FOUND):
        fetch("CertOpenStore", *arguments)


# ---- certificates --------------------------------------------------------------------------------


def test_added(certificates, own):
    store = certificates.open()
    context = certificates.add(store, own)
    seen = CertContext.from_address(context)
    assert (seen.encoding, der_of(context)) == (X509_ASN_ENCODING, own)
    assert seen.store == store
    assert certificates.listed(store).count(own) == 1


def test_added_without_asking_for_it(certificates, own):
    store = certificates.open()
    must("CertAddEncodedCertificateToStore", store, X509_ASN_ENCODING, own, len(own),
         CERT_STORE_ADD_NEW, None)  # fmt: skip
    there = certificates.add(store, own, CERT_STORE_ADD_USE_EXISTING)
    must("CertDeleteCertificateFromStore", fetch("CertDuplicateCertificateContext", there))
    assert own not in certificates.listed(store)


def test_new_once_only(certificates, own):
    store = certificates.open()
    context = certificates.add(store, own)
    with refuses(CRYPT_E_EXISTS):
        certificates.add(store, own)
    again = certificates.add(store, own, CERT_STORE_ADD_USE_EXISTING)
    assert der_of(again) == der_of(context)
    assert certificates.listed(store).count(own) == 1


def test_replaced(certificates, own):
    store = certificates.open()
    certificates.add(store, own)
    certificates.add(store, own, CERT_STORE_ADD_REPLACE_EXISTING)
    assert certificates.listed(store).count(own) == 1


@pytest.mark.parametrize("bad", [b"", b"\x30", b"junk", b"\x30\x80\0\0"])
def test_what_is_no_certificate(certificates, bad):
    with refuses():
        certificates.add(certificates.open(), bad)


def test_each_reference_counts(certificates, own):
    store = certificates.open()
    context = certificates.add(store, own)
    other = certificates.keep(
        "CertFreeCertificateContext", fetch("CertDuplicateCertificateContext", context)
    )
    must("CertDeleteCertificateFromStore", fetch("CertDuplicateCertificateContext", context))
    certificates.forget(context)
    certificates.free(context)
    assert der_of(other) == own
    assert own not in certificates.listed(store)


def test_nothing_is_freed():
    must("CertFreeCertificateContext", 0)


# ---- whose a certificate is ----------------------------------------------------------------------


def test_nobodys(certificates, own):
    context = certificates.add(certificates.open(), own)
    with refuses(CRYPT_E_NOT_FOUND):
        certificates.key(context)
    assert certificates.acquire(context)[0] == CRYPT_E_NO_KEY_PROPERTY


def test_whose_it_is(certificates, bound, container):
    assert certificates.key(bound) == (container, ENH_RSA_AES_PROV, PROV_RSA_AES, 0, AT_SIGNATURE)


def test_a_buffer_that_is_too_small(certificates, bound):
    size, out = D(8), (c_uint8 * 8)()
    status = call("CertGetCertificateContextProperty", bound, CERT_KEY_PROV_INFO_PROP_ID, out,
                  byref(size))  # fmt: skip
    assert status == ERROR_MORE_DATA
    assert size.value > 48


def test_its_key(certificates, bound, capi, container):
    status, handle, spec, free = certificates.acquire(bound)
    assert (status, spec, free) == (ERROR_SUCCESS, AT_SIGNATURE, 1)
    hash_, key = capi.hash(handle, digest=bytes(32)), capi.user_key(handle, spec)
    capi.verify(hash_, capi.sign(hash_, spec), key)
    capi.free(key)
    capi.free(hash_)


def test_a_key_that_the_certificate_keeps(certificates, bound):
    one, other = (
        certificates.acquire(bound, CRYPT_ACQUIRE_CACHE),
        certificates.acquire(bound, CRYPT_ACQUIRE_CACHE),
    )
    assert one == other
    assert (one[0], one[3]) == (ERROR_SUCCESS, 0)


# ---- PFX -----------------------------------------------------------------------------------------


def import_pfx(data, password):
    copy = ctypes.create_string_buffer(data, len(data))
    blob = DataBlob(len(data), ctypes.cast(copy, P))
    return fetch("PFXImportCertStore", byref(blob), password, CRYPT_USER_KEYSET)


def test_import(certificates, capi, api):
    store = certificates.keep("CertCloseStore", import_pfx(PFX.read_bytes(), "secret"), 0)
    context = fetch("CertEnumCertificatesInStore", store, 0)
    certificates.keep("CertFreeCertificateContext", context)
    name, _, kind, flags, _ = certificates.key(context)
    if kind == 0:
        api.delete(api.open(name))
    else:
        capi.delete(name, flags)


def test_import_with_a_wrong_password():
    with refuses(ERROR_INVALID_PASSWORD):
        import_pfx(PFX.read_bytes(), "wrong")


def test_import_of_junk():
    with refuses():
        import_pfx(b"junk", "secret")
