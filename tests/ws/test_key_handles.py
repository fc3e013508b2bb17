# SPDX-License-Identifier: MIT
"""ws.NCryptKeyHandle and its kin: objects that are the C structure."""

import copy
import ctypes
import gc
import pickle
import sys
import weakref

import pytest

import ncrypt_ext as nc
from ncrypt_ext import capi, ws

SECRET = b"0123456789abcdefFEDCBA98765432"


class NCrypt(ctypes.Structure):
    _fields_ = (("type", ctypes.c_int32), ("key", ctypes.c_size_t))


class Bytes(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint32), ("bytes", ctypes.c_void_p))


class Raw(ctypes.Structure):
    _fields_ = (("type", ctypes.c_int32), ("key", Bytes))


class Capi(ctypes.Structure):
    _fields_ = (("type", ctypes.c_int32), ("provider", ctypes.c_size_t), ("spec", ctypes.c_uint32))


def live(kind="KeyHandle"):
    return nc.live_handles()["binding"][kind]


def bytes_at(handle):
    """The structure, which stays where it is as long as the object lives."""
    address, size = handle.address, handle.size
    return lambda: ctypes.string_at(address, size)


@pytest.fixture
def key(provider):
    with provider.create_key("RSA", length=1024) as key:
        yield key


@pytest.fixture
def context():
    with capi.Context(verify=True) as context:
        yield context


@pytest.fixture(params=["ncrypt", "raw", "capi"])
def make(request):
    """Makes key handles of one type."""
    if request.param == "ncrypt":
        key = request.getfixturevalue("key")
        return lambda: ws.NCryptKeyHandle(key)
    if request.param == "raw":
        return lambda: ws.RawSymmetricKeyHandle(SECRET)
    context = request.getfixturevalue("context")
    return lambda: ws.CapiKeyHandle(context, capi.KeySpec.SIGNATURE)


# ---- the structures ------------------------------------------------------------------------------


def test_ncrypt(key):
    with ws.NCryptKeyHandle(key) as handle:
        assert handle.type is ws.KeyHandleType.NCRYPT_ASYMMETRIC
        assert handle.size == ctypes.sizeof(NCrypt)
        assert handle.asymmetric_key == key.handle
        seen = NCrypt.from_address(handle.address)
        assert (seen.type, seen.key) == (2, key.handle)


def test_raw():
    with ws.RawSymmetricKeyHandle(SECRET) as handle:
        assert handle.type is ws.KeyHandleType.RAW_SYMMETRIC
        assert handle.size == ctypes.sizeof(Raw)
        seen = Raw.from_address(handle.address)
        assert (seen.type, seen.key.length) == (1, len(SECRET))
        assert handle.raw_key_bytes == (seen.key.bytes, seen.key.length)
        assert ctypes.string_at(seen.key.bytes, seen.key.length) == SECRET


@pytest.mark.parametrize("spec", [capi.KeySpec.KEYEXCHANGE, capi.KeySpec.SIGNATURE])
def test_capi(context, spec):
    with ws.CapiKeyHandle(context, spec) as handle:
        assert handle.type is ws.KeyHandleType.CAPI_ASYMMETRIC
        assert handle.size == ctypes.sizeof(Capi)
        assert (handle.provider, handle.key_spec) == (context.handle, spec)
        assert isinstance(handle.key_spec, capi.KeySpec)
        seen = Capi.from_address(handle.address)
        assert (seen.type, seen.provider, seen.spec) == (3, context.handle, spec)


def used(structure, start=0):
    """The ranges of bytes that its fields take."""
    for name, kind in structure._fields_:
        field = getattr(structure, name)
        if issubclass(kind, ctypes.Structure):
            yield from used(kind, start + field.offset)
        else:
            yield start + field.offset, start + field.offset + field.size


def test_padding_is_zero(make):
    for _ in range(50):  # in memory that others have used
        junk = [bytes([255]) * 88 for _ in range(20)]
        handle = make()
        del junk
        rest = bytearray(bytes_at(handle)())
        for first, end in used({1: Raw, 2: NCrypt, 3: Capi}[handle.type]):
            rest[first:end] = bytes(end - first)
        assert not any(rest)
        handle.close()


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_a_copy_of_the_secret(kind):
    given = bytearray(SECRET)
    source = kind(given) if kind is memoryview else given
    with ws.RawSymmetricKeyHandle(source) as handle:
        given[:] = bytes(len(given))
        assert ctypes.string_at(*handle.raw_key_bytes) == SECRET
        if kind is bytearray:
            given.append(1)  # nobody has it any more


