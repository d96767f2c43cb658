"""What belongs to a customer: the rows of every table that are theirs, by their keys.

It is read from the schema: rows that refer to a row of theirs by a foreign key, and rows of a
channel of theirs. So a new table is found without being named here. A table whose rows are found in
neither way stands in `BY_HAND`, with the code for it below, or in `KEPT` or `OF_NOBODY`; a test
refuses a table that is nowhere.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, tuple_
from sqlmodel import Session, SQLModel, col, select

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
    SeenEvent,
    Silence,
    UnexplainedReply,
    UnexplainedSighting,
)
from storage.vocabulary import MaintenanceOf

OF_NOBODY = frozenset(
    {
        "apikey",
        "canary",
        "duty",
        "pace",
        "page",
        "pagelane",
        "pulse",
        "refusedblock",
        "tally",
        "trouble",
    }
)
"""Tables about the service itself. What pagers are told is about incidents, and keeps its facts for
a day at most. A key of the API is the vendor's; for which customers it is, stands beside it."""

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

SIGHTINGS = "unexplainedsighting"

Keys = dict[str, set[tuple[Any, ...]]]
"""By the name of a table the primary keys of some of its rows."""


@dataclass(frozen=True)
class Belongings:
    """What is a customer's.

    Attributes:
        keys: the rows that are theirs alone.
        examples: by the number of an alert that others have, too, the failure of theirs that is its
            example from now on.
    """

    keys: Keys
    examples: Mapping[int, str]


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


def belongings(session: Session, customer: Customer) -> Belongings:
    """Find everything of the customer's but the audit. Changes nothing; takes as long as there are
    rows."""
    bound = select(Channel.id).where(Channel.customer_id == customer.id)
    channels = set(session.exec(bound))
    theirs = _of_customer(session, customer, channels)
    examples = _other_examples(session, theirs)
    theirs["incident"] -= {(number,) for number in examples}
    marks = _marks(session, customer, channels, theirs)
    theirs["outboxitem"].update(_messages(session, marks, channels))
    theirs["postedmessage"].update(
        (key,) for key in session.exec(select(PostedMessage.key)) if marks.fit(key, {})
    )
    theirs["job"].update(_jobs(session, channels, theirs))
    theirs["silence"].update(_silences(session, customer, theirs))
    theirs["maintenance"].update(_maintenance(session, customer))
    greeted = [f"greeted:{channel}" for channel in channels]
    seen = select(SeenEvent.event_id).where(col(SeenEvent.event_id).in_(greeted))
    theirs["seenevent"].update((event,) for event in session.exec(seen))
    theirs["unexplainedreply"].update(_replies_of_nobody_else(session, theirs))
    return Belongings(theirs, examples)


def rows_of(table: Table, keys: Keys) -> Iterator[ColumnElement[bool]]:
    """What makes a row of a table one of those with these keys, in parts."""
    for part in in_parts(keys.get(table.name, ())):
        yield _is_one_of(table, part)


def found_by_schema(table: Table) -> bool:
    """Whether rows of a table are found by what they refer to."""
    return bool(table.foreign_keys) or CHANNEL_COLUMN in table.columns


def _of_customer(session: Session, customer: Customer, channels: Collection[str]) -> Keys:
    """The rows that are found by the schema: first those that others refer to."""
    theirs: Keys = {"customer": {(customer.id,)}}
    for table in SQLModel.metadata.sorted_tables:
        if table.name in KEPT:
            continue
        found = theirs.setdefault(table.name, set())
        for wanted in _conditions(table, theirs, channels):
            rows = session.connection().execute(table.select().where(wanted))
            keys = [column.name for column in table.primary_key]
            found.update(tuple(row._mapping[key] for key in keys) for row in rows)
    return theirs


def _conditions(
    table: Table, theirs: Keys, channels: Collection[str]
) -> Iterator[ColumnElement[bool]]:
    """What makes a row of a table one of theirs, in parts."""
    for key in table.foreign_keys:
        for part in in_parts(theirs.get(key.column.table.name, ())):
            yield key.parent.in_([first for first, *_ in part])
    if CHANNEL_COLUMN in table.columns:
        yield table.columns[CHANNEL_COLUMN].in_(channels)


