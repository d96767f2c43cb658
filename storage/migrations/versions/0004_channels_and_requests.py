"""Channels that nothing can be posted in; requests that somebody takes, and such as are about no failure."""

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("channel", schema=None) as batch_op:
        batch_op.add_column(sa.Column("closed", sa.String(), nullable=False, server_default=""))

    with op.batch_alter_table("supportrequest", schema=None) as batch_op:
        batch_op.add_column(sa.Column("taken_by_team", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("taken_by_user", sa.String(), nullable=False, server_default=""))
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
