"""A held sign-in knows which tenant Microsoft names for the mailbox's domain; support may allow a
customer further tenants."""

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Of what is held already nobody has asked Microsoft: only support confirms it."""
    with op.batch_alter_table("heldsignin", schema=None) as batch_op:
        batch_op.add_column(sa.Column("named_tenant", sa.String(), nullable=True))

    op.create_table(
        "furthertenant",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("customer_id", sa.Integer(), sa.ForeignKey("customer.id"), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("asked_by_team", sa.String(), nullable=False),
        sa.Column("asked_by_user", sa.String(), nullable=False),
        sa.Column("allowed_at", UtcDateTime(), nullable=True),
        sa.Column("allowed_by_team", sa.String(), nullable=False, server_default=""),
        sa.Column("allowed_by_user", sa.String(), nullable=False, server_default=""),
        sa.UniqueConstraint("customer_id", "tenant_id"),
    )
    op.create_index("ix_furthertenant_channel_id", "furthertenant", ["channel_id"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("furthertenant")
    with op.batch_alter_table("heldsignin", schema=None) as batch_op:
        batch_op.drop_column("named_tenant")
