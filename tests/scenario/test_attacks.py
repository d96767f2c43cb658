"""What a hostile request must not achieve: each case ends on the right page, with an audit entry and without a token."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from bot.accounts import Form
from bot.people import Person
from sandbox.world import Scenario
from storage.tables import AuditEntry, Grant
from tests.support.browser import Browser, Page
from tests.support.slack import Message
from tests.support.world import ACME, BotWorld

pytestmark = pytest.mark.attacks

INFO, CAROL, NORA = "info@acme.example", "carol@acme.example", "nora@borealis.example"
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"
ELSEWHERE = "99999999-2222-4333-8444-555555555555"
NOT_PROVED = "could not make sure who signed in"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BotWorld]:
    """One bot for all cases, in a channel that is bound to Acme's organisation."""
    running = BotWorld(tmp_path_factory.mktemp("attacks"))
    running.set_up()
    running.practice.world.tenant_of(INFO).granted |= set(running.bot.settings.cloud.scopes)  # type: ignore[union-attr]
    yield running
    running.stop()


@dataclass
class Target:
    """A mailbox that waits for its sign-in, and where the audit table ended before the case began."""

    world: BotWorld
    name: str
    link: str
    before: int

    @property
    def account_id(self) -> int:
        return self.world.account(self.name).id or 0

    @property
    def card(self) -> Message:
        return self.world.card(self.name)

    def sign_in(self, upn: str) -> Page:
        """The whole way, as `upn`; the page at the end."""
        browser = Browser()
        page = browser.press(self.at_microsoft(browser), upn)
        return browser.press(page, "Accept") if "Permissions requested" in page.text else page

    def at_microsoft(self, browser: Browser) -> Page:
        """As far as Microsoft's choice of accounts."""
        return browser.press(browser.open(self.link), "Continue to Microsoft")

    def answer(self, browser: Browser, upn: str = INFO) -> dict[str, str]:
        """What Microsoft would have the browser post to us."""
        browser.stops_before = "/oauth/callback"
        page = browser.press(self.at_microsoft(browser), upn)
        if "Permissions requested" in page.text:
            browser.press(page, "Accept")
        assert "code" in browser.caught
        return browser.caught

    def returned(self, browser: Browser, answer: dict[str, str]) -> Page:
        return browser.post(f"{self.world.url}/oauth/callback", answer)

    def audited(self) -> list[AuditEntry]:
        """What was added to the audit table since the case began."""
        with self.world.bot.store.transaction() as tx:
            return tx.audit.since(*ALWAYS, self.before, 1000)

    def kept(self) -> bool:
        """Whether tokens were kept for the account."""
        account_id = self.account_id
        with self.world.bot.store.transaction() as tx:
            return bool(tx.grants.get(account_id) or tx.signins.held(account_id))

    def grant(self) -> Grant | None:
        account_id = self.account_id
        with self.world.bot.store.transaction() as tx:
            return tx.grants.get(account_id)

    def refused(self, page: Page, *said: str, status: int = 410, action: str = "") -> None:
        """The case came to nothing, in the open: page, audit entry, no token."""
        assert page.status == status, page.text
        for sentence in said:
            assert sentence in page.text
        refusals = [entry for entry in self.audited() if entry.result == "refused"]
        assert refusals and (not action or refusals[-1].action == action), self.audited()
        assert not self.kept()
        assert "Traceback" not in page.html and "eyJ" not in page.html


def aim(world: BotWorld) -> Target:
    """A new account in the channel, made by Carol."""
    desk, carol = world.bot.desk, Person("T0ACME", "U0CAROL")
    with desk.store.transaction() as tx:
        channel = tx.channels.get(ACME)
        before = len(tx.audit.since(*ALWAYS, 0, 100_000))
    assert channel is not None
    account = desk.accounts.create(channel, Form(f"Box {before}", "Acme Marine", INFO), carol)
    with desk.store.transaction() as tx:
        ticket = tx.signins.usable_ticket(account.id or 0, world.clock.now())
        last = tx.audit.since(*ALWAYS, 0, 100_000)[-1]
    assert ticket is not None
    return Target(world, account.name, desk.links.url(ticket), last.id or 0)


@pytest.fixture
def target(hall: BotWorld) -> Iterator[Target]:
    aimed = aim(hall)
    yield aimed
    for scenario, thrown_for in hall.practice.world.thrown():
        hall.take_back(scenario, thrown_for)
    hall.bot.desk.accounts.disconnect(hall.account(aimed.name), Person("", "test"))


@pytest.fixture
def shown(world: BotWorld) -> Target:
    """The same in a world of its own, where what Slack shows is looked at."""
    world.set_up()
    return aim(world)


