"""The weekly report: what it counts, that any week can be counted again, and that it comes once."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.common.people import MAILDESK
from bot.diagnosis.observation import Observation, Where
from bot.lifecycle.states import Event
from bot.messages import notices
from bot.views.report import Numbers, OnCallTimes, Report, Stage, week_before
from handlers.cards.newer import newer_kinds, without
from handlers.cards.report import report_message
from sandbox.slack.limits import problems
from storage.tables import Account
from storage.vocabulary import Owner, State, StepId
from tests.support.fast import ALERTS, CAROL, DESK, SENDING_IS_OFF, VERA, FastBot, days, hours
from tests.support.fast_ports import Posted

MONDAY = date(2026, 11, 23)
SENDING_OFF = Observation(Where.SMTP, "smtp.auth", **SENDING_IS_OFF)


def week(bot: FastBot, monday: date = MONDAY) -> Numbers:
    """The numbers of a week."""
    report: Report = bot.views.reports.week(monday)
    return report.week


def walked(bot: FastBot, name: str) -> Account:
    """An account that somebody adds, signs in to and maps."""
    account = bot.account(State.AWAITING_SIGN_IN, name=name)
    bot.sign_in(account)
    bot.run_due()
    bot.folders.accept(account.id, CAROL)
    return account


def connected(bot: FastBot, name: str, took: timedelta) -> Account:
    """An account that was live so long after it was added."""
    account = bot.account(State.AWAITING_SIGN_IN, name=name)
    bot.clock.at += took
    happened(bot, account, Event.TEST_BEGAN, Event.TEST_PASSED)
    return account


def happened(bot: FastBot, account: Account, *events: Event) -> None:
    """These things happen to an account."""
    with bot.store.transaction() as tx:
        held = tx.accounts.lock(account.id)
        for event in events:
            bot.lifecycle.transition(tx, held, event, MAILDESK, Owner.ADMINISTRATOR)


def plain(message: Any) -> str:
    """What somebody reads where Slack takes no newer block."""
    assert problems("message", {"text": message.text, "blocks": message.blocks}) == []
    simple = without(message, newer_kinds(message))
    assert problems("message", {"text": simple.text, "blocks": simple.blocks}) == []
    return Posted("", "", "", simple.blocks).words


def test_the_road_counts_of_those_on_their_way_who_came_how_far(bot: FastBot) -> None:
    walked(bot, "Long ago")
    bot.clock.at += days(7)
    bot.account(State.AWAITING_SIGN_IN, name="Waits")
    tested = bot.account(State.AWAITING_SIGN_IN, name="Tested")
    bot.sign_in(tested)
    bot.run_due()
    failing = bot.account(State.AWAITING_SIGN_IN, name="Failing")
    bot.mailbox(failing).faults[StepId.SMTP_AUTH] = SENDING_OFF
    bot.sign_in(failing)
    bot.run_due()
    walked(bot, "Live")
    assert week(bot, MONDAY + days(7)).road == {
        Stage.CREATED: 4,
        Stage.SIGNED_IN: 3,
        Stage.TESTED: 2,
        Stage.MAPPED: 1,
        Stage.LIVE: 1,
    }


def test_the_time_to_connect_is_told_by_its_median_and_its_worst(bot: FastBot) -> None:
    slow = connected(bot, "Slow", hours(30))
    for took in (2, 3, 4, 5):
        connected(bot, f"Takes {took}", hours(took))
    seen = week(bot)
    assert seen.median == hours(4)
    assert seen.worst is not None
    assert (seen.worst.ref, seen.worst.customer) == (slow.ref, "Acme Marine")
    words = plain(report_message(bot.views.reports.week(MONDAY)))
    assert "*Time to connect, median:* 4 hours" in words
    assert f"30 hours, *Slow* `{slow.ref}` of Acme Marine" in words


def test_a_week_is_counted_the_same_however_late(bot: FastBot) -> None:
    fine = connected(bot, "Fine", hours(1))
    broken = connected(bot, "Broken", hours(1))
    bot.failure(broken)
    happened(bot, broken, Event.TEST_FAILED)
    bot.clock.at = datetime(2026, 11, 30, 0, 30, tzinfo=UTC)
    at_first = week(bot)
    assert (at_first.live, at_first.broken, at_first.broke) == (1, 1, 1)
    assert [(each.owner, each.mailboxes) for each in at_first.causes] == [(Owner.ADMINISTRATOR, 1)]

    happened(bot, broken, Event.TEST_PASSED)
    bot.accounts.disconnect(fine.id, CAROL)
    bot.account(State.LIVE, name="New")
    bot.clock.at += days(30)
    later = week(bot)
    assert (later.live, later.broken, later.broke) == (1, 1, 1)
    assert (later.road, later.connected) == (at_first.road, at_first.connected)
    following = week(bot, MONDAY + days(7))
    assert (following.live, following.broken, following.broke) == (2, 0, 0)


def test_one_that_is_tested_at_midnight_counts_as_before_its_test(bot: FastBot) -> None:
    account = bot.account(State.BROKEN, name="Info")
    bot.clock.at = datetime(2026, 11, 29, 23, 59, tzinfo=UTC)
    happened(bot, account, Event.TEST_BEGAN)
    bot.clock.at += hours(1)
    assert bot.read(account).state is State.TESTING
    assert week(bot).broken == 1


def test_days_begin_where_the_support_team_is() -> None:
    bot = FastBot(timezone="America/New_York")
    bot.clock.at = datetime(2026, 11, 23, 3, tzinfo=UTC)  # Sunday evening there
    connected(bot, "Info", timedelta(minutes=1))
    assert week(bot, MONDAY - days(7)).live == 1
    assert week(bot, MONDAY).road[Stage.CREATED] == 0


def test_on_calls_times_are_averages_of_the_alerts_of_the_week(bot: FastBot) -> None:
    account = bot.account(State.LIVE, name="Info")
    bot.slack.members[ALERTS] = {VERA.user}
    ours = {"where": Where.TOKEN, "step": "token", "error": "invalid_client"}
    bot.failure(account, **ours)
    with bot.store.transaction() as tx:
        [incident] = tx.incidents.all_open()
    bot.clock.at += timedelta(minutes=20)
    bot.incidents.acknowledge(incident.id, VERA)
    bot.clock.at += timedelta(minutes=100)
    bot.checks.start(account.id, CAROL)
    bot.run_due()
    seen = week(bot).on_call
    assert seen == OnCallTimes(1, timedelta(minutes=20), timedelta(minutes=120))
    words = plain(report_message(bot.views.reports.week(MONDAY)))
    assert "*Until acknowledged, on average:* 20 minutes" in words
    assert "*Until fixed, on average:* 2 hours" in words


# When it comes.


MOMENTS = [
    datetime(2026, 12, day, hour, minute, tzinfo=UTC)
    for day in (1, 4, 6, 7, 8)
    for hour, minute in ((8, 55), (9, 0), (16, 55), (17, 0))
]
"""Before, at and after working hours, around a Monday."""


def at_work() -> FastBot:
    """A bot whose support team works in ordinary hours, with something to report."""
    bot = FastBot(working_hours="09:00-17:00", working_days="12345")
    connected(bot, "Info", hours(1))
    bot.clock.at = datetime(2026, 11, 28, 12, tzinfo=UTC)
    return bot


def reports(bot: FastBot) -> list[Posted]:
    """The reports that support has."""
    return [each for each in bot.posted(DESK) if each.text.startswith("Last week. ")]


def test_it_comes_on_monday_morning_once() -> None:
    bot = at_work()
    bot.clock.at = datetime(2026, 11, 30, 9, tzinfo=UTC)
    bot.run_due()
    assert len(reports(bot)) == 1
    came: list[str] = []
    for at in (*MOMENTS, *(at.replace(day=at.day + 7) for at in MOMENTS)):
        bot.clock.at = at
        before = len(reports(bot))
        bot.run_due()
        came += [f"{at:%a %H:%M}"] * (len(reports(bot)) - before)
    assert came == ["Mon 09:00", "Mon 09:00"]


def test_several_workers_and_a_killed_one_post_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    bot = at_work()
    others = [FastBot(bot) for _ in range(3)]
    bot.clock.at = datetime(2026, 11, 30, 9, 30, tzinfo=UTC)

    def killed(*_args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(notices, "show_report", killed)
        with pytest.raises(KeyboardInterrupt):
            bot.weekly_report.post_due()
    for each in (*others, bot):
        each.run_due()
    assert len(reports(bot)) == 1


def test_whoever_was_not_there_on_monday_gets_it_later_in_the_week() -> None:
    bot = at_work()
    bot.clock.at = datetime(2026, 12, 2, 16, tzinfo=UTC)
    bot.run_due()
    [report] = reports(bot)
    assert "2026-11-23" in report.words


def test_where_nothing_is_there_to_be_counted_nothing_comes() -> None:
    bot = FastBot()
    bot.clock.at = datetime(2026, 11, 30, 9, tzinfo=UTC)
    bot.run_due()
    assert reports(bot) == []


def test_the_week_before_is_that_of_the_last_sunday() -> None:
    assert week_before(date(2026, 11, 30)) == MONDAY
    assert week_before(date(2026, 12, 6)) == MONDAY


# How it looks.


def test_it_has_two_charts_and_a_table_where_slack_takes_them(bot: FastBot) -> None:
    account = connected(bot, "Info", hours(1))
    bot.failure(account)
    assert "Causes by whose turn" not in plain(report_message(bot.views.reports.week(MONDAY)))
    bot.failure(account, where=Where.TOKEN, step="token", error="invalid_client")
    message = report_message(bot.views.reports.week(MONDAY))
    kinds = [block["type"] for block in message.blocks]
    assert (kinds.count("data_visualization"), kinds.count("table")) == (2, 1)
    assert problems("message", {"text": message.text, "blocks": message.blocks}) == []


def test_what_changed_is_told_against_the_week_before(bot: FastBot) -> None:
    for name in ("One", "Two", "Three"):
        connected(bot, name, hours(1))
    gone = connected(bot, "Gone", hours(1))
    bot.clock.at += days(7)
    bot.accounts.disconnect(gone.id, CAROL)
    connected(bot, "Four", hours(1))
    words = plain(report_message(bot.views.reports.week(MONDAY + days(7))))
    assert "*Live:* 4 (±0)" in words
    assert "*Newly live:* 1 (−3)" in words
    assert "▰▰▰▰▰▰▰▰▰▰  Added: *1* (−3)" in words


def test_names_cannot_draw_anything_and_long_ones_fit(bot: FastBot) -> None:
    connected(bot, "<!channel> *x* " + "&" * 60, hours(1))
    report = bot.views.reports.week(MONDAY)
    causes = [
        replace(each, title="<!here> " + "&" * 400, mailboxes=number)
        for number, each in enumerate([_cause(bot)] * 40)
    ]
    message = report_message(replace(report, week=replace(report.week, causes=causes[::-1])))
    words = plain(message)
    assert "<!channel>" not in words
    assert "<!here>" not in words


def _cause(bot: FastBot) -> Any:
    bot.failure(bot.account(State.LIVE, name="Other"))
    return week(bot).causes[0]
