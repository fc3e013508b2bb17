# SPDX-License-Identifier: MIT
"""Keys on every named curve: their lengths, forms, signatures and secrets."""

import re
import shutil
import subprocess

import pytest

import ncrypt_ext as nc
from ncrypt_ext import properties

DIGEST = bytes(range(32))
PLENTY = nc.ExportPolicy.ALLOW_EXPORT | nc.ExportPolicy.ALLOW_PLAINTEXT_EXPORT
CURVES = sorted(set(properties.CURVE_NAMES.values()))
SIGNING = [curve for curve in CURVES if curve != "curve25519"]
NIST = {"nistP256": "P256", "nistP384": "P384", "nistP521": "P521"}
# What the openssl command calls them, where that is not the name in lower case.
OPENSSL = {
    "nistP192": "prime192v1",
    "nistP224": "secp224r1",
    "nistP256": "prime256v1",
    "nistP384": "secp384r1",
    "nistP521": "secp521r1",
    "wtls9": "wap-wsg-idm-ecid-wtls9",
}


def openssl_name(curve):
    if curve.startswith("brainpool"):
        return curve
    return OPENSSL.get(curve, curve.lower().replace("x962p", "prime"))


@pytest.fixture(params=CURVES)
def curve(request):
    return request.param


@pytest.fixture
def openssl(tmp_path):
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("there is no openssl command")
    if not re.match(r"OpenSSL [3-9]\.", run(program, "version", cwd=tmp_path).decode()):
        pytest.skip("the openssl here is another program, or an old one")
    return lambda *arguments: run(program, *arguments, cwd=tmp_path)


