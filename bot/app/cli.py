"""The `maildesk` command."""

import os
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from bot.api.keys import Wish
from bot.app import (
    api_key_commands,
    audit_export,
    check_report,
    data_commands,
    key_rotation,
    practice,
    processes,
    report_export,
    webhook_commands,
)
from bot.app.checkup import Checkup
from bot.app.command import ENV_FILE, NoEnvFile, refuse, services_or_exit, settings_or_exit
from bot.app.neighbours import Neighbours
from bot.app.web_server import WebServer
from bot.common import logs
from bot.common.clock import SystemClock
from bot.common.people import MAILDESK
from bot.common.stop import Stopped
from bot.common.ways_out import leave_out_strays
from bot.config import env_file
from bot.config.loading import SettingsError, load, read
from bot.diagnosis import catalogue
from bot.diagnosis import export as noted_rows
from bot.diagnosis.explainer import Explainer
from bot.doctor.examination import failed
from bot.doctor.findings import Finding, found
from bot.legacy.columns import Unclear
from bot.legacy.decoding import NotAList, decode
from bot.views.report import WEEK, Reports, week_before
from handlers.text.words import plainly
from storage.api_vocabulary import ApiScope
from storage.cipher import Cipher
from storage.database import Store, connect
from storage.migrate import TooNew, upgrade

AS_IN_THE_FILES = catalogue.Application("<application>", "<client-id>")
"""The catalogue's files do not name our application: it is named when they are read."""

PRODUCT = Wish("Lumen CRM", list(ApiScope))
"""The key of the practice world's product: good for everything."""

DAY = "%Y-%m-%d"
cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@cli.callback()
def begin() -> None:
    """Gets Microsoft 365 mailboxes connected, and keeps them so."""
    # What goes wrong on the way is for stderr: stdout may be a table or a file that is asked for
    logs.configure("ERROR", sys.stderr)


def run_until_signal(no_env_file: bool, *, web: bool, worker: bool) -> None:
    """Run as a service, until SIGTERM or SIGINT."""
    settings = settings_or_exit(no_env_file)
    leave_out_strays(os.environ)
    stop = processes.stopped_by_signals()
    processes.end_in_time(stop)
    try:
        bot = processes.prepare(settings, settings.log_level, stop)
    except Stopped:
        return
    except TooNew as error:
        refuse(str(error))
    server = WebServer(settings.bind_address, settings.port) if web else None
    processes.serve(bot, stop, server, worker=worker)


@cli.command("run")
def run_command(no_env_file: NoEnvFile = False) -> None:
    """Everything in one process."""
    run_until_signal(no_env_file, web=True, worker=True)


@cli.command("web")
def web_command(no_env_file: NoEnvFile = False) -> None:
    """What Slack, Microsoft and browsers talk to."""
    run_until_signal(no_env_file, web=True, worker=False)


@cli.command("worker")
def worker_command(no_env_file: NoEnvFile = False) -> None:
    """What is due: messages, tests, reminders. Any number may run."""
    run_until_signal(no_env_file, web=False, worker=True)


@cli.command("migrate")
def migrate_command(no_env_file: NoEnvFile = False) -> None:
    """Bring the database up to date."""
    try:
        upgrade(settings_or_exit(no_env_file).database_url)
    except TooNew as error:
        refuse(str(error))


@cli.command("check")
def check_command(
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON array instead of a table.")
    ] = False,
    no_env_file: NoEnvFile = False,
) -> None:
    """Whether everything is as the bot needs it: settings, database, Slack, Microsoft, mail hosts,
    the ways in and out; and how to fix what is not. Exit status 1 if anything fails."""
    logs.configure("CRITICAL", sys.stderr)  # what is found is told once
    findings = examined(no_env_file)
    write = check_report.write_json if as_json else check_report.write_table
    write(findings, sys.stdout)
    if failed(findings):
        raise typer.Exit(1)


def examined(no_env_file: bool) -> list[Finding]:
    """What the doctor finds in the environment and in the env file of this folder."""
    given: dict[str, str] = {}
    broken = []
    used = not no_env_file and ENV_FILE.exists()
    try:
        given = env_file.read(ENV_FILE) if used else {}
    except SettingsError as error:
        broken = [found("env-file-broken", problem=error)]
    checkup = Checkup(
        read(given | os.environ), SystemClock(), ENV_FILE if used else None, list(given)
    )
    leave_out_strays(os.environ)
    return broken + checkup.run()


keys_cli = typer.Typer(help="The encryption keys.", no_args_is_help=True)
export_cli = typer.Typer(help="What is kept, as files.", no_args_is_help=True)
erase_cli = typer.Typer(help="Erasing what is kept.", no_args_is_help=True)
webhooks_cli = typer.Typer(help="What the vendor's product is told.", no_args_is_help=True)
cli.add_typer(keys_cli, name="keys")
cli.add_typer(webhooks_cli, name="webhooks")
webhooks_cli.command("replay")(webhook_commands.replay_command)
cli.add_typer(erase_cli, name="erase")
cli.add_typer(export_cli, name="export")
cli.add_typer(api_key_commands.cli, name="api-key")
cli.command("backup")(data_commands.backup_command)
cli.command("restore")(data_commands.restore_command)
export_cli.command("customer")(data_commands.export_customer_command)
erase_cli.command("customer")(data_commands.erase_customer_command)


