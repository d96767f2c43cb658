"""Settings: what a right environment means, and the one line that a wrong one ends with."""

import base64
import os
import re
import subprocess
import sys
from datetime import time, timedelta
from pathlib import Path

import pytest

from bot.common.people import Person
from bot.config import document
from bot.config.loading import SettingsError, load
from bot.config.settings import Settings

TOP = Path(__file__).parents[2]
KEY = base64.b64encode(b"k" * 32).decode()
WEBHOOK_KEY = f"whsec_{KEY}"
RIGHT = {
    "ENCRYPTION_KEYS": KEY,
    "PUBLIC_URL": "https://maildesk.example/",
    "SLACK_BOT_TOKEN": "xoxb-planted-bot",
    "SLACK_SIGNING_SECRET": "planted-signing",
    "SUPPORT_USERS": "T1:U1, T2:U2",
    "SUPPORT_CHANNEL": "C0DESK",
    "ALERT_CHANNEL": "C0ALERTS",
    "SUPPORT_EMAIL": "support@maildesk.example",
    "MS_CLIENT_ID": "11111111-2222-4333-8444-555555555555",
    "MS_CLIENT_SECRET": "planted-client",
}
SECRETS = (KEY, "planted-bot", "planted-signing", "planted-client")
WRONG = {
    "API_CALLS_PER_MINUTE": ("0", "many"),
    "TOKENS_PER_HOUR": ("0", "1.5", "many"),
    "TRUSTED_PROXIES": ("proxy.example", "10.0.0.1/8", "10.0.0.1 10.0.0.2"),
    "CANARY_ACCOUNT": ("MX-7Q3F-9K2D", "MB-7Q3F", "canary@lumen.example"),
    "DATABASE_URL": (
        "mysql://h/d",
        "postgresql://u:planted-pass@h:port/d",
        "postgresql://u:planted-pass@h",
        "postgresql://u:planted-pass@h/d?sslmode=prefer",
        "postgresql://u:planted-pass@h/d?sslmode=REQUIRE",
    ),
    "ENCRYPTION_KEYS": (
        " , ",
        "planted-not-base64",
        base64.b64encode(b"planted-too-short").decode(),
        f"{KEY},short",
    ),
    "PUBLIC_URL": (
        "maildesk.example",
        "http://maildesk.example",
        "ftp://maildesk.example",
        "https://maildesk.example?x=1",
        "https://maildesk.example/#top",
        "https://u:planted-pass@maildesk.example",
        "https://maildesk.example:port",
        "https://☃☃..example",
    ),
    "PORT": ("0", "65536", "http"),
    "BIND_ADDRESS": ("everywhere", "127.0.0.1:80", "127.0.0.256"),
    "METRICS_TOKEN": ("planted-short",),
    "SLACK_BOT_TOKEN": ("xoxp-planted-user",),
    "SLACK_APP_TOKEN": ("xoxb-planted-bot",),
    "SLACK_API_URL": ("http://slack.example",),
    "SUPPORT_USERGROUP": ("support",),
    "SUPPORT_USERS": ("U1", "T1:U1 T2:U2", "T1:"),
    "SUPPORT_CHANNEL": ("#services", "U0123"),
    "ALERT_CHANNEL": ("alerts",),
    "SUPPORT_EMAIL": ("support", "mailto:a@desk.example", "a@desk.example,b@desk.example"),
    "MS_CLIENT_ID": ("planted-client",),
    "MS_CLIENT_CERTIFICATE": ("/nowhere/key.pem", "/dev/null,/nowhere/key.pem"),
    "MS_CLIENT_SECRET_EXPIRES": ("soon", "31.05.2027", "2027-05-31,"),
    "MS_CLOUD": ("germany", "Worldwide"),
    "MS_APP_NAME": ("x" * 121,),
    "VENDOR_NAME": ("x" * 61,),
    "MS_AUTHORITY": (
        "http://localhost/organizations",
        "https://login.microsoftonline.com",
        "organizations",
    ),
    "MS_CA_BUNDLE": ("/nowhere/ca.pem",),
    "HTTPS_PROXY": ("proxy.example:3128", "socks5://proxy.example", "http://u:planted@h:port"),
    "PAGERDUTY_ROUTING_KEY": ("planted-key", "é" * 32, "f" * 33),
    "PAGERDUTY_EVENTS_URL": ("http://events.example/v2/enqueue", "https://events.example/?x=1"),
    "PAGERDUTY_WEBHOOK_SECRET": ("planted-short",),
    "WEBHOOK_URL": (
        "crm.example",
        "http://crm.example/planted-token",
        "https://crm.example/#planted",
    ),
    "WEBHOOK_SECRET": (
        "planted-secret",
        "whsec_planted",
        f"{WEBHOOK_KEY},whsec_short",
        f"{WEBHOOK_KEY},{WEBHOOK_KEY},{WEBHOOK_KEY}",
    ),
    "WEBHOOK_NETWORKS": ("10.0.0.1/8", "everywhere", "10.0.0.0/33"),
    "ALERT_WEBHOOK_URL": (
        "http://alerts.example/planted",
        "https://u:planted@alerts.example",
        "https://alerts.example/planted#top",
        "https://alerts.example/?token=planted#top",
    ),
    "ALERT_WEBHOOK_SECRET": ("planted", "whsec_cGxhbnRlZA==", f"whsec_{'Zm9v' * 22}", KEY),
    "HEARTBEAT_URL": ("http://switch.example/planted", "switch.example"),
    "PUBLIC_URL_PROBE": (
        "https://probe.example/planted",
        "https://probe.example/?token=planted&target",
        "http://probe.example/?target=",
    ),
    "IMAP_HOST": ("https://mail.example", "mail.example:993", "u:planted@mail.example", "a b"),
    "IMAP_PORT": ("imaps",),
    "SMTP_HOST": ("smtp://mail.example", "mail.example:587", "mail.example/x", "."),
    "SMTP_PORT": ("-1",),
    "MAIL_CA_BUNDLE": ("/nowhere/ca.pem",),
    "ONCALL_USERGROUP": ("oncall",),
    "ONCALL_LADDER": ("soon", "45m,15m", "15m,15m"),
    "ACKNOWLEDGED_ASK": ("soon", "0h", "2 fortnights"),
    "ACKNOWLEDGED_FOR": ("soon", "0h", "8"),
    "KEEP_EVIDENCE": ("soon", "0d"),
    "KEEP_AUDIT": ("soon", "364d"),
    "NAG_LADDER": ("soon", "4h,1h", "4h,4h", "0h", "four hours"),
    "WORKING_HOURS": ("9-17", "17:00-09:00", "09:00-25:00"),
    "WORKING_DAYS": ("Mon-Fri", "0", "12345678"),
    "TIMEZONE": ("Berlin", "../etc/passwd"),
    "LOG_LEVEL": ("chatty",),
    "LOG_FORMAT": ("xml", "JSON"),
    "ACCOUNTS_PER_WORKER": ("-1", "1001", "five"),
    "WORKER_THREADS": ("2", "65", "eight"),
}


