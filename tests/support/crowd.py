"""Customers all over the world with their accounts, and the people who put reminders off, end them
or do what they ask for."""

import json
import os
import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import select

from bot.common.clock import Clock
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.lifecycle.service import Lifecycle
from bot.lifecycle.states import Arrival
from bot.reminders.service import Reminders
from storage.database import Store
from storage.tables import Account, Channel, Customer, ReminderState
from storage.vocabulary import Owner, State

SUPPORT = "C0SUPPORT"
ZONE, BEGIN, END, DAYS = "Europe/London", "09:00", "17:00", "12345"
"""When support works, and customers of whom nothing else is known."""

WORLD = (
    ("Europe/Berlin", "09:00", "17:00", "12345"),
    ("America/New_York", "08:30", "17:30", "12345"),
    ("America/St_Johns", "09:00", "16:00", "12345"),
    ("America/Los_Angeles", "10:00", "18:00", "12345"),
    ("America/Sao_Paulo", "09:00", "17:00", "12345"),
    ("America/Santiago", "09:00", "18:00", "12345"),
    ("Asia/Kolkata", "09:30", "18:30", "123456"),
    ("Asia/Kathmandu", "10:00", "16:00", "71234"),
    ("Asia/Tokyo", "09:00", "17:00", "12345"),
    ("Asia/Dubai", "08:00", "14:00", "71234"),
    ("Africa/Cairo", "09:00", "17:00", "71234"),
    ("Africa/Johannesburg", "08:00", "16:00", "12345"),
    ("Australia/Sydney", "09:00", "17:00", "12345"),
    ("Australia/Adelaide", "09:00", "17:00", "12345"),
    ("Australia/Lord_Howe", "08:00", "16:00", "12345"),
    ("Pacific/Auckland", "09:00", "17:00", "12345"),
    ("Pacific/Chatham", "13:00", "24:00", "12345"),
    ("Australia/Sydney", "02:30", "10:30", "1234567"),
    ("Europe/Berlin", "02:30", "10:30", "1234567"),
    ("America/New_York", "00:00", "24:00", "1234567"),
    ("", "", "", ""),
)
"""Zone, hours and days of customers: with half-hour offsets, clocks that go on and back on days of
work, and nights of work."""

ADA = Person("T0ACME", "U0ADA", "C0ACME")
WAITS = (
    (State.AWAITING_SIGN_IN, Owner.USER),
    (State.AWAITING_ADMIN, Owner.ADMINISTRATOR),
    (State.UNMAPPED, Owner.USER),
    (State.FAILING, Owner.SUPPORT),
    (State.BROKEN, Owner.USER),
)


@dataclass
class Place:
    """A channel of a customer, when people work there, and its accounts."""

    channel: str
    customer: int
    zone: str
    begin: str
    end: str
    days: str
    accounts: list[int] = field(default_factory=list)


def settle_world(store: Store, channels: int, accounts: int, now: datetime) -> list[Place]:
    """Customers with their channels (every sixth has two) and accounts, none of which waits yet."""
    places = []
    with store.transaction() as tx:
        for number in range(channels):
            if number % 6 != 5:
                zone, begin, end, days = WORLD[number % len(WORLD)]
                customer = Customer(
                    name=f"Customer {number}", time_zone=zone, working_days=days, created_at=now
                )
                customer.working_hours = f"{begin}-{end}" if begin else ""
                tx.session.add(customer)
                tx.session.flush()
            place = Place(
                f"C{number:04}",
                customer.id,
                zone or ZONE,
                begin or BEGIN,
                end or END,
                days or DAYS,
            )
            bound = {"bound_by_team": "T0US", "bound_by_user": "U0US", "bound_at": now}
            tx.channels.bind(Channel(id=place.channel, customer_id=place.customer, **bound))
            places.append(place)
        for number in range(accounts):
            place = places[number % channels]
            place.accounts.append(tx.accounts.add(_account(place, number, now)).id)
    return places


def _account(place: Place, number: int, now: datetime) -> Account:
    address = f"box{number}@customer.example"
    who = {
        "name": f"Box {number}",
        "sender_name": "Box",
        "sender_email": address,
        "username": address,
    }
    made = {
        "created_at": now,
        "created_by_team": "T0US",
        "created_by_user": "U0US",
        "state_since": now,
    }
    where = {"customer_id": place.customer, "channel_id": place.channel, "address_key": address}
    return Account(
        ref=f"MB-{number:05}", state=State.CREATED, owner=Owner.MAILDESK, **who, **made, **where
    )


