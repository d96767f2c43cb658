"""One process of the bot in the simulation: all of it, on one thread, with Slack's listeners in
Bolt's real app and the pages of the sign-in."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from slack_bolt import BoltRequest, BoltResponse

from bot.app.maildesk import employ, ways_out
from bot.common.tallies import Tallies
from handlers.cards.kit import Message
from handlers.slack_app import SlackSide
from handlers.web.pages import Pages
from tests.support.fast import FastBot, Moment
from tests.support.soak_fate import Killed, Patience

AFTER_DEATH = timedelta(seconds=5)
"""So soon another process is there."""


class Later(Executor):
    """What is done behind an acknowledgement: when the simulation has its turn come, or never, where
    the process dies before."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], object]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        self.waiting.append(partial(fn, *args, **kwargs))
        return Future()

    def do(self, which: int = 0) -> None:
        """Do one of them."""
        self.waiting.pop(which % len(self.waiting))()


class Unheard:
    """What people are told beside windows goes nowhere: nothing depends on it."""

    def show(self, _url: str, _message: Message) -> None:
        """Nobody hears it."""


class Process(FastBot):
    """The bot, as `bot.app.maildesk` builds it."""

    def __init__(self, moment: Moment, later: Later) -> None:
        super().__init__(moment, stop=Patience(moment.outside.clock))
        unheard: Any = Unheard()
        self.side = SlackSide(
            self.services,
            self.slack,
            self.directory,
            SecretStr("secret"),
            lambda: None,
            Tallies(),
            unheard,
        )
        employ(self.doers, self.services, self.side, self.slack, ways_out(self.settings))
        self.side.listeners._behind = later

    def hear(self, payload: dict[str, Any]) -> BoltResponse:
        """Slack sends something over Socket Mode, which needs no signature."""
        return self.side.app.dispatch(BoltRequest(body=payload, mode="socket_mode"))


class Website:
    """The pages, of whichever process is there now; each person has a browser of their own."""

    def __init__(self) -> None:
        self.process: Any = None
        app = Flask(__name__)
        pages: Any = Pages(self, lambda person: "Carol", lambda: None)  # type: ignore[arg-type]
        app.register_blueprint(pages.blueprint())
        self._app = app
        self._browsers: dict[str, FlaskClient] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.process, name)

    def browser(self, user: str) -> FlaskClient:
        """Somebody's."""
        if user not in self._browsers:
            self._browsers[user] = self._app.test_client()
        return self._browsers[user]


class Machine:
    """Where one process is at a time, and the next one begins when it dies."""

    def __init__(self, moment: Moment, fate: Any) -> None:
        self._moment = moment
        self.fate = fate
        self.later = Later()
        self.web = Website()
        self.deaths = 0
        self.start()

    def start(self) -> None:
        """Begin with nothing in memory."""
        self.fate.be_born()
        self.later.waiting.clear()
        self.process = Process(self._moment, self.later)
        self.web.process = self.process

    def alive(self, work: Callable[[Process], object]) -> bool:
        """Have the process do something. Whether it outlived that; if not, another one is there."""
        try:
            work(self.process)
        except Killed:
            self.deaths += 1
            self._moment.outside.clock.at += AFTER_DEATH
            self.start()
            return False
        return True

    def live(self, span: timedelta) -> None:
        """Let time pass, with whichever process is there at work."""
        end = self.process.now + span
        while not self.alive(lambda process: process.live(max(end - process.now, timedelta()))):
            pass
