"""Incidents that were grouped wrongly: two are joined, or one is taken apart."""

from bot.common import audit
from bot.common.clock import Clock
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.incidents.course import Course
from bot.incidents.reach import GRAVITY, Reach, of_customer, severity_of
from bot.incidents.timeline import By, Entry
from storage.database import Store, Transaction
from storage.tables import Incident, IncidentMember
from storage.vocabulary import AT_WORK, IncidentStatus, Scope, Severity


class Regrouping:
    """Does by hand what the rules of grouping did not."""

    def __init__(self, store: Store, clock: Clock, course: Course) -> None:
        self._store = store
        self._clock = clock
        self._course = course

    def merge(self, incident_id: int, into_id: int, by: Person) -> None:
        """The mailboxes of an incident go to another one, in which later failures of theirs are
        seen, too; the first is closed.

        Raises:
            Refused: one of them is over or gone, or they are the same, or have different causes.
        """
        with self._store.transaction() as tx:
            held = {number: _held(tx, number) for number in sorted({incident_id, into_id})}
            incident = held[incident_id]
            into = held[into_id]
            if incident is into or incident.cause != into.cause:
                raise Refused("alert.not_to_merge")
            moved = self._move(tx, incident, into, tx.incidents.members(incident.id))
            into.count += incident.count
            into.opened_at = min(into.opened_at, incident.opened_at)
            into.last_at = max(into.last_at, incident.last_at)
            into.severity = max(into.severity, incident.severity, key=lambda each: GRAVITY[each])
            told = (into.customers_told_at, incident.customers_told_at)
            into.customers_told_at = next((each for each in told if each is not None), None)
            for narrower in tx.incidents.inhibited(incident.id):
                narrower.inhibited_by = into.id
            incident.merged_into = into.id
            incident.inhibited_by = None
            who = By(by)
            self._course.close(tx, incident, Entry.MERGED, who, {"incident": into.id})
            self._course.keep(tx, into, Entry.TAKEN_IN, who, {"incident": incident.id})
            self._course.tell(tx, into)
            self._kept(tx, incident, Entry.MERGED, by, moved)

    def split(self, incident_id: int, customer_id: int, by: Person) -> int:
        """The mailboxes of one customer become an incident of their own, in which later failures of
        theirs are seen; its id.

        Raises:
            Refused: it is over or gone, or concerns that customer alone, or not at all.
        """
        with self._store.transaction() as tx:
            fingerprint = self._lock(tx, incident_id, customer_id)
            incident = _held(tx, incident_id)
            everybody = tx.incidents.members(incident.id)
            accounts = tx.accounts.several([each.account_id for each in everybody])
            own = {each.id for each in accounts if each.customer_id == customer_id}
            theirs = [each for each in everybody if each.account_id in own]
            if not theirs or len(theirs) == len(everybody):
                raise Refused("alert.not_to_split")
            new = self._of_its_own(incident, customer_id, fingerprint, theirs[0])
            taken_out = tx.incidents.lock_open(fingerprint) or tx.incidents.add(new)
            moved = self._move(tx, incident, taken_out, theirs)
            detail = {"incident": taken_out.id, "many": moved}
            self._course.keep(tx, incident, Entry.SPLIT, By(by), detail)
            self._course.tell(tx, incident)
            if taken_out is new:
                self._begin(tx, new)
            else:
                self._go_on(tx, taken_out)
            self._kept(tx, incident, Entry.SPLIT, by, moved)
            return taken_out.id

    def _lock(self, tx: Transaction, incident_id: int, customer_id: int) -> str:
        """Hold an incident, and what stands already for the mailboxes that are to be taken out of
        it, in the order in which all do; the fingerprint of that."""
        seen = tx.incidents.get(incident_id)
        if seen is None:
            raise Refused("alert.gone")
        fingerprint = _apart(seen, customer_id)
        there = tx.incidents.open_id(fingerprint)
        for each in sorted({incident_id, there or incident_id}):
            tx.incidents.lock(each)
        return fingerprint

    def _of_its_own(
        self, incident: Incident, customer_id: int, fingerprint: str, member: IncidentMember
    ) -> Incident:
        """An incident of the same scope, so that it holds its mailboxes as the first one did."""
        now = self._clock.now()
        return Incident(
            fingerprint=fingerprint,
            open_fingerprint=fingerprint,
            cause=incident.cause,
            scope=incident.scope,
            concerns=of_customer(customer_id),
            severity=Severity.INFO,
            status=IncidentStatus.OPEN,
            failure_ref=member.failure_ref,
            opened_at=now,
            last_at=now,
        )

    def _begin(self, tx: Transaction, incident: Incident) -> None:
        failure = tx.failures.get(incident.failure_ref)
        assert failure is not None
        live = tx.incidents.live(incident.id)
        incident.severity = severity_of(incident.scope, failure.owner, live)
        self._course.begin(tx, incident)

    def _go_on(self, tx: Transaction, incident: Incident) -> None:
        if incident.status is IncidentStatus.MENDED:
            self._course.came_back(tx, incident)
        self._course.tell(tx, incident)

    def _move(
        self, tx: Transaction, here: Incident, there: Incident, members: list[IncidentMember]
    ) -> int:
        """Mailboxes go from one incident to another; how many."""
        now = self._clock.now()
        for each in members:
            tx.incidents.join(there, each.account_id, each.failure_ref, now)
        tx.incidents.leave(here.id, [each.account_id for each in members], now)
        return len(members)

    def _kept(
        self, tx: Transaction, incident: Incident, entry: Entry, by: Person, moved: int
    ) -> None:
        now = self._clock.now()
        audit.record(tx, by, f"incident.{entry}", f"incident:{incident.id}", now, mailboxes=moved)


def _held(tx: Transaction, incident_id: int) -> Incident:
    incident = tx.incidents.lock(incident_id)
    if incident is None:
        raise Refused("alert.gone")
    if incident.status not in AT_WORK:
        raise Refused("alert.over")
    return incident


def _apart(incident: Incident, customer_id: int) -> str:
    """The fingerprint of a customer's part of an incident. What concerns an organisation anyhow has
    the name under which its next failure looks for it."""
    concerns = of_customer(customer_id)
    if incident.scope is Scope.TENANT:
        return Reach(incident.cause, incident.scope, concerns).fingerprint
    return f"{incident.fingerprint}#{concerns}"
