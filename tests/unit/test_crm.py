"""Lumen CRM, the example of a product, by itself: its list of accounts, letters, and pages."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from standardwebhooks import Webhook

from sandbox.crm.app import Pages
from sandbox.crm.desk import Desk
from sandbox.crm.mailbox import Letter, Mailboxes, _letter, answer_to
from sandbox.crm.maildesk import Access, Account, Maildesk, Refused
from tests.support.api_standin import account, event

pytestmark = pytest.mark.api

TOP = Path(__file__).resolve().parents[2]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LATER = "2026-11-30T10:00:00.250Z"
AT = datetime(2026, 11, 30, 8, 5, tzinfo=UTC)
EVIL = "<script>alert(1)</script>"


class Api(Maildesk):
    """An API that says what the test has it say."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1", "")
        self.has: list[dict[str, Any]] = []
        self.happened: list[dict[str, Any]] = []
        self.refusal: Refused | None = None
        self.after: list[str] = []

    def accounts(self) -> Iterator[Account]:
        return iter(self.has)  # type: ignore[arg-type]

    def events(self, after: str) -> Iterator[dict[str, Any]]:
        self.after.append(after)
        ids = [each["id"] for each in self.happened]
        return iter(self.happened[ids.index(after) + 1 if after else 0 :])

    def access(self, account: Account, purpose: str) -> Access:
        if self.refusal is not None:
            raise self.refusal
        return {"for": purpose}


class Servers(Mailboxes):
    """Mail servers with one letter."""

    def __init__(self) -> None:
        self.letter = Letter(
            7, AT, f"Hello {EVIL}", f"Eve {EVIL} <eve@x.example>", EVIL, "", EVIL, "<1@x>"
        )
        self.sent: list[EmailMessage] = []
        self.there = True
        self.keeps = True

    def letters(self, access: Access, folder: str, uid: int = 0) -> list[Letter]:
        return [self.letter] if self.there else []

    def send(self, access: Access, answer: EmailMessage) -> None:
        assert access["for"] == "smtp"
        self.sent.append(answer)

    def keep_copy(self, access: Access, folder: str, answer: EmailMessage) -> None:
        assert folder == "Gesendete Elemente"
        if not self.keeps:
            raise Refused("The mail server refused.")


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def desk(api: Api, tmp_path: Path) -> Desk:
    return Desk(tmp_path / "crm.db", api)


@pytest.fixture
def servers() -> Servers:
    return Servers()


@pytest.fixture
def browser(desk: Desk, servers: Servers) -> FlaskClient:
    return Pages(desk, servers, Webhook(SECRET)).app.test_client()


def post(browser: FlaskClient, content: bytes, **headers: str) -> tuple[int, str]:
    """A webhook comes; signed well unless `headers` say otherwise."""
    now = datetime.now(UTC)
    signed = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("evt_1", now, content.decode()),
    }
    answer = browser.post("/webhooks", data=content, headers=signed | headers)
    return answer.status_code, answer.text


# -- the size


def test_the_example_can_be_read_in_one_sitting() -> None:
    files = sorted((TOP / "sandbox/crm").glob("*.py"))
    lines = [line for file in files for line in file.read_text().splitlines() if line.strip()]
    assert len(lines) < 300


def test_it_knows_nothing_of_the_practice_world() -> None:
    for file in (TOP / "sandbox/crm").glob("*.py"):
        assert "sandbox." not in file.read_text().replace("sandbox.crm.", "")


# -- the list of accounts


def test_what_is_newer_stays_whichever_way_it_came(desk: Desk, api: Api) -> None:
    assert desk.take(event("evt_2", account("MB-1", LATER, usable=False)))
    assert desk.take(event("evt_1", account("MB-1")))
    api.has = [account("MB-1")]
    desk.catch_up()
    assert [each["usable"] for each in desk.accounts()] == [False]


def test_an_event_that_comes_again_is_done_once(desk: Desk) -> None:
    first = event("evt_1", account("MB-1"))
    assert desk.take(first)
    version = desk.version
    assert not desk.take(first)
    assert desk.version == version
    assert len(desk.events()) == 1


