"""A request for help has a comment of who asked, and can be taken back."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("supportrequest") as batch:
        batch.add_column(sa.Column("comment", AutoString(), nullable=False, server_default=""))
        batch.add_column(
            sa.Column("taken_back", sa.Boolean(), nullable=False, server_default=sa.false())
        )


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("supportrequest") as batch:
        batch.drop_column("taken_back")
        batch.drop_column("comment")
