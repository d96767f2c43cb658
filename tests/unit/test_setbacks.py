"""Support's channel is told when a customer breaks, recovers or is live."""

import pytest

from bot.common.people import MAILDESK
from bot.diagnosis.observation import Observation, Where
from bot.lifecycle.states import Event
from storage.tables import Account
from storage.vocabulary import Owner, State
from tests.support.fast import ACME, ALERTS, CAROL, DESK, SENDING_IS_OFF, VERA, FastBot
from tests.support.fast_ports import Posted

ALL_OFF = {
    "status": 535,
    "enhanced": "5.7.139",
    "text": "Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
}
"""What a server says where sending is off for the whole organisation."""


def breaks(
    bot: FastBot, account: Account, event: Event = Event.TEST_FAILED, **seen: object
) -> None:
    """A test of the account fails."""
    with bot.store.transaction() as tx:
        held = tx.accounts.lock(account.id)
        seen = seen or ALL_OFF
        bot.services.failures.record(tx, Observation(Where.SMTP, "smtp.auth", **seen), held)  # type: ignore[arg-type]
        bot.lifecycle.transition(tx, held, event, MAILDESK, Owner.ADMINISTRATOR)
    bot.run_due()


def recovers(bot: FastBot, account: Account) -> None:
    """It works again."""
    with bot.store.transaction() as tx:
        held = tx.accounts.lock(account.id)
        bot.services.failures.settle(tx, held, frozenset(["smtp.auth"]), bot.now)  # type: ignore[arg-type]
        bot.lifecycle.transition(tx, held, Event.TEST_PASSED, MAILDESK)
    bot.run_due()


def told(bot: FastBot, words: str) -> list[Posted]:
    """What support's channel shows with these words."""
    return [each for each in bot.posted(DESK) if words in each.words]


@pytest.fixture
def boxes(bot: FastBot) -> list[Account]:
    """A customer whom Vera looks after, with three mailboxes at work."""
    with bot.store.transaction() as tx:
        tx.channels.customer(bot.acme.customer_id).owner_user = VERA.user
    return [bot.account(State.LIVE, name=f"Box {number}") for number in range(3)]


def test_one_message_of_a_customer_and_a_cause_grows_and_is_over(
    bot: FastBot, boxes: list[Account]
) -> None:
    for box in boxes[:2]:
        breaks(bot, box)
    (message,) = told(bot, "has a problem")
    for seen in ("Acme Marine", "2 of 3", "Box 0", "Box 1", f"<@{VERA.user}>", f"<#{ACME}>"):
        assert seen in message.words, seen
    assert "your" not in message.words

    recovers(bot, boxes[0])
    (message,) = told(bot, "has a problem")
    assert "1 of 3" in message.words and "Box 0" not in message.words
    recovers(bot, boxes[1])
    assert told(bot, "has a problem") == []
    head, reply = told(bot, "works again")
    assert (head.ts, reply.thread) == (message.ts, message.ts)

    breaks(bot, boxes[2])
    (again,) = told(bot, "has a problem")
    assert again.ts != message.ts, "what comes back later is told anew"


def test_each_customer_and_each_cause_has_its_own_message(
    bot: FastBot, boxes: list[Account]
) -> None:
    bore = bot.account(State.LIVE, channel=bot.customer("Borealis", "C0BORE"))
    breaks(bot, boxes[0])
    breaks(bot, boxes[1], **SENDING_IS_OFF)
    breaks(bot, bore)
    messages = [each.words for each in told(bot, "has a problem")]
    assert [("Borealis" in each, "Acme" in each) for each in messages] == [
        (False, True),
        (False, True),
        (True, False),
    ]
    for channel in (ACME, "C0BORE"):
        assert not any("has a problem" in each.words for each in bot.posted(channel))


def test_what_is_ours_is_on_calls_and_what_never_worked_is_no_news(bot: FastBot) -> None:
    first = bot.account(State.LIVE)
    with bot.store.transaction() as tx:
        held = tx.accounts.lock(first.id)
        seen = Observation(Where.TOKEN, "token", error="invalid_client", codes=(7000222,))
        bot.services.failures.record(tx, seen, held)
        bot.lifecycle.transition(tx, held, Event.TEST_FAILED, MAILDESK, Owner.ON_CALL)
    new = bot.account(State.TESTING)
    breaks(bot, new, Event.TEST_FAILED_UNMAPPED, **SENDING_IS_OFF)
    assert told(bot, "has a problem") == []
    assert bot.posted(ALERTS)


def test_a_new_mailbox_that_fails_for_the_whole_organisations_sake_is_news(bot: FastBot) -> None:
    breaks(bot, bot.account(State.TESTING), Event.TEST_FAILED_UNMAPPED)
    assert len(told(bot, "has a problem")) == 1


def test_that_a_customer_is_live_is_told_once_when_its_last_mailbox_is(bot: FastBot) -> None:
    boxes = [bot.account(State.TESTING) for _ in range(2)]
    recovers(bot, boxes[0])
    assert told(bot, "is live") == []
    recovers(bot, boxes[1])
    (message,) = told(bot, "is live")
    assert "all 2 mailboxes" in message.words
    breaks(bot, boxes[0])
    recovers(bot, boxes[0])
    assert len(told(bot, "is live")) == 1


def test_the_message_is_written_with_the_change_or_not_at_all(
    bot: FastBot, boxes: list[Account]
) -> None:
    with pytest.raises(ZeroDivisionError), bot.store.transaction() as tx:
        held = tx.accounts.lock(boxes[0].id)
        bot.services.failures.record(tx, Observation(Where.SMTP, "smtp.auth", **ALL_OFF), held)  # type: ignore[arg-type]
        bot.lifecycle.transition(tx, held, Event.TEST_FAILED, MAILDESK, Owner.ADMINISTRATOR)
        assert tx.outbox.latest(f"customer:{held.customer_id}:setback:1") is not None
        raise ZeroDivisionError
    bot.run_due()
    assert told(bot, "has a problem") == []


def test_a_request_shows_the_state_as_it_is_now(bot: FastBot) -> None:
    box = bot.account(State.TESTING, name="Info")
    bot.requests.do_it(ACME, box.id, CAROL)
    bot.requests.do_it(ACME, None, CAROL)
    bot.run_due()
    recovers(bot, box)
    one, every = told(bot, "asked us to connect")
    assert "*Info*" in one.words and "Live" in one.words
    assert "the mailboxes of *Acme Marine*" in every.words
    assert ":\n" not in one.words + every.words
