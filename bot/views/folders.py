"""The folders of a mailbox as a person chooses among them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.mail.imap_list import MailFolder
from bot.mail.suggestions import Confidence, Suggestions
from bot.views.accounts import AccountView
from storage.vocabulary import REQUIRED_ROLES, FolderRole


@dataclass(frozen=True)
class FolderSuggestions:
    """The folders that may be chosen, what speaks for which, and which is chosen beforehand for
    each role: the one that is mapped already, or else the one that is suggested. `kept`: those that
    are mapped."""

    folders: tuple[MailFolder, ...]
    suggestions: Suggestions
    chosen: Mapping[FolderRole, MailFolder]
    kept: Mapping[FolderRole, MailFolder] = field(default_factory=dict)

    def unseen(self, names: Mapping[FolderRole, str] = {}) -> dict[FolderRole, MailFolder]:
        """The mapping that nobody needs to look at: what is mapped, what is sure, and what is
        likely and called as in another mailbox of the customer (`names`). Empty if a required role
        is missing."""
        proved = proved_choice(self.suggestions, names)
        found = {role: folder for role, folder in proved.items() if role in self.chosen} | dict(
            self.kept
        )
        return found if set(REQUIRED_ROLES) <= found.keys() else {}


@dataclass(frozen=True)
class Accepted:
    """What became of a customer's accounts whose folders were to be mapped by evidence: how many
    are, and which need a look."""

    mapped: int
    unsure: Sequence[AccountView]


def proved_choice(
    suggestions: Suggestions, names: Mapping[FolderRole, str] = {}
) -> dict[FolderRole, MailFolder]:
    """The folders that nobody needs to look at: those that are sure, and those of which it is
    likely and that are called as in another mailbox of the customer (`names`)."""
    return {
        role: candidate.folder
        for role, candidate in suggestions.chosen.items()
        if candidate.confidence is Confidence.SURE or candidate.folder.shown_name == names.get(role)
    }


def folder_key(server_name: str) -> str:
    """A short name for a folder, for where its own would not fit (a Slack option's value holds 75
    characters)."""
    return hashlib.sha256(server_name.encode()).hexdigest()[:20]