def run(*arguments, cwd):
    done = subprocess.run(arguments, cwd=cwd, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


# ---- the tables ----------------------------------------------------------------------------------


def test_names():
    assert len(CURVES) == 32
    assert properties.CURVE_NAMES["secp256r1"] == "nistP256"
    assert properties.CURVE_NAMES["wtls7"] == "secP160r2"
    assert set(properties.CURVE_OIDS) | {"curve25519"} == set(properties.CURVE_BITS)
    assert set(properties.CURVE_NAMES) == {name.lower() for name in properties.CURVE_BITS}


@pytest.mark.parametrize("alias", sorted(set(properties.CURVE_BITS) - set(CURVES)))
def test_aliases(provider, alias):
    with provider.create_key("ECDSA", curve=alias) as key:
        assert key.curve == properties.CURVE_NAMES[alias.lower()]
        assert key.length == properties.CURVE_BITS[alias]


# ---- keys ----------------------------------------------------------------------------------------


def test_create(provider, curve):
    with provider.create_key("ECDH", "agrees", curve=curve) as key:
        kind = f"ECDH_{NIST[curve]}" if curve in NIST else "ECDH"
        assert (key.algorithm, key.algorithm_group, key.curve) == (kind, "ECDH", curve)
        bits = properties.CURVE_BITS[curve]
        assert (key.length, key.lengths) == (bits, nc.KeyLengths(bits, bits, 0, bits))
        width = (bits + 7) // 8
        assert key.signature_length == (None if curve == "curve25519" else 2 * width)
        der = key.public_key_der()
    with provider.open_key("agrees") as key:
        assert (key.curve, key.public_key_der()) == (curve, der)


@pytest.mark.parametrize("curve", SIGNING)
def test_sign(provider, curve):
    with provider.create_key("ECDSA", curve=curve) as key:
        for encoding in ("raw", "der"):
            signature = key.sign(DIGEST, encoding=encoding)
            key.verify(DIGEST, signature, encoding=encoding)
            with pytest.raises(nc.InvalidSignatureError):
                key.verify(DIGEST[::-1], signature, encoding=encoding)
        blob = key.export("ECCPUBLICBLOB")
        name = None if curve in NIST else curve
        with provider.import_key(blob, "ECCPUBLICBLOB", curve=name) as half:
            half.verify(DIGEST, key.sign(DIGEST))
            assert half.public_key_der() == key.public_key_der()


@pytest.mark.parametrize("name", [None, "stored"])
@pytest.mark.parametrize("group", ["ECDSA", "ECDH"])
def test_private_blobs(provider, curve, group, name):
    if (group, curve) == ("ECDSA", "curve25519"):
        with pytest.raises(nc.InvalidParameterError, match="do not sign"):
            provider.create_key(group, name, curve=curve)
        return
    with provider.create_key(group, curve=curve, export_policy=PLENTY) as key:
        blob, der = key.export("ECCPRIVATEBLOB"), key.public_key_der()
    given = None if curve in NIST else curve
    with provider.import_key(blob, "ECCPRIVATEBLOB", curve=given, name=name) as key:
        assert (key.algorithm_group, key.curve, key.public_key_der()) == (group, curve, der)


def test_agree(provider, curve):
    with (
        provider.create_key("ECDH", curve=curve) as one,
        provider.create_key("ECDH", curve=curve) as two,
    ):
        secrets = set()
        for own, other in ((one, two), (two, one)):
            for peer in (other, other.public_key_der(), other.export("ECCPUBLICBLOB")):
                with own.agree(peer) as secret:
                    secrets.add(secret.raw())
        assert len(secrets) == 1
        assert len(secrets.pop()) == (properties.CURVE_BITS[curve] + 7) // 8


def test_peers_on_other_curves(provider):
    with provider.create_key("ECDH", curve="brainpoolP256r1") as own:
        for other in ("brainpoolP256t1", "nistP256", "secP256k1", "curve25519"):
            with provider.create_key("ECDH", curve=other) as peer:
                before = nc.live_handles()
                for form in (peer, peer.public_key_der()):
                    with pytest.raises(ValueError, match=f"brainpoolP256r1, the peer on {other}"):
                        own.agree(form)
                # A blob without the curve's name is taken for one on the own curve.
                with pytest.raises((nc.NCryptError, ValueError)):
                    own.agree(peer.export("ECCPUBLICBLOB"))
                assert nc.live_handles() == before


def test_blobs_of_keys_that_sign_are_no_peers(provider):
    with (
        provider.create_key("ECDH", curve="secP256k1") as own,
        provider.create_key("ECDSA", curve="secP256k1") as signs,
    ):
        with pytest.raises(ValueError, match="ECDSA key, which signs"):
            own.agree(signs.export("ECCPUBLICBLOB"))
        with pytest.raises(nc.NotSupportedError, match="the peer is an ECDSA key"):
            own.agree(signs)


def test_peers_without_a_curve(provider):
    """What does not say its curve is on that of the key, which needs a name then."""
    with provider.create_key("ECDH_P256") as plain:
        whole = bytearray(plain.export("ECCFULLPUBLICBLOB"))
        whole[28:32] = (1).to_bytes(4, "little")
        whole[-64:-64] = b"s"  # the seed makes it another curve than P-256
    with provider.import_key(bytes(whole), "ECCFULLPUBLICBLOB") as peer:
        with provider.create_persisted_key("ECDH") as new:
            new.set_property("ECCParameters", whole[4:-64])
            with new.finalize() as own, own.agree(peer) as secret:
                assert len(secret.raw()) == 32
                with pytest.raises(ValueError, match="import it, and agree with that Key"):
                    own.agree(whole)
                with pytest.raises(ValueError, match="this key's curve has no name"):
                    own.agree(peer.export("ECCPUBLICBLOB"))
                with pytest.raises(nc.NotSupportedError, match="a curve that has no name"):
                    own.public_key_der()


@pytest.mark.parametrize("algorithm", ["AES", "PBKDF2"])
def test_keys_that_agree_with_nobody(provider, algorithm):
    with (
        provider.import_secret(algorithm, bytes(16)) as own,
        provider.create_key("ECDH_P256") as peer,
    ):
        with pytest.raises(nc.NotSupportedError, match=f"this is an? {algorithm} key"):
            own.agree(peer.public_key_der())
        with pytest.raises(nc.NotSupportedError, match=f"the peer is an? {algorithm} key"):
            peer.agree(own)


def test_curves_that_are_none(provider):
    for name in ("P-256", "secp256k1x", "numsP256t1"):
        with pytest.raises(nc.InvalidParameterError, match=f"no curve is named '{name}'"):
            provider.create_key("ECDSA", curve=name)


# ---- with the openssl command --------------------------------------------------------------------


@pytest.mark.parametrize("curve", SIGNING)
def test_signatures_with_openssl(provider, tmp_path, openssl, curve):
    """Both ways, with keys that move as PKCS #8 and SubjectPublicKeyInfo."""
    (tmp_path / "digest").write_bytes(DIGEST)
    with provider.create_key("ECDSA", curve=curve) as key:
        (tmp_path / "public.der").write_bytes(key.public_key_der())
        (tmp_path / "signature").write_bytes(key.sign(DIGEST, encoding="der"))
    said = openssl("pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "public.der",
                   "-in", "digest", "-sigfile", "signature")  # fmt: skip
    assert b"Verified Successfully" in said
    named = ("-pkeyopt", "ec_param_enc:named_curve")
    where = ("-pkeyopt", f"ec_paramgen_curve:{openssl_name(curve)}", *named)
    openssl("genpkey", "-algorithm", "EC", *where, "-outform", "DER", "-out", "plain.der")
    openssl("pkcs8", "-topk8", "-nocrypt", "-inform", "DER", "-outform", "DER",
            "-in", "plain.der", "-out", "theirs.der")  # fmt: skip
    openssl("pkeyutl", "-sign", "-keyform", "DER", "-inkey", "theirs.der", "-in", "digest",
            "-out", "theirs")  # fmt: skip
    blob = (tmp_path / "theirs.der").read_bytes()
    with provider.import_key(blob, "PKCS8_PRIVATEKEY", export_policy=PLENTY) as key:
        assert key.curve == curve
        key.verify(DIGEST, (tmp_path / "theirs").read_bytes(), encoding="der")
        (tmp_path / "ours.der").write_bytes(key.export("PKCS8_PRIVATEKEY"))
    for name in ("theirs.der", "ours.der"):
        openssl("pkey", "-inform", "DER", "-in", name, "-pubout", "-outform", "DER",
                "-out", f"{name}.public")  # fmt: skip
    assert (tmp_path / "ours.der.public").read_bytes() == (
        tmp_path / "theirs.der.public"
    ).read_bytes()


def test_agreement_with_openssl(provider, tmp_path, openssl, curve):
    kind = ("-algorithm", "X25519")
    if curve != "curve25519":
        kind = ("-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{openssl_name(curve)}",
                "-pkeyopt", "ec_param_enc:named_curve")  # fmt: skip
    openssl("genpkey", *kind, "-out", "plain.pem")
    openssl("pkey", "-in", "plain.pem", "-pubout", "-outform", "DER", "-out", "public.der")
    with provider.create_key("ECDH", curve=curve) as key:
        (tmp_path / "ours.der").write_bytes(key.public_key_der())
        with key.agree((tmp_path / "public.der").read_bytes()) as secret:
            ours = secret.raw()
    openssl("pkeyutl", "-derive", "-inkey", "plain.pem", "-peerform", "DER", "-peerkey", "ours.der",
            "-out", "secret")  # fmt: skip
    assert (tmp_path / "secret").read_bytes() == ours


@pytest.mark.parametrize("form", ["named_curve", "explicit"])
def test_no_keys_of_sm2(provider, tmp_path, openssl, form):
    """libcrypto makes keys of another kind of them, which do not sign by ECDSA."""
    made = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2",
                   "-pkeyopt", f"ec_param_enc:{form}")  # fmt: skip
    with pytest.raises(nc.NotSupportedError):
        provider.import_pkcs8(made)
