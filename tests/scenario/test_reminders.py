"""Reminders: of what, whom, when and where; once a day and place, and never again after a
restart."""

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.common.people import Person
from storage.vocabulary import Owner, State
from tests.support.browser import Browser
from tests.support.reminders import each_first_button, reminders
from tests.support.world import ACME, DESK, BotWorld

pytestmark = pytest.mark.reminders

HOURS = 24 * 7 + 2
RESTARTS = (30, 100)
INFO, BIURO, CAROL, ADAM = (f"{name}@acme.example" for name in ("info", "biuro", "carol", "adam"))
NEW_YORK, COPENHAGEN = ZoneInfo("America/New_York"), ZoneInfo("Europe/Copenhagen")
MONDAY, TUESDAY, FRIDAY, SUNDAY = 1, 2, 5, 7


def posted(world: BotWorld) -> int:
    """How many reminders were ever posted, by the audit."""
    account = world.account("Info")
    with world.bot.store.transaction() as tx:
        return sum(entry.action == "reminder.posted" for entry in tx.audit.about(account.ref))


def go_to(world: BotWorld, day: int, hour: int, minute: int, zone: ZoneInfo) -> None:
    """Let time pass until the next such moment of the week there (Monday is 1)."""
    there = world.clock.now().astimezone(zone)
    moment = there.replace(hour=hour, minute=minute, second=0, microsecond=0)
    moment += timedelta(days=(day - there.isoweekday()) % 7)
    moment += timedelta(days=7 if moment <= there else 0)
    world.pass_time(seconds=moment.timestamp() - there.timestamp())


def test_an_unmapped_account_is_nagged_once_per_rung_with_two_restarts(world: BotWorld) -> None:
    world.set_up()
    world.begin_a_day()
    world.connect(INFO, "Info")
    world.settle()
    seen: list[int] = []
    for hour in range(2, HOURS, 2):
        before = posted(world)
        world.leap(hours=2)
        if hour in RESTARTS:
            world.restart_bot()
            world.bot.worker.tick()
        world.settle()
        if posted(world) > before:
            assert posted(world) == before + 1
            seen.append(hour)
            assert len(reminders(world)) == 1, "a new reminder replaces the old one"
    assert seen == [4, 24, 72, 168]

    assert "all reminders have been sent" in world.vera.find(DESK, "Info").text.lower()
    assert world.account("Info").owner is Owner.SUPPORT


def test_a_reminder_is_snoozed_returns_and_turns_into_a_thank_you(world: BotWorld) -> None:
    world.set_up()
    world.begin_a_day()
    card = world.connect(INFO, "Info")
    world.pass_time(hours=4, minutes=1)
    reminder = world.carol.find(ACME, "1 mailbox is still waiting")
    assert "Map folders" in reminder.buttons

    world.carol.press(reminder, "Snooze all 1 day")
    assert (
        "by <@U0CAROL>"
        in world.carol.find(ACME, "1 mailbox is still waiting", "Snoozed until").text
    )
    world.pass_time(hours=23)
    assert [m.ts for m in reminders(world)] == [reminder.ts]
    world.pass_time(hours=1, minutes=1)
    again = world.carol.find(ACME, "1 mailbox is still waiting")
    assert again.ts != reminder.ts
    assert "Map folders" in again.buttons

    world.map_folders(again)
    thanks = world.carol.find(ACME, "Thank you")
    assert thanks.ts == again.ts
    world.pass_time(days=10)
    assert reminders(world) == []
    assert "Live" in world.card("Info").text
    assert card.ts == world.card("Info").ts


def test_folders_that_leave_no_doubt_are_accepted_on_the_reminder(world: BotWorld) -> None:
    world.set_up()
    world.connect(INFO, "Info")
    world.pass_time(hours=4, minutes=1)
    reminder = world.carol.find(ACME, "1 mailbox is still waiting")
    assert "*Recognised folders:*" in reminder.text and "Sent: Gesendete Elemente" in reminder.text
    world.carol.press(reminder, "Accept all suggestions")
    assert world.carol.find(ACME, "Thank you").ts == reminder.ts
    assert world.account("Info").state is State.LIVE