# -- what the identity must prove


def issuer(hall: BotWorld, tenant: str) -> str:
    return f"{hall.practice.microsoft.base}/{tenant}/v2.0"


def acme(hall: BotWorld) -> str:
    return hall.practice.world.tenant_of(INFO).id  # type: ignore[union-attr]


Claims = Callable[[BotWorld], dict[str, Any]]
UNPROVED: dict[str, Claims] = {
    "aud of another application": lambda hall: {"aud": ELSEWHERE},
    "aud as a list with ours in it": lambda hall: {"aud": [hall.practice.world.app.client_id, ELSEWHERE]},
    "aud missing": lambda hall: {"aud": ""},
    "iss of another host": lambda hall: {"iss": f"https://evil.example/{acme(hall)}/v2.0"},
    "iss that begins like ours": lambda hall: {"iss": issuer(hall, acme(hall)).replace("localhost", "localhost.evil")},
    "iss of another tenant": lambda hall: {"iss": issuer(hall, ELSEWHERE)},
    "iss without TLS": lambda hall: {"iss": issuer(hall, acme(hall)).replace("https:", "http:")},
    "iss missing": lambda hall: {"iss": ""},
    "tid missing": lambda hall: {"tid": ""},
    "tid that is no id": lambda hall: {"tid": "acme.example", "iss": issuer(hall, "acme.example")},
    "tid with a path in it": lambda hall: {"tid": f"{acme(hall)}/../x", "iss": issuer(hall, f"{acme(hall)}/../x")},
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
    target.refused(shaped(target, {"claims": claims}), "personal Microsoft account", "Use another account", status=403)


def test_the_same_address_in_another_tenant(shown: Target) -> None:
    claims = {"tid": ELSEWHERE, "iss": issuer(shown.world, ELSEWHERE)}
    page = shaped(shown, {"claims": claims})
    shown.refused(page, "another organisation", INFO, "Use another account", status=403)
    assert "another organisation" in shown.world.vera.find("C0DESK", "Nothing was connected").text


def test_somebody_of_another_tenant(target: Target) -> None:
    page = target.sign_in(NORA)
    target.refused(page, "another organisation", NORA, INFO, status=403)


def test_another_account_of_the_right_tenant(target: Target) -> None:
    page = target.sign_in(CAROL)
    target.refused(page, "Another account", CAROL, INFO, "Use another account", status=403)


def test_a_token_that_may_only_read(target: Target) -> None:
    scope = "https://outlook.office.com/IMAP.AccessAsUser.All"
    target.refused(shaped(target, {"scope": scope}), "permission to send mail is missing", status=403)


def test_a_token_that_cannot_be_renewed(target: Target) -> None:
    target.refused(shaped(target, {"drop": ["refresh_token"]}), "would end within the hour", status=403)


def test_what_the_browser_says_of_itself_is_no_proof(target: Target) -> None:
    """`client_info` comes through the browser: it names the right person while somebody else signed in."""
    browser = Browser()
    answer = target.answer(browser, CAROL)
    page = target.returned(browser, answer | {"client_info": "eyJ1aWQiOiIxIn0", "upn": INFO, "id_token": "x.y.z"})
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
    """The attacker begins from the same link, and has the victim's browser bring the attacker's code."""
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
    victim, attacker = Browser(), Browser()
    answer = target.answer(victim)
    target.at_microsoft(attacker)
    assert attacker.cookies
    page = target.returned(attacker, answer)
    target.refused(page, "leads nowhere")  # the attacker's start has ended the victim's flow: nobody gets anything


def test_a_flow_that_is_too_old(target: Target) -> None:
    browser = Browser()
    answer = target.answer(browser)
    target.world.clock.pass_time(minutes=16)
    target.refused(target.returned(browser, answer), "leads nowhere")


def test_a_flow_that_a_newer_one_ended(target: Target) -> None:
    browser = Browser()
    answer = target.answer(browser)
    target.at_microsoft(browser)
    target.refused(target.returned(browser, answer), "leads nowhere")


def test_a_link_that_was_withdrawn_while_somebody_was_at_microsoft(target: Target) -> None:
    browser = Browser()
    answer = target.answer(browser)
    target.world.bot.desk.links.withdraw(target.world.account(target.name), Person("T0LUMEN", "U0VERA"))
    target.refused(target.returned(browser, answer), "leads nowhere")


def test_an_error_beside_a_code(target: Target) -> None:
    browser = Browser()
    page = target.returned(browser, target.answer(browser) | {"error": "access_denied", "error_subcode": "cancel"})
    target.refused(page, "Error ID", status=403)


def test_markup_in_an_error(shown: Target) -> None:
    browser, planted = Browser(), "<script>alert(1)</script>"
    answer = {"state": shown.answer(browser)["state"], "error": planted, "error_description": planted}
    page = shown.returned(browser, answer)
    shown.refused(page, "Error ID", status=403)
    assert planted not in page.html
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
    assert [entry.action for entry in target.audited() if entry.action == "signin.done"] == ["signin.done"]


def test_an_answer_by_get(target: Target) -> None:
    browser = Browser()
    answer = target.answer(browser)
    query = "&".join(f"{name}={value}" for name, value in answer.items())
    page = browser.open(f"{target.world.url}/oauth/callback?{query}")
    assert page.status == 400 and not target.kept()
    assert "Signed in as" in target.returned(browser, answer).text, "the fetch has used nothing up"


# -- links


def begin(target: Target, link: str = "", **headers: str) -> Page:
    return Browser().post(link or target.link, {}, **headers)


def test_an_expired_link(target: Target) -> None:
    target.world.clock.pass_time(hours=24, minutes=1)
    target.refused(begin(target), "expired", "New login link", action="signin.begun")


def test_a_withdrawn_link(shown: Target) -> None:
    shown.world.carol.press(shown.card, "More")
    shown.world.carol.press(shown.world.carol.window(shown.name), "Withdraw the login link")
    shown.world.settle()
    shown.refused(begin(shown), "was withdrawn", action="signin.begun")
    assert "New login link" in shown.world.card(shown.name).buttons


def test_a_replaced_link(shown: Target) -> None:
    old = shown.link
    shown.world.carol.press(shown.card, "New login link")
    shown.world.settle()
    shown.refused(begin(shown, old), "withdrawn", action="signin.begun")


def test_a_used_link(target: Target) -> None:
    target.sign_in(INFO)
    page = begin(target)
    assert page.status == 410 and "used already" in page.text and target.audited()[-1].result == "refused"


@pytest.mark.parametrize("guess", ["a" * 43, "../admin", "%00", "' or 1=1 --", "x" * 5000])
def test_a_guessed_link(target: Target, guess: str) -> None:
    page = begin(target, f"{target.world.url}/login/{guess}")
    assert page.status in (404, 410, 414) and not target.kept()
    if page.status == 410:
        target.refused(page, "leads nowhere")


def test_a_hundred_fetches(target: Target) -> None:
    with ThreadPoolExecutor(10) as pool:
        pages = list(pool.map(lambda _: Browser().open(target.link), range(100)))
    assert {page.status for page in pages} == {200}
    assert target.audited() == [] and not target.kept()
    assert "Signed in as" in target.sign_in(INFO).text


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods(target: Target, method: str) -> None:
    answer = requests.request(method, target.link, timeout=10)
    assert answer.status_code in (200, 405) and target.audited() == []


def test_an_eleventh_start_within_an_hour(target: Target) -> None:
    pages = [begin(target) for _ in range(11)]
    assert [page.status for page in pages[:10]] == [303] * 10
    target.refused(pages[10], "Too many tries", action="signin.begun")
    target.world.clock.pass_time(hours=1, minutes=1)
    assert begin(target).status == 303


@pytest.mark.parametrize(
    "headers",
    [{"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}, {"Origin": "https://evil.example"}],
)
def test_a_start_from_another_site(target: Target, headers: dict[str, str]) -> None:
    target.refused(begin(target, **headers), "did not come from our own page", status=403, action="page.posted")


@pytest.mark.parametrize("name", ["next", "redirect", "redirect_uri", "return_to", "url"])
def test_an_open_redirect(target: Target, name: str) -> None:
    evil = "https://evil.example/"
    page = Browser().post(f"{target.link}?{name}={evil}", {name: evil})
    assert page.status == 303
    assert page.headers["Location"].startswith(target.world.practice.microsoft.page_url + "/")
    assert "evil" not in page.headers["Location"]
    assert evil not in Browser().open(f"{target.link}?{name}={evil}").html


@pytest.mark.parametrize("planted", ["%0d%0aSet-Cookie:%20x=1", "%0d%0a%0d%0a<script>", "%E5%98%8A%E5%98%8DX:1"])
def test_header_injection(target: Target, planted: str) -> None:
    for address in (f"{target.link}{planted}", f"{target.world.url}/errors/{planted}"):
        page = Browser().open(address)
        assert page.status in (404, 410) and "x=1" not in str(page.headers) and "<script>" not in page.html
    browser = Browser()
    state = target.answer(browser)["state"]
    page = target.returned(browser, {"state": state, "error": "a\r\nSet-Cookie: x=1"})
    target.refused(page, status=403)
    assert "x=1" not in str(page.headers)


def test_a_host_of_their_own(target: Target) -> None:
    page = Browser().post(target.link, {}, Host="evil.example")
    assert "evil.example" not in page.headers.get("Location", "") + page.html


# -- odd posts


def test_an_oversized_post(target: Target) -> None:
    for path in ("/oauth/callback", "/consent/callback"):
        page = Browser().post(target.world.url + path, {"state": "x" * 100_000})
        assert page.status == 413 and "leads nowhere" in page.text
    target.refused(page, status=413)


def test_an_oversized_post_in_chunks(target: Target) -> None:
    chunks = (b"state=" + b"x" * 10_000 for _ in range(20))
    answer = requests.post(
        f"{target.world.url}/oauth/callback",
        data=chunks,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        timeout=10,
    )
    assert answer.status_code in (410, 413) and not target.kept()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"state": "x", "code": "y"}'),
        ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
        ("multipart/form-data", b"no boundary"),
        ("application/x-www-form-urlencoded", b"\xff\xfe=%zz&&&=&state=%00"),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(2000))),
        ("text/plain", b"state=x"),
    ],
)
def test_a_malformed_post(target: Target, kind: str, body: bytes) -> None:
    answer = requests.post(f"{target.world.url}/oauth/callback", data=body, headers={"Content-Type": kind}, timeout=10)
    assert answer.status_code in (400, 410, 413)
    target.refused(Page(answer.url, answer.status_code, answer.text, {}), status=answer.status_code)


