"""A held sign-in knows which tenant Microsoft names for the mailbox's domain."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Of what is held already nobody has asked Microsoft: only support confirms it."""
    with op.batch_alter_table("heldsignin", schema=None) as batch_op:
        batch_op.add_column(sa.Column("named_tenant", sa.String(), nullable=True))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("heldsignin", schema=None) as batch_op:
        batch_op.drop_column("named_tenant")
