"""The round trip: one real message from the mailbox to itself, found again, and taken away without
a trace."""

import re
import secrets
import smtplib
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import SMTP
from email.utils import formatdate, parseaddr

from imapclient.exceptions import IMAPClientError

from bot.diagnosis.observation import Condition, Observation, Where
from bot.diagnosis.observe import clean, from_smtp
from bot.mail.imap import ImapConnection
from bot.mail.imap_list import MailFolder
from bot.mail.smtp import OK, START_MAIL_INPUT, SmtpConnection, expect
from bot.mail.steps import ProbeFailed, Remark
from bot.mail.suggestions import suggest
from bot.mail.target import Target
from storage.vocabulary import FolderRole, StepId

STEP = StepId.ROUNDTRIP
INBOX = "INBOX"

SUBJECT = "Maildesk connection test"
ORIGINAL = "X-Microsoft-Original-Message-ID"
"""Where Outlook keeps a Message-ID that it has replaced (chatmail/core#2250)."""

NEW_ID = re.compile(r"<[^<>@\s]+@[^<>@\s]+>")
"""In Exchange's answer to a message: the Message-ID that it has from now on."""

MAX_FOLDERS = 60
"""How many folders are looked through where the server does not say which one keeps sent mail."""

SENT_WAIT_SECONDS = 10
"""How long the copy of sent mail is waited for once the message itself has arrived."""

PAUSES = (0.1, 0.2, 0.4, 0.8, 1.5)
"""Seconds between two looks; the last one repeats."""


def new_message_id(sender_email: str) -> str:
    """A Message-ID for a test message of this sender."""
    return f"<maildesk-{secrets.token_hex(12)}@{sender_email.rpartition('@')[2]}>"


def mark_of(message_id: str) -> str:
    """The word in the message's subject by which it is known under another Message-ID too."""
    return message_id.strip("<>").partition("@")[0]


@dataclass(frozen=True)
class Arrival:
    """A message has arrived. `copy_in` is the folder (the server's name) where the copy of sent
    mail was found, `proved_in` the same where it was in one folder only; else empty."""

    copy_in: str = ""
    proved_in: str = ""


@dataclass(frozen=True)
class RoundTripMessage:
    """The message of a round trip.

    Attributes:
        message_id: its Message-ID.
        earlier: the Message-IDs of what earlier attempts may have sent: if one of those has
            arrived, this one is not sent. They are removed as well.
        arrival: an earlier attempt saw one arrive; then only their copies are removed.
        on_sending: called in the moment before the message leaves.
        on_arrived: called when it has arrived, before anything is removed.
    """

    message_id: str
    earlier: tuple[str, ...] = ()
    arrival: Arrival | None = None
    on_sending: Callable[[], None] = field(default=lambda: None)
    on_arrived: Callable[[Arrival], None] = field(default=lambda arrival: None)

    @property
    def all_ids(self) -> tuple[str, ...]:
        """Every Message-ID that may be in the mailbox."""
        return (*self.earlier, self.message_id)


