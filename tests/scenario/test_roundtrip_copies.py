"""The copies of the test message: which one proves where sent mail is kept, and that none is left
in any mailbox."""

from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes

import pytest
from imapclient.imap_utf7 import decode, encode

import sandbox.mail.imap as imap
from sandbox.world import Folder, Mail, MessageIds
from storage.vocabulary import FolderRole, State
from tests.support.folders import (
    INFO,
    folder,
    folders,
    looked_at_again,
    mapped,
    mapping,
    opened,
    without_marks,
)
from tests.support.world import ACME, SILENCE_SECONDS, BotWorld

pytestmark = pytest.mark.folders

SENT = "Gesendete Elemente"


@dataclass
class Ruled(Folder):
    """An inbox with a rule that copies what arrives to other folders, of a server that keeps what
    was sent in `kept`."""

    copied: list[Folder] = field(default_factory=list)
    kept: list[Folder] = field(default_factory=list)

    def deliver(self, raw: bytes) -> Mail:
        for each in self.kept:
            each.deliver(
                raw[raw.index(b"From:") :]
            )  # as it was sent, without the line that its delivery added
        for each in self.copied:
            each.deliver(raw)
        return super().deliver(raw)


def ruled(world: BotWorld, copied: list[str], kept: list[str]) -> None:
    """Give Info's inbox the rule; folders that are not there yet are made, before all others."""
    rows = folders(world, INFO)
    new = [name for name in [*copied, *kept] if name not in {each.name for each in rows}]
    inbox = Ruled("INBOX", uid_validity=1001)
    rows[:] = [
        inbox,
        *(Folder(name, uid_validity=2001 + n) for n, name in enumerate(new)),
        *rows[1:],
    ]
    inbox.copied = [folder(world, INFO, name) for name in copied]
    inbox.kept = [folder(world, INFO, name) for name in kept]


def left(world: BotWorld) -> dict[str, int]:
    """The folders in which test messages are left."""
    return {each.name: len(each.messages) for each in folders(world, INFO) if each.messages}


# The proof


@pytest.mark.parametrize(
    "copied", [["Alle Eingänge"], ["Papierkorb alt"], ["Alle Eingänge", "Papierkorb alt"]], ids=str
)
@pytest.mark.parametrize("kept", [[], [SENT]], ids=["sent mail is not kept", "sent mail is kept"])
def test_a_rules_copy_is_no_proof(world: BotWorld, copied: list[str], kept: list[str]) -> None:
    without_marks(world, INFO)
    ruled(world, copied, kept)
    world.set_up()
    card = world.connect(INFO, "Info")
    assert f"Sent: {SENT}" in card.text
    window = opened(world, "Info")
    assert window.chosen("Sent").startswith(f"{SENT}  ·  {'proved' if kept else 'its name in'}")
    assert left(world) == {}


def test_a_rules_copy_is_not_what_accept_all_suggestions_maps(world: BotWorld) -> None:
    without_marks(world, INFO)
    ruled(world, ["Alle Eingänge"], [SENT])
    world.set_up()
    world.carol.press(world.connect(INFO, "Info"), "Accept all suggestions")
    world.card("Info", "Live")
    assert mapping(world, "Info")[FolderRole.SENT] == SENT


def test_copies_of_sent_mail_in_two_folders_prove_nothing(world: BotWorld) -> None:
    without_marks(world, INFO)
    ruled(world, [], ["Ausgang", "Postausgang alt"])
    world.set_up()
    world.connect(INFO, "Info")
    window = opened(world, "Info")
    assert not [text for text in window.options("Sent") if "proved" in text]
    assert window.chosen("Sent").startswith(f"{SENT}  ·  its name in")
    assert left(world) == {}


def test_the_one_copy_of_sent_mail_is_a_proof_whatever_the_folder_is_called(
    world: BotWorld,
) -> None:
    without_marks(world, INFO)
    ruled(world, ["Alle Eingänge"], ["Ausgang"])
    world.set_up()
    world.connect(INFO, "Info")
    assert opened(world, "Info").chosen("Sent") == "Ausgang  ·  proved by the test message"


# What is left


