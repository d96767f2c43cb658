"""Failures under their error IDs: how far a cause reaches, how it ended, and when on-call hears."""

from datetime import timedelta
from typing import Any

import pytest

from bot.common.refusals import Refused
from bot.diagnosis.observation import Condition, Observation, Where
from storage.tables import Account, Failure, Incident
from storage.vocabulary import Mended, Scope, State, StepId
from tests.support.fast import ALERTS, CAROL, SENDING_IS_OFF, VERA, FastBot, days, hours

OURS = {"where": Where.TOKEN, "step": "token", "error": "invalid_client"}
"""What is seen when our secret has ended."""

SMTP_OFF = Observation(Where.SMTP, step="smtp.auth", **SENDING_IS_OFF)


def failing(bot: FastBot, **facts: Any) -> Account:
    """An account that signed in some time ago and fails."""
    return bot.account(State.FAILING, waiting_for=hours(2), **facts)


def incidents(bot: FastBot) -> list[Incident]:
    """The open incidents."""
    with bot.store.transaction() as tx:
        return tx.incidents.all_open()


def settled(bot: FastBot, account: Account, *passed: StepId) -> set[int]:
    """A test that begins now, in which these steps pass; which other accounts it wakes."""
    with bot.store.transaction() as tx:
        held = tx.accounts.lock(account.id)
        return bot.failures.settle(tx, held, passed or set(StepId), bot.now)


def again(bot: FastBot, failure: Failure) -> Failure:
    """The failure as it stands now."""
    with bot.store.transaction() as tx:
        found = tx.failures.get(failure.ref)
    assert found is not None
    return found


def mended_by(bot: FastBot, failure: Failure) -> Mended | None:
    """What came before the failure was gone."""
    return again(bot, failure).mended_by


# -- one error ID


def test_the_same_cause_at_an_account_keeps_its_error_id_for_a_day(bot: FastBot) -> None:
    account = failing(bot)
    first = bot.failure(account)
    bot.clock.at += days(1)
    second = bot.failure(account)
    bot.clock.at += days(1) + timedelta(seconds=1)
    third = bot.failure(account)

    assert (second.ref, second.count, second.last_at) == (
        first.ref,
        2,
        bot.now - days(1) - timedelta(seconds=1),
    )
    assert third.ref != first.ref


def test_each_account_and_each_cause_has_an_error_id_of_its_own(bot: FastBot) -> None:
    account = failing(bot)
    refs = {
        bot.failure(account).ref,
        bot.failure(failing(bot)).ref,
        bot.failure(account, Where.IMAP, "imap.folders", condition=Condition.EMPTY).ref,
        bot.failure().ref,
        bot.failure().ref,
    }
    assert len(refs) == 5


def test_what_comes_again_is_open_again(bot: FastBot) -> None:
    account = failing(bot)
    failure = bot.failure(account)
    bot.clock.at += hours(1)
    settled(bot, account)
    assert mended_by(bot, failure) is Mended.ITSELF

    bot.failure(account)
    assert mended_by(bot, failure) is None


# -- how it ended


def test_a_failure_ends_when_the_step_that_proves_it_passes(bot: FastBot) -> None:
    account = failing(bot)
    failure = bot.failure(account)
    bot.clock.at += hours(1)

    settled(bot, account, StepId.TOKEN, StepId.IMAP_AUTH)
    assert again(bot, failure).mended_at is None
    settled(bot, account, StepId.SMTP_AUTH)
    assert again(bot, failure).mended_at == bot.now


def test_a_failure_that_was_seen_in_the_same_test_is_not_over(bot: FastBot) -> None:
    account = failing(bot)
    failure = bot.failure(account)

    settled(bot, account)
    assert again(bot, failure).mended_at is None


