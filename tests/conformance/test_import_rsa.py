# SPDX-License-Identifier: MIT
"""NCryptImportKey of the RSA blobs, and the blobs as properties of a key that is being made."""

import struct
from ctypes import byref

import pytest

from . import material
from .abi import PKCS1_ENCRYPTION, H, parameters, pkcs1
from .api import call, refuses
from .constants import (
    ALLOW_ALL_USAGES,
    ALLOW_PLAINTEXT_EXPORT,
    DO_NOT_FINALIZE,
    MALFORMED,
    NO_KEY_VALIDATION,
    NTE_BAD_KEY_STATE,
    NTE_INVALID_HANDLE,
    NTE_INVALID_PARAMETER,
    NTE_NOT_SUPPORTED,
    NTE_VBS_UNAVAILABLE,
    PERSIST,
    PREFER_VBS,
    REQUIRE_VBS,
    RSA_FULL_MAGIC,
    RSA_PRIVATE_MAGIC,
    RSA_PUBLIC_MAGIC,
    USE_PER_BOOT_KEY,
)

pytestmark = pytest.mark.requires("rsa_import")

SIZES = (384, 512, 1024, 1025, 1026, 1027, 1028, 1029, 1030, 1031, 1032, 1536, 2048, 3072, 4096)
KINDS = {
    "RSAPUBLICBLOB": material.Rsa.public_blob,
    "RSAPRIVATEBLOB": material.Rsa.private_blob,
    "RSAFULLPRIVATEBLOB": material.Rsa.full_blob,
}
PRIVATE = ("RSAPRIVATEBLOB", "RSAFULLPRIVATEBLOB")
DIGEST = bytes(range(32))


def check_pair(api, private, rsa):
    """The handle signs, and the signature is what the numbers say."""
    signature = api.sign(private, b"text", pkcs1(None))
    padded = b"\0\1" + b"\xff" * (rsa.width - 7) + b"\0text"
    assert pow(int.from_bytes(signature, "big"), rsa.e, rsa.n) == int.from_bytes(padded, "big")


@pytest.mark.parametrize("bits", SIZES)
@pytest.mark.parametrize("kind", PRIVATE)
@pytest.mark.parametrize("flags", [0, NO_KEY_VALIDATION])
def test_private(api, kind, bits, flags):
    rsa = material.rsa(bits)
    key = api.import_key(kind, KINDS[kind](rsa), flags=flags)
    assert api.get_number(key, "Length") == bits
    check_pair(api, key, rsa)
    assert api.export_key(key, "RSAPUBLICBLOB") == rsa.public_blob()


@pytest.mark.parametrize("bits", SIZES)
def test_public(api, bits):
    rsa = material.rsa(bits)
    key = api.import_key("RSAPUBLICBLOB", rsa.public_blob())
    assert api.get_number(key, "Length") == bits
    assert api.export_key(key, "RSAPUBLICBLOB") == rsa.public_blob()
    secret = api.encrypt(key, b"text", PKCS1_ENCRYPTION)
    padded = pow(int.from_bytes(secret, "big"), rsa.d, rsa.n).to_bytes(rsa.width, "big")
    assert (padded[:2], padded[-5:]) == (b"\0\2", b"\0text")
    assert 0 not in padded[2:-5]


@pytest.mark.parametrize("kind", KINDS)
def test_properties(api, kind):
    key = api.import_key(kind, KINDS[kind](material.rsa(1024)))
    assert api.get_text(key, "Algorithm Name") == api.get_text(key, "Algorithm Group") == "RSA"
    assert api.get_number(key, "Export Policy") == 0
    assert api.get_number(key, "Key Usage") == ALLOW_ALL_USAGES
    assert api.get_number(key, "Key Type") == 0
    with refuses():
        api.get(key, "Name")


@pytest.mark.parametrize("kind", KINDS)
def test_generic_blob_types(api, kind):
    blob = KINDS[kind](material.rsa(1024))
    key = api.import_key("PUBLICBLOB" if kind == "RSAPUBLICBLOB" else "PRIVATEBLOB", blob)
    assert api.export_key(key, "PUBLICBLOB") == material.rsa(1024).public_blob()


@pytest.mark.parametrize("exponent", [3, 17, 0x10001, 0x1_0000_0001, 2**63 + 9])
def test_exponents(api, exponent):
    p, q = 2**512 - 569, 2**512 - 875
    rsa = material.Rsa(p * q, exponent, p, q)
    key = api.import_key("RSAPRIVATEBLOB", rsa.private_blob())
    check_pair(api, key, rsa)
    assert api.export_key(key, "RSAPUBLICBLOB") == rsa.public_blob()


