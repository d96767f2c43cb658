"""The Microsoft side of the practice world: tenants, people, mailboxes, and what was made to go
wrong."""

import threading
import tomllib
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

SCENARIOS = Path(__file__).with_name("scenarios")


@dataclass
class Mail:
    """One message in a folder, as it arrived."""

    uid: int
    raw: bytes
    arrived: datetime
    flags: set[str] = field(default_factory=set)


@dataclass
class Folder:
    """One mail folder. `name` is Unicode with "/" between levels; `flags` are LIST attributes such
    as ``\\Sent``."""

    name: str
    flags: tuple[str, ...] = ()
    messages: list[Mail] = field(default_factory=list)
    uid_validity: int = 1
    next_uid: int = 1

    def deliver(self, raw: bytes) -> Mail:
        """Put a message into the folder."""
        mail = Mail(self.next_uid, raw, datetime.now(UTC))
        self.next_uid += 1
        self.messages.append(mail)
        return mail


@dataclass
class Mailbox:
    """One Exchange mailbox. `smtp_auth` None follows the tenant's switch, as in Exchange."""

    address: str
    folders: list[Folder]
    smtp_auth: bool | None = None
    imap_enabled: bool = True
    full_access: set[str] = field(default_factory=set)
    send_as: set[str] = field(default_factory=set)

    def folder(self, name: str) -> Folder | None:
        """The folder of that name; INBOX in any case."""
        wanted = name.upper() if name.upper() == "INBOX" else name
        return next((f for f in self.folders if f.name == wanted), None)

    def by_flag(self, flag: str) -> Folder | None:
        """The first folder with that special-use flag."""
        return next((f for f in self.folders if flag in f.flags), None)


@dataclass
class Person:
    """Somebody who can sign in at the Microsoft stand-in."""

    upn: str
    name: str
    tenant_id: str
    is_admin: bool = False
    oid: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass
class Tenant:
    """An organisation. `smtp_auth` False is the organisation-wide "Turn off SMTP AUTH";
    `user_consent` False means that only an administrator may grant permissions; `granted` holds
    scopes an administrator granted for everybody. One that is `elsewhere` has no accounts that this
    machine's browsers know."""

    name: str
    domain: str
    smtp_auth: bool = True
    user_consent: bool = True
    granted: set[str] = field(default_factory=set)
    elsewhere: bool = False
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass
class Application:
    """The vendor's app registration. `certificates` holds public certificates in PEM form,
    `resource` what mail scopes begin with in the cloud where it stands."""

    client_id: str = "11111111-2222-4333-8444-555555555555"
    client_secrets: set[str] = field(default_factory=lambda: {"practice-secret-not-real"})
    certificates: set[str] = field(default_factory=set)
    redirect_uris: set[str] = field(default_factory=set)
    resource: str = "https://outlook.office.com"


@dataclass(frozen=True)
class Scenario:
    """Something that can be made to go wrong: where it strikes and what is answered there.

    reach   what it is thrown for: ``mailbox``, ``tenant`` or ``application`` (everything) point
    where it strikes (see README of the practice world): e.g. ``smtp.auth``, ``token``,
    ``authorize`` reply   what is answered, in the form that the point's protocol needs; empty for a
    pure state change sets    state that it changes instead, e.g. {"tenant.smtp_auth": false}
    """

    name: str
    title: str
    explanation: str
    reach: str
    point: str = ""
    reply: dict[str, Any] = field(default_factory=dict)
    sets: dict[str, Any] = field(default_factory=dict)
    group: str = ""


def load_scenarios() -> dict[str, Scenario]:
    """The scenarios of the data files by name; a world may add its own."""
    return {scenario.name: scenario for scenario in _scenarios()}


@cache
def _scenarios() -> tuple[Scenario, ...]:
    files = [
        tomllib.loads(file.read_text(encoding="utf-8")) for file in sorted(SCENARIOS.glob("*.toml"))
    ]
    return tuple(Scenario(**row) for rows in files for row in rows["scenario"])


class MessageIds(StrEnum):
    """What becomes of the Message-ID of mail that is sent: a tenant's mail of 2022 kept its own;
    consumer Outlook gives a new one and keeps the old one in X-Microsoft-Original-Message-ID
    (chatmail/core#2250); and it may be lost altogether."""

    KEPT = "kept"
    REPLACED = "replaced"
    LOST = "lost"


