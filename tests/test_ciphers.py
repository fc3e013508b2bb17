# SPDX-License-Identifier: MIT
"""Symmetric keys: modes as objects, the chain of a key object, padding, threads, blobs."""

import copy
import pickle
import subprocess
import threading

import pytest
from cryptography.hazmat.primitives import padding as paddings
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

import ncrypt_ext as nc
from ncrypt_ext import ciphers, properties
from ncrypt_ext.ciphers import CBC, CFB, ECB, CipherMode

try:
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
except ImportError:  # before 43
    TripleDES = algorithms.TripleDES
try:
    from cryptography.hazmat.decrepit.ciphers.modes import CFB8
except ImportError:
    CFB8 = modes.CFB8

PLAIN = nc.ExportPolicy.ALLOW_PLAINTEXT_EXPORT
KINDS = [("AES", 128), ("AES", 192), ("AES", 256), ("3DES", 192), ("3DES_112", 128)]
IV = bytes(range(16))


def block_of(algorithm):
    return 16 if algorithm == "AES" else 8


@pytest.fixture
def aes(provider):
    with provider.create_key("AES", length=256, export_policy=PLAIN) as key:
        yield key


def secret_of(key):
    return key.export("KeyDataBlob")[12:]


def theirs(algorithm, secret, mode):
    """The same cipher of cryptography; of two keys of 3DES the first one is the third, too."""
    if algorithm != "AES":
        secret = (secret + secret[:8])[:24]
    cipher = algorithms.AES(secret) if algorithm == "AES" else TripleDES(secret)
    theirs = {ECB: lambda: modes.ECB(), CBC: lambda: modes.CBC(mode.iv), CFB: lambda: CFB8(mode.iv)}
    return Cipher(cipher, theirs[type(mode)]())


def pad(algorithm, data):
    padder = paddings.PKCS7(block_of(algorithm) * 8).padder()
    return padder.update(data) + padder.finalize()


def all_modes(algorithm):
    iv = IV[: block_of(algorithm)]
    return [
        ECB(), ECB(False), CBC(iv), CBC(iv, False), CFB(iv), CFB(iv, True),
    ]  # fmt: skip


@pytest.mark.parametrize(("algorithm", "bits"), KINDS)
def test_both_directions(provider, algorithm, bits):
    with provider.create_key(algorithm, length=bits, export_policy=PLAIN) as key:
        assert (key.length, key.block_length) == (bits, block_of(algorithm))
        secret = secret_of(key)
        for mode in all_modes(algorithm):
            for size in (0, 1, 15, 16, 17, 64, 1000):
                data = bytes(index % 251 for index in range(size))
                if not mode.padded and not isinstance(mode, CFB):
                    data = data[: size - size % block_of(algorithm)]
                other = theirs(algorithm, secret, mode)
                encryptor, decryptor = other.encryptor(), other.decryptor()
                cipher = key.encrypt(data, mode)
                expected = pad(algorithm, data) if mode.padded else data
                assert cipher == encryptor.update(expected) + encryptor.finalize()
                assert decryptor.update(cipher) + decryptor.finalize() == expected
                if data or mode.padded:
                    assert key.decrypt(cipher, mode) == data


@pytest.mark.parametrize(
    ("name", "mode"),
    [("ecb", ECB()), ("cbc", CBC(IV)), ("cbc", CBC(IV, False)), ("cfb8", CFB(IV))],
    ids=repr,
)
def test_the_command_of_openssl(aes, name, mode):
    command = ["openssl", "enc", f"-aes-256-{name}", "-K", secret_of(aes).hex()]
    if mode.iv is not None:
        command += ["-iv", mode.iv.hex()]
    if not mode.padded:
        command.append("-nopad")
    data = b"a multiple of sixteen bytes" + bytes(21)

    def run(value, *more):
        return subprocess.run(
            [*command, *more], input=value, capture_output=True, check=True
        ).stdout

    assert run(data) == aes.encrypt(data, mode)
    assert aes.decrypt(run(data), mode) == data
    assert run(aes.encrypt(data, mode), "-d") == data


# ---- modes as objects ----------------------------------------------------------------------------

MODES = [ECB(), ECB(False), CBC(IV), CBC(IV, False), CBC(IV[:8]), CFB(IV), CFB(IV, True)]


