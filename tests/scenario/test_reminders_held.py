"""Reminders put off, ended, begun again and paused: for how long, by whom, and what everybody reads
of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from storage.tables import AuditEntry
from storage.vocabulary import State
from tests.support.slack import Message
from tests.support.world import ACME, DESK, BotWorld

pytestmark = pytest.mark.reminders

INFO, BIURO = "info@acme.example", "biuro@acme.example"
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


@pytest.fixture
def waiting(world: BotWorld) -> Iterator[BotWorld]:
    """A day has begun on which Info waits for its folders; Slack has nothing to complain of
    afterwards."""
    world.set_up()
    world.begin_a_day()
    world.connect(INFO, "Info")
    world.settle()
    yield world
    assert world.practice.office.complaints == []


def reminders(world: BotWorld) -> list[Message]:
    return [m for m in world.carol.messages(ACME) if "still wait" in m.text]


def reminded(world: BotWorld, hours: float = 4) -> Message:
    """The reminder that comes after the first hours."""
    world.pass_time(hours=hours, minutes=1)
    return world.carol.find(ACME, "1 mailbox is still waiting", "Info")


def audited(world: BotWorld, action: str) -> AuditEntry:
    """The one entry of the audit table for what was done."""
    with world.bot.store.transaction() as tx:
        (entry,) = [each for each in tx.audit.since(*ALWAYS, 0, 1000) if each.action == action]
    return entry


def until(entry: AuditEntry) -> datetime:
    """Until when what the audit table tells of goes."""
    return datetime.fromisoformat(str(entry.detail["until"]))


def answer(world: BotWorld, command: str) -> Message:
    """What Vera is told privately after a command."""
    world.vera.slash(ACME, command)
    world.settle()
    return next(m for m in reversed(world.vera.messages(ACME)) if m.data["ephemeral"])


def pause(world: BotWorld, days: int) -> dict[str, str]:
    """Carol pauses the reminders from the newest of them until so many days later; what the form
    says is wrong."""
    world.carol.press(reminders(world)[-1], "Pause reminders")
    day = (world.clock.now() + timedelta(days=days)).date().isoformat()
    return world.carol.submit(
        world.carol.window("Nobody at *Acme Marine* gets reminders"), {"Remind again from": day}
    )


def test_who_put_a_reminder_off_and_until_when_stands_on_it_on_the_card_and_in_the_audit(
    waiting: BotWorld,
) -> None:
    world = waiting
    world.carol.press(reminded(world), "Snooze all 1 week")
    world.carol.find(ACME, "1 mailbox is still waiting", "Snoozed until", "by <@U0CAROL>")
    world.card("Info", "Snoozed until", "by <@U0CAROL>")
    entry = audited(world, "reminder.snoozed")
    assert (entry.team, entry.user, entry.channel_id) == ("T0ACME", "U0CAROL", ACME)
    assert abs(until(entry) - world.clock.now() - timedelta(weeks=1)) < timedelta(minutes=1)
    assert entry.subject == world.account("Info").ref
    world.pass_time(weeks=1, minutes=1)
    again = world.carol.find(ACME, "1 mailbox is still waiting", "Map folders")
    assert "We have told our support team" not in again.text, (
        "the reminders after it keep their distance"
    )
    world.settle()
    assert "Snoozed" not in world.card("Info").text


def test_what_is_put_off_is_not_on_the_reminder_of_what_is_not(waiting: BotWorld) -> None:
    world = waiting
    world.carol.press(reminded(world), "Snooze all 1 week")
    world.carol.find(ACME, "Snoozed until")
    world.connect(BIURO, "Biuro")
    world.pass_time(days=1)
    (reminder,) = reminders(world)
    assert "Biuro" in reminder.text and "Info" not in reminder.text
    world.pass_time(days=6)
    world.carol.find(ACME, "2 mailboxes are still waiting", "Info", "Biuro")


def test_not_needed_ends_them_for_one_mailbox_until_somebody_wants_them_again(
    waiting: BotWorld,
) -> None:
    world = waiting
    world.connect(BIURO, "Biuro")
    world.pass_time(hours=4, minutes=1)
    reminder = world.carol.find(ACME, "2 mailboxes are still waiting")
    nth = [
        line.split("*")[1] for line in reminder.text.split("\n") if " · " in line and "@" in line
    ].index("Biuro")
    world.carol.press(reminder, "Stop reminders", nth=nth)
    assert "Biuro" not in world.carol.find(ACME, "1 mailbox is still waiting").text
    world.card("Biuro", "Reminders stopped by <@U0CAROL>")
    entry = audited(world, "reminder.stopped")
    assert (entry.user, entry.subject) == ("U0CAROL", world.account("Biuro").ref)
    for _ in range(3):
        world.pass_time(days=1)
        assert "Biuro" not in reminders(world)[-1].text
    assert world.account("Biuro").state is State.UNMAPPED

    world.carol.press(world.card("Biuro"), "More")
    world.carol.press(world.carol.window("biuro@acme.example"), "Remind again")
    world.settle()
    assert "Reminders stopped" not in world.card("Biuro").text
    assert audited(world, "reminder.resumed").user == "U0CAROL"
    world.pass_time(days=1)
    world.carol.find(ACME, "2 mailboxes are still waiting", "Biuro", "Info")


def test_the_last_one_that_is_not_needed_ends_the_reminder_and_brings_no_other(
    waiting: BotWorld,
) -> None:
    world = waiting
    reminder = reminded(world)
    world.carol.press(reminder, "Stop reminders")
    world.card("Info", "Reminders stopped by <@U0CAROL>")
    world.settle()
    assert reminders(world) == []
    world.pass_time(days=30)
    assert reminders(world) == [] and not [m for m in world.vera.messages(DESK) if "Info" in m.text]


def test_what_was_ended_begins_again_when_the_mailbox_waits_for_something_else(
    waiting: BotWorld,
) -> None:
    world = waiting
    world.carol.press(reminded(world), "Stop reminders")
    world.card("Info", "Reminders stopped by <@U0CAROL>")
    world.throw("smtp-auth-off-mailbox", INFO)
    world.carol.press(world.card("Info"), "Test again")
    world.card("Info", "Sending is off")
    world.pass_time(days=1)
    assert "What to do" in world.carol.find(ACME, "1 mailbox is still waiting", "Info").buttons


def test_what_was_ended_and_is_put_off_by_command_comes_back_then(waiting: BotWorld) -> None:
    world = waiting
    world.carol.press(reminded(world), "Stop reminders")
    world.card("Info", "Reminders stopped by <@U0CAROL>")
    assert "Reminders for *Info* are snoozed until" in answer(world, "snooze Info 2d").text
    before = len(world.carol.messages(ACME))
    world.pass_time(days=1, hours=23)
    assert len(world.carol.messages(ACME)) == before
    world.pass_time(hours=2)
    assert "Info" in world.carol.find(ACME, "1 mailbox is still waiting").text


def test_a_pause_holds_for_all_until_its_day_also_for_what_begins_to_wait_meanwhile(
    waiting: BotWorld,
) -> None:
    world = waiting
    old = reminded(world)
    assert pause(world, 5) == {}
    world.carol.window("Reminders are paused until")
    entry = audited(world, "reminders.paused")
    assert (entry.user, entry.subject, until(entry).date()) == (
        "U0CAROL",
        ACME,
        (world.clock.now() + timedelta(5)).date(),
    )
    world.connect(BIURO, "Biuro")
    for _ in range(4):
        world.pass_time(days=1)
        assert [m.ts for m in reminders(world)] == [old.ts], f"at {world.clock.now()}"
    world.pass_time(days=1)
    assert "Info" in world.carol.find(ACME, "2 mailboxes are still waiting", "Biuro").text


def test_a_pause_says_by_whom_and_ends_when_somebody_says_so(waiting: BotWorld) -> None:
    world = waiting
    old = reminded(world)
    assert pause(world, 30) == {}
    world.pass_time(days=2)
    assert [m.ts for m in reminders(world)] == [old.ts]
    world.adam.press(
        world.adam.find(ACME, "1 mailbox is still waiting", "Reminders paused until"),
        "Pause reminders",
    )
    form = world.adam.window("Reminders are paused until", "by <@U0CAROL>")
    world.adam.press(form, "End the pause")
    world.adam.window("The pause is over")
    world.settle()
    assert audited(world, "reminders.pause_ended").user == "U0ADAM"
    world.pass_time(days=1)
    assert world.carol.find(ACME, "1 mailbox is still waiting").ts != old.ts


def test_a_pause_that_is_made_shorter_ends_sooner(waiting: BotWorld) -> None:
    world = waiting
    old = reminded(world)
    assert pause(world, 30) == {}
    assert pause(world, 2) == {}
    world.pass_time(days=2)
    assert world.carol.find(ACME, "1 mailbox is still waiting").ts != old.ts


@pytest.mark.parametrize("days", [-1, 0, 120])
def test_a_pause_until_a_day_that_is_past_or_too_far_is_said_at_the_field(
    waiting: BotWorld, days: int
) -> None:
    reminded(waiting)
    assert "at most three months" in pause(waiting, days)["Remind again from"]


def test_the_command_understands_how_people_say_a_time(waiting: BotWorld) -> None:
    world = waiting
    now, ref = world.clock.now(), world.account("Info").ref
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    day = (now + timedelta(days=40)).date()
    said = {
        "Info 3d": now + timedelta(days=3),
        "info@acme.example 2 weeks": now + timedelta(weeks=2),
        f"{ref} 5 hours": now + timedelta(hours=5),
        f"{ref.lower()} tomorrow": midnight + timedelta(days=1),
        f"INFO {day}": datetime(day.year, day.month, day.day, tzinfo=UTC),
    }
    for words, wanted in said.items():
        assert (
            "Reminders for *Info* are snoozed until <!date^"
            in answer(world, f"snooze {words}").text
        ), words
        held = world.account("Info").reminder.snoozed_until
        assert held is not None and abs(held - wanted) < timedelta(minutes=5), words
    assert "by <@U0VERA>" in world.card("Info", "Snoozed until").text
    world.pass_time(days=39)
    assert reminders(world) == []
    world.pass_time(days=1)
    assert len(reminders(world)) == 1


def test_the_command_says_what_it_does_not_understand_and_changes_nothing(
    waiting: BotWorld,
) -> None:
    world = waiting
    how = "For example `@Maildesk snooze MB-7Q3F-9K2D 3d`"
    for words in (
        "",
        "Info",
        "Info whenever",
        "Info 2026-13-45",
        "Info 2020-01-01",
        "Info 0d",
        "Info -3d",
        "3d",
        "Info 200d",
    ):
        assert how in answer(world, f"snooze {words}").text, words
    assert "There is no account `Nobody` here" in answer(world, "snooze Nobody 3d").text
    world.map_folders(world.card("Info"))
    world.card("Info", "Live")
    assert "is not waiting for anybody" in answer(world, "snooze Info 3d").text
    assert world.account("Info").reminder.snoozed_until is None


def test_the_last_reminder_of_the_customer_still_says_who_has_it_when_it_is_put_off(
    waiting: BotWorld,
) -> None:
    world = waiting
    reminded(world)
    for _ in range(7):
        world.pass_time(days=1)
    handed = world.carol.find(ACME, "We have told our support team, and they will get in touch")
    world.carol.press(handed, "Snooze all 1 day")
    world.settle()
    assert world.carol.find(ACME, "1 mailbox is still waiting").ts == handed.ts
    world.pass_time(days=3)
    assert (
        len([m for m in world.vera.messages(DESK) if "all reminders have been sent" in m.text]) == 1
    )
