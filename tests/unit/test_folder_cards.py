"""The window of the folder mapping: every folder can be told from every other, and what is chosen
is shown or asked about."""

from dataclasses import replace
from itertools import pairwise
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.mail.imap_list import MailFolder
from bot.mail.suggestions import offered, suggest
from bot.views.folders import FolderSuggestions, folder_key
from handlers.cards.folders import FolderForm, first_form, mapping_form
from handlers.cards.kit import OPTION_LIMIT
from sandbox.slack.limits import problems
from storage.vocabulary import FolderRole
from tests.support.examples import examples
from tests.support.slack import options_of
from tests.support.values import account, folder

pytestmark = pytest.mark.folders

MAILBOX = [
    folder("INBOX"),
    folder("Sent Items", "\\Sent"),
    folder("Drafts", "\\Drafts"),
    folder("Deleted Items", "\\Trash"),
]
LEVELS = [
    "Projekte und Angebote",
    "Werft Süd Hamburg-Harburg",
    "Ausrüstung und Beschläge",
    "Angebote und Nachträge",
    "Gesendet",
]
YEARS = ("2019", "2020", "2021")


def form(
    folders: list[MailFolder], mapped: dict[FolderRole, MailFolder] | None = None
) -> FolderForm:
    """The form as it opens for a mailbox with these folders, of which some are mapped."""
    kept = mapped or {}
    suggestions = suggest(folders)
    chosen = {role: each.folder for role, each in suggestions.chosen.items()} | kept
    needed = [each.server_name for each in kept.values()]
    return first_form(
        account(), FolderSuggestions(offered(folders, needed), suggestions, chosen, kept)
    )


def field(view: dict[str, Any], role: FolderRole) -> dict[str, Any]:
    """The list of a role."""
    found: dict[str, Any] = next(
        b["element"] for b in view["blocks"] if b.get("block_id", "").startswith(f"{role}~")
    )
    return found


def options(form: FolderForm, role: FolderRole = FolderRole.JUNK) -> list[str]:
    """What a list offers."""
    return list(options_of(field(mapping_form(form), role)))


def seen(text: str) -> str:
    """A text as the eye sees it: without signs that show nothing, and with any space alike."""
    signs = (
        " " if sign.isspace() else sign
        for sign in normalize("NFC", text)
        if sign.isprintable() or sign.isspace()
    )
    return " ".join("".join(signs).split())


# Options


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A\u202eB", "AB"),
        ("\u202e", "\u2066"),
        ("A\u200bB", "AB"),
        ("A\u200fB", "AB"),
        ("A\x01B", "AB"),
        ("Akten ", "Akten"),
        ("A  B", "A B"),
        ("A\u00a0B", "A B"),
        ("A\nB", "A B"),
        ("Caf\u00e9", "Cafe\u0301"),
        ("A" * 90, "A" * 91),
    ],
    ids=ascii,
)
def test_no_two_options_read_alike(one: str, other: str) -> None:
    shown = [seen(text) for text in options(form([*MAILBOX, folder(one), folder(other)]))]
    assert len(shown) == len(MAILBOX) + 2 == len(set(shown)), shown


def test_what_tells_two_folders_apart_is_not_the_name_of_a_third() -> None:
    alike = [folder(name) for name in ("Akten", "Akten ", "Akten (2)", "Akten (3)", " Akten")]
    shown = [seen(text) for text in options(form([*MAILBOX, *alike]))]
    assert len(shown) == len(MAILBOX) + len(alike) == len(set(shown)), shown


@pytest.mark.parametrize(
    "name", ["   ", "\u200b", "\u3000", "\n", "\u202e  ", "", "\u2066/\u2069"], ids=ascii
)
def test_no_option_is_blank(name: str) -> None:
    shown = options(form([*MAILBOX, folder(name)]))
    assert len(shown) == len(MAILBOX) + 1 and all(map(seen, shown)), shown


@pytest.mark.parametrize("level", range(len(LEVELS)))
def test_siblings_that_differ_in_one_level_can_be_told_apart(level: int) -> None:
    siblings = [folder("/".join([*LEVELS[:level], year, *LEVELS[level:]])) for year in YEARS]
    shown = [text for text in options(form([*MAILBOX, *siblings])) if text not in names(MAILBOX)]

    for year, text in zip(YEARS, shown, strict=True):
        assert year in text and len(text) <= OPTION_LIMIT, shown


