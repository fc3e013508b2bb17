# SPDX-License-Identifier: MIT
"""Not run: has to pass mypy in strict mode. The whole surface, one use of each."""

import array
import ssl
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec
from typing_extensions import assert_type

import ncrypt_ext as nc
from ncrypt_ext import capi, ciphers, errors, padding, properties, security
from ncrypt_ext.status import StatusInfo, lookup


def provider_surface() -> None:
    provider = nc.Provider("Microsoft Software Key Storage Provider")
    assert_type(provider.name, str)
    assert_type(provider.implementation, str)
    assert_type(provider.version, tuple[int, int])
    assert_type(provider.max_name_length, int)
    assert_type(provider.impl_type, nc.ImplType)
    assert_type(provider.algorithms(nc.AlgorithmOperation.SIGNATURE), list[nc.AlgorithmInfo])
    assert_type(provider.is_algorithm_supported(properties.RSA), bool)
    assert_type(provider.get_property(properties.VERSION), bytes)
    assert_type(provider.handle, int)
    assert_type(provider.closed, bool)
    assert_type(provider.detach(), int)
    assert_type(nc.Provider.from_handle(17, own=True), nc.Provider)
    assert_type(nc.storage_providers(), list[nc.ProviderInfo])
    assert_type(nc.live_handles(), dict[str, dict[str, int]])
    with provider.keys(machine=True, silent=True) as keys:
        assert_type(keys, nc.KeyIterator)
        assert_type(next(keys), nc.KeyInfo)


def symmetric(provider: nc.Provider) -> None:
    key = provider.import_secret(properties.AES, bytearray(16), "name")
    mode = ciphers.CBC(bytearray(16), padded=False)
    assert_type(mode.iv, bytes | None)
    assert_type(mode.padded, bool)
    assert_type(key.encrypt(b"", mode), bytes)
    assert_type(key.decrypt(b"", ciphers.ECB()), bytes)
    assert_type(key.encrypt_into(b"", bytearray(16), ciphers.CFB(bytes(16), padded=True)), int)
    key.chaining_mode = properties.CHAIN_MODE_CFB
    key.iv = bytes(16)
    assert_type(key.chaining_mode, str | None)
    assert_type(key.iv, bytes | None)
    mode.iv = b""  # type: ignore[misc]
    ciphers.CBC("text")  # type: ignore[arg-type]


def devices(key: nc.Key, new: nc.UnfinalizedKey) -> None:
    def ask(request: nc.PinRequest) -> str | None:
        assert_type(request.key_name, str | None)
        assert_type(request.provider_name, str | None)
        assert_type(request.refused, int)
        assert_type(request.error, nc.NCryptError)
        return None if request.refused else "1234"

    provider = nc.Provider(properties.SMART_CARD_PROVIDER, pin_callback=ask)
    provider.pin_callback = None
    assert_type(provider.is_hardware, bool)
    assert_type(provider.algorithms(silent=True), list[nc.AlgorithmInfo])
    assert_type(provider.is_algorithm_supported(properties.RSA, silent=True), bool)
    assert_type(key.is_hardware, bool)
    key.pin_callback = lambda request: bytearray(b"1234")
    key.pin_callback = 17  # type: ignore[assignment]
    key.is_hardware = True  # type: ignore[misc]
    key.set_pin("1234", silent=True)
    new.set_pin(b"1234")
    try:
        key.sign(b"")
    except nc.PinError as error:
        assert_type(error.tries_left, int | None)


def making_keys(provider: nc.Provider) -> None:
    key = provider.create_key(
        "RSA",
        "name",
        length=2048,
        export_policy=nc.ExportPolicy.ALLOW_EXPORT | nc.ExportPolicy.ALLOW_ARCHIVING,
        usage=nc.KeyUsage.ALLOW_SIGNING,
        ui_policy=nc.UIPolicy(nc.UIProtection.PROTECT_KEY, friendly_name="mine"),
        properties={"text": "a", "number": 1, "bytes": b"b"},
        key_spec=nc.KeySpec.SIGNATURE,
        overwrite=True,
    )
    assert_type(key, nc.Key)
    assert_type(provider.create_key(properties.DH, parameters=key), nc.Key)
    provider.create_key(properties.DSA, parameters=17)  # type: ignore[arg-type]
    blob = key.export("PKCS8_PRIVATEKEY")
    assert_type(provider.import_key(blob, "PKCS8_PRIVATEKEY"), nc.Key)
    new = provider.import_key(bytearray(blob), "PKCS8_PRIVATEKEY", finalize=False)
    assert_type(new, nc.UnfinalizedKey)
    new.length = 2048
    new.set_parameters(blob)
    new.usage = nc.KeyUsage.ALLOW_DECRYPT
    new.curve = "nistP256"
    new.ui_policy = nc.UIPolicy()
    new.window_handle = 0
    assert_type(new.finalize(legacy_store=True, silent=True), nc.Key)
    key.length = 3  # type: ignore[misc]
    key.name = "other"  # type: ignore[misc]


