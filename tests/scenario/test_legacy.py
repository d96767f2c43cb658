"""Old accounts: pasted, mended in place, planned, replaced by new ones in one go, which a restart
does not disturb."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.common.people import Person
from storage.vocabulary import Plan
from tests.support.world import ACME, BotWorld

CAROL = Person("T0ACME", "U0CAROL", ACME)
PASTED = """Name;Address;User
Info;info@acme.example;
Office;office@acme.example;carol@acme.example
Nobody;;
Broken;not an address;
Office again;OFFICE@acme.example;
"""


def paste(world: BotWorld, text: str) -> None:
    world.carol.press(world.set_up(), "Your old accounts")
    assert (
        world.carol.submit(world.carol.window("Your old accounts", "Paste"), {"Accounts": text})
        == {}
    )


def plan(world: BotWorld) -> None:
    """Carol opens the plan."""
    world.carol.press(
        world.carol.find(ACME, "Connect your Microsoft 365 mailboxes"), "Your old accounts"
    )
    world.carol.window("Your old accounts", "New accounts:")


def test_bad_rows_are_named_and_mended_in_place_and_nothing_is_lost(world: BotWorld) -> None:
    paste(world, PASTED)
    review = world.carol.window("What will be listed", "*2* can be listed, *3* cannot")
    for line, problem in (
        (4, "no email address"),
        (5, "does not look like"),
        (6, "already further up"),
    ):
        assert f"Line {line}" in review.text and problem in review.text
    with world.bot.store.transaction() as tx:
        assert tx.legacy.of_customer(1) == [], "looking changes nothing"
    assert "Info" in review.text and "office@acme.example" in review.text, (
        "what is good is shown, too"
    )
    assert world.carol.submit(review, {}) == {}
    left = world.carol.window("What will be listed", "2 listed", "*3* cannot be listed")
    assert left.inputs["Lines to correct"]["element"]["initial_value"].splitlines() == [
        "Name; Address",
        "Nobody;",
        "Broken; not an address",
        "Office again; OFFICE@acme.example",
    ]
    mended = "Nobody;nobody@acme.example\nBroken;broken@acme.example"
    assert world.carol.submit(left, {"Lines to correct": mended}) == {}
    world.carol.press(world.carol.window("Your old accounts", "2 listed"), "Continue")
    assert (
        world.carol.window("Your old accounts", "New accounts:* 0 of 4").text.count(
            "Will be changed"
        )
        == 4
    )


def test_what_is_listed_or_connected_already_is_said(world: BotWorld) -> None:
    world.set_up()
    world.add("info@acme.example", "Info")
    world.bot.services.legacy.import_text(ACME, "Office;office@acme.example", CAROL)
    rows = world.bot.services.legacy.check(ACME, "INFO@acme.example\noffice@acme.example")
    assert [row.problem for row in rows] == ["old.connected_already", "old.listed_already"]


def test_some_are_retained_the_others_get_new_accounts_with_cards(world: BotWorld) -> None:
    paste(
        world,
        "Name;Address;User\n"
        "Info;info@acme.example\n"
        "Office;office@acme.example;carol@acme.example\n"
        "Keep;keep@acme.example",
    )
    review = world.carol.window("What will be listed")
    world.carol.submit(review, {})
    world.carol.press(world.carol.window("3 listed"), "Continue")
    window = world.carol.window("Your old accounts", "New accounts:* 0 of 3")
    last = [b for b, e in window.elements if e["action_id"] == "old.retain"][-1]
    world.carol._post("action", block_id=last, action_id="old.retain", view_id=window.id)
    window = world.carol.window("Stays as it is")
    assert "Create new accounts (2)" in [e["text"]["text"] for _, e in window.elements]
    world.carol.press(window, "Create new accounts (2)")
    world.carol.find(ACME, "*2* done, 0 failed, 0 to go", "That is all")
    card = world.card("Office", "office@acme.example")
    assert "carol@acme.example" in card.text
    world.card("Info", "Waiting for the sign-in")
    plan(world)
    assert "Waiting for the sign-in" in world.carol.window("New accounts:* 2 of 3").text

    with pytest.raises(Exception, match="nothing_to_create"):
        begin(world)


def test_a_deleted_old_account_can_be_taken_back_for_seven_days(world: BotWorld) -> None:
    paste(world, "Info;info@acme.example")
    review = world.carol.window("What will be listed")
    world.carol.submit(review, {})
    world.carol.press(world.carol.window("1 listed"), "Continue")
    world.carol.press(world.carol.window("Your old accounts"), "Mark the old one as deleted")
    world.carol.press(world.carol.window("kept here for seven days"), "Mark as still there")
    window = world.carol.window("Will be changed")
    world.carol.press(window, "Mark the old one as deleted")
    world.carol.window("kept here for seven days")
    world.pass_time(days=6)
    plan(world)
    world.pass_time(days=1, minutes=1)
    with world.bot.store.transaction() as tx:
        assert tx.legacy.of_customer(1) == []


def begin(world: BotWorld) -> int:
    return world.bot.services.legacy.begin_batch(ACME, CAROL)


def test_a_batch_can_be_stopped_and_what_failed_is_told(world: BotWorld) -> None:
    world.set_up()
    with world.bot.store.transaction() as tx:
        channel = tx.channels.get(ACME)
    assert channel is not None
    old = world.bot.services.legacy
    old.import_text(ACME, "Info;info@acme.example\nOffice;office@acme.example", CAROL)
    world.bot.worker.stop()
    begin(world)
    with world.bot.store.transaction() as tx:
        info = tx.legacy.with_address(channel.customer_id, "info@acme.example")
    assert info is not None
    old.plan(info.id, Plan.RETAIN, CAROL)
    world.restart_bot()
    old = world.bot.services.legacy
    message = world.carol.find(
        ACME, "*1* done, 1 failed, 0 to go", "info@acme.example", "That is all"
    )
    assert message.buttons == ["Invite all who still have to sign in", "Show all accounts"]

    old.import_text(ACME, "\n".join(f"Box {n};box{n}@acme.example" for n in range(3)), CAROL)
    world.bot.worker.stop()
    batch_id = begin(world)
    old.cancel_batch(batch_id, CAROL)
    world.restart_bot()
    world.carol.find(ACME, "*0* done, 0 failed, 3 to go", "Stopped")


def test_a_file_is_listed_from_the_command_line_after_a_look_at_what_would_happen(
    world: BotWorld, tmp_path: Path
) -> None:
    world.set_up()
    file = tmp_path / "old.csv"
    file.write_bytes("Name;E-Mail\nBüro;buero@acme.example\nNobody;\n".encode("cp1252"))

    def maildesk(*more: str) -> subprocess.CompletedProcess[str]:
        command = [
            sys.executable,
            "-m",
            "bot.app.cli",
            "import",
            str(file),
            "--channel",
            ACME,
            *more,
        ]
        return subprocess.run(
            command, env=os.environ | world.environment, capture_output=True, text=True, timeout=60
        )

    looked = maildesk()
    assert looked.returncode == 1 and "line 3: Nobody: There is no email address" in looked.stdout
    assert "1 can be listed, 1 with a problem" in looked.stdout
    assert "1 listed" in maildesk("--do").stdout
    with world.bot.store.transaction() as tx:
        assert [old.name for old in tx.legacy.of_customer(1)] == ["Büro"]
    file.write_bytes(b"PK\x03\x04\x00")
    assert "save the table as CSV" in maildesk().stderr
