# SPDX-License-Identifier: MIT
"""Status codes become exceptions, and say what went wrong."""

import copy
import errno
import pickle
import re
from pathlib import Path

import pytest

import ncrypt_ext as nc
from ncrypt_ext import errors, status

HEADER = Path(__file__).parent.parent / "include" / "winstatus.h"


@pytest.mark.parametrize("code", status.STATUS, ids=hex)
def test_every_known_code(code):
    error = errors.error_from_status(code, "NCryptSomething", "a sentence")
    info = status.STATUS[code]
    assert type(error) is getattr(errors, info.error)
    assert isinstance(error, OSError)
    assert (error.status, error.name, error.function) == (code, info.name, "NCryptSomething")
    assert error.errno == info.errno
    assert error.strerror == error.detail == "a sentence"
    assert str(error) == f"NCryptSomething: {info.name} (0x{code:08X}): a sentence"


@pytest.mark.parametrize("code", status.STATUS, ids=hex)
def test_exceptions_survive_pickle_and_copy(code):
    error = errors.error_from_status(code, "NCryptSomething", "a sentence")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is type(error)
        assert str(twin) == str(error)
        assert twin.errno == error.errno


def test_codes_are_those_of_the_header():
    text = HEADER.read_text(encoding="ascii")
    codes = dict(re.findall(r"#define (\w+)\s+_HRESULT_TYPEDEF_\((0x[0-9A-F]{8})u\)", text))
    assert len(codes) > 60
    for name, code in codes.items():
        assert status.status_name(int(code, 16)) == name
    general = {int(code, 16): name for name, code in codes.items()}
    for name, number in re.findall(r"#define (ERROR_\w+)\s+(\d+)\n", text):
        if int(number):
            code = 0x80070000 | int(number)
            assert status.status_name(code) == general.get(code, name)


def test_unknown_codes():
    error = errors.error_from_status(-2147467263 + 12345, "F")
    assert type(error) is nc.NCryptError
    assert error.name == ""
    assert str(error) == f"F: 0x{error.status:08X}: unknown failure"
    assert status.status_name(0x12345678) == ""


def test_without_a_sentence_the_code_has_a_text():
    error = errors.error_from_status(0x8009000F, "NCryptCreatePersistedKey")
    assert error.detail == ""
    assert error.strerror == "a key of that name exists already"


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (nc.KeyExistsError, FileExistsError),
        (nc.KeyNotFoundError, FileNotFoundError),
        (nc.ProviderNotFoundError, FileNotFoundError),
        (nc.PropertyNotFoundError, FileNotFoundError),
        (nc.AccessDeniedError, PermissionError),
        (nc.WrongPassphraseError, PermissionError),
        (nc.StorePermissionError, PermissionError),
        (nc.NotSupportedError, NotImplementedError),
        (nc.BadStateError, RuntimeError),
        (nc.ClosedHandleError, ValueError),
        (nc.ClosedHandleError, nc.InvalidHandleError),
        (nc.InvalidParameterError, ValueError),
        (nc.BadDataError, ValueError),
        (nc.OutOfMemoryError, MemoryError),
    ],
)
def test_natural_builtins(error, builtin):
    assert issubclass(error, builtin)
    assert issubclass(error, nc.NCryptError)


def test_invalid_signature_is_no_system_error():
    assert not issubclass(nc.InvalidSignatureError, OSError)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("NTE_EXISTS", errno.EEXIST),
        ("NTE_BAD_KEYSET", errno.ENOENT),
        ("NTE_PERM", errno.EACCES),
        ("ERROR_DISK_FULL", errno.ENOSPC),
        ("ERROR_BUSY", errno.EBUSY),
        ("ERROR_WRITE_PROTECT", errno.EROFS),
        ("NTE_INVALID_PARAMETER", errno.EINVAL),
        ("NTE_NO_MEMORY", errno.ENOMEM),
        ("NTE_INVALID_HANDLE", errno.EBADF),
    ],
)
def test_true_errno(name, number):
    assert [info.errno for info in status.STATUS.values() if info.name == name] == [number]


def test_meaning_depends_on_the_function():
    version = 0x80090007
    assert type(errors.error_from_status(version, "NCryptOpenKey")) is nc.StoreVersionError
    assert type(errors.error_from_status(version, "NCryptImportKey")) is nc.BadDataError
    for (code, function), error in status.BY_FUNCTION.items():
        assert type(errors.error_from_status(code, function)) is getattr(errors, error)


def test_what_the_implementation_says_is_appended(provider):
    provider.create_key("ECDSA_P256", "orders").close()
    with pytest.raises(FileExistsError) as caught:
        provider.create_key("ECDSA_P256", "orders")
    error = caught.value
    assert isinstance(error, nc.KeyExistsError)
    assert (error.function, error.name) == ("NCryptCreatePersistedKey", "NTE_EXISTS")
    assert str(error).startswith("NCryptCreatePersistedKey: NTE_EXISTS (0x8009000F): ")
    if provider.implementation == "portable":
        assert "'orders'" in error.detail


def test_every_error_is_public():
    for name in errors.__all__:
        if name != "error_from_status":
            assert getattr(nc, name) is getattr(errors, name)
            assert name in nc.__all__