def key_surface(key: nc.Key, digest: memoryview) -> None:
    assert_type(key.algorithm, str | None)
    assert_type(key.name, str | None)
    assert_type(key.length, int)
    assert_type(key.lengths.increment, int)
    assert_type(key.signature_length, int | None)
    assert_type(key.curve, str | None)
    assert_type(key.usage, nc.KeyUsage)
    assert_type(key.export_policy, nc.ExportPolicy)
    assert_type(key.modified, datetime | None)
    assert_type(key.ui_policy, nc.UIPolicy | None)
    assert_type(key.sign(digest, nc.PSS("SHA256")), bytes)
    assert_type(key.sign(array.array("B"), encoding="der"), bytes)
    assert_type(key.sign_into(digest, bytearray(64)), int)
    assert_type(key.sign_many([digest], nc.PKCS1("SHA256"), threads=2), list[bytes])
    assert_type(key.sign_message(b"data", "SHA256"), bytes)
    key.verify_message(b"data", b"signature", "SHA256", encoding="der")
    assert_type(key.encrypt(b"data", nc.OAEP("SHA256", label=b"label")), bytes)
    assert_type(key.decrypt_into(b"data", bytearray(64), nc.RAW), int)
    assert_type(key.public_key_der(), bytes)
    assert_type(key.public_key_pem(), str)
    key.delete(silent=True)
    key.sign(digest, encoding="DER")  # type: ignore[arg-type]
    key.sign(digest, "PSS")  # type: ignore[arg-type]
    key.encrypt("text", nc.PKCS1())  # type: ignore[arg-type]


def security_surface(key: nc.Key, new: nc.UnfinalizedKey) -> None:
    descriptor = key.security_descriptor(security.SecurityInformation.DACL, silent=True)
    assert_type(descriptor, security.SecurityDescriptor)
    assert_type(descriptor.to_bytes(), bytes)
    assert_type(descriptor.allow("LS", security.GENERIC_ALL), security.SecurityDescriptor)
    assert_type(descriptor.dacl, security.Acl | None)
    key.set_security_descriptor(descriptor, security.SecurityInformation.DACL, persist=False)
    new.set_security_descriptor("D:P(A;;GA;;;SY)")
    new.set_security_descriptor(b"bytes")
    key.grant_read("NT SERVICE\\Spooler", silent=True)
    assert_type(security.service_sid("Spooler"), str)
    key.grant_read(17)  # type: ignore[arg-type]


def error_surface(error: nc.NCryptError) -> None:
    assert_type(error.status, int)
    assert_type(error.name, str)
    assert_type(error.function, str)
    assert_type(error.detail, str)
    assert_type(errors.error_from_status(0x8009000F), nc.NCryptError)
    assert_type(lookup(0x8009000F), StatusInfo)


def capi_surface(digest: bytearray) -> None:
    with capi.Context("name", provider="provider", new=True, silent=True) as context:
        assert_type(context, capi.Context)
        assert_type(context.container, str | None)
        assert_type(context.unique_container, str | None)
        assert_type(context.provider_name, str)
        assert_type(context.provider_type, int)
        assert_type(context.is_machine, bool)
        assert_type(context.key_specs, tuple[nc.KeySpec, ...])
        assert_type(context.parameter(4), bytes)
        assert_type(context.containers(), list[str])
        key = context.generate_key(nc.KeySpec.SIGNATURE, 2048, exportable=True)
        assert_type(key, capi.ContextKey)
        assert_type(key.export("PUBLICKEYBLOB"), bytes)
        assert_type(key.key_spec, nc.KeySpec)
        assert_type(key.algorithm + key.length + key.permissions, int)
        assert_type(context.import_key(memoryview(b"blob")), capi.ContextKey)
        assert_type(context.key(capi.KeySpec.KEYEXCHANGE), capi.ContextKey)
        signature = context.sign(digest, "SHA256", byteorder="big")
        assert_type(signature, bytes)
        key.verify(signature, digest, "SHA256", byteorder="big")
        assert_type(context.to_ncrypt(1), nc.Key)
        context.sign(digest, "sha256")  # type: ignore[arg-type]
        key.export("PKCS8_PRIVATEKEY")  # type: ignore[arg-type]
        key.verify("text", digest, "SHA256")  # type: ignore[arg-type]
        context.container = "other"  # type: ignore[misc]
    assert_type(capi.Context.from_handle(17, own=False), capi.Context)
    assert_type(capi.Context(provider_type=capi.PROV_RSA_FULL, verify=True).handle, int)
    capi.delete_container("name", machine=True, missing_ok=True)
    capi.delete_container(None)  # type: ignore[arg-type]


