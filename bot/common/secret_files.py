"""Secrets that are kept in files: read as whoever wrote them meant them."""

import stat
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path

from bot.common.texts import visible

MAX_BYTES = 64 * 1024
"""Certificates with their chains are some kilobytes; whatever is larger is another file."""


class SecretFileUnusable(Exception):
    """A file holds no secret that could be read; the text says why, and never what is in it."""


def read(file: Path) -> str:
    """What is in a secret's file, without what an editor put before it and without the end of its
    last line. It may have several lines.

    Raises:
        SecretFileUnusable: it is missing, may not be read, is empty, or is no text.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise SecretFileUnusable(f"there is no file '{file}'") from None
    except IsADirectoryError:
        raise SecretFileUnusable(f"'{file}' is a folder") from None
    except OSError as error:
        raise SecretFileUnusable(f"'{file}' cannot be read ({error.strerror})") from None
    if len(content) > MAX_BYTES:
        raise SecretFileUnusable(f"'{file}' is too large to be a secret")
    text = visible(_decoded(content, file)).strip()
    if not text:
        raise SecretFileUnusable(f"'{file}' is empty")
    return text


def others_may_read(file: Path) -> bool:
    """Whether every user of this machine may read a file; no where it is not there."""
    try:
        return bool(file.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False


def _decoded(content: bytes, file: Path) -> str:
    # Windows' editors and shells begin a file with a mark, and may write it in UTF-16
    wide = content.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise SecretFileUnusable(f"'{file}' is no text") from None
