"""The connection probe against servers that misbehave: each layer is told apart, and nothing takes
for ever."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from bot.diagnosis.observation import Observation, Where
from bot.mail.hosts import MailHosts
from bot.mail.probe import MailProbe
from bot.mail.steps import StepResult
from bot.mail.target import Target
from sandbox.practice import Practice
from storage.vocabulary import StepId, StepStatus

INFO = "info@acme.example"


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    running = Practice()
    running.start()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def calm(practice: Practice) -> Iterator[None]:
    """Take back whatever a test threw."""
    yield
    for name, target in practice.world.thrown():
        practice.world.take_back(name, target)


@pytest.fixture
def hosts(practice: Practice) -> MailHosts:
    ca_file = practice.certificates.ca_file
    return MailHosts(
        "localhost", practice.imap.port, "localhost", practice.smtp.port, ca_file, 3, 3, 6
    )


def target(practice: Practice, lifetime: float = 600, **changed: str) -> Target:
    claims = {
        "aud": "https://outlook.office.com",
        "scp": "IMAP.AccessAsUser.All SMTP.Send",
        "upn": INFO,
        "uti": "u" * 2200,
    }
    return Target(INFO, INFO, INFO, practice.signer.issue(claims | changed, lifetime))


def probed(hosts: MailHosts, who: Target) -> dict[StepId, StepResult]:
    return {result.step: result for result in MailProbe(hosts).run(who, lambda _result: None).steps}


def seen(results: dict[StepId, StepResult], step: StepId) -> Observation:
    observation = results[step].observation
    assert observation is not None and results[step].status is StepStatus.FAIL
    return observation


@contextmanager
def server(talk: bytes, drip: bool = False) -> Iterator[int]:
    """A server that says `talk` (or drips a character every tenth of a second) and nothing else."""
    listening, stop = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def serve() -> None:
        while not stop.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.sendall(talk)
                while not stop.wait(0.1):
                    try:
                        connection.sendall(b"x" if drip else b"")
                    except OSError:
                        break

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listening.getsockname()[1]
    stop.set()
    listening.close()
    thread.join(5)


def test_a_token_of_three_kilobytes_passes_every_step(practice: Practice, hosts: MailHosts) -> None:
    who = target(practice)
    assert len(who.access_token) > 3000
    results = probed(hosts, who)
    assert {result.status for result in results.values()} == {StepStatus.OK}
    assert who.access_token not in repr(who) + repr(results)
    for step, layers in (
        (StepId.IMAP_CONNECT, ("TCP", "TLS")),
        (StepId.SMTP_CONNECT, ("TCP", "STARTTLS", "TLS")),
    ):
        assert all(layer in results[step].evidence for layer in (*layers, "XOAUTH2 offered"))


@pytest.mark.parametrize(
    "changed",
    [{"aud": "https://graph.microsoft.com"}, {"scp": "User.Read"}, {"lifetime": -60}],
    ids=str,
)
def test_a_bad_token_is_refused_at_the_sign_in_and_the_rest_skipped(
    practice: Practice, hosts: MailHosts, changed: dict[str, object]
) -> None:
    results = probed(hosts, target(practice, **changed))  # type: ignore[arg-type]
    assert seen(results, StepId.IMAP_AUTH).where is Where.IMAP
    assert seen(results, StepId.SMTP_AUTH).status == 535
    assert results[StepId.IMAP_INBOX].status is StepStatus.SKIP
    assert results[StepId.IMAP_INBOX].reason == "imap.auth"


def test_another_users_token_signs_in_and_does_not_open_the_mailbox(
    practice: Practice, hosts: MailHosts
) -> None:
    results = probed(hosts, target(practice, upn="carol@acme.example"))
    assert "authenticated but not connected" in seen(results, StepId.IMAP_FOLDERS).text
    assert seen(results, StepId.SMTP_AUTH).enhanced == "5.7.3"


def test_a_name_that_cannot_be_found(practice: Practice, hosts: MailHosts) -> None:
    nowhere = replace(hosts, imap_host="mail.nowhere.invalid", smtp_host="mail.nowhere.invalid")
    results = probed(nowhere, target(practice))
    assert (
        seen(results, StepId.IMAP_CONNECT).condition
        == seen(results, StepId.SMTP_CONNECT).condition
        == "dns"
    )


def test_a_closed_port(practice: Practice, hosts: MailHosts) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    results = probed(replace(hosts, imap_port=port, smtp_port=port), target(practice))
    assert (
        seen(results, StepId.IMAP_CONNECT).condition
        == seen(results, StepId.SMTP_CONNECT).condition
        == "refused"
    )


def test_a_certificate_that_is_not_trusted(practice: Practice, hosts: MailHosts) -> None:
    results = probed(replace(hosts, ca_file=None), target(practice))
    assert (
        seen(results, StepId.IMAP_CONNECT).condition
        == seen(results, StepId.SMTP_CONNECT).condition
        == "certificate"
    )


def test_a_server_that_never_answers(practice: Practice, hosts: MailHosts) -> None:
    with server(b"") as port:
        begun = time.monotonic()
        results = probed(replace(hosts, imap_port=port, smtp_port=port), target(practice))
    assert (
        seen(results, StepId.IMAP_CONNECT).condition
        == seen(results, StepId.SMTP_CONNECT).condition
        == "timeout"
    )
    assert (seen(results, StepId.IMAP_CONNECT).layer, seen(results, StepId.SMTP_CONNECT).layer) == (
        "tls",
        "greeting",
    )
    assert time.monotonic() - begun < hosts.deadline + hosts.connect_timeout


def test_a_server_that_drips_is_cut_off_at_the_deadline(
    practice: Practice, hosts: MailHosts
) -> None:
    with server(b"220 ", drip=True) as port:
        begun = time.monotonic()
        results = probed(replace(hosts, smtp_port=port), target(practice))
    assert results[StepId.SMTP_CONNECT].status is StepStatus.FAIL
    assert results[StepId.IMAP_INBOX].status is StepStatus.OK, "the other side is not held up"
    assert time.monotonic() - begun < hosts.deadline + hosts.connect_timeout


def test_a_server_of_another_kind(practice: Practice, hosts: MailHosts) -> None:
    with server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        results = probed(replace(hosts, imap_port=port, smtp_port=port), target(practice))
    assert seen(results, StepId.IMAP_CONNECT).where is Where.NETWORK
    assert results[StepId.SMTP_CONNECT].status is StepStatus.FAIL


def test_a_connection_that_breaks_off(practice: Practice, hosts: MailHosts) -> None:
    practice.world.throw("connection-lost")
    practice.world.throw("connection-lost-encrypting")
    results = probed(hosts, target(practice))
    sending, receiving = seen(results, StepId.SMTP_CONNECT), seen(results, StepId.IMAP_CONNECT)
    assert (sending.condition, sending.layer) == ("reset", "greeting")
    assert (receiving.condition, receiving.layer) == ("reset", "tls")


def test_both_sides_are_tested_at_the_same_time(practice: Practice, hosts: MailHosts) -> None:
    order: list[StepId] = []
    practice.world.throw("slow")  # IMAP takes two seconds to begin
    patient = replace(hosts, read_timeout=5, connect_timeout=5, deadline=20)
    MailProbe(patient).run(target(practice), lambda result: order.append(result.step))
    assert order.index(StepId.SMTP_SENDER) < order.index(StepId.IMAP_CONNECT)