def _is_one_of(table: Table, keys: Collection[tuple[Any, ...]]) -> ColumnElement[bool]:
    columns = list(table.primary_key)
    if len(columns) == 1:
        return columns[0].in_([first for first, *_ in keys])
    return tuple_(*columns).in_(keys)


def in_parts(keys: Collection[Any]) -> Iterator[list[Any]]:
    """Keys, so many at a time as a statement may hold."""
    every = list(keys)
    for first in range(0, len(every), AT_ONCE):
        yield every[first : first + AT_ONCE]


def _other_examples(session: Session, theirs: Keys) -> dict[int, str]:
    """An alert is for a cause, wherever it is: it stays, with another failure of that cause as its
    example, as long as there is one."""
    gone = {ref for (ref,) in theirs["failure"]}
    examples = {}
    for part in in_parts(theirs["incident"]):
        numbers = [number for (number,) in part]
        for incident in session.exec(select(Incident).where(col(Incident.id).in_(numbers))).all():
            same = select(Failure.ref).where(Failure.cause == incident.cause)
            others = session.exec(same.order_by(col(Failure.last_at).desc()))
            example = next((ref for ref in others if ref not in gone), None)
            if example is not None:
                examples[incident.id] = example
    return examples


def _silences(session: Session, customer: Customer, theirs: Keys) -> Iterator[tuple[str]]:
    """Silences that were about the customer alone, with their reasons."""
    about = [f"account:{number}" for (number,) in theirs["account"]] + [f"customer:{customer.id}"]
    for each in about:
        ends = col(Silence.fingerprint).endswith(each)
        yield from ((name,) for name in session.exec(select(Silence.fingerprint).where(ends)))


def _maintenance(session: Session, customer: Customer) -> Iterator[tuple[int]]:
    """Maintenance of the customer alone."""
    of_customers = select(Maintenance.id).where(col(Maintenance.of) == MaintenanceOf.CUSTOMER)
    theirs = of_customers.where(col(Maintenance.concerns) == str(customer.id))
    yield from ((number,) for number in session.exec(theirs))


def _marks(session: Session, customer: Customer, channels: Collection[str], theirs: Keys) -> Marks:
    accounts = SQLModel.metadata.tables["account"]
    refs = {
        row._mapping["ref"]
        for part in in_parts(theirs["account"])
        for row in session.connection().execute(accounts.select().where(_is_one_of(accounts, part)))
    }
    failures = {ref for (ref,) in theirs["failure"]}
    requests = {f"request:{number}" for (number,) in theirs["supportrequest"]}
    alerts = {f"alert:{number}" for (number,) in theirs["incident"]}
    words = refs | failures | set(channels)
    return Marks(requests | alerts, f"customer:{customer.id}:", words, customer.name)


def _messages(session: Session, marks: Marks, channels: Collection[str]) -> Iterator[tuple[int]]:
    """What our own channels were told of the customer; what stands in their channels is found by
    the schema."""
    items = select(OutboxItem.id, OutboxItem.key, OutboxItem.args)
    elsewhere = col(OutboxItem.channel_id).not_in(channels)
    for number, key, args in session.exec(items.where(elsewhere)):
        if marks.fit(key, args):
            yield (number,)


def _jobs(session: Session, channels: Collection[str], theirs: Keys) -> Iterator[tuple[int]]:
    """Work that waits for something of the customer's: whoever has the same number afterwards must
    not be taken for it."""
    for number, args in session.exec(select(Job.id, Job.args)):
        if _is_about(args, channels, theirs):
            yield (number,)


def _is_about(args: Mapping[str, Any], channels: Collection[str], theirs: Keys) -> bool:
    rows = any((args.get(name),) in theirs.get(table, ()) for name, table in JOB_ARGUMENTS.items())
    return rows or args.get("channel") in channels


def _replies_of_nobody_else(session: Session, theirs: Keys) -> set[tuple[int]]:
    """A reply that only the customer had goes with them, unless its cause is known by now."""
    sightings = select(UnexplainedSighting.id, UnexplainedSighting.reply_id)
    others = {
        reply for number, reply in session.exec(sightings) if (number,) not in theirs[SIGHTINGS]
    }
    noted = set(session.exec(select(NotedCause.reply_id)))
    every = set(session.exec(select(UnexplainedReply.id)))
    return {(number,) for number in every - others - noted}


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