def test_what_is_gone_after_a_sign_in_was_mended_by_it(bot: FastBot) -> None:
    account = failing(bot)
    failure = bot.failure(account)
    bot.clock.at += hours(1)
    bot.sign_in(account)
    bot.clock.at += hours(1)

    settled(bot, account)
    assert mended_by(bot, failure) is Mended.SIGN_IN


def test_what_is_gone_long_after_a_sign_in_went_by_itself(bot: FastBot) -> None:
    account = failing(bot)
    bot.sign_in(account)
    bot.clock.at += hours(1)
    failure = bot.failure(account)
    bot.clock.at += hours(1)

    settled(bot, account)
    assert mended_by(bot, failure) is Mended.ITSELF


def test_what_is_gone_after_somebodys_word_was_mended_by_a_change(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED)
    bot.mailbox(account).faults[StepId.SMTP_AUTH] = SMTP_OFF
    with bot.store.transaction() as tx:
        bot.checks.request(tx, tx.accounts.lock(account.id), CAROL)
    bot.run_due()
    bot.fixes.said(account.id, CAROL)
    bot.mailbox(account).faults.clear()
    bot.live(hours(1))

    with bot.store.transaction() as tx:
        failure = tx.failures.latest_of(account.id)
    assert failure.mended_by is Mended.CHANGE


def test_the_history_says_how_often_and_how_fast_a_cause_ended(bot: FastBot) -> None:
    for minutes in (10, 20, 60):
        account = failing(bot)
        bot.failure(account)
        bot.clock.at += timedelta(minutes=minutes)
        settled(bot, account)
    last = bot.failure(failing(bot))

    with bot.store.transaction() as tx:
        history = bot.failures.history(tx, last)
    (ending,) = history.endings
    assert (ending.by, ending.count, ending.minutes) == (Mended.ITSELF, 3, 20)
    assert (history.accounts, history.customers) == (1, 1)


def test_a_failure_that_is_over_was_over_when_that_was_first_seen(bot: FastBot) -> None:
    account = failing(bot)
    failure = bot.failure(account)
    bot.clock.at += hours(1)
    settled(bot, account)
    seen = bot.now
    bot.clock.at += hours(1)
    settled(bot, account)

    assert again(bot, failure).mended_at == seen


# -- how far it reaches


def test_a_cause_at_one_mailbox_is_that_mailboxs(bot: FastBot) -> None:
    assert bot.failure(failing(bot)).scope is Scope.MAILBOX


def test_a_cause_at_two_mailboxes_of_a_customer_is_the_organisations(bot: FastBot) -> None:
    first = bot.failure(failing(bot))
    second = bot.failure(failing(bot))

    assert second.scope is Scope.TENANT
    assert again(bot, first).scope is Scope.TENANT
    with bot.store.transaction() as tx:
        assert bot.failures.mailboxes(tx, second) == 2


def test_a_cause_at_two_customers_is_the_applications(bot: FastBot) -> None:
    borealis = bot.customer("Borealis", "C0BORE")
    first = bot.failure(failing(bot))
    second = bot.failure(failing(bot, channel=borealis))

    assert second.scope is Scope.APPLICATION
    assert again(bot, first).scope is Scope.APPLICATION


def test_what_was_mended_or_is_older_than_a_day_reaches_nowhere(bot: FastBot) -> None:
    mended = failing(bot)
    bot.failure(mended)
    bot.clock.at += hours(1)
    settled(bot, mended)
    assert bot.failure(failing(bot)).scope is Scope.MAILBOX

    bot.clock.at += days(1) + hours(1)
    assert bot.failure(failing(bot)).scope is Scope.MAILBOX


def test_a_failure_that_is_over_reaches_as_far_as_it_did(bot: FastBot) -> None:
    mended = failing(bot)
    over = bot.failure(mended)
    bot.clock.at += hours(1)
    settled(bot, mended)
    bot.failure(failing(bot))
    bot.failure(failing(bot))

    assert again(bot, over).scope is Scope.MAILBOX


# -- on-call


