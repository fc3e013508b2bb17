# SPDX-License-Identifier: MIT
"""Replies that no honest service sends, by name: handlers of the tests' service.

All answer a request of SOAP 1.2 with WS-Addressing 1.0 whose channel wants a timestamp in replies.
"""

from datetime import datetime, timedelta, timezone

from .soap_service import (
    SOAP_11,
    SOAP_12,
    Reply,
    answer,
    edited,
    http_error,
    oversized,
    raw,
    redirect,
    timestamp,
    truncated,
    with_content_type,
)
from .verify_with import WSSE, WSU

LIMIT = 65536  # of the channel that gets them
SOAP_TYPE = "application/soap+xml; charset=utf-8"


def document(body):
    """That instead of an envelope, as a well-behaved HTTP reply."""
    return lambda request: Reply(body, headers={"Content-Type": SOAP_TYPE})


def replaced(old, new):
    return edited(lambda body: body.replace(old, new, 1))


def security(header):
    """That instead of the Security header."""
    return lambda request: answer(request, request.content, security=header)


def created(**offset):
    return security(timestamp(datetime.now(timezone.utc) + timedelta(**offset)))


# ---- HTTP ----------------------------------------------------------------------------------------

STATUS = """300 301 302 303 304 305 307 308 400 401 402 403 404 405 406 407 408 409 410 411 412 413
414 415 416 417 421 422 423 424 425 426 428 429 431 451 500 501 502 503 504 505 506 507 508 510 511
599""".split()
HTTP = {f"status {status}": http_error(f"{status} Some Reason") for status in STATUS}
HTTP |= {
    "status 200 with HTML": http_error("200 OK"),
    "status 200 without a body": http_error("200 OK", b"", SOAP_TYPE),
    "status 202 without a body": http_error("202 Accepted", b"", SOAP_TYPE),
    "status 204": raw(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "status 401 with a challenge": raw(
        b'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="\xff\r\nContent-Length: 0\r\n\r\n'
    ),
    "redirect to itself": redirect("/service"),
    "redirect to another scheme": redirect("file:///etc/passwd"),
    "redirect to nowhere": redirect("https://localhost:1/"),
    "redirect without a place": lambda request: Reply(b"", "302 Found", {}),
    "hangs up": raw(),
    "resets": raw(end="reset"),
    "resets inside the status line": raw(b"HTTP/1.", end="reset"),
    "resets inside the headers": raw(b"HTTP/1.1 200 OK\r\nContent-Le", end="reset"),
    "hangs up after the status line": raw(b"HTTP/1.1 200 OK\r\n"),
    "not HTTP": raw(b"220 localhost ESMTP\r\n"),
    "noise": raw(bytes(range(256)) * 16),
    "only line feeds": raw(b"\n" * 4096),
    "HTTP 0.9": raw(b"<s:Envelope/>"),
    "HTTP of the future": raw(b"HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n"),
    "status that is no number": raw(b"HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n"),
    "status of four digits": raw(b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"),
    "status that is negative": raw(b"HTTP/1.1 -200 OK\r\nContent-Length: 0\r\n\r\n"),
    "length that is no number": raw(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n<a/>"),
    "length that is negative": raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n<a/>"),
    "length of 20 digits": raw(b"HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n<a/>" % (b"9" * 20)),
    "length of 18 digits": raw(b"HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n<a/>" % (b"9" * 18)),
    "length above the limit": raw(
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (LIMIT + 1), b"x" * (LIMIT + 1)
    ),
    "two lengths": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 900\r\n\r\n<a/>"),
    "a header of 1 MB": raw(b"HTTP/1.1 200 OK\r\nX: %s\r\n" % (b"x" * (1 << 20)), b"\r\n"),
    "100,000 headers": raw(b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n" * 1000] * 100, b"\r\n"),
    "a header without a name": raw(b"HTTP/1.1 200 OK\r\n: x\r\nContent-Length: 4\r\n\r\n<a/>"),
    "a header with NUL": raw(b"HTTP/1.1 200 OK\r\nX: \0\r\nContent-Length: 4\r\n\r\n<a/>"),
    "folded headers": raw(b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 4\r\n\r\n<a/>"),
    "continues and hangs up": raw(*[b"HTTP/1.1 100 Continue\r\n\r\n"] * 100),
    "switches protocols": raw(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", b"noise" * 100),
    "compressed noise": raw(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\xff"
    ),
    "an encoding that nobody knows": raw(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: zzz\r\nContent-Length: 4\r\n\r\n<a/>"
    ),
}


def chunked(*pieces):
    return raw(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n",
        *pieces,
    )


HTTP |= {
    "chunks: no number": chunked(b"zz\r\n<a/>\r\n0\r\n\r\n"),
    "chunks: negative": chunked(b"-4\r\n<a/>\r\n0\r\n\r\n"),
    "chunks: longer than it says": chunked(b"2\r\n<a/>\r\n0\r\n\r\n"),
    "chunks: shorter than it says": chunked(b"ff\r\n<a/>\r\n0\r\n\r\n"),
    "chunks: of 2^64 bytes": chunked(b"10000000000000000\r\n<a/>\r\n0\r\n\r\n"),
    "chunks: no end": chunked(b"4\r\n<a/>\r\n"),
    "chunks: none": chunked(b"0\r\n\r\n"),
    "chunks: above the limit": chunked(*[b"1000\r\n" + b"x" * 4096 + b"\r\n"] * 40),
    "chunks: ten thousand": chunked(*[b"10\r\n" + b"x" * 16 + b"\r\n"] * 10_000),
    "chunks: endless extension": chunked(b"4;" + b"x" * 200_000),
}

TYPES = {
    f"content type {kind!r}": with_content_type(kind)
    for kind in (
        "",
        "text/html",
        "text/plain; charset=utf-8",
        "application/json",
        "application/xml",
        "multipart/related; type=application/xop+xml",
        "application/soap+xmlx",
        "/",
        ";",
        "x" * 5000,
        "text/xml; charset=utf-8",  # that of SOAP 1.1
        "application/soap+msbin1",
    )
}


# ---- XML -----------------------------------------------------------------------------------------


def bomb(levels, width):
    entities = "".join(
        f'<!ENTITY e{n} "{f"&e{n - 1};" * width if n else "x" * 10}">' for n in range(levels)
    )
    return f"<!DOCTYPE s [{entities}]>"


def with_dtd(dtd, reference):
    def edit(body):
        return dtd.encode() + body.replace(b"two", reference.encode(), 1)

    return edited(edit)


def content(text):
    """A proper envelope around that content."""
    return lambda request: answer(request, text)


XML = {
    "empty": document(b" "),
    "a byte order mark alone": document(b"\xef\xbb\xbf"),
    "NUL": document(b"\0"),
    "text": document(b"hello"),
    "a tag that does not end": document(b"<"),
    "an element that does not end": document(b"<a>"),
    "two roots": edited(lambda body: body + body),
    "text in the body": lambda request: answer(request, "text"),
    "text before an element": lambda request: answer(request, "text<n/>"),
    "text behind an element": lambda request: answer(request, "<n/>text"),
    "text between elements": lambda request: answer(request, "<n/>&#8203;<n/>"),
    "text behind the root": edited(lambda body: body + b"x"),
    "NUL in the text": replaced(b"two", b"t\0o"),
    "a control character": replaced(b"two", b"t\x01o"),
    "U+FFFE": replaced(b"two", b"\xef\xbf\xbe"),
    "bytes that are no UTF-8": replaced(b"two", b"\xff\xfe"),
    "UTF-8 cut off": replaced(b"two", b"\xe2\x82"),
    "overlong UTF-8": replaced(b"two", b"\xc0\xaf"),
    "a surrogate in UTF-8": replaced(b"two", b"\xed\xa0\x80"),
    "a reference to NUL": replaced(b"two", b"&#0;"),
    "a reference to a surrogate": replaced(b"two", b"&#xD800;"),
    "a reference beyond Unicode": replaced(b"two", b"&#x7fffffff;"),
    "a reference without end": replaced(b"two", b"&amp"),
    "an unknown entity": replaced(b"two", b"&unknown;"),
    "an end tag of another name": replaced(b"</q:order>", b"</q:other>"),
    "an end tag missing": replaced(b"</q:order>", b""),
    "an end tag too many": replaced(b"</q:order>", b"</q:order></q:order>"),
    "an undeclared prefix": replaced(b"<q:order", b"<undeclared:order"),
    "the same attribute twice": replaced(b"<q:order", b'<q:order a="1" a="2"'),
    "the same attribute by two prefixes": replaced(
        b"<q:order", b'<q:order xmlns:b="u" xmlns:c="u" b:a="1" c:a="2"'
    ),
    "an attribute without quotes": replaced(b"<q:order", b"<q:order a=1"),
    "an attribute without a value": replaced(b"<q:order", b"<q:order a"),
    "a less-than sign in an attribute": replaced(b"<q:order", b'<q:order a="<"'),
    "a prefix xml for something else": replaced(b"<q:order", b'<q:order xmlns:xml="u"'),
    "a prefix for nothing": replaced(b"<q:order", b'<q:order xmlns:b=""'),
    "a CDATA section without end": replaced(b"two", b"<![CDATA["),
    "the end of a CDATA section": replaced(b"two", b"]]>"),
    "a comment without end": replaced(b"two", b"<!--"),
    "a comment with two hyphens": replaced(b"two", b"<!-- -- -->"),
    "a processing instruction without end": replaced(b"two", b"<?x"),
    "a declaration inside": replaced(b"two", b"<?xml version='1.0'?>"),
    "XML 3.0": edited(lambda body: b"<?xml version='3.0'?>" + body),
    "an encoding that nobody knows in XML": edited(
        lambda body: b"<?xml version='1.0' encoding='zzz'?>" + body
    ),
    "UTF-7": edited(lambda body: b"<?xml version='1.0' encoding='UTF-7'?>" + body),
    "EBCDIC": edited(lambda body: body.decode().encode("cp500")),
    "UTF-32": edited(lambda body: body.decode().encode("utf-32")),
    "a DTD": edited(lambda body: b"<!DOCTYPE s>" + body),
    "a DTD from elsewhere": edited(
        lambda body: b"<!DOCTYPE s SYSTEM 'https://localhost:1/'>" + body
    ),
    "a DTD without end": edited(lambda body: b"<!DOCTYPE s [" + body),
    "a billion laughs": with_dtd(bomb(10, 10), "&e9;"),
    "an entity of itself": with_dtd('<!DOCTYPE s [<!ENTITY e "&e;">]>', "&e;"),
    "a quadratic blow-up": with_dtd(f'<!DOCTYPE s [<!ENTITY e "{"x" * 9000}">]>', "&e;" * 9000),
    "a file as an entity": with_dtd('<!DOCTYPE s [<!ENTITY e SYSTEM "/etc/passwd">]>', "&e;"),
    "a parameter entity": with_dtd(
        '<!DOCTYPE s [<!ENTITY % e SYSTEM "file:///etc/passwd"> %e;]>', "x"
    ),
    "10,000 elements deep": content(b"<a>" * 6000 + b"</a>" * 6000),
    "500 elements deep": content(b"<a>" * 500 + b"</a>" * 500),
    "2,000 attributes": content(
        b"<a %s/>" % b" ".join(b'a%d="1"' % number for number in range(2000))
    ),
    "1,000 namespaces": content(
        b"<a %s/>" % b" ".join(b'xmlns:a%d="u"' % number for number in range(1000))
    ),
    "too large": oversized(LIMIT),
    "much too large": oversized(4 << 20),
}


# ---- SOAP ----------------------------------------------------------------------------------------

SOAP = {
    "another version of SOAP": replaced(SOAP_12.encode(), SOAP_11.encode()),
    "another version of SOAP, as HTTP says, too": with_content_type(
        "text/xml; charset=utf-8", replaced(SOAP_12.encode(), SOAP_11.encode())
    ),
    "an envelope of no version": replaced(SOAP_12.encode(), b"urn:soap"),
    "an envelope without namespace": document(b"<Envelope><Body/></Envelope>"),
    "HTML": document(b"<html xmlns='http://www.w3.org/1999/xhtml'><body/></html>"),
    "no body": edited(lambda body: body[: body.index(b"<s:Body")] + b"</s:Envelope>"),
    "two bodies": replaced(b"</s:Envelope>", b"<s:Body/></s:Envelope>"),
    "something behind the body": replaced(b"</s:Envelope>", b"<x/></s:Envelope>"),
    "something before the header": replaced(b"<s:Header>", b"<x/><s:Header>"),
    "two headers": replaced(b"<s:Header>", b"<s:Header/><s:Header>"),
    "the header behind the body": edited(
        lambda body: body.replace(b"<s:Header>", b"<s:Body/><s:Header>", 1)
    ),
    "text in the envelope": replaced(b"<s:Header>", b"text<s:Header>"),
    "a body in another namespace": replaced(b"<s:Body>", b'<s:Body xmlns:s="urn:s">'),
    "a relation to another message": replaced(b"<a:RelatesTo>", b"<a:RelatesTo>x"),
    "an empty relation": edited(
        lambda body: (
            body[: body.index(b"<a:RelatesTo>") + len(b"<a:RelatesTo>")]
            + body[body.index(b"</a:RelatesTo>") :]
        )
    ),
    "two relations": replaced(b"<a:RelatesTo>", b"<a:RelatesTo>x</a:RelatesTo><a:RelatesTo>"),
    "two actions": replaced(b"<a:Action ", b"<a:Action>urn:x</a:Action><a:Action "),
    "elements in the action": replaced(b"<a:RelatesTo>", b"<a:RelatesTo><x/>"),
}
STAMP = f'<o:Security xmlns:o="{WSSE}"><u:Timestamp xmlns:u="{WSU}">%s</u:Timestamp></o:Security>'
TIMES = {
    "empty": "",
    "no end": "<u:Created>2026-01-01T00:00:00Z</u:Created>",
    "no beginning": "<u:Expires>2026-01-01T00:00:00Z</u:Expires>",
    "two beginnings": "<u:Created>2026-01-01T00:00:00Z</u:Created>" * 2,
    "no time": "<u:Created>yesterday</u:Created><u:Expires>tomorrow</u:Expires>",
    "empty times": "<u:Created/><u:Expires/>",
    "31 February": "<u:Created>2026-02-31T00:00:00Z</u:Created>",
    "25 o'clock": "<u:Created>2026-02-01T25:00:00Z</u:Created>",
    "the year 0": "<u:Created>0000-01-01T00:00:00Z</u:Created>",
    "the year 99999": "<u:Created>99999-01-01T00:00:00Z</u:Created>",
    "the year -1": "<u:Created>-0001-01-01T00:00:00Z</u:Created>",
    "a digit of another script": "<u:Created>\u0662026-01-01T00:00:00Z</u:Created>",
    "a fraction of 10,000 digits": f"<u:Created>2026-01-01T00:00:00.{'9' * 10000}Z</u:Created>",
    "elements in a time": "<u:Created><x/>2026-01-01T00:00:00Z</u:Created>",
    "upside down": "<u:Created>2036-01-01T00:00:00Z</u:Created>"
    "<u:Expires>2026-01-01T00:00:00Z</u:Expires>",
}
SECURITY = {
    "no security header": security(""),
    "an empty security header": security(f'<o:Security xmlns:o="{WSSE}"/>'),
    "two security headers": security(timestamp() + timestamp()),
    "two timestamps": edited(
        lambda body: body.replace(
            b"</u:Timestamp>",
            b'</u:Timestamp><u:Timestamp xmlns:u="%s"/>' % WSU.encode(),
        )
    ),
    "expired for an hour": created(hours=-1),
    "expired for a century": created(days=-36500),
    "made in an hour": created(hours=1),
    "made in a century": created(days=36500),
    **{f"timestamp: {name}": security(STAMP.replace("%s", text)) for name, text in TIMES.items()},
}

FAULT = "<s:Fault>%s</s:Fault>"
FAULTS = {
    "empty": FAULT % "",
    "no reason": FAULT % "<s:Code><s:Value>s:Sender</s:Value></s:Code>",
    "no code": FAULT % "<s:Reason><s:Text xml:lang='en'>no</s:Text></s:Reason>",
    "a code without a value": FAULT % "<s:Code/><s:Reason><s:Text xml:lang='en'/></s:Reason>",
    "a code with an undeclared prefix": FAULT
    % "<s:Code><s:Value>x:Sender</s:Value></s:Code><s:Reason/>",
    "subcodes without end": FAULT
    % ("<s:Code><s:Value>s:Sender</s:Value>" + "<s:Subcode><s:Value>s:a</s:Value>" * 50
       + "</s:Subcode>" * 50 + "</s:Code><s:Reason><s:Text xml:lang='en'>no</s:Text></s:Reason>"),
    "ten thousand reasons": FAULT
    % ("<s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason>"
       + "<s:Text xml:lang='en'>no</s:Text>" * 1500 + "</s:Reason>"),
    "of SOAP 1.1": FAULT % "<faultcode>s:Client</faultcode><faultstring>no</faultstring>",
    "text": FAULT % "no",
    "two of them": (FAULT % "") * 2,
}  # fmt: skip
SOAP |= {
    f"fault: {name}": (
        lambda request, text=text: answer(request, text, status="500 Internal Server Error")
    )
    for name, text in FAULTS.items()
}
SOAP["a fault with status 200"] = lambda request: answer(request, FAULT % "")
SOAP["no fault with status 500"] = lambda request: answer(
    request, b"<a/>", status="500 Internal Server Error"
)


# ---- cut off -------------------------------------------------------------------------------------


def cut(length):
    """The document ends there, and HTTP says so."""
    return edited(lambda body: body[:length])


CUT = {f"cut off after {length} bytes": cut(length) for length in range(1, 760, 38)}
HUNG_UP = {f"hangs up after {length} bytes": truncated(length) for length in range(0, 760, 38)}

HOSTILE = {**HTTP, **TYPES, **XML, **SOAP, **SECURITY, **CUT, **HUNG_UP}
assert len(HOSTILE) == sum(map(len, (HTTP, TYPES, XML, SOAP, SECURITY, CUT, HUNG_UP)))
