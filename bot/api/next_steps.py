"""The next step of an account in words, for the product's screens."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from bot.views.accounts import AccountCard
from bot.views.audience import Audience
from bot.views.next_steps import way_on
from storage.vocabulary import State

WORDS = Path(__file__).with_name("next_steps.toml")


UNTESTED = "untested"


def next_step(card: AccountCard, usable: bool) -> str:
    """What happens next with an account, and who does it. One that is live and not `usable` has a
    new sign-in."""
    words = _words()
    ways = (way_on(card, audience) for audience in (Audience.CUSTOMER, Audience.SUPPORT))
    way = next((each for each in ways if each is not None), None)
    account = card.account
    untested = account.state is State.LIVE and not usable
    state = UNTESTED if untested else account.state
    said = words["ways"][way.name] if way else words["states"][state]
    return said.format(owner=words["owners"][account.owner])


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(WORDS.read_text("utf-8"))
