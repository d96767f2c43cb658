"""Everything that is kept of a customer, without what is secret."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Column, Table
from sqlmodel import Session, SQLModel, col, select

from storage.belongings import Keys, belongings, in_parts, rows_of
from storage.row_text import RowText, shown
from storage.tables import AuditEntry, Channel, Customer
from storage.types import Sealed

Row = dict[str, Any]


def everything_of(session: Session, customer: Customer) -> dict[str, list[Row]]:
    """Every row of the customer's by the name of its table, its values as JSON takes them; and what
    the audit says of them. What is sealed, and by what a secret is found, is left out."""
    keys = belongings(session, customer).keys
    tables = {
        table.name: _rows(session, table, keys)
        for table in SQLModel.metadata.sorted_tables
        if keys.get(table.name)
    }
    audit = _audit(session, customer, tables)
    return tables | ({"auditentry": audit} if audit else {})


def is_secret(column: Column[Any]) -> bool:
    """Whether a column stays out of an export."""
    return isinstance(column.type, Sealed) or column.name.endswith("digest")


def _rows(session: Session, table: Table, keys: Keys) -> list[Row]:
    columns = [column for column in table.columns if not is_secret(column)]
    texts = RowText(columns)
    names = [column.name for column in columns]
    found: list[Row] = []
    for theirs in rows_of(table, keys):
        question = select(*map(shown, columns)).where(theirs).order_by(*table.primary_key)
        rows = session.connection().execute(question)
        found.extend(dict(zip(names, texts.write(row), strict=True)) for row in rows)
    return found


def _audit(session: Session, customer: Customer, tables: Mapping[str, list[Row]]) -> list[Row]:
    """What was done to the customer, and to what is theirs. What was done in a channel before it
    was theirs was somebody else's."""
    bound = select(Channel).where(Channel.customer_id == customer.id)
    since = {channel.id: channel.bound_at for channel in session.exec(bound)}
    columns = list(SQLModel.metadata.tables["auditentry"].columns)
    texts = RowText(columns)
    found: list[Row] = []
    for part in in_parts(list(_subjects(customer, tables))):
        about = select(AuditEntry).where(col(AuditEntry.subject).in_(part))
        for entry in session.exec(about):
            if entry.at >= since.get(entry.subject, entry.at):
                values = [getattr(entry, column.name) for column in columns]
                names = [column.name for column in columns]
                found.append(dict(zip(names, texts.write(values), strict=True)))
    return sorted(found, key=lambda row: row["id"])


def _subjects(customer: Customer, tables: Mapping[str, list[Row]]) -> Iterator[str]:
    """How the audit calls them, and what is theirs."""
    yield f"customer:{customer.id}"
    yield from (row["id"] for row in tables.get("channel", ()))
    for table in ("account", "failure"):
        yield from (row["ref"] for row in tables.get(table, ()))
