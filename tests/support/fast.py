"""The bot in one thread, on a database in memory, with a clock that the test moves: the real
services, wired as the product wires them, on stand-ins for Slack, Microsoft and mail servers."""

import base64
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import msal
from sqlalchemy import Engine
from sqlmodel import col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from bot.app.foundations import Ports
from bot.app.pagers import told
from bot.app.wiring import wire
from bot.app.worker import Worker
from bot.common import ids
from bot.common.jobs import CheckAccount
from bot.common.people import MAILDESK, Person
from bot.common.stop import Stop
from bot.config.loading import load
from bot.config.settings import Settings
from bot.diagnosis import catalogue
from bot.diagnosis.observation import Observation, Where
from bot.diagnosis.verdict import Verdict
from bot.lifecycle.states import Arrival, Event, arrival
from bot.messages import notices
from bot.messages.delivery import Delivery
from bot.messages.newer_blocks import NewerBlocks
from bot.messages.paces import Paces
from bot.microsoft.tokens import KEPT_ALIVE, Tokens, sealed_for
from bot.signin.service import SignedIn
from bot.support.group import SupportGroup
from handlers.slack.directory import SlackDirectory
from handlers.slack.presenter import Presenter
from handlers.slack.sender import SlackSender
from storage.cipher import Cipher
from storage.database import Store, Transaction
from storage.jobs import NEXT_DUE as NEXT_JOB
from storage.outbox import NEXT_DUE as NEXT_TURN
from storage.tables import (
    Account,
    AuditEntry,
    Channel,
    Failure,
    FolderMapping,
    Grant,
    Incident,
    Maintenance,
    OutboxItem,
    PageLane,
    ReminderState,
    Setback,
    Watch,
)
from storage.types import NOW
from storage.vocabulary import REQUIRED_ROLES, Owner, State
from tests.support.fast_database import new_database
from tests.support.fast_ports import (
    CLIENT_ID,
    ORDINARY,
    FakeMicrosoft,
    FakePagers,
    FakeProbe,
    FakeSlack,
    FastClock,
    Mailbox,
    Posted,
    object_of,
    tenant_of,
)
from tests.support.turns import in_turn

DESK = "C0DESK"
ALERTS = "C0ALERTS"
ACME = "C0ACME"
"""The channels of the support team, of engineers on call, and of a customer."""

VERA = Person("T0LUMEN", "U0VERA", DESK)
CAROL = Person("T0ACME", "U0CAROL", ACME)
"""Who is in them: support, and a customer."""

KEY = b"k" * 32
EVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
NEVER = datetime.fromisoformat("9999-01-01T00:00:00+00:00")
MAX_REST = timedelta(seconds=2)
"""So long at most a message waits for the one before it; longer waits are for the test's clock."""

ENVIRONMENT = {
    "ENCRYPTION_KEYS": base64.b64encode(KEY).decode(),
    "PUBLIC_URL": "https://maildesk.example",
    "SLACK_BOT_TOKEN": "xoxb-fast",
    "SLACK_SIGNING_SECRET": "fast",
    "SUPPORT_USERS": f"{VERA.team}:{VERA.user}",
    "SUPPORT_CHANNEL": DESK,
    "ALERT_CHANNEL": ALERTS,
    "SUPPORT_EMAIL": "support@lumen.example",
    "MS_CLIENT_ID": CLIENT_ID,
    "MS_CLIENT_SECRET": "fast",
    "WORKING_HOURS": "00:00-24:00",
    "WORKING_DAYS": "1234567",
    "PAGERDUTY_ROUTING_KEY": "f" * 32,
    "PAGERDUTY_WEBHOOK_SECRET": "fast-words-secret",
    "ALERT_WEBHOOK_URL": "https://alerts.lumen.example/maildesk",
    "ALERT_WEBHOOK_SECRET": f"whsec_{base64.b64encode(KEY).decode()}",
}

