"""A grant says what its owner agreed to, and a change of a connected account's addresses waits for
that person's word."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
AGREED = ("shared_mailbox", "sender_email")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "addresschange",
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("sender_email", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("shared_mailbox", sa.String(), nullable=False),
        sa.Column("aliases", sa.String(), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("asked_by_team", sa.String(), nullable=False),
        sa.Column("asked_by_user", sa.String(), nullable=False),
    )
    with op.batch_alter_table("grant") as batch_op:
        for name in AGREED:
            batch_op.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
    grant = sa.table("grant", sa.column("account_id"), *map(sa.column, AGREED))
    account = sa.table("account", sa.column("id"), *map(sa.column, AGREED))
    # What an account has when this is applied is what its grant has been used for.
    for name in AGREED:
        there = sa.select(account.c[name]).where(account.c.id == grant.c.account_id)
        op.execute(sa.update(grant).values({name: there.scalar_subquery()}))


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("grant") as batch_op:
        for name in AGREED:
            batch_op.drop_column(name)
    op.drop_table("addresschange")
