"""What has to be known of people, and who knows it."""

from typing import Protocol

from bot.common.people import Person, Profile


class Directory(Protocol):
    """What Slack knows about people. Each call may take a second. `afresh`: Slack is asked now, and
    nothing that it said before will do; everything here raises `SlackBusy` when there is no answer
    that will do, except where it says what it gives instead."""

    def vendor_team(self) -> str:
        """The ID of the workspace where the app is installed."""
        ...

    def link_to(self, channel_id: str, ts: str) -> str:
        """The address of a message; empty where Slack does not say it."""
        ...

    def is_ours(self, person: Person, afresh: bool = False) -> bool | None:
        """Whether the person is of the vendor's organisation; None when Slack does not say it."""
        ...

    def is_support(self, person: Person, afresh: bool = False) -> bool:
        """Whether the person belongs to the vendor's support team."""
        ...

    def is_member(self, person: Person, channel_id: str, afresh: bool = False) -> bool:
        """Whether the person is in the channel."""
        ...

    def profile(self, person: Person, afresh: bool = False) -> Profile | None:
        """What Slack says of the person; None when it does not say it."""
        ...
