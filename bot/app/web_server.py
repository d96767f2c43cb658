"""The web server: waitress on a thread, started and stopped with the bot."""

import socket
import threading
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask
from waitress.server import create_server

THREADS = 16


class WebServer:
    """Serves a Flask app until it is stopped."""

    def __init__(self, host: str, port: int) -> None:
        """Take the port at once (0: a free one), so that its number is known before there is an
        app."""
        self._app: Flask | None = None
        listening = socket.create_server((host, port))
        self.port = int(listening.getsockname()[1])
        self._server = create_server(self._answer, sockets=[listening], threads=THREADS)
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)

    def start(self, app: Flask) -> None:
        """Begin to answer with `app`."""
        self._app = app
        self._thread.start()

    def stop(self) -> None:
        """Stop answering."""
        self._stopping = True
        self._server.close()
        self._thread.join(timeout=5)

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        assert self._app is not None
        return self._app(environ, start_response)

    def _run(self) -> None:
        try:
            self._server.run()
        except OSError:
            if not self._stopping:  # waitress's loop meets the socket that `stop` closed under it
                raise
