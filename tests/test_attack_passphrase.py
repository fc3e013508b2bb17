# SPDX-License-Identifier: MIT
"""A passphrase callback that fails must not leave a store without a passphrase."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("ncrypt_ext._engine", reason="the portable engine's")

PROGRAM = """
import ncrypt_ext as nc
from ncrypt_ext import _engine

def ask(folder):
    raise RuntimeError("disturbed")

_engine.set_passphrase_callback(ask)
with nc.Provider() as provider:
    try:
        provider.create_key("ECDSA_P256", "orders")
    except nc.WrongPassphraseError as error:
        print(type(error.__cause__).__name__)
    _engine.set_passphrase_callback(lambda folder: "correct horse")
    provider.create_key("ECDSA_P256", "orders").close()
print(_engine.store_info().passphrase)
"""


def test_failing_callback_makes_no_open_store(tmp_path):
    environment = {**os.environ, "NCRYPT_EXT_HOME": str(tmp_path)}
    for name in ("NCRYPT_EXT_PASSPHRASE_FD", "NCRYPT_EXT_PASSPHRASE_FILE"):
        environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["RuntimeError", "True"]
