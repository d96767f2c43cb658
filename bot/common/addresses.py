"""The addresses of an account: which mailbox it is, and who opens it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Protocol

from bot.common.mail_addresses import all_shown, key


class HasAddresses(Protocol):
    """Whatever has an account's addresses: its row, its form, a change of them."""

    @property
    def sender_email(self) -> str: ...
    @property
    def username(self) -> str: ...
    @property
    def shared_mailbox(self) -> str: ...
    @property
    def aliases(self) -> str: ...


@dataclass(frozen=True)
class Agreed:
    """What a grant may be used for.

    Attributes:
        shared_mailbox: the mailbox that its owner agreed to have opened; empty: their own.
        sender_email: the address as which they agreed to have mail sent.
    """

    shared_mailbox: str
    sender_email: str


@dataclass(frozen=True)
class Addresses:
    """What the owner of a mailbox agrees to by signing in.

    Attributes:
        sender_email: as whom mail is sent.
        username: who signs in.
        shared_mailbox: the mailbox that this person opens; empty where it is their own.
        aliases: further addresses under which they may sign in, with spaces between.
    """

    sender_email: str
    username: str
    shared_mailbox: str
    aliases: str

    @classmethod
    def of(cls, there: HasAddresses) -> "Addresses":
        """Those of an account, a form or a change."""
        return cls(there.sender_email, there.username, there.shared_mailbox, there.aliases)

    @property
    def mailbox(self) -> str:
        """The address of the mailbox itself, whoever opens it."""
        return self.shared_mailbox or self.sender_email

    @property
    def opened(self) -> set[str]:
        """Who signs in, and the mailbox that they open, in lower case."""
        return {self.username.lower(), self.shared_mailbox.lower()} - {""}

    @property
    def own_names(self) -> set[str]:
        """The names under which the account's person may sign in, in lower case: username and
        aliases, and the sender's address unless the mailbox is a shared one."""
        names = {key(self.username), *(key(alias) for alias in self.aliases.split())}
        return names if self.shared_mailbox else names | {key(self.sender_email)}

    def names(self, upn: str) -> bool:
        """Whether `upn`, as Microsoft says it, is one of the names under which the account's person
        may sign in."""
        return key(upn) in self.own_names

    def changes(self, new: "Addresses") -> dict[str, tuple[str, str]]:
        """What is other in `new`: by its field, before and after."""
        after = asdict(new)
        return {
            field: (before, after[field])
            for field, before in asdict(self).items()
            if before != after[field]
        }


def domain_of(address: str) -> str:
    """What stands behind the @ of an address, in lower case."""
    return address.rpartition("@")[2].lower()


def shown_changes(changes: Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Changed fields, before and after, with addresses as people write them."""
    return {
        field: (all_shown(before), all_shown(after)) for field, (before, after) in changes.items()
    }
