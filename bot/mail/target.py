"""Whose mailbox is opened, and which of its folders are looked at."""

from dataclasses import dataclass, field
from typing import Protocol

from bot.common.addresses import Agreed
from bot.common.mail_addresses import tidied


@dataclass(frozen=True)
class Watched:
    """Folders that are to be known again, by the server's own names: those that are `mapped`, and
    all that were `listed` by the test before, so that one under a new name stands out."""

    mapped: frozenset[str]
    listed: frozenset[str]


@dataclass(frozen=True)
class FolderMark:
    """By what a folder is known again under another name: UIDVALIDITY (RFC 9051, 2.3.1.1; 0 where
    the server gave none), and MAILBOXID where it gives one (RFC 8474), else empty."""

    uid_validity: int
    mailbox_id: str = ""


@dataclass(frozen=True)
class Target:
    """A mailbox to open: IMAP as the mailbox, SMTP as the person who signed in, sending as the
    sender's address. The two users differ where a person opens a shared mailbox."""

    mailbox: str
    smtp_username: str
    sender_email: str
    access_token: str = field(repr=False)
    watched: Watched | None = None


class SignsIn(Protocol):
    """Who signs in for an account: its row, or a part of it."""

    @property
    def signed_in_as(self) -> str: ...
    @property
    def username(self) -> str: ...


def target_of(
    account: SignsIn, agreed: Agreed, access_token: str, watched: Watched | None = None
) -> Target:
    """How a mailbox is opened with a token of the person who signed in: the one that this person
    agreed to, whatever the account says by now."""
    person = tidied(account.signed_in_as or account.username)  # Microsoft may say either form
    return Target(
        mailbox=agreed.shared_mailbox or person,
        smtp_username=person,
        sender_email=agreed.sender_email,
        access_token=access_token,
        watched=watched,
    )


def xoauth2(username: str, token: str) -> str:
    """The SASL XOAUTH2 string, not yet encoded (office-developer-exchange-docs,
    how-to-authenticate-…-by-using-oauth)."""
    return f"user={username}\x01auth=Bearer {token}\x01\x01"
