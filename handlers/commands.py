"""The slash command `/maildesk`, and the same words after a mention."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from bot.accounts.customers import DOMAIN_UNKNOWN
from bot.common.clock import read_until
from bot.common.mail_addresses import BadAddress, read_domain
from bot.common.refusals import Refused
from bot.common.texts import on_one_line, unquoted
from bot.reminders.service import MAX_PAUSE
from bot.services import Services
from bot.support.rights import Action
from bot.views.accounts import AccountView
from bot.views.telling import Told
from handlers.cards.account_window import disconnect_form
from handlers.cards.accounts import account_card
from handlers.cards.diagnosis import error_message, meaning
from handlers.cards.help import help_message
from handlers.cards.home import found_message
from handlers.cards.incident_list import Choices, row_lines
from handlers.cards.kit import Message, moment, paragraphs, section
from handlers.features import lookup, maintenance, own_channels
from handlers.features.account_list import list_window
from handlers.features.accounts import copy_form, new_account_form
from handlers.features.customers import first_window as customer_start
from handlers.features.folders import open_folders
from handlers.features.incident_list import listed
from handlers.features.legacy import first_window
from handlers.features.setup import form_for
from handlers.features.timeline import with_newest
from handlers.slack.listeners import Tell
from handlers.slack.payloads import Command
from handlers.text.words import plainly, say

WINDOWED = frozenset(
    {
        "setup",
        "customer",
        "add",
        "list",
        "folders",
        "import",
        "copy",
        "remove",
        "maintenance",
    }
)
BEFORE_A_TIME = ("in", "for", "until")
"""Words that people write between an account and a time."""


class Commands:
    """Does each subcommand and answers its sender privately."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @property
    def names(self) -> Collection[str]:
        """The subcommands that there are."""
        return SUBCOMMANDS.keys()

    def do(self, command: Command, answer: Tell) -> None:
        """Do what was typed; an error text that was pasted is explained, and another word that is
        none of ours gets a suggestion."""
        subcommand = SUBCOMMANDS.get(command.name or "help")
        if subcommand is None or self._is_an_error(command):
            self._otherwise(command, answer)
        elif command.name in WINDOWED and not command.opens_windows:
            self._help(command, answer)  # it has the buttons that open them
        else:
            subcommand(self, command, answer)

    def _is_an_error(self, command: Command) -> bool:
        """Whether an error text only begins like one of ours: ``status code 535 …``, ``login
        failed``. What follows *error* is one anyhow."""
        if command.name == "error" or not command.rest:
            return False
        return self._services.catalogue.read(f"{command.name} {command.rest}") is not None

    def _otherwise(self, command: Command, answer: Tell) -> None:
        verdict = self._services.catalogue.lookup_text(f"{command.name} {command.rest}")
        if verdict is not None:
            self._explain(lookup.told(self._services, command.person, verdict), answer)
            return
        guess = self._guess(command.name)
        answer(_sentence("help.did_you_mean", typed=command.name, guess=guess))

    def _guess(self, typed: str) -> str:
        close = get_close_matches(typed, SUBCOMMANDS, n=1, cutoff=0.4)
        return close[0] if close else "help"

    def _help(self, command: Command, answer: Tell) -> None:
        if self._is_ours(command):
            answer(own_channels.help_here(self._services, command.person))
            return
        role = self._services.rights.role_of_reader(command.person, command.channel)
        answer(help_message(role))

    def _setup(self, command: Command, answer: Tell) -> None:
        self._services.rights.support(command.person)
        name, domain = _customer_and_domain(on_one_line(command.rest))
        if not name or self._is_ours(command):
            channel = self._channel(command, Action.SET_UP)
            command.windows.open(form_for(self._services, command.person, channel))
            return
        tenant = self._organisation(name, domain)
        circle = self._services.circles.offer(command.channel).circle
        self._services.customers.bind(command.channel, name, command.person, tenant, circle=circle)
        who = plainly(f"customers_are.{circle.customers_are}")
        teams = ", ".join(sorted(circle.teams)) or plainly("customers_are.no_teams")
        answer(_sentence("command.setup_done", customer=name, who=who, teams=teams))

    def _organisation(self, name: str, domain: str) -> str:
        """The tenant of a customer's domain, if one was given. A customer who is only called like a
        domain, which is nobody's, has none."""
        try:
            return self._services.customers.tenant(domain) if domain else ""
        except Refused as refused:
            if name == domain and refused.sentence == DOMAIN_UNKNOWN:
                return ""
            raise

    def _customer(self, command: Command, answer: Tell) -> None:
        self._services.rights.support(command.person)
        name = on_one_line(command.rest)
        if name and self._is_ours(command):
            name = own_channels.any_customer(self._services, command)
        command.windows.open(customer_start(self._services, command.channel, name))

    def _add(self, command: Command, answer: Tell) -> None:
        channel = self._channel(command, Action.ADD)
        command.windows.open(new_account_form(self._services, command.person, channel))

    def _list(self, command: Command, answer: Tell) -> None:
        channel = self._channel(command, Action.SEE)
        command.windows.open(list_window(self._services, command.person, channel))

    def _status(self, command: Command, answer: Tell) -> None:
        if not command.rest:
            self._list(command, answer)
            return
        if not self._services.rights.looks_back(command.person):
            account = self._named(command, Action.SEE)
            answer(account_card(self._services.views.accounts.card(account.id)))
            return
        account = self._named(command, Action.TIMELINE)
        found = self._services.views.accounts.view(account.id)
        told = found_message(found, self._services.rights.link_to)
        answer(with_newest(self._services, command.person, told, account.id))

    def _login(self, command: Command, answer: Tell) -> None:
        account = self._named(command, Action.SIGN_IN)
        self._services.accounts.renew_link(account.id, command.person)
        answer(_sentence("command.link_renewed", name=account.name))

    def _test(self, command: Command, answer: Tell) -> None:
        rest = self._without_all(command)
        if rest is not None:
            there = self._channel(replace(command, rest=rest, name="test all"), Action.TEST)
            channel = self._services.rights.channel(command.person, there, Action.TEST)
            count = self._services.checks.start_all(channel.customer_id, command.person)
            answer(_sentence("test.all_started", count=count))
            return
        account = self._named(command, Action.TEST)
        self._services.checks.start(account.id, command.person)
        answer(_sentence("test.started", name=account.name))

    def _folders(self, command: Command, answer: Tell) -> None:
        account = self._named(command, Action.MAP_FOLDERS)
        open_folders(self._services, command.windows, account, command.person)

    def _snooze(self, command: Command, answer: Tell) -> None:
        name, until = self._name_and_time(command.rest)
        account = self._named(command, Action.SNOOZE, name)
        self._services.reminders.snooze_account(account.id, until, command.person)
        answer(_sentence("command.snoozed", name=account.name, until=moment(until)))

    def _name_and_time(self, text: str) -> tuple[str, datetime]:
        """``Info until tomorrow 9:00``: the account that a text names, and the time at its end,
        which is one word or two."""
        words = text.split()
        now = self._services.clock.now()
        for count in (2, 1):
            with suppress(ValueError):
                until = read_until(" ".join(words[-count:]), now, self._services.hours.zone)
                name = _without_last(words[:-count], BEFORE_A_TIME)
                if name and now < until <= now + MAX_PAUSE:
                    return " ".join(name), until
        raise Refused("command.snooze_until")

    def _remove(self, command: Command, answer: Tell) -> None:
        command.windows.open(disconnect_form(self._named(command, Action.DISCONNECT)))

    def _import(self, command: Command, answer: Tell) -> None:
        channel = self._channel(command, Action.LIST_OLD)
        command.windows.open(first_window(self._services, command.person, channel))

    def _copy(self, command: Command, answer: Tell) -> None:
        command.windows.open(copy_form(self._services, self._named(command, Action.ADD)))

    def _error(self, command: Command, answer: Tell) -> None:
        if not command.rest:
            raise Refused("command.which_error")
        if lookup.is_error_id(self._services, command.rest):
            answer(error_message(*lookup.error_named(self._services, command.person, command.rest)))
            return
        self._explain(lookup.pasted(self._services, command.person, command.rest), answer)

    def _explain(self, told: Told, answer: Tell) -> None:
        answer(Message(say("error.text", title=told.title), meaning(told)))

    def _alerts(self, command: Command, answer: Tell) -> None:
        self._services.rights.on_call(command.person)
        if command.opens_windows:
            command.windows.open(listed(self._services, Choices()))
            return
        lines = [row_lines(each) for each in self._services.views.incident_lists.at_work()]
        answer(Message(say("alert.list_summary", count=len(lines)), paragraphs(lines)))

    def _maintenance(self, command: Command, answer: Tell) -> None:
        self._services.rights.on_call(command.person)
        command.windows.open(maintenance.window(self._services))

    def _is_ours(self, command: Command) -> bool:
        return own_channels.is_ours(self._services, command.channel)

    def _channel(self, command: Command, action: Action) -> str:
        """The channel that a command is about."""
        return own_channels.channel_meant(self._services, command, action)

    def _without_all(self, command: Command) -> str | None:
        """What stands beside *all* (in a channel of ours, the customer); None where there is no
        *all*."""
        first, *others = map(unquoted, command.rest.split() or [""])
        if first.lower() == "all" and (self._is_ours(command) or not others):
            return " ".join(others)
        return None

    def _named(self, command: Command, action: Action, text: str | None = None) -> AccountView:
        """The account that `text` (else all that was typed behind the subcommand) names."""
        named = command.rest if text is None else text
        return lookup.account_named(
            self._services, command.person, command.channel, named, action, command.name
        )


