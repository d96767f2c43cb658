"""When an account is tested after somebody said that its fault is mended."""

from datetime import datetime, timedelta

from storage.tables import Account, ReportedFix
from storage.vocabulary import State

RUNGS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))
"""When the account is tested after a report. Exchange's switches are said to take 15 to 30 minutes
(EmailEngine's documentation, troubleshooting), so that one failed test proves little."""

FAILS = (State.FAILING, State.BROKEN)


def plan(account: Account, fix: ReportedFix) -> datetime:
    """The account is tested again after a report. When that is."""
    account.retest_at = fix.said_at + RUNGS[fix.rung]
    return account.retest_at


def is_retested(state: State, planned: bool) -> bool:
    """Whether it is our turn with an account in that state because a test is `planned` after a
    report, whoever has to act otherwise."""
    return planned and state in FAILS