SIGNED_IN = (Event.LINK_MADE, Event.TEST_BEGAN)
SENDING_IS_OFF = {
    "status": 535,
    "enhanced": "5.7.139",
    "text": "Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.",
}
"""What a server says to a mailbox that may not send, which its administrator can mend."""

WAY = {
    State.CREATED: (),
    State.AWAITING_SIGN_IN: (Event.LINK_MADE,),
    State.AWAITING_ADMIN: (Event.LINK_MADE, Event.APPROVAL_NEEDED),
    State.TESTING: SIGNED_IN,
    State.FAILING: (*SIGNED_IN, Event.TEST_FAILED_UNMAPPED),
    State.UNMAPPED: (*SIGNED_IN, Event.TEST_PASSED_UNMAPPED),
    State.LIVE: (*SIGNED_IN, Event.TEST_PASSED),
    State.BROKEN: (*SIGNED_IN, Event.TEST_FAILED),
    State.DISCONNECTED: (Event.LINK_MADE, Event.DISCONNECTED),
}
"""By which events an account comes to each state."""

NEXT_REMINDER = select(func.min(col(ReminderState.due_at)))
NEXT_ABOUT_INCIDENTS = select(func.min(col(Incident.due_at)))
NEXT_MAINTENANCE = select(func.min(col(Maintenance.ends_at))).where(
    col(Maintenance.ended_at).is_(None)
)
NEXT_PAGE = select(func.min(col(PageLane.due_at)))
"""When the bot has something to do next, beside its jobs and the turns of its channels."""

WAITING_LOOKS = select(func.count()).select_from(Watch).where(col(Watch.due_at) <= NOW)
NEXT_LOOK = select(func.min(col(Watch.due_at))).where(col(Watch.failing).is_(True))
"""The next look at what fails. Those at what works come every few minutes: they are taken whenever
time passes, but time does not stop for each."""

NEXT = (
    NEXT_JOB,
    NEXT_TURN,
    NEXT_REMINDER,
    NEXT_ABOUT_INCIDENTS,
    NEXT_MAINTENANCE,
    NEXT_PAGE,
    NEXT_LOOK,
)

CONNECTED = (State.TESTING, State.FAILING, State.UNMAPPED, State.LIVE, State.BROKEN)
MAPPED = (State.LIVE, State.BROKEN)


def hours(count: float) -> timedelta:
    """So many hours."""
    return timedelta(hours=count)


def days(count: float) -> timedelta:
    """So many days."""
    return timedelta(days=count)


class AtOnce(Executor):
    """A pool that does everything in the moment in which it is asked to."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


class Ahead:
    """The clock of who carries messages: Slack's rests are waited out without the test's time
    passing."""

    def __init__(self, clock: FastClock) -> None:
        self._clock = clock
        self._ahead = timedelta()
        self._reached = clock.at

    def now(self) -> datetime:
        """The time of whoever carries messages now."""
        return self._clock.at + self._ahead

    def begin(self) -> None:
        """Carry from the test's time on."""
        self._ahead = timedelta()

    def wait(self, due: datetime) -> bool:
        """Wait until then, where that is no longer than the rests which channels take."""
        self._reached = max(self._reached, self.now())
        if due > self._reached + MAX_REST:
            return False
        self._ahead = max(due - self._clock.at, self._ahead)
        return True


@dataclass(frozen=True)
class Outside:
    """Everybody whom the bot meets, and the time."""

    clock: FastClock = field(default_factory=FastClock)
    slack: FakeSlack = field(default_factory=FakeSlack)
    microsoft: FakeMicrosoft = field(default_factory=FakeMicrosoft)
    mail: FakeProbe = field(default_factory=FakeProbe)
    pagers: FakePagers = field(default_factory=FakePagers)


@dataclass(frozen=True)
class Moment:
    """What a process finds that takes another's place."""

    outside: Outside
    store: Store
    acme: Channel


