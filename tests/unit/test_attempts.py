"""What people do about failures: when it helped, when it was in vain, and when it was enough."""

from datetime import timedelta
from typing import Any

import pytest

from bot.common.people import WEB, Person
from bot.diagnosis.attempts import Attempts, is_spent
from bot.diagnosis.history import Rate
from bot.diagnosis.observation import Where
from storage.tables import Account, Attempt, Failure
from storage.vocabulary import AdviceStatus, AttemptStatus, Deed, Owner, State, StepId
from tests.support.fast import ACME, CAROL, SENDING_IS_OFF, VERA, FastBot, days, hours

CARL = Person("T0ACME", "U0CARL", ACME)
MINUTE = timedelta(minutes=1)
GIVEN, DOUBTED, SPENT = AdviceStatus
WAITING, HELPED, IN_VAIN = AttemptStatus
SMTP_OFF: dict[str, Any] = {"where": Where.SMTP, "step": "smtp.auth", **SENDING_IS_OFF}
NO_IMAP: dict[str, Any] = {
    "where": Where.IMAP,
    "step": "imap.inbox",
    "text": "User is authenticated but not connected.",
}
REVOKED: dict[str, Any] = {
    "where": Where.TOKEN,
    "step": "token",
    "error": "invalid_grant",
    "codes": (50173,),
    "text": "AADSTS50173: The provided grant has expired due to it being revoked.",
}
OURS = {"where": Where.TOKEN, "step": "token", "error": "invalid_client"}


@pytest.fixture
def account(bot: FastBot) -> Account:
    """One that fails, and whose person signed in long ago."""
    return bot.account(State.FAILING, waiting_for=days(1))


def done(
    bot: FastBot, account: Account, failure: Failure, by: Person = CAROL, deed: Deed = Deed.CHANGE
) -> None:
    """Somebody does what a failure asks for."""
    with bot.store.transaction() as tx:
        held = tx.accounts.lock(account.id)
        Attempts(bot.clock).done(tx, held, failure, deed, by, customers=by is not VERA)


def followed(bot: FastBot, account: Account, seen: dict[str, Any], by: Person = CAROL) -> None:
    """The failure is seen, and somebody does what it asks for, which has its time."""
    done(bot, account, bot.failure(account, **seen), by)
    bot.clock.at += hours(1)


def asks_for_a_test(bot: FastBot, account: Account, failure: Failure) -> None:
    """A customer asks for a test, which fails."""
    with bot.store.transaction() as tx:
        Attempts(bot.clock).tested(tx, tx.accounts.lock(account.id), failure, CAROL)
    bot.failure(account)


def gone(bot: FastBot, account: Account, *passed: StepId) -> None:
    """A test in which these steps pass."""
    with bot.store.transaction() as tx:
        held = tx.accounts.lock(account.id)
        bot.failures.settle(tx, held, passed or set(StepId), bot.now + MINUTE)


def works(bot: FastBot, account: Account) -> None:
    """The mailbox works, and fails again afterwards."""
    gone(bot, account)
    with bot.store.transaction() as tx:
        tx.attempts.end_counting(account.id, bot.now)


def kept(bot: FastBot, account: Account) -> list[Attempt]:
    """Everything that was done about the account, oldest first."""
    with bot.store.transaction() as tx:
        return tx.attempts.newest(account.id, 100)


def outcomes(bot: FastBot, account: Account) -> list[tuple[Deed, AttemptStatus]]:
    """What was done about the account, and what came of it."""
    return [(each.deed, each.outcome) for each in kept(bot, account)]


def signs_in(bot: FastBot, account: Account) -> None:
    """The account's own person signs in; nothing is tested yet."""
    with bot.store.transaction() as tx:
        tx.accounts.lock(account.id).signed_in_at = bot.now


# -- in vain


def test_what_was_followed_twice_in_vain_is_spent(bot: FastBot, account: Account) -> None:
    followed(bot, account, SMTP_OFF)
    assert bot.failure(account).advice is GIVEN
    followed(bot, account, SMTP_OFF, CARL)
    failure = bot.failure(account)

    assert failure.advice is SPENT
    first, second = kept(bot, account)
    assert (first.by_user, second.by_user) == (CAROL.user, CARL.user)
    assert (first.outcome, second.outcome) == (IN_VAIN, IN_VAIN)
    assert (first.answer, first.answer_ref) == (SENDING_IS_OFF["text"], failure.ref)
    assert (first.answered_at, second.answered_at) == (second.made_at, bot.now)
    assert first.handed_at == second.handed_at == bot.now


