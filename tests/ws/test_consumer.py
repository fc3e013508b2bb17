# SPDX-License-Identifier: MIT
"""Key handles in the hands of other native code: consumer.c, compiled here."""

import ctypes
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import ncrypt_ext as nc
from ncrypt_ext import capi, ws

pytest.importorskip("cryptography")
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, utils

SOURCE = Path(__file__).with_name("consumer.c")
WRONG_TYPE = 0x7001
CLOSED = 0x80090026  # NTE_INVALID_HANDLE


@pytest.fixture(scope="module")
def consumer(tmp_path_factory):
    if sys.platform == "win32":
        pytest.skip("the compiler of Windows is not looked for")
    compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()
    if shutil.which(compiler[0]) is None:
        pytest.skip(f"there is no compiler {compiler[0]}")
    library = tmp_path_factory.mktemp("consumer") / "libconsumer.so"
    folder = nc.get_library_dir()
    command = [*compiler, "-std=c11", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-O1"]
    command += [f"-I{nc.get_include()}", str(SOURCE), "-o", str(library)]
    command += [f"-L{folder}", "-lncrypt_ext_core", f"-Wl,-rpath,{folder}"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded = ctypes.CDLL(str(library))
    for name in ("consumer_type", "consumer_secret", "consumer_sign", "consumer_sign_capi"):
        getattr(loaded, name).restype = ctypes.c_long
    return loaded


def given(function, handle, *arguments):
    """What the function writes; a status that is not 0 is returned instead."""
    out, size = ctypes.create_string_buffer(1024), ctypes.c_uint32(1024)
    address = ctypes.c_void_p(handle if isinstance(handle, int) else handle.address)
    status = function(address, *arguments, out, ctypes.byref(size))
    return out.raw[: size.value] if status == 0 else status & 0xFFFFFFFF


def verify(public_pem, signature, digest):
    key = serialization.load_pem_public_key(public_pem.encode())
    algorithm = utils.Prehashed(hashes.SHA256())
    key.verify(signature, digest, padding.PKCS1v15(), algorithm)


def test_type(consumer, rsa_key):
    with ws.NCryptKeyHandle(rsa_key) as handle:
        assert consumer.consumer_type(ctypes.c_void_p(handle.address)) == handle.type == 2
    with ws.RawSymmetricKeyHandle(b"secret") as handle:
        assert consumer.consumer_type(ctypes.c_void_p(handle.address)) == handle.type == 1


def test_signs(consumer, rsa_key, digest):
    with ws.NCryptKeyHandle(rsa_key) as handle:
        signature = given(consumer.consumer_sign, handle, digest)
    assert signature == rsa_key.sign(digest, padding=nc.PKCS1("SHA256"))
    verify(rsa_key.public_key_pem(), signature, digest)


def test_signs_after_the_key_was_closed(consumer, provider, rsa_blob, digest):
    """Nobody but the key handle keeps the key."""
    key = provider.import_key(rsa_blob, "RSAFULLPRIVATEBLOB")
    public, number = key.public_key_pem(), key.handle
    handle = ws.NCryptKeyHandle(key)
    key.close()
    provider.close()
    del key
    verify(public, given(consumer.consumer_sign, handle, digest), digest)
    native = (ctypes.c_size_t * 2)(2, number)  # a copy: in the structure nothing is left
    handle.close()
    assert given(consumer.consumer_sign, ctypes.addressof(native), digest) == CLOSED


def test_secret(consumer):
    with ws.RawSymmetricKeyHandle(b"\0secret\xff") as handle:
        assert given(consumer.consumer_secret, handle) == b"\0secret\xff"


def test_signs_by_cryptoapi(consumer, home, digest):
    with capi.Context("consumer", new=True) as context:
        context.generate_key(capi.KeySpec.SIGNATURE, length=2048).close()
        with ws.CapiKeyHandle(context, capi.KeySpec.SIGNATURE) as handle:
            signature = given(consumer.consumer_sign_capi, handle, digest)
        with context.to_ncrypt(capi.KeySpec.SIGNATURE) as key:
            verify(key.public_key_pem(), signature[::-1], digest)


def test_wrong_types(consumer, rsa_key, digest):
    with ws.NCryptKeyHandle(rsa_key) as handle, ws.RawSymmetricKeyHandle(b"secret") as raw:
        assert given(consumer.consumer_secret, handle) == WRONG_TYPE
        assert given(consumer.consumer_sign, raw, digest) == WRONG_TYPE
        assert given(consumer.consumer_sign_capi, raw, digest) == WRONG_TYPE


def test_closed(consumer, rsa_key, digest):
    """Zeros are no type, so a check of the type finds out."""
    handle = ws.NCryptKeyHandle(rsa_key)
    address = handle.address
    handle.close()
    assert given(consumer.consumer_sign, address, digest) == WRONG_TYPE
