"""Offboarding a customer: everything is disconnected now, and erased after a while."""

from datetime import datetime, timedelta
from typing import Any

from bot.accounts.administration import held, in_use, subject_of
from bot.accounts.customers import ENDED
from bot.accounts.partings import Partings, views_of
from bot.common import audit
from bot.common.jobs import EraseCustomer
from bot.common.people import MAILDESK, Person
from bot.common.refusals import Refused
from bot.messages import notices
from bot.views.administration import Offboarding
from bot.views.customers import CustomerView
from storage.belongings import belongings
from storage.customer_export import everything_of
from storage.database import Transaction
from storage.erasure import counted, erase_customer
from storage.tables import Customer

KEPT = timedelta(days=30)
"""How long an offboarded customer can be taken back, and looked up: mistakes are noticed and last
questions asked within weeks. Tokens are not kept for a moment of it."""

LATE = timedelta(hours=1)
"""After so long what should have been erased is asked for once more."""


class StillInUse(Exception):
    """A customer that was not offboarded is not erased."""


class Farewells(Partings):
    """Offboards customers, and erases what is left of them."""

    def offboarding(self, customer_id: int) -> Offboarding:
        """What it would do to offboard a customer. Changes nothing.

        Raises:
            Refused: there is no such customer, or it was offboarded already.
        """
        with self._store.transaction() as tx:
            customer = in_use(tx, customer_id)
            return Offboarding(
                customer=CustomerView.of(customer),
                channels=[channel.id for channel in tx.channels.bound_to(customer_id)],
                accounts=views_of(tx.accounts.of_customer(customer_id)),
                erase_at=self._clock.now() + KEPT,
            )

    def offboard(self, customer_id: int, typed: str, by: Person) -> Offboarding:
        """Offboard a customer, and say what that did: every account is disconnected, its tokens are
        erased, nothing can be added any more, people are told where to withdraw the permission, and
        everything is erased later.

        Args:
            typed: the customer's name once more, so that it is not another one by mistake.

        Raises:
            Refused: it is not the name, there is no such customer, or it was offboarded already.
        """
        with self._store.transaction() as tx:
            customer = in_use(tx, customer_id)
            if " ".join(typed.split()).casefold() != customer.name.casefold():
                raise Refused("customer.offboard_other_name", name=customer.name)
            channels = [channel.id for channel in tx.channels.bound_to(customer_id)]
            for channel_id in channels:
                tx.reminders.hold(channel_id)
            erase_at = self._end(tx, customer)
            accounts = self._disconnect(tx, customer_id, None, by)
            self._clear(tx, customer, by)
            self._tell(tx, customer, len(accounts), erase_at, by)
            view = CustomerView.of(customer)
            return Offboarding(view, channels, views_of(accounts), erase_at)

    def erase(self, work: EraseCustomer) -> None:
        """Do the job of erasing a customer whose time has come, if it is offboarded still. Its
        audit entries stay."""
        now = self._clock.now()
        with self._store.transaction() as tx:
            tx.channels.lock_names()
            customer = tx.channels.held_customer(work.customer_id)
            if customer is not None and customer.erase_at is not None and customer.erase_at <= now:
                self._erase(tx, customer)

    def erase_now(self, customer_id: int) -> dict[str, int]:
        """Erase an offboarded customer before its time, and say how many rows that were, by table.

        Raises:
            Refused: there is no such customer (any more).
            StillInUse: it was not offboarded: its people would not be told.
        """
        with self._store.transaction() as tx:
            tx.channels.lock_names()
            customer = held(tx, customer_id)
            if customer.ended_at is None:
                raise StillInUse
            return self._erase(tx, customer)

    def would_erase(self, customer_id: int) -> dict[str, int]:
        """How many rows of each table are a customer's, offboarded or not. Changes nothing.

        Raises:
            Refused: there is no such customer (any more).
        """
        with self._store.transaction() as tx:
            return counted(belongings(tx.session, held(tx, customer_id)))

    def export(self, customer_id: int) -> dict[str, Any]:
        """Everything that is kept of a customer but what is secret, by table, as JSON takes it; the
        audit keeps that this was asked for.

        Raises:
            Refused: there is no such customer (any more).
        """
        with self._store.transaction() as tx:
            customer = held(tx, customer_id)
            kept = everything_of(tx.session, customer)
            now = self._clock.now()
            audit.record(tx, MAILDESK, "customer.exported", subject_of(customer), now)
            return {"customer": customer.name, "exported_at": now.isoformat(), "kept": kept}

    def remind_of_erasure(self) -> int:
        """Ask once more for what should have been erased: a job that failed too often is forgotten,
        and a promise must not be. Nothing is left to look for afterwards."""
        now = self._clock.now()
        with self._store.transaction() as tx:
            for customer_id in tx.channels.to_erase(now - LATE):
                tx.jobs.add(EraseCustomer(customer_id=customer_id), now)
        return 0

    def _erase(self, tx: Transaction, customer: Customer) -> dict[str, int]:
        now = self._clock.now()
        subject = subject_of(customer)
        number = customer.id
        ended = f"{customer.ended_at:%Y-%m-%d}"
        rows = erase_customer(tx.session, customer)
        audit.record(tx, MAILDESK, "customer.erased", subject, now, ended=ended)
        # No name: this message is kept, too
        sentence = "customer.erased_told_support"
        key = f"erased:{subject}:{now.timestamp()}"
        notices.tell(tx, self._support_channel, key, sentence, now, number=number, ended=ended)
        return rows

    def _end(self, tx: Transaction, customer: Customer) -> datetime:
        """The customer has ended from now on, and before any account of theirs is disconnected: by
        that those are known again that come back with the customer."""
        now = self._clock.now()
        customer.ended_at = now
        customer.erase_at = now + KEPT
        tx.jobs.add(EraseCustomer(customer_id=customer.id), customer.erase_at)
        return customer.erase_at

    def _tell(
        self, tx: Transaction, customer: Customer, count: int, erase_at: datetime, by: Person
    ) -> None:
        now = self._clock.now()
        subject = subject_of(customer)
        detail: dict[str, Any] = {"customer": customer.name, "accounts": count}
        erased = erase_at.isoformat()
        audit.record(tx, by, "customer.offboarded", subject, now, erase_at=erased, **detail)
        key = f"{subject}:offboarded:{now.timestamp()}"
        sentence = "customer.offboarded_told_support"
        facts = {**detail, "user": by.user, "day": f"{erase_at:%Y-%m-%d}"}
        notices.tell(tx, self._support_channel, key, sentence, now, **facts)

    def _clear(self, tx: Transaction, customer: Customer, by: Person) -> None:
        """Nothing of the customer's goes on, and in each channel only the farewell is left."""
        now = self._clock.now()
        self._end_batch(tx, customer.id, None)
        channels = tx.channels.bound_to(customer.id)
        self._end_requests(tx, [channel.id for channel in channels], by)
        for channel in channels:
            reminder = tx.reminders.open_in(channel.id)
            if reminder is not None:
                reminder.finished_at = now
            notices.take_everything_away(tx, channel.id, now)
            key = f"{subject_of(customer)}:farewell:{channel.id}:{now.timestamp()}"
            day = f"{customer.erase_at:%Y-%m-%d}"
            told = "customer.offboarded_told"
            notices.say_in(tx, channel.id, key, told, now, customer=customer.name, day=day)
            channel.closed = f"{channel.closed} {ENDED}".strip()
