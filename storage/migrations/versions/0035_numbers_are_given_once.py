"""The number of a message or a job is never given again, as it never was on PostgreSQL: it stands
in Slack beside the message, and in the hands of whoever does the job. SQLite's tables are copied.
"""

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

TABLES = ("job", "outboxitem")


def upgrade() -> None:
    """Apply."""
    _copy({"sqlite_autoincrement": True})


def downgrade() -> None:
    """Take back."""
    _copy({})


def _copy(how: dict[str, bool]) -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in TABLES:
        with op.batch_alter_table(table, recreate="always", table_kwargs=how):
            pass
