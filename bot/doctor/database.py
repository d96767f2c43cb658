"""The database: whether it is there, takes what is written, and has the tables of this version."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.common.secret_files import others_may_read
from bot.doctor.findings import Finding, found
from storage.database import CannotConnect, Store, file_of, look_in
from storage.migrate import Standing


@dataclass(frozen=True)
class Database:
    """A database at `url`. Nothing is created: a bot that starts does that."""

    url: str
    store: Callable[[], Store]
    standing: Callable[[], Standing]

    def look(self) -> Iterator[Finding]:
        """Whether it answers and takes what is written."""
        file = file_of(self.url)
        if file is not None and not file.exists():
            yield from _to_be_created(file)
            return
        try:
            look_in(self.url)
        except CannotConnect as error:
            yield found("database-refuses", words=error)
            return
        if file is not None and others_may_read(file):
            yield found("database-readable", file=file)
        standing = self.standing()
        if standing.revision and not self.store().takes_writes():
            yield found("database-read-only")
            return
        yield found("database-ok", kind="SQLite" if file is not None else "PostgreSQL")

    def is_ready(self) -> bool:
        """Whether it can be asked for what this version keeps there."""
        file = file_of(self.url)
        if file is not None and not file.exists():
            return False
        try:
            look_in(self.url)
        except CannotConnect:
            return False
        return self.standing().is_ready

    def migrations(self) -> Iterator[Finding]:
        """Whether its tables are those of this version."""
        file = file_of(self.url)
        if file is not None and not file.exists():
            yield found("skipped", "migrations", reason="there is no database yet")
            return
        standing = self.standing()
        values = {"revision": standing.revision, "newest": standing.newest}
        if not standing.usable:
            yield found("database-newer", **values)
        elif not standing.known:
            yield found("database-ahead", **values)
        elif not standing.revision:
            yield found("database-empty", **values)
        elif not standing.is_newest:
            yield found("database-behind", **values)
        else:
            yield found("migrations-ok", **values)


def _to_be_created(file: Path) -> Iterator[Finding]:
    folder = file.absolute().parent
    if not folder.is_dir():
        yield found("database-no-folder", folder=folder)
    elif not os.access(folder, os.W_OK | os.X_OK):
        yield found("database-folder-closed", folder=folder)
    else:
        yield found("database-not-yet", file=file)
