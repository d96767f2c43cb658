"""The alert of an incident: what it tells, what is pressed on it, and that nothing is done by a press
on a card that shows what is no longer so."""

import re
from datetime import timedelta

import pytest

from bot.common.refusals import Refused
from bot.views.incidents import AlertLine
from handlers.cards import incident_windows
from handlers.cards.actions import ActionId, FormId
from handlers.cards.incident_messages import happened
from handlers.cards.incidents import alert_card, alert_window
from handlers.features.incidents import KEPT_FOR, SILENT_FOR
from storage.tables import Account, IncidentMember
from storage.vocabulary import IncidentStatus, State
from tests.support.drawing import parts
from tests.support.fast import ALERTS, CAROL, DESK, VERA, FastBot
from tests.support.incidents import (
    OLGA,
    OMAR,
    Screen,
    alerts,
    broken,
    buttons,
    fail,
    incidents,
    members,
    on_call,
    read,
    thread,
)
from tests.support.values import NOW

MENTION = re.compile(r"<[@!](?!date)")


@pytest.fixture
def bot() -> FastBot:
    return on_call(FastBot(oncall_usergroup="S0ONCALL"))


@pytest.fixture
def screen(bot: FastBot) -> Screen:
    """Omar's screen, with the window of an alert about two mailboxes of two customers."""
    broken(bot, "Info")
    broken(bot, "Sales", bot.customer("Borealis", "C0BORE"))
    screen = Screen(bot)
    screen.pressed(ActionId.ALERT_SHOW, number(bot))
    return screen


def number(bot: FastBot) -> int:
    """The only incident."""
    [incident] = incidents(bot)
    return incident.id


def account(bot: FastBot, name: str) -> Account:
    """An account by its name."""
    [found] = [each for each in bot.accounts_there() if each.name == name]
    return found


def works_again(bot: FastBot) -> None:
    """Our secret is a new one."""
    bot.microsoft.refusal = None


def leads(drawn: object) -> list[str]:
    """The buttons that stand out."""
    return [label for label, style in buttons(drawn).items() if style == "primary"]


# -- what it tells


def test_an_alert_says_what_how_many_since_when_whose_turn_and_what_to_do(
    bot: FastBot, screen: Screen
) -> None:
    first, second = (each.failure_ref for each in _members(bot))
    [alert] = alerts(bot)
    for told in (alert.words, screen.read):
        assert ":large_orange_circle: *Our application's secret has expired*" in told
        assert "*High*" in told and "*Mailboxes that do not work:* 2" in told
        assert "*Customers:* 2" in told
        assert f"error `{first}`" in told and f"error `{second}`" in told
        assert "*Whose turn:* our engineers" in told and "MS_CLIENT_SECRET" in told
        address = "https://maildesk.example/errors/application-secret-expired"
        assert f"<{address}|" in told
        assert "Nobody has acknowledged this yet. <!subteam^S0ONCALL>" in told
    details = [part for part in parts(screen.top) if part.get("action_id") == ActionId.ERROR_SHOW]
    assert [each["value"] for each in details] == [first, second]
    assert {"Details", "Mailboxes"} <= buttons(alert.blocks).keys()


def _members(bot: FastBot) -> list[IncidentMember]:
    with bot.store.transaction() as tx:
        return sorted(tx.incidents.members(number(bot)), key=lambda each: each.joined_at)


def test_what_ended_it_before_and_how_long_that_took_stands_on_the_next_alert(
    bot: FastBot,
) -> None:
    broken(bot)
    first = number(bot)
    bot.pass_time(minutes=20)
    works_again(bot)
    bot.incidents.retest(first, OMAR, resolving=True)
    bot.pass_time(minutes=1)
    bot.pass_time(hours=2)
    assert read(bot, first).status is IncidentStatus.CLOSED

    broken(bot)
    told = alerts(bot)[-1].words
    assert "Earlier alerts like this:" in told and "over after 2" in told
    assert "*What ended this cause before*" in told


