"""Small HTTP servers on loopback, each in a thread."""

import logging
import ssl
import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from urllib.parse import urlsplit

from flask import Flask, abort, request
from werkzeug.serving import WSGIRequestHandler, make_server

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def refuse_other_sites(app: Flask) -> None:
    """Have an app answer only its own pages. Whatever site a browser of this machine shows could
    send something here as well, which its Origin gives away, or have a name of its own lead here
    and read what is answered, which the Host gives away."""

    @app.before_request
    def look() -> None:
        if urlsplit(f"//{request.host}").hostname not in LOOPBACK:
            abort(403)
        origin = request.headers.get("Origin", "")
        if request.method == "POST" and origin and origin != request.host_url.rstrip("/"):
            abort(403)


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """The practice world does not chat."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """What time it is at this server."""
        return formatdate(self.server.clock(), usegmt=True)  # type: ignore[attr-defined]


class Serving:
    """A Flask app at work on a port of this machine."""

    def __init__(
        self,
        app: Flask,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Port 0 takes a free one; `clock` is what its answers go by."""
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.app = app
        self._server = make_server(
            "127.0.0.1", port, app, threaded=True, ssl_context=tls, request_handler=_Quiet
        )
        self._server.clock = clock  # type: ignore[attr-defined]
        self.port = self._server.server_port
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
