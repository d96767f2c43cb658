"""The front door: the `maildesk` command. It alone wires everything together."""

import os
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import structlog
import typer
from flask import Flask
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.app import audit_export, key_rotation, practice
from bot.app.web_server import WebServer
from bot.app.wiring import Ports, wire
from bot.app.worker import Worker
from bot.common import logs
from bot.common.clock import Clock, SystemClock
from bot.common.jobs import FillFolders, HandleEvent, ReadFile
from bot.common.people import MAILDESK
from bot.config.settings import Settings, SettingsError, load
from bot.diagnosis import catalogue
from bot.legacy import importing
from bot.mail.hosts import MailHosts
from bot.mail.probe import MailProbe
from bot.messages.delivery import Delivery
from bot.microsoft.client import Microsoft
from bot.microsoft.tokens import Tokens
from bot.services import Services
from handlers.features import folders, legacy_import
from handlers.slack.directory import SlackDirectory
from handlers.slack.presenter import Presenter
from handlers.slack.sender import SlackSender
from handlers.slack_app import SlackSide
from handlers.text.words import plainly
from handlers.web.health import health
from handlers.web.pages import Pages
from storage.cipher import Cipher
from storage.database import Store, connect
from storage.migrate import upgrade

log = structlog.get_logger(__name__)
cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

EVERYWHERE, LOOPBACK = "0.0.0.0", "127.0.0.1"
INTERACTIVE_TIMEOUT = 3
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
        return (
            self.slack.socket(token, slack_client(self.settings, BACKGROUND_TIMEOUT))
            if token
            else None
        )


def slack_client(settings: Settings, timeout: int) -> WebClient:
    """A Slack client; it does not wait for rate limits by itself, since the outbox does."""
    url = settings.slack_api_url.rstrip("/") + "/"
    return WebClient(settings.slack_bot_token.get_secret_value(), base_url=url, timeout=timeout)


def mail_hosts(settings: Settings) -> MailHosts:
    """The mail servers of the settings, with the ordinary patience."""
    return MailHosts(
        settings.imap_host,
        settings.imap_port,
        settings.smtp_host,
        settings.smtp_port,
        settings.mail_ca_bundle,
    )


def build(settings: Settings, clock: Clock, hosts: MailHosts) -> Maildesk:
    """Wire the bot. Reads the catalogue; asks nobody outside except Slack, who we are."""
    quick = slack_client(settings, INTERACTIVE_TIMEOUT)
    patient = slack_client(settings, BACKGROUND_TIMEOUT)
    directory = SlackDirectory(patient, clock, settings.support_users, settings.support_usergroup)
    store = Store(connect(settings.database_url))
    microsoft = Microsoft(
        settings.ms_authority,
        settings.ms_client_id,
        settings.credentials,
        settings.ms_ca_bundle,
        settings.instance_discovery,
        settings.cloud.scopes,
    )
    ports = Ports(store, microsoft, MailProbe(hosts), directory, catalogue.load())
    core = wire(settings, clock, ports)
    services = core.services
    doers = core.doers
    presenter = Presenter(services)
    delivery = Delivery(store, clock, SlackSender(patient, presenter, services.reminders))
    worker = Worker(store, clock, delivery, doers, core.sweeps)
    slack = SlackSide(
        services,
        quick,
        directory,
        presenter,
        settings.slack_signing_secret.get_secret_value(),
        worker.nudge,
    )
    doers.add(HandleEvent, slack.events.do)
    doers.add(FillFolders, lambda work: folders.fill_folders(services, patient, work))
    doers.add(ReadFile, lambda work: legacy_import.read_file(services, patient, work))
    secure = settings.public_url.startswith("https:")
    web = Flask("maildesk", static_folder=None)
    if settings.slack_signing_secret.get_secret_value():
        web.register_blueprint(
            slack.blueprint()
        )  # without it nobody could tell Slack from others; Socket Mode needs none
    web.register_blueprint(Pages(services, directory.name_of, worker.nudge, secure).blueprint())
    web.register_blueprint(health(store))
    return Maildesk(settings, services, store, web, worker, delivery, slack, core.tokens)


def settings_or_exit(environ: Mapping[str, str]) -> Settings:
    """The settings, or one line on stderr and exit status 2."""
    try:
        return load(environ)
    except SettingsError as error:
        typer.echo(f"maildesk: {error}", err=True)
        raise typer.Exit(2) from None


def serve(bot: Maildesk, stop: threading.Event, host: str, *, web: bool, worker: bool) -> None:
    """Run the wanted parts until `stop`, then finish what was begun. `host`: the address that the
    web server takes."""
    socket = bot.socket() if web else None
    server = WebServer(host, bot.settings.port) if web else None
    if server is not None:
        server.start(bot.web)
    if worker:
        bot.worker.start()
    if socket is not None:
        socket.connect()
    log.info(
        "maildesk.running",
        port=bot.settings.port,
        web=web,
        worker=worker,
        socket_mode=socket is not None,
    )
    stop.wait()
    if socket is not None:
        socket.close()
    if server is not None:
        server.stop()
    bot.worker.stop()


