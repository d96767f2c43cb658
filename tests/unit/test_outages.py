"""What a customer's channel is told of mailboxes that were live: once for a cause, to who can act,
and that it is over."""

from datetime import timedelta

from bot.diagnosis.observation import Observation, Where
from bot.messages import notices
from storage.tables import Account
from storage.vocabulary import Owner, State, StepId
from tests.support.fast import ACME, CAROL, SENDING_IS_OFF, FastBot, days, hours

SENDING = Observation(Where.SMTP, step="smtp.auth", **SENDING_IS_OFF)
"""A fault that an administrator mends for the whole organisation."""

PASSES = Observation(Where.SMTP, step="smtp.auth", status=454, enhanced="4.7.0")
"""A fault that comes right by itself."""


def live(bot: FastBot, *names: str) -> list[Account]:
    """Live mailboxes that Carol added."""
    return [bot.account(State.LIVE, name=name, created_by_user=CAROL.user) for name in names]


def look(bot: FastBot, *accounts: Account, fault: Observation | None = SENDING) -> None:
    """The bot looks at mailboxes by itself, and finds them so."""
    for account in accounts:
        faults = bot.mailbox(account).faults
        faults.clear()
        if fault is not None:
            faults[StepId.SMTP_AUTH] = fault
    bot.found(*accounts)


def ask(bot: FastBot, account: Account) -> None:
    """Somebody has a mailbox tested."""
    with bot.store.transaction() as tx:
        bot.checks.request(tx, tx.accounts.lock(account.id), CAROL)
    bot.run_due()


def keys(bot: FastBot, notice: str) -> set[str]:
    """The messages of a kind in the customer's channel."""
    return {item.key for item in bot.outbox(ACME) if item.notice == notice}


def stands(bot: FastBot, notice: str) -> str:
    """The only message of a kind, as it stands now."""
    (item,) = {item.key: item for item in bot.outbox(ACME) if item.notice == notice}.values()
    return words(bot, item.notice, dict(item.args))


def words(bot: FastBot, notice: str, args: dict[str, object]) -> str:
    """What a notice reads now."""
    return str(bot.presenter.draw(notice, args))


def test_a_mailbox_that_breaks_is_told_to_who_can_act_with_one_button(bot: FastBot) -> None:
    (office,) = live(bot, "Office")

    look(bot, office)

    told = stands(bot, notices.OUTAGE)
    assert f"<@{CAROL.user}>" in told
    assert "*Office*" in told and "Sending is off" in told
    assert told.count("action_id") == 1 and "What to do" in told


def test_one_cause_at_several_mailboxes_is_one_message_that_says_when_it_is_over(
    bot: FastBot,
) -> None:
    accounts = live(bot, "Office", "Sales", "Desk")

    look(bot, *accounts)
    assert len(keys(bot, notices.OUTAGE)) == 1
    assert "*3 mailboxes*: Office, Sales, Desk" in stands(bot, notices.OUTAGE)

    look(bot, accounts[0], fault=None)
    told = stands(bot, notices.OUTAGE)
    assert "*2 mailboxes*: Sales, Desk" in told and "*Office* works again" in told
    assert not keys(bot, notices.OUTAGE_OVER)

    look(bot, *accounts[1:], fault=None)
    assert "*3 mailboxes* work again: Office, Sales, Desk" in stands(bot, notices.OUTAGE)
    assert len(keys(bot, notices.OUTAGE_OVER)) == 1


def test_what_comes_again_within_a_day_is_no_new_message(bot: FastBot) -> None:
    (office,) = live(bot, "Office")
    for _ in range(3):
        look(bot, office)
        look(bot, office, fault=None)
        bot.clock.at += hours(5)
    assert len(keys(bot, notices.OUTAGE)) == len(keys(bot, notices.OUTAGE_OVER)) == 1

    bot.clock.at += days(2)
    look(bot, office)
    assert len(keys(bot, notices.OUTAGE)) == 2


def test_what_passes_by_itself_is_told_only_when_it_does_not(bot: FastBot) -> None:
    (office,) = live(bot, "Office")
    bot.mailbox(office).faults[StepId.SMTP_AUTH] = PASSES
    ask(bot, office)
    assert bot.read(office).state is State.BROKEN
    assert not keys(bot, notices.OUTAGE), "who asked for the test reads its result"

    bot.live(timedelta(hours=12))
    assert keys(bot, notices.OUTAGE)


def test_nobody_is_addressed_about_what_is_ours(bot: FastBot) -> None:
    (office,) = live(bot, "Office")
    look(bot, office)
    with bot.store.transaction() as tx:
        tx.accounts.lock(office.id).owner = Owner.ON_CALL

    told = stands(bot, notices.OUTAGE)
    assert "<@" not in told and "action_id" not in told
    assert "our engineers" in told


def test_a_mailbox_that_was_never_live_is_told_in_its_thread_alone(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED)

    look(bot, account)

    assert bot.read(account).state is State.FAILING
    assert not keys(bot, notices.OUTAGE)


def test_a_disconnected_mailbox_does_not_work_again(bot: FastBot) -> None:
    (office,) = live(bot, "Office")
    look(bot, office)
    bot.accounts.disconnect(office.id, CAROL)
    bot.run_due()

    assert "works again" not in stands(bot, notices.OUTAGE)
    assert "This is over" in stands(bot, notices.OUTAGE)


def test_coming_live_is_celebrated_once_and_together(bot: FastBot) -> None:
    accounts = [bot.account(State.TESTING, name=name) for name in ("Office", "Sales")]
    with bot.store.transaction() as tx:
        for account in accounts:
            bot._map(tx, account)
    for account in accounts:
        ask(bot, account)
    assert "*2 mailboxes* are live: Office, Sales" in stands(bot, notices.LIVE)

    bot.clock.at += days(3)
    look(bot, accounts[0])
    look(bot, accounts[0], fault=None)
    assert len(keys(bot, notices.LIVE)) == 1


def test_what_is_not_live_any_more_is_not_celebrated_again(bot: FastBot) -> None:
    accounts = [bot.account(State.TESTING, name=name) for name in ("Office", "Sales")]
    for account in accounts:
        with bot.store.transaction() as tx:
            bot._map(tx, account)
        ask(bot, account)
        if account.name == "Office":
            bot.accounts.disconnect(account.id, CAROL)

    assert "*Sales* is live" in stands(bot, notices.LIVE)
