"""Sixty days of reminders by workers that are killed again and again: each one once, in its time,
and only where it is wanted.

What is expected is worked out here anew, from what people did and from the clocks of the zones, and
not by the bot's own ladder.
"""

import json
import os
import random
import re
import subprocess
import sys
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from storage.database import Store, connect
from storage.tables import Account, AuditEntry, OutboxItem, Reminder
from tests.support.crowd import BEGIN, DAYS, END, SUPPORT, ZONE, Place, deeds_of, settle_world
from tests.support.examples import size

pytestmark = [pytest.mark.real, pytest.mark.reminders]

SEED = 20260920
START = datetime(2026, 9, 20, tzinfo=UTC)
SIXTY_DAYS = timedelta(days=60)
QUIET_END = timedelta(days=20)
"""In the last days nobody interferes, so that every ladder comes to its end."""

RUNGS = (timedelta(hours=4), timedelta(days=1), timedelta(days=3), timedelta(days=7))
WAITING = ("awaiting_sign_in", "awaiting_admin", "failing", "broken", "unmapped")
THEIRS = ("user", "administrator")
HANDED_OVER = re.compile(r"customer:(?P<customer>\d+):setback:\d+(?::[\d.]+:setback\.more)?")
"""The keys of the messages by which support is told: one a customer, and one in its thread whenever
there are more."""
PROMPT = timedelta(minutes=10)
"""So late may a reminder come after the first moment at which it could: who is killed over it holds
it for a minute."""

MARGIN = timedelta(minutes=40)
"""With less than that before the end of work, it may be left for the next day."""

RUN_SECONDS = 1500
SIZES = {
    "postgresql": (size(120, 16), size(2000, 96), size(200, 24)),
    "sqlite": (size(36, 16), size(480, 96), size(60, 24)),
}
"""Channels, accounts and kills. SQLite has one writer at a time, so that there is less to be
seen."""


@dataclass(frozen=True)
class Life:
    """How an account stands between two events."""

    state: str = "created"
    owner: str = "maildesk"
    stopped: bool = False
    snoozed: datetime | None = None
    paused: datetime | None = None
    handed: bool = False

    def wanted(self, at: datetime, support: bool) -> bool:
        """Whether anybody may be reminded of it, in its customer's channel or in support's."""
        asleep = self.snoozed is not None and self.snoozed > at
        if self.state not in WAITING or self.stopped or asleep:
            return False
        paused = self.paused is not None and self.paused > at
        return self.owner == "support" if support else self.owner in THEIRS and not paused

    def after(self, event: dict[str, Any]) -> "Life":
        """How it stands after something was done."""
        until = datetime.fromisoformat(event["until"]) if "until" in event else None
        match event["do"]:
            case "move" if event["state"] == self.state and (
                self.handed or event["owner"] == self.owner
            ):
                return self
            case "move":
                return Life(event["state"], event["owner"], paused=self.paused)
            case "handed_over":
                return replace(self, owner="support", handed=True)
            case "stop":
                return replace(self, stopped=True, handed=False)
            case "snooze" | "snooze_all":
                return replace(self, snoozed=until, stopped=False, handed=False)
            case "resume":
                return replace(self, snoozed=None, stopped=False, handed=False)
            case "pause" | "end_pause":
                return replace(self, paused=until)
        raise ValueError(event["do"])


@dataclass
class History:
    """Everything that happened to one account, in order; `posted` and `told` are the bot's
    reminders and its last word."""

    place: Place
    account: Account
    events: list[dict[str, Any]] = field(default_factory=list)
    posted: list[datetime] = field(default_factory=list)
    told: list[datetime] = field(default_factory=list)
    ended: list[datetime] = field(default_factory=list)

    def hand_over(self, at: datetime) -> None:
        """It went to support then: of what people did at the same moment, only a resumption can
        have come before that."""
        events = self.events
        before = [
            n
            for n, event in enumerate(events, 1)
            if event["at"] == at and event["do"] in ("resume", "end_pause")
        ]
        place = max(before, default=bisect_left(events, at, key=lambda event: event["at"]))
        events.insert(place, {"do": "handed_over", "at": at})

    def lives(self, at: datetime) -> Iterator[Life]:
        """How it stood at that moment: before and after each of the things that were done just
        then."""
        life = Life()
        for event in self.events:
            if event["at"] >= at:
                yield life
            if event["at"] > at:
                return
            life = life.after(event)
        yield life

    def wanted(self, at: datetime, support: bool) -> bool:
        return any(life.wanted(at, support) for life in self.lives(at))

    def waits(self) -> Iterator[tuple[datetime, datetime, Life]]:
        """From when to when it waited for the same people, and how that wait stood at its end."""
        begun, life = START, Life()
        for event in self.events:
            after = life.after(event)
            if event["do"] == "move" and after is not life:
                yield begun, event["at"], life
                begun = event["at"]
            life = after
        yield begun, datetime.max.replace(tzinfo=UTC), life

    @property
    def undisturbed(self) -> bool:
        return [event["do"] for event in self.events if event["do"] != "handed_over"] == ["move"]


