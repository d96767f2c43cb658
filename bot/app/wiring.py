"""Wiring: every part of the bot is made here and handed to those that need it."""

from dataclasses import dataclass
from datetime import timedelta

from flask import Flask
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from bot.accounts.customers import Customers
from bot.accounts.service import Accounts
from bot.app.worker import Sweep, Worker
from bot.checks.reported_fixes import ReportedFixes
from bot.checks.service import Checks
from bot.common import jobs
from bot.common.clock import Clock
from bot.common.jobs import Doers
from bot.config.settings import Settings
from bot.diagnosis import catalogue
from bot.diagnosis.catalogue import Catalogue
from bot.diagnosis.failures import Failures
from bot.folders.drift import Drift
from bot.folders.service import Folders
from bot.legacy.drafts import Drafts
from bot.legacy.service import LegacyAccounts
from bot.lifecycle.ladder import Ladder
from bot.lifecycle.service import Lifecycle
from bot.mail.probe import MailHosts, MailProbe
from bot.messages.delivery import Delivery
from bot.microsoft.client import Microsoft
from bot.microsoft.credentials import Watch
from bot.microsoft.tokens import Tokens
from bot.reminders.service import Reminders
from bot.services import Services
from bot.signin.consent import Consent
from bot.signin.failed import FailedSignIns
from bot.signin.links import Links
from bot.signin.service import SignIn
from bot.support.requests import SupportRequests
from bot.support.rights import Directory, Rights
from handlers.features import folders, legacy_import
from handlers.slack.directory import SlackDirectory
from handlers.slack.presenter import Presenter
from handlers.slack.sender import SlackSender
from handlers.slack_app import SlackSide
from handlers.web.health import health
from handlers.web.pages import Pages
from storage.cipher import Cipher
from storage.database import Store, connect

INTERACTIVE_TIMEOUT = 3
"""Seconds; Slack gives an interaction no more (docs.slack.dev/interactivity)."""

BACKGROUND_TIMEOUT = 20


@dataclass
class Maildesk:
    """A bot that is wired and not yet running."""

    settings: Settings
    services: Services
    store: Store
    web: Flask
    worker: Worker
    delivery: Delivery
    slack: SlackSide
    tokens: Tokens

    def socket(self) -> SocketModeHandler | None:
        """The Socket Mode connection, where the settings ask for one."""
        token = self.settings.slack_app_token.get_secret_value()
        if not token:
            return None
        return self.slack.socket(token, slack_client(self.settings, BACKGROUND_TIMEOUT))


@dataclass(frozen=True)
class Foundations:
    """What the services stand on."""

    store: Store
    clock: Clock
    cipher: Cipher
    catalogue: Catalogue
    microsoft: Microsoft
    tokens: Tokens
    probe: MailProbe
    ladder: Ladder
    lifecycle: Lifecycle
    failures: Failures


def build(settings: Settings, clock: Clock, hosts: MailHosts) -> Maildesk:
    """Wire the bot. Reads the catalogue; asks nobody outside except Slack, who we are."""
    base = lay_foundations(settings, clock, hosts)
    client = slack_client(settings, BACKGROUND_TIMEOUT)
    directory = SlackDirectory(client, clock, settings.support_users, settings.support_usergroup)
    services = offer_services(settings, base, directory)
    presenter = Presenter(services)
    delivery = Delivery(base.store, clock, SlackSender(client, presenter, services.reminders))
    doers = Doers()
    worker = Worker(base.store, clock, delivery, doers, sweeps(settings, base, services))
    slack = SlackSide(
        services,
        slack_client(settings, INTERACTIVE_TIMEOUT),
        directory,
        presenter,
        settings.slack_signing_secret.get_secret_value(),
        worker.nudge,
    )
    employ(doers, services, slack, patient_client(settings))
    secure = settings.public_url.startswith("https:")
    web = Flask("maildesk", static_folder=None)
    if settings.slack_signing_secret.get_secret_value():
        # Without the secret nobody could tell Slack from others; Socket Mode needs none.
        web.register_blueprint(slack.blueprint())
    web.register_blueprint(Pages(services, directory.name_of, worker.nudge, secure).blueprint())
    web.register_blueprint(health(base.store))
    return Maildesk(settings, services, base.store, web, worker, delivery, slack, base.tokens)


def slack_client(settings: Settings, timeout: int) -> WebClient:
    """A Slack client; it does not wait for rate limits by itself, since the outbox does."""
    url = settings.slack_api_url.rstrip("/") + "/"
    return WebClient(settings.slack_bot_token.get_secret_value(), base_url=url, timeout=timeout)


def patient_client(settings: Settings) -> WebClient:
    """A Slack client for the worker's calls outside the outbox: one that meets a rate limit waits
    as long as Slack says, and asks once more."""
    client = slack_client(settings, BACKGROUND_TIMEOUT)
    client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=1))
    return client


