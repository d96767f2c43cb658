"""Whoever had work in hand and lost it can tell: claims of jobs, messages and pages are numbered,
and so are the runs of a connection test. The audit may be forgotten when it is older than a year.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

NUMBERS = (
    ("job", "claim"),
    ("lane", "claim"),
    ("pagelane", "claim"),
    ("watch", "claim"),
    ("connectiontest", "run"),
)


YOUNG = {"auditentry": "at", "auditrepetition": "last_at"}
SQLITE = """
CREATE TRIGGER {table}_{name} BEFORE DELETE ON {table} {when}
BEGIN SELECT RAISE(ABORT, '{what}'); END
"""
SQLITE_YOUNG = "WHEN OLD.{column} > datetime('now', '-365 days')"
POSTGRESQL_YOUNG = """
CREATE TRIGGER {table}_kept BEFORE DELETE ON {table}
FOR EACH ROW WHEN (OLD.{column} > now() - interval '365 days')
EXECUTE FUNCTION {table}_refuse()
"""
POSTGRESQL_WHOLE = """
CREATE TRIGGER {name} BEFORE {what} ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()
"""
SAID = {"auditentry": "audit entries are only added", "auditrepetition": "audit counts only grow"}
DELETES = {"auditentry": "DELETE", "auditrepetition": "delete"}
"""The triggers on SQLite, by the ends of their names; and PostgreSQL's, with what else they refuse.
"""

WHOLE = {
    "auditentry": ("auditentry_only_added", "UPDATE OR TRUNCATE"),
    "auditrepetition": ("auditrepetition_delete", "TRUNCATE"),
}


def upgrade() -> None:
    """Apply."""
    for table, name in NUMBERS:
        op.add_column(table, sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    for table in YOUNG:
        _refuse_to_delete(table, young_alone=True)


def downgrade() -> None:
    """Take back."""
    for table in YOUNG:
        _refuse_to_delete(table, young_alone=False)
    for table, name in NUMBERS:
        with op.batch_alter_table(table) as changed:
            changed.drop_column(name)


def _refuse_to_delete(table: str, young_alone: bool) -> None:
    column = YOUNG[table]
    if op.get_bind().dialect.name == "sqlite":
        name = DELETES[table]
        when = SQLITE_YOUNG.format(column=column) if young_alone else ""
        op.execute(f"DROP TRIGGER {table}_{name}")
        op.execute(SQLITE.format(table=table, name=name, when=when, what=SAID[table]))
        return
    name, others = WHOLE[table]
    what = others if young_alone else f"DELETE OR {others}"
    op.execute(f"DROP TRIGGER {name} ON {table}")
    op.execute(POSTGRESQL_WHOLE.format(name=name, what=what, table=table))
    if young_alone:
        op.execute(POSTGRESQL_YOUNG.format(table=table, column=column))
    else:
        op.execute(f"DROP TRIGGER {table}_kept ON {table}")
