"""On-call says that what an alert tells of is mended: the mailboxes are looked at now, and whoever was
refused a sign-in is asked for it again. Only a mailbox that works ends the alert."""

from typing import Any

import pytest

from bot.common.people import Person
from bot.common.refusals import Refused
from bot.signin.failed import SignInRefused
from handlers.cards.actions import ActionId
from handlers.cards.incidents import alert_card
from storage.tables import Account
from storage.vocabulary import Owner, State
from tests.support.drawing import parts
from tests.support.fast import ALERTS, CAROL, FastBot

SECRET = {"error": "invalid_client", "error_description": "AADSTS7000222: expired"}
OMAR = Person("T0LUMEN", "U0OMAR", ALERTS)


def refused(bot: FastBot) -> Account:
    """An account whose sign-in our expired secret refused."""
    account = bot.account(created_by_team=CAROL.team, created_by_user=CAROL.user)
    bot.microsoft.refusal = SECRET
    with pytest.raises(SignInRefused):
        bot.sign_in(account)
    return account


def broken(bot: FastBot) -> Account:
    """A live mailbox that does not work for the same reason."""
    account = bot.account(State.LIVE)
    bot.expire_token(account)
    bot.microsoft.refusal = SECRET
    bot.checks.start(account.id, CAROL)
    bot.run_due()
    return account


def alerts(bot: FastBot) -> list[int]:
    """The alerts that are open."""
    with bot.store.transaction() as tx:
        return [int(each.id or 0) for each in tx.incidents.all_open()]


def buttons(bot: FastBot, alert: int) -> dict[str, Any]:
    """The alert's buttons and how they look."""
    message = alert_card(bot.views.incidents.card(alert))
    found = [part for part in parts(message.blocks) if part.get("type") == "button"]
    return {each["action_id"]: each.get("style") for each in found}


def test_who_was_refused_is_asked_again_where_no_mailbox_can_prove_it(bot: FastBot) -> None:
    account = refused(bot)
    [alert] = alerts(bot)
    bot.microsoft.refusal = None
    bot.pass_time(minutes=5)
    bot.incidents.retest(alert, OMAR, resolving=True)
    bot.run_due()

    assert bot.read(account).owner is Owner.USER
    assert "signin.mended" in bot.told()
    assert "had all mailboxes tested" in "".join(each.words for each in bot.posted(ALERTS))
    assert alerts(bot) == [alert], "nobody has signed in yet"
    bot.sign_in(account)
    bot.run_due()
    assert alerts(bot) == []


def test_mailboxes_are_looked_at_now_and_end_the_alert_only_if_they_work(bot: FastBot) -> None:
    account = broken(bot)
    [alert] = alerts(bot)
    bot.incidents.retest(alert, OMAR, resolving=True)
    bot.run_due()
    assert alerts(bot) == [alert] and bot.read(account).state is State.BROKEN

    bot.microsoft.refusal = None
    bot.pass_time(seconds=5)
    assert alerts(bot) == [alert]
    bot.incidents.retest(alert, OMAR, resolving=True)
    bot.run_due()
    assert alerts(bot) == [] and bot.read(account).state is State.LIVE
    with pytest.raises(Refused, match=r"alert\.over"):
        bot.incidents.retest(alert, OMAR, resolving=True)


def test_once_somebody_has_it_the_alert_leads_with_its_end(bot: FastBot) -> None:
    broken(bot)
    [alert] = alerts(bot)
    assert buttons(bot, alert)[ActionId.ALERT_ACKNOWLEDGE] == "primary"
    assert buttons(bot, alert)[ActionId.ALERT_RESOLVE] is None

    bot.incidents.acknowledge(alert, OMAR)
    assert ActionId.ALERT_ACKNOWLEDGE not in buttons(bot, alert)
    assert buttons(bot, alert)[ActionId.ALERT_RESOLVE] == "primary"
