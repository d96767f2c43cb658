"""The settings themselves, and the files that they name."""

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from bot.common.secret_files import others_may_read
from bot.doctor.findings import Finding, found


def settings(problems: Iterable[tuple[str, str]], where: str) -> Iterator[Finding]:
    """What is missing or malformed: what is wrong, and what the setting is for. `where`: what was
    read."""
    wrong = [found("setting-wrong", problem=problem, about=about) for problem, about in problems]
    yield from wrong or [found("settings-ok", where=where)]


def unknown_names(file: Path, given: Collection[str], known: Collection[str]) -> Iterator[Finding]:
    """Lines of the env file that no setting heeds: mostly a slip in a name."""
    for name in sorted(set(given) - set(known)):
        like = difflib.get_close_matches(name.upper(), known, 1)
        fix = f"Did you mean {like[0]}? Correct" if like else "Correct"
        yield found("env-name-unknown", file=file, name=name, fix=fix)


def secrets(files: Mapping[str, Path]) -> Iterator[Finding]:
    """Whether nobody else may read the secrets; `files` by what is in them."""
    wide = [(what, file) for what, file in files.items() if others_may_read(file)]
    for what, file in wide:
        yield found("file-readable", what=what, file=file)
    if not wide:
        yield found("files-ok", count=len(files))
