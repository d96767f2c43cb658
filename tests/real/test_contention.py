"""Workers and people who want the same rows of PostgreSQL at once: nobody's work is thrown away by
a deadlock or a key taken."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlmodel import select

from bot.common.jobs import CheckAccount, RunTest
from bot.common.people import Person
from bot.diagnosis import catalogue
from bot.diagnosis.attempts import Attempts
from bot.diagnosis.failures import Failures
from bot.diagnosis.observation import Condition, Observation, Where
from bot.diagnosis.step_records import steps_of
from bot.incidents.course import Course
from bot.incidents.service import Incidents
from bot.incidents.times import OnCallTimes
from bot.lifecycle.hours import Hours
from bot.lifecycle.ladder import Ladder
from bot.lifecycle.service import Lifecycle
from bot.lifecycle.states import Arrival
from bot.mail.probe import MailReport
from bot.mail.roundtrip import RoundTripMessage
from bot.mail.steps import OnStep, StepResult
from bot.mail.target import Target
from bot.messages import notices
from bot.reminders.service import Reminders
from storage.database import Store, Transaction, connect
from storage.jobs import MAX_IN_LANE
from storage.tables import Account, Channel, Customer, Failure, Job, Reminder
from storage.vocabulary import Owner, State, StepId, StepStatus
from tests.support.changes import unheard
from tests.support.fast import CAROL, FastBot
from tests.support.fast_ports import FakeProbe

pytestmark = [pytest.mark.real, pytest.mark.parametrize("url", ["postgresql"], indirect=True)]

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CHANNEL, DESK, ALERTS = "C0ACME", "C0DESK", "C0ALERTS"
VERA = Person("T0LUMEN", "U0VERA")
EMPTY = Observation(Where.IMAP, step="imap.folders", condition=Condition.EMPTY)
DEADLINE = 20
CHECKS = 20
CUSTOMERS = 2
WORKERS = 4
TURNS = 25
LEASE = timedelta(minutes=5)


class StillClock:
    """It is noon."""

    def now(self) -> datetime:
        return NOW


@dataclass(frozen=True)
class Office:
    """A customer's channel with one account in it that waits for its folders, and those who work on
    it."""

    store: Store
    reminders: Reminders
    lifecycle: Lifecycle
    failures: Failures
    channel: Channel
    account_id: int


@pytest.fixture
def office(url: str) -> Iterator[Office]:
    store, clock = Store(connect(url)), StillClock()
    hours, ladder = (
        Hours(ZoneInfo("UTC"), time(0), time(0), "1234567"),
        Ladder([timedelta(hours=4)]),
    )
    lifecycle = Lifecycle(clock, ladder, hours, DESK, unheard(clock))
    with store.transaction() as tx:
        customer = tx.channels.add_customer("Acme Marine", NOW)
        who = {"bound_by_team": VERA.team, "bound_by_user": VERA.user}
        channel = Channel(id=CHANNEL, customer_id=customer.id, bound_at=NOW, **who)
        tx.channels.bind(channel)
        account = tx.accounts.add(new_account(customer))
        lifecycle.enter(tx, account, Arrival(State.UNMAPPED, Owner.USER), VERA)
    reminders = Reminders(store, clock, lifecycle, ladder, hours, DESK)
    times = OnCallTimes((timedelta(minutes=15),), timedelta(hours=2), timedelta(hours=8))
    course = Course(clock, ALERTS, DESK, times, lambda *_: None, unheard(clock))
    incidents = Incidents(clock, course)
    failures = Failures(catalogue.load(), clock, incidents, Attempts(clock), lambda *_: None)
    yield Office(store, reminders, lifecycle, failures, channel, account.id)
    store.engine.dispose()


def new_account(customer: Customer) -> Account:
    address = "info@acme.example"
    return Account(
        ref="MB-7Q3F-9K2D",
        customer_id=customer.id,
        channel_id=CHANNEL,
        name="Info",
        sender_name="Acme Marine",
        sender_email=address,
        username=address,
        address_key=address,
        state=State.CREATED,
        state_since=NOW,
        owner=Owner.MAILDESK,
        created_at=NOW,
        created_by_team=VERA.team,
        created_by_user=VERA.user,
    )


def until_they_wait(store: Store, *others: Future[Any]) -> None:
    """Until all of them wait in the database for what another holds, or one is done without."""
    waiting = text("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
    with store.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        while not any(other.done() for other in others):
            if connection.execute(waiting).scalar_one() == len(others):
                return


def test_a_pause_and_a_test_that_notes_a_failure_do_not_end_each_other(office: Office) -> None:
    with ThreadPoolExecutor(1) as pool:
        with office.store.transaction() as tx:
            account = tx.accounts.lock(office.account_id)
            day = (NOW + timedelta(days=9)).date()
            pausing = pool.submit(office.reminders.pause, office.channel.id, day, VERA)
            until_they_wait(office.store, pausing)
            office.failures.record(tx, EMPTY, account)
        assert pausing.result(DEADLINE) == datetime(2026, 12, 3, tzinfo=UTC)
    with office.store.transaction() as tx:
        assert len(tx.session.exec(select(Failure)).all()) == 1


def test_two_who_tell_the_same_channels_the_other_way_round_both_do(office: Office) -> None:
    """The card and what support is told are shown by whatever happens first."""
    met = threading.Barrier(2)

    def tell(channels: list[str]) -> None:
        with office.store.transaction() as tx:
            for number, channel in enumerate(channels):
                if number:
                    met.wait(DEADLINE)  # each has told its first channel by now
                tx.outbox.show(channel, f"card:{channel}", "account", {"by": channels}, NOW)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(tell, [[CHANNEL, DESK], [DESK, CHANNEL]]))

    shown: dict[str, int] = Counter()
    with office.store.transaction() as tx:
        while (claimed := tx.outbox.claim_next(NOW, LEASE)) is not None:
            shown[claimed.item.key] += 1
            tx.outbox.sent(claimed, "1.0", NOW, timedelta())
    assert (shown[f"card:{CHANNEL}"], shown[f"card:{DESK}"]) == (1, 1)


def test_what_is_asked_for_while_the_same_is_sent_is_sent_too(office: Office) -> None:
    """A worker that draws a message before another transaction ends shows what was before it."""
    store = office.store
    with store.transaction() as tx:
        while (claimed := tx.outbox.claim_next(NOW, LEASE)) is not None:
            tx.outbox.sent(claimed, "1.0", NOW, timedelta())
        tx.outbox.show(CHANNEL, "card", "account", {"drawn": "before"}, NOW)
    with store.transaction() as tx:
        tx.outbox.show(CHANNEL, "card", "account", {"drawn": "after"}, NOW)
        with store.transaction() as worker:
            first = worker.outbox.claim_next(NOW, LEASE)
    assert first is not None and first.item.args == {"drawn": "before"}
    with store.transaction() as tx:
        tx.outbox.sent(first, "1.0", NOW, timedelta())
        second = tx.outbox.claim_next(NOW, LEASE)
    assert second is not None and second.item.args == {"drawn": "after"}


def test_a_reminder_that_is_replaced_is_not_shown_after_it_was_taken_away(office: Office) -> None:
    """Somebody maps folders in the moment in which the next reminder is written."""
    store = office.store
    with store.transaction() as tx:
        first = Reminder(channel_id=CHANNEL, posted_at=NOW, account_ids=[office.account_id])
        tx.reminders.add(first)
    replaced = threading.Event()

    def change() -> None:
        with store.transaction() as tx:
            account = tx.accounts.lock(office.account_id)
            reminder = tx.reminders.open_in(CHANNEL)
            assert reminder is not None and reminder.id == first.id
            replaced.wait(DEADLINE)
            office.lifecycle.show(tx, account)

    with ThreadPoolExecutor(1) as pool:
        with store.transaction() as tx:
            reminder = tx.reminders.open_in(CHANNEL)
            assert reminder is not None
            changing = pool.submit(change)
            tx.reminders.hold_open(reminder)
            reminder.finished_at = NOW
            notices.take_away_reminder(tx, reminder, NOW)
            replaced.set()
            until_they_wait(store, changing)
        changing.result(DEADLINE)

    with store.transaction() as tx:
        latest = tx.outbox.latest(notices.reminder_key(first))
        assert latest is not None and latest.notice == notices.GONE


def test_two_who_ask_for_the_same_work_at_once_both_go_on_and_it_is_done_once(
    office: Office,
) -> None:
    together = threading.Barrier(2)

    def ask(_: int) -> None:
        with office.store.transaction() as tx:
            together.wait(DEADLINE)
            for number in range(CHECKS):
                tx.jobs.add(CheckAccount(account_id=number), NOW, sooner=True)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(ask, range(2)))
    with office.store.transaction() as tx:
        asked = [job.key for job in tx.session.exec(select(Job)) if job.kind == "connection-check"]
    assert sorted(asked, key=str) == sorted(f"check:{number}" for number in range(CHECKS))


def test_processes_that_begin_together_all_write_down_what_they_did_and_counted(
    office: Office,
) -> None:
    together = threading.Barrier(WORKERS)

    def keep(_: int) -> None:
        with office.store.transaction() as tx:
            together.wait(DEADLINE)
            for duty in ("jobs", "outbox"):
                tx.measures.done(duty, NOW)
            tx.measures.add({("calls", ("slack",)): 1, ("calls", ("microsoft",)): 2})

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(keep, range(WORKERS)))
    with office.store.transaction() as tx:
        assert tx.measures.duties() == {"jobs": NOW, "outbox": NOW}
        assert tx.measures.counted() == {
            ("calls", ("slack",)): WORKERS,
            ("calls", ("microsoft",)): 2 * WORKERS,
        }


def test_a_claim_counts_what_another_takes_in_the_same_moment(office: Office) -> None:
    def claim() -> int:
        with office.store.transaction() as tx:
            return len(tx.jobs.claim_due(NOW, 8, LEASE))

    with office.store.transaction() as tx:
        ask_for_tests(tx, range(8))
    with ThreadPoolExecutor(1) as pool:
        with office.store.transaction() as tx:
            assert len(tx.jobs.claim_due(NOW, 8, LEASE)) == CUSTOMERS * MAX_IN_LANE
            with office.store.transaction() as other:
                ask_for_tests(other, range(8, 16), awaited=True)
            claiming = pool.submit(claim)
            until_they_wait(office.store, claiming)
        assert claiming.result(DEADLINE) == 0


def test_workers_that_claim_at_once_never_have_too_much_of_a_lane_in_hand(office: Office) -> None:
    together, counting = threading.Barrier(WORKERS), threading.Lock()
    in_hand: Counter[str | None] = Counter()
    peaks: list[int] = []

    def work(number: int) -> int:
        """Claim and do until nothing is left; more is asked for meanwhile."""
        together.wait(DEADLINE)
        done = 0
        for turn in range(TURNS):
            with office.store.transaction() as tx:
                first = (number * TURNS + turn) * 2
                ask_for_tests(tx, range(first, first + 2), awaited=turn % 2 == 0)
            with office.store.transaction() as tx:
                jobs = tx.jobs.claim_due(NOW, 8, LEASE)
            with counting:
                in_hand.update(job.lane for job in jobs)
                peaks.append(max(in_hand.values(), default=0))
            for job in jobs:
                with counting:
                    in_hand.subtract([job.lane])
                with office.store.transaction() as tx:
                    tx.jobs.done(job)
            done += len(jobs)
        return done

    with ThreadPoolExecutor(WORKERS) as pool:
        assert sum(pool.map(work, range(WORKERS))) > TURNS
    assert max(peaks) == MAX_IN_LANE


def ask_for_tests(tx: Transaction, numbers: range, awaited: bool = False) -> None:
    """Tests of the customers, by turns."""
    for number in numbers:
        customer = number % CUSTOMERS
        tx.jobs.add(RunTest(test_id=number, customer_id=customer, awaited=awaited), NOW)


class StepsAtOnce(FakeProbe):
    """Mail servers that answer in the same moment: steps of both protocols wait to be kept when
    the account's lock, which somebody holds, is given back."""

    STEPS = (StepId.IMAP_CONNECT, StepId.SMTP_CONNECT)

    def __init__(self, store: Store, account: Account) -> None:
        super().__init__()
        self._store = store
        self._account = account

    def run(
        self, target: Target, on_step: OnStep, message: RoundTripMessage | None = None
    ) -> MailReport:
        steps = tuple(StepResult(step, StepStatus.OK, timedelta(), "fine") for step in self.STEPS)
        with ThreadPoolExecutor(len(steps)) as pool:
            with self._store.transaction() as tx:
                tx.accounts.lock(self._account.id)
                kept = [pool.submit(on_step, step) for step in steps]
                until_they_wait(self._store, *kept)
            for each in kept:
                each.result(DEADLINE)
        return MailReport(steps, (), None, "")


def test_steps_that_end_at_once_are_all_kept(url: str) -> None:
    bot = FastBot(engine=connect(url))
    account = bot.account(State.LIVE)
    bot.mail.run = StepsAtOnce(bot.store, account).run  # type: ignore[method-assign]
    bot.checks.start(account.id, CAROL)
    bot.run_due()

    with bot.store.transaction() as tx:
        done = {step.step: step.status for step in steps_of(tx.checks.newest(account.id, 1)[0])}
    assert [done[step] for step in StepsAtOnce.STEPS] == [StepStatus.OK, StepStatus.OK]
    bot.store.engine.dispose()
