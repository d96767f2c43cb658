"""Letters that lie in the practice world's mailboxes when somebody opens them."""

import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any

from sandbox.world import Folder, Mailbox, World

FILE = Path(__file__).with_name("letters.toml")


def deliver(world: World) -> None:
    """Put them there, as old as the file says."""
    letters = tomllib.loads(FILE.read_text(encoding="utf-8"))["letter"]
    with world.locked():
        for row in sorted(letters, key=lambda row: -row["hours"]):
            for mailbox in _mailboxes(world, row["mailbox"]):
                _put(mailbox, row)


def _mailboxes(world: World, wanted: str) -> Iterator[Mailbox]:
    """The mailbox of this address, or all of a domain: ``@acme.example``."""
    return (each for each in world.mailboxes.values() if each.address.endswith(wanted))


def _put(mailbox: Mailbox, row: dict[str, Any]) -> None:
    at = datetime.now(UTC) - timedelta(hours=row["hours"])
    letter = EmailMessage()
    sent = "to" in row
    letter["From"] = mailbox.address if sent else row["from"]
    letter["To"] = row["to"] if sent else mailbox.address
    letter["Subject"] = row["subject"]
    letter["Date"] = format_datetime(at)
    letter["Message-ID"] = make_msgid(domain="practice.example")
    letter.set_content(row["text"])
    folder = mailbox.by_flag("\\Sent") if sent else mailbox.folder("INBOX")
    assert isinstance(folder, Folder)
    folder.deliver(letter.as_bytes(policy=policy.SMTP)).arrived = at
