"""The web server over real sockets, with somebody who does nothing wrong."""

import socket

from flask import Flask

from bot.app.web_server import WebServer

REQUEST = b"GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def test_who_comes_before_the_bot_answers_waits_for_it() -> None:
    """The practice world's address is printed a moment before its bot answers."""
    web = Flask("early", static_folder=None)
    web.add_url_rule("/hello", view_func=lambda: "here I am")
    server = WebServer("127.0.0.1", 0)
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as early:
        early.sendall(REQUEST)
        server.start(web)
        answer = early.makefile("rb").read()
    server.stop()
    assert answer.startswith(b"HTTP/1.1 200 OK") and answer.endswith(b"here I am")
