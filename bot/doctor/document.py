"""The table in docs/operations.md of everything that `maildesk check` may find."""

import re
from pathlib import Path

from bot.doctor.findings import Kind, Status, kinds

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
BEGIN = "<!-- what maildesk check may find: made by `make docs` -->\n"
END = "<!-- end -->\n"
HEAD = "| what it says | how to fix it |\n|---|---|\n"
MARKS = {Status.WARN: " (a warning)", Status.SKIPPED: " (not looked at)"}
VALUE = re.compile(r"\{(\w+)\}")


def table() -> str:
    """A row for each thing that is not as it should be, or that a person has to look at."""
    rows = [kind for kind in kinds().values() if kind.fix]
    return HEAD + "".join(map(_row, rows))


def renewed(page: str) -> str:
    """The page with the table as it is now."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{table()}{END}{after}"


def _row(kind: Kind) -> str:
    return f"| {_shown(kind.says)}{MARKS.get(kind.status, '')} | {_shown(kind.fix)} |\n"


def _shown(text: str) -> str:
    return VALUE.sub(r"*\1*", text.replace("*", "\\*").replace("|", "\\|"))


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text("utf-8")), encoding="utf-8")
