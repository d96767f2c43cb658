"""The documents that are made from the settings, by `make docs`."""

import textwrap
from pathlib import Path

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from bot.config.about import About
from bot.config.settings import Settings, about, is_secret

WIDTH = 100
TOP = Path(__file__).parents[2]

HEAD = """\
# Every setting of Maildesk, read once when it starts. What has no value here must be given one;
# a value that is commented out is the default. As .env in the folder where maildesk is started, it
# is read by itself; what the environment says goes before it, and --no-env-file leaves it out.
# Each secret may be in a file of its own instead, which NAME_FILE names in place of NAME.
# `make docs` makes this file from bot/config/settings.py.
"""

PAGE_HEAD = """\
# The settings

Every setting is an environment variable, read once when the bot starts. A missing or malformed one
ends it with one line that names the variable, and exit status 2. `.env.example` is a file to begin
with. Both are made from `bot/config/settings.py` by `make docs`.

A file `.env` in the folder where `maildesk` is started is read as well: lines as `NAME=value`. What
the environment says goes before it, and `--no-env-file` leaves it out.

A secret can be given as a file, as Docker, Kubernetes and systemd hand secrets over: the variable
is then called `NAME_FILE`, as the table says, and its value is the file's name. One of the two is
given, never both. The table says which files are read again at each use, so that a secret can be
replaced while the bot runs: while such a file is missing, empty or malformed, the secret stays as
it was, which is logged once (`secret.not_read_again`). For the others a new one needs a restart.
What is given in the environment itself is read once. A file that every user of the machine may read
is warned of.
"""


def environment_example() -> str:
    """What `.env.example` says."""
    parts = [HEAD]
    for name, field in Settings.model_fields.items():
        told = about(name)
        if told.begins:
            parts.append(f"# --- {told.begins} ".ljust(WIDTH, "-") + "\n")
        lines = [line for part in told.text.split("\n") for line in textwrap.wrap(part, WIDTH - 2)]
        comment = "".join(f"# {line}\n" for line in lines)
        parts.append(f"{comment}{_assignment(name, field, told)}\n")
    return "\n".join(parts)


def page() -> str:
    """What `docs/settings.md` says."""
    parts = [PAGE_HEAD]
    for name, field in Settings.model_fields.items():
        told = about(name)
        if told.begins:
            parts.append(f"\n## {told.begins}\n\n| variable | default | |\n|---|---|---|\n")
        cell = _cell(told.text) + _shown_file(name)
        parts.append(f"| `{name.upper()}` | {_shown_default(field, told)} | {cell} |\n")
    return "".join(parts)


def default(field: FieldInfo, told: About) -> str:
    """A default as it would be written in the environment; empty where there is none."""
    if told.default or field.is_required() or not field.default:
        return told.default
    value = field.default
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def is_needed(field: FieldInfo, told: About) -> bool:
    """Whether a value has to be given, for it or for its alternative."""
    return told.needed or (field.is_required() and not told.default)


def _assignment(name: str, field: FieldInfo, told: About) -> str:
    mark = "" if is_needed(field, told) else "# "
    return f"{mark}{name.upper()}={told.example or default(field, told)}"


def _shown_default(field: FieldInfo, told: About) -> str:
    if is_needed(field, told):
        return "needed"
    value = default(field, told)
    return f"`{value}`" if value else ""


def _shown_file(name: str) -> str:
    if not is_secret(name):
        return ""
    again = "read again at each use" if about(name).reread else "a new one needs a restart"
    return f". In a file: `{name.upper()}_FILE` ({again})"


def _cell(text: str) -> str:
    return text.replace("\n", " ").replace("|", "\\|")


def write() -> None:
    """Write both documents where they belong."""
    (TOP / ".env.example").write_text(environment_example(), encoding="utf-8")
    (TOP / "docs" / "settings.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write()
