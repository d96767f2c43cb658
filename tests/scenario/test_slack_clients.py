"""Which client of Slack waits for its rate limits, and which repeats nothing by itself."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from handlers.slack import clients

TOKEN = "xoxb-1"
Make = Callable[[str, str], WebClient]


@contextmanager
def busy_slack(refusals: int) -> Iterator[tuple[str, list[str]]]:
    """A Slack that asks to wait so often before it answers: its address, and what it was asked."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(self.path)
            busy = len(asked) <= refusals
            body = b'{"ok": false, "error": "ratelimited"}' if busy else b'{"ok": true}'
            self.send_response(429 if busy else 200)
            self.send_header("Retry-After", "0")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_in_the_background_we_wait_as_slack_asks_and_ask_once_more() -> None:
    with busy_slack(1) as (url, asked):
        assert clients.background(url, TOKEN).auth_test()["ok"]
    assert len(asked) == 2


def test_in_the_background_we_wait_once_only() -> None:
    with busy_slack(2) as (url, asked), pytest.raises(SlackApiError):
        clients.background(url, TOKEN).auth_test()
    assert len(asked) == 2


@pytest.mark.parametrize("make", [clients.interactive, clients.for_the_outbox])
def test_people_and_the_outbox_do_not_wait(make: Make) -> None:
    with busy_slack(1) as (url, asked), pytest.raises(SlackApiError) as error:
        make(url, TOKEN).auth_test()
    assert error.value.response.status_code == 429
    assert len(asked) == 1


@pytest.mark.parametrize("make", [clients.interactive, clients.for_the_outbox])
def test_what_people_see_is_not_repeated_when_the_connection_breaks(make: Make) -> None:
    assert make("http://127.0.0.1:1/", TOKEN).retry_handlers == []
