"""People who are not in the channel: their links and mails, how far they have come, and who is
reminded of them."""

from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from sqlmodel import select

from bot.common.jobs import CheckLink
from bot.common.refusals import Refused
from bot.diagnosis.observation import Observation, Where
from bot.reminders.asked import Asked
from bot.signin.links import LinkUnusable
from bot.views.invitations import Invitation
from handlers.cards.invitations import (
    PAGE,
    Host,
    Round,
    follow_up_window,
    invitation_text,
    invitation_window,
    round_window,
)
from handlers.features.invitations import _round
from sandbox.slack.limits import problems
from storage.tables import Account, Job
from storage.vocabulary import State, StepId
from tests.support.fast import ACME, CAROL, SENDING_IS_OFF, FastBot, days, hours
from tests.support.fast_ports import _texts

HOST = Host("Lumen CRM", "support@lumen.example")


def invited(bot: FastBot, account: Account) -> Invitation:
    """What is known of an account's invitation, once somebody asked for it."""
    bot.services.accounts.ensure_link(account.id, CAROL)
    (invitation,) = bot.services.views.invitations.of([account.id])
    return invitation


def test_an_invitation_carries_the_link_that_the_card_has(bot: FastBot) -> None:
    account = bot.account()
    bot.link(account)
    link = bot.services.views.accounts.card(account.id).link

    assert invited(bot, account).link == link
    assert bot.services.views.accounts.card(account.id).link == link


@pytest.mark.parametrize("ended", ["expired", "withdrawn"])
def test_where_no_link_is_good_an_invitation_makes_one(bot: FastBot, ended: str) -> None:
    account = bot.account()
    old = bot.link(account)
    if ended == "expired":
        bot.clock.at += days(2)
    else:
        bot.services.links.withdraw(account.id, CAROL)

    link = invited(bot, account).link

    assert link and not link.endswith(old)
    assert bot.services.signin.look(link.rpartition("/")[2]).account.id == account.id


def test_who_invites_late_prolongs_the_links_that_are_on_paper_already(bot: FastBot) -> None:
    first = invited(bot, bot.account(name="Info"))
    bot.clock.at += hours(10)
    early = _round(bot.services, CAROL, ACME).listed[0]
    assert early.until == first.until, "it has half a day left"
    bot.clock.at += hours(10)

    (late,) = _round(bot.services, CAROL, ACME).listed
    assert late.link == first.link and late.until == bot.now + hours(24)
    with bot.store.transaction() as tx:
        dues = {job.due_at for job in tx.session.exec(select(Job)) if job.kind == CheckLink.kind}
    assert late.until in dues, "its end is looked at, so that the card tells"
    bot.live(hours(23))
    assert bot.services.signin.look(first.link.rpartition("/")[2]).account.name == "Info"
    bot.live(hours(2))
    with pytest.raises(LinkUnusable, match="expired"):
        bot.services.signin.look(first.link.rpartition("/")[2])


def test_the_mail_has_all_that_its_reader_needs(bot: FastBot) -> None:
    account = bot.account(address="nora@acme.example", username="nora.b@acme.example")
    invitation = invited(bot, account)
    text = invitation_text(invitation, HOST)

    for part in (invitation.link, "nora.b@acme.example", "Acme Marine", HOST.support_email):
        assert part in text
    blocks = invitation_window(invitation, HOST)["blocks"]
    (link,) = [b["text"]["text"] for b in blocks if "mailto:" in b.get("text", {}).get("text", "")]
    begun = urlsplit(link.partition("<")[2].partition("|")[0].replace("&amp;", "&"))
    assert unquote(begun.path) == "nora.b@acme.example"
    assert parse_qs(begun.query)["body"] == [text]


def test_a_mail_says_until_when_by_the_clock_of_the_customer(bot: FastBot) -> None:
    bore = bot.customer("Borealis", "C0BORE", time_zone="Asia/Tokyo")
    account = bot.account(channel=bore)
    until = invited(bot, account).until

    assert until is not None and until == bot.now + hours(24)
    assert f"{until:%H:%M} (JST)" in invitation_text(invited(bot, account), HOST)


@pytest.mark.parametrize("state", State)
def test_who_need_not_sign_in_is_not_invited(bot: FastBot, state: State) -> None:
    account = bot.account(state)
    waits = bool(bot.services.views.invitations.of([account.id]))

    assert waits is (state is State.AWAITING_SIGN_IN)
    assert waits is bot.services.views.accounts.card(account.id).waits_for_sign_in


def test_a_mailbox_that_only_a_sign_in_mends_is_invited(bot: FastBot) -> None:
    account = bot.account(State.LIVE, name="Info")
    other = bot.account(State.LIVE, name="Sales")
    bot.mailbox(other).faults = {StepId.SMTP_AUTH: Observation(Where.SMTP, **SENDING_IS_OFF)}
    bot.services.checks.start(other.id, CAROL)
    bot.run_due()
    bot.expire_token(account)
    bot.microsoft.refusal = {"error": "invalid_grant", "error_codes": [50173]}
    bot.services.checks.start(account.id, CAROL)
    bot.run_due()

    assert (bot.read(account).state, bot.read(other).state) == (State.BROKEN, State.BROKEN)
    waiting = bot.services.views.invitations.waiting(account.customer_id)
    assert [each.name for each in waiting] == ["Info"]
    assert invited(bot, account).signs_in_as == account.username


