"""What Maildesk is packed and started with: the image, compose's file, systemd's unit, the Procfile.
They name commands and settings that exist, run as nobody in particular, and name no registry."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from bot.app.cli import cli

TOP = Path(__file__).parents[2]
DOCKERFILE = (TOP / "Dockerfile").read_text("utf-8")
UNIT = (TOP / "deploy" / "maildesk.service").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((TOP / "compose.yaml").read_text("utf-8"))
OURS = {name: each for name, each in COMPOSE["services"].items() if each.get("build")}
COMMANDS = set(typer.main.get_command(cli).commands)  # type: ignore[attr-defined]
SETTINGS = set(
    re.findall(r"^(?:# )?([A-Z_]+)=", (TOP / ".env.example").read_text("utf-8"), re.MULTILINE)
)


def instructions(name: str) -> list[str]:
    """The arguments of the Dockerfile's instructions of a kind."""
    whole = DOCKERFILE.replace("\\\n", " ")
    return re.findall(rf"^\s*{name} +(.+)$", whole, re.MULTILINE)


def is_setting(name: str) -> bool:
    return name in SETTINGS or name.removesuffix("_FILE") in SETTINGS


def names_no_registry(image: str) -> bool:
    """A short name: before its first slash, if it has one, there is no host."""
    host, slash, _ = image.rpartition("/")
    return not slash or not re.search(r"[.:]", host.partition("/")[0])


def test_no_image_names_a_registry() -> None:
    images = [each.split()[0] for each in instructions("FROM")]
    images += [each["image"] for each in COMPOSE["services"].values()]
    assert len(images) >= 4
    assert [image for image in images if not names_no_registry(image)] == []
    assert not names_no_registry("registry.example/python:3.11")


def test_the_image_runs_as_nobody_in_particular() -> None:
    last = DOCKERFILE[DOCKERFILE.rindex("FROM ") :]
    users = re.findall(r"^USER (\S+)$", last, re.MULTILINE)
    assert users and users[-1].isdigit() and int(users[-1]) > 0
    assert last.index("\nUSER") < last.index("\nENTRYPOINT"), "what is before runs as root"


def test_the_image_has_every_package_and_nothing_else() -> None:
    build = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))
    packages = [
        each.rstrip("*") for each in build["tool"]["setuptools"]["packages"]["find"]["include"]
    ]
    copied = [each.split()[:-1] for each in instructions("COPY") if "--from" not in each]
    sources = [source for each in copied for source in each]
    assert set(packages) <= set(sources)
    assert [source for source in sources if not (TOP / source).exists()] == []
    let_in = re.findall(r"^!(\S+)$", (TOP / ".dockerignore").read_text("utf-8"), re.MULTILINE)
    assert set(let_in) == set(sources), (
        "what is copied is what is let in, secrets and all else are not"
    )


def test_every_command_exists() -> None:
    (unit,) = re.findall(r"^ExecStart=\S+ (\S+)$", UNIT, re.MULTILINE)
    procfile = re.findall(
        r"^\w+: maildesk (\S+)$", (TOP / "Procfile").read_text("utf-8"), re.MULTILINE
    )
    (image,) = (json.loads(each) for each in instructions("CMD") if "healthz" not in each)
    named = [unit, *procfile, *image, *(each["command"][0] for each in OURS.values())]
    assert {"migrate", "web", "worker", "run"} == set(named)
    assert [each for each in named if each not in COMMANDS] == []


def test_every_setting_exists() -> None:
    unit = re.findall(r"^Environment=(\w+)=", UNIT, re.MULTILINE)
    composed = [name for each in OURS.values() for name in each["environment"]]
    assert len(unit) >= 5 and len(composed) >= 15
    assert [name for name in [*unit, *composed] if not is_setting(name)] == []


def test_no_secret_stands_in_compose_and_none_is_given_twice() -> None:
    given = set(re.findall(r"(\w+)=", instructions("ENV")[0]))
    for each in OURS.values():
        named = set(each["environment"])
        files = {name.removesuffix("_FILE") for name in named if name.endswith("_FILE")}
        plain = {name for name in named if not name.endswith("_FILE")}
        assert plain <= {"BIND_ADDRESS", "PORT"}
        assert files.isdisjoint(given | plain), "a value and a file of one setting contradict"


def test_every_secret_is_handed_on_as_a_file() -> None:
    files = COMPOSE["secrets"]
    for each in COMPOSE["services"].values():
        named = set(each.get("secrets", []))
        used = {
            Path(value).name
            for name, value in each["environment"].items()
            if name.endswith("_FILE")
        }
        assert named == used
        assert named <= files.keys()
    handed = set(re.findall(r"^LoadCredential=(\w+):", UNIT, re.MULTILINE))
    assert handed == set(re.findall(r"=%d/(\w+)$", UNIT, re.MULTILINE)) != set()
    ignored = (TOP / ".gitignore").read_text("utf-8").splitlines()
    assert {"/secrets/", "/maildesk.env"} <= set(ignored)


@pytest.mark.parametrize("name", OURS)
def test_a_container_can_do_little(name: str) -> None:
    service = OURS[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_the_release_step_comes_first() -> None:
    for name in ("web", "worker"):
        assert OURS[name]["depends_on"]["migrate"] == {
            "condition": "service_completed_successfully"
        }
    assert OURS["migrate"]["depends_on"]["database"] == {"condition": "service_healthy"}
    assert OURS["migrate"]["restart"] == "no"
