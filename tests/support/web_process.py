"""The web process as it is deployed, on SQLite, with the practice world for everybody outside."""

import contextlib
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

from tests.real.daemon import free_ports, listens
from tests.support import hostile
from tests.support.hostile import Address, Prey
from tests.support.target import aim
from tests.support.world import ACME, BotWorld

LINKS = 12
PRESSES = 5
"""So many browsers that are new may go to Microsoft from a link within ten minutes."""


@dataclass(frozen=True)
class Slack:
    """Slack, which signs what it sends: commands and events in turn."""

    port: int
    signing_secret: str
    response_url: str

    def request(self, number: int) -> bytes:
        """What is sent."""
        return self.signed(*(self._command() if number % 2 else self._event(number)))

    def command(self) -> bytes:
        """The command alone."""
        return self.signed(*self._command())

    def signed(self, body: str, kind: str) -> bytes:
        """A request with this body, of this content type."""
        stamp = int(time.time())
        signed = f"v0:{stamp}:{body}".encode()
        mac = hmac.new(self.signing_secret.encode(), signed, hashlib.sha256).hexdigest()
        headers = [
            f"Content-Type: {kind}",
            f"Content-Length: {len(body)}",
            f"X-Slack-Request-Timestamp: {stamp}",
            f"X-Slack-Signature: v0={mac}",
            "Connection: close",
        ]
        first = b"POST /slack/events HTTP/1.1\r\nHost: x\r\n"
        return first + hostile.lines(headers) + b"\r\n" + body.encode()

    def _command(self) -> tuple[str, str]:
        typed = {"command": "/maildesk", "text": "help", "channel_id": ACME, "trigger_id": "1.1"}
        who = {"team_id": "T0ACME", "user_id": "U0CAROL", "response_url": self.response_url}
        return urlencode(typed | who), hostile.FORM

    def _event(self, number: int) -> tuple[str, str]:
        told = {"type": "app_mention", "channel": ACME, "user": "U0CAROL", "text": "help"}
        of = {"type": "event_callback", "event_id": f"Ev{time.time_ns()}", "team_id": "T0ACME"}
        return json.dumps(of | {"event": told | {"ts": f"{number}.1"}}), "application/json"


@dataclass(frozen=True)
class Web:
    """The web process, and everything that is needed to ask it something."""

    pid: int
    port: int
    slack: Slack
    prey: Prey
    addresses: list[Address]

    def memory(self, what: str = "VmRSS") -> float:
        """What it holds now (VmRSS), or held at the most (VmHWM), in MB."""
        said = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in said if line.startswith(f"{what}:"))


@contextlib.contextmanager
def web_process(folder: Path) -> Iterator[Web]:
    """`maildesk web`, on a database where a dozen mailboxes wait for their sign-ins."""
    world = BotWorld(folder)
    world.set_up()
    targets = [aim(world, f"box{number}@acme.example") for number in range(LINKS)]
    links = [urlsplit(target.link).path for target in targets]
    approval = world.bot.services.consent.link(world.account(targets[0].name))
    world.settle()
    world.stop_bot()
    (port,) = free_ports(1)
    office = world.practice.office
    slack = Slack(port, office.signing_secret, f"{world.practice.slack.url}/response/none")
    environment = world.environment | {
        "PORT": str(port),
        "BIND_ADDRESS": "127.0.0.1",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    with running(environment, port, folder / "output") as pid:
        begun = [way for link in links[: LINKS // 2] for way in ways_begun(port, link)]
        prey = Prey([link.rpartition("/")[2] for link in links], state_of(approval), begun)
        yield Web(pid, port, slack, prey, hostile.addresses(world.bot.web.url_map))
    world.practice.stop()


@contextlib.contextmanager
def running(environment: Mapping[str, str], port: int, output: Path) -> Iterator[int]:
    """Run `maildesk web` on this port; its process ID."""
    command = [sys.executable, "-m", "bot.app.cli", "web"]
    variables = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    with output.open("wb") as said:
        process = subprocess.Popen(command, env=variables | environment, stdout=said, stderr=said)
    try:
        wait_for(port, process, output)
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for(port: int, process: subprocess.Popen[bytes], output: Path) -> None:
    """Wait until the process answers on its port.

    Raises:
        RuntimeError: it does not; the text is what it said.
    """
    end = time.monotonic() + 60
    while not listens(port):
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(output.read_text(errors="replace"))
        time.sleep(0.05)


def ways_begun(port: int, link: str) -> Iterator[tuple[str, str]]:
    """Go to Microsoft from this link with as many new browsers as may: the cookie of each, and the
    `state` with which it would come back."""
    for _ in range(PRESSES):
        url = f"http://127.0.0.1:{port}{link}"
        answer = requests.post(url, allow_redirects=False, timeout=60)
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
        yield cookie, state_of(answer.headers["Location"])


def state_of(address: str) -> str:
    """The `state` in an address of Microsoft's."""
    return parse_qs(urlsplit(address).query)["state"][0]