@pytest.mark.parametrize("kind", PRIVATE)
def test_primes_of_different_sizes(api, kind):
    small, large = material.rsa(1024), material.rsa(1536)
    for p, q in ((large.p, small.p), (small.p, large.p)):
        rsa = material.Rsa(p * q, 65537, p, q)
        key = api.import_key(kind, KINDS[kind](rsa))
        api.set(key, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
        check_pair(api, api.import_key(kind, api.export_key(key, kind)), rsa)
        check_pair(api, key, rsa)


# ---- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_truncation(api, kind):
    blob = KINDS[kind](material.rsa(512))
    for size in range(1, len(blob)):
        with refuses(*MALFORMED):
            api.import_key(kind, blob[:size])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tail", [b"\0", b"\1", bytes(100)], ids=len)
def test_trailing_bytes(api, kind, tail):
    with refuses(*MALFORMED):
        api.import_key(kind, KINDS[kind](material.rsa(512)) + tail)


@pytest.mark.parametrize("kind", KINDS)
def test_magic_of_another_kind(api, kind):
    blob = KINDS[kind](material.rsa(512))
    magics = {RSA_PUBLIC_MAGIC, RSA_PRIVATE_MAGIC, RSA_FULL_MAGIC, 0, 0x31534345, 0xFFFFFFFF}
    for magic in magics - {int.from_bytes(blob[:4], "little")}:
        with refuses(*MALFORMED):
            api.import_key(kind, magic.to_bytes(4, "little") + blob[4:])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("field", range(1, 6))
@pytest.mark.parametrize("value", [0, 1, 7, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_header_that_lies(api, kind, field, value):
    blob = KINDS[kind](material.rsa(512))
    header = list(struct.unpack_from("<6I", blob))
    if header[field] == value:
        value = 2  # the public blob's prime sizes are 0
    header[field] = value
    with refuses(*MALFORMED):
        api.import_key(kind, struct.pack("<6I", *header) + blob[24:])


@pytest.mark.parametrize("change", [-8, -1, 1, 8])
def test_wrong_number_of_bits(api, change):
    blob = material.rsa(512).public_blob()
    with refuses(*MALFORMED):
        api.import_key("RSAPUBLICBLOB", blob[:4] + struct.pack("<I", 512 + change) + blob[8:])


@pytest.mark.parametrize("exponent", [0, 1, 2, 4, 65536])
@pytest.mark.parametrize("kind", ["RSAPUBLICBLOB", "RSAPRIVATEBLOB"])
def test_impossible_exponents(api, kind, exponent):
    rsa = material.rsa(512)
    width = max(1, (exponent.bit_length() + 7) // 8)
    header = list(struct.unpack_from("<6I", KINDS[kind](rsa)))
    header[2] = width
    body = KINDS[kind](rsa)[24 + 3 :]
    with refuses(*MALFORMED):
        api.import_key(kind, struct.pack("<6I", *header) + material.number(exponent, width) + body)


def test_even_modulus(api):
    blob = bytearray(material.rsa(512).public_blob())
    blob[-1] &= 0xFE
    with refuses(*MALFORMED):
        api.import_key("RSAPUBLICBLOB", bytes(blob))


@pytest.mark.parametrize("kind", PRIVATE)
def test_primes_of_another_key(api, kind):
    rsa, other = material.rsa(1024), material.titled_keys("rsa_pss_sha1.txt")[0]
    assert rsa.n != other.n
    with refuses(*MALFORMED):
        api.import_key(kind, KINDS[kind](rsa._replace(p=other.p, q=other.q)))


def test_every_changed_private_number(api):
    rsa = material.rsa(512)
    blob = rsa.full_blob()
    for at in range(24 + 3 + 64, len(blob), 7):
        changed = bytearray(blob)
        changed[at] ^= 1
        with refuses(*MALFORMED):
            api.import_key("RSAFULLPRIVATEBLOB", bytes(changed))


@pytest.mark.parametrize(
    "kind", ["", "rsapublicblob", "RSAPUBLICBLOB ", "NO SUCH BLOB", "OpaqueKeyBlob"]
)
def test_unknown_blob_type(api, kind):
    with refuses(NTE_NOT_SUPPORTED):
        api.import_key(kind, material.rsa(512).public_blob())


def test_ecc_blob_types(api):
    for kind in ("ECCPUBLICBLOB", "ECCPRIVATEBLOB"):
        with refuses(*MALFORMED):
            api.import_key(kind, material.rsa(512).private_blob())


# ---- parameters ----------------------------------------------------------------------------------


def test_null_pointers(api):
    blob = material.rsa(512).public_blob()
    kind, size, out = "RSAPUBLICBLOB", len(blob), byref(H())
    for rest in (
        (None, None, out, blob, size, 0),
        (kind, None, None, blob, size, 0),
        (kind, None, out, None, size, 0),
        (kind, None, out, None, 0, 0),
        (kind, None, out, blob, 0, 0),
    ):
        assert call("NCryptImportKey", api.provider, 0, *rest) == NTE_INVALID_PARAMETER


def test_empty_parameter_list(api):
    api.import_key("RSAPUBLICBLOB", material.rsa(512).public_blob(), parameters())


@pytest.mark.parametrize("version", [1, 0xFFFFFFFF])
def test_parameter_list_of_another_version(api, version):
    with refuses(NTE_INVALID_PARAMETER):
        api.import_key(
            "RSAPUBLICBLOB", material.rsa(512).public_blob(), parameters(version=version)
        )


def test_public_key_is_not_stored(api, name):
    with refuses():
        api.import_key("RSAPUBLICBLOB", material.rsa(512).public_blob(), parameters((45, name)))
    assert not api.exists(name)


@pytest.mark.parametrize("flag", [PREFER_VBS, USE_PER_BOOT_KEY])
def test_optional_isolation(api, flag):
    api.import_key("RSAPRIVATEBLOB", material.rsa(512).private_blob(), flags=flag)


@pytest.mark.not_on("windows", "machines with virtualization-based security have it")
def test_required_isolation(api):
    with refuses(NTE_VBS_UNAVAILABLE):
        api.import_key("RSAPRIVATEBLOB", material.rsa(512).private_blob(), flags=REQUIRE_VBS)


def test_provider_for_a_key(api):
    blob = material.rsa(512).public_blob()
    rest = ("RSAPUBLICBLOB", None, byref(H()), blob, len(blob), 0)
    # The import key is for wrapped blobs; a provider is none.
    assert call("NCryptImportKey", api.provider, api.provider, *rest) == NTE_INVALID_HANDLE


# ---- unfinalized imports, blobs as properties ----------------------------------------------------


@pytest.mark.parametrize("kind", PRIVATE)
def test_blob_property(api, name, kind):
    """The other way to store a given key: create, set, finalize."""
    rsa = material.rsa(1024)
    key = api.create("RSA", name)
    api.set(key, "Export Policy", ALLOW_PLAINTEXT_EXPORT, PERSIST)
    api.set(key, kind, KINDS[kind](rsa), PERSIST)
    api.finalize(key)
    for handle in (key, api.open(name)):
        assert api.get_number(handle, "Length") == 1024
        assert api.export_key(handle, "RSAFULLPRIVATEBLOB")
        check_pair(api, handle, rsa)


@pytest.mark.parametrize("bits", [384, 1032])
def test_blob_property_of_a_size_that_is_not_generated(api, bits):
    rsa = material.rsa(bits)
    key = api.create("RSA")
    api.set(key, "RSAPRIVATEBLOB", rsa.private_blob())
    api.finalize(key)
    assert api.get_number(key, "Length") == bits
    check_pair(api, key, rsa)


def test_blob_property_that_is_malformed(api, name):
    key = api.create("RSA", name)
    with refuses(*MALFORMED):
        api.set(key, "RSAPRIVATEBLOB", material.rsa(512).private_blob()[:-1])
        api.finalize(key)
    assert not api.exists(name)


@pytest.mark.parametrize("kind", ["PKCS8_PRIVATEKEY", "RSAPUBLICBLOB"])
def test_blob_property_of_another_kind(api, name, kind):
    key = api.create("RSA", name)
    with refuses(NTE_NOT_SUPPORTED):
        api.set(key, kind, material.rsa(512).public_blob())


@pytest.mark.requires("ecc_import")
def test_blob_property_of_another_algorithm(api):
    key = api.create("RSA")
    with refuses(*MALFORMED):
        api.set(key, "ECCPRIVATEBLOB", material.ec(material.P256).private_blob())
        api.finalize(key)


def test_blob_property_after_finalize(api):
    key = api.make("RSA", Length=512)
    before = api.export_key(key, "RSAPUBLICBLOB")
    with refuses(NTE_BAD_KEY_STATE, NTE_INVALID_HANDLE, NTE_NOT_SUPPORTED):
        api.set(key, "RSAPRIVATEBLOB", material.rsa(512).private_blob())
    assert api.export_key(key, "RSAPUBLICBLOB") == before


def test_unfinalized_import(api):
    rsa = material.rsa(1024)
    key = api.import_key("RSAPRIVATEBLOB", rsa.private_blob(), flags=DO_NOT_FINALIZE)
    with refuses(NTE_BAD_KEY_STATE):
        api.sign(key, DIGEST, pkcs1("SHA256"))
    api.set(key, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
    api.finalize(key)
    assert api.export_key(key, "RSAPRIVATEBLOB") == rsa.private_blob()
