"""What the product hears of, for tests: as it is kept, and for services put together by hand."""

from typing import Any

from sqlmodel import col, select

from bot.api.snapshots import AccountSnapshots
from bot.common.clock import Clock
from bot.diagnosis import catalogue
from bot.diagnosis.explainer import Explainer
from bot.messages.changes import Changes
from storage.change_statuses import ChangeKind
from storage.tables import Change
from tests.support.fast import FastBot


def unheard(clock: Clock) -> Changes:
    """Changes that are kept, where no product is told of them."""
    return Changes(clock, AccountSnapshots(Explainer(catalogue.load(), clock)), wanted=False)


def changes(bot: FastBot, *kinds: ChangeKind) -> list[Change]:
    """What changed, in order; of these kinds, where some are given."""
    with bot.store.transaction() as tx:
        found = list(tx.session.exec(select(Change).order_by(col(Change.id))))
    return [each for each in found if not kinds or each.kind in kinds]


def kinds(bot: FastBot) -> list[str]:
    """What kinds of changes there were, in order."""
    return [each.kind.value for each in changes(bot)]


def told(bot: FastBot, kind: ChangeKind) -> dict[str, Any]:
    """What was told of the newest change of a kind."""
    return changes(bot, kind)[-1].data
