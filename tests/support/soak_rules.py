"""What must hold in the simulation at every moment, and what once everything has been quiet."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import msal
from sqlalchemy import text
from sqlmodel import col, select
from structlog.types import EventDict

from bot.common.jobs import CheckAccount, RunTest
from bot.microsoft.tokens import sealed_for
from storage.cipher import CannotOpen
from storage.database import Transaction
from storage.tables import (
    Account,
    AuditEntry,
    Channel,
    ConnectionTest,
    Grant,
    Incident,
    Job,
    OutboxItem,
    Page,
    PostedMessage,
    ReminderState,
    Watch,
)
from storage.vocabulary import Owner, ReminderPhase, State
from tests.support.fast import FastBot
from tests.support.soak_ports import SoakMicrosoft, SoakProbe, SoakSlack
from tests.support.soak_process import Process

ERRORS_OF_OURS = frozenset(
    {
        "error.not_kept",
        "listener.failed",
        "outbox.failed",
        "refusal.not_kept",
        "watching.look_failed",
        "worker.delivery_failed",
        "worker.job_failed",
        "worker.job_given_up",
        "worker.not_given_up",
        "worker.sweep_failed",
        "worker.window_not_told",
        "outbox.given_up",
        "outbox.shown_plainly",
        "outbox.shown_simply",
        "grant.cannot_open",
    }
)
"""What the log calls that nobody outside has caused."""

WITNESS = (
    "CREATE TABLE moved (id INTEGER PRIMARY KEY, ref TEXT, deed TEXT)",
    "CREATE TRIGGER states AFTER UPDATE OF state ON account WHEN old.state <> new.state"
    " BEGIN INSERT INTO moved (ref, deed) VALUES (new.ref, 'account.' || new.state); END",
    "CREATE TRIGGER begun AFTER INSERT ON account"
    " BEGIN INSERT INTO moved (ref, deed) VALUES (new.ref, 'account.created'); END",
    "CREATE TRIGGER connected AFTER UPDATE OF signed_in_at ON account"
    " WHEN new.signed_in_at IS NOT NULL AND new.signed_in_at IS NOT old.signed_in_at"
    " BEGIN INSERT INTO moved (ref, deed) VALUES (new.ref, 'signin.done'); END",
    "CREATE TRIGGER tested AFTER UPDATE OF finished_at ON connectiontest"
    " WHEN new.passed IS NOT NULL AND old.finished_at IS NULL"
    " BEGIN INSERT INTO moved (ref, deed) SELECT ref, 'test.finished' FROM account"
    " WHERE id = new.account_id; END",
)
"""The database itself writes down what is done to accounts, in the same transaction: each of it is
to have its entry in the audit."""

WITNESSED = frozenset({f"account.{state}" for state in State} | {"signin.done", "test.finished"})
THEY_ARE_REMINDED = (Owner.USER, Owner.ADMINISTRATOR, Owner.SUPPORT)
A_MOMENT = timedelta(minutes=2)


class Rules:
    """Asks whether all is as it must be."""

    def __init__(
        self,
        slack: SoakSlack,
        microsoft: SoakMicrosoft,
        mail: SoakProbe,
        log: list[EventDict],
    ) -> None:
        """`log`: what is logged; it is read and forgotten."""
        self._log = log
        self._slack = slack
        self._microsoft = microsoft
        self._mail = mail
        self._opened: dict[int, bytes] = {}
        self._entries = 0
        self._before: Counter[tuple[str, str]] = Counter()

    def begin(self, process: FastBot) -> None:
        """Have the database watch from now on; what was done before is as it is."""
        with process.store.engine.connect() as connection:
            for statement in WITNESS:
                connection.execute(text(statement))
            connection.commit()
        with process.store.transaction() as tx:
            self._before = _told(tx.session.exec(select(AuditEntry)).all())

    def problems(self, process: Process) -> Iterator[str]:
        """What is not as it must be at every moment."""
        yield from (f"Slack would refuse: {each}" for each in self._slack.refusable)
        yield from (f"a mailbox was opened: {each}" for each in self._mail.strangers)
        for line in self._log:
            if line["event"] in ERRORS_OF_OURS and not _slacks(line):
                yield f"an error of ours: {line}"
        self._log.clear()
        for item, times in self._slack.times_posted.items():
            if times > 1:
                yield f"message {item} was posted {times} times"
        with process.store.transaction() as tx:
            accounts = tx.session.exec(select(Account)).all()
            for account in accounts:
                yield from _without_next_step(tx, account)
            yield from self._tokens(tx, process, accounts)
            yield from self._audit(tx)

    def _tokens(self, tx: Transaction, process: Process, accounts: Any) -> Iterator[str]:
        """What is sealed for an account opens for it alone, and was given to its person."""
        owners = {account.id: account.signed_in_as for account in accounts}
        for grant in tx.session.exec(select(Grant)).all():
            of, sealed = grant.account_id, grant.sealed
            if self._opened.get(of) == sealed:
                continue
            try:
                opened = process.cipher.open(sealed, sealed_for(of))
            except CannotOpen:
                yield f"the tokens of account {of} do not open for it"
                continue
            whose = {self._microsoft.given.get(each) for each in _secrets(opened)}
            if whose != {owners[of]}:
                yield f"account {of} of {owners[of]} has tokens of {sorted(map(str, whose))}"
            if _opens_for_others(process, sealed, of, owners):
                yield f"the tokens of account {of} open for another"
            self._opened[of] = sealed

    def _audit(self, tx: Transaction) -> Iterator[str]:
        """What was done to accounts has an entry each, and no entry is lost."""
        entries = tx.session.exec(select(AuditEntry).order_by(col(AuditEntry.id))).all()
        if len(entries) < self._entries:
            yield "entries of the audit are gone"
        self._entries = len(entries)
        told = _told(entries)
        told.subtract(self._before)
        rows = tx.session.connection().execute(text("SELECT ref, deed FROM moved"))
        done = Counter((str(ref), str(deed)) for ref, deed in rows)
        for what in sorted(each for each in told | done if told[each] != done[each]):
            yield f"{what} happened {done[what]} times, and the audit has it {told[what]} times"

    def left_over(self, process: Process) -> Iterator[str]:
        """What was forgotten, once there was time for everything."""
        now = process.now
        with process.store.transaction() as tx:
            yield from _overdue(tx, now)
            closed = {each.id for each in tx.session.exec(select(Channel)) if each.closed}
            yield from (f"channel {each} counts as closed" for each in sorted(closed))
            yield from self._not_as_slack_has_it(tx)
            for account in tx.session.exec(select(Account)):
                if account.state in (State.TESTING, State.FAILING, State.BROKEN):
                    yield f"{account.name} was tested with nothing wrong, and is {account.state}"

    def _not_as_slack_has_it(self, tx: Transaction) -> Iterator[str]:
        known = {(row.channel_id, row.ts) for row in tx.session.exec(select(PostedMessage))}
        there = {(message.channel, message.ts) for message in self._slack.posted}
        for channel, ts in sorted(there - known):
            words = [m.text for m in self._slack.posted if (m.channel, m.ts) == (channel, ts)]
            yield f"in {channel} stands what we do not know: {words}"
        yield from (f"what we know of is not there: {each}" for each in sorted(known - there))


def _slacks(line: EventDict) -> bool:
    """Whether Slack gave no answer, or a bad one."""
    last = str(line.get("exception", "")).strip().rpartition("\n")[2]
    return last.startswith(("TimeoutError", "slack_sdk.errors.SlackApiError")) or any(
        f"'error': '{passing}'" in last for passing in ("ratelimited", "service_unavailable")
    )


def _told(entries: Iterable[AuditEntry]) -> Counter[tuple[str, str]]:
    return Counter((e.subject, e.action) for e in entries if e.action in WITNESSED)


def _overdue(tx: Transaction, now: Any) -> Iterator[str]:
    late = now - A_MOMENT
    for job in tx.session.exec(select(Job)):
        if job.due_at < late or job.leased_until is not None:
            yield f"job {job.kind} {job.args} was due at {job.due_at}"
    for item in tx.session.exec(select(OutboxItem).where(col(OutboxItem.done_at).is_(None))):
        yield f"message {item.key} waits for {item.channel_id}"
    for page in tx.session.exec(select(Page).where(col(Page.done_at).is_(None))):
        yield f"page {page.change} of {page.fingerprint} waits for {page.pager}"
    for test in tx.session.exec(select(ConnectionTest)):
        if test.finished_at is None and test.started_at < late:
            yield f"test {test.id} never ended"
    reminders = select(ReminderState).where(col(ReminderState.due_at) < late)
    for reminder in tx.session.exec(reminders):
        yield f"a reminder of account {reminder.account_id} was due at {reminder.due_at}"
    for watch in tx.session.exec(select(Watch).where(col(Watch.due_at) < late)):
        yield f"a look at account {watch.account_id} was due at {watch.due_at}"
    for incident in tx.session.exec(select(Incident).where(col(Incident.due_at) < late)):
        yield f"incident {incident.fingerprint} was due at {incident.due_at}"


def _without_next_step(tx: Transaction, account: Account) -> Iterator[str]:
    """Where an account's state has no owner, or nothing that leads on."""
    where = f"{account.name} ({account.ref}), {account.state}, {account.owner}"
    match account.state:
        case State.CREATED:
            yield f"{where}: it has no login link"
        case State.TESTING:
            if not _is_tested(tx, account):
                yield f"{where}: nobody tests it"
        case State.LIVE:
            if not _is_looked_at(tx, account):
                yield f"{where}: nobody looks at it"
        case State.DISCONNECTED:
            if account.address_key is not None:
                yield f"{where}: it keeps its address"
        case _:
            if account.state is State.UNMAPPED and not _is_looked_at(tx, account):
                yield f"{where}: nobody looks at it"
            if not _waits_well(tx, account):
                yield f"{where}: {account.reminder.phase}, due {account.reminder.due_at}"


