"""Workers that are forked, killed and forked again under a clock that a plan moves, with people who
act meanwhile.

``python -m tests.support.fleet URL FOLDER`` carries out ``FOLDER/plan.json`` on the database at
URL. What Slack received goes to ``posts.jsonl``, what people did to ``deeds.jsonl``, and how it
went to ``result.json``. This process itself has no thread and no connection to a database, so that
it may fork at any time.
"""

import gc
import json
import mmap
import os
import random
import signal
import sys
import time as machine
import traceback
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.orm import configure_mappers
from sqlmodel import col, func, select

from bot.lifecycle.hours import Hours
from bot.lifecycle.ladder import Ladder
from bot.lifecycle.service import Lifecycle
from bot.messages.delivery import Delivery
from bot.messages.outgoing import Outgoing
from bot.messages.turns import LEASE
from bot.reminders.service import Reminders
from storage.database import Store, connect
from storage.tables import ReminderState
from tests.support.changes import unheard
from tests.support.crowd import BEGIN, END, SUPPORT, ZONE, People

RUNGS = (timedelta(hours=4), timedelta(days=1), timedelta(days=3), timedelta(days=7))
WORKERS = 3
MOST_SWEEPS = 50
MOST_ROUNDS = 400
"""A step ends when no message waits, and at the latest after so many rounds."""

