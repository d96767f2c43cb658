"""What changes at accounts and incidents is kept, for the vendor's product."""

import sqlalchemy as sa
from alembic import op

from storage.types import BIG_ID, UtcDateTime

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

UNSENT = "status IN ('waiting', 'stopped')"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "change",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("claim", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tried_since", UtcDateTime(), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
        sa.UniqueConstraint("public_id"),
    )
    for column in ("account_id", "at", "customer_id"):
        op.create_index(f"ix_change_{column}", "change", [column])
    op.create_index("ix_change_due", "change", ["status", "due_at"])
    op.create_index(
        "ix_change_unsent",
        "change",
        ["lane", "id"],
        sqlite_where=sa.text(UNSENT),
        postgresql_where=sa.text(UNSENT),
    )
    op.create_table(
        "changemention",
        sa.Column("change_id", BIG_ID, nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["change_id"], ["change.id"]),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.PrimaryKeyConstraint("change_id", "ref"),
    )
    op.create_index("ix_changemention_customer_id", "changemention", ["customer_id"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("changemention")
    op.drop_table("change")
