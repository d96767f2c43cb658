"""What every command of `maildesk` needs: the settings, the services, and how one is refused."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bot.app.maildesk import build, mail_hosts
from bot.common.clock import SystemClock
from bot.common.ways_out import leave_out_strays
from bot.config import env_file
from bot.config.loading import SettingsError, load
from bot.config.settings import Settings
from bot.services import Services

ENV_FILE = Path(".env")

NoEnvFile = Annotated[
    bool, typer.Option("--no-env-file", help="Do not read .env in this folder, if there is one.")
]


def environment(no_env_file: bool) -> Mapping[str, str]:
    """What the environment says and, where it says nothing, the env file of this folder.

    Raises:
        SettingsError: the file cannot be read.
    """
    if no_env_file or not ENV_FILE.exists():
        return os.environ
    return env_file.read(ENV_FILE) | os.environ


def settings_or_exit(no_env_file: bool) -> Settings:
    """The settings of whoever runs this command, or one line on stderr and exit status 2."""
    try:
        return load(environment(no_env_file))
    except SettingsError as error:
        typer.echo(f"maildesk: {error}", err=True)
        raise typer.Exit(2) from None


def services_or_exit(no_env_file: bool) -> Services:
    """The services of the bot of the settings."""
    settings = settings_or_exit(no_env_file)
    leave_out_strays(os.environ)
    return build(settings, SystemClock(), mail_hosts(settings)).services


def refuse(line: str) -> NoReturn:
    """One line on stderr and exit status 1."""
    typer.echo(f"maildesk: {line}", err=True)
    raise typer.Exit(1)
