"""Says how well the fast tests hold the core rules, module by module; status 1 below the mark.

`coverage`: which lines they run, as `coverage run` left it. `mutants`: which small changes they
notice, as `mutmut run` left it. What is a core rule stands in pyproject.toml."""

import json
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

COVERED_MARK = 90
NOTICED_MARK = 85
"""How many lines, and how many changes, in a hundred."""

EQUAL = Path("tests/mutants-equal.toml")
"""Changes that change nothing, each with the reason; they do not count."""

NOTICED = {"killed", "timeout"}
MUTANT = re.compile(r"(?P<module>[\w.]+)\.x(?:_|ǁ(?P<cls>\w+)ǁ)(?P<function>\w+)__mutmut_\d+")


@dataclass(frozen=True)
class Score:
    """How many of a module's lines or changes were reached; `missed` names the others."""

    module: str
    total: int
    missed: Sequence[str]

    @property
    def percent(self) -> float:
        """How many in a hundred were reached."""
        return 100 * (self.total - len(self.missed)) / self.total if self.total else 100.0


@dataclass(frozen=True)
class Mutant:
    """One small change: its name in mutmut, where it is, and what became of it."""

    name: str
    module: str
    function: str
    status: str


def covered() -> list[Score]:
    """The lines of every core rule."""
    report = Path("mutants/coverage.json")
    report.parent.mkdir(exist_ok=True)
    _output("coverage", "json", "--quiet", "--fail-under=0", "-o", str(report))
    files = json.loads(report.read_text())["files"]
    return [
        Score(path, each["summary"]["num_statements"], [str(n) for n in each["missing_lines"]])
        for path, each in sorted(files.items())
    ]


def noticed() -> list[Score]:
    """The changes of every core rule, without those that change nothing."""
    equal = _equal()
    by_module: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in _mutants():
        if mutant.status in NOTICED or not _is_equal(mutant, equal):
            by_module[mutant.module].append(mutant)
    return [
        Score(module, len(found), [each.name for each in found if each.status not in NOTICED])
        for module, found in sorted(by_module.items())
    ]


def show(scores: Sequence[Score], mark: int) -> bool:
    """Print the scores and what is missing; whether all of them reach the mark."""
    for score in scores:
        print(f"{score.percent:5.1f} %  {score.total:5}  {score.module}")
        for missed in score.missed if score.percent < mark else ():
            print(f"{'':18}{missed}")
    total = Score("all", sum(s.total for s in scores), [m for s in scores for m in s.missed])
    print(f"{total.percent:5.1f} %  {total.total:5}  all (each has to reach {mark} %)")
    return bool(scores) and all(score.percent >= mark for score in scores)


def _mutants() -> Iterator[Mutant]:
    for line in _output("mutmut", "results", "--all", "true").splitlines():
        name, _, status = line.strip().partition(": ")
        match = MUTANT.fullmatch(name)
        if match is not None:
            function = ".".join(filter(None, [match["cls"], match["function"]]))
            yield Mutant(name, match["module"], function, status)


def _equal() -> dict[tuple[str, str], set[str]]:
    """The changed lines that mean the same as before, by module and function."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for each in tomllib.loads(EQUAL.read_text())["equal"]:
        found[each["module"], each["function"]].add(each["line"])
    return found


def _is_equal(mutant: Mutant, equal: dict[tuple[str, str], set[str]]) -> bool:
    lines = equal.get((mutant.module, mutant.function))
    if lines is None:
        return False
    changed = [
        line[1:].strip()
        for line in _output("mutmut", "show", mutant.name).splitlines()
        if line.startswith("+") and not line.startswith("+++")
    ]
    return set(changed) <= lines


def _output(*command: str) -> str:
    tool = Path(sys.executable).with_name(command[0])
    ran = subprocess.run([tool, *command[1:]], check=True, capture_output=True, text=True)
    return ran.stdout


def main() -> int:
    """Print what was asked for; the exit status."""
    match sys.argv[1:]:
        case ["coverage"]:
            good = show(covered(), COVERED_MARK)
        case ["mutants"]:
            good = show(noticed(), NOTICED_MARK)
        case _:
            print("core_rules.py coverage | mutants", file=sys.stderr)
            return 2
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
