"""Mailboxes that work are looked at every few minutes, and one of the vendor's own tells whether it
is Microsoft."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

EVERY = timedelta(minutes=8)
GOLDEN = (5**0.5 - 1) / 2

account = sa.table("account", sa.column("id", sa.Integer), sa.column("state", sa.String))
watch = sa.table(
    "watch",
    sa.column("account_id", sa.Integer),
    sa.column("due_at", UtcDateTime()),
    sa.column("failing", sa.Boolean()),
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "watch",
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("due_at", UtcDateTime(), nullable=True, index=True),
        sa.Column("failing", sa.Boolean(), nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=True, index=True),
        sa.Column("looked_at", UtcDateTime(), nullable=True),
    )
    op.create_table(
        "canary",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
    )
    op.drop_column("connectiontest", "round")
    # Each at a place of its own: all at once would be a burst
    now = datetime.now(UTC)
    works = sa.select(account.c.id).where(account.c.state.in_(("live", "unmapped")))
    rows = [
        {"account_id": number, "due_at": now + EVERY * (number * GOLDEN % 1), "failing": False}
        for (number,) in op.get_bind().execute(works).all()
    ]
    if rows:
        op.get_bind().execute(sa.insert(watch), rows)


def downgrade() -> None:
    """Take back."""
    op.add_column(
        "connectiontest", sa.Column("round", sa.Integer(), nullable=False, server_default="0")
    )
    op.drop_table("canary")
    op.drop_table("watch")
