"""`slack run`, as far as it goes without Slack's own program: what its project file has it do."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from tests.support.practice import database_in, new_practice
from tests.support.slack import SlackPerson
from tests.support.world import KEY

TOP = Path(__file__).parents[2]
HOOKS = json.loads((TOP / ".slack" / "hooks.json").read_text("utf-8"))["hooks"]
PATIENCE_SECONDS = 60


def hook(name: str, **environment: str) -> subprocess.Popen[str]:
    """Slack's program runs a hook with a shell, in the project's folder."""
    path = f"{Path(sys.executable).parent}:{os.defpath}"
    return subprocess.Popen(
        HOOKS[name],
        shell=True,
        cwd=TOP,
        env={"PATH": path, "PYTHONPATH": str(TOP)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def test_the_manifest_that_it_is_given_asks_for_socket_mode() -> None:
    out, _ = hook("get-manifest").communicate(timeout=PATIENCE_SECONDS)
    manifest = json.loads(out)
    assert manifest["settings"].pop("socket_mode_enabled") is True
    ours = json.loads((TOP / "manifest.json").read_text("utf-8"))
    del ours["settings"]["socket_mode_enabled"]
    assert manifest == ours


def test_it_starts_the_bot_with_the_tokens_that_it_brings(tmp_path: Path) -> None:
    practice = new_practice()
    practice.office.patience = PATIENCE_SECONDS
    practice.start()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = practice.environment(socket_mode=True) | {
        "DATABASE_URL": database_in(tmp_path),
        "ENCRYPTION_KEYS": KEY,
        "PUBLIC_URL": "http://localhost:1",
        "PORT": str(port),
    }
    environment["SLACK_CLI_XOXB"] = environment.pop("SLACK_BOT_TOKEN")
    environment["SLACK_CLI_XAPP"] = environment.pop("SLACK_APP_TOKEN")
    running = hook("start", **environment)
    try:
        vera = SlackPerson(practice.slack.url, "U0VERA")
        vera.until(lambda: practice.slack.delivery._sockets or None, "a connection")
        vera.say("C0DESK", "@Maildesk help")
        vera.find("C0DESK", "Maildesk")
    finally:
        os.killpg(running.pid, signal.SIGTERM)
        running.wait(PATIENCE_SECONDS)
        practice.stop()
