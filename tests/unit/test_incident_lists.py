"""`/maildesk alerts` and the Home tab of on-call: what is open, silenced, in maintenance, and what was
lately; by severity, cause and customer."""

from datetime import timedelta

import pytest

from bot.common.refusals import Refused
from bot.incidents.maintenance import Plan
from handlers.cards.actions import ActionId
from handlers.cards.home import on_call_home
from handlers.cards.incident_list import Choices
from sandbox.slack.limits import problems
from storage.vocabulary import MaintenanceOf
from tests.support.fast import FastBot, days
from tests.support.incidents import (
    OLGA,
    OMAR,
    Screen,
    broken,
    buttons,
    incidents,
    on_call,
    words,
)

EXPIRED = "*Our application's secret has expired*"
PARTS = ("open", "silenced", "maintenance", "past")


@pytest.fixture
def bot() -> FastBot:
    return on_call(FastBot())


def opened(bot: FastBot, **chosen: str) -> Screen:
    """The list, with what was chosen in it."""
    screen = Screen(bot)
    screen.pressed(ActionId.ALERT_LIST, "")
    choose(screen, **chosen)
    return screen


def choose(screen: Screen, **chosen: str) -> None:
    """Choose in the lists above the alerts, which show their choices together."""
    fields = {f"alerts.{name}": value for name, value in chosen.items()}
    if chosen:
        screen.pressed(ActionId.ALERT_LIST_PART, "", **fields)


def test_nothing_open_says_so(bot: FastBot) -> None:
    assert "There are no open alerts." in opened(bot).read
    for part, said in {
        "silenced": "No alert is silenced.",
        "maintenance": "No alert is silent because of maintenance.",
        "past": "No alert ended in the last 30 days.",
    }.items():
        assert said in opened(bot, part=part).read


def test_each_alert_stands_in_one_part_and_leads_to_its_window(bot: FastBot) -> None:
    broken(bot)
    [alert] = incidents(bot)
    screen = opened(bot)
    assert EXPIRED in screen.read and "nobody yet" in screen.read
    screen.pressed(ActionId.ALERT_SHOW, alert.id)
    assert len(screen.windows) == 2 and "Acknowledge" in buttons(screen.top)

    bot.incidents.silence(alert.id, timedelta(hours=1), "known", OMAR)
    seen = {part: EXPIRED in opened(bot, part=part).read for part in PARTS}
    assert seen == {"open": False, "silenced": True, "maintenance": False, "past": False}

    bot.incidents.unsilence(alert.id, OMAR)
    plan = Plan(MaintenanceOf.APPLICATION, "", bot.now, bot.now + timedelta(hours=1), "works")
    window = bot.maintenance.plan(plan, OMAR)
    seen = {part: EXPIRED in opened(bot, part=part).read for part in PARTS}
    assert seen == {"open": False, "silenced": False, "maintenance": True, "past": False}

    bot.maintenance.end(window, OMAR)
    bot.microsoft.refusal = None
    bot.incidents.retest(alert.id, OMAR, resolving=True)
    bot.pass_time(minutes=1)
    seen = {part: EXPIRED in opened(bot, part=part).read for part in PARTS}
    assert seen == {"open": False, "silenced": False, "maintenance": False, "past": True}

    bot.pass_time(hours=2)
    bot.clock.at += days(29)
    assert EXPIRED in opened(bot, part="past").read
    bot.clock.at += days(2)
    assert EXPIRED not in opened(bot, part="past").read


def test_a_list_is_narrowed_by_severity_cause_and_customer(bot: FastBot) -> None:
    borealis = bot.customer("Borealis", "C0BORE")
    broken(bot, "Theirs", borealis)
    for chosen, there in (
        ({"severity": "high"}, True),
        ({"severity": "critical"}, False),
        ({"cause": "application-secret-expired"}, True),
        ({"cause": "smtp-auth-off-tenant"}, False),
        ({"customer": str(borealis.customer_id)}, True),
        ({"customer": str(bot.acme.customer_id)}, False),
    ):
        read = opened(bot, part="open", **chosen).read
        assert (EXPIRED in read) is there, chosen
        assert ("No alert matches." in read) is not there, chosen


def test_a_window_keeps_what_was_chosen_and_whatever_is_unknown_is_not_set() -> None:
    kept = "alerts|silenced|low|7|2|smtp|with|bars"
    assert Choices.read(kept).about == kept
    for about in ("", "alert|7", "alerts|nonsense|x", "alerts|open|worst|-1|x|"):
        only = Choices.read(about).only
        assert (only.part, only.severity, only.customer_id, only.page) == ("open", None, 0, 0)


def test_home_shows_first_what_waits_and_that_it_is_taken(bot: FastBot) -> None:
    broken(bot)
    [alert] = incidents(bot)
    tab = on_call_home(bot.views.incident_lists.at_work())
    assert problems("home", tab) == [] and EXPIRED in words(tab)
    assert buttons(tab)["Acknowledge"] == "primary" and "Open" in buttons(tab)
    bot.incidents.acknowledge(alert.id, OLGA)
    tab = on_call_home(bot.views.incident_lists.at_work())
    assert "Acknowledge" not in buttons(tab) and f"<@{OLGA.user}>" in words(tab)


def test_an_alert_that_is_no_more_says_so(bot: FastBot) -> None:
    with pytest.raises(Refused) as refused:
        Screen(bot).pressed(ActionId.ALERT_SHOW, 4711)
    assert refused.value.sentence == "alert.gone"
