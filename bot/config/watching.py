"""The settings of how the service is watched: its log, its measures, who notices that it stops."""

from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr

from bot.config import reading
from bot.config.about import About

MetricsToken = Annotated[
    SecretStr,
    Field(min_length=16),
    About(
        "What whoever collects /metrics sends as Authorization: Bearer …, 16 characters at "
        "least. Without it there is no such page",
        reread=True,
    ),
]
LogLevel = Annotated[
    str,
    Field(pattern=r"^(DEBUG|INFO|WARNING|ERROR)$"),
    About(
        "How much is logged: DEBUG, INFO, WARNING or ERROR",
        looks_like="DEBUG, INFO, WARNING or ERROR",
    ),
]
LogFormat = Annotated[
    str,
    Field(pattern=r"^(json|console)$"),
    About(
        "How it is written: json, an object a line for programs, or console, for people",
        looks_like="json or console",
    ),
]
CanaryAccount = Annotated[
    str,
    BeforeValidator(reading.account),
    About(
        "The ID (MB-…) of an account of your own, in a tenant of yours, to which you connected "
        "a mailbox that does nothing else. Where customers' mailboxes fail and this one does "
        "too, it is Microsoft or us: no mailbox counts as broken, and reminders wait",
        begins="Watching",
    ),
]
HeartbeatUrl = Annotated[
    SecretStr,
    BeforeValidator(reading.webhook),
    About(
        "An address that a worker asks every minute while everything is done in time: that of a "
        "dead man's switch, which alerts when it is not asked any more",
        reread=True,
    ),
]
PublicUrlProbe = Annotated[
    SecretStr,
    BeforeValidator(reading.probe),
    About(
        "A probe outside of your network, which maildesk check asks whether PUBLIC_URL is reached "
        "from there: its address, to the end of which the one to look at is written, as "
        "https://probe.example/probe?module=http_2xx&target= of Prometheus's blackbox exporter "
        "(docs/operations.md)"
    ),
]
