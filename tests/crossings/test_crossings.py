# SPDX-License-Identifier: MIT
"""How often each operation goes into the key store (NCrypt...), and what stays in this process."""

import shutil
import sys
from pathlib import Path

import pytest

import ncrypt_ext as nc

HERE = Path(__file__).parent
NATIVE = sys.platform == "win32"

pytestmark = pytest.mark.skipif(
    not (NATIVE or (sys.platform == "linux" and shutil.which("cc"))),
    reason="calls are traced on Windows, and on Linux where there is a C compiler",
)

# Calls into the key store. The first of a kind also asks what it needs to know about the key.
CROSSINGS = {
    "open a provider": 1,
    "open a key": 1,
    "sign": 1,
    "sign_into": 1,
    "sign_many of 10": 10,
    "verify": 0,
    "verify a wrong signature": 0,
    "export the public key again": 0,
    "public_key_pem": 0,
    "encrypt": 0,
    "decrypt": 1,
    "describe again": 0,
    "close a key": 1,
    "close a provider": 1,
}


def crossings(calls):
    return sum(count for function, count in calls.items() if function.startswith("NCrypt"))


@pytest.mark.parametrize(
    "arguments", [("RSA",), ("ECDSA_P256",), ("RSA", "a"), ("ECDSA_P256", "b")]
)
def test_each_operation_crosses_as_often_as_the_documentation_says(report, arguments):
    if NATIVE and not capable(*arguments):
        pytest.xfail("this Windows has no such keys")
    steps = report(*arguments)
    found = {step: crossings(calls) for step, calls in steps.items() if calls is not None}
    expected = {step: count for step, count in CROSSINGS.items() if step in found}
    assert {step: found[step] for step in expected} == expected
    assert len(expected) >= 11
    if not NATIVE:
        absent = set() if arguments[0] == "RSA" else {"encrypt", "decrypt"}
        absent |= set() if len(arguments) > 1 else {"open a key"}
        assert set(expected) == set(CROSSINGS) - absent
        assert None not in steps.values()


def capable(algorithm, name=None):
    with nc.Provider() as provider:
        try:
            provider.create_key(algorithm).close()
            return name is None or not provider.has_key(name)
        except nc.NotSupportedError:
            return False


def test_the_first_use_asks_no_sizes(report):
    """What a key is, is asked once; how long an output will be, is known from that."""
    steps = report("RSA")
    assert steps["sign, first"]["NCryptSignHash"] == 1
    assert steps["verify, first"]["NCryptExportKey"] == 1
    assert steps["verify, first"]["BCryptVerifySignature"] == 1
    assert crossings(steps["encrypt, first"]) <= 1
    assert "NCryptEncrypt" not in steps["encrypt, first"]


def test_what_is_made_is_released(report):
    """Every handle that the steps made: the public half goes with the key."""
    steps = report("RSA").values()
    total = {}
    for step in steps:
        for function, count in (step or {}).items():
            total[function] = total.get(function, 0) + count
    assert total["BCryptImportKeyPair"] == total["BCryptDestroyKey"] == 1
    assert total["NCryptFreeObject"] == 2


@pytest.mark.skipif(NATIVE, reason="nothing can be put in the place of Windows' functions here")
@pytest.mark.parametrize("algorithm", ["RSA", "ECDSA_P256"])
def test_calls_that_stumble(run_traced, algorithm):
    assert run_traced("stumbles.py", algorithm) == "done"


def test_documentation_says_the_same():
    text = (HERE.parents[1] / "docs" / "functions.md").read_text(encoding="utf-8")
    table = text.split("## Calls into the key store", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("| ")]
    documented = {cells[0].strip(): cells[1].strip() for cells in rows}
    for step, count in CROSSINGS.items():
        assert documented.get(step) == str(count), step
