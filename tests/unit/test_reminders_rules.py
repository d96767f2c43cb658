"""Reminders: when they come, what they list, who puts them off, and when support is told."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.common.people import Person
from bot.common.refusals import Refused
from bot.diagnosis.observation import Condition, Observation, Where
from bot.messages import notices
from bot.signin.failed import SignInRefused
from bot.views.customers import Pause
from storage.tables import Account, Customer, Reminder
from storage.vocabulary import Owner, State, StepId
from tests.support.fast import ACME, CAROL, DESK, VERA, FastBot, days, hours
from tests.support.fast import SENDING_IS_OFF as OFF
from tests.support.fast_ports import Posted

OTHER = "C0OTHER"
BERLIN = {"time_zone": "Europe/Berlin", "working_hours": "09:00-17:00", "working_days": "12345"}
SENDING_IS_OFF = Observation(Where.SMTP, StepId.SMTP_AUTH, **OFF)
OUTAGE = Observation(
    Where.IMAP, StepId.IMAP_INBOX, condition=Condition.BAD, text="Server Unavailable. 15"
)


def latest(bot: FastBot, channel: str = ACME) -> Reminder:
    """The newest reminder of a channel."""
    with bot.store.transaction() as tx:
        found = tx.reminders.newest_in(channel)
    assert found is not None
    return found


def listed(bot: FastBot, channel: str = ACME) -> list[str]:
    """The names of the accounts on the channel's newest reminder, in order."""
    return [bot.read(named(bot, each)).name for each in latest(bot, channel).account_ids]


def named(bot: FastBot, account_id: int) -> Account:
    """The account with that id."""
    with bot.store.transaction() as tx:
        return tx.accounts.get(account_id)


def customer(bot: FastBot) -> Customer:
    """The customer of the first channel."""
    with bot.store.transaction() as tx:
        return tx.channels.customer(bot.acme.customer_id)


def posted_after(bot: FastBot, span: timedelta) -> list[timedelta]:
    """How long from now each reminder comes in the time that passes now."""
    begun = bot.now
    bot.live(span)
    entries = bot.audited("reminder.posted", since=begun)
    return [entry.at - begun for entry in entries if entry.at > begun]


def run_test(bot: FastBot, account: Account, **faults: Observation) -> None:
    """Somebody has the account tested, whose mailbox fails at the steps `faults` (with an underscore
    for the dot)."""
    bot.mailbox(account).faults = {
        StepId(step.replace("_", ".")): seen for step, seen in faults.items()
    }
    with bot.store.transaction() as tx:
        bot.checks.request(tx, tx.accounts.lock(account.id), CAROL)
    bot.run_due()


def refusal(act: object, *args: object) -> str:
    """The sentence with which something is refused."""
    assert callable(act)
    with pytest.raises(Refused) as refused:
        act(*args)
    return refused.value.sentence


# -- when they come


def test_reminders_come_at_the_rungs_of_the_ladder_and_then_no_more(bot: FastBot) -> None:
    bot.account(State.UNMAPPED)

    assert posted_after(bot, days(21)) == [hours(4), days(1), days(3), days(7)]
    assert [entry.detail for entry in bot.audited("reminder.posted")] == [
        {"rung": "1"},
        {"rung": "2"},
        {"rung": "3"},
        {"rung": "4"},
    ]


@pytest.mark.parametrize(
    ("state", "owner", "channel"),
    [
        (State.AWAITING_SIGN_IN, Owner.USER, ACME),
        (State.AWAITING_ADMIN, Owner.ADMINISTRATOR, ACME),
        (State.UNMAPPED, Owner.USER, ACME),
        (State.FAILING, Owner.USER, ACME),
        (State.FAILING, Owner.ADMINISTRATOR, ACME),
        (State.BROKEN, Owner.ADMINISTRATOR, ACME),
        (State.FAILING, Owner.SUPPORT, DESK),
        (State.BROKEN, Owner.SUPPORT, DESK),
    ],
)
def test_whoever_has_to_act_is_reminded_where_they_are(
    bot: FastBot, state: State, owner: Owner, channel: str
) -> None:
    account = bot.account(state, owner=owner)

    assert bot.reminded_within(hours(4)) == [account.name]
    assert listed(bot, channel) == [account.name]


