"""Every benchmark, one after the other: `python -m tests.benchmarks [NAME ...]` prints what each
says, and writes it to `docs/benchmarks.md` with the machine and the day. With names it runs those
alone, and the others stand in the page as they did."""

import argparse
import ast
import os
import platform
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

TOP = Path(__file__).parents[1]
PAGE = TOP / "docs" / "benchmarks.md"
ALL = (
    "bench",
    "bulk_bench",
    "ack_bench",
    "attack_bench",
    "api_bench",
    "claim_bench",
    "sweep_bench",
    "watch_bench",
    "week_bench",
    "backup_bench",
    "memory_bench",
    "webhook_bench",
)
HEAD = """# Benchmarks

What `make bench` (`python -m tests.benchmarks`) printed, on the machine and the day that stand below
each title. Machines differ and are busy with other things too: what counts are ratios within one
run, and the limits that each benchmark fails beyond.
"""
SECTION = re.compile(r"^## `tests/(\w+)\.py`\n.*?(?=^## |\Z)", re.M | re.S)


@dataclass(frozen=True)
class Ran:
    """What a benchmark said, and how it ended."""

    name: str
    said: str
    status: int
    minutes: float


def run(name: str) -> Ran:
    """Run a benchmark, passing on what it prints."""
    begun = time.monotonic()
    lines = []
    with subprocess.Popen(
        [sys.executable, "-u", "-m", f"tests.{name}"],
        cwd=TOP,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    return Ran(name, "".join(lines), process.wait(), (time.monotonic() - begun) / 60)


def section(ran: Ran, at: str) -> str:
    """A benchmark's part of the page."""
    outcome = "within its limits" if ran.status == 0 else "**outside its limits**"
    facts = f"{at}, {ran.minutes:.0f} minutes, {outcome}"
    what = purpose(ran.name)
    return f"## `tests/{ran.name}.py`\n\n{what}\n\n{facts}\n\n```\n{ran.said.rstrip()}\n```\n\n"


def purpose(name: str) -> str:
    """The first paragraph of what the benchmark says of itself."""
    tree = ast.parse((TOP / "tests" / f"{name}.py").read_text("utf-8"))
    return " ".join((ast.get_docstring(tree) or "").partition("\n\n")[0].split())


def machine() -> str:
    """What it ran on."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    kind = cpu[1] if cpu else platform.machine()
    return f"{os.cpu_count()} × {kind}, {size:.0f} GB, Python {platform.python_version()}"


def main() -> None:
    """Run them, write the page, and fail where one is outside its limits."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ALL))
    names = parser.parse_args().names or ALL
    at = f"{machine()}; {datetime.now(UTC):%Y-%m-%d}"
    written = PAGE.read_text("utf-8") if PAGE.exists() else ""
    sections = {found[1]: found[0] for found in SECTION.finditer(written)}
    ran = [run(name) for name in names]
    sections |= {each.name: section(each, at) for each in ran}
    parts = [HEAD, *(sections[name] for name in ALL if name in sections)]
    PAGE.write_text("\n".join(parts).rstrip() + "\n", "utf-8")
    if outside := [each.name for each in ran if each.status]:
        raise SystemExit(f"outside their limits: {', '.join(outside)}")


if __name__ == "__main__":
    main()
