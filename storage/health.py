"""How the bot itself is."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session, col, select

from storage.tables import Pulse, RefusedBlock, Trouble

TROUBLE = select(Trouble)
"""Asked with each message: put together once."""


class HealthRepository:
    """What is kept of how the bot is."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def beat(self) -> None:
        """Write something, of which nothing is left."""
        pulse = Pulse()
        self._session.add(pulse)
        self._session.flush()
        self._session.delete(pulse)

    def trouble(self) -> Trouble | None:
        """Why Slack takes nothing from the app just now, if it does not."""
        return self._session.exec(TROUBLE).first()

    def refused(self, error: str, now: datetime, again_at: datetime) -> bool:
        """Slack takes nothing from the app, and is tried again at `again_at`; whether that, or
        Slack's word for it, is new."""
        known = self.trouble()
        since = known.since if known else now
        self._session.merge(Trouble(id=1, error=error, since=since, again_at=again_at))
        return known is None or known.error != error

    def accepted(self) -> Trouble | None:
        """Slack takes something from the app; the trouble that this ends, if there was one."""
        known = self.trouble()
        if known is not None:
            self._session.delete(known)
        return known

    def refuse_blocks(self, kinds: Iterable[str], now: datetime) -> None:
        """Slack did not take these kinds of blocks."""
        for kind in kinds:
            self._session.merge(RefusedBlock(kind=kind, at=now))

    def refused_blocks(self, since: datetime) -> frozenset[str]:
        """The kinds of blocks that Slack did not take at `since` or later."""
        found = select(RefusedBlock.kind).where(col(RefusedBlock.at) >= since)
        return frozenset(self._session.exec(found))
