"""The round trip: one real message from the mailbox to itself, found again, and taken away without
a trace."""

import secrets
import smtplib
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from bot.diagnosis.observation import Condition, Observation, Where
from bot.diagnosis.observe import clean, from_smtp
from bot.mail.hosts import Target
from bot.mail.imap import ImapLeg
from bot.mail.imap_list import MailFolder
from bot.mail.smtp import SmtpLeg, expect
from bot.mail.steps import ProbeFailed, Remark
from bot.mail.suggestions import suggest
from storage.vocabulary import FolderRole, StepId

STEP = StepId.ROUNDTRIP.value
MAX_FOLDERS = 60
"""How many folders are looked through where the server does not say which one keeps sent mail."""

SENT_WAIT_SECONDS = 10
"""How long the copy of sent mail is waited for once the message itself has arrived."""

PAUSES = (0.1, 0.2, 0.4, 0.8, 1.5)
"""Seconds between two looks; the last one repeats."""


def new_message_id(sender_email: str) -> str:
    """A Message-ID for a test message of this sender."""
    return f"<maildesk-{secrets.token_hex(12)}@{sender_email.rpartition('@')[2]}>"


@dataclass(frozen=True)
class Order:
    """What to send. `sent_before` says that an earlier attempt may have sent it: then it is looked
    for and never sent again. `on_sending` is called in the moment before the message leaves."""

    message_id: str
    sent_before: bool = False
    on_sending: Callable[[], None] = field(default=lambda: None)