def test_each_status_has_one_button_that_stands_out_and_what_can_be_done_in_it(
    bot: FastBot, screen: Screen
) -> None:
    alert = number(bot)
    seen = {}
    deeds = {
        "open": lambda: None,
        "acknowledged": lambda: bot.incidents.acknowledge(alert, OMAR),
        "silenced": lambda: bot.incidents.silence(alert, None, "known", OMAR),
    }
    for status, do in deeds.items():
        do()
        card = bot.views.incidents.card(alert)
        seen[status] = list(buttons(alert_card(card).blocks[-1:]))
        assert leads(alert_card(card).blocks) == leads(alert_window(card)), status
        [seen[f"{status} first"]] = leads(alert_card(card).blocks)
    assert seen["open first"] == "Acknowledge"
    assert seen["open"] == ["Acknowledge", "Silence", "Re-test all", "Resolve", "More"]
    assert seen["acknowledged first"] == "Resolve"
    assert "Un-acknowledge" in seen["acknowledged"] and "Acknowledge" not in seen["acknowledged"]
    assert seen["silenced first"] == "End the silence"
    assert "Acknowledge" in seen["silenced"]


# -- what is pressed


def test_what_is_pressed_in_the_window_shows_there_at_once(bot: FastBot, screen: Screen) -> None:
    alert = number(bot)
    screen.pressed(ActionId.ALERT_ACKNOWLEDGE, alert)
    assert f"Acknowledged by <@{OMAR.user}>" in screen.read
    screen.pressed(ActionId.ALERT_RELEASE, alert)
    assert "Nobody has acknowledged this yet" in screen.read
    assert "Hand to support" in buttons(screen.top)
    screen.pressed(ActionId.ALERT_HAND_OVER, alert)
    assert "Hand to support" not in buttons(screen.top)


def test_who_is_not_on_call_sees_and_presses_nothing(bot: FastBot, screen: Screen) -> None:
    alert = number(bot)
    outside = Screen(bot, CAROL)
    for action in ActionId:
        if action.startswith(("alert.", "alerts.", "maintenance.")):
            with pytest.raises(Refused) as refused:
                outside.pressed(action, alert)
            assert refused.value.sentence == "refused.on_call_only", action
    assert outside.windows == []
    assert read(bot, alert).status is IncidentStatus.OPEN


STALE = {
    ActionId.ALERT_ACKNOWLEDGE: "alert.stale_mended",
    ActionId.ALERT_RELEASE: "alert.stale_mended",
    ActionId.ALERT_UNSILENCE: "alert.not_silent",
    ActionId.ALERT_RETEST: "alert.over",
    ActionId.ALERT_RESOLVE: "alert.over",
    ActionId.ALERT_ESCALATE: "alert.cannot_escalate",
    ActionId.ALERT_HAND_OVER: "alert.not_to_hand_over",
}


def test_a_press_on_a_card_that_is_out_of_date_is_refused_and_shows_what_is_so(
    bot: FastBot, screen: Screen
) -> None:
    alert = number(bot)
    shown = screen.top
    works_again(bot)
    bot.incidents.retest(alert, OLGA, resolving=True)
    bot.run_due()
    for action, sentence in STALE.items():
        screen.windows = [shown]
        with pytest.raises(Refused) as refused:
            screen.pressed(action, alert)
        assert refused.value.sentence == sentence, action
        assert "Over since" in screen.read, action
    assert read(bot, alert).status is IncidentStatus.MENDED


def test_who_has_it_already_is_said(bot: FastBot, screen: Screen) -> None:
    alert = number(bot)
    bot.incidents.acknowledge(alert, OLGA)
    with pytest.raises(Refused) as refused:
        screen.pressed(ActionId.ALERT_ACKNOWLEDGE, alert)
    assert (refused.value.sentence, refused.value.values["user"]) == ("alert.taken_by", OLGA.user)


# -- silence


