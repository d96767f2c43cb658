"""What a hostile client must not achieve against the web server, over real sockets: to keep others
out, to make it read what it refuses, to be let in without Slack's signature."""

import hashlib
import hmac
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from http.client import HTTPResponse, RemoteDisconnected
from urllib.parse import urlencode

import pytest
import requests
from flask import Flask, request
from waitress.adjustments import Adjustments

from bot.app.web_connections import (
    MAX_FRAMING_BYTES,
    Limits,
    QuickParser,
    connections_possible,
)
from bot.app.web_server import THREADS, WebServer, listen
from handlers.web.hardening import ALWAYS, MAX_BODY_BYTES, harden
from tests.support.world import BotWorld

pytestmark = pytest.mark.attacks

HALF_A_POST = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf"
HALF_A_HEADER = b"GET /echo HTTP/1.1\r\nHost: x\r\nX-Slow: "
WHOLE = b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"
SOON = 10.0
"""Seconds in which an answer has to come on however busy a machine; without it, it never would."""

LARGE = 14_000_000
"""More than the kernel takes for a client that does not read."""

QUICK = Limits(exchange_seconds=1, sweep_seconds=1)
PATIENT = Limits(exchange_seconds=600, idle_seconds=600)


class Echo:
    """A web server with an app that counts what it is asked."""

    def __init__(self, limits: Limits) -> None:
        web = Flask("echo", static_folder=None)
        self.asked = 0
        web.add_url_rule("/echo", view_func=self._echo, methods=["GET", "POST"])
        web.add_url_rule("/large", view_func=lambda: b"x" * LARGE)
        harden(web, secure=False)
        self.server = WebServer("127.0.0.1", 0, limits)
        self.server.start(web)

    def _echo(self) -> str:
        self.asked += 1
        return str(len(request.get_data()))

    def client(self, *first: bytes) -> socket.socket:
        """A client that has sent this."""
        connection = socket.create_connection(("127.0.0.1", self.server.port), timeout=SOON)
        for part in first:
            connection.sendall(part)
        return connection

    def answers(self) -> bool:
        """Whether somebody who does nothing wrong is answered soon."""
        answer = requests.get(f"http://127.0.0.1:{self.server.port}/echo", timeout=SOON)
        return answer.status_code == 200


Start = Callable[..., Echo]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a server; it is stopped in the end."""
    with ExitStack() as running:

        def started(limits: Limits = PATIENT) -> Echo:
            echo = Echo(limits)
            running.callback(echo.server.stop)
            return echo

        yield started


def status(connection: socket.socket) -> int:
    """The status of the next answer, which is read to its end; 0 where the connection ended without
    one."""
    answer = HTTPResponse(connection)
    try:
        answer.begin()
        answer.read()
    except (RemoteDisconnected, ConnectionResetError):
        return 0
    return answer.status


def ended(connection: socket.socket) -> bool:
    """Whether the server ended the connection."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


# -- who keeps others out


@pytest.mark.parametrize(
    "sent", [b"", HALF_A_HEADER, HALF_A_POST], ids=["nothing", "header", "post"]
)
def test_hundreds_who_send_half_a_request_keep_nobody_waiting(start: Start, sent: bytes) -> None:
    echo = start()
    with ExitStack() as open_connections:
        for _ in range(20 * THREADS):
            open_connections.enter_context(closing(echo.client(sent)))
        assert echo.answers()


def test_those_who_do_not_read_their_answers_keep_nobody_waiting(start: Start) -> None:
    echo = start()
    with ExitStack() as open_connections:
        for _ in range(2 * THREADS):
            lazy = open_connections.enter_context(closing(echo.client()))
            lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            lazy.sendall(WHOLE.replace(b"/echo", b"/large"))
        assert echo.answers()


@pytest.mark.parametrize("begun", [HALF_A_HEADER, HALF_A_POST], ids=["header", "post"])
def test_who_sends_a_byte_at_a_time_is_cut_off(start: Start, begun: bytes) -> None:
    echo = start(QUICK)
    with closing(echo.client(begun)) as slow:
        slow.settimeout(0.2)
        end = time.monotonic() + 3 * SOON
        cut = False
        while not cut:
            assert time.monotonic() < end, "the connection is still open"
            try:
                slow.sendall(b"x")
                cut = slow.recv(1) == b""
            except TimeoutError:
                continue
            except OSError:
                cut = True
    assert echo.asked == 0


def test_who_reads_a_byte_at_a_time_is_cut_off(start: Start) -> None:
    echo = start(QUICK)
    connections = echo.server._server.active_channels
    with closing(echo.client(WHOLE.replace(b"/echo", b"/large"))) as slow:
        end = time.monotonic() + 3 * SOON
        while not connections:
            time.sleep(0.01)
        while connections:
            assert time.monotonic() < end, "the connection is still open"
            slow.recv(1)
            time.sleep(0.05)


