"""What the form of an account holds."""

import re
from dataclasses import dataclass, replace

from bot.common.addresses import HasAddresses
from bot.common.mail_addresses import all_shown, key, shown, tidied
from bot.common.texts import on_one_line
from bot.views.accounts import AccountView
from bot.views.known_people import KnownPersonView

MAX_NAME_LENGTH = 80
"""Characters of an account's name, and of a sender's."""


@dataclass(frozen=True)
class Form:
    """What the form *New Microsoft 365 account (Corporate)* holds, as typed. `external_id` is what
    the product calls the mailbox, which it says itself: None leaves an account's as it is, and ""
    takes it away."""

    name: str = ""
    sender_name: str = ""
    sender_email: str = ""
    username: str = ""
    use_oauth: bool = True
    shared_mailbox: str = ""
    aliases: str = ""
    old_deleted: bool = False
    external_id: str | None = None

    def sent_by(self, person: KnownPersonView) -> "Form":
        """With what nobody typed filled in of somebody who was chosen: who sends and, where the
        mailbox is one that they open for several, who signs in. A copy's address, of which only the
        domain stands there, was not typed."""
        typed = self.sender_email.strip()
        email = self.shared_mailbox if not typed or typed.startswith("@") else typed
        own = not email or key(email) == key(person.address)
        opens = person.address if self.shared_mailbox and not own else ""
        return replace(
            self,
            sender_name=self.sender_name.strip() or person.name,
            sender_email=email or person.address,
            username=self.username.strip() or opens,
        )

    def tidy(self) -> "Form":
        """Without stray spaces, addresses as they are kept; the username is the sender's address
        where it was left empty."""
        email = tidied(self.sender_email)
        name, sender = (on_one_line(text) for text in (self.name, self.sender_name))
        shared = tidied(self.shared_mailbox)
        aliases = " ".join(tidied(alias) for alias in _several(self.aliases))
        return replace(
            self,
            name=name,
            sender_name=sender,
            sender_email=email,
            username=tidied(self.username) or email,
            shared_mailbox=shared,
            aliases=aliases,
            external_id=on_one_line(self.external_id) if self.external_id else self.external_id,
        )


def form_of(account: AccountView, wanted: HasAddresses | None = None) -> Form:
    """What the form of an account holds; `wanted`: the addresses that it shall have, if they are
    not its own yet."""
    addresses = wanted or account
    own = addresses.username == addresses.sender_email
    return Form(
        name=account.name,
        sender_name=account.sender_name,
        sender_email=shown(addresses.sender_email),
        username="" if own else shown(addresses.username),
        shared_mailbox=shown(addresses.shared_mailbox),
        aliases=all_shown(addresses.aliases),
    )


def _several(aliases: str) -> list[str]:
    """Each of several addresses, however they stand beside each other."""
    return re.split(r"[\s,;]+", aliases.strip()) if aliases.strip() else []
