"""Starting the practice world beside the bot: a process of its own, known only by what it prints
and serves."""

import base64
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PASSED_ON = ("NAG_LADDER", "WORKING_HOURS", "WORKING_DAYS", "TIMEZONE")
"""Settings of the bot in the practice world that may be given: when people are reminded there."""


@dataclass
class PracticeWorld:
    """The running practice world: the address of its page, and the environment for a bot in it.
    `folder` is removed with it, where it was made for this run."""

    process: "subprocess.Popen[str]"
    folder: Path | None
    page: str
    switchboard: str
    environment: dict[str, str]

    def stop(self) -> None:
        """End it: it lives as long as its standard input is open."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=10)
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def start(folder: Path | None, socket_mode: bool) -> PracticeWorld:
    """Start the practice world and wait until it is ready. Takes seconds."""
    passing = Path(tempfile.mkdtemp(prefix="maildesk-")) if folder is None else None
    folder = folder or passing
    assert folder is not None
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        sys.executable,
        "-m",
        "sandbox",
        "--bot-url",
        url,
        *(["--socket-mode"] if socket_mode else []),
    ]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_top()
    )
    assert process.stdout is not None
    ready: dict[str, Any] = json.loads(process.stdout.readline())
    ours = {
        "DATABASE_URL": f"sqlite:///{folder / 'maildesk.db'}",
        "ENCRYPTION_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(),
        "PUBLIC_URL": url,
        "PORT": str(port),
        "BIND_ADDRESS": "127.0.0.1",
    }
    given = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return PracticeWorld(
        process, passing, ready["page"], ready["switchboard"], ready["environment"] | ours | given
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _top() -> Path:
    return Path(__file__).resolve().parents[2]
