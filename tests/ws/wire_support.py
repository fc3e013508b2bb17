# SPDX-License-Identifier: MIT
"""What tests of channels share: channels to the tests' service, and messages taken apart."""

import uuid
from datetime import datetime, timezone
from xml.etree import ElementTree

from ncrypt_ext import ws

from .channel_support import needs_channels, needs_tls
from .soap_service import ADDRESSING_09, ADDRESSING_10, SOAP_11, SOAP_12, SoapService
from .verify_with import DSIG, WSSE, WSU

ACTION = "urn:orders/place"
BODY = b'<q:order xmlns:q="urn:orders">two apples</q:order>'
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
SIGNED = ["Timestamp", "To"]
ENVELOPES = {ws.EnvelopeVersion.SOAP_1_1: SOAP_11, ws.EnvelopeVersion.SOAP_1_2: SOAP_12}
ADDRESSINGS = {
    ws.AddressingVersion.WSA_0_9: ADDRESSING_09,
    ws.AddressingVersion.WSA_1_0: ADDRESSING_10,
}
VERSIONS = [(envelope, addressing) for envelope in ENVELOPES for addressing in ADDRESSINGS]
needs_wire = [needs_channels, needs_tls]


def transport(service, **options):
    return ws.SslTransport(ca_data=service.authority.pem, **options)


def open_channel(service, *tokens, **options):
    """A channel to a service with TLS that trusts its authority."""
    return ws.Channel(service.url, security=[transport(service), *tokens], **options)


def same(reply, body):
    """Whether two documents say the same: one in a reply declares also what the envelope had."""
    return ElementTree.canonicalize(reply) == ElementTree.canonicalize(body)


def check_echo(channel, body=BODY, **options):
    """A request whose body comes back."""
    reply = channel.request(ACTION, body, **options)
    assert same(reply, body), reply


def sent(*tokens, to=None, headers=(), **options):
    """The one request that a channel with these tokens sends, as the service got it."""
    with SoapService() as service:
        with open_channel(service, *tokens, **options) as channel:
            check_echo(channel, to=to, headers=headers)
        (request,) = service.requests
        return request


def canonical(element):
    from lxml import etree

    return etree.tostring(element, method="c14n", exclusive=True, with_tail=False)


class Message:
    """A request's envelope, taken apart. What may be there once only is checked to be."""

    def __init__(self, body):
        from lxml import etree

        self.root = etree.fromstring(body)
        name = etree.QName(self.root)
        assert name.localname == "Envelope"
        self.soap = name.namespace
        self.header, self.body = self.root
        assert self.header.tag == f"{{{self.soap}}}Header"
        assert self.body.tag == f"{{{self.soap}}}Body"
        found = self.header.findall(f"{{{WSSE}}}Security")
        assert len(found) <= 1
        self.security = found[0] if found else None

    @property
    def parts(self):
        """The local names in the security header, in order."""
        from lxml import etree

        return [etree.QName(child).localname for child in self.security]

    def addressing(self, name):
        """An addressing header, and the namespace of its version."""
        found = [
            (element, uri)
            for uri in (ADDRESSING_09, ADDRESSING_10)
            for element in self.header.findall(f"{{{uri}}}{name}")
        ]
        assert len(found) == 1, (name, found)
        return found[0]

    @property
    def timestamp(self):
        """When it was created and when it expires; their form is checked."""
        (element,) = self.security.findall(f"{{{WSU}}}Timestamp")
        names = [child.tag for child in element]
        assert names == [f"{{{WSU}}}Created", f"{{{WSU}}}Expires"]
        return [
            datetime.strptime(child.text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
            for child in element
        ]

    @property
    def signatures(self):
        return [Signature(self, one) for one in self.security.findall(f"{{{DSIG}}}Signature")]

    def by_id(self, identifier):
        """The one element with that wsu:Id."""
        name = f"{{{WSU}}}Id"
        found = [one for one in self.root.iter() if one.get(name) == identifier]
        assert len(found) == 1, (identifier, found)
        return found[0]

    def check_ids(self):
        """Every Id in the message, of whichever kind, is another one, and an NCName."""
        names = ("Id", "ID", "AssertionID")
        ids = [
            value
            for one in self.root.iter("*")
            for name, value in one.attrib.items()
            if name.rpartition("}")[2] in names
        ]
        assert len(set(ids)) == len(ids)
        assert all(value[0].isalpha() or value[0] == "_" for value in ids)


class Signature:
    """A ds:Signature: exactly what the profile lets it have, or an assertion fails."""

    def __init__(self, message, element):
        self.info, self.value, self.key_info = element
        names = [child.tag for child in element]
        assert names == [f"{{{DSIG}}}{n}" for n in ("SignedInfo", "SignatureValue", "KeyInfo")]
        assert not element.attrib
        method, algorithm, *references = self.info
        assert method.tag == f"{{{DSIG}}}CanonicalizationMethod"
        assert method.get("Algorithm") == EXCLUSIVE
        assert len(method) == 0
        assert algorithm.tag == f"{{{DSIG}}}SignatureMethod"
        assert len(algorithm) == 0  # no HMACOutputLength
        self.algorithm = algorithm.get("Algorithm")
        self.digests = set()
        self.signed = []
        for reference in references:
            self._reference(message, reference)
        (self.reference,) = self.key_info
        assert self.reference.tag == f"{{{WSSE}}}SecurityTokenReference"

    def _reference(self, message, element):
        from lxml import etree

        assert element.tag == f"{{{DSIG}}}Reference"
        transforms, method, value = element
        (transform,) = transforms
        assert transform.get("Algorithm") == EXCLUSIVE
        assert len(transform) == 0
        assert value.tag == f"{{{DSIG}}}DigestValue"
        assert element.get("URI")[0] == "#"
        self.digests.add(method.get("Algorithm"))
        target = message.by_id(element.get("URI")[1:])
        self.signed.append(etree.QName(target).localname)


def check_addressing(message, service_url, envelope, addressing, action=ACTION):
    """The addressing headers of a request."""
    uri = ADDRESSINGS[addressing]
    assert message.soap == ENVELOPES[envelope]
    for name, text in (("Action", action), ("To", service_url)):
        element, found = message.addressing(name)
        assert (element.text, found) == (text, uri)
        assert element.get(f"{{{message.soap}}}mustUnderstand") == "1"
    element, found = message.addressing("MessageID")
    assert found == uri
    assert element.text.startswith("urn:uuid:")
    assert uuid.UUID(element.text[9:]).version == 4
    assert element.text == element.text.lower()
