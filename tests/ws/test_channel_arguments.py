# SPDX-License-Identifier: MIT
"""What a channel refuses before it calls anything, and that it names the rule."""

import copy
import pickle

import pytest

import ncrypt_ext as nc
from ncrypt_ext import capi, ws

from .channel_support import bearer, needs_channels, signer, symmetric
from .token_support import needs_tokens

HTTP = "http://localhost/service"
HTTPS = "https://localhost/service"
CERTIFICATE = b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
KEY = b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"
SSL = ws.SslTransport()
NEVER = ws.TimestampUsage.NEVER
TRANSPORT = ws.AddressingVersion.TRANSPORT


def refused(error, text, url=HTTP, **options):
    before = nc.live_handles()
    with pytest.raises(error, match=text):
        ws.Channel(url, **options)
    assert nc.live_handles() == before


@pytest.mark.parametrize(
    ("url", "text"),
    [
        (b"http://localhost", "url must be a str, not 'bytes'"),
        (None, "url must be a str"),
        ("", "url must not be empty"),
        ("localhost", "must be http"),
        ("ftp://localhost/", "must be http"),
        ("http:///path", "must be http"),
        ("http://:80/", "must be http"),
        ("http://localhost:0/", "must be http"),
        ("http://localhost:65536/", "must be http"),
        ("http://localhost:x/", "must be http"),
        ("http://[::1/", "must be http"),
        ("http://localhost/#a", "fragment"),
        ("http://user:password@localhost/", "user name"),
        ("http://user@localhost", "user name"),
        ("http://local host/", "url has ' ' at index 12"),
        ("http://localhost/\r\nX-Other: 1", r"url has '\\r' at index 17"),
        ("http://localhost/\0", r"url has '\\x00'"),
        ("http://b\xfccher.example/", "index 8"),
        ('http://localhost/"', "index 17"),
        ("http://localhost/\ud800", "index 17"),
    ],
)
def test_addresses(url, text):
    refused(TypeError if not isinstance(url, str) else ValueError, text, url)


@needs_channels
@pytest.mark.parametrize(
    "url",
    [
        "http://localhost",
        "HTTP://LOCALHOST",
        "http://localhost?a=b",
        "http://localhost:8080/a@b",
        "http://127.0.0.1:1/",
        "http://[::1]:80/a?b=c&d=%20",
    ],
)
def test_good_addresses(url):
    with ws.Channel(url) as channel:
        assert channel.url == url
        assert channel.state == ws.ChannelState.OPEN


def test_tls_goes_with_its_scheme():
    refused(ValueError, "https:// needs an SslTransport", HTTPS)
    refused(ValueError, "needs an https:// address", HTTP, security=[SSL])
    refused(ValueError, "two SslTransport objects", HTTPS, security=[SSL, SSL])


def test_what_security_takes():
    refused(TypeError, "not 'str'", HTTPS, security=["ssl"])
    refused(TypeError, "not 'type'", HTTPS, security=[ws.SslTransport])
    refused(TypeError, "iterable", HTTPS, security=SSL)


@needs_tokens
def test_tokens_need_tls():
    with bearer() as token:
        refused(ValueError, "a token needs an SslTransport", HTTP, security=[token])
        refused(ValueError, "a token needs an SslTransport", HTTPS, security=[token])
        refused(ValueError, "the same token in it twice", HTTPS, security=[token, SSL, token])


@needs_tokens
def test_a_closed_token():
    token = bearer()
    token.close()
    refused(nc.ClosedHandleError, "this XmlToken is closed", HTTPS, security=[SSL, token])


@needs_tokens
def test_too_many_tokens():
    tokens = [bearer() for _ in range(9)]
    refused(ValueError, "9 tokens in it: the limit is 8", HTTPS, security=[SSL, *tokens])


@needs_tokens
def test_a_token_with_a_cryptoapi_key(home):
    with capi.Context("old", new=True) as context:
        context.generate_key(capi.KeySpec.SIGNATURE, length=1024).close()
        with ws.CapiKeyHandle(context, capi.KeySpec.SIGNATURE) as handle:
            token = ws.XmlToken("<t/>", handle, attached_reference="<r/>", allow_capi=True)
    with token:
        refused(nc.NotSupportedError, r"context\.to_ncrypt", HTTPS, security=[SSL, token])


