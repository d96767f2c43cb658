"""Replies that nothing explains are counted, and on-call notes their causes."""

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "unexplainedreply",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("signature", sa.String(), nullable=False, unique=True),
        sa.Column("seen", sa.JSON(), nullable=False),
        sa.Column("step", sa.String(), nullable=False, server_default=""),
        sa.Column("listed_on", sa.String(), nullable=False, server_default=""),
        sa.Column("listed_at", UtcDateTime(), nullable=True),
    )
    op.create_index("ix_unexplainedreply_listed_on", "unexplainedreply", ["listed_on"])
    op.create_table(
        "unexplainedsighting",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("reply_id", sa.Integer(), sa.ForeignKey("unexplainedreply.id"), nullable=False),
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id"), nullable=True),
        sa.Column("customer_id", sa.Integer(), sa.ForeignKey("customer.id"), nullable=True),
        sa.Column("failure_ref", sa.String(), sa.ForeignKey("failure.ref"), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("reply_id", "account_id"),
    )
    for column in ("reply_id", "account_id", "customer_id"):
        op.create_index(f"ix_unexplainedsighting_{column}", "unexplainedsighting", [column])
    op.create_table(
        "notedcause",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "reply_id",
            sa.Integer(),
            sa.ForeignKey("unexplainedreply.id"),
            nullable=False,
            unique=True,
        ),
        sa.Column("cause", sa.String(), nullable=False),
        *(
            sa.Column(text, sa.String(), nullable=False, server_default="")
            for text in ("phrase", "title", "customer", "support")
        ),
        sa.Column("owner", sa.String(32), nullable=True),
        sa.Column("permanence", sa.String(32), nullable=True),
        sa.Column("remedy", sa.String(), nullable=False, server_default=""),
        sa.Column("noted_by_team", sa.String(), nullable=False),
        sa.Column("noted_by_user", sa.String(), nullable=False),
        sa.Column("noted_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_notedcause_cause", "notedcause", ["cause"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("notedcause")
    op.drop_table("unexplainedsighting")
    op.drop_table("unexplainedreply")
