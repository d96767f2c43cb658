"""A platform that runs the processes of the Procfile, as many of a kind as it is told, puts another
in the place of one that died, and leads requests to the web processes in turn."""

import os
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.front import Front

TOP = Path(__file__).parents[2]
PATIENCE_SECONDS = 300.0


@dataclass
class Process:
    """One that runs, and the port that it was given."""

    kind: str
    port: int
    running: subprocess.Popen[bytes]
    said: Path

    def is_up(self) -> bool:
        """Whether it has begun its work."""
        return "maildesk.running" in self.said.read_text("utf-8")


class Platform:
    """Everything that runs. `url` leads to any of the web processes."""

    def __init__(self, maildesk: Path, environment: Mapping[str, str], folder: Path) -> None:
        """`maildesk`: the command as it is installed there; `folder`: where it runs."""
        self._folder = folder
        self._commands = dict(
            line.split(": ", 1) for line in (TOP / "Procfile").read_text("utf-8").splitlines()
        )
        self._processes: list[Process] = []
        self._front = Front(lambda: [each.port for each in self._of("web")])
        self.url = self._front.url
        path = f"{maildesk.parent}:{os.defpath}"
        self._environment = {"PATH": path, **environment, "PUBLIC_URL": self.url}

    def start(self, **counts: int) -> None:
        """Release, and then start so many processes of each kind."""
        subprocess.run(
            shlex.split(self._commands["release"]),
            env=self._environment,
            cwd=self._folder,
            check=True,
            timeout=PATIENCE_SECONDS,
        )
        for kind, count in counts.items():
            for _ in range(count):
                self._start(kind)
        self._wait()

    def kill(self, kind: str) -> None:
        """One process of a kind dies at once; another is started for it. Those for earlier ones
        are at work by then: there is always one of each kind."""
        self._wait()
        victim = self._of(kind)[0]
        victim.running.send_signal(signal.SIGKILL)
        victim.running.wait()
        self._processes.remove(victim)
        self._start(kind)

    def stop(self) -> list[int]:
        """Ask all to end, once they have begun; their exit statuses."""
        self._wait()
        for each in self._processes:
            each.running.send_signal(signal.SIGTERM)
        statuses = [each.running.wait(PATIENCE_SECONDS) for each in self._processes]
        self._front.close()
        return statuses

    def _of(self, kind: str) -> list[Process]:
        return [each for each in self._processes if each.kind == kind]

    def _start(self, kind: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
        said = self._folder / f"{kind}.{port}.log"
        with said.open("ab") as output:
            running = subprocess.Popen(
                shlex.split(self._commands[kind]),
                env=self._environment | {"PORT": str(port), "BIND_ADDRESS": "127.0.0.1"},
                cwd=self._folder,
                stdout=output,
                stderr=output,
            )
        self._processes.append(Process(kind, port, running, said))

    def _wait(self) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not all(each.is_up() for each in self._processes):
            assert time.monotonic() < end, "a process does not come up"
            time.sleep(0.05)
