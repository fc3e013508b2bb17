# SPDX-License-Identifier: MIT
"""CryptGetProvParam, CryptGetKeyParam and the list of containers."""

from ctypes import byref, c_uint8

import pytest

from .abi import D
from .api import call, must, refuses
from .constants import (
    AT_KEYEXCHANGE,
    AT_SIGNATURE,
    CALG_RSA_KEYX,
    CALG_RSA_SIGN,
    CRYPT_EXPORTABLE,
    CRYPT_FIRST,
    CRYPT_MACHINE_KEYSET,
    ENH_RSA_AES_PROV,
    ERROR_INVALID_PARAMETER,
    ERROR_MORE_DATA,
    KP_ALGID,
    KP_BLOCKLEN,
    KP_KEYLEN,
    KP_PERMISSIONS,
    NTE_BAD_FLAGS,
    NTE_BAD_TYPE,
    PP_CONTAINER,
    PP_ENUMCONTAINERS,
    PP_IMPTYPE,
    PP_KEYSET_TYPE,
    PP_KEYSPEC,
    PP_NAME,
    PP_PROVTYPE,
    PP_UNIQUE_CONTAINER,
    PP_VERSION,
    PROV_RSA_FULL,
    RSA_FULL_PROVS,
)


def number(value):
    assert len(value) == 4
    return int.from_bytes(value, "little")


# ---- of a provider -------------------------------------------------------------------------------


def test_provider_name(capi):
    assert capi.parameter(capi.verify_context(), PP_NAME) == ENH_RSA_AES_PROV.encode() + b"\0"
    for name in RSA_FULL_PROVS:
        context = capi.verify_context(provider=name, kind=PROV_RSA_FULL)
        assert capi.parameter(context, PP_NAME) == name.encode() + b"\0"


def test_container_name_keeps_its_case(capi, container):
    capi.free(capi.new(container))
    context = capi.acquire(container)
    assert capi.parameter(context, PP_CONTAINER) == container.encode() + b"\0"


def test_unique_container(capi, container):
    value = capi.parameter(capi.new(container), PP_UNIQUE_CONTAINER)
    assert len(value) > 1
    assert value.index(b"\0") == len(value) - 1
    assert capi.parameter(capi.acquire(container), PP_UNIQUE_CONTAINER) == value


@pytest.mark.parametrize("kind", [1, 24])
def test_provider_type(capi, kind):
    assert number(capi.parameter(capi.verify_context(kind=kind), PP_PROVTYPE)) == kind


def test_keyset_type(capi, container):
    assert number(capi.parameter(capi.new(container), PP_KEYSET_TYPE)) == 0
    machine = capi.new(container, CRYPT_MACHINE_KEYSET)
    assert number(capi.parameter(machine, PP_KEYSET_TYPE)) == CRYPT_MACHINE_KEYSET


def test_key_specs_are_those_of_the_provider(capi, container):
    """Not those of the keys that are there."""
    assert number(capi.parameter(capi.new(container), PP_KEYSPEC)) == AT_KEYEXCHANGE | AT_SIGNATURE


def test_version_and_implementation(capi):
    context = capi.verify_context()
    assert number(capi.parameter(context, PP_VERSION)) == 0x200
    assert number(capi.parameter(context, PP_IMPTYPE)) == 2


@pytest.mark.parametrize("parameter", [PP_NAME, PP_CONTAINER, PP_UNIQUE_CONTAINER, PP_PROVTYPE])
def test_provider_parameter_too_small(capi, container, parameter):
    context = capi.new(container)
    whole = len(capi.parameter(context, parameter))
    room, size = (c_uint8 * 2)(), D(2)
    status = call("CryptGetProvParam", context, parameter, room, byref(size), 0)
    assert (status, size.value) == (ERROR_MORE_DATA, whole)


@pytest.mark.parametrize("parameter", [0, 99, 0xFFFFFFFF])
def test_unknown_provider_parameter(capi, parameter):
    context = capi.verify_context()
    assert call("CryptGetProvParam", context, parameter, None, byref(D()), 0) == NTE_BAD_TYPE


