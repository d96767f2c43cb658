"""The web server: waitress on a thread, started and stopped with the bot."""

import socket
import threading
from collections.abc import Iterable
from typing import Any
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
        # Any: the stubs know neither a server's trigger nor its channels.
        self._server: Any = create_server(self._answer, sockets=[listening], threads=THREADS)
        self._thread = threading.Thread(target=self._server.run, name="web", daemon=True)

    def start(self, app: Flask) -> None:
        """Begin to answer with `app`."""
        self._app = app
        self._thread.start()

    def stop(self) -> None:
        """Stop answering, after what was begun. Takes up to five seconds."""
        if self._thread.is_alive():
            # On its own thread: its loop would otherwise notice up to a second later.
            self._server.trigger.pull_trigger(self._close)
            self._thread.join(timeout=5)
        else:
            self._server.close()
        self._server.task_dispatcher.shutdown()

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        assert self._app is not None
        return self._app(environ, start_response)

    def _close(self) -> None:
        self._server.close()
        for channel in list(self._server.active_channels.values()):
            if not channel.requests:  # a browser that keeps its connection open, and asks nothing
                channel.handle_close()
