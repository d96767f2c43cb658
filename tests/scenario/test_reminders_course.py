"""Reminders keep their course: tests, pauses, snoozes and faults that pass from one to another
neither lose nor repeat them."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.common.people import Person
from bot.views.account_form import Form
from storage.vocabulary import Owner, ReminderPhase, State
from tests.support.reminders import each_first_button, reminders
from tests.support.slack import Message
from tests.support.world import ACME, DESK, BotWorld

pytestmark = pytest.mark.reminders

INFO, BIURO = "info@acme.example", "biuro@acme.example"
BUSY, SWITCHED_OFF, UNEXPLAINED = "smtp-busy", "smtp-auth-off-mailbox", "folder-list-empty"
"""Faults that are Microsoft's, the customer's administrator's, and our support team's."""

MANY = 52
"""More accounts than stand on a reminder, and than a message has room for."""

SHOWN = 15


@pytest.fixture
def day(world: BotWorld) -> Iterator[BotWorld]:
    """A day has just begun, and the channel is set up; Slack has nothing to complain of
    afterwards."""
    world.set_up()
    world.begin_a_day()
    yield world
    assert world.practice.office.complaints == []


@pytest.fixture
def waiting(day: BotWorld) -> BotWorld:
    """Info waits for its folders."""
    day.connect(INFO, "Info")
    day.settle()
    return day


def fails(world: BotWorld, fault: str) -> None:
    """Info is signed in and does not pass its first test."""
    world.throw(fault, INFO)
    world.sign_in(world.add(INFO, "Info"), INFO)
    world.card("Info", "Error ID")
    world.settle()


def becomes(world: BotWorld, before: str, now: str) -> None:
    """What is wrong with Info is another thing from now on."""
    world.take_back(before, INFO)
    world.throw(now, INFO)


def retested(world: BotWorld) -> None:
    """Carol has Info's connection tested, and the test ends."""
    world.carol.press(world.card("Info"), "Test again")
    world.settle()


def pass_days(world: BotWorld, count: int) -> None:
    for _ in range(count):
        world.pass_time(days=1)


def reminded(world: BotWorld, *texts: str) -> Message:
    """The reminder that comes after the first hours."""
    world.pass_time(hours=4, minutes=1)
    return world.carol.find(ACME, "still wait", *texts)


def all_went_out(world: BotWorld) -> None:
    """The whole ladder passes."""
    reminded(world)
    pass_days(world, 7)


def told_support(world: BotWorld) -> list[Message]:
    """What support reads of Info in its own channel."""
    return [m for m in world.vera.messages(DESK) if world.account("Info").ref in m.text]


def held_up(world: BotWorld, length: timedelta) -> None:
    """Info's first reminder is due, and Slack takes no message for so long."""
    world.practice.office.fail_next(
        "chat.postMessage", "ratelimited", retry_after=int(length.total_seconds())
    )
    world.leap(hours=4, minutes=1)

    def rests() -> bool:
        with world.bot.store.transaction() as tx:
            due = tx.outbox.next_due()
        return due is not None and due > world.clock.now() + length / 2

    world.until(rests)


def everything_is_sent(world: BotWorld) -> None:
    """Let the seconds fly that the bot rests between two messages."""

    def nothing_waits() -> bool:
        world.clock.pass_time(seconds=2)
        with world.bot.store.transaction() as tx:
            return tx.outbox.waiting() == 0

    world.until(nothing_waits, seconds=90)


# -- a test that changes nothing


def test_what_was_put_off_stays_so_when_a_test_changes_nothing(day: BotWorld) -> None:
    fails(day, SWITCHED_OFF)
    day.carol.press(reminded(day), "Snooze all 1 week")
    day.card("Info", "Snoozed until")
    (before,) = reminders(day)
    retested(day)
    pass_days(day, 2)
    assert [m.ts for m in reminders(day)] == [before.ts]


def test_somebody_who_tests_again_and_again_does_not_keep_support_from_being_told(
    day: BotWorld,
) -> None:
    fails(day, SWITCHED_OFF)
    for _ in range(4):
        pass_days(day, 2)
        retested(day)
    assert day.account("Info").owner is Owner.SUPPORT


def test_what_was_handed_to_support_stays_with_them_when_a_test_changes_nothing(
    waiting: BotWorld,
) -> None:
    all_went_out(waiting)
    retested(waiting)
    assert waiting.account("Info").owner is Owner.SUPPORT


def test_support_is_told_once_whatever_is_tested_afterwards(waiting: BotWorld) -> None:
    all_went_out(waiting)
    retested(waiting)
    pass_days(waiting, 9)
    assert len(told_support(waiting)) == 1


