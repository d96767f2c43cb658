"""Storms: what breaks hundreds of mailboxes at once is told once, and so is its end."""

import random
from datetime import timedelta
from functools import partial

import pytest

from bot.checks.rhythm import next_look
from bot.common import ids
from bot.common.jobs import CheckAccount
from bot.common.people import Person
from bot.diagnosis.observation import Condition, Observation, Where
from bot.incidents.maintenance import Plan
from storage.tables import Account, Channel, Incident
from storage.vocabulary import IncidentStatus, MaintenanceOf, Scope, State, StepId
from tests.support.examples import in_a_hurry, size
from tests.support.fast import ACME, ALERTS, CAROL, DESK, SENDING_IS_OFF, FastBot, hours
from tests.support.pagers import PAGERDUTY, WEBHOOK, events

pytestmark = pytest.mark.storms

OMAR = Person("T0LUMEN", "U0OMAR", ALERTS)
SECRET = {"error": "invalid_client", "error_description": "AADSTS7000222: expired"}
MAILBOXES, TENANTS = (24, 4) if in_a_hurry() else (size(500, 40), size(60, 8))
LOOKED_AT, THEIR_TENANTS = (24, 4) if in_a_hurry() else (size(120, 24), size(20, 4))
"""Where every look has its minute for an hour, some are as good as many."""

OF_ONE_TENANT = 8 if in_a_hurry() else 40
GROUP = "S0ONCALL"
LOST = 0.2


class Field:
    """Customers with an organisation each, and their live mailboxes."""

    def __init__(self, mailboxes: int, tenants: int, canary: str = "") -> None:
        self.bot = FastBot(oncall_usergroup=GROUP, canary_account=canary)
        self.channels: list[Channel] = [
            self.bot.customer(f"Customer {number}", f"C0CUST{number}") for number in range(tenants)
        ]
        self.accounts: list[Account] = [
            self.bot.account(
                State.LIVE, channel=self.channels[number % tenants], name=f"Box {number}"
            )
            for number in range(mailboxes)
        ]
        for account in self.accounts:
            self.bot.show(account)
        self.bot.live(timedelta(minutes=30))  # Slack takes fifty edits a minute

    def watch(self, accounts: list[Account]) -> None:
        """The accounts are looked at by the clock, as all that work are."""
        with self.bot.store.transaction() as tx:
            for account in accounts:
                tx.watches.keep(account.id, self.bot.now, next_look(account.id, self.bot.now))

    def pass_by(self, span: timedelta) -> None:
        """Let time pass minute by minute: every look is taken within a minute of its time, and what
        is due in between with it."""
        for _ in range(round(span / timedelta(minutes=1))):
            self.bot.pass_time(minutes=1)

    def look(self, accounts: list[Account]) -> None:
        """Each is looked at, as our rounds do."""
        for account in accounts:
            self.bot.expire_token(account)
            with self.bot.store.transaction() as tx:
                tx.jobs.add(CheckAccount(account_id=account.id), self.bot.now, sooner=True)
        self.bot.run_due()

    def posted(self) -> dict[str, int]:
        """How many messages stand in the customers' channels."""
        return {
            each.id: sum(not message.thread for message in self.bot.posted(each.id))
            for each in self.channels
        }

    def alerts(self) -> list[str]:
        """What stands in the alert channel besides threads."""
        return [each.words for each in self.bot.posted(ALERTS) if not each.thread]

    def open(self) -> list[Incident]:
        with self.bot.store.transaction() as tx:
            return tx.incidents.all_open()

    def states(self) -> set[State]:
        return {self.bot.read(each).state for each in self.accounts}


def test_an_expired_secret_is_one_alert_and_all_recover_in_its_thread() -> None:
    field = Field(MAILBOXES, TENANTS)
    bot = field.bot
    before = field.posted()
    bot.microsoft.refusal = SECRET
    field.look(field.accounts)
    bot.live(timedelta(minutes=30))

    (incident,) = field.open()
    assert incident.scope is Scope.APPLICATION
    first = [words for words in field.alerts() if "First seen" in words]
    assert len(first) == 1
    assert f"*Mailboxes that do not work:* {MAILBOXES}  ·  *Customers:* {TENANTS}" in first[0]
    assert field.posted() == before, "no customer reads of it"
    assert events(bot, PAGERDUTY).count("trigger") <= 2, "opened, and that it grew"

    bot.microsoft.refusal = None
    bot.clock.at += timedelta(minutes=37)
    bot.incidents.retest(incident.id, OMAR, resolving=True)
    bot.live(timedelta(minutes=30))

    assert field.open() == []
    assert field.states() == {State.LIVE}
    thread = [each.text for each in bot.posted(ALERTS) if each.thread]
    assert sum(f"*{MAILBOXES}* of {MAILBOXES}" in text for text in thread) == 1
    assert field.posted() == before
    assert events(bot, PAGERDUTY)[-1] == "resolve"
    assert bot.pagers.took[WEBHOOK][-1]["incident"]["status"] == "mended"