def test_a_change_has_an_hour_to_show(bot: FastBot, account: Account) -> None:
    done(bot, account, bot.failure(account))
    bot.clock.at += hours(1) - timedelta(seconds=1)
    bot.failure(account)
    assert outcomes(bot, account) == [(Deed.CHANGE, WAITING)]
    bot.clock.at += timedelta(seconds=1)
    bot.failure(account)
    assert outcomes(bot, account) == [(Deed.CHANGE, IN_VAIN)]


def test_an_approval_is_answered_at_once(bot: FastBot, account: Account) -> None:
    done(bot, account, bot.failure(account), deed=Deed.APPROVAL)
    bot.failure(account)
    assert outcomes(bot, account) == [(Deed.APPROVAL, IN_VAIN)]


def test_what_is_said_again_meanwhile_is_the_same_attempt(bot: FastBot, account: Account) -> None:
    begun = bot.now
    for by in (CAROL, CARL, CAROL, VERA):
        done(bot, account, bot.failure(account), by)
        bot.clock.at += MINUTE * 15
    assert bot.failure(account).advice is GIVEN
    (attempt,) = kept(bot, account)
    assert (attempt.made_at, attempt.by_user, attempt.customers) == (begun, CAROL.user, True)
    assert attempt.outcome is IN_VAIN


def test_a_customers_word_beside_supports_is_the_customers(bot: FastBot, account: Account) -> None:
    done(bot, account, bot.failure(account), VERA)
    done(bot, account, bot.failure(account), CARL)
    (attempt,) = kept(bot, account)
    assert (attempt.by_team, attempt.by_user, attempt.customers) == (CARL.team, CARL.user, True)


def test_a_change_beside_a_test_that_runs_is_one_attempt(bot: FastBot, account: Account) -> None:
    failure = bot.failure(account)
    done(bot, account, failure, deed=Deed.TEST)
    done(bot, account, failure, deed=Deed.CHANGE)
    done(bot, account, failure, deed=Deed.APPROVAL)
    bot.failure(account)
    assert outcomes(bot, account) == [(Deed.CHANGE, WAITING)]


def test_what_support_did_does_not_count(bot: FastBot, account: Account) -> None:
    for by in (VERA, CAROL, VERA, VERA):
        followed(bot, account, SMTP_OFF, by)
        assert bot.failure(account).advice is GIVEN
    followed(bot, account, SMTP_OFF)
    assert bot.failure(account).advice is SPENT
    assert [each.customers for each in kept(bot, account)] == [False, True, False, False, True]


def test_a_long_answer_is_cut_and_one_without_words_tells_its_numbers(
    bot: FastBot, account: Account
) -> None:
    followed(bot, account, SMTP_OFF | {"text": "Authentication unsuccessful " + "x" * 400})
    bot.failure(account, **SMTP_OFF | {"text": "Authentication unsuccessful " + "x" * 400})
    (attempt,) = kept(bot, account)
    assert len(attempt.answer) == 300

    other = bot.account(State.FAILING)
    silent = SMTP_OFF | {"text": ""}
    followed(bot, other, silent)
    bot.failure(other, **silent)
    assert kept(bot, other)[0].answer == "535 5.7.139"


# -- tests that people ask for


def test_tests_count_from_a_quarter_of_an_hour_after_what_was_read_or_done_last(
    bot: FastBot, account: Account
) -> None:
    failure = bot.failure(account)
    for minutes, counted in ((0, 0), (14, 0), (1, 1), (0, 1), (14, 1), (1, 2)):
        bot.clock.at += MINUTE * minutes
        asks_for_a_test(bot, account, failure)
        assert outcomes(bot, account) == [(Deed.TEST, IN_VAIN)] * counted
    assert bot.failure(account).advice is SPENT
    assert {each.by_user for each in kept(bot, account)} == {CAROL.user}


def test_tests_beside_a_word_that_has_its_time_still_do_not_count(
    bot: FastBot, account: Account
) -> None:
    failure = bot.failure(account)
    done(bot, account, failure)
    for _ in range(2):
        bot.clock.at += MINUTE * 20
        asks_for_a_test(bot, account, failure)
    assert outcomes(bot, account) == [(Deed.CHANGE, WAITING)]


@pytest.mark.parametrize("seen", [OURS, REVOKED], ids=["ours", "a sign-in mends it"])
def test_a_test_is_no_remedy_of_what_no_change_mends(
    bot: FastBot, account: Account, seen: dict[str, Any]
) -> None:
    failure = bot.failure(account, **seen)
    bot.clock.at += hours(1)
    asks_for_a_test(bot, account, failure)
    assert kept(bot, account) == []


# -- counting


