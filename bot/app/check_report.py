"""What the doctor found, on a terminal or as JSON."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.doctor.findings import Finding, Status

COLOURS = {
    Status.OK: "green",
    Status.WARN: "yellow",
    Status.FAIL: "bold red",
    Status.SKIPPED: "dim",
}


def write_table(findings: Sequence[Finding], out: TextIO) -> None:
    """Write a table, and below it how many findings there are of each kind."""
    table = Table(show_edge=False, pad_edge=False)
    table.add_column("check", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("what is so, and how to fix it", overflow="fold")
    for finding in findings:
        table.add_row(
            Text(finding.check), Text(finding.status, COLOURS[finding.status]), _told(finding)
        )
    console = Console(file=out, soft_wrap=False)
    console.print(table)
    console.print(summary(findings), markup=False, highlight=False)


def summary(findings: Sequence[Finding]) -> str:
    """How many there are of each status, in one line."""
    count = Counter(finding.status for finding in findings)
    return ", ".join(f"{status}: {count[status]}" for status in Status)


def write_json(findings: Sequence[Finding], out: TextIO) -> None:
    """Write an array of objects with `check`, `kind`, `status`, `says` and `fix`."""
    json.dump([asdict(finding) for finding in findings], out, indent=2, ensure_ascii=False)
    out.write("\n")


def _told(finding: Finding) -> Text:
    told = Text(finding.says)
    if finding.fix:
        told.append(f"\nFix: {finding.fix}", "italic")
    return told
