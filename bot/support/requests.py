"""Requests to the support team: for help with a failure, or to do an account for somebody."""

from bot.common import audit
from bot.common.bindings import held_binding
from bot.common.clock import Clock
from bot.common.people import MAILDESK, Person
from bot.common.redaction import redact
from bot.common.refusals import Refused
from bot.messages import notices
from storage.database import Store, Transaction
from storage.statuses import REQUESTS, RequestEvent
from storage.tables import Account, Failure, SupportRequest
from storage.vocabulary import RequestStatus

CUSTOMERS_WORD = {"help.commented": "desk.commented", "help.taken_back": "desk.taken_back"}
"""What a customer does with a request that stands already, and what its thread says of it."""


class SupportRequests:
    """The support team's queue of requests."""

    def __init__(self, store: Store, clock: Clock, support_channel: str) -> None:
        self._store = store
        self._clock = clock
        self._support_channel = support_channel

    def ask(self, error: str, by: Person, channel_id: str = "") -> int:
        """Ask for help with the failure that has this error ID, once: a second request about it is
        the first one, opened again if it was done. `channel_id`: where that is told if the failure
        is of no account. The request's id."""
        with self._store.transaction() as tx:
            account = self._held_account(tx, error)
            request = tx.requests.about(error)
            if request is not None and request.done_at is None:
                return request.id
            return self._open(tx, request, error, account, by, channel_id).id

    def hand_over(self, tx: Transaction, account: Account, failure: Failure) -> None:
        """The support team takes over a failure of an account, which is held: what we advise was
        followed twice and did not help. Where somebody has asked about its cause, that request is
        shown anew."""
        there = tx.requests.open_about(account.id, failure.cause)
        if there is not None:
            self._show(tx, there, "help.handed_over", MAILDESK)
            return
        request = tx.requests.about(failure.ref)
        self._open(tx, request, failure.ref, account, MAILDESK)

    def do_it(self, channel_id: str, account_id: int | None, by: Person) -> int:
        """Ask the support team to do an account (None: everything in the channel); a second request
        is the first one, whose id is returned."""
        with self._store.transaction() as tx:
            # Held, so that of two people who ask in the same moment the second finds the request
            held_binding(tx, channel_id)
            request = tx.requests.to_do(channel_id, account_id)
            if request is None:
                account = tx.accounts.get(account_id) if account_id else None
                request = tx.requests.add(self._new(channel_id, account, by))
                self._show(tx, request, "help.asked_to_do", by)
            return request.id

    def take(self, request_id: int, by: Person) -> None:
        """Look after a request from now on.

        Raises:
            Refused: somebody else does, or it is done.
        """
        self._change(request_id, by, "help.taken", RequestEvent.TAKEN)

    def hand_back(self, request_id: int, by: Person) -> None:
        """Give a request back to the team.

        Raises:
            Refused: it is done.
        """
        self._change(request_id, by, "help.handed_back", RequestEvent.HANDED_BACK)

    def finish(self, request_id: int, by: Person) -> None:
        """It is done.

        Raises:
            Refused: it was already.
        """
        self._change(request_id, by, "help.done", RequestEvent.FINISHED)

    def comment(self, request_id: int, text: str, by: Person) -> None:
        """Add what the customer wants support to know, in the place of an earlier comment; what
        looks secret in it is left out.

        Raises:
            Refused: it is done, or taken back.
        """
        with self._store.transaction() as tx:
            request = self._held(tx, request_id, RequestEvent.COMMENTED)
            request.comment = redact(text)
            self._show(tx, request, "help.commented", by)

    def take_back(self, request_id: int, by: Person) -> None:
        """The customer does not need it any more. Twice is once.

        Raises:
            Refused: it is done, or support took it up by itself.
        """
        with self._store.transaction() as tx:
            request = tx.requests.find(request_id)
            if request is not None and request.asked_by_user == MAILDESK.user:
                raise Refused("help_request.ours")
            if request is not None and request.status is RequestStatus.TAKEN_BACK:
                return
        self._change(request_id, by, "help.taken_back", RequestEvent.TAKEN_BACK)

    def _held(self, tx: Transaction, request_id: int, event: RequestEvent) -> SupportRequest:
        """The request, held, to which `event` can happen."""
        request = tx.requests.lock(request_id)
        if request is None or not REQUESTS.allows(request.status, event):
            raise Refused("help_request.is_done")
        return request

    def _change(self, request_id: int, by: Person, action: str, event: RequestEvent) -> None:
        with self._store.transaction() as tx:
            request = self._held(tx, request_id, event)
            if event is RequestEvent.TAKEN and _is_somebody_elses(request, by):
                raise Refused("help_request.is_taken")
            request.happened(event, _name(by), self._clock.now())
            if event is RequestEvent.FINISHED and request.account_id is not None:
                # what fails from now on is the customer's again, to try what is advised
                tx.attempts.end_counting(request.account_id, self._clock.now())
            self._show(tx, request, action, by)

    def _open(
        self,
        tx: Transaction,
        request: SupportRequest | None,
        error: str,
        account: Account | None,
        by: Person,
        channel_id: str = "",
    ) -> SupportRequest:
        """Open a request about a failure: a new one, or the one that was done."""
        if request is None:
            request = self._new(account.channel_id if account else channel_id, account, by)
            request.failure_ref = error
            tx.requests.add(request)
        else:
            request.happened(RequestEvent.ASKED_AGAIN, _name(by), self._clock.now())
        self._show(tx, request, "help.handed_over" if by == MAILDESK else "help.asked", by)
        return request

    def _held_account(self, tx: Transaction, error: str) -> Account | None:
        """The account of a failure, held: who asks in the same moment waits, and finds the first
        request."""
        failure = tx.failures.get(error)
        if failure is None or failure.account_id is None:
            return None
        return tx.accounts.lock(failure.account_id)

    def _show(self, tx: Transaction, request: SupportRequest, action: str, by: Person) -> None:
        now = self._clock.now()
        account = tx.accounts.get(request.account_id) if request.account_id else None
        subject = account.ref if account else request.channel_id
        error = request.failure_ref or ""
        audit.record(tx, by, action, subject, now, request=request.id, error=error)
        if account is not None or request.failure_ref is None:
            notices.show_help(tx, request, account, now)
        notices.show_request(tx, request, self._support_channel, now)
        if action in CUSTOMERS_WORD:  # who reads an edited card is not told of it
            head = notices.request_key(request)
            said = {"user": by.user, "comment": request.comment}
            sentence = CUSTOMERS_WORD[action]
            notices.tell_at_desk(tx, self._support_channel, head, sentence, now, **said)

    def _new(self, channel_id: str, account: Account | None, by: Person) -> SupportRequest:
        return SupportRequest(
            account_id=account.id if account else None,
            asked_at=self._clock.now(),
            asked_by_team=by.team,
            asked_by_user=by.user,
            channel_id=channel_id,
        )


def _name(person: Person) -> tuple[str, str]:
    """Somebody as the row of a request names them."""
    return person.team, person.user


def _is_somebody_elses(request: SupportRequest, by: Person) -> bool:
    """Whether somebody else has taken the request."""
    owner = (request.taken_by_team, request.taken_by_user)
    return request.status is RequestStatus.TAKEN and owner != _name(by)
