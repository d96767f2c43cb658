"""A list in the making is kept as the rows that were understood, no longer as it was pasted. Of
lists that were begun before nothing is left: passwords may stand in them."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NEVER_AGAIN = {"sqlite_autoincrement": True}
"""SQLite's tables are copied; an id is still never used again."""


def upgrade() -> None:
    """Apply."""
    op.execute("UPDATE listdraft SET text = ''")
    with op.batch_alter_table("listdraft", table_kwargs=NEVER_AGAIN) as table:
        table.add_column(sa.Column("records", sa.JSON(), nullable=False, server_default="[]"))
        # the version before writes it still
        table.alter_column("text", existing_type=sa.String(), server_default="")


def downgrade() -> None:
    """Take back."""
    op.execute("DELETE FROM listdraft")
    with op.batch_alter_table("listdraft", table_kwargs=NEVER_AGAIN) as table:
        table.drop_column("records")
        table.alter_column("text", existing_type=sa.String(), server_default=None)
