# SPDX-License-Identifier: MIT
"""Keys that agree on a secret, and what is derived of it: held against cryptography and hashlib."""

import pytest

pytest.importorskip("cryptography", reason="the extra cryptography is not installed")

from cryptography.hazmat.primitives.asymmetric import ec, rsa

import ncrypt_ext as nc

from .agreement import (
    CURVES,
    HASHES,
    SHORT,
    concatenation,
    digest,
    extract_and_expand,
    mac,
    plain_key,
    private_blob,
    public_blob,
    public_of,
    spki,
    tls_prf,
)

SEED = bytes(range(64))
INFOS = {"algorithm_id": b"\0\0\0\7A256GCM", "party_u_info": b"u", "party_v_info": b""}
SUPPLEMENTS = {"supp_pub_info": b"\0\0\1\0", "supp_priv_info": b"private"}
AGREES = nc.KeyUsage.ALLOW_KEY_AGREEMENT


@pytest.fixture(params=list(CURVES))
def curve(request):
    return request.param


@pytest.fixture
def key(provider, curve):
    with provider.create_key(f"ECDH_{curve}") as key:
        yield key


@pytest.fixture
def peer(curve):
    return plain_key(curve)


@pytest.fixture
def agreed(key, peer):
    """A secret, and what cryptography has for it, with its own private key."""
    with key.agree(spki(peer.public_key())) as secret:
        yield secret, peer.exchange(ec.ECDH(), public_of(key))


@pytest.fixture
def p256(provider):
    with provider.create_key("ECDH_P256") as key:
        yield key


@pytest.fixture
def secret(p256):
    with p256.agree(p256) as secret:
        yield secret


# ---- the secret itself ---------------------------------------------------------------------------


def test_raw(agreed, curve):
    secret, expected = agreed
    assert secret.raw() == expected
    assert len(expected) == (CURVES[curve].key_size + 7) // 8
    assert secret.raw() == expected  # not used up


def test_raw_is_truncate_reversed(agreed):
    secret, expected = agreed
    assert secret.derive("TRUNCATE") == expected[::-1]
    assert secret.derive("TRUNCATE", 5) == expected[::-1][:5]


def test_the_other_direction(provider, curve):
    """The private key is one that cryptography made, the public one the engine's."""
    ours = plain_key(curve)
    with (
        provider.import_key(private_blob(ours, curve), "ECCPRIVATEBLOB") as key,
        provider.create_key(f"ECDH_{curve}") as other,
        key.agree(other) as one,
        other.agree(key) as two,
    ):
        assert one.raw() == two.raw() == ours.exchange(ec.ECDH(), public_of(other))


def test_leading_zeros_stay(provider, curve):
    ours, theirs = plain_key(curve, 17), plain_key(curve, SHORT[curve])
    expected = ours.exchange(ec.ECDH(), theirs.public_key())
    with (
        provider.import_key(private_blob(ours, curve), "ECCPRIVATEBLOB") as key,
        key.agree(theirs.public_key()) as secret,
    ):
        assert secret.raw() == expected
        assert expected[0] == 0
        assert secret.derive("HASH") == digest("SHA256", expected)


def test_stored_keys(provider, curve, peer):
    with provider.create_key(f"ECDH_{curve}", "stored") as key:
        with key.agree(peer.public_key()) as secret:
            expected = secret.raw()
    with provider.open_key("stored") as key, key.agree(peer.public_key()) as secret:
        assert secret.raw() == expected == peer.exchange(ec.ECDH(), public_of(key))


@pytest.mark.parametrize(
    "form",
    [
        lambda public, curve: public,
        lambda public, curve: spki(public),
        lambda public, curve: bytearray(spki(public)),
        lambda public, curve: public_blob(public, curve),
        lambda public, curve: memoryview(public_blob(public, curve)),
    ],
    ids=["cryptography", "DER", "bytearray", "blob", "memoryview"],
)
def test_forms_of_a_peer(key, peer, curve, form):
    with key.agree(form(peer.public_key(), curve)) as secret:
        assert secret.raw() == peer.exchange(ec.ECDH(), public_of(key))


