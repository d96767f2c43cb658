"""Support and on-call look back, at everything that happened to a mailbox and at the week; and ahead,
at what will stop working."""

import pytest

from tests.support.story import OMAR, VERA, Story
from tests.support.world import ALERTS, DESK

pytestmark = pytest.mark.browser

INFO = "info@acme.example"
OFF = "smtp-auth-off-tenant"


def test_support_and_on_call_read_what_happened(story: Story) -> None:
    break_and_mend(story)
    vera = story.enter(VERA, DESK)
    vera.write("/maildesk status Info")
    answer = vera.message("What happened last")
    vera.reads(answer, "status", "Acme Marine", "live", "folders mapped", "fixed after a change")
    vera.press(answer, "Timeline")
    vera.reads(vera.window, "timeline", "added", "connection test failed", "failed: ", "MX-")
    vera.close_windows()

    omar = story.enter(OMAR, ALERTS)
    omar.write("/maildesk status Info")
    omar.press(omar.message("What happened last"), "Timeline")
    omar.reads(omar.window, "timeline", "reported as fixed", "it had lasted 5 hours")
    omar.close_windows()

    story.world.pass_time(days=7)
    report = vera.message("Report of the week")
    vera.reads(report, "report", "Time to connect", "Newly live", "Broken", "Alerts to on-call")
    assert report.locator(".chart").count() == 1
    vera.reads(report.locator(".chart"), "report-chart", "Signed in", "Last week")


def test_where_slack_draws_no_charts_the_week_is_told_in_bars(story: Story) -> None:
    story.world.practice.office.refused_blocks = {"data_visualization"}
    break_and_mend(story)
    vera = story.enter(VERA, DESK)
    story.world.pass_time(days=7)
    report = vera.message("Report of the week")
    vera.reads(report, "report", "▰▰▰▰▰▰▰▰▰▰", "Signed in", "Time to connect")
    assert report.locator(".chart, .table").count() == 0


def test_on_call_reads_what_will_stop_working(story: Story) -> None:
    world = story.world
    world.begin_a_day()  # one o'clock, so that the next look at what is to come is 23 hours away
    for name, address in (("Info", INFO), ("Biuro", "biuro@acme.example")):
        world.map_folders(world.connect(address, name))
    world.settle()
    world.throw("sign-in-frequency", INFO)
    world.expire_tokens("Info")
    world.carol.press(world.card("Info"), "Test connection")
    world.settle()
    world.pass_time(hours=23, minutes=10)
    omar = story.enter(OMAR, ALERTS)
    coming = omar.message("What will stop working")
    omar.reads(coming, "coming", "Acme Marine: the organisation ends sign-ins after", "MB-")


def break_and_mend(story: Story) -> None:
    """A mailbox whose sending is switched off, switched on again, and which is live then."""
    world = story.world
    world.throw(OFF, "acme.example")
    world.sign_in(world.add(INFO, "Info"), INFO)
    world.settle()
    world.pass_time(hours=5)
    world.take_back(OFF, "acme.example")
    world.carol.press(world.card("Info", "It's changed"), "It's changed")
    world.settle()
    world.pass_time(minutes=30)
    world.map_folders(world.card("Info", "folders not mapped yet"))
    world.settle()