def test_one_reminder_lists_every_waiting_account_of_a_channel(world: BotWorld) -> None:
    world.set_up()
    world.connect(INFO, "Info")
    world.connect(BIURO, "Biuro")
    world.pass_time(hours=4, minutes=1)
    (reminder,) = reminders(world)
    assert "Info" in reminder.text and "Biuro" in reminder.text


def test_a_colleague_who_only_looks_on_cannot_snooze(world: BotWorld) -> None:
    world.set_up()
    world.connect(INFO, "Info")
    world.pass_time(hours=4, minutes=1)
    world.nils.press(world.nils.find(ACME, "1 mailbox is still waiting"), "Snooze all 1 day")
    assert "You are welcome to look on" in world.nils.window("Not possible here").text
    assert world.account("Info").reminder.snoozed_until is None
    with world.bot.store.transaction() as tx:
        refused = [e for e in tx.audit.about("") if e.result == "refused.role"]
    assert [Person(e.team, e.user) for e in refused] == [Person("T0LUMEN", "U0NILS")]


def test_each_wait_is_reminded_of_with_the_button_that_ends_it(world: BotWorld) -> None:
    world.set_up()
    world.begin_a_day()
    world.connect(ADAM, "Unmapped")
    world.throw("smtp-auth-off-mailbox", CAROL)
    world.sign_in(world.add(CAROL, "Failing"), CAROL)
    world.card("Failing", "Sending is off")
    world.map_folders(world.connect(BIURO, "Broken"))
    world.settle()
    world.throw("authenticated-not-connected", BIURO)
    world.carol.press(world.card("Broken", "Live"), "Test connection")
    world.card("Broken", "Receiving is off")
    world.throw("admin-approval-needed", "acme.example")
    browser = Browser()
    asked = world.sign_in(
        world.add("projekte@acme.example", "Administrator"), "projekte@acme.example", browser
    )
    browser.press(asked, "Return to the application")
    world.card("Administrator", "Waiting for the administrator")
    world.add(INFO, "Sign-in")

    world.pass_time(hours=4, minutes=1)
    reminder = world.carol.find(ACME, "5 mailboxes are still waiting")
    assert each_first_button(reminder) == {
        "Unmapped": "Accept all suggestions",
        "Failing": "What to do",
        "Broken": "What to do",
        "Administrator": "For your administrator",
        "Sign-in": "Sign in to Microsoft",
    }
    assert next(iter(each_first_button(reminder))) == "Unmapped", (
        "what works already but for its folders comes first"
    )
    assert f"*{INFO}* has to sign in to Microsoft once" in reminder.text
    assert "5.7.139" not in reminder.text, "no raw replies in a shared channel"

    world.carol.press(reminder, "For your administrator")
    world.carol.window(
        "For your administrator", "Please send this to your Microsoft 365 administrator"
    )
    world.carol.press(reminder, "What to do")
    world.carol.window("Error MX-", "tick Authenticated SMTP")
    world.take_back("admin-approval-needed", "acme.example")
    world.sign_in(reminder, INFO)
    world.card("Sign-in", "folders not mapped yet")
    world.settle()
    assert (
        each_first_button(world.carol.find(ACME, "5 mailboxes are still waiting"))["Sign-in"]
        == "Accept all suggestions"
    )