@dataclass
class Story:
    """What there is to judge by after a run."""

    places: dict[str, Place]
    result: dict[str, Any]
    posts: list[dict[str, Any]]
    reminders: list[Reminder]
    items: dict[int, OutboxItem]
    histories: dict[int, History]

    def reminded(self, channel: str) -> list[datetime]:
        """When there were reminders in a channel."""
        return [reminder.posted_at for reminder in self.reminders if reminder.channel_id == channel]


def there(place: Place, at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(place.zone))


def works(place: Place, at: datetime) -> bool:
    """Whether people are at work, by the clock on their wall. When that is put back they stay, if
    it has shown the beginning of their day before."""
    local = there(place, at)
    before = [timedelta(minutes=ten) for ten in range(0, 70, 10)] if local.fold else [timedelta()]
    begun = any(place.begin <= f"{there(place, at - earlier):%H:%M}" for earlier in before)
    return str(local.isoweekday()) in place.days and begun and f"{local:%H:%M}" < place.end


def first_working(place: Place, at: datetime) -> datetime:
    """The first minute from `at` on at which people are at work."""
    if works(place, at):
        return at
    at = at.replace(second=0, microsecond=0)
    return next(
        moment for n in range(1, 8 * 24 * 60) if works(place, moment := at + timedelta(minutes=n))
    )


def support_place() -> Place:
    return Place(SUPPORT, 0, ZONE, BEGIN, END, DAYS)


def tell(folder: Path, url: str, places: list[Place], plan: dict[str, Any]) -> Story:
    """Have a fleet carry out the plan, and gather what came of it."""
    (folder / "plan.json").write_text(json.dumps(plan))
    command = [sys.executable, "-m", "tests.support.fleet", url, str(folder)]
    run = subprocess.run(
        command, env=dict(os.environ), capture_output=True, text=True, timeout=RUN_SECONDS
    )
    assert run.returncode == 0, run.stderr[-3000:]
    result = json.loads((folder / "result.json").read_text())
    by_channel = {place.channel: place for place in places} | {SUPPORT: support_place()}
    posts, deeds = (_lines(folder / name) for name in ("posts.jsonl", "deeds.jsonl"))
    engine = connect(url)
    with Store(engine).transaction() as tx:
        reminders = list(tx.session.exec(select(Reminder).order_by(Reminder.posted_at)))
        items = {item.id: item for item in tx.session.exec(select(OutboxItem))}
        accounts = list(tx.session.exec(select(Account)))
        audit = list(tx.session.exec(select(AuditEntry).order_by(AuditEntry.id)))
    engine.dispose()
    histories = _histories(by_channel, accounts, deeds, audit)
    for post in posts:
        told = HANDED_OVER.fullmatch(post["key"])
        if "post" in post and told:
            _tell(histories, int(told["customer"]), items[post["post"]].created_at)
    return Story(by_channel, result, posts, reminders, items, histories)


def _tell(histories: dict[int, History], customer: int, at: datetime) -> None:
    """Support was told of a customer's accounts that were at their last rung then; of those in
    two channels, by a message each, and neither says which."""
    ended = [
        history
        for history in histories.values()
        if history.account.customer_id == customer and at in history.ended
    ]
    assert ended, (customer, at)
    for history in ended:
        history.told += [] if at in history.told else [at]


