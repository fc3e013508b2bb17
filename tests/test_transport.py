# SPDX-License-Identifier: MIT
"""Importing and exporting, checked with another implementation."""

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils

import ncrypt_ext as nc

ENCRYPTED = nc.ExportPolicy.ALLOW_EXPORT
OPEN = nc.ExportPolicy.ALLOW_EXPORT | nc.ExportPolicy.ALLOW_PLAINTEXT_EXPORT
PRIVATE = {
    "RSA": ["RSAPRIVATEBLOB", "RSAFULLPRIVATEBLOB", "PRIVATEBLOB", "PKCS8_PRIVATEKEY"],
    "ECDSA_P256": ["ECCPRIVATEBLOB", "PRIVATEBLOB", "PKCS8_PRIVATEKEY"],
    "ECDSA_P521": ["ECCPRIVATEBLOB", "PRIVATEBLOB", "PKCS8_PRIVATEKEY"],
}
CASES = [(algorithm, kind) for algorithm, kinds in PRIVATE.items() for kind in kinds]


def padding_of(key):
    return nc.PSS("SHA256") if key.algorithm == "RSA" else None


def exportable(provider, algorithm):
    length = 1024 if algorithm == "RSA" else None
    return provider.create_key(algorithm, length=length, export_policy=OPEN)


@pytest.mark.parametrize(("algorithm", "kind"), CASES)
def test_private_keys(provider, digest, algorithm, kind):
    with exportable(provider, algorithm) as key:
        blob = key.export(kind)
        signature = key.sign(digest, padding_of(key))
        with provider.import_key(blob, kind) as plain:
            plain.verify(digest, signature, padding_of(key))
            assert plain.name is None
            assert plain.export_policy == nc.ExportPolicy.NONE
        provider.import_key(
            bytearray(blob),
            kind,
            name="imported",
            export_policy=OPEN,
            usage=nc.KeyUsage.ALLOW_SIGNING,
            properties={"note": "text"},
        ).close()
    with provider.open_key("imported") as stored:
        stored.verify(digest, signature, padding_of(stored))
        stored.verify(digest, stored.sign(digest, padding_of(stored)), padding_of(stored))
        assert stored.export_policy == OPEN
        assert stored.usage == nc.KeyUsage.ALLOW_SIGNING
        assert stored.get_property("note") == "text\0".encode("utf-16-le")
        assert stored.export("PUBLICBLOB") == plain_public(provider, blob, kind)
    with pytest.raises(nc.KeyExistsError):
        provider.import_key(blob, kind, name="imported")
    provider.import_key(blob, kind, name="imported", overwrite=True).close()


def plain_public(provider, blob, kind):
    with provider.import_key(blob, kind) as key:
        return key.export("PUBLICBLOB")


@pytest.mark.parametrize(("algorithm", "kind"), CASES)
def test_unfinalized_import(provider, digest, algorithm, kind):
    with exportable(provider, algorithm) as key:
        new = provider.import_key(key.export(kind), kind, name="later", finalize=False)
        assert isinstance(new, nc.UnfinalizedKey)
        assert new.length == key.length
        assert not provider.has_key("later")
        new.export_policy = OPEN
        with new.finalize() as finalized:
            key.verify(digest, finalized.sign(digest, padding_of(key)), padding_of(key))
            assert finalized.export_policy == OPEN
    assert provider.has_key("later")


@pytest.mark.parametrize("algorithm", ["ECDSA", "ECDH"])
@pytest.mark.parametrize("settings", [{}, {"name": "named"}, {"export_policy": 0}])
def test_a_blob_may_come_with_its_own_curve(provider, algorithm, settings):
    with provider.create_key(algorithm, curve="nistP256", export_policy=OPEN) as key:
        blob, public = key.export("ECCPRIVATEBLOB"), key.public_key_der()
    for curve in ("nistP256", "NISTP256", "secP256r1"):
        with provider.import_key(
            blob, "ECCPRIVATEBLOB", curve=curve, overwrite="name" in settings, **settings
        ) as key:
            assert key.public_key_der() == public


@pytest.mark.parametrize("settings", [{}, {"name": "named"}])
@pytest.mark.parametrize("kind", ["PKCS8_PRIVATEKEY", "RSAPRIVATEBLOB", "OpaqueTransport"])
def test_curves_are_of_blobs_that_may_lack_one(provider, kind, settings):
    with exportable(provider, "RSA") as key:
        blob = key.export(kind)
    with pytest.raises(ValueError, match=f"curve is for blobs of EC keys: '{kind}'"):
        provider.import_key(blob, kind, curve="nistP256", **settings)


