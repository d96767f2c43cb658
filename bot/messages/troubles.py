"""What people are told about messages that cannot be sent, and what becomes of the channel."""

from collections.abc import Callable
from datetime import datetime

import structlog

from bot.messages import notices
from bot.messages.outgoing import Outgoing
from storage.database import Transaction

log = structlog.get_logger(__name__)


class Troubles:
    """Tells support of what Slack refuses; what is wrong with support's own channel is told to
    on-call."""

    def __init__(
        self,
        support_channel: str = "",
        alert_channel: str = "",
        close: Callable[[str, str], bool] = lambda channel, error: False,
    ) -> None:
        """`close`: closes a customer's channel because of an error, and says whether it is one."""
        self.alert_channel = alert_channel
        self._support_channel = support_channel
        self.close = close

    def is_ours(self, channel_id: str) -> bool:
        """Whether it is one of our own channels."""
        return channel_id in (self._support_channel, self.alert_channel)

    def closed_to_us(self, tx: Transaction, channel_id: str, error: str, now: datetime) -> None:
        """A channel of our own takes nothing; what is for it waits."""
        key = f"closed:{channel_id}:{now.timestamp()}"
        self._tell(tx, channel_id, key, "delivery.closed", now, channel=channel_id, error=error)

    def shown_plainly(self, tx: Transaction, message: Outgoing, error: str, now: datetime) -> None:
        """A message went out as text alone; of each kind that is said once a day."""
        key = f"plainly:{message.notice}:{error}:{now.date()}"
        if tx.channels.first_sight(key, now):
            self._tell(
                tx,
                message.channel_id,
                key,
                "delivery.plainly",
                now,
                channel=message.channel_id,
                error=error,
            )

    def given_up(self, tx: Transaction, message: Outgoing, error: str, now: datetime) -> None:
        """A message is not sent; of each message that is said once, but not of what is said here:
        that would go to and fro between our own channels."""
        key = f"given-up:{message.key}"
        own = str(message.args.get("sentence", "")).startswith("delivery.")
        if not own and tx.channels.first_sight(key, now):
            self._tell(
                tx,
                message.channel_id,
                key,
                "delivery.given_up",
                now,
                channel=message.channel_id,
                error=error,
            )

    def over(self, tx: Transaction, channel_id: str, now: datetime) -> None:
        """Slack took something for a channel: what kept it from that is over."""
        if tx.outbox.accepted(channel_id):
            log.info("outbox.place_is_back", channel=channel_id)
        trouble = tx.health.accepted()
        if trouble is None:
            return
        log.info("slack.takes_the_app_again", error=trouble.error)
        key = f"refused:{trouble.since.timestamp()}"
        minutes = max(1, round((now - trouble.since).total_seconds() / 60))
        self._tell(tx, "", key, "delivery.app_refused", now, error=trouble.error, minutes=minutes)

    def _tell(
        self,
        tx: Transaction,
        about: str,
        key: str,
        sentence: str,
        now: datetime,
        **values: str | int,
    ) -> None:
        to = self.alert_channel if about == self._support_channel else self._support_channel
        if to and to != about:
            notices.tell(tx, to, key, sentence, now, **values)