def test_what_was_missed_is_fetched_from_where_it_stopped(
    desk: Desk, api: Api, tmp_path: Path
) -> None:
    api.happened = [event(f"evt_{n}", account(f"MB-{n}")) for n in range(3)]
    desk.catch_up()
    again = Desk(tmp_path / "crm.db", api)
    assert len(again.accounts()) == 3, "it is known before anybody is asked"
    api.happened.append(event("evt_3", account("MB-3")))
    again.catch_up(whole=False)
    assert api.after == ["", "evt_2"]
    assert len(again.accounts()) == 4


def test_a_webhook_does_not_move_the_place_from_where_events_are_fetched(
    desk: Desk, api: Api
) -> None:
    """One of another account may have got lost before it."""
    lost = event("evt_1", account("MB-1"))
    came = event("evt_2", account("MB-2"))
    desk.take(came)
    api.happened = [lost, came]
    desk.catch_up()
    assert [each["ref"] for each in desk.accounts()] == ["MB-1", "MB-2"]
    assert len(desk.events()) == 2


def test_an_event_about_an_incident_changes_no_account(desk: Desk) -> None:
    about = {"incident": {"id": "INC-1"}, "accounts": ["MB-1"]}
    said = {"id": "evt_1", "type": "incident.opened", "timestamp": LATER, "data": about}
    assert desk.take(said)
    assert desk.accounts() == []


# -- webhooks


def test_a_webhook_is_taken_once(browser: FlaskClient, desk: Desk) -> None:
    content = browser.application.json.dumps(event("evt_1", account("MB-1"))).encode()
    assert post(browser, content) == (200, "taken")
    assert post(browser, content) == (200, "taken before")
    assert len(desk.accounts()) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "nonsense"},
        {"webhook-id": "evt_2"},
        {"webhook-timestamp": "1"},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": ""},
    ],
    ids=str,
)
def test_what_is_not_signed_well_is_refused(
    browser: FlaskClient, desk: Desk, wrong: dict[str, str]
) -> None:
    content = browser.application.json.dumps(event("evt_1", account("MB-1"))).encode()
    assert post(browser, content, **wrong)[0] == 401
    assert desk.accounts() == []


def test_bytes_that_are_no_text_are_refused(browser: FlaskClient) -> None:
    signed = {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "v1,AA"}
    assert browser.post("/webhooks", data=b"\xff\xfe", headers=signed).status_code == 401


# -- pages


def test_everything_that_others_say_is_escaped(browser: FlaskClient, desk: Desk) -> None:
    failure = {"error_id": EVIL, "sentence": EVIL}
    evil = {"name": EVIL, "customer": {"name": EVIL}, "address": EVIL, "next_step": EVIL}
    desk.take(event("evt_1", account("MB-1", **evil)))
    desk.take(event(EVIL, account("MB-2", **evil, failure=failure, usable=False), type=EVIL))
    desk.trouble = EVIL
    for path in ("/", "/mailboxes/MB-1/inbox", "/mailboxes/MB-1/inbox/7", "/mailboxes/MB-2/inbox"):
        page = browser.get(path)
        assert page.status_code == 200
        assert "alert(1)" in page.text
        assert EVIL not in page.text
        assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert "unsafe" not in page.headers["Content-Security-Policy"]


def test_no_page_has_scripts_or_styles_within(browser: FlaskClient, desk: Desk) -> None:
    desk.take(event("evt_1", account("MB-1")))
    for path in ("/", "/mailboxes/MB-1/inbox/7"):
        page = browser.get(path).text
        assert page.count("<script") == page.count('<script type="module" src="/static/')
        assert "<style" not in page
        assert " style=" not in page
        assert "http" not in page


def test_an_account_that_broke_says_why_and_with_which_id(browser: FlaskClient, desk: Desk) -> None:
    failure = {"error_id": "MX-7Q3F-9K2D", "sentence": "Sending is switched off."}
    desk.take(event("evt_1", account("MB-1", failure=failure, usable=False)))
    page = browser.get("/mailboxes/MB-1/inbox").text
    assert "This mailbox cannot be used:</b> Sending is switched off." in page
    assert "MX-7Q3F-9K2D" in page
    desk.take(event("evt_2", account("MB-1", LATER)))
    page = browser.get("/mailboxes/MB-1/inbox").text
    assert "cannot be used" not in page
    assert "eve@x.example" in page


