"""The messages that wait have an index of their own, by which their channels are found."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

WAITS = sa.text("done_at IS NULL")


def upgrade() -> None:
    """Apply."""
    op.drop_index("ix_outboxitem_waiting", "outboxitem")
    op.create_index(
        "ix_outboxitem_waits",
        "outboxitem",
        ["channel_id", "id"],
        sqlite_where=WAITS,
        postgresql_where=WAITS,
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_outboxitem_waits", "outboxitem")
    op.create_index("ix_outboxitem_waiting", "outboxitem", ["channel_id", "done_at", "id"])
    # The release before looks at the channels alone
    lane = sa.table("lane", sa.column("channel_id"), sa.column("due_at", sa.DateTime))
    item = sa.table("outboxitem", sa.column("channel_id"), sa.column("done_at"))
    waits = sa.select(item.c.channel_id).where(item.c.done_at.is_(None))
    idle = lane.c.due_at.is_(None) & lane.c.channel_id.in_(waits)
    op.execute(sa.update(lane).where(idle).values(due_at=sa.func.current_timestamp()))