class RoundTrip:
    """Sends, finds and removes over two connections on which the other steps have passed."""

    def __init__(
        self,
        imap: ImapConnection,
        smtp: SmtpConnection,
        arrival: float,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`arrival`: seconds that the message may take. `pause` waits for so many seconds between
        two looks; what it raises ends the trip."""
        self._imap = imap.client
        self._folders = imap.folders
        self._smtp = smtp.client
        self._arrival = arrival
        self._pause = pause
        self._marked = [folder.server_name for folder in self._folders if _marked_sent(folder)]
        by_name = suggest(self._folders).by_role[FolderRole.SENT]
        self._likely = self._marked or [each.folder.server_name for each in by_name]
        self._renamed: dict[str, list[str]] = {}
        self._sender = ""
        self.sent_in = ""
        """The server's name of the folder where the copy of sent mail was found."""

    def run(self, target: Target, message: RoundTripMessage) -> str | Remark:
        """Say where the message was found. Takes seconds, up to a minute.

        Raises:
            ProbeFailed: it was refused, its fate is not known, or it did not arrive.
        """
        begun = time.monotonic()
        self._sender = target.sender_email.lower()
        arrival = message.arrival or self._arrive(target, message)
        seconds = time.monotonic() - begun
        self.sent_in = arrival.proved_in
        return self._told(seconds, arrival.copy_in, self._clean_up(message))

    def _arrive(self, target: Target, message: RoundTripMessage) -> Arrival:
        """Have a message arrive: what an earlier attempt sent or, if none of that is there, another
        one."""
        arrived = self._earlier(message)
        if not arrived:
            unconfirmed = self._send(target, message)
            if not self._wait_for([INBOX], message.message_id, self._arrival):
                with suppress(OSError):  # what is told is that it did not arrive
                    self._clean_up(message)
                # Without the server's last answer nobody knows whether the message left: it is not
                # called lost then.
                raise ProbeFailed(_answer_lost(unconfirmed) if unconfirmed else _not_arrived())
            arrived = message.message_id
        copy_in = self._sent_copy(arrived)
        arrival = Arrival(copy_in, self.sent_in)
        message.on_arrived(arrival)
        return arrival

    def _earlier(self, message: RoundTripMessage) -> str:
        """Which of what earlier attempts may have sent has arrived; the last one is waited for."""
        for message_id in message.earlier[:-1]:
            if self._holds(INBOX, message_id, ()):
                return message_id
        for message_id in message.earlier[-1:]:
            if self._wait_for([INBOX], message_id, self._arrival):
                return message_id
        return ""

    def _clean_up(self, message: RoundTripMessage) -> list[str]:
        """Remove every copy of every message; the folders in which some are left."""
        left: dict[str, None] = {}
        for message_id in message.all_ids:
            holding = [INBOX, *self._sent_folders_with(message_id)]
            left |= dict.fromkeys(each for each in holding if not self._remove(each, message_id))
        return list(left)

    def _send(self, target: Target, message: RoundTripMessage) -> Exception | None:
        """Send the message once; gives what kept the server's last answer from us, if something
        did."""
        smtp = self._smtp
        payload = _message(target, message.message_id)
        expect(OK, *smtp.mail(target.sender_email), STEP)
        expect(OK, *smtp.rcpt(target.sender_email), STEP)
        expect(START_MAIL_INPUT, *smtp.docmd("DATA"), STEP)
        # by hand and not with smtp.data(): that would hide whether the message had left already
        message.on_sending()
        try:
            smtp.send(payload + b".\r\n")
            code, reply = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            return error
        if code != OK:
            raise ProbeFailed(from_smtp(code, reply, STEP))
        self._renamed[message.message_id] = NEW_ID.findall(reply.decode("ascii", "replace"))
        return None

    def _sent_copy(self, message_id: str) -> str:
        """Where the copy of sent mail is, waited for; else empty. It is a proof if there is no
        other.

        A copy like the message that arrived, with the trace of its delivery, is one that a rule
        made, unless it is in a folder of which something else says that it keeps sent mail."""
        inbox = self._copies(INBOX, message_id).values()
        arrived = [header for header in inbox if "Received" in message_from_bytes(header)]
        seconds = min(SENT_WAIT_SECONDS, self._arrival)
        found = self._wait_for(self._sent_folders(), message_id, seconds, arrived)
        if found:
            with_copy = [
                name for name in self._sent_folders() if self._holds(name, message_id, arrived)
            ]
            self.sent_in = found if len(with_copy) == 1 else ""
        return found

    def _told(self, seconds: float, sent_in: str, left: Sequence[str]) -> str | Remark:
        arrived = f"sent and found in INBOX after {seconds:.1f} s"
        if left:
            return Remark("copies-left", f"{arrived}; could not be removed from {', '.join(left)}")
        if not sent_in:
            return Remark(
                "sent-copy-missing", f"{arrived} and removed; no copy in a folder of sent mail"
            )
        shown = next((f.shown_name for f in self._folders if f.server_name == sent_in), sent_in)
        return f"{arrived}, its copy in {shown}; both removed"

    def _wait_for(
        self,
        folders: Sequence[str],
        message_id: str,
        seconds: float,
        arrived: Collection[bytes] = (),
    ) -> str:
        """The first of `folders` that holds the message, looked for until `seconds` have passed;
        else empty."""
        end = time.monotonic() + seconds
        for pause in _pauses():
            found = next((name for name in folders if self._holds(name, message_id, arrived)), "")
            if found or not folders or time.monotonic() + pause > end:
                return found
            self._pause(pause)
        return ""

    def _holds(self, folder: str, message_id: str, arrived: Collection[bytes]) -> bool:
        """Whether the folder has a copy that counts: any in a likely folder; elsewhere one that is
        not among those that `arrived`."""
        headers = self._copies(folder, message_id).values()
        return any(folder in self._likely or header not in arrived for header in headers)

    def _copies(self, folder: str, message_id: str) -> dict[int, bytes]:
        """The message's numbers in a folder, with the header of each. It is known by its
        Message-ID, which Outlook may replace, or by its subject; and exactly, since SEARCH finds
        parts of words too."""
        client = self._imap
        # a folder that cannot be opened does not hold it
        with suppress(IMAPClientError, UnicodeError):
            client.select_folder(folder.encode("latin-1"))
            by_id = ["HEADER", "Message-ID", message_id]
            found = client.search(["OR", *by_id, "SUBJECT", mark_of(message_id)])
            rows = client.fetch(found, ["BODY.PEEK[HEADER]"]) if found else {}
            headers = {uid: _header(row) for uid, row in rows.items()}
            return {uid: each for uid, each in headers.items() if self._is_it(each, message_id)}
        return {}

    def _is_it(self, header: bytes, message_id: str) -> bool:
        """Whether it is the message, and no answer to it or report about it."""
        read = message_from_bytes(header)
        names = {message_id, *self._renamed.get(message_id, ())}
        if names & {_text(read, "Message-ID"), _text(read, ORIGINAL)}:
            return True
        answers = "In-Reply-To" in read or "References" in read
        sender = parseaddr(_text(read, "From"))[1].lower()
        marked = mark_of(message_id) in _text(read, "Subject").split()
        return marked and not answers and sender == self._sender

    def _remove(self, folder: str, message_id: str) -> bool:
        """Remove exactly the message. Without UIDPLUS an EXPUNGE would take with it what the person
        has marked themselves, so the message is left marked."""
        client = self._imap
        with suppress(IMAPClientError):
            uids = list(self._copies(folder, message_id))
            if not uids:
                return True
            client.delete_messages(uids)
            if client.has_capability("UIDPLUS"):
                client.uid_expunge(uids)
                return True
        return False

    def _sent_folders_with(self, message_id: str) -> list[str]:
        return [name for name in self._sent_folders() if self._copies(name, message_id)]

    def _sent_folders(self) -> list[str]:
        """Where the copy of sent mail may be: where the server says so, else anywhere, first where
        the name speaks for it."""
        others = [folder.server_name for folder in self._folders if _may_hold(folder)]
        wanted = self._likely if self._marked else [*self._likely, *others]
        there = dict.fromkeys(name for name in wanted if name in others)
        return list(there)[:MAX_FOLDERS]


def _marked_sent(folder: MailFolder) -> bool:
    return "\\sent" in {flag.lower() for flag in folder.flags}


def _may_hold(folder: MailFolder) -> bool:
    flags = {flag.lower() for flag in folder.flags}
    return folder.server_name.upper() != INBOX and not flags & {"\\noselect", "\\nonexistent"}


def _pauses() -> Iterator[float]:
    yield from PAUSES
    while True:
        yield PAUSES[-1]


def _message(target: Target, message_id: str) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = target.sender_email
    message["To"] = target.sender_email  # the mailbox's own address: a sign-in name need not be one
    message["Subject"] = f"{SUBJECT} {mark_of(message_id)}"
    message["Message-ID"] = message_id
    message["Date"] = formatdate(usegmt=True)
    # no out-of-office answers, neither by RFC 3834 nor from Exchange
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(
        "Maildesk sent this message to see whether mail goes out and comes in. "
        "It is removed automatically.\n"
    )
    return message.as_bytes()


def _header(row: dict[bytes, bytes]) -> bytes:
    return next((value for key, value in row.items() if key.startswith(b"BODY[")), b"")


def _text(read: Message, name: str) -> str:
    return str(read.get(name, "")).strip()


def _answer_lost(error: Exception) -> Observation:
    text = clean(f"{type(error).__name__}: {error}")
    return Observation(Where.NETWORK, step=STEP, condition=Condition.ANSWER_LOST, text=text)


def _not_arrived() -> Observation:
    return Observation(
        Where.IMAP,
        step=STEP,
        condition=Condition.NOT_ARRIVED,
        text="accepted, but not in the inbox in time",
    )
