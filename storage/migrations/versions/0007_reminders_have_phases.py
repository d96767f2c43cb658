"""How the reminders of an account stand is a row of its own, with a phase; two tables are called as
the code calls them."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

WAITING = ("awaiting_sign_in", "awaiting_admin", "failing", "broken", "unmapped")
REMINDED = ("user", "administrator", "support")
BATCH_ROWS = 1000

WORD = sa.String(length=32)
TIME = sa.DateTime(timezone=True)
OLD_COLUMNS = (
    sa.column("nag_rung", sa.Integer),
    sa.column("nag_since", TIME),
    sa.column("nag_due_at", TIME),
    sa.column("snoozed_until", TIME),
    sa.column("nag_stopped_at", TIME),
    sa.column("nag_held_by_team", sa.String),
    sa.column("nag_held_by_user", sa.String),
    sa.column("nag_for", sa.String),
)

account = sa.table(
    "account",
    sa.column("id", sa.Integer),
    sa.column("state", WORD),
    sa.column("owner", WORD),
    *OLD_COLUMNS,
)


def upgrade() -> None:
    """Apply."""
    state = op.create_table(
        "reminderstate",
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("phase", WORD, nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("since", TIME, nullable=True),
        sa.Column("due_at", TIME, nullable=True),
        sa.Column("snoozed_until", TIME, nullable=True),
        sa.Column("held_by_team", sa.String(), nullable=False),
        sa.Column("held_by_user", sa.String(), nullable=False),
        sa.Column("interrupted_phase", WORD, nullable=True),
        sa.Column("interrupted_state", WORD, nullable=True),
        sa.Column("interrupted_owner", WORD, nullable=True),
    )
    op.create_index("ix_reminderstate_due_at", "reminderstate", ["due_at"])
    op.execute("UPDATE account SET state = 'created' WHERE state = 'listed'")
    for rows in _accounts():
        op.bulk_insert(state, [_converted(row) for row in rows])
    op.drop_index("ix_account_nag", "account")
    for column in OLD_COLUMNS:
        op.execute(f"ALTER TABLE account DROP COLUMN {column.name}")
    op.drop_index("ix_mend_account_id", "mend")
    op.rename_table("mend", "reportedfix")
    op.create_index("ix_reportedfix_account_id", "reportedfix", ["account_id"])
    op.rename_table("folderlisting", "foldersnapshot")


def downgrade() -> None:
    """Not offered: what the phases say cannot be told in the columns before."""
    raise RuntimeError("restore a backup of the database instead")


def _accounts() -> Iterator[list[dict[str, Any]]]:
    last = 0
    while True:
        found = sa.select(account).where(account.c.id > last).order_by(account.c.id)
        rows = op.get_bind().execute(found.limit(BATCH_ROWS)).mappings().all()
        if not rows:
            return
        yield [dict(row) for row in rows]
        last = rows[-1]["id"]


def _converted(row: dict[str, Any]) -> dict[str, Any]:
    phase = _phase(row)
    interrupted = row["state"] == "testing" and ":" in row["nag_for"]
    state, _, owner = row["nag_for"].partition(":") if interrupted else ("", "", "")
    handed_over = owner == "handed-over"
    before = "ended" if handed_over else _held(row) or "running"
    return {
        "account_id": row["id"],
        "phase": phase,
        "rung": row["nag_rung"],
        "since": row["nag_since"],
        "due_at": row["nag_due_at"] if phase in ("running", "snoozed") else None,
        "snoozed_until": row["snoozed_until"],
        "held_by_team": row["nag_held_by_team"],
        "held_by_user": row["nag_held_by_user"],
        "interrupted_phase": before if interrupted else "idle" if phase == "interrupted" else None,
        "interrupted_state": state or None,
        "interrupted_owner": "support" if handed_over else owner or None,
    }


def _phase(row: dict[str, Any]) -> str:
    if row["state"] == "testing":
        return "interrupted"
    if row["state"] not in WAITING or row["owner"] not in (*REMINDED, "microsoft"):
        return "idle"
    held = _held(row)
    if held:
        return held
    return "running" if row["nag_due_at"] is not None else "ended"


def _held(row: dict[str, Any]) -> str:
    """The phase that somebody put the reminders into, if anybody did."""
    if row["nag_stopped_at"] is not None:
        return "stopped"
    return "snoozed" if row["snoozed_until"] is not None else ""
