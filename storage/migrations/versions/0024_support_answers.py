"""Support answers in the customer's channel, and what is stuck is a setback with one message."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

from storage.types import UtcDateTime

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

GONE = (
    "signin.consent_given",
    "support.waits_too_long",
    "support.several_wait_too_long",
    "support.other_tenant",
)
"""Sentences that there are no more: what still waits with one of them, or rests until its channel
is open again, could not be drawn."""


def upgrade() -> None:
    """Apply."""
    for table in ("setback", "supportrequest"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("answered_at", UtcDateTime(), nullable=True))
            batch.add_column(
                sa.Column("answered_by_user", AutoString(), nullable=False, server_default="")
            )
    items = sa.table(
        "outboxitem",
        sa.column("args", sa.JSON()),
        sa.column("done_at", UtcDateTime()),
        sa.column("given_up", sa.String()),
    )
    args = sa.cast(items.c.args, sa.Text())
    told = sa.or_(*(args.contains(sentence) for sentence in GONE))
    unsent = sa.or_(items.c.done_at.is_(None), items.c.given_up != "")
    op.execute(items.delete().where(unsent, told))


def downgrade() -> None:
    """Take back."""
    for table in ("setback", "supportrequest"):
        with op.batch_alter_table(table) as batch:
            batch.drop_column("answered_by_user")
            batch.drop_column("answered_at")