def certificates(provider: nc.Provider, key: nc.Key) -> None:
    assert_type(key.certificates, tuple[bytes, ...])
    key.set_certificates([b"", "", bytearray()], silent=True)
    key.set_certificates(b"")
    key.set_certificates(17)  # type: ignore[arg-type]
    key.certificates = ()  # type: ignore[misc]
    key.remove_certificates(silent=True)
    (info,) = nc.list_certificates(store="CA", machine=True)
    assert_type(info, nc.CertificateInfo)
    assert_type(info.certificate, bytes)
    assert_type(info.not_after, datetime)
    assert_type(info.key_name, str | None)
    assert_type(info.has_key, bool)
    assert_type(nc.open_certificate_key(thumbprint=info.thumbprint), nc.Key)
    nc.open_certificate_key(subject=info.subject, store="MY", machine=False, silent=True)
    nc.open_certificate_key(info.subject)  # type: ignore[call-arg]
    nc.add_certificate(info.certificate, key, store="MY", machine=True)
    nc.add_certificate(info, key)  # type: ignore[arg-type]
    assert_type(nc.import_pfx(b"", None, exportable=True, machine=True), nc.Key)


def post_quantum(provider: nc.Provider) -> None:
    key = provider.create_key("ML-DSA", parameter_set="65")
    prehash = padding.PQDSA(bytearray(b"context"), prehash="SHA512")
    assert_type(prehash.context, bytes)
    assert_type(prehash.hash_name, str | None)
    assert_type(key.parameter_set, str | None)
    assert_type(key.sign(b"message", prehash), bytes)
    key.verify(memoryview(b"message"), b"signature", padding.PQDSA())
    assert_type(key.sign_message(b"data", "SHA512", prehash), bytes)
    assert_type(key.encapsulate(), tuple[bytes, bytes])
    assert_type(key.decapsulate(array.array("B")), bytes)
    new = provider.create_persisted_key("ML-KEM")
    new.parameter_set = "768"
    assert_type(new.parameter_set, str | None)
    new.parameter_set = 768  # type: ignore[assignment]
    provider.create_key("ML-DSA", parameter_set=65)  # type: ignore[arg-type]
    padding.PQDSA("text")  # type: ignore[arg-type]
    padding.PQDSA(b"", 512)  # type: ignore[arg-type]
    prehash.context = b""  # type: ignore[misc]
    key.encrypt(b"", prehash.context)  # type: ignore[arg-type]
    key.decapsulate("text")  # type: ignore[arg-type]
    key.encapsulate(b"")  # type: ignore[call-arg]
    key.parameter_set = "44"  # type: ignore[misc]


def agreeing(key: nc.Key, peer: ec.EllipticCurvePublicKey) -> None:
    with key.agree(key, silent=True) as secret:
        assert_type(secret, nc.Secret)
        assert_type(secret.raw(), bytes)
        assert_type(secret.closed, bool)
        assert_type(secret.derive(properties.KDF_HASH), bytes)
        secret.derive(
            properties.KDF_SP800_56A_CONCAT,
            32,
            hash_name="SHA384",
            algorithm_id=b"",
            party_u_info=bytearray(b"u"),
            party_v_info=b"",
        )
        secret.derive("TLS_PRF", label=b"", seed=bytes(64), protocol=ssl.TLSVersion.TLSv1_2)
        secret.derive("HKDF", 16, salt=memoryview(b""), info=b"")
        secret.derive("HASH", salt="text")  # type: ignore[arg-type]
        secret.raw(32)  # type: ignore[call-arg]
    key.agree(peer).close()
    key.agree(array.array("B")).close()
    key.agree("text")  # type: ignore[arg-type]
    nc.Secret().close()