def test_a_right_environment_is_understood() -> None:
    settings = load(
        RIGHT
        | {
            "NAG_LADDER": "30m,4h,1d,1w",
            "WORKING_HOURS": "08:30-16:00",
            "TIMEZONE": "Europe/Berlin",
        }
    )
    assert settings.public_url == "https://maildesk.example"
    assert settings.keys == (b"k" * 32,)
    assert settings.support_users == (Person("T1", "U1"), Person("T2", "U2"))
    hours, days = timedelta(hours=1), timedelta(days=1)
    assert settings.nag_ladder == (hours / 2, 4 * hours, days, 7 * days)
    assert settings.working_hours == (time(8, 30), time(16, 0))
    assert settings.timezone.key == "Europe/Berlin"


def test_what_is_not_set_has_the_default_of_the_design() -> None:
    settings = load(RIGHT)
    assert settings.database_url == "sqlite:///maildesk.db"
    assert settings.port == 3000
    assert settings.ms_authority == "https://login.microsoftonline.com/organizations"
    assert (settings.imap_host, settings.imap_port) == ("outlook.office365.com", 993)
    assert (settings.smtp_host, settings.smtp_port) == ("smtp.office365.com", 587)
    assert settings.nag_ladder == tuple(timedelta(hours=hours) for hours in (4, 24, 72, 168))


