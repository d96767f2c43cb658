"""What the product calls an account, and which people send mail."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

revision = "0038"
down_revision = "0037"
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
    op.create_table(
        "knownperson",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("customer_id", sa.Integer(), sa.ForeignKey("customer.id"), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("address", AutoString(), nullable=False),
        sa.Column("address_key", AutoString(), nullable=False),
        sa.UniqueConstraint("customer_id", "address_key"),
    )
    op.create_index("ix_knownperson_customer_id", "knownperson", ["customer_id"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("knownperson")
    op.drop_index("ix_account_external", "account")
    with op.batch_alter_table("account") as changed:
        changed.drop_column("external_id")
