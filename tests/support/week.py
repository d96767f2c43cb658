"""A week in the life of the bot: its services, delivery and worker under one simulated time, and the
customers with their mailboxes who use it."""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import bindparam
from sqlmodel import select

from bot.app.worker import SENDERS, TICK, Sweep, Worker
from bot.common import jobs
from bot.common.jobs import CheckAccount
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.diagnosis.observation import Condition, Observation, Where
from bot.mail.probe import MailReport
from bot.mail.roundtrip import RoundTripMessage
from bot.mail.steps import OnStep, StepResult
from bot.mail.target import Target
from bot.messages import notices
from bot.messages.delivery import Delivery
from bot.services import Services
from handlers.commands import Commands
from handlers.features import folders
from handlers.slack.modals import Windows
from handlers.slack.payloads import Command, Press
from storage.tables import (
    Account,
    Channel,
    ConnectionTest,
    Job,
    OutboxItem,
    PostedMessage,
    Watch,
)
from storage.vocabulary import State, StepId
from tests.support.fast import DESK, FastBot, Outside, days
from tests.support.fast_ports import FakeProbe, FastClock
from tests.support.metered import MeteredSlack
from tests.support.simulated import Alarm, Simulation, Threads

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
SUPPORT_PEOPLE = 8
OF_A_CUSTOMER = 3
STEP_SECONDS = (0.2, 1.0)
ROUND_TRIP_SECONDS = (4.0, 20.0)
A_MOMENT = timedelta(milliseconds=50)
SWEPT_EVERY = timedelta(minutes=1)
"""At most so often; a reminder may be so late here."""

REALLY_TESTED = 0.05
"""Of the daily tests of mailboxes that work, at a time when nothing is wrong, so many are run. Each
of them takes the database tens of milliseconds, and tells nobody anything: there are 28,000 a
week."""

Listener = Callable[[Services, Press], None]

STANDS = select(Account.state, Account.username).where(Account.id == bindparam("id"))
PLANNED = select(Job.id).where(Job.key == bindparam("key"))
"""How an account stands, and whether its next test waits: asked for each daily test."""


class SlowProbe(FakeProbe):
    """Mail servers that take their time, and may be out of order for everybody."""

    def __init__(self, simulation: Simulation, dice: random.Random) -> None:
        super().__init__()
        self._simulation = simulation
        self._dice = dice
        self.is_out = False

    def run(
        self, target: Target, on_step: OnStep, message: RoundTripMessage | None = None
    ) -> MailReport:
        def slowly(step: StepResult) -> None:
            span = ROUND_TRIP_SECONDS if step.step is StepId.ROUNDTRIP else STEP_SECONDS
            self._simulation.sleep(timedelta(seconds=self._dice.uniform(*span)))
            on_step(step)

        self._put_in_order(target)
        return super().run(target, slowly, message)

    def look(self, target: Target, on_step: OnStep) -> MailReport:
        def slowly(step: StepResult) -> None:
            self._simulation.sleep(timedelta(seconds=self._dice.uniform(*STEP_SECONDS)))
            on_step(step)

        self._put_in_order(target)
        return super().look(target, slowly)

    def _put_in_order(self, target: Target) -> None:
        mailbox = self.at(target.mailbox)
        if self.is_out:
            away = Observation(Where.IMAP, StepId.IMAP_CONNECT, condition=Condition.TIMEOUT)
            mailbox.faults[StepId.IMAP_CONNECT] = away
            mailbox.faults[StepId.SMTP_CONNECT] = Observation(
                Where.SMTP, StepId.SMTP_CONNECT, condition=Condition.TIMEOUT
            )
        else:
            mailbox.faults.pop(StepId.IMAP_CONNECT, None)
            mailbox.faults.pop(StepId.SMTP_CONNECT, None)


@dataclass(frozen=True)
class Client:
    """A customer, by their channel and their people."""

    number: int
    channel: Channel
    people: tuple[Person, ...]

    @property
    def domain(self) -> str:
        """Of their addresses."""
        return f"c{self.number}.example"