def test_a_login_link_that_ended_is_made_anew_from_the_reminder(world: BotWorld) -> None:
    world.set_up()
    world.begin_a_day()
    world.add(INFO, "Info")
    world.pass_time(days=1, minutes=5)
    reminder = world.carol.find(ACME, "1 mailbox is still waiting")
    assert each_first_button(reminder) == {"Info": "New login link"}
    world.carol.press(reminder, "New login link")
    reminder = world.carol.find(ACME, "1 mailbox is still waiting", "Sign in to Microsoft")
    assert "Signed in as" in world.sign_in(reminder, INFO).text
    world.card("Info", "folders not mapped yet")
    reminder = world.carol.find(ACME, "1 mailbox is still waiting", "Map folders")
    world.carol.press(reminder, "Snooze all 1 day")
    reminder = world.carol.find(ACME, "1 mailbox is still waiting", "Snoozed until")
    world.map_folders(reminder)
    assert world.carol.find(ACME, "Thank you").ts == reminder.ts


def test_who_added_what_waits_is_addressed_and_nobody_else(world: BotWorld) -> None:
    world.set_up()
    people = (world.carol, "Info", INFO), (world.adam, "Biuro", BIURO), (world.vera, "Carol", CAROL)
    for person, name, address in people:
        person.press(person.find(ACME, "Connect your Microsoft 365 mailboxes"), "Add an account")
        values = {"Account name": name, "Sender name": "Acme Marine", "Sender email": address}
        assert person.submit(person.window("New Microsoft 365 account (Corporate)"), values) == {}
        world.card(name)
    world.begin_a_day()
    world.pass_time(hours=4, minutes=1)
    headline = world.carol.find(ACME, "3 mailboxes are still waiting").blocks[0]["text"]["text"]
    assert "<@U0CAROL>" in headline and "<@U0ADAM>" in headline and "<@U0VERA>" not in headline


def test_what_waits_for_the_administrator_addresses_nobody_who_cannot_act(world: BotWorld) -> None:
    world.set_up()
    world.begin_a_day()
    world.throw("smtp-auth-off-mailbox", INFO)
    world.sign_in(world.add(INFO, "Info"), INFO)
    world.card("Info", "Sending is off", "administrator")
    world.pass_time(hours=4, minutes=1)
    assert "<@" not in world.carol.find(ACME, "1 mailbox is still waiting").text


def test_what_waits_for_support_is_reminded_of_in_their_channel_only(world: BotWorld) -> None:
    world.set_up()
    world.begin_a_day()
    world.throw("folder-list-empty", INFO)
    world.sign_in(world.add(INFO, "Info"), INFO)
    world.card("Info", "Receiving is off", "our support team")
    world.connect(BIURO, "Biuro")
    world.pass_time(hours=4, minutes=1)
    ours = world.vera.find(DESK, "1 mailbox is still waiting", "Still waiting for us")
    assert "*Acme Marine*" in ours.text and world.account("Info").ref in ours.text
    assert ours.buttons[:3] == ["What to do", "Details", "Stop reminders"]
    assert ours.buttons[3:] == ["Snooze all 1 day", "Snooze all 1 week"]
    theirs = world.carol.find(ACME, "1 mailbox is still waiting", "Biuro")
    assert "Biuro" not in ours.text and "*Info*" not in theirs.text
    world.vera.press(ours, "Snooze all 1 day")
    world.vera.find(DESK, "Snoozed until", "by <@U0VERA>")

    world.take_back("folder-list-empty", INFO)
    world.carol.press(world.card("Info"), "Test again")
    assert world.vera.find(DESK, "Thank you").ts == ours.ts


def keep_hours_by_settings(world: BotWorld) -> None:
    world.restart_bot(
        {"WORKING_HOURS": "09:00-17:00", "WORKING_DAYS": "12345", "TIMEZONE": NEW_YORK.key}
    )
    world.set_up()


def keep_hours_by_the_form(world: BotWorld) -> None:
    world.vera.slash(ACME, "setup")
    hours = {"Time zone": COPENHAGEN.key, "Working hours": "9:00-17:00"}
    days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
    who = {
        "Customer": "Acme Marine",
        "Microsoft 365 domain": "acme.example",
        "Who on our team looks after them": "U0VERA",
    }
    assert (
        world.vera.submit(
            world.vera.window("Set up this channel"), {**who, **hours, "Working days": days}
        )
        == {}
    )
    world.carol.find(ACME, "Connect your Microsoft 365 mailboxes")