def test_the_copy_of_sent_mail_is_found_and_removed_among_more_folders_than_are_looked_through(
    world: BotWorld,
) -> None:
    without_marks(world, INFO)
    folders(world, INFO)[1:1] = [Folder(f"Auftrag {number:02}") for number in range(70)]
    ruled(world, [], [SENT])
    world.set_up()
    world.connect(INFO, "Info")
    assert left(world) == {}


# Servers that do not answer, and names that nobody should send


@pytest.mark.parametrize("hangs_up", [False, True], ids=["silent", "hangs up"])
def test_a_mailbox_that_could_not_say_what_its_folders_are_known_by_is_tested_again(
    world: BotWorld, monkeypatch: pytest.MonkeyPatch, hangs_up: bool
) -> None:
    def unable(session: imap.Session, tag: str, words: list[str], by_uid: bool) -> None:
        if not hangs_up:
            session.server.stopping.wait()
        raise imap.Bye

    world.set_up()
    mapped(world)
    before = finished(world)
    world.restart_bot(mail_timeout=SILENCE_SECONDS)
    with monkeypatch.context() as patched:
        patched.setattr(imap.Session, "do_status", unable)
        world.clock.pass_time(days=8)  # a mailbox that works is tested wholly every week
        for _ in range(6):
            world.leap(minutes=6)
            world.settle(60)
    after = finished(world)
    assert after > before, "the check has come to an end"

    world.carol.press(world.card("Info", "Live"), "Test connection")
    world.settle()
    assert finished(world) > after
    world.carol.find(ACME, "Connection test of Info: passed")
    assert mapping(world, "Info")[FolderRole.SENT] == SENT


def test_a_name_of_8_bit_signs_keeps_no_mailbox_from_being_connected_mapped_and_watched(
    world: BotWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        imap, "encode", lambda name: name.encode() if name == "Lös" else bytes(encode(name))
    )
    monkeypatch.setattr(
        imap, "decode", lambda sent: "Lös" if sent == "Lös".encode() else str(decode(sent))
    )
    folders(world, INFO).append(Folder("Lös", uid_validity=2001))
    without_marks(world, INFO)
    world.set_up()
    world.connect(INFO, "Info")
    assert left(world) == {}

    window = opened(world, "Info")
    odd = next(text for text in window.options("Archive") if text.startswith("L"))
    assert world.carol.submit(window, {"Archive": odd}) == {}
    world.settle()
    looked_at_again(world)
    assert world.account("Info").state is State.LIVE
    assert FolderRole.ARCHIVE in mapping(world, "Info")


def finished(world: BotWorld) -> int:
    """The number of the last connection test that came to an end."""
    account_id = world.account("Info").id
    with world.bot.store.transaction() as tx:
        latest, running = (
            tx.checks.latest(account_id),
            tx.checks.running(account_id, world.clock.now() - timedelta(hours=5)),
        )
    assert latest is not None and running is None, "a test has not come to an end"
    return latest.id


@pytest.mark.parametrize("kind", MessageIds)
def test_the_message_is_found_whatever_becomes_of_its_id(world: BotWorld, kind: MessageIds) -> None:
    """Consumer Outlook replaces Message-IDs. The subject is then what is left to know it by; what
    answers the message, or reports about it, has that subject too and stays."""
    world.practice.world.message_ids = kind
    inbox = folder(world, INFO, "INBOX")
    deliver = inbox.deliver
    answers: list[Mail] = []

    def answered(raw: bytes) -> Mail:
        """Somebody's automatic answer and a report arrive with it."""
        read = message_from_bytes(raw)
        subject = f"Subject: Automatic reply: {read['Subject']}\r\n"
        sender = f"From: {INFO}\r\n"
        reply = f"In-Reply-To: {read['Message-ID']}\r\n"
        answers.append(deliver(f"{sender}{subject}{reply}\r\nI am away\r\n".encode()))
        answers.append(deliver(f"From: postmaster@acme.example\r\n{subject}\r\nx\r\n".encode()))
        return deliver(raw)

    inbox.deliver = answered  # type: ignore[method-assign]
    world.set_up()
    world.sign_in(world.add(INFO, "Info"), INFO)
    world.carol.find(ACME, "The connection of Info works")
    assert len(answers) == 2
    assert inbox.messages == answers
    assert [mail for each in folders(world, INFO)[1:] for mail in each.messages] == []