def test_blank_is_as_good_as_missing_and_spaces_around_a_value_do_not_count() -> None:
    assert load(RIGHT | {"PORT": " ", "LOG_LEVEL": " DEBUG\n"}).port == 3000
    assert load(RIGHT | {"LOG_LEVEL": " DEBUG\n"}).log_level == "DEBUG"
    with pytest.raises(SettingsError, match=r"^SLACK_BOT_TOKEN is missing$"):
        load(RIGHT | {"SLACK_BOT_TOKEN": "  "})


def test_what_is_posted_to_a_webhook_is_signed() -> None:
    address = {"ALERT_WEBHOOK_URL": "https://alerts.example/in?token=planted"}
    assert refusal(RIGHT | address) == (
        "ALERT_WEBHOOK_SECRET is missing (ALERT_WEBHOOK_URL needs it)"
    )
    settings = load(RIGHT | address | {"ALERT_WEBHOOK_SECRET": f"whsec_{KEY}"})
    assert settings.alert_webhook_url.get_secret_value() == address["ALERT_WEBHOOK_URL"]
    assert "planted" not in repr(settings)


def test_plain_http_is_for_this_machine_only() -> None:
    assert (
        load(RIGHT | {"PUBLIC_URL": "http://127.0.0.1:3000"}).public_url == "http://127.0.0.1:3000"
    )


@pytest.mark.parametrize("name", sorted(RIGHT))
def test_a_missing_value_is_one_line_that_names_it(name: str) -> None:
    expected = {"SUPPORT_USERS": "SUPPORT_USERGROUP"}.get(name, name)
    said = refusal({key: value for key, value in RIGHT.items() if key != name})
    assert said.startswith(f"{expected} is missing")


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_a_malformed_value_is_one_line_that_names_it_and_never_shows_a_secret(
    name: str, value: str
) -> None:
    said = refusal(RIGHT | {name: value})
    assert said.startswith(f"{name} is malformed: ")
    assert "planted" not in said


def test_every_setting_that_can_be_malformed_is_tried_here() -> None:
    free_text = {"MS_CLIENT_SECRET", "SLACK_SIGNING_SECRET", "NO_PROXY"}
    assert {name.upper() for name in Settings.model_fields} == WRONG.keys() | free_text


def test_the_first_of_several_faults_is_named_and_the_others_are_counted() -> None:
    assert refusal({}).startswith("ENCRYPTION_KEYS is missing (")
    assert re.search(
        r"\(2 more wrong\)$", refusal(RIGHT | {"PORT": "x", "LOG_LEVEL": "x", "IMAP_PORT": "x"})
    )


def test_socket_mode_needs_no_signing_secret_and_a_certificate_no_client_secret(
    tmp_path: Path,
) -> None:
    pem = tmp_path / "app.pem"
    pem.write_text("key and certificate")
    other = {"SLACK_APP_TOKEN": "xapp-1", "MS_CLIENT_CERTIFICATE": str(pem)}
    left = {
        name: value
        for name, value in RIGHT.items()
        if name not in ("SLACK_SIGNING_SECRET", "MS_CLIENT_SECRET")
    }
    assert load(left | other).ms_client_certificate == (pem,)


def test_each_cloud_brings_its_hosts_and_scopes_and_each_host_can_be_overridden() -> None:
    high = load(RIGHT | {"MS_CLOUD": "gcc-high"})
    assert high.ms_authority == "https://login.microsoftonline.us/organizations"
    assert (high.imap_host, high.smtp_host) == ("outlook.office365.us", "smtp.office365.us")
    assert high.cloud.scopes == (
        "https://outlook.office365.us/IMAP.AccessAsUser.All",
        "https://outlook.office365.us/SMTP.Send",
    )
    assert load(RIGHT | {"MS_CLOUD": "dod"}).imap_host == "outlook-dod.office365.us"
    china = load(RIGHT | {"MS_CLOUD": "china", "SMTP_HOST": "smtp.partner.outlook.cn"})
    assert china.ms_authority == "https://login.partner.microsoftonline.cn/organizations"
    assert (china.imap_host, china.smtp_host) == ("partner.outlook.cn", "smtp.partner.outlook.cn")


