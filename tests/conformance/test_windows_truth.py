# SPDX-License-Identifier: MIT
"""What others have seen Windows do (tests/vectors/windows/observed.json), done here.

A record's "differs" names the implementations that are known to do otherwise: at which step, with
which answer and why. There just that answer is demanded, and the test is an expected failure.
"""

import pytest

from ..vectors.windows import replay
from . import probes
from .api import IMPLEMENTATION

RECORDS = replay.load("observed.json")
BLOB_CAPABILITIES = {"rsa": "rsa_import", "ec": "ecc_import"}


def requirements(record):
    """What an implementation has to be able to do at all for a record's steps."""
    for step in record["steps"]:
        action, argument = next(iter(step.items()))
        if step.get("named") or (action, argument) == ("open", "it"):
            yield "persisted"
        if action in ("create", "make") and argument in probes.PROBES:
            yield argument
        if argument == "PKCS8_PRIVATEKEY" and action in ("import", "export"):
            yield "pkcs8"
        if action in ("sign", "sign_into", "decrypt"):
            yield action.partition("_")[0]
        if isinstance(blob := step.get("blob", step.get("value")), dict):
            yield from (BLOB_CAPABILITIES[kind] for kind in blob if kind in BLOB_CAPABILITIES)


def parameter(record):
    needed = dict.fromkeys(requirements(record))
    return pytest.param(record, id=record["id"], marks=pytest.mark.requires(*needed))


@pytest.mark.parametrize("record", [parameter(record) for record in RECORDS])
def test_observed(api, key_name, record):
    run = replay.Replay(api, key_name)
    difference = record.get("differs", {}).get(IMPLEMENTATION)
    if difference is not None:
        run.check_difference(record["steps"], difference)
        pytest.xfail(difference["reason"])
    for step in record["steps"]:
        run.check(step)


@pytest.fixture
def key_name(request):
    return f"ncrypt-ext truth {request.node.callspec.id}"


def test_every_record_has_a_source_and_checks_something():
    assert len(RECORDS) > 50
    for record in RECORDS:
        assert len(record["source"]) > 20, record["id"]
        assert record["about"].endswith("."), record["id"]
        assert record["steps"], record["id"]
        for implementation, difference in record.get("differs", {}).items():
            assert implementation in ("engine", "wine"), record["id"]
            there = record["steps"][difference["step"]]
            assert any(difference.get(name) != there.get(name) for name in replay.ANSWERS)
            assert difference["reason"]
