"""The commands about what the vendor's product is told."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from bot.app.command import NoEnvFile, refuse, services_or_exit


def replay_command(
    since: Annotated[
        str, typer.Option(help="From when on: 2026-12-24, or 2026-12-24T08:30, in UTC.")
    ],
    no_env_file: NoEnvFile = False,
) -> None:
    """Have everything sent anew that changed since then, in order and under the same IDs. What is
    older and was not delivered is left out."""
    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        refuse(f"'{since}' is no time: give it as 2026-12-24, or 2026-12-24T08:30")
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    services = services_or_exit(no_env_file)
    many = services.api.events.replay(moment)
    typer.echo(f"{many} events are sent anew.")