@pytest.mark.parametrize(
    ("state", "owner"),
    [
        (State.CREATED, Owner.MAILDESK),
        (State.TESTING, Owner.MAILDESK),
        (State.LIVE, Owner.MAILDESK),
        (State.DISCONNECTED, Owner.MAILDESK),
        (State.FAILING, Owner.ON_CALL),
        (State.BROKEN, Owner.ON_CALL),
        (State.FAILING, Owner.MICROSOFT),
    ],
)
def test_nobody_is_reminded_who_cannot_act(bot: FastBot, state: State, owner: Owner) -> None:
    bot.account(state, owner=owner)

    assert bot.reminded_within(days(6)) == []


def test_one_message_a_day_lists_everything_that_waits_in_a_channel(bot: FastBot) -> None:
    bot.account(State.UNMAPPED, waiting_for=hours(3), name="First")
    bot.account(State.AWAITING_SIGN_IN, name="Later")

    assert bot.reminded_within(hours(12)) == ["First"]
    assert listed(bot) == ["First", "Later"]
    assert bot.reminded_within(days(1)) == ["Later"]
    assert listed(bot) == ["First", "Later"]


def test_what_has_no_folders_yet_is_listed_first_and_then_what_waits_longest(bot: FastBot) -> None:
    bot.account(State.AWAITING_SIGN_IN, waiting_for=hours(3), name="Older")
    bot.account(State.AWAITING_SIGN_IN, waiting_for=hours(2), name="Newer")
    bot.account(State.UNMAPPED, name="Unmapped")
    bot.live(hours(2))

    assert listed(bot) == ["Unmapped", "Older", "Newer"]


def test_a_newer_reminder_takes_the_place_of_the_one_before(bot: FastBot) -> None:
    bot.account(State.UNMAPPED)
    bot.live(hours(5))
    before = latest(bot)

    bot.live(days(1))

    with bot.store.transaction() as tx:
        assert tx.reminders.get(before.id).finished_at is not None
        assert tx.outbox.posted(notices.reminder_key(before)) is None
    assert latest(bot).id != before.id


def test_each_channel_has_its_own_reminder(bot: FastBot) -> None:
    other = bot.customer("Other", OTHER)
    bot.account(State.UNMAPPED, name="Ours")
    bot.account(State.UNMAPPED, name="Theirs", channel=other)

    assert bot.reminded_within(hours(4)) == ["Ours", "Theirs"]
    assert (listed(bot), listed(bot, OTHER)) == (["Ours"], ["Theirs"])


def test_at_most_fifty_accounts_stand_on_one_reminder(bot: FastBot) -> None:
    for number in range(51):
        bot.account(State.UNMAPPED, name=f"Box {number}")

    bot.clock.at += hours(4)
    bot.reminders.remind_due()

    assert len(latest(bot).account_ids) == 50


def test_one_channels_trouble_is_not_the_others(bot: FastBot) -> None:
    broken = bot.customer("Another", "C0ANOTHER")
    bot.account(State.UNMAPPED, name="Theirs", channel=broken)
    bot.account(State.UNMAPPED, name="Ours")
    with bot.store.transaction() as tx:
        tx.channels.customer(broken.customer_id).working_hours = "whenever"
    bot.clock.at += hours(4)

    assert bot.reminders.remind_due() == 1

    assert listed(bot) == ["Ours"]


def test_it_is_told_in_how_many_channels_somebody_was_reminded(bot: FastBot) -> None:
    other = bot.customer("Other", OTHER)
    bot.account(State.UNMAPPED)
    bot.account(State.UNMAPPED, channel=other)
    assert bot.reminders.remind_due() == 0
    bot.clock.at += hours(4)

    assert bot.reminders.remind_due() == 2
    assert bot.reminders.remind_due() == 0


def test_rungs_that_passed_while_the_bot_was_away_come_once(bot: FastBot) -> None:
    bot.account(State.UNMAPPED)

    bot.pass_time(days=4)
    assert len(bot.audited("reminder.posted")) == 1

    assert posted_after(bot, days(15)) == [days(3)]


# -- in working hours


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    """A time of the clock in Berlin in November 2026; the 2nd is a Monday."""
    return datetime(2026, 11, day, hour - 1, minute, tzinfo=UTC)


