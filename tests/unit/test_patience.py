"""What it takes to believe a failure at a mailbox that worked: a test for each kind of failure."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.checks.patience import LIMITS, PATIENCE, kind_of
from bot.diagnosis import catalogue
from bot.diagnosis.observation import Condition, Observation, Where
from storage.tables import Account
from storage.vocabulary import FaultKind, State, StepId
from tests.support.fast import ACME, ALERTS, CAROL, SENDING_IS_OFF, FastBot

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)

REFUSED = Observation(Where.SMTP, step="smtp.auth", **SENDING_IS_OFF)
REVOKED = Observation(Where.TOKEN, step="token", error="invalid_grant", codes=(50173,))
UNHEARD_OF = Observation(Where.IMAP, step="imap.auth", condition=Condition.NO, text="never seen")
BUSY = Observation(Where.SMTP, step="smtp.auth", status=454, enhanced="4.7.0")
UNAVAILABLE = Observation(Where.TOKEN, step="token", status=503)
NO_ANSWER = Observation(Where.NETWORK, step="imap.connect", condition=Condition.TIMEOUT)
CUT = Observation(Where.NETWORK, step="smtp.connect", condition=Condition.RESET)
OWN_ERROR = Observation(Where.INTERNAL, step="token", condition=Condition.UNEXPECTED)
TOO_MANY = Observation(Where.TOKEN, step="token", status=429)
BACK_OFF = Observation(
    Where.IMAP,
    step="imap.inbox",
    text="Request is throttled. Suggested Backoff Time: 92 milliseconds",
    retry_after=timedelta(milliseconds=92),
)
LIMIT = Observation(
    Where.SMTP,
    step="smtp.auth",
    status=432,
    enhanced="4.3.2",
    text="STOREDRV.ClientSubmit; sender thread limit exceeded",
)


def minutes(*numbers: float) -> list[datetime]:
    """Sightings so many minutes after noon, the newest first."""
    return sorted((NOON + timedelta(minutes=number) for number in numbers), reverse=True)


@pytest.mark.parametrize(
    ("seen", "kind"),
    [
        (REFUSED, FaultKind.REFUSED),
        (REVOKED, FaultKind.REFUSED),
        (UNHEARD_OF, FaultKind.REFUSED),
        (BUSY, FaultKind.BUSY),
        (UNAVAILABLE, FaultKind.BUSY),
        (OWN_ERROR, FaultKind.BUSY),
        (NO_ANSWER, FaultKind.NETWORK),
        (CUT, FaultKind.NETWORK),
        (TOO_MANY, FaultKind.THROTTLED),
        (BACK_OFF, FaultKind.THROTTLED),
        (LIMIT, FaultKind.THROTTLED),
    ],
)
def test_what_was_seen_says_of_which_kind_it_is(seen: Observation, kind: FaultKind) -> None:
    assert kind_of(seen, catalogue.load().explain(seen)) is kind


def test_every_limit_is_a_cause_of_the_catalogue() -> None:
    assert set(catalogue.load().rows) >= LIMITS


@pytest.mark.parametrize(
    ("kind", "seen", "believed"),
    [
        (FaultKind.REFUSED, (0,), False),
        (FaultKind.REFUSED, (0, 1.5), True),
        (FaultKind.REFUSED, (0, 0.5), False),
        (FaultKind.REFUSED, (0, 10), True),
        (FaultKind.REFUSED, (0, 11), False),
        (FaultKind.REFUSED, (0, 40, 41.5), True),
        (FaultKind.NETWORK, (0, 5), False),
        (FaultKind.NETWORK, (0, 5, 15), False),
        (FaultKind.NETWORK, (0, 30), False),
        (FaultKind.NETWORK, (0, 5, 30), True),
        (FaultKind.BUSY, (0, 5, 20), False),
        (FaultKind.BUSY, (0, 5, 20, 79), False),
        (FaultKind.BUSY, (0, 5, 20, 80), True),
        (FaultKind.THROTTLED, tuple(range(0, 3000, 30)), False),
    ],
)
def test_how_often_over_how_long(kind: FaultKind, seen: tuple[float, ...], believed: bool) -> None:
    assert PATIENCE[kind].believes(minutes(*seen)) is believed


@pytest.mark.parametrize("kind", [kind for kind in FaultKind if kind is not FaultKind.THROTTLED])
def test_our_own_looks_come_so_that_it_is_believed_as_soon_as_it_may_be(kind: FaultKind) -> None:
    patience = PATIENCE[kind]
    seen = [NOON]
    while not patience.believes(seen):
        seen.insert(0, seen[0] + patience.wait(len(seen)))
        assert len(seen) < 10
    assert len(seen) >= (patience.sightings or 0)
    assert seen[0] - NOON <= max(patience.over, timedelta(minutes=1.5))


@given(
    st.sampled_from([kind for kind in FaultKind if kind is not FaultKind.THROTTLED]),
    st.lists(st.floats(0, 90), max_size=5),
)
def test_however_odd_the_times_were_at_which_it_was_seen_it_is_believed_in_the_end(
    kind: FaultKind, gaps: list[float]
) -> None:
    patience = PATIENCE[kind]
    seen = [NOON]
    for gap in gaps:
        seen.insert(0, seen[0] + timedelta(minutes=gap))
    odd = seen[0]
    while not patience.believes(seen):
        seen.insert(0, seen[0] + patience.wait(len(seen)))
        assert seen[0] - odd <= patience.over + timedelta(hours=2)


def begins(bot: FastBot, fault: Observation) -> Account:
    """A live mailbox at which something fails from now on, and we have just seen it."""
    account = bot.account(State.LIVE)
    bot.checks.start(account.id, CAROL)
    bot.run_due()
    bot.mailbox(account).faults[StepId(fault.step)] = fault
    bot.live(timedelta(minutes=8))
    bot.run_due()
    return account


def lost_within(bot: FastBot, fault: Observation, span: timedelta) -> bool:
    """Whether the mailbox counts as lost so long after we saw what fails."""
    account = begins(bot, fault)
    bot.live(span)
    return bot.read(account).state is State.BROKEN


def test_a_refused_sign_in_is_told_on_the_second_sight(bot: FastBot) -> None:
    assert lost_within(bot, REFUSED, timedelta(minutes=1.5))


def test_one_refusal_that_is_gone_on_the_second_sight_is_told_to_nobody(bot: FastBot) -> None:
    account = begins(bot, REFUSED)
    before = len(bot.outbox(ACME))
    bot.mailbox(account).faults.clear()
    bot.live(timedelta(minutes=20))

    assert bot.read(account).state is State.LIVE
    assert len(bot.outbox(ACME)) == before
    with bot.store.transaction() as tx:
        assert tx.failures.open_of(account.id) == []


def test_a_busy_server_is_told_after_an_hour_and_twenty_minutes(bot: FastBot) -> None:
    assert not lost_within(bot, BUSY, timedelta(minutes=79))
    assert lost_within(FastBot(), BUSY, timedelta(minutes=81))


def test_a_network_fault_breaks_nothing_and_alerts_after_half_an_hour(bot: FastBot) -> None:
    account = begins(bot, NO_ANSWER)
    bot.live(timedelta(minutes=29))
    assert bot.posted(ALERTS) == []
    bot.live(timedelta(minutes=2))

    assert len(bot.posted(ALERTS)) == 1
    assert bot.read(account).state is State.LIVE


def test_throttling_is_never_believed_and_makes_our_looks_rarer(bot: FastBot) -> None:
    account = begins(bot, LIMIT)
    before = bot.mailbox(account).looks
    bot.live(timedelta(hours=3))

    assert bot.read(account).state is State.LIVE
    assert bot.posted(ALERTS) == []
    assert bot.mailbox(account).looks - before == 3, "after half an hour, then hourly"