class FastBot:
    """The bot, and everybody it meets. A channel is bound to a customer whose organisation is
    known; people work day and night, unless `settings` say otherwise."""

    def __init__(
        self,
        before: "FastBot | Moment | None" = None,
        engine: Engine | None = None,
        outside: Outside | None = None,
        stop: Stop | None = None,
        **settings: str,
    ) -> None:
        """`settings` by their names in the environment, in lower case. `before`: the process whose
        place it takes, with the same database and the same world outside. `engine`: of another
        database than one in memory. `stop`: by which everything waits."""
        self.settings = _settings(tuple(sorted(settings.items())))
        self.outside = before.outside if before else outside or Outside()
        self.clock = self.outside.clock
        self.slack = self.outside.slack
        self.microsoft = self.outside.microsoft
        self.mail = self.outside.mail
        self.pagers = self.outside.pagers
        first = None if before or engine or outside else _first()
        self.store = (
            before.store
            if before
            else Store(engine or new_database(first and first.engine), told(self.settings))
        )
        self.cipher = Cipher(self.settings.keys)
        users = self.settings.support_users
        group = self.settings.support_usergroup
        gone = SupportGroup(self.store, self.clock, ALERTS).gone
        paces = Paces(self.store, self.clock)
        self.directory = SlackDirectory(self.slack, self.clock, users, group, paces, gone)
        ports: Any = (self.store, self.microsoft, self.mail, self.directory, catalogue.load())
        core = wire(self.settings, self.clock, Ports(*ports, self.pagers), stop)
        self.core = core
        self.services = core.services
        self.tokens = core.tokens
        self.doers = core.doers
        self.presenter = Presenter(self.services)
        self.sender = SlackSender(
            self.slack, self.presenter, NewerBlocks(self.store, self.clock).refused
        )
        self._carrier = Ahead(self.clock)
        self.delivery = Delivery(
            self.store, self._carrier, self.sender, core.deciders, core.troubles
        )
        self.worker = Worker(
            self.store,
            self.clock,
            self.delivery,
            self.doers,
            [in_turn(sweep, self.clock) for sweep in core.sweeps],
            core.services.watching,
            pool=AtOnce(),
        )
        self.slack.members[DESK] = {VERA.user}
        if before:
            self.acme = before.acme
        elif first:
            self._invite(ACME)
            self.acme = Channel(**first.acme)
        else:
            self.acme = self.customer("Acme Marine", ACME)

    # -- services by their names, as in `bot.reminders.snooze(…)`

    def __getattr__(self, name: str) -> Any:
        return getattr(self.services, name)

    def restarted(self, *keys: bytes) -> "FastBot":
        """The bot after a restart with these encryption keys, newest first."""
        written = [base64.b64encode(key).decode() for key in keys]
        return FastBot(self, encryption_keys=",".join(written))

    def copy(self) -> "FastBot":
        """The same bot in a world of its own, where everything stands as it does here now."""
        store = Store(new_database(self.store.engine), told(self.settings))
        return FastBot(Moment(deepcopy(self.outside), store, self.acme))

    def new_tokens(self, wait: Callable[[float], object]) -> Tokens:
        """Another worker's tokens, which waits so for a refresh that is claimed."""
        return Tokens(self.store, self.clock, self.cipher, self.microsoft, wait)

    # -- time

    @property
    def now(self) -> datetime:
        """What time it is."""
        return self.clock.at

    def pass_time(self, **length: float) -> None:
        """Let time pass in one leap, and the bot do what is due then."""
        self.clock.at += timedelta(**length)
        self.run_due()

    def live(self, span: timedelta) -> None:
        """Let time pass from one thing that is due to the next, with the bot at work."""
        end = self.now + span
        self.run_due()
        while self.now < end:
            self.clock.at = min(self._next_due(), end)
            self.run_due()

    def _next_due(self) -> datetime:
        """When something is due next; tomorrow, if nothing is until then."""
        due = self._moments(*NEXT)
        ahead = [at for at in due if at is not None and at > self.now]
        return min([*ahead, self.now + days(1)])

    def run_due(self) -> None:
        """Do what is due now: what the sweeps find, then jobs and messages, until none is left; the
        product, too, looks for jobs far more often than it sweeps."""
        self.worker.tick()
        self._look_at_all()
        self.deliver()
        while (due := self._moments(NEXT_JOB)[0]) is not None and due <= self.now:
            self.worker.take_jobs()
            self.deliver()
        self.tell_pagers()

    def tell_pagers(self) -> None:
        """Tell each pager what is due; the product looks every second."""
        for sweep in self.core.sweeps:
            while sweep.name.startswith("pager-") and sweep.search():
                pass

    def _look_at_all(self) -> None:
        """Of one tenant a few are looked at at a time."""
        before = -1
        while (left := self._looks_due()) not in (0, before):
            before = left
            self.worker.take_looks()

    def _looks_due(self) -> int:
        with self.store.engine.connect() as connection:
            return connection.execute(WAITING_LOOKS, {"now": self.now}).scalar() or 0

    def found(self, *accounts: Account) -> None:
        """The bot looks at accounts by itself, and a little later once more: what is refused is
        believed then."""
        for account in accounts:
            self.checks.check(CheckAccount(account_id=account.id))
        self.run_due()
        self.pass_time(minutes=1.5)

    def look_at(self, account_id: int) -> None:
        """Have a worker look at an account now, at no other."""
        with self.store.transaction() as tx:
            [look] = tx.watches.lease([account_id], self.now + MAX_REST)
        self.services.watching.look(look)

    def deliver(self) -> None:
        """Carry every message that waits for nothing but the one before it."""
        self._carrier.begin()
        while True:
            tried = self.delivery.deliver_due()
            [due] = self._moments(NEXT_TURN)
            if due is None or (not tried and due <= self._carrier.now()):
                return  # what is due has another worker in hand
            if not self._carrier.wait(due):
                return

    def _moments(self, *questions: SelectOfScalar[datetime | None]) -> list[datetime | None]:
        """The answers, without a session: between any two things that a test has done it asks."""
        with self.store.engine.connect() as connection:
            return [connection.execute(question).scalar() for question in questions]

    def reminded_within(self, span: timedelta) -> list[str]:
        """The names of the accounts of which somebody is reminded in the time that passes now, in
        order."""
        before = len(self.audited("reminder.posted"))
        self.live(span)
        posted = self.audited("reminder.posted")[before:]
        by_ref = {account.ref: account.name for account in self.accounts_there()}
        return [by_ref[entry.subject] for entry in posted]

    # -- what there is

    def customer(self, name: str, channel: str, domain: str = "", **care: str) -> Channel:
        """A customer in a channel of its own; `domain` is that of its organisation ("none" where
        nobody has said which that is)."""
        domain = domain or f"{name.split()[0].lower()}.example"
        self._invite(channel)
        with self.store.transaction() as tx:
            made = tx.channels.add_customer(name, self.now)
            made.tenant_id = "" if domain == "none" else tenant_of(domain)
            for fact, value in care.items():
                setattr(made, fact, value)
            bound = Channel(id=channel, customer_id=made.id, bound_at=self.now)
            bound.bound_by_team = VERA.team
            bound.bound_by_user = VERA.user
            bound.customer_teams = CAROL.team
            tx.channels.bind(bound)
        return bound

    def _invite(self, channel: str) -> None:
        self.slack.members.setdefault(channel, set()).update({VERA.user, CAROL.user})

    def account(
        self,
        state: State = State.AWAITING_SIGN_IN,
        waiting_for: timedelta = timedelta(),
        owner: Owner | None = None,
        name: str = "",
        channel: Channel | None = None,
        **facts: Any,
    ) -> Account:
        """An account that has stood in `state` for so long. `facts` are columns of its row."""
        channel = channel or self.acme
        with self._earlier(waiting_for), self.store.transaction() as tx:
            account = tx.accounts.add(self._new_account(channel, name, facts))
            if state in CONNECTED:
                self._connect(tx, account)
            if state in MAPPED:
                self._map(tx, account)
            for event in WAY[state]:
                to = arrival(account.state, event)
                turn = owner if to.state is state and owner is not None else to.owner
                there = Arrival(to.state, turn)
                self.services.lifecycle.enter(tx, account, there, MAILDESK, quiet=True)
        return account

    def failure(
        self,
        account: Account | None = None,
        where: Where = Where.SMTP,
        step: str = "smtp.auth",
        **seen: Any,
    ) -> Failure:
        """Something that failed just now, at an account."""
        with self.store.transaction() as tx:
            held = tx.accounts.lock(account.id) if account else None
            seen = seen or SENDING_IS_OFF
            return self.services.failures.record(tx, Observation(where, step, **seen), held).failure

    def verdict(self, failure: Failure) -> Verdict:
        """What a kept failure means now."""
        with self.store.transaction() as tx:
            return self.services.failures.verdict(tx, failure)

    def mailbox(self, account: Account) -> Mailbox:
        """The account's mailbox on the mail servers."""
        return self.mail.at(account.shared_mailbox or account.username)

    def link(self, account: Account) -> str:
        """The secret of a new login link of the account."""
        with self.store.transaction() as tx:
            ticket = self.services.links.make(tx, tx.accounts.lock(account.id), CAROL)
        return self.services.links.url(ticket).rpartition("/")[2]

    def sign_in(self, account: Account, upn: str = "", browser: str = "a browser") -> SignedIn:
        """Somebody follows a new login link of the account and signs in at Microsoft: its own
        person, or `upn`."""
        return self.come_back(self.go_to_microsoft(account, browser), upn or account.username)

    def go_to_microsoft(self, account: Account, browser: str = "a browser") -> str:
        """Somebody follows a new login link as far as Microsoft; the state to come back with."""
        page = self.services.signin.begin(self.link(account), browser)
        return page.rpartition("state=")[2]

    def come_back(self, state: str, upn: str, browser: str = "a browser") -> SignedIn:
        """Microsoft sends the browser back, signed in as `upn`."""
        return self.services.signin.finish({"state": state, "code": upn}, browser)

    def sign_in_quietly(self, account: Account) -> None:
        """The account's grant is made anew, as Microsoft gives it now."""
        with self.store.transaction() as tx:
            self._connect(tx, tx.accounts.lock(account.id))

    def expire_token(self, account: Account) -> None:
        """The stored access token is about to end."""
        lifetime = self.microsoft.lifetime
        self.microsoft.lifetime = timedelta(minutes=1)
        self.sign_in_quietly(account)
        self.microsoft.lifetime = lifetime

    def show(self, account: Account) -> None:
        """Have every message that speaks of the account show how it stands."""
        with self.store.transaction() as tx:
            self.services.lifecycle.show(tx, tx.accounts.lock(account.id))

    # -- how it stands

    def read(self, account: Account) -> Account:
        """The account as it stands now."""
        with self.store.transaction() as tx:
            return tx.accounts.get(account.id)

    def accounts_there(self) -> list[Account]:
        """Every account that is in use."""
        with self.store.transaction() as tx:
            bound = {channel.customer_id for channel, _ in tx.channels.all()}
            return [
                each for customer in sorted(bound) for each in tx.accounts.of_customer(customer)
            ]

    def audited(self, action: str, since: datetime = EVER) -> list[AuditEntry]:
        """The audit entries of an action, oldest first."""
        with self.store.transaction() as tx:
            entries = tx.audit.since(since, NEVER, 0, 10_000)
        return [entry for entry in entries if entry.action == action]

    def told(self, channel: str = ACME) -> list[str]:
        """The sentences, by their names, that the bot has said or will say in a channel."""
        return [
            item.args["sentence"]
            for item in self.outbox(channel)
            if item.notice in (notices.NOTE, notices.SUPPORT_NOTE)
        ]

    def setbacks_told(self) -> list[str]:
        """The causes that support was told of, in order."""
        with self.store.transaction() as tx:
            rows = tx.session.exec(select(Setback).order_by(col(Setback.id)))
            return [setback.cause for setback in rows]

    def outbox(self, channel: str) -> list[OutboxItem]:
        """Every message for a channel, sent or not, in order."""
        with self.store.transaction() as tx:
            there = select(OutboxItem).where(OutboxItem.channel_id == channel)
            return list(tx.session.exec(there.order_by(col(OutboxItem.id))))

    def posted(self, channel: str = ACME) -> list[Posted]:
        """What stands in a channel of Slack, in order."""
        return self.slack.in_channel(channel)

    def draw(self, notice: str, **args: Any) -> str:
        """What people read in a message that is drawn now."""
        message = self.presenter.draw(notice, args)
        return Posted("", "", message.text, message.blocks).words if message else ""

    def card(self, account: Account) -> str:
        """What people read on the account's card."""
        return self.draw(notices.ACCOUNT_CARD, account=account.id)

    # -- how it is made

    @contextmanager
    def _earlier(self, span: timedelta) -> Iterator[None]:
        """So long ago."""
        self.clock.at -= span
        try:
            yield
        finally:
            self.clock.at += span

    def _new_account(self, channel: Channel, name: str, facts: dict[str, Any]) -> Account:
        ref = ids.new_account_ref()
        name = name or f"Box {ref[-4:]}"
        domain = "acme.example"
        address = facts.pop("address", f"{name.lower().replace(' ', '-')}@{domain}")
        made = Account(
            ref=ref,
            customer_id=channel.customer_id,
            channel_id=channel.id,
            name=name,
            sender_name=name,
            sender_email=address,
            username=address,
            address_key=address.lower(),
            state=State.CREATED,
            state_since=self.now,
            owner=Owner.MAILDESK,
            created_at=self.now,
            created_by_team=CAROL.team,
            created_by_user=CAROL.user,
        )
        for fact, value in facts.items():
            setattr(made, fact, value)
        return made

    def _connect(self, tx: Transaction, account: Account) -> None:
        """As after a sign-in and a round trip."""
        cache = msal.SerializableTokenCache()
        self.microsoft.issue(cache, account.username)
        grant = Grant(
            account_id=account.id,
            sealed=self.cipher.seal(cache.serialize(), sealed_for(account.id)),
            scopes=" ".join(self.microsoft.scopes),
            shared_mailbox=account.shared_mailbox,
            sender_email=account.sender_email,
            refreshed_at=self.now,
            keep_due_at=self.now + KEPT_ALIVE,
        )
        tx.grants.put(grant)
        account.tenant_id = tenant_of(account.username.rpartition("@")[2])
        account.object_id = object_of(account.username)
        account.signed_in_as = account.username
        account.signed_in_at = self.now
        account.proved_at = self.now

    def _map(self, tx: Transaction, account: Account) -> None:
        rows = [
            FolderMapping(
                account_id=account.id,
                role=role,
                server_name=folder.server_name,
                shown_name=folder.shown_name,
            )
            for role, folder in zip(REQUIRED_ROLES, ORDINARY, strict=False)
        ]
        tx.folders.map(account.id, rows)


@dataclass(frozen=True)
class First:
    """What every test begins with: a database with one customer, and the columns of its channel."""

    engine: Engine
    acme: dict[str, Any]


@cache
def _first() -> First:
    bot = FastBot(engine=new_database())
    return First(bot.store.engine, bot.acme.model_dump())


@cache
def _settings(changed: tuple[tuple[str, str], ...]) -> Settings:
    return load(ENVIRONMENT | {name.upper(): value for name, value in changed})
