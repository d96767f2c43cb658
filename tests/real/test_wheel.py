"""The wheel and the source distribution: everything is in them, and they run from an empty folder."""

import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

from bot.app.practice import NEEDS
from tests.support.fast import ENVIRONMENT
from tests.support.wheel import PACKAGES, TOP, build, environment_without

SDIST = "import setuptools.build_meta as build, sys; print(build.build_sdist(sys.argv[1]))"


def sources() -> set[str]:
    """Every file that the packages need, as it is called in them."""
    return {
        str(file.relative_to(TOP))
        for package in PACKAGES
        for file in (TOP / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".md"
    }


def packed(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def run(command: Path, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run it in a folder, with settings for a database there and nothing else."""
    folder.mkdir(exist_ok=True)
    environ = ENVIRONMENT | {"DATABASE_URL": "sqlite:///maildesk.db", "PATH": os.environ["PATH"]}
    return subprocess.run(
        [command, *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )


def test_every_file_is_in_the_wheel(wheel: Path) -> None:
    there = packed(wheel)
    assert sources() - there == set()
    assert there - sources() == set()


def test_every_file_is_in_the_source_distribution(tree: Path, tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, "-c", SDIST, str(tmp_path)],
        cwd=tree,
        check=True,
        capture_output=True,
        text=True,
    )
    name = made.stdout.splitlines()[-1]
    shutil.unpack_archive(tmp_path / name, tmp_path / "unpacked")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    assert packed(build(unpacked, tmp_path)) == sources()


def test_it_runs_from_an_empty_folder(maildesk: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    helped = run(maildesk, empty, "--help")
    assert (helped.returncode, "backup" in helped.stdout) == (0, True)
    for command in (("migrate",), ("backup", "all")):
        done = run(maildesk, empty, *command)
        assert done.returncode == 0, done.stderr
    assert {file.name for file in empty.iterdir()} >= {"all", "maildesk.db"}

    other = tmp_path / "other"
    done = run(maildesk, other, "restore", str(empty / "all"))
    assert done.returncode == 0, done.stderr


def test_the_practice_world_opens_from_the_wheel(maildesk: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        [maildesk, "sandbox", "--alone"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    assert re.search(r"http://127\.0\.0\.1:\d+", line)


def test_without_the_extra_one_line_says_what_to_install(wheel: Path, tmp_path: Path) -> None:
    command = environment_without(NEEDS, tmp_path / "env", wheel)
    told = run(command, tmp_path / "empty", "sandbox")

    assert told.returncode == 1
    (line,) = told.stderr.splitlines()
    assert line.startswith("maildesk: the practice world needs aiosmtpd, joserfc")
    assert line.endswith("run pip install 'maildesk[sandbox]'")
    assert told.stdout == ""


def test_what_the_practice_world_needs_is_its_extra() -> None:
    text = (TOP / "pyproject.toml").read_text("utf-8")
    (extra,) = re.findall(r"^sandbox = \[(.+)\]$", text, re.MULTILINE)
    assert tuple(re.findall(r'"(\w+)', extra)) == NEEDS
