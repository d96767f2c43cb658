"""What Slack refuses is kept by what it is about: the app, a channel, or a message. Failures are
counted apart from attempts, a message that made the round is known to have arrived, and an account
by the form that made it."""

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "trouble",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("again_at", UtcDateTime(), nullable=False),
    )
    op.create_table("pulse", sa.Column("id", sa.Integer(), primary_key=True))
    op.add_column("account", sa.Column("made_in", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("job") as batch:
        batch.add_column(sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("connectiontest") as batch:
        batch.add_column(sa.Column("arrival", sa.JSON(), nullable=True))
    with op.batch_alter_table("outboxitem") as batch:
        batch.add_column(sa.Column("faults", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("lane") as batch:
        batch.add_column(sa.Column("refused", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("connectiontest") as batch:
        batch.drop_column("arrival")
    with op.batch_alter_table("job") as batch:
        batch.drop_column("failures")
    with op.batch_alter_table("lane") as batch:
        batch.drop_column("refused")
    with op.batch_alter_table("outboxitem") as batch:
        batch.drop_column("faults")
    op.drop_column("account", "made_in")
    op.drop_table("pulse")
    op.drop_table("trouble")
