"""Of what is over nothing is kept for ever; what is open, or young, or still to be told, stays."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import SQLModel, col, select

from bot.app.retention import USUAL, Retention
from bot.common.stop import Stop
from bot.diagnosis.failures import RATED_FOR
from bot.messages import notices
from storage.tables import (
    Account,
    Attempt,
    Batch,
    Failure,
    Incident,
    IncidentEntry,
    IncidentMember,
    Maintenance,
    Outage,
    OutageMailbox,
    Page,
    PageLane,
    Reminder,
    ReportedFix,
    Setback,
    Silence,
)
from storage.vocabulary import (
    Deed,
    IncidentStatus,
    MaintenanceOf,
    PageChange,
    Pager,
    Scope,
    Severity,
    State,
)
from tests.support.fast import ACME, DESK, FastBot, days

EVIDENCE = timedelta(days=100)
LONG = RATED_FOR + days(1)
"""As long ago as nothing is kept that is over."""

BY = {"by_team": "T", "by_user": "U"}
Ends = Sequence[datetime | None]


def sweep(bot: FastBot, evidence: timedelta = EVIDENCE) -> None:
    """What a day's sweep forgets."""
    Retention(bot.store, bot.clock, evidence, None, Stop()).sweep()


def add(bot: FastBot, *rows: SQLModel) -> list[Any]:
    """Keep rows; their keys."""
    with bot.store.transaction() as tx:
        for row in rows:
            tx.session.add(row)
            tx.session.flush()  # in this order, since they are numbered
    return [getattr(row, "id", None) for row in rows]


def there(bot: FastBot, column: Any) -> set[Any]:
    """What a column has in the rows that are left."""
    with bot.store.transaction() as tx:
        return set(tx.session.exec(select(column)))


def failed(bot: FastBot) -> tuple[Account, Failure]:
    """An account, and a failure at it to which rows refer."""
    account = bot.account(State.LIVE)
    return account, bot.failure(account)


def several(bot: FastBot, account: Account, failure: Failure, ends: Ends) -> list[SQLModel]:
    """Of each table a row for each end, or for none."""
    long_ago = bot.now - LONG * 2
    theirs = {"account_id": account.id, "failure_ref": failure.ref}
    of = {"customer_id": account.customer_id, "channel_id": ACME}
    during = {"of": MaintenanceOf.APPLICATION, "begins_at": long_ago, "reason": "", **BY}
    asked = {"started_by_team": "T", "started_by_user": "U"}
    said = {"said_at": long_ago, "said_by_team": "T", "said_by_user": "U"}
    done = {"cause": "c", "deed": Deed.CHANGE, "customers": True, "made_at": long_ago, **BY}
    rows: list[SQLModel] = []
    for number, end in enumerate(ends):
        open_key = f"{number}" if end is None else None
        told = {"cause": f"c{number}", "began_at": long_ago}
        rows += [
            Attempt(**theirs, **done, over_at=end),
            ReportedFix(**theirs, **said, ended_at=end),
            Outage(**of, **told, open_key=open_key, ended_at=end),
            Setback(customer_id=account.customer_id, **told, over_at=end),
            Batch(**of, **asked, started_at=long_ago, finished_at=end),
            Maintenance(**during, ends_at=end or bot.now + days(1), ended_at=end),
            Reminder(channel_id="C0QUIET", posted_at=long_ago, finished_at=end, account_ids=[]),
            Silence(fingerprint=f"{number}", began_at=long_ago, until=end or bot.now + days(1)),
        ]
    return rows


TABLES = (Attempt, ReportedFix, Outage, Setback, Batch, Maintenance, Reminder)


def test_what_is_over_for_long_goes_and_what_is_open_or_young_stays(bot: FastBot) -> None:
    account, failure = failed(bot)
    ends = (bot.now - LONG, bot.now - days(1), None, None)
    rows = several(bot, account, failure, ends)
    add(bot, *rows)
    with bot.store.transaction() as tx:
        for row in rows:
            if isinstance(row, Outage):
                tx.outages.hit_by(row.id, account.id)
    sweep(bot)

    for table in TABLES:
        old, *others = [row.id for row in rows if isinstance(row, table)]
        left = there(bot, table.id)
        assert old not in left, f"{table.__name__}: it is over for long"
        assert left >= set(others), f"{table.__name__}: it is open or young"
    assert there(bot, Silence.fingerprint) == {"1", "2", "3"}
    assert there(bot, OutageMailbox.outage_id) == there(bot, Outage.id)


def test_what_is_over_is_kept_for_a_month_where_evidence_is_kept_for_less(bot: FastBot) -> None:
    rows = several(bot, *failed(bot), (bot.now - USUAL + days(1), None))
    add(bot, *rows)
    sweep(bot, evidence=timedelta(hours=1))
    for table in TABLES:
        assert there(bot, table.id) >= {row.id for row in rows if isinstance(row, table)}


