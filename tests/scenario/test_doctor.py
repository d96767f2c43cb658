"""`maildesk check`: one run where all is well, and every kind of wrong setting is named with its
fix."""

import base64
import contextlib
import io
import json
import socket
import sqlite3
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from urllib.parse import parse_qs, urlsplit

import pytest
import trustme
from typer.testing import CliRunner

from bot.app.checkup import Checkup
from bot.app.cli import cli
from bot.common.logs import configure
from bot.common.ways_out import WaysOut
from bot.config.loading import Reading, load, read
from bot.config.settings import Settings
from bot.doctor.connecting import connected
from bot.doctor.findings import Finding, Status
from bot.doctor.mail import MailServers
from bot.doctor.network import Way
from bot.mail.hosts import MailHosts
from tests.support.front import PATIENCE_SECONDS
from tests.support.logging import logging_kept
from tests.support.pem import pem
from tests.support.proxy import proxy
from tests.support.world import ALERTS, DESK, BotWorld

pytestmark = [
    pytest.mark.field,
    pytest.mark.sqlite("many faults are its file's; tests/real/test_doctor.py asks PostgreSQL"),
    # MSAL warns that an authority of many organisations gives an application no token of its own
    pytest.mark.filterwarnings("ignore:Using /common or /organizations:DeprecationWarning"),
]

INFO = "info@acme.example"
GUID = "6c1f0e52-9f1d-4b63-8a3e-0d7f5f3a2b11"
OTHER_KEY = base64.b64encode(b"o" * 32).decode()
Change = dict[str, str]


@dataclass
class Ward:
    """An installation where all is well, and a folder for what a test needs."""

    world: BotWorld
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        port = self.world.url.rpartition(":")[2]
        return self.world.environment | {"PUBLIC_URL": self.world.url, "PORT": port}

    def look(self, **changed: str) -> list[Finding]:
        """What the doctor finds with these settings changed."""
        environment = {k: v for k, v in (self.environment | changed).items() if v}
        return Checkup(read(environment), self.world.clock).run()

    def write(self, name: str, text: str, mode: int = 0o600) -> str:
        file = self.folder / name
        file.write_text(text)
        file.chmod(mode)
        return str(file)


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """A bot that one customer uses: Slack has sent events, and a mailbox is connected."""
    folder = tmp_path_factory.mktemp("ward")
    world = BotWorld(folder)
    (folder / "maildesk.db").chmod(0o600)
    world.set_up()
    world.connect(INFO, "Info")
    world.omar.say(ALERTS, "@Maildesk help")
    world.settle()
    yield Ward(world, folder)
    world.stop()


def bad(findings: list[Finding]) -> dict[str, Finding]:
    """What is not as it should be, by its kind; what was left out because of it is not told."""
    wanted = [each for each in findings if each.status in (Status.WARN, Status.FAIL)]
    return {each.kind: each for each in wanted}


def test_where_all_is_well_the_doctor_finds_nothing(ward: Ward) -> None:
    findings = ward.look()
    assert {each.status for each in findings if each.kind != "manifest-not-compared"} == {
        Status.OK
    }, bad(findings)
    assert {each.check for each in findings} == {
        "settings",
        "files",
        "database",
        "migrations",
        "keys",
        "slack",
        "slack-token",
        "slack-scopes",
        "slack-way-in",
        "slack-channels",
        "slack-customers",
        "slack-manifest",
        "slack-support",
        "slack-events",
        "credential-form",
        "discovery",
        "clock",
        "credential",
        "redirect",
        "imap",
        "smtp",
        "pagerduty-events",
        "alert-webhook",
        "public-url",
    }


def test_a_product_that_is_reached_is_well(ward: Ward) -> None:
    with web(200, "anything") as url:
        product = {"WEBHOOK_URL": url, "WEBHOOK_SECRET": WEBHOOK_SECRET}
        findings = ward.look(**product, WEBHOOK_NETWORKS="127.0.0.0/8")
    assert bad(findings) == {}
    assert "webhook-reached" in {each.kind for each in findings}


