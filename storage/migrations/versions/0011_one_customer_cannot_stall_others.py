"""Jobs say whose they are and whether a person waits for them; customers, when all their accounts
were last tested at once."""

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    # A worker of the version before adds jobs without these: nobody's, and awaited by nobody
    op.add_column("job", sa.Column("lane", sa.String(), nullable=True))
    op.add_column(
        "job", sa.Column("awaited", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_index("ix_job_leased_until", "job", ["leased_until"])
    op.add_column("customer", sa.Column("all_tested_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("customer", "all_tested_at")
    op.drop_index("ix_job_leased_until", "job")
    op.drop_column("job", "awaited")
    op.drop_column("job", "lane")
