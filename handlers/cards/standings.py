"""How far a customer is, in the lines that support reads wherever a customer is named."""

from datetime import datetime

from bot.views.audience import Audience
from bot.views.overview import Standing
from handlers.cards.kit import Safe, bar, mention, moment
from handlers.text.people import owner_named
from handlers.text.words import plainly, say
from storage.vocabulary import STANDS, State


def standing_lines(standing: Standing, tested: datetime | None) -> list[Safe]:
    """How many of a customer's accounts are live, what the others wait for, what most of them have,
    who has waited the longest, who looks after them, and when one was last `tested`."""
    facts = {
        "live": standing.live,
        "total": standing.total,
        "bar": bar(standing.live, standing.total),
    }
    where = Safe(", ".join(f"<#{channel}>" for channel in standing.channels[:5]))
    lines = [say(_line(standing), customer=standing.customer, channel=where, **facts)]
    if waiting := [
        say("home.count", state=plainly(f"state.{name}"), count=n) for name, n in _open(standing)
    ]:
        lines.append(Safe("  ·  ".join(waiting)))
    if standing.cause:
        lines.append(say("home.cause", cause=standing.cause))
    if standing.oldest is not None:
        since, owner = standing.oldest
        lines.append(
            say("home.waits", owner=owner_named(owner, Audience.SUPPORT), since=moment(since))
        )
    lines += looked_after(standing.helper)
    if tested is not None:
        lines.append(say("home.tested", at=moment(tested)))
    return lines


def looked_after(helper: str) -> list[Safe]:
    """Who of the support team looks after a customer, mentioned; nothing for nobody ("")."""
    return [say("home.helper", helper=mention(helper))] if helper else []


def _open(standing: Standing) -> list[tuple[str, int]]:
    """How many of a customer's accounts are anywhere but *Live*, the worst first."""
    counts = [(name, standing.stands.get(name, 0)) for name in STANDS if name != State.LIVE]
    return [(name, count) for name, count in counts if count]


def _line(standing: Standing) -> str:
    """The sentence that says how far a customer is."""
    if standing.ended:
        return "home.customer_ended"
    return "home.customer_line" if standing.total else "home.customer_empty"
