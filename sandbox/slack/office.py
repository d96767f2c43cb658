"""What there is in the Slack of the practice world: workspaces, people, channels, messages,
windows."""

import secrets
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sandbox.slack.methods import METHODS, Tiers
from sandbox.slack.weather import Weather

Json = dict[str, Any]

PATIENCE = 3.0
"""Seconds to acknowledge in, and to open a window in."""

BURST = 3
"""chat.postMessage: about one a second in a channel, with short bursts allowed."""


@dataclass
class Workspace:
    """A workspace; `enterprise` is the ID of the organisation whose Enterprise Grid it is of, if it
    is of any."""

    id: str
    name: str
    enterprise: str = ""


@dataclass
class Member:
    """A person (or the bot), in one workspace."""

    id: str
    name: str
    team_id: str
    role: str = ""
    is_bot: bool = False
    is_guest: bool = False
    tz: str = "Europe/Copenhagen"
    email: str = ""


@dataclass
class Channel:
    """A channel: `shared` with another workspace, or `internal`. A `private` one speaks of itself
    as a group in its events."""

    id: str
    name: str
    kind: str
    team_ids: list[str]
    members: set[str]
    archived: bool = False
    private: bool = False


@dataclass
class Message:
    """A message. `ephemeral_to` names the only person who sees it."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str = ""
    metadata: Json | None = None
    edited: bool = False
    ephemeral_to: str = ""


@dataclass
class View:
    """A window in a person's stack, or their Home tab."""

    id: str
    user: str
    view: Json
    hash: str
    previous: str = ""


@dataclass(frozen=True)
class StoredFile:
    """A file that somebody uploaded."""

    id: str
    name: str
    user: str
    team_id: str
    content: bytes
    created: int


class SlackError(Exception):
    """An error that the Web API answers with; `details` stand next to it in the answer."""

    def __init__(
        self,
        error: str,
        messages: list[str] | None = None,
        retry_after: int = 0,
        details: Json | None = None,
    ) -> None:
        super().__init__(error)
        self.error, self.messages, self.retry_after, self.details = (
            error,
            messages or [],
            retry_after,
            details or {},
        )