ANSWER_SECONDS = 30
LONGEST_DELAY = 0.05
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SharedClock:
    """One time for every process that is forked from here."""

    def __init__(self) -> None:
        self._cell = mmap.mmap(-1, 8)

    def now(self) -> datetime:
        return EPOCH + timedelta(microseconds=int.from_bytes(self._cell[:8]))

    def set(self, at: datetime) -> None:
        self._cell[:8] = ((at - EPOCH) // timedelta(microseconds=1)).to_bytes(8)


class Trap:
    """Where it is set, whoever brings Slack the next message is killed before that is noted."""

    def __init__(self, folder: Path) -> None:
        self._set = folder / "trap"
        self._sprung = folder / "sprung"

    def set(self) -> None:
        """Set it."""
        self._sprung.unlink(missing_ok=True)
        self._set.write_text("")

    def take_away(self) -> None:
        """Nobody came."""
        self._set.unlink()

    def pass_by(self) -> None:
        """Somebody brought a message: the first one after it was set does not return."""
        mine = self._set.with_name(f"caught {os.getpid()}")
        try:
            self._set.rename(mine)
        except FileNotFoundError:
            return
        mine.write_text(str(os.getpid()))
        mine.rename(self._sprung)
        os.kill(os.getpid(), signal.SIGKILL)

    def caught(self) -> int | None:
        """The process that was caught."""
        return int(self._sprung.read_text()) if self._sprung.exists() else None


class Recorder:
    """Slack's end: what arrives is one line in a file, whatever becomes of the process that brought
    it."""

    def __init__(self, path: Path, clock: SharedClock, trap: Trap) -> None:
        self._path = path
        self._trap = trap
        self._clock = clock
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def show(
        self,
        message: Outgoing,
        ts: str | None,
        thread_ts: str | None,
        left_out: Collection[str] = (),
    ) -> str:
        self._write("post" if ts is None else "update", message)
        if ts is None:
            self._trap.pass_by()
        return ts or f"{message.id}.0"

    def take_away(self, message: Outgoing, ts: str) -> None:
        self._write("gone", message)

    def find(self, message: Outgoing, thread_ts: str | None) -> str | None:
        if f'{{"post": {message.id}, '.encode() not in self._path.read_bytes():
            return None
        self._write("found", message)
        return f"{message.id}.0"

    def _write(self, what: str, message: Outgoing) -> None:
        told = {"key": message.key, "notice": message.notice, "args": message.args}
        line = {
            what: message.id,
            "at": self._clock.now().isoformat(),
            "channel": message.channel_id,
            **told,
        }
        os.write(self._file, json.dumps(line).encode() + b"\n")


class Bot:
    """The part of the bot that reminds, on a connection of its own."""

    def __init__(self, url: str, folder: Path, clock: SharedClock) -> None:
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
        ordinary = Hours(ZoneInfo(ZONE), time.fromisoformat(BEGIN), time.fromisoformat(END))
        self._clock = clock
        self.store, ladder = Store(connect(url)), Ladder(RUNGS)
        self.lifecycle = Lifecycle(clock, ladder, ordinary, SUPPORT, unheard(clock))
        self.reminders = Reminders(self.store, clock, self.lifecycle, ladder, ordinary, SUPPORT)
        slack = Recorder(folder / "posts.jsonl", clock, Trap(folder))
        self.delivery = Delivery(self.store, clock, slack)

    def work(self, order: str) -> int:
        """What a worker does at a tick: "all", or "messages" alone, or those until the outbox is
        "empty"; how much that was."""
        match order:
            case "all":
                return self._remind() + self.delivery.deliver_due()
            case "messages":
                return self.delivery.deliver_due()
            case "empty":
                return self._empty()
        raise ValueError(order)

    def _remind(self) -> int:
        done = 0
        for _ in range(MOST_SWEEPS):
            found = self.reminders.remind_due()
            done += found
            if not found:
                break
        return done

    def _empty(self) -> int:
        done = 0
        for _ in range(MOST_ROUNDS):
            done += self.delivery.deliver_due()
            due = self.delivery.next_due()
            if due is None:
                return done
            self._clock.set(max(due, self._clock.now() + timedelta(seconds=1)))
        raise TimeoutError(f"messages still wait at {self._clock.now()}")

    def next_due(self) -> datetime | None:
        """When the next reminder or message is due."""
        with self.store.transaction() as tx:
            reminder = tx.session.exec(select(func.min(col(ReminderState.due_at)))).one()
            message = tx.outbox.next_due()
        return min((at for at in (reminder, message) if at is not None), default=None)


@dataclass
class Member:
    """A forked process that answers one order at a time."""

    pid: int
    line: Connection
    busy: bool = False

    def order(self, what: Any) -> None:
        self.line.send(what)
        self.busy = True

    def answer(self) -> Any:
        """What came of its order.

        Raises:
            TimeoutError: it says nothing.
        """
        if not self.line.poll(ANSWER_SECONDS):
            raise TimeoutError(f"{self.pid} does not answer")
        self.busy = False
        return self.line.recv()


class Fleet:
    """The workers, the people, and who leads them through the plan."""

    def __init__(self, url: str, folder: Path, plan: dict[str, Any]) -> None:
        self._url, self._folder = url, folder
        self._dice = random.Random(plan["seed"])
        self._clock = SharedClock()
        self._clock.set(datetime.fromisoformat(plan["steps"][0]["at"]))
        self._members: dict[int, Member] = {}
        self._people = self._fork(-1)
        self._trap = Trap(folder)
        self._owed: list[str] = []
        self._usual = dict.fromkeys(("all", "messages", "empty"), 0.005)
        self.kills = Counter[str]()
        self.missed = 0
        self.rounds: list[str] = []
        self.errors: list[str] = []

    def step(self, step: dict[str, Any]) -> None:
        """Go to a time of the plan, and on from there until no message waits. Where nothing is due,
        nobody is woken."""
        now = datetime.fromisoformat(step["at"])
        self._clock.set(now)
        self._owed += step.get("kills", [])
        everybody, deeds = step.get("workers", list(range(WORKERS))), step.get("deeds", [])
        due = self._ask("due")
        if not deeds and (due is None or due > now):
            self.rounds.append(now.isoformat())
            return
        remind = True
        for _ in range(MOST_ROUNDS):
            killed = self._round(everybody, "all" if remind else "messages", deeds)
            waits_until, deeds = self._ask("message"), []
            if waits_until is None and not killed:
                return
            self._advance(waits_until, killed)
            if not killed and not self._owed:
                self._round([self._dice.choice(everybody)], "empty", [])
                return
            remind = killed
        self.errors.append(f"messages still wait at {self._clock.now()}")

    def end(self) -> None:
        """Every process ends with its line."""
        for number in list(self._members):
            member = self._members.pop(number)
            member.line.close()
            os.waitpid(member.pid, 0)

    def _advance(self, waits_until: datetime | None, killed: bool) -> None:
        now = self._clock.now()
        if killed or waits_until is None or waits_until <= now:
            self._clock.set(now + LEASE + timedelta(seconds=1))
        else:
            self._clock.set(max(waits_until, now + timedelta(seconds=1)))

    def _round(self, workers: list[int], order: str, deeds: list[Any]) -> bool:
        """Everybody works until nothing is left to do just now; whether somebody was killed
        meanwhile."""
        if order == "all":
            self.rounds.append(self._clock.now().isoformat())
        began = machine.monotonic()
        for number in workers:
            self._worker(number).order(order)
        if deeds:
            self._people.order(deeds)
        killed = bool(self._owed) and self._kill(workers, order)
        for number in workers:
            self._heed(self._members[number].answer())
        if deeds:
            self._heed(self._people.answer())
        if not killed:
            self._usual[order] += (machine.monotonic() - began - self._usual[order]) / 5
        return killed

    def _kill(self, workers: list[int], order: str) -> bool:
        """Kill a worker at some moment of its work ("struck"), or when Slack has taken what it
        brought ("trapped"), and put another in its place; False when all had finished before that:
        then it is still owed, however busy the machine is."""
        kind = self._owed[0]
        number = self._trapped(workers) if kind == "trapped" else self._struck(workers, order)
        if number is None:
            self.missed += 1
            return False
        member = self._members.pop(number)
        os.waitpid(member.pid, 0)
        member.line.close()
        self.kills[self._owed.pop(0)] += 1
        self._worker(number).order(order)
        return True

    def _trapped(self, workers: list[int]) -> int | None:
        """Who dies between Slack's answer and its noting; None if nobody brings anything."""
        self._trap.set()
        working = {self._members[number].line: number for number in workers}
        while working:
            for line in wait(list(working), ANSWER_SECONDS) or list(working):
                working.pop(line)  # it has answered, or is dead
            caught = self._trap.caught()
            if caught is not None:
                return next(n for n in workers if self._members[n].pid == caught)
        self._trap.take_away()
        return None

    def _struck(self, workers: list[int], order: str) -> int | None:
        """Who is killed at any moment; None if nobody is at work."""
        machine.sleep(self._dice.uniform(0, min(self._usual[order], LONGEST_DELAY)))
        at_work = [number for number in workers if not self._members[number].line.poll()]
        if not at_work:
            return None
        number = self._dice.choice(at_work)
        os.kill(self._members[number].pid, signal.SIGKILL)
        return number

    def _worker(self, number: int) -> Member:
        return self._members.get(number) or self._fork(number)

    def _fork(self, number: int) -> Member:
        ours, theirs = Pipe()
        pid = os.fork()
        if pid == 0:
            ours.close()
            for member in self._members.values():
                member.line.close()
            _live(theirs, lambda: self._role(number))
        theirs.close()
        self._members[number] = Member(pid, ours)
        return self._members[number]

    def _role(self, number: int) -> Callable[[Any], Any]:
        bot = Bot(self._url, self._folder, self._clock)
        if number >= 0:
            return bot.work
        people = People(
            bot.store, self._clock, bot.lifecycle, bot.reminders, self._folder / "deeds.jsonl"
        )
        questions = {"message": bot.delivery.next_due, "due": bot.next_due}
        return lambda order: questions[order]() if isinstance(order, str) else people.do(order)

    def _ask(self, question: str) -> datetime | None:
        """When the next message or anything is due, as the database has it."""
        self._people.order(question)
        answer = self._people.answer()
        return None if isinstance(answer, str) and self._heed(answer) == 0 else answer

    def _heed(self, answer: Any) -> int:
        if isinstance(answer, str):
            self.errors.append(answer)
            return 0
        return int(answer)


def _live(line: Connection, become: Callable[[], Callable[[Any], Any]]) -> None:
    """What a forked process does until its line is closed; it never returns."""
    act = become()
    while True:
        try:
            order = line.recv()
        except EOFError:
            os._exit(0)
        try:
            line.send(act(order))
        except Exception:
            line.send(traceback.format_exc())


def main(url: str, folder: Path) -> None:
    """Carry out the plan."""
    configure_mappers()
    gc.freeze()
    plan = json.loads((folder / "plan.json").read_text())
    began, fleet = machine.monotonic(), Fleet(url, folder, plan)
    for step in plan["steps"]:
        fleet.step(step)
    fleet.end()
    result = {
        "kills": fleet.kills,
        "missed": fleet.missed,
        "rounds": fleet.rounds,
        "errors": fleet.errors,
    }
    result["seconds"] = machine.monotonic() - began
    (folder / "result.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
