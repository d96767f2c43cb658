"""What everybody in a channel may read in answer to somebody who mentions the bot there."""

from collections.abc import Mapping

from bot.common.clock import Clock
from bot.messages import notices
from storage.database import Store


class Answers:
    """Answers in channels, through the outbox: each once, whatever happens on the way."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def answer(
        self, channel_id: str, asked_at: str, thread_ts: str, told: Mapping[str, str]
    ) -> None:
        """Answer who mentioned the bot in the message at `asked_at`.

        Args:
            thread_ts: in whose thread that was; empty where it was in none.
            told: what about, and to whom.
        """
        now = self._clock.now()
        thread = f"said:{channel_id}:{thread_ts}" if thread_ts else ""
        with self._store.transaction() as tx:
            if thread:
                tx.outbox.stands(thread, channel_id, thread_ts)
            tx.outbox.show(
                channel_id,
                f"what-to-do:{channel_id}:{asked_at}",
                notices.WHAT_TO_DO,
                dict(told),
                now,
                thread_key=thread,
            )
