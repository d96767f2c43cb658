"""The whole bot: the services, with Slack and the web around them."""

from dataclasses import dataclass

from flask import Flask
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from bot.app.wiring import Ports, wire
from bot.app.worker import Worker
from bot.common import jobs
from bot.common.clock import Clock
from bot.common.jobs import Doers
from bot.config.settings import Settings
from bot.diagnosis import catalogue
from bot.mail.probe import MailHosts, MailProbe
from bot.messages.delivery import Delivery
from bot.microsoft.client import Microsoft
from bot.microsoft.tokens import Tokens
from bot.services import Services
from handlers.features import folders, legacy_import
from handlers.slack.directory import SlackDirectory
from handlers.slack.presenter import Presenter
from handlers.slack.sender import SlackSender
from handlers.slack_app import SlackSide
from handlers.web.health import health
from handlers.web.pages import Pages
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


def build(settings: Settings, clock: Clock, hosts: MailHosts) -> Maildesk:
    """Wire the bot. Reads the catalogue; asks nobody outside except Slack, who we are."""
    client = slack_client(settings, BACKGROUND_TIMEOUT)
    directory = SlackDirectory(client, clock, settings.support_users, settings.support_usergroup)
    store = Store(connect(settings.database_url))
    ports = Ports(store, microsoft(settings), MailProbe(hosts), directory, catalogue.load())
    core = wire(settings, clock, ports)
    services = core.services
    presenter = Presenter(services)
    delivery = Delivery(store, clock, SlackSender(client, presenter, services.reminders))
    worker = Worker(store, clock, delivery, core.doers, core.sweeps)
    slack = SlackSide(
        services,
        slack_client(settings, INTERACTIVE_TIMEOUT),
        directory,
        presenter,
        settings.slack_signing_secret.get_secret_value(),
        worker.nudge,
    )
    employ(core.doers, services, slack, patient_client(settings))
    secure = settings.public_url.startswith("https:")
    pages = Pages(services, directory.name_of, worker.nudge, secure)
    web = website(settings, store, slack, pages)
    return Maildesk(settings, services, store, web, worker, delivery, slack, core.tokens)


def website(settings: Settings, store: Store, slack: SlackSide, pages: Pages) -> Flask:
    """What is answered over HTTP."""
    web = Flask("maildesk", static_folder=None)
    if settings.slack_signing_secret.get_secret_value():
        # Without the secret nobody could tell Slack from others; Socket Mode needs none.
        web.register_blueprint(slack.blueprint())
    web.register_blueprint(pages.blueprint())
    web.register_blueprint(health(store))
    return web


def employ(doers: Doers, services: Services, slack: SlackSide, client: WebClient) -> None:
    """Say who does the work that needs Slack."""
    doers.add(jobs.HandleEvent, slack.events.do)
    doers.add(jobs.FillFolders, lambda work: folders.fill_folders(services, client, work))
    doers.add(jobs.ReadFile, lambda work: legacy_import.read_file(services, client, work))


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


def microsoft(settings: Settings) -> Microsoft:
    """Microsoft's sign-in, as the settings' application."""
    return Microsoft(
        settings.ms_authority,
        settings.ms_client_id,
        settings.credentials,
        settings.ms_ca_bundle,
        settings.instance_discovery,
        settings.cloud.scopes,
    )
