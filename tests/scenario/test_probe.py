"""The connection probe against servers that misbehave: each layer is told apart, and nothing takes
for ever."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest

from bot.diagnosis.observation import Condition, Observation, Where
from bot.mail.hosts import MailHosts
from bot.mail.probe import MailProbe
from bot.mail.steps import StepResult
from bot.mail.target import Target, Watched
from sandbox.practice import Practice
from storage.vocabulary import StepId, StepStatus
from tests.support.practice import new_practice

INFO = "info@acme.example"


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    running = new_practice()
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
    """A server that says `talk` (or drips a character every tenth of a second) and nothing else,
    until the client hangs up; this it must do before the block ends."""
    listening = socket.create_server(("127.0.0.1", 0))

    def hold(connection: socket.socket) -> None:
        with connection, suppress(ConnectionError):
            connection.sendall(talk)
            connection.settimeout(0.1 if drip else None)
            while True:
                try:
                    if not connection.recv(4096):
                        return
                except TimeoutError:
                    connection.sendall(b"x")

    def serve() -> None:
        with suppress(OSError):
            while True:
                held.append(threading.Thread(target=hold, args=(listening.accept()[0],)))
                held[-1].start()

    held: list[threading.Thread] = []
    taking = threading.Thread(target=serve)
    taking.start()
    yield listening.getsockname()[1]
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    taking.join()
    for thread in held:
        thread.join(30)
        assert not thread.is_alive(), "the client did not hang up"


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
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # nobody else can have it, and nobody listens
        port = closed.getsockname()[1]
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
    impatient = replace(hosts, connect_timeout=0.5, read_timeout=0.5)
    with server(b"") as port:
        results = probed(replace(impatient, imap_port=port, smtp_port=port), target(practice))
    assert (
        seen(results, StepId.IMAP_CONNECT).condition
        == seen(results, StepId.SMTP_CONNECT).condition
        == "timeout"
    )
    assert (seen(results, StepId.IMAP_CONNECT).layer, seen(results, StepId.SMTP_CONNECT).layer) == (
        "tls",
        "greeting",
    )


def test_a_server_that_drips_is_cut_off_at_the_deadline(
    practice: Practice, hosts: MailHosts
) -> None:
    with server(b"220 ", drip=True) as port:
        results = probed(replace(hosts, smtp_port=port), target(practice))
    assert results[StepId.SMTP_CONNECT].status is StepStatus.FAIL
    assert results[StepId.IMAP_INBOX].status is StepStatus.OK, "the other side is not held up"


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
    sent = threading.Event()

    def report(result: StepResult) -> None:
        order.append(result.step)
        if result.step is StepId.SMTP_SENDER:
            sent.set()

    with held_back(practice.imap.port, sent) as port:
        patient = replace(hosts, imap_port=port, read_timeout=60, connect_timeout=60, deadline=120)
        MailProbe(patient).run(target(practice), report)
    assert order.index(StepId.SMTP_SENDER) < order.index(StepId.IMAP_CONNECT)


@contextmanager
def held_back(port: int, until: threading.Event) -> Iterator[int]:
    """A way to the server at `port` that opens only then."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def carry() -> None:
            client, _ = listening.accept()
            until.wait()
            there = socket.create_connection(("127.0.0.1", port))
            back = threading.Thread(target=pour, args=(there, client))
            back.start()
            pour(client, there)
            back.join()
            client.close()
            there.close()

        carrying = threading.Thread(target=carry, daemon=True)
        carrying.start()
        yield listening.getsockname()[1]
        carrying.join(30)


def pour(source: socket.socket, target: socket.socket) -> None:
    """Hand on what one end says, until it has said everything."""
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def test_a_look_opens_the_inbox_and_signs_in_to_send_and_lists_no_folder(
    practice: Practice, hosts: MailHosts
) -> None:
    watched = Watched(frozenset({"INBOX", "Gone"}), frozenset())
    report = MailProbe(hosts).look(replace(target(practice), watched=watched), lambda _result: None)

    assert {result.step: result.status for result in report.steps} == {
        StepId.IMAP_CONNECT: StepStatus.OK,
        StepId.IMAP_AUTH: StepStatus.OK,
        StepId.IMAP_INBOX: StepStatus.OK,
        StepId.SMTP_CONNECT: StepStatus.OK,
        StepId.SMTP_AUTH: StepStatus.OK,
    }
    assert report.folders == ()
    assert report.marks is not None and set(report.marks) == {"INBOX"}


def test_a_look_at_a_mailbox_that_cannot_be_opened_says_so_behind_the_sign_in(
    practice: Practice, hosts: MailHosts
) -> None:
    practice.world.throw("authenticated-not-connected", INFO)
    steps = {
        each.step: each for each in MailProbe(hosts).look(target(practice), lambda _: None).steps
    }

    assert steps[StepId.IMAP_AUTH].status is StepStatus.OK
    assert seen(steps, StepId.IMAP_INBOX).condition is Condition.BAD
    assert steps[StepId.SMTP_AUTH].status is StepStatus.OK