@pytest.fixture
def office(bot: FastBot) -> FastBot:
    """People in Berlin who work from nine to five; it is nine on a Monday."""
    bot.clock.at = berlin(2, 9)
    with bot.store.transaction() as tx:
        acme = tx.channels.customer(bot.acme.customer_id)
        for fact, value in BERLIN.items():
            setattr(acme, fact, value)
    return bot


@pytest.mark.parametrize(
    ("begun", "comes"),
    [
        (berlin(2, 9), berlin(2, 13)),
        (berlin(2, 12, 29), berlin(2, 16, 29)),
        (berlin(2, 12, 30), berlin(3, 9)),
        (berlin(2, 14), berlin(3, 9)),
        (berlin(6, 14), berlin(9, 9)),
        (berlin(7, 10), berlin(9, 9)),
    ],
)
def test_a_reminder_is_read_in_the_customers_working_hours(
    office: FastBot, begun: datetime, comes: datetime
) -> None:
    office.clock.at = begun
    office.account(State.UNMAPPED)

    assert posted_after(office, days(4))[0] == comes - begun


def test_support_is_reminded_in_its_own_hours(office: FastBot) -> None:
    office.clock.at = berlin(2, 20)
    office.account(State.FAILING, owner=Owner.SUPPORT)

    assert posted_after(office, hours(12)) == [hours(4)]


def test_a_reminder_that_came_too_late_is_taken_back_and_none_is_lost(office: FastBot) -> None:
    office.clock.at = berlin(2, 12)
    account = office.account(State.UNMAPPED)
    office.clock.at = berlin(2, 16, 29)
    office.reminders.remind_due()
    office.clock.at = berlin(2, 17)

    assert office.reminders.came_too_late(latest(office).id) is True

    assert latest(office).finished_at == office.now
    (entry,) = office.audited("reminder.taken_back")
    assert entry.subject == account.ref
    late = office.now
    assert [late + span for span in posted_after(office, days(30))] == [
        berlin(3, 9),
        berlin(4, 9),
        berlin(5, 12),
        berlin(9, 12),
    ]


def test_a_reminder_that_is_taken_back_comes_later_that_day_where_people_work_then(
    office: FastBot,
) -> None:
    office.account(State.UNMAPPED)
    office.clock.at = berlin(2, 13)
    office.reminders.remind_due()
    with office.store.transaction() as tx:
        tx.channels.customer(office.acme.customer_id).working_hours = "14:00-17:00"
    office.clock.at = berlin(2, 13, 5)

    assert office.reminders.came_too_late(latest(office).id) is True
    assert posted_after(office, hours(4)) == [timedelta(minutes=55)]


def test_a_reminder_that_comes_in_time_is_left_alone(office: FastBot) -> None:
    office.account(State.UNMAPPED)
    office.clock.at = berlin(2, 16, 29)
    office.reminders.remind_due()
    office.clock.at = berlin(2, 16, 59)

    assert office.reminders.came_too_late(latest(office).id) is False
    assert office.reminders.came_too_late(4711) is False

    assert latest(office).finished_at is None


def test_a_reminder_is_late_by_the_customers_clock_and_not_by_ours(bot: FastBot) -> None:
    night = bot.customer("Night", OTHER, time_zone="America/New_York", working_hours="09:00-17:00")
    bot.clock.at = datetime(2026, 11, 24, 14, tzinfo=UTC)
    bot.account(State.UNMAPPED, channel=night)
    bot.clock.at += hours(4)
    bot.reminders.remind_due()

    bot.clock.at = datetime(2026, 11, 24, 23, tzinfo=UTC)

    assert bot.reminders.came_too_late(latest(bot, OTHER).id) is True


def test_supports_reminder_is_late_by_our_clock() -> None:
    bot = FastBot(working_hours="08:00-16:00", working_days="12345")
    bot.account(State.FAILING, owner=Owner.SUPPORT)
    bot.clock.at += hours(4)
    bot.reminders.remind_due()
    bot.clock.at += hours(5)

    assert bot.reminders.came_too_late(latest(bot, DESK).id) is True


# -- put off


