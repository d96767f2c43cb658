"""What is asked of the messages on their way to Slack, every second and with each message: each
question is put together once."""

from sqlalchemy import String, bindparam, case, exists, func, text
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from storage.tables import Channel, Lane, OutboxItem
from storage.tables.messages import GIVEN_UP
from storage.types import UtcDateTime


def _due_lane() -> SelectOfScalar[Lane]:
    """The lane whose turn it is, that of the channel `first` before all others, held."""
    now = bindparam("now", type_=UtcDateTime())
    free = col(Lane.leased_until).is_(None) | (col(Lane.leased_until) < now)
    rested = col(Lane.due_at).is_(None) | (col(Lane.due_at) <= now)
    here = col(OutboxItem.channel_id) == Lane.channel_id
    waits = exists().where(here, col(OutboxItem.done_at).is_(None))
    due = select(Lane).where(rested, free, waits)
    first = case((col(Lane.channel_id) == bindparam("first", type_=String()), 0), else_=1)
    in_turn = due.order_by(first, col(Lane.due_at).nulls_first())
    return in_turn.limit(1).with_for_update(skip_locked=True, of=Lane)


def _to_try_again() -> SelectOfScalar[OutboxItem]:
    """What was given up in an open channel, is younger than `since` and rests since `before`."""
    closed = select(Channel.id).where(col(Channel.closed) != "")
    return select(OutboxItem).where(
        text(GIVEN_UP),
        col(OutboxItem.channel_id).not_in(closed),
        col(OutboxItem.created_at) > bindparam("since"),
        col(OutboxItem.done_at) < bindparam("before"),
    )


DUE_LANE = _due_lane()
TO_TRY_AGAIN = _to_try_again()
LATEST = (
    select(OutboxItem)
    .where(col(OutboxItem.key) == bindparam("key"))
    .order_by(col(OutboxItem.id).desc())
    .limit(1)
)
WAITING = LATEST.where(col(OutboxItem.done_at).is_(None))
ALL_WAITING = (
    select(OutboxItem)
    .where(col(OutboxItem.key) == bindparam("key"), col(OutboxItem.done_at).is_(None))
    .order_by(col(OutboxItem.id))
)
WITHOUT_LANE = (
    select(OutboxItem.channel_id)
    .where(
        col(OutboxItem.done_at).is_(None),
        ~exists().where(col(Lane.channel_id) == OutboxItem.channel_id),
    )
    .distinct()
    .order_by(col(OutboxItem.channel_id))
)
FIRST = (
    select(OutboxItem)
    .where(col(OutboxItem.channel_id) == bindparam("channel"), col(OutboxItem.done_at).is_(None))
    .order_by(col(OutboxItem.id))
    .limit(1)
)
NEXT_DUE = (
    select(func.coalesce(col(Lane.due_at), col(OutboxItem.created_at), type_=UtcDateTime()))
    .select_from(OutboxItem)
    .join(Lane, col(Lane.channel_id) == OutboxItem.channel_id, isouter=True)
    .where(col(OutboxItem.done_at).is_(None))
    .order_by(func.coalesce(col(Lane.due_at), col(OutboxItem.created_at)))
    .limit(1)
)
