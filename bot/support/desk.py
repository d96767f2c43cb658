"""Support answers a customer in the customer's own channel, from a card in support's channel: a
request for help, or a cause that keeps mailboxes from working."""

from dataclasses import dataclass

from bot.common import audit
from bot.common.clock import Clock
from bot.common.people import MAILDESK, Person
from bot.common.redaction import redact
from bot.common.refusals import Refused
from bot.common.texts import whole_number
from bot.messages import notices
from bot.views.accounts import AccountView
from bot.views.desk import AnswerOffer, AnswerPlace
from storage.database import Store, Transaction
from storage.statuses import RequestEvent
from storage.tables import Account, Setback, SupportRequest
from storage.vocabulary import RequestStatus

MOST_PLACES = 90
"""So many threads are offered."""


@dataclass(frozen=True)
class Subject:
    """What a card in support's channel is about: exactly one of the two. `customer_id` is 0 where
    it is nobody's."""

    customer_id: int
    request: SupportRequest | None = None
    setback: Setback | None = None

    @property
    def key(self) -> str:
        """The key of the card."""
        if self.setback is not None:
            return notices.setback_key(self.setback)
        assert self.request is not None
        return notices.request_key(self.request)


class Desk:
    """Carries answers from cards in support's channel to customers."""

    def __init__(self, store: Store, clock: Clock, support_channel: str) -> None:
        self._store = store
        self._clock = clock
        self._support_channel = support_channel

    def offer(self, about: str) -> AnswerOffer:
        """Where what a card is about (``request:5``, ``setback:7``) can be answered.

        Raises:
            Refused: it is over, or there is no channel in which anybody could read an answer.
        """
        with self._store.transaction() as tx:
            subject = _subject(tx, about)
            places = [place for place in _places(tx, subject) if _is_open(tx, place.channel_id)]
            if not places:
                raise Refused("desk.nowhere")
            return AnswerOffer(about, tx.channels.customer(subject.customer_id).name, places)

    def answer(self, about: str, to: str, text: str, by: Person) -> AnswerPlace:
        """Say `text` in the customer's channel, in the place called `to`, as an answer of `by`, of
        the support team; what looks secret in it is left out. Whoever answers a request that nobody
        has taken has taken it.

        Raises:
            Refused: as for `offer`; or the text is empty, or the place is not the customer's.
        """
        text = redact(text.strip())
        if not text:
            raise Refused("desk.empty")
        now = self._clock.now()
        with self._store.transaction() as tx:
            subject = _subject(tx, about)
            account = tx.accounts.by_ref(to)
            place = _place(tx, subject, account, to)
            said = {"user": by.user, "text": text, "people": _addressed(subject, account, by)}
            key = f"answer:{subject.key}:{place.channel_id}:{now.timestamp()}"
            head = _head(subject, account)
            notices.show_answer(tx, place.channel_id, key, head, now, **said)
            # Our channel is held before the cause's row, as where its mailboxes are counted
            tx.outbox.hold(self._support_channel, now)
            self._keep(tx, _subject(tx, about, held=True), by)
            where = {"channel": place.channel_id, "people": []}
            here = self._support_channel
            notices.show_answer(tx, here, f"{subject.key}:{key}", subject.key, now, **said | where)
            audit.record(tx, by, "customer.answered", place.id, now, about=about)
            return place

    def _keep(self, tx: Transaction, subject: Subject, by: Person) -> None:
        """The card says that it was answered."""
        now = self._clock.now()
        if subject.setback is not None:
            subject.setback.answered_at = now
            subject.setback.answered_by_user = by.user
            notices.show_setback(tx, subject.setback, self._support_channel, now)
        if subject.request is not None:
            self._keep_request(tx, subject.request, by)

    def _keep_request(self, tx: Transaction, request: SupportRequest, by: Person) -> None:
        now = self._clock.now()
        request.answered_at = now
        request.answered_by_user = by.user
        if request.status is RequestStatus.OPEN:
            request.happened(RequestEvent.TAKEN, (by.team, by.user), now)
            account = tx.accounts.get(request.account_id) if request.account_id else None
            if account is not None or request.failure_ref is None:
                notices.show_help(tx, request, account, now)
        notices.show_request(tx, request, self._support_channel, now)


def _subject(tx: Transaction, about: str, held: bool = False) -> Subject:
    """What a card is about; a cause is only `held` once our channel is.

    Raises:
        Refused: there is no such thing any more, or it is over.
    """
    kind, _, number = about.partition(":")
    if kind == "setback":
        look = tx.setbacks.lock if held else tx.setbacks.find
        setback = look(whole_number(number))
        if setback is None or setback.over_at is not None:
            raise Refused("desk.over")
        return Subject(setback.customer_id, setback=setback)
    request = tx.requests.lock(whole_number(number)) if kind == "request" else None
    if request is None or request.done_at is not None:
        raise Refused("desk.over")
    return Subject(_customer_of(tx, request), request=request)


def _customer_of(tx: Transaction, request: SupportRequest) -> int:
    if request.account_id is not None:
        return tx.accounts.get(request.account_id).customer_id
    channel = tx.channels.get(request.channel_id)
    return channel.customer_id if channel else 0


def _places(tx: Transaction, subject: Subject) -> list[AnswerPlace]:
    """Where it can be answered: a request where it was asked; a cause in the account's thread or,
    where there are several, first in their channels."""
    if subject.setback is not None:
        hit = [each for each in tx.setbacks.hit(subject.setback, MOST_PLACES) if each.channel_id]
        threads = [_thread(account) for account in hit]
        channels = dict.fromkeys(account.channel_id for account in hit)
        return threads if len(threads) < 2 else [*map(AnswerPlace, channels), *threads]
    assert subject.request is not None
    if subject.request.account_id is not None:
        return [_thread(tx.accounts.get(subject.request.account_id))]
    return [AnswerPlace(subject.request.channel_id)]


def _thread(account: Account) -> AnswerPlace:
    return AnswerPlace(account.channel_id, AccountView.of(account))


def _place(tx: Transaction, subject: Subject, account: Account | None, to: str) -> AnswerPlace:
    """The place that a form names. What a form says is not believed: it must be the customer's.

    Raises:
        Refused: it is not, or nobody could read it there.
    """
    place = _thread(account) if account is not None else AnswerPlace(to)
    channel = tx.channels.get(place.channel_id)
    theirs = channel is not None and channel.customer_id == subject.customer_id
    whose = account.customer_id if account is not None else subject.customer_id
    if not theirs or whose != subject.customer_id or not _is_open(tx, place.channel_id):
        raise Refused("desk.nowhere")
    return place


def _is_open(tx: Transaction, channel_id: str) -> bool:
    channel = tx.channels.get(channel_id)
    return channel is not None and not channel.closed


def _head(subject: Subject, account: Account | None) -> str:
    """The key of the message in whose thread the answer stands; empty for the channel."""
    if account is not None:
        return notices.card_key(account)
    asked_to_do = subject.request is not None and subject.request.failure_ref is None
    return notices.help_key(subject.request) if subject.request and asked_to_do else ""


def _addressed(subject: Subject, account: Account | None, by: Person) -> list[str]:
    """Who is to read it: whoever asked, or added the account, and is not of the team."""
    if subject.request is not None:
        asked = Person(subject.request.asked_by_team, subject.request.asked_by_user)
    elif account is not None:
        asked = Person(account.created_by_team, account.created_by_user)
    else:
        return []
    return [asked.user] if asked != MAILDESK and asked.team not in ("", by.team) else []
