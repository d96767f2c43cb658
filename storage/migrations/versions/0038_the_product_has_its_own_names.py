"""What the product calls an account."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

revision = "0038"
down_revision = "0035"
branch_labels = None
depends_on = None

IN_USE = sa.text("state != 'disconnected'")


def upgrade() -> None:
    """Apply."""
    op.add_column("account", sa.Column("external_id", AutoString(), nullable=True))
    op.create_index(
        "ix_account_external",
        "account",
        ["customer_id", "external_id"],
        unique=True,
        sqlite_where=IN_USE,
        postgresql_where=IN_USE,
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_account_external", "account")
    with op.batch_alter_table("account") as changed:
        changed.drop_column("external_id")