def test_generic_curve_is_named(provider, digest):
    private = ec.generate_private_key(ec.SECP256R1())
    numbers = private.private_numbers()
    width = (32).to_bytes(4, "little")
    point = numbers.public_numbers.x.to_bytes(32, "big") + numbers.public_numbers.y.to_bytes(
        32, "big"
    )
    secret = numbers.private_value.to_bytes(32, "big")
    public_blob, private_blob = b"ECDP" + width + point, b"ECDV" + width + point + secret
    with provider.import_key(public_blob, "ECCPUBLICBLOB", curve="nistP256") as public:
        for options in ({}, {"name": "generic"}):
            with provider.import_key(
                private_blob, "ECCPRIVATEBLOB", curve="nistP256", **options
            ) as key:
                public.verify(digest, key.sign(digest))
    with pytest.raises(nc.NCryptError):
        provider.import_key(public_blob, "ECCPUBLICBLOB")


@pytest.mark.parametrize("algorithm", ["RSA", "ECDSA_P256", "ECDSA_P384", "ECDSA_P521"])
def test_public_key_der_and_pem(provider, algorithm):
    length = 1024 if algorithm == "RSA" else None
    with provider.create_key(algorithm, length=length) as key:
        encoding, form = serialization.Encoding, serialization.PublicFormat.SubjectPublicKeyInfo
        public = serialization.load_der_public_key(key.public_key_der())
        assert public.public_bytes(encoding.DER, form) == key.public_key_der()
        assert public.public_bytes(encoding.PEM, form).decode() == key.public_key_pem()


@pytest.mark.parametrize(
    "make",
    [
        lambda: rsa.generate_private_key(65537, 1024),
        lambda: ec.generate_private_key(ec.SECP384R1()),
    ],
    ids=["RSA", "P-384"],
)
def test_pkcs8_of_another_implementation(provider, digest, make):
    private = make()
    blob = private.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    expected = private.public_key().public_bytes(serialization.Encoding.DER, form)
    with provider.import_key(blob, "PKCS8_PRIVATEKEY", name="theirs") as key:
        assert key.public_key_der() == expected
    with provider.open_key("theirs") as key:
        assert key.public_key_der() == expected
        if key.algorithm != "RSA":
            scheme = ec.ECDSA(utils.Prehashed(hashes.SHA256()))
            private.public_key().verify(key.sign(digest, encoding="der"), digest, scheme)


def test_export_policy_is_enforced(provider):
    with provider.create_key("ECDSA_P256", "closed") as key:
        key.export("ECCPUBLICBLOB")
        for kind in ("ECCPRIVATEBLOB", "PKCS8_PRIVATEKEY"):
            with pytest.raises(nc.NotSupportedError):
                key.export(kind)


def test_what_is_no_blob(provider, ec_key):
    good = ec_key.export("ECCPUBLICBLOB")
    for blob, kind in (
        (b"", "ECCPUBLICBLOB"),
        (good[:-1], "ECCPUBLICBLOB"),
        (good + b"\0", "ECCPUBLICBLOB"),
        (good, "ECCPRIVATEBLOB"),
        (good, "RSAPUBLICBLOB"),
        (good, "A BLOB"),
        (good[:40] + bytes(32), "ECCPUBLICBLOB"),  # not on the curve
        (b"junk", "PKCS8_PRIVATEKEY"),
        (b"ECS2", "ECCPRIVATEBLOB"),
    ):
        for options in ({}, {"name": "bad"}):
            with pytest.raises(nc.NCryptError):
                provider.import_key(blob, kind, **options)
    assert not provider.has_key("bad")
    with pytest.raises(TypeError, match="blob_type must be a str"):
        provider.import_key(good, 5)
    with pytest.raises(TypeError, match=r"needs a blob_type.*import_pkcs8\(\) takes PEM"):
        provider.import_key(b"-----BEGIN PRIVATE KEY-----")
    with pytest.raises(TypeError, match="curve must be a str"):
        provider.import_key(good, "ECCPUBLICBLOB", curve=5)
    with pytest.raises(TypeError, match="blob must be a bytes-like object"):
        provider.import_key("text", "ECCPRIVATEBLOB", name="bad")
    with pytest.raises(TypeError, match="blob_type must be a str"):
        ec_key.export(b"ECCPUBLICBLOB")
    with pytest.raises(nc.NotSupportedError):
        ec_key.export("RSAPUBLICBLOB")
    with pytest.raises(nc.NotSupportedError):
        ec_key.export("A BLOB")


def test_public_keys_have_no_name_and_no_steps(provider, ec_key):
    blob = ec_key.export("ECCPUBLICBLOB")
    with pytest.raises(nc.NCryptError):
        provider.import_key(blob, "ECCPUBLICBLOB", name="public")
    with pytest.raises(nc.NCryptError):
        provider.import_key(blob, "ECCPUBLICBLOB", finalize=False)
    assert list(provider.keys()) == []


