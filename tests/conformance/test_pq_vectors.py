# SPDX-License-Identifier: MIT
"""ML-DSA and ML-KEM against published numbers."""

import hashlib

import pytest

from .. import vector_loaders as vectors
from .api import refuses
from .constants import (
    NTE_BAD_DATA,
    NTE_BAD_SIGNATURE,
    NTE_INVALID_PARAMETER,
)
from .pq import expanded, needs_keys, pqdsa, public, seed

mldsa = [needs_keys, pytest.mark.requires("ML-DSA")]
mlkem = [needs_keys, pytest.mark.requires("ML-KEM")]
PLAINTEXT = 2


def records(name):
    """(parameter set, what is asked, values) of each."""
    for section, record in vectors.load_sections(name):
        parameter_set, _, kind = section.partition(" ")
        texts = ("comment", "flags", "result", "prehash")
        yield (
            parameter_set,
            kind,
            {
                field: value if field in texts else bytes.fromhex(value)
                for field, value in record.items()
            },
        )


def check_pair(api, parameter_set, record, private_seed):
    """The seed gives the published keys; returns the private one."""
    key = api.import_key(*seed(parameter_set, private_seed))
    api.set(key, "Export Policy", PLAINTEXT)
    kind, wanted = public(parameter_set, record["pk"])
    assert api.export_key(key, kind) == wanted
    kind, wanted = expanded(parameter_set, record["sk"])
    assert api.export_key(key, kind) == wanted
    return key


@pytest.mark.parametrize("number", [pytest.param(number, marks=mldsa) for number in range(9)])
def test_mldsa(api, number):
    parameter_set, _, record = list(records("mldsa_kat.txt"))[number]
    key = check_pair(api, parameter_set, record, record["xi"])
    message, padding = record["msg"], pqdsa(record["ctx"], record.get("prehash"))
    if record.get("prehash"):
        message = hashlib.new(record["prehash"].lower(), message).digest()
    verifier = api.import_key(*public(parameter_set, record["pk"]))
    api.verify(verifier, message, record["sig"], padding)
    api.verify(verifier, message, api.sign(key, message, padding), padding)
    with refuses(NTE_BAD_SIGNATURE):
        api.verify(verifier, message + b"\0" * (not record.get("prehash")), record["sig"], pqdsa())


@pytest.mark.parametrize("number", [pytest.param(number, marks=mlkem) for number in range(6)])
def test_mlkem(api, number):
    parameter_set, _, record = list(records("mlkem_kat.txt"))[number]
    key = check_pair(api, parameter_set, record, record["d"] + record["z"])
    assert api.decapsulate(key, record["ct"]) == record["ss"]
    assert api.decapsulate(key, record["ct_n"]) == record["ss_n"]  # not of this key
    assert (
        api.decapsulate(api.import_key(*expanded(parameter_set, record["sk"])), record["ct"])
        == (record["ss"])
    )


@needs_keys
@pytest.mark.requires("ML-DSA")
def test_mldsa_wycheproof(api):
    results = {}
    for parameter_set, kind, record in records("mldsa_wycheproof.txt"):
        flags = record["flags"]
        if kind == "private":
            with refuses(NTE_BAD_DATA, NTE_INVALID_PARAMETER):
                api.import_key(*expanded(parameter_set, record["sk"]))
            results[flags] = False
            continue
        if "PublicKeyLength" in flags:
            with refuses(NTE_BAD_DATA):
                api.import_key(*public(parameter_set, record["pk"]))
            continue
        key = api.import_key(*public(parameter_set, record["pk"]))
        padding = pqdsa(record.get("ctx", b""))
        message = record.get("msg", b"")
        if record["result"] == "valid" and message:  # an empty one is refused
            api.verify(key, message, record["sig"], padding)
        else:
            with refuses(NTE_BAD_SIGNATURE, NTE_INVALID_PARAMETER):
                api.verify(key, message, record["sig"], padding)
        results[flags, record["result"]] = True
    assert len(results) == 17


@needs_keys
@pytest.mark.requires("ML-KEM")
def test_mlkem_wycheproof(api):
    seen = set()
    for parameter_set, kind, record in records("mlkem_wycheproof.txt"):
        flag = record.get("flags", kind)
        seen.add((parameter_set, flag))
        if kind == "public":
            with refuses(NTE_INVALID_PARAMETER):
                api.import_key(*public(parameter_set, record["ek"]))
        elif kind == "rejection":
            key = api.import_key(*seed(parameter_set, record["seed"]))
            assert api.decapsulate(key, record["c"]) == record["K"]
        elif "DecapsulationKey" in flag:
            with refuses(NTE_BAD_DATA, NTE_INVALID_PARAMETER):
                api.import_key(*expanded(parameter_set, record["dk"]))
        else:
            key = api.import_key(*expanded(parameter_set, record["dk"]))
            if record["result"] == "valid":
                assert api.decapsulate(key, record["c"]) == record["K"]
            else:
                with refuses(NTE_INVALID_PARAMETER):
                    api.decapsulate(key, record["c"])
    assert len(seen) == 21
