"""Reminders whose turn in the outbox comes later than they were made: what is still worth sending
then."""

from datetime import UTC, datetime

import pytest

from storage.tables import Account
from storage.vocabulary import Owner, State
from tests.support.fast import ACME, CAROL, DESK, VERA, FastBot, hours

WAITING = "1 mailbox is still waiting"


@pytest.fixture
def office(bot: FastBot) -> FastBot:
    """People who work from nine to five, of whom Slack hears nothing for hours; it is Tuesday,
    13:00, when the first reminder is due."""
    bot.clock.at = datetime(2026, 11, 24, 9, tzinfo=UTC)
    with bot.store.transaction() as tx:
        acme = tx.channels.customer(bot.acme.customer_id)
        acme.time_zone = "UTC"
        acme.working_hours = "09:00-17:00"
    return bot


def silence(bot: FastBot, tries: int) -> None:
    """Slack answers none of so many tries to post."""
    for _ in range(tries):
        bot.slack.fails_next("chat.postMessage", "service_unavailable", status=503)


def reminders(bot: FastBot, channel: str = ACME) -> list[str]:
    """The reminders that stand in a channel."""
    return [m.words for m in bot.posted(channel) if "still wait" in m.text]


def remind(bot: FastBot) -> None:
    """Make what is due now, and try to deliver it."""
    bot.reminders.remind_due()
    bot.deliver()


def wait_at(bot: FastBot, hour: int) -> None:
    """It is so late on that Tuesday; what waits is tried again."""
    bot.clock.at = datetime(2026, 11, 24, hour, tzinfo=UTC)
    bot.deliver()


def test_a_reminder_that_waits_for_slack_in_working_hours_is_sent(office: FastBot) -> None:
    office.account(State.UNMAPPED)
    office.clock.at += hours(4)
    silence(office, 1)
    remind(office)
    assert reminders(office) == []

    wait_at(office, 14)
    assert len(reminders(office)) == 1


def test_a_reminder_that_would_be_read_after_hours_is_not_sent(office: FastBot) -> None:
    account = office.account(State.UNMAPPED)
    office.clock.at += hours(4)
    silence(office, 1)
    remind(office)

    wait_at(office, 18)

    assert reminders(office) == []
    assert [entry.subject for entry in office.audited("reminder.taken_back")] == [account.ref]
    office.clock.at = datetime(2026, 11, 25, 9, tzinfo=UTC)
    remind(office)
    assert len(reminders(office)) == 1


def test_a_reminder_of_what_was_done_meanwhile_is_not_sent(office: FastBot) -> None:
    account = office.account(State.UNMAPPED)
    office.clock.at += hours(4)
    silence(office, 1)
    remind(office)

    office.accounts.disconnect(account.id, CAROL)
    wait_at(office, 14)
    assert reminders(office) == []


def test_a_reminder_that_was_read_says_that_all_is_done(office: FastBot) -> None:
    account = office.account(State.UNMAPPED)
    office.clock.at += hours(4)
    remind(office)
    (read,) = [m for m in office.posted(ACME) if WAITING in m.text]

    office.accounts.disconnect(account.id, CAROL)
    wait_at(office, 14)
    assert "Thank you" in read.words and WAITING not in read.words


def test_a_reminder_that_a_newer_one_has_replaced_is_not_sent(office: FastBot) -> None:
    office.account(State.UNMAPPED)
    office.clock.at += hours(4)
    silence(office, 1)
    remind(office)

    office.clock.at = datetime(2026, 11, 25, 9, tzinfo=UTC)
    remind(office)
    assert len(office.audited("reminder.posted")) == 2
    assert len(reminders(office)) == 1


@pytest.mark.parametrize(
    ("owner", "stands"), [(Owner.SUPPORT, 1), (Owner.USER, 0), (Owner.ADMINISTRATOR, 0)]
)
def test_supports_reminder_is_sent_while_it_is_supports_turn(
    bot: FastBot, owner: Owner, stands: int
) -> None:
    account = bot.account(State.FAILING, owner=Owner.SUPPORT)
    bot.clock.at += hours(4)
    silence(bot, 1)
    remind(bot)
    turn_to(bot, account, owner)

    bot.clock.at += hours(1)
    bot.deliver()
    assert len([m for m in bot.posted(DESK) if "still wait" in m.text]) == stands


def turn_to(bot: FastBot, account: Account, owner: Owner) -> None:
    """It is the turn of `owner` now."""
    with bot.store.transaction() as tx:
        tx.accounts.lock(account.id).owner = owner


def test_a_snoozed_account_leaves_its_reminder_as_it_was_read(office: FastBot) -> None:
    account = office.account(State.UNMAPPED)
    office.clock.at += hours(4)
    remind(office)

    office.reminders.snooze_account(account.id, office.now + hours(24), VERA)
    wait_at(office, 14)
    assert "Snoozed until" in reminders(office)[0]
