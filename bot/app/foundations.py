"""What the services stand on, and what they reach the outside through."""

from dataclasses import dataclass
from typing import Protocol

from bot.accounts.circles import Neighbours
from bot.accounts.customers import Doors
from bot.checks.canary import Canary
from bot.common.clock import Clock
from bot.common.stop import Stop
from bot.diagnosis.attempts import Attempts
from bot.diagnosis.catalogue import Catalogue
from bot.diagnosis.duties import Duties
from bot.diagnosis.failures import Failures
from bot.folders.drift import Drift
from bot.incidents.course import Course
from bot.incidents.posting import Poster
from bot.incidents.service import Incidents
from bot.lifecycle.ladder import Ladder
from bot.lifecycle.service import Lifecycle
from bot.mail.probe import MailProbe
from bot.microsoft.client import Microsoft
from bot.microsoft.tokens import Tokens
from bot.support.directory import Directory
from bot.support.requests import SupportRequests
from bot.support.rights import Rights
from storage.cipher import Cipher
from storage.database import Store


class People(Directory, Neighbours, Doors, Protocol):
    """What Slack says of people and of who shares a channel."""


@dataclass(frozen=True)
class Ports:
    """What the bot reaches the outside through; a test hands in others."""

    store: Store
    microsoft: Microsoft
    probe: MailProbe
    directory: People
    catalogue: Catalogue
    poster: Poster


@dataclass(frozen=True)
class Foundations:
    """What the services stand on."""

    ports: Ports
    clock: Clock
    stop: Stop
    cipher: Cipher
    tokens: Tokens
    ladder: Ladder
    lifecycle: Lifecycle
    attempts: Attempts
    course: Course
    incidents: Incidents
    failures: Failures
    requests: SupportRequests
    rights: Rights
    duties: Duties
    drift: Drift
    canary: Canary
