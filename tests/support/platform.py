"""A platform that runs the processes of the Procfile, as many of a kind as it is told, puts another
in the place of one that died, and leads requests to the web processes in turn."""

import os
import shlex
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).parents[2]
CHUNK = 65536
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
        self._front = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._front.getsockname()[1]}"
        path = f"{maildesk.parent}:{os.defpath}"
        self._environment = {"PATH": path, **environment, "PUBLIC_URL": self.url}
        self._processes: list[Process] = []
        self._turn = 0
        threading.Thread(target=self._lead, daemon=True).start()

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

    def _lead(self) -> None:
        with suppress(OSError):  # closed: it is over
            while True:
                client, _ = self._front.accept()
                threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        """To the next web process that takes the connection."""
        with client, suppress(OSError):
            there = self._reached()
            if there is None:
                return
            with there:
                back = threading.Thread(target=_copy, args=(there, client), daemon=True)
                back.start()
                _copy(client, there)
                back.join()

    def _reached(self) -> socket.socket | None:
        webs = self._of("web")
        self._turn += 1
        for number in range(len(webs)):
            port = webs[(self._turn + number) % len(webs)].port
            with suppress(OSError):
                return socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)
        return None


def _copy(here: socket.socket, there: socket.socket) -> None:
    with suppress(OSError):
        while data := here.recv(CHUNK):
            there.sendall(data)
        there.shutdown(socket.SHUT_WR)
