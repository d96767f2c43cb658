"""`/maildesk maintenance`: a time of maintenance is planned in a window, what is wrong is said at its
field, and what is planned can be ended."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.common.refusals import Refused
from handlers.cards.actions import ActionId, FormId
from handlers.features import maintenance
from storage.vocabulary import IncidentStatus
from tests.support.fast import ALERTS, CAROL, FastBot, days
from tests.support.incidents import OMAR, Screen, broken, buttons, incidents, on_call, read


@pytest.fixture
def bot() -> FastBot:
    return on_call(FastBot(timezone="Europe/Copenhagen"))


@pytest.fixture
def screen(bot: FastBot) -> Screen:
    """Omar's screen, with the window."""
    return opened(bot)


def opened(bot: FastBot) -> Screen:
    """The window, as the command opens it."""
    screen = Screen(bot)
    screen.open(maintenance.window(bot.services))
    return screen


def filled(bot: FastBot, **changed: str) -> dict[str, str]:
    """Everything, from now for two hours, with a few fields changed."""
    start = bot.now + timedelta(hours=1)  # Copenhagen, in winter
    there = {
        "of": "application",
        "from_day": f"{start:%Y-%m-%d}",
        "from_time": f"{start:%H:%M}",
        "to_day": f"{start + timedelta(hours=2):%Y-%m-%d}",
        "to_time": f"{start + timedelta(hours=2):%H:%M}",
        "reason": "New servers",
    }
    return there | changed


def planned(bot: FastBot) -> list[str]:
    """What is planned, by its reasons."""
    return [each.reason for each in bot.views.incident_lists.planned()]


def test_the_window_suggests_two_hours_from_now_on_our_own_clock(
    bot: FastBot, screen: Screen
) -> None:
    fields = {
        block["block_id"]: block["element"]
        for block in screen.top["blocks"]
        if block["type"] == "input"
    }
    there = bot.now + timedelta(hours=1)
    assert fields["from_time"]["initial_value"] == f"{there:%H:%M}"
    assert fields["to_time"]["initial_value"] == f"{there + timedelta(hours=2):%H:%M}"
    assert "Europe/Copenhagen" in str(screen.top["blocks"])


def test_what_is_planned_begins_hushes_what_is_open_and_is_announced(bot: FastBot) -> None:
    broken(bot)
    [alert] = incidents(bot)
    screen = opened(bot)
    assert screen.sent(FormId.MAINTENANCE_PLAN, **filled(bot, reason="<!here> servers")) == {}
    assert "&lt;!here&gt; servers" in screen.read and "End" in buttons(screen.top)
    assert read(bot, alert.id).status is IncidentStatus.SILENCED
    assert [each for each in bot.posted(ALERTS) if "Maintenance of everything" in each.words]
    assert "Silent because of maintenance" in bot.draw("alert", incident=alert.id)


def test_times_are_those_of_the_clock_of_the_settings(bot: FastBot, screen: Screen) -> None:
    times = {"from_day": "2026-12-24", "from_time": "22:00", "to_day": "2026-12-25"}
    assert screen.sent(FormId.MAINTENANCE_PLAN, **filled(bot, **times, to_time="6:00 ")) == {
        "to_time": "Please write a time like 23:30."
    }
    assert screen.sent(FormId.MAINTENANCE_PLAN, **filled(bot, **times, to_time="06:00 ")) == {}
    [window] = bot.views.incident_lists.planned()
    assert window.begins_at == datetime(2026, 12, 24, 21, 0, tzinfo=UTC)
    assert window.ends_at == datetime(2026, 12, 25, 5, 0, tzinfo=UTC)


def test_what_is_wrong_is_said_at_the_field_where_it_is(bot: FastBot, screen: Screen) -> None:
    later = bot.now + days(91)
    wrong = {
        "to_time": filled(bot, to_day=f"{bot.now - days(1):%Y-%m-%d}"),
        "to_day": filled(bot, to_day=f"{bot.now + days(8):%Y-%m-%d}"),
        "from_day": filled(
            bot,
            from_day=f"{later:%Y-%m-%d}",
            to_day=f"{later + days(1):%Y-%m-%d}",
        ),
        "from_time": filled(bot, from_time="ten"),
        "customer": filled(bot, of="customer"),
        "cause": filled(bot, of="cause", cause="no-such-cause"),
        "reason": filled(bot, reason="  "),
    }
    for field, values in wrong.items():
        assert [*screen.sent(FormId.MAINTENANCE_PLAN, **values)] == [field], field
    assert planned(bot) == []


def test_one_customer_or_one_cause_is_all_that_it_is_about(bot: FastBot) -> None:
    broken(bot)
    [alert] = incidents(bot)
    for about, quiet in (
        ({"of": "customer", "customer": str(bot.acme.customer_id)}, False),
        ({"of": "cause", "cause": "smtp-auth-off-tenant"}, False),
        ({"of": "cause", "cause": "application-secret-expired"}, True),
    ):
        screen = opened(bot)
        assert screen.sent(FormId.MAINTENANCE_PLAN, **filled(bot, **about)) == {}
        status = read(bot, alert.id).status
        assert (status is IncidentStatus.SILENCED) is quiet, about


def test_it_is_ended_in_the_window_and_what_still_fails_alerts(bot: FastBot) -> None:
    broken(bot)
    [alert] = incidents(bot)
    screen = opened(bot)
    screen.sent(FormId.MAINTENANCE_PLAN, **filled(bot))
    screen = opened(bot)
    assert "New servers" in screen.read
    [window] = bot.views.incident_lists.planned()
    screen.pressed(ActionId.MAINTENANCE_END, window.id)
    assert "New servers" not in screen.read and planned(bot) == []
    bot.pass_time(minutes=1)
    assert read(bot, alert.id).status is IncidentStatus.OPEN
    with pytest.raises(Refused) as refused:
        screen.pressed(ActionId.MAINTENANCE_END, window.id)
    assert refused.value.sentence == "maintenance.over"


def test_nobody_else_plans_any(bot: FastBot, screen: Screen) -> None:
    outside = Screen(bot, CAROL, screen.windows)
    with pytest.raises(Refused) as refused:
        outside.sent(FormId.MAINTENANCE_PLAN, **filled(bot))
    assert refused.value.sentence == "refused.on_call_only"
    assert planned(bot) == [] and OMAR.user not in screen.read
