"""The receiving side: connect, authenticate, list the folders, open the inbox."""

import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from socket import SHUT_RDWR

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from bot.diagnosis.observation import Condition, Layer, Observation, Where
from bot.mail.deadline import bounded
from bot.mail.hosts import MailHosts
from bot.mail.imap_list import MailFolder, folders_in
from bot.mail.imap_reading import BoundedImap
from bot.mail.steps import ProbeFailed, StepRunner
from bot.mail.target import FolderMark, Target, Watched, xoauth2
from bot.mail.trace import ConnectionTrace, Trust, traced
from storage.vocabulary import StepId

STEPS = (StepId.IMAP_CONNECT, StepId.IMAP_AUTH, StepId.IMAP_FOLDERS, StepId.IMAP_INBOX)

OPENING = (StepId.IMAP_CONNECT, StepId.IMAP_AUTH, StepId.IMAP_INBOX)
"""What a look takes of them."""

MAX_NEW_FOLDERS = 60
"""How many new folders are asked about when a watched one is missing: one STATUS each."""

MAX_UID_VALIDITY = 2**32 - 1
"""RFC 9051, 2.3.1.1. No database keeps whatever a server may call a number."""


class _Client(IMAPClient):  # type: ignore[misc]
    """imapclient, with LIST read as servers really answer it: one line that imapclient cannot read
    would lose the whole answer; and no answer is larger than is of use."""

    def _create_IMAP4(self) -> BoundedImap:
        # as imapclient's own, which has no place where the class can be said
        return BoundedImap(self.host, self.port, self.ssl_context, self._timeout.connect)

    def _proc_folder_list(
        self, folder_data: list[bytes | tuple[bytes, bytes] | None]
    ) -> list[MailFolder]:
        return list(folders_in(folder_data))


