"""A private PostgreSQL cluster on loopback, made anew and thrown away."""

import secrets
from pathlib import Path
from typing import Self

from tests.real.daemon import Daemon, free_ports

INSTALLED = Path("/usr/lib/postgresql")
"""Where Debian keeps the server's programs, one folder a version."""

QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""A cluster that is thrown away need not survive a power cut."""


def programs() -> Path | None:
    """The folder of the newest installed server's programs, if there is one."""
    found = sorted(INSTALLED.glob("*/bin/initdb"), key=lambda path: float(path.parent.parent.name))
    return found[-1].parent if found else None


class Postgres:
    """The cluster, as a context manager; `url` is how to reach its one database."""

    def __init__(self, **settings: str) -> None:
        """`settings` of the server's, before those that make it quick."""
        self._settings = QUICK | settings
        bin_folder = programs()
        if bin_folder is None:
            raise RuntimeError("PostgreSQL's server is not installed")
        self._programs = bin_folder
        self._port = free_ports(1)[0]
        self._is_there = False
        self._password = secrets.token_urlsafe(16)
        self._daemon = Daemon("postgres", "postgres")
        self._data = str(self._daemon.folder / "data")
        self.url = f"postgresql+psycopg://maildesk:{self._password}@127.0.0.1:{self._port}/postgres"

    def __enter__(self) -> Self:
        """Make the cluster, start it and wait until it answers."""
        try:
            self._make()
            self.come_back()
        except BaseException:
            self._daemon.remove()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it at once and remove the cluster."""
        if self._is_there:
            self.go_away()
        self._daemon.remove()

    def go_away(self) -> None:
        """End the server, whatever its clients are at; what was committed is kept."""
        self._ctl("stop", "-m", "fast")
        self._is_there = False

    def fall_over(self) -> None:
        """End the server as if it were killed: nobody is told, and nothing is tidied up."""
        self._ctl("stop", "-m", "immediate")
        self._is_there = False

    def come_back(self) -> None:
        """Start it again, and wait until it answers."""
        self._ctl("start", "-l", str(self._daemon.folder / "log"), "-o", self._options())
        self._is_there = True

    def _make(self) -> None:
        password = self._daemon.write("password", self._password)
        self._daemon.hand_over()
        who = ["--username=maildesk", f"--pwfile={password}", "--auth=scram-sha-256"]
        what = [f"--pgdata={self._data}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        self._daemon.run([str(self._programs / "initdb"), *who, *what])

    def _options(self) -> str:
        own = {
            "listen_addresses": "127.0.0.1",
            "port": str(self._port),
            "unix_socket_directories": "''",
        }
        return " ".join(f"-c {name}={value}" for name, value in (own | self._settings).items())

    def _ctl(self, verb: str, *more: str) -> None:
        self._daemon.run([str(self._programs / "pg_ctl"), verb, "-w", "-D", self._data, *more])
