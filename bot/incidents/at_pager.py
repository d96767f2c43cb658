"""What people do at a pager, as presses on the alert."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import structlog

from bot.common.people import MAILDESK
from bot.common.refusals import Refused
from bot.incidents.presses import IncidentPresses

log = structlog.get_logger(__name__)


class AtPager:
    """Does with an incident what a person did with it at the pager, whom only the pager knows. What
    changes nothing any more is ignored: nobody is there to read why."""

    def __init__(self, presses: IncidentPresses) -> None:
        self._presses = presses

    def acknowledge(self, incident_id: int, person_name: str, at: datetime) -> None:
        """They look after it."""
        with _unless_refused():
            self._presses.acknowledge(incident_id, MAILDESK, by_name=person_name)

    def unacknowledge(self, incident_id: int, person_name: str, at: datetime) -> None:
        """Nobody looks after it any more."""
        with _unless_refused():
            self._presses.unacknowledge(incident_id, MAILDESK, by_name=person_name)

    def reopen(self, incident_id: int, person_name: str, at: datetime) -> None:
        """It is not over."""
        with _unless_refused():
            self._presses.reopen(incident_id, MAILDESK, by_name=person_name)

    def escalate(self, incident_id: int, person_name: str, at: datetime) -> None:
        """Others are to be called."""
        with _unless_refused():
            self._presses.escalate(incident_id, MAILDESK, by_name=person_name)

    def resolve(self, incident_id: int, person_name: str, at: datetime) -> None:
        """They say that it is fixed, which is tested first."""
        with _unless_refused():
            self._presses.retest(incident_id, MAILDESK, resolving=True, by_name=person_name)


@contextmanager
def _unless_refused() -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        log.info("pager.refused", reason=str(refused))
