"""What Slack knows about people: our organisation, the support team, and who is in a channel."""

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

import structlog
from cachetools import TTLCache
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.common.clock import Clock
from bot.common.people import Person, Profile
from bot.common.refusals import SlackBusy
from bot.messages.paces import Paces
from bot.messages.refusals import Subject
from bot.views.customers import Sharing
from handlers.slack.private import UNANSWERED
from handlers.slack.refusals import about, error_of, said
from storage.vocabulary import Means

log = structlog.get_logger(__name__)

REMEMBERED_FOR = timedelta(minutes=1)
"""So old an answer may be for who only looks; people turn pages faster than channels change."""

STALE_FOR = timedelta(hours=1)
"""So old an answer may be for who only looks while Slack does not answer."""

NOW = timedelta(0)
"""So old an answer may be for who changes something: Slack is asked.

Slack's events tell of changes as well, but only one process hears of each, seconds late and not at
all while it is down; one more question a press costs little, and needs nobody told.
"""

GROUP_SHARED_FOR = timedelta(seconds=9)
"""Slack says only twenty times a minute who is in a user group. Where no question is left, who
changes something goes by an answer so old, of whatever process: the last question was asked within
six seconds, and may wait three for its answer."""

LEFT_FOR_PEOPLE = 10
"""So many questions about a channel are left for people while we look after closed ones."""

MAX_REMEMBERED = 5000
"""So many answers are remembered; one is a person, or the members of a channel."""

MEMBERS_PER_PAGE = 200
UNSEEN = ("channel_not_found", "not_in_channel")
"""Slack errors about a conversation that the bot is not in."""

SOMEBODY = "somebody in your Slack channel"
"""What a person is called of whom Slack does not say it."""

T = TypeVar("T")


@dataclass(frozen=True)
class Vendor:
    """Where the app is installed: the workspace, and the organisation on Enterprise Grid (empty
    elsewhere); who the app is there, and the workspace's address (``https://lumen.slack.com/``)."""

    team: str
    enterprise: str
    bot: str
    url: str = ""

    @property
    def ids(self) -> frozenset[str]:
        """Both IDs, as payloads carry them."""
        return frozenset({self.team, self.enterprise} - {""})


@dataclass(frozen=True)
class Answer:
    """What Slack answered, and when it was asked."""

    value: object
    asked_at: datetime


