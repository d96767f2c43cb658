"""What env files and secret files bring along: taken off, or refused by the variable's name."""

from pathlib import Path

import pytest

from bot.config.loading import SettingsError, load
from bot.config.settings import Settings
from bot.microsoft.credentials import Credential
from tests.support.fast import ENVIRONMENT

pytestmark = pytest.mark.field


def settings(**values: str) -> Settings:
    """The settings with these in the place of right ones."""
    return load(ENVIRONMENT | values)


@pytest.mark.parametrize(
    "written",
    [
        '"xoxb-1"',
        "'xoxb-1'",
        "\ufeffxoxb-1",
        " xoxb-1\r",
        '"xoxb-1"  # the bot',
        "\u200bxoxb-1\u00a0",
        "ï»¿xoxb-1",
    ],
)
def test_what_came_along_is_taken_off(written: str) -> None:
    assert settings(SLACK_BOT_TOKEN=written).slack_bot_token.get_secret_value() == "xoxb-1"


@pytest.mark.parametrize(
    "written", ['"planted', "planted'", "planted # the secret", "planted #", "# planted"]
)
def test_what_is_in_doubt_is_refused_by_its_name(written: str) -> None:
    with pytest.raises(SettingsError, match="MS_CLIENT_SECRET is malformed") as refused:
        settings(MS_CLIENT_SECRET=written)
    assert "planted" not in str(refused.value)


def test_a_sign_within_a_value_stays() -> None:
    assert settings(MS_CLIENT_SECRET="a#b~c").ms_client_secret.get_secret_value() == "a#b~c"
    assert settings(VENDOR_NAME="Desk # 1").vendor_name == "Desk # 1"


def test_a_mark_before_the_first_name_is_taken_off() -> None:
    environment = {name: text for name, text in ENVIRONMENT.items() if name != "PUBLIC_URL"}
    for mark in ("\ufeff", "ï»¿"):
        read = load(environment | {f"{mark}PUBLIC_URL": "https://maildesk.example"})
        assert read.public_url == "https://maildesk.example"


def test_the_short_name_of_postgresql_is_taken() -> None:
    read = settings(DATABASE_URL="postgres://u:p@db.example/maildesk")
    assert read.database_url == "postgresql://u:p@db.example/maildesk"


def in_file(file: Path) -> list[Credential]:
    """The application's credentials, of which the secret is in a file."""
    return settings(MS_CLIENT_SECRET="", MS_CLIENT_SECRET_FILE=str(file)).credentials.all()


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfplanted\r\n",
        b"planted\r\n",
        "planted\r\n".encode("utf-16"),
        b"\xfe\xff" + "planted".encode("utf-16-be"),
        "\u200bplanted\u00a0\n".encode(),
    ],
)
def test_a_secret_file_is_read_whoever_wrote_it(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    assert [each.value for each in in_file(file)] == ["planted"]


def test_a_file_of_two_secrets_has_two(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\n")
    assert [each.value for each in in_file(file)] == ["one", "two"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("HTTPS://MailDesk.Example/", "https://maildesk.example"),
        ("https://maildesk.example.:8443/desk/", "https://maildesk.example:8443/desk"),
        ("https://büro.example", "https://xn--bro-hoa.example"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ],
)
def test_our_address_is_written_as_microsoft_and_slack_compare_it(written: str, read: str) -> None:
    assert settings(PUBLIC_URL=written).public_url == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("outlook.office365.com.", "outlook.office365.com"),
        ("Outlook.Office365.com", "outlook.office365.com"),
        ("post.müller-werft.example", "post.xn--mller-werft-thb.example"),
        ("[::1]", "::1"),
        ("127.0.0.1", "127.0.0.1"),
    ],
)
def test_a_mail_host_is_a_name_or_an_address(written: str, read: str) -> None:
    found = settings(IMAP_HOST=written, SMTP_HOST=written)
    assert (found.imap_host, found.smtp_host) == (read, read)


def test_a_sign_within_our_applications_name_stays() -> None:
    assert settings(MS_APP_NAME="Desk # 1").ms_app_name == "Desk # 1"


@pytest.mark.parametrize(
    "wrong", ["proxy.example:3128", "socks5://proxy.example", "http://", "http://h:x"]
)
def test_a_proxy_has_an_address(wrong: str) -> None:
    with pytest.raises(SettingsError, match="HTTPS_PROXY is malformed"):
        settings(HTTPS_PROXY=wrong)
    assert "planted" not in repr(settings(HTTPS_PROXY="http://u:planted@proxy.example:3128"))
