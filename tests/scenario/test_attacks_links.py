"""What hostile requests to links, pages and approvals must not achieve: each ends on the right
page, with an audit entry and without a token."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
import requests
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from handlers.web.pages import MAX_FIELDS
from storage.tables import Account
from storage.vocabulary import Owner, State
from tests.support.browser import Browser, Page
from tests.support.target import INFO, Target
from tests.support.world import ACME

pytestmark = pytest.mark.attacks

NOT_WAITED_FOR = "We did not expect this answer"
PLANTED = "AADSTS-planted"
ELSEWHERE = "99999999-2222-4333-8444-555555555555"


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
    assert (
        page.status == 410
        and "already been used" in page.text
        and target.audited()[-1].result == "refused"
    )


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
    answer = requests.request(method, target.link, timeout=60)
    assert answer.status_code in (200, 405) and target.audited() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "https://evil.example"},
    ],
)
def test_a_start_from_another_site(target: Target, headers: dict[str, str]) -> None:
    target.refused(
        begin(target, **headers), "did not come from our own page", status=403, action="page.posted"
    )


@pytest.mark.parametrize("name", ["next", "redirect", "redirect_uri", "return_to", "url"])
def test_an_open_redirect(target: Target, name: str) -> None:
    evil = "https://evil.example/"
    page = Browser().post(f"{target.link}?{name}={evil}", {name: evil})
    assert page.status == 303
    assert page.headers["Location"].startswith(target.world.practice.microsoft.page_url + "/")
    assert "evil" not in page.headers["Location"]
    assert evil not in Browser().open(f"{target.link}?{name}={evil}").html


@pytest.mark.parametrize(
    "planted", ["%0d%0aSet-Cookie:%20x=1", "%0d%0a%0d%0a<script>", "%E5%98%8A%E5%98%8DX:1"]
)
def test_header_injection(target: Target, planted: str) -> None:
    for address in (f"{target.link}{planted}", f"{target.world.url}/errors/{planted}"):
        page = Browser().open(address)
        assert (
            page.status in (404, 410)
            and "x=1" not in str(page.headers)
            and "<script>" not in page.html
        )
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
        timeout=60,
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
    answer = requests.post(
        f"{target.world.url}/oauth/callback", data=body, headers={"Content-Type": kind}, timeout=60
    )
    target.refused(
        Page(answer.url, answer.status_code, answer.text, {}),
        "leads nowhere",
        status=413 if body.count(b"&") > MAX_FIELDS else 410,
    )


# -- the administrator's approval


def approval(target: Target) -> str:
    """The `state` of the account's approval page."""
    link = target.world.bot.services.consent.link(target.world.account(target.name))
    return link.partition("state=")[2].replace("%3D", "=")


def test_an_approval_of_a_foreign_tenant_changes_nothing(target: Target) -> None:
    told = {"admin_consent": "True", "tenant": ELSEWHERE, "state": approval(target), "scope": "all"}
    query = "&".join(f"{name}={value}" for name, value in told.items())
    address = f"{target.world.url}/consent/callback"
    page = Browser().open(f"{address}?{query}")
    assert page.status == 410 and target.audited() == []
    target.refused(Browser().post(address, told), NOT_WAITED_FOR, action="consent.returned")
    account = target.world.account(target.name)
    assert account.tenant_id == "" and not target.kept()
    acme = target.world.practice.world.tenant_of(INFO)
    with target.world.bot.store.transaction() as tx:
        assert acme is not None and tx.channels.customer(account.customer_id).tenant_id == acme.id


def test_an_approval_with_a_forged_state(target: Target) -> None:
    for state in ("", "forged", "Zm9yZ2Vk", approval(target)[:-6] + "AAAA=="):
        told = {"admin_consent": "True", "state": state, "tenant": acme(target)}
        page = Browser().post(f"{target.world.url}/consent/callback", told)
        target.refused(page, NOT_WAITED_FOR, action="consent.returned")


def acme(target: Target) -> str:
    """The tenant of the account's customer."""
    return target.world.practice.world.tenant_of(INFO).id  # type: ignore[union-attr]


@pytest.mark.parametrize("state", ["none", "", "forged", "Zm9yZ2Vk"])
@pytest.mark.parametrize(
    "said", [{"admin_consent": "True"}, {"error": "access_denied", "error_description": PLANTED}]
)
def test_the_page_of_an_answer_that_is_not_ours_claims_nothing(
    target: Target, state: str, said: dict[str, str]
) -> None:
    answer = said | {"tenant": acme(target)} | ({} if state == "none" else {"state": state})
    page = Browser().open(f"{target.world.url}/consent/callback?{urlencode(answer)}")
    assert page.status == 410 and NOT_WAITED_FOR in page.text
    assert "What you can do next" in page.text
    for claim in ("Thank you", "Not approved", "Microsoft says", PLANTED, "Let the"):
        assert claim not in page.text
    assert page.forms == [] and target.audited() == [], "a fetch has no effect"