def test_the_number_of_a_row_that_is_gone_is_not_given_again(bot: FastBot) -> None:
    """Else the next outage would be shown in the place of an old one's message."""
    account, failure = failed(bot)
    first = several(bot, account, failure, (bot.now - LONG, bot.now - LONG))
    add(bot, *first)
    sweep(bot)
    following = several(bot, account, failure, (None,))[: len(TABLES)]
    add(bot, *following)
    for row in following:
        numbers = [each.id for each in first if type(each) is type(row)]
        assert row.id > max(numbers), type(row).__name__


def test_what_is_still_to_be_told_is_kept_and_read_when_its_channel_is_open_again(
    bot: FastBot,
) -> None:
    account, failure = failed(bot)
    rows = several(bot, account, failure, (bot.now - LONG, None))
    add(bot, *rows)
    outage = next(row for row in rows if isinstance(row, Outage))
    setback = next(row for row in rows if isinstance(row, Setback))
    bot.customers.close(ACME, "archived")
    with bot.store.transaction() as tx:
        notices.show_outage_over(tx, outage, bot.now)  # in the thread of its message
        tx.outbox.show(DESK, f"{notices.setback_key(setback)}:over", "note", {}, bot.now)
        notices.show_setback(tx, setback, DESK, bot.now)
    sweep(bot)
    assert outage.id in there(bot, Outage.id)
    assert setback.id in there(bot, Setback.id)

    bot.customers.reopen(ACME, ("archived",))
    bot.deliver()
    with bot.store.transaction() as tx:
        assert tx.outbox.posted(f"outage-over:{outage.id}") is not None


def test_a_look_that_comes_after_what_it_was_to_look_at_is_gone_does_nothing(bot: FastBot) -> None:
    rows = several(bot, *failed(bot), (bot.now - LONG, None))
    add(bot, *rows)
    old = next(row.id for row in rows if isinstance(row, ReportedFix))
    sweep(bot)
    with bot.store.transaction() as tx:
        assert bot.services.fixes.waiting(tx, old) is None


def incident(bot: FastBot, failure: Failure, name: str, ended_at: datetime | None) -> Incident:
    """An incident with a timeline, a mailbox that is out of it, and what a pager was told."""
    began = bot.now - LONG * 2
    row = Incident(
        fingerprint=name,
        open_fingerprint=None if ended_at else name,
        cause="c",
        scope=Scope.APPLICATION,
        severity=Severity.LOW,
        status=IncidentStatus.CLOSED if ended_at else IncidentStatus.OPEN,
        failure_ref=failure.ref,
        opened_at=began,
        last_at=began,
        ended_at=ended_at,
    )
    add(bot, row)
    theirs = {"account_id": failure.account_id, "failure_ref": failure.ref}
    times = {"joined_at": began, "tested_at": began, "left_at": began}
    told = {"change": PageChange.CLOSED, "created_at": began, "done_at": began}
    add(
        bot,
        IncidentEntry(incident_id=row.id, at=began, event="opened", detail={}),
        IncidentMember(incident_id=row.id, **theirs, **times),
        Silence(fingerprint=name, began_at=began, until=began),
        Page(pager=Pager.WEBHOOK, fingerprint=name, incident_id=row.id, message_id=name, **told),
        PageLane(pager=Pager.WEBHOOK, fingerprint=name, key=name),
    )
    return row


def test_of_incidents_that_are_closed_for_long_the_numbers_of_the_report_are_left(
    bot: FastBot,
) -> None:
    _, failure = failed(bot)
    old = incident(bot, failure, "old", bot.now - LONG)
    untold = incident(bot, failure, "untold", bot.now - LONG)
    young = incident(bot, failure, "young", bot.now - days(1))
    at_work = incident(bot, failure, "at work", None)
    with bot.store.transaction() as tx:
        notices.show_alert(tx, untold, DESK, bot.now)
    sweep(bot)

    kept = {untold.id, young.id, at_work.id}
    named = {old.id, *kept}
    assert there(bot, Incident.id) >= named, "weeks that are over can be counted again"
    assert there(bot, IncidentEntry.incident_id) & named == kept
    assert there(bot, IncidentMember.incident_id) & named == kept
    assert there(bot, Silence.fingerprint) == {"at work"}
    assert there(bot, Page.fingerprint) == {"young", "at work"}
    with bot.store.transaction() as tx:
        lanes = select(PageLane.fingerprint).order_by(col(PageLane.fingerprint))
        assert list(tx.session.exec(lanes)) == ["at work", "young"]
