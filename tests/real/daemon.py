"""One private server of a test: its folder, the account it runs as, its start and its end."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

PATIENCE = 60.0
"""Seconds that a server may take to begin or to end."""

_HELD: list[socket.socket] = []


class Daemon:
    """A server that runs as somebody without rights (servers refuse to run as root), in a folder of
    its own."""

    def __init__(self, name: str, account: str) -> None:
        """Make the folder; `account` is used where we are root."""
        self.folder = Path(tempfile.mkdtemp(prefix=f"maildesk-{name}-"))
        self.account = pwd.getpwnam(account) if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self._name = name
        self._output = self.folder / "output"
        self._process: subprocess.Popen[bytes] | None = None

    def write(self, name: str, content: str | bytes) -> Path:
        """Put a file into the folder, readable only for the server."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(0o600)
        return path

    def hand_over(self) -> None:
        """Make everything in the folder the server's."""
        for path in (self.folder, *self.folder.rglob("*")):
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def run(self, command: list[str], stdin: bytes = b"") -> None:
        """Run a command to its end as the server's account.

        Raises:
            RuntimeError: it failed; the text is what it said.
        """
        done = subprocess.run(
            command, input=stdin, capture_output=True, cwd=self.folder, **self._identity()
        )
        if done.returncode:
            raise RuntimeError(
                f"{command[0]}: {(done.stderr or done.stdout).decode(errors='replace')}"
            )

    def start(self, command: list[str], ports: list[int]) -> None:
        """Start the server and wait until it listens on all `ports`.

        Raises:
            RuntimeError: it ended or does not listen; the text is what it said.
        """
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                command, stdout=output, stderr=output, cwd=self.folder, **self._identity()
            )
        deadline = time.monotonic() + PATIENCE
        waiting = list(ports)
        while waiting:
            if listens(waiting[0]):
                waiting.pop(0)
            elif self._ended(within=0.05) or time.monotonic() > deadline:
                raise RuntimeError(f"{self._name} does not listen on {waiting}: {self.said()}")

    def stop(self) -> None:
        """End the server, if it was started."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            if not self._ended(within=PATIENCE):
                self._process.kill()
                self._process.wait()

    def remove(self) -> None:
        """Remove the folder with everything in it."""
        shutil.rmtree(self.folder)

    def said(self) -> str:
        """What the server printed so far."""
        return self._output.read_text(errors="replace") if self._output.exists() else ""

    def _ended(self, within: float) -> bool:
        assert self._process is not None
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(within)
        return self._process.returncode is not None

    def _identity(self) -> dict[str, Any]:
        if os.geteuid() != 0:
            return {}
        return {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}


def listens(port: int) -> bool:
    """Whether somebody answers on this port of this machine."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on, and that only a server that asks for them by
    number gets, as long as this process lives."""
    sockets = [socket.socket() for _ in range(count)]
    for held in sockets:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
    _HELD.extend(sockets)
    return [held.getsockname()[1] for held in sockets]
