"""Says which locked dependencies have known vulnerabilities: status 0 for none, 1 for some, 2 where
that could not be found out.

pip-audit itself ends with status 0, and says that it found nothing, where its data does not know a
single package."""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

LOCKS = ("requirements.txt", "requirements-dev.txt")
ACCEPTED = Path("tools/accepted-findings.toml")
COMMAND = ("-m", "pip_audit", "--disable-pip", "--format", "json", "--progress-spinner", "off")
CLEAN, VULNERABLE, UNKNOWN = range(3)


@dataclass(frozen=True)
class Accepted:
    """A finding that is let pass, why, and until when."""

    id: str
    package: str
    accepted: date
    until: date
    reason: str


@dataclass(frozen=True)
class Finding:
    """A vulnerability of a package, under all of its names, and the versions without it."""

    package: str
    version: str
    ids: frozenset[str]
    fixed_in: Sequence[str]

    def passes(self, accepted: Sequence[Accepted], today: date) -> bool:
        """Whether it is accepted, today."""
        return any(
            each.package == self.package and each.id in self.ids and today < each.until
            for each in accepted
        )

    def __str__(self) -> str:
        fixed = f"mended in {', '.join(self.fixed_in)}" if self.fixed_in else "not mended yet"
        return f"{self.package} {self.version}: {', '.join(sorted(self.ids))} ({fixed})"


def accepted_findings(file: Path = ACCEPTED) -> list[Accepted]:
    """What is let pass; a reason has to be given."""
    listed = [Accepted(**raw) for raw in tomllib.loads(file.read_text()).get("finding", [])]
    without = [each.id for each in listed if not each.reason.strip()]
    if without:
        raise ValueError(f"{file}: no reason is given for {', '.join(without)}")
    return listed


def findings(report: Mapping[str, Any]) -> Iterator[Finding]:
    """Every vulnerability in a report of pip-audit."""
    for package in report["dependencies"]:
        for known in package.get("vulns", ()):
            ids = frozenset([known["id"], *known.get("aliases", ())])
            yield Finding(package["name"], package["version"], ids, known["fix_versions"])


def judged(
    report: Mapping[str, Any], accepted: Sequence[Accepted], today: date
) -> tuple[int, list[str]]:
    """The status, and what to say."""
    bad = [found for found in findings(report) if not found.passes(accepted, today)]
    unknown = [package["name"] for package in report["dependencies"] if "skip_reason" in package]
    total = len(report["dependencies"])
    lines = [str(found) for found in bad]
    if unknown or not total:
        names = ", ".join(unknown)
        lines.append(f"Could not be audited, its data has not answered: {names or 'everything'}")
    lines.append(f"{total - len(unknown)} of {total} packages audited, {len(bad)} findings.")
    if bad:
        return VULNERABLE, lines
    return (UNKNOWN if unknown or not total else CLEAN), lines


def audit() -> int:
    """Run pip-audit over the lock files."""
    locks = [part for lock in LOCKS for part in ("--requirement", lock)]
    run = subprocess.run([sys.executable, *COMMAND, *locks], capture_output=True, text=True)
    try:
        report = json.loads(run.stdout)
    except ValueError:
        last = (run.stderr.strip().splitlines() or ["it said nothing"])[-1]
        print(f"Could not be audited: {last}")
        return UNKNOWN
    status, lines = judged(report, accepted_findings(), datetime.now(UTC).date())
    print("\n".join(lines))
    return status


if __name__ == "__main__":
    sys.exit(audit())
