"""Empty databases of either kind, and a real browser."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from sqlalchemy import text

from storage.database import connect
from storage.migrate import upgrade
from tests.real.postgres import Postgres
from tests.support.chromium import FLAGS, PROGRAM
from tests.support.databases import Databases
from tests.support.story import WIDTHS, Story
from tests.support.wheel import build, copy_sources, environment_without
from tests.support.world import BotWorld

TOP = Path(__file__).resolve().parents[2]
PATIENCE_MILLISECONDS = 60_000


@pytest.fixture(scope="session")
def cluster() -> Iterator[Postgres]:
    with Postgres() as running:
        yield running


@pytest.fixture(scope="session")
def databases(cluster: Postgres) -> Iterator[Databases]:
    """Databases of the cluster, made when they are asked for."""
    made = Databases(cluster)
    yield made
    made.close()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database without rows, to be copied."""
    made = tmp_path_factory.mktemp("template") / "maildesk.db"
    upgrade(f"sqlite:///{made}")
    return made


@pytest.fixture(params=["postgresql", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database of either kind, without rows."""
    if request.param == "sqlite":
        copied = shutil.copy(request.getfixturevalue("template"), tmp_path / "maildesk.db")
        yield f"sqlite:///{copied}"
    else:
        databases: Databases = request.getfixturevalue("databases")
        yield databases.url(databases.of(tmp_path))
        databases.leave(tmp_path)


@pytest.fixture(params=["postgresql", "sqlite"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of either kind without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'old.db'}"
    fresh = str(request.getfixturevalue("cluster").url)
    engine = connect(fresh)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
    engine.dispose()
    return fresh


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the distributions are built from, and nothing else."""
    return copy_sources(tmp_path_factory.mktemp("tree"))


@pytest.fixture(scope="session")
def wheel(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our wheel."""
    return build(tree, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def maildesk(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command in an environment of its own, with the wheel and its extra `sandbox`."""
    return environment_without((), tmp_path_factory.mktemp("whole") / "env", wheel)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=PROGRAM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """A browser that remembers nothing of earlier tests: every page has a context of its own."""
    assert chromium.contexts == []
    yield chromium
    for context in chromium.contexts:
        context.close()


@pytest.fixture
def pictures(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where screenshots go: the folder named by MAILDESK_PICTURES, so that a person can look at
    them."""
    folder = Path(os.environ.get("MAILDESK_PICTURES", tmp_path / "pictures"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def practice_page(tmp_path: Path) -> Iterator[str]:
    """`maildesk sandbox` as its own process, without the customers who were there before; the
    address that it prints."""
    yield from practice_world(tmp_path, "--alone")


@pytest.fixture
def full_practice_page(tmp_path: Path) -> Iterator[str]:
    """The same with them."""
    yield from practice_world(tmp_path)


def practice_world(tmp_path: Path, *options: str) -> Iterator[str]:
    """`maildesk sandbox` until the test is over."""
    sandbox = [sys.executable, "-m", "bot.app.cli", "sandbox", *options]
    command = [*sandbox, "--folder", str(tmp_path / "bot")]
    console = (tmp_path / "console").open("w+")
    with (
        console,
        subprocess.Popen(
            command, cwd=TOP, stdout=subprocess.PIPE, stderr=console, text=True
        ) as process,
    ):
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            yield re.findall(r"http://\S+", line)[0]
            process.terminate()
            ended = process.wait(timeout=60)
        finally:
            process.kill()  # where it did not end by itself
        console.seek(0)
        said = console.read()
        assert ended == 0, said
        assert "deprecat" not in said, "the console warns of what nobody can change"


@pytest.fixture(params=WIDTHS)
def story(
    request: pytest.FixtureRequest, tmp_path: Path, browser: Browser, pictures: Path
) -> Iterator[Story]:
    """A story in Acme's channel, at a desk and on a phone: named after its file."""
    running = BotWorld(tmp_path)
    running.set_up()
    name = request.path.stem.removeprefix("test_story_").replace("_", "-")
    told = Story(running, browser, pictures, name, request.param)
    yield told
    running.stop()
    assert told.errors == []