def mail_hosts(settings: Settings) -> MailHosts:
    """The mail servers of the settings, with the ordinary patience."""
    return MailHosts(
        settings.imap_host,
        settings.imap_port,
        settings.smtp_host,
        settings.smtp_port,
        settings.mail_ca_bundle,
    )


def lay_foundations(settings: Settings, clock: Clock, hosts: MailHosts) -> Foundations:
    """Make what the services stand on."""
    store = Store(connect(settings.database_url))
    cipher = Cipher(settings.keys)
    microsoft = Microsoft(
        settings.ms_authority,
        settings.ms_client_id,
        settings.credentials,
        settings.ms_ca_bundle,
        settings.instance_discovery,
        settings.cloud.scopes,
    )
    ladder = Ladder(settings.nag_ladder)
    known = catalogue.load()
    return Foundations(
        store=store,
        clock=clock,
        cipher=cipher,
        catalogue=known,
        microsoft=microsoft,
        tokens=Tokens(store, clock, cipher, microsoft),
        probe=MailProbe(hosts),
        ladder=ladder,
        lifecycle=Lifecycle(clock, ladder, settings.hours, settings.support_channel),
        failures=Failures(known, clock, settings.alert_channel),
    )


def offer_services(settings: Settings, base: Foundations, directory: Directory) -> Services:
    """Make the services, from those that need few others to those that need many."""
    store = base.store
    clock = base.clock
    lifecycle = base.lifecycle
    url = settings.public_url
    support = settings.support_channel
    fixes = ReportedFixes(store, clock, lifecycle)
    checks = connection_tests(base, fixes)
    failed = FailedSignIns(clock, lifecycle, base.failures, support)
    links = Links(store, clock, base.cipher, lifecycle, failed, url)
    accounts = Accounts(store, clock, lifecycle, links, checks.request)
    legacy = LegacyAccounts(store, clock, accounts)
    return Services(
        store=store,
        clock=clock,
        rights=Rights(store, directory, settings.alert_channel),
        customers=Customers(store, clock, base.microsoft, support, settings.alert_channel),
        accounts=accounts,
        legacy=legacy,
        drafts=Drafts(store, clock, legacy),
        links=links,
        signin=SignIn(
            store,
            clock,
            base.cipher,
            base.microsoft,
            lifecycle,
            failed,
            links,
            url,
            checks.request,
        ),
        consent=Consent(
            store, clock, base.cipher, base.microsoft, lifecycle, failed, links, checks, url
        ),
        checks=checks,
        folders=Folders(store, clock, base.tokens, base.probe, base.failures, lifecycle),
        reminders=Reminders(store, clock, lifecycle, base.ladder, settings.hours, support),
        failures=base.failures,
        fixes=fixes,
        requests=SupportRequests(store, clock, support),
        catalogue=base.catalogue,
        lifecycle=lifecycle,
        hours=settings.hours,
        alert_channel=settings.alert_channel,
        support_channel=support,
        support_email=settings.support_email,
        vendor_name=settings.vendor_name,
        public_url=url,
    )


def connection_tests(base: Foundations, fixes: ReportedFixes) -> Checks:
    """Make who runs the connection tests."""
    return Checks(
        base.store,
        base.clock,
        base.tokens,
        base.probe,
        base.failures,
        base.lifecycle,
        fixes,
        Drift(base.clock, base.lifecycle),
        base.microsoft.scopes,
    )


def sweeps(settings: Settings, base: Foundations, services: Services) -> list[Sweep]:
    """What the worker looks for again and again, each as often as being late matters."""
    watch = Watch(base.store, base.clock, settings.credentials, settings.alert_channel)
    return [
        Sweep("reminders", timedelta(seconds=15), services.reminders.remind_due),
        Sweep("idle-grants", timedelta(minutes=10), services.checks.look_after_idle),
        Sweep("credentials", timedelta(hours=1), watch.look),
        Sweep("forgotten-lists", timedelta(hours=1), services.legacy.forget),
    ]


def employ(doers: Doers, services: Services, slack: SlackSide, client: WebClient) -> None:
    """Say who does which kind of work."""
    doers.add(jobs.RunTest, services.checks.run)
    doers.add(jobs.CheckAccount, services.checks.check)
    doers.add(jobs.CheckFix, services.checks.check_fix)
    doers.add(jobs.CheckLink, services.links.check)
    doers.add(jobs.CreateAccounts, services.legacy.run)
    doers.add(jobs.HandleEvent, slack.events.do)
    doers.add(jobs.FillFolders, lambda work: folders.fill_folders(services, client, work))
    doers.add(jobs.ReadFile, lambda work: legacy_import.read_file(services, client, work))