class World:
    """Everything the stand-ins share. Take `locked()` around changes and around reads of more than
    one thing. `clock_ahead`: by how many seconds Microsoft's clock is ahead of this machine's.
    `on_switch` is called when something was thrown or taken back.

    `token_life`: how many seconds an access token lives; between an hour and an hour and a half
    where nothing was said. An organisation may have it be ten minutes
    (learn.microsoft.com/entra/identity-platform/configurable-token-lifetimes)."""

    def __init__(self, scenarios: dict[str, Scenario]) -> None:
        self.scenarios = scenarios
        self.message_ids = MessageIds.KEPT
        self.app = Application()
        self.tenants: dict[str, Tenant] = {}
        self.people: dict[str, Person] = {}
        self.mailboxes: dict[str, Mailbox] = {}
        self.clock_ahead = 0.0
        self.token_life: int | None = None
        self.on_switch: Callable[[], object] = lambda: None
        self._thrown: dict[tuple[str, str], int | None] = {}
        self._before: dict[tuple[str, str], dict[str, Any]] = {}
        self._lock = threading.RLock()

    @contextmanager
    def locked(self) -> Iterator["World"]:
        """Hold the world still."""
        with self._lock:
            yield self

    def add(self, thing: Tenant | Person | Mailbox) -> None:
        """Add a tenant, a person (by UPN) or a mailbox (by address)."""
        with self._lock:
            match thing:
                case Tenant():
                    self.tenants[thing.id] = thing
                case Person():
                    self.people[thing.upn.lower()] = thing
                case Mailbox():
                    self.mailboxes[thing.address.lower()] = thing

    def tenant_of(self, address: str) -> Tenant | None:
        """The tenant whose domain the address has."""
        domain = address.rpartition("@")[2].lower()
        return next((t for t in self.tenants.values() if t.domain == domain), None)

    def tenant_named(self, name: str) -> Tenant | None:
        """The tenant with that id or domain."""
        return next((t for t in self.tenants.values() if name.lower() in (t.domain, t.id)), None)

    def tenant_names(self) -> list[str]:
        """The ids and domains of all tenants."""
        return [name for tenant in self.tenants.values() for name in (tenant.id, tenant.domain)]

    def throw(self, name: str, target: str = "", times: int | None = None) -> None:
        """Make a scenario happen for `target` (mailbox address, tenant domain, or "" for the
        application), `times` times or until it is taken back.

        Raises:
            KeyError: no such scenario.
            LookupError: no such target.
        """
        scenario = self.scenarios[name]
        key = (name, target.lower())
        with self._lock:
            if scenario.sets and key not in self._before:
                self._before[key] = self._set(scenario.sets, target)
            self._thrown[key] = times
        self.on_switch()

    def take_back(self, name: str, target: str = "") -> None:
        """End a scenario; what it changed becomes as it was."""
        key = (name, target.lower())
        with self._lock:
            self._thrown.pop(key, None)
            before = self._before.pop(key, None)
            if before:
                self._set(before, target)
        self.on_switch()

    def thrown(self) -> list[tuple[str, str]]:
        """The scenarios that are on now, as (name, target)."""
        with self._lock:
            return sorted(self._thrown)

    def strike(self, point: str, address: str = "") -> Scenario | None:
        """The scenario with a reply that strikes at `point` for this address, if one is on (counted
        down by the call).

        A scenario thrown for the mailbox goes before one for its tenant, and that before one for
        the application.
        """
        domain = address.rpartition("@")[2].lower()
        with self._lock:
            for target in (address.lower(), domain, ""):
                for (name, thrown_for), times in list(self._thrown.items()):
                    scenario = self.scenarios[name]
                    if thrown_for == target and scenario.point == point:
                        self._count_down((name, thrown_for), times)
                        return scenario
        return None

    def smtp_auth_refusal(self, address: str) -> str:
        """Which switch refuses SMTP AUTH for this mailbox: "mailbox", "tenant", or "" when it is
        allowed. The mailbox's own value beats the organisation's, as in Exchange."""
        with self._lock:
            mailbox, tenant = self.mailboxes.get(address.lower()), self.tenant_of(address)
            if mailbox is not None and mailbox.smtp_auth is not None:
                return "" if mailbox.smtp_auth else "mailbox"
            return "tenant" if tenant is not None and not tenant.smtp_auth else ""

    def _count_down(self, key: tuple[str, str], times: int | None) -> None:
        if times is None:
            return
        if times <= 1:
            self.take_back(*key)
        else:
            self._thrown[key] = times - 1

    def _set(self, values: dict[str, Any], target: str) -> dict[str, Any]:
        before = {}
        for path, value in values.items():
            kind, _, attribute = path.partition(".")
            thing = self._target(kind, target)
            before[path] = getattr(thing, attribute)
            setattr(thing, attribute, set(value) if isinstance(before[path], set) else value)
        return before

    def _target(self, kind: str, target: str) -> object:
        if kind == "app":
            return self.app
        if kind == "mailbox" and target.lower() in self.mailboxes:
            return self.mailboxes[target.lower()]
        tenant = self.tenant_of("@" + target.rpartition("@")[2])
        if kind == "tenant" and tenant is not None:
            return tenant
        raise LookupError(f"no {kind} {target!r}")