def test_support_is_not_thanked_for_what_still_fails(day: BotWorld) -> None:
    fails(day, UNEXPLAINED)
    day.pass_time(hours=4, minutes=1)
    ours = day.vera.find(DESK, "1 mailbox is still waiting", "Still waiting for us")
    retested(day)
    assert day.account("Info").state is State.FAILING
    assert day.vera.find(DESK, "Still waiting for us").ts == ours.ts


# -- a fault that passes from one to another


def test_a_fault_that_passes_from_microsoft_to_the_administrator_is_reminded_of(
    day: BotWorld,
) -> None:
    fails(day, BUSY)
    becomes(day, BUSY, SWITCHED_OFF)
    pass_days(day, 3)
    assert each_first_button(day.carol.find(ACME, "1 mailbox is still waiting")) == {
        "Info": "What to do"
    }


def test_a_lost_mailbox_that_passes_from_microsoft_to_the_administrator_is_reminded_of(
    world: BotWorld,
) -> None:
    world.set_up()
    world.map_folders(world.connect(INFO, "Info"))
    world.card("Info", "Live")
    world.settle()
    world.throw(BUSY, INFO)
    world.pass_time(days=1, minutes=1)
    for minutes in (6, 16, 61, 241):
        world.pass_time(minutes=minutes)
    assert world.account("Info").owner is Owner.MICROSOFT
    becomes(world, BUSY, SWITCHED_OFF)
    pass_days(world, 3)
    assert each_first_button(world.carol.find(ACME, "1 mailbox is still waiting")) == {
        "Info": "What to do"
    }


def test_what_microsoft_spoils_for_longer_than_the_last_rung_is_handed_to_support(
    day: BotWorld,
) -> None:
    fails(day, BUSY)
    pass_days(day, 8)
    assert day.account("Info").owner is Owner.SUPPORT
    assert len(told_support(day)) == 1 and reminders(day) == []


def test_what_microsoft_mends_before_the_last_rung_is_nobodys_work(day: BotWorld) -> None:
    fails(day, BUSY)
    pass_days(day, 5)
    day.take_back(BUSY, INFO)
    pass_days(day, 4)
    assert day.account("Info").state is State.UNMAPPED
    assert told_support(day) == []


def test_what_waits_for_support_is_not_put_off_by_the_customer(waiting: BotWorld) -> None:
    world = waiting
    world.map_folders(world.card("Info"))
    world.card("Info", "Live")
    world.connect(BIURO, "Biuro")
    world.throw(SWITCHED_OFF, INFO)
    world.carol.press(world.card("Info"), "Test connection")
    world.card("Info", "Sending is off")
    reminded(world, "2 mailboxes")
    becomes(world, SWITCHED_OFF, UNEXPLAINED)
    retested(world)
    assert world.account("Info").owner is Owner.SUPPORT
    world.carol.press(
        world.carol.find(ACME, "1 mailbox is still waiting", "Biuro"), "Snooze all 1 week"
    )
    world.card("Biuro", "Snoozed until")
    assert world.account("Info").reminder.snoozed_until is None


# -- put off, paused, ended


def test_the_end_of_a_pause_ends_what_it_added_to_a_snooze(waiting: BotWorld) -> None:
    world = waiting
    world.carol.press(reminded(world), "Snooze all 1 day")
    before = world.carol.find(ACME, "1 mailbox is still waiting", "Snoozed until")
    world.carol.press(before, "Pause reminders")
    month = (world.clock.now() + timedelta(days=30)).date().isoformat()
    form = world.carol.window("Nobody at *Acme Marine* gets reminders")
    assert world.carol.submit(form, {"Remind again from": month}) == {}
    pass_days(world, 3)
    world.carol.press(
        world.carol.find(ACME, "1 mailbox is still waiting", "paused until"), "Pause reminders"
    )
    world.carol.press(world.carol.window("Reminders are paused until"), "End the pause")
    world.carol.window("The pause is over")
    pass_days(world, 2)
    assert world.carol.find(ACME, "1 mailbox is still waiting").ts != before.ts


@pytest.fixture
def all_put_off(day: BotWorld) -> Message:
    """The reminder of a channel where many accounts wait, as it was when Carol put all of them
    off."""
    world, carol = day, Person("T0ACME", "U0CAROL", ACME)
    world.practice.office.rate_limits = False
    for number in range(MANY):
        form = Form(f"Box {number}", "Acme Marine", f"box{number}@acme.example")
        world.bot.services.accounts.create(ACME, form, carol)
    everything_is_sent(world)
    world.leap(hours=4, minutes=1)
    everything_is_sent(world)
    reminder = world.carol.find(
        ACME, f"{MANY} mailboxes are still waiting", f"and {MANY - SHOWN} more"
    )
    world.carol.press(reminder, "Snooze all 1 week")
    world.until(lambda: world.account("Box 0").reminder.snoozed_until is not None)
    everything_is_sent(world)
    return reminder