class ImapConnection:
    """One connection to the IMAP server."""

    def __init__(self, hosts: MailHosts, trust: Trust) -> None:
        self._hosts = hosts
        self._trust = trust
        self._client: _Client | None = None
        self.folders: tuple[MailFolder, ...] = ()
        self.marks: Mapping[str, FolderMark] | None = None
        """What the watched folders are known by; None where the server could not be asked, so that
        nobody can judge them."""

    def run(self, target: Target, runner: StepRunner) -> None:
        """Run every step, up to the first that fails. Takes seconds."""
        with suppress(ProbeFailed):
            runner.run(StepId.IMAP_CONNECT, self.connect)
            runner.run(StepId.IMAP_AUTH, lambda: self.authenticate(target))
            runner.run(StepId.IMAP_FOLDERS, self.list_folders)
            runner.run(StepId.IMAP_INBOX, self.open_inbox)
            if target.watched is not None:
                # not a step: a mailbox whose folders cannot be compared works all the same
                with suppress(OSError, IMAPClientAbortError):
                    self.marks = self._marks_of(target.watched)

    def open(self, target: Target, runner: StepRunner) -> None:
        """Sign in and open the inbox; what the watched folders are known by is asked without a
        list. Takes seconds."""
        with suppress(ProbeFailed):
            runner.run(StepId.IMAP_CONNECT, self.connect)
            runner.run(StepId.IMAP_AUTH, lambda: self.authenticate(target))
            runner.run(StepId.IMAP_INBOX, self.open_inbox)
            if target.watched is not None:
                with suppress(OSError, IMAPClientAbortError):
                    self.marks = self._marks(sorted(target.watched.mapped))

    def connect(self) -> str:
        """Name, TCP, TLS, greeting, and whether XOAUTH2 is offered, told apart."""
        hosts = self._hosts
        trace = ConnectionTrace(behind_tcp=Layer.TLS)
        with traced(trace, StepId.IMAP_CONNECT), self._trust.context(trace) as context:
            self._client = _Client(
                hosts.imap_host,
                hosts.imap_port,
                ssl=True,
                ssl_context=context,
                timeout=SocketTimeout(hosts.connect_timeout, hosts.read_timeout),
            )
            # names are kept as the server sends them: one that is not proper UTF-7 would not
            # survive decoding and encoding
            self._client.folder_encode = False
            offered = self._client.has_capability("AUTH=XOAUTH2")
        trace.passed("greeting", None)
        if not offered:
            raise ProbeFailed(
                Observation(
                    Where.NETWORK, step=StepId.IMAP_CONNECT, condition=Condition.XOAUTH2_MISSING
                )
            )
        return f"{trace.evidence}, XOAUTH2 offered"

    def authenticate(self, target: Target) -> str:
        """AUTHENTICATE XOAUTH2 as the mailbox."""
        answers = iter([xoauth2(target.mailbox, target.access_token).encode()])
        # a second challenge carries an error; the empty answer lets the server say its final word
        self.client.sasl_login("XOAUTH2", lambda _challenge: next(answers, b""))
        return f"signed in as {target.mailbox}"

    def list_folders(self) -> str:
        """LIST everything."""
        self.folders = tuple(self.client.list_folders())
        if not self.folders:
            raise ProbeFailed(
                Observation(Where.IMAP, step=StepId.IMAP_FOLDERS, condition=Condition.EMPTY)
            )
        return f"{len(self.folders)} folders"

    def open_inbox(self) -> str:
        """EXAMINE INBOX: "authenticated but not connected" comes only after the OK of the
        sign-in."""
        status = self.client.select_folder("INBOX", readonly=True)
        return f"{status.get(b'EXISTS', 0)} messages"

    def folders_of(self, target: Target) -> tuple[MailFolder, ...]:
        """The folders alone, without a report. Takes seconds.

        Raises:
            ProbeFailed: the server did not list them.
        """
        runner = StepRunner(STEPS, lambda _result: None, threading.Lock(), self._hosts.imap)
        with bounded(self._hosts.deadline, self):
            runner.run(StepId.IMAP_CONNECT, self.connect)
            runner.run(StepId.IMAP_AUTH, lambda: self.authenticate(target))
            runner.run(StepId.IMAP_FOLDERS, self.list_folders)
        return self.folders

    def leave(self) -> None:
        """LOGOUT."""
        self.client.logout()

    def cut(self) -> None:
        """End the connection at once, from any thread."""
        # Shutting the socket down wakes a thread that waits for it; closing alone would not.
        with suppress(Exception):
            self.client.socket().shutdown(SHUT_RDWR)
        with suppress(Exception):
            self.client.shutdown()

    @property
    def client(self) -> _Client:
        """The connection.

        Raises:
            ConnectionAbortedError: there is none.
        """
        if self._client is None:
            raise ConnectionAbortedError("not connected")
        return self._client

    def _marks_of(self, watched: Watched) -> dict[str, FolderMark]:
        """STATUS of the watched folders that are there; if one is not, of new ones too, among which
        it may be by now."""
        names = {
            folder.server_name
            for folder in self.folders
            if "\\noselect" not in map(str.lower, folder.flags)
        }
        asked = sorted(watched.mapped & names)
        if watched.mapped - names:
            asked += sorted(names - watched.listed)[:MAX_NEW_FOLDERS]
        return self._marks(asked)

    def _marks(self, names: Iterable[str]) -> dict[str, FolderMark]:
        found = {name: self._mark_of(name) for name in names}
        return {name: mark for name, mark in found.items() if mark is not None}

    def _mark_of(self, name: str) -> FolderMark | None:
        wanted = ["UIDVALIDITY"]
        if self.client.has_capability("OBJECTID"):
            wanted.append("MAILBOXID")
        try:
            status = self.client.folder_status(name.encode("latin-1"), wanted)
        except IMAPClientAbortError:
            raise
        except (IMAPClientError, UnicodeError):
            return None  # a folder that cannot be asked about is not known again
        return _mark_in(status)


def _mark_in(status: Mapping[bytes, object]) -> FolderMark | None:
    """What an answer to STATUS tells; None where it is not as it should be."""
    uid_validity = status.get(b"UIDVALIDITY", 0)
    given = status.get(b"MAILBOXID")
    if not isinstance(uid_validity, int) or uid_validity > MAX_UID_VALIDITY:
        return None
    # imapclient gives ``MAILBOXID (F2212ea87)`` as a tuple
    mailbox_id = given[0].decode("ascii", "replace") if isinstance(given, tuple) and given else ""
    return FolderMark(uid_validity, mailbox_id)
