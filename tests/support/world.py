"""The practice world with a bot in it and a clock that the test moves. Nothing inside the bot is
replaced."""

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.app.maildesk import Maildesk, build, mail_hosts
from bot.app.web_server import WebServer
from bot.config.settings import load
from bot.microsoft.tokens import place
from sandbox.practice import Practice
from storage.cipher import Cipher
from storage.database import Transaction
from storage.migrate import upgrade
from storage.tables import Account
from tests.support.browser import Browser, Page
from tests.support.slack import Message, SlackPerson

ACME, DESK, ALERTS = "C0ACME", "C0DESK", "C0ALERTS"
KEY = base64.b64encode(b"k" * 32).decode()


class MovableClock:
    """The machine's time, moved ahead by as much as the test says."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def pass_time(self, **length: float) -> None:
        self._ahead += timedelta(**length)


class BotWorld:
    """Everything, running."""

    def __init__(
        self,
        folder: Path,
        socket_mode: bool = False,
        practice: Practice | None = None,
        **environment: str,
    ) -> None:
        """`environment` overrides what the practice world says, so that a real server can take a
        stand-in's place."""
        self.practice = practice or Practice()
        self.practice.start()
        self.clock = MovableClock()
        self._socket_mode = socket_mode
        self._folder = folder
        self._environment = environment
        self.vera = self.person("U0VERA")
        self.omar = self.person("U0OMAR")
        self.nils = self.person("U0NILS")
        self.carol = self.person("U0CAROL")
        self.adam = self.person("U0ADAM")
        self.start_bot()

    @property
    def environment(self) -> dict[str, str]:
        """The bot's environment."""
        own = {
            "DATABASE_URL": f"sqlite:///{self._folder / 'maildesk.db'}",
            "ENCRYPTION_KEYS": KEY,
            "PUBLIC_URL": "http://127.0.0.1:1",
            "WORKING_HOURS": "00:00-24:00",
            "WORKING_DAYS": "1234567",
        }
        return self.practice.environment(self._socket_mode) | own | self._environment

    def start_bot(self) -> None:
        """Start the bot, on a free port."""
        settings = load(self.environment)
        upgrade(settings.database_url)
        self._server = WebServer("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.port}"
        settings = load(self.environment | {"PUBLIC_URL": self.url})
        hosts = replace(
            mail_hosts(settings), connect_timeout=5, read_timeout=5, deadline=20, arrival=4
        )
        self.bot: Maildesk = build(settings, self.clock, hosts)
        self._server.start(self.bot.web)
        self.practice.deliver_to(self.url)
        self.bot.worker.start()
        self._socket = self.bot.socket()
        if self._socket is not None:
            self._socket.connect()

    def stop_bot(self) -> None:
        """Stop the bot as a deployment does."""
        if self._socket is not None:
            self._socket.close()
        self._server.stop()
        self.bot.worker.stop()
        self.bot.store.engine.dispose()

    def restart_bot(self, environment: Mapping[str, str] | None = None) -> None:
        """Stop it and start it again on the same database, with these settings changed."""
        self.stop_bot()
        self._environment |= environment or {}
        self.start_bot()

    def stop(self) -> None:
        """End everything."""
        self.stop_bot()
        self.practice.stop()

    def person(self, user: str) -> SlackPerson:
        """Somebody at a Slack client."""
        return SlackPerson(self.practice.slack.url, user)

    def settle(self, seconds: float = 30) -> None:
        """Wait until nothing is due and no message waits."""
        end = time.monotonic() + seconds
        office = self.practice.office
        while True:
            self.bot.worker.nudge()
            office.wait_beyond(office.version, 0.05)
            with self.bot.store.transaction() as tx:
                if not self._busy(tx):
                    return
            assert time.monotonic() < end, "the bot does not come to rest"

    def until(self, holds: Callable[[], bool], seconds: float = 30) -> None:
        """Wait until something holds inside, while the bot is kept awake."""
        end = time.monotonic() + seconds
        while not holds():
            self.bot.worker.nudge()
            self.practice.office.wait_beyond(self.practice.office.version, 0.05)
            assert time.monotonic() < end, "it does not come about"

    def pass_time(self, **length: float) -> None:
        """Let time pass, and the bot do what is due."""
        self.clock.pass_time(**length)
        self.bot.worker.tick()
        self.settle()

    def begin_a_day(self) -> None:
        """Let time pass until one o'clock (UTC): there is one reminder a day."""
        now = self.clock.now()
        tomorrow = (now + timedelta(days=1)).replace(hour=1, minute=0, second=0, microsecond=0)
        self.pass_time(seconds=(tomorrow - now).total_seconds())

    def throw(self, name: str, target: str = "", times: int | None = None) -> None:
        """Make something go wrong."""
        self.practice.world.throw(name, target, times)

    def take_back(self, name: str, target: str = "") -> None:
        """Put it right again."""
        self.practice.world.take_back(name, target)

    # -- the road

    def set_up(self, domain: str = "acme.example") -> Message:
        """Support binds the channel, and says which organisation of Microsoft 365 the customer's
        is."""
        self.vera.slash(ACME, f"setup Acme Marine {domain}".strip())
        return self.carol.find(ACME, "Connect your Microsoft 365 mailboxes")

    def add(self, address: str, name: str = "Office") -> Message:
        """Carol adds an account; its card."""
        self.carol.press(
            self.carol.find(ACME, "Connect your Microsoft 365 mailboxes"), "Add an account"
        )
        form = self.carol.window("New Microsoft 365 account (Corporate)")
        values = {"Account name": name, "Sender name": "Acme Marine", "Sender email": address}
        assert self.carol.submit(form, values) == {}
        return self.card(name)

    def card(self, name: str, *texts: str) -> Message:
        """An account's card, once it has these texts."""
        return self.carol.find(ACME, f"*{name}*   `MB-", *texts)

    def sign_in(self, card: Message, upn: str, browser: Browser | None = None) -> Page:
        """Follow the login link, choose `upn` at Microsoft, accept if asked; the page at the
        end."""
        browser = browser or Browser()
        page = browser.open(card.url("Sign in to Microsoft"))
        page = browser.press(page, "Continue to Microsoft")
        page = browser.press(page, upn)
        return browser.press(page, "Accept") if "Permissions requested" in page.text else page

    def connect(self, address: str, name: str = "Office") -> Message:
        """Add an account and sign it in; its card, connected and not yet mapped."""
        self.sign_in(self.add(address, name), address)
        return self.card(name, "folders not mapped yet")

    def map_folders(self, card: Message) -> None:
        """Carol takes what is suggested."""
        self.carol.press(card, "Map folders")
        assert self.carol.submit(self.carol.window("Which folders of"), {}) == {}

    def account(self, name: str) -> Account:
        """An account as it stands in the database."""
        with self.bot.store.transaction() as tx:
            found = [
                a
                for _, c in tx.channels.all()
                for a in tx.accounts.of_customer(c.id)
                if a.name == name
            ]
        return found[0]

    def expire_tokens(self, *names: str) -> None:
        """Make the stored access tokens of these accounts old ones, as after an hour."""
        cipher = Cipher(self.bot.settings.keys)
        for account_id in [self.account(name).id for name in names]:
            with self.bot.store.transaction() as tx:
                grant = tx.grants.get(account_id)
                assert grant is not None
                cache = json.loads(cipher.open(grant.sealed, place(account_id)))
                for entry in cache["AccessToken"].values():
                    entry["expires_on"] = "1"
                grant.sealed = cipher.seal(json.dumps(cache), place(account_id))

    def _busy(self, tx: Transaction) -> bool:
        now = self.clock.now()
        due = [tx.jobs.next_due(), tx.outbox.next_due()]
        return (
            tx.outbox.waiting() > 0
            or tx.jobs.unfinished() > 0
            or any(at is not None and at <= now for at in due)
        )
