"""Folders mapped by what speaks for them, searched among hundreds, accepted for many mailboxes, and
watched afterwards."""

import pytest

from sandbox.world import Folder
from storage.vocabulary import FolderRole, State
from tests.support.folders import (
    BIURO,
    CAROL,
    INFO,
    folder,
    folders,
    looked_at_again,
    mapped,
    mapping,
    opened,
    without_marks,
)
from tests.support.world import ACME, BotWorld

pytestmark = pytest.mark.folders


def test_without_marks_the_languages_names_and_the_test_message_speak(world: BotWorld) -> None:
    without_marks(world, INFO)
    folders(world, INFO).append(Folder("Archiv Entwürfe 2019"))
    world.set_up()
    world.connect(INFO, "Info")
    window = opened(world, "Info")
    assert window.chosen("Drafts") == "Entwürfe  ·  its name in German"
    assert window.chosen("Deleted") == "Gelöschte Elemente  ·  its name in German"
    offered = window.options("Sent")
    assert not [
        name for name in offered if name.startswith(("Kalender", "Kontakte", "Notizen", "Aufgaben"))
    ]
    assert world.carol.submit(window, {}) == {}
    assert mapping(world, "Info")[FolderRole.SENT] == "Gesendete Elemente"


def test_what_is_in_doubt_is_left_to_the_person_who_knows(world: BotWorld) -> None:
    folder(world, BIURO, "Wersje robocze").flags = ("\\Trash",)
    folder(world, BIURO, "Elementy usunięte").flags = ()
    world.set_up()
    card = world.connect(BIURO, "Biuro")
    assert "Accept all suggestions" not in card.buttons
    window = opened(world, "Biuro")
    assert "not sure about: *Deleted*" in window.text and window.chosen("Deleted") == ""
    assert "Deleted" in world.carol.submit(window, {})
    assert world.carol.submit(window, {"Deleted": "Elementy usunięte  ·  its name in Polish"}) == {}
    assert mapping(world, "Biuro")[FolderRole.DELETED] == "Elementy usunięte"


def test_one_folder_for_two_purposes_is_asked_about(world: BotWorld) -> None:
    world.set_up()
    world.connect(INFO, "Info")
    assert (
        world.carol.submit(opened(world, "Info"), {"Archive": "Projekte", "Junk": "Projekte"}) == {}
    )
    asked = world.carol.window(
        "You chose one folder for several purposes", "*Projekte*: Junk, Archive"
    )
    assert world.account("Info").state is State.UNMAPPED
    assert world.carol.submit(asked, {}) == {}, "without a yes it asks again"
    asked = world.carol.window("You chose one folder for several purposes")
    assert world.carol.submit(asked, {"The same folder twice": ["Yes, this is intended"]}) == {}
    assert (
        mapping(world, "Info")[FolderRole.JUNK]
        == mapping(world, "Info")[FolderRole.ARCHIVE]
        == "Projekte"
    )


def test_one_oddly_named_folder_costs_nobody_the_others(world: BotWorld) -> None:
    odd = [
        "Von\tBetreff\tErhalten\tGröße\t",
        'Der "beste" Kunde',
        "007",
        "NIL",
        "Zurück\\gelegt",
        "(Alt)",
    ]
    folders(world, INFO).extend(Folder(name) for name in odd)
    world.set_up()
    world.connect(INFO, "Info")
    window = opened(world, "Info")
    offered = {" ".join(name.split()) for name in window.options("Archive")}
    assert {" ".join(name.split()) for name in odd} <= offered
    assert world.carol.submit(window, {"Archive": 'Der "beste" Kunde'}) == {}
    assert mapping(world, "Info")[FolderRole.ARCHIVE] == 'Der "beste" Kunde'
    looked_at_again(world)
    assert world.account("Info").state is State.LIVE
    assert mapping(world, "Info")[FolderRole.ARCHIVE] == 'Der "beste" Kunde'


def test_among_six_hundred_folders_one_is_found_by_its_name_and_by_turning_pages(
    world: BotWorld,
) -> None:
    deep = "Projekte/Werft Süd/Ausrüstung/Angebote und Nachträge/2019/Beschläge/Gesendet"
    folders(world, INFO).extend(Folder(f"Projekte/Auftrag {number:03}") for number in range(600))
    folders(world, INFO).append(Folder(deep))
    world.set_up()
    world.connect(INFO, "Info")
    window = opened(world, "Info")
    assert "folders 1 to 80 of 609" in window.text and len(window.options("Sent")) <= 100
    world.carol.press(window, "Next page", state={"Archive": "Archiv  ·  its name in German"})
    window = world.carol.window("folders 81 to 160 of 609")
    assert window.chosen("Archive").startswith("Archiv"), "what was chosen stays chosen"
    world.carol.press(window, "Search", state={"Find a folder by its name": "GESENDET"})
    window = world.carol.window("Found: 2.")
    found = next(
        name
        for name in window.options("Sent")
        if name.startswith("Projekte/") and "Gesendet" in name
    )
    assert found.startswith("Projekte/Werft Süd/") and len(found) <= 75, found
    assert world.carol.submit(window, {"Sent": found}) == {}
    assert (
        mapping(world, "Info")[FolderRole.SENT] == deep
        and mapping(world, "Info")[FolderRole.ARCHIVE] == "Archiv"
    )
    world.settle()
    assert world.practice.office.complaints == []


