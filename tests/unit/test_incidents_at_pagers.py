"""An incident and its pagers: what happens to one happens at the others, whoever did it."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from bot.app.pagers import words
from bot.common.people import Person
from bot.incidents.pager_words import PagerWords
from storage.tables import Account, Incident
from storage.vocabulary import IncidentStatus, State
from tests.support.fast import ALERTS, CAROL, FastBot
from tests.support.pagers import PAGERDUTY, WEBHOOK, events

SECRET = {"error": "invalid_client", "error_description": "AADSTS7000222: expired"}
OMAR = Person("T0LUMEN", "U0OMAR", ALERTS)


class OnCall:
    """A bot with an alert, and PagerDuty, which knows how the incident stands there."""

    def __init__(self) -> None:
        self.bot = FastBot()
        self.account = self.bot.account(State.LIVE)
        self.bot.expire_token(self.account)
        self.bot.microsoft.refusal = SECRET
        self.bot.checks.start(self.account.id, CAROL)
        self.bot.run_due()
        self.bot.clock.at += timedelta(seconds=5)
        self.words: PagerWords = words(self.bot.store, self.bot.clock, self.bot.services.incidents)

    @property
    def incident(self) -> Incident:
        with self.bot.store.transaction() as tx:
            [found] = tx.incidents.since(self.bot.now - timedelta(days=30), 10)
        return found

    def mended(self) -> Account:
        """Somebody renews the secret."""
        self.bot.microsoft.refusal = None
        return self.account

    def at_pagerduty(self, what: str, status: str, name: str = "Omar Haddad") -> None:
        """A person does something there."""
        self.bot.clock.at += timedelta(seconds=1)
        key = self.bot.pagers.took[PAGERDUTY][0]["dedup_key"]
        event = {
            "id": str(uuid.uuid4()),
            "event_type": f"incident.{what}",
            "occurred_at": self.bot.now.isoformat(),
            "agent": {"type": "user_reference", "summary": name},
            "data": {"type": "incident", "incident_key": key, "status": status},
        }
        self.words.heed({"event": event})
        self.bot.clock.at += timedelta(seconds=5)
        self.bot.run_due()

    @property
    def there(self) -> str:
        """How the incident stands at PagerDuty by our events alone."""
        stands = "nothing"
        for event in events(self.bot):
            stands = {
                "trigger": "triggered" if stands == "nothing" else stands,
                "acknowledge": "acknowledged",
                "resolve": "nothing",
            }[event]
        return stands

    def webhooks(self) -> list[dict[str, Any]]:
        return [post["incident"] for post in self.bot.pagers.took[WEBHOOK]]


@pytest.fixture
def on_call() -> OnCall:
    return OnCall()


def test_a_new_incident_calls_somebody(on_call: OnCall) -> None:
    assert events(on_call.bot) == ["trigger"]
    [told] = on_call.webhooks()
    assert told["fingerprint"] == on_call.incident.fingerprint
    assert (told["status"], told["mailboxes"], told["customers"]) == ("open", 1, 1)
    assert told["title"] and told["error"].startswith("MX-")


def test_what_is_pressed_in_slack_is_so_at_the_pagers(on_call: OnCall) -> None:
    number = on_call.incident.id
    on_call.bot.incidents.acknowledge(number, OMAR)
    on_call.bot.run_due()
    assert on_call.there == "acknowledged"
    assert on_call.webhooks()[-1]["status"] == "acknowledged"

    on_call.bot.incidents.unacknowledge(number, OMAR)
    on_call.bot.run_due()
    assert on_call.there == "triggered"

    on_call.bot.incidents.silence(number, timedelta(hours=1), "known", OMAR)
    on_call.bot.run_due()
    assert on_call.there == "acknowledged", "nobody is called"
    on_call.bot.pass_time(hours=2)
    assert on_call.there == "triggered"


def test_what_is_done_at_pagerduty_is_so_here_and_at_the_other_pager(on_call: OnCall) -> None:
    on_call.at_pagerduty("acknowledged", "acknowledged")
    incident = on_call.incident
    assert incident.status is IncidentStatus.ACKNOWLEDGED
    assert incident.acknowledged_name == "Omar Haddad"
    assert events(on_call.bot) == ["trigger"], "PagerDuty knows"
    assert on_call.webhooks()[-1]["acknowledged_by"] == "Omar Haddad"

    on_call.at_pagerduty("unacknowledged", "triggered")
    assert on_call.incident.status is IncidentStatus.OPEN
    assert events(on_call.bot) == ["trigger"]


def test_resolving_at_pagerduty_tests_first_and_what_still_fails_calls_again(
    on_call: OnCall,
) -> None:
    on_call.at_pagerduty("resolved", "resolved")
    on_call.bot.pass_time(minutes=1)
    assert on_call.incident.status is IncidentStatus.OPEN
    assert events(on_call.bot) == ["trigger", "trigger"]

    on_call.mended()
    on_call.at_pagerduty("resolved", "resolved")
    on_call.bot.pass_time(minutes=1)
    assert on_call.incident.status is IncidentStatus.MENDED
    assert events(on_call.bot) == ["trigger", "trigger"], "it is over there already"
    assert on_call.webhooks()[-1]["status"] == "mended"

    on_call.at_pagerduty("reopened", "triggered")
    assert len(on_call.bot.audited("incident.reopened")) == 1


def test_what_comes_too_late_there_changes_nothing_here(on_call: OnCall) -> None:
    on_call.bot.incidents.acknowledge(on_call.incident.id, OMAR)
    on_call.bot.run_due()
    on_call.at_pagerduty("acknowledged", "acknowledged", "Vera Lind")
    assert on_call.incident.acknowledged_by == OMAR.user


def test_recovery_ends_it_everywhere(on_call: OnCall) -> None:
    on_call.mended()
    on_call.bot.checks.start(on_call.account.id, CAROL)
    on_call.bot.pass_time(minutes=1)
    on_call.bot.pass_time(days=2)
    assert on_call.incident.status is IncidentStatus.CLOSED
    assert on_call.there == "nothing"
    assert [each["status"] for each in on_call.webhooks()][-2:] == ["mended", "closed"]


def test_a_name_from_there_is_harmless_in_slack(on_call: OnCall) -> None:
    on_call.at_pagerduty(
        "acknowledged", "acknowledged", "<!channel> *Eve* <https://evil.example|x>"
    )
    shown = "\n".join(posted.words for posted in on_call.bot.posted(ALERTS))
    assert "Eve" in shown
    assert "<!channel>" not in shown
    assert "<https://evil.example" not in shown
