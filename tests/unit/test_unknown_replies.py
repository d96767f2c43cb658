"""What nobody knows: a number, a suberror or a status that no row has is not explained by the error
word above it; support looks first, nobody is sent to sign in, and nobody is alerted of it alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.diagnosis import catalogue
from bot.diagnosis.observation import Observation, Where
from bot.diagnosis.verdict import RemedyKind
from storage.tables import Failure, Incident
from storage.vocabulary import Owner, Permanence, Scope, State
from tests.support.examples import examples
from tests.support.fast import FastBot
from tests.support.oauth import SUBERRORS, WORDS

pytestmark = pytest.mark.catalogue

ROWS = catalogue.load()
OAUTH = (Where.TOKEN, Where.AUTHORIZE, Where.ADMIN_CONSENT)
NO_STATUS = (None, 400, 401)
KNOWN = {number for row in ROWS.rows.values() for matcher in row.match for number in matcher.codes}
unknown_numbers = st.integers(min_value=1000, max_value=99_999_999).filter(lambda n: n not in KNOWN)
words = st.sampled_from((*WORDS, "", "brand_new", "invalid_everything"))
new_suberrors = st.sampled_from(("brand_new", "token_gone", "consent", "device", "Basic_Action"))
suberrors = st.one_of(st.sampled_from(SUBERRORS), new_suberrors)
statuses = st.one_of(st.none(), st.integers(min_value=200, max_value=599))


def names_no_cause(seen: Observation) -> bool:
    """Whether what is said of it is honest: support looks, nobody is sent to sign in, no alert."""
    verdict = ROWS.explain(seen)
    told = " ".join([verdict.customer, *(step.text for step in verdict.remedy)])
    return (
        verdict.cause.startswith(catalogue.UNKNOWN)
        and verdict.owner is Owner.SUPPORT
        and verdict.scope is Scope.MAILBOX
        and verdict.permanence in (Permanence.AFTER_FIX, Permanence.RETRY)
        and "sign in again" not in told.lower()
        and "login link" not in told
        and "MS_CLIENT_SECRET" not in told
    )


@examples(200)
@given(
    numbers=st.lists(unknown_numbers, min_size=1, max_size=3),
    word=words,
    suberror=suberrors,
    status=statuses,
    where=st.sampled_from(OAUTH),
)
def test_an_unknown_number_is_never_explained_by_what_stands_around_it(
    numbers: list[int], word: str, suberror: str, status: int | None, where: Where
) -> None:
    seen = Observation(
        where, error=word, suberror=suberror, codes=tuple(numbers), status=status, text="new"
    )
    assert names_no_cause(seen)


@examples(150)
@given(
    word=st.sampled_from(WORDS),
    suberror=new_suberrors,
    where=st.sampled_from(OAUTH),
)
def test_an_unknown_suberror_is_never_explained_by_the_word_above_it(
    word: str, suberror: str, where: Where
) -> None:
    assert names_no_cause(Observation(where, error=word, suberror=suberror))


@examples(150)
@given(
    word=st.sampled_from(WORDS),
    status=st.integers(min_value=200, max_value=499).filter(lambda n: n not in (400, 401, 429)),
    where=st.sampled_from(OAUTH),
)
def test_an_unknown_status_is_never_explained_by_the_word_in_it(
    word: str, status: int, where: Where
) -> None:
    assert names_no_cause(Observation(where, error=word, status=status))


@examples(200)
@given(
    number=st.sampled_from(sorted(KNOWN)),
    others=st.lists(unknown_numbers, max_size=2),
    word=st.sampled_from(WORDS),
    suberror=suberrors,
    status=st.sampled_from(NO_STATUS),
)
def test_a_known_number_wins_under_any_word(
    number: int, others: list[int], word: str, suberror: str, status: int | None
) -> None:
    alone = ROWS.explain(Observation(Where.TOKEN, codes=(number,)))
    seen = Observation(
        Where.TOKEN, error=word, suberror=suberror, codes=(*others, number), status=status
    )
    assert ROWS.explain(seen).cause == alone.cause


@pytest.mark.parametrize("word", WORDS)
def test_pasting_an_unknown_number_does_not_find_the_word_beside_it(word: str) -> None:
    found = ROWS.lookup_text(f"{word} AADSTS9999999: something new")
    assert found is None or found.cause.startswith(catalogue.UNKNOWN)


@pytest.mark.parametrize(
    ("word", "cause"),
    [
        ("invalid_client", "application-secret-wrong"),
        ("invalid_grant", "sign-in-needed"),
        ("interaction_required", "sign-in-needed"),
        ("consent_required", "consent-missing"),
        ("access_denied", "approval-not-given"),
        ("invalid_request", "application-request-faulty"),
        ("temporarily_unavailable", "microsoft-sign-in-busy"),
    ],
)
def test_without_any_number_the_word_speaks(word: str, cause: str) -> None:
    assert ROWS.explain(Observation(Where.TOKEN, error=word)).cause == cause


def test_a_busy_server_is_tried_again_whatever_number_it_gives() -> None:
    for number in (50173, 7000222, 9999999):
        for status in (429, 500, 503):
            seen = Observation(Where.TOKEN, error="invalid_grant", codes=(number,), status=status)
            assert ROWS.explain(seen).permanence is Permanence.RETRY


# -- who is alerted


def alerts(bot: FastBot) -> list[Incident]:
    """The open alerts."""
    with bot.store.transaction() as tx:
        return tx.incidents.all_open()


@pytest.mark.parametrize("word", WORDS)
def test_what_nobody_knows_alerts_nobody(bot: FastBot, word: str) -> None:
    """Also at two customers: their numbers differ, so it is no cause that they share."""
    told = failures_at_two_customers(bot, word, 9999999, 9999998)
    assert [failure.scope for failure in told] == [Scope.MAILBOX, Scope.MAILBOX]
    assert alerts(bot) == []


def test_the_same_unknown_number_at_two_customers_is_an_alert(bot: FastBot) -> None:
    """It may be our application: on-call looks before the day's list comes."""
    told = failures_at_two_customers(bot, "invalid_client", 9999999, 9999999)
    assert told[1].scope is Scope.APPLICATION
    assert [alert.cause for alert in alerts(bot)] == ["unknown-client"]


def failures_at_two_customers(bot: FastBot, word: str, *numbers: int) -> list[Failure]:
    """A failure at a customer for each number, the later one later."""
    channels = [bot.acme, bot.customer("Other", "C0OTHER")]
    accounts = [bot.account(State.LIVE, channel=channel) for channel in channels]
    return [
        bot.failure(account, Where.TOKEN, "token", error=word, codes=(number,))
        for account, number in zip(accounts, numbers, strict=True)
    ]


def test_an_administrators_own_no_alerts_nobody(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_ADMIN)
    for number in (65004, 650041, 90135, 700171, 9999999):
        bot.failure(account, Where.ADMIN_CONSENT, "consent", error="access_denied", codes=(number,))
    assert alerts(bot) == []


def test_every_remedy_of_a_default_is_for_support() -> None:
    for row in ROWS.rows.values():
        if row.id.startswith(catalogue.UNKNOWN):
            assert {step.kind for step in row.remedy} <= {RemedyKind.NOTE, RemedyKind.ASK}, row.id
