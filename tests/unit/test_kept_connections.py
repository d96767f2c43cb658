"""What is told privately goes over connections that are kept, and goes once."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPException

import pytest

from bot.common.ways_out import WaysOut
from handlers.slack.kept_connections import IDLE_SECONDS, MOST_IDLE, Idle, KeptConnections
from tests.support.proxy import proxy

pytestmark = pytest.mark.delivery

PATIENCE_SECONDS = 20
TAKEN = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LAST = TAKEN.replace("Content", "Connection: close\r\nContent", 1)
MOVED = "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
NOTHING = ""


class OtherSide:
    """Answers posts as it is told to: one after the other, on as many connections as come. After
    an empty answer, and after `LAST`, it hangs up."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.connections: list[socket.socket] = []
        self.taken: list[str] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/response/x?y=1"
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self._listening.close()
        self.hang_up()

    def hang_up(self) -> None:
        """Say goodbye on every connection."""
        for each in self.connections:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self.connections.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        # a handshake of TLS is no request
        broken = suppress(OSError, ValueError, KeyError)
        with broken, connection, connection.makefile("rb") as said:
            while line := said.readline().decode():
                headers = {}
                while header := said.readline().decode().strip():
                    name, _, value = header.partition(": ")
                    headers[name.lower()] = value
                said.read(int(headers["content-length"]))
                self.taken.append(line.split()[1])
                answer = self.answers.pop(0) if self.answers else TAKEN
                connection.sendall(answer.encode())
                if answer in (NOTHING, LAST):
                    return


@pytest.fixture
def slack() -> Iterator[OtherSide]:
    other = OtherSide()
    yield other
    other.close()


@pytest.fixture
def ours() -> KeptConnections:
    return KeptConnections(WaysOut(), PATIENCE_SECONDS)


def test_one_connection_is_used_again_and_again(slack: OtherSide, ours: KeptConnections) -> None:
    assert [ours.post(slack.url, b"{}") for _ in range(3)] == [200] * 3
    assert len(slack.connections) == 1
    assert slack.taken == ["/response/x?y=1"] * 3


def test_a_connection_that_the_other_side_ended_is_not_used_again(
    slack: OtherSide, ours: KeptConnections
) -> None:
    ours.post(slack.url, b"{}")
    slack.hang_up()
    assert ours.post(slack.url, b"{}") == 200
    slack.answers.append(LAST)
    assert [ours.post(slack.url, b"{}") for _ in range(2)] == [200] * 2
    assert (len(slack.connections), len(slack.taken)) == (3, 4)


def test_what_was_posted_and_not_answered_is_not_posted_again(
    slack: OtherSide, ours: KeptConnections
) -> None:
    ours.post(slack.url, b"{}")
    slack.answers.append(NOTHING)
    with pytest.raises((OSError, HTTPException)):
        ours.post(slack.url, b"{}")
    assert len(slack.taken) == 2
    assert ours.post(slack.url, b"{}") == 200


def test_nobody_is_sent_elsewhere(slack: OtherSide, ours: KeptConnections) -> None:
    slack.answers.append(MOVED)
    assert ours.post(slack.url, b"{}") == 302
    assert len(slack.taken) == 1


def test_what_was_idle_for_long_is_closed(slack: OtherSide, ours: KeptConnections) -> None:
    ours.post(slack.url, b"{}")
    ((idle,),) = ours._idle.values()
    assert idle.is_good()
    assert not Idle(idle.connection, time.monotonic() - IDLE_SECONDS).is_good()


def test_few_are_kept_however_many_were_used_at_once(
    slack: OtherSide, ours: KeptConnections
) -> None:
    everybody_is_there = threading.Barrier(2 * MOST_IDLE, timeout=PATIENCE_SECONDS)
    kept = ours._keep

    def keep(*args: object) -> None:
        everybody_is_there.wait()
        kept(*args)  # type: ignore[arg-type]

    ours._keep = keep  # type: ignore[method-assign]
    threads = [
        threading.Thread(target=ours.post, args=(slack.url, b"{}")) for _ in range(2 * MOST_IDLE)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert [len(each) for each in ours._idle.values()] == [MOST_IDLE]


@pytest.mark.parametrize("url", ["", "ftp://hooks.slack.example/x", "https:///x", "hooks"])
def test_what_is_no_address_is_posted_nowhere(ours: KeptConnections, url: str) -> None:
    with pytest.raises(HTTPException):
        ours.post(url, b"{}")


def test_a_proxy_is_gone_by_and_shown_its_password(slack: OtherSide) -> None:
    with proxy() as way:
        by_proxy = way.url.replace("http://", "http://desk:s%40cret@")
        ours = KeptConnections(WaysOut(proxy=by_proxy), PATIENCE_SECONDS)
        assert ours.post(slack.url, b"{}") == 200
        tunnelled = slack.url.replace("http://", "https://")
        with pytest.raises(OSError):  # a tunnel to what speaks no TLS
            ours.post(tunnelled, b"{}")
    host = slack.url.removeprefix("http://").partition("/")[0]
    assert way.asked == [f"POST {slack.url}", f"CONNECT {host}"]
    assert way.credentials == ["Basic ZGVzazpzQGNyZXQ="] * 2