def test_snooze_all_holds_everything_that_waits_in_the_channel(
    day: BotWorld, all_put_off: Message
) -> None:
    day.leap(days=1)
    everything_is_sent(day)
    assert [m.ts for m in reminders(day)] == [all_put_off.ts]


def test_a_reminder_that_was_put_off_still_says_how_many_more_there_are(
    day: BotWorld, all_put_off: Message
) -> None:
    put_off = day.carol.find(ACME, f"{MANY} mailboxes are still waiting", "Snoozed until")
    assert put_off.ts == all_put_off.ts and f"and {MANY - SHOWN} more" in put_off.text


def test_what_is_put_off_is_not_counted_with_what_a_later_reminder_tells(waiting: BotWorld) -> None:
    world = waiting
    world.carol.press(reminded(world), "Snooze all 1 week")
    world.card("Info", "Snoozed until")
    world.connect(BIURO, "Biuro")
    pass_days(world, 1)
    world.carol.find(ACME, "1 mailbox is still waiting: Biuro")


def test_nobody_is_promised_reminders_of_a_mailbox_all_of_whose_reminders_went_out(
    waiting: BotWorld,
) -> None:
    world = waiting
    all_went_out(world)
    world.carol.press(world.carol.find(ACME, "1 mailbox is still waiting"), "Stop reminders")
    world.card("Info", "Reminders stopped by <@U0CAROL>")
    world.carol.press(world.card("Info"), "More")
    world.carol.press(world.carol.window(INFO), "Remind again")
    world.carol.window("Not possible here")
    assert world.account("Info").reminder.phase is ReminderPhase.STOPPED, "nothing was resumed"


# -- what was held up on its way


def test_what_is_mapped_before_its_reminder_is_delivered_is_not_thanked_for(
    waiting: BotWorld,
) -> None:
    world = waiting
    held_up(world, timedelta(minutes=10))
    world.carol.press(world.card("Info"), "Accept all suggestions")
    world.until(lambda: world.account("Info").state is State.LIVE)
    world.pass_time(minutes=11)
    assert "Live" in world.card("Info").text
    assert [
        m for m in world.carol.messages(ACME) if "Thank you" in m.text or "still wait" in m.text
    ] == []


@pytest.fixture
def overtaken(world: BotWorld) -> BotWorld:
    """Nine to five: Info's reminder was due at one o'clock, and Slack takes no message until
    six."""
    world.restart_bot(
        {"WORKING_HOURS": "09:00-17:00", "WORKING_DAYS": "1234567", "TIMEZONE": "UTC"}
    )
    world.set_up()
    world.begin_a_day()
    world.pass_time(hours=8)
    world.connect(INFO, "Info")
    world.settle()
    held_up(world, timedelta(hours=5))
    world.pass_time(hours=5, minutes=1)
    return world


def test_a_reminder_that_could_not_be_delivered_in_working_hours_is_not_posted_in_the_evening(
    overtaken: BotWorld,
) -> None:
    assert reminders(overtaken) == []


def test_a_reminder_that_could_not_be_delivered_comes_on_the_next_working_day(
    overtaken: BotWorld,
) -> None:
    overtaken.pass_time(hours=15)
    assert "Map folders" in overtaken.carol.find(ACME, "1 mailbox is still waiting").buttons


# -- a sign-in that waits for a word


@pytest.fixture
def held(world: BotWorld) -> Message:
    """The reminder of a sign-in that waits for somebody to say whose organisation it is."""
    world.set_up(domain="")
    world.begin_a_day()
    world.sign_in(world.add(INFO, "Info"), INFO)
    world.card("Info", "own organisation?")
    return reminded(world, "1 mailbox")


def test_who_signed_in_already_is_asked_whose_organisation_it_is_and_not_to_sign_in(
    held: Message,
) -> None:
    assert "is *acme.example* Acme Marine's own organisation?" in held.text
    assert "has to sign in" not in held.text


def test_the_organisation_is_confirmed_on_the_reminder(world: BotWorld, held: Message) -> None:
    assert (
        each_first_button(held) == {"Info": "Yes, it is ours"} and "No, it is not" in held.buttons
    )
    world.carol.press(held, "Yes, it is ours")
    world.card("Info", "folders not mapped yet")


def test_the_organisation_is_denied_on_the_reminder(world: BotWorld, held: Message) -> None:
    world.carol.press(held, "No, it is not")
    world.vera.find(DESK, "An account of another organisation signed in")
    world.card("Info", "Sign-in refused", "our support team")
