"""Sign-ins that wait for a word; grants that are looked after; an audit table that is only added
to."""

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SQLITE = """
CREATE TRIGGER auditentry_{word} BEFORE {word} ON auditentry
BEGIN SELECT RAISE(ABORT, 'audit entries are only added'); END
"""
POSTGRESQL = """
CREATE FUNCTION auditentry_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'audit entries are only added'; END $$
"""
TRIGGER = """
CREATE TRIGGER auditentry_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON auditentry
FOR EACH STATEMENT EXECUTE FUNCTION auditentry_refuse()
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "heldsignin",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("object_id", sa.String(), nullable=False),
        sa.Column("upn", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["loginticket.id"],
        ),
        sa.PrimaryKeyConstraint("account_id"),
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("aliases", sa.String(), nullable=False, server_default=""))

    with op.batch_alter_table("grant", schema=None) as batch_op:
        batch_op.add_column(sa.Column("serial", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("keep_due_at", UtcDateTime(), nullable=True))
        batch_op.create_index(batch_op.f("ix_grant_keep_due_at"), ["keep_due_at"], unique=False)

    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ended_at", UtcDateTime(), nullable=True))

    with op.batch_alter_table("loginticket", schema=None) as batch_op:
        batch_op.add_column(sa.Column("question_at", UtcDateTime(), nullable=True))

    grants = sa.table("grant", sa.column("keep_due_at"), sa.column("refreshed_at"))
    op.execute(grants.update().values(keep_due_at=grants.c.refreshed_at))
    if op.get_bind().dialect.name == "sqlite":
        for word in ("UPDATE", "DELETE"):
            op.execute(SQLITE.format(word=word))
    else:
        op.execute(POSTGRESQL)
        op.execute(TRIGGER)


def downgrade() -> None:
    """Take back."""
    if op.get_bind().dialect.name == "sqlite":
        for word in ("UPDATE", "DELETE"):
            op.execute(f"DROP TRIGGER auditentry_{word}")
    else:
        op.execute("DROP TRIGGER auditentry_only_added ON auditentry")
        op.execute("DROP FUNCTION auditentry_refuse()")
    with op.batch_alter_table("loginticket", schema=None) as batch_op:
        batch_op.drop_column("question_at")

    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.drop_column("ended_at")

    with op.batch_alter_table("grant", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grant_keep_due_at"))
        batch_op.drop_column("keep_due_at")
        batch_op.drop_column("serial")

    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_column("aliases")

    op.drop_table("heldsignin")
