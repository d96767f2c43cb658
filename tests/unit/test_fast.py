"""The fast bot itself: apart from its neighbours, and at work like the real one."""

from storage.vocabulary import State
from tests.support.fast import ACME, FastBot, days, hours


def test_two_bots_have_a_database_each(bot: FastBot) -> None:
    bot.account(name="Office")

    assert FastBot().accounts_there() == []


def test_an_account_signs_in_is_tested_and_waits_for_its_folders(bot: FastBot) -> None:
    account = bot.account(name="Office")

    bot.sign_in(account)
    bot.run_due()

    assert bot.read(account).state is State.UNMAPPED
    assert any("Connected, folders not mapped yet" in each.words for each in bot.posted(ACME))


def test_time_passes_and_people_are_reminded_until_support_is_told(bot: FastBot) -> None:
    bot.account(State.UNMAPPED, name="Office")

    assert bot.reminded_within(hours(3)) == []
    assert bot.reminded_within(days(8)) == ["Office"] * 4
    assert bot.setbacks_told() == ["stuck"]


def test_slacks_rests_are_waited_out_without_the_tests_time_passing(bot: FastBot) -> None:
    before = bot.now
    for name in ("One", "Two", "Three"):
        bot.show(bot.account(name=name))
    bot.run_due()

    assert [message.words.split(" (")[0] for message in bot.posted(ACME)][::2] == ["One", "Two"]
    assert bot.now == before
