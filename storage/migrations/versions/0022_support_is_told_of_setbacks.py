"""Support is told once of a cause that keeps a customer's mailboxes from working."""

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "setback",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("customer_id", sa.Integer(), sa.ForeignKey("customer.id"), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("hit", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("over_at", UtcDateTime(), nullable=True),
    )
    op.create_index("ix_setback_open", "setback", ["customer_id", "over_at"])


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_setback_open", "setback")
    op.drop_table("setback")
