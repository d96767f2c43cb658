"""The report of the week that is over, once for each week."""

from datetime import date

from bot.common.clock import Clock
from bot.lifecycle.hours import Hours
from bot.messages import notices
from bot.views.report import WEEK, Reports, week_before
from storage.database import Store


class WeeklyReport:
    """Posts the report in the support team's channel when their week begins: at the first moment of
    it in their working hours, on Monday as a rule, or later where nobody was there to post it."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        hours: Hours,
        reports: Reports,
        support_channel: str,
    ) -> None:
        self._store = store
        self._clock = clock
        self._hours = hours
        self._reports = reports
        self._support_channel = support_channel

    def post_due(self) -> int:
        """Have the report of last week posted, if it was not yet; how many that were. A week in
        which there was nothing to count has none."""
        now = self._clock.now()
        if not self._support_channel or not self._hours.includes(now):
            return 0
        monday = week_before(self._hours.day(now))
        with self._store.transaction() as tx:
            if tx.channels.was_seen(_key(monday)):
                return 0
            if self._reports.counted(tx, monday, monday + WEEK).is_empty:
                return 0
            if not tx.channels.first_sight(_key(monday), now):
                return 0  # another worker was quicker
            notices.show_report(tx, monday.isoformat(), self._support_channel, now)
        return 1


def _key(monday: date) -> str:
    return f"report:{monday.isoformat()}"
