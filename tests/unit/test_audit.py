"""`make audit`: what is known of our dependencies, what is let pass and until when, and that silence is
not taken for good news."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tools.audit import CLEAN, UNKNOWN, VULNERABLE, Accepted, accepted_findings, judged

pytestmark = pytest.mark.attacks

TODAY = date(2026, 3, 1)
KNOWN = {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["2.0"]}
VULNERABLE_PACKAGE = {"name": "frob", "version": "1.0", "vulns": [KNOWN]}
GOOD_PACKAGE: dict[str, Any] = {"name": "good", "version": "1.0", "vulns": []}
SKIPPED_PACKAGE = {"name": "odd", "skip_reason": "not found and could not be audited"}


def report(*packages: dict[str, Any]) -> dict[str, Any]:
    return {"dependencies": list(packages), "fixes": []}


def accepted(until: date, **changed: str) -> Accepted:
    facts = {"id": "CVE-2026-1", "package": "frob", "reason": "never called"} | changed
    return Accepted(accepted=date(2026, 1, 1), until=until, **facts)


def test_nothing_is_known_of_them() -> None:
    assert judged(report(GOOD_PACKAGE), [], TODAY) == (
        CLEAN,
        ["1 of 1 packages audited, 0 findings."],
    )


def test_a_vulnerability_is_named_with_the_version_that_mends_it() -> None:
    status, lines = judged(report(GOOD_PACKAGE, VULNERABLE_PACKAGE), [], TODAY)
    assert status == VULNERABLE
    assert lines[0] == "frob 1.0: CVE-2026-1, PYSEC-2026-1 (mended in 2.0)"


def test_an_accepted_one_passes_until_its_day() -> None:
    listed = report(VULNERABLE_PACKAGE)
    assert judged(listed, [accepted(date(2026, 3, 2))], TODAY)[0] == CLEAN
    assert judged(listed, [accepted(TODAY)], TODAY)[0] == VULNERABLE
    assert judged(listed, [accepted(date(2027, 1, 1), package="other")], TODAY)[0] == VULNERABLE


@pytest.mark.parametrize("packages", [(), (SKIPPED_PACKAGE,), (GOOD_PACKAGE, SKIPPED_PACKAGE)])
def test_what_its_data_does_not_know_is_not_clean(packages: tuple[dict[str, Any], ...]) -> None:
    status, lines = judged(report(*packages), [], TODAY)
    assert status == UNKNOWN
    assert lines[0].startswith("Could not be audited")


def test_every_accepted_finding_has_its_reason(tmp_path: Path) -> None:
    accepted_findings()
    file = tmp_path / "accepted.toml"
    file.write_text(
        '[[finding]]\nid = "x"\npackage = "y"\naccepted = 2026-01-01\nuntil = 2026-02-01\nreason = " "\n'
    )
    with pytest.raises(ValueError, match="no reason is given for x"):
        accepted_findings(file)
