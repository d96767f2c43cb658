"""Whether an organisation has approved our application is looked for, and known of all its
accounts."""

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "approvalwatch",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("customer_id", sa.Integer(), sa.ForeignKey("customer.id"), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("absent_at", UtcDateTime(), nullable=True),
        sa.UniqueConstraint("customer_id", "tenant"),
    )
    op.add_column(
        "approvalanswer",
        sa.Column("proved", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_column("approvalanswer", "proved")
    op.drop_table("approvalwatch")
