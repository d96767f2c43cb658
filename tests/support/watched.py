"""Many mailboxes under the clock's looks, simulated by the product's own rules: its rhythm, its
choice of whom to look at, its patience. What a look costs is time alone, so that ten thousand
mailboxes take minutes."""

import heapq
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from bot.checks.aftermath import MAX_WOKEN
from bot.checks.patience import PATIENCE
from bot.checks.rhythm import (
    ENOUGH,
    LOOKERS,
    NEIGHBOURS,
    REST,
    Due,
    choose,
    full,
    next_look,
)
from bot.checks.watching import CONSIDERED
from storage.vocabulary import FaultKind

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
TICK = timedelta(seconds=1)
TOLD_AFTER = timedelta(seconds=2)
"""From what is believed to the message in Slack."""

LOOK_SECONDS = (1.3, 0.5)
"""How long a look takes: half within the first number; the second is how widely that varies."""

SILENT_SECONDS = 10.0
"""How long a look takes where nobody answers."""

LOST = 0.002
"""So many looks end in a network fault although nothing is wrong,"""

LIMITED = 0.0002
"""and so many in a limit."""


class Break(StrEnum):
    """What breaks."""

    PASSWORD = "password reset by the administrator"
    LICENCE = "licence gone"
    SENDING = "SMTP AUTH switched off for the tenant"
    CONSENT = "consent withdrawn"
    SECRET = "application secret expired"


MIX = {Break.PASSWORD: 0.40, Break.LICENCE: 0.25, Break.SENDING: 0.20, Break.CONSENT: 0.15}
"""Of the breaks, so many; the secret expires once beside them."""

LASTS = {
    Break.PASSWORD: timedelta(hours=3),
    Break.LICENCE: timedelta(hours=3),
    Break.SENDING: timedelta(hours=3),
    Break.CONSENT: timedelta(hours=3),
    Break.SECRET: timedelta(minutes=20),
}
"""How long until somebody has mended it."""


AT_THE_TOKEN = (Break.PASSWORD, Break.CONSENT, Break.SECRET)
"""What shows when a token is asked for; the mailbox is not opened then."""


@dataclass
class Event:
    """Something that breaks: which mailboxes it hits, and when the first alert said so. `hidden`:
    none of them worked when it came, so that nobody can tell it from what was there before."""

    what: Break
    at: datetime
    accounts: Sequence[int]
    told_at: datetime | None = None
    hidden: bool = False


@dataclass
class Mailbox:
    """One mailbox, as the bot and Microsoft have it."""

    due: Due
    faults: list[Event] = field(default_factory=list)
    due_at: datetime | None = None
    looked_at: datetime | None = None
    in_hand: bool = False
    seen: list[tuple[datetime, FaultKind]] = field(default_factory=list)
    broken: bool = False


@dataclass
class Found:
    """What a look finds: of which kind, and which events it shows, if it is no accident."""

    kind: FaultKind
    events: Sequence[Event] = ()

    @property
    def ours(self) -> bool:
        """Whether it is the engineers' to mend, so that no mailbox counts as broken."""
        return all(event.what is Break.SECRET for event in self.events)


@dataclass
class Budget:
    """What was asked of Microsoft."""

    a_minute: Counter[int] = field(default_factory=Counter)
    of_mailbox: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    of_tenant: Counter[tuple[str, int]] = field(default_factory=Counter)
    at_once: int = 0
    at_once_in_tenant: int = 0


