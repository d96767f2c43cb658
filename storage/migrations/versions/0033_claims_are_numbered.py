"""Whoever had work in hand and lost it can tell: claims of jobs, messages and pages are numbered,
and so are the runs of a connection test."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

NUMBERS = (
    ("job", "claim"),
    ("lane", "claim"),
    ("pagelane", "claim"),
    ("watch", "claim"),
    ("connectiontest", "run"),
)


def upgrade() -> None:
    """Apply."""
    for table, name in NUMBERS:
        op.add_column(table, sa.Column(name, sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    """Take back."""
    for table, name in NUMBERS:
        with op.batch_alter_table(table) as changed:
            changed.drop_column(name)
