"""What mapped folders are known by: asked for behind the other steps, and never guessed."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from bot.mail.hosts import MailHosts
from bot.mail.imap import STEPS, ImapConnection
from bot.mail.probe import FolderMark
from bot.mail.steps import StepResult, StepRunner
from bot.mail.target import Target, Watched
from bot.mail.trace import Trust
from storage.vocabulary import StepStatus
from tests.support.fast_ports import folder

NAMES = ("INBOX", "Sent", "Work")
Answer = dict[bytes, Any]


class Server:
    """An IMAP server of three folders, of which STATUS may go wrong."""

    def __init__(self, objectid: bool = False) -> None:
        self.objectid = objectid
        self.faults: dict[str, Callable[[], Exception]] = {}
        self.asked: list[str] = []
        self.holds_nothing = ""
        self.numbers: dict[str, int] = {}

    def sasl_login(self, mechanism: str, answer: Callable[[bytes], bytes]) -> None:
        answer(b"")

    def list_folders(self) -> list[Any]:
        flags = {self.holds_nothing: ("\\NoSelect",)}
        return [folder(name, *flags.get(name, ())) for name in NAMES]

    def select_folder(self, name: str, readonly: bool) -> Answer:
        return {b"EXISTS": 3}

    def has_capability(self, name: str) -> bool:
        return self.objectid if name == "OBJECTID" else True

    def folder_status(self, name: bytes, what: list[str]) -> Answer:
        shown = name.decode()
        self.asked.append(shown)
        if shown in self.faults:
            raise self.faults[shown]()
        number = self.numbers.get(shown, NAMES.index(shown) + 1)
        answer: Answer = {b"UIDVALIDITY": number}
        if "MAILBOXID" in what:
            answer[b"MAILBOXID"] = (f"M{number}".encode(),)
        return answer


class Connection(ImapConnection):
    """The IMAP side on that server."""

    def __init__(self, server: Server) -> None:
        super().__init__(MailHosts("imap.example", 993, "smtp.example", 587), Trust(None))
        self._server = server

    def connect(self) -> str:
        return "connected"

    @property
    def client(self) -> Any:
        return self._server


def looked(server: Server, *mapped: str) -> tuple[Connection, list[StepResult]]:
    """A run in which these folders are watched; all three were listed before."""
    runner = StepRunner(STEPS, lambda _result: None, threading.Lock())
    watched = Watched(frozenset(mapped), frozenset(NAMES))
    connection = Connection(server)
    connection.run(Target("a@b.example", "a@b.example", "a@b.example", "token", watched), runner)
    return connection, runner.results


def broken() -> Exception:
    return IMAPClientAbortError("socket error: EOF")


def test_every_mapped_folder_is_known_by_its_uidvalidity() -> None:
    connection, _ = looked(Server(), "INBOX", "Sent")

    assert connection.marks == {"INBOX": FolderMark(1), "Sent": FolderMark(2)}


def test_where_the_server_has_ids_a_folder_is_known_by_its_id_too() -> None:
    connection, _ = looked(Server(objectid=True), "Sent")

    assert connection.marks == {"Sent": FolderMark(2, "M2")}


@pytest.mark.parametrize("name", ["INBOX", "Sent", "Work"])
@pytest.mark.parametrize("error", [broken, lambda: OSError("reset"), TimeoutError])
def test_a_connection_that_breaks_at_any_folder_judges_none(
    name: str, error: Callable[[], Exception]
) -> None:
    server = Server()
    server.faults[name] = error

    connection, results = looked(server, *NAMES)

    assert connection.marks is None
    assert [result.status for result in results] == [StepStatus.OK] * len(STEPS)


def test_a_folder_that_cannot_be_asked_about_is_left_out_and_the_others_are_not() -> None:
    server = Server()
    server.faults["Sent"] = lambda: IMAPClientError("NO not now")

    connection, _ = looked(server, *NAMES)
    assert connection.marks is not None
    assert connection.marks.keys() == {"INBOX", "Work"}


def test_a_number_that_no_server_may_give_makes_no_folder_known() -> None:
    server = Server()
    server.numbers = {"INBOX": 2**32 - 1, "Sent": 2**32, "Work": 10**30}

    connection, _ = looked(server, *NAMES)
    assert connection.marks == {"INBOX": FolderMark(2**32 - 1)}


def test_where_a_mapped_folder_is_missing_the_new_ones_are_asked_about() -> None:
    server = Server()
    runner = StepRunner(STEPS, lambda _result: None, threading.Lock())
    connection = Connection(server)
    watched = Watched(frozenset({"INBOX", "Old"}), frozenset({"INBOX", "Old", "Sent"}))
    connection.run(Target("a@b.example", "a@b.example", "a@b.example", "token", watched), runner)

    assert connection.marks == {"INBOX": FolderMark(1), "Work": FolderMark(3)}


def test_where_nothing_is_missing_new_folders_are_not_asked_about() -> None:
    server = Server()
    runner = StepRunner(STEPS, lambda _result: None, threading.Lock())
    connection = Connection(server)
    watched = Watched(frozenset({"INBOX"}), frozenset({"INBOX"}))
    connection.run(Target("a@b.example", "a@b.example", "a@b.example", "token", watched), runner)

    assert server.asked == ["INBOX"]


def test_a_name_that_holds_no_messages_is_not_asked_about() -> None:
    server = Server()
    server.holds_nothing = "Sent"

    connection, _ = looked(server, "INBOX", "Sent")
    assert server.asked == ["INBOX"]
    assert connection.marks == {"INBOX": FolderMark(1)}
