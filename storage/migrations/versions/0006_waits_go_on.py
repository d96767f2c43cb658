"""A wait goes on after a test that changes nothing about it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("account", sa.Column("nag_for", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Take back."""
    op.drop_column("account", "nag_for")