def test_what_is_snoozed_comes_back_when_that_is_over_and_keeps_its_distances(
    bot: FastBot,
) -> None:
    account = bot.account(State.UNMAPPED)
    bot.live(hours(4))
    until = bot.now + days(2)

    bot.reminders.snooze(latest(bot).id, until, CAROL)

    (entry,) = bot.audited("reminder.snoozed")
    assert (entry.subject, entry.user) == (account.ref, CAROL.user)
    assert entry.detail == {"until": until.isoformat()}
    assert posted_after(bot, days(30)) == [days(2), days(4), days(8)]


def test_snoozing_all_means_all_that_waits_in_the_channel(bot: FastBot) -> None:
    bot.account(State.UNMAPPED, waiting_for=hours(3), name="Listed")
    bot.live(hours(1))
    bot.account(State.AWAITING_SIGN_IN, name="Came later")

    bot.reminders.snooze(latest(bot).id, bot.now + days(2), CAROL)

    assert bot.reminded_within(days(2) - hours(1)) == []


def test_customers_do_not_snooze_what_waits_for_support(bot: FastBot) -> None:
    bot.account(State.UNMAPPED, name="Theirs")
    bot.account(State.FAILING, owner=Owner.SUPPORT, name="Ours")
    bot.live(hours(4))

    bot.reminders.snooze(latest(bot).id, bot.now + days(3), CAROL)

    assert bot.reminded_within(days(2)) == ["Ours"]


def test_what_support_has_snoozed_is_not_on_its_next_reminder(bot: FastBot) -> None:
    bot.account(State.FAILING, owner=Owner.SUPPORT, name="Put off")
    bot.live(hours(4))
    bot.reminders.snooze(latest(bot, DESK).id, bot.now + days(5), VERA)
    bot.account(State.FAILING, owner=Owner.SUPPORT, name="New")

    assert bot.reminded_within(days(2)) == ["New", "New"]
    assert listed(bot, DESK) == ["New"]


def test_what_support_has_not_done_stays_on_its_next_reminder(bot: FastBot) -> None:
    bot.account(State.FAILING, owner=Owner.SUPPORT, waiting_for=hours(2), name="First")
    bot.live(hours(2))
    done = bot.account(State.FAILING, owner=Owner.SUPPORT, waiting_for=hours(3), name="Done")
    bot.accounts.disconnect(done.id, VERA)
    bot.account(State.FAILING, owner=Owner.SUPPORT, waiting_for=hours(3), name="Second")

    bot.live(days(1) - hours(3))

    assert listed(bot, DESK) == ["Second", "First"]


def test_there_is_nothing_to_snooze_on_a_reminder_that_is_done(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED)
    bot.live(hours(4))
    until = bot.now + days(1)

    assert refusal(bot.reminders.snooze, 4711, until, CAROL) == "refused.nothing_to_snooze"
    bot.accounts.disconnect(account.id, CAROL)
    reminder_id = latest(bot).id
    assert refusal(bot.reminders.snooze, reminder_id, until, CAROL) == "refused.nothing_to_snooze"


def test_the_last_reminder_cannot_be_snoozed_when_support_has_taken_over(bot: FastBot) -> None:
    bot.account(State.UNMAPPED)
    bot.live(days(8))

    reminder_id = latest(bot).id
    assert (
        refusal(bot.reminders.snooze, reminder_id, bot.now + days(1), CAROL)
        == "refused.nothing_to_snooze"
    )


def test_one_account_is_snoozed_and_the_others_are_not(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED, name="Put off")
    bot.account(State.UNMAPPED, name="Other")

    bot.reminders.snooze_account(account.id, bot.now + days(2), CAROL)

    assert bot.reminded_within(hours(30)) == ["Other", "Other"]
    assert listed(bot) == ["Other"]
    assert bot.reminded_within(hours(18)) == ["Put off"]
    assert listed(bot) == ["Put off", "Other"]


def test_what_waits_for_nobody_can_neither_be_snoozed_nor_ended_nor_begun(bot: FastBot) -> None:
    live = bot.account(State.LIVE, name="Live")
    ours = bot.account(State.FAILING, owner=Owner.ON_CALL)
    for account in (live, ours):
        for act in (bot.reminders.stop, bot.reminders.resume):
            assert refusal(act, account.id, CAROL) == "refused.waits_for_nobody"
        assert (
            refusal(bot.reminders.snooze_account, account.id, bot.now + days(1), CAROL)
            == "refused.waits_for_nobody"
        )


