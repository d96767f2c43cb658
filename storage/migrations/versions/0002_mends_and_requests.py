"""Mends and requests for help; shared mailboxes; the round trip."""

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "mend",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("failure_ref", sa.String(), nullable=False),
        sa.Column("said_at", UtcDateTime(), nullable=False),
        sa.Column("said_by_team", sa.String(), nullable=False),
        sa.Column("said_by_user", sa.String(), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["failure_ref"],
            ["failure.ref"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("mend", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mend_account_id"), ["account_id"], unique=False)

    op.create_table(
        "supportrequest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("failure_ref", sa.String(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("asked_by_team", sa.String(), nullable=False),
        sa.Column("asked_by_user", sa.String(), nullable=False),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["failure_ref"],
            ["failure.ref"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("failure_ref"),
    )
    with op.batch_alter_table("supportrequest", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_supportrequest_account_id"), ["account_id"], unique=False
        )

    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("shared_mailbox", sa.String(), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("signed_in_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("proved_at", UtcDateTime(), nullable=True))

    with op.batch_alter_table("connectiontest", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("round_trip", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("message_id", sa.String(), nullable=False, server_default=""))

    with op.batch_alter_table("failure", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mended_at", UtcDateTime(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "mended_by",
                sa.Enum("change", "sign-in", "itself", name="mended", native_enum=False, length=32),
                nullable=True,
            )
        )


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("failure", schema=None) as batch_op:
        batch_op.drop_column("mended_by")
        batch_op.drop_column("mended_at")

    with op.batch_alter_table("connectiontest", schema=None) as batch_op:
        batch_op.drop_column("message_id")
        batch_op.drop_column("round_trip")

    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_column("proved_at")
        batch_op.drop_column("signed_in_at")
        batch_op.drop_column("shared_mailbox")

    with op.batch_alter_table("supportrequest", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_supportrequest_account_id"))

    op.drop_table("supportrequest")
    with op.batch_alter_table("mend", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mend_account_id"))

    op.drop_table("mend")
