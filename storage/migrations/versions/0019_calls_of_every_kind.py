"""What one process was told all go by; unfinished tests and messages that were given up are found
without looking at all others."""

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

RARE = (
    (
        "ix_connectiontest_unfinished",
        "connectiontest",
        ["account_id", "id"],
        "finished_at IS NULL",
    ),
    ("ix_outboxitem_given_up", "outboxitem", ["done_at"], "given_up != ''"),
)


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("pace") as batch:
        batch.add_column(sa.Column("answer", sa.JSON(), nullable=True))
        batch.add_column(sa.Column("asked_at", UtcDateTime(), nullable=True))
    for name, table, columns, which in RARE:
        where = sa.text(which)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Take back."""
    for name, table, _, _ in reversed(RARE):
        op.drop_index(name, table)
    with op.batch_alter_table("pace") as batch:
        batch.drop_column("asked_at")
        batch.drop_column("answer")
