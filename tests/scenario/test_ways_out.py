"""The whole road where a proxy is the only way out, and where our clock or our name is wrong."""

import socket
from pathlib import Path

import pytest

from tests.support.proxy import proxy
from tests.support.world import ACME, ALERTS, BotWorld

pytestmark = pytest.mark.field

INFO = "info@acme.example"


@pytest.mark.parametrize("socket_mode", [False, True], ids=["http", "socket"])
def test_everything_that_leaves_goes_by_the_proxy(tmp_path: Path, socket_mode: bool) -> None:
    with proxy() as way:
        world = BotWorld(tmp_path, socket_mode=socket_mode, HTTPS_PROXY=way.url)
        try:
            world.set_up()
            world.connect(INFO, "Info")
            world.settle()
            world.carol.press(
                world.carol.find(ACME, "Connect your Microsoft 365 mailboxes"), "Your old accounts"
            )
            window = world.carol.window("Or a file")
            content = b"Name;E-Mail\nOffice;office@acme.example\n"
            file = world.carol.upload(window, "Or a file", "list.csv", content)
            world.carol.submit(window, {"Or a file": file})
            world.carol.window("office@acme.example")
        finally:
            world.stop()
        microsoft = world.practice.microsoft.base.removeprefix("https://")
        assert f"CONNECT {microsoft}" in way.asked
        assert [line for line in way.asked if line.startswith("GET") and "/files-pri/" in line]
        for what in ("/api/chat.postMessage", "/api/users.info", "/response/"):
            assert [line for line in way.asked if what in line]
        link = world.practice.slack.delivery.socket_url.removeprefix("ws://").partition("/")[0]
        assert (f"CONNECT {link}" in way.asked) is socket_mode


@pytest.mark.parametrize("ahead", [-600, 7200])
def test_a_clock_that_is_wrong_is_told_to_on_call(world: BotWorld, ahead: float) -> None:
    world.set_up()
    world.practice.world.clock_ahead = ahead
    page = world.sign_in(world.add(INFO, "Info"), INFO)
    minutes = abs(round(ahead / 60))
    if ahead > 0:
        assert "our server's clock shows the wrong time" in page.text
        world.settle()
        assert "clock" in world.omar.find(ALERTS, "The clock of our server is wrong").text
        error = (
            world.carol.find(ACME, "did not go through").text.split("Error ID:")[1].split("`")[1]
        )
        world.vera.slash(ACME, f"error {error}")
        world.vera.find(ACME, f"our clock is {minutes} minutes behind Microsoft's")
    else:  # the token of an hour is good by both clocks
        world.card("Info", "folders not mapped yet")


def test_an_unfit_name_of_this_machine_does_not_keep_mail_from_leaving(
    world: BotWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getfqdn", lambda *_: "mail_desk.internal.example")
    world.set_up()
    world.map_folders(world.connect(INFO, "Info"))
    world.card("Info", "Live")
    for name in ("maildesk-1.", "büro-pc.local", f"{'a' * 70}.example"):
        monkeypatch.setattr(socket, "getfqdn", lambda *_, name=name: name)
        world.vera.slash(ACME, "test Info")
        world.settle()
        world.card("Info", "Live")
