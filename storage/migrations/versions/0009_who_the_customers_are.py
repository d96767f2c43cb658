"""A channel keeps who of it are customers, and which Slack workspaces are the customer's own."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OTHERS = "other-workspaces"
"""What every channel was before: its customers are people of other workspaces."""


def upgrade() -> None:
    """Apply."""
    word = sa.String(length=32)
    op.add_column(
        "channel", sa.Column("customers_are", word, nullable=False, server_default=OTHERS)
    )
    # Nobody has said it, and who was seen in the channel proves nothing: support says it once
    op.add_column(
        "channel", sa.Column("customer_teams", sa.String(), nullable=False, server_default="")
    )


def downgrade() -> None:
    """Take back."""
    op.drop_column("channel", "customer_teams")
    op.drop_column("channel", "customers_are")