def test_what_support_has_taken_over_cannot_be_snoozed(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED)
    bot.live(days(8))

    assert (
        refusal(bot.reminders.snooze_account, account.id, bot.now + days(1), CAROL)
        == "refused.waits_for_nobody"
    )
    assert refusal(bot.reminders.resume, account.id, CAROL) == "refused.all_reminders_out"


def test_who_snoozed_it_stands_on_the_card_until_that_is_over(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED)
    before = bot.card(account)

    bot.reminders.snooze_account(account.id, bot.now + days(1), CAROL)
    assert CAROL.user in bot.card(account)
    assert bot.card(account) != before

    bot.live(days(1))
    assert CAROL.user not in bot.card(account)


# -- ended, and begun again


def test_nobody_is_reminded_of_what_is_not_needed_until_somebody_wants_it(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED)

    bot.reminders.stop(account.id, CAROL)
    assert bot.reminded_within(days(9)) == []
    assert CAROL.user in bot.card(account)

    bot.reminders.resume(account.id, VERA)
    assert bot.reminded_within(hours(1)) == [account.name]
    (stopped,) = bot.audited("reminder.stopped")
    (resumed,) = bot.audited("reminder.resumed")
    assert (stopped.user, resumed.user) == (CAROL.user, VERA.user)
    assert (stopped.subject, resumed.subject) == (account.ref, account.ref)


def test_what_is_not_needed_is_not_on_the_reminder_of_what_is(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED, name="Not needed")
    bot.account(State.UNMAPPED, name="Needed")
    bot.reminders.stop(account.id, CAROL)

    bot.live(hours(5))

    assert listed(bot) == ["Needed"]


def test_the_last_one_that_is_not_needed_ends_the_reminder(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED)
    bot.live(hours(5))

    bot.reminders.stop(account.id, CAROL)

    assert latest(bot).finished_at == bot.now


def test_what_was_ended_begins_again_when_the_account_waits_for_something_else(
    bot: FastBot,
) -> None:
    account = bot.account(State.UNMAPPED)
    bot.reminders.stop(account.id, CAROL)

    run_test(bot, account, smtp_auth=SENDING_IS_OFF)

    assert bot.read(account).state is State.FAILING
    assert bot.reminded_within(hours(5)) == [account.name]


def test_what_was_ended_comes_back_when_it_is_snoozed(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED)
    bot.reminders.stop(account.id, CAROL)

    bot.reminders.snooze_account(account.id, bot.now + days(2), CAROL)

    assert posted_after(bot, days(2) + hours(1)) == [days(2)]


def test_a_snooze_that_is_ended_by_somebody_reminds_as_before(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED)
    bot.reminders.snooze_account(account.id, bot.now + days(5), CAROL)

    bot.reminders.resume(account.id, CAROL)

    assert CAROL.user not in bot.card(account)
    assert bot.reminded_within(hours(5)) == [account.name]


# -- tested meanwhile


def failing(bot: FastBot) -> Account:
    """An account that waits for its administrator since it was tested."""
    account = bot.account(State.UNMAPPED, name="Failing")
    run_test(bot, account, smtp_auth=SENDING_IS_OFF)
    assert (bot.read(account).state, bot.read(account).owner) == (
        State.FAILING,
        Owner.ADMINISTRATOR,
    )
    return account


def test_a_test_that_changes_nothing_begins_no_new_wait(bot: FastBot) -> None:
    account = failing(bot)
    bot.live(hours(5))

    run_test(bot, account, smtp_auth=SENDING_IS_OFF)

    assert posted_after(bot, days(30)) == [
        days(1) - hours(5),
        days(3) - hours(5),
        days(7) - hours(5),
    ]


def test_what_was_put_off_stays_so_when_a_test_changes_nothing(bot: FastBot) -> None:
    account = failing(bot)
    bot.reminders.snooze_account(account.id, bot.now + days(2), CAROL)

    run_test(bot, account, smtp_auth=SENDING_IS_OFF)

    assert posted_after(bot, days(2) + hours(1)) == [days(2)]


def test_what_was_ended_stays_so_when_a_test_changes_nothing(bot: FastBot) -> None:
    account = failing(bot)
    bot.reminders.stop(account.id, CAROL)

    run_test(bot, account, smtp_auth=SENDING_IS_OFF)

    assert bot.reminded_within(days(9)) == []


