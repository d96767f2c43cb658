"""How the bot's services are put together, whatever they reach the outside through."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bot.accounts.administration import Administration
from bot.accounts.circles import Circles, Neighbours
from bot.accounts.customers import Customers, Doors
from bot.accounts.offboarding import Farewells
from bot.accounts.organisations import Organisations
from bot.accounts.rebinding import Bindings
from bot.accounts.service import Accounts
from bot.app.worker import Sweep
from bot.checks.aftermath import Aftermath
from bot.checks.canary import Canary
from bot.checks.reported_fixes import ReportedFixes
from bot.checks.running import CheckRunner
from bot.checks.service import Checks
from bot.checks.watching import Watching
from bot.common import jobs
from bot.common.clock import Clock
from bot.common.jobs import Doers
from bot.config.settings import Settings
from bot.diagnosis.attempts import Attempts
from bot.diagnosis.catalogue import Catalogue
from bot.diagnosis.evidence import Evidence
from bot.diagnosis.explainer import Explanations
from bot.diagnosis.failures import Failures
from bot.diagnosis.health import Health
from bot.diagnosis.incidents import Incidents
from bot.diagnosis.noting import Noting
from bot.diagnosis.own_errors import OwnErrors
from bot.diagnosis.unexplained import PastedTexts
from bot.folders.drift import Drift
from bot.folders.service import Folders, sure_names
from bot.legacy.drafts import Drafts
from bot.legacy.service import LegacyAccounts
from bot.lifecycle.ladder import Ladder
from bot.lifecycle.service import Lifecycle
from bot.mail.probe import MailProbe
from bot.messages import notices
from bot.messages.answers import Answers
from bot.messages.delivery import Decider
from bot.messages.events import Events
from bot.messages.second_tries import SecondTries
from bot.messages.troubles import Troubles
from bot.microsoft.client import Microsoft
from bot.microsoft.credentials import Watch
from bot.microsoft.domains import Domains, new_memory
from bot.microsoft.tokens import Tokens
from bot.reminders.asked import AskedReminders
from bot.reminders.delivery import ReminderDelivery
from bot.reminders.service import Reminders
from bot.services import Services, Views
from bot.signin.address_changes import AddressChanges
from bot.signin.approval_watches import ApprovalWatches
from bot.signin.approvals import Approvals
from bot.signin.consent import Consent
from bot.signin.failed import FailedSignIns
from bot.signin.held import HeldSignIns
from bot.signin.links import Links
from bot.signin.service import SignIn
from bot.signin.sheets import Sheets
from bot.support.desk import Desk
from bot.support.directory import Directory
from bot.support.requests import SupportRequests
from bot.support.rights import Rights
from bot.views.accounts import AccountCards, AccountDetails
from bot.views.approvals import ApprovalCards
from bot.views.checks import CheckCards
from bot.views.customer_page import CustomerPages
from bot.views.errors import ErrorCards
from bot.views.incidents import AlertCards
from bot.views.invitations import Invitations
from bot.views.legacy import BatchCards
from bot.views.organisations import OrganisationCards
from bot.views.outages import OutageCards
from bot.views.overview import Overview
from bot.views.reminders import ReminderCards
from bot.views.setbacks import SetbackCards
from bot.views.setup import SetupCards
from bot.views.support import RequestCards
from bot.views.unexplained import UnexplainedCards
from storage.cipher import Cipher
from storage.database import Store


class People(Directory, Neighbours, Doors, Protocol):
    """What Slack says of people and of who shares a channel."""


@dataclass(frozen=True)
class Ports:
    """What the bot reaches the outside through; a test hands in others."""

    store: Store
    microsoft: Microsoft
    probe: MailProbe
    directory: People
    catalogue: Catalogue


@dataclass(frozen=True)
class Foundations:
    """What the services stand on."""

    ports: Ports
    clock: Clock
    cipher: Cipher
    tokens: Tokens
    ladder: Ladder
    lifecycle: Lifecycle
    attempts: Attempts
    failures: Failures
    requests: SupportRequests
    rights: Rights
    drift: Drift
    canary: Canary


@dataclass(frozen=True)
class Core:
    """The services, and what they do by themselves: jobs, and sweeps."""

    services: Services
    tokens: Tokens
    doers: Doers
    sweeps: Sequence[Sweep]
    deciders: Mapping[str, Decider]
    troubles: Troubles


def wire(settings: Settings, clock: Clock, ports: Ports) -> Core:
    """Put the services together. Asks nobody outside."""
    base = _foundations(settings, clock, ports)
    services = _services(settings, base)
    return Core(
        services=services,
        tokens=base.tokens,
        doers=_doers(services),
        sweeps=_sweeps(settings, base, services),
        deciders=_deciders(settings, base, services),
        troubles=Troubles(
            settings.support_channel, settings.alert_channel, services.customers.refused
        ),
    )


def _foundations(settings: Settings, clock: Clock, ports: Ports) -> Foundations:
    cipher = Cipher(settings.keys)
    ladder = Ladder(settings.nag_ladder)
    attempts = Attempts(clock)
    support = settings.support_channel
    alerts = settings.alert_channel
    requests = SupportRequests(ports.store, clock, support)
    lifecycle = Lifecycle(clock, ladder, settings.hours, support)
    return Foundations(
        ports=ports,
        clock=clock,
        cipher=cipher,
        tokens=Tokens(ports.store, clock, cipher, ports.microsoft),
        ladder=ladder,
        lifecycle=lifecycle,
        attempts=attempts,
        failures=Failures(ports.catalogue, clock, alerts, attempts, requests.hand_over),
        requests=requests,
        rights=Rights(ports.store, clock, ports.directory, support, alerts),
        drift=Drift(clock, lifecycle),
        canary=Canary(clock, settings.canary_account),
    )


def _services(settings: Settings, base: Foundations) -> Services:
    """The services, each made after those that it needs."""
    ports = base.ports
    store = ports.store
    clock = base.clock
    lifecycle = base.lifecycle
    support = settings.support_channel
    url = settings.public_url
    rights = base.rights
    fixes = ReportedFixes(store, clock, lifecycle, base.attempts, rights.is_customers)
    checks, watching = _checks(base, fixes)
    watches = ApprovalWatches(clock)
    failed = FailedSignIns(clock, lifecycle, base.failures, watches)
    links = Links(store, clock, base.cipher, lifecycle, failed, url)
    approvals = Approvals(store, clock, ports.microsoft, lifecycle, links, base.failures, watches)
    changes = AddressChanges(clock, lifecycle, links)
    domains = Domains(ports.microsoft, new_memory(clock))
    organisations = Organisations(store, clock, domains, support)
    accounts = Accounts(store, clock, lifecycle, links, changes, organisations)
    customers = _customers(settings, base)
    legacy = LegacyAccounts(store, clock, accounts)
    consent = _consent(base, failed, approvals, checks, url)
    return Services(
        clock=clock,
        views=_views(base, links, consent, rights, settings),
        rights=rights,
        customers=customers,
        circles=Circles(store, clock, ports.directory),
        organisations=organisations,
        administration=Administration(store, clock, customers, accounts, links, lifecycle, support),
        bindings=Bindings(store, clock, accounts, support),
        farewells=Farewells(store, clock, accounts, support),
        accounts=accounts,
        legacy=legacy,
        drafts=Drafts(store, clock, legacy),
        links=links,
        sheets=Sheets(store, clock, base.cipher, links, settings.hours, url),
        signin=_signin(settings, base, failed, links, changes, checks),
        consent=consent,
        approvals=approvals,
        checks=checks,
        watching=watching,
        folders=Folders(store, clock, base.tokens, ports.probe, base.failures, lifecycle),
        reminders=Reminders(
            store, clock, lifecycle, base.ladder, settings.hours, support, base.canary.is_out
        ),
        asked_reminders=AskedReminders(store, clock, lifecycle, base.ladder, settings.hours),
        failures=base.failures,
        own_errors=OwnErrors(store, base.failures),
        evidence=Evidence(store, base.failures),
        incidents=Incidents(store, clock, settings.alert_channel),
        answers=Answers(store, clock),
        events=Events(store, clock),
        health=Health(store),
        fixes=fixes,
        requests=base.requests,
        desk=Desk(store, clock, support),
        catalogue=Explanations(store, base.failures.explainer),
        pasted=PastedTexts(store, clock, ports.catalogue),
        noting=_noting(settings, base, failed),
        lifecycle=lifecycle,
        hours=settings.hours,
        alert_channel=settings.alert_channel,
        support_channel=support,
        support_email=settings.support_email,
        vendor_name=settings.vendor_name,
        application_name=settings.application_name,
        public_url=url,
    )


def _noting(settings: Settings, base: Foundations, failed: FailedSignIns) -> Noting:
    return Noting(
        base.ports.store,
        base.clock,
        base.failures,
        settings.hours,
        settings.alert_channel,
        failed.explained_again,
    )


def _customers(settings: Settings, base: Foundations) -> Customers:
    return Customers(
        base.ports.store,
        base.clock,
        base.ports.microsoft,
        settings.hours,
        settings.support_channel,
        settings.alert_channel,
        base.ports.directory,
    )


def _checks(base: Foundations, fixes: ReportedFixes) -> tuple[Checks, Watching]:
    """Tests, and the looks between them: what either finds is judged in one place."""
    ports = base.ports
    store = ports.store
    clock = base.clock
    drift = base.drift
    scopes = ports.microsoft.scopes
    outside = (base.tokens, ports.probe, base.failures)
    aftermath = Aftermath(clock, base.failures, base.lifecycle, fixes, drift, base.canary)
    runner = CheckRunner(store, clock, *outside, base.lifecycle, drift, aftermath, scopes)
    checks = Checks(store, clock, base.lifecycle, fixes, runner, base.canary)
    return checks, Watching(store, clock, *outside, drift, aftermath, scopes)


def _signin(
    settings: Settings,
    base: Foundations,
    failed: FailedSignIns,
    links: Links,
    changes: AddressChanges,
    checks: Checks,
) -> SignIn:
    microsoft = base.ports.microsoft
    lifecycle = base.lifecycle
    held = HeldSignIns(base.clock, base.cipher, microsoft, lifecycle, settings.support_channel)
    return SignIn(
        base.ports.store,
        base.clock,
        base.cipher,
        microsoft,
        lifecycle,
        failed,
        links,
        changes,
        held,
        settings.public_url,
        checks.request,
    )


def _consent(
    base: Foundations, failed: FailedSignIns, approvals: Approvals, checks: Checks, url: str
) -> Consent:
    return Consent(
        base.ports.store,
        base.clock,
        base.cipher,
        base.ports.microsoft,
        base.lifecycle,
        failed,
        approvals,
        checks,
        base.failures,
        url,
    )


def _deciders(settings: Settings, base: Foundations, services: Services) -> dict[str, Decider]:
    """Who says whether a message is still wanted when its turn comes."""
    reminders = ReminderDelivery(base.ports.store, services.reminders, settings.support_channel)
    return {notices.REMINDER: reminders}


def _sweeps(settings: Settings, base: Foundations, services: Services) -> list[Sweep]:
    """What the worker looks for again and again, each as often as being late matters."""
    watch = Watch(base.ports.store, base.clock, settings.credentials, settings.alert_channel)
    return [
        Sweep("reminders", timedelta(seconds=15), services.reminders.remind_due),
        Sweep("left-tests", timedelta(minutes=5), services.checks.look_after_left),
        Sweep("idle-grants", timedelta(minutes=10), services.checks.look_after_idle),
        Sweep("credentials", timedelta(hours=1), watch.look),
        Sweep("closed-channels", timedelta(minutes=1), services.customers.look_for_closed),
        Sweep("given-up", timedelta(minutes=10), SecondTries(base.ports.store, base.clock).begin),
        Sweep("forgotten-lists", timedelta(hours=1), services.legacy.forget),
        Sweep("old-meanings", timedelta(hours=1), services.noting.catch_up),
        Sweep("unexplained", timedelta(minutes=15), services.noting.list_due),
        Sweep("late-erasures", timedelta(hours=1), services.farewells.remind_of_erasure),
    ]


def _doers(services: Services) -> Doers:
    """Who does the work that needs no Slack."""
    doers = Doers()
    doers.add(jobs.RunTest, services.checks.run, services.checks.give_up)
    doers.add(jobs.CheckAccount, services.checks.check)
    doers.add(jobs.CheckFix, services.checks.check_fix)
    doers.add(jobs.CheckLink, services.links.check)
    doers.add(jobs.LookForApproval, services.approvals.look)
    doers.add(jobs.ShareApproval, services.approvals.share)
    doers.add(jobs.CreateAccounts, services.legacy.run)
    doers.add(jobs.ExplainAgain, services.noting.explain_again)
    doers.add(jobs.EraseCustomer, services.farewells.erase)
    return doers


def _views(
    base: Foundations, links: Links, consent: Consent, rights: Rights, settings: Settings
) -> Views:
    store = base.ports.store
    failures = base.failures
    ordinary = settings.hours
    support_channel = settings.support_channel
    details = AccountDetails(base.clock, failures, links.url, sure_names)
    return Views(
        accounts=AccountCards(store, details, consent.link),
        approvals=ApprovalCards(store, details, rights.is_customers),
        checks=CheckCards(store, failures, details),
        errors=ErrorCards(store, failures, details),
        customer_pages=CustomerPages(store),
        incidents=AlertCards(store, failures),
        invitations=Invitations(store, details, ordinary),
        legacy=BatchCards(store),
        organisations=OrganisationCards(store, details),
        outages=OutageCards(store, details, rights.is_customers),
        overview=Overview(store, failures.explainer),
        reminders=ReminderCards(store, base.clock, details, rights.is_customers, support_channel),
        requests=RequestCards(store, details, failures),
        setbacks=SetbackCards(store, failures.explainer),
        setup=SetupCards(store),
        unexplained=UnexplainedCards(store, failures.explainer),
    )
