"""Turns what the outbox holds into messages: looks up how things stand and calls the cards."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from bot.accounts.progress import SENDING_IS_OFF, Facts
from bot.diagnosis.step_records import FailedStep, failed_steps, first_failure, steps_of
from bot.folders.service import suggestions_of
from bot.lifecycle.service import listed_still
from bot.messages import notices
from bot.services import Services
from handlers.cards.account_window import Packet
from handlers.cards.accounts import AccountView, account_card
from handlers.cards.checks import Fault, TestView, test_message
from handlers.cards.diagnosis import note_message
from handlers.cards.incidents import account_values, alert_card, support_note
from handlers.cards.kit import Audience, Message
from handlers.cards.legacy import BatchView, batch_message
from handlers.cards.reminders import MAX_SHOWN, ReminderView, Waiting, held_line, reminder_message
from handlers.cards.setup import setup_card
from handlers.cards.support import RequestView, help_message, request_card
from handlers.text.words import plainly, say
from storage.database import Transaction
from storage.tables import Account, Failure
from storage.vocabulary import FolderRole, Owner, State

FAULTY = frozenset({State.FAILING, State.BROKEN, State.AWAITING_ADMIN})


class Presenter:
    """Draws notices as they stand now."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._drawers: dict[str, Callable[[dict[str, Any]], Message | None]] = {
            notices.ACCOUNT_CARD: lambda args: account_card(self.account_view(args["account"])),
            notices.SETUP_CARD: self._setup,
            notices.TEST_RESULT: self._test,
            notices.REMINDER: self._reminder,
            notices.ALERT: self._alert,
            notices.NOTE: self._note,
            notices.SUPPORT_NOTE: self._support_note,
            notices.REQUEST: lambda args: request_card(self._request(args)),
            notices.BATCH: self._batch,
            notices.HELP: lambda args: help_message(self._request(args)),
        }

    def draw(self, notice: str, args: dict[str, Any]) -> Message | None:
        """The message that a notice is now; None if there is nothing to show any more."""
        return self._drawers[notice](args)

    def account_view(self, account_id: int) -> AccountView:
        """What an account's card tells now."""
        with self._services.store.transaction() as tx:
            account = tx.accounts.get(account_id)
            ticket = tx.signins.usable_ticket(account_id, self._services.clock.now())
            fault = self._fault(tx, account)
            mapped = tx.accounts.folders(account_id)
            sure = self._sure(tx, account)
            customer = tx.channels.customer(account.customer_id).name
            held, question = (
                tx.signins.held(account_id),
                tx.signins.question(account_id) is not None,
            )
        rows = [(plainly(f"folders.{role}"), mapped[role]) for role in FolderRole if role in mapped]
        return AccountView(
            account,
            customer,
            held.upn if held else "",
            question,
            link=self._services.links.url(ticket) if ticket else "",
            link_until=ticket.expires_at if ticket else None,
            admin_link=self._services.consent.link(account)
            if account.state is State.AWAITING_ADMIN
            else "",
            fault=(fault, self._services.failures.verdict(fault)) if fault else None,
            folders=[(role, row.shown_name) for role, row in rows if row.lost is None],
            lost=[(role, row.shown_name) for role, row in rows if row.lost is not None],
            sure=sure,
            held_back=held_line(account, self._services.clock.now()),
        )

    def _sure(self, tx: Transaction, account: Account) -> list[tuple[str, str]]:
        """The folders (role, name) that nobody needs to look at, if that is all that the account
        needs."""
        if account.state is not State.UNMAPPED:
            return []
        sure = suggestions_of(tx, account).unseen()
        return [
            (plainly(f"folders.{role}"), sure[role].shown_name)
            for role in FolderRole
            if role in sure
        ]

    def _fault(self, tx: Transaction, account: Account) -> Failure | None:
        if account.state not in FAULTY:
            return None
        test = tx.checks.latest(account.id)
        failed = (
            first_failure(steps_of(test))
            if test and account.state is not State.AWAITING_ADMIN
            else None
        )
        return tx.failures.get(failed.error) if failed else tx.failures.latest_of(account.id)

    def _setup(self, args: dict[str, Any]) -> Message:
        with self._services.store.transaction() as tx:
            channel = tx.channels.get(args["channel"])
            assert channel is not None
            customer = tx.channels.customer(channel.customer_id)
            off_since = tx.failures.open_since(channel.customer_id, SENDING_IS_OFF)
            old = tx.legacy.of_customer(channel.customer_id)
            facts = Facts(tx.accounts.of_customer(channel.customer_id), old, off_since)
        return setup_card(customer.name, facts)

    def _test(self, args: dict[str, Any]) -> Message:
        with self._services.store.transaction() as tx:
            test = tx.checks.get(args["test"])
            account = tx.accounts.get(test.account_id)
            steps = steps_of(test)
            faults = {failed.step: self._told(tx, failed) for failed in failed_steps(steps)}
        return test_message(TestView(account, test, steps, faults))

    def _told(self, tx: Transaction, failed: FailedStep) -> Fault:
        failure = tx.failures.get(failed.error)
        assert failure is not None
        verdict = self._services.failures.verdict(failure)
        mailboxes = (
            self._services.failures.mailboxes(tx, failure)
            if verdict.owner is Owner.ADMINISTRATOR
            else 1
        )
        return Fault(failed.error, verdict, mailboxes)

    def _request(self, args: dict[str, Any]) -> RequestView:
        with self._services.store.transaction() as tx:
            request = tx.requests.get(args["request"])
            account = tx.accounts.get(request.account_id) if request.account_id else None
            channel = tx.channels.get(request.channel_id)
            customer = tx.channels.customer(channel.customer_id).name if channel else ""
            failure = tx.failures.get(request.failure_ref) if request.failure_ref else None
            if failure is None and account is not None:
                failure = self._fault(tx, account)
        verdict = self._services.failures.verdict(failure) if failure else None
        return RequestView(request, customer, failure, verdict, account)

    def request_line(self, request_id: int) -> tuple[str, str]:
        """What an open request is about, in few words, and who looks after it."""
        view = self._request({"request": request_id})
        about = view.account.name if view.account else ""
        cause = view.verdict.title if view.verdict and view.request.failure_ref else ""
        return " · ".join(filter(None, [view.customer, about, cause])), view.request.taken_by_user

    def _batch(self, args: dict[str, Any]) -> Message:
        with self._services.store.transaction() as tx:
            batch = tx.legacy.batch(args["batch"])
            assert batch is not None
            done = len(tx.legacy.created(batch.old_ids))
            failed = [
                (tx.legacy.get(int(old_id)), problem) for old_id, problem in batch.failed.items()
            ]
        named = [(old.name, old.address, problem) for old, problem in failed if old is not None]
        return batch_message(BatchView(batch, done, named))

    def _reminder(self, args: dict[str, Any]) -> Message | None:
        now = self._services.clock.now()
        with self._services.store.transaction() as tx:
            reminder = tx.reminders.get(args["reminder"])
            assert reminder is not None
            if tx.reminders.is_replaced(reminder):
                return None
            ours = reminder.channel_id == self._services.support_channel
            by_id = {account.id: account for account in tx.accounts.several(reminder.account_ids)}
            listed = [by_id[each] for each in reminder.account_ids if each in by_id]
            listed = [
                account
                for account in listed
                if not reminder.finished_at and listed_still(account, ours)
            ]
            if not listed and tx.outbox.posted(notices.reminder_key(reminder)) is None:
                return None  # it was done before anybody was reminded
            waiting = [
                self._waiting(tx, account, now, number < MAX_SHOWN)
                for number, account in enumerate(listed)
            ]
            put_off = all(a.snoozed_until is not None and a.snoozed_until > now for a in listed)
            there = tx.reminders.count_in(reminder.channel_id, None if put_off else now)
            more = 0 if ours else max(there - len(waiting), 0)
            paused = None if ours else self._paused(tx, reminder.channel_id, now)
        people = [] if ours else self._addressed([each.account for each in waiting])
        view = ReminderView(reminder, waiting, now, more, people, paused)
        return reminder_message(view, Audience.SUPPORT if ours else Audience.CUSTOMER)

    def _paused(
        self, tx: Transaction, channel_id: str, now: datetime
    ) -> tuple[datetime, str] | None:
        channel = tx.channels.get(channel_id)
        customer = tx.channels.customer(channel.customer_id) if channel else None
        if customer is None or customer.paused_until is None or customer.paused_until <= now:
            return None
        return customer.paused_until, customer.paused_by_user

    def _waiting(self, tx: Transaction, account: Account, now: datetime, shown: bool) -> Waiting:
        if not shown:  # counted only
            return Waiting(account)
        ticket = tx.signins.usable_ticket(account.id, now)
        fault = self._fault(tx, account)
        verdict = (fault, self._services.failures.verdict(fault)) if fault else None
        customer = tx.channels.customer(account.customer_id).name
        link = self._services.links.url(ticket) if ticket else ""
        held = tx.signins.held(account.id)
        return Waiting(
            account, customer, link, verdict, self._sure(tx, account), held.upn if held else ""
        )

    def _addressed(self, accounts: Sequence[Account]) -> list[str]:
        """Who of the customer's people added what waits for a person, each once."""
        ours = self._services.rights.own_team()
        asked = [
            a for a in accounts if a.owner is Owner.USER and a.created_by_team not in ("", ours)
        ]
        return list(dict.fromkeys(account.created_by_user for account in asked))

    def _alert(self, args: dict[str, Any]) -> Message:
        with self._services.store.transaction() as tx:
            incident = tx.incidents.get(args["incident"])
            assert incident is not None
            failure = tx.failures.get(incident.failure_ref)
            assert failure is not None
        return alert_card(incident, failure, self._services.failures.verdict(failure))

    def _note(self, args: dict[str, Any]) -> Message:
        values = dict(args["values"])
        if "cause" in values:  # a cause is told in the catalogue's words
            verdict = self._services.catalogue.verdict(values["cause"])
            values |= {"sentence": verdict.customer, "owner": plainly(f"owner.{verdict.owner}")}
        if "role" in values:
            values["role"] = plainly(f"folders.{values['role']}")
        if "minutes" in values:
            values["span"] = plainly(
                "mend.minute" if values["minutes"] == 1 else "mend.minutes",
                minutes=values["minutes"],
            )
        text = say(args["sentence"], **values)
        return note_message(text, values.get("error", ""))

    def packet(self, account: Account) -> Packet:
        """What the account's administrator is asked for."""
        with self._services.store.transaction() as tx:
            customer = tx.channels.customer(account.customer_id).name
        vendor, support = self._services.vendor_name, self._services.support_email
        return Packet(
            customer,
            vendor,
            support,
            self._services.consent.link(account),
            self._services.consent.scopes,
        )

    def _support_note(self, args: dict[str, Any]) -> Message:
        if "account" not in args:
            return support_note(say(args["sentence"], **args["values"]))
        with self._services.store.transaction() as tx:
            account = tx.accounts.get(args["account"])
            customer = tx.channels.customer(account.customer_id)
        return support_note(
            say(args["sentence"], **account_values(account, customer.name), **args["values"])
        )