@pytest.mark.parametrize(
    ("keep_hours", "zone"),
    [(keep_hours_by_settings, NEW_YORK), (keep_hours_by_the_form, COPENHAGEN)],
    ids=["by the settings", "by the customer's form"],
)
def test_outside_of_working_hours_a_reminder_waits_for_the_morning(
    world: BotWorld, keep_hours: Callable[[BotWorld], None], zone: ZoneInfo
) -> None:
    keep_hours(world)
    go_to(world, FRIDAY, 12, 45, zone)  # four hours later hardly anything of the day is left
    world.connect(INFO, "Info")
    for day, hour, minute in ((FRIDAY, 16, 58), (FRIDAY, 17, 5), (SUNDAY, 12, 0), (MONDAY, 8, 58)):
        go_to(world, day, hour, minute, zone)
        assert reminders(world) == [], f"day {day} at {hour}:{minute:02}"
    go_to(world, MONDAY, 9, 1, zone)
    first = world.carol.find(ACME, "1 mailbox is still waiting")
    go_to(world, TUESDAY, 8, 58, zone)
    assert [m.ts for m in reminders(world)] == [first.ts]


def test_two_reminders_never_come_on_one_day(world: BotWorld) -> None:
    world.set_up()
    world.begin_a_day()
    world.connect(INFO, "Info")
    world.pass_time(hours=1)
    world.connect(BIURO, "Biuro")
    world.pass_time(hours=2)
    world.connect(CAROL, "Carol")
    seen: dict[str, int] = {}
    for _ in range(20):
        world.pass_time(hours=2)
        seen |= {m.ts: world.clock.now().day for m in reminders(world) if m.ts not in seen}
    assert len(seen) == len(set(seen.values())) >= 2, "each day has one"
    assert "3 mailboxes are still waiting" in reminders(world)[-1].text


def test_an_archived_channel_gets_none_and_nothing_is_lost_when_it_is_back(world: BotWorld) -> None:
    world.set_up()
    world.begin_a_day()
    world.connect(INFO, "Info")
    world.settle()
    world.vera._post("archive", channel=ACME)
    world.vera.find(DESK, "was archived")
    before = world.practice.office.complaints.copy()
    world.pass_time(hours=4, minutes=1)
    world.pass_time(days=2)
    assert posted(world) == 0 and reminders(world) == []
    assert world.practice.office.complaints == before, "nothing was tried there"

    world.vera._post("unarchive", channel=ACME)
    world.vera.find(DESK, "I can post there again")
    world.pass_time(days=1)
    assert "Map folders" in world.carol.find(ACME, "1 mailbox is still waiting").buttons
    assert len(reminders(world)) == 1
    assert world.account("Info").owner is Owner.USER, "no rung was climbed unseen"


def test_after_the_last_one_support_is_told_once_and_the_customer_reads_it(world: BotWorld) -> None:
    world.set_up()
    world.begin_a_day()
    world.connect(INFO, "Info")
    world.pass_time(hours=4, minutes=1)
    for _ in range(7):
        world.pass_time(days=1)
    assert (
        "We have told our support team, and they will get in touch"
        in world.carol.find(ACME, "1 mailbox is still waiting").text
    )
    world.pass_time(days=30)
    told = [m for m in world.vera.messages(DESK) if "all reminders have been sent" in m.text]
    assert len(told) == 1 and "<#C0ACME>" in told[0].text
    assert posted(world) == 4 and world.account("Info").owner is Owner.SUPPORT
    world.map_folders(reminders(world)[0])
    world.carol.find(ACME, "Thank you")
    assert world.account("Info").state is State.LIVE