def test_suggested_siblings_can_be_told_apart_beside_the_reason() -> None:
    below = "Projekte und Angebote/Werft Süd Hamburg-Harburg"
    siblings = [folder(f"{below}/{year}/Gesendete Elemente") for year in YEARS]
    shown = [
        text
        for text in options(form([folder("INBOX"), *siblings]), FolderRole.SENT)
        if text.startswith("Projekte")
    ]

    for year, text in zip(YEARS, shown, strict=True):
        assert year in text and text.endswith("a similar name") and len(text) <= OPTION_LIMIT, shown


def names(folders: list[MailFolder]) -> set[str]:
    return {each.shown_name for each in folders}


# What is chosen


def test_a_mapped_folder_is_shown_as_chosen_wherever_it_was_moved() -> None:
    sent = folder("Journal/Sent 2026")
    view = mapping_form(form([*MAILBOX, folder("Journal"), sent], {FolderRole.SENT: sent}))

    assert field(view, FolderRole.SENT)["initial_option"]["text"]["text"] == "Journal/Sent 2026"
    assert "not sure about" not in str(view)


@pytest.mark.parametrize(
    ("role", "label"), [(FolderRole.SENT, "Sent"), (FolderRole.ARCHIVE, "Archive")]
)
def test_a_chosen_folder_that_is_not_there_any_more_is_asked_about(
    role: FolderRole, label: str
) -> None:
    first = form(MAILBOX)
    view = mapping_form(
        FolderForm(first.account, first.candidates, {**first.chosen, role: folder_key("Gone")})
    )

    assert f"not sure about: *{label}*" in str(view)
    assert "initial_option" not in field(view, role)


def test_a_role_that_nobody_needs_is_not_asked_about_while_it_is_empty() -> None:
    assert "not sure about" not in str(mapping_form(form(MAILBOX)))


# Whatever a mailbox holds

A_NAME = st.text(max_size=120)
KNOWN = st.sampled_from(
    ["Sent Items", "Sent", "Notes", "INBOX", "Drafts/Sent Items", "   ", "\u202e", "A\u200b", "A"]
)
NAMES = st.lists(st.tuples(A_NAME | KNOWN, st.sampled_from(["/", ".", "", "\\"])), max_size=30)


@examples(100)
@given(
    NAMES,
    st.integers(0, 170),
    st.integers(0, 3),
    st.sampled_from(["", "a", "auftrag"]) | st.text(max_size=10),
)
def test_slack_takes_the_window_and_every_choice_is_one(
    named: list[tuple[str, str]], orders: int, page: int, words: str
) -> None:
    odd = [MailFolder(name, name, delimiter, ()) for name, delimiter in named]
    opened = form([*MAILBOX, *odd, *(folder(f"Auftrag {number}") for number in range(orders))])
    found = FolderForm(opened.account, opened.candidates, opened.chosen, words.strip(), 0, 1)
    turned = replace(found, page=page)
    drawn = turned if page * found.page_size < len(found.fitting) else found

    assert problems("modal", mapping_form(drawn)) == []
    for role in FolderRole:
        shown = sorted(seen(text) for text in options(drawn, role))
        assert all(shown) and all(one != other for one, other in pairwise(shown)), shown


@pytest.mark.parametrize("sign", ["a", "\u9001", "\u00e6", "\U0001f6a2"], ids=ascii)
def test_a_window_of_long_names_in_any_script_is_small_enough(sign: str) -> None:
    many = [folder(f"{number:03}{sign * 90}") for number in range(600)]
    opened = form([*MAILBOX, *many])
    pages = -(-604 // opened.page_size)
    for page in (0, 1, pages - 1):
        assert problems("modal", mapping_form(replace(opened, page=page))) == []
    offered_once = {
        text
        for page in range(pages)
        for text in options(replace(opened, page=page), FolderRole.ARCHIVE)
    }
    assert len(offered_once) >= 600, "turning the pages shows every folder"