# -- the administrator's approval


def approval(target: Target) -> str:
    """The `state` of the account's approval page."""
    link = target.world.bot.desk.consent.link(target.world.account(target.name))
    return link.partition("state=")[2].replace("%3D", "=")


def test_an_approval_of_a_foreign_tenant_changes_nothing(target: Target) -> None:
    told = {"admin_consent": "True", "tenant": ELSEWHERE, "state": approval(target), "scope": "all"}
    query = "&".join(f"{name}={value}" for name, value in told.items())
    page = Browser().open(f"{target.world.url}/consent/callback?{query}")
    assert page.status == 200 and target.audited() == []
    assert Browser().post(f"{target.world.url}/consent/callback", told).status == 200
    account = target.world.account(target.name)
    assert account.tenant_id == "" and not target.kept()
    with target.world.bot.store.transaction() as tx:
        assert tx.channels.customer(account.customer_id).tenant_id == acme(target.world)


def test_an_approval_with_a_forged_state(target: Target) -> None:
    for state in ("", "forged", "Zm9yZ2Vk", approval(target)[:-6] + "AAAA=="):
        page = Browser().post(f"{target.world.url}/consent/callback", {"admin_consent": "True", "state": state})
        target.refused(page, "leads nowhere", action="consent.returned")


def test_a_sealed_link_is_no_approvals_state(target: Target) -> None:
    """What was sealed for another purpose does not open here."""
    secret = target.link.rsplit("/", 1)[1]
    page = Browser().post(f"{target.world.url}/consent/callback", {"admin_consent": "True", "state": secret})
    target.refused(page, "leads nowhere")