def test_a_probe_outside_is_asked_for_our_address_and_believed(ward: Ward) -> None:
    asked: list[str] = []
    with web(200, "# TYPE probe_success gauge\nprobe_success 1\n", asked) as url:
        findings = ward.look(PUBLIC_URL_PROBE=f"{url}/probe?module=http_2xx&target=")
    assert bad(findings) == {} and "outside-ok" in {each.kind for each in findings}
    (query,) = [parse_qs(urlsplit(path).query) for path in asked]
    assert query == {"module": ["http_2xx"], "target": [f"{ward.world.url}/healthz"]}


def test_the_channel_of_a_customer_who_was_offboarded_may_be_gone(ward: Ward) -> None:
    ended = "UPDATE channel SET closed = 'left ended'"
    url = copy_of_the_database(ward, "ended.db", ended)
    with a_customers_channel_was_deleted(ward):
        findings = ward.look(DATABASE_URL=url)
    assert bad(findings) == {}
    assert "customer-channels-none" in {each.kind for each in findings}


def test_whoever_is_told_of_things_is_reached_and_told_nothing(ward: Ward) -> None:
    heard: Queue[bytes] = Queue()
    with listening(lambda connection: heard.put(connection.recv(1000))) as port:
        there = f"http://127.0.0.1:{port}/planted"
        findings = ward.look(
            PAGERDUTY_EVENTS_URL=there, ALERT_WEBHOOK_URL=there, HEARTBEAT_URL=there
        )
        assert [heard.get(timeout=PATIENCE_SECONDS) for _ in range(3)] == [b""] * 3
    reached = {each.check: each.says for each in findings if each.kind == "reached"}
    assert {"pagerduty-events", "alert-webhook", "heartbeat"} < reached.keys(), bad(findings)
    assert reached["heartbeat"] == f"127.0.0.1:{port} is reached, without a proxy."


def test_they_are_reached_by_the_proxy_whose_authority_is_trusted(tmp_path: Path) -> None:
    authority = trustme.CA()
    file = tmp_path / "proxy.pem"
    file.write_bytes(authority.cert_pem.bytes())
    way = Way("HEARTBEAT_URL", "MS_CA_BUNDLE")
    with listening(tls_imap_with(authority, "localhost", b"")) as port, proxy() as between:
        url = f"https://localhost:{port}/planted"
        by = between.url.replace("//", "//desk:planted@")
        (trusted,) = connected(url, WaysOut(by, ca_file=file), way, "heartbeat")
        (strange,) = connected(url, WaysOut(by), way, "heartbeat")
    assert trusted.says == f"localhost:{port} is reached, by the proxy {between.url[7:]}."
    assert strange.kind == "certificate-not-trusted" and "signed by trustme" in strange.says
    assert None not in between.credentials and "planted" not in trusted.says + strange.says


# -- what stands in for wrong servers