def test_a_silence_needs_a_reason_and_says_it_on_the_card_until_it_is_ended(
    bot: FastBot, screen: Screen
) -> None:
    alert = number(bot)
    screen.pressed(ActionId.ALERT_SILENCE, alert)
    assert screen.sent(FormId.ALERT_SILENCE, length="hour", reason=" ") == {
        "reason": "Please write a reason."
    }
    problem = screen.sent(FormId.ALERT_SILENCE, length="hour", reason="x" * 301)
    assert "300" in problem["reason"]
    assert screen.sent(FormId.ALERT_SILENCE, length="fixed", reason="<!here> planned *work*") == {}
    assert "Silent until it is fixed" in screen.read, "the window behind the form"
    assert "<!here>" not in screen.read and "planned" in screen.read
    assert "silenced this until it is fixed" in thread(bot)[-1]

    screen.pressed(ActionId.ALERT_UNSILENCE, alert)
    assert "Nobody has acknowledged this yet" in screen.read
    assert read(bot, alert).status is IncidentStatus.OPEN


@pytest.mark.parametrize(("length", "minutes"), [("hour", 60), ("day", 24 * 60)])
def test_a_silence_lasts_as_long_as_was_chosen(
    bot: FastBot, screen: Screen, length: str, minutes: int
) -> None:
    alert = number(bot)
    screen.pressed(ActionId.ALERT_SILENCE, alert)
    screen.sent(FormId.ALERT_SILENCE, length=length, reason="known")
    bot.pass_time(minutes=minutes - 1)
    assert read(bot, alert).status is IncidentStatus.SILENCED
    bot.pass_time(minutes=2)
    assert read(bot, alert).status is IncidentStatus.OPEN


# -- who did it


def test_who_did_it_is_named_and_mentioned_where_slack_does_not_say_the_name() -> None:
    def said(user: str, name: str) -> str:
        return happened(AlertLine("unacknowledged", NOW, user, name, {}))

    assert "Omar Haddad" in said("U0OMAR", "Omar Haddad")
    assert "<@U0OMAR>" in said("U0OMAR", "") and "<@" not in said("U0OMAR", "Omar")
    assert "Maildesk" in said("", "")


# -- acknowledged for as long as somebody says


def test_an_acknowledgement_lasts_as_long_as_was_chosen_and_its_owner_may_prolong_it(
    bot: FastBot, screen: Screen
) -> None:
    alert = number(bot)
    for length, minutes in (("15m", 15), ("4h", 240)):
        screen.pressed(ActionId.ALERT_KEEP, alert)
        assert screen.sent(FormId.ALERT_KEEP, length=length) == {}
        held = read(bot, alert)
        assert (held.acknowledged_until - bot.now).total_seconds() == minutes * 60
    olga = Screen(bot, OLGA)
    olga.pressed(ActionId.ALERT_KEEP, alert)
    with pytest.raises(Refused) as refused:
        olga.sent(FormId.ALERT_KEEP, length="7d")
    assert refused.value.sentence == "alert.taken_by"
    bot.pass_time(minutes=241)
    assert read(bot, alert).status is IncidentStatus.OPEN


# -- tested and resolved


def test_the_progress_of_testing_all_and_what_still_fails_stand_on_the_card(
    bot: FastBot, screen: Screen
) -> None:
    alert = number(bot)
    bot.incidents.retest(alert, OMAR, resolving=True)
    assert "Testing all mailboxes: *0* of 2" in _card(bot, alert)
    bot.pass_time(seconds=1)
    card = _card(bot, alert)
    assert "Testing all" not in card
    assert "*Not resolved:*" in card and "still do not work: *2*" in card
    assert "*Not resolved:*" in thread(bot)[-1]

    screen.pressed(ActionId.ALERT_RETEST, alert)
    card = _card(bot, alert)
    assert "Not resolved" not in card and "Mailboxes that still do not work: *2*" in card