def _waits_well(tx: Transaction, account: Account) -> bool:
    """Whether who has to act is reminded, or was and support knows, or has an alert."""
    reminder = account.reminder
    if account.owner in THEY_ARE_REMINDED:
        match reminder.phase:
            case ReminderPhase.RUNNING | ReminderPhase.SNOOZED:
                return reminder.due_at is not None
            case ReminderPhase.STOPPED:
                return reminder.held_by_user != ""
            case ReminderPhase.ENDED:
                return account.owner is Owner.SUPPORT
        return False
    if account.owner in (Owner.ON_CALL, Owner.MICROSOFT):
        ended = reminder.phase is ReminderPhase.ENDED
        return bool(reminder.due_at or ended or _is_looked_at(tx, account))
    return False


def _is_tested(tx: Transaction, account: Account) -> bool:
    unfinished = select(ConnectionTest.id).where(
        ConnectionTest.account_id == account.id, col(ConnectionTest.finished_at).is_(None)
    )
    running = set(tx.session.exec(unfinished))
    return any(job.args["test"] in running for job in tx.jobs.of_kind(RunTest.kind))


def _is_looked_at(tx: Transaction, account: Account) -> bool:
    """Whether a look is planned, or a test of ours."""
    watch = tx.session.get(Watch, account.id)
    if watch is not None and watch.due_at is not None:
        return True
    planned = {job.args["account"] for job in tx.jobs.of_kind(CheckAccount.kind)}
    return account.id in planned or _is_tested(tx, account)


def _secrets(opened: str) -> list[str]:
    """The tokens in MSAL's cache."""
    kept = json.loads(opened)
    kinds = (
        msal.TokenCache.CredentialType.ACCESS_TOKEN,
        msal.TokenCache.CredentialType.REFRESH_TOKEN,
    )
    return [each["secret"] for kind in kinds for each in kept.get(kind, {}).values()]


def _opens_for_others(process: Process, sealed: bytes, of: int, owners: Mapping[int, str]) -> bool:
    for other in owners:
        if other != of:
            try:
                process.cipher.open(sealed, sealed_for(other))
            except CannotOpen:
                continue
            return True
    return False
