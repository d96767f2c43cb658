"""What will stop working on a known day, out of what is kept: each with whose it is, and how long
it still works."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from statistics import median
from zoneinfo import ZoneInfo

from bot.common.clock import Clock
from bot.microsoft.announced import Announced, load
from bot.microsoft.credentials import Credential, CredentialUnreadable
from storage.database import Store, Transaction
from storage.predictions import Dated, Ended

TOLD_AHEAD = timedelta(days=30)
"""So long before it lapses a permission that nobody uses is told of."""

CREDENTIAL_TOLD_AHEAD = timedelta(days=60)
SIGN_INS_TOLD_AHEAD = timedelta(days=3)
LEARNED_FROM = timedelta(days=180)
"""So far back it is looked which sign-ins a rule of the organisation ended."""

FREQUENCY = "sign-in-frequency"
"""The catalogue's row for AADSTS70043."""

LIFETIME = re.compile(r"maximum allowed lifetime for this request is (\d{1,9})\b")
"""The rule's length in seconds, as AADSTS70043 tells it (see the row's samples)."""

SHOWN = 5
"""So many mailboxes are named, those that are first."""


class Kind(StrEnum):
    """What it is that will stop."""

    GRANT = "grant"
    SIGN_IN = "sign-in"
    CREDENTIAL = "credential"
    CONSENT = "consent"
    SWITCH = "switch"


Lapsing = tuple[Kind, Sequence[Dated], timedelta]
"""Mailboxes of a customer whose permission lapses in one way, so long after each one's time."""


@dataclass(frozen=True)
class Prediction:
    """Something that will stop working.

    Attributes:
        day: the last day on which it works; None where it stops with the next sign-in.
        customer: whose it is; empty where it is our own.
        what: which credential or switch, or which permissions are missing.
        mailboxes: how many it concerns; `refs` are the first of them.
        limit: after how long sign-ins end there.
    """

    kind: Kind
    day: date | None
    customer_id: int = 0
    customer: str = ""
    what: str = ""
    mailboxes: int = 0
    refs: Sequence[str] = ()
    limit: timedelta = timedelta()

    def days_left(self, today: date) -> int | None:
        """How many days it still works; below zero once it does not."""
        return (self.day - today).days if self.day else None


@dataclass(frozen=True)
class Ending:
    """A mailbox whose permission ends; `limit` is after how long that is so there."""

    kind: Kind
    account_id: int
    ref: str
    day: date
    limit: timedelta


