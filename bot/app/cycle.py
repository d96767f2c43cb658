"""The worker's cycle: what it does is watched, written down, and told to a dead man's switch."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.app.worker import Sweep
from bot.common.ways_out import WaysOut
from bot.config.settings import Settings
from bot.diagnosis.duties import Duties
from bot.incidents.heartbeat import Heartbeat

KEPT_EVERY = timedelta(seconds=15)
BEATS_EVERY = timedelta(minutes=1)


def watched(
    sweeps: Sequence[Sweep], duties: Duties, settings: Settings, ways: WaysOut
) -> Iterator[Sweep]:
    """The sweeps, each watched whether it is done in time; and those that watch."""
    for sweep in sweeps:
        yield replace(sweep, search=duties.watched(sweep.name, sweep.every, sweep.search))
    yield Sweep("cycle", KEPT_EVERY, duties.keep)
    if settings.heartbeat_url.get_secret_value():
        heartbeat = Heartbeat(settings.secret("heartbeat_url"), ways, duties.late)
        yield Sweep("heartbeat", BEATS_EVERY, heartbeat.beat)
