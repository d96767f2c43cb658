"""The processes: the parts of a bot that run in this one, from the first message to a signal."""

import signal
import sys
import threading

import structlog

from bot.app.maildesk import Maildesk, build, mail_hosts
from bot.app.socket_connection import SocketConnection
from bot.app.web_server import WebServer
from bot.common import logs
from bot.common.clock import Clock, SystemClock
from bot.config.settings import Settings
from bot.microsoft.client import MicrosoftUnreachable
from storage.migrate import upgrade

FINISHED_WITHIN = 5
"""So many seconds what people pressed last has to be done when the process is asked to end."""

log = structlog.get_logger(__name__)


def prepare(settings: Settings, log_level: str, clock: Clock | None = None) -> Maildesk:
    """A bot on a database that is brought up to date first; with the system's clock, where no other
    one is given."""
    logs.configure(log_level, sys.stderr)
    upgrade(settings.database_url)
    return build(settings, clock or SystemClock(), mail_hosts(settings))


def stopped_by_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set from now on."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def serve(bot: Maildesk, stop: threading.Event, *, web: bool, worker: bool) -> None:
    """Run the wanted parts until `stop`, then finish what was begun.

    Args:
        web: whether Slack, Microsoft and browsers are answered here.
        worker: whether due work is done here.
    """
    link = bot.socket() if web else None
    socket = SocketConnection(link) if link is not None else None
    server = WebServer(bot.settings.bind_address, bot.settings.port) if web else None
    if server is not None:
        server.start(bot.web)
    if worker:
        bot.worker.start()
    threading.Thread(target=_look_at_clock, args=(bot,), daemon=True).start()
    if socket is not None:
        socket.start()
    log.info(
        "maildesk.running",
        port=bot.settings.port,
        web=web,
        worker=worker,
        socket_mode=socket is not None,
    )
    if worker:
        _check_own_channels(bot)
    stop.wait()
    # Nothing new is taken in before what was begun is finished.
    if socket is not None:
        socket.close()
    if server is not None:
        server.stop()
    left = bot.slack.behind.stop(FINISHED_WITHIN)
    if left:
        log.error("slack.left_undone", presses=left)
    bot.worker.stop()


def _check_own_channels(bot: Maildesk) -> None:
    """What is posted in a channel that the bot is not in is lost, and nobody is told there."""
    own = {
        bot.settings.support_channel: "SUPPORT_CHANNEL",
        bot.settings.alert_channel: "ALERT_CHANNEL",
    }
    for channel in bot.services.circles.without_us(list(own)):
        log.error("slack.bot_not_in_channel", setting=own[channel], channel=channel)


def _look_at_clock(bot: Maildesk) -> None:
    """A clock that is wrong is logged before it makes the first sign-in fail."""
    try:
        bot.microsoft.look_at_clock()
    except MicrosoftUnreachable as error:
        log.warning("microsoft.unreachable", reason=str(error))
