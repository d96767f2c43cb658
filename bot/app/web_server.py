"""The web server: waitress on a thread, started and stopped with the bot."""

import socket
import threading
from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask
from waitress.adjustments import Adjustments
from waitress.task import ThreadedTaskDispatcher

from bot.app.web_connections import Limits, PatientServer, connections_possible

THREADS = 16


class WebServer:
    """Serves a Flask app until it is stopped."""

    def __init__(self, host: str, port: int, limits: Limits | None = None) -> None:
        """Take the port at once (0: a free one), so that its number is known before there is an
        app."""
        self._app: Flask | None = None
        listening = listen(host, port)
        self.port = int(listening.getsockname()[1])
        self._server = self._serving(listening, limits or Limits())
        self._thread = threading.Thread(target=self._server.run, name="web", daemon=True)

    def start(self, app: Flask) -> None:
        """Begin to answer with `app`."""
        self._app = app
        self._thread.start()

    def stop(self) -> None:
        """Stop answering, after what was begun. Takes up to five seconds."""
        if self._thread.is_alive():
            # On its own thread: its loop would otherwise notice up to a second later.
            trigger = self._server.trigger
            # Held until it is pulled: `_close` closes it, and the loop may be awake already. Then
            # the byte would go to a closed file, or to one that has its number by now.
            with trigger.lock:
                trigger.thunks.append(self._close)
                trigger.pull_trigger()
            self._thread.join(timeout=5)
        else:
            self._server.close()
        self._server.task_dispatcher.shutdown()

    # Any: the stubs know neither a server's trigger nor its channels.
    def _serving(self, listening: socket.socket, limits: Limits) -> Any:
        limits = replace(limits, connections=connections_possible(limits.connections))
        workers = ThreadedTaskDispatcher()
        workers.set_thread_count(THREADS)
        return PatientServer(
            limits,
            self._answer,
            Adjustments(sockets=[listening], **limits.adjustments(THREADS)),
            map={},
            _sock=listening,
            dispatcher=workers,
            sockinfo=(listening.family, listening.type, listening.proto, listening.getsockname()),
            bind_socket=False,
        )

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        assert self._app is not None
        return self._app(environ, start_response)

    def _close(self) -> None:
        self._server.close()
        for channel in list(self._server.active_channels.values()):
            if not channel.requests:  # a browser that keeps its connection open, and asks nothing
                channel.handle_close()


def listen(host: str, port: int) -> socket.socket:
    """Take a port of an IPv4 or IPv6 address; ``::`` is every address of both kinds, where the
    machine has both."""
    if ":" not in host:
        return socket.create_server((host, port))
    both = host == "::" and socket.has_dualstack_ipv6()
    return socket.create_server((host, port), family=socket.AF_INET6, dualstack_ipv6=both)
