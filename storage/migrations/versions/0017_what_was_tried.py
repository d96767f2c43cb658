"""What people did about failures is kept, and whether their advice may still be given."""

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("failure_ref", sa.String(), sa.ForeignKey("failure.ref"), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("deed", sa.String(32), nullable=False),
        sa.Column("customers", sa.Boolean(), nullable=False),
        sa.Column("by_team", sa.String(), nullable=False),
        sa.Column("by_user", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answer_ref", sa.String(), nullable=False),
        sa.Column("handed_at", UtcDateTime(), nullable=True),
        sa.Column("over_at", UtcDateTime(), nullable=True),
    )
    op.create_index("ix_attempt_counted", "attempt", ["account_id", "over_at"])
    op.create_index("ix_attempt_field", "attempt", ["cause", "made_at"])
    op.add_column(
        "failure", sa.Column("advice", sa.String(32), nullable=False, server_default="given")
    )


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("failure") as batch:
        batch.drop_column("advice")
    op.drop_index("ix_attempt_field", "attempt")
    op.drop_index("ix_attempt_counted", "attempt")
    op.drop_table("attempt")
