"""What a hostile mail server must not achieve: to fill the bot's memory."""

import tracemalloc
from collections.abc import Iterator

import pytest

from bot.diagnosis import catalogue
from bot.mail.hosts import MailHosts
from bot.mail.imap_reading import MAX_ANSWER_BYTES, MAX_LITERAL_BYTES
from bot.mail.probe import MailProbe
from bot.mail.steps import StepResult
from bot.mail.target import Target
from sandbox.practice import Practice
from sandbox.world import Scenario
from storage.vocabulary import StepId, StepStatus
from tests.support.practice import new_practice

pytestmark = pytest.mark.attacks

INFO = "info@acme.example"
MEGABYTE = 1_000_000
ON_THE_WAY = 16 * MEGABYTE
"""So much may be in the buffers of both kernels and of TLS when the client hangs up."""


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    running = new_practice()
    running.start()
    yield running
    running.stop()


def listed(practice: Practice) -> StepResult:
    """How the list of folders ends; the time-outs are too long to be what ends it."""
    ca_file = practice.certificates.ca_file
    ports = practice.imap.port, "localhost", practice.smtp.port
    hosts = MailHosts("localhost", *ports, ca_file, 120, 120, 240)
    claims = {
        "aud": "https://outlook.office.com",
        "scp": "IMAP.AccessAsUser.All SMTP.Send",
        "upn": INFO,
    }
    who = Target(INFO, INFO, INFO, practice.signer.issue(claims, 600))
    steps = MailProbe(hosts).run(who, lambda _result: None).steps
    return next(result for result in steps if result.step is StepId.IMAP_FOLDERS)


def flood(practice: Practice, reply: dict[str, object]) -> tuple[str, int]:
    """The cause that is seen of a flood, and how much of it the server could send."""
    practice.world.scenarios["flood"] = Scenario("flood", "", "", "mailbox", "imap.list", reply)
    practice.world.throw("flood", INFO)
    before = practice.imap.flooded
    try:
        result = listed(practice)
    finally:
        practice.world.take_back("flood", INFO)
    assert result.status is StepStatus.FAIL and result.observation is not None
    return catalogue.load().explain(result.observation).cause, practice.imap.flooded - before


def test_a_literal_of_400_megabytes_is_not_read(practice: Practice) -> None:
    tracemalloc.start()
    try:
        cause, sent = flood(practice, {"literal": 400 * MEGABYTE})
        _, memory = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert cause == "mail-server-floods"
    assert sent < ON_THE_WAY
    assert memory < 8 * MEGABYTE


def test_ten_million_folders_are_not_read(practice: Practice) -> None:
    cause, sent = flood(practice, {"lines": 10 * MEGABYTE})
    assert cause == "mail-server-floods"
    assert sent < MAX_ANSWER_BYTES + ON_THE_WAY


def test_what_is_large_and_within_reason_is_read(practice: Practice) -> None:
    folder = practice.world.mailboxes[INFO].folders[-1]
    name = folder.name
    # a quote has it sent as a literal
    folder.name = '"' + "x" * (MAX_LITERAL_BYTES - 1)
    try:
        assert listed(practice).status is StepStatus.OK
    finally:
        folder.name = name
