"""Calls of Slack are booked out over all channels."""

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "pace",
        sa.Column("means", sa.String(), primary_key=True),
        sa.Column("booked_until", UtcDateTime(), nullable=False),
    )
    with op.batch_alter_table("lane") as batch:
        batch.add_column(
            sa.Column("has_turn", sa.Boolean(), nullable=False, server_default=sa.false())
        )


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("lane") as batch:
        batch.drop_column("has_turn")
    op.drop_table("pace")
