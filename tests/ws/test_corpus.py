# SPDX-License-Identifier: MIT
"""What the fuzzers have found, as tokens and as references: what is malformed is a clear error."""

import collections
import gc
from pathlib import Path

import ncrypt_ext as nc
from ncrypt_ext import ws

from .token_support import needs_tokens

pytestmark = needs_tokens
CORPUS = Path(__file__).parents[1] / "fuzz" / "corpus"
MALFORMED = 500  # at least so many of the documents are
SECRET = bytes(32)


def documents():
    """Every document once: those of ws_token stand in one file, with a NUL between them."""
    found = set()
    for path in sorted((CORPUS / "ws_xml").iterdir()):
        found.add(path.read_bytes())
    for path in sorted((CORPUS / "ws_token").iterdir()):
        found.update(path.read_bytes()[1:].split(b"\0"))
    return sorted(found)


def error_of(make):
    """The exception of a document that is refused; None for one that is taken."""
    try:
        make().close()
    except ws.WsError as error:
        return error
    return None


def check(error, argument):
    assert isinstance(error, (ws.WsFormatError, ws.WsQuotaError)), error
    assert error.detail.startswith(f"{argument}: "), error.detail
    assert len(error.detail) > len(argument) + 10, error.detail
    assert error.function == "WsReadXmlBuffer"
    str(error).encode()  # can be shown


def roles(document, key):
    """The document as each of the three that a token is made of."""
    yield "xml", lambda: ws.XmlToken(document)
    yield "attached_reference", lambda: ws.XmlToken("<t/>", key, attached_reference=document)
    yield (
        "unattached_reference",
        lambda: ws.XmlToken("<t/>", key, attached_reference="<r/>", unattached_reference=document),
    )


def test_documents():
    gc.collect()
    before = nc.live_handles()
    outcomes = collections.Counter()
    with ws.RawSymmetricKeyHandle(SECRET) as key:
        for document in documents():
            errors = []
            for argument, make in roles(document, key):
                errors.append(error_of(make))
                if errors[-1] is not None:
                    check(errors[-1], argument)
            assert len({None if error is None else error.status for error in errors}) == 1
            outcomes[errors[0] is None] += 1
    assert outcomes[True] >= 40  # and some are right
    assert outcomes[False] >= MALFORMED
    assert nc.live_handles() == before


def test_parts_of_a_document():
    """Cut anywhere, a token is not well-formed any more."""
    whole = ws.username_token("somebody", "secret", digest=True).xml
    for size in range(len(whole)):
        check(error_of(lambda size=size: ws.XmlToken(whole[:size])), "xml")