def test_what_was_handed_to_support_stays_there_when_a_test_changes_nothing(bot: FastBot) -> None:
    account = failing(bot)
    bot.live(days(8))
    assert bot.read(account).owner is Owner.SUPPORT

    run_test(bot, account, smtp_auth=SENDING_IS_OFF)

    assert bot.read(account).owner is Owner.SUPPORT
    assert bot.setbacks_told() == ["stuck"]
    assert bot.reminded_within(days(9)) == []


def test_what_was_handed_to_support_stays_there_when_a_sign_in_fails(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_SIGN_IN)
    bot.live(days(8))
    assert bot.read(account).owner is Owner.SUPPORT

    with pytest.raises(SignInRefused):
        bot.sign_in(account, upn="somebody-else@acme.example")

    assert bot.read(account).state is State.AWAITING_SIGN_IN
    assert bot.read(account).owner is Owner.SUPPORT
    assert bot.reminded_within(days(9)) == []


def test_a_wait_for_somebody_else_begins_anew_in_the_same_state(bot: FastBot) -> None:
    account = failing(bot)
    bot.live(hours(5))

    run_test(bot, account, imap_inbox=OUTAGE)
    assert (bot.read(account).state, bot.read(account).owner) == (State.FAILING, Owner.MICROSOFT)
    run_test(bot, account, smtp_auth=SENDING_IS_OFF)

    assert bot.read(account).owner is Owner.ADMINISTRATOR
    # A new wait's four hours end on a day that had its reminder; the old one's day would end later.
    assert posted_after(bot, days(1)) == [hours(11)]


def test_what_is_being_tested_stays_on_the_reminder(bot: FastBot) -> None:
    account = failing(bot)
    bot.live(hours(5))
    with bot.store.transaction() as tx:
        bot.checks.request(tx, tx.accounts.lock(account.id), CAROL)

    assert bot.read(account).state is State.TESTING
    assert latest(bot).finished_at is None
    assert bot.read(account).name in bot.draw(notices.REMINDER, reminder=latest(bot).id)


def test_a_reminder_is_done_when_nothing_on_it_waits_any_more(bot: FastBot) -> None:
    first = bot.account(State.UNMAPPED, name="First")
    second = bot.account(State.UNMAPPED, name="Second")
    bot.live(hours(5))

    bot.accounts.disconnect(first.id, CAROL)
    assert latest(bot).finished_at is None
    bot.accounts.disconnect(second.id, CAROL)
    assert latest(bot).finished_at == bot.now


# -- handed to support


def at_the_desk(bot: FastBot) -> list[Posted]:
    """What support has, but for the report that comes each week."""
    return [each for each in bot.posted(DESK) if not each.text.startswith("Last week. ")]


def test_after_the_last_reminder_it_is_supports_turn(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED)
    since = bot.read(account).state_since

    bot.live(days(8))

    now = bot.read(account)
    assert (now.state, now.owner, now.state_since) == (State.UNMAPPED, Owner.SUPPORT, since)
    (told,) = at_the_desk(bot)
    assert account.ref in told.words and "all reminders have been sent" in told.words
    (entry,) = bot.audited("account.handed_over")
    assert entry.subject == account.ref
    assert bot.reminded_within(days(15)) == []


def test_several_that_are_handed_over_are_one_message_of_their_customer(bot: FastBot) -> None:
    accounts = [bot.account(State.UNMAPPED, name=f"Box {number:02}") for number in range(12)]

    bot.live(days(8))

    (told,) = at_the_desk(bot)
    assert "12 of 12" in told.words and "and 2 more" in told.words
    shown = [account.ref in told.words for account in accounts]
    assert shown == [True] * 10 + [False] * 2

    late = bot.account(State.UNMAPPED, name="Late")
    bot.live(days(8))
    head, note = at_the_desk(bot)
    assert (head.ts, note.thread) == (told.ts, told.ts)
    assert "13 of 13" in head.words and "13 in total" in note.words

    for account in (*accounts, late):
        bot.accounts.disconnect(account.id, CAROL)
    bot.pass_time(minutes=10)  # Slack takes so many updates a minute
    head, *replies = at_the_desk(bot)
    assert "no longer stuck" in head.words and "no longer stuck" in replies[-1].words


