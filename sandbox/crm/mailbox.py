"""A mailbox at its servers: letters by IMAP, answers by SMTP, both with a handed-out token."""

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import formataddr, formatdate, make_msgid
from smtplib import SMTP, SMTPException
from typing import Any

from imapclient import IMAPClient

from sandbox.crm.maildesk import TIMEOUT_SECONDS, Access, Account, Refused


@dataclass(frozen=True)
class Letter:
    """A letter in a folder."""

    uid: int
    at: datetime
    text: str
    sender: str
    to: str
    reply_to: str
    subject: str
    message_id: str


class Mailboxes:
    """Opens mailboxes; `tls` says whom to trust. Whatever a server refuses raises Refused."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls

    def letters(self, access: Access, folder: str, uid: int = 0) -> list[Letter]:
        """The newest letters of a folder, newest first; or the one with this UID, if there."""
        with self._open(access, folder) as server:
            uids = [uid] if uid else sorted(server.search())[-20:]
            found = server.fetch(uids, ["BODY.PEEK[]<0.200000>", "INTERNALDATE"]) if uids else {}
        return [_letter(uid, found[uid]) for uid in sorted(found, reverse=True)]

    def send(self, access: Access, answer: EmailMessage) -> None:
        """Hand a letter over to the mail server."""
        words = f"user={access['user']}\x01auth=Bearer {access['access_token']}\x01\x01"
        with _explained(), SMTP(access["host"], access["port"], timeout=TIMEOUT_SECONDS) as server:
            server.starttls(context=self._tls)
            server.ehlo()
            # In two steps, since tokens are long; a challenge that says something is a refusal
            server.auth("XOAUTH2", lambda it=None: "" if it else words, initial_response_ok=False)
            server.send_message(answer)

    def keep_copy(self, access: Access, folder: str, answer: EmailMessage) -> None:
        """Put what was sent into the sent folder, unless the server does so, as Exchange does."""
        with self._open(access, folder) as server:
            for _ in range(3):
                if server.search(["HEADER", "Message-ID", answer["Message-ID"]]):
                    return
                time.sleep(1)
            server.append(folder, answer.as_bytes(policy=policy.SMTP), [b"\\Seen"])

    @contextmanager
    def _open(self, access: Access, folder: str) -> Iterator[IMAPClient]:
        more = {"ssl_context": self._tls, "timeout": TIMEOUT_SECONDS}
        with _explained(), IMAPClient(access["host"], access["port"], **more) as server:
            server.folder_encode = False  # Maildesk names folders as the server does
            server.oauth2_login(access["user"], access["access_token"])
            server.select_folder(folder, readonly=True)
            server.normalise_times = False
            yield server


def answer_to(letter: Letter, account: Account, text: str) -> EmailMessage:
    """An answer from the account's sender."""
    answer = EmailMessage()
    answer["From"] = formataddr((account["sender_name"], account["sender_email"]))
    answer["To"] = letter.reply_to or letter.sender
    answer["Subject"] = f"Re: {letter.subject.removeprefix('Re: ')}"
    answer["Date"] = formatdate()
    answer["Message-ID"] = make_msgid(domain=account["sender_email"].rpartition("@")[2])
    answer["In-Reply-To"] = answer["References"] = letter.message_id
    answer.set_content(text)
    return answer


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (IMAPClient.Error, SMTPException, OSError):
        raise Refused("The mail server refused. Please try again in a moment.") from None


def _letter(uid: int, found: dict[bytes, Any]) -> Letter:
    [raw] = [found[part] for part in found if part.startswith(b"BODY[]")]
    mail = message_from_bytes(raw, policy=policy.default)
    body = mail.get_body(("plain",))
    heads = [_readable(mail.get, it) for it in ("From", "To", "Reply-To", "Subject", "Message-ID")]
    text = _readable(body.get_content) if body else ""
    return Letter(uid, found[b"INTERNALDATE"], text, *(" ".join(each.split()) for each in heads))


def _readable(read: Callable[..., object], *given: str) -> str:
    try:
        return str(read(*given) or "")
    except Exception:  # a broken letter makes the standard library fail in many ways
        return ""