def run_until_signal(*, web: bool, worker: bool) -> None:
    """Run as a service: settings from the environment, until SIGTERM or SIGINT."""
    settings = settings_or_exit(os.environ)
    logs.configure(settings.log_level, sys.stderr)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    upgrade(settings.database_url)
    serve(
        build(settings, SystemClock(), mail_hosts(settings)),
        stop,
        EVERYWHERE,
        web=web,
        worker=worker,
    )


@cli.command("run")
def run_command() -> None:
    """Everything in one process."""
    run_until_signal(web=True, worker=True)


@cli.command("web")
def web_command() -> None:
    """What Slack, Microsoft and browsers talk to."""
    run_until_signal(web=True, worker=False)


@cli.command("worker")
def worker_command() -> None:
    """What is due: messages, tests, reminders. Any number may run."""
    run_until_signal(web=False, worker=True)


@cli.command("migrate")
def migrate_command() -> None:
    """Bring the database up to date."""
    upgrade(settings_or_exit(os.environ).database_url)


keys_cli = typer.Typer(help="The encryption keys.", no_args_is_help=True)
export_cli = typer.Typer(help="What is kept, as files.", no_args_is_help=True)
cli.add_typer(keys_cli, name="keys")
cli.add_typer(export_cli, name="export")


@keys_cli.command("rotate")
def rotate_command() -> None:
    """Seal everything anew under the first of ENCRYPTION_KEYS. The bot may run meanwhile, with the
    same keys."""
    settings = settings_or_exit(os.environ)
    rotated = key_rotation.rotate(Store(connect(settings.database_url)), Cipher(settings.keys))
    typer.echo(f"Sealed anew: {rotated.sealed}. Opened by none of the keys: {rotated.unreadable}.")
    if rotated.unreadable:
        raise typer.Exit(1)


@cli.command("import")
def import_command(
    file: Annotated[
        Path,
        typer.Argument(
            help="A CSV, TSV or other text file, one account a line.", exists=True, dir_okay=False
        ),
    ],
    channel: Annotated[str, typer.Option(help="The ID of the customer's channel.")],
    do: Annotated[
        bool, typer.Option("--do", help="List them; without it only what would happen is shown.")
    ] = False,
) -> None:
    """List a customer's old mail accounts from a file."""
    settings = settings_or_exit(os.environ)
    services = build(settings, SystemClock(), mail_hosts(settings)).services
    with services.store.transaction() as tx:
        bound = tx.channels.get(channel)
    if bound is None:
        typer.echo(f"maildesk: the channel {channel} is not bound to a customer", err=True)
        raise typer.Exit(1)
    try:
        text = importing.decode(file.read_bytes())
        rows = (
            services.legacy.list(bound, text, MAILDESK)
            if do
            else services.legacy.check(bound, text)
        )
    except importing.NotAList as error:
        typer.echo(f"maildesk: {plainly(str(error))}", err=True)
        raise typer.Exit(1) from None
    wrong = [row for row in rows if row.problem]
    for row in wrong:
        typer.echo(f"line {row.number}: {row.text}: {plainly(row.problem)}")
    typer.echo(
        f"{len(rows) - len(wrong)} {'listed' if do else 'can be listed'}, "
        f"{len(wrong)} with a problem."
    )
    if wrong:
        raise typer.Exit(1)


@export_cli.command("audit")
def export_audit_command(
    since: Annotated[datetime, typer.Option(help="The first day or moment, UTC.")] = datetime(
        1970, 1, 1
    ),
    until: Annotated[
        datetime, typer.Option(help="The day or moment before which it ends, UTC.")
    ] = datetime(9999, 1, 1),
    table: Annotated[
        bool, typer.Option("--csv", help="A CSV table instead of one JSON object a line.")
    ] = False,
) -> None:
    """Who did what, when, from where and with which result, on standard output."""
    store = Store(connect(settings_or_exit(os.environ).database_url))
    rows = audit_export.entries(store, since.replace(tzinfo=UTC), until.replace(tzinfo=UTC))
    write = audit_export.write_csv if table else audit_export.write_lines
    write(rows, sys.stdout)


@cli.command("sandbox")
def sandbox_command(
    socket_mode: Annotated[
        bool, typer.Option(help="Deliver by Socket Mode instead of HTTP.")
    ] = False,
    folder: Annotated[Path | None, typer.Option(help="Where the bot keeps its database.")] = None,
) -> None:
    """The practice world and the bot in it; prints one address to open."""
    world = practice.start(folder, socket_mode)
    try:
        settings = settings_or_exit(world.environment)
        logs.configure("WARNING", sys.stderr)
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        upgrade(settings.database_url)
        bot = build(settings, SystemClock(), mail_hosts(settings))
        typer.echo(f"The practice world is open: {world.page}")
        serve(bot, stop, LOOPBACK, web=True, worker=True)
    finally:
        world.stop()


def run() -> None:
    """The `maildesk` command."""
    cli()


if __name__ == "__main__":
    run()
