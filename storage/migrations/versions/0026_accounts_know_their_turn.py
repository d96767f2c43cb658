"""An account knows when it is tested after somebody said that its fault is mended, and that its
owner is asked about new addresses."""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

RUNGS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))

account = sa.table(
    "account",
    sa.column("id", sa.Integer),
    sa.column("state", sa.String),
    sa.column("owner", sa.String),
    sa.column("retest_at", UtcDateTime()),
)
fix = sa.table(
    "reportedfix",
    sa.column("id", sa.Integer),
    sa.column("account_id", sa.Integer),
    sa.column("said_at", UtcDateTime()),
    sa.column("rung", sa.Integer),
    sa.column("ended_at", UtcDateTime()),
)
change = sa.table("addresschange", sa.column("account_id", sa.Integer))


def upgrade() -> None:
    """Apply."""
    op.add_column("account", sa.Column("retest_at", UtcDateTime(), nullable=True))
    connection = op.get_bind()
    planned = sa.select(fix.c.account_id, fix.c.said_at, fix.c.rung)
    planned = planned.where(fix.c.ended_at.is_(None), fix.c.rung < len(RUNGS)).order_by(fix.c.id)
    for account_id, said_at, rung in connection.execute(planned).all():
        there = sa.update(account).where(account.c.id == account_id)
        connection.execute(there.values(retest_at=said_at + RUNGS[rung]))
    asked = sa.update(account).where(
        account.c.state == "live", account.c.id.in_(sa.select(change.c.account_id))
    )
    connection.execute(asked.values(owner="user"))


def downgrade() -> None:
    """Take back."""
    op.execute(sa.update(account).where(account.c.state == "live").values(owner="maildesk"))
    op.drop_column("account", "retest_at")
