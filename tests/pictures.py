"""All pictures of Maildesk, made anew: every walk in a real browser, by everybody, at a desk and on a
phone.

`python -m tests.pictures` puts them into `pictures/` with a page, `index.html`, on which a person
looks through them, and renews those of the documents (`docs/pictures/pictures.toml` says which).
"""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.support import gallery
from tests.support.chromium import FLAGS, PROGRAM
from tests.support.palette import reduce

TOP = Path(__file__).resolve().parents[1]
FOLDER = TOP / "pictures"
SHOWN = TOP / "docs" / "pictures"
TABLE = SHOWN / "pictures.toml"
WALKS = ("tests/real", "-m", "browser", "--numprocesses", "2", "--dist", "loadfile")


def main() -> int:
    """Walk, make the page, renew the documents' pictures; the walks' exit status."""
    if not Path(PROGRAM).exists():
        print("Pictures need Chromium: tools/install-debian-packages installs it.")
        return 2
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    status = subprocess.run(
        [sys.executable, "-m", "pytest", "--quiet", *WALKS],
        cwd=TOP,
        env=os.environ | {"MAILDESK_PICTURES": str(FOLDER)},
    ).returncode
    names = [each.name for each in FOLDER.glob("*.png")]
    index = FOLDER / "index.html"
    index.write_text(gallery.page(names), encoding="utf-8")
    print(f"{len(names)} pictures: {index}")
    if status == 0:
        renew()
    return status


def renew() -> None:
    """Renew the pictures of the documents from those of the walks."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=FLAGS)
        page = browser.new_page()
        for name, taken in table.items():
            (picture,) = FOLDER.glob(f"{taken['walk']}.{taken['width']}.*.{taken['what']}.png")
            (SHOWN / f"{name}.png").write_bytes(reduce(picture, page))
        browser.close()
    print(f"{len(table)} of them renewed in {SHOWN}")


if __name__ == "__main__":
    sys.exit(main())
