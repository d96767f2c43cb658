"""Who acts."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Person:
    """A person in Slack: a user id means nothing without its workspace's. `place` is where they
    act: a channel, or a window."""

    team: str
    user: str
    place: str = field(default="", compare=False)


MAILDESK = Person("", "maildesk")
"""The bot itself, where it acts unasked."""

SLACK = Person("", "slack")
"""Slack itself, where it tells of something that happened there."""

WEB = Person("", "web", "web")
"""Whoever sits at the browser: not known in Slack."""
