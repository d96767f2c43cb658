"""The documents say what is true: their paths exist, and what is made from data is up to date."""

import re
from pathlib import Path

import pytest

from bot.doctor import document as doctor
from bot.lifecycle import document

TOP = Path(__file__).parents[2]
PAGES = (
    "README.md",
    "docs/alerts.md",
    "docs/api-example.md",
    "docs/api.md",
    "docs/architecture.md",
    "docs/contributing.md",
    "docs/going-live.md",
    "docs/operations.md",
    "docs/security.md",
    "docs/using.md",
    "docs/watching.md",
)
FOR_PEOPLE = ("docs/going-live.md", "docs/using.md")
"""Pages that name no file of the code."""

PATH = re.compile(r"`((?:bot|deploy|handlers|storage|sandbox|tests|docs|tools)/[\w/.\-]*)`")
ROOM = re.compile(r"(?m)^\| `(\w+)` \| ")
LINK = re.compile(r"\]\(([\w/.\-]+)(#[\w-]+)?\)")


def heading(line: str) -> str:
    """A heading as links name it."""
    return "#" + re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES)
def test_every_path_that_a_page_names_is_there(page: str) -> None:
    text = (TOP / page).read_text("utf-8")
    named = PATH.findall(text)
    assert named or page in FOR_PEOPLE, "the page names something"
    assert [path for path in named if not (TOP / path).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    there = TOP / page
    dead = []
    for path, anchor in LINK.findall(there.read_text("utf-8")):
        target = there.parent / path
        lines = target.read_text("utf-8").splitlines() if path.endswith(".md") else []
        headings = {heading(line) for line in lines if line.startswith("#")}
        if not target.exists() or (anchor and anchor not in headings):
            dead.append(path + anchor)
    assert dead == []


def test_each_room_of_the_bot_is_described_once() -> None:
    page = (TOP / "docs" / "architecture.md").read_text("utf-8")
    table = page[page.index("| room in `bot/` |") :].partition("\n\n")[0]
    rooms = [there.parent.name for there in (TOP / "bot").glob("*/__init__.py")]
    assert sorted(ROOM.findall(table)) == sorted(rooms)


def test_the_page_of_states_is_up_to_date() -> None:
    page = (TOP / "docs" / "states.md").read_text("utf-8")
    assert page == document.page(), "run `make docs`"


def test_the_table_of_what_the_doctor_finds_is_up_to_date() -> None:
    page = (TOP / "docs" / "operations.md").read_text("utf-8")
    assert page == doctor.renewed(page), "run `make docs`"
    assert doctor.table() in page


RUN_BY = {
    ("docs/api-example.md", "maildesk api-key"): "scenario/test_api_key_commands.py",
    ("docs/api-example.md", "curl"): "scenario/test_api_example.py",
    ("docs/api.md", "maildesk api-key"): "scenario/test_api_key_commands.py",
    ("docs/going-live.md", "cp .env.example"): "scenario/test_going_live.py",
    ("docs/operations.md", "maildesk check"): "scenario/test_going_live.py",
}
"""Blocks of commands, by their page and how they begin, and the test that runs them."""

DRILLS = "## Backup and restore\n"
"""From here on, real/test_operations_drills.py enforces every block of docs/operations.md."""

NOT_RUN = {
    ("README.md", "make demo"): "it runs until somebody ends it; its parts are the scenario tests'",
    ("README.md", "make test"): "it is what runs the tests",
    ("docs/going-live.md", "python3 -m venv"): "it needs a registry of packages; check and run, "
    "its last lines, are run by scenario/test_going_live.py, and a wheel by real/test_wheel.py",
}
"""Those that no test can run, each with the reason."""


def blocks_of_commands(text: str) -> list[str]:
    """What a page gives to be typed: blocks that are set in, and those marked as a shell's."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    rest = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    found = [block.lstrip() for block in re.findall(r"(?:^    .+\n)+", rest, re.MULTILINE)]
    marked = [block for kind, block in fenced if kind in ("sh", "bash", "console", "shell")]
    return marked + [block for block in found if "→" not in block]  # a road is not typed


def test_every_block_of_commands_is_run_by_a_test_or_said_why_it_is_not() -> None:
    used = set()
    for page in [TOP / "README.md", *sorted((TOP / "docs").glob("*.md"))]:
        name = page.relative_to(TOP).as_posix()
        text = page.read_text("utf-8").partition(DRILLS)[0]
        for block in blocks_of_commands(text):
            fits = [key for key in RUN_BY | NOT_RUN if key[0] == name and block.startswith(key[1])]
            assert fits, f"{name}: no test is named for\n{block}"
            used.update(fits)
    assert used == set(RUN_BY | NOT_RUN), "every row is of a block"
    for (page_name, _), test in RUN_BY.items():
        there = (TOP / "tests" / test).read_text("utf-8")
        assert Path(page_name).name in there, f"{test} reads {page_name}"
