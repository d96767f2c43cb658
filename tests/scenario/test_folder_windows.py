"""The window of the folder mapping in people's hands: searched, turned, pressed twice, answered
late, or impossible to draw."""

from typing import Any

import pytest
from imapclient.imap_utf7 import encode

import sandbox.mail.imap as imap
from sandbox.slack.api import WebApi
from sandbox.slack.office import SlackError
from sandbox.world import Folder
from storage.vocabulary import FolderRole, State
from tests.support.folders import (
    INFO,
    folder,
    folders,
    looked_at_again,
    mapped,
    mapping,
    opened,
)
from tests.support.slack import Window, texts
from tests.support.world import ACME, SILENCE_SECONDS, BotWorld

pytestmark = pytest.mark.folders

YES = {"The same folder twice": ["Yes, this is intended"]}
SEARCH = "Find a folder by its name"
HALF = "Werft \ud83d"
"""A folder whose name ends with half a character, as a program that cuts names leaves it."""


def choice(window: Window, label: str, name: str) -> str:
    """The option of a list that begins with a folder's name."""
    return next(text for text in window.options(label) if text.startswith(name))


def many(world: BotWorld) -> Window:
    """The window of a mailbox with two hundred work orders more."""
    folders(world, INFO).extend(Folder(f"Auftrag {number:03}") for number in range(200))
    world.set_up()
    world.connect(INFO, "Info")
    return opened(world, "Info")


def delete(world: BotWorld, *names: str) -> None:
    """Delete folders, and have the mailbox looked at (as at another window) while the first window
    stays open."""
    for name in names:
        folders(world, INFO).remove(folder(world, INFO, name))
    world.adam.press(world.card("Info"), "Map folders")
    world.adam.window("Which folders of")


# One folder for several purposes


@pytest.mark.parametrize(
    ("changed", "asked_again"),
    [
        ({"Sent": "Entwürfe"}, "*Entwürfe*: Sent, Drafts"),
        ({"Deleted": "Projekte"}, "*Projekte*: Deleted, Junk, Archive"),
        (
            {"Archive": "Projekte/Werft Süd", "Junk": "Projekte/Werft Süd"},
            "*Projekte/Werft Süd*: Junk, Archive",
        ),
    ],
    ids=["another pair", "a third purpose", "another folder"],
)
def test_a_yes_covers_only_what_was_asked(
    world: BotWorld, changed: dict[str, str], asked_again: str
) -> None:
    world.set_up()
    world.connect(INFO, "Info")
    assert (
        world.carol.submit(opened(world, "Info"), {"Archive": "Projekte", "Junk": "Projekte"}) == {}
    )
    asked = world.carol.window(
        "You chose one folder for several purposes", "*Projekte*: Junk, Archive"
    )
    values = {label: choice(asked, label, name) for label, name in changed.items()}
    assert world.carol.submit(asked, YES | values) == {}

    again = world.carol.window("You chose one folder for several purposes", asked_again)
    assert world.account("Info").state is State.UNMAPPED and mapping(world, "Info") == {}
    assert world.carol.submit(again, YES) == {}
    world.card("Info", "Live")
    assert set(mapping(world, "Info")) == set(FolderRole)


# Buttons


def test_a_double_press_on_accept_says_nothing_wrong(world: BotWorld) -> None:
    world.set_up()
    card = world.connect(INFO, "Info")
    before = len(world.carol.messages(ACME))
    for _ in range(2):
        world.carol.press(card, "Accept all suggestions")
    world.settle()

    world.card("Info", "Live")
    assert world.carol.open_windows == 0 and world.carol.notices() == []
    assert not [m.text for m in world.carol.messages(ACME)[before:] if "not sure" in m.text]


def test_what_the_card_promised_is_what_is_mapped(world: BotWorld) -> None:
    world.set_up()
    card = world.connect(INFO, "Info")
    assert "Deleted: Gelöschte Elemente" in card.text
    folder(world, INFO, "Gelöschte Elemente").flags = ()
    folder(world, INFO, "Projekte").flags = ("\\Trash",)
    folder(world, INFO, "Gelöschte Elemente").name = "Weg"
    looked_at_again(world)

    card = world.card("Info", "Deleted: Projekte")
    world.carol.press(card, "Accept all suggestions")
    world.card("Info", "Live")
    assert f"Deleted: {mapping(world, 'Info')[FolderRole.DELETED]}" in card.text


def test_of_two_people_the_second_has_the_last_word(world: BotWorld) -> None:
    world.set_up()
    card = world.connect(INFO, "Info")
    hers = opened(world, "Info")
    world.adam.press(card, "Map folders")
    his = world.adam.window("Which folders of")
    assert world.carol.submit(hers, {"Archive": "Projekte"}) == {}
    world.settle()
    assert world.adam.submit(his, {}) == {}
    world.settle()

    assert mapping(world, "Info")[FolderRole.ARCHIVE] == "Archiv"
    assert world.account("Info").state is State.LIVE


# Names


