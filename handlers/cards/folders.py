"""The window in which folders are mapped."""

from collections.abc import Sequence

from bot.diagnosis.verdict import Verdict
from bot.folders import Candidates, folder_key
from bot.probe.mail import MailFolder
from handlers.cards.kit import OPTIONS_AT_MOST, Block, actions, modal, option, plain, section
from handlers.cards.test import contact_button
from handlers.words import plainly, say
from storage.tables import Account
from storage.vocabulary import REQUIRED_ROLES, FolderRole


def loading(account: Account) -> Block:
    """Shown at once, while the folders are fetched."""
    return modal(plainly("folders.title"), [section(say("folders.loading", name=account.name))], metadata=account.ref)


def mapping_form(account: Account, candidates: Candidates) -> Block:
    """A dropdown for each role, with what is suggested or mapped already chosen."""
    blocks = [section(say("folders.intro", name=account.name))]
    blocks += [_dropdown(role, candidates) for role in FolderRole]
    save = plainly("folders.save")
    return modal(plainly("folders.title"), blocks, callback="folders.save", submit=save, metadata=account.ref)


def unavailable(verdict: Verdict, error: str) -> Block:
    """The folders could not be had."""
    owner = plainly(f"owner.{verdict.owner}")
    text = say("folders.unavailable", sentence=verdict.customer, owner=owner, error=error)
    return modal(plainly("folders.title"), [section(text), actions(contact_button(error))])


def _dropdown(role: FolderRole, candidates: Candidates) -> Block:
    select: Block = {
        "type": "static_select",
        "action_id": role.value,
        "placeholder": plain(plainly("folders.placeholder"), 150),
    }
    select |= _choices(candidates.folders)
    chosen = candidates.chosen.get(role)
    select |= {"initial_option": _option(chosen)} if chosen else {}
    label = plain(plainly(f"folders.{role}"), 2000)
    optional = role not in REQUIRED_ROLES
    return {"type": "input", "block_id": role.value, "label": label, "element": select, "optional": optional}


def _choices(folders: Sequence[MailFolder]) -> Block:
    if len(folders) <= OPTIONS_AT_MOST:
        return {"options": [_option(folder) for folder in folders]}
    groups = [_group(folders[n : n + OPTIONS_AT_MOST]) for n in range(0, len(folders), OPTIONS_AT_MOST)]
    return {"option_groups": groups}


def _group(part: Sequence[MailFolder]) -> Block:
    first, last = part[0].shown_name[:20], part[-1].shown_name[:20]
    label = plain(plainly("folders.group", first=first, last=last), 75)
    return {"label": label, "options": [_option(folder) for folder in part]}


def _option(folder: MailFolder) -> Block:
    return option(folder.shown_name, folder_key(folder.server_name))
