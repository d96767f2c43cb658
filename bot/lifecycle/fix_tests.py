"""When an account is tested after somebody said that its fault is mended."""

from datetime import datetime, timedelta

from storage.tables import ReportedFix

RUNGS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))
"""When the account is tested after a report. Exchange's switches are said to take 15 to 30 minutes
(EmailEngine's documentation, troubleshooting), so that one failed test proves little."""


def next_test(fix: ReportedFix | None) -> datetime | None:
    """When the next test after a report is due; None where nothing is reported or it was the
    last."""
    if fix is None or fix.rung >= len(RUNGS):
        return None
    return fix.said_at + RUNGS[fix.rung]
