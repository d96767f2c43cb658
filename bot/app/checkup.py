"""The doctor's checks, of what this installation's settings name."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from bot.accounts.customers import ENDED
from bot.api.posting import HttpWebhooks
from bot.app.key_rotation import SEALED_FOR
from bot.app.maildesk import mail_hosts, microsoft, slack_api, ways_out
from bot.common.clock import Clock
from bot.config.loading import Reading
from bot.config.settings import Settings, about
from bot.doctor import files, keys, product, slack, ways
from bot.doctor.connecting import connected
from bot.doctor.database import Database
from bot.doctor.examination import Check, Look, examine
from bot.doctor.findings import Finding, Status, found
from bot.doctor.mail import MailServers
from bot.doctor.microsoft import Application
from bot.doctor.network import Way
from bot.doctor.slack import Bound, SlackApp
from bot.doctor.ways import PublicAddress
from bot.messages.events import Events
from bot.microsoft.client import Microsoft, MicrosoftUnreachable
from bot.microsoft.probing import SignInProbe
from handlers.slack import clients
from handlers.slack.installed import InstalledApp
from storage import rotation
from storage.cipher import Cipher
from storage.database import Store, connect
from storage.migrate import standing

log = structlog.get_logger(__name__)

TENANTS = 2
"""In so many customers' organisations the application is looked for."""

SLACK_SECONDS = 8
MAIL_SECONDS = 8.0
MAIL_DEADLINE_SECONDS = 15.0
SLACK_WAY = Way("SLACK_API_URL", "MS_CA_BUNDLE")


