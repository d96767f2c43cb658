"""The worst requests that anybody can send to an address, as they go over the wire."""

import itertools
import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote, urlencode

from werkzeug.routing import Map

MIB = 1024 * 1024
LARGEST_BODY = MIB
LARGEST_FORM = 64 * 1024
LONGEST_HEAD = 31 * 1024
"""What the server takes, or just less: what is larger, it refuses without work."""

FORM = "application/x-www-form-urlencoded"
UNKNOWN = "/no/such/page"
METHODS = ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "BREW")
EXPLAINED = "AADSTS65001: consent. 535 5.7.139 Authentication unsuccessful, user=x auth=Bearer eyJ "
"""Words that the catalogue and the redaction look for."""


@dataclass(frozen=True)
class Prey:
    """What a stranger may have come to know: the secrets of login links, the `state` of an approval
    page, and the cookie and the `state` of each way to Microsoft that they began."""

    secrets: Sequence[str]
    approval: str
    begun: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Address:
    """A method and a rule that the app answers."""

    method: str
    rule: str

    def path(self, prey: Prey, number: int) -> str:
        """Where the request of this number goes: to a real page, where there is one."""
        path = self.rule.replace("<secret>", prey.secrets[number % len(prey.secrets)])
        path = path.replace("<path:filename>", "maildesk.css")
        return path.replace("<code>", "smtp-auth-off-tenant")


def addresses(rules: Map) -> list[Address]:
    """Every public address of an app, and one that it does not have."""
    known = [
        Address(method, rule.rule)
        for rule in rules.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]
    return [*known, Address("GET", UNKNOWN), Address("POST", UNKNOWN)]