@needs_tokens
def test_what_signers_need(rsa_key):
    with signer(rsa_key) as token, symmetric() as other:
        both = (SSL, token)
        refused(ValueError, "must not be NEVER", HTTPS, security=both, timestamp=NEVER)
        refused(ValueError, "must not be NEVER", HTTPS, security=(SSL, other), timestamp=NEVER)
        refused(ValueError, "signs the To header", HTTPS, security=both, addressing=TRANSPORT)


@needs_tokens
def test_algorithms_that_do_not_fit(rsa_key):
    with signer(rsa_key) as token, symmetric() as other, bearer() as third:
        for name in ("HMAC-SHA1", "HMAC-SHA512"):
            suite = ws.Algorithms(signature=name)
            refused(
                ValueError,
                f"the algorithm {name} does not fit: a token has an asymmetric key",
                HTTPS,
                security=[SSL, token],
                algorithm_suite=suite,
            )
        suite = ws.Algorithms(signature="RSA-SHA256")
        text = "RSA-SHA256 does not fit: a token has a symmetric key"
        refused(ValueError, text, HTTPS, security=[SSL, other], algorithm_suite=suite)
        refused(
            ValueError, "does not fit", HTTPS, security=[SSL, token, other], algorithm_suite=suite
        )
        nothing = "for what tokens with a key sign"
        refused(ValueError, nothing, HTTPS, security=[SSL, third], algorithm_suite=suite)
        refused(
            TypeError, "must be an AlgorithmSuite", HTTPS, security=[SSL, token], algorithm_suite=7
        )
    refused(ValueError, "for what tokens with a key sign", algorithm_suite=suite)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"envelope": 3}, ValueError, "envelope must be a EnvelopeVersion, not 3"),
        ({"addressing": 0}, ValueError, "addressing must be a AddressingVersion"),
        ({"timestamp": 4}, ValueError, "timestamp must be a TimestampUsage"),
        ({"layout": None}, ValueError, "layout must be a SecurityHeaderLayout"),
        ({"header_version": "1"}, ValueError, "header_version must be"),
        ({"timestamp_lifetime": 0}, ValueError, "timestamp_lifetime must be from 0.001"),
        ({"clock_skew": -1}, ValueError, "clock_skew must be from 0"),
        ({"max_latency": "300"}, TypeError, "max_latency must be a number of seconds, not 'str'"),
        ({"max_latency": float("nan")}, ValueError, "max_latency"),
        ({"timeouts": 0}, ValueError, "timeouts must be above 0"),
        ({"timeouts": True}, TypeError, "timeouts must be a number"),
        ({"timeouts": 5_000_000}, ValueError, "below 49 days"),
        ({"timeouts": float("inf")}, ValueError, "timeouts"),
        ({"max_message_size": 0}, ValueError, "max_message_size must not be 0"),
        ({"max_message_size": 1 << 32}, ValueError, "max_message_size must fit 32 bits"),
        ({"max_message_size": 1.0}, TypeError, "max_message_size must be an int"),
        ({"max_depth": 0}, ValueError, "max_depth must be from 1 to 65536"),
        ({"max_attributes": 65537}, ValueError, "max_attributes must be from 1"),
        ({"max_namespaces": "1"}, TypeError, "max_namespaces must be an int"),
        ({"proxy": ""}, ValueError, "proxy must not be empty"),
        ({"proxy": "a b"}, ValueError, "proxy has ' ' at index 1"),
        ({"proxy": 8080}, TypeError, "proxy must be a str"),
        ({"other": 1}, TypeError, "other"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_other_options(options, error, text):
    refused(error, text, **options)


# ---- the records ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"ca_data": b"", "ca_file": "a"}, ValueError, "two ways to say the same"),
        ({"ca_data": b"MAA="}, ValueError, "ca_data has no certificate in PEM"),
        ({"ca_data": CERTIFICATE + b"\0"}, ValueError, "NUL"),
        ({"ca_data": "roots.pem"}, TypeError, "ca_data must be bytes"),
        ({"ca_file": "/does/not/exist"}, FileNotFoundError, "/does/not/exist"),
        ({"ca_file": 5}, TypeError, "ca_file must be a path"),
        ({"client_certificate": CERTIFICATE}, TypeError, "a WindowsCertificate, not 'bytes'"),
        ({"ignore_failures": 32}, ValueError, "ignore_failures must be a CertFailure"),
        ({"ignore_failures": None}, ValueError, "ignore_failures"),
        ({"disallowed_protocols": 64}, ValueError, "disallowed_protocols"),
    ],
)
def test_transports(options, error, text):
    with pytest.raises(error, match=text):
        ws.SslTransport(**options)


