"""Unfinished tests and messages that were given up are found without looking at all others."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

RARE = (
    ("ix_connectiontest_unfinished", "connectiontest", "started_at", "finished_at IS NULL"),
    ("ix_outboxitem_given_up", "outboxitem", "done_at", "given_up != ''"),
)


def upgrade() -> None:
    """Apply."""
    for name, table, column, which in RARE:
        where = sa.text(which)
        op.create_index(name, table, [column], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Take back."""
    for name, table, _, _ in reversed(RARE):
        op.drop_index(name, table)