@contextmanager
def listening(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that does `answer` with whoever connects; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    answer(server.accept()[0])

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


def greet_without_starttls(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.sendall(b"220 plain.example ESMTP\r\n")
        while connection.recv(1000):
            connection.sendall(b"250-plain.example\r\n250 SIZE 1000\r\n")


def greet_in_clear(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.sendall(b"* OK plain IMAP\r\n")
        connection.recv(1000)
        connection.close()


def tls_imap_with(authority: trustme.CA, name: str, capabilities: bytes) -> Callable[..., None]:
    """An IMAP server with a certificate of this authority, which offers these ways to sign in."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)

    def answer(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            encrypted = context.wrap_socket(connection, server_side=True)
            encrypted.sendall(b"* OK [CAPABILITY IMAP4rev1 " + capabilities + b"] here\r\n")
            while line := encrypted.recv(1000):
                tag = line.split()[0]
                encrypted.sendall(
                    b"* CAPABILITY IMAP4rev1 " + capabilities + b"\r\n" + tag + b" OK done\r\n"
                )

    return answer


@contextmanager
def web(status: int, text: str = "", asked: list[str] | None = None) -> Iterator[str]:
    """A web server that answers everything so; its address. `asked` gets the paths."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if asked is not None:
                asked.append(self.path)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        do_CONNECT = do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def closed_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def copy_of_the_database(ward: Ward, name: str, *statements: str) -> str:
    """A copy of the database in which something was changed; its address."""
    file = ward.folder / name
    source = sqlite3.connect(ward.folder / "maildesk.db")
    with closing(source), closing(sqlite3.connect(file)) as target:
        source.backup(target)
        for statement in statements:
            target.execute(statement)
        target.commit()
    file.chmod(0o600)
    return f"sqlite:///{file}"


# -- kinds of wrong settings: what is wrong, and what the doctor calls it

Wrong = Callable[[Ward], "AbstractContextManager[Change]"]
CASES: list[tuple[str, frozenset[str], Wrong]] = []


def wrong(*kinds: str) -> Callable[[Callable[[Ward], Iterator[Change]]], Wrong]:
    """A case: with what it yields as changed settings, exactly these kinds are found."""

    def keep(make: Callable[[Ward], Iterator[Change]]) -> Wrong:
        case = contextmanager(make)
        CASES.append((make.__name__, frozenset(kinds), case))
        return case

    return keep


@wrong("setting-wrong")
def a_setting_is_missing(ward: Ward) -> Iterator[Change]:
    yield {"SUPPORT_EMAIL": ""}


@wrong("setting-wrong")
def a_setting_is_malformed(ward: Ward) -> Iterator[Change]:
    yield {"NAG_LADDER": "soon"}


@wrong("setting-wrong")
def a_secret_is_given_twice(ward: Ward) -> Iterator[Change]:
    yield {"METRICS_TOKEN": "x" * 16, "METRICS_TOKEN_FILE": ward.write("metrics", "y" * 16)}


@wrong("setting-wrong")
def a_secrets_file_is_not_there(ward: Ward) -> Iterator[Change]:
    yield {"METRICS_TOKEN_FILE": "/nowhere/metrics"}


@wrong("setting-wrong")
def a_webhook_is_not_signed(ward: Ward) -> Iterator[Change]:
    yield {"ALERT_WEBHOOK_SECRET": ""}


@wrong("file-readable")
def everybody_may_read_a_secret(ward: Ward) -> Iterator[Change]:
    yield {"METRICS_TOKEN_FILE": ward.write("open", "y" * 16, 0o644)}


@wrong("database-no-folder")
def the_databases_folder_is_not_there(ward: Ward) -> Iterator[Change]:
    yield {"DATABASE_URL": f"sqlite:///{ward.folder}/nowhere/maildesk.db"}


@wrong("database-not-yet")
def the_database_is_elsewhere(ward: Ward) -> Iterator[Change]:
    yield {"DATABASE_URL": f"sqlite:///{ward.folder}/other.db"}
    assert not (ward.folder / "other.db").exists(), "the doctor creates nothing"


@wrong("database-refuses")
def the_database_is_another_file(ward: Ward) -> Iterator[Change]:
    yield {"DATABASE_URL": f"sqlite:///{ward.write('letter.txt', 'Dear Sir, ' * 100)}"}


@wrong("database-refuses")
def postgresql_does_not_answer(ward: Ward) -> Iterator[Change]:
    yield {"DATABASE_URL": f"postgresql://desk:planted@127.0.0.1:{closed_port()}/desk"}


@wrong("database-readable")
def everybody_may_read_the_database(ward: Ward) -> Iterator[Change]:
    url = copy_of_the_database(ward, "open.db")
    Path(url.removeprefix("sqlite:///")).chmod(0o644)
    yield {"DATABASE_URL": url}


@wrong("database-behind")
def the_tables_are_older(ward: Ward) -> Iterator[Change]:
    back = "UPDATE alembic_version SET version_num = '0012'"
    yield {"DATABASE_URL": copy_of_the_database(ward, "older.db", back)}


@wrong("database-ahead")
def the_tables_are_newer(ward: Ward) -> Iterator[Change]:
    on = "UPDATE alembic_version SET version_num = '9999'"
    yield {"DATABASE_URL": copy_of_the_database(ward, "ahead.db", on)}


@wrong("database-newer")
def the_tables_are_newer_and_want_newer_code(ward: Ward) -> Iterator[Change]:
    on = "UPDATE alembic_version SET version_num = '9999', oldest_code = '9998'"
    yield {"DATABASE_URL": copy_of_the_database(ward, "newer.db", on)}


@wrong("key-missing")
def the_key_is_another_one(ward: Ward) -> Iterator[Change]:
    yield {"ENCRYPTION_KEYS": OTHER_KEY}


@wrong("keys-older")
def nothing_was_sealed_anew(ward: Ward) -> Iterator[Change]:
    yield {"ENCRYPTION_KEYS": f"{OTHER_KEY},{ward.environment['ENCRYPTION_KEYS']}"}


@wrong("slack-token-unknown")
def the_bots_token_is_another_one(ward: Ward) -> Iterator[Change]:
    yield {"SLACK_BOT_TOKEN": "xoxb-of-another-app"}


@wrong("slack-token-ended")
def the_app_was_removed_from_slack(ward: Ward) -> Iterator[Change]:
    ward.world.practice.office.fail_next("auth.test", "account_inactive")
    yield {}


@wrong("slack-token-unknown")
def the_app_token_is_another_one(ward: Ward) -> Iterator[Change]:
    yield {"SLACK_APP_TOKEN": "xapp-of-another-app"}


@wrong("signing-secret-strange")
def the_signing_secret_is_the_verification_token(ward: Ward) -> Iterator[Change]:
    yield {"SLACK_SIGNING_SECRET": "Kq3vB7yHw2LmN9pRtXzC5dFg"}


@wrong("scope-missing")
def the_app_has_the_scopes_of_before(ward: Ward) -> Iterator[Change]:
    office = ward.world.practice.office
    before = set(office.scopes)
    office.scopes -= {"files:read"}
    yield {}
    office.scopes |= before


@wrong("scope-unasked")
def the_app_may_more_than_it_needs(ward: Ward) -> Iterator[Change]:
    office = ward.world.practice.office
    office.scopes.add("users:read.email")
    yield {}
    office.scopes.discard("users:read.email")


@wrong("customer-channel-not-joined")
def the_bot_was_taken_out_of_a_customers_channel(ward: Ward) -> Iterator[Change]:
    office = ward.world.practice.office
    office.channels["C0ACME"].members.discard(office.bot_user)
    yield {}
    office.channels["C0ACME"].members.add(office.bot_user)


@wrong("customer-channel-archived")
def a_customers_channel_is_archived(ward: Ward) -> Iterator[Change]:
    channel = ward.world.practice.office.channels["C0ACME"]
    channel.archived = True
    yield {}
    channel.archived = False


@wrong("customer-channel-unknown")
def a_customers_channel_was_deleted(ward: Ward) -> Iterator[Change]:
    channels = ward.world.practice.office.channels
    gone = channels.pop("C0ACME")
    yield {}
    channels["C0ACME"] = gone


@wrong("channel-unknown")
def the_support_channel_is_a_slip(ward: Ward) -> Iterator[Change]:
    yield {"SUPPORT_CHANNEL": "C0DESC"}


@wrong("channel-not-joined")
def the_bot_was_not_invited(ward: Ward) -> Iterator[Change]:
    office = ward.world.practice.office
    office.channels[ALERTS].members.discard(office.bot_user)
    yield {}
    office.channels[ALERTS].members.add(office.bot_user)


@wrong("channel-archived")
def the_alert_channel_is_archived(ward: Ward) -> Iterator[Change]:
    office = ward.world.practice.office
    office.channels[ALERTS].archived = True
    yield {}
    office.channels[ALERTS].archived = False


@wrong("channel-shared")
def the_support_channel_is_a_customers(ward: Ward) -> Iterator[Change]:
    yield {"SUPPORT_CHANNEL": "C0ACME"}


@wrong("channels-same")
def one_channel_is_both(ward: Ward) -> Iterator[Change]:
    yield {"SUPPORT_CHANNEL": DESK, "ALERT_CHANNEL": DESK}


@wrong("group-unknown")
def the_user_group_is_a_slip(ward: Ward) -> Iterator[Change]:
    yield {"SUPPORT_USERGROUP": "S0NOWHERE"}


@wrong("group-empty")
def nobody_is_on_call(ward: Ward) -> Iterator[Change]:
    ward.world.practice.office.usergroups["S0EMPTY"] = []
    yield {"ONCALL_USERGROUP": "S0EMPTY"}


@wrong("person-unknown")
def a_supporter_is_a_slip(ward: Ward) -> Iterator[Change]:
    yield {"SUPPORT_USERS": "T0LUMEN:U0VERO"}


@wrong("person-elsewhere")
def a_supporter_has_another_workspace(ward: Ward) -> Iterator[Change]:
    yield {"SUPPORT_USERS": "T0ACME:U0VERA"}


@wrong("secret-is-id")
def the_secrets_id_was_copied(ward: Ward) -> Iterator[Change]:
    asked = ward.world.practice.microsoft.grants.requests.total()
    yield {"MS_CLIENT_SECRET": GUID}
    assert ward.world.practice.microsoft.grants.requests.total() == asked, "Microsoft is not asked"


@wrong("secret-is-client-id")
def the_client_id_was_copied(ward: Ward) -> Iterator[Change]:
    yield {"MS_CLIENT_SECRET": ward.environment["MS_CLIENT_ID"]}


@wrong("secret-wrong")
def the_secret_is_not_whole(ward: Ward) -> Iterator[Change]:
    yield {"MS_CLIENT_SECRET": ward.environment["MS_CLIENT_SECRET"][:-1]}


@wrong("secret-expired")
def the_secret_has_expired(ward: Ward) -> Iterator[Change]:
    app = ward.world.practice.world.app
    before = set(app.client_secrets)
    app.client_secrets.clear()
    yield {"MS_CLIENT_SECRET": next(iter(before))}
    app.client_secrets |= before


@wrong("credential-ended")
def the_secrets_last_day_is_over(ward: Ward) -> Iterator[Change]:
    yield {"MS_CLIENT_SECRET_EXPIRES": "2026-01-31"}


@wrong("application-unknown")
def the_client_id_is_another_one(ward: Ward) -> Iterator[Change]:
    yield {"MS_CLIENT_ID": GUID}


@wrong("certificate-not-registered")
def the_certificate_was_not_uploaded(ward: Ward) -> Iterator[Change]:
    file = pem(ward.folder, "app.pem", days=90)
    file.chmod(0o600)
    yield {"MS_CLIENT_SECRET": "", "MS_CLIENT_CERTIFICATE": str(file)}


@wrong("credential-unusable")
def the_certificate_has_no_key(ward: Ward) -> Iterator[Change]:
    yield {"MS_CLIENT_SECRET": "", "MS_CLIENT_CERTIFICATE": ward.write("half.pem", "no key")}


@wrong("redirect-not-registered")
def an_address_is_not_registered(ward: Ward) -> Iterator[Change]:
    app = ward.world.practice.world.app
    address = f"{ward.world.url}/consent/callback"
    app.redirect_uris.discard(address)
    yield {}
    app.redirect_uris.add(address)


@wrong("authority-wrong")
def the_authority_is_a_slip(ward: Ward) -> Iterator[Change]:
    yield {"MS_AUTHORITY": ward.environment["MS_AUTHORITY"].replace("organi", "organni")}


@wrong("certificate-not-trusted")
def something_looks_into_tls(ward: Ward) -> Iterator[Change]:
    yield {"MS_CA_BUNDLE": ""}


@wrong("clock-wrong")
def the_clock_is_wrong(ward: Ward) -> Iterator[Change]:
    ward.world.practice.world.clock_ahead = 1200
    yield {}
    ward.world.practice.world.clock_ahead = 0


@wrong("proxy-unreachable")
def the_proxy_is_not_there(ward: Ward) -> Iterator[Change]:
    yield {"HTTPS_PROXY": f"http://desk:planted@127.0.0.1:{closed_port()}"}


@wrong("proxy-wants-password")
def the_proxy_wants_a_password(ward: Ward) -> Iterator[Change]:
    with web(407) as url:
        yield {"HTTPS_PROXY": url}


@wrong("host-unknown")
def the_imap_host_is_a_slip(ward: Ward) -> Iterator[Change]:
    yield {"IMAP_HOST": "outlook.ofice365.invalid"}


@wrong("host-refuses")
def nobody_listens_at_the_imap_port(ward: Ward) -> Iterator[Change]:
    yield {"IMAP_PORT": str(closed_port())}


@wrong("imap-port-without-tls")
def the_imap_port_is_one_without_tls(ward: Ward) -> Iterator[Change]:
    with listening(greet_in_clear) as port:
        yield {"IMAP_PORT": str(port)}


@wrong("xoauth2-missing")
def the_imap_server_takes_no_oauth(ward: Ward) -> Iterator[Change]:
    authority = trustme.CA()
    file = ward.write("mail.pem", authority.cert_pem.bytes().decode())
    with listening(tls_imap_with(authority, "localhost", b"AUTH=PLAIN")) as port:
        yield {"IMAP_PORT": str(port), "MAIL_CA_BUNDLE": file, "SMTP_HOST": "smtp.invalid"}


@wrong("certificate-of-another")
def the_imap_certificate_is_of_another_name(ward: Ward) -> Iterator[Change]:
    authority = trustme.CA()
    file = ward.write("other.pem", authority.cert_pem.bytes().decode())
    with listening(tls_imap_with(authority, "mail.example", b"AUTH=XOAUTH2")) as port:
        yield {"IMAP_PORT": str(port), "MAIL_CA_BUNDLE": file, "SMTP_HOST": "smtp.invalid"}


@wrong("starttls-missing")
def something_takes_starttls_out(ward: Ward) -> Iterator[Change]:
    with listening(greet_without_starttls) as port:
        yield {"SMTP_PORT": str(port)}


@wrong("certificate-not-trusted")
def the_mail_hosts_are_not_trusted(ward: Ward) -> Iterator[Change]:
    yield {"MAIL_CA_BUNDLE": ""}


@wrong("public-url-of-another")
def another_site_is_at_our_address(ward: Ward) -> Iterator[Change]:
    with web(200, "Welcome") as url:
        ward.world.practice.world.app.redirect_uris |= {
            f"{url}/oauth/callback",
            f"{url}/consent/callback",
        }
        yield {"PUBLIC_URL": url}


@wrong("host-refuses")
def our_address_leads_nowhere(ward: Ward) -> Iterator[Change]:
    url = f"http://127.0.0.1:{closed_port()}"
    ward.world.practice.world.app.redirect_uris |= {
        f"{url}/oauth/callback",
        f"{url}/consent/callback",
    }
    yield {"PUBLIC_URL": url}


@wrong("host-refuses")
def nobody_listens_where_pagerduty_takes_events(ward: Ward) -> Iterator[Change]:
    yield {"PAGERDUTY_EVENTS_URL": f"http://127.0.0.1:{closed_port()}/v2/enqueue"}


@wrong("certificate-not-trusted")
def something_looks_into_the_way_of_alerts(ward: Ward) -> Iterator[Change]:
    with listening(tls_imap_with(trustme.CA(), "localhost", b"")) as port:
        yield {"ALERT_WEBHOOK_URL": f"https://localhost:{port}/planted"}


@wrong("host-unknown")
def the_dead_mans_switch_is_a_slip(ward: Ward) -> Iterator[Change]:
    yield {"HEARTBEAT_URL": "https://switch.invalid/planted"}


@wrong("host-speaks-no-tls")
def the_dead_mans_switch_is_asked_at_a_port_without_tls(ward: Ward) -> Iterator[Change]:
    with web(200) as url:
        yield {"HEARTBEAT_URL": f"{url.replace('http:', 'https:')}/planted"}


@wrong("outside-not-reached")
def only_this_machine_reaches_our_address(ward: Ward) -> Iterator[Change]:
    with web(200, "probe_http_status_code 502\nprobe_success 0\n") as url:
        yield {"PUBLIC_URL_PROBE": f"{url}/probe?token=planted&target="}


@wrong("outside-not-told")
def the_probe_does_not_know_what_it_is_asked(ward: Ward) -> Iterator[Change]:
    with web(400, "Unknown module") as url:
        yield {"PUBLIC_URL_PROBE": f"{url}/probe?token=planted&target="}


@wrong("host-refuses")
def the_probe_is_not_there(ward: Ward) -> Iterator[Change]:
    yield {"PUBLIC_URL_PROBE": f"http://127.0.0.1:{closed_port()}/probe?token=planted&target="}


WEBHOOK_SECRET = f"whsec_{OTHER_KEY}"


@wrong("webhook-not-allowed")
def the_product_is_in_no_public_network(ward: Ward) -> Iterator[Change]:
    yield {"WEBHOOK_URL": "https://127.0.0.1/planted", "WEBHOOK_SECRET": WEBHOOK_SECRET}


@wrong("webhook-unreached")
def the_product_does_not_run(ward: Ward) -> Iterator[Change]:
    yield {
        "WEBHOOK_URL": f"http://127.0.0.1:{closed_port()}/planted",
        "WEBHOOK_SECRET": WEBHOOK_SECRET,
        "WEBHOOK_NETWORKS": "127.0.0.0/8",
    }


ALSO = {
    "the_imap_server_takes_no_oauth": {"host-unknown"},
    "the_imap_certificate_is_of_another_name": {"host-unknown"},
}
"""What else is wrong in a case, on purpose."""


@pytest.mark.parametrize(("name", "kinds", "case"), CASES, ids=[name for name, _, _ in CASES])
def test_what_is_wrong_is_named_with_its_fix(
    ward: Ward, name: str, kinds: frozenset[str], case: Wrong
) -> None:
    with case(ward) as changed:
        findings = ward.look(**changed)
    found = bad(findings)
    assert found.keys() == kinds | ALSO.get(name, set()), findings
    for finding in found.values():
        assert finding.fix and "{" not in finding.says + finding.fix
        assert "planted" not in finding.says + finding.fix
    left_out = [each for each in findings if each.status is Status.SKIPPED]
    assert all(each.says for each in left_out)


def test_there_are_at_least_25_kinds_of_them() -> None:
    assert len(CASES) >= 25


def test_who_signed_a_certificate_is_named(ward: Ward) -> None:
    (finding,) = bad(ward.look(MAIL_CA_BUNDLE="")).values()
    assert "signed by trustme" in finding.says
    assert "MAIL_CA_BUNDLE" in finding.fix


def test_a_port_of_tls_alone_is_told_apart_from_silence(ward: Ward) -> None:
    """465 cannot be taken on every machine, so the check is told that the port is this one."""
    held: list[socket.socket] = []
    with listening(held.append) as port:
        hosts = MailHosts("localhost", port, "localhost", port, connect_timeout=0.3)
        server = MailServers(hosts)
        assert [each.kind for each in server.smtp()] == ["host-silent"]
        assert [each.kind for each in MailServers(hosts, smtps=port).smtp()] == ["smtp-port-of-tls"]


# -- the command


def check(ward: Ward, *arguments: str, **changed: str) -> tuple[int, str]:
    """`maildesk check` in the ward's folder: its exit status and what it prints."""
    environment = dict.fromkeys(Settings.model_fields, "") | ward.environment | changed
    with logging_kept(), contextlib.chdir(ward.folder):
        done = CliRunner().invoke(cli, ["check", *arguments], env=environment)
    return done.exit_code, done.output


def test_the_command_prints_a_table_and_its_status_says_whether_anything_fails(
    ward: Ward,
) -> None:
    status, text = check(ward)
    assert status == 0
    assert "fail: 0" in text and "slack-token" in text
    status, text = check(ward, MS_CLIENT_SECRET=GUID)
    assert status == 1
    assert "is the ID of a secret, not its value" in " ".join(text.replace("│", " ").split())
    assert "Fix: The value is shown once only" in " ".join(text.replace("│", " ").split())


def test_the_command_prints_json_for_programs(ward: Ward) -> None:
    status, text = check(ward, "--json", ALERT_CHANNEL="C0NOWHERE")
    assert status == 1
    (finding,) = [each for each in json.loads(text) if each["status"] == "fail"]
    assert finding["kind"] == "channel-unknown"
    assert finding["check"] == "slack-channels"
    assert finding.keys() == {"check", "kind", "status", "says", "fix"}


@pytest.mark.redaction
def test_nothing_secret_is_printed(ward: Ward) -> None:
    secrets = {
        "METRICS_TOKEN": "planted-metrics-token",
        "SLACK_APP_TOKEN": "xapp-planted",
        "HTTPS_PROXY": f"http://desk:planted@127.0.0.1:{closed_port()}",
        "DATABASE_URL": f"postgresql://desk:planted@127.0.0.1:{closed_port()}/desk",
        "MS_CLIENT_SECRET": "planted-client-secret",
        "MAIL_CA_BUNDLE": "",
    }
    settings = load({k: v for k, v in (ward.environment | secrets).items() if v})
    kept = [settings.slack_bot_token, settings.slack_signing_secret, settings.alert_webhook_secret]
    kept += [*settings.encryption_keys, settings.pagerduty_routing_key]
    for arguments in ((), ("--json",)):
        _, text = check(ward, *arguments, **secrets)
        assert "planted" not in text
        assert not [each for each in kept if each.get_secret_value() in text]


def test_the_env_file_of_the_folder_is_looked_at_too(ward: Ward) -> None:
    file = ward.folder / ".env"
    try:
        ward.write(".env", "SUPPORT_EMIAL=desk@lumen.example\n", 0o644)
        _, text = check(ward, "--json")
        found = {each["kind"]: each for each in json.loads(text)}
        assert "SUPPORT_EMIAL" in found["env-name-unknown"]["says"]
        assert "SUPPORT_EMAIL?" in found["env-name-unknown"]["fix"]
        assert ".env" in found["file-readable"]["says"]
        assert json.loads(check(ward, "--json", "--no-env-file")[1])[0]["kind"] == "settings-ok"
        ward.write(".env", "SUPPORT_EMAIL: desk@lumen.example\n")
        status, text = check(ward, "--json")
        kinds = [each["kind"] for each in json.loads(text)]
        assert status == 1 and kinds[0] == "env-file-broken"
        assert "smtp" in {each["check"] for each in json.loads(text)}, "the rest is looked at"
    finally:
        file.unlink()


def test_a_bot_that_starts_logs_the_gravest_of_it_and_starts(ward: Ward) -> None:
    said = io.StringIO()
    with logging_kept(), the_key_is_another_one(ward) as changed:
        configure("INFO", said)
        settings = load(ward.environment | changed | {"MS_CLIENT_SECRET": GUID})
        Checkup(Reading(settings), ward.world.clock).tell_gravest()
    lines = [line for line in said.getvalue().splitlines() if "check.found" in line]
    assert len(lines) == len([line for line in lines if "fix=" in line]) >= 2
    assert any("ENCRYPTION_KEYS does not open" in line for line in lines)
    assert any("is the ID of a secret" in line for line in lines)
