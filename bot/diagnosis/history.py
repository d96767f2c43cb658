"""How failures of a cause ended, and where it is at work now."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.diagnosis.verdict import Verdict
from storage.vocabulary import Deed, Mended


@dataclass(frozen=True)
class Ending:
    """How failures of a cause ended: by what, how often, and how many minutes after they began (the
    middle of all)."""

    by: Mended
    count: int
    minutes: int


@dataclass(frozen=True)
class Rate:
    """How often what people did about a cause helped: of `tried` times whose end is known."""

    deed: Deed
    helped: int
    tried: int


@dataclass(frozen=True)
class History:
    """What is known around a failure.

    Attributes:
        endings: how the cause ended on all accounts.
        accounts, customers: at how many of them it is at work now.
        rates: how often what people did about it helped, within a year.
        advised: the cause with what is advised the first time, where support has it by now.
    """

    endings: Sequence[Ending]
    accounts: int
    customers: int
    rates: Sequence[Rate]
    advised: Verdict | None