def test_what_is_ours_raises_one_alert_however_many_mailboxes_it_hits(bot: FastBot) -> None:
    for _ in range(3):
        bot.failure(failing(bot), **OURS)
    bot.run_due()

    (incident,) = incidents(bot)
    assert incident.count == 3
    assert len(bot.posted(ALERTS)) == 1


def test_what_a_customer_can_mend_raises_no_alert(bot: FastBot) -> None:
    bot.failure(failing(bot))

    assert incidents(bot) == []


def test_an_alert_ends_when_the_cause_is_gone_everywhere(bot: FastBot) -> None:
    first = failing(bot)
    second = failing(bot)
    bot.failure(first, **OURS)
    bot.failure(second, **OURS)
    bot.clock.at += hours(1)

    assert settled(bot, first) == {second.id}
    assert len(incidents(bot)) == 1
    assert settled(bot, second) == set()
    assert incidents(bot) == []


@pytest.mark.parametrize("gone", [State.DISCONNECTED, State.AWAITING_SIGN_IN])
def test_an_account_that_nobody_tests_any_more_keeps_no_alert_open(
    bot: FastBot, gone: State
) -> None:
    works = failing(bot)
    bot.failure(works, **OURS)
    bot.failure(bot.account(gone), **OURS)
    bot.clock.at += hours(1)

    assert settled(bot, works) == set()
    assert incidents(bot) == []


def test_disconnecting_the_last_account_with_a_cause_leaves_others_to_end_the_alert(
    bot: FastBot,
) -> None:
    works = failing(bot)
    ends = failing(bot)
    bot.failure(works, **OURS)
    bot.failure(ends, **OURS)
    bot.accounts.disconnect(ends.id, CAROL)
    bot.clock.at += hours(1)

    settled(bot, works)
    assert incidents(bot) == []


def test_a_cause_that_comes_again_within_the_hour_is_the_same_incident(bot: FastBot) -> None:
    account = failing(bot)
    bot.failure(account, **OURS)
    (first,) = incidents(bot)
    bot.clock.at += hours(1)
    settled(bot, account)
    bot.clock.at += hours(1)

    bot.failure(account, **OURS)
    assert [incident.id for incident in incidents(bot)] == [first.id]


def test_a_cause_that_comes_again_later_is_a_new_incident(bot: FastBot) -> None:
    account = failing(bot)
    bot.failure(account, **OURS)
    (first,) = incidents(bot)
    bot.clock.at += hours(1)
    settled(bot, account)
    bot.clock.at += hours(1) + timedelta(seconds=1)

    bot.failure(account, **OURS)
    assert [incident.id for incident in incidents(bot)] != [first.id]


def test_a_cause_that_was_quiet_for_a_day_is_over_where_no_mailbox_can_end_it(
    bot: FastBot,
) -> None:
    bot.failure(**OURS)
    (first,) = incidents(bot)
    bot.clock.at += days(1) - timedelta(seconds=1)
    bot.run_due()
    assert [incident.id for incident in incidents(bot)] == [first.id]

    bot.live(days(2))
    assert incidents(bot) == []


def test_a_cause_at_a_mailbox_is_never_forgotten(bot: FastBot) -> None:
    bot.failure(failing(bot), **OURS)
    (first,) = incidents(bot)
    bot.clock.at += days(3)
    bot.run_due()
    assert [incident.id for incident in incidents(bot)] == [first.id]


def test_the_first_to_look_after_an_incident_stays(bot: FastBot) -> None:
    bot.failure(failing(bot), **OURS)
    (incident,) = incidents(bot)
    bot.incidents.acknowledge(incident.id, VERA)
    with pytest.raises(Refused, match=r"alert\.taken_by"):
        bot.incidents.acknowledge(incident.id, CAROL)

    (incident,) = incidents(bot)
    assert (incident.acknowledged_by, incident.acknowledged_at) == (VERA.user, bot.now)
