"""A platform of several machines: on each, honcho runs processes of the Procfile. Honcho ends all
that it runs when one of them dies; the platform starts it anew then. Requests are led to the web
processes of the machines in turn."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.front import Front

TOP = Path(__file__).parents[2]
PROCFILE = TOP / "Procfile"
PATIENCE_SECONDS = 300.0

UP = "maildesk.running"
STARTED = re.compile(r"system +\| (\w+)\.\d+ started \(pid=(\d+)\)")
FINISHED = re.compile(r"(\w+)\.\d+ +\| .*maildesk\.stopped")


@dataclass
class Machine:
    """One machine with a release of ours: `maildesk` is its command, as it is installed there."""

    maildesk: Path
    folder: Path
    counts: Mapping[str, int]
    port: int = 0
    said: Path = field(init=False)
    honcho: "subprocess.Popen[bytes]" = field(init=False)

    def start(self, environment: Mapping[str, str]) -> None:
        """Have honcho start the processes, the web process at a port of its own."""
        self.port = _free_port()
        self.said = self.folder / f"honcho.{self.port}.log"
        counts = ",".join(f"{kind}={count}" for kind, count in self.counts.items())
        command = [sys.executable, "-m", "honcho", "--procfile", str(PROCFILE), "start"]
        with self.said.open("wb") as output:
            self.honcho = subprocess.Popen(
                [*command, "--port", str(self.port), "--concurrency", counts, *self.counts],
                env=_with_commands(environment, self.maildesk),
                cwd=self.folder,
                stdout=output,
                stderr=output,
            )

    def is_up(self) -> bool:
        """Whether all its processes have begun their work."""
        assert self.honcho.poll() is None, self.said.read_text("utf-8")
        return self.said.read_text("utf-8").count(UP) == sum(self.counts.values())

    def kill(self, kind: str) -> None:
        """The first process of a kind dies at once, and honcho ends the others."""
        started = STARTED.findall(self.said.read_text("utf-8"))
        first = next(int(number) for name, number in started if name == kind)
        os.killpg(first, signal.SIGKILL)  # with the shell in which honcho runs it
        self.honcho.wait(PATIENCE_SECONDS)

    def stop(self) -> list[str]:
        """Ask all to end; the kinds of those that ended in order. (The exit status that honcho
        tells is the one of the shell around each.)"""
        self.honcho.send_signal(signal.SIGTERM)
        self.honcho.wait(PATIENCE_SECONDS)
        return FINISHED.findall(self.said.read_text("utf-8"))


class Platform:
    """Everything that runs. `url` leads to any of the web processes."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        """`folder`: where it runs."""
        self._folder = folder
        self._machines: list[Machine] = []
        self._front = Front(lambda: [each.port for each in self._machines])
        self.url = self._front.url
        self._environment = {
            "PYTHONUNBUFFERED": "1",
            **environment,
            "PUBLIC_URL": self.url,
            "BIND_ADDRESS": "127.0.0.1",
        }

    def release(self, maildesk: Path) -> None:
        """What the Procfile has done before a release's processes start."""
        lines = PROCFILE.read_text("utf-8").splitlines()
        (command,) = (line.partition(": ")[2] for line in lines if line.startswith("release: "))
        subprocess.run(
            shlex.split(command),
            env=_with_commands(self._environment, maildesk),
            cwd=self._folder,
            check=True,
            timeout=PATIENCE_SECONDS,
        )

    def add(self, maildesk: Path, **counts: int) -> Machine:
        """A machine with that release and so many processes of each kind, once they are at work."""
        machine = Machine(maildesk, self._folder, counts)
        machine.start(self._environment)
        self._wait(machine)
        self._machines.append(machine)
        return machine

    def kill(self, machine: Machine, kind: str) -> None:
        """A process dies at once, and the others of its machine end; honcho is started there anew.
        All the other machines are at work by then."""
        self._wait_for_all()
        machine.kill(kind)
        machine.start(self._environment)

    def remove(self, machine: Machine) -> list[str]:
        """The machine is no more, once all are at work; the kinds of its processes that ended in
        order."""
        self._wait_for_all()
        self._machines.remove(machine)
        return machine.stop()

    def stop(self) -> list[str]:
        """All machines end; the kinds of the processes that ended in order."""
        return sorted(kind for each in [*self._machines] for kind in self.remove(each))

    def close(self) -> None:
        """End what still runs, whatever it does, and take no more requests."""
        for each in self._machines:
            each.stop()
        self._front.close()

    def _wait_for_all(self) -> None:
        for each in self._machines:
            self._wait(each)

    def _wait(self, machine: Machine) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not machine.is_up():
            assert time.monotonic() < end, "a process does not come up"
            time.sleep(0.05)


def _with_commands(environment: Mapping[str, str], maildesk: Path) -> dict[str, str]:
    """With which the Procfile's command is the one that is installed there."""
    return {"PATH": f"{maildesk.parent}:{os.defpath}", **environment}


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
