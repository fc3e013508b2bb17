# SPDX-License-Identifier: MIT
"""XML as the standard library sees it: where a document is wrong, and what its root element is.

Nothing here is trusted with a document that the native parser takes. It explains what was refused,
and checks what goes into a token. Document type declarations are refused, and with them entities:
nothing is expanded or fetched.
"""

from __future__ import annotations

from xml.parsers import expat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NamedTuple

    class Root(NamedTuple):
        namespace: str
        name: str
        attributes: dict[str, str]

else:
    from collections import namedtuple

    Root = namedtuple("Root", "namespace name attributes")

SEPARATOR = "\n"  # in neither a name nor, after normalisation, a namespace


class XmlError(ValueError):
    """What is wrong with a document, and where."""


def _parser(encoding: str | None, namespaces: bool) -> tuple[Any, Callable[[str], XmlError]]:
    parser = expat.ParserCreate(encoding, SEPARATOR if namespaces else None)

    def wrong(what: str) -> XmlError:
        line, column = parser.CurrentLineNumber, parser.CurrentColumnNumber + 1
        return XmlError(f"line {line}, column {column}: {what}")

    def doctype(*_: object) -> None:
        raise wrong("a document type declaration is not allowed")

    parser.StartDoctypeDeclHandler = doctype
    return parser, wrong


def _run(parser: Any, wrong: Callable[[str], XmlError], xml: bytes) -> None:
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        text = expat.ErrorString(error.code)
        raise XmlError(f"line {error.lineno}, column {error.offset + 1}: {text}") from None
    except (ValueError, LookupError) as error:  # no encoding that Python knows and expat takes
        raise error if isinstance(error, XmlError) else wrong(str(error)) from None


def _declaration(encoding: str | None, wrong: Callable[[str], XmlError]) -> Callable[..., None]:
    def check(_: str, named: str | None, __: int) -> None:
        if encoding == "utf-8" and named and named.lower() != encoding:
            raise wrong(f"the declaration names {named!r} where the encoding is {encoding!r}")

    return check


def root_element(xml: bytes, encoding: str | None = None) -> Root:
    """The root element of a document that is well-formed and free of declarations.

    Attributes with a namespace have ``{namespace}name`` as their name.
    """
    parser, wrong = _parser(encoding, namespaces=True)
    found: list[Root] = []

    def split(name: str) -> tuple[str, str]:
        namespace, _, local = name.rpartition(SEPARATOR)
        return namespace, local

    def start(name: str, attributes: dict[str, str]) -> None:
        parser.StartElementHandler = None
        pairs = {split(title): value for title, value in attributes.items()}
        plain = {
            (f"{{{space}}}{local}" if space else local): v for (space, local), v in pairs.items()
        }
        found.append(Root(*split(name), plain))

    parser.StartElementHandler = start
    parser.XmlDeclHandler = _declaration(encoding, wrong)
    _run(parser, wrong, xml)
    return found[0]


def explain(xml: bytes, encoding: str | None, depth: int, attributes: int, namespaces: int) -> str:
    """Why a native parser with these limits may have refused a document; "" for no idea."""
    parser, wrong = _parser(encoding, namespaces=False)
    scopes = [0]

    def start(_: str, pairs: list[str]) -> None:
        names = pairs[::2]
        declared = sum(n == "xmlns" or n.startswith("xmlns:") for n in names)
        scopes.append(scopes[-1] + declared)
        if len(scopes) > depth + 1:
            raise wrong(f"elements are nested deeper than max_depth={depth}")
        if len(names) - declared > attributes:
            raise wrong(f"an element has more attributes than max_attributes={attributes}")
        if scopes[-1] > namespaces:
            raise wrong(f"more namespaces are declared than max_namespaces={namespaces}")

    def instruction(*_: str) -> None:
        raise wrong("a processing instruction is not allowed")

    parser.ordered_attributes = True
    parser.XmlDeclHandler = _declaration(encoding, wrong)
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: scopes.pop()
    parser.ProcessingInstructionHandler = instruction
    try:
        _run(parser, wrong, xml)
        root_element(xml, encoding)  # prefixes
    except XmlError as error:
        return str(error)
    return ""
