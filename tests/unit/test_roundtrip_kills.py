"""A worker may be killed at any moment of a round trip: whoever does it again finds out how it
went, and leaves nothing in the mailbox."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.mail.imap_list import MailFolder
from bot.mail.roundtrip import Arrival, RoundTrip, RoundTripMessage
from bot.mail.steps import ProbeFailed, Remark
from bot.mail.target import Target

pytestmark = pytest.mark.delivery

SENT = "Sent Items"
FOLDERS = (
    MailFolder("INBOX", "INBOX", "/", ()),
    MailFolder(SENT, SENT, "/", ("\\Sent",)),
)
TARGET = Target("info@acme.example", "info@acme.example", "info@acme.example", "token")
MOST_CALLS = 60


class Killed(BaseException):
    """The worker is gone."""


@dataclass
class Server:
    """A mailbox, and what was sent to it. `kill_at` says at which call the worker is killed, before
    (`done` False) or after it is carried out; `loses` how many messages never arrive."""

    kill_at: int = 0
    done: bool = False
    loses: int = 0
    calls: int = 0
    sent: int = 0
    mails: dict[str, dict[int, bytes]] = field(default_factory=lambda: defaultdict(dict))
    marked: set[int] = field(default_factory=set)
    selected: str = ""

    def call(self, what: str, *args: Any) -> Any:
        self.calls += 1
        if self.calls == self.kill_at and not self.done:
            raise Killed
        answer = getattr(self, f"do_{what}")(*args)
        if self.calls == self.kill_at:
            raise Killed
        return answer

    def do_select(self, name: bytes) -> None:
        self.selected = name.decode()

    def do_search(self, criteria: list[str]) -> list[int]:
        wanted = criteria[2].encode()
        return [uid for uid, raw in self.mails[self.selected].items() if wanted in raw]

    def do_fetch(self, uids: list[int], what: list[str]) -> dict[int, dict[bytes, bytes]]:
        return {uid: {b"BODY[HEADER]": self.mails[self.selected][uid]} for uid in uids}

    def do_delete(self, uids: list[int]) -> None:
        self.marked |= set(uids)

    def do_expunge(self, uids: list[int]) -> None:
        for uid in self.marked & set(uids):
            self.mails[self.selected].pop(uid, None)

    def do_send(self, raw: bytes) -> None:
        self.sent += 1
        if self.sent <= self.loses:
            return
        uid = 100 + self.sent
        self.mails["INBOX"][uid] = b"Received: by us\r\n" + raw
        self.mails[SENT][uid] = raw

    def do_word(self, *_: Any) -> tuple[int, bytes]:
        return 250, b"fine"

    def do_data(self, *_: Any) -> tuple[int, bytes]:
        return 354, b"go on"

    @property
    def left(self) -> int:
        return sum(len(mails) for mails in self.mails.values())


class Imap:
    """IMAPClient, as far as it is used."""

    def __init__(self, server: Server) -> None:
        self.select_folder = lambda name: server.call("select", name)
        self.search = lambda criteria: server.call("search", criteria)
        self.fetch = lambda uids, what: server.call("fetch", uids, what)
        self.delete_messages = lambda uids: server.call("delete", uids)
        self.uid_expunge = lambda uids: server.call("expunge", uids)
        self.has_capability = lambda name: True


class Smtp:
    """smtplib's connection, as far as it is used."""

    def __init__(self, server: Server) -> None:
        self.mail = lambda address: server.call("word", address)
        self.rcpt = lambda address: server.call("word", address)
        self.docmd = lambda word: server.call("data", word)
        self.send = lambda raw: server.call("send", raw)
        self.getreply = lambda: server.call("word")


@dataclass
class Kept:
    """What the test's row keeps of the message."""

    ids: tuple[str, ...] = ()
    arrival: Arrival | None = None
    attempts: int = 0


def attempt(server: Server, kept: Kept) -> str | Remark:
    """One worker's attempt."""
    kept.attempts += 1
    message_id = f"<maildesk-{kept.attempts}@acme.example>"

    def on_sending() -> None:
        kept.ids = (*kept.ids, message_id)

    def on_arrived(arrival: Arrival) -> None:
        kept.arrival = arrival

    message = RoundTripMessage(message_id, kept.ids, kept.arrival, on_sending, on_arrived)
    imap: Any = type("Imap", (), {"client": Imap(server), "folders": FOLDERS})
    smtp: Any = type("Smtp", (), {"client": Smtp(server)})
    trip = RoundTrip(imap, smtp, arrival=0)
    told = trip.run(TARGET, message)
    assert trip.sent_in == SENT, "the proof is not lost"
    return told


def until_done(server: Server, kept: Kept) -> str | Remark:
    try:
        return attempt(server, kept)
    except Killed:
        return attempt(server, kept)


def test_undisturbed_one_message_makes_the_round_and_none_is_left() -> None:
    server = Server()
    assert isinstance(until_done(server, Kept()), str)
    assert (server.sent, server.left) == (1, 0)
    assert server.calls < MOST_CALLS


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("kill_at", range(1, MOST_CALLS))
def test_a_kill_at_any_moment_is_no_failure_and_leaves_no_copy(kill_at: int, done: bool) -> None:
    server = Server(kill_at, done)
    told = until_done(server, Kept())
    assert isinstance(told, str), told
    assert server.left == 0
    assert server.sent <= 1, "what has left is found and not sent again"


@pytest.mark.parametrize("kill_at", range(1, MOST_CALLS))
def test_where_the_first_message_is_lost_another_is_sent(kill_at: int) -> None:
    server = Server(kill_at, loses=1)
    kept = Kept()
    try:
        until_done(server, kept)
    except ProbeFailed:
        assert server.sent == 1, "one that was not killed and did not arrive is a verdict"
    else:
        assert server.sent == 2
    assert server.left == 0


def test_one_that_arrives_late_is_removed_with_the_one_that_was_sent_for_it() -> None:
    server = Server()
    late = b"Message-ID: <maildesk-0@acme.example>\r\n\r\nx\r\n"
    server.mails[SENT][1] = late
    kept = Kept(ids=("<maildesk-0@acme.example>",))
    attempt(server, kept)
    assert server.sent == 1
    assert server.left == 0
