# SPDX-License-Identifier: MIT
"""Making, opening and deleting keys, and what they tell about themselves."""

from datetime import datetime, timedelta, timezone

import pytest

import ncrypt_ext as nc


def test_a_persisted_key_tells(provider):
    before = datetime.now(timezone.utc) - timedelta(seconds=1)
    with provider.create_key("ECDSA_P256", "orders") as key:
        assert key.name == "orders"
        assert (key.algorithm, key.algorithm_group) == ("ECDSA_P256", "ECDSA")
        assert key.length == 256
        assert key.lengths == nc.KeyLengths(256, 256, 0, 256)
        assert key.curve == "nistP256"
        assert key.signature_length == 64
        assert key.block_length is None
        assert key.usage == nc.KeyUsage.ALLOW_ALL_USAGES
        assert key.export_policy == nc.ExportPolicy.NONE
        assert before <= key.modified <= datetime.now(timezone.utc) + timedelta(seconds=1)
        assert key.unique_name
        assert not key.is_machine_key
        assert key.ui_policy is None
        with provider.open_key(key.unique_name) as again:
            assert again.name == "orders"


def test_an_ephemeral_key_tells(provider):
    with provider.create_key("RSA", length=1024) as key:
        assert key.name is None
        assert key.unique_name is None
        assert key.modified is None
        assert (key.algorithm, key.algorithm_group) == ("RSA", "RSA")
        assert key.length == 1024
        assert key.lengths.minimum <= 1024 <= key.lengths.maximum
        assert key.block_length == key.signature_length == 128
        assert key.curve is None


def test_p521_has_521_bits(provider):
    with provider.create_key("ECDSA_P521") as key:
        assert key.length == 521


def test_generic_curve(provider):
    with provider.create_key("ECDSA", curve="nistP384") as key:
        assert key.curve == "nistP384"
        assert key.length == 384
    with pytest.raises(nc.InvalidParameterError):
        provider.create_key("ECDSA")
    with pytest.raises(nc.InvalidParameterError):
        provider.create_key("ECDSA", curve="nobody's curve")


def test_everything_can_be_set_at_creation(provider):
    policy = nc.UIPolicy(nc.UIProtection.NONE, "title", "friendly", "description \U0001f511")
    provider.create_key(
        "RSA",
        "full",
        length=1024,
        export_policy=nc.ExportPolicy.ALLOW_EXPORT,
        usage=nc.KeyUsage.ALLOW_SIGNING | nc.KeyUsage.ALLOW_DECRYPT,
        ui_policy=policy,
        window_handle=0,
        properties={"text": "wörd", "number": 17, "bytes": b"\0\1"},
        key_spec=nc.KeySpec.SIGNATURE,
        silent=True,
    ).close()
    with provider.open_key("full", key_spec=2) as key:
        assert key.length == 1024
        assert key.export_policy == nc.ExportPolicy.ALLOW_EXPORT
        assert key.usage == nc.KeyUsage(3)
        assert key.ui_policy == policy
        assert key.get_property("text") == "wörd\0".encode("utf-16-le")
        assert key.get_property("number") == b"\x11\0\0\0"
        assert key.get_property("bytes") == b"\0\1"
        assert key.get_property("bytes", persist_only=True) == b"\0\1"


def test_step_by_step(provider, digest):
    with provider.create_persisted_key("RSA", "tls") as new:
        assert isinstance(new, nc.UnfinalizedKey)
        new.length = 1024
        new.usage = nc.KeyUsage.ALLOW_SIGNING
        new.export_policy = nc.ExportPolicy.ALLOW_EXPORT
        new.use_context = "a context"
        new.window_handle = 4711
        assert new.length == 1024
        assert new.usage == nc.KeyUsage.ALLOW_SIGNING
        assert new.use_context == "a context"
        assert new.window_handle == 4711
        assert not provider.has_key("tls")
        with new.finalize() as key:
            assert provider.has_key("tls")
            assert key.use_context == "a context"
            key.sign(digest, nc.PKCS1("SHA256"))


