# SPDX-License-Identifier: MIT
"""What Windows refuses late, or not at all, is refused here first, and the rule named."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE

from ncrypt_ext._handle cimport (
    TYPE_CONTEXT, Lease, lease_hold, lease_unhold, lease_word_load,
)
from ncrypt_ext._key cimport Key
from ncrypt_ext._wide cimport wide
from ncrypt_ext._ws_token cimport XmlToken
from ncrypt_ext.webservices cimport (
    NCX_PEM_CERT_CREDENTIAL_TYPE, NCX_SECURITY_BINDING_PROPERTY_CA_CERTIFICATES, WS_BYTES,
    WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_RSA_SHA1,
    WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_RSA_SHA_256,
    WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_RSA_SHA_384,
    WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_RSA_SHA_512,
    WS_SECURITY_ALGORITHM_CANONICALIZATION_EXCLUSIVE, WS_SECURITY_ALGORITHM_DIGEST_SHA1,
    WS_SECURITY_ALGORITHM_DIGEST_SHA_256, WS_SECURITY_ALGORITHM_DIGEST_SHA_384,
    WS_SECURITY_ALGORITHM_DIGEST_SHA_512, WS_SECURITY_ALGORITHM_ID,
    WS_SECURITY_ALGORITHM_SUITE_NAME, WS_SECURITY_ALGORITHM_SYMMETRIC_SIGNATURE_HMAC_SHA1,
    WS_SECURITY_ALGORITHM_SYMMETRIC_SIGNATURE_HMAC_SHA_256,
    WS_SECURITY_ALGORITHM_SYMMETRIC_SIGNATURE_HMAC_SHA_384,
    WS_SECURITY_ALGORITHM_SYMMETRIC_SIGNATURE_HMAC_SHA_512, WS_SECURITY_BINDING,
    WS_CERT_CREDENTIAL_TYPE, WS_SECURITY_BINDING_PROPERTY_CERT_FAILURES_TO_IGNORE,
    WS_SECURITY_BINDING_PROPERTY_DISABLE_CERT_REVOCATION_CHECK,
    WS_SECURITY_BINDING_PROPERTY_DISALLOWED_SECURE_PROTOCOLS, WS_SECURITY_BINDING_PROPERTY_ID,
    WS_SECURITY_HEADER_LAYOUT, WS_SECURITY_HEADER_VERSION, WS_SECURITY_PROPERTY_ALGORITHM_SUITE,
    WS_SECURITY_PROPERTY_ALGORITHM_SUITE_NAME, WS_SECURITY_PROPERTY_ID,
    WS_SECURITY_PROPERTY_MAX_ALLOWED_CLOCK_SKEW, WS_SECURITY_PROPERTY_MAX_ALLOWED_LATENCY,
    WS_SECURITY_PROPERTY_SECURITY_HEADER_LAYOUT, WS_SECURITY_PROPERTY_SECURITY_HEADER_VERSION,
    WS_SECURITY_PROPERTY_TIMESTAMP_USAGE, WS_SECURITY_PROPERTY_TIMESTAMP_VALIDITY_DURATION,
    WS_SECURITY_TIMESTAMP_USAGE, WS_SSL_TRANSPORT_SECURITY_BINDING_TYPE,
    WS_SUPPORTING_MESSAGE_SECURITY_USAGE, WS_THUMBPRINT_CERT_CREDENTIAL_TYPE,
    WS_XML_TOKEN_MESSAGE_SECURITY_BINDING, WS_XML_TOKEN_MESSAGE_SECURITY_BINDING_TYPE,
    ncx_takes_pem_certificates,
)
from ncrypt_ext.wintypes cimport ULONG, WCHAR

from ncrypt_ext._ws_checks import ticks
from ncrypt_ext._ws_enums import (
    AlgorithmSuite,
    SecurityHeaderLayout,
    SecurityHeaderVersion,
    SecurityKeyType,
    TimestampUsage,
)
from ncrypt_ext.errors import NotSupportedError
from ncrypt_ext._ws_arguments import (
    Algorithms, PemCertificate, SslTransport, StoredCertificate, WindowsCertificate,
)

cdef enum:
    NOT_SUPPORTED = 0x80090029

cdef dict DIGESTS = {
    "SHA1": <int>WS_SECURITY_ALGORITHM_DIGEST_SHA1,
    "SHA256": <int>WS_SECURITY_ALGORITHM_DIGEST_SHA_256,
    "SHA384": <int>WS_SECURITY_ALGORITHM_DIGEST_SHA_384,
    "SHA512": <int>WS_SECURITY_ALGORITHM_DIGEST_SHA_512,
}
cdef dict SIGNATURES = {
    "RSA-SHA1": <int>WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_RSA_SHA1,
    "RSA-SHA256": <int>WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_RSA_SHA_256,
    "RSA-SHA384": <int>WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_RSA_SHA_384,
    "RSA-SHA512": <int>WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_RSA_SHA_512,
    "HMAC-SHA1": <int>WS_SECURITY_ALGORITHM_SYMMETRIC_SIGNATURE_HMAC_SHA1,
    "HMAC-SHA256": <int>WS_SECURITY_ALGORITHM_SYMMETRIC_SIGNATURE_HMAC_SHA_256,
    "HMAC-SHA384": <int>WS_SECURITY_ALGORITHM_SYMMETRIC_SIGNATURE_HMAC_SHA_384,
    "HMAC-SHA512": <int>WS_SECURITY_ALGORITHM_SYMMETRIC_SIGNATURE_HMAC_SHA_512,
}


cdef void held_end(Held *held) noexcept nogil:
    while held.count > 0:
        held.count -= 1
        lease_unhold(held.leases[held.count])


cdef object enum_value(object kind, object value, str name):
    try:
        return kind(value)
    except ValueError:
        raise ValueError(f"{name} must be a {kind.__name__}, not {value!r}") from None


cdef class Security:

    def __dealloc__(self):
        held_end(&self.held)

    def __init__(self, parts, suite, timestamp, tuple times, layout, version):
        # times: lifetime, clock skew, latency
        self.tokens = []
        self.kept = []
        self.description.securityBindings = self.bindings
        for part in tuple(parts):
            if isinstance(part, SslTransport):
                self.add_transport(part)
            elif isinstance(part, XmlToken):
                self.tokens.append(part)
            else:
                raise TypeError("security must have SslTransport and XmlToken objects in it, not "
                                f"{type(part).__name__!r}")
        for token in self.tokens:
            self.add_token(token)
        self.set_header(timestamp, times, layout, version)
        self.set_suite(suite)

    # ---- what the description points at

    cdef void bind(self, WS_SECURITY_BINDING *binding) noexcept:
        self.bindings[self.description.securityBindingCount] = binding
        self.description.securityBindingCount += 1

    cdef void add(self, WS_SECURITY_PROPERTY_ID which, void *value, ULONG size) noexcept:
        cdef ULONG index = self.description.propertyCount
        self.properties[index].id = which
        self.properties[index].value = value
        self.properties[index].valueSize = size
        self.description.properties = self.properties
        self.description.propertyCount = index + 1

    cdef void add_ssl(self, WS_SECURITY_BINDING_PROPERTY_ID which, void *value,
                      ULONG size) noexcept:
        cdef ULONG index = self.ssl.binding.propertyCount
        self.ssl_properties[index].id = which
        self.ssl_properties[index].value = value
        self.ssl_properties[index].valueSize = size
        self.ssl.binding.properties = self.ssl_properties
        self.ssl.binding.propertyCount = index + 1

    cdef int point(self, WS_BYTES *into, bytes source) except -1:
        if source is None:
            raise TypeError("a certificate must be bytes, not None")
        self.kept.append(source)
        into.bytes = <unsigned char *>PyBytes_AS_STRING(source)
        into.length = <ULONG>PyBytes_GET_SIZE(source)
        return 0

    cdef int hold(self, Lease *lease) except -1:
        """The caller is inside a call."""
        lease_hold(lease)
        self.held.leases[self.held.count] = lease
        self.held.count += 1
        return 0

    # ---- TLS

    cdef int add_transport(self, object transport) except -1:
        if self.tls:
            raise ValueError("security has two SslTransport objects in it: a channel has one "
                             "connection")
        self.tls = True
        self.ssl.binding.bindingType = WS_SSL_TRANSPORT_SECURITY_BINDING_TYPE
        self.bind(&self.ssl.binding)
        self.failures = <ULONG>int(transport.ignore_failures)
        self.add_ssl(WS_SECURITY_BINDING_PROPERTY_CERT_FAILURES_TO_IGNORE, &self.failures,
                     sizeof(self.failures))
        if not transport.check_revocation:
            self.no_revocation = True
            self.add_ssl(WS_SECURITY_BINDING_PROPERTY_DISABLE_CERT_REVOCATION_CHECK,
                         &self.no_revocation, sizeof(self.no_revocation))
        if transport.disallowed_protocols is not None:
            self.protocols = <ULONG>int(transport.disallowed_protocols)
            self.add_ssl(WS_SECURITY_BINDING_PROPERTY_DISALLOWED_SECURE_PROTOCOLS,
                         &self.protocols, sizeof(self.protocols))
        if transport.ca_data is not None:
            if not ncx_takes_pem_certificates():
                raise NotSupportedError(
                    NOT_SUPPORTED, "",
                    "Windows trusts the roots in its certificate stores and takes no others from a "
                    "program: import the certificate into the store ROOT instead of ca_file or "
                    "ca_data")
            self.point(&self.ca, transport.ca_data)
            self.add_ssl(
                <WS_SECURITY_BINDING_PROPERTY_ID><int>NCX_SECURITY_BINDING_PROPERTY_CA_CERTIFICATES,
                &self.ca, sizeof(self.ca))
        if transport.client_certificate is not None:
            self.add_certificate(transport.client_certificate)
        return 0

    cdef int add_certificate(self, object certificate) except -1:
        cdef Key key
        if isinstance(certificate, WindowsCertificate):
            self.thumbprint.credential.credentialType = WS_THUMBPRINT_CERT_CREDENTIAL_TYPE
            self.thumbprint.storeLocation = <ULONG>certificate.location
            for_store = wide(certificate.store, "store")
            for_digits = wide(certificate.thumbprint, "thumbprint")
            self.kept += [for_store, for_digits]
            self.thumbprint.storeName.chars = <WCHAR *><void *>PyBytes_AS_STRING(for_store)
            self.thumbprint.storeName.length = <ULONG>(len(for_store) // 2 - 1)
            self.thumbprint.thumbprint.chars = <WCHAR *><void *>PyBytes_AS_STRING(for_digits)
            self.thumbprint.thumbprint.length = <ULONG>(len(for_digits) // 2 - 1)
            self.ssl.localCertCredential = &self.thumbprint.credential
            return 0
        if not ncx_takes_pem_certificates():
            raise NotSupportedError(
                NOT_SUPPORTED, "",
                "Windows takes client certificates from its certificate stores only: import it "
                "with its key and use WindowsCertificate(thumbprint=...)")
        self.pem.credential.credentialType = <WS_CERT_CREDENTIAL_TYPE><int>(
            NCX_PEM_CERT_CREDENTIAL_TYPE)
        self.point(&self.pem.certificates, certificate.certificates)
        if isinstance(certificate, StoredCertificate):
            key = certificate.key
            if key is None:
                raise TypeError("key must be a Key, not None")
            key.enter()
            try:
                self.hold(key.lease)
            finally:
                key.leave()
            self.pem.storedKey = key.lease.handle
        elif isinstance(certificate, PemCertificate):
            self.point(&self.pem.privateKey, certificate._private_key)
            if certificate._passphrase:
                self.point(&self.pem.passphrase, certificate._passphrase)
        self.ssl.localCertCredential = &self.pem.credential
        return 0

    # ---- tokens

    cdef int add_token(self, object part) except -1:
        cdef XmlToken token = part
        cdef ULONG index = <ULONG>len(self.tokens)
        cdef WS_XML_TOKEN_MESSAGE_SECURITY_BINDING *binding
        if index > MOST_TOKENS:
            raise ValueError(f"security has {index} tokens in it: the limit is {MOST_TOKENS}")
        if not self.tls:
            raise ValueError("a token needs an SslTransport beside it: nothing else protects the "
                             "message that it is in")
        index = self.description.securityBindingCount - 1
        for other in self.tokens[:index]:
            if other is token:
                raise ValueError("security has the same token in it twice")
        kind = token.key_type
        token.enter()
        try:
            if (token.lease.parent != NULL
                    and lease_word_load(&token.lease.parent.type) == TYPE_CONTEXT):
                raise NotSupportedError(
                    NOT_SUPPORTED, "",
                    "the token's key is a CryptoAPI key, and channels do not sign with those: "
                    "make the token with context.to_ncrypt(key_spec)")
            self.hold(token.lease)
        finally:
            token.leave()
        self.asymmetric = self.asymmetric or kind == SecurityKeyType.ASYMMETRIC
        self.symmetric = self.symmetric or kind == SecurityKeyType.SYMMETRIC
        binding = &self.xml_tokens[index]
        binding.binding.bindingType = WS_XML_TOKEN_MESSAGE_SECURITY_BINDING_TYPE
        binding.bindingUsage = WS_SUPPORTING_MESSAGE_SECURITY_USAGE
        binding.xmlToken = token.native()   # held, so that it stays
        self.bind(&binding.binding)
        return 0

    # ---- the security header

    cdef int set_header(self, object timestamp, tuple times, object layout,
                        object version) except -1:
        """Checked in any case, said when there is such a header."""
        usage = enum_value(TimestampUsage, timestamp, "timestamp")
        self.timestamp = <WS_SECURITY_TIMESTAMP_USAGE><int>int(usage)
        self.layout = <WS_SECURITY_HEADER_LAYOUT><int>int(
            enum_value(SecurityHeaderLayout, layout, "layout"))
        self.version = <WS_SECURITY_HEADER_VERSION><int>int(
            enum_value(SecurityHeaderVersion, version, "header_version"))
        self.lifetime.ticks = ticks(times[0], "timestamp_lifetime", 0.001)
        self.skew.ticks = ticks(times[1], "clock_skew", 0)
        self.latency.ticks = ticks(times[2], "max_latency", 0)
        if not self.tokens:
            return 0
        if usage == TimestampUsage.NEVER and (self.asymmetric or self.symmetric):
            raise ValueError("a token with a key signs the timestamp, so timestamp must not be "
                             "NEVER")
        self.add(WS_SECURITY_PROPERTY_TIMESTAMP_USAGE, &self.timestamp, sizeof(self.timestamp))
        self.add(WS_SECURITY_PROPERTY_SECURITY_HEADER_LAYOUT, &self.layout, sizeof(self.layout))
        self.add(WS_SECURITY_PROPERTY_SECURITY_HEADER_VERSION, &self.version, sizeof(self.version))
        self.add(WS_SECURITY_PROPERTY_TIMESTAMP_VALIDITY_DURATION, &self.lifetime,
                 sizeof(self.lifetime))
        self.add(WS_SECURITY_PROPERTY_MAX_ALLOWED_CLOCK_SKEW, &self.skew, sizeof(self.skew))
        self.add(WS_SECURITY_PROPERTY_MAX_ALLOWED_LATENCY, &self.latency, sizeof(self.latency))
        return 0

    cdef int set_suite(self, object suite) except -1:
        if not (self.asymmetric or self.symmetric):
            if suite is not None:
                raise ValueError("algorithm_suite is for what tokens with a key sign, and there is "
                                 "no such token")
            return 0
        if isinstance(suite, AlgorithmSuite):
            self.suite_name = <WS_SECURITY_ALGORITHM_SUITE_NAME><int>int(suite)
            self.add(WS_SECURITY_PROPERTY_ALGORITHM_SUITE_NAME, &self.suite_name,
                     sizeof(self.suite_name))
            return 0
        if suite is None:
            suite = Algorithms()
        if not isinstance(suite, Algorithms):
            raise TypeError("algorithm_suite must be an AlgorithmSuite or an Algorithms, not "
                            f"{type(suite).__name__!r}")
        name = suite.signature
        if name is not None and (self.asymmetric and not name.startswith("RSA-")
                                 or self.symmetric and not name.startswith("HMAC-")):
            kind = "an asymmetric" if name.startswith("HMAC-") else "a symmetric"
            raise ValueError(f"the algorithm {name} does not fit: a token has {kind} key")
        self.suite.canonicalizationAlgorithm = WS_SECURITY_ALGORITHM_CANONICALIZATION_EXCLUSIVE
        self.suite.digestAlgorithm = <WS_SECURITY_ALGORITHM_ID><int>DIGESTS[suite.digest]
        if self.asymmetric:
            self.suite.asymmetricSignatureAlgorithm = <WS_SECURITY_ALGORITHM_ID><int>(
                SIGNATURES[name or f"RSA-{suite.digest}"])
        if self.symmetric:
            self.suite.symmetricSignatureAlgorithm = <WS_SECURITY_ALGORITHM_ID><int>(
                SIGNATURES[name or f"HMAC-{suite.digest}"])
        self.add(WS_SECURITY_PROPERTY_ALGORITHM_SUITE, &self.suite, sizeof(self.suite))
        return 0
