"""Pagers are told of incidents: what they are to be told, and how each incident stands there."""

import sqlalchemy as sa
from alembic import op

from storage.types import BIG_ID, UtcDateTime

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "page",
        sa.Column("id", BIG_ID, primary_key=True, autoincrement=True),
        sa.Column("pager", sa.String(32), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("change", sa.String(32), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("left_out", sa.Boolean(), nullable=False),
        sa.Column("given_up", sa.String(), nullable=False),
    )
    op.create_index("ix_page_waiting", "page", ["pager", "fingerprint", "done_at", "id"])
    op.create_table(
        "pagelane",
        sa.Column("pager", sa.String(32), primary_key=True),
        sa.Column("fingerprint", sa.String(), primary_key=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("standing", sa.String(32), nullable=False),
        sa.Column("unsure", sa.Boolean(), nullable=False),
        sa.Column("said_at", UtcDateTime(), nullable=True),
    )
    op.create_index("ix_pagelane_due", "pagelane", ["pager", "due_at"])
    op.create_index("ix_pagelane_key", "pagelane", ["pager", "key"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("pagelane")
    op.drop_table("page")
