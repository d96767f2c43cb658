"""`python -m sandbox`: the practice world as a process. One line of JSON on standard output says
where everything is; whenever the clock was moved another one says how far ahead it is."""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from sandbox import letters
from sandbox.clock import ZONE, WorldClock
from sandbox.neighbours import Neighbours
from sandbox.practice import Practice
from sandbox.slack.methods import Tiers

TOKEN_LIFE = 600
"""In seconds. So short, each connection test asks Microsoft for a new token: what was made to go
wrong there is seen at once, and the clock can be moved without a token that is too old."""


def main() -> None:
    """Run until standard input ends or SIGTERM. Each line of the input says by how many seconds the
    clock is behind this machine's; the one that says by none begins the present.
    Until then the page waits."""
    parser = argparse.ArgumentParser(
        prog="sandbox", description="A practice world on this machine's loopback."
    )
    parser.add_argument("--bot-url", required=True, help="where the bot will listen")
    parser.add_argument(
        "--socket-mode", action="store_true", help="give the bot a token for Socket Mode"
    )
    parser.add_argument(
        "--alone", action="store_true", help="without the customers who were there before"
    )
    parser.add_argument(
        "--slack-port", type=int, default=0, help="port of the page (default: a free one)"
    )
    asked = parser.parse_args()
    practice = Practice(asked.slack_port)
    neighbours = None if asked.alone else Neighbours(practice.world, practice.office)
    letters.deliver(practice.world)
    practice.world.token_life = TOKEN_LIFE
    practice.start()
    practice.deliver_to(asked.bot_url)
    ready = {
        "page": practice.slack.url,
        "switchboard": practice.switchboard.url,
        "crm": practice.crm.url,
        "neighbours": neighbours.plan if neighbours else [],
        "broken": neighbours.broken if neighbours else [],
        "environment": practice.environment(asked.socket_mode) | {"TIMEZONE": ZONE.key},
    }
    practice.office.rate_limits = False
    practice.clock.set(-1)
    _say(ready)
    practice.clock.heard.append(lambda ahead: _say({"ahead": ahead}))

    def present() -> None:
        """From now on things go wrong, Slack has limits, and it is as late as on this machine."""
        if neighbours:
            neighbours.the_present_begins()
        practice.office.rate_limits = True
        practice.office.tiers = Tiers()
        practice.clock.set(0)

    _obey(practice.clock, present)
    practice.stop()


def _say(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


def _obey(clock: WorldClock, present: Callable[[], None]) -> None:
    end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    signal.signal(signal.SIGINT, lambda *_: end.set())

    def read() -> None:
        for line in sys.stdin:
            behind = json.loads(line)["behind"]
            clock.set(-behind) if behind else present()
        end.set()

    threading.Thread(target=read, daemon=True).start()
    end.wait()


if __name__ == "__main__":
    main()