def test_an_approvals_answer_from_another_site(target: Target) -> None:
    told = {"error": "access_denied", "state": approval(target)}
    page = Browser().post(f"{target.world.url}/consent/callback", told, Sec_Fetch_Site="cross-site")
    target.refused(page, "did not come from our own page", status=403)


def test_an_approval_that_was_declined_is_told_once_and_moves_no_token(shown: Target) -> None:
    told = {"error": "access_denied", "error_subcode": "cancel", "admin_consent": "True", "state": approval(shown)}
    for _ in range(3):
        page = Browser().post(f"{shown.world.url}/consent/callback", told)
        shown.refused(page, "Error ID", status=200, action="signin.consent_refused")
    shown.world.settle()
    notes = [m for m in shown.world.carol.messages(ACME) if "opened the approval page" in m.text]
    assert len([m for m in notes if float(m.ts) > float(shown.card.ts)]) == 1


# -- anybody's requests


def test_requests_that_belong_to_nobody_do_not_fill_the_audit_table(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.signin.NOBODYS_AN_HOUR", 3)
    for number in range(10):
        assert begin(target, f"{target.world.url}/login/{number:043d}").status == 410
    assert len([entry for entry in target.audited() if entry.subject == ""]) <= 3


def test_nobody_can_change_or_delete_what_was_audited(target: Target) -> None:
    for statement in ("UPDATE auditentry SET result = 'done'", "DELETE FROM auditentry"):
        with pytest.raises(DatabaseError, match="only added"), target.world.bot.store.engine.begin() as connection:
            connection.execute(text(statement))
