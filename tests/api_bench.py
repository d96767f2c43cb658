"""How long the hand-out of a stored token takes beside a bare Flask route that answers as much, on
the same web server in the same run.

`python -m tests.api_bench` prints the median and the 99th percentile of both, and their ratios. The
server is a process of its own with the product's web server and a database file (SQLite); one client
asks by one connection, first the one, then the other.
"""

import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

from flask import Flask, Response
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from bot.app.web_server import WebServer
from bot.common import logs
from handlers.api.blueprint import BASE
from storage.database import connect
from storage.migrate import upgrade
from storage.vocabulary import State
from tests.real.daemon import free_ports, listens
from tests.support.fast import FastBot
from tests.support.product import make_key, website, with_test

CALLS = 300
ROUNDS = 5
AT_MOST = 3.0
"""What a hand-out may take, as a multiple of the bare route."""

Times = tuple[float, float]
"""A median and a 99th percentile, in milliseconds."""

BARE = "/bare"


def bare(answer: bytes) -> Flask:
    """One route that says always the same."""
    web = Flask("bare")
    web.post("/token")(lambda: Response(answer, mimetype="application/json"))
    return web


def serve(port: int, bot: FastBot, answer: bytes) -> int:
    """Answer in a process of its own, from when this returns; its ID."""
    child = os.fork()
    if child == 0:
        logs.configure("WARNING", sys.stderr)
        web = website(bot)
        web.wsgi_app = DispatcherMiddleware(web.wsgi_app, {BARE: bare(answer)})  # type: ignore[method-assign]
        WebServer("127.0.0.1", port).start(web)
        signal.pause()
    while not listens(port):
        os.kill(child, 0)
    return child


def times(call: Callable[[], object]) -> Times:
    """How long a call takes."""
    took = []
    for _ in range(CALLS):
        begun = time.perf_counter()
        call()
        took.append((time.perf_counter() - begun) * 1000)
    percentiles = statistics.quantiles(took, n=100)
    return percentiles[49], percentiles[98]


class Client:
    """Posts by one connection."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._body = json.dumps({"for": "imap"})

    def post(self, path: str) -> bytes:
        """Post, and read the answer."""
        self._connection.request("POST", path, self._body, self._headers)
        answer = self._connection.getresponse()
        said = answer.read()
        assert answer.status == 200, said
        return said


def measured(folder: Path) -> list[tuple[Times, Times]]:
    """Of each round: the hand-out, and the bare route."""
    url = f"sqlite:///{folder / 'bench.db'}"
    upgrade(url)
    many = {"api_calls_per_minute": "1000000", "tokens_per_hour": "100000"}
    bot = FastBot(engine=connect(url), **many)
    account = with_test(bot, bot.account(State.LIVE))
    key = make_key(bot).secret
    bot.store.engine.dispose()
    (port,) = free_ports(1)
    child = serve(port, bot, b"x" * 400)
    try:
        client = Client(port, key)
        hand_out = f"{BASE}/accounts/{account.ref}/token"
        client.post(hand_out)
        return [
            (times(lambda: client.post(hand_out)), times(lambda: client.post(f"{BARE}/token")))
            for _ in range(ROUNDS)
        ]
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def main() -> None:
    """Print the figures, and fail where the hand-out takes longer than it may."""
    with tempfile.TemporaryDirectory() as folder:
        rounds = measured(Path(folder))
    for ours, plain in rounds:
        print(
            f"token p50 {ours[0]:5.2f} ms p99 {ours[1]:6.2f} ms   "
            f"bare route p50 {plain[0]:5.2f} ms p99 {plain[1]:6.2f} ms   "
            f"ratio {ours[0] / plain[0]:.2f}"
        )
    ratio = statistics.median(ours[0] / plain[0] for ours, plain in rounds)
    print(f"median {ratio:.2f} (at most {AT_MOST})")
    if ratio > AT_MOST:
        raise SystemExit("outside its limit")


if __name__ == "__main__":
    main()
