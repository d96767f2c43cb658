"""The real servers of the tests are real: they let in whom they should, and nobody else."""

import smtplib
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any

import psycopg
import pytest
from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from sandbox.tokens import Signer
from tests.real.dovecot import Dovecot
from tests.real.postgres import Postgres

pytestmark = pytest.mark.real

ANNA = "anna@firma.example"
FOLDERS = {"Sent": "Gesendete Elemente", "Drafts": "Entwürfe", "Trash": "Kosz/Usunięte"}
MINUTES = 60

Issue = Callable[..., str]


@pytest.fixture(scope="module")
def signer() -> Signer:
    """The key that the servers trust."""
    return Signer()


@pytest.fixture(scope="module")
def dovecot(signer: Signer) -> Iterator[Dovecot]:
    """A running Dovecot."""
    with Dovecot(signer.public_pem(), FOLDERS) as server:
        yield server


@pytest.fixture
def issue(signer: Signer) -> Issue:
    """Makes a good token for Anna, but for what is named."""

    def make(lifetime: float = 10 * MINUTES, by: Signer = signer, **changed: Any) -> str:
        scopes = "IMAP.AccessAsUser.All SMTP.Send"
        claims = {
            "aud": "https://outlook.office.com",
            "sub": "anna",
            "upn": ANNA,
            "scp": scopes,
            "uti": "u" * 1500,
        }
        return by.issue(claims | changed, lifetime)

    return make


def imap(server: Dovecot, user: str, token: str) -> IMAPClient:
    """A signed-in IMAP client."""
    client = IMAPClient(
        "127.0.0.1", server.imap_port, ssl_context=server.client_context(), timeout=60
    )
    client.oauth2_login(user, token)
    return client


def submission(server: Dovecot, user: str, token: str) -> smtplib.SMTP:
    """A signed-in SMTP client."""
    answers = iter((f"user={user}\x01auth=Bearer {token}\x01\x01", ""))
    client = smtplib.SMTP("127.0.0.1", server.smtp_port, timeout=60)
    client.starttls(context=server.client_context())
    client.ehlo()
    client.auth("XOAUTH2", lambda _challenge=None: next(answers), initial_response_ok=False)
    return client


def bad_tokens(issue: Issue) -> dict[str, str]:
    """Tokens that no server may accept from Anna, by what is wrong."""
    return {
        "signed by somebody else": issue(by=Signer()),
        "expired": issue(lifetime=-MINUTES),
        "meant for Graph": issue(aud="https://graph.microsoft.com"),
        "without the right to mail": issue(scp="User.Read"),
        "somebody else's": issue(upn="bert@firma.example"),
    }


def test_imap_accepts_a_good_token_and_shows_the_folders_with_their_uses(
    dovecot: Dovecot, issue: Issue
) -> None:
    with imap(dovecot, ANNA, issue()) as client:
        folders = {name: flags for flags, _, name in client.list_folders()}
    assert b"\\Sent" in folders["Gesendete Elemente"]
    assert b"\\Drafts" in folders["Entwürfe"]
    assert b"\\Trash" in folders["Kosz/Usunięte"]


def test_imap_refuses_every_bad_token(dovecot: Dovecot, issue: Issue) -> None:
    accepted = []
    for fault, token in bad_tokens(issue).items():
        try:
            imap(dovecot, ANNA, token).shutdown()
            accepted.append(fault)
        except LoginError:
            pass
    assert accepted == []


def test_submission_refuses_every_bad_token(dovecot: Dovecot, issue: Issue) -> None:
    accepted = []
    for fault, token in bad_tokens(issue).items():
        try:
            submission(dovecot, ANNA, token).close()
            accepted.append(fault)
        except smtplib.SMTPAuthenticationError:
            pass
    assert accepted == []


def test_mail_that_is_submitted_arrives(dovecot: Dovecot, issue: Issue) -> None:
    mail = EmailMessage()
    mail["From"] = mail["To"] = ANNA
    mail["Subject"] = "Round trip"
    mail.set_content("There and back.")
    with submission(dovecot, ANNA, issue()) as client:
        client.send_message(mail)
    with imap(dovecot, ANNA, issue()) as client:
        client.select_folder("INBOX", readonly=True)
        assert len(client.search(["SUBJECT", "Round trip"])) == 1


def test_postgresql_answers_with_its_password_only() -> None:
    with Postgres() as cluster:
        url = cluster.url.replace("+psycopg", "")
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url.replace("maildesk:", "maildesk:not-"))
