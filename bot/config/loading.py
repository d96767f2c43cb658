"""The settings, read from an environment: with everything that is wrong with them."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from bot.common import secret_files
from bot.common.live_secrets import Secret
from bot.common.secret_files import SecretFileUnusable
from bot.config import clouds, env_file
from bot.config.env_file import SettingsError as SettingsError
from bot.config.file_secret import FileSecret
from bot.config.settings import Settings, about, is_secret

IN_PLACE_OF = {
    "encryption_keys": base64.b64encode(bytes(32)).decode(),
    "public_url": "https://maildesk.invalid",
    "slack_bot_token": "xoxb-none",
    "support_channel": "C0",
    "alert_channel": "C0",
    "support_email": "nobody@maildesk.invalid",
    "ms_client_id": "00000000-0000-0000-0000-000000000000",
}
"""What stands for a needed setting that is missing or wrong, so that the others can be looked at.
Nothing that needs it is done with it."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with a setting: its name in lower case, and one line that names it and shows no
    secret."""

    name: str
    text: str


@dataclass(frozen=True)
class Reading:
    """What an environment says. `settings` has the right values, and the defaults in place of those
    that `problems` are about."""

    settings: Settings
    problems: tuple[Problem, ...] = ()

    @property
    def wrong(self) -> frozenset[str]:
        """The names of the settings that are missing or wrong."""
        return frozenset(problem.name for problem in self.problems)


def load(environ: Mapping[str, str]) -> Settings:
    """The settings from an environment.

    Raises:
        SettingsError: one line that names the first wrong variable, and how many more are wrong.
    """
    found = read(environ)
    if not found.problems:
        return found.settings
    others = len(found.problems) - 1
    raise SettingsError(found.problems[0].text + (f" ({others} more wrong)" if others else ""))


def read(environ: Mapping[str, str]) -> Reading:
    """The settings from an environment, as far as they are right."""
    source = _Source(environ)
    known = source.values
    known.setdefault("ms_cloud", _cloud_of(known.get("ms_authority", "")))
    hosts = _hosts(known["ms_cloud"])
    given: dict[str, Any] = hosts | known
    problems = {problem.name: problem for problem in source.problems}
    for problem in _problems(given):
        problems.setdefault(problem.name, problem)
    right = {name: value for name, value in given.items() if name not in problems}
    stand_ins = {name: value for name, value in IN_PLACE_OF.items() if name in problems}
    settings = Settings(**(hosts | right | stand_ins))
    settings.remember_files(source.files, dict(_live(settings, source.files)))
    for contradiction in settings.contradictions():
        if problems.keys().isdisjoint(contradiction.names):
            name = contradiction.names[0]
            problems[name] = Problem(name, contradiction.text)
    order = list(Settings.model_fields)
    return Reading(settings, tuple(sorted(problems.values(), key=lambda p: order.index(p.name))))


class _Source:
    """What an environment gives, whatever it is written in: values, secrets' files, problems."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._written = {env_file.name(variable): text for variable, text in environ.items()}
        self.values: dict[str, str] = {}
        self.files: dict[str, Path] = {}
        self.problems: list[Problem] = []
        for name in Settings.model_fields:
            try:
                value = self._value(name)
            except SettingsError as error:
                self.problems.append(Problem(name, str(error)))
            else:
                self.values |= {name: value} if value else {}

    def _value(self, name: str) -> str:
        variable = name.upper()
        value = self._of(variable)
        file = self._of(f"{variable}_FILE") if is_secret(name) else ""
        if not file:
            return value
        if value:
            raise SettingsError(f"{variable} and {variable}_FILE are both given: give one of them")
        self.files[name] = Path(file)
        return _in_file(name, Path(file))

    def _of(self, variable: str) -> str:
        return env_file.value(variable, self._written.get(variable, ""))


def _in_file(name: str, file: Path) -> str:
    """What the file of a secret gives as its value.

    Raises:
        SettingsError: it gives none.
    """
    try:
        lines = secret_files.read(file).splitlines()
    except SecretFileUnusable as error:
        raise SettingsError(f"{name.upper()}_FILE is malformed: {error}") from None
    filled = [line.strip() for line in lines if line.strip()]
    if len(filled) > 1 and not about(name).several:
        raise SettingsError(f"{name.upper()}_FILE is malformed: '{file}' has more than one line")
    return ",".join(filled)


def _live(settings: Settings, files: Mapping[str, Path]) -> Iterator[tuple[str, Secret]]:
    """The secrets that are read again while the bot runs."""
    for name, file in files.items():
        if about(name).reread:
            value = getattr(settings, name).get_secret_value()
            yield name, FileSecret(name, value, partial(_in_file, name, file), partial(_one, name))


def _one(name: str, text: str) -> str:
    """A secret setting's value by itself.

    Raises:
        SettingsError: it is malformed.
    """
    whole: dict[str, Any] = _hosts("worldwide") | IN_PLACE_OF | {name: text}
    for problem in _problems(whole):
        raise SettingsError(problem.text)
    return str(getattr(Settings(**whole), name).get_secret_value())


def _problems(given: Mapping[str, Any]) -> Iterator[Problem]:
    """What is missing or malformed, each by itself."""
    try:
        Settings(**given)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
    else:
        return
    for problem in found:
        name = str(problem["loc"][0])
        yield Problem(name, _line(name, dict(problem)))


def _line(name: str, problem: dict[str, Any]) -> str:
    if problem["type"] == "missing":
        return f"{name.upper()} is missing"
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "string_pattern_mismatch":
        message = f"it does not look like {about(name).looks_like}"
    return f"{name.upper()} is malformed: {message}"


def _hosts(cloud: str) -> dict[str, str]:
    """The defaults that a cloud brings."""
    of = clouds.load().get(cloud, clouds.load()["worldwide"])
    return {"ms_authority": of.authority, "imap_host": of.imap, "smtp_host": of.smtp}


def _cloud_of(authority: str) -> str:
    """The cloud to which an authority's host belongs, worldwide for any other host."""
    host = urlsplit(authority).hostname
    found = (n for n, cloud in clouds.load().items() if urlsplit(cloud.authority).hostname == host)
    return next(found, "worldwide")
