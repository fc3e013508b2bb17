"""Channels: requests and their replies over HTTP."""

from collections.abc import Iterable
from typing import NoReturn

from typing_extensions import Buffer, Self, disjoint_base

from ncrypt_ext._ws_arguments import Algorithms, SslTransport, Timeouts
from ncrypt_ext._ws_enums import (
    AddressingVersion,
    AlgorithmSuite,
    ChannelState,
    EnvelopeVersion,
    SecurityHeaderLayout,
    SecurityHeaderVersion,
    TimestampUsage,
)
from ncrypt_ext._ws_handle import WsHandle
from ncrypt_ext._ws_token import XmlToken

@disjoint_base
class Channel(WsHandle):
    """Requests to a SOAP service, and its replies, over HTTP (a ``WS_CHANNEL``).

    One request is made at a time; a second one meanwhile raises
    :class:`~ncrypt_ext.BadStateError`. Use a channel per thread, or :class:`AsyncChannel`. The
    connection is kept for the next request.

    The channel holds its tokens, and these their keys: all of them may be closed or dropped before
    the channel is. It cannot be detached.

    What a failure does: a fault, a reply that cannot be trusted or read, a refusal by HTTP are the
    end of that request only. When the connection fails, when a timeout passes, or after
    :meth:`abort`, the channel is ``FAULTED``: :meth:`reset` makes it new. Nothing is sent a second
    time but by the engine on a new connection, when the service had closed the old one and answered
    nothing; the message's id is the same then.

    A signal handler that raises, as that of Ctrl-C does, ends the wait for a service; Windows waits
    until a timeout passes. In the child of a ``fork()`` a channel can only be closed.
    """

    def __init__(
        self,
        url: str,
        *,
        envelope: EnvelopeVersion = EnvelopeVersion.SOAP_1_2,
        addressing: AddressingVersion = AddressingVersion.WSA_1_0,
        security: Iterable[SslTransport | XmlToken] = (),
        algorithm_suite: AlgorithmSuite | Algorithms | None = None,
        timestamp: TimestampUsage = TimestampUsage.ALWAYS,
        timestamp_lifetime: float = 300,
        clock_skew: float = 300,
        max_latency: float = 300,
        layout: SecurityHeaderLayout = SecurityHeaderLayout.STRICT,
        header_version: SecurityHeaderVersion = SecurityHeaderVersion.WSS_1_1,
        timeouts: Timeouts | float | None = None,
        max_message_size: int = 1048576,
        proxy: str | None = None,
        cookies: bool = True,
        follow_redirects: bool = False,
        allow_unsecured_faults: bool = True,
        max_depth: int = 64,
        max_attributes: int = 128,
        max_namespaces: int = 64,
    ) -> None:
        """Create a channel (WsCreateChannel). It connects to nothing yet.

        ``url`` is ``http://...`` or ``https://...``, escaped already. ``envelope`` is the version
        of SOAP, 1.2 by default, ``addressing`` that of WS-Addressing, 1.0 by default.

        ``security`` has one :class:`SslTransport` in it when, and only when, the address is
        ``https://``, and up to 8 tokens beside it, of which no two may be the same element. A token
        with an asymmetric key signs the message's timestamp and its To header, one with a symmetric
        key the timestamp, and one without a key is put into the message as it is. The body is never
        signed: TLS protects it.

        ``algorithm_suite`` says with what tokens with a key sign. The default is SHA-256
        throughout: RSA-SHA256 or HMAC-SHA256, and SHA-256 digests. The API's own default is the
        suite ``BASIC256``, which signs with SHA-1; so do all other suites that have a name, also
        those with ``_SHA256`` in it, which have SHA-256 for the digests only. SHA-1 has not been
        fit for signatures for long. For an old service that demands it, name its suite, an
        :class:`AlgorithmSuite`; for other algorithms, give :class:`Algorithms`.

        ``timestamp`` says which messages have a timestamp: by default both, so that a reply without
        one is refused; ``REQUESTS_ONLY`` takes replies without one. A request is valid for
        ``timestamp_lifetime``. A reply may be ``max_latency`` old, and its service's clock may
        differ from ours by ``clock_skew``; these are seconds. ``layout`` and ``header_version``
        are those of the security header (strict, 1.1). All of this is for channels with tokens.

        ``timeouts`` is a :class:`Timeouts`, or one number of seconds for each step; None stands for
        ``Timeouts()``. ``max_message_size`` limits requests and replies, in bytes. ``proxy`` is the
        address of a proxy, ``"direct"`` for none, or None for what the system says. ``cookies``
        keeps cookies as long as the channel is. ``follow_redirects`` sends the request again where
        the service points to (HTTP status 307 and 308); the engine goes nowhere but to the same
        server. ``allow_unsecured_faults`` takes faults without a security header for what they are,
        on channels with tokens; without it such a fault is a reply that cannot be trusted, unless
        all its codes are the standards' own. ``max_depth``, ``max_attributes`` and
        ``max_namespaces`` limit the XML of replies as those of :meth:`XmlBuffer.from_bytes`.

        What the API refuses late is refused here, and the rule named: :class:`ValueError` for
        arguments that do not fit one another (a token without TLS, a token that signs where there
        is no timestamp or no To header, algorithms that are not those of the key), and
        :class:`~ncrypt_ext.ClosedHandleError` for closed tokens.
        :class:`~ncrypt_ext.NotSupportedError` says what is missing when the engine was built
        without libcurl, and what to do when the system takes certificates in another way.
        """

    def open(self, url: str | None = None) -> None:
        """Open it (WsOpenChannel); the first :meth:`request` does that, too.

        Certificates and keys of TLS are loaded now; the connection is made by the request. ``url``
        takes the place of the address it was created with. Raises
        :class:`~ncrypt_ext.BadStateError` when it is open already.
        """

    def request(
        self,
        action: str,
        body: Buffer | str | None = None,
        *,
        headers: Iterable[Buffer | str | tuple[Buffer | str, bool]] = (),
        to: str | None = None,
    ) -> bytes:
        """Send a request and return what is in the body of its reply.

        ``action`` is the URI of what is to be done. It may be empty with
        ``AddressingVersion.TRANSPORT`` only. ``body`` is one element, as bytes (UTF-8, or UTF-16
        with a byte order mark) or a str; nothing or None makes an empty body. ``headers`` are
        elements in the same form, each alone or with whether the service must understand it, up to
        32; the channel's own headers are not among them. ``to`` is the URI of the service when that
        is not the channel's address.

        The reply is UTF-8, without a declaration, and ``b""`` for an empty body. Where the body has
        more than one element, they follow one another, each with all namespaces that it uses.

        Raises :class:`~ncrypt_ext.ws.WsFaultError` for a fault,
        :class:`~ncrypt_ext.ws.WsTimeoutError` (a ``TimeoutError``) when a timeout passes,
        :class:`~ncrypt_ext.ws.WsConnectionError` (a ``ConnectionError``) when the service cannot be
        reached or hangs up, :class:`~ncrypt_ext.ws.WsSecurityError` when its certificate or its
        reply is not to be trusted, :class:`~ncrypt_ext.ws.WsAccessDeniedError` when it wants other
        credentials, :class:`~ncrypt_ext.ws.WsAbortedError` when another thread aborts or closes the
        channel, :class:`~ncrypt_ext.ws.WsFormatError` and :class:`~ncrypt_ext.ws.WsQuotaError` for
        XML of either side that is malformed or beyond a limit, and other kinds of
        :class:`~ncrypt_ext.ws.WsError` for what else there is.
        """

    def abort(self) -> None:
        """End what runs, from any thread (WsAbortChannel); nothing happens to a closed channel.

        A request in another thread raises :class:`~ncrypt_ext.ws.WsAbortedError`. Until
        :meth:`reset` nothing else can be done with the channel, also when nothing was running.
        """

    def reset(self) -> None:
        """Make it as it was when it was created (WsCloseChannel, WsResetChannel).

        After an abort or a failure of the connection it can be opened again, also with another
        address.
        """

    def close(self) -> None:
        """Close and free it. Closing again does nothing.

        A request in another thread raises :class:`~ncrypt_ext.ws.WsAbortedError`, and the release
        comes with its end.
        """

    @property
    def url(self) -> str:
        """The address of the service."""

    @property
    def state(self) -> ChannelState:
        """What can be done with it: ``CREATED``, ``OPEN``, ``FAULTED``, ``CLOSED``, ..."""

    @property
    def handle(self) -> int:
        """The native ``WS_CHANNEL *``, borrowed: valid while this is open. Do not free it."""

    def detach(self) -> NoReturn:
        """Refuses: a channel is more than its handle."""

    def __enter__(self) -> Self:
        """Open it, unless it is open."""
