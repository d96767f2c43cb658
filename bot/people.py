"""Who acts."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """A person in Slack: a user id means nothing without its workspace's."""

    team: str
    user: str


MAILDESK = Person("", "maildesk")
"""The bot itself, where it acts unasked."""

WEB = Person("", "web")
"""Whoever sits at the browser: not known in Slack."""