def deeds_of(
    places: list[Place], begin: datetime, last: datetime, dice: random.Random
) -> list[dict[str, Any]]:
    """What people do from `begin` to `last`: accounts begin to wait in groups, half of them
    undisturbed."""
    deeds = []

    def some_time(after: datetime, days: float) -> datetime:
        return min(last, after + timedelta(days=dice.uniform(0, days)))

    for place in places:
        rest = list(place.accounts)
        while rest:
            group = [rest.pop() for _ in range(min(len(rest), dice.randint(4, 17)))]
            state, owner = dice.choice(WAITS)
            at = some_time(begin, (last - begin) / timedelta(days=1) - 3)
            deeds.append(
                _deed(
                    at, "move", accounts=group, state=state, owner=owner, quiet=dice.random() < 0.8
                )
            )
            if dice.random() < 0.6:
                deeds += [_whim(some_time(at, 9), dice.choice(group), dice) for _ in group]
        if dice.random() < 0.3:
            at = some_time(begin, 30)
            deeds.append(_deed(at, "pause", channel=place.channel, days=dice.randint(1, 6)))
            deeds.append(_deed(some_time(at, 6), "end_pause", channel=place.channel))
        deeds += [
            _deed(
                some_time(begin, 40), "snooze_all", channel=place.channel, hours=dice.uniform(5, 60)
            )
        ]
    return sorted(deeds, key=lambda deed: str(deed["at"]))


def _whim(at: datetime, account: int, dice: random.Random) -> dict[str, Any]:
    what = dice.choice(["snooze", "stop", "resume", "move", "done", "done", "done"])
    match what:
        case "snooze":
            return _deed(at, what, account=account, hours=dice.uniform(1, 100))
        case "move":
            state, owner = dice.choice(WAITS)
            return _deed(at, what, accounts=[account], state=state, owner=owner, quiet=True)
        case "done":
            return _deed(
                at,
                "move",
                accounts=[account],
                state=State.LIVE,
                owner=Owner.MAILDESK,
                quiet=dice.random() < 0.7,
            )
    return _deed(at, what, account=account)


def _deed(at: datetime, what: str, **how: Any) -> dict[str, Any]:
    return {"at": at.isoformat(), "do": what, **how}


class People:
    """Does what the plan says, through the bot's services, and writes down when and to which
    accounts it was done."""

    def __init__(
        self, store: Store, clock: Clock, lifecycle: Lifecycle, reminders: Reminders, record: Path
    ) -> None:
        self._store, self._clock = store, clock
        self._lifecycle, self._reminders = lifecycle, reminders
        self._file = os.open(record, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def do(self, deeds: list[dict[str, Any]]) -> int:
        """Do them all; how many were not refused."""
        return sum(self._one(deed) for deed in deeds)

    def _one(self, deed: dict[str, Any]) -> bool:
        now = self._clock.now()
        try:
            done = getattr(self, f"_{deed['do']}")(deed, now)
        except Refused:
            return False
        os.write(self._file, json.dumps({**deed, "at": now.isoformat(), **done}).encode() + b"\n")
        return True

    def _move(self, deed: dict[str, Any], _now: datetime) -> dict[str, Any]:
        state, owner = State(deed["state"]), Owner(deed["owner"])
        with self._store.transaction() as tx:
            for account_id in deed["accounts"]:
                account = tx.accounts.lock(account_id)
                self._lifecycle.enter(tx, account, Arrival(state, owner), ADA, deed["quiet"])
        return {}

    def _snooze(self, deed: dict[str, Any], now: datetime) -> dict[str, Any]:
        until = now + timedelta(hours=deed["hours"])
        self._reminders.snooze_account(deed["account"], until, ADA)
        return {"accounts": [deed["account"]], "until": until.isoformat()}

    def _snooze_all(self, deed: dict[str, Any], now: datetime) -> dict[str, Any]:
        until = now + timedelta(hours=deed["hours"])
        with self._store.transaction() as tx:
            reminder = tx.reminders.open_in(deed["channel"])
        if reminder is None:
            raise Refused("refused.nothing_to_snooze")
        self._reminders.snooze(reminder.id, until, ADA)
        with self._store.transaction() as tx:
            put_off = tx.session.exec(
                select(ReminderState.account_id).where(ReminderState.snoozed_until == until)
            ).all()
        return {"accounts": list(put_off), "until": until.isoformat()}

    def _stop(self, deed: dict[str, Any], _now: datetime) -> dict[str, Any]:
        self._reminders.stop(deed["account"], ADA)
        return {"accounts": [deed["account"]]}

    def _resume(self, deed: dict[str, Any], _now: datetime) -> dict[str, Any]:
        self._reminders.resume(deed["account"], ADA)
        return {"accounts": [deed["account"]]}

    def _pause(self, deed: dict[str, Any], now: datetime) -> dict[str, Any]:
        channel, customer = self._channel(deed)
        zone = ZoneInfo(customer.time_zone or ZONE)
        day: date = now.astimezone(zone).date() + timedelta(days=deed["days"])
        until = self._reminders.pause(channel.id, day, ADA)
        return {"customer": channel.customer_id, "until": until.astimezone(UTC).isoformat()}

    def _end_pause(self, deed: dict[str, Any], _now: datetime) -> dict[str, Any]:
        channel, _ = self._channel(deed)
        self._reminders.end_pause(channel.id, ADA)
        return {"customer": channel.customer_id}

    def _account(self, deed: dict[str, Any]) -> Account:
        with self._store.transaction() as tx:
            return tx.accounts.get(deed["account"])

    def _channel(self, deed: dict[str, Any]) -> tuple[Channel, Customer]:
        with self._store.transaction() as tx:
            channel = tx.channels.get(deed["channel"])
            assert channel is not None
            return channel, tx.channels.customer(channel.customer_id)
