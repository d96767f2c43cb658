"""The daily list of what is to come, and an alert for each thing that is close."""

from datetime import date, datetime

from bot.common.clock import Clock
from bot.lifecycle.hours import Hours
from bot.messages import notices
from bot.messages.changes import Changes
from bot.views.predictions import Ending, Kind, Prediction, Predictions
from storage.change_statuses import ChangeKind
from storage.database import Store, Transaction

STEPS = (7, 14, 30, 90)
"""So many days before it happens something is listed again; the last of them is the first time."""

CLOSE = STEPS[0]
"""What is no further away has an alert of its own."""

OFTEN = 7
"""Sign-ins that end so often, in days, are told of once a month: each of them would be noise."""


class DailyPredictions:
    """Tells on-call once a working day, where something has come a step nearer since."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        hours: Hours,
        predictions: Predictions,
        alert_channel: str,
        changes: Changes,
    ) -> None:
        """`changes`: the product hears of each mailbox whose permission ends."""
        self._store = store
        self._clock = clock
        self._hours = hours
        self._predictions = predictions
        self._alert_channel = alert_channel
        self._changes = changes

    def tell_due(self) -> int:
        """Look once a day, and have the list posted if there is anything new on it, with an alert
        for what is close; how many messages that are. Credentials are told of by themselves
        (`bot.microsoft.credentials.Watch`), and stand on the list beside the rest."""
        now = self._clock.now()
        if not self._alert_channel or not self._hours.includes(now):
            return 0
        day = self._hours.day(now)
        with self._store.transaction() as tx:
            if not tx.channels.first_sight(f"predictions:{day.isoformat()}", now):
                return 0
            self._tell_product(tx, now)
            coming = self._predictions.of_mailboxes(tx)
            news = [each for each in coming if self._is_new(tx, each, day, now)]
            if not news:
                return 0
            notices.show_predictions(tx, day.isoformat(), self._alert_channel, now)
            close = [each for each in news if is_close(each, day)]
            for each in close:
                self._alert(tx, each, now)
        return 1 + len(close)

    def _tell_product(self, tx: Transaction, now: datetime) -> None:
        """Of each mailbox once that its permission ends on a day."""
        found = (each for each in self._predictions.ending(tx) if not _is_noise(each))
        news = {
            each.account_id: {"expires_on": each.day.isoformat(), "why": each.kind.value}
            for each in found
            if tx.channels.first_sight(f"grant.expiring:{each.ref}:{each.day}", now)
        }
        for account in tx.accounts.lock_several([*news]):
            facts = news[account.id]
            self._changes.of_account(tx, account, ChangeKind.GRANT_EXPIRING, facts=facts)

    def _is_new(self, tx: Transaction, each: Prediction, day: date, now: datetime) -> bool:
        """Whether it has come a step nearer since it was told of."""
        step = step_of(each, day)
        if step is None:
            return False
        return tx.channels.first_sight(f"prediction:{each.kind}:{_about(each)}:{step}", now)

    def _alert(self, tx: Transaction, each: Prediction, now: datetime) -> None:
        notices.tell(
            tx,
            self._alert_channel,
            f"prediction:{each.kind}:{_about(each)}:{each.day}",
            f"prediction.close_{each.kind}",
            now,
            customer=each.customer,
            count=each.mailboxes,
            day=f"{each.day:%d %B %Y}",
            refs=", ".join(each.refs),
        )


def step_of(each: Prediction, day: date) -> str | None:
    """How near it is, as a name that changes with each step; None where it is too far away."""
    if each.day is None or (each.kind is Kind.SIGN_IN and each.limit.days < OFTEN):
        return f"{day:%Y-%m}"
    left = each.days_left(day) or 0
    step = next((step for step in STEPS if left <= step), None)
    return None if step is None else f"{each.day}:{step}"


def _is_noise(each: Ending) -> bool:
    """Whether it ends so often that each time would be one too many."""
    return each.kind is Kind.SIGN_IN and each.limit.days < OFTEN


def is_close(each: Prediction, day: date) -> bool:
    """Whether somebody has to act within days."""
    left = each.days_left(day)
    often = each.kind is Kind.SIGN_IN and each.limit.days < OFTEN
    return left is not None and left <= CLOSE and not often


def _about(each: Prediction) -> str:
    return f"{each.customer_id}:{each.what}"
