"""Reminders: one per rung of the ladder, snoozed, done, and never again after a restart."""

from bot.people import Person
from storage.vocabulary import Owner
from tests.support.slack import Message
from tests.support.world import ACME, DESK, BotWorld

HOURS = 24 * 7 + 2
RESTARTS = (30, 100)


def reminders(world: BotWorld) -> list[Message]:
    return [m for m in world.carol.messages(ACME) if "still wait" in m.text]


def posted(world: BotWorld) -> int:
    """How many reminders were ever posted, by the audit."""
    account = world.account("Info")
    with world.bot.store.transaction() as tx:
        return sum(entry.action == "reminder.posted" for entry in tx.audit.about(account.ref))


def test_an_unmapped_account_is_nagged_once_per_rung_with_two_restarts(world: BotWorld) -> None:
    world.set_up()
    world.begin_a_day()
    world.connect("info@acme.example", "Info")
    world.settle()
    seen: list[int] = []
    for hour in range(1, HOURS):
        before = posted(world)
        world.clock.pass_time(hours=1)
        world.bot.worker.tick()
        if hour in RESTARTS:
            world.restart_bot()
            world.bot.worker.tick()
        world.settle()
        if posted(world) > before:
            assert posted(world) == before + 1
            seen.append(hour)
            assert len(reminders(world)) == 1, "a new reminder replaces the old one"
    assert seen == [4, 24, 72, 168]

    assert "all reminders went out" in world.vera.find(DESK, "Info").text.lower()
    assert world.account("Info").owner is Owner.SUPPORT


def test_a_reminder_is_snoozed_returns_and_turns_into_a_thank_you(world: BotWorld) -> None:
    world.set_up()
    world.begin_a_day()
    card = world.connect("info@acme.example", "Info")
    world.pass_time(hours=4, minutes=1)
    reminder = world.carol.find(ACME, "1 mailbox still waits")
    assert "Map folders" in reminder.buttons

    world.carol.press(reminder, "Snooze 1 day")
    assert "by <@U0CAROL>" in world.carol.find(ACME, "1 mailbox still waits", "Put off until").text
    world.pass_time(hours=23)
    assert [m.ts for m in reminders(world)] == [reminder.ts]
    world.pass_time(hours=1, minutes=1)
    again = world.carol.find(ACME, "1 mailbox still waits")
    assert again.ts != reminder.ts
    assert "Map folders" in again.buttons

    world.map_folders(again)
    thanks = world.carol.find(ACME, "Thank you")
    assert thanks.ts == again.ts
    world.pass_time(days=10)
    assert reminders(world) == []
    assert "Live" in world.card("Info").text
    assert card.ts == world.card("Info").ts


def test_one_reminder_lists_every_waiting_account_of_a_channel(world: BotWorld) -> None:
    world.set_up()
    world.connect("info@acme.example", "Info")
    world.connect("biuro@acme.example", "Biuro")
    world.pass_time(hours=4, minutes=1)
    (reminder,) = reminders(world)
    assert "Info" in reminder.text and "Biuro" in reminder.text


def test_a_colleague_who_only_looks_on_cannot_snooze(world: BotWorld) -> None:
    world.set_up()
    world.connect("info@acme.example", "Info")
    world.pass_time(hours=4, minutes=1)
    world.nils.press(world.nils.find(ACME, "1 mailbox still waits"), "Snooze 1 day")
    assert "You are welcome to look on" in world.nils.window("Not possible here").text
    assert world.account("Info").snoozed_until is None
    with world.bot.store.transaction() as tx:
        refused = [e for e in tx.audit.about("") if e.result == "refused.role"]
    assert [Person(e.team, e.user) for e in refused] == [Person("T0LUMEN", "U0NILS")]
