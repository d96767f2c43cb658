"""Lists of old accounts from files: in every encoding of real exports, refused in plain words, and
never lost."""

import io
import re
import socket
import threading
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import redirect

from bot.legacy.decoding import LARGEST_FILE
from bot.views.legacy_import import Row, as_text
from sandbox.slack.files import file_object
from storage.tables import OldAccount
from tests.support.slack import SlackPerson, Window
from tests.support.world import ACME, BotWorld

GOOD = "Name;E-Mail;User\nBüro;buero@acme.example;\nInfo;info@acme.example;carol@acme.example\n"
BAD = """Name;Address;User
Info;info@acme.example;

Nobody;;
Broken;not an address;
Info again;INFO@acme.example;
Sales;sales@acme.example;who
{long};long@acme.example;
Office;office@acme.example;
"""
PROBLEMS = [
    (4, "Nobody", "There is no email address in this line."),
    (5, "Broken; not an address", "This does not look like an email address."),
    (6, "Info again; INFO@acme.example", "This address is already further up in the list."),
    (7, "Sales; sales@acme.example; who", "The user does not look like an email address."),
    (8, "L" * 80, "The name is longer than 80 characters."),
]
OUT_OF_REACH = "We could not get the file from Slack. Please try again, or paste the list."


@pytest.fixture(autouse=True)
def answers_in_time(world: BotWorld) -> Iterator[None]:
    """Whatever is sent, the bot answers within Slack's three seconds and shows nothing that Slack
    would refuse."""
    yield
    assert world.practice.office.complaints == []


def listed(world: BotWorld) -> list[OldAccount]:
    """What the customer has listed."""
    with world.bot.store.transaction() as tx:
        return tx.legacy.of_customer(1)


def draft(world: BotWorld) -> str:
    """The list that was begun and not taken."""
    with world.bot.store.transaction() as tx:
        newest = tx.legacy.latest_draft(1)
    return as_text([Row(**record) for record in newest.records]) if newest else ""


def paste_window(world: BotWorld, person: SlackPerson | None = None) -> Window:
    """Where a list is given, while nothing is listed yet."""
    person = person or world.carol
    person.press(person.find(ACME, "Connect your Microsoft 365 mailboxes"), "Your old accounts")
    return person.window("Your old accounts", "Paste or type the accounts here")


def close(person: SlackPerson, window: Window) -> None:
    """Somebody closes a window."""
    assert person._post("close", view_id=window.id)["ok"]


def give(person: SlackPerson, window: Window, content: bytes, name: str = "old.csv") -> None:
    """Somebody chooses a file in a window and sends it."""
    assert (
        person.submit(window, {"Or a file": person.upload(window, "Or a file", name, content)})
        == {}
    )


def upload(
    world: BotWorld, content: bytes, name: str = "old.csv", person: SlackPerson | None = None
) -> None:
    """Somebody gives the list as a file, and it is read."""
    person = person or world.carol
    give(person, paste_window(world, person), content, name)
    world.pass_time(seconds=1)