def test_an_approvals_answer_works_once(shown: Target) -> None:
    account = waits_for_administrator(shown)
    told = {"admin_consent": "True", "tenant": acme(shown), "state": approval(shown)}
    address = f"{shown.world.url}/consent/callback"
    assert "Thank you" in Browser().open(f"{address}?{urlencode(told)}").text
    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(lambda _: Browser().post(address, told), range(8)))
    assert sorted(page.status for page in pages) == [200] + [410] * 7
    assert shown.world.account(shown.name).state is State.AWAITING_SIGN_IN
    waits_for_administrator(shown)
    for spelling in (told["state"], told["state"] + "==", "." + told["state"]):
        page = Browser().open(f"{address}?{urlencode(told | {'state': spelling})}")
        assert page.status == 410 and "Thank you" not in page.text
        page = Browser().post(address, told | {"state": spelling})
        shown.refused(page, "We already have this answer", action="consent.returned")
    assert shown.world.account(shown.name).state is State.AWAITING_ADMIN
    entries = [each for each in shown.audited() if each.action == "consent.said_given"]
    assert [entry.subject for entry in entries] == [account.ref]


def test_an_approval_that_comes_after_seven_days(shown: Target) -> None:
    waits_for_administrator(shown)
    told = {"admin_consent": "True", "tenant": acme(shown), "state": approval(shown)}
    shown.world.clock.pass_time(days=7)
    page = Browser().post(f"{shown.world.url}/consent/callback", told)
    shown.refused(page, NOT_WAITED_FOR, action="consent.returned")
    assert shown.world.account(shown.name).state is State.AWAITING_ADMIN


def test_an_approvals_answer_in_the_address_changes_nothing_by_itself(shown: Target) -> None:
    waits_for_administrator(shown)
    told = {"admin_consent": "True", "tenant": acme(shown), "state": approval(shown)}
    for _ in range(5):
        Browser().open(f"{shown.world.url}/consent/callback?{urlencode(told)}")
    assert shown.world.account(shown.name).state is State.AWAITING_ADMIN
    assert [e for e in shown.audited() if e.action.startswith("consent")] == []
    assert Browser().post(f"{shown.world.url}/consent/callback", told).status == 200


def waits_for_administrator(target: Target) -> Account:
    """Bring the account to where an administrator has to approve."""
    store = target.world.bot.store
    with store.transaction() as tx:
        account = tx.accounts.lock(target.account_id)
        account.state = State.AWAITING_ADMIN
        account.owner = Owner.ADMINISTRATOR
    return account


def test_a_sealed_link_is_no_approvals_state(target: Target) -> None:
    """What was sealed for another purpose does not open here."""
    secret = target.link.rsplit("/", 1)[1]
    told = {"admin_consent": "True", "state": secret, "tenant": acme(target)}
    page = Browser().post(f"{target.world.url}/consent/callback", told)
    target.refused(page, NOT_WAITED_FOR)


def test_an_approvals_answer_from_another_site(target: Target) -> None:
    told = {"error": "access_denied", "state": approval(target)}
    page = Browser().post(f"{target.world.url}/consent/callback", told, Sec_Fetch_Site="cross-site")
    target.refused(page, "did not come from our own page", status=403)


def test_an_approval_that_was_declined_is_told_once_and_moves_no_token(shown: Target) -> None:
    told = {
        "error": "access_denied",
        "error_subcode": "cancel",
        "admin_consent": "True",
    }
    for _ in range(3):
        page = Browser().post(
            f"{shown.world.url}/consent/callback", told | {"state": approval(shown)}
        )
        shown.refused(page, "Error ID", status=200, action="signin.consent_refused")
    shown.world.settle()
    notes = [m for m in shown.world.carol.messages(ACME) if "opened the approval page" in m.text]
    assert len([m for m in notes if float(m.ts) > float(shown.card.ts)]) == 1


# -- anybody's requests


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE auditentry SET result = 'done'", "only added"),
        ("DELETE FROM auditentry", "only added"),
        ("UPDATE auditrepetition SET times = 1", "only grow"),
        ("UPDATE auditrepetition SET times = times + 1, entry_id = -entry_id", "only grow"),
        ("DELETE FROM auditrepetition", "only grow"),
    ],
)
def test_nobody_can_change_or_delete_what_was_audited(
    target: Target, statement: str, said: str
) -> None:
    begin(target, f"{target.world.url}/login/{'a' * 43}")
    with (
        pytest.raises(DatabaseError, match=said),
        target.world.bot.store.engine.begin() as connection,
    ):
        connection.execute(text(statement))