def test_those_that_work_again_count_as_tested(bot: FastBot, screen: Screen) -> None:
    alert = number(bot)
    bot.incidents.retest(alert, OMAR, resolving=False)
    bot.clock.at += timedelta(seconds=1)
    info = account(bot, "Info")
    with bot.store.transaction() as tx:
        tx.incidents.lock(alert)
        tx.incidents.leave(alert, [info.id], bot.now)
    assert "Testing all mailboxes: *1* of 2" in _card(bot, alert)


def _card(bot: FastBot, alert: int) -> str:
    return bot.draw("alert", incident=alert)


def test_who_waits_for_a_sign_in_does_not_keep_a_test_of_all_from_ending(bot: FastBot) -> None:
    broken(bot)
    waits = bot.account(State.AWAITING_SIGN_IN)
    alert = number(bot)
    with bot.store.transaction() as tx:
        held = tx.incidents.lock(alert)
        tx.incidents.join(held, waits.id, held.failure_ref, bot.now)
    bot.pass_time(minutes=1)
    bot.incidents.retest(alert, OMAR, resolving=False)
    bot.pass_time(seconds=1)
    assert read(bot, alert).retest_at is None
    assert "All mailboxes were tested" in _card(bot, alert)


def test_recovery_is_told_in_the_thread_with_what_happened_and_mentions_nobody(
    bot: FastBot, screen: Screen
) -> None:
    alert = number(bot)
    bot.pass_time(minutes=7)
    screen.pressed(ActionId.ALERT_ACKNOWLEDGE, alert)
    bot.pass_time(minutes=30)
    works_again(bot)
    screen.pressed(ActionId.ALERT_RESOLVE, alert)
    bot.pass_time(minutes=1)

    told = thread(bot)[-1]
    assert "Everything works again. Mailboxes that are back: *2* of 2, after 37 minutes" in told
    for done in ("seen for the first time", "is looking after this until", "had all mailboxes"):
        assert done in told, done
    assert [each for each in thread(bot) if MENTION.search(each)] == []
    assert ":white_check_mark:" in alerts(bot)[0].words


# -- the customers, and support


def test_the_customers_are_told_what_was_shown_first_and_that_it_is_over(
    bot: FastBot, screen: Screen
) -> None:
    alert = number(bot)
    gone = bot.customer("Cygnus", "C0CYGN")
    left = broken(bot, "Left", gone)
    with bot.store.transaction() as tx:
        tx.incidents.lock(alert)
        tx.incidents.leave(alert, [left.id], bot.now)
    screen.pressed(ActionId.ALERT_TELL, alert)
    for told in ("Acme Marine  ·  mailboxes: 1", "Borealis  ·  mailboxes: 1", "do not work"):
        assert told in screen.read, told
    assert "Cygnus" not in screen.read
    before = [len(bot.posted(channel)) for channel in ("C0ACME", "C0BORE", "C0CYGN")]
    assert screen.sent(FormId.ALERT_TELL) == {}
    assert "Tell the customers" not in buttons(screen.top)
    after = [len(bot.posted(channel)) for channel in ("C0ACME", "C0BORE", "C0CYGN")]
    assert after == [before[0] + 1, before[1] + 1, before[2]]
    assert "We know that some of your mailboxes do not work" in bot.posted("C0BORE")[-1].words

    works_again(bot)
    bot.incidents.retest(alert, OMAR, resolving=True)
    bot.pass_time(minutes=1)
    assert [each for each in bot.posted("C0BORE") if "is over" in each.words]


def test_support_is_handed_an_alert_and_reads_when_it_is_over(bot: FastBot, screen: Screen) -> None:
    alert = number(bot)
    screen.pressed(ActionId.ALERT_HAND_OVER, alert)
    [handed] = [each for each in bot.posted(DESK) if "asks you to look after" in each.words]
    assert "|Our application's secret has expired>" in handed.words
    works_again(bot)
    bot.incidents.retest(alert, OMAR, resolving=True)
    bot.pass_time(minutes=1)
    assert [each for each in bot.posted(DESK) if "this is over" in each.words]


