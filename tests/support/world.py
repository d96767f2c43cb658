"""The practice world with a bot in it and a clock that the test moves. Nothing inside the bot is
replaced."""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import URL, Engine, event
from sqlmodel import col, create_engine, func, select

from bot.app.maildesk import Maildesk, build, mail_hosts
from bot.app.web_server import WebServer
from bot.config.loading import load
from bot.microsoft.tokens import sealed_for
from sandbox.practice import Practice
from storage.cipher import Cipher
from storage.database import Transaction
from storage.migrate import upgrade
from storage.tables import Account, Job, Lane, OutboxItem
from storage.vocabulary import Pager
from tests.support.browser import Browser, Page
from tests.support.compiled import share_pages, share_statements
from tests.support.databases import let_go
from tests.support.in_hand import InHand, Within
from tests.support.practice import database_in, new_practice
from tests.support.slack import Message, SlackPerson

ACME, DESK, ALERTS = "C0ACME", "C0DESK", "C0ALERTS"
KEY = base64.b64encode(b"k" * 32).decode()


PATIENCE_SECONDS = 20
"""How long the practice Slack waits for the bot here: this machine may be busy with others. What
Slack's own three seconds mean is shown by tests of their own."""

MAIL_TIMEOUT_SECONDS = 20.0
SILENCE_SECONDS = 2.0
"""How long the bot waits where a test's server is silent: no longer than needed, and long enough
for what comes before."""

LONGEST_REST = timedelta(seconds=2)
"""A channel rests for a second after a message, and for as long again if Slack says so."""

PUT_OFF = col(Job.leased_until).is_(None) & (col(Job.attempts) > 0)
"""What was begun, and is tried again later."""

PUT_OFF_JOBS = select(Job.id).where(PUT_OFF)
NEXT_TRY = select(func.min(Job.due_at)).where(PUT_OFF)

RESTING = select(func.min(Lane.due_at)).where(
    col(Lane.leased_until).is_(None),
    col(OutboxItem.channel_id) == Lane.channel_id,
    col(OutboxItem.done_at).is_(None),
)
"""When the first of the channels that have messages has rested; asked for again and again."""


