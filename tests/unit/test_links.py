"""Login links: good once and for a day, and the question about a sign-in that did not come back."""

import pytest

from bot.common.refusals import Refused
from bot.signin.links import LinkUnusable, Said
from storage.tables import Account
from storage.vocabulary import State
from tests.support.fast import ACME, CAROL, FastBot, hours

HELD = "office@borealis.example"


def asked_about(bot: FastBot, account: Account) -> bool:
    """Whether people are asked what Microsoft's page said."""
    with bot.store.transaction() as tx:
        return tx.signins.question(account.id) is not None


def held(bot: FastBot, account: Account) -> bool:
    """Whether tokens wait for somebody to name the organisation."""
    with bot.store.transaction() as tx:
        return tx.signins.held(account.id) is not None


def unfinished(bot: FastBot) -> Account:
    """An account whose sign-in was begun and did not come back."""
    account = bot.account(name="Office")
    bot.go_to_microsoft(account)
    bot.pass_time(minutes=16)
    return account


def test_a_link_is_good_for_a_day(bot: FastBot) -> None:
    secret = bot.link(bot.account())
    bot.clock.at += hours(23.9)
    assert bot.signin.look(secret)

    bot.clock.at += hours(0.1)
    with pytest.raises(LinkUnusable, match="expired"):
        bot.signin.look(secret)


def test_a_new_link_ends_the_one_before(bot: FastBot) -> None:
    account = bot.account()
    old = bot.link(account)
    new = bot.link(account)

    with pytest.raises(LinkUnusable, match="revoked"):
        bot.signin.look(old)
    assert bot.signin.look(new)


def test_a_withdrawn_link_leads_nowhere(bot: FastBot) -> None:
    account = bot.account()
    secret = bot.link(account)

    bot.links.withdraw(account.id, CAROL)

    with pytest.raises(LinkUnusable, match="revoked"):
        bot.signin.look(secret)
    assert bot.audited("link.withdrawn")


def test_a_link_that_was_never_made_leads_nowhere(bot: FastBot) -> None:
    with pytest.raises(LinkUnusable, match="unknown"):
        bot.signin.look("made up")


def test_the_secret_of_a_link_is_kept_only_sealed(bot: FastBot) -> None:
    account = bot.account()
    secret = bot.link(account)

    with bot.store.transaction() as tx:
        ticket = tx.signins.usable_ticket(account.id, bot.now)
    assert ticket is not None
    assert secret not in repr(ticket.model_dump()) and secret.encode() not in ticket.sealed


def test_tokens_that_wait_for_a_word_end_with_their_link(bot: FastBot) -> None:
    bore = bot.customer("Borealis", "C0BORE", domain="none")
    account = bot.account(channel=bore, address=HELD)
    bot.sign_in(account)

    bot.pass_time(hours=23.9)
    assert held(bot, account)
    bot.pass_time(hours=0.1)
    assert not held(bot, account)


def test_tokens_that_wait_for_a_word_end_with_a_link_that_is_withdrawn(bot: FastBot) -> None:
    bore = bot.customer("Borealis", "C0BORE", domain="none")
    account = bot.account(channel=bore, address=HELD)
    bot.sign_in(account)

    bot.links.withdraw(account.id, CAROL)
    assert not held(bot, account)


def test_an_earlier_links_end_leaves_the_tokens_of_a_later_one(bot: FastBot) -> None:
    bore = bot.customer("Borealis", "C0BORE", domain="none")
    account = bot.account(channel=bore, address=HELD)
    bot.link(account)
    bot.pass_time(hours=12)
    bot.sign_in(account)

    bot.pass_time(hours=12)
    assert held(bot, account)


def test_the_card_no_longer_offers_a_link_that_has_ended(bot: FastBot) -> None:
    account = bot.account(name="Office")
    bot.link(account)
    bot.run_due()

    bot.pass_time(hours=24)

    (card,) = [each for each in bot.posted(ACME) if account.ref in each.words]
    assert "/login/" not in str(card.blocks)


# -- the question


def test_a_sign_in_that_does_not_come_back_is_asked_about(bot: FastBot) -> None:
    account = bot.account()
    bot.go_to_microsoft(account)

    bot.pass_time(minutes=14)
    assert not asked_about(bot, account)
    bot.pass_time(minutes=1)
    assert asked_about(bot, account)


def test_nobody_is_asked_about_a_sign_in_that_came_back(bot: FastBot) -> None:
    account = bot.account()
    bot.sign_in(account)

    bot.pass_time(minutes=16)
    assert not asked_about(bot, account)


def test_nobody_is_asked_about_an_account_that_works(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    bot.go_to_microsoft(account)

    bot.pass_time(minutes=16)
    assert not asked_about(bot, account)


def test_nobody_is_asked_about_a_link_that_was_withdrawn(bot: FastBot) -> None:
    account = bot.account()
    bot.go_to_microsoft(account)
    bot.links.withdraw(account.id, CAROL)

    bot.pass_time(minutes=16)
    assert not asked_about(bot, account)


def test_who_saw_that_approval_is_needed_makes_it_the_administrators_turn(bot: FastBot) -> None:
    account = unfinished(bot)

    error = bot.links.answered(account.id, Said.APPROVAL, CAROL)

    assert bot.read(account).state is State.AWAITING_ADMIN
    with bot.store.transaction() as tx:
        assert tx.failures.get(error).cause == "admin-approval-needed"
    assert not asked_about(bot, account)


def test_who_could_not_sign_in_is_told_what_that_means(bot: FastBot) -> None:
    account = unfinished(bot)

    error = bot.links.answered(account.id, Said.NO_SIGN_IN, CAROL)

    assert bot.read(account).state is State.AWAITING_SIGN_IN
    assert error.startswith("MX-")


def test_who_just_closed_the_page_needs_no_explanation(bot: FastBot) -> None:
    account = unfinished(bot)

    assert bot.links.answered(account.id, Said.CLOSED, CAROL) == ""
    assert not asked_about(bot, account)
    (entry,) = bot.audited("signin.explained")
    assert entry.detail == {"said": "closed"}


def test_a_question_is_answered_once(bot: FastBot) -> None:
    account = unfinished(bot)
    bot.links.answered(account.id, Said.CLOSED, CAROL)

    with pytest.raises(Refused, match=r"question\.settled"):
        bot.links.answered(account.id, Said.CLOSED, CAROL)


def test_an_answer_after_the_links_end_brings_a_new_link(bot: FastBot) -> None:
    account = unfinished(bot)
    bot.pass_time(hours=24)

    bot.links.answered(account.id, Said.CLOSED, CAROL)

    with bot.store.transaction() as tx:
        assert tx.signins.usable_ticket(account.id, bot.now) is not None


def test_an_answer_before_the_links_end_leaves_the_link(bot: FastBot) -> None:
    account = bot.account()
    secret = bot.link(account)
    bot.signin.begin(secret, "a browser")
    bot.pass_time(minutes=16)

    bot.links.answered(account.id, Said.CLOSED, CAROL)
    assert bot.signin.look(secret)


def test_a_new_try_ends_the_question(bot: FastBot) -> None:
    account = bot.account()
    secret = bot.link(account)
    bot.signin.begin(secret, "a browser")
    bot.pass_time(minutes=16)
    assert asked_about(bot, account)

    bot.signin.begin(secret, "a browser")
    assert not asked_about(bot, account)
