# SPDX-License-Identifier: MIT
"""What type checkers must know of ncrypt_ext.ws. Checked, never run."""

from datetime import datetime

from typing_extensions import assert_type

import ncrypt_ext as nc
from ncrypt_ext import capi, ws


def check_errors(error: ws.WsError) -> None:
    assert_type(error.strings, tuple[str, ...])
    assert_type(error.original_error, int)
    assert_type(error.fault, ws.WsFault | None)
    if error.fault is not None:
        assert_type(error.fault.codes, tuple[tuple[str, str], ...])
        assert_type(error.fault.detail, bytes | None)
    assert_type(ws.error_from_handle(-1, 4096), ws.WsError)


def check_xml() -> None:
    with ws.Heap(max_size=1 << 20) as heap:
        assert_type(heap.requested_size, int)
        with ws.XmlBuffer.from_bytes("<a/>", heap=heap) as buffer:
            assert_type(buffer, ws.XmlBuffer)
            assert_type(buffer.to_bytes(charset="utf-16-le"), bytes)


def check_token_xml() -> None:
    token = ws.x509_token(b"")
    assert_type(token, ws.TokenXml)
    assert_type(token.xml, bytes)
    assert_type(ws.username_token("user", "password", digest=True).attached_reference, bytes | None)
    ws.saml11_token(3)  # type: ignore[arg-type]
    ws.x509_token("text")  # type: ignore[arg-type]


def check_key_handles(key: nc.Key, new: nc.UnfinalizedKey, context: capi.Context) -> None:
    with ws.NCryptKeyHandle(key) as handle:
        assert_type(handle, ws.NCryptKeyHandle)
        assert_type(handle.type, ws.KeyHandleType)
        assert_type(handle.address, int)
        assert_type(handle.asymmetric_key, int)
    assert_type(ws.RawSymmetricKeyHandle(bytearray(b"secret")).raw_key_bytes, tuple[int, int])
    assert_type(ws.CapiKeyHandle(context, 2).key_spec, capi.KeySpec)
    ws.NCryptKeyHandle(new)  # type: ignore[arg-type]
    ws.RawSymmetricKeyHandle("secret")  # type: ignore[arg-type]
    ws.CapiKeyHandle(key, 2)  # type: ignore[arg-type]
    handle.address = 0  # type: ignore[misc]


def check_tokens(key: nc.Key, handle: ws.KeyHandle, now: datetime) -> None:
    with ws.XmlToken("<a/>", key, attached_reference=b"<b/>", valid_till=now) as token:
        assert_type(token, ws.XmlToken)
        assert_type(token.key_type, ws.SecurityKeyType)
        assert_type(token.valid_from, datetime | None)
        assert_type(token.xml, bytes)
        assert_type(token.attached_reference, bytes | None)
        assert_type(token.symmetric_key(), bytes)
    assert_type(ws.XmlToken.from_xml(ws.username_token("user"), handle), ws.XmlToken)
    ws.XmlToken("<a/>", key, "<b/>")  # type: ignore[call-arg]
    ws.XmlToken(5)  # type: ignore[arg-type]
    ws.XmlToken("<a/>", valid_from="now")  # type: ignore[arg-type]


def check_channels(key: nc.Key, token: ws.XmlToken) -> None:
    transport = ws.SslTransport(ca_file="ca.pem", ignore_failures=ws.CertFailure.INVALID_DATE)
    with ws.Channel("https://localhost/", security=[transport, token], timeouts=5) as channel:
        assert_type(channel, ws.Channel)
        assert_type(channel.request("urn:do", b"<a/>", headers=["<b/>", (b"<c/>", True)]), bytes)
        assert_type(channel.state, ws.ChannelState)
        assert_type(channel.url, str)
        assert_type(channel.handle, int)
    ws.Channel("http://localhost/", algorithm_suite=ws.Algorithms("SHA512"))
    ws.Channel("http://localhost/", algorithm_suite=ws.AlgorithmSuite.BASIC256)
    ws.Channel("http://localhost/", timeouts=ws.Timeouts(resolve=1, connect=None))
    assert_type(transport.ca_data, bytes | None)
    ws.SslTransport(client_certificate=ws.StoredCertificate(b"", key))
    ws.SslTransport(client_certificate=ws.PemCertificate("a.pem", b"key", "passphrase"))
    ws.SslTransport(client_certificate=ws.WindowsCertificate(thumbprint="00"))
    ws.Channel("http://localhost/", security=transport)  # type: ignore[arg-type]
    ws.Channel("http://localhost/", algorithm_suite="BASIC256")  # type: ignore[arg-type]
    channel.request(5)  # type: ignore[arg-type]
    channel.request("urn:do", 5)  # type: ignore[arg-type]
    channel.url = ""  # type: ignore[misc]
    transport.ca_file  # type: ignore[attr-defined] # noqa: B018


async def check_async_channels() -> None:
    async with ws.AsyncChannel("http://localhost/", max_depth=5) as channel:
        assert_type(channel, ws.AsyncChannel)
        assert_type(await channel.request("urn:do", "<a/>", to="urn:to"), bytes)
        assert_type(channel.state, ws.ChannelState)


def check_kinds(error: ws.WsFaultError) -> None:
    assert_type(error.code, tuple[str, str])
    assert_type(error.subcodes, tuple[tuple[str, str], ...])
    assert_type(error.reason, str)
    assert_type(error.detail_xml, bytes | None)
    timeout: TimeoutError = ws.WsTimeoutError(1)
    connection: ConnectionError = ws.WsConnectionError(1)
    denied: PermissionError = ws.WsAccessDeniedError(1)
    print(timeout, connection, denied)