def test_who_says_nothing_more_is_let_go(start: Start) -> None:
    echo = start(Limits(idle_seconds=1, sweep_seconds=1))
    with closing(echo.client(WHOLE)) as idle:
        assert status(idle) == 200
        idle.settimeout(3 * SOON)
        while idle.recv(4096):
            pass


def test_a_slow_request_that_takes_its_time_and_ends_is_answered(start: Start) -> None:
    echo = start()
    with closing(echo.client(HALF_A_POST)) as slow:
        time.sleep(0.3)
        slow.sendall(b"x" * 96)
        assert status(slow) == 200


def test_a_full_house_makes_room_by_letting_go_of_who_owes_most(start: Start) -> None:
    """One that was answered and keeps its connection open stays; the oldest half request goes."""
    echo = start(replace(PATIENT, connections=20))
    with ExitStack() as open_connections:
        regular = open_connections.enter_context(closing(echo.client(WHOLE)))
        assert status(regular) == 200
        halves = [
            open_connections.enter_context(closing(echo.client(HALF_A_POST))) for _ in range(19)
        ]
        assert echo.answers()
        assert echo.answers()
        assert ended(halves[0])
        regular.sendall(WHOLE)
        assert status(regular) == 200
        halves[-1].sendall(b"x" * 96)
        assert status(halves[-1]) == 200


def test_there_are_files_for_all_connections() -> None:
    wanted = Limits().connections
    assert connections_possible(wanted) == wanted
    assert 0 < connections_possible(10**9) < 10**9


# -- what is refused before it is read


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(start: Start) -> None:
    echo = start()
    head = f"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: {MAX_BODY_BYTES + 1}\r\n\r\n"
    with closing(echo.client(head.encode())) as client:
        assert status(client) == 413
    assert echo.asked == 0


def test_a_body_that_does_not_say_how_large_it_is_is_read_no_further(start: Start) -> None:
    echo = start()
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    sent, piece = 0, b"x" * 10_000
    with closing(echo.client(head)) as client:
        try:
            while sent < 100 * MAX_BODY_BYTES:
                client.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                sent += len(piece)
        except OSError:
            pass
    # what the kernel's buffers took may have been sent, too
    assert sent < 20 * MAX_BODY_BYTES
    assert echo.asked == 0


def test_the_largest_body_that_is_taken(start: Start) -> None:
    echo = start()
    url = f"http://127.0.0.1:{echo.server.port}/echo"
    answer = requests.post(url, data=b"x" * MAX_BODY_BYTES, timeout=SOON)
    assert (answer.status_code, answer.text) == (200, str(MAX_BODY_BYTES))


def test_headers_that_never_end_are_refused(start: Start) -> None:
    echo = start()
    with closing(echo.client(HALF_A_HEADER, b"x" * 40_000)) as client:
        assert status(client) == 431


CHUNKED = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
SLOW_TO_READ = {
    "chunks-of-a-byte": CHUNKED + b"1\r\nx\r\n" * 2000,
    "long-trailer": CHUNKED + b"0\r\n" + b"a: b\r\n" * 2000,
    "long-chunk-size": CHUNKED + b"0" * 12_000,
    "blanks": HALF_A_HEADER + b" " * 30_000 + b"x\r\n\r\n",
    "blanks-that-are-none": HALF_A_HEADER + b"\xa0" * 30_000 + b"\r\n\r\n",
    "blank-lines": HALF_A_HEADER + b"\r\n " * 10_000 + b"x\r\n\r\n",
    "endless-boundary": CHUNKED[:-2]
    + b"Content-Type: a/b; c="
    + b"-x" * 15_000
    + b"\r\n\r\n0\r\n\r\n",
    "many-headers": WHOLE[:-2] + b"X:\r\n" * 7000 + b"\r\n",
}
"""What would hold the thread that reads everybody's requests, or Python itself, for up to ten
seconds each."""


@pytest.mark.parametrize("sent", SLOW_TO_READ.values(), ids=SLOW_TO_READ)
def test_what_takes_long_to_read_is_refused_and_keeps_nobody_waiting(
    start: Start, sent: bytes
) -> None:
    echo = start()
    with closing(echo.client(sent)) as client:
        assert status(client) in (400, 0)  # 0: it was ended while there was more to read
    assert echo.asked == 0
    assert echo.answers()


def test_what_takes_long_to_read_is_refused_at_once() -> None:
    for sent in SLOW_TO_READ.values():
        parser = QuickParser(Adjustments(**Limits().adjustments(THREADS)))
        begun = time.process_time()
        while sent and not parser.completed:
            sent = sent[parser.received(sent[:8192]) :]
        assert parser.error is not None
        assert time.process_time() - begun < 0.1


