# SPDX-License-Identifier: MIT
"""A token service on the loopback, by HTTPS: it believes a client assertion that it has verified.

As RFC 7523 has it: signed with a key whose certificate was registered for the client, for this
service, still valid, and not used before. It verifies with cryptography and with nothing of the
libraries that make assertions.
"""

import base64
import json
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from .material import DER, SHA256

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PSS = padding.PSS(padding.MGF1(SHA256), SHA256.digest_size)


class RefusedError(Exception):
    """The reason why there is no token."""


def decode(text):
    return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))


def verify(algorithm, public_key, signature, content):
    is_rsa = isinstance(public_key, rsa.RSAPublicKey)
    try:
        if is_rsa and algorithm == "RS256":
            public_key.verify(signature, content, padding.PKCS1v15(), SHA256)
        elif is_rsa and algorithm == "PS256":
            public_key.verify(signature, content, PSS, SHA256)
        elif not is_rsa and algorithm == "ES256" and len(signature) == 64:
            halves = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
            public_key.verify(encode_dss_signature(*halves), content, ec.ECDSA(SHA256))
        else:
            raise RefusedError(f"{algorithm} is not for the registered key")
    except InvalidSignature:
        raise RefusedError("the signature is wrong") from None


class TokenService:
    """Listens from the start. `accepted` has the header and claims of what it gave tokens for."""

    def __init__(self, context: ssl.SSLContext):
        self.clients = {}
        self.accepted = []
        self._used = set()
        handler = type("Handler", (_Handler,), {"service": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"https://127.0.0.1:{self._server.server_port}/tenant"

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def register(self, client, certificate):
        self.clients[client] = certificate

    def check(self, form):
        """The claims of whoever asks, or RefusedError."""
        if form.get("grant_type") != "client_credentials":
            raise RefusedError("only clients get tokens here")
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise RefusedError("there is no client assertion")
        certificate = self.clients.get(form.get("client_id"))
        if certificate is None:
            raise RefusedError("the client is unknown")
        header, claims, signature = form["client_assertion"].split(".")
        fields, said = json.loads(decode(header)), json.loads(decode(claims))
        content = f"{header}.{claims}".encode()
        verify(fields["alg"], certificate.public_key(), decode(signature), content)
        self._check_certificate(fields, certificate)
        if (said["iss"], said["sub"]) != (form["client_id"], form["client_id"]):
            raise RefusedError("the assertion is about somebody else")
        if said["aud"] != f"{self.url}/token":
            raise RefusedError("the assertion is for another service")
        if not said.get("nbf", 0) <= time.time() < said["exp"]:
            raise RefusedError("the assertion is not valid now")
        if said["jti"] in self._used:
            raise RefusedError("the assertion was used before")
        self._used.add(said["jti"])
        self.accepted.append((fields, said))

    def _check_certificate(self, fields, certificate):
        """What the header says of the certificate has to be true."""
        for name, hash_ in (("x5t", hashes.SHA1()), ("x5t#S256", SHA256)):
            if name in fields and decode(fields[name]) != certificate.fingerprint(hash_):
                raise RefusedError(f"{name} is of another certificate")
        if "x5c" in fields:
            leaf = base64.b64decode(fields["x5c"][0])
            if leaf != certificate.public_bytes(DER):
                raise RefusedError("x5c is another certificate")


class _Handler(BaseHTTPRequestHandler):
    service: TokenService

    def log_message(self, format, *args):
        pass

    def _answer(self, status, answer):
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path != "/tenant/.well-known/openid-configuration":
            self._answer(404, {})
            return
        url = self.service.url
        endpoints = {f"{name}_endpoint": f"{url}/{name}" for name in ("authorization", "token")}
        self._answer(200, {"issuer": url, **endpoints})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        try:
            self.service.check(form)
        except RefusedError as error:
            self._answer(401, {"error": "invalid_client", "error_description": str(error)})
        else:
            token = {"token_type": "Bearer", "access_token": "a token", "expires_in": 3600}
            self._answer(200, token)
