"""How the bot's services are put together, whatever they reach the outside through."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.accounts.customers import Customers
from bot.accounts.service import Accounts
from bot.checks.reported_fixes import ReportedFixes
from bot.checks.service import Checks
from bot.common.clock import Clock
from bot.common.jobs import (
    CheckAccount,
    CheckFix,
    CheckLink,
    CreateAccounts,
    Doers,
    RunTest,
)
from bot.config.settings import Settings
from bot.diagnosis.catalogue import Catalogue
from bot.diagnosis.failures import Failures
from bot.folders.drift import Drift
from bot.folders.service import Folders
from bot.legacy.drafts import Drafts
from bot.legacy.service import LegacyAccounts
from bot.lifecycle.ladder import Ladder
from bot.lifecycle.service import Lifecycle
from bot.mail.probe import MailProbe
from bot.microsoft.client import Microsoft
from bot.microsoft.credentials import Watch
from bot.microsoft.tokens import Tokens
from bot.reminders.service import Reminders
from bot.services import Services, read_models
from bot.signin.consent import Consent
from bot.signin.failed import FailedSignIns
from bot.signin.links import Links
from bot.signin.service import SignIn
from bot.support.requests import SupportRequests
from bot.support.rights import Directory, Rights
from storage.cipher import Cipher
from storage.database import Store


@dataclass(frozen=True)
class Ports:
    """What the bot reaches the outside through; a test hands in others."""

    store: Store
    microsoft: Microsoft
    probe: MailProbe
    directory: Directory
    catalogue: Catalogue


@dataclass(frozen=True)
class Core:
    """The services, and what they do by themselves: jobs, and sweeps, each of which
    says how much it did."""

    services: Services
    tokens: Tokens
    doers: Doers
    sweeps: Sequence[Callable[[], int]]


def wire(settings: Settings, clock: Clock, ports: Ports) -> Core:
    """Put the services together. Asks nobody outside."""
    store = ports.store
    microsoft = ports.microsoft
    cipher = Cipher(settings.keys)
    desk = settings.support_channel
    url = settings.public_url
    ladder = Ladder(settings.nag_ladder)
    lifecycle = Lifecycle(clock, ladder, settings.hours, desk)
    failures = Failures(ports.catalogue, clock, settings.alert_channel)
    tokens = Tokens(store, clock, cipher, microsoft)
    fixes = ReportedFixes(store, clock, lifecycle)
    drift = Drift(clock, lifecycle)
    tests = Checks(
        store, clock, tokens, ports.probe, failures, lifecycle, fixes, drift, microsoft.scopes
    )
    failed = FailedSignIns(clock, lifecycle, failures, desk)
    links = Links(store, clock, cipher, lifecycle, failed, url)
    signin = SignIn(store, clock, cipher, microsoft, lifecycle, failed, links, url, tests.request)
    watch = Watch(store, clock, settings.credentials, settings.alert_channel)
    accounts = Accounts(store, clock, lifecycle, links, tests.request)
    legacy = LegacyAccounts(store, clock, accounts)
    reminders = Reminders(store, clock, lifecycle, ladder, settings.hours, desk)
    rights = Rights(store, ports.directory, settings.alert_channel)
    consent = Consent(store, clock, cipher, microsoft, lifecycle, failed, links, tests, url)
    services = Services(
        store=store,
        clock=clock,
        views=read_models(store, clock, failures, ports.catalogue, links, consent, rights, desk),
        rights=rights,
        customers=Customers(store, clock, microsoft, desk, settings.alert_channel),
        accounts=accounts,
        legacy=legacy,
        drafts=Drafts(store, clock, legacy),
        links=links,
        signin=signin,
        consent=consent,
        checks=tests,
        folders=Folders(store, clock, tokens, ports.probe, failures, lifecycle),
        reminders=reminders,
        failures=failures,
        fixes=fixes,
        requests=SupportRequests(store, clock, desk),
        catalogue=ports.catalogue,
        lifecycle=lifecycle,
        hours=settings.hours,
        alert_channel=settings.alert_channel,
        support_channel=desk,
        support_email=settings.support_email,
        vendor_name=settings.vendor_name,
        public_url=url,
    )
    sweeps = (reminders.remind_due, tests.look_after_idle, watch.look, legacy.forget)
    return Core(services, tokens, _doers(services), sweeps)


def _doers(services: Services) -> Doers:
    """Who does the work that needs no Slack."""
    doers = Doers()
    doers.add(RunTest, services.checks.run)
    doers.add(CheckAccount, services.checks.check)
    doers.add(CheckFix, services.checks.check_fix)
    doers.add(CheckLink, services.links.check)
    doers.add(CreateAccounts, services.legacy.run)
    return doers
