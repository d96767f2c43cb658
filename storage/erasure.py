"""Erasing a customer: whatever belongs to them, in every table.

What belongs to them is read from the schema: rows that refer to an erased row by a foreign key, and
rows of a channel of theirs. So a new table is erased without being named here. A table whose rows
are found in neither way stands in `BY_HAND`, with the code for it below, or in `KEPT` or
`OF_NOBODY`; a test refuses a table that is nowhere.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, tuple_
from sqlmodel import Session, SQLModel, col, delete, select

from storage.tables import (
    Channel,
    Customer,
    Failure,
    Incident,
    Job,
    Maintenance,
    NotedCause,
    OutboxItem,
    PostedMessage,
    Reminder,
    SeenEvent,
    Silence,
    UnexplainedReply,
    UnexplainedSighting,
)
from storage.vocabulary import MaintenanceOf

OF_NOBODY = frozenset(
    {"canary", "duty", "pace", "page", "pagelane", "pulse", "refusedblock", "tally", "trouble"}
)
"""Tables about the service itself. What pagers are told is about incidents, and keeps its facts for
a day at most."""

KEPT = frozenset({"auditentry", "auditrepetition"})
"""Who did what is kept: it only ever grows, and is what tells afterwards that this was done."""

BY_HAND = frozenset(
    {
        "job",
        "maintenance",
        "outboxitem",
        "postedmessage",
        "reminder",
        "seenevent",
        "silence",
        "unexplainedreply",
    }
)
"""Tables of which some rows say only in a text, or in JSON, whose they are, or are the customer's
while nobody else has the same."""

JOB_ARGUMENTS = {
    "account": "account",
    "batch": "batch",
    "customer": "customer",
    "mend": "reportedfix",
    "test": "connectiontest",
    "ticket": "loginticket",
    "watch": "approvalwatch",
}
"""By the name of a job's argument the table whose row it names."""

CHANNEL_COLUMN = "channel_id"

AT_ONCE = 400
"""So many values stand in one statement: some versions of SQLite take 999 (sqlite.org/limits.html),
and a key may have two."""

WORD = re.compile(r"[A-Za-z0-9-]+")

Keys = dict[str, set[tuple[Any, ...]]]
"""By the name of a table the primary keys of its rows that are erased."""


@dataclass(frozen=True)
class Marks:
    """By what a message in one of our own channels is known to be about the customer: its key or
    how that begins, an ID in it, or the customer's name as one of its values."""

    keys: Collection[str]
    prefix: str
    words: Collection[str]
    name: str

    def fit(self, key: str, args: Mapping[str, Any]) -> bool:
        """Whether a message with this key and these arguments is about the customer."""
        texts = [key, *_texts(args)]
        about = ":".join(key.split(":", 2)[:2])  # what stands in a card's thread begins like it
        named = about in self.keys or key.startswith(self.prefix) or self.name in texts
        words = {word for text in texts for word in WORD.findall(text)}
        return named or not words.isdisjoint(self.words)


def erase_customer(session: Session, customer: Customer) -> None:
    """Erase the customer and everything of theirs but the audit, in the caller's transaction, which
    holds the customer. Takes as long as there are rows."""
    bound = select(Channel.id).where(Channel.customer_id == customer.id)
    channels = set(session.exec(bound))
    erased = _of_customer(session, customer, channels)
    _hand_on_incidents(session, erased)
    _erase_messages(session, _marks(session, customer, channels, erased), channels)
    _erase_jobs(session, channels, erased)
    _leave_out_of_reminders(session, erased)
    _forget_what_is_quiet(session, customer, erased)
    greeted = [f"greeted:{channel}" for channel in channels]
    session.exec(delete(SeenEvent).where(col(SeenEvent.event_id).in_(greeted)))
    session.flush()
    for table in reversed(SQLModel.metadata.sorted_tables):
        for part in _parts(erased.get(table.name, ())):
            session.connection().execute(table.delete().where(_is_one_of(table, part)))
    _forget_replies_of_nobody(session)


def _of_customer(session: Session, customer: Customer, channels: Collection[str]) -> Keys:
    """The rows that are found by the schema: first those that others refer to."""
    erased: Keys = {"customer": {(customer.id,)}}
    for table in SQLModel.metadata.sorted_tables:
        if table.name in KEPT:
            continue
        found = erased.setdefault(table.name, set())
        for wanted in _conditions(table, erased, channels):
            rows = session.connection().execute(table.select().where(wanted))
            keys = [column.name for column in table.primary_key]
            found.update(tuple(row._mapping[key] for key in keys) for row in rows)
    return erased


def _conditions(
    table: Table, erased: Keys, channels: Collection[str]
) -> Iterator[ColumnElement[bool]]:
    """What makes a row of a table one of those to erase, in parts."""
    for key in table.foreign_keys:
        for part in _parts(erased.get(key.column.table.name, ())):
            yield key.parent.in_([first for first, *_ in part])
    if CHANNEL_COLUMN in table.columns:
        yield table.columns[CHANNEL_COLUMN].in_(channels)


