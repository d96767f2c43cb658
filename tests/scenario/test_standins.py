"""The practice world is as strict as what it stands for."""

import json
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from smtplib import SMTP, SMTPDataError

import pytest
import requests
from imapclient import IMAPClient
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.mail.target import xoauth2
from sandbox.practice import Practice
from sandbox.slack.limits import problems
from sandbox.slack.methods import METHODS, Tiers
from tests.support.practice import new_practice

INFO = "info@acme.example"


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    running = new_practice()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def slack(practice: Practice) -> WebClient:
    return WebClient(practice.office.bot_token, base_url=practice.slack.api_url)


def token(practice: Practice, upn: str = INFO) -> str:
    claims = {
        "aud": "https://outlook.office.com",
        "scp": "IMAP.AccessAsUser.All SMTP.Send",
        "upn": upn,
    }
    return practice.signer.issue(claims, 600)


def error_of(slack: WebClient, method: str, **args: object) -> str:
    with pytest.raises(SlackApiError) as refused:
        slack.api_call(method, json=args)
    return str(refused.value.response["error"])


def answer_of(slack: WebClient, method: str) -> str:
    """The error that Slack answers a call without arguments with, if it does."""
    try:
        slack.api_call(method, json={})
    except SlackApiError as refused:
        return str(refused.response["error"])
    return ""


def test_slack_refuses_what_slack_refuses(practice: Practice, slack: WebClient) -> None:
    assert (
        error_of(WebClient("xoxb-other", base_url=practice.slack.api_url), "auth.test")
        == "invalid_auth"
    )
    assert error_of(slack, "chat.postMessage", channel="C0NONE", text="x") == "channel_not_found"
    assert error_of(slack, "chat.postMessage", channel="C0ACME", text="") == "no_text"
    empty = [{"type": "actions", "elements": []}]
    assert (
        error_of(slack, "chat.postMessage", channel="C0ACME", text="x", blocks=empty)
        == "invalid_blocks"
    )
    assert (
        error_of(slack, "chat.update", channel="C0ACME", ts="1.1", text="x") == "message_not_found"
    )
    assert error_of(slack, "conversations.history", channel="C0ACME") == "missing_scope"
    assert error_of(slack, "no.such.method") == "unknown_method"