def spreadsheet() -> bytes:
    """An .xlsx file, as far as its first bytes tell."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", "<worksheet/>")
    return held.getvalue()


FILES = {
    "a CSV with a byte order mark": ("old.csv", GOOD.replace(";", ",").encode("utf-8-sig")),
    "a TSV in UTF-16": ("old.tsv", GOOD.replace(";", "\t").replace("\n", "\r\n").encode("utf-16")),
    "a CSV in the code page of Windows": ("alte Konten.csv", GOOD.encode("cp1252")),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_is_read_as_the_programs_of_customers_write_it(world: BotWorld, kind: str) -> None:
    world.set_up()
    name, content = FILES[kind]
    upload(world, content, name)
    review = world.carol.window("What will be listed", "*2* will be listed")
    assert "Büro  buero@acme.example" in review.text
    assert listed(world) == [], "looking changes nothing"

    assert world.carol.submit(review, {}) == {}
    world.carol.press(world.carol.window("Your old accounts", "2 listed"), "Continue")
    plan = world.carol.window("Your old accounts", "New accounts:* 0 of 2")
    assert "*Büro*  buero@acme.example\n" in plan.text
    assert "*Info*  info@acme.example  ·  signs in as carol@acme.example" in plan.text
    assert [(old.name, old.username) for old in listed(world)] == [
        ("Büro", ""),
        ("Info", "carol@acme.example"),
    ]


def test_five_hundred_accounts_are_listed_in_time(world: BotWorld) -> None:
    world.set_up()
    upload(world, "\n".join(f"Box {n};box{n}@acme.example" for n in range(500)).encode())
    review = world.carol.window("What will be listed", "*500* will be listed", "and 400 more")
    assert world.carol.submit(review, {}) == {}
    world.carol.window("Your old accounts", "500 listed")
    assert [old.address for old in listed(world)] == [f"box{n}@acme.example" for n in range(500)]


REFUSED = {
    "a spreadsheet": (spreadsheet(), "save the table as CSV or TSV"),
    "more than a megabyte": (
        b"info@acme.example\n" * (LARGEST_FILE // 18 + 1),
        "The file is larger than 1 MB",
    ),
    "nothing": (b"", "at least one account"),
    "blank lines": (b"\r\n \r\n", "at least one account"),
    "too many": (b"info@acme.example\n" * 2001, "At most 2,000 accounts"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_file_that_holds_no_list_is_refused_and_another_one_can_be_tried(
    world: BotWorld, what: str
) -> None:
    content, sentence = REFUSED[what]
    world.set_up()
    upload(world, content, "old.xlsx")
    world.carol.press(world.carol.window("Your old accounts", sentence), "Try another file")
    again = world.carol.window("Your old accounts", "Paste or type the accounts here")
    assert "did not finish" not in again.text, "there is nothing to go on with"
    give(world.carol, again, GOOD.encode())
    world.pass_time(seconds=1)
    world.carol.window("What will be listed", "*2* will be listed")


def test_a_file_that_slack_does_not_give_is_said_and_the_list_can_be_pasted(
    world: BotWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.set_up()
    with (
        monkeypatch.context() as patched
    ):  # Slack leads to its sign-in page, without a word of error
        patched.setattr(world.practice.slack.files, "content", lambda place, authorization: None)
        upload(world, GOOD.encode())
    world.carol.press(world.carol.window("Your old accounts", OUT_OF_REACH), "Try another file")

    world.practice.office.scopes -= {"files:read"}
    give(
        world.carol,
        world.carol.window("Your old accounts", "Paste or type the accounts here"),
        GOOD.encode(),
    )
    world.pass_time(seconds=1)
    world.carol.press(world.carol.window("Your old accounts", OUT_OF_REACH), "Try another file")
    window = world.carol.window("Your old accounts", "Paste or type the accounts here")
    assert world.carol.submit(window, {"Accounts": GOOD}) == {}
    world.carol.window("What will be listed", "*2* will be listed")


def elsewhere(port: int, own: str) -> dict[str, str]:
    """Addresses that are not Slack's, though some look like it."""
    return {
        "another host": f"http://127.0.0.1:{port}/old.csv",
        "Slack as a user": f"https://files.slack.com@127.0.0.1:{port}/old.csv",
        "our Slack as a user": f"http://{own}@127.0.0.1:{port}/old.csv",
        "Slack behind a backslash": f"https://127.0.0.1:{port}\\@files.slack.com/old.csv",
        "a file of this machine": "file:///etc/hostname",
    }