def test_per_handle_settings(provider):
    with provider.create_key("ECDSA_P256", "k") as key:
        assert key.use_context is None
        assert key.window_handle == 0
        key.use_context = "here"
        with provider.open_key("k") as other:
            assert other.use_context is None


@pytest.mark.parametrize(
    ("name", "value", "error", "match"),
    [
        ("length", "long", TypeError, "length must be an int, not 'str'"),
        ("length", -1, ValueError, "length must fit 32 bits"),
        ("length", 1 << 32, ValueError, "length must fit 32 bits"),
        ("length", 17, nc.InvalidParameterError, "17"),
        ("usage", None, TypeError, "usage must be an int"),
        ("export_policy", 1.0, TypeError, "export_policy must be an int"),
        ("curve", 256, TypeError, "curve must be a str"),
        ("ui_policy", "ask", TypeError, "ui_policy must be a UIPolicy"),
        ("ui_policy", nc.UIPolicy(0, 5), TypeError, "creation_title must be a str"),
        ("use_context", b"x", TypeError, "use_context must be a str"),
        ("window_handle", "x", TypeError, "window_handle must be an int"),
        ("window_handle", 1 << 64, ValueError, "window_handle must fit"),
    ],
)
def test_wrong_values(provider, name, value, error, match):
    with provider.create_persisted_key("RSA") as new:
        with pytest.raises(error, match=match):
            setattr(new, name, value)


def test_a_finalized_key_is_settled(provider):
    with provider.create_key("RSA", "k", length=1024) as key:
        for name in ("length", "usage", "curve", "ui_policy", "name", "algorithm"):
            with pytest.raises(AttributeError):
                setattr(key, name, 1)
        with pytest.raises(nc.NCryptError):
            key.set_property("Length", 2048)


def test_nothing_is_left_when_a_step_fails(provider):
    for arguments, error in (
        ({"length": 17}, nc.InvalidParameterError),
        ({"length": "long"}, TypeError),
        ({"properties": {"a": 1.5}}, TypeError),
        ({"properties": {"": b"x"}}, nc.NCryptError),
        ({"curve": "nistP256"}, nc.NCryptError),
        ({"ui_policy": "ask"}, TypeError),
    ):
        with pytest.raises(error):
            provider.create_key("RSA", "failed", **arguments)
        assert not provider.has_key("failed")
        assert nc.live_handles()["binding"]["UnfinalizedKey"] == 0
    assert list(provider.keys()) == []


def test_overwrite_replaces_at_finalize(provider):
    provider.create_key("ECDSA_P256", "k").close()
    with pytest.raises(nc.KeyExistsError):
        provider.create_persisted_key("ECDSA_P384", "k")
    with provider.create_persisted_key("ECDSA_P384", "k", overwrite=True) as new:
        with provider.open_key("k") as old:
            assert old.length == 256
        new.finalize().close()
    with provider.open_key("k") as key:
        assert key.length == 384


def test_delete(provider, digest):
    provider.create_key("ECDSA_P256", "k").close()
    key, other = provider.open_key("k"), provider.open_key("k")
    signature = key.sign(digest)
    key.delete()
    assert key.closed
    with pytest.raises(nc.ClosedHandleError):
        key.delete()
    assert not provider.has_key("k")
    other.verify(digest, signature)  # what is open goes on
    other.verify(digest, other.sign(digest))
    other.close()
    with pytest.raises(nc.KeyNotFoundError):
        provider.delete_key("k")
    provider.delete_key("k", missing_ok=True)
    with provider.create_key("ECDSA_P256") as ephemeral:
        ephemeral.delete()
        assert ephemeral.closed


def test_a_failed_delete_leaves_the_key_open(provider, digest):
    provider.create_key("ECDSA_P256", "k").close()
    key, other = provider.open_key("k"), provider.open_key("k")
    other.delete()
    try:
        key.delete()  # the stored key is gone already
    except nc.NCryptError:
        key.verify(digest, key.sign(digest))
    key.close()


