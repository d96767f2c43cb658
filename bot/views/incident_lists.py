"""Lists of incidents, and of what is in one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.common.clock import Clock
from bot.diagnosis.failures import Failures
from bot.views.incidents import IncidentView, MaintenanceView, maintenance_view, view_of
from bot.views.overview import CustomerName
from bot.views.unexplained import CauseName
from storage.database import Store, Transaction
from storage.incident_lists import WantedIncidents
from storage.tables import Incident
from storage.vocabulary import AT_WORK, IncidentStatus, Severity

PAGE = 15
MAILBOXES = 20
PAST_FOR = timedelta(days=30)
MOST_OFFERED = 100
MOST_AT_WORK = 50


class Part(StrEnum):
    """Which incidents a list shows."""

    OPEN = "open"
    SILENCED = "silenced"
    MAINTENANCE = "maintenance"
    PAST = "past"


@dataclass(frozen=True)
class AlertFilter:
    """What a list of incidents is set to, and its page."""

    part: Part = Part.OPEN
    severity: Severity | None = None
    cause: str = ""
    customer_id: int = 0
    page: int = 0


@dataclass(frozen=True)
class AlertRow:
    """An incident in a list, and its cause in few words."""

    incident: IncidentView
    title: str


@dataclass(frozen=True)
class AlertList:
    """A page of a list, how many there are in all, and what can be chosen from."""

    rows: Sequence[AlertRow]
    count: int
    causes: Sequence[CauseName] = ()
    customers: Sequence[CustomerName] = ()


@dataclass(frozen=True)
class MailboxRow:
    """A mailbox that is in an incident: whose, since when, and the error ID of its own."""

    name: str
    address: str
    ref: str
    customer: str
    error: str
    since: datetime


@dataclass(frozen=True)
class MailboxList:
    """A page of the mailboxes that are in an incident, by customer, and how many there are."""

    incident_id: int
    rows: Sequence[MailboxRow]
    count: int
    page: int


@dataclass(frozen=True)
class Concerned:
    """A customer in an incident, with how many mailboxes."""

    customer_id: int
    name: str
    mailboxes: int


class AlertLists:
    """Reads lists of incidents as they stand now."""

    def __init__(self, store: Store, clock: Clock, failures: Failures) -> None:
        self._store = store
        self._clock = clock
        self._failures = failures

    def page(self, only: AlertFilter) -> AlertList:
        """The incidents that fit, and by what else they can be chosen."""
        with self._store.reading() as tx:
            wanted = self._wanted(only)
            rows = tx.incidents.listed(wanted, PAGE, only.page * PAGE)
            everything = self._wanted(AlertFilter(only.part))
            causes = [
                CauseName(each, self._failures.title(tx, each))
                for each in tx.incidents.causes_listed(everything)
            ]
            return AlertList(
                self._rows(tx, rows),
                tx.incidents.count_listed(wanted),
                sorted(causes, key=lambda each: each.title),
                self._customers(tx),
            )

    def at_work(self) -> list[AlertRow]:
        """What is not fixed: first what waits for somebody, then what is looked after, then what
        is silent."""
        now = self._clock.now()
        with self._store.reading() as tx:
            loud = WantedIncidents((IncidentStatus.OPEN, IncidentStatus.ACKNOWLEDGED), now)
            quiet = WantedIncidents((IncidentStatus.SILENCED,), now)
            found = [*tx.incidents.listed(loud, MOST_AT_WORK)]
            found += tx.incidents.listed(quiet, MOST_AT_WORK)
            return self._rows(tx, found)

    def mailboxes(self, incident_id: int, page: int) -> MailboxList:
        """A page of the mailboxes that are in an incident."""
        with self._store.reading() as tx:
            found = tx.incidents.mailboxes(incident_id, MAILBOXES, page * MAILBOXES)
            rows = [
                MailboxRow(
                    account.name,
                    account.sender_email,
                    account.ref,
                    tx.channels.customer(account.customer_id).name,
                    member.failure_ref,
                    member.joined_at,
                )
                for account, member in found
            ]
            return MailboxList(incident_id, rows, tx.incidents.count(incident_id), page)

    def concerned(self, incident_id: int) -> list[Concerned]:
        """The customers whose mailboxes are in an incident, those with the most first."""
        with self._store.reading() as tx:
            found = [
                Concerned(number, tx.channels.customer(number).name, many)
                for number, many in tx.incidents.customers(incident_id).items()
            ]
        return sorted(found, key=lambda each: (-each.mailboxes, each.name))

    def mergeable(self, incident_id: int) -> list[AlertRow]:
        """The incidents into which one can be merged: those at work with the same cause."""
        with self._store.reading() as tx:
            incident = tx.incidents.get(incident_id)
            if incident is None:
                return []
            same = WantedIncidents(AT_WORK, self._clock.now(), cause=incident.cause)
            found = tx.incidents.listed(same, MOST_OFFERED + 1)
            return self._rows(tx, [each for each in found if each.id != incident_id])

    def planned(self) -> list[MaintenanceView]:
        """The times of maintenance that are now or to come."""
        with self._store.reading() as tx:
            windows = tx.incidents.windows(self._clock.now())
            return [maintenance_view(tx, each, self._failures) for each in windows]

    def customers(self) -> list[CustomerName]:
        """Every customer by name."""
        with self._store.reading() as tx:
            return self._customers(tx)

    def _customers(self, tx: Transaction) -> list[CustomerName]:
        found = [CustomerName(each.id, each.name) for each in tx.channels.customers()]
        return sorted(found, key=lambda each: each.name)

    def _rows(self, tx: Transaction, found: Sequence[Incident]) -> list[AlertRow]:
        return [AlertRow(view_of(tx, each), self._failures.title(tx, each.cause)) for each in found]

    def _wanted(self, only: AlertFilter) -> WantedIncidents:
        now = self._clock.now()
        statuses: tuple[IncidentStatus, ...] = (IncidentStatus.SILENCED,)
        silenced = None
        since = None
        match only.part:
            case Part.OPEN:
                statuses = (IncidentStatus.OPEN, IncidentStatus.ACKNOWLEDGED)
            case Part.SILENCED:
                silenced = True
            case Part.MAINTENANCE:
                silenced = False
            case Part.PAST:
                statuses = (IncidentStatus.MENDED, IncidentStatus.CLOSED)
                since = now - PAST_FOR
        return WantedIncidents(
            statuses,
            now,
            silenced,
            since,
            only.severity,
            only.cause,
            only.customer_id or None,
        )