def test_provider_parameter_without_a_size(capi):
    context = capi.verify_context()
    assert call("CryptGetProvParam", context, PP_NAME, None, None, 0) == ERROR_INVALID_PARAMETER


# ---- the list of containers ----------------------------------------------------------------------


def test_enumerate(capi, container):
    names = [f"{container} {number}" for number in range(3)]
    for name in names:
        capi.new(name)
    for context in (capi.verify_context(), capi.acquire(names[0])):
        found = [name for name in capi.containers(context) if name.startswith(container.encode())]
        assert sorted(found) == [name.encode() for name in names]


def test_enumerate_again(capi, container):
    context = capi.new(container)
    assert capi.containers(context) == capi.containers(context)


def test_enumerate_what_is_gone(capi, container):
    capi.free(capi.new(container))
    context = capi.verify_context()
    assert container.encode() in capi.containers(context)
    capi.delete(container)
    assert container.encode() not in capi.containers(context)


def test_enumerate_the_machine(capi, container):
    """By a context of the machine's."""
    machine = capi.new(container, CRYPT_MACHINE_KEYSET)
    capi.new(f"{container} user")
    names = [container.encode(), f"{container} user".encode()]
    found = capi.containers(capi.verify_context())
    assert [name in found for name in names] == [False, True]
    found = capi.containers(machine)
    assert [name in found for name in names] == [True, False]


def test_enumerate_sizes(capi, container):
    """A first call without room tells what is room enough for each name."""
    capi.new(container)
    context, size = capi.verify_context(), D()
    must("CryptGetProvParam", context, PP_ENUMCONTAINERS, None, byref(size), CRYPT_FIRST)
    assert size.value >= len(container) + 1


def test_enumerate_into_too_small_a_buffer(capi, container):
    capi.new(container)
    room, size = (c_uint8 * 1)(), D(1)
    with refuses(ERROR_MORE_DATA):
        must(
            "CryptGetProvParam", capi.verify_context(), PP_ENUMCONTAINERS, room, byref(size),
            CRYPT_FIRST,
        )  # fmt: skip


# ---- of a key ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "algorithm"), [(AT_KEYEXCHANGE, CALG_RSA_KEYX), (AT_SIGNATURE, CALG_RSA_SIGN)]
)
@pytest.mark.parametrize("bits", [512, 1024])
def test_key(capi, container, spec, algorithm, bits):
    key = capi.generate(capi.new(container), spec, bits)
    assert capi.key_parameter(key, KP_ALGID) == algorithm
    assert capi.key_parameter(key, KP_KEYLEN) == bits
    assert capi.key_parameter(key, KP_BLOCKLEN) == bits


@pytest.mark.parametrize("flag", [0, CRYPT_EXPORTABLE])
def test_permissions(capi, container, flag):
    """CRYPT_EXPORT only with CRYPT_EXPORTABLE; reading and writing in any case."""
    key = capi.generate(capi.new(container), AT_SIGNATURE, flags=flag)
    permissions = capi.key_parameter(key, KP_PERMISSIONS)
    assert bool(permissions & 0x4) == bool(flag)
    assert permissions & 0x18 == 0x18


def test_key_parameter_too_small(capi, container):
    key = capi.generate(capi.new(container), AT_SIGNATURE)
    room, size = (c_uint8 * 3)(), D(3)
    status = call("CryptGetKeyParam", key, KP_KEYLEN, room, byref(size), 0)
    assert (status, size.value) == (ERROR_MORE_DATA, 4)


def test_key_parameter_arguments(capi, container):
    key = capi.generate(capi.new(container), AT_SIGNATURE)
    assert call("CryptGetKeyParam", key, KP_KEYLEN, None, byref(D()), 1) == NTE_BAD_FLAGS
    assert call("CryptGetKeyParam", key, 99, None, byref(D()), 0) == NTE_BAD_TYPE
    assert call("CryptGetKeyParam", key, KP_KEYLEN, None, None, 0) == ERROR_INVALID_PARAMETER