def test_scopes_are_apart(provider):
    provider.create_key("ECDSA_P256", "k", machine=True).close()
    assert not provider.has_key("k")
    with pytest.raises(nc.KeyNotFoundError):
        provider.open_key("k")
    assert provider.has_key("k", machine=True)
    with provider.open_key("k", machine=True) as key:
        assert key.is_machine_key
    assert [info.machine for info in provider.keys(machine=True)] == [True]
    assert list(provider.keys()) == []
    provider.delete_key("k", machine=True)
    assert not provider.has_key("k", machine=True)


def test_has_key_hides_no_fault(provider, home):
    provider.create_key("ECDSA_P256", "k").close()
    with pytest.raises(nc.NCryptError) as caught:
        provider.has_key("")
    assert not isinstance(caught.value, nc.KeyNotFoundError)


def test_properties_by_name(provider, ec_key):
    assert ec_key.get_property("Algorithm Name") == "ECDSA_P256\0".encode("utf-16-le")
    assert ec_key.has_property("Algorithm Name")
    assert not ec_key.has_property("missing")
    with pytest.raises(nc.PropertyNotFoundError):
        ec_key.get_property("missing")
    ec_key.set_property("mine", b"value")
    assert ec_key.get_property("mine") == b"value"
    ec_key.set_property("Algorithm Name", b"opaque", persist_only=True)
    assert ec_key.get_property("Algorithm Name", persist_only=True) == b"opaque"
    assert ec_key.algorithm == "ECDSA_P256"
    for wrong in (1.5, None, [1]):
        with pytest.raises(TypeError, match="value must be a bytes-like object"):
            ec_key.set_property("mine", wrong)
    with pytest.raises(ValueError, match="value must fit 32 bits"):
        ec_key.set_property("mine", 1 << 32)


def test_provider_tells(provider):
    assert provider.name == "Microsoft Software Key Storage Provider"
    assert provider.implementation in ("native", "portable")
    assert provider.version >= (1, 0)
    assert nc.ImplType.SOFTWARE in provider.impl_type
    assert provider.max_name_length >= 260
    assert provider.name in [info.name for info in nc.storage_providers()]
    with nc.Provider(provider.name) as by_name:
        assert by_name.name == provider.name
        assert repr(by_name) == f"<Provider {provider.name!r}>"


def test_algorithms(provider):
    algorithms = {info.name: info for info in provider.algorithms()}
    assert {"RSA", "ECDSA_P256", "ECDSA_P384", "ECDSA_P521"} <= set(algorithms)
    operation = nc.AlgorithmOperation
    assert algorithms["RSA"].operations == operation.ASYMMETRIC_ENCRYPTION | operation.SIGNATURE
    assert algorithms["ECDSA_P256"].algorithm_class == nc.AlgorithmClass.SIGNATURE
    encrypting = provider.algorithms(operation.ASYMMETRIC_ENCRYPTION)
    assert [info.name for info in encrypting] == ["RSA"]
    assert provider.algorithms(operation.RNG) == []
    assert provider.is_algorithm_supported("RSA")
    assert not provider.is_algorithm_supported("ROT13")


def test_unknown_provider():
    with pytest.raises(nc.ProviderNotFoundError):
        nc.Provider("Nobody's Key Storage Provider")


def test_open_enumerations_keep_what_they_do_not_know():
    assert nc.AlgorithmClass(65537) == 65537
    assert nc.AlgorithmClass(65537).name == "UNKNOWN_65537"
    assert nc.KeySpec(9).value == 9
    assert int(nc.ExportPolicy(0x10001)) == 0x10001
    assert int(nc.KeyUsage(0x80000000)) == 0x80000000
    with pytest.raises(ValueError, match="is not a valid KeySpec"):
        nc.KeySpec("text")
