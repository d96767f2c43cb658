"""What Lumen CRM says over the wire: to an API that takes nothing beyond its contract, and to the
practice world's mail servers."""

import os
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Response
from imapclient.imap_utf7 import encode

from sandbox import letters
from sandbox.crm.desk import Desk
from sandbox.crm.mailbox import Letter, Mailboxes, answer_to
from sandbox.crm.maildesk import Access, Maildesk, Refused
from sandbox.mail import imap, smtp
from sandbox.practice import Practice
from sandbox.world import Folder
from tests.support.api_standin import KEY, ApiStandIn, account, event, problem
from tests.support.practice import new_practice

pytestmark = pytest.mark.api

INFO = "info@acme.example"
SENT = "Gesendete Elemente"
LIFE = {"access_token": "tok", "expires_in": 3600, "host": "h", "port": 1, "user": INFO}


@pytest.fixture
def api() -> Iterator[ApiStandIn]:
    running = ApiStandIn()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def maildesk(api: ApiStandIn) -> Maildesk:
    return Maildesk(api.url, KEY)


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    running = new_practice()
    running.start()
    letters.deliver(running.world)
    yield running
    running.stop()


@pytest.fixture
def mailboxes(practice: Practice) -> Mailboxes:
    return Mailboxes(ssl.create_default_context(cafile=str(practice.certificates.ca_file)))


def wait_for(happens: Callable[[], bool]) -> None:
    """Until something happens, which a thread of its own does."""
    end = time.monotonic() + 60
    while not happens():
        assert time.monotonic() < end
        os.sched_yield()


# -- the API


def test_every_page_of_a_list_is_read(api: ApiStandIn, maildesk: Maildesk) -> None:
    api.accounts = [account(f"MB-{n}") for n in range(5)]
    api.events = [event(f"evt_{n}", account(f"MB-{n}")) for n in range(4)]
    assert [each["ref"] for each in maildesk.accounts()] == [f"MB-{n}" for n in range(5)]
    assert [each["id"] for each in maildesk.events("evt_0")] == ["evt_1", "evt_2", "evt_3"]
    assert list(maildesk.events("evt_3")) == []


def test_what_happened_while_it_was_down_is_fetched(
    api: ApiStandIn, maildesk: Maildesk, tmp_path: Path
) -> None:
    api.events = [event("evt_0", account("MB-0"))]
    Desk(tmp_path / "crm.db", maildesk).catch_up()
    api.events += [event(f"evt_{n}", account(f"MB-{n}")) for n in range(1, 6)]
    desk = Desk(tmp_path / "crm.db", maildesk)
    desk.catch_up(whole=False)
    assert len(desk.accounts()) == 6
    assert api.asked[-4:] == [f"GET /api/v1/events?after=evt_{n}" for n in (0, 2, 4, 5)]


def test_a_token_is_used_again_until_it_is_old_or_the_account_changed(
    api: ApiStandIn, maildesk: Maildesk
) -> None:
    api.token = LIFE
    mine = account("MB-1")
    for purpose in ("imap", "imap", "smtp"):
        assert maildesk.access(mine, purpose)["for"] == purpose  # type: ignore[arg-type]
    assert len(api.asked) == 2
    maildesk.access(account("MB-1", "2026-11-30T11:00:00Z"), "imap")  # type: ignore[arg-type]
    assert len(api.asked) == 3
    api.token = LIFE | {"expires_in": 30}
    for _ in range(2):
        maildesk.access(account("MB-2"), "imap")  # type: ignore[arg-type]
    assert len(api.asked) == 5


def test_a_refusal_says_the_sentence_and_the_id(api: ApiStandIn, maildesk: Maildesk) -> None:
    told = {"sentence": "Sending is switched off.", "error_id": "MX-7Q3F-9K2D"}
    api.answer = problem(409, "Not usable", code="account_not_usable", **told)
    with pytest.raises(Refused) as refused:
        maildesk.access(account("MB-1"), "smtp")  # type: ignore[arg-type]
    assert str(refused.value) == told["sentence"]
    assert refused.value.error_id == told["error_id"]


