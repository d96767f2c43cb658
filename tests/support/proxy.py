"""An HTTP proxy on this machine, which tells what went through it."""

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

CHUNK = 65536
IDLE_SECONDS = 30


class Proxy(ThreadingHTTPServer):
    """The proxy; `asked` has the first line of each request without the version, `credentials` what
    it was shown."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.asked: list[str] = []
        self.credentials: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def went_to(self, url: str) -> bool:
        """Whether anything went to the host of this address."""
        return any(urlsplit(url).netloc in line for line in self.asked)


class _Request(BaseHTTPRequestHandler):
    server: Proxy
    protocol_version = "HTTP/1.1"

    def do_CONNECT(self) -> None:
        self._keep()
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port)), IDLE_SECONDS) as there:
            self.send_response(200)
            self.end_headers()
            self._pass_on(there)
        self.close_connection = True

    def do_GET(self) -> None:
        """A request for a plain address, sent on as it is."""
        self._keep()
        target = urlsplit(self.path)
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size)
        with socket.create_connection((str(target.hostname), target.port or 80)) as there:
            path = f"{target.path}?{target.query}" if target.query else target.path
            lines = [f"{self.command} {path} HTTP/1.0"]
            lines += [f"{k}: {v}" for k, v in self.headers.items() if k.lower() != "connection"]
            there.sendall("\r\n".join([*lines, "", ""]).encode() + body)
            while data := there.recv(CHUNK):
                self.connection.sendall(data)
        self.close_connection = True

    do_POST = do_GET

    def _keep(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        self.server.credentials.append(self.headers.get("Proxy-Authorization"))

    def _pass_on(self, there: socket.socket) -> None:
        here = self.connection
        while True:
            ready, _, _ = select.select([here, there], [], [], IDLE_SECONDS)
            for one in ready:
                data = one.recv(CHUNK)
                if not data:
                    return
                (there if one is here else here).sendall(data)
            if not ready:
                return

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def proxy() -> Iterator[Proxy]:
    """A proxy at work."""
    server = Proxy()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
