"""The page on which all pictures are looked through, and the pictures of the documents."""

import re
import tomllib
from pathlib import Path

from tests.support import gallery
from tests.support.album import Picture

TOP = Path(__file__).resolve().parents[2]
SHOWN = TOP / "docs" / "pictures"
PAGES = (
    "README.md",
    *(f"docs/{name}.md" for name in ("architecture", "contributing", "going-live")),
)
MOST_BYTES = 150_000


def test_pictures_stand_by_walk_and_width_in_the_order_in_which_they_were_taken() -> None:
    taken = [
        Picture("trust", "desk", 1, "guest", "no"),
        Picture("story-renamed", "phone", 1, "support", "manage"),
        Picture("story-renamed", "desk", 10, "customer", "card"),
        Picture("story-renamed", "desk", 9, "support", "manage"),
        Picture("tour-on-call", "desk", 1, "on-call", "alert"),
    ]
    shown = gallery.page(each.name for each in taken)

    files = re.findall(r'<img src="([^"]+)"', shown)
    expected = [taken[3], taken[2], taken[1], taken[4], taken[0]]
    assert [Picture.read(name) for name in files] == expected
    assert re.findall(r"<h2[^>]*>([^<]+)", shown) == [
        "Off the happy road: renamed",
        "Guided tours: on call",
        "Walks: trust",
    ]
    assert re.findall(r'data-role="([^"]+)"', shown) == [each.role for each in expected]
    assert "5 pictures" in shown


def test_the_documents_show_pictures_that_one_command_renews_and_that_are_small() -> None:
    table = tomllib.loads((SHOWN / "pictures.toml").read_text(encoding="utf-8"))
    text = "".join((TOP / page).read_text(encoding="utf-8") for page in PAGES)

    assert {f"{name}.png" for name in table} == set(re.findall(r"pictures/([\w-]+\.png)\)", text))
    files = {each.name: each.stat().st_size for each in SHOWN.glob("*.png")}
    assert files.keys() == {f"{name}.png" for name in table}
    assert [name for name, size in files.items() if size > MOST_BYTES] == []
