"""What is to come: found in time, told once at each step, and who does what until when."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.diagnosis.observation import Where
from bot.microsoft import announced
from bot.microsoft.announced import Announced
from bot.views.predictions import Kind, Prediction, Predictions, learned
from handlers.cards.predictions import predictions_message
from handlers.text.words import sentences
from sandbox.slack.limits import problems
from storage.predictions import Ended
from storage.tables import Account, Channel, OldAccount
from storage.vocabulary import Plan, State
from tests.support.fast import ALERTS, CAROL, FastBot, days, hours
from tests.support.fast_ports import SCOPES, Posted

SAID = (
    "AADSTS70043: The refresh token has expired or is invalid due to sign-in frequency checks by "
    "conditional access. The token was issued on 2026-11-17T08:00:00.0000000Z and the maximum "
    "allowed lifetime for this request is {seconds}. Trace ID: 0"
)


def coming(bot: FastBot, kind: Kind) -> list[Prediction]:
    """What is to come of a kind."""
    found: list[Prediction] = bot.views.predictions.all()
    return [each for each in found if each.kind is kind]


def told(bot: FastBot) -> list[Posted]:
    """What on-call was told of it."""
    bot.run_due()
    return [each for each in bot.posted(ALERTS) if not each.text.startswith("*The application's")]


def used(bot: FastBot, account: Account, at: datetime) -> None:
    """The account's permission was last used then."""
    with bot.store.transaction() as tx:
        tx.grants.get(account.id).refreshed_at = at


def old(bot: FastBot, channel: Channel, address: str, **facts: Any) -> None:
    """An old account that a customer listed."""
    made = OldAccount(
        customer_id=channel.customer_id,
        channel_id=channel.id,
        name=address,
        address=address,
        address_key=address,
        listed_at=bot.now,
        listed_by_team=CAROL.team,
        listed_by_user=CAROL.user,
        **({"plan": Plan.CHANGE} | facts),
    )
    with bot.store.transaction() as tx:
        tx.session.add(made)


# Permissions that nobody uses.


def test_a_permission_lapses_ninety_days_after_its_last_use(bot: FastBot) -> None:
    fresh = bot.account(State.LIVE, name="Fresh")
    idle = bot.account(State.BROKEN, name="Idle")
    gone = bot.account(State.BROKEN, name="Gone")
    used(bot, fresh, bot.now - days(59))
    used(bot, idle, bot.now - days(61))
    used(bot, gone, bot.now - days(80))
    bot.accounts.disconnect(gone.id, CAROL)
    [lapses] = coming(bot, Kind.GRANT)
    assert (lapses.day, lapses.refs) == ((bot.now + days(29)).date(), [idle.ref])


# Rules of organisations that end sign-ins.


def signed_in(bot: FastBot, account: Account, at: datetime) -> None:
    """The account's person signed in then."""
    with bot.store.transaction() as tx:
        held = tx.accounts.lock(account.id)
        held.signed_in_at = at


def refused(bot: FastBot, account: Account, seconds: int) -> None:
    """Microsoft ended the account's sign-in by a rule."""
    said = {"error": "invalid_grant", "codes": (70043,), "text": SAID.format(seconds=seconds)}
    bot.failure(account, where=Where.TOKEN, step="token", **said)


def test_a_rule_that_ended_one_sign_in_ends_the_others_of_the_organisation(bot: FastBot) -> None:
    first = bot.account(State.BROKEN, name="First")
    next_one = bot.account(State.LIVE, name="Next")
    later = bot.account(State.LIVE, name="Later")
    elsewhere = bot.account(State.LIVE, name="Else", channel=bot.customer("Borealis", "C0BORE"))
    refused(bot, first, 7 * 86_400)
    for account, ago in ((first, 8), (next_one, 5), (later, 1), (elsewhere, 5)):
        signed_in(bot, account, bot.now - days(ago))
    [ends] = coming(bot, Kind.SIGN_IN)
    assert (ends.customer, ends.refs) == ("Acme Marine", [next_one.ref])
    assert (ends.limit, ends.day) == (days(7), (bot.now + days(2)).date())


def test_without_its_length_a_rule_is_learned_from_how_long_sign_ins_lasted() -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    silent = {"text": "AADSTS70043: it has expired"}
    lasted = [Ended(1, silent, at, at - days(length)) for length in (7, 8, 30)]
    assert learned([*lasted, Ended(2, silent, at, None)]) == {1: days(8)}
    exact = Ended(1, {"text": SAID.format(seconds=86_400)}, at, at - days(2))
    assert learned([*lasted, exact]) == {1: days(1)}, "what Microsoft says goes before"


# Permissions that a release asks for in addition.


