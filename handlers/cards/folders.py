"""The windows in which folders are mapped: each list holds what speaks for a folder, and long ones
are searched and paged."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from unicodedata import normalize

from bot.mail.folder_words import plain
from bot.mail.imap_list import MailFolder
from bot.mail.suggestions import Suggestion
from bot.views.accounts import AccountView
from bot.views.audience import Audience
from bot.views.folders import Accepted, FolderSuggestions, folder_key
from bot.views.telling import Told
from handlers.cards.actions import ActionId, FormId
from handlers.cards.contact import asking_support
from handlers.cards.kit import (
    LABEL_LIMIT,
    LIST_SIZE,
    OPTION_LIMIT,
    PLACEHOLDER_LIMIT,
    Block,
    Safe,
    actions,
    button,
    checkboxes,
    context,
    cut,
    modal,
    option,
    safe,
    search_input,
    section,
    size,
)
from handlers.cards.kit import plain as plain_text
from handlers.text.people import owner_named
from handlers.text.words import plainly, say
from storage.vocabulary import REQUIRED_ROLES, THEIRS, FolderRole, Owner

PAGE = 80
"""Folders in a list at a time; with the suggestions and what is chosen it stays below the hundred
that Slack allows."""

LEGIBLE = 8
"""So many characters of a level of a path say which one it is."""

CANDIDATES_SHOWN = 8
UNSURE_SHOWN = 40
FILTER = ActionId.FOLDERS_FILTER
SAME = "same"


@dataclass(frozen=True)
class FolderForm:
    """What the form shows: for each role the key of the folder that is chosen; the words that the
    lists are searched for, and their page. `round` counts the redrawings, since Slack keeps what
    was chosen in a field of the same name. `twice`: folders that were chosen for several roles, and
    are asked about."""

    account: AccountView
    candidates: FolderSuggestions
    chosen: Mapping[FolderRole, str]
    words: str = ""
    page: int = 0
    round: int = 0
    twice: Mapping[str, Sequence[FolderRole]] = field(default_factory=dict)

    @property
    def about(self) -> str:
        """As the window carries it."""
        return f"{self.account.ref}|{self.page}|{self.round}|{self.words}"

    @cached_property
    def fitting(self) -> list[MailFolder]:
        """The folders that have the words in their names; all of them where none has."""
        folders = list(self.candidates.folders)
        return (
            [folder for folder in folders if self._has_all(folder)] or folders
            if self.words
            else folders
        )

    @cached_property
    def page_size(self) -> int:
        """How many folders a list has at a time: fewer where their names are large."""
        largest = max((_size(folder) for folder in self.candidates.folders), default=1)
        return min(PAGE, LIST_SIZE // (largest * len(FolderRole)))

    @property
    def found_nothing(self) -> bool:
        """Whether no folder has the words, so that all are shown."""
        return not self._has_all(self.fitting[0])

    def _has_all(self, folder: MailFolder) -> bool:
        name = plain(folder.shown_name)
        return all(plain(word) in name for word in self.words.split())


def first_form(account: AccountView, candidates: FolderSuggestions) -> FolderForm:
    """The form as it opens."""
    return FolderForm(
        account,
        candidates,
        {role: folder_key(f.server_name) for role, f in candidates.chosen.items()},
    )


def loading(account: AccountView) -> Block:
    """Shown at once, while the folders are fetched."""
    return modal(
        plainly("folders.title"),
        [section(say("folders.loading", name=account.name))],
        metadata=account.ref,
    )


def mapping_form(form: FolderForm) -> Block:
    """A list for each role, with what is suggested or mapped already chosen."""
    blocks = [section(say("folders.intro", name=form.account.name)), *_same(form), *_search(form)]
    lists = {role: _list(form, role) for role in FolderRole}
    empty = [role for role in FolderRole if "initial_option" not in lists[role]["element"]]
    unsure = [
        plainly(f"folders.{role}")
        for role in empty
        if role in REQUIRED_ROLES or role in form.chosen
    ]
    blocks += [section(say("folders.not_sure", roles=", ".join(unsure)))] if unsure else []
    blocks += lists.values()
    save = plainly("folders.save")
    return modal(
        plainly("folders.title"),
        blocks,
        callback=FormId.FOLDERS_SAVE,
        submit=save,
        metadata=form.about,
    )


def unavailable(account: AccountView, told: Told, error: str) -> Block:
    """The folders could not be had."""
    owner = owner_named(told.owner, told.audience)
    text = say("folders.unavailable", sentence=told.sentence, owner=owner, error=error)
    readers = (Owner.SUPPORT,) if told.audience is Audience.SUPPORT else THEIRS
    passes = "primary" if told.owner is Owner.MICROSOFT else ""
    theirs = "primary" if told.owner in readers else ""
    again = button(plainly("button.folders_again"), ActionId.FOLDERS_AGAIN, account.ref, passes)
    what = button(plainly("button.what_to_do"), ActionId.ERROR_SHOW, error, theirs)
    row = actions(again, what, *asking_support(error, told.audience))
    return modal(plainly("folders.title"), [section(text), row])


def saved_window(account: AccountView, others: int) -> Block:
    """The mapping is kept, and other mailboxes of the customer wait for theirs."""
    use = button(
        plainly("button.use_for_all", count=others),
        ActionId.FOLDERS_USE_FOR_ALL,
        account.ref,
        "primary",
    )
    return modal(
        plainly("folders.title"),
        [section(say("folders.saved", name=account.name, count=others)), actions(use)],
    )


def accepted_window(accepted: Accepted) -> Block:
    """How many mailboxes were mapped by evidence, and which need a look."""
    blocks = [section(say("folders.accepted", count=accepted.mapped))]
    blocks += [section(say("folders.look"))] if accepted.unsure else []
    for account in accepted.unsure[:UNSURE_SHOWN]:
        line = say("folders.look_line", name=account.name, address=account.sender_email)
        blocks.append(
            section(
                line, accessory=button(plainly("button.map"), ActionId.FOLDERS_OPEN, account.ref)
            )
        )
    if len(accepted.unsure) > UNSURE_SHOWN:
        blocks.append(context(say("folders.look_more", count=len(accepted.unsure) - UNSURE_SHOWN)))
    return modal(plainly("folders.title"), blocks)


def folder_buttons(ref: str, sure: bool) -> list[Block]:
    """How an account's folders are mapped: at once where the suggestions leave no doubt, or looked
    over in the window."""
    accept = (
        [button(plainly("button.accept_folders"), ActionId.FOLDERS_ACCEPT, ref, "primary")]
        if sure
        else []
    )
    return [
        *accept,
        button(plainly("button.map"), ActionId.FOLDERS_OPEN, ref, "" if sure else "primary"),
    ]


def folder_names(folders: Mapping[FolderRole, str]) -> Safe:
    """Roles and their folders on one line."""
    return Safe(
        " · ".join(
            f"{safe(plainly(f'folders.{role}'))}: {safe(name)}" for role, name in folders.items()
        )
    )


def _same(form: FolderForm) -> list[Block]:
    if not form.twice:
        return []
    lines = [
        say(
            "folders.same_line",
            folder=name,
            roles=", ".join(plainly(f"folders.{role}") for role in roles),
        )
        for name, roles in form.twice.items()
    ]
    tick = checkboxes(
        plainly("folders.same"), SAME, [(question(form.twice), plainly("folders.same_option"))]
    )
    return [section(Safe("\n".join([say("folders.same_intro"), *lines]))), tick]


def question(twice: Mapping[str, Sequence[FolderRole]]) -> str:
    """What a yes to exactly this question is sent as."""
    return folder_key(repr(sorted((name, sorted(roles)) for name, roles in twice.items())))


def _search(form: FolderForm) -> list[Block]:
    page_size = form.page_size
    if len(form.candidates.folders) <= page_size:
        return []
    fitting = form.fitting
    first = form.page * page_size
    field = search_input(plainly("folders.search"), FILTER, f"{FILTER}~{form.round}", form.words)
    row = [button(plainly("button.search"), ActionId.FOLDERS_SEARCH)]
    row += [button(plainly("button.previous"), ActionId.FOLDERS_PREVIOUS)] if form.page else []
    row += (
        [button(plainly("button.next"), ActionId.FOLDERS_NEXT)]
        if first + page_size < len(fitting)
        else []
    )
    shown = {
        "first": first + 1,
        "last": min(first + page_size, len(fitting)),
        "count": len(fitting),
    }
    on_one_page = form.words and len(fitting) <= page_size
    sentence = (
        "folders.no_fit"
        if form.found_nothing
        else "folders.found"
        if on_one_page
        else "folders.shown"
    )
    return [field, actions(*row), context(say(sentence, words=form.words, **shown))]


def _list(form: FolderForm, role: FolderRole) -> Block:
    element: Block = {
        "type": "static_select",
        "action_id": role.value,
        "placeholder": plain_text(plainly("folders.placeholder"), PLACEHOLDER_LIMIT),
    }
    groups = _groups(form, role)
    element["option_groups"] = groups
    options = [each for group in groups for each in group["options"]]
    chosen = next((each for each in options if each["value"] == form.chosen.get(role)), None)
    element |= {"initial_option": chosen} if chosen else {}
    return {
        "type": "input",
        "block_id": f"{role.value}~{form.round}",
        "label": plain_text(plainly(f"folders.{role}"), LABEL_LIMIT),
        "element": element,
        "optional": role not in REQUIRED_ROLES,
    }


def _groups(form: FolderForm, role: FolderRole) -> list[Block]:
    """What speaks for a folder first, then what is chosen, then the page of all folders; each
    folder once."""
    candidates = form.candidates.suggestions.by_role.get(role, ())[:CANDIDATES_SHOWN]
    seen = {folder_key(each.folder.server_name) for each in candidates}
    key = form.chosen.get(role, "")
    chosen = [
        f for f in form.candidates.folders if folder_key(f.server_name) == key and key not in seen
    ]
    page_size = form.page_size
    page = form.fitting[form.page * page_size : (form.page + 1) * page_size]
    rest = [f for f in page if folder_key(f.server_name) not in (seen | {key})]
    texts = _once_each(
        [_reasoned(each) for each in candidates], [_path(f, OPTION_LIMIT) for f in [*chosen, *rest]]
    )
    suggested = [option(next(texts), folder_key(each.folder.server_name)) for each in candidates]
    others = [option(next(texts), folder_key(folder.server_name)) for folder in [*chosen, *rest]]
    parts = (("folders.group_suggested", suggested), ("folders.group_all", others))
    return [
        {"label": plain_text(plainly(name), OPTION_LIMIT), "options": each}
        for name, each in parts
        if each
    ]


def _once_each(*parts: Sequence[str]) -> Iterator[str]:
    """The texts of a list, of which no two read alike."""
    taken: set[str] = set()
    for text in (text for part in parts for text in part):
        told = text
        number = 1
        while _visible(told) in taken:
            number += 1
            told = f"{cut(text, OPTION_LIMIT - 6)} ({number})"
        taken.add(_visible(told))
        yield told


def _visible(text: str) -> str:
    """What the eye makes of a text: without signs that are not seen, and with one kind of space."""
    if text.isascii() and text.isprintable():  # as nearly all of a list of hundreds
        return " ".join(text.split())
    seen = "".join(sign for sign in normalize("NFC", text) if sign.isprintable() or sign.isspace())
    return " ".join(seen.split())


def _size(folder: MailFolder) -> int:
    """The bytes of a folder in a list."""
    return size(option(_path(folder, OPTION_LIMIT), folder_key(folder.server_name)))


def _reasoned(candidate: Suggestion) -> str:
    reason = plainly(f"folders.because_{candidate.reason}", language=_language(candidate.language))
    return f"{_path(candidate.folder, OPTION_LIMIT - len(reason) - 5)}  ·  {reason}"


def _language(code: str) -> str:
    return plainly(f"language.{code}") if code else ""


def _path(folder: MailFolder, room: int) -> str:
    """A folder's name. Of a long path the longest levels are cut, so that short ones (a year) tell
    it from its neighbours; of a very deep one levels in the middle are left out."""
    name = folder.shown_name if _visible(folder.shown_name) else "–"
    *above, last = name.split(folder.delimiter) if folder.delimiter else [name]
    if len(name) <= room or not above:
        return cut(name, room)
    last = cut(last, max(room // 2, 1))
    fewer = [[*above[:2], "…", *above[at:]] for at in range(3, len(above) + 1)]
    for levels in (above, *fewer, [above[0], "…"]):
        width = _width(levels, room - len(last) - len(levels))
        if width >= LEGIBLE:
            return folder.delimiter.join([*(cut(level, width) for level in levels), last])
    return cut(f"…{folder.delimiter}{last}", room)


def _width(levels: Sequence[str], room: int) -> int:
    """The most signs that each level may have, longer ones being cut, so that all have room."""

    def taken(width: int) -> int:
        return sum(min(len(level), width) for level in levels)

    return max(bisect_right(range(room), room, key=taken) - 1, 0)
