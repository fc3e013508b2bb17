"""A SOAP request that proves possession of a stored key: an X.509 token, signed on every request.

The key is made in a key store and never leaves it; a certificate authority of this example's own
certifies it. The request goes to a service that runs here, over TLS, and says what it got.

    python examples/soap_x509.py
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_public_key
from soap_authority import Authority
from soap_service import ADDRESSING_10, WSU, SoapService, fault

import ncrypt_ext as nc
from ncrypt_ext import ws

BODY = b'<submit xmlns="urn:orders"><number>17</number><item>two apples</item></submit>'


def certified_token(
    provider: nc.Provider, authority: Authority
) -> tuple[ws.XmlToken, x509.Certificate]:
    """A token of a new key in the store and of a certificate for it, and the certificate."""
    with provider.create_key("RSA", "soap", length=2048) as key:  # not exportable
        public = load_pem_public_key(key.public_key_pem().encode())
        certificate = authority.issue(public, "orders client")
        parts = ws.x509_token(certificate.public_bytes(Encoding.DER))
        return ws.XmlToken.from_xml(parts, key), certificate  # the token holds what it needs


def xmlsec1_says(message: bytes, certificate: x509.Certificate) -> str:
    """What the xmlsec1 command, which has never seen the private key, says of the signature."""
    if shutil.which("xmlsec1") is None:
        return "not installed"
    with tempfile.TemporaryDirectory() as folder:
        document, trusted = Path(folder, "message.xml"), Path(folder, "certificate.pem")
        document.write_bytes(message)
        trusted.write_bytes(certificate.public_bytes(Encoding.PEM))
        command = ["xmlsec1", "--verify", "--pubkey-cert-pem", str(trusted)]
        version = re.search(r"1\.(\d+)", subprocess.getoutput("xmlsec1 --version"))
        if version is not None and int(version[1]) >= 3:
            command.append("--lax-key-search")
        for name in (f"{WSU}:Timestamp", f"{ADDRESSING_10}:To"):
            command += ["--id-attr:Id", name]
        done = subprocess.run([*command, str(document)], capture_output=True, text=True)
        return (done.stdout + done.stderr).split("\n")[0]


def security_header(message: bytes) -> str:
    """The Security header of a message, one element a line, long values cut."""
    header = re.search(rb"<(\w+):Security\b.*</\1:Security>", message, re.DOTALL)
    assert header is not None
    text = re.sub(r">([^<]{48})[^<]*<", r">\1...<", header[0].decode())
    return text.replace("><", ">\n    <")


def send(service: SoapService, token: ws.XmlToken, authority: Authority) -> None:
    """Two requests on one connection, each with a signature of its own, and a fault."""
    transport = ws.SslTransport(ca_data=authority.pem)  # without: whom the system trusts
    with ws.Channel(service.url, security=[transport, token]) as channel:
        for _ in range(2):
            reply = channel.request("urn:orders/submit", BODY)
        print("the service answers:", reply.decode())
        service.handler = fault("Sender", "there are no apples left")
        try:
            channel.request("urn:orders/submit", BODY)
        except ws.WsFaultError as error:
            print("and then:", error.reason)
    requests, connections = len(service.requests), service.connections
    print(f"connections: {connections}, requests: {requests}; the last one's security header:")
    print("    " + security_header(service.requests[-1].body))


def job() -> None:
    """All of it, in the key store that is there."""
    authority = Authority()
    with SoapService(authority=authority) as service, nc.Provider() as provider:
        token, certificate = certified_token(provider, authority)
        with token:
            send(service, token, authority)
        provider.delete_key("soap")
        print("xmlsec1 says:", xmlsec1_says(service.requests[-1].body, certificate))


def main() -> None:
    """Run in a key store of its own."""
    folder = Path(tempfile.mkdtemp(prefix="ncrypt-ext-soap-"))
    os.environ["NCRYPT_EXT_HOME"] = str(folder)
    try:
        job()
    finally:
        shutil.rmtree(folder)
    print("Handles still open:", sum(nc.live_handles()["binding"].values()))


if __name__ == "__main__":
    main()
