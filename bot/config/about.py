"""What the documents and the errors say of a setting."""

from dataclasses import dataclass


@dataclass(frozen=True)
class About:
    """What the documents and the errors say of a setting.

    Attributes:
        text: what it is for.
        begins: the heading of the part of the documents that begins with it.
        default: its default as it is written, where Python would write it otherwise.
        example: what `.env.example` shows where it has no default.
        looks_like: what was expected, where a pattern does not match.
        needed: it or its alternative has to be given, though each has a default.
        several: it may hold several values, with commas between; a secret's file one a line.
        reread: its file is read again at each use, so that it can be replaced while the bot runs.
    """

    text: str
    begins: str = ""
    default: str = ""
    example: str = ""
    looks_like: str = ""
    needed: bool = False
    several: bool = False
    reread: bool = False


@dataclass(frozen=True)
class Contradiction:
    """Settings that do not go together, and one line that says so; the first of them is lacking or
    wrong."""

    names: tuple[str, ...]
    text: str