@pytest.mark.parametrize("mode", MODES, ids=repr)
def test_values(mode):
    for twin in (pickle.loads(pickle.dumps(mode)), copy.copy(mode)):
        assert twin == mode
        assert hash(twin) == hash(mode)
    assert eval(repr(mode), vars(ciphers)) == mode
    assert [other == mode for other in MODES].count(True) == 1
    with pytest.raises(AttributeError):
        mode.iv = b""


def test_attributes():
    assert (ECB().iv, ECB().padded, ECB(padded=False).padded) == (None, True, False)
    assert (CBC(bytearray(IV)).iv, CBC(IV).padded, CFB(IV).padded) == (IV, True, False)
    with pytest.raises(AttributeError, match="is constant"):
        del CBC(IV).iv
    assert CBC(IV) != (IV, True)


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: CipherMode(), TypeError, "use ECB, CBC or CFB"),
        (lambda: CBC(), TypeError, "argument"),
        (lambda: CBC("0123456789abcdef"), TypeError, "iv must be a bytes-like object, not 'str'"),
        (lambda: CFB(None), TypeError, "iv must be a bytes-like object, not 'NoneType'"),
        (lambda: CBC(IV[:15]), ValueError, "16 bytes for AES and 8 for 3DES, not 15"),
        (lambda: CFB(b""), ValueError, "not 0"),
    ],
)
def test_checked_when_made(make, error, match):
    with pytest.raises(error, match=match):
        make()


def test_the_right_kind_for_each_key(aes, rsa_key, ec_key):
    with pytest.raises(TypeError, match="is for symmetric keys"):
        rsa_key.encrypt(b"data", ECB())
    for wrong in (nc.OAEP("SHA256"), nc.RAW, "ECB", ECB):
        with pytest.raises(TypeError, match="a symmetric key encrypts with ECB"):
            aes.encrypt(b"data", wrong)
    with pytest.raises(TypeError, match="is for symmetric keys"):
        ec_key.encrypt(b"data", ECB())
    with pytest.raises(TypeError, match="padding must be PKCS1, PSS or PQDSA, not 'ECB'"):
        rsa_key.sign(bytes(32), ECB())
    with pytest.raises(nc.NotSupportedError):
        aes.sign(bytes(32))
    with pytest.raises(nc.InvalidParameterError, match="a block of the cipher 16"):
        aes.encrypt(b"data", CBC(IV[:8]))


# ---- the chain of a key object -------------------------------------------------------------------


def test_piece_by_piece(aes):
    data = bytes(range(64))
    assert (aes.chaining_mode, aes.iv) == (properties.CHAIN_MODE_CBC, None)
    with pytest.raises(nc.InvalidParameterError, match="vector has not been set"):
        aes.encrypt(data)
    aes.iv = IV
    cipher = b"".join(aes.encrypt(data[index : index + 16]) for index in range(0, 64, 16))
    assert cipher == aes.encrypt(data, CBC(IV, False))
    assert aes.iv == cipher[-16:]
    aes.iv = bytearray(IV)
    assert aes.decrypt(cipher[:32]) + aes.decrypt(cipher[32:]) == data
    aes.chaining_mode, aes.iv = properties.CHAIN_MODE_CFB, IV
    cipher = b"".join(aes.encrypt(data[index : index + 1]) for index in range(64))
    assert cipher == aes.encrypt(data, CFB(IV))


def test_a_mode_leaves_the_chain_alone(aes):
    aes.iv = IV
    whole = aes.encrypt(bytes(48), CBC(IV, False))
    first = aes.encrypt(bytes(16))
    for mode in all_modes("AES"):
        aes.encrypt(bytes(32), mode)
        with pytest.raises(nc.InvalidParameterError):
            aes.encrypt(b"data", CBC(IV[:8]))
        assert aes.chaining_mode == properties.CHAIN_MODE_CBC
    assert first + aes.encrypt(bytes(32)) == whole


