"""Incidents in the fast bot: mailboxes that our expired secret keeps from working, and on-call, who
presses, and looks at windows."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.common.people import Person
from handlers.cards.actions import ActionId, FormId
from handlers.cards.kit import Block
from handlers.features import incident_list, maintenance
from handlers.features import incidents as alert_features
from handlers.slack.listeners import FormErrors, NextWindow
from handlers.slack.payloads import Press, Submission
from sandbox.slack.limits import problems
from storage.tables import Account, Channel, Incident
from storage.vocabulary import State
from tests.support.drawing import parts
from tests.support.fast import ALERTS, CAROL, FastBot
from tests.support.fast_ports import Posted

A_MOMENT = timedelta(seconds=1)
"""So long it takes somebody to press, and a test to run."""

FEATURES = (incident_list, alert_features, maintenance)
SECRET = {"error": "invalid_client", "error_description": "AADSTS7000222: expired"}
OMAR = Person("T0LUMEN", "U0OMAR", ALERTS)
OLGA = Person("T0LUMEN", "U0OLGA", ALERTS)
"""Two engineers on call."""


def on_call(bot: FastBot) -> FastBot:
    """The same bot, with both in the alert channel."""
    bot.slack.members[ALERTS] = {OMAR.user, OLGA.user}
    return bot


def broken(bot: FastBot, name: str = "", channel: Channel | None = None) -> Account:
    """A mailbox that was in use, and does not work since our secret expired."""
    there = channel or bot.acme
    with bot.store.transaction() as tx:
        domain = tx.channels.customer(there.customer_id).name.split()[0].lower()
    box = name.lower() or f"box{len(bot.accounts_there())}"
    address = f"{box}@{domain}.example"
    account = bot.account(State.LIVE, name=name, channel=there, address=address)
    fail(bot, account)
    return account


def fail(bot: FastBot, *accounts: Account) -> None:
    """Mailboxes are tested while our secret is expired."""
    for account in accounts:
        bot.expire_token(account)
    bot.microsoft.refusal = SECRET
    bot.clock.at += A_MOMENT
    for account in accounts:
        bot.checks.start(account.id, CAROL)
    bot.run_due()


def incidents(bot: FastBot) -> list[Incident]:
    """What is not fixed, oldest first."""
    with bot.store.transaction() as tx:
        return tx.incidents.all_open()[::-1]


def read(bot: FastBot, incident_id: int) -> Incident:
    """An incident as it stands."""
    with bot.store.transaction() as tx:
        found = tx.incidents.get(incident_id)
    assert found is not None
    return found


def members(bot: FastBot, incident_id: int) -> set[int]:
    """The accounts that are in an incident."""
    with bot.store.transaction() as tx:
        return {each.account_id for each in tx.incidents.members(incident_id)}


def alerts(bot: FastBot) -> list[Posted]:
    """What stands in the alert channel, beside what is in threads."""
    bot.deliver()
    return [each for each in bot.posted(ALERTS) if not each.thread]


def thread(bot: FastBot) -> list[str]:
    """What is said in the threads of the alert channel, in order."""
    bot.deliver()
    return [each.words for each in bot.posted(ALERTS) if each.thread]


def buttons(drawn: Any) -> dict[str, str]:
    """The buttons of a message or a window, by their labels, with how they look."""
    found = [part for part in parts(drawn) if part.get("type") == "button"]
    return {each["text"]["text"]: each.get("style", "") for each in found}


def words(view: Block) -> str:
    """What is read in a window."""
    return Posted("", "", "", view["blocks"]).words


@dataclass
class Screen:
    """What somebody has on the screen: the windows that were opened, the last on top."""

    bot: FastBot
    person: Person = OMAR
    windows: list[Block] = field(default_factory=list)

    def open(self, view: Block) -> str:
        """A window opens on top."""
        assert problems("modal", view) == []
        self.windows.append(view)
        return "V1"

    def replace(self, view: Block) -> None:
        """The window on top shows something else."""
        assert problems("modal", view) == []
        self.windows[-1:] = [view]

    @property
    def top(self) -> Block:
        """The window on top."""
        return self.windows[-1]

    @property
    def read(self) -> str:
        """What is read in it."""
        return words(self.top)

    def pressed(self, action: ActionId, value: object, **fields: str) -> None:
        """Press a button: in the window on top, if there is one."""
        about = self.windows[-1].get("private_metadata", "") if self.windows else ""
        windows: Any = self
        self.bot.clock.at += A_MOMENT
        press = Press(self.person, "", str(value), "", about, fields, windows)
        Listened().of(self.bot)[action](press)
        self.bot.clock.at += A_MOMENT
        self.bot.run_due()

    def sent(self, form: FormId, **values: str) -> FormErrors:
        """Send the form on top; what stands at its fields, if it is not taken."""
        about = self.top.get("private_metadata", "")
        behind: Any = Behind(self) if len(self.windows) > 1 else None
        answer = Listened().of(self.bot)[form](
            Submission(self.person, about, values, behind=behind)
        )
        self.bot.run_due()
        if isinstance(answer, NextWindow):
            self.replace(answer.view)
        elif not answer:
            self.windows.pop()
        return answer if isinstance(answer, dict) else {}


@dataclass
class Behind:
    """The window behind the one on top."""

    screen: Screen

    def replace(self, view: Block) -> None:
        """It shows something else."""
        assert problems("modal", view) == []
        self.screen.windows[-2] = view


@dataclass
class Listened:
    """The listeners of alerts, as the features register them."""

    found: dict[str, Any] = field(default_factory=dict)

    def of(self, bot: FastBot) -> dict[str, Any]:
        """By the button or the form."""
        own: Any = self
        for feature in FEATURES:
            feature.register(own, bot.services)
        return self.found

    def press(self, action: ActionId, listener: Any) -> None:
        """A button."""
        self.found[action] = listener

    def submission(self, form: FormId, listener: Any) -> None:
        """A form."""
        self.found[form] = listener