class Fleet:
    """The mailboxes, looked at by one worker."""

    def __init__(self, accounts: int, seed: int) -> None:
        self.dice = random.Random(seed)
        self.now = MONDAY
        self.mailboxes = {each.account_id: Mailbox(each) for each in self._people(accounts)}
        self.budget = Budget()
        self.events: list[Event] = []
        self._waiting: list[tuple[datetime, int]] = []
        self._ending: list[tuple[datetime, int, Found | None]] = []
        self._changes: list[tuple[datetime, int, Event, bool]] = []
        self._hands: dict[int, Due] = {}
        self._tenants: dict[str, list[int]] = defaultdict(list)
        for number, mailbox in self.mailboxes.items():
            self._tenants[mailbox.due.tenant].append(number)
            self._wait(number, next_look(number, MONDAY))

    def _people(self, accounts: int) -> Iterator[Due]:
        """Tenants of many sizes: most have a few mailboxes, some hundreds."""
        number = 1
        tenant = 0
        while number <= accounts:
            tenant += 1
            size = min(int(self.dice.paretovariate(0.9)) + 1, 400, accounts - number + 1)
            for _ in range(size):
                yield Due(number, f"tenant {tenant}", f"person {number}")
                number += 1

    @property
    def tenants(self) -> int:
        """How many there are."""
        return len(self._tenants)

    # -- what breaks

    def plan(self, breaks: int, span: timedelta) -> None:
        """Have so many things break at random moments of a span, and the secret expire once."""
        tenants = list(self._tenants.values())
        for _ in range(breaks):
            what = self.dice.choices(list(MIX), list(MIX.values()))[0]
            whole = self.dice.choice(tenants)
            if what in (Break.PASSWORD, Break.LICENCE):
                whole = [self.dice.randrange(len(self.mailboxes)) + 1]
            self._plan(what, span * self.dice.random(), whole)
        self._plan(Break.SECRET, span * self.dice.uniform(0.6, 0.9), list(self.mailboxes))

    def _plan(self, what: Break, after: timedelta, accounts: Sequence[int]) -> None:
        event = Event(what, MONDAY + after, accounts)
        self.events.append(event)
        number = len(self.events)
        heapq.heappush(self._changes, (event.at, number, event, True))
        heapq.heappush(self._changes, (event.at + LASTS[what], number, event, False))

    def _change(self) -> None:
        while self._changes and self._changes[0][0] <= self.now:
            _, _, event, begins = heapq.heappop(self._changes)
            if begins:
                hit = [self.mailboxes[number] for number in event.accounts]
                event.hidden = all(mailbox.faults for mailbox in hit)
            for number in event.accounts:
                mailbox = self.mailboxes[number]
                if begins:
                    mailbox.faults.append(event)
                    continue
                mailbox.faults.remove(event)
                if mailbox.broken and not mailbox.faults:  # whoever mended it has it tested
                    self._works(number)

    # -- what the bot does

    def run(self, span: timedelta) -> None:
        """Let time pass."""
        end = self.now + span
        while self.now < end:
            self.now += TICK
            self._change()
            while self._ending and self._ending[0][0] <= self.now:
                _, number, found = heapq.heappop(self._ending)
                self._end(number, found)
            self._take()

    def _wait(self, number: int, at: datetime) -> None:
        self.mailboxes[number].due_at = at
        heapq.heappush(self._waiting, (at, number))

    def _due(self) -> list[Due]:
        """The accounts that are due, as the database gives them."""
        found: dict[int, Due] = {}
        passed_over: list[tuple[datetime, int]] = []
        without = full(list(self._hands.values()))
        while self._waiting and self._waiting[0][0] <= self.now and len(found) < CONSIDERED:
            at, number = heapq.heappop(self._waiting)
            mailbox = self.mailboxes[number]
            if mailbox.due_at != at or mailbox.in_hand:
                continue
            if mailbox.due.tenant in without:
                passed_over.append((at, number))
            else:
                found[number] = mailbox.due
        for each in passed_over:
            heapq.heappush(self._waiting, each)
        return list(found.values())

    def _take(self) -> None:
        room = LOOKERS - len(self._hands)
        if room <= 0:
            return
        due = self._due()
        chosen = choose(due, list(self._hands.values()), room)
        taken = {each.account_id for each in chosen}
        for each in due:
            if each.account_id in taken:
                self._begin(each)
            else:
                at = self.mailboxes[each.account_id].due_at
                assert at is not None
                heapq.heappush(self._waiting, (at, each.account_id))

    def _begin(self, due: Due) -> None:
        mailbox = self.mailboxes[due.account_id]
        mailbox.in_hand = True
        self._hands[due.account_id] = due
        self._count(due)
        found = self._seen_at(mailbox)
        silent = found is not None and found.kind is FaultKind.NETWORK
        middle, spread = LOOK_SECONDS
        seconds = SILENT_SECONDS if silent else middle * self.dice.lognormvariate(0, spread)
        ends = self.now + timedelta(seconds=seconds)
        heapq.heappush(self._ending, (ends, due.account_id, found))

    def _seen_at(self, mailbox: Mailbox) -> Found | None:
        if mailbox.faults:
            at_token = [event for event in mailbox.faults if event.what in AT_THE_TOKEN]
            ours = [event for event in at_token if event.what is Break.SECRET]
            return Found(FaultKind.REFUSED, ours or at_token or tuple(mailbox.faults))
        luck = self.dice.random()
        if luck < LOST:
            return Found(FaultKind.NETWORK)
        return Found(FaultKind.THROTTLED) if luck < LOST + LIMITED else None

    def _end(self, number: int, found: Found | None) -> None:
        mailbox = self.mailboxes[number]
        mailbox.in_hand = False
        mailbox.looked_at = self.now
        del self._hands[number]
        if mailbox.broken:
            return
        if found is None:
            ours = bool(mailbox.seen)
            self._works(number)
            if ours:
                self._wake(number)
            return
        first = not mailbox.seen
        mailbox.seen.insert(0, (self.now, found.kind))
        if first and found.kind is not FaultKind.THROTTLED:
            self._warn(number, found)
        alike = [at for at, kind in mailbox.seen if kind is found.kind]
        patience = PATIENCE[found.kind]
        known = patience.believes(alike)
        if known:
            for event in found.events:
                event.told_at = event.told_at or self.now + TOLD_AFTER
            if not found.ours:
                mailbox.broken = True
                mailbox.due_at = None
                return
        self._wait(number, self.now + patience.wait(len(alike), int(known)))

    def _works(self, number: int) -> None:
        mailbox = self.mailboxes[number]
        mailbox.seen.clear()
        mailbox.broken = False
        self._wait(number, next_look(number, self.now))

    def _warn(self, number: int, found: Found) -> None:
        """As `Signs` does."""
        failing = (each for each in self.mailboxes.values() if each.seen and not each.broken)
        if found.ours and sum(1 for _ in failing) >= ENOUGH:
            return
        tenant = self.mailboxes[number].due.tenant
        self._hurry([each for each in self._tenants[tenant] if each != number])
        if found.ours:
            self._hurry(self.dice.sample(sorted(self.mailboxes), min(50, len(self.mailboxes))))

    def _hurry(self, numbers: Sequence[int]) -> None:
        well = [
            number
            for number in numbers
            if self._has_rested(box := self.mailboxes[number])
            and not box.seen
            and not box.in_hand
            and box.due_at is not None
            and box.due_at > self.now
        ]
        well.sort(key=lambda number: self.mailboxes[number].due_at or self.now, reverse=True)
        for number in well[:NEIGHBOURS]:
            self._wait(number, self.now)

    def _wake(self, number: int) -> None:
        """What was ours is gone at one: look at twenty others, as `Aftermath` does."""
        failing = [
            other
            for other, box in self.mailboxes.items()
            if box.seen and not box.broken and not box.in_hand
        ]
        failing.sort(key=lambda other: (other < number, other))
        for other in failing[:MAX_WOKEN]:
            box = self.mailboxes[other]
            rested = max(self.now, (box.looked_at or self.now) + REST)
            if box.due_at is not None and rested < box.due_at:
                self._wait(other, rested)

    def _has_rested(self, mailbox: Mailbox) -> bool:
        return mailbox.looked_at is None or mailbox.looked_at <= self.now - REST

    # -- what it costs

    def _count(self, due: Due) -> None:
        minute = (self.now - MONDAY) // timedelta(minutes=1)
        self.budget.a_minute[minute] += 1
        self.budget.of_tenant[due.tenant, minute] += 1
        self.budget.of_mailbox[due.account_id].append((self.now - MONDAY).total_seconds())
        hands = Counter(each.tenant for each in self._hands.values())
        self.budget.at_once = max(self.budget.at_once, len(self._hands))
        self.budget.at_once_in_tenant = max(self.budget.at_once_in_tenant, hands[due.tenant])