@pytest.mark.parametrize("algorithm", PRIVATE)
def test_a_key_put_aside(provider, digest, algorithm):
    length = 1024 if algorithm == "RSA" else None
    usage = nc.KeyUsage.ALLOW_SIGNING
    with provider.create_key(
        algorithm, "Aside", length=length, usage=usage, export_policy=ENCRYPTED, properties={"n": 1}
    ) as key:
        blob, public = key.export("OpaqueTransport"), key.export("PUBLICBLOB")
        key.delete()
    with provider.import_key(blob, "OpaqueTransport") as key:
        assert (key.name, key.usage, key.export_policy) == ("Aside", usage, ENCRYPTED)
        assert key.get_property("n") == bytes([1, 0, 0, 0])
        assert key.export("PUBLICBLOB") == public
        with pytest.raises(nc.BadStateError):
            key.export_policy = OPEN
    with pytest.raises(nc.KeyExistsError):
        provider.import_key(blob, "OpaqueTransport")
    provider.import_key(blob, "OpaqueTransport", overwrite=True).close()
    provider.import_key(blob, "OpaqueTransport", name="second").close()
    with provider.open_key("second") as key:
        assert key.export("PUBLICBLOB") == public
    for options, text in (
        ({"export_policy": OPEN}, "no export_policy"),
        ({"usage": 0xFFFFFF, "properties": {"n": 1}}, "no usage and no properties"),
        ({"finalize": False}, "unfinalized"),
    ):
        with pytest.raises(nc.NotSupportedError, match=text):
            provider.import_key(blob, "OpaqueTransport", name="third", **options)


def test_a_key_put_aside_by_another_store(provider, monkeypatch, tmp_path):
    with provider.create_key("ECDSA_P256", export_policy=ENCRYPTED) as key:
        blob = key.export("OpaqueTransport")
    monkeypatch.setenv("NCRYPT_EXT_HOME", str(tmp_path / "other"))
    with nc.Provider() as other:
        for _ in range(2):
            with pytest.raises(nc.BadDataError, match="no key store"):
                other.import_key(blob, "OpaqueTransport")
            other.create_key("ECDSA_P256", "theirs", overwrite=True).close()


@pytest.mark.parametrize(
    ("algorithm", "kind"),
    [
        ("RSA", "rsafullprivateblob"),
        ("RSA", "MyCustom"),
        ("RSA", "PKCS8_privatekey"),
        ("RSA", "SmartCardKeyCertificate"),
        ("RSA", "UI Policy"),
        ("RSA", b"RSAFULLPRIVATEBLOB"),
        ("ECDSA_P256", "eccprivateblob"),
        ("ECDH_P256", "CipherKeyBlob"),
    ],
)
@pytest.mark.parametrize(
    "settings", [{}, {"name": "old", "overwrite": True}, {"usage": 2}, {"finalize": False}]
)
def test_a_mistyped_blob_type_makes_no_key(provider, algorithm, kind, settings):
    """It must not end up as a property of a key that is generated."""
    with provider.create_key("ECDSA_P256", "old") as key:
        before = key.public_key_der()
    with exportable(provider, algorithm) as key:
        blob = key.export("RSAFULLPRIVATEBLOB" if algorithm == "RSA" else "ECCPRIVATEBLOB")
    with pytest.raises((nc.NCryptError, TypeError)):
        provider.import_key(blob, kind, **settings)
    with provider.open_key("old") as key:
        assert key.public_key_der() == before
    assert [info.name for info in provider.keys()] == ["old"]


@pytest.mark.parametrize("settings", [{}, {"name": "named"}, {"usage": 2}])
@pytest.mark.parametrize("curve", [5, b"nistP256", True])
def test_a_curve_is_a_str(provider, settings, curve):
    with provider.create_key("ECDSA_P256", export_policy=OPEN) as key:
        blob = key.export("ECCPRIVATEBLOB")
    with pytest.raises(TypeError, match="curve must be a str"):
        provider.import_key(blob, "ECCPRIVATEBLOB", curve=curve, **settings)
    for unknown in ("nobody's", "nistP256\0"):
        with pytest.raises(nc.InvalidParameterError, match="unknown curve"):
            provider.import_key(blob, "ECCPRIVATEBLOB", curve=unknown, **settings)


@pytest.mark.parametrize("settings", [{}, {"name": "named"}, {"usage": 2}])
@pytest.mark.parametrize("curve", ["nistP384", "brainpoolP256r1"])
def test_a_blob_with_another_curve(provider, settings, curve):
    with provider.create_key("ECDSA_P256", export_policy=OPEN) as key:
        blob, public = key.export("ECCPRIVATEBLOB"), key.export("ECCPUBLICBLOB")
    for kind in ("ECCPRIVATEBLOB", "PRIVATEBLOB"):
        with pytest.raises(ValueError, match=r"on nistP256, and curve is"):
            provider.import_key(blob, kind, curve=curve, **settings)
    with pytest.raises(ValueError, match=r"on nistP256, and curve is"):
        provider.import_key(public, "PUBLICBLOB", curve=curve)


def test_no_curve_of_rsa_keys(provider):
    with exportable(provider, "RSA") as key:
        blobs = {"PRIVATEBLOB": key.export("PRIVATEBLOB"), "PUBLICBLOB": key.export("PUBLICBLOB")}
    for kind, blob in blobs.items():
        with pytest.raises(ValueError, match="curve is for blobs of EC keys"):
            provider.import_key(blob, kind, curve="nistP256")
