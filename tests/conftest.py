"""Leaves out the tests whose programs this machine does not have, and says so by name at the end of
the run."""

import gc
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

from tests.real import dovecot, postgres
from tests.support.databases import CHOICE, on_postgresql
from tests.support.examples import examples
from tests.support.logging import log_plainly, logging_kept

INSTALL = "tools/install-debian-packages"
"""Installs what the marked tests need; as root, on Debian 12."""


@dataclass(frozen=True)
class Need:
    """A marker, the program that its tests need, and whether the machine has it."""

    marker: str
    program: str
    present: Callable[[], bool]


NEEDS = (
    Need("browser", "Chromium", lambda: shutil.which("chromium") is not None),
    Need("curl", "curl", lambda: shutil.which("curl") is not None),
    Need("real", "Dovecot 2.3 with submission", dovecot.installed),
    Need("real", "PostgreSQL's server", lambda: postgres.programs() is not None),
)
ALLOCATIONS = 20_000
"""After so many new objects the garbage collector looks for circles among them."""

LONGEST = (
    "tests/real/test_reminder_fleet.py",
    "tests/real/test_crash.py",
    "tests/real/test_tokens.py",
    "tests/unit/test_incident_machine.py",
    "tests/unit/test_storms.py",
    "tests/real/test_incident_kills.py",
    "tests/real/test_webhook_kills.py",
    "tests/real/test_database_restarts.py",
    "tests/real/test_batches.py",
    "tests/real/test_browser_world.py",
    "tests/scenario/test_outage.py",
)
"""Files with tests of a minute and more, the longest first. Where files run side by side, each of
their tests may run in another process."""

RECKONING = "tests/unit/"
"""Where the tests are that wait for nobody."""

LEFT_OUT = pytest.StashKey[list[pytest.Item]]()
MISSING = pytest.StashKey[list[Need]]()
NAMES = pytest.StashKey[tuple[list[str], list[str]]]()
"""What was left out in another process, by name, and what is missing there."""


# A busy machine is not a fault, and what hypothesis found must be found again elsewhere.
settings.register_profile("maildesk", examples(100), deadline=None, print_blob=True)
settings.load_profile("maildesk")

log_plainly()


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """A command that is run within a test sets logging up for its process, which is the tests'."""
    with logging_kept():
        yield


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Choose what hypothesis draws from, for all processes. Where MAILDESK_REQUIRE_ALL is set,
    refuse to run at all if something would have to be left out."""
    if config.getoption("hypothesis_seed", None) is None:
        config.option.hypothesis_seed = str(secrets.randbelow(2**32))
    missing = [need for need in NEEDS if not need.present()]
    if missing and os.environ.get("MAILDESK_REQUIRE_ALL"):
        programs = ", ".join(need.program for need in missing)
        raise pytest.UsageError(
            f"MAILDESK_REQUIRE_ALL is set and this is not installed: {programs} ({INSTALL})"
        )
    if on_postgresql() and postgres.programs() is None:
        raise pytest.UsageError(f"{CHOICE}: PostgreSQL's server is not installed ({INSTALL})")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Keep the garbage collector from what stays until the end, thousands of tests and all modules,
    and have it look less often at the rest: that would be a tenth of the work."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(ALLOCATIONS)
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what is about another database, and what cannot run here; begin with the longest
    files, so that none of them ends last where files run side by side, and mix the others."""
    places = _how_early(items)
    items.sort(key=lambda item: places[_file(item)])
    if on_postgresql():
        _leave_out(config, items, [item for item in items if item.get_closest_marker("sqlite")])
    missing = [need for need in NEEDS if _wanted(need, items) and not need.present()]
    markers = {need.marker for need in missing}
    left_out = [
        item for item in items if any(item.get_closest_marker(marker) for marker in markers)
    ]
    _leave_out(config, items, left_out)
    config.stash[LEFT_OUT], config.stash[MISSING] = left_out, missing


class ByFile(LoadFileScheduling):
    """A file is run by one process, but for the longest: of those each test is."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return nodeid if file in LONGEST else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """Share the longest files out, where files run side by side."""
    return ByFile(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where files run side by side, each process tells what it left out."""
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["left_out"] = [item.nodeid for item in session.config.stash.get(LEFT_OUT, [])]
        told["missing"] = [need.program for need in session.config.stash.get(MISSING, [])]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a process left out; they all collect the same."""
    told = getattr(node, "workeroutput", {})
    node.config.stash[NAMES] = (told.get("left_out", []), told.get("missing", []))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what hypothesis drew from; name what was left out, and what would bring it in."""
    terminalreporter.line(f"To draw the same: --hypothesis-seed={config.option.hypothesis_seed}")
    own = (
        [item.nodeid for item in config.stash.get(LEFT_OUT, [])],
        [n.program for n in config.stash.get(MISSING, [])],
    )
    left_out, missing = config.stash.get(NAMES, own)
    if not left_out:
        return
    terminalreporter.section(f"{len(left_out)} tests could not run on this machine")
    for name in left_out:
        terminalreporter.line(f"  {name}")
    terminalreporter.line("Missing: " + ", ".join(missing))
    terminalreporter.line(
        f"To install it, as root on Debian 12: {INSTALL} (or run `make test-real`)"
    )


def _leave_out(config: pytest.Config, items: list[pytest.Item], some: list[pytest.Item]) -> None:
    if some:
        out = set(some)
        items[:] = [item for item in items if item not in out]
        config.hook.pytest_deselected(items=some)


def _how_early(items: list[pytest.Item]) -> dict[str, float]:
    """Where each file comes: the longest first, then files that mostly wait among files that mostly
    reckon, so that side by side they leave no processor idle."""
    files = dict.fromkeys(_file(item) for item in items)
    reckoning = [file for file in files if file.startswith(RECKONING)]
    waiting = [file for file in files if not file.startswith(RECKONING)]
    shares = {
        file: number / len(kind)
        for kind in (reckoning, waiting)
        for number, file in enumerate(kind)
    }
    return shares | {file: LONGEST.index(file) - len(LONGEST) for file in files if file in LONGEST}


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _wanted(need: Need, items: list[pytest.Item]) -> bool:
    return any(item.get_closest_marker(need.marker) for item in items)
