"""The image's health check, as it is written in the Dockerfile, asks a running bot."""

import json
import re
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.world import BotWorld

DOCKERFILE = Path(__file__).parents[2] / "Dockerfile"


def healthy(port: int | None) -> bool:
    """What the health check says of whatever listens on a port."""
    text = DOCKERFILE.read_text("utf-8").replace("\\\n", " ")
    (check,) = re.findall(r"^HEALTHCHECK .*?CMD +(.+)$", text, re.MULTILINE)
    python, *arguments = json.loads(check)
    assert python == "python"
    asked = subprocess.run(
        [sys.executable, *arguments], env={"PORT": str(port)}, capture_output=True, check=False
    )
    return asked.returncode == 0


def test_the_images_health_check_tells_whether_it_runs(world: BotWorld) -> None:
    assert healthy(urlsplit(world.url).port)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        assert not healthy(nobody.getsockname()[1])