def test_what_is_refused(aes):
    with pytest.raises(nc.NotSupportedError, match="'ChainingModeGCM' is not supported"):
        aes.chaining_mode = "ChainingModeGCM"
    with pytest.raises(TypeError, match="chaining_mode must be a str"):
        aes.chaining_mode = 1
    with pytest.raises(nc.InvalidParameterError, match="15 bytes"):
        aes.iv = IV[:15]
    for wrong in ("1234567", 1, None):  # the str would have 16 bytes, as UTF-16 with its NUL
        with pytest.raises(TypeError, match="iv must be a bytes-like object, not"):
            aes.iv = wrong
    assert aes.iv is None
    with pytest.raises(nc.InvalidParameterError, match="17 bytes are not whole blocks of 16"):
        aes.encrypt(bytes(17), ECB(False))
    with pytest.raises(nc.BadDataError, match="cannot be decrypted with this key"):
        aes.decrypt(aes.encrypt(bytes(16), ECB(False)), ECB())
    with pytest.raises(nc.InvalidParameterError):
        aes.decrypt(b"", CBC(IV))


def test_other_keys_have_no_chain(rsa_key, ec_key):
    for key in (rsa_key, ec_key):
        assert (key.chaining_mode, key.iv) == (None, None)
        with pytest.raises(nc.NotSupportedError):
            key.iv = IV


def test_into(aes):
    buffer = bytearray(64)
    mode = CBC(IV)
    size = aes.encrypt_into(b"data", buffer, mode)
    assert (size, bytes(buffer[:16])) == (16, aes.encrypt(b"data", mode))
    out = bytearray(4)
    assert aes.decrypt_into(buffer[:16], out, mode) == 4
    assert out == b"data"
    with pytest.raises(nc.BufferTooSmallError, match="up to 16 bytes"):
        aes.encrypt_into(b"data", bytearray(15), mode)
    with pytest.raises(nc.BufferTooSmallError, match="up to 4 bytes"):
        aes.decrypt_into(buffer[:16], bytearray(3), mode)


def test_in_place(aes):
    buffer = bytearray(range(64))
    aes.encrypt_into(buffer, buffer, CBC(IV, False))
    assert bytes(buffer) == aes.encrypt(bytes(range(64)), CBC(IV, False))
    aes.decrypt_into(buffer, buffer, CBC(IV, False))
    assert buffer == bytes(range(64))


def test_closed(aes):
    aes.close()
    for use in (
        lambda: aes.encrypt(b"", ECB()),
        lambda: aes.decrypt(b""),
        lambda: aes.chaining_mode,
        lambda: aes.iv,
    ):
        with pytest.raises(nc.ClosedHandleError):
            use()


def test_threads_with_different_modes(aes):
    data = bytes(range(200))
    every = [mode for mode in all_modes("AES") if mode.padded or isinstance(mode, CFB)]
    expected = {mode: aes.encrypt(data, mode) for mode in every}
    wrong = []

    def work(first):
        for index in range(200):
            mode = every[(first + index) % len(every)]
            if aes.encrypt(data, mode) != expected[mode]:
                wrong.append(mode)
            if aes.decrypt(expected[mode], mode) != data:
                wrong.append(mode)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# ---- stored, imported, exported ------------------------------------------------------------------


@pytest.mark.parametrize(("algorithm", "bits"), KINDS)
def test_stored(provider, algorithm, bits):
    mode = CBC(IV[: block_of(algorithm)])
    with provider.create_key(algorithm, "for storage", length=bits) as key:
        cipher = key.encrypt(b"two apples", mode)
        assert key.algorithm == algorithm
        with pytest.raises(nc.NotSupportedError, match="export policy"):
            key.export("CipherKeyBlob")
    assert [(info.name, info.algorithm) for info in provider.keys()] == [("for storage", algorithm)]
    with provider.open_key("for storage") as key:
        assert (key.length, key.iv) == (bits, None)
        assert key.decrypt(cipher, mode) == b"two apples"


def test_default_lengths(provider):
    for algorithm, bits in (("AES", 128), ("3DES", 192), ("3DES_112", 128)):
        with provider.create_key(algorithm) as key:
            assert key.length == bits
            assert key.lengths.default == bits
    with pytest.raises(nc.InvalidParameterError):
        provider.create_key("AES", length=160)


