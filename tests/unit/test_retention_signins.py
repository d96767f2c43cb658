"""What is left of login links and sign-ins that are over: nothing secret after a day, and for a
month what tells people that they are."""

from datetime import timedelta

import pytest
from sqlmodel import select

from bot.app import key_rotation
from bot.app.retention import SECRETS, USUAL, Retention
from bot.common.jobs import CheckLink
from bot.common.stop import Stop
from bot.signin.links import LinkUnusable
from storage.rotation import samples
from storage.tables import Account, LinkPress, LoginTicket, SignInFlow
from storage.types import ERASED
from tests.support.fast import CAROL, FastBot, days, hours


def sweep(bot: FastBot) -> None:
    """What a day's sweep forgets, and nothing else that is due."""
    Retention(bot.store, bot.clock, timedelta(days=100), None, Stop()).sweep()


def kept(bot: FastBot, table: type[LoginTicket] | type[SignInFlow]) -> dict[int, bool]:
    """The rows that are there, by their numbers, and whether their secret is."""
    with bot.store.transaction() as tx:
        return {row.id: row.sealed != ERASED for row in tx.session.exec(select(table))}


def newest(bot: FastBot) -> int:
    """The number of the link that was made last."""
    return max(kept(bot, LoginTicket))


def why(bot: FastBot, secret: str) -> str:
    """What somebody is told who follows a link that is over."""
    with pytest.raises(LinkUnusable) as told:
        bot.signin.look(secret)
    return told.value.reason


def used(bot: FastBot, account: Account) -> str:
    """A link with which somebody signed in."""
    secret = bot.link(account)
    state = bot.signin.begin(secret, "a browser").rpartition("state=")[2]
    bot.come_back(state, account.username)
    return secret


def test_no_secret_of_a_link_that_is_over_is_kept_and_people_are_told_why_it_is(
    bot: FastBot,
) -> None:
    done, ended, old, young = (bot.account() for _ in range(4))
    ran_out = bot.link(old)
    bot.clock.at += days(1) - SECRETS
    over = {"used": used(bot, done), "revoked": bot.link(ended), "expired": ran_out}
    bot.links.withdraw(ended.id, CAROL)
    works = bot.link(young)
    sweep(bot)
    assert all(kept(bot, LoginTicket).values()), "clocks may differ"

    bot.clock.at += SECRETS * 2 + timedelta(seconds=1)
    sweep(bot)

    assert [number for number, is_there in kept(bot, LoginTicket).items() if is_there] == [
        newest(bot)
    ]
    assert not any(kept(bot, SignInFlow).values())
    assert {why(bot, secret): reason for reason, secret in over.items()} == {x: x for x in over}
    assert bot.signin.look(works)


def test_what_was_erased_needs_no_key(bot: FastBot) -> None:
    used(bot, bot.account())
    bot.link(bot.account())
    bot.clock.at += hours(2)
    sweep(bot)

    assert ERASED not in {each.value for each in samples(bot.store, key_rotation.SEALED_FOR)}
    assert key_rotation.rotate(bot.store, bot.cipher, lambda: None).unreadable == 0


def test_a_link_that_was_used_or_withdrawn_goes_after_a_month_with_its_sign_ins(
    bot: FastBot,
) -> None:
    done, ended, open_one = (bot.account() for _ in range(3))
    secret = used(bot, done)
    forgotten = newest(bot)
    bot.link(ended)
    bot.links.withdraw(ended.id, CAROL)
    bot.clock.at += USUAL - hours(1)
    bot.link(open_one)
    sweep(bot)
    assert len(kept(bot, LoginTicket)) == 3, "they are young"

    bot.clock.at += hours(2)
    sweep(bot)

    assert kept(bot, LoginTicket) == {newest(bot): True}
    assert not kept(bot, SignInFlow)
    with bot.store.transaction() as tx:
        assert not tx.session.exec(select(LinkPress)).all()
    assert why(bot, secret) == "unknown"
    bot.links.check(CheckLink(account_id=done.id, ticket_id=forgotten))  # however late that is


def test_the_number_of_a_link_that_is_gone_is_not_given_again(bot: FastBot) -> None:
    account = bot.account()
    bot.link(account)
    bot.links.withdraw(account.id, CAROL)
    before = newest(bot)
    bot.clock.at += USUAL * 2
    sweep(bot)
    bot.link(account)
    assert newest(bot) > before


def test_who_did_not_come_back_is_asked_however_late_the_bot_looks(bot: FastBot) -> None:
    account = bot.account(name="Office")
    bot.go_to_microsoft(account)
    link = CheckLink(account_id=account.id, ticket_id=newest(bot))
    bot.clock.at += USUAL - hours(1)  # it did not run meanwhile
    sweep(bot)
    bot.links.check(link)
    with bot.store.transaction() as tx:
        assert tx.signins.question(account.id) is not None

    bot.clock.at += USUAL
    sweep(bot)
    with bot.store.transaction() as tx:
        assert tx.signins.question(account.id) is not None, "nobody has answered"
    bot.link(account)
    bot.clock.at += USUAL * 2
    sweep(bot)
    assert set(kept(bot, LoginTicket)) == {newest(bot)}


def test_a_sign_in_that_is_held_goes_on(bot: FastBot) -> None:
    bore = bot.customer("Borealis", "C0BORE", domain="none")
    account = bot.account(channel=bore, address="office@borealis.example")
    bot.sign_in(account)
    bot.clock.at += hours(23)
    sweep(bot)
    bot.signin.confirm(account.id, CAROL, support=True)
    assert bot.read(account).signed_in_as == account.username


def test_a_sign_in_that_is_held_longer_than_its_link_ends_by_itself(bot: FastBot) -> None:
    bore = bot.customer("Borealis", "C0BORE", domain="none")
    account = bot.account(channel=bore, address="office@borealis.example")
    bot.sign_in(account)
    link = CheckLink(account_id=account.id, ticket_id=newest(bot))
    bot.clock.at += USUAL * 2  # the bot did not run
    sweep(bot)
    with bot.store.transaction() as tx:
        assert tx.signins.held(account.id) is not None
    bot.links.check(link)
    with bot.store.transaction() as tx:
        assert tx.signins.held(account.id) is None