def test_nothing_with_these_words_is_said_and_the_lists_stay_useful(world: BotWorld) -> None:
    folders(world, INFO).extend(Folder(f"Auftrag {number:03}") for number in range(200))
    world.set_up()
    world.connect(INFO, "Info")
    world.carol.press(opened(world, "Info"), "Search", state={"Find a folder by its name": "xyzzy"})
    window = world.carol.window("No folder has “xyzzy” in its name")
    assert world.carol.submit(window, {}) == {}
    assert world.card("Info", "Live")


def test_suggestions_without_doubt_are_accepted_at_once(world: BotWorld) -> None:
    world.set_up()
    card = world.connect(INFO, "Info")
    assert "*Suggested:* Inbox: INBOX · Sent: Gesendete Elemente" in card.text
    world.carol.press(card, "Accept all suggestions")
    world.card("Info", "Live", "Deleted: Gelöschte Elemente")


def test_the_other_mailboxes_are_mapped_by_evidence_and_the_doubtful_ones_are_listed(
    world: BotWorld,
) -> None:
    without_marks(world, BIURO)
    folders(world, BIURO).append(Folder("Kosz"))
    world.set_up()
    for address, name in ((INFO, "Info"), (BIURO, "Biuro"), (CAROL, "Carol")):
        world.connect(address, name)
    assert world.carol.submit(opened(world, "Info"), {}) == {}
    saved = world.carol.window("still need their folders mapped: 2")
    world.carol.press(saved, "Use for all 2")
    told = world.carol.window("Mailboxes with mapped folders: 1", "Please check these")
    assert "Biuro" in told.text and "*Carol*" not in told.text
    assert (
        world.account("Carol").state is State.LIVE
        and world.account("Biuro").state is State.UNMAPPED
    )
    world.carol.press(told, "Map folders")
    world.carol.window("Which folders of *Biuro*")


def test_a_renamed_folder_is_followed_and_told(world: BotWorld) -> None:
    world.set_up()
    mapped(world)
    folder(world, INFO, "Gesendete Elemente").name = "Ausgang"
    looked_at_again(world)
    world.carol.find(ACME, "from *Gesendete Elemente* to *Ausgang*")
    assert mapping(world, "Info")[FolderRole.SENT] == "Ausgang"
    assert world.account("Info").state is State.LIVE
    looked_at_again(world)
    assert len([m for m in world.carol.messages(ACME) if "was renamed" in m.text]) == 1


def test_a_folder_that_moved_is_followed(world: BotWorld) -> None:
    world.set_up()
    mapped(world)
    folder(world, INFO, "Gelöschte Elemente").name = "Projekte/Gelöscht"
    looked_at_again(world)
    world.carol.find(ACME, "from *Gelöschte Elemente* to *Projekte/Gelöscht*")


def test_a_deleted_folder_makes_the_mailbox_wait_for_its_folders_again(world: BotWorld) -> None:
    world.set_up()
    mapped(world)
    folders(world, INFO).remove(folder(world, INFO, "Gesendete Elemente"))
    looked_at_again(world)
    card = world.card(
        "Info", "A mapped folder is missing", "*Missing:*", "Sent: Gesendete Elemente"
    )
    assert "Accept all suggestions" not in card.buttons
    world.carol.find(ACME, "*Gesendete Elemente*, is no longer in the mailbox")
    assert world.carol.submit(opened(world, "Info"), {"Sent": "Projekte"}) == {}
    world.card("Info", "Live", "Sent: Projekte")


def test_a_folder_that_was_made_anew_is_not_taken_for_the_old_one(world: BotWorld) -> None:
    world.set_up()
    mapped(world)
    folder(world, INFO, "Entwürfe").uid_validity = 4711
    looked_at_again(world)
    world.carol.find(ACME, "*Entwürfe*, was deleted, and a new folder has the same name")
    card = world.card("Info", "A mapped folder is missing", "*Missing:*")
    world.carol.press(card, "Accept all suggestions")
    world.card("Info", "Live")
    looked_at_again(world)
    assert world.account("Info").state is State.LIVE


def test_an_optional_folder_that_is_gone_is_told_and_breaks_nothing(world: BotWorld) -> None:
    world.set_up()
    mapped(world)
    folders(world, INFO).remove(folder(world, INFO, "Junk-E-Mail"))
    looked_at_again(world)
    world.carol.find(ACME, "*Junk-E-Mail*, is no longer in the mailbox")
    assert world.account("Info").state is State.LIVE


def test_a_mailbox_that_moved_to_another_server_keeps_its_folders(world: BotWorld) -> None:
    world.set_up()
    mapped(world)
    for each in folders(world, INFO):
        each.uid_validity += 5000
    looked_at_again(world)
    folder(world, INFO, "Gesendete Elemente").name = "Ausgang"
    looked_at_again(world)
    world.carol.find(ACME, "from *Gesendete Elemente* to *Ausgang*")
    assert world.account("Info").state is State.LIVE


def test_a_mailbox_that_cannot_be_had_gives_an_error_id_and_a_way_on(world: BotWorld) -> None:
    world.set_up()
    card = world.connect(INFO, "Info")
    world.throw("authenticated-not-connected", INFO)
    world.carol.press(card, "Map folders")
    told = world.carol.window("We could not fetch the folders", "MX-")
    assert "administrator" in told.text and "Contact support" in [
        e["text"]["text"] for _, e in told.elements
    ]
    world.take_back("authenticated-not-connected", INFO)
    world.carol.press(told, "Try again")
    assert world.carol.submit(world.carol.window("Which folders of"), {}) == {}
    world.card("Info", "Live")