def test_counting_begins_anew_where_it_worked_since(bot: FastBot, account: Account) -> None:
    followed(bot, account, SMTP_OFF)
    bot.failure(account)
    works(bot, account)
    followed(bot, account, SMTP_OFF)
    assert bot.failure(account).advice is GIVEN
    followed(bot, account, SMTP_OFF)
    assert bot.failure(account).advice is SPENT


def test_another_cause_is_counted_for_itself(bot: FastBot, account: Account) -> None:
    followed(bot, account, SMTP_OFF)
    bot.failure(account)
    followed(bot, account, NO_IMAP)
    assert bot.failure(account, **NO_IMAP).advice is GIVEN
    followed(bot, account, NO_IMAP)
    assert bot.failure(account, **NO_IMAP).advice is SPENT
    assert bot.failure(account).advice is SPENT, "all of it leads back to where it began"


def test_two_causes_that_take_turns_are_a_loop(bot: FastBot, account: Account) -> None:
    """Each remedy helps, and brings the other cause back."""
    advice = []
    for turn in range(4):
        seen = (SMTP_OFF, NO_IMAP)[turn % 2]
        failure = bot.failure(account, **seen)
        advice.append(failure.advice)
        done(bot, account, failure)
        bot.clock.at += MINUTE
        gone(bot, account, StepId(str(seen["step"])))
    assert advice == [GIVEN, GIVEN, GIVEN, SPENT]
    assert [outcome for _, outcome in outcomes(bot, account)] == [HELPED] * 4


def test_a_cause_that_stands_beside_another_one_takes_no_turns(
    bot: FastBot, account: Account
) -> None:
    followed(bot, account, NO_IMAP)
    bot.failure(account, **NO_IMAP)
    for by in (VERA, VERA):
        followed(bot, account, SMTP_OFF, by)
        bot.failure(account)
    assert bot.failure(account, **NO_IMAP).advice is GIVEN
    assert bot.failure(account).advice is GIVEN


@pytest.mark.parametrize(("away", "expected"), [(days(1), SPENT), (days(1) + MINUTE, GIVEN)])
def test_a_cause_that_was_gone_for_more_than_a_day_is_a_new_one(
    bot: FastBot, account: Account, away: timedelta, expected: AdviceStatus
) -> None:
    for _ in range(2):
        followed(bot, account, SMTP_OFF)
        gone(bot, account, StepId.SMTP_AUTH)
        bot.clock.at += away
    assert bot.failure(account).advice is expected


def test_it_is_support_s_under_every_later_error_id_and_handed_over_once(
    bot: FastBot, account: Account
) -> None:
    for _ in range(4):
        followed(bot, account, SMTP_OFF)
    first = bot.failure(account)
    bot.clock.at += days(3)
    second = bot.failure(account)
    assert (first.advice, second.advice) == (SPENT, SPENT)
    assert first.ref != second.ref
    assert len(bot.audited("help.handed_over")) == 1


def test_an_attempt_that_support_has_is_enough_by_itself() -> None:
    attempt = Attempt(cause="one", customers=False, outcome=WAITING)
    assert not is_spent([attempt], "one")
    attempt.handed_at = attempt.made_at = FastBot().now
    assert is_spent([attempt], "one")
    assert not is_spent([attempt], "other")


@pytest.mark.parametrize(
    ("done", "spent"),
    [
        ("", False),
        ("a", False),
        ("aa", True),
        ("aA", False),  # a capital has not had its time
        ("baA", False),
        ("bba", False),
        ("ab", False),
        ("abb", True),
        ("abB", True),
        ("Abb", False),
        ("bab", True),
        ("bbb", False),
    ],
)
def test_when_it_is_enough_for_one_of_two_causes(done: str, spent: bool) -> None:
    counted = [
        Attempt(cause=each.lower(), customers=True, outcome=IN_VAIN if each.islower() else WAITING)
        for each in done
    ]
    assert is_spent(counted, "a") is spent


def test_what_is_ours_is_never_spent(bot: FastBot, account: Account) -> None:
    for _ in range(3):
        followed(bot, account, OURS)
    failure = bot.failure(account, **OURS)
    assert (failure.owner, failure.advice) == (Owner.ON_CALL, GIVEN)
    assert outcomes(bot, account) == [(Deed.CHANGE, IN_VAIN)] * 3, "its rate is known all the same"


def test_what_is_gone_reads_as_it_did_at_first(bot: FastBot, account: Account) -> None:
    for _ in range(2):
        followed(bot, account, SMTP_OFF)
    failure = bot.failure(account)
    assert bot.verdict(failure).owner is Owner.SUPPORT
    gone(bot, account)
    with bot.store.transaction() as tx:
        mended = tx.failures.get(failure.ref)
    assert mended is not None
    assert not mended.advice_is_spent
    assert bot.verdict(mended) == bot.catalogue.verdict(mended.cause)
    assert bot.verdict(mended).owner is Owner.ADMINISTRATOR


