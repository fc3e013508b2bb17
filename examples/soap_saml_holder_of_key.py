"""A SOAP request with a SAML 1.1 assertion whose subject proves that it holds the named key.

Whoever issues the assertion puts the subject's certificate into it; the subject signs each request
with the private key, which stays in its key store. Here the issuer is a function of this example,
and leaves its own signature out; a real one comes from a security token service.

    python examples/soap_saml_holder_of_key.py
"""

from __future__ import annotations

import base64
import os
import shutil
import tempfile
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, load_pem_public_key
from soap_authority import Authority
from soap_service import SoapService
from soap_x509 import security_header

import ncrypt_ext as nc
from ncrypt_ext import ws

ASSERTION = """\
<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:1.0:assertion" MajorVersion="1"\
 MinorVersion="1" AssertionID="{id}" Issuer="urn:issuer" IssueInstant="{now}">\
<saml:Conditions NotBefore="{now}" NotOnOrAfter="{end}"/>\
<saml:AttributeStatement><saml:Subject><saml:NameIdentifier>{name}</saml:NameIdentifier>\
<saml:SubjectConfirmation>\
<saml:ConfirmationMethod>urn:oasis:names:tc:SAML:1.0:cm:holder-of-key</saml:ConfirmationMethod>\
<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>\
{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>\
</saml:SubjectConfirmation></saml:Subject>\
<saml:Attribute AttributeName="role" AttributeNamespace="urn:roles">\
<saml:AttributeValue>clerk</saml:AttributeValue></saml:Attribute>\
</saml:AttributeStatement></saml:Assertion>"""


def issue(name: str, certificate: bytes) -> str:
    """What an issuer says of the holder of that certificate's key."""
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    return ASSERTION.format(
        id=f"_{uuid.uuid4()}",
        now=f"{now.isoformat(timespec='milliseconds')}Z",
        end=f"{(now + timedelta(hours=1)).isoformat(timespec='milliseconds')}Z",
        name=name,
        certificate=base64.b64encode(certificate).decode(),
    )


def main() -> None:
    """Run in a key store of its own."""
    folder = Path(tempfile.mkdtemp(prefix="ncrypt-ext-soap-"))
    os.environ["NCRYPT_EXT_HOME"] = str(folder)
    authority = Authority()
    try:
        with SoapService(authority=authority) as service, nc.Provider() as provider:
            key = provider.create_key("RSA", "clerk", length=2048)  # not exportable
            public = load_pem_public_key(key.public_key_pem().encode())
            certificate = authority.issue(public, "clerk").public_bytes(Encoding.DER)
            assertion = ws.saml11_token(issue("clerk", certificate))
            transport = ws.SslTransport(ca_data=authority.pem)
            with (
                ws.XmlToken.from_xml(assertion, key) as token,
                ws.Channel(service.url, security=[transport, token]) as channel,
            ):
                key.close()  # the token holds it, and the channel the token
                print(channel.request("urn:roles/ask", "<who xmlns='urn:roles'/>").decode())
            print("    " + security_header(service.requests[-1].body))
            provider.delete_key("clerk")
    finally:
        shutil.rmtree(folder)
    print("Handles still open:", sum(nc.live_handles()["binding"].values()))


if __name__ == "__main__":
    main()