def test_peer_is_an_imported_public_key(provider, key, peer, curve):
    blob = public_blob(peer.public_key(), curve)
    with provider.import_key(blob, "ECCPUBLICBLOB") as other, key.agree(other) as secret:
        assert secret.raw() == peer.exchange(ec.ECDH(), public_of(key))


# ---- derivations ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HASHES)
@pytest.mark.parametrize("around", [{}, {"prepend": b"before"}, {"append": b"after"},
                                    {"prepend": b"before", "append": b"after"}])  # fmt: skip
def test_hash(agreed, name, around):
    secret, z = agreed
    data = around.get("prepend", b"") + z + around.get("append", b"")
    assert secret.derive("HASH", hash_name=name, **around) == digest(name, data)


@pytest.mark.parametrize("name", HASHES)
@pytest.mark.parametrize("around", [{}, {"prepend": b"before", "append": b"after"}])
@pytest.mark.parametrize("mac_key", [None, b"", b"k", bytes(200)])
def test_hmac(agreed, name, around, mac_key):
    """Without a key the secret is the key."""
    secret, z = agreed
    data = around.get("prepend", b"") + z + around.get("append", b"")
    expected = mac(name, z if mac_key is None else mac_key, data)
    assert secret.derive("HMAC", hash_name=name, hmac_key=mac_key, **around) == expected


@pytest.mark.parametrize(
    ("protocol", "name"),
    [(0x0301, None), (0x0302, None), (0x0303, "SHA256"), (0x0303, "SHA384")],
)
def test_tls_prf(agreed, protocol, name):
    secret, z = agreed
    got = secret.derive("TLS_PRF", label=b"master secret", seed=SEED, protocol=protocol,
                        hash_name=name)  # fmt: skip
    assert got == tls_prf(protocol, name, z, b"master secret" + SEED)


@pytest.mark.parametrize("name", HASHES)
@pytest.mark.parametrize("length", [1, 16, 32, 64, 200])
@pytest.mark.parametrize("more", [{}, SUPPLEMENTS])
def test_concatenation(agreed, name, length, more):
    secret, z = agreed
    got = secret.derive("SP800_56A_CONCAT", length, hash_name=name, **INFOS, **more)
    info = b"".join([*INFOS.values(), *more.values()])
    assert got == concatenation(name, z, length, info)


@pytest.mark.parametrize("name", HASHES)
@pytest.mark.parametrize(("salt", "info"), [(None, None), (b"salt", b"info"), (bytes(200), b"")])
def test_hkdf(agreed, name, salt, info):
    secret, z = agreed
    for length in (1, 32, 200):
        got = secret.derive("HKDF", length, hash_name=name, salt=salt, info=info)
        assert got == extract_and_expand(name, z, length, salt, info)


def test_hkdf_takes_one_salt(secret):
    """The extraction is a state of the native secret."""
    secret.derive("HKDF", 32, salt=b"salt", info=b"one")
    secret.derive("HKDF", 32, salt=bytearray(b"salt"), info=b"two", hash_name="SHA256")
    for other in ({"salt": b"other"}, {}, {"salt": b"salt", "hash_name": "SHA384"}):
        with pytest.raises(ValueError, match="one hash and one salt"):
            secret.derive("HKDF", 32, **other)


def test_sha256_is_the_default(agreed):
    """Windows' own is SHA1."""
    secret, z = agreed
    assert secret.derive("HASH") == digest("SHA256", z)
    assert secret.derive("HMAC", hmac_key=b"k") == mac("SHA256", b"k", z)
    expanded = extract_and_expand("SHA256", z, 16, None, None)
    assert secret.derive(nc.properties.KDF_HKDF, 16) == expanded


def test_parameters_are_any_bytes(agreed):
    secret, z = agreed
    got = secret.derive("HASH", prepend=bytearray(b"a"), append=memoryview(b"xbx")[1:2])
    assert got == digest("SHA256", b"a" + z + b"b")


