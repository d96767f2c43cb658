"""What Slack knows about people: our team, the support team, and who is in a channel."""

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar, cast

from cachetools import TTLCache
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.common.clock import Clock
from bot.common.people import Person

REMEMBERED_FOR = timedelta(minutes=5)
MAX_REMEMBERED = 5000
"""So many answers are remembered; one is a person, or the members of a channel."""

MEMBERS_PER_PAGE = 200
NOT_FOR_US = ("channel_not_found", "not_in_channel", "missing_scope")
"""Slack errors that say that we are not told who is in a channel."""

SOMEBODY = "somebody in your Slack channel"
"""What a person is called of whom Slack does not say it."""

T = TypeVar("T")


@dataclass(frozen=True)
class Profile:
    """What Slack says of a person."""

    name: str
    is_guest: bool


class SlackDirectory:
    """The `Directory` of the rights, over Slack's Web API; answers are remembered for five
    minutes."""

    def __init__(
        self,
        client: WebClient,
        clock: Clock,
        support_users: Collection[Person],
        support_usergroup: str,
    ) -> None:
        """`client` may wait where Slack asks it to."""
        self._client = client
        self._support_users = frozenset(support_users)
        self._support_usergroup = support_usergroup
        self._lock = threading.Lock()
        self._cache: TTLCache[tuple[str, str], object] = TTLCache(
            MAX_REMEMBERED,
            REMEMBERED_FOR.total_seconds(),
            timer=lambda: clock.now().timestamp(),
        )

    def vendor_team(self) -> str:
        """The id of the workspace where the app is installed."""
        return self._remember(("team", ""), self._ask_team)

    def is_support(self, person: Person) -> bool:
        """Whether the person is named in the settings or belongs to the support user group (people
        of our own workspace)."""
        if person in self._support_users:
            return True
        if not self._support_usergroup or person.team != self.vendor_team():
            return False
        return person.user in self._remember(("support", ""), self._ask_support)

    def is_member(self, person: Person, channel_id: str) -> bool:
        """Whether the person is in the channel; a no is asked for again at once, since people
        join."""
        if person.user in self._members(channel_id):
            return True
        self.forget(channel_id)
        return person.user in self._members(channel_id)

    def name_of(self, person: Person) -> str:
        """What the person is called in Slack; somebody, when Slack does not say."""
        try:
            return self._profile(person).name
        except (SlackApiError, OSError):
            return SOMEBODY

    def is_guest(self, person: Person) -> bool:
        """Whether Slack calls the person a guest (`is_restricted`; single-channel guests are that,
        too). Not, when Slack does not say."""
        try:
            return self._profile(person).is_guest
        except SlackApiError:
            return False

    def forget(self, channel_id: str) -> None:
        """Ask Slack again who is in the channel."""
        with self._lock:
            self._cache.pop(("members", channel_id), None)

    def _members(self, channel_id: str) -> frozenset[str]:
        return self._remember(("members", channel_id), lambda: self._ask_members(channel_id))

    def _profile(self, person: Person) -> Profile:
        return self._remember(("person", person.user), lambda: self._ask_profile(person))

    def _remember(self, key: tuple[str, str], ask: Callable[[], T]) -> T:
        """What is remembered under `key`, else the answer of `ask`."""
        with self._lock:
            known = self._cache.get(key)
        if known is None:
            # The lock is free while Slack is asked: a slow answer holds nobody else up, and that
            # two threads may ask for the same costs one call.
            known = ask()
            with self._lock:
                self._cache[key] = known
        return cast(T, known)

    def _ask_team(self) -> str:
        return str(self._client.auth_test()["team_id"])

    def _ask_profile(self, person: Person) -> Profile:
        user = self._client.users_info(user=person.user)["user"]
        profile = user.get("profile") or {}
        name = profile.get("real_name") or user.get("real_name") or user["name"]
        guest = user.get("is_restricted") or user.get("is_ultra_restricted")
        return Profile(str(name), bool(guest))

    def _ask_support(self) -> frozenset[str]:
        group = self._client.usergroups_users_list(usergroup=self._support_usergroup)
        return frozenset(group["users"])

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
            if error.response["error"] in NOT_FOR_US:
                return frozenset(members)
            raise