@dataclass(frozen=True)
class Shot:
    """One request to be: to which address, and the how manyth it is."""

    prey: Prey
    address: Address
    number: int

    @property
    def posts(self) -> bool:
        """Whether the address is posted to."""
        return self.address.method == "POST"

    @property
    def path(self) -> str:
        """Where it goes."""
        return self.address.path(self.prey, self.number)

    def head(self, query: str = "", method: str = "") -> bytes:
        """The first line and the headers, without the empty line."""
        target = f"{self.path}?{query}" if query else self.path
        first = f"{method or self.address.method} {target} HTTP/1.1\r\nHost: x\r\n"
        return first.encode() + b"Connection: close\r\n"

    def with_body(self, body: bytes, kind: str, *headers: str) -> bytes:
        """A request with this body."""
        said = [*headers, f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
        return self.head() + lines(said) + b"\r\n" + body

    def with_headers(self, headers: Iterable[str]) -> bytes:
        """A request with these headers, and an empty form where it posts."""
        return self.head() + lines(headers) + b"Content-Length: 0\r\n\r\n"

    def with_fields(self, **fields: str) -> bytes:
        """A request with these fields: in its form where it posts, else in its query."""
        said = urlencode(fields)
        return self.with_body(said.encode(), FORM) if self.posts else self.head(said) + b"\r\n"


def lines(headers: Iterable[str]) -> bytes:
    """Headers as they go over the wire."""
    return "".join(f"{header}\r\n" for header in headers).encode()


def filled(pieces: Iterable[str], length: int) -> list[str]:
    """As many of the pieces as have this length together, each with two more characters."""
    kept = list(pieces)
    ends = itertools.accumulate(len(piece) + 2 for piece in kept)
    return [piece for piece, end in zip(kept, ends, strict=True) if end <= length]


# -- what is made once


@cache
def nested() -> bytes:
    """JSON that is as deep as it is long."""
    return b'{"a":[' * (LARGEST_BODY // 6)


@cache
def wide() -> bytes:
    """JSON with a great many small objects, and whole."""
    event = {"type": "event_callback", "event_id": "Ev1", "event": {"type": "app_mention"}}
    piece = b'{"a":[0,{}]},'
    many = piece * (LARGEST_BODY // len(piece) - 20) + b"{}"
    return json.dumps(event).encode()[:-1] + b', "more": [' + many + b"]}"


@cache
def many_fields(length: int) -> bytes:
    """A form with thousands of fields."""
    return "&".join(filled((f"{n}=%41" for n in range(length // 5)), length)).encode()


@cache
def many_parts() -> bytes:
    """A multipart form with thousands of parts."""
    part = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'
    return part * (LARGEST_FORM // len(part) - 1) + b"--b--\r\n"


@cache
def single_bytes() -> bytes:
    """A chunked body, a byte in each chunk."""
    return b"1\r\nx\r\n" * (LARGEST_BODY // 6 - 2) + b"0\r\n\r\n"


@cache
def endless_trailer() -> bytes:
    """A chunked body of nothing, with a great many headers after it."""
    return b"0\r\n" + b"a: b\r\n" * (LARGEST_BODY // 6 - 2) + b"\r\n"


@cache
def small_headers() -> list[str]:
    """Thousands of headers."""
    return filled((f"X{n}:" for n in range(LONGEST_HEAD // 6)), LONGEST_HEAD - 1024)


@cache
def cookies() -> str:
    """Thousands of cookies."""
    return "; ".join(filled((f'c{n}="\\{n % 8}01"' for n in range(3000)), LONGEST_HEAD - 1024))


# -- the kinds


def nested_json(shot: Shot) -> bytes:
    return shot.with_body(nested(), "application/json")


def forged_signature(shot: Shot) -> bytes:
    """As Slack would send it, with a signature that is not Slack's."""
    stamp = f"X-Slack-Request-Timestamp: {int(time.time())}"
    return shot.with_body(wide(), "application/json", stamp, f"X-Slack-Signature: v0={'0' * 64}")


def great_form(shot: Shot) -> bytes:
    return shot.with_body(many_fields(LARGEST_BODY - 1), FORM)


def form_of_thousands(shot: Shot) -> bytes:
    return shot.with_body(many_fields(LARGEST_FORM - 1), FORM)


def parts_of_thousands(shot: Shot) -> bytes:
    return shot.with_body(many_parts(), "multipart/form-data; boundary=b")


def endless_boundary(shot: Shot) -> bytes:
    boundary = f"{shot.number}-{'-x' * (LONGEST_HEAD // 2 - 512)}"
    return shot.with_body(many_parts(), f"multipart/form-data; boundary={boundary}")


def chunks_of_a_byte(shot: Shot) -> bytes:
    return shot.head() + b"Transfer-Encoding: chunked\r\n\r\n" + single_bytes()


def trailer_without_end(shot: Shot) -> bytes:
    return shot.head() + b"Transfer-Encoding: chunked\r\n\r\n" + endless_trailer()


def giant_header(shot: Shot) -> bytes:
    return shot.with_headers([f"Accept-Language: {'a,' * (LONGEST_HEAD // 2 - 512)}"])


def header_of_blanks(shot: Shot) -> bytes:
    return shot.with_headers([f"X-Wide:{' ' * (LONGEST_HEAD - 1024)}x"])


def cookie_of_blanks(shot: Shot) -> bytes:
    """Of a kind of blank that HTTP does not take for one, but Python does."""
    blanks = b"\xa0" * (LONGEST_HEAD - 1024)
    return shot.head() + b"Cookie: a=" + blanks + b'"\r\nContent-Length: 0\r\n\r\n'


def thousands_of_headers(shot: Shot) -> bytes:
    return shot.with_headers(small_headers())


def thousands_of_cookies(shot: Shot) -> bytes:
    return shot.with_headers([f"Cookie: {cookies()}"])


def escaped_query(shot: Shot) -> bytes:
    """Twenty thousand bytes of escapes."""
    return shot.head("&".join(["%F0%9F%92%A9=%00%0d%0a"] * 900)) + b"Content-Length: 0\r\n\r\n"


def odd_method(shot: Shot) -> bytes:
    method = METHODS[shot.number % len(METHODS)]
    return shot.head(method=method) + b"Content-Length: 0\r\n\r\n"


def page_pressed(shot: Shot) -> bytes:
    """A fresh browser comes by; behind a login link Microsoft is asked."""
    return shot.with_fields()


def text_to_explain(shot: Shot) -> bytes:
    """What has to be looked up in the catalogue, from who holds an approval page."""
    said = (EXPLAINED * 1000)[: LONGEST_HEAD // 2]
    error = f"made_up_{shot.number}"
    return shot.with_fields(state=shot.prey.approval, error=error, error_description=said)


def forged_answer(shot: Shot) -> bytes:
    return shot.with_fields(state=f"forged {shot.number}", code="x" * 4000)


def own_answer(shot: Shot) -> bytes:
    """A browser that was at Microsoft comes back with a code that it made up: Microsoft is asked."""
    cookie, state = shot.prey.begun[shot.number % len(shot.prey.begun)]
    body = f"state={quote(state)}&code=made-up".encode()
    return shot.with_body(body, FORM, f"Cookie: {cookie}")


Kind = Callable[[Shot], bytes]
KINDS: tuple[Kind, ...] = (
    nested_json,
    forged_signature,
    great_form,
    form_of_thousands,
    parts_of_thousands,
    endless_boundary,
    chunks_of_a_byte,
    trailer_without_end,
    giant_header,
    header_of_blanks,
    cookie_of_blanks,
    thousands_of_headers,
    thousands_of_cookies,
    escaped_query,
    odd_method,
    page_pressed,
    text_to_explain,
    forged_answer,
    own_answer,
)