def test_a_disconnected_account_is_not_brought_back_by_an_invitation(bot: FastBot) -> None:
    account = bot.account(State.DISCONNECTED)

    with pytest.raises(Refused, match=r"invite\.not_needed"):
        bot.services.accounts.ensure_link(account.id, CAROL)
    assert bot.read(account).state is State.DISCONNECTED


def test_looking_at_a_link_opens_nothing_and_pressing_its_button_does(bot: FastBot) -> None:
    account = bot.account()
    secret = bot.link(account)

    bot.services.signin.look(secret)
    assert invited(bot, account).opened_at is None
    bot.clock.at += hours(1)
    bot.services.signin.begin(secret, "a browser")
    first = bot.now
    bot.clock.at += hours(1)
    bot.services.signin.begin(secret, "another browser")
    assert invited(bot, account).opened_at == first


# -- many of them


def everybody(bot: FastBot, count: int = 3) -> list[Invitation]:
    """So many who have to sign in, each with a link."""
    made = [bot.account(name=f"Box {number}") for number in range(count)]
    return [invited(bot, each) for each in made]


def told(window: Any) -> str:
    """What people read in a window, with the links as they were meant."""
    texts = [text for block in window["blocks"] for text in _texts(block)]
    return unescape("\n".join(texts))


def test_one_text_has_the_links_of_all(bot: FastBot) -> None:
    there = everybody(bot)
    window = round_window(Round(ACME, "Acme", there, 3, ["Office"]), HOST)

    text = told(window)
    for each in there:
        shown = f"{each.account.name}, {each.account.sender_email}\n{each.link}"
        assert shown in text
        assert f"mailto:{each.signs_in_as}?" in text
    assert "1* of 4" in text and "Office" in text


def test_a_follow_up_goes_to_those_who_have_not_signed_in(bot: FastBot) -> None:
    there = everybody(bot)
    bot.sign_in(bot.accounts_there()[0])
    left = bot.services.views.invitations.waiting(bot.acme.customer_id)

    assert [each.name for each in left] == ["Box 1", "Box 2"]
    listed = bot.services.views.invitations.of([each.id for each in left])
    text = told(follow_up_window(Round(ACME, "Acme", listed, 2, ["Box 0"]), HOST))
    assert there[1].link in text and there[0].link not in text


def test_the_mails_of_many_fit_into_a_window_of_slacks(bot: FastBot) -> None:
    (one,) = everybody(bot, 1)
    long = replace(one.account, name="&" * 80, sender_email=f"{'x' * 240}@acme.example")
    there = Round(ACME, "A" * 80, [replace(one, account=long)] * PAGE, 500, ["&" * 80] * 500)

    assert problems("modal", round_window(there, HOST)) == []
    assert problems("modal", follow_up_window(there, HOST)) == []


# -- reminded on request


def ask(bot: FastBot) -> Asked:
    """Somebody has all who have to sign in reminded of."""
    customer_id = bot.acme.customer_id
    waiting = bot.services.views.invitations.waiting(customer_id)
    return bot.services.asked_reminders.ask(customer_id, [each.id for each in waiting], CAROL)


def test_a_reminder_that_is_asked_for_goes_out_now_and_lists_them_all(bot: FastBot) -> None:
    everybody(bot)

    assert ask(bot) == Asked(3, bot.now)
    assert bot.reminded_within(hours(0.1)) == ["Box 0", "Box 1", "Box 2"]


def test_a_channel_is_reminded_once_a_day_however_often_it_is_asked_for(bot: FastBot) -> None:
    everybody(bot)
    ask(bot)
    bot.live(hours(0.1))

    again = ask(bot)

    assert again.at.date() > bot.now.date()
    assert bot.reminded_within(again.at - bot.now - hours(0.1)) == []
    assert len(bot.reminded_within(hours(0.2))) == 3


def test_a_reminder_that_is_asked_for_waits_for_working_hours(bot: FastBot) -> None:
    bore = bot.customer("Borealis", "C0BORE", working_hours="09:00-17:00", working_days="12345")
    account = bot.account(channel=bore)
    bot.clock.at = datetime(2026, 12, 5, 12, tzinfo=UTC)  # a Saturday

    asked = bot.services.asked_reminders.ask(bore.customer_id, [account.id], CAROL)

    assert asked.at == datetime(2026, 12, 7, 9, tzinfo=UTC)


def test_who_put_reminders_off_or_ended_them_is_left_alone(bot: FastBot) -> None:
    put_off, ended, reminded = (bot.account(name=name) for name in ("Off", "Ended", "Info"))
    bot.services.reminders.snooze_account(put_off.id, bot.now + days(3), CAROL)
    bot.services.reminders.stop(ended.id, CAROL)

    assert ask(bot).count == 1
    assert bot.reminded_within(hours(0.1)) == ["Info"]
    bot.services.reminders.stop(reminded.id, CAROL)
    with pytest.raises(Refused, match=r"invite\.nobody_reminded"):
        ask(bot)


def test_while_reminders_are_paused_nobody_is_reminded(bot: FastBot) -> None:
    everybody(bot)
    bot.services.reminders.pause(ACME, (bot.now + days(5)).date(), CAROL)

    with pytest.raises(Refused, match=r"invite\.paused"):
        ask(bot)
    assert bot.reminded_within(days(2)) == []


def test_a_request_touches_no_other_customers_accounts(bot: FastBot) -> None:
    bore = bot.customer("Borealis", "C0BORE")
    theirs = bot.account(channel=bore)

    with pytest.raises(Refused):
        bot.services.asked_reminders.ask(bot.acme.customer_id, [theirs.id], CAROL)
    assert bot.reminded_within(hours(0.1)) == []