def test_a_tenant_that_switches_sending_off_is_one_incident_and_one_message_to_the_customer() -> (
    None
):
    field = Field(0, 0)
    bot = field.bot
    accounts = [bot.account(State.LIVE, name=f"Box {number}") for number in range(OF_ONE_TENANT)]
    before = len([each for each in bot.posted(ACME) if not each.thread])
    for account in accounts:
        off = Observation(Where.SMTP, step="smtp.auth", **SENDING_IS_OFF)
        bot.mailbox(account).faults[StepId.SMTP_AUTH] = off
        bot.checks.start(account.id, CAROL)
        bot.run_due()

    wide = [each for each in field.open() if each.inhibited_by is None]
    assert [each.scope for each in wide] == [Scope.TENANT]
    with bot.store.transaction() as tx:
        assert tx.incidents.count(wide[0].id) == OF_ONE_TENANT
    heads = [each.words for each in bot.posted(ALERTS) if not each.thread]
    assert len(heads) == 1 and GROUP not in heads[0], "nobody is woken"
    told = [
        each.words
        for each in bot.posted(ACME)[before:]
        if not each.thread and "do not work" in each.words
    ]
    assert len(told) <= 1
    assert sum("has a problem" in each.words for each in bot.posted(DESK)) == 1
    assert events(bot, PAGERDUTY) == []


def test_a_storm_inside_maintenance_is_told_to_nobody_but_what_still_fails_at_its_end() -> None:
    field = Field(MAILBOXES // 5, TENANTS // 5 or 1)
    bot = field.bot
    before = field.posted()
    end = bot.now + hours(2)
    bot.maintenance.plan(Plan(MaintenanceOf.APPLICATION, "", bot.now, end, "a new secret"), OMAR)
    bot.run_due()
    announced = field.alerts()
    assert len(announced) == 1

    bot.microsoft.refusal = SECRET
    field.look(field.accounts)
    bot.live(hours(1))
    assert field.alerts() == announced
    assert field.posted() == before
    assert events(bot, PAGERDUTY) == []
    assert [each.status for each in field.open()] == [IncidentStatus.SILENCED]

    bot.live(hours(1) + timedelta(minutes=1))
    first = [words for words in field.alerts() if "First seen" in words]
    assert len(first) == 1
    assert events(bot, PAGERDUTY) == ["trigger"]


def test_an_outage_of_microsofts_that_the_canary_shows_is_one_incident_and_breaks_nothing() -> None:
    ref = ids.new_account_ref()
    field = Field(LOOKED_AT, THEIR_TENANTS, canary=ref)
    bot = field.bot
    own = bot.customer("Lumen", "C0LUMEN")
    canary = bot.account(State.LIVE, channel=own, ref=ref)
    waits = bot.account(
        State.UNMAPPED, channel=field.channels[0], name="Waits", waiting_for=hours(3.9)
    )
    everybody = [*field.accounts, canary]
    field.watch(everybody)
    before = field.posted()
    away = Observation(Where.NETWORK, step="imap.connect", condition=Condition.TIMEOUT)
    for account in everybody:
        bot.mailbox(account).faults[StepId.IMAP_CONNECT] = away
    field.pass_by(hours(1))

    (incident,) = field.open()
    assert incident.scope is Scope.MICROSOFT
    assert len([words for words in field.alerts() if "First seen" in words]) == 1
    assert field.states() == {State.LIVE}
    assert field.posted() == before, "the reminder that was due meanwhile waits"
    assert events(bot, PAGERDUTY)[0] == "trigger"

    for account in everybody:
        bot.mailbox(account).faults.clear()
    field.pass_by(timedelta(minutes=12))
    assert field.open() == []
    assert field.states() == {State.LIVE}
    assert events(bot, PAGERDUTY)[-1] == "resolve"
    grown = {channel for channel, many in field.posted().items() if many != before[channel]}
    assert grown == {waits.channel_id}, "and comes when it is over"


def test_a_fifth_of_all_connections_lost_for_an_hour_breaks_nothing() -> None:
    field = Field(LOOKED_AT, THEIR_TENANTS)
    bot = field.bot
    field.watch(field.accounts)
    before = field.posted()
    dice = random.Random(20)
    lost = Observation(Where.NETWORK, step="imap.connect", condition=Condition.TIMEOUT)

    def lose(account: Account) -> None:
        faults = bot.mailbox(account).faults
        faults.clear()
        if dice.random() < LOST:
            faults[StepId.IMAP_CONNECT] = lost

    for account in field.accounts:
        bot.mailbox(account).on_look = partial(lose, account)
    field.pass_by(hours(1))
    seen = sum(bot.mailbox(account).looks for account in field.accounts)
    assert seen >= 6 * LOOKED_AT

    assert field.states() == {State.LIVE}
    assert field.posted() == before
    assert len(field.alerts()) <= 1, "that much is lost is told once, if at all"
    for account in field.accounts:
        bot.mailbox(account).on_look = lambda: None
        bot.mailbox(account).faults.clear()
    field.pass_by(timedelta(minutes=20))
    assert field.open() == []
    assert field.states() == {State.LIVE}
