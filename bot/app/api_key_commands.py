"""The commands about the keys of the product's API."""

from datetime import timedelta
from ipaddress import ip_network
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.api.keys import ApiKeys, KeyView, Network, UnknownCustomer, UnknownKey, Wish
from bot.app.command import NoEnvFile, refuse, settings_or_exit
from bot.common.clock import SystemClock
from bot.common.people import MAILDESK
from storage.api_vocabulary import ApiScope
from storage.database import Store, connect

WIDTH = 200
"""So many characters a line of the list may have: an ID that is broken in two cannot be copied."""

cli = typer.Typer(help="The keys of the product's API.", no_args_is_help=True)


@cli.command("create")
def create_command(
    name: Annotated[str, typer.Argument(help="What it is for, as lists and the audit name it.")],
    scope: Annotated[list[ApiScope], typer.Option(help="What it may be used for; repeat it.")],
    customer: Annotated[
        list[str] | None,
        typer.Option(help="The name of a customer that it is for; repeat it. Else all are."),
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=3660, help="So many days it is good for; else always.")
    ] = None,
    network: Annotated[
        list[str] | None,
        typer.Option(help="A network like 10.0.0.0/8 that it may be used from; repeat it."),
    ] = None,
    no_env_file: NoEnvFile = False,
) -> None:
    """Make a key, and print it: it is shown this once."""
    wish = Wish(
        name.strip() or refuse("the key needs a name"),
        scope,
        customer or (),
        [_network(each) for each in network or ()],
        timedelta(days=days) if days else None,
    )
    try:
        made = _keys(no_env_file).create(wish, MAILDESK)
    except UnknownCustomer as error:
        known = "several customers are" if error.several else "no customer is"
        refuse(f"{known} called {error.name}")
    typer.echo(made.secret)
    typer.echo(f"{made.key.public_id}: {_scopes(made.key)}, {_whose(made.key)}", err=True)


@cli.command("list")
def list_command(no_env_file: NoEnvFile = False) -> None:
    """Every key, without its secret."""
    table = Table("ID", "Name", "Status", "Scopes", "Customers", "Networks", "Until", "Last used")
    for key in _keys(no_env_file).all():
        until = f"{key.expires_at:%Y-%m-%d}" if key.expires_at else "always"
        used = f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never"
        networks = ", ".join(key.networks) or "any"
        what = (key.public_id, key.name, key.status, _scopes(key), _whose(key), networks)
        table.add_row(*what, until, used)
    Console(width=WIDTH, markup=False).print(table)


@cli.command("revoke")
def revoke_command(
    key_id: Annotated[str, typer.Argument(help="Its ID, as the list shows it.", metavar="ID")],
    no_env_file: NoEnvFile = False,
) -> None:
    """Revoke a key: from now on every process refuses it."""
    try:
        revoked = _keys(no_env_file).revoke(key_id, MAILDESK)
    except UnknownKey:
        refuse(f"there is no key {key_id} that could be revoked")
    typer.echo(f"{revoked.public_id} ({revoked.name}) is revoked.")


def _keys(no_env_file: bool) -> ApiKeys:
    settings = settings_or_exit(no_env_file)
    return ApiKeys(Store(connect(settings.database_url)), SystemClock())


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError:
        refuse(f"{text} is no network like 10.0.0.0/8")


def _scopes(key: KeyView) -> str:
    return ", ".join(key.scopes)


def _whose(key: KeyView) -> str:
    return "all customers" if key.customers is None else ", ".join(key.customers) or "none"
