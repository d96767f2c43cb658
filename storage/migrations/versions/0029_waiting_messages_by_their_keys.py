"""The messages that wait are found by their keys, however often a message was shown before."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

WAITS = sa.text("done_at IS NULL")


def upgrade() -> None:
    """Apply."""
    op.create_index(
        "ix_outboxitem_waits_by_key",
        "outboxitem",
        ["key", "done_at"],  # with both columns SQLite prefers it to the index of all keys
        sqlite_where=WAITS,
        postgresql_where=WAITS,
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_outboxitem_waits_by_key", "outboxitem")