class RoundTrip:
    """Sends, finds and removes over two connections on which the other steps have passed."""

    def __init__(self, imap: ImapLeg, smtp: SmtpLeg, arrival: float) -> None:
        """`arrival`: seconds that the message may take."""
        self._imap = imap.client
        self._folders = imap.folders
        self._smtp = smtp.client
        self._arrival = arrival
        self._marked = [
            f.server_name for f in self._folders if "\\sent" in {flag.lower() for flag in f.flags}
        ]
        named = suggest(self._folders).candidates[FolderRole.SENT]
        self._spoken = self._marked or [candidate.folder.server_name for candidate in named]
        self.sent_in = ""
        """The server's name of the folder where the copy of sent mail was found."""

    def run(self, target: Target, order: Order) -> str | Remark:
        """Say where the message was found. Takes seconds, up to a minute.

        Raises:
            ProbeFailed: it was refused, its fate is not known, or it did not arrive.
        """
        begun = time.monotonic()
        unconfirmed = None if order.sent_before else self._send(target, order)
        if not self._await(["INBOX"], order.message_id, self._arrival):
            lost = order.sent_before or unconfirmed is not None
            raise ProbeFailed(_answer_lost(unconfirmed) if lost else _not_arrived())
        took = time.monotonic() - begun
        sent = self._sent_copy(order.message_id)
        holding = [
            "INBOX",
            *(name for name in self._sent_folders() if self._copies(name, order.message_id)),
        ]
        left = [folder for folder in holding if not self._remove(folder, order.message_id)]
        return self._told(took, sent, left)

    def _sent_copy(self, message_id: str) -> str:
        """Where the copy of sent mail is, waited for; else empty. It is a proof if there is no
        other.

        A copy like the message that arrived, with the trace of its delivery, is one that a rule
        made, unless it is in a folder of which something else says that it keeps sent mail."""
        inbox = self._copies("INBOX", message_id).values()
        arrived = [header for header in inbox if "Received" in message_from_bytes(header)]
        sent = self._await(
            self._sent_folders(), message_id, min(SENT_WAIT_SECONDS, self._arrival), arrived
        )
        again = (
            [name for name in self._sent_folders() if self._holds(name, message_id, arrived)]
            if sent
            else []
        )
        self.sent_in = sent if len(again) == 1 else ""
        return sent

    def _told(self, took: float, sent: str, left: Sequence[str]) -> str | Remark:
        arrived = f"sent and found in INBOX after {took:.1f} s"
        if left:
            return Remark("copies-left", f"{arrived}; could not be removed from {', '.join(left)}")
        if not sent:
            return Remark(
                "sent-copy-missing", f"{arrived} and removed; no copy in a folder of sent mail"
            )
        shown = next((f.shown_name for f in self._folders if f.server_name == sent), sent)
        return f"{arrived}, its copy in {shown}; both removed"

    def _send(self, target: Target, order: Order) -> Exception | None:
        """Send the message once; returns what kept the server's last answer from us, if something
        did."""
        smtp = self._smtp
        payload = _message(target, order.message_id)
        expect(250, *smtp.mail(target.sender_email), STEP)
        expect(250, *smtp.rcpt(target.sender_email), STEP)
        expect(354, *smtp.docmd("DATA"), STEP)
        order.on_sending()
        try:
            smtp.send(payload + b".\r\n")
            code, message = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            return error
        if code != 250:
            raise ProbeFailed(from_smtp(code, message, STEP))
        return None

    def _await(
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
            time.sleep(pause)
        return ""

    def _holds(self, folder: str, message_id: str, arrived: Collection[bytes]) -> bool:
        return any(
            folder in self._spoken or h not in arrived
            for h in self._copies(folder, message_id).values()
        )

    def _copies(self, folder: str, message_id: str) -> dict[int, bytes]:
        """The message's numbers in a folder, with the header of each: exactly this Message-ID,
        since SEARCH finds parts of words too."""
        client = self._imap
        with suppress(
            IMAPClientError, UnicodeError
        ):  # a folder that cannot be opened does not hold it
            client.select_folder(folder.encode("latin-1"))
            found = client.search(["HEADER", "Message-ID", message_id])
            rows = client.fetch(found, ["BODY.PEEK[HEADER]"]) if found else {}
            headers = {uid: _header(row) for uid, row in rows.items()}
            return {
                uid: header for uid, header in headers.items() if _message_id(header) == message_id
            }
        return {}

    def _remove(self, folder: str, message_id: str) -> bool:
        """Remove exactly the message; without UIDPLUS an EXPUNGE would take others with it, so it
        is left marked."""
        client: IMAPClient = self._imap
        with suppress(IMAPClientError):
            uids = list(self._copies(folder, message_id))
            client.delete_messages(uids)
            if client.has_capability("UIDPLUS"):
                client.uid_expunge(uids)
                return True
        return False

    def _sent_folders(self) -> list[str]:
        """Where the copy of sent mail may be: where the server says so, else anywhere, first where
        the name speaks for it."""
        others = [f.server_name for f in self._folders if _may_hold(f)]
        anywhere = [] if self._marked else others
        return list(dict.fromkeys(name for name in [*self._spoken, *anywhere] if name in others))[
            :MAX_FOLDERS
        ]


def _may_hold(folder: MailFolder) -> bool:
    flags = {flag.lower() for flag in folder.flags}
    return folder.server_name.upper() != "INBOX" and not flags & {"\\noselect", "\\nonexistent"}


def _pauses() -> Iterator[float]:
    yield from PAUSES
    while True:
        yield PAUSES[-1]


def _message(target: Target, message_id: str) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = target.sender_email
    message["To"] = target.sender_email  # the mailbox's own address: a sign-in name need not be one
    message["Subject"] = "Maildesk connection test"
    message["Message-ID"] = message_id
    message["Date"] = formatdate(usegmt=True)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(
        "Maildesk sent this message to see whether mail goes out and comes in. "
        "It is removed by itself.\n"
    )
    return message.as_bytes()


def _header(row: dict[bytes, bytes]) -> bytes:
    return next((value for key, value in row.items() if key.startswith(b"BODY[")), b"")


def _message_id(header: bytes) -> str:
    return str(message_from_bytes(header).get("Message-ID", "")).strip()


def _answer_lost(error: Exception | None) -> Observation:
    text = (
        clean(f"{type(error).__name__}: {error}") if error else "an earlier attempt was broken off"
    )
    return Observation(Where.NETWORK, step=STEP, condition=Condition.ANSWER_LOST, text=text)


def _not_arrived() -> Observation:
    return Observation(
        Where.IMAP,
        step=STEP,
        condition=Condition.NOT_ARRIVED,
        text="accepted, but not in the inbox in time",
    )
