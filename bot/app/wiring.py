"""How the bot's services are put together, whatever they reach the outside through."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.accounts.administration import Administration
from bot.accounts.circles import Circles
from bot.accounts.customers import Customers
from bot.accounts.known_people import KnownPeople
from bot.accounts.offboarding import Farewells
from bot.accounts.organisations import Organisations
from bot.accounts.rebinding import Bindings
from bot.accounts.room import Room
from bot.accounts.service import Accounts
from bot.api.deeds import Tools
from bot.api.snapshots import AccountSnapshots
from bot.app import duties
from bot.app.api import api_services
from bot.app.foundations import Foundations, Ports
from bot.app.worker import Sweep
from bot.checks.aftermath import Aftermath
from bot.checks.canary import Canary
from bot.checks.met import MetByProduct
from bot.checks.reported_fixes import ReportedFixes
from bot.checks.running import CheckRunner
from bot.checks.service import Checks
from bot.checks.signs import Signs
from bot.checks.watching import Watching
from bot.common.clock import Clock, SystemClock
from bot.common.jobs import Doers
from bot.common.stop import Stop
from bot.common.tallies import Tallies
from bot.config.settings import Settings
from bot.diagnosis.attempts import Attempts
from bot.diagnosis.duties import Duties
from bot.diagnosis.evidence import Evidence
from bot.diagnosis.explainer import Explainer, Explanations
from bot.diagnosis.failures import Failures
from bot.diagnosis.health import Health
from bot.diagnosis.noting import Noting
from bot.diagnosis.own_errors import OwnErrors
from bot.diagnosis.unexplained import PastedTexts
from bot.folders.drift import Drift
from bot.folders.service import Folders, sure_names
from bot.incidents.course import Course
from bot.incidents.maintenance import MaintenanceWindows
from bot.incidents.paging import Paging
from bot.incidents.presses import IncidentPresses
from bot.incidents.regrouping import Regrouping
from bot.incidents.service import Incidents
from bot.legacy.drafts import Drafts
from bot.legacy.service import LegacyAccounts
from bot.lifecycle.ladder import Ladder
from bot.lifecycle.service import Lifecycle
from bot.messages.answers import Answers
from bot.messages.changes import Changes
from bot.messages.delivery import Decider
from bot.messages.events import Events
from bot.messages.troubles import Troubles
from bot.microsoft.domains import Domains, new_memory
from bot.microsoft.tokens import Tokens
from bot.reminders.asked import AskedReminders
from bot.reminders.service import Reminders
from bot.reports.predictions import DailyPredictions
from bot.reports.weekly import WeeklyReport
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
from bot.support.requests import SupportRequests
from bot.support.rights import Rights
from bot.views.accounts import AccountCards, AccountDetails
from bot.views.approvals import ApprovalCards
from bot.views.checks import CheckCards
from bot.views.customer_page import CustomerPages
from bot.views.errors import ErrorCards
from bot.views.incident_lists import AlertLists
from bot.views.incidents import AlertCards
from bot.views.invitations import Invitations
from bot.views.legacy import BatchCards
from bot.views.organisations import OrganisationCards
from bot.views.outages import OutageCards
from bot.views.overview import Overview
from bot.views.predictions import Predictions
from bot.views.reminders import ReminderCards
from bot.views.report import Reports
from bot.views.setbacks import SetbackCards
from bot.views.setup import SetupCards
from bot.views.support import RequestCards
from bot.views.timeline import Timelines
from bot.views.unexplained import UnexplainedCards
from storage.cipher import Cipher


@dataclass(frozen=True)
class Core:
    """The services, and what they do by themselves: jobs, and sweeps."""

    services: Services
    tokens: Tokens
    doers: Doers
    sweeps: Sequence[Sweep]
    duties: Duties
    deciders: Mapping[str, Decider]
    troubles: Troubles


def wire(
    settings: Settings,
    clock: Clock,
    ports: Ports,
    stop: Stop | None = None,
    tallies: Tallies | None = None,
) -> Core:
    """Put the services together. Asks nobody outside. With `stop` nothing is waited for any more;
    `tallies`: where is counted what is handed out."""
    base = _foundations(settings, clock, ports, stop or Stop())
    services = _services(settings, base, tallies or Tallies())
    return Core(
        services=services,
        tokens=base.tokens,
        doers=duties.doers(services),
        sweeps=duties.sweeps(settings, base, services),
        duties=base.duties,
        deciders=duties.deciders(settings, base, services),
        troubles=Troubles(
            settings.support_channel, settings.alert_channel, services.customers.refused
        ),
    )


def _foundations(settings: Settings, clock: Clock, ports: Ports, stop: Stop) -> Foundations:
    cipher = Cipher(settings.keys)
    ladder = Ladder(settings.nag_ladder)
    attempts = Attempts(clock)
    support = settings.support_channel
    alerts = settings.alert_channel
    requests = SupportRequests(ports.store, clock, support)
    paging = Paging(clock, Explainer(ports.catalogue, clock))
    snapshots = AccountSnapshots(Explainer(ports.catalogue, clock))
    changes = Changes(clock, snapshots, bool(settings.webhook_url.get_secret_value()))
    course = Course(clock, alerts, support, settings.on_call_times, paging.tell, changes)
    incidents = Incidents(clock, course)
    lifecycle = Lifecycle(clock, ladder, settings.hours, support, changes)
    return Foundations(
        ports=ports,
        clock=clock,
        stop=stop,
        cipher=cipher,
        tokens=Tokens(ports.store, clock, cipher, ports.microsoft, stop.pause),
        ladder=ladder,
        lifecycle=lifecycle,
        attempts=attempts,
        course=course,
        incidents=incidents,
        failures=Failures(ports.catalogue, clock, incidents, attempts, requests.hand_over),
        requests=requests,
        # How late the worker is shows in the machine's time: its scheduler goes by no other
        duties=Duties(ports.store, SystemClock()),
        rights=Rights(ports.store, clock, ports.directory, support, alerts),
        drift=Drift(clock, lifecycle),
        canary=Canary(clock, settings.canary_account),
    )


def _services(settings: Settings, base: Foundations, tallies: Tallies) -> Services:
    """The services, each made after those that it needs."""
    ports = base.ports
    store = ports.store
    clock = base.clock
    lifecycle = base.lifecycle
    support = settings.support_channel
    alerts = settings.alert_channel
    hours = settings.hours
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
    room = Room(settings.accounts_per_worker)
    accounts = Accounts(store, clock, lifecycle, links, changes, organisations, room)
    customers = _customers(settings, base)
    legacy = LegacyAccounts(store, clock, accounts)
    consent = _consent(base, failed, approvals, checks, url)
    explained = Explanations(store, base.failures.explainer)
    met = MetByProduct(clock, explained, base.failures, lifecycle, Signs(clock, base.canary))
    tools = Tools(accounts, checks, links, KnownPeople(store, clock), met)
    details = AccountDetails(clock, base.failures, links.url, sure_names)
    views = _views(base, details, consent, rights, settings)
    return Services(
        clock=clock,
        views=views,
        rights=rights,
        customers=customers,
        circles=Circles(store, clock, ports.directory),
        organisations=organisations,
        administration=Administration(store, clock, customers, accounts, links, lifecycle, support),
        bindings=Bindings(store, clock, accounts, support),
        farewells=Farewells(store, clock, accounts, support),
        accounts=accounts,
        known_people=tools.people,
        api=api_services(settings, base, tools, tallies),
        legacy=legacy,
        drafts=Drafts(store, clock, legacy),
        links=links,
        sheets=Sheets(store, clock, base.cipher, links, settings.hours, url),
        signin=_signin(settings, base, failed, links, changes, checks),
        consent=consent,
        approvals=approvals,
        checks=checks,
        watching=watching,
        met=tools.met,
        folders=Folders(store, clock, base.tokens, ports.probe, base.failures, lifecycle),
        reminders=Reminders(
            store, clock, lifecycle, base.ladder, settings.hours, support, base.canary.is_out
        ),
        asked_reminders=AskedReminders(store, clock, lifecycle, base.ladder, settings.hours),
        failures=base.failures,
        own_errors=OwnErrors(store, base.failures),
        evidence=Evidence(store, base.failures),
        incidents=IncidentPresses(store, clock, base.course, settings.alert_channel, support),
        regrouping=Regrouping(store, clock, base.course),
        maintenance=MaintenanceWindows(store, clock, base.course, settings.alert_channel),
        answers=Answers(store, clock),
        events=Events(store, clock),
        health=Health(store, base.duties),
        fixes=fixes,
        requests=base.requests,
        desk=Desk(store, clock, support),
        weekly_report=WeeklyReport(store, clock, hours, views.reports, support),
        daily_predictions=DailyPredictions(
            store, clock, hours, views.predictions, alerts, lifecycle.changes
        ),
        catalogue=explained,
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
    aftermath = Aftermath(
        clock, base.failures, base.lifecycle, fixes, drift, base.incidents, base.canary
    )
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


def _views(
    base: Foundations,
    details: AccountDetails,
    consent: Consent,
    rights: Rights,
    settings: Settings,
) -> Views:
    store = base.ports.store
    failures = base.failures
    ordinary = settings.hours
    support_channel = settings.support_channel
    return Views(
        accounts=AccountCards(store, details, consent.link),
        approvals=ApprovalCards(store, details, rights.is_customers),
        checks=CheckCards(store, failures, details),
        errors=ErrorCards(store, failures, details),
        customer_pages=CustomerPages(store),
        incidents=AlertCards(
            store,
            failures,
            base.ports.directory.profile,
            settings.oncall_usergroup,
            settings.public_url,
        ),
        incident_lists=AlertLists(store, base.clock, failures),
        invitations=Invitations(store, details, ordinary),
        legacy=BatchCards(store),
        organisations=OrganisationCards(store, details),
        outages=OutageCards(store, details, rights.is_customers),
        overview=Overview(store, failures.explainer),
        predictions=Predictions(
            store, base.clock, settings.credentials.all, base.ports.microsoft.scopes, ordinary.zone
        ),
        reminders=ReminderCards(store, base.clock, details, rights.is_customers, support_channel),
        reports=Reports(store, failures.explainer, ordinary.zone),
        requests=RequestCards(store, failures),
        setbacks=SetbackCards(store, failures.explainer),
        setup=SetupCards(store),
        timelines=Timelines(store, failures),
        unexplained=UnexplainedCards(store, failures.explainer),
    )
