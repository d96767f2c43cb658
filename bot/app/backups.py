"""Backups as files: `maildesk backup` and `maildesk restore`, and what they say when it cannot
be."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

from bot.config.settings import Settings
from storage.backup import (
    NotEmpty,
    NotTaken,
    OtherRevision,
    Restored,
    restore_backup,
    write_backup,
)
from storage.cipher import Cipher
from storage.database import DatabaseAway, connect
from storage.sealed_file import Damaged, NotABackup, WrongKey

STANDARD = "-"
"""Standard output or input instead of a file, for a machine with nowhere to write."""

NOT_DONE = (
    Damaged,
    DatabaseAway,
    NotABackup,
    NotEmpty,
    NotTaken,
    OSError,
    OtherRevision,
    WrongKey,
)
"""Why there is no backup, or nothing was restored. `why` says it in one line."""


def release() -> str:
    """This program's version."""
    return version("maildesk")


def back_up(settings: Settings, file: str) -> dict[str, int]:
    """Write a backup, which is there only when it is whole; the rows by table.

    Raises:
        one of NOT_DONE.
    """
    engine = connect(settings.database_url)
    with _written(file) as opened:
        counts = write_backup(engine, opened, Cipher(settings.keys), release())
    engine.dispose()
    return counts


def restore(settings: Settings, file: str) -> Restored:
    """Restore a backup into a database without rows, all of it or nothing.

    Raises:
        one of NOT_DONE.
    """
    engine = connect(settings.database_url)
    with _read(file) as opened:
        restored = restore_backup(engine, opened, Cipher(settings.keys))
    engine.dispose()
    return restored


def why(error: Exception) -> str:
    """What stood in the way, in one line, with what to do."""
    match error:
        case NotABackup():
            return "this is no backup of Maildesk, or one of a later release"
        case WrongKey():
            return (
                "none of ENCRYPTION_KEYS opens the backup: "
                "add the key that came first when it was made"
            )
        case Damaged():
            return f"the backup is damaged ({error}): nothing was restored, take another one"
        case NotEmpty():
            return f"the database has rows ({error}): restore into an empty one"
        case NotTaken():
            return f"the database does not take a row of the table {error}: nothing was restored"
        case OtherRevision(release="", revision=""):
            return "the database has no tables: run `maildesk migrate`"
        case OtherRevision(release="") if error.revision < error.needed:
            return (
                f"the database is at revision {error.revision}, this release ({release()}) needs "
                f"{error.needed}: use the release that runs on it, or run `maildesk migrate`"
            )
        case OtherRevision(release=""):
            return (
                f"the database is at revision {error.revision}, which this release ({release()}) "
                "does not know: use a later release"
            )
        case OtherRevision():
            return (
                f"the backup was made by release {error.release} at revision {error.revision}, "
                f"this release ({release()}) has {error.needed}: restore it with release "
                f"{error.release}, then upgrade"
            )
        case DatabaseAway():
            return "the database does not answer, or is in use: try again"
        case OSError():
            return f"{error.filename or 'the file'}: {error.strerror}"
    raise error


@contextmanager
def _written(file: str) -> Iterator[BinaryIO]:
    """The file to write. What stood there before is replaced when the new one is whole and on the
    disk; its owner alone may read it."""
    if file == STANDARD:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    beside = Path(f"{file}.partial")
    try:
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            yield opened
            opened.flush()
            os.fsync(descriptor)
        beside.replace(file)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


@contextmanager
def _read(file: str) -> Iterator[BinaryIO]:
    if file == STANDARD:
        yield sys.stdin.buffer
        return
    with Path(file).open("rb") as opened:
        yield opened
