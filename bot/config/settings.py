"""The settings, read once from the environment."""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import date, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from bot.common.clock import read_span
from bot.common.people import Person
from bot.config import clouds
from bot.lifecycle.hours import WEEKDAYS, BadHours, BadZone, Hours, read_hours, read_zone
from bot.microsoft.credentials import Credentials

MICROSOFT_HOSTS = frozenset(
    {
        "login.microsoftonline.com",
        "login.microsoftonline.us",
        "login.partner.microsoftonline.cn",
        "login.chinacloudapi.cn",
        "login.windows.net",
        "login.sovcloud-identity.fr",
        "login.sovcloud-identity.de",
        "login.sovcloud-identity.sg",
    }
)
"""Where Microsoft's own sign-in stands (entra-docs, authentication-national-cloud; the last three:
MSAL 1.39)."""

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
DATABASES = ("sqlite", "postgresql", "postgresql+psycopg")
KEY_HINT = (
    'make one with: python3 -c "import base64,os; print(base64.b64encode(os.urandom(32)).decode())"'
)


class SettingsError(Exception):
    """A setting is missing or malformed; the text is one line that names it and never shows a
    secret."""


def _ladder(value: Any) -> tuple[timedelta, ...]:
    rungs = tuple(read_span(part) for part in str(value).split(","))
    if list(rungs) != sorted(set(rungs)):
        raise ValueError("each step must be longer than the one before, like 4h,1d,3d,7d")
    return rungs


def _people(value: Any) -> tuple[Person, ...]:
    people = []
    for part in filter(None, (part.strip() for part in str(value).split(","))):
        if not re.fullmatch(r"[TE][A-Z0-9]+:[UW][A-Z0-9]+", part):
            raise ValueError(f"'{part}' is not a team and a user like T0123:U0456")
        people.append(Person(*part.split(":")))
    return tuple(people)


def _keys(value: Any) -> tuple[SecretStr, ...]:
    parts = [part.strip() for part in str(value).split(",") if part.strip()]
    for part in parts:
        try:
            right = len(base64.b64decode(part, validate=True)) == 32
        except (binascii.Error, ValueError):
            right = False
        if not right:
            raise ValueError(f"each key is 32 bytes in base64; {KEY_HINT}")
    if not parts:
        raise ValueError(f"at least one key is needed; {KEY_HINT}")
    return tuple(SecretStr(part) for part in parts)


def _hours(value: Any) -> tuple[time, time]:
    try:
        return read_hours(str(value))
    except BadHours:
        raise ValueError("give it as 09:00-17:00") from None


def _days_of_week(value: Any) -> str:
    if not re.fullmatch(r"[1-7]+", str(value)):
        raise ValueError("give it as 12345, where Monday is 1")
    return str(value)


def _zone(value: Any) -> ZoneInfo:
    try:
        return read_zone(str(value))
    except BadZone:
        raise ValueError(f"'{value}' is not a time zone like Europe/Berlin") from None


def _files(value: Any) -> tuple[Path, ...]:
    return tuple(file for part in str(value).split(",") if (file := _file(part.strip())))


def _days(value: Any) -> tuple[date, ...]:
    try:
        return tuple(date.fromisoformat(part.strip()) for part in str(value).split(","))
    except ValueError:
        raise ValueError(
            "give it as 2027-05-31, and one for each secret, with commas between"
        ) from None


def _file(value: Any) -> Path | None:
    if not value:
        return None
    if not Path(str(value)).is_file():
        raise ValueError(f"there is no file '{value}'")
    return Path(str(value))


def _https(value: Any) -> str:
    text = str(value).rstrip("/")
    parts = urlsplit(text)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("give it as https://host/path")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("only https, except on this machine's own addresses")
    return text


def _authority(value: Any) -> str:
    parts = urlsplit(str(value))
    if parts.scheme != "https" or not parts.hostname or not parts.path.strip("/"):
        raise ValueError(
            "give it as https://login.microsoftonline.com/organizations "
            "(MSAL takes nothing but https)"
        )
    return str(value).rstrip("/")


