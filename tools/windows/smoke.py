# SPDX-License-Identifier: MIT
"""Runs inside a Windows CPython: imports every extension and does one job with ncrypt.dll."""

import hashlib
import importlib
import sys
from pathlib import Path

import ncrypt_ext as nc

modules = [path.name.split(".")[0] for path in Path(nc.__path__[0]).glob("*.pyd")]
assert "_provider" in modules, modules
for name in modules:
    importlib.import_module(f"ncrypt_ext.{name}")
print(f"{sys.version.split()[0]} on {sys.platform}: {len(modules)} extension modules imported")

digest = hashlib.sha256(b"order 17").digest()
with nc.Provider() as provider:
    assert provider.implementation == "native", provider.implementation
    print(f"opened the default provider, implementation {provider.implementation}")
    with provider.create_key("RSA", None, length=2048) as key:
        signature = key.sign(digest, padding=nc.PKCS1("SHA256"))
        key.verify(digest, signature, padding=nc.PKCS1("SHA256"))
        assert len(signature) == 256
        print("signed with an ephemeral RSA-2048 key and verified")
        try:
            key.verify(hashlib.sha256(b"order 18").digest(), signature, padding=nc.PKCS1("SHA256"))
        except nc.InvalidSignatureError:
            print("refused the signature for another digest")
        else:
            raise AssertionError("a signature for another digest was accepted")
live = nc.live_handles()
print(f"handles left open: {live}")
print("smoke test passed")