class WeekBot(FastBot):
    """The bot with its worker and its messages at the simulated time."""

    def __init__(self, seed: int, really_tested: float = REALLY_TESTED) -> None:
        self._really_tested = really_tested
        clock = FastClock(MONDAY)
        self.dice = random.Random(seed)
        self.simulation = Simulation(clock)
        self.metered = MeteredSlack(self.simulation)
        self.probe = SlowProbe(self.simulation, self.dice)
        self.told: Counter[str] = Counter()
        """What people were refused, by sentence."""
        self.taken_as_passed = 0
        """How many daily tests were not run."""
        super().__init__(
            outside=Outside(clock=clock, slack=self.metered, mail=self.probe),
            support_users="",
            support_usergroup="S0SUPPORT",
            working_hours="09:00-17:00",
            working_days="12345",
        )
        self.delivery = Delivery(
            self.store, clock, self.sender, self.core.deciders, self.core.troubles
        )
        self.doers.add(
            jobs.FillFolders, lambda work: folders.fill_folders(self.services, self.slack, work)
        )
        self.doers.add(jobs.CheckAccount, self._check)
        self.doers.add(jobs.RunTest, self._run, self.services.checks.give_up)
        pool = Threads(self.simulation, self.nudge)
        self.worker = Worker(self.store, clock, self.delivery, self.doers, (), pool=pool)
        self.commands = Commands(self.services)
        self.support = tuple(
            Person("T0LUMEN", f"U0SUPPORT{n}", DESK) for n in range(SUPPORT_PEOPLE)
        )
        self.metered.support = {person.user for person in self.support}
        self.metered.members[DESK] = set(self.metered.support)
        self._free_senders = SENDERS
        self._jobs = Alarm(self.simulation, self._look_for_jobs)
        self._outbox = Alarm(self.simulation, self._look_for_messages)

    # -- what the bot does by itself

    def start(self) -> None:
        """Begin to work: jobs, messages, and what the sweeps find, as `Worker.start` does."""
        for sweep in self.core.sweeps:
            self._sweep(sweep)
        self.nudge()

    def nudge(self) -> None:
        """Look for jobs and messages now."""
        self._jobs.set(self.now)
        self._outbox.set(self.now)

    def _sweep(self, sweep: Sweep) -> None:
        while sweep.search():
            self._jobs.set(self.now + TICK)
            self._outbox.set(self.now + TICK)
        again = self.now + max(sweep.every, SWEPT_EVERY)
        self.simulation.at(again, partial(self._sweep, sweep))

    def _check(self, work: CheckAccount) -> None:
        """Do the job of a daily test, or leave it where it would tell nobody anything."""
        if not self._tells_nothing(work.account_id) or self.dice.random() < self._really_tested:
            self.services.checks.check(work)
            return
        self.taken_as_passed += 1
        self.simulation.at(self.now + days(1), partial(self._check_again, work))

    def _check_again(self, work: CheckAccount) -> None:
        """A day later: the job itself where the test would tell something. Where a test was run
        meanwhile, it has planned the next one."""
        if self._is_planned(work):
            return
        if self._tells_nothing(work.account_id) and self.dice.random() >= self._really_tested:
            self.taken_as_passed += 1
            self.simulation.at(self.now + days(1), partial(self._check_again, work))
            return
        with self.store.transaction() as tx:
            tx.jobs.add(work, self.now)
        self._jobs.set(self.now)

    def _run(self, work: jobs.RunTest) -> None:
        self.services.checks.run(work)
        with self.store.transaction() as tx:
            account_id = tx.checks.get(work.test_id).account_id
        self._look_again(account_id)

    def _look_again(self, account_id: int) -> None:
        """Where something failed that is not believed yet, the next look is taken; those at what
        works are left out."""
        with self.store.transaction() as tx:
            watch = tx.session.get(Watch, account_id)
        if watch is not None and watch.failing and watch.due_at is not None:
            self.simulation.at(watch.due_at, partial(self._look, account_id))

    def _look(self, account_id: int) -> None:
        self.services.watching.look(account_id)
        self._look_again(account_id)
        self.nudge()

    def _is_planned(self, work: CheckAccount) -> bool:
        with self.store.transaction() as tx:
            return tx.session.exec(PLANNED, params={"key": work.key}).first() is not None

    def _tells_nothing(self, account_id: int) -> bool:
        if self.probe.is_out or self.microsoft.outage is not None:
            return False
        with self.store.transaction() as tx:
            state, username = tx.session.exec(STANDS, params={"id": account_id}).one()
        return state is State.LIVE and not self.probe.at(username).faults

    def _look_for_jobs(self) -> None:
        self.worker.tick()
        with self.store.transaction() as tx:
            due = tx.jobs.next_due()
        if due is not None:
            self._jobs.set(max(due, self.now + TICK))

    def _look_for_messages(self) -> None:
        if self._free_senders:
            self._free_senders -= 1
            self.simulation.at(self.now, self._send)
            self.simulation.at(self.now + TICK, self._help)

    def _help(self) -> None:
        """While one sender is at work, another looks too, as with the worker's next tick."""
        if self._free_senders < SENDERS:
            self._outbox.set(self.now)

    def _send(self) -> None:
        self.delivery.deliver_due()
        self._free_senders += 1
        due = self.delivery.next_due()
        if due is not None:
            self._outbox.set(max(due, self.now + A_MOMENT))

    # -- what people do

    def press(
        self, who: Person, listener: Listener, value: str = "", in_window: bool = False
    ) -> None:
        """Somebody presses a button: the listener, as Bolt calls it."""
        view_id = "V1" if in_window else ""
        channel = "" if in_window else who.place
        windows = Windows(self.slack, "trigger", view_id)
        self._act(
            lambda: listener(self.services, Press(who, channel, value, view_id, "", {}, windows))
        )

    def test_all(self, who: Person) -> None:
        """Somebody mentions the bot with *test all*."""
        command = Command(who, who.place, "test", "all", Windows(self.slack, ""))
        answer = {"channel": who.place, "user": who.user}
        self._act(
            lambda: self.commands.do(
                command, lambda message: self._answer(answer | {"text": message.text})
            )
        )

    def _answer(self, content: dict[str, str]) -> None:
        with suppress(TimeoutError):
            self.slack.api_call("chat.postEphemeral", json=content)

    def _act(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Refused as refused:
            self.told[refused.sentence] += 1
        except Exception as error:  # the listeners' guard tells people of an error
            self.told[f"{type(error).__name__}: {error}"] += 1
        self.nudge()

    # -- who there is

    def client(self, number: int) -> Client:
        """A customer without mailboxes."""
        channel_id = f"C{number}"
        channel = self.customer(f"Customer {number}", channel_id, domain=f"c{number}.example")
        people = tuple(
            Person(f"T{number}", f"U{number}P{n}", channel_id) for n in range(OF_A_CUSTOMER)
        )
        self.slack.members[channel_id].update(person.user for person in people)
        self._stands(channel_id, notices.setup_key(channel_id))
        return Client(number, channel, people)

    def mailbox_of(self, client: Client, number: int, state: State = State.LIVE) -> Account:
        """A mailbox whose card stands in the channel, and that is tested daily if it works."""
        account = self.account(
            state,
            waiting_for=days(2),
            name=f"Box {client.number}-{number}",
            channel=client.channel,
            address=f"box{number}@{client.domain}",
        )
        self._stands(client.channel.id, notices.card_key(account))
        if state is State.LIVE:
            due = self.now + timedelta(days=self.dice.random())
            work = CheckAccount(account_id=account.id)
            self.simulation.at(due, partial(self._check_again, work))
        return account

    def mailboxes(self, client: Client) -> list[Account]:
        """Every mailbox of a customer."""
        with self.store.transaction() as tx:
            return tx.accounts.of_customer(client.channel.customer_id)

    def _stands(self, channel_id: str, key: str) -> None:
        with self.store.transaction() as tx:
            tx.session.add(PostedMessage(key=key, channel_id=channel_id, ts="0.1"))

    # -- what came of it

    def waits(self) -> dict[str, list[timedelta]]:
        """How long messages waited to be shown, by notice, the shortest first."""
        found: dict[str, list[timedelta]] = {}
        with self.store.transaction() as tx:
            for item in tx.session.exec(select(OutboxItem).where(OutboxItem.given_up == "")):
                if item.done_at is not None:
                    found.setdefault(item.notice, []).append(item.done_at - item.created_at)
        return {notice: sorted(found[notice]) for notice in sorted(found)}

    def asked(self) -> int:
        """How many messages anybody was to be shown."""
        with self.store.transaction() as tx:
            return len(tx.session.exec(select(OutboxItem.id)).all())

    def tests(self) -> int:
        """How many tests were run to their end."""
        with self.store.transaction() as tx:
            ended = select(ConnectionTest.id).where(ConnectionTest.finished_at != None)  # noqa: E711
            return len(tx.session.exec(ended).all())

    def unsent(self) -> int:
        """How many messages wait, or were given up."""
        with self.store.transaction() as tx:
            items = select(OutboxItem.id).where(
                (OutboxItem.done_at == None) | (OutboxItem.given_up != "")  # noqa: E711
            )
            return len(tx.session.exec(items).all())
