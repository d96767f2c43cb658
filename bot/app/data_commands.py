"""The commands about all that is kept: backup, restore, and one customer exported or erased."""

import json
from typing import Annotated

import typer

from bot.accounts.offboarding import StillInUse
from bot.app import backups
from bot.app.command import NoEnvFile, refuse, services_or_exit, settings_or_exit
from bot.common.refusals import Refused
from bot.services import Services
from bot.views.customers import CustomerView

CustomerName = Annotated[str, typer.Argument(help="The customer's name.", metavar="NAME")]


def backup_command(
    file: Annotated[str, typer.Argument(help="The file to write; - is standard output.")],
    no_env_file: NoEnvFile = False,
) -> None:
    """Everything that is kept, as it is at this moment, in one file that is sealed with the first
    of ENCRYPTION_KEYS. The bot may run meanwhile."""
    settings = settings_or_exit(no_env_file)
    try:
        rows = backups.back_up(settings, file)
    except backups.NOT_DONE as error:
        refuse(backups.why(error))
    typer.echo(
        f"{sum(rows.values())} rows of {len(rows)} tables, {rows['account']} accounts.", err=True
    )


def restore_command(
    file: Annotated[str, typer.Argument(help="A file of `maildesk backup`; - is standard input.")],
    no_env_file: NoEnvFile = False,
) -> None:
    """Restore a backup into an empty database of either kind: all of it or nothing."""
    settings = settings_or_exit(no_env_file)
    try:
        restored = backups.restore(settings, file)
    except backups.NOT_DONE as error:
        refuse(backups.why(error))
    rows = restored.rows
    typer.echo(f"{sum(rows.values())} rows of {len(rows)} tables, {rows['account']} accounts.")
    if restored.unknown_key:
        refuse(
            f"{restored.unknown_key} sealed values need a key that ENCRYPTION_KEYS lacks: "
            "add it, or those accounts sign in again"
        )


def export_customer_command(name: CustomerName, no_env_file: NoEnvFile = False) -> None:
    """Everything that is kept of one customer but what is secret, as JSON on standard output."""
    services = services_or_exit(no_env_file)
    customer = customer_or_exit(services, name)
    kept = services.farewells.export(customer.id)
    typer.echo(json.dumps(kept, ensure_ascii=False, indent=1))


def erase_customer_command(
    name: CustomerName,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say how many rows of which table.")
    ] = False,
    no_env_file: NoEnvFile = False,
) -> None:
    """Erase an offboarded customer now, instead of thirty days after. The audit stays."""
    services = services_or_exit(no_env_file)
    customer = customer_or_exit(services, name)
    try:
        erase = services.farewells.would_erase if dry_run else services.farewells.erase_now
        rows = erase(customer.id)
    except StillInUse:
        refuse(
            f"{customer.name} is in use. Offboard it in Slack first "
            f"(/maildesk customer {customer.name}): its people are told, and its accounts end"
        )
    for table, count in rows.items():
        typer.echo(f"{count:8} {table}")
    typer.echo(f"{sum(rows.values()):8} {'would be erased' if dry_run else 'erased'}")


def customer_or_exit(services: Services, name: str) -> CustomerView:
    """The customer of that name, or one line on stderr and exit status 1."""
    try:
        return services.administration.named(name)
    except Refused:
        refuse(f"there is no customer called {name}")
