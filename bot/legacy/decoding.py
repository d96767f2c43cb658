"""The text of a file, in the encodings that spreadsheet and mail programs write."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE

from bot.legacy.headings import meaning

LARGEST_FILE = 1024 * 1024

MARKS = (
    # those of UTF-32 first: they begin with one of UTF-16's
    (BOM_UTF32_LE, "utf-32"),
    (BOM_UTF32_BE, "utf-32"),
    (BOM_UTF16_LE, "utf-16"),
    (BOM_UTF16_BE, "utf-16"),
    (BOM_UTF8, "utf-8-sig"),
)
WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
CODE_PAGES = (
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "cp1257",
    "cp874",
    "cp932",
    "cp949",
    "gb18030",
    "cp950",
)
"""The code pages of Windows, in which Excel and Outlook write without asking
(learn.microsoft.com/windows/win32/intl/code-page-identifiers); the likeliest first."""

NO_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff")
"""How spreadsheets, documents, archives and pictures begin."""

CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
MOST_CONTROL = 10
"""One character in so many may be a stray control character in a text; in other files more are."""

LEAST_NUL = 8
"""One byte in so many is a NUL at least where each character takes two or four."""

HEAD = 4000
"""So many characters of a file show its headings."""


class NotAList(Exception):
    """What holds no list; the text is the sentence that says why."""


def decode(content: bytes) -> str:
    """The text of a file, as it is there: `clean` takes out what no text has.

    Raises:
        NotAList: it is too large, or no text.
    """
    if len(content) > LARGEST_FILE:
        raise NotAList("old.file_too_large")
    text = "" if content.startswith(NO_TEXT) else _decoded(content)
    if (content and not text) or len(CONTROL.findall(text)) * MOST_CONTROL > len(text):
        raise NotAList("old.file_not_text")
    return text


def clean(text: str) -> str:
    """`text` without control characters (which PostgreSQL does not keep either) and with one kind
    of line ends."""
    return CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).lstrip("\ufeff")


def _decoded(content: bytes) -> str:
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    return _wide(content) or _in(content, "utf-8") or _in_a_code_page(content)


def _wide(content: bytes) -> str:
    """The text of a file of two or four bytes a character that does not say so."""
    if content.count(0) * LEAST_NUL < max(len(content), 1):
        return ""
    texts = [text for text in (_in(content, encoding) for encoding in WIDE) if text]
    readable = [text for text in texts if not CONTROL.search(text)]
    return max(readable, key=lambda text: sum(sign.isascii() for sign in text), default="")


def _in_a_code_page(content: bytes) -> str:
    """The text in the code page in which its headings are known best; the likeliest where none
    are."""
    texts = [text for text in (_in(content, page) for page in CODE_PAGES) if text]
    return max(texts, key=_known_headings, default="")


def _known_headings(text: str) -> int:
    cells = re.split(r"[\n\t;,|]", clean(text[:HEAD]))
    return len({meaning(cell.strip(' "')) for cell in cells if not cell.isascii()} - {None})


def _in(content: bytes, encoding: str) -> str:
    """The text in an encoding; empty where it is in another."""
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return ""