class Office:
    """Everything, behind one lock; `changed` wakes whoever watches. `heard` holds what the app said
    last, `asked` counts its calls of the Web API.

    `clock` stamps messages and counts how many a channel gets in a second. `stopwatch` measures how
    long the app takes to answer, and `patience` is how many of its seconds it may: Slack's three,
    unless the machine is shared with others.

    `wrong` says what is made to go wrong in the practice world, for its page.

    `connect_files_in_full`: whether a payload carries the whole file of a person of another
    workspace, which Slack does not document for windows; otherwise the app has to ask `files.info`
    for it, as with files in messages.

    `tiers`: with them, the methods' calls are counted and limited as Slack does, over all channels
    together; without, only posts in a channel are, so that what takes minutes can be tried fast.

    `bots_read_threads`: whether a bot's token may read the threads of a channel: the page of
    `conversations.replies` lists the scopes with which it may, and says that it may not.

    `grid_in_payloads`: whether interactions and mentions of people on an Enterprise Grid carry
    their organisation's ID (`E…`) in the place of their workspace's, as Slack documents for
    `block_suggestion` and people have seen in presses (slackapi/bolt-js#1875); commands always
    carry the workspace's.
    """

    def __init__(self) -> None:
        self.clock: Callable[[], float] = time.time
        self.stopwatch: Callable[[], float] = time.monotonic
        self.patience = PATIENCE
        self.bot_token = "xoxb-practice-" + secrets.token_hex(12)
        self.app_token = "xapp-practice-" + secrets.token_hex(12)
        self.signing_secret = secrets.token_hex(16)
        self.app_id, self.bot_id, self.bot_user, self.team_id = (
            "A0MAILDESK",
            "B0MAILDESK",
            "U0MAILDESK",
            "",
        )
        self.command = "/maildesk"
        self.scopes = {
            "chat:write",
            "commands",
            "app_mentions:read",
            "channels:read",
            "files:read",
            "groups:read",
            "users:read",
            "usergroups:read",
        }
        self.connect_files_in_full = False
        self.bots_read_threads = True
        self.grid_in_payloads = False
        self.rate_limits = True
        self.tiers: Tiers | None = None
        self.weather = Weather()
        self.workspaces: dict[str, Workspace] = {}
        self.members: dict[str, Member] = {}
        self.channels: dict[str, Channel] = {}
        self.usergroups: dict[str, list[str]] = {}
        self.messages: list[Message] = []
        self.files: dict[str, StoredFile] = {}
        self.views: dict[str, View] = {}
        self.stacks: dict[str, list[str]] = defaultdict(list)
        self.homes: dict[str, Json] = {}
        self.notices: dict[str, list[Json]] = defaultdict(list)
        self.complaints: list[Json] = []
        self.asked = 0
        self.heard: deque[Json] = deque(maxlen=5000)
        self.links: list[Json] = []
        self.wrong: Callable[[], list[str]] = list
        self.version = 0
        self._condition = threading.Condition(threading.RLock())
        self._triggers: dict[str, tuple[str, float]] = {}
        self._used_triggers: set[str] = set()
        self._posts: dict[str, list[float]] = defaultdict(list)
        self.refused_blocks: set[str] = set()
        """Kinds of blocks that this Slack does not take yet."""
        self._failures: dict[str, list[SlackError]] = defaultdict(list)
        self._drops: dict[str, int] = defaultdict(int)
        self._silent: dict[str, threading.Event] = {}
        self._stamp = 0

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Change something; whoever watches looks again."""
        with self._condition:
            yield
            self.version += 1
            self._condition.notify_all()

    def look_again(self) -> None:
        """Have whoever watches look again."""
        with self.changing():
            pass

    @contextmanager
    def still(self) -> Iterator[None]:
        """Look at several things while nothing changes."""
        with self._condition:
            yield

    def wait_beyond(self, version: int, seconds: float) -> None:
        """Wait until something is newer than `version`."""
        with self._condition:
            self._condition.wait_for(lambda: self.version > version, seconds)

    def add_workspace(
        self, id: str, name: str, installed: bool = False, enterprise: str = ""
    ) -> None:
        """A workspace; the app is installed in one."""
        self.workspaces[id] = Workspace(id, name, enterprise)
        if installed:
            self.team_id = id
            self.members[self.bot_user] = Member(self.bot_user, "Maildesk", id, "App", is_bot=True)

    def add_member(self, id: str, name: str, team_id: str, role: str) -> None:
        """A person."""
        self.members[id] = Member(id, name, team_id, role)

    def add_channel(self, id: str, name: str, members: set[str], with_bot: bool = True) -> None:
        """A channel; it is shared when its people are of several workspaces."""
        people = members | ({self.bot_user} if with_bot else set())
        teams = sorted({self.members[user].team_id for user in people})
        with self.changing():
            self.channels[id] = Channel(id, name, self.kind_of(teams), teams, people)

    def organisation(self, team: str) -> str:
        """Whose workspace it is: the ID of an Enterprise Grid, or the workspace's own."""
        return self.workspaces[team].enterprise or team

    def kind_of(self, teams: list[str]) -> str:
        """What a channel between these workspaces is: between those of one Grid it stays
        internal."""
        organisations = {self.organisation(team) for team in teams}
        return "shared" if len(organisations) > 1 else "internal"

    def acting_team(self, member: Member) -> str:
        """The ID under which payloads speak of a person's workspace."""
        grid = self.grid_in_payloads
        return self.organisation(member.team_id) if grid else member.team_id

    def require(self, *scopes: str) -> None:
        """Refuse what the app was not granted any of these scopes for, as Slack does."""
        if scopes and not self.scopes & set(scopes):
            details = {"needed": ",".join(scopes), "provided": ",".join(sorted(self.scopes))}
            raise SlackError("missing_scope", details=details)

    def new_ts(self) -> str:
        """A message's time, which is its name in the channel."""
        self._stamp = max(self._stamp + 1, int(self.clock() * 1_000_000))
        return f"{self._stamp // 1_000_000}.{self._stamp % 1_000_000:06d}"

    def channel(self, id: str) -> Channel:
        """A channel that the bot may speak in, or Slack's error."""
        channel = self.channels.get(id)
        if channel is None:
            raise SlackError("channel_not_found")
        if channel.archived:
            raise SlackError("is_archived")
        if self.bot_user not in channel.members:
            raise SlackError("not_in_channel")
        return channel

    def message(self, channel: str, ts: str) -> Message:
        """A message, or Slack's error."""
        found = next((m for m in self.messages if (m.channel, m.ts) == (channel, ts)), None)
        if found is None:
            raise SlackError("message_not_found")
        return found

    def new_trigger(self, user: str) -> str:
        """What a stimulus hands out to open one window with."""
        trigger = f"{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._triggers[trigger] = (user, self.stopwatch())
        return trigger

    def use_trigger(self, trigger: str) -> str:
        """Whose trigger it is; good once and for as long as Slack is patient."""
        with self._condition:
            if trigger in self._used_triggers:
                raise SlackError("exchanged_trigger_id")
            if trigger not in self._triggers:
                raise SlackError("invalid_trigger_id")
            user, made = self._triggers[trigger]
            if self.stopwatch() - made > self.patience:
                raise SlackError("expired_trigger_id")
            self._used_triggers.add(trigger)
            return user

    def limit_posts(self, channel: str) -> None:
        """Refuse more than a message a second in a channel, once the burst is used up."""
        if not self.rate_limits:
            return
        now = self.clock()
        recent = [at for at in self._posts[channel] if now - at < BURST]
        if len(recent) >= BURST:
            raise SlackError("ratelimited", retry_after=1)
        self._posts[channel] = [*recent, now]

    def limit_calls(self, method: str) -> None:
        """Refuse more calls of a method than its tier allows."""
        if self.tiers is None:
            return
        with self._condition:
            now = self.clock()
            if self.tiers.count(method, now) > METHODS[method].a_minute:
                raise SlackError("ratelimited", retry_after=self.tiers.refuse(method, now))

    def fail_next(self, method: str, error: str, retry_after: int = 0) -> None:
        """Have the next call of a Web API method fail."""
        self._failures[method].append(SlackError(error, retry_after=retry_after))

    def take_failure(self, method: str) -> None:
        """Fail if that was asked for."""
        if self._failures[method]:
            raise self._failures[method].pop(0)

    def drop_next(self, method: str, times: int = 1) -> None:
        """Have the answers to the next calls of a Web API method be lost, after they were carried
        out; "response_url" for what is sent there."""
        self._drops[method] += times

    def fall_silent(self, method: str) -> None:
        """Have the calls of a Web API method be carried out and not be answered, until
        `answer_again`."""
        self._silent[method] = threading.Event()

    def answer_again(self) -> None:
        """Have every call be answered, those that wait as well."""
        for silence in self._silent.values():
            silence.set()

    def be_silent(self, method: str) -> None:
        """Wait as long as such calls are not answered."""
        if method in self._silent:
            self._silent[method].wait()

    def drops(self, method: str) -> bool:
        """Whether this answer is to be lost."""
        with self._condition:
            lost = self._drops[method] > 0
            self._drops[method] -= lost
            return lost

    def notify(self, user: str, text: str) -> None:
        """Tell one person something that Slack itself says."""
        with self.changing():
            self.notices[user].append({"id": secrets.token_hex(6), "text": text})
