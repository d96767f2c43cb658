"""Practice worlds that share what takes long to make: their keys, and an empty database."""

import atexit
import shutil
import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path

from sandbox.certificates import Certificates
from sandbox.practice import Practice
from sandbox.tokens import Signer
from storage.migrate import upgrade
from tests.support.compiled import share_pages
from tests.support.databases import on_postgresql, url_of


@cache
def certificates() -> Certificates:
    """The certificate authority of every practice world in this process."""
    return Certificates(_folder())


@cache
def signer() -> Signer:
    """The key that signs the tokens of every practice world in this process."""
    return Signer()


@cache
def empty_database() -> Path:
    """A migrated SQLite file without rows, to be copied: the migrations run once a process."""
    file = _folder() / "empty.db"
    upgrade(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file


def database_in(folder: Path) -> str:
    """The migrated database of the world that lives in this folder, made where there is none."""
    if on_postgresql():
        return url_of(folder)
    file = folder / "maildesk.db"
    if not file.exists():
        shutil.copyfile(empty_database(), file)
    return f"sqlite:///{file}"


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="maildesk-tests-"))
    atexit.register(shutil.rmtree, folder)
    return folder


def new_practice() -> Practice:
    """A practice world that has everything of its own except the keys, which take long to make."""
    made = Practice(certificates=certificates(), signer=signer())
    share_pages(made.microsoft.pages.app)
    return made
