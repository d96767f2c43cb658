"""Where Lumen CRM runs in the practice world: on a port of this machine. An administrator gives it
Maildesk's address, its key and the webhook secret."""

import ssl
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask, redirect, request
from standardwebhooks import Webhook, WebhookVerificationError
from werkzeug.wrappers import Response as AnyResponse

from sandbox.crm.app import Pages
from sandbox.crm.desk import Desk
from sandbox.crm.mailbox import Mailboxes
from sandbox.crm.maildesk import Maildesk
from sandbox.serving import Serving, refuse_other_sites

TOLERANCE = 300
"""By so many seconds a webhook may be older or newer (standardwebhooks.com)."""

NOT_YET = (
    '<!doctype html><html lang="en"><title>Lumen CRM</title><h1>Lumen CRM</h1>'
    "<p>Nobody has given it an API key yet.</p></html>"
)


class LumenCrm:
    """Lumen CRM. What it knows is in a file, so that it goes on after it was stopped."""

    def __init__(self, file: Path, tls: ssl.SSLContext, clock: Callable[[], float]) -> None:
        """`tls` says which mail servers are trusted; webhooks are as old as `clock` says."""
        self._file = file
        self._mailboxes = Mailboxes(tls)
        self._clock = clock
        self._given: dict[str, str] = {}
        self._pages: Pages | None = None
        self._desk: Desk | None = None
        app = Flask("lumen", static_folder=None)
        app.add_url_rule("/settings", view_func=self._take_settings, methods=["POST"])
        app.add_url_rule("/", "empty", view_func=lambda: NOT_YET)
        refuse_other_sites(app)
        self._own = app.wsgi_app
        app.wsgi_app = self._lead  # type: ignore[method-assign]
        self._serving: Serving | None = Serving(app)
        self._app = app
        self._port = self._serving.port
        self.url = f"http://127.0.0.1:{self._port}"
        self.hook_url = f"{self.url}/webhooks"

    def start(self) -> None:
        """Begin to answer, and fetch what was missed."""
        self._serving = self._serving or Serving(self._app, self._port)
        if self._given:
            self._open()
        self._serving.start()

    def stop(self) -> None:
        """Stop answering."""
        if self._desk is not None:
            self._desk.stop()
        if self._serving is not None:
            self._serving.stop()
        self._serving = None

    @property
    def desk(self) -> Desk:
        """The list of accounts, once it has its settings."""
        assert self._desk is not None
        return self._desk

    def _take_settings(self) -> AnyResponse:
        self._given = {name: request.form[name].strip() for name in ("url", "key", "secret")}
        self._open()
        return redirect("/", 303)

    def _open(self) -> None:
        if self._desk is not None:
            self._desk.stop()
        self._desk = Desk(self._file, Maildesk(self._given["url"], self._given["key"]))
        verifier = _ByOurClock(self._given["secret"], self._clock)
        self._pages = Pages(self._desk, self._mailboxes, verifier)
        refuse_other_sites(self._pages.app)
        self._desk.start()

    def _lead(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        """To the product, once it has its settings."""
        settings = environ["PATH_INFO"] == "/settings"
        if self._pages is None or settings:
            return self._own(environ, start_response)
        return self._pages.app.wsgi_app(environ, start_response)


class _ByOurClock(Webhook):
    """The library's check of signatures. A time is right that lies between the practice world's and
    this machine's: while the past is played, the bot's runs fast from one to the other."""

    def __init__(self, secret: str, clock: Callable[[], float]) -> None:
        super().__init__(secret)
        self._clock = clock

    def _Webhook__verify_timestamp(self, header: str) -> datetime:
        """In place of the library's own, which asks this machine."""
        times = (self._clock(), time.time())
        if not min(times) - TOLERANCE <= int(header) <= max(times) + TOLERANCE:
            raise WebhookVerificationError("The timestamp is too old or too new")
        return datetime.fromtimestamp(int(header), UTC)
