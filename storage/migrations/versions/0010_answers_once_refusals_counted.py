"""An approval's answer works once; presses of a login link are counted by browser; refusals of one
kind are one audit entry with a count."""

import sqlalchemy as sa
from alembic import op

from storage.types import BIG_ID, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SQLITE = """
CREATE TRIGGER auditrepetition_{name} BEFORE {what} ON auditrepetition
BEGIN SELECT RAISE(ABORT, 'audit counts only grow'); END
"""
GROWS = "NEW.times > OLD.times AND NEW.entry_id = OLD.entry_id AND NEW.first_at = OLD.first_at"
FUNCTION = """
CREATE FUNCTION auditrepetition_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'audit counts only grow'; END $$
"""
SHRINK = f"""
CREATE TRIGGER auditrepetition_shrink BEFORE UPDATE ON auditrepetition
FOR EACH ROW WHEN (NOT ({GROWS})) EXECUTE FUNCTION auditrepetition_refuse()
"""
DELETE = """
CREATE TRIGGER auditrepetition_delete BEFORE DELETE OR TRUNCATE ON auditrepetition
FOR EACH STATEMENT EXECUTE FUNCTION auditrepetition_refuse()
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "approvalanswer",
        sa.Column("page_digest", sa.String(), primary_key=True),
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_approvalanswer_account_id", "approvalanswer", ["account_id"])
    op.create_index("ix_approvalanswer_at", "approvalanswer", ["at"])
    op.create_table(
        "linkpress",
        sa.Column("id", BIG_ID, primary_key=True, autoincrement=True),
        sa.Column("ticket_id", sa.Integer(), sa.ForeignKey("loginticket.id"), nullable=False),
        sa.Column("browser_digest", sa.String(), nullable=False),
        sa.Column("is_new", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_linkpress_ticket_id", "linkpress", ["ticket_id"])
    op.create_index("ix_linkpress_at", "linkpress", ["at"])
    op.create_table(
        "auditrepetition",
        sa.Column("entry_id", BIG_ID, sa.ForeignKey("auditentry.id"), primary_key=True),
        sa.Column("likeness", sa.String(), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
    )
    op.create_index("ix_auditrepetition_likeness", "auditrepetition", ["likeness"])
    _let_counts_only_grow()


def downgrade() -> None:
    """Take back."""
    op.drop_table("linkpress")
    op.drop_table("approvalanswer")
    op.drop_table("auditrepetition")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION auditrepetition_refuse()")


def _let_counts_only_grow() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(SQLITE.format(name="delete", what="DELETE"))
        shrinks = SQLITE.format(name="shrink", what="UPDATE")
        op.execute(shrinks.replace("BEGIN", f"WHEN NOT ({GROWS})\nBEGIN", 1))
        return
    for statement in (FUNCTION, SHRINK, DELETE):
        op.execute(statement)
