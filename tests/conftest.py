"""Leaves out the tests whose programs this machine does not have, and says so by name at the end of
the run."""

import os
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.real import dovecot, postgres

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
    Need("real", "Dovecot 2.3 with submission", dovecot.installed),
    Need("real", "PostgreSQL's server", lambda: postgres.programs() is not None),
)
LEFT_OUT = pytest.StashKey[list[pytest.Item]]()
MISSING = pytest.StashKey[list[Need]]()
NAMES = pytest.StashKey[tuple[list[str], list[str]]]()
"""What was left out in another process, by name, and what is missing there."""


@pytest.hookimpl(tryfirst=True)  # before hypothesis reads its options
def pytest_configure(config: pytest.Config) -> None:
    """Choose a seed, to be told at the end. Where MAILDESK_REQUIRE_ALL is set, refuse to run at all
    if something would have to be left out."""
    if config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = str(secrets.randbits(32))
    missing = [need for need in NEEDS if not need.present()]
    if missing and os.environ.get("MAILDESK_REQUIRE_ALL"):
        programs = ", ".join(need.program for need in missing)
        raise pytest.UsageError(
            f"MAILDESK_REQUIRE_ALL is set and this is not installed: {programs} ({INSTALL})"
        )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what cannot run here."""
    missing = [need for need in NEEDS if _wanted(need, items) and not need.present()]
    markers = {need.marker for need in missing}
    left_out = [
        item for item in items if any(item.get_closest_marker(marker) for marker in markers)
    ]
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
    config.stash[LEFT_OUT], config.stash[MISSING] = left_out, missing


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
    """Say how to have the same examples again, what was left out, and what would bring it in."""
    seed = config.option.hypothesis_seed
    terminalreporter.line(f"The same examples again: --hypothesis-seed={seed}")
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


def _wanted(need: Need, items: list[pytest.Item]) -> bool:
    return any(item.get_closest_marker(need.marker) for item in items)
