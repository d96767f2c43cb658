"""The probe and its verdicts against a real Dovecot: IMAP and submission."""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from imapclient import IMAPClient

from bot.diagnosis import catalogue
from bot.mail.hosts import MailHosts
from bot.mail.probe import MailProbe, MailReport
from bot.mail.roundtrip import RoundTripMessage, new_message_id
from bot.mail.target import Target
from sandbox.tokens import Signer
from storage.vocabulary import Owner, Permanence, StepId, StepStatus
from tests.real.dovecot import Dovecot

pytestmark = pytest.mark.real

ROWS = catalogue.load()
ANNA = "anna@firma.example"
SENT = "Gesendete Elemente"


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


@pytest.fixture(scope="module")
def dovecot(signer: Signer) -> Iterator[Dovecot]:
    with Dovecot(
        signer.public_pem(), {"Sent": SENT, "Drafts": "Entwürfe", "Trash": "Gelöschte Elemente"}
    ) as server:
        yield server


@pytest.fixture
def hosts(dovecot: Dovecot) -> MailHosts:
    """Dovecot's ports, with little patience."""
    return MailHosts(
        "127.0.0.1",
        dovecot.imap_port,
        "127.0.0.1",
        dovecot.smtp_port,
        dovecot.ca_file,
        3,
        5,
        12,
        10,
    )


def target(signer: Signer, padding: int = 0, lifetime: float = 600, **changed: Any) -> Target:
    claims = {"aud": "https://outlook.office.com", "sub": "anna", "upn": ANNA, "uti": "u" * padding}
    claims |= {"scp": "IMAP.AccessAsUser.All SMTP.Send"} | changed
    return Target(ANNA, ANNA, ANNA, signer.issue(claims, lifetime))


def verdicts(report: MailReport) -> dict[StepId, str]:
    """The cause of every failed step."""
    return {
        r.step: ROWS.explain(r.observation).cause for r in report.steps if r.observation is not None
    }


def probed(hosts: MailHosts, who: Target, order: RoundTripMessage | None = None) -> MailReport:
    """A report, come about within the time-outs."""
    begun = time.monotonic()
    report = MailProbe(hosts).run(who, lambda _result: None, order)
    assert time.monotonic() - begun < hosts.deadline + hosts.connect_timeout + (
        hosts.arrival if order else 0
    )
    return report


@contextmanager
def silent() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.mark.parametrize("padding", [0, 2200], ids=["small", "three-kilobytes"])
def test_a_good_token_passes_every_step_and_the_message_makes_the_round(
    signer: Signer, dovecot: Dovecot, hosts: MailHosts, padding: int
) -> None:
    who = target(signer, padding)
    assert (len(who.access_token) > 3000) is bool(padding)
    report = probed(hosts, who, RoundTripMessage(new_message_id(ANNA)))
    assert {result.status for result in report.steps} == {StepStatus.OK}, report.steps
    assert [result.step for result in report.steps][-1] is StepId.ROUNDTRIP
    assert f"its copy in {SENT}" in report.steps[-1].evidence

    tls = ssl.create_default_context(cafile=str(dovecot.ca_file))
    with IMAPClient("127.0.0.1", dovecot.imap_port, ssl_context=tls) as client:
        client.oauth2_login(ANNA, who.access_token)
        for folder in ("INBOX", SENT):
            assert client.select_folder(folder)[b"EXISTS"] == 0, "no trace is left"


@pytest.mark.parametrize(
    "changed",
    [{"lifetime": -600}, {"upn": "other@firma.example"}, {"aud": "https://graph.microsoft.com"}],
    ids=["expired", "another-users", "wrong-audience"],
)
def test_a_bad_token_is_a_refused_sign_in_for_support(
    signer: Signer, hosts: MailHosts, changed: dict[str, Any]
) -> None:
    found = verdicts(
        probed(hosts, target(signer, **changed), RoundTripMessage(new_message_id(ANNA)))
    )
    assert found == {
        StepId.IMAP_AUTH: "imap-sign-in-refused",
        StepId.SMTP_AUTH: "smtp-sign-in-refused",
    }
    assert {ROWS.verdict(cause).owner for cause in found.values()} == {Owner.SUPPORT}


def test_a_certificate_that_is_not_trusted(signer: Signer, hosts: MailHosts) -> None:
    found = verdicts(probed(replace(hosts, ca_file=None), target(signer)))
    assert set(found.values()) == {"certificate-not-trusted"} and len(found) == 2


def test_a_closed_port(signer: Signer, hosts: MailHosts) -> None:
    with silent() as port:
        pass
    found = verdicts(probed(replace(hosts, imap_port=port, smtp_port=port), target(signer)))
    assert set(found.values()) == {"connection-refused"} and len(found) == 2


def test_a_host_that_never_answers(signer: Signer, hosts: MailHosts) -> None:
    with silent() as port:
        found = verdicts(probed(replace(hosts, imap_port=port, smtp_port=port), target(signer)))
    assert found == {
        StepId.IMAP_CONNECT: "no-answer-encrypting",
        StepId.SMTP_CONNECT: "no-answer-greeting",
    }


def test_a_server_that_is_down(signer: Signer) -> None:
    with Dovecot(signer.public_pem(), {}) as server:
        down = MailHosts(
            "127.0.0.1", server.imap_port, "127.0.0.1", server.smtp_port, server.ca_file, 3, 5, 12
        )
        assert not verdicts(probed(down, target(signer)))
        server.stop()
        found = verdicts(probed(down, target(signer)))
    assert set(found.values()) == {"connection-refused"}
    assert {ROWS.verdict(cause).permanence for cause in found.values()} == {Permanence.RETRY}