def test_an_answer_that_nobody_expects_is_said_and_the_next_one_is_read(
    api: ApiStandIn, maildesk: Maildesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.crm.desk.LOOK_AGAIN_SECONDS", 0.01)
    api.accounts = [account("MB-1")]
    api.answer = Response('{"planted": 1}', 200, mimetype="application/json")
    desk = Desk(tmp_path / "crm.db", maildesk)
    desk.start()
    wait_for(lambda: desk.trouble != "")
    assert desk.trouble == "Something went wrong."
    api.answer = None
    wait_for(lambda: desk.trouble == "" and len(desk.accounts()) == 1)
    desk.stop()


@pytest.mark.parametrize("answer", [Response("<h1>Bad gateway</h1>", 502), Response("", 200)])
def test_what_is_no_answer_of_the_api_is_said_as_such(
    api: ApiStandIn, maildesk: Maildesk, answer: Response
) -> None:
    api.answer = answer
    with pytest.raises(Refused, match="cannot be reached"):
        list(maildesk.accounts())


def test_the_key_is_sent_nowhere_else(api: ApiStandIn, maildesk: Maildesk) -> None:
    other = ApiStandIn()
    other.start()
    api.answer = Response("{}", 307, {"Location": f"{other.url}/accounts"})
    with pytest.raises((Refused, KeyError)):
        list(maildesk.accounts())
    other.stop()
    assert other.asked == []


# -- the mail servers


def access(practice: Practice, purpose: str, token: str = "") -> Access:
    """What opens the mailbox, as the API would hand it out."""
    scope, port = {
        "imap": (imap.SCOPE, practice.imap.port),
        "smtp": (smtp.SCOPE, practice.smtp.port),
    }[purpose]
    claims = {"aud": practice.world.app.resource, "upn": INFO, "scp": scope}
    token = token or practice.signer.issue(claims, 60)
    return {"host": "localhost", "port": port, "user": INFO, "access_token": token}


def newest(practice: Practice, mailboxes: Mailboxes, folder: str = "INBOX") -> list[Letter]:
    return mailboxes.letters(access(practice, "imap"), folder)


def test_the_newest_letters_come_first(practice: Practice, mailboxes: Mailboxes) -> None:
    found = newest(practice, mailboxes)
    assert found[0].subject == "Quote for a new anchor winch"
    assert [each.at for each in found] == sorted((each.at for each in found), reverse=True)
    assert all(each.at.tzinfo is not None for each in found)
    assert "Überholung" in found[2].subject
    [same] = mailboxes.letters(access(practice, "imap"), "INBOX", found[2].uid)
    assert same == found[2]
    assert mailboxes.letters(access(practice, "imap"), "INBOX", 999) == []


def test_an_answer_arrives_and_has_one_copy(practice: Practice, mailboxes: Mailboxes) -> None:
    asked = newest(practice, mailboxes)[0]
    made = answer_to(asked, account("MB-1"), "Grüße\n.\nEnd")  # type: ignore[arg-type]
    made.replace_header("To", "carol@acme.example")
    mailboxes.send(access(practice, "smtp"), made)
    mailboxes.keep_copy(access(practice, "imap"), SENT, made)
    inbox = practice.world.mailboxes["carol@acme.example"].folder("INBOX")
    assert inbox is not None
    assert b"In-Reply-To: " + asked.message_id.encode() in inbox.messages[-1].raw
    kept = newest(practice, mailboxes, SENT)
    assert [each.subject for each in kept].count("Re: Quote for a new anchor winch") == 1
    assert kept[0].text.split() == ["Grüße", ".", "End"]


def test_a_server_that_keeps_no_copy_gets_one(
    practice: Practice, mailboxes: Mailboxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    asked = newest(practice, mailboxes)[1]
    made = answer_to(asked, account("MB-1"), "Never sent")  # type: ignore[arg-type]
    for _ in range(2):
        mailboxes.keep_copy(access(practice, "imap"), SENT, made)
    kept = [each for each in newest(practice, mailboxes, SENT) if "Never sent" in each.text]
    assert len(kept) == 1
    assert kept[0].at <= datetime.now(UTC)


@pytest.mark.parametrize("name", ["Éléments envoyés", "送信済み", "R&D"])
def test_a_folder_is_opened_by_the_name_that_the_server_has_for_it(
    practice: Practice, mailboxes: Mailboxes, name: str
) -> None:
    there = practice.world.mailboxes[INFO].folders
    there.append(Folder(name))
    there[-1].deliver(b"Subject: Hello\r\n\r\nHi")
    [letter] = newest(practice, mailboxes, encode(name).decode())
    assert letter.subject == "Hello"


@pytest.mark.parametrize("purpose", ["imap", "smtp"])
def test_a_token_that_is_refused_is_a_refusal(
    practice: Practice, mailboxes: Mailboxes, purpose: str
) -> None:
    wrong = access(practice, purpose, "planted-token")
    asked = newest(practice, mailboxes)[0]
    made = answer_to(asked, account("MB-1"), "x")  # type: ignore[arg-type]
    with pytest.raises(Refused, match="mail server refused") as refused:
        if purpose == "imap":
            mailboxes.letters(wrong, "INBOX")
        else:
            mailboxes.send(wrong, made)
    assert "planted-token" not in str(refused.value)


def test_a_server_that_nobody_vouches_for_gets_no_token(practice: Practice) -> None:
    strict = Mailboxes(ssl.create_default_context())
    before = practice.imap.connections
    with pytest.raises(Refused):
        newest(practice, strict)
    assert practice.imap.connections == before + 1