@keys_cli.command("rotate")
def rotate_command(no_env_file: NoEnvFile = False) -> None:
    """Seal everything anew under the first of ENCRYPTION_KEYS. The bot may run meanwhile, with the
    same keys."""
    settings = settings_or_exit(no_env_file)
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
    no_env_file: NoEnvFile = False,
) -> None:
    """List a customer's old mail accounts from a file."""
    services = services_or_exit(no_env_file)
    if services.customers.of_channel(channel) is None:
        typer.echo(f"maildesk: the channel {channel} is not bound to a customer", err=True)
        raise typer.Exit(1)
    try:
        text = decode(file.read_bytes())
        rows = (
            services.legacy.import_text(channel, text, MAILDESK)
            if do
            else services.legacy.check(channel, text)
        )
    except NotAList as error:
        typer.echo(f"maildesk: {plainly(str(error))}", err=True)
        raise typer.Exit(1) from None
    except Unclear:
        typer.echo(f"maildesk: {plainly('old.columns_unclear')}", err=True)
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
    no_env_file: NoEnvFile = False,
) -> None:
    """Who did what, when, from where and with which result, on standard output."""
    store = Store(connect(settings_or_exit(no_env_file).database_url))
    rows = audit_export.entries(store, since.replace(tzinfo=UTC), until.replace(tzinfo=UTC))
    write = audit_export.write_csv if table else audit_export.write_lines
    write(rows, sys.stdout)


@export_cli.command("causes")
def export_causes_command(no_env_file: NoEnvFile = False) -> None:
    """What on-call noted about replies that nothing explained, as rows for the catalogue's files,
    on standard output."""
    store = Store(connect(settings_or_exit(no_env_file).database_url))
    known = catalogue.load(application=AS_IN_THE_FILES)
    typer.echo(noted_rows.rows(store, known), nl=False)


@cli.command("report")
def report_command(
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=[DAY], help="The first day; else that of last week."),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option("--to", formats=[DAY], help="The last day; else that of last week."),
    ] = None,
    table: Annotated[
        str, typer.Option("--csv", help="Write a CSV table to this file; - is standard output.")
    ] = "",
    no_env_file: NoEnvFile = False,
) -> None:
    """The numbers of the weekly report, week by week: last week's, or those of any days. Days begin
    where TIMEZONE says."""
    settings = settings_or_exit(no_env_file)
    store = Store(connect(settings.database_url))
    known = catalogue.load(application=AS_IN_THE_FILES)
    clock = SystemClock()
    reports = Reports(store, Explainer(known, clock), settings.hours.zone)
    begin, end = days_or_exit(first, last, settings.hours.day(clock.now()))
    if not table:
        report_export.write_lines(reports, begin, end, sys.stdout)
    elif table == "-":
        report_export.write_csv(reports, begin, end, sys.stdout)
    else:
        with Path(table).open("w", encoding="utf-8", newline="") as file:
            report_export.write_csv(reports, begin, end, file)


def days_or_exit(first: datetime | None, last: datetime | None, today: date) -> tuple[date, date]:
    """The days that are asked for, or one line on stderr and exit status 2. With one of them alone,
    the week that begins or ends with it."""
    span = WEEK - timedelta(days=1)
    begin = first.date() if first else last.date() - span if last else week_before(today)
    end = last.date() if last else begin + span
    if begin > end:
        typer.echo("maildesk: --from is later than --to", err=True)
        raise typer.Exit(2)
    return begin, end


@cli.command("sandbox")
def sandbox_command(
    socket_mode: Annotated[
        bool, typer.Option(help="Deliver by Socket Mode instead of HTTP.")
    ] = False,
    folder: Annotated[Path | None, typer.Option(help="Where the bot keeps its database.")] = None,
    alone: Annotated[
        bool, typer.Option("--alone", help="Without the two customers who were there before.")
    ] = False,
) -> None:
    """The practice world and the bot in it; prints one address to open."""
    leave_out_strays(os.environ)  # everything in it is on this machine
    # Before anybody hears of it: who is early waits, and nobody else can take the port meanwhile
    server = WebServer("127.0.0.1", 0)
    try:
        world = practice.start(folder, server.port, socket_mode, alone)
    except practice.NotInstalled as error:
        refuse(f"the practice world needs {error}: run pip install 'maildesk[sandbox]'")
    try:
        settings = load(world.environment)
        stop = processes.stopped_by_signals()
        bot = processes.prepare(settings, "WARNING", stop, world.clock)
        world.give_key(bot.services.api.keys.create(PRODUCT, MAILDESK).secret)
        typer.echo(f"The practice world is open: {world.page}")
        Neighbours(world, bot, stop).move_in()
        world.follow(bot.worker)
        processes.serve(bot, stop, server, worker=True)
    finally:
        world.stop()


def run() -> None:
    """The `maildesk` command."""
    cli()


if __name__ == "__main__":
    run()
