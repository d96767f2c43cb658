"""Failures of one cause and scope are one incident, which mailboxes join and leave."""

from collections.abc import Collection
from dataclasses import dataclass

from bot.common.clock import Clock
from bot.common.people import MAILDESK
from bot.incidents.course import Course
from bot.incidents.reach import BREADTH, GRAVITY, Reach, covers, reach_of, severity_of
from bot.incidents.timeline import Entry
from bot.incidents.times import COMES_AND_GOES
from storage.database import Transaction
from storage.statuses import IncidentEvent
from storage.tables import Account, Failure, Incident
from storage.vocabulary import (
    AT_WORK,
    IncidentStatus,
    Owner,
    PageChange,
    Permanence,
    Scope,
    Severity,
    State,
)

STEPS = (2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000)
"""At so many mailboxes the timeline says that an incident grew."""


@dataclass(frozen=True)
class Seen:
    """What a test that has ended says to incidents.

    Attributes:
        causes: for which it failed.
        shared: those of them that an outage explains, which our own mailbox shows.
        believed: those that were seen so often that they are believed.
        asked: whether a person asked for the test.
    """

    causes: frozenset[str]
    shared: frozenset[str]
    believed: frozenset[str]
    asked: bool


class Incidents:
    """Puts failures into incidents. Every method works in the caller's transaction; the account, if
    there is one, is held."""

    def __init__(self, clock: Clock, course: Course) -> None:
        self._clock = clock
        self._course = course

    def saw(self, tx: Transaction, failure: Failure, account: Account | None) -> None:
        """A failure was seen that needs no second sight. What is ours, or shared by several
        customers, is an incident at once; what may pass at a mailbox that works is one only where
        it does not pass (`follow`)."""
        if _alerts_at_once(failure) and not _may_pass(failure, account):
            self._join(tx, failure, account)

    def outage(self, tx: Transaction, canary: Account, causes: Collection[str]) -> None:
        """Our own mailbox fails for these causes as customers' do: it is Microsoft or us, and
        on-call is told at once, of one incident."""
        failures = [each for each in tx.failures.open_of(canary.id) if each.cause in causes]
        if any(self._is_outage(tx, failure.cause) for failure in failures):
            return
        failure = min(failures, key=lambda each: each.cause)
        self._join(tx, failure, canary, Reach(failure.cause, Scope.MICROSOFT))

    def hold(self, tx: Transaction, account: Account, causes: Collection[str]) -> None:
        """Hold the incidents that a test of an account which failed for these causes may concern:
        all at once, so that two tests never wait for each other's."""
        failed = {each.cause for each in tx.failures.open_of(account.id)}
        concerned = failed | set(causes) | tx.incidents.causes_holding(account.id)
        if concerned:
            tx.incidents.hold(concerned)

    def follow(self, tx: Transaction, account: Account, seen: Seen) -> None:
        """A test has ended. Of what it did not fail for the account is no example any more; it
        joins what keeps it from working."""
        if seen.causes:
            for cause in sorted(tx.incidents.causes_holding(account.id) - seen.causes):
                self._leave(tx, account.id, cause)
        for failure in sorted(tx.failures.open_of(account.id), key=lambda each: each.cause):
            if failure.cause in seen.causes and self._belongs(tx, failure, account, seen):
                self._join(tx, failure, account)
        for cause in sorted(seen.causes):
            for incident in tx.incidents.lock_holding(account.id, cause):
                self._tested(tx, incident)

    def gone(self, tx: Transaction, failure: Failure) -> None:
        """A failure was proved gone at its account, or means something else now. An incident that
        no mailbox is in ends with the first that works."""
        if failure.account_id is not None:
            self._leave(tx, failure.account_id, failure.cause)
        for incident in tx.incidents.of_cause(failure.cause):
            if incident.status in AT_WORK and not tx.incidents.count(incident.id):
                self._course.mend_if_empty(tx, incident)

    def explained(self, tx: Transaction, failure: Failure, before: str) -> None:
        """A failure is known to have another cause than it was taken for."""
        if failure.account_id is not None:
            for incident in tx.incidents.lock_holding(failure.account_id, before):
                now = self._clock.now()
                tx.incidents.leave(incident.id, [failure.account_id], now)
        for incident in tx.incidents.of_cause(before):
            if incident.status in AT_WORK and not tx.incidents.may_end(incident.id):
                left = [each.account_id for each in tx.incidents.members(incident.id)]
                tx.incidents.leave(incident.id, left, self._clock.now())
                self._course.close(tx, incident, Entry.EXPLAINED)
        self.saw(tx, failure, None if failure.account_id is None else _account(tx, failure))

    def _belongs(self, tx: Transaction, failure: Failure, account: Account, seen: Seen) -> bool:
        """Whether an account at which a test saw a failure is a part of its incident."""
        if tx.incidents.lock_holding(account.id, failure.cause):
            return True
        if failure.cause in seen.shared:
            return self._is_outage(tx, failure.cause)
        if account.state is State.BROKEN:
            return True
        believed = failure.cause in seen.believed
        if _alerts_at_once(failure):
            return believed or (seen.asked and not _may_pass(failure, account))
        return believed and failure.permanence is Permanence.RETRY

    def _is_outage(self, tx: Transaction, cause: str) -> bool:
        """Whether an outage at Microsoft is known that has this cause."""
        return any(
            each.scope is Scope.MICROSOFT and each.status in AT_WORK
            for each in tx.incidents.of_cause(cause)
        )

    def _leave(self, tx: Transaction, account_id: int, cause: str) -> None:
        for incident in tx.incidents.lock_holding(account_id, cause):
            tx.incidents.leave(incident.id, [account_id], self._clock.now())
            if not self._course.mend_if_empty(tx, incident):
                self._tested(tx, incident)
                self._course.tell(tx, incident)

    def _join(
        self,
        tx: Transaction,
        failure: Failure,
        account: Account | None,
        reach: Reach | None = None,
    ) -> None:
        """Put a failure into the incident that stands for it, or into a new one. `reach`: how far
        it is known to reach, where that is farther than the failure says."""
        reach = reach or reach_of(failure)
        there = tx.incidents.of_cause(failure.cause)
        standing = self._standing(tx, reach, failure, there)
        if standing is not None and self._stayed_away(standing):
            self._course.close(tx, standing, Entry.CLOSED)
            standing = None
        new = self._new(reach, failure)
        incident = standing or tx.incidents.add(new)
        if incident is not new:
            self._again(tx, incident)
        before = incident.severity
        if account is not None:
            self._take_in(tx, incident, account.id, failure)
        for narrower in [each for each in there if self._stands_for(tx, incident, each)]:
            self._inhibit(tx, narrower, incident)
        self._weigh(tx, incident, failure)
        if incident is new:
            self._course.begin(tx, incident)
            return
        self._course.tell(tx, incident)
        if incident.severity is not before and incident.told_at != self._clock.now():
            self._grew(tx, incident)

    def _again(self, tx: Transaction, incident: Incident) -> None:
        """The cause of an incident is seen once more."""
        if incident.status is IncidentStatus.MENDED:
            self._course.came_back(tx, incident)
        incident.happened(IncidentEvent.SEEN, self._clock.now())

    def _stayed_away(self, incident: Incident) -> bool:
        """Whether an incident was mended for so long that it is over: another one begins."""
        mended = incident.mended_at
        return mended is not None and self._clock.now() - mended > COMES_AND_GOES

    def _standing(
        self, tx: Transaction, reach: Reach, failure: Failure, there: Collection[Incident]
    ) -> Incident | None:
        """The incident that stands for a failure already: one that the account is in (it may have
        been joined or taken apart by hand), else the widest."""
        mine = (
            tx.incidents.lock_holding(failure.account_id, failure.cause)
            if failure.account_id is not None
            else []
        )
        wide_enough = [
            each
            for each in mine
            if each.inhibited_by is None and BREADTH[each.scope] >= BREADTH[reach.scope]
        ]
        covering = [each for each in there if covers(each, reach, failure.customer_id)]
        same = [each for each in there if each.fingerprint == reach.fingerprint]
        found = [*wide_enough, *covering, *same]
        if found:
            kept = [each.id for each in wide_enough]
            return max(found, key=lambda each: (BREADTH[each.scope], each.id in kept, -each.id))
        return tx.incidents.lock_where_merged(reach.fingerprint)

    def _new(self, reach: Reach, failure: Failure) -> Incident:
        now = self._clock.now()
        return Incident(
            fingerprint=reach.fingerprint,
            open_fingerprint=reach.fingerprint,
            cause=reach.cause,
            scope=reach.scope,
            concerns=reach.concerns,
            severity=Severity.INFO,
            status=IncidentStatus.OPEN,
            failure_ref=failure.ref,
            count=failure.count,
            opened_at=now,
            last_at=now,
        )

    def _take_in(
        self, tx: Transaction, incident: Incident, account_id: int, failure: Failure
    ) -> None:
        if not tx.incidents.join(incident, account_id, failure.ref, self._clock.now()):
            return
        many = tx.incidents.count(incident.id)
        if many in STEPS and many == incident.most:
            self._course.keep(tx, incident, Entry.GREW, detail={"many": many})

    def _stands_for(self, tx: Transaction, wider: Incident, narrower: Incident) -> bool:
        kind, _, number = narrower.concerns.partition(":")
        customer_id = int(number) if kind == "customer" else None
        if kind == "account":
            customer_id = tx.accounts.get(int(number)).customer_id
        reach = Reach(narrower.cause, narrower.scope, narrower.concerns)
        return narrower.status in AT_WORK and covers(wider, reach, customer_id)

    def _inhibit(self, tx: Transaction, narrower: Incident, wider: Incident) -> None:
        """A wider incident stands for a narrower one from now on, which notifies nobody."""
        for member in tx.incidents.members(narrower.id):
            tx.incidents.join(wider, member.account_id, member.failure_ref, self._clock.now())
        if narrower.inhibited_by is not None:
            return
        self._course.keep(tx, narrower, Entry.INHIBITED, detail={"incident": wider.id})
        self._course.page(tx, narrower, PageChange.CLOSED)
        narrower.inhibited_by = wider.id
        self._course.tell(tx, narrower)

    def _weigh(self, tx: Transaction, incident: Incident, failure: Failure) -> None:
        """An incident may come to matter more while it is open, and never less."""
        live = tx.incidents.live(incident.id)
        outage = incident.scope is Scope.MICROSOFT
        severity = severity_of(incident.scope, Owner.MICROSOFT if outage else failure.owner, live)
        if GRAVITY[severity] > GRAVITY[incident.severity]:
            incident.severity = severity

    def _grew(self, tx: Transaction, incident: Incident) -> None:
        self._course.page(tx, incident, PageChange.PROMOTED)
        if GRAVITY[incident.severity] >= GRAVITY[Severity.HIGH]:
            self._course.nudge(tx, incident, Entry.GREW)

    def _tested(self, tx: Transaction, incident: Incident) -> None:
        """Where all mailboxes of an incident were to be tested: whether they were by now."""
        if incident.retest_at is None:
            return
        if tx.incidents.not_tested(incident.id, incident.retest_at):
            self._course.tell(tx, incident)
            return
        many = tx.incidents.count(incident.id)
        incident.retest_at = None
        seen = {"many": many, "resolving": incident.resolving}
        self._course.keep(tx, incident, Entry.STILL_FAILS, detail=seen)
        if incident.resolving and incident.retest_by == MAILDESK.user:
            # Somebody at the pager said that it is fixed, and there it is over
            self._course.page(tx, incident, PageChange.REOPENED)
        incident.resolving = False
        self._course.tell(tx, incident)


def _alerts_at_once(failure: Failure) -> bool:
    """Whether a failure is ours, or shared by several customers and not theirs to mend."""
    wide = failure.scope in (Scope.APPLICATION, Scope.MICROSOFT)
    return failure.owner is Owner.ON_CALL or (
        wide and failure.owner in (Owner.SUPPORT, Owner.MICROSOFT)
    )


def _may_pass(failure: Failure, account: Account | None) -> bool:
    """Whether a failure may pass by itself, at a mailbox that is in use."""
    if account is None or account.live_at is None:
        return False
    return failure.permanence is Permanence.RETRY


def _account(tx: Transaction, failure: Failure) -> Account | None:
    return tx.accounts.get(failure.account_id) if failure.account_id is not None else None
