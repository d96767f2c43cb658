"""Asking the support team for help with a failure."""

from bot import notices
from bot.people import Person
from bot.road import Road
from bot.time import Clock
from storage.database import Store
from storage.tables import Account, Failure, SupportRequest


class Help:
    """Takes requests for help to the support team's channel."""

    def __init__(self, store: Store, clock: Clock, road: Road, support_channel: str) -> None:
        self._store = store
        self._clock = clock
        self._road = road
        self._support_channel = support_channel

    def ask(self, failure: Failure, account: Account | None, by: Person, channel_id: str = "") -> SupportRequest:
        """Ask for help with `failure`, once: a second request about it is the first one."""
        now = self._clock.now()
        with self._store.transaction() as tx:
            if account is not None:
                account = tx.accounts.lock(account.id or 0)
            request = tx.requests.about(failure.ref)
            if request is not None:
                return request
            request = SupportRequest(
                failure_ref=failure.ref, asked_at=now, asked_by_team=by.team, asked_by_user=by.user
            )
            request.channel_id = account.channel_id if account else channel_id
            request.account_id = account.id if account else None
            tx.requests.add(request)
            notices.show_request(tx, request, self._support_channel, now)
            if account is not None:
                self._road.audit(tx, by, "help.asked", account, error=failure.ref)
                notices.note(tx, account, "help.asked", now, user=by.user, error=failure.ref)
            return request
