"""The vendor's product has keys, and may ask what changed and for tokens."""

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "apikey",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("public_id", sa.String(), nullable=False, unique=True),
        sa.Column("key_digest", sa.String(), nullable=False, unique=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("all_customers", sa.Boolean(), nullable=False),
        sa.Column("networks", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
    )
    op.create_table(
        "apikeycustomer",
        sa.Column("key_id", sa.Integer(), sa.ForeignKey("apikey.id"), primary_key=True),
        sa.Column(
            "customer_id",
            sa.Integer(),
            sa.ForeignKey("customer.id"),
            primary_key=True,
            index=True,
        ),
    )
    op.create_table(
        "tokencount",
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
    )
    op.add_column("account", sa.Column("changed_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("account", "changed_at")
    op.drop_table("tokencount")
    op.drop_table("apikeycustomer")
    op.drop_table("apikey")
