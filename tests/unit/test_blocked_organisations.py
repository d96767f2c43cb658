"""Numbers of Microsoft's under words that ask for a sign-in, where a sign-in would not help: it is
the administrator's turn, and nobody is sent to the login page again."""

import pytest

from bot.diagnosis import catalogue
from bot.diagnosis.observation import Observation
from bot.diagnosis.observe import from_callback, from_oauth
from bot.diagnosis.verdict import Verdict
from bot.signin.failed import SignInRefused
from storage.vocabulary import Owner, Permanence, Scope, State
from tests.support.fast import CAROL, FastBot, days

pytestmark = pytest.mark.field

ROWS = catalogue.load()
BLOCKED = "AADSTS5000225: This tenant has been blocked due to inactivity."
WORDS = ("interaction_required", "invalid_grant", "login_required", "access_denied")
NUMBERS = {
    5000224: "organisation-blocked",
    5000225: "organisation-blocked",
    500014: "resource-removed",
    500571: "user-disabled",
    50107: "federated-provider-failed",
    5000211: "tenant-restrictions",
    530003: "device-not-compliant",
    530021: "approved-app-required",
    530031: "conditional-access",
    53009: "app-protection-policy",
}


def answers(word: str, text: str) -> list[Observation]:
    """What Microsoft says, with the browser and to ourselves, with and without its numbers."""
    said = {"error": word, "error_description": text}
    number = int(text.removeprefix("AADSTS").partition(":")[0])
    return [from_callback(said), from_oauth(said), from_oauth({**said, "error_codes": [number]})]


def assert_is_the_administrators(verdict: Verdict) -> None:
    assert (verdict.owner, verdict.permanence) == (Owner.ADMINISTRATOR, Permanence.AFTER_FIX)


@pytest.mark.parametrize("word", WORDS)
def test_a_tenant_that_lay_idle_is_its_administrators(word: str) -> None:
    for seen in answers(word, BLOCKED):
        verdict = ROWS.explain(seen)
        assert_is_the_administrators(verdict)
        assert verdict.scope is Scope.TENANT
        assert "signing in again would not help" in verdict.customer
        assert not [step for step in verdict.remedy if "login link" in step.text]


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("number", NUMBERS)
def test_what_no_sign_in_mends_is_not_told_to_be_mended_by_one(number: int, word: str) -> None:
    for seen in answers(word, f"AADSTS{number}: whatever Microsoft writes today"):
        verdict = ROWS.explain(seen)
        assert verdict.cause == NUMBERS[number]
        assert_is_the_administrators(verdict)


@pytest.mark.parametrize(
    "text",
    [
        "AADSTS5000299: This tenant has been disabled.",
        "AADSTS5000300: Your tenant was suspended for non-payment.",
        "AADSTS5000301: The tenant is deactivated. Contact your administrator.",
    ],
)
def test_a_number_of_tomorrow_is_understood_by_what_it_says_of_the_tenant(text: str) -> None:
    for seen in answers("interaction_required", text):
        assert ROWS.explain(seen).cause == "organisation-blocked"
    assert_is_the_administrators(ROWS.lookup_text(text) or ROWS.verdict("unknown"))


def test_a_number_that_is_nobodys_is_not_explained_by_the_word_above_it() -> None:
    for seen in answers("interaction_required", "AADSTS9999999: Something new."):
        verdict = ROWS.explain(seen)
        assert (verdict.cause, verdict.owner) == ("unknown-grant", Owner.SUPPORT)
        assert "sign in again" not in verdict.customer, "or people would sign in for ever"
    busy = answers("temporarily_unavailable", "AADSTS9999999: Something new.")
    assert ROWS.explain(busy[1]).permanence is Permanence.RETRY


def test_somebody_who_signs_in_there_reads_that_the_administrator_is_next(bot: FastBot) -> None:
    account = bot.account(address="info@acme.example", name="Info")
    state = bot.go_to_microsoft(account)
    said = {"state": state, "error": "interaction_required", "error_description": BLOCKED}
    with pytest.raises(SignInRefused):
        bot.signin.finish(said, "a browser")
    bot.deliver()

    assert bot.read(account).owner is Owner.ADMINISTRATOR
    told = next(m.words for m in bot.posted() if "did not go through" in m.text)
    card = bot.card(account)
    for words in (told, card):
        assert "Your organisation is blocked at Microsoft" in words
    assert "What to do" in card and "approve" not in card.lower()
    bot.reminded_within(days(1))
    reminder = bot.posted()[-1].words
    assert "Your organisation is blocked at Microsoft" in reminder and "approve" not in reminder


def test_who_has_to_approve_is_still_asked_to(bot: FastBot) -> None:
    account = bot.account(address="info@acme.example", name="Info")
    state = bot.go_to_microsoft(account)
    text = "AADSTS90094: An administrator of the organisation must grant the permission."
    said = {"state": state, "error": "access_denied", "error_description": text}
    with pytest.raises(SignInRefused):
        bot.signin.finish(said, "a browser")
    bot.deliver()
    card = bot.card(account)
    assert "approve Maildesk once" in card and "Approval page for the administrator" in card


def test_a_mailbox_that_worked_is_not_sent_to_sign_in_either(bot: FastBot) -> None:
    account = bot.account(State.LIVE, address="info@acme.example", name="Info")
    bot.microsoft.refusal = {"error": "interaction_required", "error_description": BLOCKED}
    bot.expire_token(account)
    bot.checks.start(account.id, CAROL)
    bot.run_due()

    after = bot.read(account)
    assert (after.state, after.owner) == (State.BROKEN, Owner.ADMINISTRATOR)
    assert "Your organisation is blocked at Microsoft" in bot.card(account)
    bot.microsoft.refusal = None
    bot.checks.start(account.id, CAROL)
    bot.run_due()
    assert bot.read(account).state is State.LIVE