@pytest.mark.parametrize(
    ("kdf", "longest", "more"),
    [
        ("HASH", 32, {}),
        ("HMAC", 64, {"hash_name": "SHA512"}),
        ("TRUNCATE", 32, {}),
    ],
)
def test_lengths(secret, kdf, longest, more):
    whole = secret.derive(kdf, **more)
    assert len(whole) == longest
    for length in (longest, longest - 1, 1):
        assert secret.derive(kdf, length, **more) == whole[:length]
    with pytest.raises(ValueError, match=f"{longest} bytes"):
        secret.derive(kdf, longest + 1, **more)


def test_tls_prf_has_one_length(secret):
    given = {"label": b"l", "seed": SEED}
    assert secret.derive("TLS_PRF", 48, **given) == secret.derive("TLS_PRF", **given)
    for length in (47, 49):
        with pytest.raises(ValueError, match=f"gives 48 bytes, not {length}"):
            secret.derive("TLS_PRF", length, **given)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("HASH", 0), ValueError, "length must be from 1"),
        (("HASH", -1), ValueError, "length must fit"),
        (("HASH", "32"), TypeError, "length must be an int"),
        (("HKDF",), ValueError, "a length must be given"),
        ((b"HASH",), TypeError, "kdf"),
        (("HA\0SH",), ValueError, "kdf"),
    ],
)
def test_bad_arguments(secret, arguments, error, message):
    with pytest.raises(error, match=message):
        secret.derive(*arguments)


@pytest.mark.parametrize(
    ("kdf", "more", "error", "message"),
    [
        ("HASH", {"hmac_key": b""}, ValueError, "no parameter hmac_key: it takes hash_name, pre"),
        ("TRUNCATE", {"hash_name": "SHA256"}, ValueError, "it takes no parameters"),
        ("TLS_PRF", {"label": b"l"}, ValueError, "needs seed"),
        ("TLS_PRF", {"seed": SEED}, ValueError, "needs label"),
        ("TLS_PRF", {"label": b"", "seed": SEED[1:]}, ValueError, "64 bytes"),
        ("TLS_PRF", {"label": b"", "seed": SEED, "protocol": "1.2"}, TypeError, "protocol"),
        ("SP800_56A_CONCAT", {**INFOS, "party_v_info": None}, ValueError, "needs party_v_info"),
        ("SP800_56A_CONCAT", {**INFOS, "salt": b""}, ValueError, "no parameter salt"),
        ("HKDF", {"salt": "text"}, TypeError, "salt must be a bytes-like object"),
        ("HASH", {"prepend": "text"}, TypeError, "prepend must be a bytes-like object"),
        ("HASH", {"hash_name": 256}, TypeError, "hash_name"),
        ("HKDF", {"hash_name": 256}, TypeError, "hash_name must be a str, not 'int'"),
        ("OTHER", {"salt": b""}, ValueError, "salt is a parameter of HKDF"),
    ],
)
def test_bad_parameters(secret, kdf, more, error, message):
    with pytest.raises(error, match=message):
        secret.derive(kdf, 48 if kdf == "TLS_PRF" else 16, **more)


@pytest.mark.parametrize("kdf", ["HASH", "HMAC"])
def test_hashes_that_are_none(secret, kdf):
    """Without a length it is the digest's."""
    with pytest.raises(ValueError, match="a digest of 'NONE', whose length is not known"):
        secret.derive(kdf, hash_name="NONE")
    with pytest.raises(TypeError, match="hash_name must be a str, not 'bytes'"):
        secret.derive(kdf, hash_name=b"SHA256")


def test_what_the_provider_refuses(secret):
    for arguments in ({"kdf": "OTHER"}, {"kdf": "HASH", "hash_name": "NONE"}):
        with pytest.raises(nc.NCryptError) as caught:
            secret.derive(length=16, **arguments)
        assert caught.value.function == "NCryptDeriveKey"
    secret.raw()


def test_too_many_parameters(secret):
    """Of one that is not known here everything is handed on."""
    everything = dict.fromkeys(
        ("prepend", "append", "hmac_key", "label", "seed", *INFOS, *SUPPLEMENTS, "info"), b""
    )
    with pytest.raises(ValueError, match="too many parameters"):
        secret.derive("OTHER", 16, **everything)


