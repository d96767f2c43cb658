"""The slash command `/maildesk`, and the same words after a mention."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from slack_sdk import WebClient

from bot.accounts.service import DOMAIN
from bot.common.clock import read_until
from bot.common.refusals import Refused
from bot.reminders.service import MAX_PAUSE
from bot.services import Services
from bot.support.rights import Action
from bot.views.accounts import AccountView
from handlers.cards.account_window import disconnect_form
from handlers.cards.accounts import account_card
from handlers.cards.diagnosis import error_message, meaning
from handlers.cards.home import help_message
from handlers.cards.kit import Audience, Message, Safe, moment, section
from handlers.features import lookup
from handlers.features.folders import open_folders
from handlers.features.legacy import open_old
from handlers.features.setup import form_for
from handlers.slack import modals
from handlers.slack.payloads import Command
from handlers.slack.presenter import Presenter
from handlers.text.words import say

NAME = "/maildesk"
WINDOWED = frozenset({"setup", "add", "list", "folders", "import", "copy", "remove"})
Answer = Callable[[Message], None]


class Commands:
    """Does each subcommand and answers its sender privately."""

    def __init__(self, services: Services, client: WebClient, presenter: Presenter) -> None:
        self._services = services
        self._client = client
        self._presenter = presenter
        self._subcommands: dict[str, Callable[[Command, Answer], None]] = {
            "help": self._help,
            "setup": self._setup,
            "add": self._add,
            "list": self._list,
            "status": self._status,
            "login": self._login,
            "test": self._test,
            "folders": self._folders,
            "import": self._import,
            "copy": self._copy,
            "snooze": self._snooze,
            "remove": self._remove,
            "error": self._error,
            "alerts": self._alerts,
        }

    @property
    def names(self) -> frozenset[str]:
        """The subcommands that there are."""
        return frozenset(self._subcommands)

    def do(self, command: Command, answer: Answer) -> None:
        """Do what was typed; a word that is none of ours gets a suggestion."""
        subcommand = self._subcommands.get(command.name or "help")
        if subcommand is None:
            guess = (
                get_close_matches(command.name, self._subcommands, n=1, cutoff=0.4) or ["help"]
            )[0]
            answer(_sentence("help.did_you_mean", typed=command.name, guess=guess))
        elif (
            not command.trigger and command.name in WINDOWED
        ):  # a mention opens no window: its answer has the buttons
            self._help(command, answer)
        else:
            subcommand(command, answer)

    def _help(self, command: Command, answer: Answer) -> None:
        support = self._services.rights.is_support(command.person)
        if not support:
            self._services.rights.channel(command.person, command.channel, Action.SEE)
        answer(help_message(Audience.SUPPORT if support else Audience.CUSTOMER))

    def _setup(self, command: Command, answer: Answer) -> None:
        self._services.rights.support(command.person)
        if command.rest:
            name, domain = _customer_and_domain(command.rest)
            tenant = self._services.customers.tenant(domain) if domain else ""
            self._services.customers.bind(command.channel, name, command.person, tenant)
            answer(_sentence("command.setup_done", customer=name))
        else:
            self._windows(command).open(form_for(self._services, command.person, command.channel))

    def _add(self, command: Command, answer: Answer) -> None:
        modals.open_form(self._services, self._windows(command), command.person, command.channel)

    def _list(self, command: Command, answer: Answer) -> None:
        modals.open_list(self._services, self._windows(command), command.person, command.channel)

    def _status(self, command: Command, answer: Answer) -> None:
        if not command.rest:
            self._list(command, answer)
            return
        account = lookup.account_named(
            self._services, command.person, command.channel, command.rest, Action.SEE, command.name
        )
        answer(account_card(self._services.views.accounts.card(account.id)))

    def _login(self, command: Command, answer: Answer) -> None:
        account = lookup.account_named(
            self._services,
            command.person,
            command.channel,
            command.rest,
            Action.SIGN_IN,
            command.name,
        )
        self._services.accounts.renew_link(account, command.person)
        answer(_sentence("command.link_renewed", name=account.name))

    def _test(self, command: Command, answer: Answer) -> None:
        if command.rest.lower() == "all":
            count = modals.test_all(self._services, command.person, command.channel)
            answer(_sentence("test.all_started", count=count))
            return
        account = lookup.account_named(
            self._services, command.person, command.channel, command.rest, Action.TEST, command.name
        )
        modals.start_test(self._services, account, command.person)
        answer(_sentence("test.started", name=account.name))

    def _folders(self, command: Command, answer: Answer) -> None:
        account = lookup.account_named(
            self._services,
            command.person,
            command.channel,
            command.rest,
            Action.MAP_FOLDERS,
            command.name,
        )
        open_folders(self._services, self._windows(command), account)

    def _snooze(self, command: Command, answer: Answer) -> None:
        name, until = self._until(command)
        account = lookup.account_named(
            self._services, command.person, command.channel, name, Action.SNOOZE, command.name
        )
        self._services.reminders.snooze_account(account, until, command.person)
        answer(_sentence("command.snoozed", name=account.name, until=moment(until)))

    def _until(self, command: Command) -> tuple[str, datetime]:
        """The account that a text names, and the time behind it: one word or two."""
        words, now = command.rest.split(), self._services.clock.now()
        for count in (2, 1):
            with suppress(ValueError):
                until = read_until(" ".join(words[-count:]), now, self._services.hours.zone)
                named = words[:-count]
                named = (
                    named[:-1]
                    if named[-1:] and named[-1].lower() in ("in", "for", "until")
                    else named
                )
                if now < until <= now + MAX_PAUSE and named:
                    return " ".join(named), until
        raise Refused("command.snooze_until")

    def _remove(self, command: Command, answer: Answer) -> None:
        account = lookup.account_named(
            self._services,
            command.person,
            command.channel,
            command.rest,
            Action.DISCONNECT,
            command.name,
        )
        self._windows(command).open(disconnect_form(AccountView.of(account)))

    def _import(self, command: Command, answer: Answer) -> None:
        open_old(self._services, self._windows(command), command.person, command.channel)

    def _copy(self, command: Command, answer: Answer) -> None:
        account = lookup.account_named(
            self._services, command.person, command.channel, command.rest, Action.ADD, command.name
        )
        modals.open_copy(self._windows(command), account)

    def _alerts(self, command: Command, answer: Answer) -> None:
        self._services.rights.on_call(command.person)
        with self._services.store.transaction() as tx:
            open_now = [
                (incident.cause, incident.failure_ref) for incident in tx.incidents.all_open()
            ]
        lines = [
            say("home.alert", title=self._services.catalogue.verdict(cause).title, error=error)
            for cause, error in open_now
        ]
        text = Safe("\n".join(lines)) if lines else say("command.no_alerts")
        answer(Message(text, [section(text)]))

    def _windows(self, command: Command) -> modals.Windows:
        return modals.Windows(self._client, command.trigger)

    def _error(self, command: Command, answer: Answer) -> None:
        if not command.rest:
            raise Refused("command.which_error")
        if lookup.is_error_id(command.rest):
            answer(error_message(*lookup.error_named(self._services, command.person, command.rest)))
            return
        support = self._services.rights.is_support(command.person)
        verdict = lookup.pasted(self._services, command.rest)
        audience = Audience.SUPPORT if support else Audience.CUSTOMER
        answer(Message(say("error.text", title=verdict.title), meaning(verdict, audience)))


def _customer_and_domain(text: str) -> tuple[str, str]:
    """``Acme Marine acme.example``: the last of several words may be the Microsoft 365 domain."""
    name, _, last = text.rpartition(" ")
    return (name, last) if name and DOMAIN.fullmatch(last) else (text, "")


def _sentence(name: str, /, **values: Any) -> Message:
    text = say(name, **values)
    return Message(text, [section(text)])