def test_the_authority_says_the_cloud_where_nothing_else_does_and_may_not_contradict_it() -> None:
    government = "https://login.microsoftonline.us/organizations"
    assert load(RIGHT | {"MS_AUTHORITY": government}).ms_cloud == "gcc-high"
    assert load(RIGHT | {"MS_AUTHORITY": government, "MS_CLOUD": "dod"}).ms_cloud == "dod"
    assert "another cloud" not in refusal(
        RIGHT | {"MS_AUTHORITY": government, "MS_CLOUD": "worldwide"}
    )
    assert (
        load(
            RIGHT | {"MS_AUTHORITY": "https://localhost:4443/organizations", "MS_CLOUD": "china"}
        ).ms_cloud
        == "china"
    )


@pytest.mark.parametrize(
    ("authority", "asks_microsoft"),
    [
        ("https://login.microsoftonline.com/organizations", True),
        ("https://login.microsoftonline.us/organizations", True),
        ("https://localhost:4443/organizations", False),
        ("https://login.microsoftonline.com.evil.example/organizations", False),
    ],
)
def test_instance_discovery_is_for_microsofts_own_hosts(
    authority: str, asks_microsoft: bool
) -> None:
    assert load(RIGHT | {"MS_AUTHORITY": authority}).instance_discovery is asks_microsoft


@pytest.mark.redaction
def test_settings_do_not_show_their_secrets() -> None:
    settings = load(
        RIGHT
        | {"DATABASE_URL": "postgresql://u:planted-pass@h/d", "SLACK_APP_TOKEN": "xapp-planted-app"}
    )
    for shown in (repr(settings), str(settings)):
        assert not [secret for secret in (*SECRETS, "planted") if secret in shown]


def test_the_example_lists_exactly_the_settings_and_their_defaults() -> None:
    lines = (TOP / ".env.example").read_text().splitlines()
    given = [match for line in lines if (match := re.match(r"(# )?([A-Z][A-Z_]+)=(.*)$", line))]
    assert {match[2] for match in given} == {name.upper() for name in Settings.model_fields}
    commented = {match[2]: match[3] for match in given if match[1] and match[3]}
    assert load(RIGHT | commented) == load(RIGHT)


def test_the_documents_on_disk_are_those_that_are_made_from_the_settings() -> None:
    assert (TOP / ".env.example").read_text() == document.environment_example(), "run `make docs`"
    assert (TOP / "docs" / "settings.md").read_text() == document.page(), "run `make docs`"


def test_the_documents_say_of_each_setting_what_it_is_for_and_whether_it_is_needed() -> None:
    lines = document.page().splitlines()
    told = {line.split("`")[1]: line for line in lines if line.startswith("| `")}
    assert set(told) == {name.upper() for name in Settings.model_fields}
    assert [name for name, line in told.items() if "| needed |" in line] == [
        "ENCRYPTION_KEYS",
        "PUBLIC_URL",
        "SLACK_BOT_TOKEN",
        "SLACK_SIGNING_SECRET",
        "SUPPORT_USERGROUP",
        "SUPPORT_CHANNEL",
        "ALERT_CHANNEL",
        "SUPPORT_EMAIL",
        "MS_CLIENT_ID",
        "MS_CLIENT_SECRET",
    ]
    assert "| `NAG_LADDER` | `4h,1d,3d,7d` | How long something waits" in told["NAG_LADDER"]
    assert [name for name, line in told.items() if line.endswith("|  |")] == []


def test_run_with_a_missing_variable_ends_with_one_line_and_status_2(tmp_path: Path) -> None:
    environment = RIGHT | {"PATH": os.environ["PATH"], "MS_CLIENT_ID": ""}
    command = [sys.executable, "-m", "bot.app.cli", "run"]
    done = subprocess.run(
        command,
        env=environment | {"PYTHONPATH": str(TOP)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "maildesk: MS_CLIENT_ID is missing\n"


def refusal(environment: dict[str, str]) -> str:
    """The one line that this environment is refused with."""
    with pytest.raises(SettingsError) as caught:
        load(environment)
    said = str(caught.value)
    assert "\n" not in said
    assert not [secret for secret in SECRETS if secret in said]
    assert caught.value.__cause__ is None and caught.value.__context__ is None
    return said
