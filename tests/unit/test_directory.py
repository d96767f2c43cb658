"""What is remembered of Slack's answers about people, and for how long."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.common.people import Person
from handlers.slack.directory import REMEMBERED_FOR, SOMEBODY, SlackDirectory

CAROL = Person("T0ACME", "U0CAROL")
VERA = Person("T0LUMEN", "U0VERA")
ACME = "C0ACME"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.time = datetime(2026, 12, 1, 9, tzinfo=UTC)

    def now(self) -> datetime:
        """What it shows."""
        return self.time


class Slack(WebClient):
    """A Slack that counts what it is asked."""

    def __init__(self) -> None:
        super().__init__("xoxb-1")
        self.asked: Counter[str] = Counter()
        self.members = ["U0VERA", "U0CAROL"]
        self.error = ""

    def api_call(self, api_method: str, **given: Any) -> Any:
        """Answer, or fail with `error`."""
        self.asked[api_method] += 1
        if self.error:
            raise SlackApiError(self.error, {"ok": False, "error": self.error})
        user = {"name": "carol", "is_restricted": True, "profile": {"real_name": "Carol Jones"}}
        return {
            "auth.test": {"team_id": "T0LUMEN"},
            "usergroups.users.list": {"users": ["U0VERA"]},
            "conversations.members": {"members": self.members},
            "users.info": {"user": user},
        }[api_method]


@pytest.fixture
def clock() -> Clock:
    """A clock."""
    return Clock()


@pytest.fixture
def slack() -> Slack:
    """A Slack."""
    return Slack()


@pytest.fixture
def directory(slack: Slack, clock: Clock) -> SlackDirectory:
    """A directory over that Slack."""
    return SlackDirectory(slack, clock, [], "S0DESK")


def test_an_answer_is_remembered_for_five_minutes(
    directory: SlackDirectory, slack: Slack, clock: Clock
) -> None:
    assert directory.is_support(VERA) and directory.is_member(CAROL, ACME)
    clock.time += REMEMBERED_FOR - timedelta(seconds=1)
    assert directory.is_support(VERA) and directory.is_member(CAROL, ACME)
    assert set(slack.asked.values()) == {1}
    clock.time += timedelta(seconds=1)
    assert directory.is_support(VERA) and directory.is_member(CAROL, ACME)
    assert set(slack.asked.values()) == {2}


def test_that_nobody_is_in_the_support_team_is_remembered_too(
    directory: SlackDirectory, slack: Slack
) -> None:
    stranger = Person("T0LUMEN", "U0NILS")
    assert not directory.is_support(stranger)
    assert not directory.is_support(stranger)
    assert slack.asked["usergroups.users.list"] == 1


def test_who_is_not_in_a_channel_is_asked_for_again_at_once(
    directory: SlackDirectory, slack: Slack
) -> None:
    dan = Person("T0ACME", "U0DAN")
    assert not directory.is_member(dan, ACME)
    slack.members = [*slack.members, "U0DAN"]
    assert directory.is_member(dan, ACME)


def test_who_left_a_channel_is_not_in_it_once_slack_has_told(
    directory: SlackDirectory, slack: Slack
) -> None:
    assert directory.is_member(CAROL, ACME)
    slack.members = ["U0VERA"]
    assert directory.is_member(CAROL, ACME)
    directory.forget(ACME)
    assert not directory.is_member(CAROL, ACME)


def test_name_and_guest_are_one_question(directory: SlackDirectory, slack: Slack) -> None:
    assert directory.name_of(CAROL) == "Carol Jones"
    assert directory.is_guest(CAROL)
    assert slack.asked["users.info"] == 1


def test_an_error_is_not_remembered(directory: SlackDirectory, slack: Slack) -> None:
    slack.error = "user_not_visible"
    assert directory.name_of(CAROL) == SOMEBODY
    assert not directory.is_guest(CAROL)
    slack.error = ""
    assert directory.name_of(CAROL) == "Carol Jones"


@pytest.mark.parametrize("error", ["channel_not_found", "not_in_channel", "missing_scope"])
def test_nobody_is_in_a_channel_of_which_slack_tells_us_nothing(
    directory: SlackDirectory, slack: Slack, error: str
) -> None:
    slack.error = error
    assert not directory.is_member(CAROL, ACME)


def test_another_error_of_slack_is_no_answer(directory: SlackDirectory, slack: Slack) -> None:
    slack.error = "internal_error"
    with pytest.raises(SlackApiError):
        directory.is_member(CAROL, ACME)