def test_blobs(provider, aes):
    for name in (None, "imported"):
        blob = aes.export(properties.CIPHER_KEY_BLOB)
        with provider.import_key(blob, "CipherKeyBlob", name=name, export_policy=PLAIN) as key:
            assert (key.algorithm, key.length, key.name) == ("AES", 256, name)
            assert key.export("CipherKeyBlob") == blob
            assert key.decrypt(aes.encrypt(b"data", ECB()), ECB()) == b"data"
    with provider.create_persisted_key("AES") as new:
        new.set_property(properties.KEY_DATA_BLOB, aes.export(properties.KEY_DATA_BLOB))
        assert new.length == 256
        with new.finalize() as key:
            assert key.decrypt(aes.encrypt(b"data", ECB()), ECB()) == b"data"
    with pytest.raises(nc.NotSupportedError, match="does not name its algorithm"):
        provider.import_key(aes.export("KeyDataBlob"), "KeyDataBlob")
    with pytest.raises(nc.BadDataError):
        provider.import_key(blob[:-1], "CipherKeyBlob")


@pytest.mark.parametrize(("algorithm", "bits"), KINDS)
@pytest.mark.parametrize("name", [None, "imported"])
def test_of_a_secret(provider, algorithm, bits, name):
    secret = bytes(range(bits // 8))
    with provider.import_secret(
        algorithm, bytearray(secret), name, export_policy=PLAIN, properties={"about": "partner"}
    ) as key:
        assert (key.algorithm, key.length, key.name) == (algorithm, bits, name)
        assert secret_of(key) == secret
        assert key.get_property("about") == "partner\0".encode("utf-16-le")


def test_clones(provider):
    usage = nc.KeyUsage.ALLOW_DECRYPT
    with provider.create_key("3DES", export_policy=PLAIN, usage=usage) as key:
        cipher = key.encrypt(b"data", ECB())
        with provider.clone_key(key, name="copy") as copy, provider.clone_key(copy) as again:
            assert (copy.algorithm, copy.name, copy.usage) == ("3DES", "copy", usage)
            assert copy.decrypt(cipher, ECB()) == again.decrypt(cipher, ECB()) == b"data"
            assert again.export_policy == PLAIN
        with pytest.raises(nc.KeyExistsError):
            provider.clone_key(key, name="copy")
    with provider.import_secret("HKDF", b"secret", export_policy=PLAIN) as key:
        with provider.clone_key(key, export_policy=0) as copy:
            assert copy.derive(32, hash_name="SHA256") == key.derive(32, hash_name="SHA256")
            with pytest.raises(nc.NotSupportedError, match="export policy"):
                provider.clone_key(copy)


def test_secrets_that_are_none(provider):
    with provider.import_secret("AES", bytes(16)) as key, pytest.raises(nc.NotSupportedError):
        key.export("CipherKeyBlob")
    for size in (0, 15, 17, 64):
        with pytest.raises(nc.InvalidParameterError, match="cannot have"):
            provider.import_secret("AES", bytes(size))
    with pytest.raises(TypeError, match="secret must be a bytes-like object, not 'str'"):
        provider.import_secret("AES", "0123456789abcdef")
    with pytest.raises(nc.NotSupportedError, match="cannot hold keys of 'DES'"):
        provider.import_secret("DES", bytes(8))


def test_a_key_without_leave_to_decrypt(provider):
    with provider.create_key("AES", usage=nc.KeyUsage.ALLOW_SIGNING) as key:
        cipher = key.encrypt(b"data", ECB())
        with pytest.raises(PermissionError):
            key.decrypt(cipher, ECB())


def test_a_secret_without_leave_to_decrypt(provider):
    usage = nc.KeyUsage.ALLOW_SIGNING
    for name in (None, "secret"):
        with provider.import_secret("AES", bytes(16), name, usage=usage) as key:
            assert key.usage == usage
            with pytest.raises(PermissionError):
                key.decrypt(bytes(16), ECB(padded=False))
    with provider.import_secret("HKDF", b"root", usage=usage) as key:
        assert key.usage == usage


def test_algorithms(provider):
    found = {info.name: info for info in provider.algorithms(nc.AlgorithmOperation.CIPHER)}
    assert set(found) == {"AES", "3DES", "3DES_112"}
    assert found["AES"].algorithm_class == nc.AlgorithmClass.CIPHER
    for absent in ("DES", "DESX", "RC2"):
        assert not provider.is_algorithm_supported(absent)


def test_a_secret_that_is_too_long(provider):
    for size in (33, 1025, 1 << 20):
        with pytest.raises(nc.InvalidParameterError, match=f"cannot have {size} bytes"):
            provider.import_secret("AES", bytes(size))
