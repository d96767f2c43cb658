"""The processes: the parts of a bot that run in this one, from the first message to a signal."""

import gc
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from queue import SimpleQueue

import structlog

from bot.app.checkup import Checkup
from bot.app.maildesk import Maildesk, build, mail_hosts
from bot.app.socket_connection import SocketConnection
from bot.app.web_server import WebServer
from bot.common import logs
from bot.common.clock import Clock, SystemClock
from bot.common.stop import Stop
from bot.config.loading import Reading
from bot.config.settings import Settings
from bot.microsoft.client import MicrosoftUnreachable
from storage.database import DatabaseAway
from storage.migrate import upgrade_if_there

COUNTS_KEPT_SECONDS = 15.0
"""What a process counted and did not write down is lost when it is killed."""

AWAKE_SECONDS = 1.0
"""So often the main thread wakes. The kernel may give a signal to any thread, above all just after
the process was suspended, and Python acts on it in the main thread, when that wakes."""

FINISHED_WITHIN = 5
"""So many seconds what people pressed last has to be done when the process is asked to end."""

log = structlog.get_logger(__name__)


FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 15.0
"""So long is waited before a database that is away is asked again."""

END_SECONDS = 8.5
"""So long after a signal a process may still be there: whoever stops it waits for ten seconds."""


def prepare(settings: Settings, log_level: str, stop: Stop, clock: Clock | None = None) -> Maildesk:
    """A bot on a database that is brought up to date first, and waited for; with the system's
    clock, where no other one is given.

    Raises:
        Stopped: the process is to stop, and the database was still away.
    """
    logs.configure(log_level, sys.stderr, settings.log_format)
    logs.take_in_strays()
    wait_for_database(settings.database_url, stop)
    return build(settings, clock or SystemClock(), mail_hosts(settings), stop)


def wait_for_database(url: str, stop: Stop) -> None:
    """Bring the database up to date; while it does not answer, ask it again and again.

    Raises:
        Stopped: the process is to stop.
    """
    wait = FIRST_WAIT_SECONDS
    while away := upgrade_if_there(url):
        if wait == FIRST_WAIT_SECONDS:
            log.warning("database.away", error=away, longest_wait_seconds=LONGEST_WAIT_SECONDS)
        stop.pause(wait)
        wait = min(2 * wait, LONGEST_WAIT_SECONDS)


def stopped_by_signals() -> Stop:
    """What SIGTERM and SIGINT ask for from now on."""
    stop = Stop()
    # What a signal interrupts may hold a lock that `ask` needs; this queue alone is made for that
    signals: SimpleQueue[int] = SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: signals.put(number))

    def wait() -> None:
        signals.get()
        stop.ask()

    threading.Thread(target=wait, name="signals", daemon=True).start()
    return stop


def end_in_time(stop: Stop) -> None:
    """Have this process end within ten seconds of being asked to, whatever its threads wait for:
    by then everything that they had in hand was handed back."""

    def wait() -> None:
        stop.wait()
        time.sleep(END_SECONDS)
        log.warning("maildesk.ended", waiting=sorted(_still_there()))
        os._exit(0)

    threading.Thread(target=wait, name="end", daemon=True).start()


def _still_there() -> set[str]:
    """The threads for which the interpreter would wait, but its own."""
    others = set(threading.enumerate()) - {threading.main_thread()}
    return {thread.name for thread in others if not thread.daemon}


def serve(bot: Maildesk, stop: Stop, server: WebServer | None, *, worker: bool) -> None:
    """Run the wanted parts until `stop`, then finish what ends soon and hand back the rest.

    Args:
        stop: the bot was built with it.
        server: by which Slack, Microsoft and browsers are answered here, if they are.
        worker: whether due work is done here.
    """
    # What was built stays: to look through it again and again would take a tenth of the time
    gc.freeze()
    link = bot.socket() if server is not None else None
    socket = SocketConnection(link) if link is not None else None
    if server is not None:
        server.start(bot.web)
    if worker:
        bot.worker.start()
    threading.Thread(target=_keep_counts, args=(bot, stop), daemon=True).start()
    for look in (lambda: _look_at_clock(bot), checkup_of(bot).tell_gravest):
        threading.Thread(target=look, daemon=True).start()
    if socket is not None:
        socket.start()
    log.info(
        "maildesk.running",
        port=bot.settings.port,
        web=server is not None,
        worker=worker,
        socket_mode=socket is not None,
    )
    if worker:
        _check_own_channels(bot)
    while not stop.wait(AWAKE_SECONDS):
        pass
    log.info("maildesk.stopping")
    # Beside each other: each may take most of the time that there is
    ending = threading.Thread(target=bot.worker.stop, name="ending")
    ending.start()
    if socket is not None:
        socket.close()
    if server is not None:
        server.stop()
    left = bot.slack.behind.stop(FINISHED_WITHIN)
    if left:
        log.error("slack.left_undone", presses=left)
    ending.join()
    bot.measures.keep()
    log.info("maildesk.stopped")


def checkup_of(bot: Maildesk) -> Checkup:
    """The doctor of a bot whose settings are right."""
    return Checkup(Reading(bot.settings), bot.services.clock)


def _keep_counts(bot: Maildesk, stop: Stop) -> None:
    """Add what this process counts to what all have counted, again and again."""
    while not stop.wait(COUNTS_KEPT_SECONDS):
        bot.measures.keep()


def _check_own_channels(bot: Maildesk) -> None:
    """What is posted in a channel that the bot is not in is lost, and nobody is told there."""
    own = {
        bot.settings.support_channel: "SUPPORT_CHANNEL",
        bot.settings.alert_channel: "ALERT_CHANNEL",
    }
    with suppress(DatabaseAway):  # it was there a moment ago, and is waited for
        for channel in bot.services.circles.without_us(list(own)):
            log.error("slack.bot_not_in_channel", setting=own[channel], channel=channel)


def _look_at_clock(bot: Maildesk) -> None:
    """A clock that is wrong is logged before it makes the first sign-in fail."""
    try:
        bot.microsoft.look_at_clock()
    except MicrosoftUnreachable as error:
        log.warning("microsoft.unreachable", reason=str(error))