def _cloud_of(authority: str) -> str:
    """The cloud to which an authority's host belongs, worldwide for any other host."""
    host = urlsplit(authority).hostname
    return next(
        (name for name, cloud in clouds.load().items() if _sign_in_host(cloud) == host), "worldwide"
    )


def _sign_in_host(cloud: clouds.Cloud) -> str | None:
    return urlsplit(cloud.authority).hostname


def _database(value: Any) -> str:
    parts = urlsplit(str(value))
    try:
        right = parts.scheme in DATABASES and bool(parts.path.strip("/")) and parts.port != 0
    except ValueError:  # the port is no number
        right = False
    if not right:
        raise ValueError("give it as sqlite:///maildesk.db or postgresql://user:password@host/name")
    return str(value)


def _bot_token(value: Any) -> str:
    if not str(value).startswith("xoxb-"):
        raise ValueError("a bot token begins with xoxb-")
    return str(value)


Url = Annotated[str, BeforeValidator(_https)]
File = Annotated[Path | None, BeforeValidator(_file)]
Port = Annotated[int, Field(ge=1, le=65535)]
ChannelId = Annotated[str, Field(pattern=r"^[CG][A-Z0-9]+$")]


class Settings(BaseSettings):
    """Every setting; `.env.example` explains them."""

    model_config = SettingsConfigDict(
        extra="ignore", hide_input_in_errors=True, validate_default=False
    )

    database_url: Annotated[str, Field(repr=False), BeforeValidator(_database)] = (
        "sqlite:///maildesk.db"
    )
    encryption_keys: Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_keys)]
    public_url: Url
    port: Port = 3000
    slack_bot_token: Annotated[SecretStr, BeforeValidator(_bot_token)]
    slack_signing_secret: SecretStr = SecretStr("")
    slack_app_token: SecretStr = SecretStr("")
    slack_api_url: Url = "https://slack.com/api"
    support_usergroup: Annotated[str, Field(pattern=r"^(S[A-Z0-9]+)?$")] = ""
    support_users: Annotated[tuple[Person, ...], NoDecode, BeforeValidator(_people)] = ()
    support_channel: ChannelId
    alert_channel: ChannelId
    support_email: Annotated[str, Field(pattern=r"^[^\s@]+@[^\s@]+$")]
    vendor_name: Annotated[str, Field(max_length=60)] = "Maildesk"
    ms_client_id: Annotated[str, Field(pattern=r"^[0-9a-fA-F-]{36}$")]
    ms_client_secret: SecretStr = SecretStr("")
    ms_client_secret_file: File = None
    ms_client_secret_expires: Annotated[tuple[date, ...], NoDecode, BeforeValidator(_days)] = ()
    ms_client_certificate: Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_files)] = ()
    ms_cloud: Annotated[str, Field(pattern="^(worldwide|gcc-high|dod|china)$")] = "worldwide"
    ms_authority: Annotated[str, BeforeValidator(_authority)]
    ms_ca_bundle: File = None
    ms_graph_url: Url
    imap_host: str
    imap_port: Port = 993
    smtp_host: str
    smtp_port: Port = 587
    mail_ca_bundle: File = None
    nag_ladder: Annotated[tuple[timedelta, ...], NoDecode, BeforeValidator(_ladder)] = _ladder(
        "4h,1d,3d,7d"
    )
    working_hours: Annotated[tuple[time, time], NoDecode, BeforeValidator(_hours)] = _hours(
        "09:00-17:00"
    )
    working_days: Annotated[str, BeforeValidator(_days_of_week)] = WEEKDAYS
    timezone: Annotated[ZoneInfo, NoDecode, BeforeValidator(_zone)] = ZoneInfo("UTC")
    log_level: Annotated[str, Field(pattern=r"^(DEBUG|INFO|WARNING|ERROR)$")] = "INFO"

    @classmethod
    def settings_customise_sources(
        cls, *args: Any, **sources: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is handed in: `load` reads the environment, so that nobody else's is read by
        accident."""
        init: PydanticBaseSettingsSource = sources["init_settings"]
        return (init,)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (
            not self.slack_app_token.get_secret_value()
            and not self.slack_signing_secret.get_secret_value()
        ):
            raise ValueError(
                "SLACK_SIGNING_SECRET is missing (or SLACK_APP_TOKEN, for Socket Mode)"
            )
        if (
            self.slack_app_token.get_secret_value()
            and not self.slack_app_token.get_secret_value().startswith("xapp-")
        ):
            raise ValueError("SLACK_APP_TOKEN is malformed: it begins with xapp-")
        if not self.support_usergroup and not self.support_users:
            raise ValueError("SUPPORT_USERGROUP is missing (or SUPPORT_USERS)")
        secret = self.ms_client_secret.get_secret_value() or self.ms_client_secret_file
        if not secret and not self.ms_client_certificate:
            raise ValueError(
                "MS_CLIENT_SECRET is missing (or MS_CLIENT_SECRET_FILE, or MS_CLIENT_CERTIFICATE)"
            )
        host, hosts = (
            urlsplit(self.ms_authority).hostname,
            map(_sign_in_host, clouds.load().values()),
        )
        if host in hosts and host != _sign_in_host(self.cloud):
            raise ValueError(
                f"MS_AUTHORITY is not of the cloud that MS_CLOUD names ({self.ms_cloud})"
            )
        return self

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The encryption keys, newest first."""
        return tuple(base64.b64decode(key.get_secret_value()) for key in self.encryption_keys)

    @property
    def cloud(self) -> clouds.Cloud:
        """The Microsoft cloud of this installation."""
        return clouds.load()[self.ms_cloud]

    @property
    def hours(self) -> Hours:
        """When people are reminded, where nothing else was said of their customer."""
        return Hours(self.timezone, *self.working_hours, self.working_days)

    @property
    def credentials(self) -> Credentials:
        """The application's credentials at Microsoft."""
        secret, expire = self.ms_client_secret, self.ms_client_secret_expires
        return Credentials(self.ms_client_certificate, secret, self.ms_client_secret_file, expire)

    @property
    def instance_discovery(self) -> bool:
        """Whether the sign-in is Microsoft's own, so that MSAL may ask Microsoft about it."""
        return urlsplit(self.ms_authority).hostname in MICROSOFT_HOSTS


def load(environ: Mapping[str, str]) -> Settings:
    """The settings from an environment.

    Raises:
        SettingsError: one line that names the first wrong variable, and how many more are wrong.
    """
    known: dict[str, Any] = {
        name: value
        for name in Settings.model_fields
        if (value := environ.get(name.upper(), "").strip())
    }
    known.setdefault("ms_cloud", _cloud_of(known.get("ms_authority", "")))
    cloud = clouds.load().get(known["ms_cloud"], clouds.load()["worldwide"])
    hosts = {"ms_authority": cloud.authority, "ms_graph_url": cloud.graph}
    known = hosts | {"imap_host": cloud.imap, "smtp_host": cloud.smtp} | known
    try:
        return Settings(**known)
    except ValidationError as error:
        problems = [
            _line(dict(problem)) for problem in error.errors(include_input=False, include_url=False)
        ]
    more = f" ({len(problems) - 1} more wrong)" if len(problems) > 1 else ""
    raise SettingsError(problems[0] + more)


def _line(problem: dict[str, Any]) -> str:
    message = str(problem["msg"]).removeprefix("Value error, ")
    if not problem["loc"]:
        return message
    name = str(problem["loc"][0]).upper()
    if problem["type"] == "missing":
        return f"{name} is missing"
    if problem["type"] == "string_pattern_mismatch":
        message = f"it does not look like {EXAMPLES.get(name, 'what is expected')}"
    return f"{name} is malformed: {message}"


EXAMPLES = {
    "SUPPORT_USERGROUP": "a user group id (S…)",
    "SUPPORT_CHANNEL": "a channel id (C…)",
    "ALERT_CHANNEL": "a channel id (C…)",
    "SUPPORT_EMAIL": "an e-mail address",
    "MS_CLIENT_ID": "an application id (8-4-4-4-12 hexadecimal digits)",
    "MS_CLOUD": "worldwide, gcc-high, dod or china",
    "LOG_LEVEL": "DEBUG, INFO, WARNING or ERROR",
}