# -- the windows behind it


def test_mailboxes_stand_by_customer_page_by_page_with_names_made_harmless(bot: FastBot) -> None:
    borealis = bot.customer("Borealis <!channel>", "C0BORE")
    failing = [bot.account(State.LIVE, name=f"Box {n:02}") for n in range(22)]
    failing.append(
        bot.account(State.LIVE, name="<@U0VERA> *bold*", channel=borealis, address="x@y.example")
    )
    fail(bot, *failing)
    screen = Screen(bot)
    screen.pressed(ActionId.ALERT_MAILBOXES, number(bot))
    assert screen.read.count("*Acme Marine*") == 1 and "*Box 00*" in screen.read
    assert "Borealis" not in screen.read and "Page 1 of 2" in screen.read
    screen.pressed(ActionId.ALERT_MAILBOXES_NEXT, f"{number(bot)}:1")
    assert "*Box 21*" in screen.read and "Borealis &lt;!channel&gt;" in screen.read
    assert "<@U0VERA>" not in screen.read and "<!channel>" not in screen.read
    assert members(bot, number(bot)) == {each.id for each in failing}


def test_the_timeline_tells_everything_in_order(bot: FastBot, screen: Screen) -> None:
    alert = number(bot)
    screen.pressed(ActionId.ALERT_ACKNOWLEDGE, alert)
    screen.pressed(ActionId.ALERT_ESCALATE, alert)
    screen.pressed(ActionId.ALERT_TIMELINE, alert)
    told = screen.read
    order = [
        "seen for the first time",
        "It has grown",
        "is looking after this",
        "asked everybody on call for help",
    ]
    assert [told.index(each) for each in order] == sorted(told.index(each) for each in order)
    assert MENTION.search(told) is None


def test_support_may_press_whatever_on_call_may(bot: FastBot, screen: Screen) -> None:
    support = Screen(bot, VERA)
    support.pressed(ActionId.ALERT_SHOW, number(bot))
    support.pressed(ActionId.ALERT_ACKNOWLEDGE, number(bot))
    assert read(bot, number(bot)).acknowledged_by == VERA.user
    assert ALERTS not in support.read


# -- what one stands for


def test_a_wider_alert_leads_to_the_narrower_ones_and_they_lead_to_it(
    bot: FastBot, screen: Screen
) -> None:
    wide = number(bot)
    narrow = broken_apart(bot, wide)
    screen.pressed(ActionId.ALERT_SHOW, wide)
    assert "*Narrower alerts that this one includes:* 1" in screen.read
    assert "Open" in buttons(screen.top)
    screen.pressed(ActionId.ALERT_SHOW, narrow)
    assert "part of a wider alert" in screen.read
    assert leads(screen.top) == ["Open the wider alert"]
    assert "Acknowledge" not in buttons(screen.top)
    screen.pressed(ActionId.ALERT_OTHER, wide)
    assert "*Narrower alerts that this one includes:* 1" in screen.read


def broken_apart(bot: FastBot, wide: int) -> int:
    """A narrower incident of the same cause, for which the wide one stands."""
    with bot.store.transaction() as tx:
        found = tx.channels.customer_named("Borealis")
        assert found is not None
        borealis = found.id
    narrow = bot.regrouping.split(wide, borealis, OMAR)
    with bot.store.transaction() as tx:
        tx.incidents.lock(wide)
        held = tx.incidents.lock(narrow)
        assert held is not None
        held.inhibited_by = wide
    return narrow


def test_every_length_that_a_form_offers_is_one(bot: FastBot, screen: Screen) -> None:
    assert set(incident_windows.LENGTHS) == SILENT_FOR.keys()
    assert set(incident_windows.KEPT) == KEPT_FOR.keys()
    for length in KEPT_FOR.values():
        bot.incidents.acknowledge(number(bot), OMAR, length)
