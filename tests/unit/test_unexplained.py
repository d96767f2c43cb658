"""What nothing explains is counted without anybody's names, listed once a day, and goes with its
customers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.diagnosis.masking import masked
from storage.vocabulary import State
from tests.support.examples import examples
from tests.support.fast import ALERTS, CAROL, FastBot, days, hours
from tests.support.unexplained import (
    MOVED,
    NEW_NUMBER,
    NUMBER,
    OMAR,
    beta,
    pending,
    reply_of,
    said,
)

pytestmark = pytest.mark.catalogue


# -- names are taken out


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (
            "AADSTS9000017: User 'ada@acme.example' of tenant 'Acme Marine' may not use "
            "11111111-2222-4333-8444-555555555555. Timestamp: 2026-11-23 10:00:00Z",
            "AADSTS9000017: User '[address]' of tenant '[name]' may not use [id].",
        ),
        (
            "5.7.911 Policy of acme.onmicrosoft.com, seen by 203.0.113.7 "
            "[AM0PR04CA0001.eurprd04.prod.outlook.com 08DE2A3B4C]",
            "5.7.911 Policy of [host], seen by [host] [[host] [id]]",
        ),
        (
            "Parameter 'client_secret' isn't the user's",
            "Parameter 'client_secret' isn't the user's",
        ),
        ("see https://acme.example/x?user=ada, 17 of 300", "see [link] [number] of [number]"),
        ("MailKit.Security.AuthException: no", "MailKit.Security.AuthException: no"),
        ("refresh_token=0.AXoAsecretsecret of 2 s", "refresh_token=[hidden] of [number] s"),
        ("the box of ACME MARINE (Ada)", "the box of [name] ([name])"),
    ],
)
def test_what_names_somebody_or_differs_is_taken_out_and_the_rest_stays(
    text: str, kept: str
) -> None:
    assert masked(text, {"Acme Marine", "Ada"}) == kept


@examples(60)
@given(st.text(max_size=80), st.sampled_from(["ada@acme.example", "acme.onmicrosoft.com"]))
def test_no_address_and_no_host_is_left_whatever_stands_around_it(text: str, name: str) -> None:
    assert name not in masked(f"{text} {name} {text}")


# -- counted


def test_one_kind_of_reply_is_one_whoever_it_names_wherever_it_comes(bot: FastBot) -> None:
    first = bot.failure(bot.account(State.LIVE), **said("info@acme.example", 2))
    bot.failure(bot.account(State.LIVE), **said("sales@acme.example", 3))
    second = bot.failure(beta(bot), **said("info@beta.example", 44))

    seen = reply_of(bot)
    assert (seen.count, seen.mailboxes, seen.customers) == (3, 3, 2)
    assert "acme" not in seen.text
    assert "beta" not in seen.text
    assert {first.ref, second.ref} < set(seen.errors)


def test_numbers_are_told_apart_and_need_no_words(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    bot.failure(account, **NEW_NUMBER)
    bot.failure(beta(bot), **NEW_NUMBER | {"error": "odd_word", "text": "something else"})
    assert reply_of(bot).number == f"AADSTS{NUMBER}"
    bot.failure(account, **NEW_NUMBER | {"codes": (NUMBER + 1,)})
    assert pending(bot) == 2


def test_what_a_row_explains_is_not_counted(bot: FastBot) -> None:
    bot.failure(bot.account(State.LIVE))
    assert pending(bot) == 0


def test_a_pasted_text_is_counted_and_small_talk_is_not(bot: FastBot) -> None:
    for text in (f"AADSTS{NUMBER}: no", f"it says AADSTS{NUMBER}", "hello", "thanks a lot"):
        bot.pasted.looked_up(text, None, CAROL)
    seen = reply_of(bot)
    assert (seen.count, seen.mailboxes, seen.customers) == (2, 0, 1)


def test_nobody_can_fill_the_list_with_what_they_make_up(bot: FastBot) -> None:
    account = bot.account()
    for number in range(25):
        bot.failure(account, **NEW_NUMBER | {"codes": (NUMBER + number,)})
        bot.pasted.looked_up(f"AADSTS{NUMBER + 1000 + number}: no", None, CAROL)
    assert pending(bot) == 5 + 20
    bot.clock.at += days(1.1)
    bot.failure(account, **NEW_NUMBER | {"codes": (NUMBER + 99,)})
    assert pending(bot) == 5 + 20 + 1


def test_what_comes_no_more_is_forgotten(bot: FastBot) -> None:
    bot.failure(beta(bot), **NEW_NUMBER)
    bot.clock.at += days(91)
    bot.run_due()
    with bot.store.transaction() as tx:
        assert not tx.unexplained.pending()
        assert not tx.unexplained.newest(1, 1)


def test_names_that_we_know_are_taken_out_wherever_they_stand(bot: FastBot) -> None:
    account = bot.account(State.LIVE, name="Front desk", address="ada@acme.example")
    bot.failure(
        account, **said() | {"text": "acme marine: Front Desk, Ada of ACME may not yet go on"}
    )
    assert reply_of(bot).text == "[name]: [name], [name] of [name] may not yet go on"


# -- the list


def lists(bot: FastBot) -> list[str]:
    """The lists that stand in the alert channel."""
    texts = [message.words for message in bot.posted(ALERTS)]
    return [text for text in texts if text.startswith("Replies without an explanation")]


def test_the_list_comes_once_a_day_and_only_if_there_is_something_for_it(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    bot.run_due()
    assert lists(bot) == []
    bot.failure(account, **NEW_NUMBER)
    bot.pass_time(minutes=15)
    assert len(lists(bot)) == 1
    bot.failure(account, **said())
    bot.pass_time(minutes=15)
    assert len(lists(bot)) == 1, "the second one waits until tomorrow"
    bot.clock.at += days(1)
    bot.run_due()
    assert len(lists(bot)) == 2
    bot.clock.at += days(1)
    bot.run_due()
    assert len(lists(bot)) == 2, "nothing was seen again"
    bot.failure(account, **NEW_NUMBER)
    bot.pass_time(minutes=15)
    assert len(lists(bot)) == 3


def test_nobody_is_disturbed_out_of_hours() -> None:
    bot = FastBot(working_hours="09:00-17:00", working_days="12345")
    bot.clock.at = bot.clock.at.replace(hour=20)
    bot.failure(bot.account(State.LIVE), **NEW_NUMBER)
    bot.run_due()
    assert lists(bot) == []
    bot.clock.at += days(3) - hours(10)
    bot.run_due()
    assert len(lists(bot)) == 1


def test_the_list_shows_what_was_noted_and_by_whom(bot: FastBot) -> None:
    bot.failure(bot.account(State.LIVE), **said())
    bot.run_due()
    (card,) = lists(bot)
    assert "Note the cause" in card
    bot.noting.note(1, "", MOVED, OMAR)
    bot.run_due()
    (card,) = lists(bot)
    assert "*The mailbox is being moved*, noted by <@U0OMAR>" in card
    assert "Change the cause" in card


# -- erased


def test_a_reply_goes_with_the_last_customer_who_had_it_and_a_note_stays(bot: FastBot) -> None:
    other = beta(bot)
    for seen in (NEW_NUMBER, said()):
        bot.failure(bot.account(State.LIVE), **seen)
    bot.failure(other, **NEW_NUMBER)
    bot.farewells.offboard(bot.acme.customer_id, "Acme Marine", OMAR)
    bot.clock.at += days(31)
    bot.run_due()
    left = [bot.views.unexplained.reply(number) for number in (1, 2)]
    assert [reply.customers for reply in left if reply] == [1]
    assert "acme" not in str(left).lower()