@dataclass(frozen=True)
class Checkup:
    """Everything that is looked at.

    Attributes:
        reading: the settings, and what is wrong with them.
        env_file: the env file that was read, with the names that it gives; None where none was.
    """

    reading: Reading
    clock: Clock
    env_file: Path | None = None
    env_names: Sequence[str] = ()

    def run(self) -> list[Finding]:
        """Look at everything. Takes as long as the slowest of it."""
        return examine(self.checks(), self.reading.wrong)

    def run_at_start(self) -> list[Finding]:
        """Look at what a bot that starts cannot do without."""
        at_start = [check for check in self.checks() if check.at_start]
        return examine(at_start, self.reading.wrong)

    def tell_gravest(self) -> None:
        """Log what a bot that starts has to be told of, one line each. Takes seconds."""
        for finding in self.run_at_start():
            match finding.status:
                case Status.FAIL:
                    tell = log.error
                case Status.WARN:
                    tell = log.warning
                case Status.OK | Status.SKIPPED:
                    continue
            tell("check.found", check=finding.check, says=finding.says, fix=finding.fix)

    def checks(self) -> list[Check]:
        """Every check, those that others build on before them."""
        return [*self._own(), *self._slack(), *self._microsoft(), *self._others()]

    def _own(self) -> Iterator[Check]:
        base = self._database
        url = frozenset({"database_url"})
        yield Check("settings", self._settings)
        yield Check("files", lambda: files.secrets(self._secret_files()), at_start=True)
        yield Check("database", base.look, url, at_start=True)
        yield Check("migrations", base.migrations, url, "database", at_start=True)
        keys = url | {"encryption_keys"}
        yield Check("keys", lambda: self._kept(self._keys, "keys"), keys, "migrations", True)

    def _slack(self) -> Iterator[Check]:
        api = frozenset({"slack_api_url", "https_proxy", "no_proxy", "ms_ca_bundle"})
        token = api | {"slack_bot_token"}
        channels = token | {"support_channel", "alert_channel"}
        support = token | {"support_usergroup", "support_users", "oncall_usergroup"}
        way_in = api | {"slack_app_token", "slack_signing_secret"}
        settings = self.reading.settings
        yield Check("slack", self._reach_slack, api, at_start=True)
        yield Check("slack-token", lambda: self._app.token(), token, "slack", at_start=True)
        yield Check(
            "slack-scopes", lambda: self._app.wanted_scopes(), token, "slack-token", at_start=True
        )
        socket_mode = bool(settings.slack_app_token.get_secret_value())
        yield Check("slack-way-in", lambda: self._app.way_in(socket_mode), way_in, "slack")
        yield Check("slack-channels", lambda: self._app.own_channels(), channels, "slack-token")
        bound = token | {"database_url"}
        yield Check(
            "slack-customers",
            lambda: self._kept(self._customers_channels, "slack-customers"),
            bound,
            "slack-token",
        )
        yield Check("slack-manifest", lambda: self._app.manifest(), token, "slack-token")
        yield Check("slack-support", lambda: self._app.support(), support, "slack-token")
        kept = frozenset({"database_url"})
        yield Check(
            "slack-events",
            lambda: self._kept(self._events, "slack-events"),
            kept,
            "migrations",
        )

    def _microsoft(self) -> Iterator[Check]:
        sign_in = frozenset({"ms_authority", "ms_cloud", "ms_ca_bundle", "https_proxy"})
        credential = frozenset(
            {"ms_client_secret", "ms_client_certificate", "ms_client_secret_expires"}
        )
        application = sign_in | {"ms_client_id"}
        given = credential | {"ms_client_id"}
        yield Check("credential-form", lambda: self._application.forms(), given, at_start=True)
        yield Check("discovery", lambda: self._application.discovery(), sign_in, at_start=True)
        yield Check("clock", lambda: self._application.clock(), sign_in, "discovery")
        asked = application | credential
        yield Check("credential", lambda: self._application.accepted(), asked, "discovery")
        asked = application | {"public_url"}
        yield Check("redirect", lambda: self._application.redirects(), asked, "discovery")

    def _others(self) -> Iterator[Check]:
        imap = frozenset({"imap_host", "imap_port", "mail_ca_bundle"})
        smtp = frozenset({"smtp_host", "smtp_port", "mail_ca_bundle"})
        yield Check("imap", lambda: self._mail.imap(), imap)
        yield Check("smtp", lambda: self._mail.smtp(), smtp)
        if self.reading.settings.webhook_url.get_secret_value():
            there = frozenset({"webhook_url", "webhook_networks", "https_proxy", "no_proxy"})
            yield Check("webhook", self._webhook, there)
        yield from self._told()
        yield Check("public-url", self._public_url, frozenset({"public_url", "port"}))
        if self.reading.settings.public_url_probe.get_secret_value():
            there = frozenset({"public_url", "public_url_probe", "https_proxy", "no_proxy"})
            yield Check("public-url-outside", self._from_outside, there)

    def _told(self) -> Iterator[Check]:
        """Whoever the settings say is told of incidents, and that the bot lives."""
        settings = self.reading.settings
        pagerduty = settings.pagerduty_routing_key.get_secret_value()
        urls = {
            "pagerduty_events_url": settings.pagerduty_events_url if pagerduty else "",
            "alert_webhook_url": settings.alert_webhook_url.get_secret_value(),
            "heartbeat_url": settings.heartbeat_url.get_secret_value(),
        }
        for name, url in urls.items():
            if url:
                there = frozenset({name, "https_proxy", "no_proxy", "ms_ca_bundle"})
                check = name.removesuffix("_url").replace("_", "-")
                yield Check(check, self._connection(url, name, check), there)

    def _connection(self, url: str, name: str, check: str) -> Look:
        way = Way(name.upper(), "MS_CA_BUNDLE")
        return lambda: connected(url, ways_out(self.reading.settings), way, check)

    def _settings(self) -> Iterator[Finding]:
        where = f"the environment and {self.env_file}" if self.env_file else "the environment"
        problems = [(each.text, about(each.name).text) for each in self.reading.problems]
        yield from files.settings(problems, where)
        if self.env_file is not None:
            known = [name.upper() for name in Settings.model_fields]
            known += [f"{name}_FILE" for name in known]
            yield from files.unknown_names(self.env_file, self.env_names, known)

    def _secret_files(self) -> Mapping[str, Path]:
        settings = self.reading.settings
        found = {name.upper(): file for name, file in settings.files.items()}
        found |= {f"the key of {file.name}": file for file in settings.ms_client_certificate}
        return found | ({"settings": self.env_file} if self.env_file else {})

    @cached_property
    def _database(self) -> Database:
        url = self.reading.settings.database_url
        return Database(url, lambda: self._store, lambda: standing(self._store.engine))

    @cached_property
    def _store(self) -> Store:
        return Store(connect(self.reading.settings.database_url))

    def _kept(self, look: Look, check: str) -> Iterable[Finding]:
        """What is found in the database, where it has the tables of this version."""
        if self._database.is_ready():
            return look()
        return [found("skipped", check, reason="the database is not of this version yet")]

    def _keys(self) -> Iterable[Finding]:
        samples = rotation.samples(self._store, SEALED_FOR)
        return keys.keys(Cipher(self.reading.settings.keys), samples)

    def _customers_channels(self) -> Iterable[Finding]:
        """Of the channels where something is to be posted; those first that were bound last, for
        of the others the bot has heard most likely."""
        with self._store.reading() as tx:
            bound = [each for each in tx.channels.all() if ENDED not in each[0].closed.split()]
            bound.sort(key=lambda each: each[0].bound_at, reverse=True)
            channels = [Bound(channel.id, customer.name) for channel, customer in bound]
        return self._app.customers_channels(channels)

    def _events(self) -> Iterable[Finding]:
        return slack.events(Events(self._store, self.clock).came())

    def _reach_slack(self) -> Iterable[Finding]:
        settings = self.reading.settings
        url = f"{settings.slack_api_url}/api.test"
        return ways.reached(url, ways_out(settings), SLACK_WAY, "slack")

    @cached_property
    def _app(self) -> SlackApp:
        settings = self.reading.settings
        client = clients.background(*slack_api(settings), ways_out(settings))
        client.retry_handlers = []
        client.timeout = SLACK_SECONDS
        groups = {
            "SUPPORT_USERGROUP": settings.support_usergroup,
            "ONCALL_USERGROUP": settings.oncall_usergroup,
        }
        return SlackApp(
            InstalledApp(client, settings.slack_app_token.get_secret_value()),
            settings.slack_signing_secret.get_secret_value(),
            {"SUPPORT_CHANNEL": settings.support_channel, "ALERT_CHANNEL": settings.alert_channel},
            {setting: group for setting, group in groups.items() if group},
            settings.support_users,
        )

    @cached_property
    def _sign_in(self) -> Microsoft:
        return microsoft(self.reading.settings)

    @cached_property
    def _application(self) -> Application:
        settings = self.reading.settings
        return Application(
            authority=settings.ms_authority,
            client_id=settings.ms_client_id,
            public_url=settings.public_url,
            credentials=settings.credentials,
            sign_in=SignInProbe(self._sign_in),
            tenants=self._tenants,
            home=self._home,
            clock_ahead=self._sign_in.look_at_clock,
            today=self.clock.now().date(),
        )

    def _tenants(self) -> Sequence[str]:
        if "database_url" in self.reading.wrong or not self._database.is_ready():
            return []
        with self._store.reading() as tx:
            return tx.grants.tenants(TENANTS)

    def _home(self) -> str:
        domain = self.reading.settings.support_email.rpartition("@")[2]
        try:
            return self._sign_in.tenant_of(domain)
        except MicrosoftUnreachable:
            return ""

    @cached_property
    def _mail(self) -> MailServers:
        hosts = mail_hosts(self.reading.settings)
        return MailServers(
            replace(
                hosts,
                connect_timeout=MAIL_SECONDS,
                read_timeout=MAIL_SECONDS,
                deadline=MAIL_DEADLINE_SECONDS,
            )
        )

    def _webhook(self) -> Iterable[Finding]:
        settings = self.reading.settings
        url = settings.webhook_url.get_secret_value()
        way = HttpWebhooks(url, ways_out(settings), settings.webhook_networks)
        return product.webhook(str(urlsplit(url).hostname), way)

    def _public_url(self) -> Iterable[Finding]:
        settings = self.reading.settings
        address = (settings.public_url, settings.bind_address, settings.port)
        return PublicAddress(*address, ways_out(settings)).look()

    def _from_outside(self) -> Iterable[Finding]:
        settings = self.reading.settings
        probe = settings.public_url_probe.get_secret_value()
        return ways.from_outside(probe, settings.public_url, ways_out(settings))
