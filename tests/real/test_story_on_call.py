"""Somebody on call has an alert: finds it in the list, looks at the evidence, silences it and ends the
silence, acknowledges it at the pager, tests in vain, and sees it end once it is fixed."""

import re

import pytest

from tests.support.story import CAROL, OMAR, Story, Walker
from tests.support.world import ALERTS

pytestmark = pytest.mark.browser

INFO = "info@acme.example"
EXPIRED = "application-secret-expired"


def test_on_call_sees_an_alert_through(story: Story) -> None:
    carol = story.enter(CAROL)
    carol.add("Info", INFO)
    carol.sign_in("Info", INFO)
    carol.accept_folders("Info")
    carol.reads(carol.card("Info", "Live"), "live")
    omar = story.enter(OMAR, ALERTS)

    story.world.throw(EXPIRED)
    story.world.expire_tokens("Info")
    carol.press(carol.card("Info"), "Test connection")
    alert = omar.message("secret has expired", "First seen")
    assert omar.faces(alert, "alert", "High", "Mailboxes that do not work: 1") == "Acknowledge"

    omar.write("/maildesk alerts")
    omar.reads(omar.window, "list", "secret has expired", "nobody yet")
    omar.press(omar.window, "Open")
    assert omar.faces(omar.window, "window", "Whose turn: our engineers") == "Acknowledge"
    omar.press(omar.window, "Mailboxes")
    omar.reads(omar.window, "mailboxes", "Acme Marine", INFO)
    omar.press(omar.window, "Details")
    omar.reads(omar.window, "evidence", "What the server said", "AADSTS7000222")
    omar.close_windows()

    silence(omar)
    assert omar.faces(alert, "silenced", "Silent until", "A new secret is") == "End the silence"
    omar.press(alert, "End the silence")
    acknowledge_at_the_pager(omar)
    assert omar.faces(alert, "acknowledged", "Acknowledged by Omar Haddad") == "Resolve"
    omar.press(alert, "Resolve")
    assert omar.faces(alert, "not-resolved", "Not resolved", "still do not work: 1") == "Resolve"

    omar.press(alert, "More")
    omar.press(omar.window, "Tell the customers")
    omar.reads(omar.window, "preview", "We know that some of your mailboxes", "Acme Marine")
    omar.send()
    omar.reads(omar.window, "told", "Hand to support")
    omar.press(omar.window, "Timeline")
    omar.reads(omar.window, "timeline", "Omar Haddad silenced this until", "told the customers")
    omar.close_windows()
    carol.reads(carol.message("We know that some"), "customer-told")

    story.world.take_back(EXPIRED)
    omar.press(alert, "Re-test all")
    omar.reads(alert, "over", "Over since")
    omar.open_thread(alert)
    omar.reads(omar.answer("Mailboxes that are back: 1 of 1"), "recovered", "Omar Haddad")
    omar.close_thread()
    carol.reads(carol.message("You do not need to do anything"), "customer-told-over")

    plan_maintenance(omar)
    omar.go("")
    omar.reads(omar.home, "home", "There are no open alerts")


def silence(omar: Walker) -> None:
    """For a day, with a reason, which is asked for."""
    omar.press(omar.message("secret has expired", "First seen"), "Silence")
    omar.window.get_by_text("1 day", exact=True).click()
    omar.window.get_by_label("Reason").fill(" ")
    omar.send()
    omar.reads(omar.window, "silence-without-a-reason", "Please write a reason")
    omar.window.get_by_label("Reason").fill("A new secret is on its way")
    omar.send()


def acknowledge_at_the_pager(omar: Walker) -> None:
    """At PagerDuty, whose page the practice world shows beside Slack."""
    with omar.follow(omar.page.locator("header"), "PagerDuty") as pager:
        called = pager.page.locator("section.triggered")
        pager.reads(called, "called", "secret has expired")
        called.get_by_role("button", name=re.compile("^Acknowledge")).click()
        taken = pager.page.locator("section.acknowledged")
        pager.reads(taken, "acknowledged-there", "secret has expired")


def plan_maintenance(omar: Walker) -> None:
    """For everything, two hours from now; and end it at once."""
    omar.write("/maildesk maintenance")
    omar.reads(omar.window, "maintenance", "What fails during maintenance alerts nobody")
    omar.window.get_by_label("Reason").fill("New mail servers")
    omar.send()
    omar.reads(omar.window, "maintenance-planned", "New mail servers")
    omar.close_windows()
    omar.reads(omar.message("Maintenance of everything"), "maintenance-began")
