# SPDX-License-Identifier: MIT
"""Bytes in, of every contiguous kind, and out."""

import array
import mmap

import pytest

import ncrypt_ext as nc

KINDS = {
    "bytes": bytes,
    "bytearray": bytearray,
    "memoryview": memoryview,
    "read-only slice": lambda data: memoryview(b"xx" + data + b"x")[2:-1],
    "array": lambda data: array.array("I", data),
    "subclass": type("Bytes", (bytes,), {}),
    "mmap": lambda data: mapped(data),
}


def mapped(data):
    memory = mmap.mmap(-1, len(data))
    memory.write(data)
    return memory


@pytest.mark.parametrize("kind", KINDS)
def test_inputs(ec_key, rsa_key, digest, kind):
    make = KINDS[kind]
    signature = ec_key.sign(make(digest))
    ec_key.verify(make(digest), make(signature))
    ciphertext = rsa_key.encrypt(make(digest), nc.OAEP("SHA256"))
    assert rsa_key.decrypt(make(ciphertext), nc.OAEP("SHA256")) == digest


@pytest.mark.parametrize("wrong", ["text", 17, None, [1, 2], 1.5])
def test_wrong_types_name_the_argument(ec_key, rsa_key, provider, digest, wrong):
    kind = type(wrong).__name__
    for argument, call in {
        "digest": lambda: ec_key.sign(wrong),
        "signature": lambda: ec_key.verify(digest, wrong),
        "digests": lambda: ec_key.sign_many([wrong]),
        "data": lambda: rsa_key.encrypt(wrong, nc.PKCS1()),
        "buffer": lambda: ec_key.sign_into(digest, wrong),
        "blob": lambda: provider.import_key(wrong, "ECCPUBLICBLOB"),
    }.items():
        with pytest.raises(
            TypeError, match=f"^{argument} must be a bytes-like object, not '{kind}'"
        ):
            call()


def test_not_contiguous(ec_key, digest):
    every_other = memoryview(digest * 2)[::2]
    with pytest.raises(BufferError, match="digest must be a contiguous"):
        ec_key.sign(every_other)
    with pytest.raises(BufferError, match="signature must be a contiguous"):
        ec_key.verify(digest, every_other)


def test_more_than_4_gib_is_refused(ec_key, rsa_key):
    """Of address space: nothing touches the memory."""
    try:
        huge = mmap.mmap(-1, (1 << 32) + 1, flags=mmap.MAP_PRIVATE)
    except (OSError, AttributeError, ValueError) as error:
        pytest.skip(f"no 4 GiB of address space: {error}")
    with huge:
        with pytest.raises(
            ValueError, match=r"digest is 4294967297 bytes long: the limit is 4 GiB"
        ):
            ec_key.sign(huge)
        with pytest.raises(ValueError, match="buffer is"):
            ec_key.sign_into(b"d" * 32, huge)


def test_buffers_are_given_back(ec_key, rsa_key, digest):
    """A resizable buffer that is still borrowed cannot be resized."""
    data = bytearray(digest)
    out = bytearray(64)
    ec_key.sign_into(data, out)
    ec_key.sign_many([data] * 3, threads=2)
    ec_key.verify(data, out)
    with pytest.raises(nc.InvalidSignatureError):
        ec_key.verify(data, bytearray(64))
    with pytest.raises(nc.BufferTooSmallError):
        ec_key.sign_into(data, out[:3])
    with pytest.raises(TypeError):
        ec_key.sign_into(data, "no buffer")
    with pytest.raises(TypeError):
        ec_key.sign_many([data, "no buffer"])
    data.append(0)
    out.append(0)


def test_sign_into(ec_key, digest):
    out = bytearray(b"\xee" * 80)
    assert ec_key.sign_into(digest, out) == 64
    assert out[64:] == b"\xee" * 16
    ec_key.verify(digest, out[:64])
    part = memoryview(out)[8:72]
    assert ec_key.sign_into(digest, part) == 64
    ec_key.verify(digest, part)
    with pytest.raises(nc.BufferTooSmallError, match="the signature has 64 bytes, the buffer 63"):
        ec_key.sign_into(digest, bytearray(63))
    with pytest.raises(BufferError, match="buffer must be a writable"):
        ec_key.sign_into(digest, bytes(64))


def test_encrypt_into_and_decrypt_into(rsa_key):
    padding = nc.OAEP("SHA256")
    ciphertext = bytearray(300)
    assert rsa_key.encrypt_into(b"secret", ciphertext, padding) == 256
    plaintext = bytearray(256)
    assert rsa_key.decrypt_into(ciphertext[:256], plaintext, padding) == 6
    assert plaintext[:6] == b"secret"
    with pytest.raises(nc.BufferTooSmallError, match="256 bytes, the buffer has 255"):
        rsa_key.encrypt_into(b"secret", bytearray(255), padding)
    with pytest.raises(BufferError, match="writable"):
        rsa_key.encrypt_into(b"secret", bytes(256), padding)


def test_empty_inputs(ec_key, rsa_key):
    for empty in (b"", bytearray(), memoryview(b"")):
        with pytest.raises((nc.NCryptError, nc.InvalidSignatureError)):
            ec_key.sign(empty)
        with pytest.raises((nc.NCryptError, nc.InvalidSignatureError)):
            ec_key.verify(b"d" * 32, empty)
        ec_key.set_property("empty", empty)
        assert ec_key.get_property("empty") == b""


def test_large_property(ec_key):
    value = bytes(range(256)) * 200
    ec_key.set_property("large", value)
    assert ec_key.get_property("large") == value