class Predictions:
    """Reads what is to come."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        credentials: Callable[[], Sequence[Credential]],
        scopes: Sequence[str],
        zone: ZoneInfo,
        announced: Announced | None = None,
    ) -> None:
        """`scopes`: what this release asks for; `zone`: where days begin; `announced`: by
        Microsoft, else what the data file has."""
        self._store = store
        self._clock = clock
        self._announced = announced or load()
        self._credentials = credentials
        self._scopes = scopes
        self._zone = zone

    def today(self) -> date:
        """Which day it is."""
        return self._clock.now().astimezone(self._zone).date()

    def all(self) -> list[Prediction]:
        """Everything that is to come, the next first; what has no day last."""
        ours = [*self._ending_credentials(self._clock.now())]
        with self._store.reading() as tx:
            found = [*ours, *self.of_mailboxes(tx)]
        return sorted(found, key=lambda each: (each.day is None, each.day, each.customer))

    def of_mailboxes(self, tx: Transaction) -> list[Prediction]:
        """What will stop at mailboxes, within the caller's transaction."""
        now = self._clock.now()
        return [
            *self._lapsing_grants(tx, now),
            *self._ending_sign_ins(tx, now),
            *self._missing_consent(tx),
            *self._switched_off(tx),
        ]

    def ending(self, tx: Transaction) -> Iterator[Ending]:
        """Each mailbox whose permission ends soon, within the caller's transaction."""
        now = self._clock.now()
        for kind, mailboxes, life in (*self._unused(tx, now), *self._signed_in(tx, now)):
            for each in mailboxes:
                day = (each.at + life).astimezone(self._zone).date()
                yield Ending(kind, each.number, each.ref, day, life)

    def _ending_credentials(self, now: datetime) -> Iterator[Prediction]:
        try:
            known = self._credentials()
        except CredentialUnreadable:
            return  # the next use of it raises an alert
        for each in known:
            if each.expires and each.expires <= (now + CREDENTIAL_TOLD_AHEAD).date():
                yield Prediction(Kind.CREDENTIAL, each.expires, what=each.name)

    def _lapsing_grants(self, tx: Transaction, now: datetime) -> Iterator[Prediction]:
        """Grants are used every week, so that one which was not for two months cannot be."""
        for kind, whose, life in self._unused(tx, now):
            yield self._first_of(kind, whose, life)

    def _unused(self, tx: Transaction, now: datetime) -> Iterator[Lapsing]:
        life = self._announced.grant.unused
        for whose in _by_customer(tx.predictions.unused(now - life + TOLD_AHEAD)):
            yield Kind.GRANT, whose, life

    def _ending_sign_ins(self, tx: Transaction, now: datetime) -> Iterator[Prediction]:
        for kind, whose, life in self._signed_in(tx, now):
            yield self._first_of(kind, whose, life)

    def _signed_in(self, tx: Transaction, now: datetime) -> Iterator[Lapsing]:
        limits = learned(tx.predictions.ended(FREQUENCY, now - LEARNED_FROM))
        for whose in _by_customer(tx.predictions.signed_in(limits)):
            limit = limits[whose[0].customer_id]
            soon = [each for each in whose if now < each.at + limit <= now + SIGN_INS_TOLD_AHEAD]
            if soon:
                yield Kind.SIGN_IN, soon, limit

    def _missing_consent(self, tx: Transaction) -> Iterator[Prediction]:
        lacking: dict[tuple[int, str], dict[str, int]] = {}
        for each in tx.predictions.granted():
            has = {scope.lower() for scope in each.scopes.split()}
            missing = [scope for scope in self._scopes if scope.lower() not in has]
            if missing:
                names = ", ".join(scope.rpartition("/")[2] for scope in missing)
                counts = lacking.setdefault((each.customer_id, each.customer), {})
                counts[names] = counts.get(names, 0) + each.mailboxes
        for (number, customer), counts in lacking.items():
            for names, count in counts.items():
                yield Prediction(Kind.CONSENT, None, number, customer, names, count)

    def _switched_off(self, tx: Transaction) -> Iterator[Prediction]:
        old = tx.predictions.old_accounts()
        for switch in self._announced.switch:
            ahead = (switch.day - self.today()).days
            for each in old if 0 <= ahead <= switch.first_told else ():
                whose = (each.customer_id, each.customer)
                yield Prediction(Kind.SWITCH, switch.day, *whose, switch.id, each.accounts)

    def _first_of(self, kind: Kind, whose: Sequence[Dated], life: timedelta) -> Prediction:
        """What mailboxes of a customer have in common, by the one that is first."""
        first = min(each.at for each in whose) + life
        refs = [each.ref for each in whose[:SHOWN]]
        day = first.astimezone(self._zone).date()
        whom = whose[0]
        return Prediction(kind, day, whom.customer_id, whom.customer, "", len(whose), refs, life)


def learned(ended: Iterable[Ended]) -> dict[int, timedelta]:
    """After how long sign-ins end, by the customer: as Microsoft said it, else as long as they
    lasted, which is a little longer (half of them at most)."""
    said: dict[int, list[timedelta]] = {}
    lasted: dict[int, list[timedelta]] = {}
    for each in ended:
        found = LIFETIME.search(str(each.observation.get("text") or ""))
        if found:
            said.setdefault(each.customer_id, []).append(timedelta(seconds=int(found[1])))
        elif each.signed_in_at is not None:
            length = each.at - each.signed_in_at.replace(tzinfo=UTC)
            lasted.setdefault(each.customer_id, []).append(length)
    limits = {
        customer: timedelta(seconds=median(each.total_seconds() for each in spans))
        for customer, spans in lasted.items()
    }
    return limits | {customer: min(spans) for customer, spans in said.items()}


def _by_customer(mailboxes: Iterable[Dated]) -> list[list[Dated]]:
    groups: dict[int, list[Dated]] = {}
    for each in mailboxes:
        groups.setdefault(each.customer_id, []).append(each)
    return list(groups.values())