def found_by_schema(table: Table) -> bool:
    """Whether rows of a table are found by what they refer to."""
    return bool(table.foreign_keys) or CHANNEL_COLUMN in table.columns


def _is_one_of(table: Table, keys: Collection[tuple[Any, ...]]) -> ColumnElement[bool]:
    columns = list(table.primary_key)
    if len(columns) == 1:
        return columns[0].in_([first for first, *_ in keys])
    return tuple_(*columns).in_(keys)


def _parts(keys: Collection[Any]) -> Iterator[list[Any]]:
    """Keys, so many at a time as a statement may hold."""
    every = list(keys)
    for first in range(0, len(every), AT_ONCE):
        yield every[first : first + AT_ONCE]


def _hand_on_incidents(session: Session, erased: Keys) -> None:
    """An alert is for a cause, wherever it is: it stays, with another failure of that cause as its
    example, as long as there is one."""
    gone = {ref for (ref,) in erased["failure"]}
    for part in _parts(list(erased["incident"])):
        for incident in session.exec(
            select(Incident).where(col(Incident.id).in_([each for (each,) in part]))
        ).all():
            same = select(Failure.ref).where(Failure.cause == incident.cause)
            others = session.exec(same.order_by(col(Failure.last_at).desc()))
            example = next((ref for ref in others if ref not in gone), None)
            if example is not None:
                incident.failure_ref = example
                erased["incident"].discard((incident.id,))


def _forget_what_is_quiet(session: Session, customer: Customer, erased: Keys) -> None:
    """Silences and maintenance that were about the customer alone, with their reasons."""
    about = [f"account:{number}" for (number,) in erased["account"]] + [f"customer:{customer.id}"]
    for each in about:
        session.exec(delete(Silence).where(col(Silence.fingerprint).endswith(each)))
    of_customers = delete(Maintenance).where(col(Maintenance.of) == MaintenanceOf.CUSTOMER)
    session.exec(of_customers.where(col(Maintenance.concerns) == str(customer.id)))


def _marks(session: Session, customer: Customer, channels: Collection[str], erased: Keys) -> Marks:
    accounts = SQLModel.metadata.tables["account"]
    refs = {
        row._mapping["ref"]
        for part in _parts(erased["account"])
        for row in session.connection().execute(accounts.select().where(_is_one_of(accounts, part)))
    }
    failures = {ref for (ref,) in erased["failure"]}
    requests = {f"request:{number}" for (number,) in erased["supportrequest"]}
    alerts = {f"alert:{number}" for (number,) in erased["incident"]}
    words = refs | failures | set(channels)
    return Marks(requests | alerts, f"customer:{customer.id}:", words, customer.name)


def _erase_messages(session: Session, marks: Marks, channels: Collection[str]) -> None:
    """What our own channels were told of the customer, and where it stands there; what stands in
    their channels is found by the schema."""
    items = select(OutboxItem.id, OutboxItem.key, OutboxItem.args)
    elsewhere = col(OutboxItem.channel_id).not_in(channels)
    theirs = [
        number for number, key, args in session.exec(items.where(elsewhere)) if marks.fit(key, args)
    ]
    for part in _parts(theirs):
        session.exec(delete(OutboxItem).where(col(OutboxItem.id).in_(part)))
    posted = [key for key in session.exec(select(PostedMessage.key)) if marks.fit(key, {})]
    for part in _parts(posted):
        session.exec(delete(PostedMessage).where(col(PostedMessage.key).in_(part)))


def _erase_jobs(session: Session, channels: Collection[str], erased: Keys) -> None:
    """Work that waits for something of the customer's: whoever has the same number afterwards must
    not be taken for it."""
    jobs = [
        number
        for number, args in session.exec(select(Job.id, Job.args))
        if _is_about(args, channels, erased)
    ]
    for part in _parts(jobs):
        session.exec(delete(Job).where(col(Job.id).in_(part)))


def _is_about(args: Mapping[str, Any], channels: Collection[str], erased: Keys) -> bool:
    rows = any((args.get(name),) in erased.get(table, ()) for name, table in JOB_ARGUMENTS.items())
    return rows or args.get("channel") in channels


def _leave_out_of_reminders(session: Session, erased: Keys) -> None:
    """Support's reminders list accounts of every customer."""
    gone = {number for (number,) in erased["account"]}
    for reminder in session.exec(select(Reminder)):
        if not gone.isdisjoint(reminder.account_ids):
            reminder.account_ids = [each for each in reminder.account_ids if each not in gone]


def _forget_replies_of_nobody(session: Session) -> None:
    """A reply that only the customer had goes with them, unless its cause is known by now."""
    seen = select(UnexplainedSighting.reply_id)
    noted = select(NotedCause.reply_id)
    numbers = col(UnexplainedReply.id)
    session.exec(delete(UnexplainedReply).where(numbers.not_in(seen), numbers.not_in(noted)))


def _texts(value: Any) -> Iterator[str]:
    """Every text in a piece of JSON."""
    match value:
        case str():
            yield value
        case Mapping():
            for each in value.values():
                yield from _texts(each)
        case list():
            for each in value:
                yield from _texts(each)
