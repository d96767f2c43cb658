"""Every secret may be in a file, and `.env` is read by `maildesk` itself."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from bot.app.cli import cli
from bot.common import secret_files
from bot.config.loading import SettingsError, load, read
from bot.config.settings import Settings, is_secret
from tests.support.fast import ENVIRONMENT
from tests.support.practice import empty_database

URL = "postgresql://desk:planted@db.example/desk"
EXAMPLES = {"database_url": URL, "metrics_token": "planted-" * 3, "slack_app_token": "xapp-planted"}
EXAMPLES |= {"https_proxy": "http://desk:planted@proxy.example:3128"}
EXAMPLES |= {"heartbeat_url": "https://switch.example/planted"}
EXAMPLES |= {"public_url_probe": "https://probe.example/planted?target="}
WEBHOOKS = {
    "webhook_url": "https://product.example/planted",
    "webhook_secret": "whsec_" + base64.b64encode(b"planted." * 4).decode(),
}
EXAMPLES |= WEBHOOKS
"""Values of secrets that the ordinary environment of tests does not have. Of those of webhooks one
is nothing without the other."""

SECRETS = [name for name in Settings.model_fields if is_secret(name)]


def plain(settings: Settings, name: str) -> str:
    """A secret as the settings have it."""
    value = getattr(settings, name)
    values = value if isinstance(value, tuple) else (value,)
    return ",".join(v.get_secret_value() if isinstance(v, SecretStr) else v for v in values)


def in_a_file(name: str, file: Path) -> dict[str, str]:
    """The environment of tests with one secret in a file."""
    more = WEBHOOKS if name in WEBHOOKS else {}
    whole = ENVIRONMENT | {each.upper(): value for each, value in more.items()}
    left = {variable: text for variable, text in whole.items() if variable != name.upper()}
    return left | {f"{name.upper()}_FILE": str(file)}


def refusal(environment: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as refused:
        load(environment)
    assert "planted" not in str(refused.value)
    return str(refused.value)


def test_what_is_a_secret_follows_from_its_declaration() -> None:
    assert {
        "database_url",
        "encryption_keys",
        "slack_bot_token",
        "slack_signing_secret",
        "slack_app_token",
        "ms_client_secret",
        "pagerduty_routing_key",
        "pagerduty_webhook_secret",
        "alert_webhook_url",
        "alert_webhook_secret",
        "metrics_token",
        "https_proxy",
    } <= set(SECRETS)
    assert not {"public_url", "port", "ms_client_id", "support_email"} & set(SECRETS)


@pytest.mark.parametrize("name", SECRETS)
def test_each_secret_may_be_in_a_file(name: str, tmp_path: Path) -> None:
    value = ENVIRONMENT.get(name.upper()) or EXAMPLES[name]
    file = tmp_path / "secret"
    file.write_bytes(f"\ufeff{value}\r\n".encode())
    settings = load(in_a_file(name, file))
    assert plain(settings, name) == value
    assert settings.files[name] == file
    assert refusal(in_a_file(name, file) | {name.upper(): value}) == (
        f"{name.upper()} and {name.upper()}_FILE are both given: give one of them"
    )


def test_what_is_no_secret_is_not_looked_for_in_a_file() -> None:
    assert load(ENVIRONMENT | {"PORT_FILE": "/nowhere"}).port == 3000


def test_a_file_that_is_no_use_is_named_with_the_reason(tmp_path: Path) -> None:
    name = "SLACK_BOT_TOKEN_FILE is malformed: "
    file = tmp_path / "token"
    assert refusal(in_a_file("slack_bot_token", file)) == f"{name}there is no file '{file}'"
    assert refusal(in_a_file("slack_bot_token", tmp_path)) == f"{name}'{tmp_path}' is a folder"
    file.write_text("\n \r\n")
    assert refusal(in_a_file("slack_bot_token", file)) == f"{name}'{file}' is empty"
    file.write_text("xoxb-planted\nxoxb-planted-2\n")
    assert refusal(in_a_file("slack_bot_token", file)).endswith("has more than one line")
    file.write_bytes(b"\x80\x81planted")
    assert refusal(in_a_file("slack_bot_token", file)).endswith("is no text")
    file.write_text("planted" * 20_000)
    assert refusal(in_a_file("slack_bot_token", file)).endswith("is too large to be a secret")
    file.write_text("xoxp-planted")
    assert refusal(in_a_file("slack_bot_token", file)).startswith("SLACK_BOT_TOKEN is malformed")


def test_a_file_that_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    file = tmp_path / "token"
    monkeypatch.setattr(Path, "open", refuse)  # root may read everything
    said = refusal(in_a_file("slack_bot_token", file))
    assert said.endswith(f"'{file}' cannot be read (Permission denied)")


def test_several_keys_are_one_a_line(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"{ENVIRONMENT['ENCRYPTION_KEYS']}\n{'Ag' * 21}I=\n\n")
    assert len(load(in_a_file("encryption_keys", file)).keys) == 2


def test_the_client_secret_is_read_again_while_the_bot_runs(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("old\n")
    credentials = load(in_a_file("ms_client_secret", file)).credentials
    assert [each.value for each in credentials.all()] == ["old"]
    file.write_text("new\n")
    assert [each.value for each in credentials.all()] == ["new"]


def test_everything_that_is_wrong_is_told_and_the_rest_is_there() -> None:
    wrong = {"PORT": "http", "MS_CLIENT_ID": "mine", "SLACK_SIGNING_SECRET": "", "LOG_LEVEL": '"'}
    found = read(ENVIRONMENT | wrong)
    assert found.wrong == {"port", "ms_client_id", "slack_signing_secret", "log_level"}
    assert found.settings.support_channel == ENVIRONMENT["SUPPORT_CHANNEL"]
    assert not read({}).settings.ms_client_secret.get_secret_value()
    assert "slack_app_token" not in read(ENVIRONMENT | {"SLACK_APP_TOKEN": "xoxb-1"}).settings.files


def test_a_file_that_everybody_may_read_is_known(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    assert not secret_files.others_may_read(file)
    file.write_text("x")
    file.chmod(0o640)
    assert not secret_files.others_may_read(file)
    file.chmod(0o644)
    assert secret_files.others_may_read(file)


@pytest.fixture
def maildesk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs `maildesk` in a folder of its own; what it says."""
    monkeypatch.chdir(tmp_path)
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str, **environment: str) -> str:
        done = CliRunner().invoke(cli, arguments, env=environment)
        return f"{done.exit_code} {done.output.strip()}"

    return run


def test_the_env_file_of_the_folder_is_read_and_a_flag_leaves_it_out(
    maildesk: Callable[..., str], tmp_path: Path
) -> None:
    database = tmp_path / "desk.db"
    database.write_bytes(empty_database().read_bytes())
    lines = [f'export {name}="{value}"' for name, value in ENVIRONMENT.items()]
    lines += ["", "# its own", "PORT=3000", f" DATABASE_URL = sqlite:///{database}"]
    (tmp_path / ".env").write_text("\ufeff" + "\r\n".join(lines))
    assert maildesk("keys", "rotate").startswith("0 Sealed anew: 0")
    assert maildesk("keys", "rotate", "--no-env-file").startswith("2 maildesk: ENCRYPTION_KEYS is")
    assert "PORT is malformed" in maildesk("keys", "rotate", PORT="http"), "the environment wins"


def test_an_env_file_with_a_slip_is_one_line_that_says_where(
    maildesk: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("PORT=3000\nSLACK_BOT_TOKEN: xoxb-planted\n")
    assert maildesk("migrate") == "2 maildesk: .env is malformed: line 2 is not NAME=value"