SUBCOMMANDS: Mapping[str, Callable[[Commands, Command, Tell], None]] = {
    "help": Commands._help,
    "setup": Commands._setup,
    "add": Commands._add,
    "list": Commands._list,
    "status": Commands._status,
    "login": Commands._login,
    "test": Commands._test,
    "folders": Commands._folders,
    "import": Commands._import,
    "copy": Commands._copy,
    "snooze": Commands._snooze,
    "remove": Commands._remove,
    "error": Commands._error,
    "alerts": Commands._alerts,
    "maintenance": Commands._maintenance,
    "customer": Commands._customer,
}
"""What each subcommand does, in the order in which Slack shows them (`manifest.json`)."""


def _customer_and_domain(text: str) -> tuple[str, str]:
    """``Acme Marine acme.example``: the last word may be the Microsoft 365 domain, and is the name
    too where it is the only one and stands in no quotation marks."""
    name, _, last = text.rpartition(" ")
    with suppress(BadAddress):
        if last == unquoted(last):
            return unquoted(name or last.rstrip(".")), read_domain(last)
    return unquoted(text), ""


def _sentence(name: str, /, **values: Any) -> Message:
    text = say(name, **values)
    return Message(text, [section(text)])


def _without_last(words: list[str], unwanted: Collection[str]) -> list[str]:
    """The words, less the last one if it is unwanted."""
    return words[:-1] if words and words[-1].lower() in unwanted else words