class SlackDirectory:
    """The `Directory` of the rights, over Slack's Web API. Answers are remembered for who only
    looks; whoever asks `afresh` gets Slack's answer of now, or `SlackBusy`."""

    def __init__(
        self,
        client: WebClient,
        clock: Clock,
        support_users: Collection[Person],
        support_usergroup: str,
        paces: Paces,
        group_gone: Callable[[str, str], None] = lambda group, error: None,
    ) -> None:
        """`client` must not wait for rate limits: people wait for what it is asked; `paces` says
        what is left of them. `group_gone` is called with the support user group and Slack's error
        where the group is not there."""
        self._paces = paces
        self._group_gone = group_gone
        self._client = client
        self._clock = clock
        self._support_users = frozenset(support_users)
        self._support_usergroup = support_usergroup
        self._lock = threading.Lock()
        self._vendor: Vendor | None = None
        self._cache: TTLCache[tuple[str, str], Answer] = TTLCache(
            MAX_REMEMBERED,
            STALE_FOR.total_seconds(),
            timer=lambda: clock.now().timestamp(),
        )

    def vendor_team(self) -> str:
        """The ID of the workspace where the app is installed."""
        return self._ours().team

    def link_to(self, channel_id: str, ts: str) -> str:
        """The address of a message, as `chat.getPermalink` gives it
        (docs.slack.dev/reference/methods/chat.getPermalink); empty where Slack does not say that of
        the workspace."""
        url = self._ours().url
        return f"{url}archives/{channel_id}/p{ts.replace('.', '')}" if url else ""

    def bot_user(self) -> str:
        """The user ID of the app itself."""
        return self._ours().bot

    def is_bot(self, user: str) -> bool:
        """Whether it is the app itself."""
        return user == self.bot_user()

    def is_ours(self, person: Person, afresh: bool = False) -> bool | None:
        """Whether the person is of the vendor's organisation: of our workspace or, on Enterprise
        Grid, of any workspace of it. None when Slack does not say it."""
        ours = self._ours()
        if person.team in ours.ids or not ours.enterprise:
            return person.team in ours.ids
        profile = self.profile(person, afresh)
        return None if profile is None else bool(profile.teams & ours.ids)

    def is_support(self, person: Person, afresh: bool = False) -> bool:
        """Whether the person is named in the settings or belongs to the support user group (people
        of our own organisation), under whichever of its IDs they act."""
        if person in self._support_users:
            return True
        if not (self._is_named(person, afresh) or self._is_in_group(person, afresh)):
            return False
        ours = self.is_ours(person, afresh)
        if ours is None and afresh:
            raise SlackBusy
        return bool(ours)

    def is_member(self, person: Person, channel_id: str, afresh: bool = False) -> bool:
        """Whether the person is in the channel; a no is asked for again at once, since people
        join."""
        if not afresh and person.user in self._members(channel_id, REMEMBERED_FOR):
            return True
        return person.user in self._members(channel_id, NOW)

    def profile(self, person: Person, afresh: bool = False) -> Profile | None:
        """What Slack says of the person; None when it does not say it."""
        oldest = NOW if afresh else REMEMBERED_FOR
        key = ("person", f"{person.team}:{person.user}")
        try:
            return self._remember(key, lambda: self._ask_profile(person), oldest)
        except (SlackBusy, *UNANSWERED) as error:
            log.warning("directory.person_unknown", error=type(error).__name__)
            return None

    def name_of(self, person: Person) -> str:
        """What the person is called in Slack; somebody, when Slack does not say."""
        profile = self.profile(person)
        return profile.name if profile else SOMEBODY

    def sharing(self, channel_id: str) -> Sharing | None:
        """With whom the channel is shared now; None when Slack does not say it."""
        try:
            channel = self._ask_channel(channel_id)
            connected = frozenset(channel.get("connected_team_ids") or ())
            internal = self._ours().ids.union(channel.get("internal_team_ids") or ())
            # `is_shared` is said of channels between workspaces of one organisation as well
            shared = bool(channel.get("is_ext_shared"))
            return Sharing(shared, connected - internal, bool(channel.get("is_member")))
        except SlackApiError as error:
            # A private channel that the bot is not in, or a conversation of two
            unseen = error.response["error"] in UNSEEN
            log.warning("directory.channel_unknown", error=str(error.response["error"]))
            return Sharing(False, frozenset(), joined=False) if unseen else None
        except (SlackBusy, *UNANSWERED) as error:
            log.warning("directory.channel_unknown", error=type(error).__name__)
            return None

    def is_open(self, channel_id: str) -> bool:
        """Whether the app is in a channel where people post; no when Slack does not say it.

        Raises:
            SlackBusy: Slack may not be asked just now.
        """
        try:
            channel = self._ask_channel(channel_id, left=LEFT_FOR_PEOPLE)
        except UNANSWERED as error:
            log.info("directory.channel_unknown", error=type(error).__name__)
            return False
        return bool(channel.get("is_member")) and not channel.get("is_archived")

    def forget(self, channel_id: str) -> None:
        """Ask Slack again who is in the channel, also for who only looks."""
        with self._lock:
            self._cache.pop(("members", channel_id), None)

    def _ours(self) -> Vendor:
        """Asked once: an installation never moves."""
        if self._vendor is None:
            self._vendor = self._remember(("vendor", ""), self._ask_vendor, NOW)
        return self._vendor

    def _is_named(self, person: Person, afresh: bool) -> bool:
        """Whether the settings name the person under another ID of the workspaces they are in."""
        named = {each.team for each in self._support_users if each.user == person.user}
        if not named:
            return False
        profile = self.profile(person, afresh)
        return bool(named & (self._ours().ids | (profile.teams if profile else frozenset())))

    def _is_in_group(self, person: Person, afresh: bool) -> bool:
        """A yes is asked for again, where it must be of now. A no may be a minute old: it takes
        nothing from anybody but a new colleague's first minute, and customers of our own workspace
        may ask more often than Slack answers this question."""
        if not self._support_usergroup:
            return False
        listed = person.user in self._group(REMEMBERED_FOR)
        return listed and (not afresh or person.user in self._group(NOW))

    def _group(self, oldest: timedelta) -> frozenset[str]:
        return self._remember(("support", ""), self._say_support, oldest)

    def _say_support(self) -> frozenset[str]:
        """Who is in the group, as Slack says it now; where Slack may not be asked just now, as any
        process was told a moment ago.

        Raises:
            SlackBusy: nobody was.
        """
        asked_at = self._clock.now()
        if self._paces.may_go(Means.GROUP):
            found = self._ask_support()
            self._paces.share(Means.GROUP, found, asked_at)
            return found
        known = self._paces.shared(Means.GROUP)
        if known is None or asked_at - known.asked_at >= GROUP_SHARED_FOR:
            raise SlackBusy
        return known.names

    def _members(self, channel_id: str, oldest: timedelta) -> frozenset[str]:
        return self._remember(
            ("members", channel_id), lambda: self._ask_members(channel_id), oldest
        )

    def _remember(self, key: tuple[str, str], ask: Callable[[], T], oldest: timedelta) -> T:
        """What is remembered under `key` if it is younger than `oldest`, else the answer of `ask`.

        Raises:
            SlackBusy: Slack does not answer just now, or refuses to, and no answer is left that
                would do. Either is news about Slack or about the app, never about a person.
        """
        asked_at = self._clock.now()
        with self._lock:
            known = self._cache.get(key)
        if known is not None and asked_at - known.asked_at < oldest:
            return cast(T, known.value)
        try:
            # The lock is free while Slack is asked: a slow answer holds nobody else up, and that
            # two threads may ask for the same costs one call.
            value = ask()
        except (SlackBusy, *UNANSWERED) as error:
            log.warning("directory.unanswered", question=key[0], error=said(error))
            if known is None or oldest < REMEMBERED_FOR:
                raise SlackBusy from None
            return cast(T, known.value)
        self._keep(key, Answer(value, asked_at))
        return value

    def _keep(self, key: tuple[str, str], answer: Answer) -> None:
        """Unless somebody who asked later has Slack's answer already."""
        with self._lock:
            known = self._cache.get(key)
            if known is None or known.asked_at <= answer.asked_at:
                self._cache[key] = answer

    def _ask_vendor(self) -> Vendor:
        answer = self._client.auth_test()
        return Vendor(
            team=str(answer["team_id"]),
            enterprise=str(answer.get("enterprise_id") or ""),
            bot=str(answer.get("user_id") or ""),
            url=str(answer.get("url") or ""),
        )

    def _ask_profile(self, person: Person) -> Profile:
        user = self._client.users_info(user=person.user)["user"]
        profile = user.get("profile") or {}
        name = profile.get("real_name") or user.get("real_name") or user["name"]
        guest = user.get("is_restricted") or user.get("is_ultra_restricted")
        grid = user.get("enterprise_user") or {}
        said = (user.get("team_id"), grid.get("enterprise_id"), *(grid.get("teams") or ()))
        teams = frozenset(str(team) for team in said if team)
        # A user ID means nothing without its workspace: what Slack says of the same ID elsewhere
        # is not said of this person.
        own = teams if person.team in teams else frozenset({person.team})
        return Profile(str(name), bool(guest), own, str(user.get("tz") or ""))

    def _ask_support(self) -> frozenset[str]:
        """Nobody, where the group is gone or the plan has none: who is named in the settings is
        support all the same."""
        group = self._support_usergroup
        try:
            return frozenset(self._client.usergroups_users_list(usergroup=group)["users"])
        except SlackApiError as error:
            if about(error) is not Subject.TARGET:
                raise
            log.error("directory.support_group_gone", group=group, error=error_of(error))
            self._group_gone(group, error_of(error))
            return frozenset()

    def _ask_channel(self, channel_id: str, left: int = 0) -> dict[str, Any]:
        if not self._paces.may_go(Means.CHANNEL, left):
            raise SlackBusy
        return cast(dict[str, Any], self._client.conversations_info(channel=channel_id)["channel"])

    def _ask_members(self, channel_id: str) -> frozenset[str]:
        members: set[str] = set()
        cursor: str | None = None
        try:
            while True:
                page = self._client.conversations_members(
                    channel=channel_id, limit=MEMBERS_PER_PAGE, cursor=cursor
                )
                members.update(page["members"])
                cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
                if cursor is None:
                    return frozenset(members)
        except SlackApiError as error:
            if about(error) is Subject.PLACE:  # we are not told who is in the channel
                return frozenset(members)
            raise
