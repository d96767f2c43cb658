"""`maildesk worker` and `maildesk web` as processes of their own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PATIENCE_SECONDS = 120.0
"""So long anything is waited for: this machine may be busy with others."""


@contextmanager
def process(
    environment: Mapping[str, str], output: Path, command: str = "worker"
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a `maildesk` command, whose words go to `output`, until the end of the block at most."""
    variables = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    with output.open("ab") as said:
        running = subprocess.Popen(
            [sys.executable, "-m", "bot.app.cli", command],
            env=variables | environment,
            stdout=said,
            stderr=said,
        )
    try:
        yield running
    finally:
        if running.poll() is None:
            running.kill()
        running.wait()


def seconds_to_end(running: subprocess.Popen[bytes]) -> float:
    """Ask a process to stop, as whoever runs it does; how long it takes to end."""
    begun = time.monotonic()
    running.send_signal(signal.SIGTERM)
    assert running.wait(PATIENCE_SECONDS) == 0
    return time.monotonic() - begun


def until(holds: Callable[[], object], what: str) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end, f"{what}: it does not come about"
        time.sleep(0.05)
