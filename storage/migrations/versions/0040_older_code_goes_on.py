"""The tables say which releases may go on with them, though they are older than the tables."""

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. The column stands beside the revision, which is the one row of Alembic's table: 0032
    was the last that took something away."""
    op.execute("ALTER TABLE alembic_version ADD COLUMN oldest_code VARCHAR(32)")
    op.execute("UPDATE alembic_version SET oldest_code = '0032'")


def downgrade() -> None:
    """Take back."""
    op.execute("ALTER TABLE alembic_version DROP COLUMN oldest_code")