def test_a_folder_whose_name_ends_with_half_a_character_can_be_mapped(
    world: BotWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        imap, "encode", lambda name: b"Werft &2D0-" if name == HALF else bytes(encode(name))
    )
    folders(world, INFO).append(Folder(HALF))
    world.set_up()
    world.connect(INFO, "Info")
    window = opened(world, "Info")
    assert world.carol.submit(window, {"Archive": choice(window, "Archive", "Werft")}) == {}
    looked_at_again(world)

    assert world.account("Info").state is State.LIVE
    assert mapping(world, "Info")[FolderRole.ARCHIVE].startswith("Werft")


def test_a_mapped_folder_that_moved_among_the_contacts_is_still_shown(world: BotWorld) -> None:
    world.set_up()
    mapped(world)
    sent = folder(world, INFO, "Gesendete Elemente")
    sent.flags, sent.name = (), "Kontakte/Gesendete Elemente"
    looked_at_again(world)
    world.carol.find(ACME, "from *Gesendete Elemente* to *Kontakte/Gesendete Elemente*")

    world.carol.press(world.card("Info", "Live"), "Change folders")
    window = world.carol.window("Which folders of")
    assert window.chosen("Sent").startswith("Kontakte/Gesendete Elemente")
    assert world.carol.submit(window, {}) == {}
    assert mapping(world, "Info")[FolderRole.SENT] == "Kontakte/Gesendete Elemente"


def test_what_a_person_left_empty_stays_empty(world: BotWorld) -> None:
    world.set_up()
    world.connect(INFO, "Info")
    assert world.carol.submit(opened(world, "Info"), {"Archive": None, "Junk": None}) == {}
    world.settle()
    world.carol.press(world.card("Info", "Live"), "Change folders")
    window = world.carol.window("Which folders of")

    assert (window.chosen("Archive"), window.chosen("Junk")) == ("", "")
    assert world.carol.submit(window, {}) == {}
    assert not {FolderRole.ARCHIVE, FolderRole.JUNK} & set(mapping(world, "Info"))


# Pages and words


def test_what_is_chosen_stays_chosen_when_other_folders_vanish(world: BotWorld) -> None:
    window = many(world)
    delete(world, "Projekte/Werft Süd", "Projekte")
    world.carol.press(window, "Next page", state={"Archive": "Auftrag 070", "Junk": None})
    window = world.carol.window("folders 81 to 160")

    assert (window.chosen("Archive"), window.chosen("Junk")) == ("Auftrag 070", "")
    assert "not sure about" not in window.text


def test_a_choice_that_vanished_is_asked_about(world: BotWorld) -> None:
    window = many(world)
    delete(world, "Auftrag 005")
    world.carol.press(window, "Next page", state={"Archive": "Auftrag 005"})
    window = world.carol.window("folders 81 to 160")

    assert window.chosen("Archive") == ""
    assert "not sure about: *Archive*" in window.text


@pytest.mark.parametrize("button", ["Search", "Next page", "Previous page"])
def test_new_words_begin_at_the_first_page(world: BotWorld, button: str) -> None:
    world.carol.press(many(world), "Next page")
    window = world.carol.window("folders 81 to 160 of 208")
    world.carol.press(window, button, state={SEARCH: "auftrag"})
    window = world.carol.window("folders 1 to 80 of 200")

    world.carol.press(window, "Next page", state={SEARCH: "auftrag"})
    world.carol.window("folders 81 to 160 of 200")


# What goes wrong


def test_a_window_that_cannot_be_drawn_says_so(
    world: BotWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = WebApi.views_update

    def refusing(api: WebApi, args: dict[str, Any]) -> dict[str, Any]:
        if args["view"].get("callback_id") == "folders.save":
            raise SlackError("invalid_arguments")
        return real(api, args)

    world.set_up()
    card = world.connect(INFO, "Info")
    monkeypatch.setattr(WebApi, "views_update", refusing)
    world.carol.press(card, "Map folders")
    world.carol.window("MX-")


def test_a_mailbox_that_is_slow_to_list_its_folders_says_so_in_the_window(
    world: BotWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(session: imap.Session, tag: str, words: list[str], by_uid: bool) -> None:
        session.server.stopping.wait()

    world.set_up()
    card = world.connect(INFO, "Info")
    world.restart_bot(mail_timeout=SILENCE_SECONDS)
    monkeypatch.setattr(imap.Session, "do_list", silent)
    world.carol.press(card, "Map folders")
    world.carol.window("We could not fetch the folders", "MX-")

    opened = [
        call["view"] for call in world.practice.office.heard if call["method"] == "views.open"
    ]
    assert "Fetching the folders" in "\n".join(texts(opened[-1]))


def test_a_sign_in_that_was_taken_back_meanwhile_says_so_in_the_window(world: BotWorld) -> None:
    world.set_up()
    card = world.connect(INFO, "Info")
    world.expire_tokens("Info")
    world.throw("grant-revoked", INFO)
    world.carol.press(card, "Map folders")
    told = world.carol.window("We could not fetch the folders", "MX-")
    assert "Try again" in [element["text"]["text"] for _, element in told.elements]
