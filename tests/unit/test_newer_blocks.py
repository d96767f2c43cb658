"""Newer blocks of Slack's: where they are not taken, a message goes out in plain ones, once for each
message, and the workspace is remembered."""

from typing import Any

import pytest

from bot.messages import notices
from bot.messages.newer_blocks import TRIED_AGAIN
from handlers.cards.kit import Block, Message, Safe, section
from handlers.cards.newer import CHART, TABLE, bar_chart, newer_kinds, table, without
from handlers.cards.plain import plain_form
from sandbox.slack.limits import problems
from tests.support.fast import DESK, FastBot, days
from tests.support.fast_ports import Posted

WEEKS = {"This week": {"Live": 3, "Broken": 1}, "Before": {"Live": 2, "Broken": 0}}
DRAWN = Message(
    Safe("The summary"),
    [
        section(Safe("Above")),
        bar_chart("Mailboxes", WEEKS, [section(Safe("Live ▰▰▰"))]),
        table(
            ["Cause", "Mailboxes"], [["Sending is off", "2"]], [section(Safe("Sending: 2"))], [1]
        ),
        section(Safe("Below")),
    ],
)


@pytest.fixture
def slack(bot: FastBot, monkeypatch: pytest.MonkeyPatch) -> "Workspace":
    """A workspace where every message is drawn like that."""
    monkeypatch.setattr(bot.presenter, "draw", lambda notice, args: DRAWN)
    return Workspace(bot)


class Workspace:
    """Slack, which may not take some kinds of blocks, and counts what it was asked."""

    def __init__(self, bot: FastBot) -> None:
        self._bot = bot
        self._say = bot.slack.api_call
        self.refuses: set[str] = set()
        self.offered: list[list[str]] = []
        bot.slack.api_call = self.api_call  # type: ignore[method-assign]

    def api_call(self, method: str, **asked: Any) -> Any:
        """Take a call."""
        if method == "chat.postMessage":
            kinds = [block["type"] for block in asked["json"]["blocks"]]
            self.offered.append(kinds)
            if self.refuses & set(kinds or ["text"]):
                self._bot.slack._refuse(method, "invalid_blocks")
        return self._say(method, **asked)

    def told(self, number: int) -> Posted:
        """What support reads when something is told."""
        with self._bot.store.transaction() as tx:
            notices.tell(tx, DESK, f"told:{number}", "x", self._bot.now)
        self._bot.run_due()
        return self._bot.posted(DESK)[-1]


def test_they_are_sent_where_slack_takes_them(slack: Workspace) -> None:
    told = slack.told(1)
    assert [block["type"] for block in told.blocks] == ["section", CHART, TABLE, "section"]
    assert len(slack.offered) == 1


def test_where_they_are_refused_the_plain_ones_go_once_and_are_remembered(
    bot: FastBot, slack: Workspace
) -> None:
    slack.refuses = {CHART}
    first = slack.told(1)
    assert first.words.split("\n")[1:] == ["Above", "Live ▰▰▰", "Sending: 2", "Below"]
    assert len(slack.offered) == 2, "as it was drawn, then simply"
    assert len(bot.posted(DESK)) == 1
    slack.told(2)
    assert slack.offered[2:] == [["section"] * 4], "at once, and by any worker"
    restarted = FastBot(bot)
    assert restarted.sender._refused() == {CHART, TABLE}
    assert "text alone" not in str([each.text for each in bot.posted()]), "nobody need know"


def test_it_is_tried_again_later_since_slack_may_take_them_by_then(
    bot: FastBot, slack: Workspace
) -> None:
    slack.refuses = {CHART}
    slack.told(1)
    slack.refuses = set()
    bot.clock.at += TRIED_AGAIN - days(1)
    assert slack.told(2).blocks[1]["type"] == "section"
    bot.clock.at += days(2)
    assert slack.told(3).blocks[1]["type"] == CHART


def test_what_is_refused_without_them_too_goes_as_text_and_accuses_no_block(
    bot: FastBot, slack: Workspace
) -> None:
    slack.refuses = {"section"}
    told = slack.told(1)
    assert told.blocks == []
    assert told.text.split("\n") == ["The summary", "Above", "Live ▰▰▰", "Sending: 2", "Below"]
    assert slack.offered[1:3] == [["section"] * 4, []], "simply, then as text"
    assert bot.sender._refused() == frozenset()


def test_a_message_without_any_asks_nothing_of_what_is_remembered() -> None:
    plain = Message(Safe("x"), [section(Safe("y"))])
    assert newer_kinds(plain) == frozenset()
    assert without(plain, {CHART, TABLE}) == plain
    assert plain_form(DRAWN).text.count("\n") == 4


def wide(block: Block) -> list[str]:
    """What Slack would refuse in a message with this block."""
    return problems("message", {"text": "x", "blocks": [block]})


def test_they_keep_slacks_limits_whatever_is_in_them() -> None:
    many = {f"{number} {'x' * 40}": number for number in range(40)}
    assert wide(bar_chart("t" * 80, {f"{n} {'s' * 30}": many for n in range(9)}, [])) == []
    rows = [["a" * 90, ""] for _ in range(300)]
    assert wide(table(["Cause", "Mailboxes"], rows, [])) == []


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        ({"type": "table", "rows": []}, "0 rows"),
        ({"type": "table", "rows": [[{"type": "mrkdwn", "text": "x"}]]}, "cell mrkdwn"),
        ({"type": CHART, "title": "t" * 51, "chart": {}}, "title missing or over 50"),
        ({"type": CHART, "title": "t", "chart": {"type": "radar"}}, "chart radar"),
        (
            {"type": CHART, "title": "t", "chart": {"type": "pie", "segments": []}},
            "0 segments",
        ),
    ],
)
def test_the_practice_slack_is_as_strict_as_slack(block: Block, problem: str) -> None:
    assert any(problem in each for each in wide(block))
    assert problems("modal", {"type": "modal", "blocks": [block]})
