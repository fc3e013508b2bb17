# SPDX-License-Identifier: MIT
"""The end of the interpreter, and interpreters beside the main one."""

import os
import sys
import time

import pytest

import ncrypt_ext as nc


def test_exit_with_open_handles(run_python):
    run_python(
        "import ncrypt_ext as nc\n"
        "provider = nc.Provider()\n"
        "key = provider.create_key('ECDSA_P256')\n"
        "ring = [provider, key]; ring.append(ring)\n"
    )


DAEMONS = """
import hashlib, os, ssl, sys, threading, time, ncrypt_ext as nc
from ncrypt_ext import capi
provider = nc.Provider()
key = provider.create_key("ECDSA_P256")
rsa = provider.create_key("RSA", length=1024)
digest = b"d" * 32

def sign():
    while True: key.sign(digest)

def batch():
    while True: rsa.sign_many([digest] * 1000, nc.PSS("SHA256"), threads=2)

def make():
    while True: provider.create_key("ECDSA_P256").close()

def generate():
    provider.create_key("RSA", length=16384)

agreeing = provider.create_key("ECDH_P256")
peer = agreeing.public_key_der()

def agree():
    while True:
        agreeing.agree(agreeing).close()
        agreeing.agree(peer).close()

if sys.argv[1] == "agree_slowly":
    dh = provider.create_key("DH", length=2048)

def agree_slowly():
    while True: dh.agree(dh).close()

def watch():
    while True: provider.watch_keys().close()

context = capi.Context(f"contained {os.getpid()}", new=True)
blob = context.generate_key(2, 512, exportable=True).export("PUBLICKEYBLOB")

def contained():
    while True:
        context.generate_key(2, 512).close()
        for _ in range(50):
            context.key(2).close()
            context.import_key(blob).close()

public = key.export("ECCPUBLICBLOB")
signature = key.sign(digest)

def verify():
    while True:
        with provider.import_key(public, "ECCPUBLICBLOB") as half: half.verify(digest, signature)

for name in sys.argv[1:]:
    threading.Thread(target=globals()[name], daemon=True).start()
time.sleep(0.05)
"""


@pytest.mark.skipif(
    sys.gettrace() is not None, reason="a traced build takes the GIL inside native calls, too late"
)
@pytest.mark.parametrize(
    "targets",
    [
        ("sign", "sign"),
        ("batch", "batch"),
        ("make", "make"),
        ("generate",),
        ("agree_slowly",) * 8,
        ("sign", "batch", "make", "generate"),
    ],
    ids=" ".join,
)
def test_exit_while_daemon_threads_work(run_python, targets):
    """The libraries under the engine are cleaned up at exit: no call may be inside them then."""
    for _ in range(3):
        begin = time.monotonic()
        run_python(DAEMONS, *targets)
        assert time.monotonic() - begin < 9  # it waits for calls in flight, ten seconds at most


@pytest.mark.parametrize(
    "target",
    ["sign", "make", "agree", "watch", "contained", "verify"],
)
def test_calls_that_are_over_do_not_hold_the_end_up(run_python, target):
    """A thread that waits for the GIL in vain, after its call, counts as done: the end waits ten
    seconds for calls in flight."""
    for _ in range(3):
        begin = time.monotonic()
        run_python(DAEMONS, target, target, target)
        assert time.monotonic() - begin < 9


def test_handles_work_in_exit_functions(run_python):
    printed = run_python(
        "import atexit, ncrypt_ext as nc\n"
        "key = nc.Provider().create_key('ECDSA_P256')\n"
        "@atexit.register\n"
        "def late():\n"
        "    key.verify(b'd' * 32, key.sign(b'd' * 32))\n"
        "    print('signed')\n"
    )
    assert printed == "signed\n"


SUBINTERPRETER = """
import sys
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
import ncrypt_ext

code = '''
try:
    import ncrypt_ext
except ImportError as error:
    print("refused:", error)
else:
    print("imported")
'''
for options in OPTIONS:
    try:
        number = interpreters.create(**options)
    except TypeError:
        continue
    interpreters.run_string(number, code)
    sys.stdout.flush()
    interpreters.destroy(number)
ncrypt_ext.Provider().create_key("ECDSA_P256").sign(b"d" * 32)
"""


@pytest.mark.skipif(sys.version_info < (3, 12), reason="no interpreter has a GIL of its own")
def test_interpreter_with_its_own_gil_is_refused(run_python):
    options = "[{}]" if sys.version_info < (3, 13) else '[{"config": "isolated"}]'
    if sys.version_info < (3, 13):
        options = '[{"isolated": True}]'
    printed = run_python(SUBINTERPRETER.replace("OPTIONS", options))
    assert printed.startswith("refused: ")
    assert "imported" not in printed


def test_import_in_a_legacy_subinterpreter_is_refused_or_works(run_python):
    """One with a shared GIL: whichever the modules answer, the main interpreter goes on."""
    options = '[{"config": "legacy"}]' if sys.version_info >= (3, 13) else '[{"isolated": False}]'
    printed = run_python(SUBINTERPRETER.replace("OPTIONS", options))
    assert printed.startswith(("refused: ", "imported"))


def test_native_can_be_required(run_python, monkeypatch):
    monkeypatch.setenv("NCRYPT_EXT_REQUIRE_NATIVE", "1")
    done = run_python("import ncrypt_ext", check=False)
    if nc.Provider().implementation == "native":
        assert done.returncode == 0
    else:
        assert done.returncode == 1
        assert "ImportError: NCRYPT_EXT_REQUIRE_NATIVE=1 is set" in done.stderr


@pytest.mark.parametrize("value", ["1", "true", "yes", "0", ""])
def test_native_is_required_by_any_yes(run_python, monkeypatch, value):
    """A requirement that is spelled differently must not be lost without a word."""
    with nc.Provider() as provider:
        native = provider.implementation == "native"
    monkeypatch.setenv("NCRYPT_EXT_REQUIRE_NATIVE", value)
    done = run_python("import ncrypt_ext", check=False)
    assert (done.returncode == 0) == (native or value in ("", "0"))
    if done.returncode != 0:
        assert f"NCRYPT_EXT_REQUIRE_NATIVE={value} is set" in done.stderr


def test_import_is_quick_enough_to_be_light(run_python):
    """No module that takes long to import comes along."""
    printed = run_python("import sys, ncrypt_ext; print(*sorted(sys.modules))")
    heavy = {"asyncio", "dataclasses", "datetime", "hashlib", "inspect", "logging", "typing"}
    assert heavy.isdisjoint(printed.split())


def test_environment_of_the_test_is_its_own(home):
    assert os.environ["NCRYPT_EXT_HOME"] == str(home)
