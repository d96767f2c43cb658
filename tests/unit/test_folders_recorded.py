"""What real servers answered to LIST, as people published it: the right suggestion, or an honest
"not sure"."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

import bot.mail.suggestions
from bot.mail.imap_list import MailFolder
from bot.mail.suggestions import Confidence, Suggestions, offered, suggest
from storage.vocabulary import FolderRole
from tests.support.listing import folders_of
from tests.support.rows import every

pytestmark = pytest.mark.folders

DATA = Path(__file__).parents[1] / "data" / "recorded.toml"
RECORDED: list[dict[str, Any]] = tomllib.loads(DATA.read_text("utf-8"))["listing"]
MICROSOFT = {"exchange", "outlook.com"}

every_listing = every("listing", RECORDED, ids=lambda listing: listing["title"])


def chosen(suggestions: Suggestions) -> dict[FolderRole, str]:
    return {role: candidate.folder.server_name for role, candidate in suggestions.chosen.items()}


def meant(listing: dict[str, Any]) -> dict[FolderRole, str]:
    return {FolderRole(role): name for role, name in listing["roles"].items()}


def of_microsoft(listing: dict[str, Any]) -> bool:
    return listing["server"] in MICROSOFT


def marked(folders: list[MailFolder]) -> bool:
    return any(
        {"\\sent", "\\trash", "\\drafts"} & {flag.lower() for flag in folder.flags}
        for folder in folders
    )


@every_listing
def test_what_is_suggested_is_right_and_the_rest_is_left_to_a_person(
    listing: dict[str, Any],
) -> None:
    suggestions = suggest(folders_of(listing["lines"]))

    left = {FolderRole(role) for role in listing["unsure"]}
    assert chosen(suggestions) == {
        role: name for role, name in meant(listing).items() if role not in left
    }
    assert suggestions.sure is listing["sure"]


@every_listing
def test_nothing_is_taken_for_sure_that_is_not_meant(listing: dict[str, Any]) -> None:
    for role, candidate in suggest(folders_of(listing["lines"])).chosen.items():
        if candidate.confidence is Confidence.SURE:
            assert meant(listing)[role] == candidate.folder.server_name


@every_listing
def test_no_folder_is_chosen_for_two_roles(listing: dict[str, Any]) -> None:
    names = list(chosen(suggest(folders_of(listing["lines"]))).values())
    assert len(names) == len(set(names))


@every_listing
def test_what_is_meant_can_always_be_chosen(listing: dict[str, Any]) -> None:
    folders = folders_of(listing["lines"])
    names = {folder.server_name for folder in offered(folders)}
    assert set(meant(listing).values()) <= names
    assert {folder.server_name for folder in folders} - names == set(listing["hidden"])


def test_the_collection_holds_what_it_should() -> None:
    answers = [listing for listing in RECORDED if listing["recorded"] == "answer"]
    assert len(answers) >= 40
    assert len({listing["title"] for listing in RECORDED}) == len(RECORDED)
    languages = {
        language
        for listing in RECORDED
        if of_microsoft(listing)
        for language in listing["languages"]
    }
    assert len(languages) >= 10
    named = tomllib.loads(
        Path(bot.mail.suggestions.__file__).with_name("folder_names.toml").read_text("utf-8")
    )
    assert languages == {
        language for language, table in named.items() if "recorded" in table["sources"]
    }
    assert {
        marked(folders_of(listing["lines"])) for listing in answers if of_microsoft(listing)
    } == {True, False}
