"""A customer can be offboarded: when that was, and when everything of theirs is erased."""

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    # Nobody has ended so far; whoever inserts a customer without these says the same
    op.add_column("customer", sa.Column("ended_at", UtcDateTime(), nullable=True))
    op.add_column("customer", sa.Column("erase_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("customer", "erase_at")
    op.drop_column("customer", "ended_at")