# ---- keys ----------------------------------------------------------------------------------------


def test_other_curves(provider, p256):
    other = plain_key("P384").public_key()
    for form in (other, spki(other), public_blob(other, "P384")):
        with pytest.raises(ValueError, match="on nistP256, the peer on nistP384"):
            p256.agree(form)
    with provider.create_key("ECDH_P521") as key, pytest.raises(ValueError, match="521"):
        p256.agree(key)


def test_keys_that_sign(provider, p256, ec_key, rsa_key):
    for one, two, role in ((ec_key, p256, "this"), (p256, ec_key, "the peer"),
                           (rsa_key, p256, "this"), (p256, rsa_key, "the peer")):  # fmt: skip
        with pytest.raises(nc.NotSupportedError, match=f"{role} is an .* created as ECDH_P256"):
            one.agree(two)
    with pytest.raises(ValueError, match="ECDSA key, which signs"):
        p256.agree(ec_key.export("ECCPUBLICBLOB"))
    # The DER form does not tell what a key is for.
    with p256.agree(ec_key.public_key_der()) as secret:
        assert len(secret.raw()) == 32


@pytest.mark.parametrize("junk", [b"", b"junk", b"ECK", bytes(91)])
def test_no_peer(p256, junk):
    with pytest.raises(ValueError, match="peer must be"):
        p256.agree(junk)


@pytest.mark.parametrize(
    "damage",
    [lambda blob: blob[:-1], lambda blob: blob + b"\0", lambda blob: blob[:8],
     lambda blob: blob[:-1] + bytes([blob[-1] ^ 1]), lambda blob: blob[:8] + bytes(64)],
    ids=["shorter", "longer", "head", "not on the curve", "zeros"],
)  # fmt: skip
def test_damaged_peers(p256, damage):
    blob = damage(public_blob(plain_key("P256").public_key(), "P256"))
    before = nc.live_handles()
    with pytest.raises(nc.NCryptError) as caught:
        p256.agree(blob)
    assert isinstance(caught.value, ValueError)
    assert caught.value.function == "NCryptImportKey"
    assert nc.live_handles() == before


@pytest.mark.parametrize("peer", [None, "text", 17, object()])
def test_peers_of_other_types(p256, peer):
    with pytest.raises(TypeError, match="peer must be"):
        p256.agree(peer)


def test_peers_of_cryptography_that_are_none(p256):
    for other in (plain_key("P256"), rsa.generate_private_key(65537, 2048).public_key()):
        with pytest.raises(TypeError, match="EC, X25519 or DH public key of cryptography"):
            p256.agree(other)


def test_usage(provider):
    with (
        provider.create_key("ECDH_P256", usage=AGREES) as agrees,
        provider.create_key("ECDH_P256", usage=nc.KeyUsage.ALLOW_SIGNING) as signs,
    ):
        agrees.agree(signs).close()
        signs.sign(bytes(32))
        with pytest.raises(nc.AccessDeniedError):
            signs.agree(agrees)
        with pytest.raises(nc.AccessDeniedError):
            agrees.sign(bytes(32))


def test_public_half(provider, p256):
    blob = p256.export("ECCPUBLICBLOB")
    with provider.import_key(blob, "ECCPUBLICBLOB") as public, pytest.raises(nc.NCryptError):
        public.agree(p256)


def test_signatures_of_a_key_that_agrees(key, digest):
    """Its signatures are those of ECDSA, which others verify."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

    signature = key.sign(digest, encoding="der")
    public_of(key).verify(signature, digest, ec.ECDSA(Prehashed(hashes.SHA256())))
    key.verify(digest, key.sign(digest))
    with pytest.raises(nc.InvalidSignatureError):
        key.verify(digest[::-1], key.sign(digest))


def test_what_it_is(provider, key, curve):
    assert key.algorithm == f"ECDH_{curve}"
    assert key.algorithm_group == "ECDH"
    found = {each.name for each in provider.algorithms(nc.AlgorithmOperation.SECRET_AGREEMENT)}
    assert key.algorithm in found
    assert provider.is_algorithm_supported(key.algorithm)
