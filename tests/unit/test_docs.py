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


def test_the_page_of_states_is_up_to_date() -> None:
    page = (TOP / "docs" / "states.md").read_text("utf-8")
    assert page == document.page(), "run `make docs`"


def test_the_table_of_what_the_doctor_finds_is_up_to_date() -> None:
    page = (TOP / "docs" / "operations.md").read_text("utf-8")
    assert page == doctor.renewed(page), "run `make docs`"
    assert doctor.table() in page
