"""The settings, read once from the environment."""

from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta
from pathlib import Path
from typing import Annotated, Any, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, PrivateAttr, SecretStr
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from bot.common.live_secrets import Secret
from bot.common.people import Person
from bot.config import clouds, keeping, on_call, pagers, product, reading, watching
from bot.config.about import About, Contradiction
from bot.incidents.times import OnCallTimes
from bot.lifecycle.hours import WEEKDAYS, Hours
from bot.microsoft.credentials import Credentials


def _sign_in_host(cloud: clouds.Cloud) -> str | None:
    return urlsplit(cloud.authority).hostname


Url = Annotated[str, BeforeValidator(reading.https)]
File = Annotated[Path | None, BeforeValidator(reading.file)]
Host = Annotated[str, BeforeValidator(reading.host)]
Port = Annotated[int, Field(ge=1, le=65535)]

FEWEST_THREADS = 3
"""One that may ask mail hosts, one for other work, and one that is kept for what a person waits
for."""

ChannelId = Annotated[str, Field(pattern=r"^[CG][A-Z0-9]+$")]


class Settings(BaseSettings):
    """Every setting, declared here alone; `bot.config.document` makes `.env.example` and
    `docs/settings.md` of it."""

    model_config = SettingsConfigDict(
        extra="ignore", hide_input_in_errors=True, validate_default=False
    )

    database_url: Annotated[
        str,
        Field(repr=False),
        BeforeValidator(reading.database),
        About(
            "Where the state is kept: sqlite:///file, or postgresql://user:password@host/name. "
            "Another machine's PostgreSQL is reached over TLS (?sslmode=require); "
            "?sslmode=verify-full also proves whose it is, ?sslmode=disable goes without",
            begins="Itself",
        ),
    ] = "sqlite:///maildesk.db"
    encryption_keys: Annotated[
        tuple[SecretStr, ...],
        NoDecode,
        BeforeValidator(reading.keys),
        About(
            "Keys for the tokens kept in the database: 32 bytes in base64, comma-separated. The "
            f"first one encrypts, all decrypt.\n{reading.KEY_HINT.capitalize()}",
            several=True,
        ),
    ]
    public_url: Annotated[
        Url,
        About(
            "The address under which people's browsers, Slack and Microsoft reach this bot; https",
            example="https://maildesk.example",
        ),
    ]
    port: Annotated[Port, About("The port that it listens on, behind whatever ends TLS")] = 3000
    bind_address: Annotated[
        str,
        BeforeValidator(reading.address),
        About(
            "The address of this machine that it listens on: 127.0.0.1 where what ends TLS runs on "
            "the same machine, :: for IPv6 and IPv4"
        ),
    ] = "0.0.0.0"
    metrics_token: watching.MetricsToken = SecretStr("")
    worker_threads: Annotated[
        int,
        Field(ge=FEWEST_THREADS, le=64),
        About(
            "So many connection tests and other work a worker does at a time; two of them never "
            "wait for a mail host"
        ),
    ] = 8
    log_level: watching.LogLevel = "INFO"
    log_format: watching.LogFormat = "console"
    slack_bot_token: Annotated[
        SecretStr,
        BeforeValidator(reading.bot_token),
        About("Bot token of the installed app (xoxb-…)", begins="Slack"),
    ]
    slack_signing_secret: Annotated[
        SecretStr,
        About(
            "Signing secret of the app; needed unless SLACK_APP_TOKEN is set",
            needed=True,
            reread=True,
        ),
    ] = SecretStr("")
    slack_app_token: Annotated[
        SecretStr,
        BeforeValidator(reading.app_token),
        About(
            "App-level token with connections:write (xapp-…): set it to be reached by Socket Mode "
            "instead of HTTP"
        ),
    ] = SecretStr("")
    slack_api_url: Annotated[Url, About("Where Slack's API is")] = "https://slack.com/api"
    support_usergroup: Annotated[
        str,
        Field(pattern=r"^(S[A-Z0-9]+)?$"),
        About(
            "Who counts as support: a user group (S…); or SUPPORT_USERS, or both",
            looks_like="a user group id (S…)",
            needed=True,
        ),
    ] = ""
    support_users: Annotated[
        tuple[Person, ...],
        NoDecode,
        BeforeValidator(reading.people),
        About(
            "Who counts as support: people as team:user, comma-separated (T0123:U0456,T0123:U0789)"
        ),
    ] = ()
    support_channel: Annotated[
        ChannelId,
        About("Where support is told what waits for it", looks_like="a channel id (C…)"),
    ]
    alert_channel: Annotated[
        ChannelId, About("Where on-call is alerted", looks_like="a channel id (C…)")
    ]
    support_email: Annotated[
        str,
        Field(pattern=r"^[^\s@:<>,;]+@[^\s@:<>,;]+$"),
        About(
            "Where people write who are not in Slack; shown on every page",
            looks_like="an e-mail address",
        ),
    ]
    vendor_name: Annotated[
        str,
        Field(max_length=60),
        About(
            "How the vendor is called on the sign-in pages and in what administrators are sent "
            "(60 characters at most)"
        ),
    ] = "Maildesk"
    ms_app_name: Annotated[
        str,
        Field(max_length=120),
        About(
            "The app registration's name, as administrators see it in Entra; empty: as VENDOR_NAME",
            begins="Microsoft",
        ),
    ] = ""
    ms_client_id: Annotated[
        str,
        Field(pattern=r"^[0-9a-fA-F-]{36}$"),
        About(
            "The app registration: its application (client) id",
            looks_like="an application id (8-4-4-4-12 hexadecimal digits)",
        ),
    ]
    ms_client_secret: Annotated[
        SecretStr,
        About(
            "The application's credential: a client secret; or MS_CLIENT_CERTIFICATE. While one "
            "replaces another, give both (with a comma between; in the secret's file one a line): "
            "each is tried until Microsoft takes one",
            needed=True,
            several=True,
            reread=True,
        ),
    ] = SecretStr("")
    ms_client_certificate: Annotated[
        tuple[Path, ...],
        NoDecode,
        BeforeValidator(reading.files),
        About("A PEM file with a certificate and its key, read anew at each use"),
    ] = ()
    ms_client_secret_expires: Annotated[
        tuple[date, ...],
        NoDecode,
        BeforeValidator(reading.days),
        About(
            "The last day of each client secret, in the same order (2027-05-31): on-call is told "
            "60, 30, 14, 7 and 1 days before. Of a certificate it is known"
        ),
    ] = ()
    ms_cloud: Annotated[
        str,
        Field(pattern="^(worldwide|gcc-high|dod|china)$"),
        About(
            "Which of Microsoft's clouds: worldwide, gcc-high, dod or china. It brings the hosts "
            "of the sign-in and of the mail, and the scopes",
            looks_like="worldwide, gcc-high, dod or china",
        ),
    ] = "worldwide"
    ms_authority: Annotated[
        str,
        BeforeValidator(reading.authority),
        About(
            "Where people sign in to Microsoft",
            default="https://login.microsoftonline.com/organizations",
        ),
    ]
    ms_ca_bundle: Annotated[
        File,
        About("PEM file of the authority to trust for the sign-in, where it is not a public one"),
    ] = None
    https_proxy: Annotated[
        SecretStr,
        BeforeValidator(reading.proxy),
        About(
            "The proxy (http://host:port, with user:password@ before the host where it wants them) "
            "by which Slack and Microsoft's sign-in are reached; the mail hosts are not. One that "
            "looks into TLS needs its authority in MS_CA_BUNDLE",
            begins="The way out",
        ),
    ] = SecretStr("")
    no_proxy: Annotated[
        str,
        About(
            "What is reached without it: names with all below them, addresses and networks, with "
            "commas between"
        ),
    ] = ""
    imap_host: Annotated[
        Host,
        About("Where mail is read", begins="Mail hosts", default="outlook.office365.com"),
    ]
    imap_port: Annotated[Port, About("Its port, TLS from the start")] = 993
    smtp_host: Annotated[Host, About("Where mail is sent", default="smtp.office365.com")]
    smtp_port: Annotated[Port, About("Its port, STARTTLS")] = 587
    mail_ca_bundle: Annotated[
        File,
        About(
            "PEM file of the authority to trust for the mail hosts, where it is not a public one"
        ),
    ] = None
    pagerduty_routing_key: pagers.RoutingKey = SecretStr("")
    pagerduty_events_url: pagers.EventsUrl = "https://events.pagerduty.com/v2/enqueue"
    pagerduty_webhook_secret: pagers.WordsSecret = SecretStr("")
    alert_webhook_url: pagers.WebhookUrl = SecretStr("")
    alert_webhook_secret: pagers.WebhookSecret = SecretStr("")
    webhook_url: product.WebhookUrl = SecretStr("")
    webhook_secret: product.WebhookSecret = SecretStr("")
    webhook_networks: product.WebhookNetworks = ()
    canary_account: watching.CanaryAccount = ""
    heartbeat_url: watching.HeartbeatUrl = SecretStr("")
    public_url_probe: watching.PublicUrlProbe = SecretStr("")
    api_calls_per_minute: product.CallsPerMinute = 600
    tokens_per_hour: product.TokensPerHour = 120
    trusted_proxies: product.TrustedProxies = ()
    accounts_per_worker: product.AccountsPerWorker = 5
    keep_evidence: keeping.Evidence = reading.span("180d")
    keep_audit: keeping.Audit = None
    nag_ladder: Annotated[
        tuple[timedelta, ...],
        NoDecode,
        BeforeValidator(reading.ladder),
        About(
            "How long something waits for somebody before each reminder: m, h, d or w, each longer "
            "than the one before",
            begins="Reminders",
            default="4h,1d,3d,7d",
        ),
    ] = reading.ladder("4h,1d,3d,7d")
    oncall_usergroup: on_call.UserGroup = ""
    oncall_ladder: on_call.AlertLadder = reading.ladder("15m,45m")
    acknowledged_ask: on_call.AskAfter = reading.span("2h")
    acknowledged_for: on_call.KeptFor = reading.span("8h")
    working_hours: Annotated[
        tuple[time, time],
        NoDecode,
        BeforeValidator(reading.hours),
        About(
            "When people are reminded, where nothing else was said when their channel was set up",
            default="09:00-17:00",
        ),
    ] = reading.hours("09:00-17:00")
    working_days: Annotated[
        str, BeforeValidator(reading.days_of_week), About("On which days; Monday is 1")
    ] = WEEKDAYS
    timezone: Annotated[
        ZoneInfo, NoDecode, BeforeValidator(reading.zone), About("In which time zone")
    ] = ZoneInfo("UTC")

    _files: dict[str, Path] = PrivateAttr(default_factory=dict)
    _live: dict[str, Secret] = PrivateAttr(default_factory=dict)

    def remember_files(self, files: Mapping[str, Path], live: Mapping[str, Secret]) -> None:
        """In which files the secrets are that were read from one, by the settings' names; `live`:
        those that are read again."""
        self._files |= files
        self._live |= live

    def secret(self, name: str) -> Secret:
        """A secret that may be replaced while the bot runs, to be asked at each use."""
        assert about(name).reread
        value: SecretStr = getattr(self, name)
        return self._live.get(name, value)

    @property
    def files(self) -> Mapping[str, Path]:
        """In which files the secrets are that were read from one, by the settings' names."""
        return self._files

    @classmethod
    def settings_customise_sources(
        cls, *args: Any, **sources: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is handed in: `load` reads the environment, so that nobody else's is read by
        accident."""
        init: PydanticBaseSettingsSource = sources["init_settings"]
        return (init,)

    def contradictions(self) -> Iterator[Contradiction]:
        """What is missing, or does not go together, though each setting by itself is right."""
        if not self._given("slack_app_token", "slack_signing_secret"):
            yield Contradiction(
                ("slack_signing_secret", "slack_app_token"),
                "SLACK_SIGNING_SECRET is missing (or SLACK_APP_TOKEN, for Socket Mode)",
            )
        if not self._given("support_usergroup", "support_users"):
            yield Contradiction(
                ("support_usergroup", "support_users"),
                "SUPPORT_USERGROUP is missing (or SUPPORT_USERS)",
            )
        if not self._given("ms_client_secret", "ms_client_certificate"):
            yield Contradiction(
                ("ms_client_secret", "ms_client_certificate"),
                "MS_CLIENT_SECRET is missing (or MS_CLIENT_SECRET_FILE, or MS_CLIENT_CERTIFICATE)",
            )
        for url in ("alert_webhook_url", "webhook_url"):
            secret = url.replace("_url", "_secret")
            if self._given(url) and not self._given(secret):
                text = f"{secret.upper()} is missing ({url.upper()} needs it)"
                yield Contradiction((secret, url), text)
        host = urlsplit(self.ms_authority).hostname
        hosts = map(_sign_in_host, clouds.load().values())
        if host in hosts and host != _sign_in_host(self.cloud):
            yield Contradiction(
                ("ms_authority", "ms_cloud"),
                f"MS_AUTHORITY is not of the cloud that MS_CLOUD names ({self.ms_cloud})",
            )

    def _given(self, *names: str) -> bool:
        """Whether one of these settings is given."""
        values = (getattr(self, name) for name in names)
        return any(v.get_secret_value() if isinstance(v, SecretStr) else v for v in values)

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The encryption keys, newest first."""
        return tuple(map(reading.key_bytes, self.encryption_keys))

    @property
    def application_name(self) -> str:
        """How Entra calls our application."""
        return self.ms_app_name or self.vendor_name

    @property
    def cloud(self) -> clouds.Cloud:
        """The Microsoft cloud of this installation."""
        return clouds.load()[self.ms_cloud]

    @property
    def hours(self) -> Hours:
        """When people are reminded, where nothing else was said of their customer."""
        return Hours(self.timezone, *self.working_hours, self.working_days)

    @property
    def on_call_times(self) -> OnCallTimes:
        """When whoever is on call hears of an alert again."""
        return OnCallTimes(self.oncall_ladder, self.acknowledged_ask, self.acknowledged_for)

    @property
    def credentials(self) -> Credentials:
        """The application's credentials at Microsoft."""
        secret = self.secret("ms_client_secret")
        return Credentials(self.ms_client_certificate, secret, self.ms_client_secret_expires)

    @property
    def instance_discovery(self) -> bool:
        """Whether the sign-in is Microsoft's own, so that MSAL may ask Microsoft about it."""
        return urlsplit(self.ms_authority).hostname in clouds.MICROSOFT_HOSTS


def about(name: str) -> About:
    """What is said of the setting with this name, in lower case."""
    metadata = Settings.model_fields[name].metadata
    return next(item for item in metadata if isinstance(item, About))


def is_secret(name: str) -> bool:
    """Whether the setting with this name, in lower case, is declared as one that is not shown. Its
    value may be in a file, which NAME_FILE names."""
    field = Settings.model_fields[name]
    return field.repr is False or SecretStr in (field.annotation, *get_args(field.annotation))