@pytest.mark.parametrize("method", sorted(METHODS))
def test_slack_wants_each_methods_scope_and_keeps_its_tier(
    practice: Practice, slack: WebClient, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = practice.office.clock()
    app = WebClient(practice.office.app_token, base_url=practice.slack.api_url)
    client = app if method == "apps.connections.open" else slack
    monkeypatch.setattr(practice.office, "clock", lambda: now)
    monkeypatch.setattr(practice.office, "tiers", Tiers())
    needed = METHODS[method].scopes
    monkeypatch.setattr(practice.office, "scopes", set(needed) if needed else {"commands"})
    for _ in range(METHODS[method].a_minute):
        assert answer_of(client, method) not in ("missing_scope", "ratelimited", "unknown_method")
    assert answer_of(client, method) == "ratelimited"
    now += 60
    monkeypatch.setattr(practice.office, "scopes", {"commands"})
    assert (answer_of(client, method) == "missing_scope") is bool(needed)


def test_the_practice_app_has_the_scopes_of_the_manifest(practice: Practice) -> None:
    manifest = json.loads((Path(__file__).parents[2] / "manifest.json").read_text("utf-8"))
    scopes = manifest["oauth_config"]["scopes"]
    assert practice.office.scopes == set(scopes["bot"]) - set(scopes["bot_optional"])


def test_slack_limits_posts_and_says_how_long_to_wait(
    practice: Practice, slack: WebClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = practice.office.clock()
    monkeypatch.setattr(practice.office, "clock", lambda: now)
    with pytest.raises(SlackApiError) as refused:
        for _ in range(5):
            slack.chat_postMessage(channel="C0DESK", text="x")
    assert refused.value.response.status_code == 429
    assert int(refused.value.response.headers["Retry-After"]) >= 1


def test_a_trigger_opens_one_window_within_three_seconds(
    practice: Practice, slack: WebClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = {
        "type": "modal",
        "title": {"type": "plain_text", "text": "T"},
        "blocks": [{"type": "divider"}],
    }
    trigger = practice.office.new_trigger("U0VERA")
    slack.views_open(trigger_id=trigger, view=view)
    assert error_of(slack, "views.open", trigger_id=trigger, view=view) == "exchanged_trigger_id"
    seconds = 1.0
    monkeypatch.setattr(practice.office, "stopwatch", lambda: seconds)
    late, later = (practice.office.new_trigger("U0VERA") for _ in range(2))
    seconds += 2.9
    assert slack.views_open(trigger_id=late, view=view)["ok"]
    seconds += 0.2
    assert error_of(slack, "views.open", trigger_id=later, view=view) == "expired_trigger_id"


def test_the_validator_knows_the_gaps_that_slacks_own_models_leave() -> None:
    select = {"type": "static_select", "action_id": "a", "options": []}
    label = {"type": "plain_text", "text": "L"}
    field = {"type": "input", "block_id": "b", "label": label, "element": select}
    modal = {"type": "modal", "title": label, "blocks": [field, field]}
    found = " ".join(problems("modal", modal))
    assert "needs a submit" in found and "0 options" in found and "stands twice" in found
    assert problems("message", {"blocks": [{"type": "divider"}] * 51})[:2] == [
        "no top-level text: screen readers and notifications have nothing to say",
        "51 blocks",
    ]


def test_mail_that_is_sent_arrives_and_stands_in_sent_and_can_be_removed(
    practice: Practice,
) -> None:
    mail = EmailMessage()
    mail["From"] = mail["To"] = INFO
    mail["Message-ID"] = "<there-and-back@acme.example>"
    mail.set_content("Hello")
    with _submission(practice, INFO) as smtp:
        smtp.send_message(mail)
    for folder in ("INBOX", "Gesendete Elemente"):
        with _imap(practice) as imap:
            imap.select_folder(folder)
            found = imap.search(["HEADER", "Message-ID", "<there-and-back@acme.example>"])
            assert len(found) == 1
            imap.delete_messages(found)
            imap.uid_expunge(found)
            assert imap.search(["ALL"]) == []


def test_sending_as_somebody_else_is_refused_only_after_the_data(practice: Practice) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"] = "carol@acme.example", INFO
    mail.set_content("Hello")
    with _submission(practice, INFO) as smtp, pytest.raises(SMTPDataError) as refused:
        smtp.send_message(mail)
    assert refused.value.smtp_code == 554 and b"SendAsDenied" in bytes(refused.value.smtp_error)


def test_the_switchboard_throws_and_takes_back(practice: Practice) -> None:
    url = practice.switchboard.url
    with requests.Session() as session:
        session.trust_env = False
        thrown = {"name": "smtp-auth-off-tenant", "target": "acme.example"}
        assert session.post(f"{url}/control/throw", json=thrown).json() == {"ok": True}
        assert practice.world.smtp_auth_refusal(INFO) == "tenant"
        assert "for acme.example" in session.get(url).text
        session.post(f"{url}/control/take_back", json=thrown)
        assert practice.world.smtp_auth_refusal(INFO) == ""
        assert session.post(f"{url}/control/throw", json={"name": "nonsense"}).status_code == 400
        for name in practice.world.scenarios:
            assert practice.world.scenarios[name].explanation


def _tls(practice: Practice) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(practice.certificates.ca_file))


def _imap(practice: Practice) -> IMAPClient:
    client = IMAPClient("localhost", practice.imap.port, ssl_context=_tls(practice), timeout=60)
    client.oauth2_login(INFO, token(practice))
    return client


def _submission(practice: Practice, user: str) -> SMTP:
    smtp = SMTP("localhost", practice.smtp.port, timeout=60)
    smtp.starttls(context=_tls(practice))
    smtp.ehlo()
    answers = iter([xoauth2(user, token(practice, user)), ""])
    smtp.auth("XOAUTH2", lambda _challenge=None: next(answers), initial_response_ok=False)
    return smtp
