"""Starting the practice world beside the bot: a process of its own, known only by what it prints
and serves."""

import base64
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import requests

from bot.app.worker import Worker

PASSED_ON = ("NAG_LADDER", "WORKING_HOURS", "WORKING_DAYS", "TIMEZONE")
"""Settings of the bot in the practice world that may be given: when people are reminded there."""


LOOPBACK = "127.0.0.0/8"
PATIENCE_SECONDS = 30

NEEDS = ("aiosmtpd", "joserfc", "trustme", "websockets")
"""Packages of the practice world that the bot itself does without: the extra `sandbox`."""


class NotInstalled(Exception):
    """The practice world's packages are not there; the text names those that lack."""


class PracticeClock:
    """What time it is in the practice world, as far as it has been told. In a `hurry`, so much time
    passes whenever somebody looks: Slack's rests between messages are soon over."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self.hurry = timedelta()

    def set(self, ahead: timedelta) -> None:
        """It is so far ahead of this machine's."""
        self._ahead = ahead

    @property
    def behind(self) -> timedelta:
        """How far it is behind this machine's."""
        return max(-self._ahead, timedelta())

    def now(self) -> datetime:
        """Now, aware, in UTC."""
        self._ahead += self.hurry
        return datetime.now(UTC) + self._ahead


@dataclass
class PracticeWorld:
    """The running practice world: the address of its page, the customers that were there before,
    which of their mailboxes break now, the address of the vendor's product, and the environment
    for a bot in it.
    `folder` is removed with it, where it was made for this run."""

    process: "subprocess.Popen[str]"
    folder: Path | None
    page: str
    product: str
    neighbours: list[dict[str, Any]]
    broken: list[str]
    environment: dict[str, str]
    clock: PracticeClock = field(default_factory=PracticeClock)

    def put_back(self, behind: timedelta) -> None:
        """The world's clock and the bot's are so far behind this machine's; with none the present
        begins."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps({"behind": behind.total_seconds()}), file=self.process.stdin, flush=True)
        self._heed(self.process.stdout.readline())

    def _heed(self, line: str) -> None:
        self.clock.set(timedelta(seconds=json.loads(line)["ahead"]))

    def give_key(self, key: str) -> None:
        """Give the product a key of the API, as an administrator would paste it there with the
        API's address and the webhook secret."""
        given = {
            "url": f"{self.environment['PUBLIC_URL']}/api/v1",
            "key": key,
            "secret": self.environment["WEBHOOK_SECRET"],
        }
        answer = requests.post(
            f"{self.product}/settings",
            data=given,
            timeout=PATIENCE_SECONDS,
            allow_redirects=False,
        )
        answer.raise_for_status()

    def follow(self, worker: Worker) -> None:
        """From now on move the bot's clock whenever that of the world is moved, and have the worker
        do what is due by then."""
        threading.Thread(target=self._follow, args=(worker,), daemon=True).start()

    def _follow(self, worker: Worker) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            worker.leap(partial(self._heed, line))

    def stop(self) -> None:
        """End it: it lives as long as its standard input is open."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=10)
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def start(folder: Path | None, port: int, socket_mode: bool, alone: bool) -> PracticeWorld:
    """Start the practice world and wait until it is ready. Takes seconds. `port`: where the bot
    answers on this machine; `alone`: no customers were there before.

    Raises:
        NotInstalled: its packages are not there.
    """
    lacking = [name for name in NEEDS if find_spec(name) is None]
    if lacking:
        raise NotInstalled(", ".join(lacking))
    passing = Path(tempfile.mkdtemp(prefix="maildesk-")) if folder is None else None
    folder = folder or passing
    assert folder is not None
    folder.mkdir(parents=True, exist_ok=True)
    url = f"http://127.0.0.1:{port}"
    command = [
        sys.executable,
        "-m",
        "sandbox",
        "--bot-url",
        url,
        *(["--socket-mode"] if socket_mode else []),
        *(["--alone"] if alone else []),
    ]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_top()
    )
    assert process.stdout is not None
    ready: dict[str, Any] = json.loads(process.stdout.readline())
    ours = {
        "DATABASE_URL": f"sqlite:///{folder / 'maildesk.db'}",
        "ENCRYPTION_KEYS": _new_key(),
        "PUBLIC_URL": url,
        "PORT": str(port),
        "BIND_ADDRESS": "127.0.0.1",
        "WEBHOOK_URL": f"{ready['crm']}/webhooks",
        "WEBHOOK_SECRET": f"whsec_{_new_key()}",
        "WEBHOOK_NETWORKS": LOOPBACK,
    }
    given = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return PracticeWorld(
        process,
        passing,
        ready["page"],
        ready["crm"],
        ready["neighbours"],
        ready["broken"],
        ready["environment"] | ours | given,
    )


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _top() -> Path:
    return Path(__file__).resolve().parents[2]
