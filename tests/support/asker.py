"""Processes that ask for an account's token as the bot does: `python -m tests.support.asker`
reads one request a line, and answers each from a process of its own, which may be killed."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy.orm import configure_mappers

from bot.app.maildesk import microsoft
from bot.common import logs
from bot.config.loading import load
from bot.microsoft.tokens import TokenFailed, Tokens
from storage.cipher import Cipher
from storage.database import Store, connect


@dataclass(frozen=True)
class Served:
    """What one thread was given: whose token, and which (as a digest); or why it was given none."""

    object_id: str = ""
    digest: str = ""
    error: str = ""


class Asker:
    """Such a process, seen from the test."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.asker"],
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, account_id: int, threads: int = 1, ahead: float = 0) -> int:
        """Begin to ask from so many threads, with a clock that is `ahead` by so many seconds; the
        process that does it."""
        print(json.dumps([account_id, threads, ahead]), file=self._process.stdin, flush=True)
        return cast(int, self._said())

    def served(self) -> list[Served]:
        """What came of it; nothing if the process was killed."""
        return [Served(**row) for row in cast(list[dict[str, str]], self._said())]

    def stop(self) -> None:
        """End it."""
        self._process.communicate(timeout=60)

    def _said(self) -> object:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


class _Ahead:
    def __init__(self, seconds: float) -> None:
        self._ahead = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead


def _serve(account_id: int, threads: int, ahead: float) -> list[Served]:
    settings = load(os.environ)
    store = Store(connect(settings.database_url))
    tokens = Tokens(store, _Ahead(ahead), Cipher(settings.keys), microsoft(settings))

    def one(_: int) -> Served:
        try:
            token = tokens.fresh(account_id)
        except TokenFailed as failed:
            return Served(error=failed.observation.error)
        return Served(token.object_id, hashlib.sha256(token.access_token.encode()).hexdigest())

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, range(threads)))


def _answer(*request: Any) -> None:
    """One request, in a child: its number is printed first, and what it says (if it lives to say
    it) afterwards."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        with suppress(Exception), os.fdopen(writer, "w") as out:
            json.dump([asdict(served) for served in _serve(*request)], out)
        os._exit(0)
    os.close(writer)
    print(child, flush=True)
    with os.fdopen(reader) as result:
        said = result.read()
    os.waitpid(child, 0)
    print(said or "[]", flush=True)


if __name__ == "__main__":
    logs.configure("WARNING", sys.stderr)  # standard output is for the answers
    configure_mappers()  # once, and not in each child
    for line in sys.stdin:
        _answer(*json.loads(line))