def test_one_whose_reminders_are_stopped_leaves_and_who_joins_then_is_told_of(bot: FastBot) -> None:
    accounts = [bot.account(State.UNMAPPED, name=f"Box {number}") for number in range(2)]
    bot.live(days(8))

    bot.reminders.stop(accounts[0].id, CAROL)
    late = bot.account(State.UNMAPPED, name="Late")
    bot.run_due()
    (head,) = at_the_desk(bot)
    assert accounts[0].ref not in head.words and "1 of 3" in head.words

    bot.live(days(8))
    head, note = at_the_desk(bot)
    assert late.ref in head.words and "2 of 3" in head.words
    assert note.thread == head.ts and "2 in total" in note.words


def test_each_customers_hand_over_is_a_message_of_its_own(bot: FastBot) -> None:
    other = bot.customer("Other", OTHER)
    bot.account(State.UNMAPPED)
    bot.account(State.UNMAPPED, channel=other)

    bot.live(days(8))

    assert bot.setbacks_told() == ["stuck"] * 2


def test_what_microsoft_spoils_is_supports_at_the_last_rung(bot: FastBot) -> None:
    account = bot.account(State.FAILING, owner=Owner.MICROSOFT)
    bot.mailbox(account).faults = {StepId.IMAP_INBOX: OUTAGE}

    assert bot.reminded_within(days(7) - hours(1)) == []
    assert bot.read(account).owner is Owner.MICROSOFT
    assert bot.reminded_within(hours(1)) == []

    assert bot.read(account).owner is Owner.SUPPORT
    assert bot.setbacks_told() == ["stuck"]
    assert bot.reminded_within(days(3)) == []


# -- a channel that is closed


def test_nobody_is_reminded_in_a_closed_channel_and_nothing_is_lost(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED)
    bot.customers.close(ACME, "archived")
    assert bot.reminded_within(days(2)) == []

    bot.customers.reopen(ACME, {"archived"})

    assert bot.reminded_within(days(1)) == [account.name]


# -- paused


def test_a_pause_holds_until_its_day_also_for_what_begins_to_wait_meanwhile(
    office: FastBot,
) -> None:
    office.account(State.UNMAPPED, name="Before")

    until = office.reminders.pause(ACME, date(2026, 11, 9), VERA)
    office.live(days(1))
    office.account(State.UNMAPPED, name="Meanwhile")

    assert until == berlin(9, 9)
    begun = office.now
    office.live(days(7))
    first = office.audited("reminder.posted", since=begun)[0]
    assert first.at == berlin(9, 9)
    assert listed(office)[:2] == ["Before", "Meanwhile"]
    (entry,) = office.audited("reminders.paused")
    assert (entry.subject, entry.user) == (ACME, VERA.user)
    assert entry.detail == {"customer": "Acme Marine", "until": berlin(9, 9).isoformat()}
    assert customer(office).paused_by_user == VERA.user


@pytest.mark.parametrize("day", [date(2026, 11, 2), date(2026, 10, 30), date(2027, 2, 3)])
def test_a_pause_ends_on_a_day_ahead_within_three_months(office: FastBot, day: date) -> None:
    assert refusal(office.reminders.pause, ACME, day, VERA) == "pause.bad_day"
    assert customer(office).paused_until is None


def test_a_pause_may_be_92_days_long(office: FastBot) -> None:
    assert office.reminders.pause(ACME, date(2027, 2, 2), VERA) == office.now + days(92)


def test_a_snooze_that_ends_while_nobody_works_is_over_on_the_card(office: FastBot) -> None:
    account = office.account(State.UNMAPPED)
    office.reminders.snooze_account(account.id, berlin(7, 12), Person("T0ACME", "U0SNOOZER"))
    office.clock.at = berlin(7, 11)
    assert "U0SNOOZER" in office.card(account)

    office.clock.at = berlin(7, 12)
    assert "U0SNOOZER" not in office.card(account)


def test_a_pause_is_not_supports(office: FastBot) -> None:
    office.account(State.FAILING, owner=Owner.SUPPORT, name="Ours")

    office.reminders.pause(ACME, date(2026, 11, 9), VERA)

    assert office.reminded_within(hours(5)) == ["Ours"]


