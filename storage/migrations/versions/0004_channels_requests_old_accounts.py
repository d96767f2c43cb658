"""Channels that nothing can be posted in; requests that somebody takes; old accounts and the
batches that replace them."""

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("started_by_team", sa.String(), nullable=False),
        sa.Column("started_by_user", sa.String(), nullable=False),
        sa.Column("old_ids", sa.JSON(), nullable=False),
        sa.Column("failed", sa.JSON(), nullable=False),
        sa.Column("cancelled_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_batch_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "oldaccount",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("address_key", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column(
            "plan",
            sa.Enum("change", "retain", name="plan", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("listed_at", UtcDateTime(), nullable=False),
        sa.Column("listed_by_team", sa.String(), nullable=False),
        sa.Column("listed_by_user", sa.String(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("customer_id", "address_key"),
    )
    with op.batch_alter_table("oldaccount", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_oldaccount_customer_id"), ["customer_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_oldaccount_deleted_at"), ["deleted_at"], unique=False)

    with op.batch_alter_table("channel", schema=None) as batch_op:
        batch_op.add_column(sa.Column("closed", sa.String(), nullable=False, server_default=""))

    with op.batch_alter_table("supportrequest", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("taken_by_team", sa.String(), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("taken_by_user", sa.String(), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("taken_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("done_at", UtcDateTime(), nullable=True))
        batch_op.alter_column("failure_ref", existing_type=sa.String(), nullable=True)
        batch_op.create_index(batch_op.f("ix_supportrequest_done_at"), ["done_at"], unique=False)


def downgrade() -> None:
    """Take back. Requests that are about no failure have no place any more."""
    op.execute("DELETE FROM supportrequest WHERE failure_ref IS NULL")
    with op.batch_alter_table("supportrequest", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_supportrequest_done_at"))
        batch_op.alter_column("failure_ref", existing_type=sa.String(), nullable=False)
        batch_op.drop_column("done_at")
        batch_op.drop_column("taken_at")
        batch_op.drop_column("taken_by_user")
        batch_op.drop_column("taken_by_team")

    with op.batch_alter_table("channel", schema=None) as batch_op:
        batch_op.drop_column("closed")

    with op.batch_alter_table("oldaccount", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_oldaccount_deleted_at"))
        batch_op.drop_index(batch_op.f("ix_oldaccount_customer_id"))

    op.drop_table("oldaccount")
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_batch_customer_id"))

    op.drop_table("batch")
