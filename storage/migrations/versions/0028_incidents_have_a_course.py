"""Incidents have a course: a fingerprint, mailboxes, a timeline, silence and maintenance."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

from storage.types import UtcDateTime

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

ASKED_AFTER = timedelta(hours=2)
KEPT_FOR = timedelta(hours=8)
TESTED = ("testing", "failing", "unmapped", "live", "broken")

FAILURE = sa.table(
    "failure",
    sa.column("ref", sa.String),
    sa.column("account_id", sa.Integer),
    sa.column("customer_id", sa.Integer),
    sa.column("cause", sa.String),
    sa.column("scope", sa.String),
    sa.column("first_at", UtcDateTime()),
    sa.column("last_at", UtcDateTime()),
    sa.column("mended_at", UtcDateTime()),
)
ACCOUNT = sa.table("account", sa.column("id", sa.Integer), sa.column("state", sa.String))


def _time(name: str, nullable: bool = True) -> Any:
    return sa.Column(name, UtcDateTime(), nullable=nullable)


def _text(name: str) -> Any:
    return sa.Column(name, AutoString(), nullable=False, server_default="")


def _number(name: str) -> Any:
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")


def upgrade() -> None:
    """Apply."""
    connection = op.get_bind()
    old = sa.table(
        "incident",
        sa.column("id", sa.Integer),
        sa.column("cause", sa.String),
        sa.column("open_cause", sa.String),
        sa.column("failure_ref", sa.String),
        sa.column("count", sa.Integer),
        sa.column("opened_at", UtcDateTime()),
        sa.column("last_at", UtcDateTime()),
        sa.column("acknowledged_by", sa.String),
        sa.column("acknowledged_at", UtcDateTime()),
        sa.column("ended_at", UtcDateTime()),
    )
    there = old.join(FAILURE, FAILURE.c.ref == old.c.failure_ref)
    facts = sa.select(old, FAILURE.c.scope, FAILURE.c.account_id, FAILURE.c.customer_id)
    rows = connection.execute(facts.select_from(there).order_by(old.c.id)).mappings().all()
    op.drop_table("incident")
    incident = _tables()
    made = [_row(row) for row in rows]
    if made:
        connection.execute(incident.insert(), made)
        _members(connection, made)
    if connection.dialect.name == "postgresql":
        connection.execute(
            sa.text(
                "SELECT setval(pg_get_serial_sequence('incident', 'id'), "
                "coalesce(max(id), 0) + 1, false) FROM incident"
            )
        )


def _tables() -> sa.Table:
    incident = op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("fingerprint", AutoString(), nullable=False),
        sa.Column("open_fingerprint", AutoString(), nullable=True, unique=True),
        sa.Column("cause", AutoString(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        _text("concerns"),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("failure_ref", AutoString(), sa.ForeignKey("failure.ref"), nullable=False),
        _number("count"),
        _number("most"),
        _time("opened_at", nullable=False),
        _time("last_at", nullable=False),
        _time("told_at"),
        _time("due_at"),
        _number("rung"),
        _text("acknowledged_by"),
        _text("acknowledged_name"),
        _time("acknowledged_at"),
        _time("acknowledged_until"),
        _time("asked_at"),
        _time("silenced_until"),
        _time("retest_at"),
        _text("retest_by"),
        sa.Column("resolving", sa.Boolean(), nullable=False, server_default=sa.false()),
        _number("returns"),
        sa.Column("inhibited_by", sa.Integer(), sa.ForeignKey("incident.id"), nullable=True),
        sa.Column("merged_into", sa.Integer(), sa.ForeignKey("incident.id"), nullable=True),
        _time("handed_over_at"),
        _time("customers_told_at"),
        _time("mended_at"),
        _time("ended_at"),
    )
    for column in ("fingerprint", "cause", "due_at"):
        op.create_index(f"ix_incident_{column}", "incident", [column])
    op.create_table(
        "incidentmember",
        sa.Column("incident_id", sa.Integer(), sa.ForeignKey("incident.id"), primary_key=True),
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("failure_ref", AutoString(), sa.ForeignKey("failure.ref"), nullable=False),
        _time("joined_at", nullable=False),
        _time("tested_at", nullable=False),
        _time("left_at"),
    )
    op.create_index("ix_incidentmember_account_id", "incidentmember", ["account_id"])
    op.create_table(
        "incidententry",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("incident_id", sa.Integer(), sa.ForeignKey("incident.id"), nullable=False),
        _time("at", nullable=False),
        sa.Column("event", AutoString(), nullable=False),
        _text("by_team"),
        _text("by_user"),
        _text("by_name"),
        sa.Column("detail", sa.JSON(), nullable=False),
    )
    op.create_index("ix_incidententry_incident_id", "incidententry", ["incident_id"])
    op.create_table(
        "silence",
        sa.Column("fingerprint", AutoString(), primary_key=True),
        _time("began_at", nullable=False),
        _time("until", nullable=False),
        sa.Column("until_mended", sa.Boolean(), nullable=False, server_default=sa.false()),
        _text("reason"),
        _text("by_team"),
        _text("by_user"),
    )
    op.create_table(
        "maintenance",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("of", sa.String(), nullable=False),
        _text("concerns"),
        _time("begins_at", nullable=False),
        _time("ends_at", nullable=False),
        sa.Column("reason", AutoString(), nullable=False),
        sa.Column("by_team", AutoString(), nullable=False),
        sa.Column("by_user", AutoString(), nullable=False),
        _time("begun_at"),
        _time("ended_at"),
    )
    for column in ("begins_at", "ends_at"):
        op.create_index(f"ix_maintenance_{column}", "maintenance", [column])
    return incident


def _row(row: Any) -> dict[str, Any]:
    concerns = {
        "mailbox": f"account:{row['account_id']}" if row["account_id"] else "",
        "tenant": f"customer:{row['customer_id']}" if row["customer_id"] else "",
    }.get(row["scope"], "")
    fingerprint = f"{row['cause']}/{row['scope']}/{concerns}"
    is_open = row["open_cause"] is not None
    taken = is_open and row["acknowledged_at"] is not None
    ended = None if is_open else row["ended_at"] or row["last_at"]
    return {
        "id": row["id"],
        "fingerprint": fingerprint,
        "open_fingerprint": fingerprint if is_open else None,
        "cause": row["cause"],
        "scope": row["scope"],
        "concerns": concerns,
        "severity": "high",
        "status": "acknowledged" if taken else "open" if is_open else "closed",
        "failure_ref": row["failure_ref"],
        "count": row["count"],
        "opened_at": row["opened_at"],
        "last_at": row["last_at"],
        "told_at": row["opened_at"],
        "due_at": _due(row, taken) if is_open else None,
        "acknowledged_by": row["acknowledged_by"],
        "acknowledged_at": row["acknowledged_at"],
        "acknowledged_until": row["acknowledged_at"] + KEPT_FOR if taken else None,
        "mended_at": ended,
        "ended_at": ended,
    }


def _due(row: Any, taken: bool) -> Any:
    return row["acknowledged_at"] + ASKED_AFTER if taken else row["opened_at"]


def _members(connection: Any, made: list[dict[str, Any]]) -> None:
    """The mailboxes at which the cause of an open incident is at work."""
    member = sa.table(
        "incidentmember",
        sa.column("incident_id", sa.Integer),
        sa.column("account_id", sa.Integer),
        sa.column("failure_ref", sa.String),
        sa.column("joined_at", UtcDateTime()),
        sa.column("tested_at", UtcDateTime()),
    )
    incident = sa.table("incident", sa.column("id"), sa.column("count"), sa.column("most"))
    for each in made:
        if each["open_fingerprint"] is None:
            continue
        found = sa.select(FAILURE).join(ACCOUNT, ACCOUNT.c.id == FAILURE.c.account_id)
        found = found.where(FAILURE.c.cause == each["cause"], FAILURE.c.mended_at.is_(None))
        found = found.where(ACCOUNT.c.state.in_(TESTED)).order_by(FAILURE.c.last_at)
        members = {
            row["account_id"]: {
                "incident_id": each["id"],
                "account_id": row["account_id"],
                "failure_ref": row["ref"],
                "joined_at": row["first_at"],
                "tested_at": row["last_at"],
            }
            for row in connection.execute(found).mappings()
        }
        if members:
            connection.execute(member.insert(), list(members.values()))
            most = sa.update(incident).where(incident.c.id == each["id"])
            connection.execute(most.values(most=len(members)))


def downgrade() -> None:
    """Take back."""
    connection = op.get_bind()
    columns = (
        sa.column("id", sa.Integer),
        sa.column("cause", sa.String),
        sa.column("failure_ref", sa.String),
        sa.column("count", sa.Integer),
        sa.column("opened_at", UtcDateTime()),
        sa.column("last_at", UtcDateTime()),
        sa.column("acknowledged_by", sa.String),
        sa.column("acknowledged_at", UtcDateTime()),
        sa.column("ended_at", UtcDateTime()),
        sa.column("status", sa.String),
    )
    now = sa.table("incident", *columns)
    rows = connection.execute(sa.select(now).order_by(now.c.id.desc())).mappings().all()
    for table in ("maintenance", "silence", "incidententry", "incidentmember", "incident"):
        op.drop_table(table)
    before = op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("cause", AutoString(), nullable=False),
        sa.Column("open_cause", AutoString(), nullable=True, unique=True),
        sa.Column("failure_ref", AutoString(), sa.ForeignKey("failure.ref"), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        _time("opened_at", nullable=False),
        _time("last_at", nullable=False),
        _text("acknowledged_by"),
        _time("acknowledged_at"),
        _time("ended_at"),
    )
    opened: set[str] = set()
    for row in rows:
        kept = {name: row[name] for name in row if name != "status"}
        at_work = row["status"] in ("open", "acknowledged", "silenced")
        is_open = at_work and row["cause"] not in opened  # a cause was open once
        opened.update({row["cause"]} if is_open else ())
        connection.execute(
            before.insert(), kept | {"open_cause": row["cause"] if is_open else None}
        )