@pytest.mark.parametrize("piece", [1400, 16_384], ids=["packets", "buffers"])
def test_the_largest_body_may_come_in_pieces(start: Start, piece: int) -> None:
    url = f"http://127.0.0.1:{start().server.port}/echo"
    pieces = [b"x" * piece] * ((MAX_BODY_BYTES - MAX_FRAMING_BYTES) // piece)
    answer = requests.post(url, data=iter(pieces), timeout=SOON)
    assert (answer.status_code, answer.text) == (200, str(len(pieces) * piece))


@pytest.mark.parametrize(
    "sent",
    [
        f"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: {10**9}\r\n\r\n".encode(),
        b"GET /echo HTTP/1.1\r\nno header\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        HALF_A_HEADER + b"x" * 40_000,
    ],
    ids=["too-large", "malformed", "unknown-encoding", "long-header"],
)
def test_what_the_server_refuses_by_itself_is_hardened_too(start: Start, sent: bytes) -> None:
    with closing(start().client(sent)) as client:
        said = b""
        while b"\r\n\r\n" not in said and (piece := client.recv(65536)):
            said += piece
    headers = said.decode().lower()
    assert all(f"{name}: {value}".lower() in headers for name, value in ALWAYS.items())
    assert "waitress" not in headers


def test_an_address_of_ipv6_is_taken_where_there_is_one() -> None:
    if not socket.has_dualstack_ipv6():
        with pytest.raises(OSError):
            listen("::", 0)
        return
    with closing(listen("::", 0)) as everywhere:
        port = everywhere.getsockname()[1]
        socket.create_connection(("127.0.0.1", port), timeout=SOON).close()


# -- who is not Slack


def signed(world: BotWorld, body: bytes, stamp: str = "", **changed: str) -> dict[str, str]:
    """The headers with which Slack would send this."""
    stamp = stamp or str(int(time.time()))
    secret = world.practice.office.signing_secret.encode()
    mac = hmac.new(secret, b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    headers = {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={mac}",
        "Content-Type": "application/json",
    }
    return headers | {name.replace("_", "-"): value for name, value in changed.items()}


def posted(world: BotWorld, body: bytes, headers: dict[str, str]) -> int:
    return requests.post(
        f"{world.url}/slack/events", data=body, headers=headers, timeout=SOON
    ).status_code


NESTED = b'{"a":' * 100_000
ORDINARY = json.dumps({"type": "url_verification", "challenge": "x"}).encode()


def test_what_slack_signed_is_taken(hall: BotWorld) -> None:
    assert posted(hall, ORDINARY, signed(hall, ORDINARY)) == 200


@pytest.mark.parametrize("body", [ORDINARY, NESTED, b"{", b"\xff\xfe"])
@pytest.mark.parametrize(
    "forged",
    [
        {"X_Slack_Signature": ""},
        {"X_Slack_Signature": "v0=" + "0" * 64},
        {"X_Slack_Signature": "v0=\xe9"},
        {"X_Slack_Request_Timestamp": "soon"},
        {"X_Slack_Request_Timestamp": "9" * 400},
        {"stamp": "1700000000"},
    ],
    ids=["none", "wrong", "odd", "no-time", "endless-time", "old"],
)
def test_who_is_not_slack_is_told_so_whatever_was_posted(
    hall: BotWorld, body: bytes, forged: dict[str, str]
) -> None:
    """401 for what would be 400 if it were parsed: the signature comes first."""
    assert posted(hall, body, signed(hall, body, **forged)) == 401


@pytest.mark.parametrize(
    "body",
    [
        NESTED,
        b"[" * 100_000,
        b'{"a":' * 200 + b"1" + b"}" * 200,
        b"{",
        b"[]",
        b'"text"',
    ],
    ids=["deep", "deep-list", "deeper-than-slack", "broken", "list", "text"],
)
def test_a_signed_body_that_no_slack_would_send_is_a_bad_request(
    hall: BotWorld, body: bytes
) -> None:
    assert posted(hall, body, signed(hall, body)) == 400


def test_a_deep_payload_within_a_form_is_a_bad_request(hall: BotWorld) -> None:
    body = urlencode({"payload": '{"a":' * 50_000}).encode()
    headers = signed(hall, body, Content_Type="application/x-www-form-urlencoded")
    assert posted(hall, body, headers) == 400


@pytest.mark.parametrize("path", ["/oauth/callback", "/consent/callback", "/login/x"])
def test_a_form_of_thousands_of_fields_is_not_taken_apart(hall: BotWorld, path: str) -> None:
    answer = requests.post(
        hall.url + path, data=dict.fromkeys(map(str, range(5000)), ""), timeout=SOON
    )
    assert answer.status_code == 413


def test_a_body_that_is_too_large_for_the_bot(hall: BotWorld) -> None:
    body = b"x" * (MAX_BODY_BYTES + 1)
    assert posted(hall, body, signed(hall, body)) == 413
