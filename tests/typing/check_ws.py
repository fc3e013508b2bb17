# SPDX-License-Identifier: MIT
"""What type checkers must know of ncrypt_ext.ws. Checked, never run."""

from typing_extensions import assert_type

from ncrypt_ext import ws


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


def check_tokens() -> None:
    token = ws.x509_token(b"")
    assert_type(token, ws.TokenXml)
    assert_type(token.xml, bytes)
    assert_type(ws.username_token("user", "password", digest=True).attached_reference, bytes | None)
    ws.saml11_token(3)  # type: ignore[arg-type]
    ws.x509_token("text")  # type: ignore[arg-type]