def test_mailboxes_without_a_permission_of_this_release_need_their_administrator(
    bot: FastBot,
) -> None:
    account = bot.account(State.LIVE, name="Info")
    with bot.store.transaction() as tx:
        tx.grants.get(account.id).scopes = " ".join(SCOPES).upper()
    assert coming(bot, Kind.CONSENT) == []
    asks = (*SCOPES, "https://outlook.office.com/Mail.More")
    later = Predictions(bot.store, bot.clock, list, asks, bot.settings.hours.zone)
    [lacks] = later.all()
    assert (lacks.kind, lacks.what, lacks.mailboxes) == (Kind.CONSENT, "Mail.More", 1)
    assert lacks.day is None


# What Microsoft switches off.


def test_old_accounts_in_use_are_counted_until_microsoft_switches_passwords_off(
    bot: FastBot,
) -> None:
    replaced = bot.account(State.LIVE, name="New")
    old(bot, bot.acme, "waits@acme.example")
    old(bot, bot.acme, "kept@acme.example", plan=Plan.RETAIN, account_id=replaced.id)
    old(bot, bot.acme, "replaced@acme.example", account_id=replaced.id)
    old(bot, bot.acme, "deleted@acme.example", deleted_at=bot.now)
    [off] = coming(bot, Kind.SWITCH)
    assert (off.what, off.mailboxes, off.day) == ("smtp-basic", 2, date(2026, 12, 31))
    for month in (datetime(2026, 9, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)):
        bot.clock.at = month
        assert coming(bot, Kind.SWITCH) == []


def test_every_date_has_its_source_and_its_words() -> None:
    known: Announced = announced.load()
    assert known.grant.unused_days == 90
    assert all(each.source for each in (known.grant, *known.switch))
    assert [
        each.id for each in known.switch if f"prediction.switch_{each.id}" not in sentences()
    ] == []


# Credentials.


def test_a_credential_is_listed_for_its_last_two_months() -> None:
    for day, listed in (("2027-01-22", True), ("2027-01-26", False)):
        bot = FastBot(ms_client_secret_expires=day)
        assert bool(coming(bot, Kind.CREDENTIAL)) is listed, day


# When it is told.


def at_work() -> FastBot:
    """A bot of engineers with ordinary hours, on a Tuesday evening."""
    bot = FastBot(working_hours="09:00-17:00", working_days="12345")
    bot.clock.at = datetime(2026, 11, 24, 20, tzinfo=UTC)
    return bot


def test_it_is_told_in_working_hours_and_at_each_step_once() -> None:
    bot = at_work()
    old(bot, bot.acme, "waits@acme.example")
    messages: dict[str, int] = {}
    for _ in range(40 * 4):
        count = bot.daily_predictions.tell_due()
        messages |= {f"{bot.now:%d %b %H}": count} if count else {}
        bot.clock.at += hours(6)
    assert messages == {"25 Nov 14": 1, "01 Dec 14": 1, "17 Dec 14": 1, "24 Dec 14": 2}


def test_nothing_to_say_is_not_said(bot: FastBot) -> None:
    bot.account(State.LIVE, name="Info")
    assert told(bot) == []


def test_several_workers_and_a_killed_one_tell_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    bot = FastBot()
    old(bot, bot.acme, "waits@acme.example")

    def killed(*_args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("bot.reports.predictions.notices.show_predictions", killed)
        with pytest.raises(KeyboardInterrupt):
            bot.daily_predictions.tell_due()
    for each in (*[FastBot(bot) for _ in range(2)], bot):
        each.run_due()
    assert len(told(bot)) == 1


def test_what_is_close_says_who_does_what_until_when(bot: FastBot) -> None:
    account = bot.account(State.BROKEN, name="Idle")
    used(bot, account, bot.now - days(85))
    listed, alert = told(bot)
    assert "Mailboxes: 1" in listed.words and account.ref in listed.words
    assert f"*Until {bot.now + days(5):%d %B %Y}:*" in alert.words
    assert "*Support:* please test them now" in alert.words
    bot.clock.at += hours(1)
    assert len(told(bot)) == 2


def test_sign_ins_that_end_every_day_are_told_of_once_a_month(bot: FastBot) -> None:
    account = bot.account(State.LIVE, name="Info")
    refused(bot, account, 86_400)
    bot.clock.at = datetime(2026, 12, 1, 8, tzinfo=UTC)
    messages = 0
    for _ in range(30):
        signed_in(bot, account, bot.now)
        messages += bot.daily_predictions.tell_due()
        bot.clock.at += days(1)
    assert messages == 1, "and no alert"


# How it looks.


def test_names_cannot_draw_anything_and_a_long_list_fits(bot: FastBot) -> None:
    today = date(2026, 11, 24)
    name = "<!channel> *x* " + "&" * 200
    every = [
        Prediction(kind, today + timedelta(days=number), 1, name, "smtp-basic", 3, [name] * 5)
        for number in range(-1, 9)
        for kind in Kind
    ]
    message = predictions_message([*every, replace(every[0], day=None)], today)
    assert problems("message", {"text": message.text, "blocks": message.blocks}) == []
    words = Posted("", "", "", message.blocks).words
    assert "<!channel>" not in words
    assert "More that is further away: 26" in words
