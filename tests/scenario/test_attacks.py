"""What a hostile sign-in must not achieve: each case ends on the right page, with an audit entry
and without a token."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bot.common.people import Person
from sandbox.world import Scenario
from tests.support.browser import Browser, Page
from tests.support.target import INFO, Target, aim
from tests.support.world import ACME, BotWorld

pytestmark = pytest.mark.attacks

CAROL, NORA = "carol@acme.example", "nora@borealis.example"
PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"
ELSEWHERE = "99999999-2222-4333-8444-555555555555"
NOT_PROVED = "could not verify who signed in"


# -- what the identity must prove


def issuer(hall: BotWorld, tenant: str) -> str:
    return f"{hall.practice.microsoft.base}/{tenant}/v2.0"


def acme(hall: BotWorld) -> str:
    return hall.practice.world.tenant_of(INFO).id  # type: ignore[union-attr]


Claims = Callable[[BotWorld], dict[str, Any]]
UNPROVED: dict[str, Claims] = {
    "aud of another application": lambda hall: {"aud": ELSEWHERE},
    "aud as a list with ours in it": lambda hall: {
        "aud": [hall.practice.world.app.client_id, ELSEWHERE]
    },
    "aud missing": lambda hall: {"aud": ""},
    "iss of another host": lambda hall: {"iss": f"https://evil.example/{acme(hall)}/v2.0"},
    "iss that begins like ours": lambda hall: {
        "iss": issuer(hall, acme(hall)).replace("localhost", "localhost.evil")
    },
    "iss of another tenant": lambda hall: {"iss": issuer(hall, ELSEWHERE)},
    "iss without TLS": lambda hall: {"iss": issuer(hall, acme(hall)).replace("https:", "http:")},
    "iss missing": lambda hall: {"iss": ""},
    "tid missing": lambda hall: {"tid": ""},
    "tid that is no id": lambda hall: {"tid": "acme.example", "iss": issuer(hall, "acme.example")},
    "tid with a path in it": lambda hall: {
        "tid": f"{acme(hall)}/../x",
        "iss": issuer(hall, f"{acme(hall)}/../x"),
    },
    "oid missing": lambda hall: {"oid": ""},
    "oid that is no id": lambda hall: {"oid": "0 or 1=1"},
    "exp long ago": lambda hall: {"exp": 1},
    "exp missing": lambda hall: {"exp": ""},
    "exp as a text": lambda hall: {"exp": "9999999999"},
    "nbf in an hour": lambda hall: {"nbf": int(time.time()) + 3600},
    "nonce of another flow": lambda hall: {"nonce": "0" * 64},
    "nonce missing": lambda hall: {"nonce": ""},
    "no name to sign in with": lambda hall: {"preferred_username": ""},
}


def shaped(target: Target, reply: dict[str, Any]) -> Page:
    """A sign-in whose token answer Microsoft's stand-in shapes so."""
    scenarios = target.world.practice.world.scenarios
    scenarios["shaped"] = Scenario("shaped", "", "", "mailbox", "token.shape", reply)
    target.world.throw("shaped", INFO)
    return target.sign_in(INFO)


@pytest.mark.parametrize("case", UNPROVED)
def test_an_identity_that_is_not_proved(target: Target, case: str) -> None:
    page = shaped(target, {"claims": UNPROVED[case](target.world)})
    target.refused(page, NOT_PROVED, "Error ID", status=403, action="signin.refused")


def test_no_id_token_at_all(target: Target) -> None:
    target.refused(shaped(target, {"drop": ["id_token"]}), NOT_PROVED, status=403)


def test_a_personal_account(target: Target) -> None:
    claims = {"tid": PERSONAL, "iss": issuer(target.world, PERSONAL)}
    target.refused(
        shaped(target, {"claims": claims}),
        "personal Microsoft account",
        "Use another account",
        status=403,
    )


def test_the_same_address_in_another_tenant(shown: Target) -> None:
    claims = {"tid": ELSEWHERE, "iss": issuer(shown.world, ELSEWHERE)}
    page = shaped(shown, {"claims": claims})
    shown.refused(page, "another organisation", INFO, "Use another account", status=403)
    assert "another organisation" in shown.world.vera.find("C0DESK", "has a problem").text


def test_somebody_of_another_tenant(target: Target) -> None:
    page = target.sign_in(NORA)
    target.refused(page, "another organisation", NORA, INFO, status=403)


def test_another_account_of_the_right_tenant(target: Target) -> None:
    page = target.sign_in(CAROL)
    target.refused(page, "Another account", CAROL, INFO, "Use another account", status=403)


def test_a_token_that_may_only_read(target: Target) -> None:
    scope = "https://outlook.office.com/IMAP.AccessAsUser.All"
    target.refused(
        shaped(target, {"scope": scope}), "permission to send mail is missing", status=403
    )


def test_a_token_that_cannot_be_renewed(target: Target) -> None:
    target.refused(
        shaped(target, {"drop": ["refresh_token"]}), "would expire within the hour", status=403
    )


def test_what_the_browser_says_of_itself_is_no_proof(target: Target) -> None:
    """`client_info` comes through the browser: it names the right person while somebody else signed
    in."""
    browser = Browser()
    answer = target.answer(browser, CAROL)
    page = target.returned(
        browser, answer | {"client_info": "eyJ1aWQiOiIxIn0", "upn": INFO, "id_token": "x.y.z"}
    )
    target.refused(page, "Another account", CAROL, status=403)


