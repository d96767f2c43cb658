"""LIST answers kept as text, read as the product reads them."""

from collections.abc import Iterator

from bot.mail.imap_list import MailFolder, folders_in


def folders_of(lines: str) -> list[MailFolder]:
    """The folders of an answer: a line each, as the server sent it (`* LIST ...`), a literal on the
    line after its size."""
    return list(folders_in(_answers(lines.encode("latin-1").split(b"\n"))))


def _answers(lines: list[bytes]) -> Iterator[bytes | tuple[bytes, bytes]]:
    """The lines as imaplib hands them on: without their keyword, and a literal as a pair."""
    rest = iter(line.removeprefix(b"* LIST ") for line in lines if line)
    for line in rest:
        yield (line, next(rest)) if line.endswith(b"}") else line
