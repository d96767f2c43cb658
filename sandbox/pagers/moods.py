"""How somebody who is posted to can be made to fail."""

import socket
import threading
from enum import StrEnum

from flask import Response, jsonify, request

SLOW_SECONDS = 30.0
"""Longer than anybody waits for an answer."""


class Mood(StrEnum):
    """How posts are answered."""

    WELL = "well"
    DOWN = "down"
    SLOW = "slow"
    ERROR = "error"
    BUSY = "busy"
    REFUSES = "refuses"


TITLES = {
    Mood.WELL: "Works",
    Mood.DOWN: "Hangs up",
    Mood.SLOW: "Does not answer",
    Mood.ERROR: "Answers 500",
    Mood.BUSY: "Answers 429",
    Mood.REFUSES: "Answers 403",
}


class Moody:
    """Answers in its mood. `retry_after`: how many seconds it asks to wait while it is busy."""

    def __init__(self) -> None:
        self.mood = Mood.WELL
        self.retry_after = "2"
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Keep nobody waiting any more."""
        self._stopping.set()

    def meet(self) -> Response | None:
        """The answer to a post in this mood; None where it is dealt with as usual."""
        match self.mood:
            case Mood.WELL:
                return None
            case Mood.DOWN:
                request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
                return _answer(500)
            case Mood.SLOW:
                self._stopping.wait(SLOW_SECONDS)
                return _answer(504)
            case Mood.ERROR:
                return _answer(500)
            case Mood.BUSY:
                response = _answer(429)
                response.headers["Retry-After"] = self.retry_after
                return response
            case Mood.REFUSES:
                return _answer(403)


def _answer(status: int) -> Response:
    response = jsonify(status="error", message="This is made to go wrong.")
    response.status_code = status
    return response
