"""Where the support team can answer a customer: the threads of their own channel."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.views.accounts import AccountView


@dataclass(frozen=True)
class AnswerPlace:
    """A place in a customer's channel: the thread of an account's card or, where there is none, the
    channel (or the thread of what was asked for there)."""

    channel_id: str
    account: AccountView | None = None

    @property
    def id(self) -> str:
        """As a form names it."""
        return self.account.ref if self.account else self.channel_id


@dataclass(frozen=True)
class AnswerOffer:
    """What support can answer: `about` names the card in support's channel, `places` are where the
    answer can stand, the likeliest first."""

    about: str
    customer: str
    places: Sequence[AnswerPlace]
