"""Pictures of walks, to be looked through by a person: a picture's name says of which walk it is, how
wide the screen was, who looked, and at what."""

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

ROLES = {
    "365 administrator": "administrator",
    "office manager": "customer",
    "bookkeeper": "customer",
    "On-call engineer": "on-call",
}
"""What people of the practice world are called in a picture's name; others as they are there."""

PHONE_AT_MOST = 480
"""Screens of at most so many pixels are a phone's."""

WHO = """() => {
  const chosen = document.querySelector("#who option:checked");
  return chosen ? chosen.textContent.split(/ · |: /).pop() : "";
}"""


@dataclass(frozen=True)
class Picture:
    """A picture, as its name says it. `width` is *desk* or *phone*."""

    walk: str
    width: str
    number: int
    role: str
    what: str

    @property
    def name(self) -> str:
        """The file's name; sorted by it, pictures stand in the order in which they were taken."""
        return f"{self.walk}.{self.width}.{self.number:03}.{self.role}.{self.what}.png"

    @classmethod
    def read(cls, name: str) -> "Picture":
        """Read a file's name.

        Raises:
            ValueError: it is no picture's.
        """
        walk, width, number, role, what, _ = name.split(".")
        return cls(walk, width, int(number), role, what)


class Album:
    """Takes the pictures of one walk, in the order in which they are looked at."""

    def __init__(self, folder: Path, walk: str) -> None:
        self._folder = folder
        self._walk = walk
        self._taken = 0

    def take(self, page: Page, what: str, role: str = "") -> None:
        """What stands on the screen now; a page as a whole. `role`: who looks at it, where the page
        is not the practice Slack's, which says so itself."""
        self._taken += 1
        size = page.viewport_size
        width = "phone" if size and size["width"] <= PHONE_AT_MOST else "desk"
        who = page.evaluate(WHO) or role or "customer"
        made = Picture(self._walk, width, self._taken, _slug(ROLES.get(who, who)), _slug(what))
        page.screenshot(path=self._folder / made.name, full_page=True)


def _slug(words: str) -> str:
    return "-".join(words.lower().replace(".", " ").split())
