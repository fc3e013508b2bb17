# SPDX-License-Identifier: MIT
"""The examples of docs/channels.md, with a service that they can reach."""

import asyncio
import inspect
import re
from pathlib import Path

import pytest

from .certified import certified_key, der, pem
from .channel_support import content, needs_channels, needs_tls
from .soap_service import Authority, SoapService, echo
from .verify_with import VERIFIERS

pytestmark = [needs_channels, needs_tls]
PAGE = (Path(__file__).parents[2] / "docs" / "channels.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python tested by.*\n((?:.*\n)*?)^```$", PAGE, re.MULTILINE)
ORDER = b'<x:order xmlns:x="urn:orders">17</x:order>'


def test_there_are_examples():
    assert len(EXAMPLES) == 2


@pytest.mark.parametrize("verifier", VERIFIERS, ids=repr)
@pytest.mark.parametrize("example", EXAMPLES, ids=["threads", "asyncio"])
def test_example(example, verifier, provider, rsa_blob, tmp_path, monkeypatch):
    names = {}
    exec(compile(example, "channels.md", "exec"), names)
    authority = Authority()
    (tmp_path / "trusted.pem").write_bytes(authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))
    with certified_key(provider, rsa_blob, authority) as (_, certificate):
        with SoapService(echo, authority=authority) as service:
            reply = names["submit"](service.url, der(certificate), ORDER)
            if inspect.isawaitable(reply):
                reply = asyncio.run(reply)
    assert content(reply) == [("{urn:orders}order", "17")]
    (request,) = service.requests
    assert request.header("Action")[0] == "urn:orders/submit"
    verifier(request.body, pem(certificate))