# -- what comes back


def test_a_forged_state(target: Target) -> None:
    browser = Browser()
    page = target.returned(browser, target.answer(browser) | {"state": "forged"})
    target.refused(page, "leads nowhere", action="signin.returned")


def test_no_state(target: Target) -> None:
    browser = Browser()
    answer = target.answer(browser)
    target.refused(target.returned(browser, {"code": answer["code"]}), "leads nowhere")


def test_a_replayed_answer(target: Target) -> None:
    browser = Browser()
    answer = target.answer(browser)
    assert "Signed in as" in target.returned(browser, answer).text
    before = target.grant()
    page = target.returned(browser, answer)
    assert page.status == 410 and target.audited()[-1].result == "refused"
    after = target.grant()
    assert before is not None and after is not None and after.serial == before.serial


def test_a_forged_code(target: Target) -> None:
    browser = Browser()
    page = target.returned(browser, target.answer(browser) | {"code": "1.Aforged"})
    target.refused(page, "Error ID", status=403)


def test_a_code_of_another_flow(target: Target) -> None:
    """The attacker begins from the same link, and has the victim's browser bring the attacker's
    code."""
    attacker, victim = Browser(), Browser()
    stolen = target.answer(attacker)["code"]
    page = target.returned(victim, target.answer(victim) | {"code": stolen})
    target.refused(page, "Error ID", status=403)


def test_a_code_that_was_redeemed_elsewhere(target: Target) -> None:
    browser = Browser()
    answer = target.answer(browser)
    stand_in = target.world.practice.microsoft.grants
    stand_in._codes[answer["code"]].used = True
    target.refused(target.returned(browser, answer), "Error ID", status=403)


def test_an_answer_in_another_browser(target: Target) -> None:
    answer = target.answer(Browser())
    target.refused(target.returned(Browser(), answer), "another browser", action="signin.returned")


def test_an_answer_with_another_browsers_cookie(target: Target) -> None:
    """The attacker is at Microsoft as well, for a mailbox of their own: both flows are good."""
    victim, attacker = Browser(), Browser()
    own = aim(target.world, "carol@acme.example")
    answer = target.answer(victim)
    own.at_microsoft(attacker)
    page = target.returned(attacker, answer)
    target.refused(page, "started in another browser", action="signin.returned")
    assert not own.kept()
    assert "Signed in as" in target.returned(victim, answer).text, "the victim's flow goes on"
    own_id = target.world.account(own.name).id
    target.world.bot.services.accounts.disconnect(own_id, Person("", "test"))


def test_a_flow_that_is_too_old(target: Target) -> None:
    browser = Browser()
    answer = target.answer(browser)
    target.world.clock.pass_time(minutes=16)
    target.refused(target.returned(browser, answer), "This sign-in is over")


def test_a_flow_that_a_newer_one_ended(target: Target) -> None:
    browser = Browser()
    answer = target.answer(browser)
    target.at_microsoft(browser)
    target.refused(target.returned(browser, answer), "This sign-in is over")


def test_a_link_that_was_withdrawn_while_somebody_was_at_microsoft(target: Target) -> None:
    browser = Browser()
    answer = target.answer(browser)
    target.world.bot.services.links.withdraw(
        target.world.account(target.name).id, Person("T0LUMEN", "U0VERA")
    )
    target.refused(target.returned(browser, answer), "leads nowhere")


def test_an_error_beside_a_code(target: Target) -> None:
    browser = Browser()
    page = target.returned(
        browser, target.answer(browser) | {"error": "access_denied", "error_subcode": "cancel"}
    )
    target.refused(page, "Error ID", status=403)


def test_markup_in_an_error(shown: Target) -> None:
    browser, planted = Browser(), "<script>alert(1)</script>"
    answer = {
        "state": shown.answer(browser)["state"],
        "error": planted,
        "error_description": planted,
    }
    page = shown.returned(browser, answer)
    shown.refused(page, "Error ID", status=403)
    assert planted not in page.html
    link = shown.world.bot.services.consent.link(shown.world.account(shown.name))
    state = link.partition("state=")[2]
    query = f"error={planted}&error_description={planted}&state={state}"
    assert planted not in Browser().open(f"{shown.world.url}/consent/callback?{query}").html
    shown.world.settle()
    assert all("<script" not in message.text for message in shown.world.carol.messages(ACME))


def test_two_answers_at_once(target: Target) -> None:
    browser = Browser()
    answer = target.answer(browser)
    twins = [Browser() for _ in range(8)]
    for twin in twins:
        twin.cookies = {host: dict(jar) for host, jar in browser.cookies.items()}
    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(lambda twin: target.returned(twin, answer), twins))
    assert sorted(page.status for page in pages) == [200] + [410] * 7
    assert [entry.action for entry in target.audited() if entry.action == "signin.done"] == [
        "signin.done"
    ]


def test_an_answer_by_get(target: Target) -> None:
    browser = Browser()
    answer = target.answer(browser)
    query = "&".join(f"{name}={value}" for name, value in answer.items())
    page = browser.open(f"{target.world.url}/oauth/callback?{query}")
    assert page.status == 400 and not target.kept()
    assert "Signed in as" in target.returned(browser, answer).text, "the fetch has used nothing up"
