"""The whole bot: the services, with Slack and the web around them."""

from dataclasses import dataclass

from flask import Flask
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.app import webhooks
from bot.app.cycle import watched
from bot.app.foundations import Ports
from bot.app.pagers import told, words
from bot.app.wiring import wire
from bot.app.worker import Worker
from bot.common import correlation, jobs
from bot.common.clock import Clock
from bot.common.jobs import Doers
from bot.common.stop import Stop
from bot.common.tallies import Tallies
from bot.common.ways_out import WaysOut
from bot.config.settings import Settings
from bot.diagnosis import catalogue
from bot.diagnosis.measures import Measures
from bot.incidents.pager_words import PagerWords
from bot.incidents.posting import HttpPoster
from bot.mail.hosts import MailHosts
from bot.mail.probe import MailProbe
from bot.messages.delivery import Delivery
from bot.messages.newer_blocks import NewerBlocks
from bot.messages.paces import Paces
from bot.microsoft.client import Microsoft
from bot.microsoft.tokens import Tokens
from bot.services import Services
from bot.support.group import SupportGroup
from handlers.api.blueprint import Api
from handlers.features import folders, legacy_import
from handlers.features.failed_jobs import tell_window
from handlers.slack import clients
from handlers.slack.directory import SlackDirectory
from handlers.slack.presenter import Presenter
from handlers.slack.private import PrivateAnswers
from handlers.slack.sender import SlackSender
from handlers.slack_app import SlackSide
from handlers.web.hardening import harden
from handlers.web.health import health_pages
from handlers.web.pagers import pager_pages
from handlers.web.pages import Pages
from storage.database import DatabaseAway, Store, connect


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
    microsoft: Microsoft
    measures: Measures

    def socket(self) -> SocketModeHandler | None:
        """The Socket Mode connection, where the settings ask for one."""
        token = self.settings.slack_app_token.get_secret_value()
        if not token:
            return None
        api = slack_api(self.settings)
        return self.slack.socket(token, clients.background(*api, ways_out(self.settings)))


def build(settings: Settings, clock: Clock, hosts: MailHosts, stop: Stop | None = None) -> Maildesk:
    """Wire the bot. Reads the catalogue; asks nobody outside except Slack, who we are. With `stop`
    every loop and every wait ends."""
    stop = stop or Stop()
    api = slack_api(settings)
    ways = ways_out(settings)
    tallies = Tallies()
    background = clients.background(*api, ways, tallies)
    interactive = clients.interactive(*api, ways, tallies)
    store = Store(connect(settings.database_url), told(settings))
    directory = SlackDirectory(
        interactive,
        clock,
        settings.support_users,
        settings.support_usergroup,
        Paces(store, clock),
        SupportGroup(store, clock, settings.alert_channel).gone,
    )
    known = catalogue.load(application=_application(settings))
    sign_in = microsoft(settings, tallies)
    ports = Ports(store, sign_in, MailProbe(hosts, stop), directory, known, HttpPoster(ways))
    core = wire(settings, clock, ports, stop, tallies)
    services = core.services
    newer = NewerBlocks(store, clock)
    outbox = clients.for_the_outbox(*api, ways, tallies)
    sender = SlackSender(outbox, Presenter(services), newer.refused)
    delivery = Delivery(store, clock, sender, core.deciders, core.troubles, stop)
    sweeps = list(watched(core.sweeps, core.duties, settings, ways))
    worker = Worker(
        store,
        clock,
        delivery,
        core.doers,
        sweeps,
        services.watching,
        threads=settings.worker_threads,
        stop=stop,
        webhooks=webhooks.delivery(settings, store, clock, ways, tallies, stop),
    )
    slack = SlackSide(
        services,
        interactive,
        directory,
        settings.secret("slack_signing_secret"),
        worker.nudge,
        tallies,
        PrivateAnswers(ways),
    )
    employ(core.doers, services, slack, background, ways)
    pages = Pages(services, directory.name_of, worker.nudge)
    heard = words(store, clock, services.incidents)
    measures = Measures(store, clock, tallies, core.duties)
    web = website(settings, services, slack, pages, heard, measures)
    parts = (
        settings,
        services,
        store,
        web,
        worker,
        delivery,
        slack,
        core.tokens,
        sign_in,
        measures,
    )
    return Maildesk(*parts)


def website(
    settings: Settings,
    services: Services,
    slack: SlackSide,
    pages: Pages,
    heard: PagerWords,
    measures: Measures,
) -> Flask:
    """What is answered over HTTP."""
    web = Flask("maildesk", static_folder=None)
    web.before_request(correlation.begin)
    if settings.slack_signing_secret.get_secret_value():
        # Without the secret nobody could tell Slack from others; Socket Mode needs none.
        web.register_blueprint(slack.blueprint())
    if settings.pagerduty_webhook_secret.get_secret_value():
        web.register_blueprint(pager_pages(heard, settings.secret("pagerduty_webhook_secret")))
    web.register_blueprint(pages.blueprint())
    url = settings.public_url
    api = Api(services.api, services.own_errors, url, settings.trusted_proxies, DatabaseAway)
    web.register_blueprint(api.blueprint())
    web.register_error_handler(DatabaseAway, pages.away)
    health = (services.health, services.events, measures)
    web.register_blueprint(health_pages(*health, settings.secret("metrics_token")))
    harden(web, secure=settings.public_url.startswith("https:"))
    return web


def employ(
    doers: Doers, services: Services, slack: SlackSide, client: WebClient, ways: WaysOut
) -> None:
    """Say who does the work that needs Slack."""
    doers.tell_windows(lambda failed: tell_window(services, client, failed))
    doers.add(jobs.HandleEvent, slack.events.do)
    doers.add(jobs.FillFolders, lambda work: folders.fill_folders(services, client, work))
    doers.add(jobs.ReadFile, lambda work: legacy_import.read_file(services, client, ways, work))


def slack_api(settings: Settings) -> tuple[str, str]:
    """The address of Slack's Web API, and the bot's token."""
    return settings.slack_api_url, settings.slack_bot_token.get_secret_value()


def mail_hosts(settings: Settings) -> MailHosts:
    """The mail servers of the settings, with the ordinary patience."""
    return MailHosts(
        settings.imap_host,
        settings.imap_port,
        settings.smtp_host,
        settings.smtp_port,
        settings.mail_ca_bundle,
    )


def _application(settings: Settings) -> catalogue.Application:
    return catalogue.Application(settings.application_name, settings.ms_client_id)


def microsoft(settings: Settings, tallies: Tallies | None = None) -> Microsoft:
    """Microsoft's sign-in, as the settings' application. `tallies`: where calls are counted."""
    return Microsoft(
        settings.ms_authority,
        settings.ms_client_id,
        settings.credentials,
        settings.ms_ca_bundle,
        settings.instance_discovery,
        settings.cloud.scopes,
        ways_out(settings),
        tallies,
    )


def ways_out(settings: Settings) -> WaysOut:
    """How requests leave this machine."""
    proxy = settings.https_proxy.get_secret_value()
    return WaysOut(proxy, settings.no_proxy, settings.ms_ca_bundle)