def test_what_is_not_connected_yet_says_what_comes_next(browser: FlaskClient, desk: Desk) -> None:
    desk.take(event("evt_1", account("MB-1", state="created", usable=False, next_step="Sign in.")))
    page = browser.get("/mailboxes/MB-1/inbox").text
    assert "not ready yet.</b> Sign in." in page


def test_a_folder_that_is_not_mapped_is_no_riddle(browser: FlaskClient, desk: Desk) -> None:
    desk.take(event("evt_1", account("MB-1", folders=[])))
    assert (
        "The Sent folder of this mailbox is not mapped." in browser.get("/mailboxes/MB-1/sent").text
    )


def test_what_nobody_knows_is_not_found(browser: FlaskClient, desk: Desk) -> None:
    desk.take(event("evt_1", account("MB-1")))
    for path in ("/mailboxes/MB-9/inbox", "/mailboxes/MB-1/drafts", "/mailboxes/MB-1/inbox/x"):
        assert browser.get(path).status_code == 404


# -- answers


def answer(browser: FlaskClient) -> tuple[int, str]:
    said = browser.post("/mailboxes/MB-1/inbox/7", data={"text": "My words"})
    return said.status_code, said.text


def test_an_answer_is_sent_as_the_account_says(
    browser: FlaskClient, desk: Desk, servers: Servers
) -> None:
    desk.take(event("evt_1", account("MB-1")))
    assert answer(browser)[0] == 303
    [sent] = servers.sent
    assert sent["From"] == "Acme Marine <info@acme.example>"
    assert sent["In-Reply-To"] == "<1@x>"
    assert sent.get_content().strip() == "My words"


def test_a_copy_that_cannot_be_kept_does_not_deny_that_it_was_sent(
    browser: FlaskClient, desk: Desk, servers: Servers
) -> None:
    servers.keeps = False
    desk.take(event("evt_1", account("MB-1")))
    assert answer(browser)[0] == 303


def test_a_refusal_keeps_what_was_written(
    browser: FlaskClient, desk: Desk, api: Api, servers: Servers
) -> None:
    desk.take(event("evt_1", account("MB-1")))
    api.refusal = Refused("Sending is switched off.", "MX-7Q3F-9K2D")
    status, page = answer(browser)
    assert status == 409
    for words in ("Sending is switched off.", "MX-7Q3F-9K2D", "My words"):
        assert words in page
    assert servers.sent == []


def test_an_answer_to_a_letter_that_is_gone_is_not_said_to_be_sent(
    browser: FlaskClient, desk: Desk, servers: Servers
) -> None:
    desk.take(event("evt_1", account("MB-1")))
    servers.there = False
    assert answer(browser)[0] == 409
    assert servers.sent == []


# -- letters


def letter(*lines: bytes) -> Letter:
    return _letter(1, {b"BODY[]<0>": b"\r\n".join(lines), b"INTERNALDATE": AT, b"SEQ": 1})


def test_a_broken_letter_is_shown_as_far_as_it_goes() -> None:
    broken = letter(
        b"From: \xff\xfe<",
        b"Subject: ok",
        b"Content-Type: text/plain; charset=none-such",
        b"",
        b"x",
    )
    assert broken.subject == "ok"
    assert broken.text == ""
    assert letter(b"").subject == ""
    assert letter(b"Content-Type: text/html", b"", b"<p>Hi</p>").text == ""


def test_a_header_with_a_line_break_in_it_can_be_answered() -> None:
    evil = letter(
        b"From: a@x.example", b"Subject: =?utf-8?q?One=0ABcc:_all@x.example?=", b"", b"Hi"
    )
    made = answer_to(evil, account("MB-1"), "Yes")  # type: ignore[arg-type]
    assert made["Subject"] == "Re: One Bcc: all@x.example"
    assert made["Bcc"] is None


def test_an_answer_goes_where_the_letter_asks_for_it() -> None:
    asked = letter(b"From: a@x.example", b"Reply-To: b@x.example", b"Subject: Re: Hi", b"", b"Hi")
    made = answer_to(asked, account("MB-1"), "Yes")  # type: ignore[arg-type]
    assert (made["To"], made["Subject"]) == ("b@x.example", "Re: Hi")
