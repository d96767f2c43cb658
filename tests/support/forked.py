"""Web processes and workers that are forked from one process which has everything imported and
wired: to put one in the place of another costs milliseconds.

``python -m tests.support.forked CLOCK`` reads the settings from its environment and then, a line
each, what it is asked for: to start a process (``web PORT`` or ``worker``), which it answers with
the process's ID, or to see that one has ended (``ended ID``). It has no thread, so that it may fork
at any time; its processes end with it.
"""

import gc
import mmap
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from slack_bolt.listener import CustomListener
from sqlalchemy.orm import configure_mappers

from bot.app.maildesk import Maildesk
from bot.app.processes import FINISHED_WITHIN, prepare
from bot.app.web_server import WebServer
from bot.common.stop import Stop
from bot.config.loading import load

TOP = Path(__file__).parents[2]
CLOCK_BYTES = 8
MICROSECOND = timedelta(microseconds=1)
ALLOCATIONS = 20_000
"""After so many new objects the garbage collector looks for circles among them."""

LOOKED_EVERY_SECONDS = 0.5
TO_STOP = (signal.SIGTERM,)
ANSWERS_WITHIN_SECONDS = 20
"""How long Bolt waits for a listener here: this machine may be busy with others."""


class LeapingClock:
    """The machine's time, and as much more as a file says: the same for every process."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(CLOCK_BYTES))
        with path.open("r+b") as file:
            self._ahead = mmap.mmap(file.fileno(), CLOCK_BYTES)

    def now(self) -> datetime:
        """Now, aware, in UTC."""
        return datetime.now(UTC) + int.from_bytes(self._ahead[:]) * MICROSECOND

    def leap(self, span: timedelta) -> None:
        """Let so much time pass at once. Nobody may have work in hand meanwhile: its lease would seem
        to have ended."""
        ahead = int.from_bytes(self._ahead[:]) + span // MICROSECOND
        self._ahead[:] = ahead.to_bytes(CLOCK_BYTES)


@dataclass(frozen=True)
class Forked:
    """A process that runs, and its port if it is a web process."""

    pid: int
    port: int


class Nursery:
    """The process from which the others are forked, as whoever asks it for them has it."""

    def __init__(self, environment: Mapping[str, str], clock: Path, log: Path) -> None:
        """Start it; what its processes log goes to `log`. Takes seconds."""
        names = ("PATH", "PYTHONPATH")
        own = {name: os.environ[name] for name in names if name in os.environ}
        with log.open("ab") as logged:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.forked", str(clock)],
                env=own | environment,
                cwd=TOP,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=logged,
                text=True,
            )
        self._asking = threading.Lock()
        assert self._answer() == "ready"

    def start(self, port: int = 0) -> Forked:
        """Start a web process on this port, or without one a worker."""
        return Forked(int(self._ask(f"web {port}" if port else "worker")), port)

    def kill(self, one: Forked) -> None:
        """Kill a process at once, and see that it has ended."""
        os.kill(one.pid, signal.SIGKILL)
        assert self._ask(f"ended {one.pid}") == str(signal.SIGKILL.value)

    def stop(self, one: Forked) -> None:
        """Have a process end as a deployment does."""
        os.kill(one.pid, signal.SIGTERM)
        assert self._ask(f"ended {one.pid}") == "0"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End it, and whatever was forked from it and is still there."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)

    def _ask(self, what: str) -> str:
        with self._asking:
            assert self._process.stdin is not None
            print(what, file=self._process.stdin, flush=True)
            return self._answer()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process that forks has ended: its log says why")
        return line.strip()


def live(bot: Maildesk, port: int) -> None:
    """What a forked process does: it answers on a port, or works, until it is to stop or nobody is
    left whose it is."""
    parent = os.getppid()
    server = WebServer("127.0.0.1", port) if port else None
    if server is not None:
        server.start(bot.web)
    else:
        bot.worker.start()
    while signal.sigtimedwait(TO_STOP, LOOKED_EVERY_SECONDS) is None and os.getppid() == parent:
        pass
    if server is not None:
        server.stop()
    bot.slack.behind.stop(FINISHED_WITHIN)
    bot.worker.stop()


class Parent:
    """Forks, and knows who ended."""

    def __init__(self, bot: Maildesk) -> None:
        self._bot = bot
        self._there: set[int] = set()

    def answer(self, asked: str) -> str:
        """Do what a line asks for."""
        match asked.split():
            case ["web", port]:
                return str(self._fork(int(port)))
            case ["worker"]:
                return str(self._fork(0))
            case ["ended", pid]:
                return str(self._ended(int(pid)))
        raise ValueError(asked)

    def end(self) -> None:
        """Nobody stays."""
        for pid in list(self._there):
            os.kill(pid, signal.SIGKILL)
            self._ended(pid)

    def _fork(self, port: int) -> int:
        pid = os.fork()
        if pid:
            self._there.add(pid)
            return pid
        status = 1
        try:
            live(self._bot, port)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)

    def _ended(self, pid: int) -> int:
        """By which signal it did; 0 where by none."""
        _, status = os.waitpid(pid, 0)
        self._there.discard(pid)
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def warm(bot: Maildesk) -> None:
    """Have done once what each process would do anew: pages are compiled, tables are mapped, and
    what is asked again and again is put into SQL."""
    configure_mappers()
    for listener in bot.slack.app._listeners:
        assert isinstance(listener, CustomListener)
        listener.ack_timeout = ANSWERS_WITHIN_SECONDS
    pages = bot.web.jinja_env
    for name in pages.list_templates():
        pages.get_template(name)
    bot.delivery.deliver_due()
    bot.delivery.next_due()
    bot.services.watching.claim(1)
    bot.store.engine.dispose()
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS)


def main(clock: Path, environment: Mapping[str, str], answer: Callable[[str], None]) -> None:
    """Do what the lines ask for, until there are no more."""
    signal.pthread_sigmask(signal.SIG_BLOCK, TO_STOP)  # whoever is forked hears it when it waits
    settings = load(environment)
    bot = prepare(settings, settings.log_level, Stop(), LeapingClock(clock))
    warm(bot)
    parent = Parent(bot)
    answer("ready")
    try:
        for line in sys.stdin:
            answer(parent.answer(line))
    finally:
        parent.end()


if __name__ == "__main__":
    main(Path(sys.argv[1]), os.environ, lambda line: print(line, flush=True))