def test_the_end_of_a_pause_reminds_as_before(bot: FastBot) -> None:
    bot.account(State.UNMAPPED)
    bot.reminders.pause(ACME, date(2026, 12, 1), VERA)
    bot.live(days(2))

    bot.reminders.end_pause(ACME, CAROL)

    now = customer(bot)
    assert (now.paused_until, now.paused_by_team, now.paused_by_user) == (None, "", "")
    (entry,) = bot.audited("reminders.pause_ended")
    assert (entry.subject, entry.user) == (ACME, CAROL.user)
    assert len(bot.reminded_within(hours(6))) == 1


def test_a_pause_that_is_made_shorter_ends_sooner(office: FastBot) -> None:
    office.account(State.UNMAPPED)
    office.reminders.pause(ACME, date(2026, 11, 20), VERA)

    office.reminders.pause(ACME, date(2026, 11, 4), VERA)

    assert posted_after(office, days(3))[0] == berlin(4, 9) - berlin(2, 9)


def test_a_snooze_that_is_longer_than_a_pause_goes_on(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED)
    bot.reminders.snooze_account(account.id, bot.now + days(10), CAROL)

    bot.reminders.pause(ACME, date(2026, 11, 27), VERA)

    assert posted_after(bot, days(11))[0] == days(10)


def test_a_snooze_within_a_pause_ends_with_the_pause(office: FastBot) -> None:
    account = office.account(State.UNMAPPED)
    office.reminders.snooze_account(account.id, office.now + days(1), CAROL)

    office.reminders.pause(ACME, date(2026, 11, 9), VERA)

    assert posted_after(office, days(8))[0] == berlin(9, 9) - berlin(2, 9)


def test_the_end_of_a_pause_ends_no_snooze(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED)
    bot.reminders.snooze_account(account.id, bot.now + days(3), CAROL)
    bot.reminders.pause(ACME, date(2026, 12, 1), VERA)

    bot.reminders.end_pause(ACME, VERA)

    assert posted_after(bot, days(4))[0] == days(3)


def test_a_pause_stands_on_the_reminder_while_it_lasts(bot: FastBot) -> None:
    bot.account(State.UNMAPPED)
    bot.live(hours(5))
    reminder_id = latest(bot).id

    bot.reminders.pause(ACME, date(2026, 11, 27), Person("T0LUMEN", "U0PAUSER"))
    assert "U0PAUSER" in bot.draw(notices.REMINDER, reminder=reminder_id)

    bot.clock.at = datetime(2026, 11, 27, 0, 1, tzinfo=UTC)
    assert "U0PAUSER" not in bot.draw(notices.REMINDER, reminder=reminder_id)


def test_until_when_a_pause_is_offered_is_a_day_of_the_customers() -> None:
    bot = FastBot()
    bot.customer("Tui Lines", "C0TUI", time_zone="Pacific/Auckland")
    bot.clock.at = datetime(2026, 11, 24, 20, tzinfo=UTC)

    assert bot.reminders.pause_offer("C0TUI").day == date(2026, 12, 2)
    assert bot.reminders.pause_offer(ACME).day == date(2026, 12, 1)


def test_of_a_pause_that_there_is_its_own_day_is_offered_until_it_is_over(bot: FastBot) -> None:
    bot.reminders.pause(ACME, date(2026, 11, 27), VERA)
    bot.clock.at = datetime(2026, 11, 26, 12, tzinfo=UTC)
    assert bot.reminders.pause_offer(ACME).day == date(2026, 11, 27)
    assert bot.reminders.pause_offer(ACME).there == Pause(berlin(27, 1), VERA.user)

    bot.clock.at = datetime(2026, 11, 27, 12, tzinfo=UTC)
    assert bot.reminders.pause_offer(ACME).day == date(2026, 12, 4)
    assert bot.reminders.pause_offer(ACME).there is None


def test_a_pause_lasts_until_its_day_begins_where_the_customer_is(bot: FastBot) -> None:
    bot.customer("Tui Lines", "C0TUI", time_zone="Pacific/Auckland")

    until = bot.reminders.pause("C0TUI", date(2026, 11, 27), VERA)
    assert until == datetime(2026, 11, 26, 11, tzinfo=UTC)