def test_sizes_of_secrets():
    for size in (1, 2, 15, 16, 255, 4096, 1 << 20):
        secret = bytes(range(1, 256)) * (size // 255 + 1)
        with ws.RawSymmetricKeyHandle(secret[:size]) as handle:
            address, length = handle.raw_key_bytes
            assert (length, ctypes.string_at(address, length)) == (size, secret[:size])


# ---- the end -------------------------------------------------------------------------------------


def test_zeros_after_close(make):
    handle = make()
    read = bytes_at(handle)
    assert any(read())
    handle.close()
    assert not any(read())
    handle.close()
    assert not any(read())


def test_zeros_after_with(make):
    with make() as handle:
        read = bytes_at(handle)
        assert any(read())
    assert handle.closed
    assert not any(read())


def test_counted(make):
    before = live()
    handles = [make() for _ in range(20)]
    assert live() == before + 20
    for handle in handles[::2]:
        handle.close()
        handle.close()
    assert live() == before + 10
    del handle, handles
    assert live() == before


def test_use_after_close(make):
    handle = make()
    handle.close()
    assert handle.closed
    fields = ["asymmetric_key", "raw_key_bytes", "provider", "key_spec"]
    for name in ["type", "address", *(field for field in fields if hasattr(type(handle), field))]:
        with pytest.raises(nc.ClosedHandleError, match=f"this {type(handle).__name__} is closed"):
            getattr(handle, name)
    with pytest.raises(nc.ClosedHandleError), handle:
        pass
    assert handle.size > 0
    with pytest.raises(nc.ClosedHandleError, match=f"this {type(handle).__name__} is closed"):
        ws.XmlToken("<a/>", handle, attached_reference="<b/>")


def test_the_key_is_held(provider):
    key = provider.create_key("RSA", length=1024)
    number = key.handle
    first, second = ws.NCryptKeyHandle(key), ws.NCryptKeyHandle(key)
    key.close()
    assert key.closed
    assert live("Key") == 1
    first.close()
    assert live("Key") == 1
    assert NCrypt.from_address(second.address).key == number
    assert second.asymmetric_key == number
    second.close()
    assert live("Key") == 0


def test_the_key_object_is_gone(provider):
    handle = ws.NCryptKeyHandle(provider.create_key("RSA", length=1024))
    gc.collect()
    assert live("Key") == 1
    assert handle.asymmetric_key != 0
    del handle
    assert live("Key") == 0


def test_the_context_is_held():
    context = capi.Context(verify=True)
    handle = ws.CapiKeyHandle(context, 2)
    context.close()
    assert live("Context") == 1
    handle.close()
    assert live("Context") == 0


def test_a_key_in_use_is_not_deleted(provider):
    with provider.create_key("RSA", "k", length=1024) as key:
        with ws.NCryptKeyHandle(key), pytest.raises(nc.BadStateError):
            key.delete()
        with ws.NCryptKeyHandle(key), pytest.raises(nc.BadStateError):
            key.detach()
        key.delete()


def test_nothing_grows(make):
    for _ in range(1000):
        make()
    gc.collect()
    before, handles = sys.getallocatedblocks(), nc.live_handles()
    for _ in range(100_000):
        make()
    gc.collect()
    assert sys.getallocatedblocks() - before < 500
    assert nc.live_handles() == handles


# ---- as Python objects ---------------------------------------------------------------------------


def test_repr_tells_no_secret(make):
    handle = make()
    assert repr(handle) == str(handle) == f"<{type(handle).__name__}>"
    handle.close()
    assert repr(handle) == f"<{type(handle).__name__} closed>"


def test_no_copies(make):
    with make() as handle:
        for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match="cannot be copied or pickled: others know where"):
                duplicate(handle)
        assert live() == 1


def test_read_only(make):
    with make() as handle:
        for name in ("type", "address", "size", "closed", "data", "new"):
            with pytest.raises(AttributeError):
                setattr(handle, name, 1)


def test_weak_references(make):
    handle = make()
    gone = []
    reference = weakref.ref(handle, gone.append)
    assert reference() is handle
    del handle
    assert reference() is None
    assert gone == [reference]


def test_equality(make):
    with make() as one, make() as other:
        assert one == one
        assert one != other
        assert len({one, other, one}) == 2


def test_init_again(make, key):
    """Changes nothing and leaks nothing, whether it raises or not."""
    with make() as handle:
        read = bytes_at(handle)
        before = read()
        for arguments in ((), (key,), (b"other",), (None, 5)):
            try:
                handle.__init__(*arguments)
            except TypeError:
                pass
            assert read() == before
        assert live() == 1
    assert live() == 0


def test_subclasses(key):
    class Named(ws.NCryptKeyHandle):
        def __init__(self, key, name):
            self.name = name

        def __new__(cls, key, name):
            return super().__new__(cls, key)

    class Loose(ws.KeyHandle):
        pass

    with Named(key, "soap") as handle:
        assert (handle.name, repr(handle)) == ("soap", "<Named>")
        assert handle.asymmetric_key == key.handle
        read = bytes_at(handle)
        handle.cycle = handle
    assert not any(read())
    handle = Named(key, "again")
    handle.cycle = handle
    del handle
    gc.collect()
    assert live() == 0
    loose = Loose()  # never was anything
    assert loose.closed
    loose.close()
    with pytest.raises(nc.ClosedHandleError):
        loose.address  # noqa: B018


def test_an_exception_of_a_subclass(key):
    class Failing(ws.NCryptKeyHandle):
        def __init__(self, key):
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        Failing(key)
    gc.collect()
    assert live() == 0


def test_an_exception_in_with(make):
    with pytest.raises(RuntimeError), make() as handle:
        raise RuntimeError("no")
    assert handle.closed