def _lines(path: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [line | {"at": datetime.fromisoformat(line["at"])} for line in lines]


def _histories(
    places: dict[str, Place],
    accounts: list[Account],
    deeds: list[dict[str, Any]],
    audit: list[AuditEntry],
) -> dict[int, History]:
    histories = {account.id: History(places[account.channel_id], account) for account in accounts}
    by_ref = {history.account.ref: history for history in histories.values()}
    for deed in deeds:
        for account_id, history in histories.items():
            if account_id in deed.get("accounts", ()) or history.place.customer == deed.get(
                "customer"
            ):
                history.events.append(deed)
    for entry in audit:
        if entry.action == "account.handed_over":
            by_ref[entry.subject].hand_over(entry.at)
        if entry.action == "reminder.posted":
            by_ref[entry.subject].posted.append(entry.at)
            if entry.detail["rung"] == str(len(RUNGS)):
                by_ref[entry.subject].ended.append(entry.at)
    return histories


def steps(deeds: list[dict[str, Any]], kills: int, dice: random.Random) -> list[dict[str, Any]]:
    """When the clock stops on its way: about every twenty minutes, on the quarter now and then; a
    few times nobody works for long. What people do falls together with the work."""
    planned, at, rest = [], START, list(deeds)
    while at < START + SIXTY_DAYS:
        here = []
        while rest and datetime.fromisoformat(rest[0]["at"]) <= at:
            here.append(rest.pop(0))
        planned.append({"at": at.isoformat(), "deeds": here, "kills": []})
        at += (
            timedelta(hours=dice.uniform(3, 40))
            if dice.random() < 0.003
            else timedelta(minutes=dice.uniform(15, 25))
        )
        if dice.random() < 0.2:
            at = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
    for number, step in enumerate(dice.choices(planned[: len(planned) * 2 // 3], k=kills)):
        step["kills"].append(("trapped", "struck")[number % 2])
    return planned


def test_sixty_days_of_thousands_of_reminders_through_kills(url: str, tmp_path: Path) -> None:
    """In full of 2,000 accounts and with 200 kills; on SQLite fewer (see `SIZES`)."""
    channels, accounts, kills = SIZES[url.partition(":")[0].partition("+")[0]]
    dice = random.Random(SEED)
    engine = connect(url)
    places = settle_world(Store(engine), channels, accounts, START)
    engine.dispose()
    deeds = deeds_of(places, START, START + SIXTY_DAYS - QUIET_END, dice)
    plan = {"seed": SEED, "steps": steps(deeds, kills, dice)}
    story = tell(tmp_path, url, places, plan)
    print(_figures(story))
    assert story.result["errors"] == []
    assert story.result["kills"] == {"trapped": kills // 2, "struck": kills // 2}
    found = sum("found" in post for post in story.posts)
    assert found >= kills // 2, "what Slack had taken when its bringer died is found there"
    check_clocks_change(places)
    check_each_is_posted_once(story)
    check_hours_and_days(story)
    check_nobody_is_reminded_in_vain(story)
    check_ladders_end(story)
    check_undisturbed(story)


def test_a_clock_that_jumps_neither_loses_nor_repeats_a_reminder(url: str, tmp_path: Path) -> None:
    """Every few hours the clock is an hour ahead for a while; once nobody works for three days; two
    workers start late."""
    dice = random.Random(SEED)
    engine = connect(url)
    places = settle_world(Store(engine), 21, 63, START)
    engine.dispose()
    planned, length = [], timedelta(minutes=23)
    for number, place in enumerate(places):
        begin = {
            "do": "move",
            "state": "unmapped",
            "owner": "user",
            "quiet": True,
            "accounts": place.accounts,
        }
        planned.append({"at": (START + number * length).isoformat(), "deeds": [begin]})
    at, hour = START + timedelta(hours=9), timedelta(hours=1)
    while at < START + timedelta(days=17):
        ahead = [hour, hour + length / 2, length] if dice.random() < 0.1 else [timedelta()]
        planned += [{"at": (at + by).isoformat()} for by in ahead]
        at += length if at.date() != date(2026, 9, 24) else timedelta(days=3)
    for step in planned:
        step["workers"] = (
            [0] if datetime.fromisoformat(step["at"]) < START + timedelta(days=7) else [0, 1, 2]
        )
    story = tell(tmp_path, url, places, {"seed": SEED, "steps": planned})
    assert story.result["errors"] == []
    check_each_is_posted_once(story)
    check_hours_and_days(story)
    check_nobody_is_reminded_in_vain(story)
    check_ladders_end(story)
    check_undisturbed(story, prompt=PROMPT + hour)


def _figures(story: Story) -> str:
    kinds = Counter(
        kind for post in story.posts for kind in ("post", "update", "gone", "found") if kind in post
    )
    left = sum(history.undisturbed for history in story.histories.values())
    result = story.result
    return (
        f"{dict(kinds)}, {len(story.reminders)} reminders, {left} undisturbed, "
        f"{result['kills']} kills ({result['missed']} too late), {len(result['rounds'])} rounds, "
        f"{result['seconds']:.0f} s, seed {SEED}"
    )


def check_clocks_change(places: list[Place]) -> None:
    """Some clocks go on in these days, others back, and some never."""
    changes = set()
    for place in places:
        begun, ended = (there(place, at).utcoffset() for at in (START, START + SIXTY_DAYS))
        assert begun is not None and ended is not None
        changes.add((ended > begun) - (ended < begun))
    assert changes == {-1, 0, 1} and len({place.zone for place in places}) >= 12


def check_each_is_posted_once(story: Story) -> None:
    posted = Counter(post["post"] for post in story.posts if "post" in post)
    assert [item for item, times in posted.items() if times > 1] == []
    assert [item for item in story.items.values() if item.done_at is None or item.given_up] == []
    told = Counter(
        post["args"]["reminder"]
        for post in story.posts
        if "post" in post and post["notice"] == "reminder"
    )
    assert told == Counter(reminder.id for reminder in story.reminders)


def check_hours_and_days(story: Story) -> None:
    days: dict[tuple[str, date], int] = defaultdict(int)
    for post in story.posts:
        if "post" in post and post["notice"] == "reminder":
            place = story.places[post["channel"]]
            assert works(place, post["at"]), (place, post)
            days[place.channel, there(place, post["at"]).date()] += 1
    assert {day: times for day, times in days.items() if times > 1} == {}


def check_nobody_is_reminded_in_vain(story: Story) -> None:
    """Neither a message nor a rung for what is done, stopped, snoozed, paused, or somebody else's
    turn."""
    wrong = []
    for reminder in story.reminders:
        for account_id in reminder.account_ids:
            history = story.histories[account_id]
            if not history.wanted(reminder.posted_at, reminder.channel_id == SUPPORT):
                wrong.append(("listed", account_id, reminder, history.events))
    for account_id, history in story.histories.items():
        for at in history.posted:
            if not (history.wanted(at, support=False) or history.wanted(at, support=True)):
                wrong.append(("counted", account_id, at, history.events))
    assert wrong == [], f"{len(wrong)}: {wrong[:3]}"


def check_ladders_end(story: Story) -> None:
    """No wait has more reminders than rungs; one that nobody ended comes to support, who are told
    once."""
    for history in story.histories.values():
        for begun, ended, life in history.waits():
            posted = [at for at in history.posted if begun < at <= ended]
            told = [at for at in history.told if begun < at <= ended]
            held_again = (
                sum(event["at"] >= min(told) for event in history.events if "until" in event)
                if told
                else 0
            )
            assert len(posted) <= len(RUNGS) + held_again, history
            assert len(told) <= 1 + held_again, history
            if ended.year == datetime.max.year and life.state in WAITING and not life.stopped:
                assert (
                    told
                    and history.account.owner == "support"
                    and history.account.reminder.due_at is None
                ), history


def check_undisturbed(story: Story, prompt: timedelta = PROMPT) -> None:
    """Where nobody interfered, each rung comes with the channel's first reminder from its time on,
    and that comes promptly."""
    rounds = sorted(datetime.fromisoformat(at) for at in story.result["rounds"])
    times = {channel: story.reminded(channel) for channel in story.places}
    for history in story.histories.values():
        if history.undisturbed:
            support = history.events[0]["owner"] == "support"
            place = story.places[SUPPORT] if support else history.place
            expected = climbs(place, history.events[0]["at"], times[place.channel], rounds, prompt)
            assert history.posted == expected, (place, history)
            assert history.told == expected[-1:] == [expected[-1]], history


def climbs(
    place: Place,
    begun: datetime,
    reminders: list[datetime],
    rounds: list[datetime],
    prompt: timedelta,
) -> list[datetime]:
    """When reminders of a wait come; rungs that pass before the next one comes are left out."""
    found: list[datetime] = []
    rung = 0
    while rung < len(RUNGS):
        due = first_working(place, begun + RUNGS[rung])
        first = bisect_left(reminders, due)
        assert first < len(reminders), f"nothing came in {place} for {due}"
        came = reminders[first]
        assert came <= latest(place, due, reminders, rounds) + prompt, (place, due, came)
        found.append(came)
        rung = max([rung, *(n for n, length in enumerate(RUNGS) if begun + length <= came)]) + 1
    return found


def latest(
    place: Place, due: datetime, reminders: list[datetime], rounds: list[datetime]
) -> datetime:
    """The first moment from `due` on when somebody worked, and people were there and had had no
    reminder that day."""
    for at in rounds[bisect_left(rounds, due) :]:
        before = reminders[
            bisect_right(reminders, at - timedelta(days=2)) : bisect_left(reminders, at)
        ]
        had = any(there(place, earlier).date() == there(place, at).date() for earlier in before)
        if works(place, at) and works(place, at + MARGIN) and not had:
            return at
    raise AssertionError(f"there was no time for {due} in {place}")
