"""When and by whom a customer is looked after; lists in the making; folders that are known again;
reminders that are held."""

from datetime import UTC, datetime, timedelta

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
FIRST = timedelta(hours=4)
WAITING = ("awaiting_sign_in", "awaiting_admin", "failing", "broken", "unmapped")
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
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("listdraft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_listdraft_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_listdraft_made_at"), ["made_at"], unique=False)

    op.create_table(
        "reminderday",
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("channel_id"),
    )
    with op.batch_alter_table("customer", schema=None) as batch_op:
        for name in CUSTOMER:
            batch_op.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("paused_until", UtcDateTime(), nullable=True))

    with op.batch_alter_table("account", schema=None) as batch_op:
        for name in ACCOUNT:
            batch_op.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("nag_stopped_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("nag_since", UtcDateTime(), nullable=True))

    _begin_waits()

    loss = sa.Enum("gone", "made-anew", name="loss", native_enum=False, length=32)
    with op.batch_alter_table("foldermapping", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("uid_validity", sa.BigInteger(), nullable=False, server_default="0")
        )
        batch_op.add_column(sa.Column("mailbox_id", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("lost", loss, nullable=True))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("foldermapping", schema=None) as batch_op:
        for name in ("lost", "mailbox_id", "uid_validity"):
            batch_op.drop_column(name)

    with op.batch_alter_table("account", schema=None) as batch_op:
        for name in ("nag_since", "nag_stopped_at", *ACCOUNT):
            batch_op.drop_column(name)

    with op.batch_alter_table("customer", schema=None) as batch_op:
        for name in ("paused_until", *CUSTOMER):
            batch_op.drop_column(name)

    op.drop_table("reminderday")
    op.drop_table("listdraft")


def _begin_waits() -> None:
    """Accounts that waited without reminders wait for them from now on; those with reminders go on
    as they were."""
    account = sa.table(
        "account",
        *(sa.column(name) for name in ("state", "owner", "state_since", "nag_since", "nag_due_at")),
    )
    now = datetime.now(UTC)
    op.execute(account.update().values(nag_since=account.c.state_since))
    waits = account.c.state.in_(WAITING) & account.c.owner.in_(("user", "administrator", "support"))
    new = waits & account.c.nag_due_at.is_(None) & (account.c.state != "unmapped")
    begun = {
        "nag_since": sa.literal(now, UtcDateTime()),
        "nag_due_at": sa.literal(now + FIRST, UtcDateTime()),
    }
    op.execute(account.update().where(new).values(**begun))
