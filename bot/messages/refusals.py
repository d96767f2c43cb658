"""What may keep a message from reaching Slack, by what it is about."""

from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum


class Subject(StrEnum):
    """What a refusal of Slack's is about. Each calls for something else."""

    INSTALLATION = "installation"
    """The app itself: its token, its scopes, the workspace. Nothing at all can be sent."""

    PLACE = "place"
    """The channel: the app is not in it, or nobody can post there."""

    TARGET = "target"
    """What the call names: a message, a thread, a window, a group. It is not there, or not ours."""

    CONTENT = "content"
    """What was sent: Slack does not take it in this form."""

    PASSING = "passing"
    """Slack just now: the same request may succeed in a moment."""

    UNKNOWN = "unknown"
    """An answer that nobody has written down."""


class ChannelBusy(Exception):
    """Slack asks to wait; nothing was sent."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"wait {wait.total_seconds():.0f} s")
        self.wait = wait


class ChannelRefuses(Exception):
    """Slack does not take the message: `error` is its word for why, and `about` what that means.
    Nothing was sent."""

    def __init__(self, about: Subject, error: str) -> None:
        super().__init__(error)
        self.about = about
        self.error = error


class BlocksRefused(ChannelRefuses):
    """Slack does not take the message with these kinds of newer blocks; it may take it without."""

    def __init__(self, error: str, kinds: Collection[str]) -> None:
        super().__init__(Subject.CONTENT, error)
        self.kinds = frozenset(kinds)


class ThreadUnreadable(Exception):
    """Slack does not let the app read the thread, but says when its newest reply came: `newest` is
    its time and name, empty where there is none."""

    def __init__(self, newest: str) -> None:
        super().__init__(newest)
        self.newest = newest


class ChannelUnreachable(Exception):
    """No answer, or one that says nothing: whether the message arrived is not known."""


class PageInstead(ChannelUnreachable):
    """A page with a server's error in the place of an answer. One call in many meets that on any
    day; in an outage every call does."""
