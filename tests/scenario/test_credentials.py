"""The application's own credentials: an expired secret at many mailboxes, several at once,
certificates, and the countdown."""

from pathlib import Path

from tests.support.pem import pem
from tests.support.practice import new_practice
from tests.support.world import ALERTS, BotWorld

INFO = "info@acme.example"
MANY = 300


def test_of_two_credentials_the_one_that_microsoft_takes_is_used(tmp_path: Path) -> None:
    practice = new_practice()
    good = next(iter(practice.world.app.client_secrets))
    world = BotWorld(tmp_path, practice=practice, MS_CLIENT_SECRET=f"ended-long-ago,{good}")
    try:
        world.set_up()
        world.connect(INFO, "Info")
        practice.world.app.client_secrets = {"ended-long-ago"}
        world.expire_tokens("Info")
        world.bot.tokens.fresh(world.account("Info").id)
        assert not [m for m in world.omar.messages(ALERTS) if "secret" in m.text]
    finally:
        world.stop()


def test_a_certificate_signs_the_bot_in_and_is_counted_down(tmp_path: Path) -> None:
    practice, file = new_practice(), pem(tmp_path, "app.pem", days=29)
    practice.world.app.client_secrets.clear()
    practice.world.app.certificates.add(
        file.read_text()[file.read_text().index("-----BEGIN CERT") :]
    )
    world = BotWorld(
        tmp_path, practice=practice, MS_CLIENT_SECRET="", MS_CLIENT_CERTIFICATE=str(file)
    )
    try:
        world.set_up()
        world.connect(INFO, "Info")
        world.omar.find(ALERTS, "certificate app.pem expires on", "days left: 29")
        for _ in range(3):
            world.pass_time(hours=2)
        assert len([m for m in world.omar.messages(ALERTS) if "app.pem" in m.text]) == 1
        world.pass_time(days=15)
        world.settle()
        assert len([m for m in world.omar.messages(ALERTS) if "app.pem" in m.text]) == 2
        other = pem(tmp_path, "other.pem", days=90)
        file.write_bytes(other.read_bytes())
        world.expire_tokens("Info")
        world.carol.press(world.card("Info"), "Test again")
        world.omar.find(ALERTS, "Error ID")
    finally:
        world.stop()


def test_another_cloud_is_one_setting(tmp_path: Path) -> None:
    practice = new_practice()
    practice.world.app.resource = "https://outlook.office365.us"
    world = BotWorld(tmp_path, practice=practice, MS_CLOUD="gcc-high")
    try:
        world.set_up()
        world.map_folders(world.connect(INFO, "Info"))
        world.card("Info", "Live")
        token = world.bot.tokens.fresh(world.account("Info").id)
        assert "https://outlook.office365.us/SMTP.Send" in token.scopes
    finally:
        world.stop()
