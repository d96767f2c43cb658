"""How often Slack is called: each kind of call within what its tier allows, of all processes
together."""

from collections.abc import Collection
from datetime import datetime, timedelta

from bot.common.clock import Clock
from storage.database import Store
from storage.paces import Rate, SharedAnswer
from storage.vocabulary import Means

RATES = {
    Means.POST: Rate(timedelta(seconds=0.28), burst=20),
    Means.UPDATE: Rate(timedelta(seconds=1.35), burst=4),
    Means.FIND: Rate(timedelta(seconds=1.35), burst=4),
    Means.GROUP: Rate(timedelta(seconds=6), burst=9),
    Means.CHANNEL: Rate(timedelta(seconds=2), burst=19),
}
"""Over all channels of the workspace Slack takes "several hundred" posts a minute; fifty updates,
looks at a history or at a channel (`chat.update`, `conversations.history` and `conversations.info`
are of Tier 3); and twenty questions who is in a user group (`usergroups.users.list`, Tier 2,
docs.slack.dev/apis/web-api/rate-limits). Within any minute there are at most as many as an even
pace gives, the burst, and one; and of posts those, too, that waited to be looked for."""


class Paces:
    """Books calls."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def may_go(self, means: Means, left: int = 0) -> bool:
        """Whether a call may be made now, after which so many are `left` for others; if so, it
        counts."""
        with self._store.transaction() as tx:
            return tx.paces.may_go(means, self._clock.now(), RATES[means], left)

    def shared(self, means: Means) -> SharedAnswer | None:
        """What the last call was answered, of whatever process."""
        with self._store.reading() as tx:
            return tx.paces.shared(means)

    def share(self, means: Means, names: Collection[str], asked_at: datetime) -> None:
        """Have every process go by an answer."""
        with self._store.transaction() as tx:
            tx.paces.share(means, names, asked_at)
