"""The page on going live, by the letter and in an empty environment, as far as it goes without a
real Slack and a real Microsoft: the practice world gives what their pages would give.

`maildesk check` is all that docs/operations.md begins with.

Not walked: the pages of Slack and Microsoft, and the installation from the index.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.practice import Practice
from sandbox.slack.methods import Tiers
from tests.support.browser import Browser
from tests.support.practice import new_practice
from tests.support.slack import SlackPerson

TOP = Path(__file__).parents[2]
PATIENCE_SECONDS = 300
"""So long anything is waited for: this machine may be busy with others."""
TRIAL = "C0TRIAL"


def steps() -> str:
    """The page."""
    return (TOP / "docs" / "going-live.md").read_text("utf-8")


def command(beginning: str) -> str:
    """A command of the page, by how it begins."""
    lines = [line.strip() for line in steps().splitlines() if line.startswith("    ")]
    return next(line for line in lines if line.startswith(beginning))


@pytest.fixture
def practice() -> Iterator[Practice]:
    """Slack and Microsoft, as strict as they can be."""
    running = new_practice()
    running.office.tiers = Tiers()
    running.office.patience = PATIENCE_SECONDS
    running.start()
    yield running
    running.stop()


def shell(line: str, folder: Path) -> subprocess.Popen[str]:
    """A line typed into a shell that knows nothing but where commands are."""
    path = f"{Path(sys.executable).parent}:{os.defpath}"
    return subprocess.Popen(
        ["/bin/bash", "-c", line],
        cwd=folder,
        env={"PATH": path, "PYTHONPATH": str(TOP)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def done(line: str, folder: Path) -> str:
    """What a command prints."""
    process = shell(line, folder)
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, err
    return out.strip()


def fill_in(file: Path, values: dict[str, str]) -> None:
    """Write values into a settings file where it has their names, commented out or not."""
    text = file.read_text("utf-8")
    for name, value in values.items():
        line = f"{name}={value}".replace("\\", r"\\")
        text, found = re.subn(rf"(?m)^(# )?{name}=.*$", line, text)
        assert found == 1, f"{name} stands in .env.example once"
    file.write_text(text, "utf-8")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def readyz(url: str) -> str:
    """What the bot says of itself; nothing while it does not run."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
            return str(answer.read().decode())
    except (urllib.error.URLError, ConnectionError):
        return ""


def test_the_readme_leads_to_a_bot_that_works(practice: Practice, tmp_path: Path) -> None:
    done(f"cp {TOP / '.env.example'} .env.example && {command('cp .env.example')}", tmp_path)
    port = free_port()
    url = f"http://localhost:{port}"
    key = done(command("python3 -c"), tmp_path)
    given = practice.environment() | {"PUBLIC_URL": url, "PORT": str(port), "ENCRYPTION_KEYS": key}
    fill_in(tmp_path / ".env", {"SUPPORT_USERGROUP": ""} | given)

    practice.world.app.redirect_uris |= {f"{url}/oauth/callback", f"{url}/consent/callback"}
    checked = done(command("maildesk check"), tmp_path)
    assert "fail: 0" in checked
    running = shell(f"exec {command('maildesk run')}", tmp_path)
    try:
        end = time.monotonic() + PATIENCE_SECONDS
        while not readyz(url):
            assert running.poll() is None, running.communicate()
            assert time.monotonic() < end, "it does not begin to run"
        assert "Slack has sent no event yet" in readyz(url)
        practice.deliver_to(url)
        see_that_it_works(practice, url)
        assert readyz(url) == "ok\n"
    finally:
        os.killpg(running.pid, signal.SIGTERM)
        _, err = running.communicate(timeout=PATIENCE_SECONDS)
    assert running.returncode == 0, err
    assert "check.found" not in err
    assert practice.office.complaints == []


def see_that_it_works(practice: Practice, url: str) -> None:
    """The last step of the page."""
    vera = SlackPerson(practice.slack.url, "U0VERA")
    vera.say("C0DESK", "@Maildesk help")
    vera.find("C0DESK", "Maildesk")
    vera.home()
    practice.office.add_channel(TRIAL, "trial", {"U0VERA", "U0CAROL"})
    vera.slash(TRIAL, "setup Trial")
    carol = SlackPerson(practice.slack.url, "U0CAROL")
    carol.press(carol.find(TRIAL, "Connect your Microsoft 365 mailboxes"), "Add an account")
    form = carol.window("New Microsoft 365 account (Corporate)")
    values = {
        "Account name": "Info",
        "Sender name": "Acme Marine",
        "Sender email": "info@acme.example",
    }
    assert carol.submit(form, values) == {}
    card = carol.find(TRIAL, "*Info*", "`MB-")
    browser = Browser()
    page = browser.press(browser.open(card.url("Sign in to Microsoft")), "Continue to Microsoft")
    assert "oauth2/v2.0/authorize" in page.url
    page = browser.press(page, "info@acme.example")
    page = browser.press(page, "Accept") if "Permissions requested" in page.text else page
    assert url in page.url
    carol.press(carol.find(TRIAL, "*Info*", "own organisation?"), "Yes, it is ours")
    carol.find(TRIAL, "The connection of Info works")