# -- sign-ins


def test_a_refusal_right_after_a_sign_in_contradicts_it_and_the_next_is_support_s(
    bot: FastBot, account: Account
) -> None:
    assert bot.failure(account, **REVOKED).advice is GIVEN
    signs_in(bot, account)
    signed_in = bot.now
    bot.clock.at += MINUTE * 5
    second = bot.failure(account, **REVOKED)
    assert second.advice is DOUBTED
    verdict = bot.verdict(second)
    assert verdict.owner is Owner.USER
    assert "a moment later Microsoft refused again" in verdict.customer
    assert verdict.support.endswith(bot.catalogue.verdict(second.cause).support)
    assert [step.kind for step in verdict.remedy] == ["user", "note"]
    bot.clock.at += hours(2)
    assert bot.failure(account, **REVOKED).advice is DOUBTED, "the same sign-in"
    (attempt,) = kept(bot, account)
    assert (attempt.deed, attempt.by_user, attempt.made_at) == (Deed.SIGN_IN, WEB.user, signed_in)

    signs_in(bot, account)
    bot.clock.at += MINUTE * 5
    assert bot.failure(account, **REVOKED).advice is SPENT
    assert outcomes(bot, account) == [(Deed.SIGN_IN, IN_VAIN)] * 2


@pytest.mark.parametrize(("minutes", "advice"), [(0, DOUBTED), (30, DOUBTED), (30.1, GIVEN)])
def test_a_first_sign_in_can_be_contradicted_within_half_an_hour(
    bot: FastBot, account: Account, minutes: float, advice: AdviceStatus
) -> None:
    signs_in(bot, account)
    bot.clock.at += MINUTE * minutes
    assert bot.failure(account, **REVOKED).advice is advice
    assert len(kept(bot, account)) == (advice is DOUBTED)


def test_what_no_sign_in_mends_contradicts_none(bot: FastBot, account: Account) -> None:
    signs_in(bot, account)
    assert bot.failure(account).advice is GIVEN
    assert kept(bot, account) == []


def test_a_sign_in_that_was_advised_is_in_vain_however_late_it_shows(
    bot: FastBot, account: Account
) -> None:
    bot.failure(account, **REVOKED)
    bot.clock.at += hours(1)
    signs_in(bot, account)
    bot.clock.at += hours(1)
    assert bot.failure(account, **REVOKED).advice is GIVEN
    assert outcomes(bot, account) == [(Deed.SIGN_IN, IN_VAIN)]


def test_a_sign_in_that_helped_is_kept_once_and_contradicted_by_nothing(
    bot: FastBot, account: Account
) -> None:
    bot.failure(account, **REVOKED)
    bot.clock.at += MINUTE
    signs_in(bot, account)
    for _ in range(2):
        gone(bot, account)
    (attempt,) = kept(bot, account)
    assert (attempt.deed, attempt.outcome) == (Deed.SIGN_IN, HELPED)
    assert attempt.made_at == attempt.answered_at == bot.now
    assert bot.failure(account, **REVOKED).advice is GIVEN


def test_a_sign_in_helps_nothing_that_a_change_mends(bot: FastBot, account: Account) -> None:
    bot.failure(account)
    bot.clock.at += MINUTE
    signs_in(bot, account)
    gone(bot, account)
    assert kept(bot, account) == []


# -- how often it helps


def test_how_often_it_helped_is_known_from_five_times_on_and_for_a_year(
    bot: FastBot, account: Account
) -> None:
    rates = []
    for helped in (True, True, False, True, True, False):
        failure = bot.failure(account)
        done(bot, account, failure, by=VERA)
        done(bot, bot.account(State.FAILING), failure, deed=Deed.TEST)
        bot.clock.at += hours(1)
        if helped:
            gone(bot, account)
        else:
            bot.failure(account)
        with bot.store.transaction() as tx:
            rates.append(bot.failures.history(tx, failure).rates)
    assert rates[:4] == [[]] * 4
    assert rates[4] == [Rate(Deed.CHANGE, 4, 5)]
    assert rates[5] == [Rate(Deed.CHANGE, 4, 6)]

    begun = min(each.made_at for each in kept(bot, account))
    for past, tried in ((days(365), 6), (days(365) + MINUTE, 5), (days(365) + hours(2), [])):
        bot.clock.at = begun + past
        with bot.store.transaction() as tx:
            now = bot.failures.history(tx, failure).rates
        assert now == ([Rate(Deed.CHANGE, 4 if tried == 6 else 3, tried)] if tried else [])
