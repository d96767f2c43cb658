"""Calls of the API that change something are done once, and their answers kept for a day."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

from storage.types import UtcDateTime

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "apirequest",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("key_id", sa.Integer(), sa.ForeignKey("apikey.id"), nullable=False),
        sa.Column("customer_id", sa.Integer(), sa.ForeignKey("customer.id"), nullable=True),
        sa.Column("name_digest", AutoString(), nullable=False),
        sa.Column("said_digest", AutoString(), nullable=False),
        sa.Column("begun_at", UtcDateTime(), nullable=False),
        sa.Column("claimed_until", UtcDateTime(), nullable=False),
        sa.Column("claim", sa.Integer(), nullable=False),
        sa.UniqueConstraint("key_id", "name_digest"),
    )
    for column in ("begun_at", "customer_id"):
        op.create_index(f"ix_apirequest_{column}", "apirequest", [column])
    op.create_table(
        "apianswer",
        sa.Column("request_id", sa.Integer(), sa.ForeignKey("apirequest.id"), primary_key=True),
        sa.Column("http_status", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("apianswer")
    op.drop_table("apirequest")
