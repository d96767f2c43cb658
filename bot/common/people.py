"""Who acts."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Person:
    """A person in Slack: a user id means nothing without its workspace's. `place` is where they
    act: a channel, or a window."""

    team: str
    user: str
    place: str = field(default="", compare=False)


@dataclass(frozen=True)
class Profile:
    """What Slack says of a person: the name, whether they are a guest rather than a member
    (`is_restricted`; single-channel guests are that, too), every ID under which their workspace
    and, on Enterprise Grid, their organisation is known, with the one under which they act, and the
    name of their time zone ("" where Slack does not say it)."""

    name: str
    is_guest: bool
    teams: frozenset[str]
    zone: str = ""


A_KEY = "api-key:"
"""How whoever calls the API is called, with what may be shown of their key behind it."""


def product(public_id: str) -> Person:
    """The vendor's product, as whoever calls the API with a key."""
    return Person("", f"{A_KEY}{public_id}", "api")


def is_product(person: Person) -> bool:
    """Whether it is the vendor's product who acts, and nobody of Slack."""
    return not person.team and person.user.startswith(A_KEY)


MAILDESK = Person("", "maildesk")
"""The bot itself, where it acts unasked."""

SLACK = Person("", "slack")
"""Slack itself, where it tells of something that happened there."""

WEB = Person("", "web", "web")
"""Whoever sits at the browser: not known in Slack."""
