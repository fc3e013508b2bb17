"""XML security tokens."""

from datetime import datetime

from typing_extensions import Buffer, Self

from ncrypt_ext._key import Key
from ncrypt_ext._ws_enums import SecurityKeyType
from ncrypt_ext._ws_handle import WsHandle
from ncrypt_ext._ws_keyhandle import KeyHandle
from ncrypt_ext.ws.token_xml import TokenXml

class XmlToken(WsHandle):
    """A piece of XML that says who somebody is, and the key that proves it (``WS_SECURITY_TOKEN``).

    Without a key it is a *bearer* token: it goes into the message and signs nothing. With a key it
    signs, and the signature names the key by the token's references.

    The XML and a symmetric key are copied. An asymmetric key is not: it is held as long as the
    token lives, so ``key`` and its provider may be closed or dropped first. A token that holds a
    key cannot be detached.
    """

    def __init__(
        self,
        xml: Buffer | str,
        key: Key | KeyHandle | None = None,
        *,
        attached_reference: Buffer | str | None = None,
        unattached_reference: Buffer | str | None = None,
        valid_from: datetime | None = None,
        valid_till: datetime | None = None,
        allow_capi: bool = False,
    ) -> None:
        """Make a token (WsCreateXmlSecurityToken).

        ``xml`` and the references are one element each, as bytes (UTF-8, or UTF-16 with a byte
        order mark) or a str. ``attached_reference`` is a ``wsse:SecurityTokenReference`` for a
        message that has the token in it, ``unattached_reference`` for one that has not. A token
        with a key needs the first; one without a key has neither.

        ``key`` is an RSA :class:`~ncrypt_ext.Key` of 1024 to 4096 bits with its private half, or a
        key handle: an :class:`NCryptKeyHandle` of such a key, which itself may be closed or gone by
        now, or a :class:`RawSymmetricKeyHandle`. A :class:`CapiKeyHandle` is refused unless
        ``allow_capi``.

        ``valid_from`` and ``valid_till`` have a time zone. They are stored to 1 microsecond;
        nothing here looks at them again.

        What does not fit is refused before the native call: :class:`ValueError` for references and
        times, :class:`~ncrypt_ext.ws.WsFormatError` or :class:`~ncrypt_ext.ws.WsQuotaError`, which
        name the document and the place, for XML, :class:`~ncrypt_ext.NotSupportedError` for keys on
        elliptic curves, :class:`~ncrypt_ext.InvalidParameterError` for public keys and other
        lengths, :class:`~ncrypt_ext.AccessDeniedError` for a key whose usage does not allow to
        sign, and :class:`~ncrypt_ext.ClosedHandleError` for what is closed.
        """

    @classmethod
    def from_xml(
        cls,
        parts: TokenXml,
        key: Key | KeyHandle | None = None,
        *,
        valid_from: datetime | None = None,
        valid_till: datetime | None = None,
        allow_capi: bool = False,
    ) -> Self:
        """Make a token of what :func:`x509_token` and its kin return.

        Their references are used when there is a key, and left out when there is none.
        """

    @property
    def key_type(self) -> SecurityKeyType:
        """Which kind of key it has, ``NONE`` for a bearer token."""

    @property
    def valid_from(self) -> datetime | None:
        """When it begins to be valid, in UTC; None when nothing was said."""

    @property
    def valid_till(self) -> datetime | None:
        """When it ends to be valid, in UTC; None when nothing was said."""

    @property
    def xml(self) -> bytes:
        """The token's XML, written in UTF-8 as :meth:`XmlBuffer.to_bytes` writes it."""

    @property
    def attached_reference(self) -> bytes | None:
        """The reference for messages with the token in them."""

    @property
    def unattached_reference(self) -> bytes | None:
        """The reference for messages without the token in them."""

    def symmetric_key(self) -> bytes:
        """The bytes of its symmetric key.

        A secret: nothing wipes the bytes that are returned. Raises
        :class:`~ncrypt_ext.BadStateError` when the token has no such key.
        """