def test_a_transport_says_what_it_was_told(tmp_path):
    path = tmp_path / "ca.pem"
    path.write_bytes(CERTIFICATE)
    transport = ws.SslTransport(ca_file=path, check_hostname=False)
    path.unlink()
    assert transport.ca_data == CERTIFICATE
    assert not transport.check_hostname
    failures = ws.CertFailure.REVOCATION_OFFLINE | ws.CertFailure.CN_MISMATCH
    assert transport.ignore_failures == failures
    assert SSL.check_hostname
    assert SSL.ca_data is None
    assert SSL.ignore_failures == ws.CertFailure.REVOCATION_OFFLINE
    assert not ws.SslTransport(ignore_failures=failures).check_hostname
    with pytest.raises(AttributeError, match="cannot be changed"):
        transport.check_hostname = True
    with pytest.raises(AttributeError, match="cannot be changed"):
        del transport.ca_data
    assert repr(transport) == "<SslTransport roots of its own>"


def test_client_certificates(tmp_path, ec_key):
    for name, data in (("certificate", CERTIFICATE), ("key", KEY)):
        (tmp_path / name).write_bytes(data)
    pair = ws.PemCertificate(str(tmp_path / "certificate"), tmp_path / "key", "secret")
    assert pair.certificates == CERTIFICATE
    assert "secret" not in repr(pair)
    for twin in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="private key"):
            twin(pair)
    with pytest.raises(ValueError, match="no private key"):
        ws.PemCertificate(CERTIFICATE, CERTIFICATE)
    with pytest.raises(ValueError, match="no certificate"):
        ws.PemCertificate(KEY, KEY)
    with pytest.raises(ValueError, match="must not be empty"):
        ws.PemCertificate(CERTIFICATE, KEY, b"")
    assert ws.StoredCertificate(b"\x30\x00", ec_key).certificates == CERTIFICATE
    assert ws.StoredCertificate(CERTIFICATE, ec_key).key is ec_key
    with pytest.raises(TypeError, match="key must be a Key"):
        ws.StoredCertificate(CERTIFICATE, KEY)


def test_windows_certificates():
    digits = "ab" * 20
    certificate = ws.WindowsCertificate(thumbprint=":".join(["AB"] * 20), machine=True)
    assert (certificate.thumbprint, certificate.store) == (digits.upper(), "My")
    assert certificate.location == 0x20000
    assert ws.WindowsCertificate(thumbprint=digits).location == 0x10000
    for wrong in ("", "ab" * 19, "gg" * 20, "ab" * 32):
        with pytest.raises(ValueError, match="40 hexadecimal digits"):
            ws.WindowsCertificate(thumbprint=wrong)
    with pytest.raises(ValueError, match="store"):
        ws.WindowsCertificate(thumbprint=digits, store="")


def test_algorithm_records():
    assert ws.Algorithms() == ws.Algorithms("SHA256", None)
    assert len({ws.Algorithms(), ws.Algorithms("SHA256"), ws.Algorithms("SHA1")}) == 2
    for wrong in ({"digest": "MD5"}, {"signature": "DSA-SHA1"}, {"digest": "sha256"}):
        with pytest.raises(ValueError, match="must be one of"):
            ws.Algorithms(**wrong)


def test_timeout_records():
    times = ws.Timeouts(connect=None, send=0.0001)
    assert (times.resolve, times.connect, times.response, times.receive) == (None, None, 30, 30)
    for name in ("resolve", "connect", "send", "response", "receive"):
        with pytest.raises(ValueError, match=f"{name} must be above 0"):
            ws.Timeouts(**{name: -1})