class MovableClock:
    """The machine's time, moved ahead by as much as the test says."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def pass_time(self, **length: float) -> None:
        with self._lock:
            self._ahead += timedelta(**length)


class BotWorld:
    """Everything, running."""

    def __init__(
        self,
        folder: Path,
        socket_mode: bool = False,
        practice: Practice | None = None,
        mail_timeout: float = MAIL_TIMEOUT_SECONDS,
        **environment: str,
    ) -> None:
        """`mail_timeout`: how many seconds the bot waits for a mail server's answer; short where
        one is silent. `environment` overrides what the practice world says, so that a real server
        can take a stand-in's place."""
        self.practice = practice or new_practice()
        self.practice.start()
        self.clock = MovableClock()
        self.practice.office.clock = lambda: self.clock.now().timestamp()
        self.practice.office.patience = PATIENCE_SECONDS
        self.longest_wait = timedelta()
        """So long a wait for another try is cut short, where a test is about such waits."""
        self._socket_mode = socket_mode
        self._mail_timeout = mail_timeout
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
            "ENCRYPTION_KEYS": KEY,
            "PUBLIC_URL": "http://127.0.0.1:1",
            "WORKING_HOURS": "00:00-24:00",
            "WORKING_DAYS": "1234567",
        }
        if "DATABASE_URL" not in self._environment:
            own["DATABASE_URL"] = database_in(self._folder)
        return self.practice.environment(self._socket_mode) | own | self._environment

    def start_bot(self) -> None:
        """Start the bot, on a free port."""
        settings = load(self.environment)
        upgrade(settings.database_url)
        self._server = WebServer("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.port}"
        settings = load(self.environment | {"PUBLIC_URL": self.url})
        hosts = replace(
            mail_hosts(settings),
            connect_timeout=self._mail_timeout,
            read_timeout=self._mail_timeout,
            deadline=4 * self._mail_timeout,
            arrival=4,
        )
        self.bot: Maildesk = build(settings, self.clock, hosts)
        slack = self.bot.slack
        self._listening = Within(slack.app, "dispatch")
        self._behind = InHand(slack.behind)
        share_statements(self.bot.store)
        share_pages(self.bot.web)
        self._reader = _reader(self.bot.store.engine.url)
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
        self.bot.slack.behind.stop(PATIENCE_SECONDS)
        self.bot.worker.stop()
        self.bot.store.engine.dispose()
        self._reader.dispose()

    def restart_bot(
        self, environment: Mapping[str, str] | None = None, mail_timeout: float = 0
    ) -> None:
        """Stop it and start it again on the same database, with these settings changed."""
        self.stop_bot()
        self._environment |= environment or {}
        self._mail_timeout = mail_timeout or self._mail_timeout
        self.start_bot()

    def stop(self) -> None:
        """End everything."""
        self.stop_bot()
        self.practice.stop()
        let_go(self._folder)

    def person(self, user: str) -> SlackPerson:
        """Somebody at a Slack client."""
        return SlackPerson(self.practice.slack.url, user, self._beyond, self.hear_out)

    def settle(self, seconds: float = 90) -> None:
        """Wait until what people did is taken in, nothing is due and no message waits."""
        end = time.monotonic() + seconds
        self.hear_out()
        self.bot.worker.nudge()
        while self._at_work():
            self._wait()
            assert time.monotonic() < end, "the bot does not come to rest"

    def hear_out(self, seconds: float = 90) -> None:
        """Wait until the bot has every event, and has done what its listeners do after they have
        acknowledged."""
        end = time.monotonic() + seconds
        behind = self.bot.slack.behind._pool
        if self._listening.here or threading.current_thread() in behind._threads:
            return  # somebody acts in the middle of what the bot does: it cannot wait for itself
        events = self.practice.slack.delivery
        while events.on_the_way or self._listening or self._behind:
            self.practice.office.wait_beyond(self.practice.office.version, 0.005)
            assert time.monotonic() < end, "a listener does not come to an end"

    def until(self, holds: Callable[[], bool], seconds: float = 90) -> None:
        """Wait until something holds inside, while the bot is kept awake."""
        end = time.monotonic() + seconds
        while not holds():
            self.bot.worker.nudge()
            self._wait()
            assert time.monotonic() < end, "it does not come about"

    def pass_time(self, **length: float) -> None:
        """Let time pass, and the bot do what is due."""
        self.leap(**length)
        self.settle()

    def leap(self, **length: float) -> None:
        """Let time pass while the bot has nothing in hand, and have it begin what is due."""
        self.bot.worker.leap(lambda: self.clock.pass_time(**length))

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
                cache = json.loads(cipher.open(grant.sealed, sealed_for(account_id)))
                for entry in cache["AccessToken"].values():
                    entry["expires_on"] = "1"
                grant.sealed = cipher.seal(json.dumps(cache), sealed_for(account_id))

    @contextmanager
    def _look(self) -> Iterator[Transaction]:
        """A transaction that only reads, and so makes nobody wait in SQLite; all that it reads is
        of one moment."""
        with self._reader.connect() as connection, closing(Transaction(lambda: connection)) as tx:
            yield tx

    def _beyond(self, version: int) -> None:
        """Wait until Slack shows something newer, or for a moment."""
        end = time.monotonic() + 0.5
        while self.practice.office.version <= version and time.monotonic() < end:
            self._wait()

    def _wait(self) -> None:
        """Wait until something happens in Slack, or for a moment; a channel's rest is cut short."""
        office = self.practice.office
        version = office.version
        self._cut_short()
        office.wait_beyond(version, 0.03)

    def _cut_short(self) -> None:
        """Where messages wait for nothing but the rest of their channels, let its time pass."""
        with self._look() as tx:
            due = self._waits(tx)
        rest = min(due) - self.clock.now() if due else timedelta()
        if timedelta() < rest <= LONGEST_REST:
            self.clock.pass_time(seconds=rest.total_seconds())
            self.bot.worker.nudge()
        elif timedelta() < rest <= self.longest_wait:
            self.bot.worker.leap(lambda: self.clock.pass_time(seconds=rest.total_seconds()))

    def _waits(self, tx: Transaction) -> list[datetime]:
        """When the first channel has rested; and, where that is waited for, when another try is
        due."""
        rested = tx.session.exec(RESTING).one()
        trouble = tx.health.trouble() if self.longest_wait else None
        if rested is not None and trouble is not None:
            rested = max(rested, trouble.again_at)
        again = tx.session.exec(NEXT_TRY).one() if self.longest_wait else None
        return [at for at in (rested, again) if at is not None]

    def _at_work(self) -> bool:
        """Whether anything is due, in hand or waiting to be sent."""
        with self._look() as tx:
            due = [tx.jobs.next_due(), tx.outbox.next_due()]
            shut = select(Lane.channel_id).where(col(Lane.refused) != "")
            waits = col(OutboxItem.done_at).is_(None) & col(OutboxItem.channel_id).not_in(shut)
            wait = tx.session.exec(select(OutboxItem.id).where(waits)).first() is not None
            busy = wait or tx.jobs.unfinished() > 0
            busy = busy or bool(self.longest_wait and tx.session.exec(PUT_OFF_JOBS).first())
            busy = busy or bool(tx.watches.in_hand(self.clock.now()))
            busy = busy or bool(tx.watches.due(self.clock.now(), 1))
            due += [tx.pages.next_due(pager) for pager in Pager]
        busy = busy or self.bot.worker._sweeping.anything
        # The time is asked for afterwards: what was added meanwhile is due by then
        now = self.clock.now()
        return busy or any(at is not None and at <= now for at in due)


def _reader(url: URL) -> Engine:
    """An engine whose transactions see the database as it is when they begin."""
    if url.get_backend_name() != "sqlite":
        return create_engine(url, isolation_level="REPEATABLE READ", pool_pre_ping=True)
    engine = create_engine(url)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine
