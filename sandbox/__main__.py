"""`python -m sandbox`: the practice world as a process. One line of JSON on standard output says
where everything is."""

import argparse
import json
import signal
import sys
import threading

from sandbox.practice import Practice
from sandbox.slack.methods import Tiers


def main() -> None:
    """Run until standard input ends or SIGTERM."""
    parser = argparse.ArgumentParser(
        prog="sandbox", description="A practice world on this machine's loopback."
    )
    parser.add_argument("--bot-url", required=True, help="where the bot will listen")
    parser.add_argument(
        "--socket-mode", action="store_true", help="give the bot a token for Socket Mode"
    )
    parser.add_argument(
        "--slack-port", type=int, default=0, help="port of the page (default: a free one)"
    )
    asked = parser.parse_args()
    practice = Practice(asked.slack_port)
    practice.office.tiers = Tiers()
    practice.start()
    practice.deliver_to(asked.bot_url)
    ready = {
        "page": practice.slack.url,
        "switchboard": practice.switchboard.url,
        "environment": practice.environment(asked.socket_mode),
    }
    print(json.dumps(ready), flush=True)
    _wait()
    practice.stop()


def _wait() -> None:
    end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    signal.signal(signal.SIGINT, lambda *_: end.set())

    def read() -> None:
        sys.stdin.read()
        end.set()

    threading.Thread(target=read, daemon=True).start()
    end.wait()


if __name__ == "__main__":
    main()
