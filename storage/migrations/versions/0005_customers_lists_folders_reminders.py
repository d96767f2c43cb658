"""When and by whom a customer is looked after; lists in the making; folders that are known again; reminders that are held."""

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

CUSTOMER = (
    "time_zone",
    "working_hours",
    "working_days",
    "owner_team",
    "owner_user",
    "paused_by_team",
    "paused_by_user",
)
ACCOUNT = ("proved_sent", "nag_held_by_team", "nag_held_by_user")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "listdraft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by_team", sa.String(), nullable=False),
        sa.Column("made_by_user", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("listdraft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_listdraft_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_listdraft_made_at"), ["made_at"], unique=False)

    with op.batch_alter_table("customer", schema=None) as batch_op:
        for name in CUSTOMER:
            batch_op.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("paused_until", UtcDateTime(), nullable=True))

    with op.batch_alter_table("account", schema=None) as batch_op:
        for name in ACCOUNT:
            batch_op.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("nag_stopped_at", UtcDateTime(), nullable=True))

    loss = sa.Enum("gone", "made-anew", name="loss", native_enum=False, length=32)
    with op.batch_alter_table("foldermapping", schema=None) as batch_op:
        batch_op.add_column(sa.Column("uid_validity", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("mailbox_id", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("lost", loss, nullable=True))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("foldermapping", schema=None) as batch_op:
        for name in ("lost", "mailbox_id", "uid_validity"):
            batch_op.drop_column(name)

    with op.batch_alter_table("account", schema=None) as batch_op:
        for name in ("nag_stopped_at", *ACCOUNT):
            batch_op.drop_column(name)

    with op.batch_alter_table("customer", schema=None) as batch_op:
        for name in ("paused_until", *CUSTOMER):
            batch_op.drop_column(name)

    op.drop_table("listdraft")
