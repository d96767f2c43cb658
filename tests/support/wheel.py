"""Our wheel, and an empty environment with it."""

import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Collection
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
PACKAGES = ("bot", "handlers", "storage", "sandbox")
BUILT_FROM = ("pyproject.toml", "README.md", *PACKAGES)
OFFLINE = ("--no-build-isolation", "--no-deps", "--no-index", "--quiet")


def build(source: Path, target: Path) -> Path:
    """The wheel of a source tree, with what is installed here."""
    command = [sys.executable, "-m", "pip", "wheel", *OFFLINE, "--wheel-dir", str(target)]
    subprocess.run([*command, str(source)], check=True)
    (wheel,) = target.glob("maildesk-*.whl")
    return wheel


def copy_sources(copy: Path) -> Path:
    """What the distributions are built from, and nothing else."""
    for name in BUILT_FROM:
        if (TOP / name).is_dir():
            shutil.copytree(TOP / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(TOP / name, copy)
    return copy


def environment_without(lacking: Collection[str], folder: Path, wheel: Path) -> Path:
    """A new environment with the wheel and everything that is installed here but some packages; the
    `maildesk` command in it."""
    venv.create(folder)
    python = folder / "bin" / "python"
    found = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    )
    site = Path(found.stdout.strip())
    for each in Path(sysconfig.get_path("purelib")).iterdir():
        ours = "maildesk" in each.name
        if not ours and each.name not in lacking and each.suffix != ".pth":
            (site / each.name).symlink_to(each)
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps"]
    subprocess.run([*command, "--no-index", "--quiet", str(wheel)], check=True)
    return folder / "bin" / "maildesk"
