"""The lines of docs/api-example.md do what it says, as somebody would paste them."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.lumen import new_key, world_with_product
from tests.support.world import BotWorld

pytestmark = [pytest.mark.api, pytest.mark.curl]

PAGE = Path(__file__).resolve().parents[2] / "docs/api-example.md"
INFO = "info@acme.example"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[BotWorld]:
    running = world_with_product(tmp_path)
    yield running
    running.stop()


def lines() -> list[str]:
    """The lines that can be pasted, in the page's order."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.S)
    return [line for block in blocks for line in block.splitlines()]


class Shell:
    """Where somebody pastes lines: what is exported, and what they print."""

    def __init__(self, **exported: str) -> None:
        self.exported = exported
        self._left = lines()

    def paste(self) -> str:
        """Paste the next line; what it prints."""
        line = self._left.pop(0)
        path = {"PATH": "/usr/local/bin:/usr/bin:/bin", "no_proxy": "*"}
        done = subprocess.run(
            ["sh", "-euc", line],
            env=path | self.exported,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, ""), line
        return done.stdout

    def read(self) -> Any:
        """Paste the next line; the JSON that it prints."""
        return json.loads(self.paste())

    @property
    def done(self) -> bool:
        """Whether every line was pasted."""
        return not self._left


def test_every_line_of_the_page_works(world: BotWorld) -> None:
    world.map_folders(world.connect(INFO, "Info"))
    world.settle()
    shell = Shell(MAILDESK=f"{world.url}/api/v1", KEY=new_key(world))
    [account] = shell.read()["accounts"]
    assert account["address"] == INFO
    shell.exported["REF"] = account["ref"]
    assert shell.read() == account

    token = shell.read()
    assert token["expires_in"] >= 300
    ca_file = str(world.practice.certificates.ca_file)
    place = {"HOST": token["host"], "PORT": str(token["port"]), "CURL_CA_BUNDLE": ca_file}
    shell.exported |= place | {"MAILBOX": token["user"], "TOKEN": token["access_token"]}
    assert re.search(r"MESSAGES [1-9]", shell.paste())

    events = shell.read()["events"]
    assert events[0]["type"] == "account.created"
    shell.exported["EVENT"] = events[0]["id"]
    assert shell.read()["events"][0] == events[1]

    world.throw("smtp-auth-off-mailbox", INFO)
    world.carol.press(world.card("Info"), "Test connection")
    [error_id] = re.findall(r"MX-\w{4}-\w{4}", world.card("Info", "MX-").text)
    shell.exported["ERROR"] = error_id
    meaning = shell.read()
    assert (meaning["error_id"], meaning["account"]) == (error_id, account["ref"])
    assert shell.done
