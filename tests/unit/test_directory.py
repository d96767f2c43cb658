"""What is remembered of Slack's answers about people, and for how long."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.client import IncompleteRead
from typing import Any
from urllib.error import URLError

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web.slack_response import SlackResponse

from bot.common.people import Person
from bot.common.refusals import SlackBusy
from bot.messages.paces import Paces
from bot.messages.refusals import Subject
from bot.views.customers import Sharing
from handlers.slack.directory import REMEMBERED_FOR, SOMEBODY, STALE_FOR, SlackDirectory
from handlers.slack.refusals import EVERY, table
from sandbox.slack.methods import TIER_2
from storage.database import Store
from tests.support.fast_database import new_database

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
    """A Slack that counts what it is asked, and fails with `error` or HTTP `status`, or `breaks`."""

    def __init__(self) -> None:
        super().__init__("xoxb-1")
        self.asked: Counter[str] = Counter()
        self.members = ["U0VERA", "U0CAROL"]
        self.support = ["U0VERA"]
        self.enterprise = ""
        self.user: dict[str, Any] = {
            "name": "carol",
            "is_restricted": True,
            "profile": {"real_name": "Carol Jones"},
        }
        self.channel: dict[str, Any] = {}
        self.error = ""
        self.status = 200
        self.breaks: Exception | None = None

    def api_call(self, api_method: str, **given: Any) -> Any:
        """Answer, or fail."""
        self.asked[api_method] += 1
        if self.breaks:
            raise self.breaks
        if self.error:
            answer = {"ok": False, "error": self.error}
            raise SlackApiError(
                self.error,
                SlackResponse(
                    client=self,
                    http_verb="GET",
                    api_url=api_method,
                    req_args={},
                    data=answer,
                    headers={},
                    status_code=self.status,
                ),
            )
        return {
            "auth.test": {"team_id": "T0LUMEN", "enterprise_id": self.enterprise},
            "usergroups.users.list": {"users": self.support},
            "conversations.members": {"members": self.members},
            "conversations.info": {"channel": self.channel},
            "users.info": {"user": self.user},
        }[api_method]


@pytest.fixture
def clock() -> Clock:
    """A clock."""
    return Clock()


@pytest.fixture
def slack() -> Slack:
    """A Slack."""
    return Slack()


def paces(clock: Clock) -> Paces:
    """What is left of the calls, on a database of its own."""
    return Paces(Store(new_database()), clock)


@pytest.fixture
def directory(slack: Slack, clock: Clock) -> SlackDirectory:
    """A directory over that Slack."""
    return SlackDirectory(slack, clock, [], "S0DESK", paces(clock))


def questions(slack: Slack) -> Counter[str]:
    """What Slack was asked, except who we are, which never changes."""
    return Counter({name: count for name, count in slack.asked.items() if name != "auth.test"})


# -- who only looks


def test_for_who_only_looks_an_answer_is_remembered_for_a_minute(
    directory: SlackDirectory, slack: Slack, clock: Clock
) -> None:
    assert directory.is_support(VERA) and directory.is_member(CAROL, ACME)
    clock.time += REMEMBERED_FOR - timedelta(seconds=1)
    assert directory.is_support(VERA) and directory.is_member(CAROL, ACME)
    assert set(questions(slack).values()) == {1}
    clock.time += timedelta(seconds=1)
    assert directory.is_support(VERA) and directory.is_member(CAROL, ACME)
    assert set(questions(slack).values()) == {2}


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
    profile = directory.profile(CAROL)
    assert profile is not None and profile.is_guest
    assert slack.asked["users.info"] == 1


# -- who changes something


def test_for_who_changes_something_slack_is_asked_now(
    directory: SlackDirectory, slack: Slack
) -> None:
    assert directory.is_support(VERA) and directory.is_member(CAROL, ACME)
    before = directory.profile(CAROL)
    assert before is not None and before.is_guest

    slack.members = []
    slack.support = []
    slack.user = {"name": "carol"}

    assert not directory.is_member(CAROL, ACME, afresh=True)
    assert not directory.is_support(VERA, afresh=True)
    now = directory.profile(CAROL, afresh=True)
    assert now is not None and not now.is_guest


def test_what_was_asked_now_is_known_to_who_only_looks(
    directory: SlackDirectory, slack: Slack
) -> None:
    directory.is_member(CAROL, ACME)
    slack.members = ["U0VERA"]
    directory.is_member(CAROL, ACME, afresh=True)
    assert not directory.is_member(CAROL, ACME)


def test_who_is_not_in_the_support_group_costs_it_no_question_a_press(
    directory: SlackDirectory, slack: Slack
) -> None:
    for _ in range(25):
        assert not directory.is_support(Person("T0LUMEN", "U0NILS"), afresh=True)
    assert slack.asked["usergroups.users.list"] == 1


def test_however_often_support_presses_slack_is_asked_twenty_times_a_minute(
    directory: SlackDirectory, slack: Slack, clock: Clock
) -> None:
    asked: list[datetime] = []
    for _ in range(200):
        before = slack.asked["usergroups.users.list"]
        assert directory.is_support(VERA, afresh=True)
        asked += [clock.time] * (slack.asked["usergroups.users.list"] - before)
        clock.time += timedelta(seconds=0.9)
    minute = timedelta(minutes=1)
    assert max(sum(at <= each < at + minute for each in asked) for at in asked) <= TIER_2


def test_who_leaves_support_in_its_busiest_minute_is_out_within_seconds(
    directory: SlackDirectory, slack: Slack, clock: Clock
) -> None:
    for _ in range(50):
        assert directory.is_support(VERA, afresh=True)
    slack.support = []
    clock.time += timedelta(seconds=6)
    assert not directory.is_support(VERA, afresh=True)


def test_who_leaves_support_after_a_few_presses_is_out_at_once(
    directory: SlackDirectory, slack: Slack
) -> None:
    for _ in range(5):
        assert directory.is_support(VERA, afresh=True)
    slack.support = []
    assert not directory.is_support(VERA, afresh=True)


def test_what_is_shared_in_a_busy_minute_is_not_stretched_while_slack_is_silent(
    directory: SlackDirectory, slack: Slack, clock: Clock
) -> None:
    for _ in range(50):
        assert directory.is_support(VERA, afresh=True)
    fall_silent(slack, "busy")
    clock.time += timedelta(seconds=6)
    with pytest.raises(SlackBusy):
        directory.is_support(VERA, afresh=True)


# -- Slack does not answer


SILENCE: dict[str, tuple[str, int, Exception | None]] = {
    "busy": ("ratelimited", 429, None),
    "at fault": ("internal_error", 200, None),
    "down": ("no json", 503, None),
    "slow": ("", 200, TimeoutError("no answer")),
    "away": ("", 200, URLError("unreachable")),
    "cut off": ("", 200, IncompleteRead(b"")),
}


def fall_silent(slack: Slack, how: str) -> None:
    """Slack does not answer from now on."""
    slack.error, slack.status, slack.breaks = SILENCE[how]


@pytest.mark.parametrize("how", SILENCE)
def test_while_slack_is_silent_who_only_looks_is_answered_from_memory_for_an_hour(
    directory: SlackDirectory, slack: Slack, clock: Clock, how: str
) -> None:
    assert directory.is_support(VERA) and directory.is_member(CAROL, ACME)
    fall_silent(slack, how)

    clock.time += STALE_FOR - timedelta(seconds=1)
    assert directory.is_support(VERA) and directory.is_member(CAROL, ACME)

    clock.time += timedelta(seconds=1)
    with pytest.raises(SlackBusy):
        directory.is_member(CAROL, ACME)
    with pytest.raises(SlackBusy):
        directory.is_support(VERA)


@pytest.mark.parametrize("how", SILENCE)
def test_while_slack_is_silent_nothing_is_changed(
    directory: SlackDirectory, slack: Slack, how: str
) -> None:
    assert directory.is_support(VERA) and directory.is_member(CAROL, ACME)
    fall_silent(slack, how)

    with pytest.raises(SlackBusy):
        directory.is_member(CAROL, ACME, afresh=True)
    with pytest.raises(SlackBusy):
        directory.is_support(VERA, afresh=True)
    assert directory.profile(CAROL, afresh=True) is None


def test_an_older_answer_that_comes_later_takes_no_newer_ones_place(
    directory: SlackDirectory, slack: Slack, clock: Clock
) -> None:
    answer = slack.api_call

    def slow(api_method: str, **given: Any) -> Any:
        found = answer(api_method, **given)
        slack.api_call = answer  # type: ignore[method-assign]
        clock.time += timedelta(seconds=1)
        slack.members = []
        assert not directory.is_member(CAROL, ACME, afresh=True)
        return {"members": ["U0CAROL"]} if found else None

    slack.api_call = slow  # type: ignore[method-assign]
    directory.is_member(CAROL, ACME, afresh=True)

    assert not directory.is_member(CAROL, ACME)


def test_an_error_is_not_remembered(directory: SlackDirectory, slack: Slack) -> None:
    slack.error = "user_not_visible"
    assert directory.name_of(CAROL) == SOMEBODY
    assert directory.profile(CAROL) is None
    slack.error = ""
    assert directory.name_of(CAROL) == "Carol Jones"


# -- every refusal of a question


def refused(method: str, *subjects: Subject) -> list[str]:
    """What a method may answer that is about one of these."""
    rows = {**table()[EVERY], **table()[method]}
    return [error for error, subject in rows.items() if subject in subjects]


OF_NO_PERSON = (Subject.INSTALLATION, Subject.PASSING, Subject.CONTENT)
"""What a refusal may be about that says nothing of a person or a channel."""

QUESTIONS: dict[str, Callable[[SlackDirectory, bool], bool]] = {
    "conversations.members": lambda asked, afresh: asked.is_member(CAROL, ACME, afresh),
    "usergroups.users.list": lambda asked, afresh: asked.is_support(VERA, afresh),
}
REFUSED = [
    (method, error) for method in QUESTIONS for error in [*refused(method, *OF_NO_PERSON), "new"]
]


@pytest.mark.field
@pytest.mark.delivery
@pytest.mark.parametrize(("method", "error"), REFUSED)
def test_a_refused_question_is_answered_from_memory_or_told_as_busy(
    directory: SlackDirectory, slack: Slack, clock: Clock, method: str, error: str
) -> None:
    ask = QUESTIONS[method]
    assert ask(directory, False)
    slack.error = error

    clock.time += timedelta(minutes=59)
    assert ask(directory, False)
    with pytest.raises(SlackBusy):
        ask(directory, True)
    clock.time += timedelta(minutes=2)
    with pytest.raises(SlackBusy):
        ask(directory, False)


@pytest.mark.field
@pytest.mark.delivery
@pytest.mark.parametrize("error", refused("auth.test", *Subject))
def test_while_slack_does_not_say_who_we_are_it_is_busy(
    directory: SlackDirectory, slack: Slack, error: str
) -> None:
    slack.error = error
    with pytest.raises(SlackBusy):
        directory.vendor_team()
    slack.error = ""
    assert directory.vendor_team() == "T0LUMEN"
    slack.error = error
    assert directory.vendor_team() == "T0LUMEN", "that never changes"


@pytest.mark.delivery
@pytest.mark.parametrize("error", refused("users.info", *Subject))
def test_a_person_of_whom_slack_says_nothing_is_somebody(
    directory: SlackDirectory, slack: Slack, clock: Clock, error: str
) -> None:
    assert directory.name_of(CAROL) == "Carol Jones"
    slack.error = error
    clock.time += timedelta(minutes=59)
    assert directory.name_of(CAROL) == "Carol Jones"
    clock.time += timedelta(minutes=2)
    assert directory.name_of(CAROL) == SOMEBODY


@pytest.mark.delivery
@pytest.mark.parametrize("error", refused("conversations.info", *Subject))
def test_of_a_channel_that_slack_does_not_speak_of_nothing_is_known(
    directory: SlackDirectory, slack: Slack, error: str
) -> None:
    slack.error = error
    known = directory.sharing(ACME)
    assert known is None or known == Sharing(False, frozenset(), joined=False)
    assert (known is None) is (error not in ("channel_not_found", "not_in_channel"))
    assert not directory.is_open(ACME)


@pytest.mark.delivery
@pytest.mark.parametrize("error", refused("usergroups.users.list", Subject.TARGET))
def test_a_support_group_that_is_gone_is_told_and_the_named_go_on(
    slack: Slack, clock: Clock, error: str
) -> None:
    told: list[tuple[str, str]] = []
    nils = Person("T0LUMEN", "U0NILS")
    directory = SlackDirectory(
        slack,
        clock,
        [nils],
        "S0DESK",
        paces(clock),
        lambda group, why: told.append((group, why)),
    )
    assert directory.is_support(VERA, afresh=True)
    slack.error = error
    for _ in range(5):
        assert directory.is_support(nils, afresh=True)
    clock.time += timedelta(minutes=2)
    assert not directory.is_support(VERA, afresh=True)

    assert set(told) == {("S0DESK", error)}
    assert slack.asked["usergroups.users.list"] < 5


@pytest.mark.parametrize("error", refused("conversations.members", Subject.PLACE))
def test_nobody_is_in_a_channel_of_which_slack_tells_us_nothing(
    directory: SlackDirectory, slack: Slack, error: str
) -> None:
    slack.error = error
    assert not directory.is_member(CAROL, ACME)


def test_while_slack_refuses_the_app_nobody_is_told_that_they_may_not(
    directory: SlackDirectory, slack: Slack
) -> None:
    slack.error = "invalid_auth"
    with pytest.raises(SlackBusy):
        directory.is_member(CAROL, ACME)


# -- Enterprise Grid


GRID = {"team_id": "T0LUMEN", "enterprise_user": {"enterprise_id": "E0LUMEN", "teams": ["T0LAB"]}}


@pytest.fixture
def grid(slack: Slack) -> Slack:
    """The vendor has an Enterprise Grid, and Slack speaks of one of its people."""
    slack.enterprise = "E0LUMEN"
    slack.user = {"name": "vera", **GRID}
    return slack


@pytest.mark.field
@pytest.mark.parametrize("team", ["T0LUMEN", "E0LUMEN", "T0LAB"])
def test_people_of_our_grid_are_ours_under_every_id(
    directory: SlackDirectory, grid: Slack, team: str
) -> None:
    assert directory.is_ours(Person(team, "U0VERA")) is True
    assert directory.is_support(Person(team, "U0VERA"), afresh=True)


@pytest.mark.field
@pytest.mark.parametrize("user", ["U0VERA", "W0VIGGO"])
@pytest.mark.parametrize("team", ["T0LUMEN", "E0LUMEN", "T0LAB"])
def test_the_support_group_has_people_of_both_kinds_of_id(
    directory: SlackDirectory, grid: Slack, user: str, team: str
) -> None:
    grid.support = ["U0VERA", "W0VIGGO"]
    for afresh in (True, False):
        assert directory.is_support(Person(team, user), afresh)
        assert not directory.is_support(Person(team, "W0NILS"), afresh)
        assert directory.is_ours(Person(team, "W0NILS")) is True, "a colleague is no customer"


@pytest.mark.field
@pytest.mark.parametrize("team", ["T0LUMEN", "E0LUMEN", "T0LAB"])
def test_who_the_settings_name_is_support_under_every_id(
    grid: Slack, clock: Clock, team: str
) -> None:
    directory = SlackDirectory(grid, clock, [VERA], "", paces(clock))
    assert directory.is_support(Person(team, "U0VERA"), afresh=True)


@pytest.mark.field
@pytest.mark.parametrize("named", [[VERA], []])
def test_the_same_user_id_of_another_organisation_is_not_ours(
    grid: Slack, clock: Clock, named: list[Person]
) -> None:
    directory = SlackDirectory(grid, clock, named, "S0DESK", paces(clock))
    for team in ("T0ELSE", "E0ELSE"):
        assert directory.is_ours(Person(team, "U0VERA")) is False
        assert not directory.is_support(Person(team, "U0VERA"), afresh=True)


def test_without_a_grid_nobody_is_asked_about_to_know_whether_they_are_ours(
    directory: SlackDirectory, slack: Slack
) -> None:
    assert directory.is_ours(VERA) is True
    assert directory.is_ours(CAROL) is False
    assert questions(slack) == {}


@pytest.mark.field
def test_while_slack_is_silent_nobody_is_taken_for_a_stranger_of_our_grid(
    directory: SlackDirectory, grid: Slack
) -> None:
    assert directory.is_ours(VERA) is True
    fall_silent(grid, "down")
    assert directory.is_ours(Person("T0LAB", "U0NILS")) is None
    assert directory.is_ours(VERA) is True


# -- with whom a channel is shared


def test_a_channel_is_shared_with_the_workspaces_of_others(
    directory: SlackDirectory, grid: Slack
) -> None:
    grid.channel = {
        "is_ext_shared": True,
        "connected_team_ids": ["T0ACME", "T0LAB", "E0LUMEN"],
        "internal_team_ids": ["T0LUMEN", "T0LAB"],
        "is_member": True,
    }
    assert directory.sharing(ACME) == Sharing(True, frozenset({"T0ACME"}))


def test_a_channel_within_our_organisation_is_not_shared(
    directory: SlackDirectory, slack: Slack
) -> None:
    slack.channel = {"is_shared": True, "is_org_shared": True, "is_member": True}
    assert directory.sharing(ACME) == Sharing(False, frozenset())


@pytest.mark.parametrize("error", ["ratelimited", "missing_scope", "internal_error"])
def test_of_a_channel_that_slack_does_not_describe_nothing_is_said(
    directory: SlackDirectory, slack: Slack, error: str
) -> None:
    slack.error = error
    assert directory.sharing(ACME) is None


def test_the_bot_may_be_no_member_of_a_channel(directory: SlackDirectory, slack: Slack) -> None:
    slack.channel = {"is_member": False}
    assert directory.sharing(ACME) == Sharing(False, frozenset(), joined=False)


def test_a_private_channel_that_the_bot_is_not_in_is_hidden_from_it(
    directory: SlackDirectory, slack: Slack
) -> None:
    slack.error = "channel_not_found"
    assert directory.sharing(ACME) == Sharing(False, frozenset(), joined=False)
