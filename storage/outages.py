"""What was live and does not work, as customers' channels are told."""

from datetime import datetime

from sqlalchemy import bindparam
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from storage.tables import Account, Outage, OutageMailbox


class OutageRepository:
    """Queries about outages."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, outage_id: int) -> Outage:
        """An outage that is known to exist."""
        return self._session.get_one(Outage, outage_id)

    def lock_recent(self, customer_id: int, channel_id: str, since: datetime) -> list[Outage]:
        """A customer's outages in a channel that are open, or ended at `since` or later; held."""
        where = {"customer": customer_id, "channel": channel_id, "since": since}
        return list(self._session.exec(RECENT, params=where))

    def add(self, outage: Outage) -> bool:
        """Keep a new outage; its id is set. False where another transaction was quicker."""
        try:
            with self._session.begin_nested():
                self._session.add(outage)
        except IntegrityError:
            return False
        return True

    def mailbox(self, outage_id: int, account_id: int) -> OutageMailbox | None:
        """How a mailbox stands in an outage; None if that did not hit it."""
        return self._session.get(OutageMailbox, (outage_id, account_id))

    def hit_by(self, outage_id: int, account_id: int) -> None:
        """Keep that an outage hit a mailbox."""
        self._session.add(OutageMailbox(outage_id=outage_id, account_id=account_id))
        self._session.flush()

    def hit(self, outage_id: int) -> list[tuple[Account, datetime | None]]:
        """The mailboxes that an outage hit, each with since when it is out of it."""
        found = select(Account, OutageMailbox.works_at).join(OutageMailbox)
        found = found.where(OutageMailbox.outage_id == outage_id).order_by(col(Account.id))
        return list(self._session.exec(found))

    def went_live(self, channel_id: str, first: datetime, last: datetime) -> list[Account]:
        """The channel's accounts that were live for the first time from `first` until before
        `last`, in that order."""
        found = select(Account).where(Account.channel_id == channel_id)
        found = found.where(col(Account.live_at) >= first, col(Account.live_at) < last)
        return list(self._session.exec(found.order_by(col(Account.live_at), col(Account.id))))


# Asked whenever an account that was live changes: put together once
RECENT = (
    select(Outage)
    .where(
        col(Outage.customer_id) == bindparam("customer"),
        col(Outage.channel_id) == bindparam("channel"),
        col(Outage.ended_at).is_(None) | (col(Outage.ended_at) >= bindparam("since")),
    )
    .order_by(col(Outage.id))
    .with_for_update()
)
