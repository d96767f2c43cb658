"""Links to messages that stand in Slack."""

from collections.abc import Callable, Mapping

from bot.views.places import Place
from handlers.cards.kit import Safe, escaped, safe
from handlers.text.words import plainly

Link = Callable[[str, str], str]
"""The address of a message in a channel by its time; empty where Slack does not say it."""


def no_link(channel_id: str, ts: str) -> str:
    """Where no addresses are known."""
    return ""


def linked(place: Place | None, link_to: Link, label: str) -> Safe | None:
    """A link to the message that stands there, with any text; None where there is no way."""
    address = link_to(place.channel_id, place.ts) if place is not None else ""
    return Safe(f"<{escaped(address)}|{safe(label)}>") if address else None


def ways(link_to: Link, places: Mapping[str, Place | None]) -> list[Safe]:
    """Links to the messages that stand in Slack, by the names of the sentences that label them."""
    found = (linked(place, link_to, plainly(name)) for name, place in places.items())
    return [each for each in found if each is not None]