@pytest.mark.parametrize("which", elsewhere(0, ""))
def test_the_bots_token_goes_to_no_other_host(
    world: BotWorld, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    world.set_up()
    with socket.create_server(("127.0.0.1", 0)) as foreign:
        own = world.practice.slack.url.removeprefix("http://")
        url = elsewhere(foreign.getsockname()[1], own)[which]

        def tampered(*args: Any) -> dict[str, Any]:
            return file_object(*args) | {"url_private": url, "url_private_download": url}

        monkeypatch.setattr("sandbox.slack.api.file_object", tampered)
        upload(world, GOOD.encode())
        world.carol.window("Your old accounts", OUT_OF_REACH)
        assert_untouched(foreign)


def test_the_bots_token_follows_no_redirect(
    world: BotWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.set_up()
    with socket.create_server(("127.0.0.1", 0)) as foreign:
        away = f"http://127.0.0.1:{foreign.getsockname()[1]}/old.csv"
        monkeypatch.setattr("sandbox.slack.server.redirect", lambda place: redirect(away))
        monkeypatch.setattr(
            world.practice.slack.files, "content", lambda place, authorization: None
        )
        upload(world, GOOD.encode())
        world.carol.window("Your old accounts", OUT_OF_REACH)
        assert_untouched(foreign)


def assert_untouched(foreign: socket.socket) -> None:
    """Nobody came by there."""
    foreign.setblocking(False)
    with pytest.raises(BlockingIOError):
        foreign.accept()


def test_a_list_and_a_file_at_once_are_told_apart_at_the_field_and_kept(world: BotWorld) -> None:
    world.set_up()
    window = paste_window(world)
    file = world.carol.upload(window, "Or a file", "old.csv", GOOD.encode())
    both = {"Accounts": "Other;other@acme.example", "Or a file": file}
    assert world.carol.submit(window, both) == {
        "Or a file": "Please give a list above or a file, not both."
    }
    assert world.carol.submit(window, {"Accounts": both["Accounts"]}) == {}, (
        "the window is still there"
    )
    assert (
        world.carol.submit(world.carol.window("What will be listed", "*1* will be listed"), {})
        == {}
    )
    assert [old.address for old in listed(world)] == ["other@acme.example"]


def test_neither_a_list_nor_a_file_is_said_at_the_field(world: BotWorld) -> None:
    world.set_up()
    wrong = world.carol.submit(paste_window(world), {})
    assert wrong == {"Accounts": "Paste at least one account, or choose a file."}


def test_each_problem_names_its_line_of_the_file(world: BotWorld) -> None:
    world.set_up()
    upload(world, BAD.format(long="L" * 81).encode())
    review = world.carol.window("What will be listed", "*2* can be listed, *5* cannot")
    lines = [line.strip() for line in review.text.splitlines()]
    for number, text, problem in PROBLEMS:
        assert lines[lines.index(f":warning: Line {number}: {text}") + 1] == problem
    field = review.inputs["Lines to correct"]["element"]["initial_value"].splitlines()
    assert field[0] == "Name; Address; User" and len(field) == 6, "what is wrong, under its heading"

    mended = "Name;Address;User\nNobody;nobody@acme.example;\nLong;long@acme.example;"
    assert world.carol.submit(review, {"Lines to correct": mended}) == {}
    world.carol.window("Your old accounts", "4 listed")
    assert [old.name for old in listed(world)] == ["Info", "Office", "Nobody", "Long"]


def test_a_window_closed_while_the_file_is_read_loses_nothing(world: BotWorld) -> None:
    world.set_up()
    give(world.carol, paste_window(world), GOOD.encode())
    close(world.carol, world.carol.window("Your old accounts", "Reading the file"))
    assert world.carol.open_windows == 0
    world.pass_time(seconds=1)

    again = paste_window(world)
    assert "You started a list and did not finish it." in again.text
    world.carol.press(again, "Continue this list")
    review = world.carol.window("What will be listed", "*2* will be listed", "buero@acme.example")
    assert world.carol.submit(review, {}) == {}
    assert len(listed(world)) == 2 and draft(world) == ""


def test_what_is_left_of_a_list_is_offered_beside_the_plan(world: BotWorld) -> None:
    world.set_up()
    assert (
        world.carol.submit(paste_window(world), {"Accounts": f"{GOOD}Broken;not an address;"}) == {}
    )
    assert (
        world.carol.submit(world.carol.window("What will be listed", "*2* can be listed"), {}) == {}
    )
    close(world.carol, world.carol.window("What will be listed", "2 listed", "*1* cannot"))
    world.carol.press(
        world.carol.find(ACME, "Connect your Microsoft 365 mailboxes"), "Your old accounts"
    )
    plan = world.carol.window(
        "Your old accounts", "New accounts:* 0 of 2", "You started a list and did not finish it."
    )
    world.carol.press(plan, "Continue this list")
    world.carol.window("What will be listed", "Broken; not an address")


def test_a_window_of_a_list_that_is_gone_takes_nothing_of_the_next_one(world: BotWorld) -> None:
    world.set_up()
    assert world.carol.submit(paste_window(world), {"Accounts": GOOD}) == {}
    world.adam.press(paste_window(world, world.adam), "Continue this list")
    held = world.adam.window("What will be listed", "buero@acme.example")
    assert world.carol.submit(world.carol.window("What will be listed"), {}) == {}
    world.carol.press(world.carol.window("2 listed"), "Continue")
    world.carol.press(world.carol.window("Your old accounts", "New accounts:* 0 of 2"), "List more")
    assert (
        world.carol.submit(world.carol.window("Paste"), {"Accounts": "Other;other@acme.example"})
        == {}
    )
    world.carol.window("What will be listed", "other@acme.example")

    assert world.adam.submit(held, {}) == {}
    world.adam.window("This list has already been taken")
    assert len(listed(world)) == 2 and "other@acme.example" in draft(world)


def test_two_people_who_send_the_same_list_at_once_list_each_address_once(world: BotWorld) -> None:
    world.set_up()
    people, addresses = (world.carol, world.adam), [f"box{n}@acme.example" for n in range(1000)]
    for person in people:
        upload(world, "\n".join(addresses).encode(), person=person)
    windows = [person.window("What will be listed", "*1000* will be listed") for person in people]
    together(lambda: world.carol.submit(windows[0], {}), lambda: world.adam.submit(windows[1], {}))
    assert [old.address for old in listed(world)] == addresses
    after = [person.window("listed").text for person in people]
    assert not any("*1000* will be listed" in text for text in after), (
        "both are told what came of it"
    )
    counts = [re.search(r"(\d+) listed\.", text) for text in after]
    assert sum(int(count[1]) for count in counts if count) == len(addresses)


def together(*deeds: Callable[[], object]) -> None:
    """Do these at the same moment."""
    ready = threading.Barrier(len(deeds))

    def begin(deed: Callable[[], object]) -> None:
        ready.wait(10)
        deed()

    threads = [threading.Thread(target=begin, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


def test_a_list_that_nobody_goes_on_with_for_seven_days_is_forgotten(world: BotWorld) -> None:
    world.set_up()
    assert world.adam.submit(paste_window(world, world.adam), {"Accounts": GOOD}) == {}
    review = world.adam.window("What will be listed")
    world.pass_time(days=6, hours=23)
    assert "did not finish" in paste_window(world).text
    world.pass_time(hours=1, minutes=1)
    assert "did not finish" not in paste_window(world).text

    assert world.adam.submit(review, {}) == {}
    world.adam.window("This list has already been taken")
    assert listed(world) == []


def test_a_list_that_somebody_went_on_with_stays_for_seven_more_days(world: BotWorld) -> None:
    world.set_up()
    assert (
        world.carol.submit(
            paste_window(world), {"Accounts": f"{GOOD}Broken;not an address;\nNobody;;"}
        )
        == {}
    )
    review = world.carol.window("What will be listed")
    world.pass_time(days=6)
    assert world.carol.submit(review, {"Lines to correct": "Nobody;;"}) == {}
    world.pass_time(days=6)
    assert draft(world).splitlines() == ["Name; Address", "Nobody;"]
    world.pass_time(days=1, minutes=1)
    assert draft(world) == ""


UNCLEAR = (
    "Crew;Whose;Where;Spell\n"
    "Deck;carol@acme.example;office@acme.example;0ld!Rope\n"
    "Yard;adam@acme.example;info@acme.example;Hawser\n"
)
ASKED = {
    "Address of the mailbox": "Column 3: Where",
    "User who signs in, if different": "Column 2: Whose",
    "Name": "Column 1: Crew",
}


@pytest.mark.field
def test_columns_of_an_uploaded_list_that_nobody_knows_are_asked_about(world: BotWorld) -> None:
    world.set_up()
    upload(world, UNCLEAR.encode())
    asked = world.carol.window("Which column is what?", "Column 3: Where", "office@acme.example")
    assert "0ld!Rope" not in asked.text and "Hawser" not in asked.text
    same = ASKED | {"User who signs in, if different": "Column 3: Where"}
    assert list(world.carol.submit(asked, same)) == ["User who signs in, if different"]
    assert world.carol.submit(asked, ASKED) == {}
    world.pass_time(seconds=1)
    review = world.carol.window("What will be listed", "*2* will be listed", "Left out")
    assert world.carol.submit(review, {}) == {}
    world.carol.window("Your old accounts", "2 listed")
    assert [(old.name, old.address, old.username) for old in listed(world)] == [
        ("Deck", "office@acme.example", "carol@acme.example"),
        ("Yard", "info@acme.example", "adam@acme.example"),
    ]


@pytest.mark.field
def test_columns_of_a_pasted_list_are_asked_about_with_the_list_at_hand(world: BotWorld) -> None:
    world.set_up()
    assert world.carol.submit(paste_window(world), {"Accounts": UNCLEAR}) == {}
    asked = world.carol.window("Which column is what?", "what may be a password")
    assert "0ld!Rope" not in asked.text + asked.inputs["Accounts"]["element"]["initial_value"]
    assert world.carol.submit(asked, ASKED) == {}
    world.carol.window("What will be listed", "*2* will be listed", "Deck  office@acme.example")


@pytest.mark.field
def test_a_file_that_cannot_be_read_for_a_reason_of_ours_ends_its_window_with_an_error_id(
    world: BotWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decode(content: bytes) -> str:
        raise RuntimeError("no reason that anybody thought of")

    monkeypatch.setattr("handlers.features.legacy_import.decode", decode)
    world.set_up()
    upload(world, GOOD.encode())
    world.carol.window("Something went wrong", "Error ID", "MX-")
