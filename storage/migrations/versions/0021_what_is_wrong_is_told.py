"""What is wrong at a mailbox is named, and its people are told once of each outage."""

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

WERE_LIVE = """
UPDATE account SET live_at = created_at
WHERE state IN ('live', 'broken') OR id IN (SELECT account_id FROM foldermapping)
"""


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("account") as batch:
        batch.add_column(sa.Column("live_at", UtcDateTime(), nullable=True))
        batch.add_column(sa.Column("trouble", sa.String(32), nullable=True))
    op.execute(WERE_LIVE)
    op.create_table(
        "outage",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("customer_id", sa.Integer(), sa.ForeignKey("customer.id"), nullable=False),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("open_key", sa.String(), nullable=True, unique=True),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
    )
    op.create_index("ix_outage_customer_id", "outage", ["customer_id"])
    op.create_index("ix_outage_channel_id", "outage", ["channel_id"])
    op.create_table(
        "outagemailbox",
        sa.Column("outage_id", sa.Integer(), sa.ForeignKey("outage.id"), primary_key=True),
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("works_at", UtcDateTime(), nullable=True),
    )
    op.create_index("ix_outagemailbox_account_id", "outagemailbox", ["account_id"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("outagemailbox")
    op.drop_table("outage")
    with op.batch_alter_table("account") as batch:
        batch.drop_column("trouble")
        batch.drop_column("live_at")
