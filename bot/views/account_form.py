"""What the form of an account holds."""

import re
from dataclasses import dataclass

from bot.common.addresses import HasAddresses
from bot.common.texts import on_one_line
from bot.views.accounts import AccountView

MAX_NAME_LENGTH = 80
"""Characters of an account's name, and of a sender's."""


@dataclass(frozen=True)
class Form:
    """What the form *New Microsoft 365 account (Corporate)* holds, as typed."""

    name: str = ""
    sender_name: str = ""
    sender_email: str = ""
    username: str = ""
    use_oauth: bool = True
    shared_mailbox: str = ""
    aliases: str = ""
    old_deleted: bool = False

    def tidy(self) -> "Form":
        """Without stray spaces; the username is the sender's address where it was left empty."""
        email = self.sender_email.strip().removeprefix("mailto:")
        name, sender = (on_one_line(text) for text in (self.name, self.sender_name))
        shared = self.shared_mailbox.strip().removeprefix("mailto:")
        aliases = " ".join(re.split(r"[\s,;]+", self.aliases.strip()))
        username = self.username.strip() or email
        return Form(
            name, sender, email, username, self.use_oauth, shared, aliases, self.old_deleted
        )


def form_of(account: AccountView, wanted: HasAddresses | None = None) -> Form:
    """What the form of an account holds; `wanted`: the addresses that it shall have, if they are
    not its own yet."""
    addresses = wanted or account
    own = addresses.username == addresses.sender_email
    return Form(
        name=account.name,
        sender_name=account.sender_name,
        sender_email=addresses.sender_email,
        username="" if own else addresses.username,
        shared_mailbox=addresses.shared_mailbox,
        aliases=addresses.aliases,
    )
