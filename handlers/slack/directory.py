"""What Slack knows about people: our team, the support team, and who is in a channel."""

import threading
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.common.clock import Clock
from bot.common.people import Person

REMEMBERED_FOR = timedelta(minutes=5)
PAGE = 200


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
        self._client = client
        self._clock = clock
        self._support_users = frozenset(support_users)
        self._support_usergroup = support_usergroup
        self._lock = threading.Lock()
        self._remembered: dict[str, tuple[datetime, frozenset[str]]] = {}

    def vendor_team(self) -> str:
        """The id of the workspace where the app is installed."""
        return next(
            iter(self._remember("team", lambda: {str(self._client.auth_test()["team_id"])}))
        )

    def is_support(self, person: Person) -> bool:
        """Whether the person is named in the settings or belongs to the support user group (people
        of our own workspace)."""
        if person in self._support_users:
            return True
        if not self._support_usergroup or person.team != self.vendor_team():
            return False
        return person.user in self._remember("support", self._usergroup)

    def is_member(self, person: Person, channel_id: str) -> bool:
        """Whether the person is in the channel; a no is asked for again at once, since people
        join."""
        key = f"members {channel_id}"
        if person.user in self._remember(key, lambda: self._members(channel_id)):
            return True
        self.forget(channel_id)
        return person.user in self._remember(key, lambda: self._members(channel_id))

    def name_of(self, person: Person) -> str:
        """What the person is called in Slack; somebody, when Slack does not say."""
        try:
            (name,) = self._remember(f"name {person.user}", lambda: [self._ask_name(person)])
        except (SlackApiError, OSError):
            return "somebody in your Slack channel"
        return name

    def is_guest(self, person: Person) -> bool:
        """Whether Slack calls the person a guest (`is_restricted`; single-channel guests are that,
        too). Not, when Slack does not say."""
        try:
            return bool(self._remember(f"guest {person.user}", lambda: self._ask_guest(person)))
        except SlackApiError:
            return False

    def _ask_guest(self, person: Person) -> Collection[str]:
        user = self._client.users_info(user=person.user)["user"]
        return ["guest"] if user.get("is_restricted") or user.get("is_ultra_restricted") else []

    def _ask_name(self, person: Person) -> str:
        user = self._client.users_info(user=person.user)["user"]
        profile = user.get("profile") or {}
        return str(profile.get("real_name") or user.get("real_name") or user["name"])

    def forget(self, channel_id: str) -> None:
        """Ask Slack again who is in the channel."""
        with self._lock:
            self._remembered.pop(f"members {channel_id}", None)

    def _remember(self, key: str, ask: Callable[[], Collection[str]]) -> frozenset[str]:
        now = self._clock.now()
        with self._lock:
            at, known = self._remembered.get(key, (now, frozenset()))
            if key in self._remembered and now - at < REMEMBERED_FOR:
                return known
        answer = frozenset(ask())
        with self._lock:
            self._remembered[key] = (now, answer)
        return answer

    def _usergroup(self) -> Collection[str]:
        return list(self._client.usergroups_users_list(usergroup=self._support_usergroup)["users"])

    def _members(self, channel_id: str) -> Collection[str]:
        members: list[str] = []
        cursor = ""
        try:
            while True:
                page = self._client.conversations_members(
                    channel=channel_id, limit=PAGE, cursor=cursor or None
                )
                members += page["members"]
                cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
                if not cursor:
                    return members
        except SlackApiError as error:
            if error.response["error"] in ("channel_not_found", "not_in_channel", "missing_scope"):
                return members
            raise
