"""What has to be so when people have walked their accounts down the road, whatever died meanwhile:
each check says what is not."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from sandbox.slack.office import Office
from sandbox.world import World
from storage.database import connect, snapshot
from storage.tables import (
    Account,
    AuditEntry,
    ConnectionTest,
    Failure,
    Grant,
    Incident,
    Job,
    Lane,
    OutboxItem,
    Page,
    PostedMessage,
    SignInFlow,
    Watch,
)
from storage.vocabulary import State
from tests.support.slack import texts
from tests.support.walkers import ANSWER, CARD, VERA, Plan, Quay


def is_at_rest(url: str, now: datetime) -> bool:
    """Whether nothing is due, and nobody is at work."""
    engine = connect(url)
    with snapshot(engine) as connection:
        rests = next(at_work(Session(connection), now), None) is None
    engine.dispose()
    return rests


def at_work(session: Session, now: datetime) -> Iterator[str]:
    """What is due, or in somebody's hands; but for looks, of which some are due at all times."""
    waits = col(OutboxItem.done_at).is_(None)
    yield from _named("a message waits", session, select(OutboxItem).where(waits))
    due = (col(Job.due_at) <= now) | col(Job.leased_until).is_not(None)
    yield from _named("a job", session, select(Job).where(due))
    running = col(ConnectionTest.finished_at).is_(None)
    yield from _named("a test runs", session, select(ConnectionTest).where(running))
    left = col(Watch.leased_until) <= now
    yield from _named("a look was left", session, select(Watch).where(left))


def orphans(session: Session, now: datetime) -> Iterator[str]:
    """What says that somebody is at work, when nobody is."""
    yield from at_work(session, now)
    looked_at = col(Watch.leased_until).is_not(None)
    yield from _named("a mailbox is held", session, select(Watch).where(looked_at))
    held = col(Lane.leased_until).is_not(None)
    yield from _named("a channel is held", session, select(Lane).where(held))
    refreshing = col(Grant.claimed_until) > now
    yield from _named("a grant is held", session, select(Grant).where(refreshing))
    open_flow = col(SignInFlow.finished_at).is_(None)
    done = col(Account.object_id) != ""
    flows = select(SignInFlow).join(Account).where(open_flow, done)
    yield from _named("a sign-in is open", session, flows)
    yield from _named("a page", session, select(Page))


def alarms(session: Session) -> Iterator[str]:
    """What somebody would be told of who has nothing to do with it: nothing was wrong, but for the
    permission of which a running test was deprived by whoever disconnected its account."""
    deprived = select(Account.id).where(Account.state == State.DISCONNECTED)
    others = or_(col(Failure.account_id).is_(None), col(Failure.account_id).not_in(deprived))
    yield from _named("a failure", session, select(Failure).where(others))
    yield from _named("an incident", session, select(Incident))


def astray(session: Session, quays: Sequence[Quay]) -> Iterator[str]:
    """Accounts that are not where their person left them."""
    for quay, plan, accounts in _accounts(session, quays):
        states = [account.state for account in accounts]
        if states != [plan.end.state]:
            yield f"{quay.name}, {plan.name} ({plan.end.value[1]}): {states}"


def misposted(session: Session, office: Office, quays: Sequence[Quay]) -> Iterator[str]:
    """Messages that do not stand in their channel exactly once, as we know them."""
    ours = [m for m in office.messages if m.user == office.bot_user and not m.ephemeral_to]
    known = Counter((p.channel_id, p.ts) for p in session.exec(select(PostedMessage)))
    shown = Counter((m.channel, m.ts) for m in ours)
    texts = {(m.channel, m.ts): m.text for m in ours}
    for place in (known - shown) + (shown - known):
        yield f"{place}: known {known[place]}, shown {shown[place]}: {texts.get(place, '')!r}"
    items = Counter(str(m.metadata) for m in ours if m.metadata)
    yield from (f"{item}: posted {times} times" for item, times in items.items() if times > 1)
    for quay in quays:
        here = [_text(m.blocks) + m.text for m in ours if m.channel == quay.channel]
        wanted = [CARD, ANSWER, *(f"*{plan.name}*   `MB-" for plan in quay.accounts)]
        for words in wanted:
            times = sum(words in text for text in here)
            if times != 1:
                yield f"{quay.name}: {times} messages with {words!r}"


def left_in_mailboxes(world: World, quays: Sequence[Quay]) -> Iterator[str]:
    """Test messages that nobody took away again."""
    for quay in quays:
        for plan in quay.accounts:
            for folder in world.mailboxes[plan.address].folders:
                if folder.messages:
                    yield f"{plan.address}: {len(folder.messages)} in {folder.name}"


def wrongly_audited(session: Session, quays: Sequence[Quay]) -> Iterator[str]:
    """Deeds that the audit does not have exactly once, or has and nobody did."""
    for quay, plan, (account, *_) in _accounts(session, quays):
        rows = [row for row in _rows(session, account.ref) if row.action != BY_THE_CLOCK]
        there = Counter(row.action for row in rows)
        wanted = Counter(_deeds(session, plan, account))
        if plan.end.state is State.DISCONNECTED:  # of whose sign-ins nothing is kept
            del there["signin.begun"]
        if there != wanted:
            yield f"{quay.name}, {plan.name}: {there - wanted} too many, {wanted - there} missing"
        people = {row.user for row in rows if row.action in OF_PEOPLE}
        if people != {quay.user}:
            yield f"{quay.name}, {plan.name}: done by {people}"
    for quay in quays:
        bound = [row for row in _rows(session, quay.channel) if row.action == "channel.bound"]
        if [row.user for row in bound] != [VERA]:
            yield f"{quay.name}: bound {len(bound)} times"


OF_PEOPLE = ("account.created", "folders.mapped", "account.tokens_deleted")
BY_THE_CLOCK = "signin.unfinished"
"""It is said of a sign-in that took somebody longer than a quarter of an hour, or has no end."""


def _deeds(session: Session, plan: Plan, account: Account) -> Iterator[str]:
    """What the audit of an account has to say, by what there is of it."""
    yield from ("account.created", "account.awaiting_sign_in")
    flows = session.exec(select(SignInFlow).where(SignInFlow.account_id == account.id)).all()
    yield from ["signin.begun"] * len(flows)
    mine = ConnectionTest.account_id == account.id
    tests = session.exec(select(ConnectionTest).where(mine)).all()
    yield from ["test.requested"] * sum(not test.quiet for test in tests)
    yield from ["test.finished"] * sum(test.passed is not None for test in tests)
    if plan.end.connected:
        yield from ("signin.done", "account.testing", "account.unmapped")
    if plan.end.mapped:
        yield from ("folders.mapped", "account.live")
    if plan.end.state is State.DISCONNECTED:
        yield from ("account.tokens_deleted", "account.disconnected")


def _rows(session: Session, subject: str) -> list[AuditEntry]:
    found = select(AuditEntry).where(AuditEntry.subject == subject, AuditEntry.result != "refused")
    return list(session.exec(found))


def _accounts(
    session: Session, quays: Sequence[Quay]
) -> Iterator[tuple[Quay, Plan, list[Account]]]:
    for quay in quays:
        for plan in quay.accounts:
            found = select(Account).where(
                Account.channel_id == quay.channel, Account.sender_email == plan.address
            )
            yield quay, plan, list(session.exec(found))


def _named(what: str, session: Session, found: SelectOfScalar[Any]) -> Iterator[str]:
    for row in session.exec(found):
        yield f"{what}: {row!r}"


def _text(blocks: object) -> str:
    return "\n".join(texts(blocks))
