"""The submission stand-in: STARTTLS, AUTH XOAUTH2 with tokens that are really checked, and mail
that arrives."""

import asyncio
import base64
import re
import secrets
from contextlib import suppress
from email import message_from_bytes
from email.utils import getaddresses
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from sandbox.certificates import Certificates
from sandbox.tokens import Signer, TokenRefused
from sandbox.world import MessageIds, World

SCOPE = "SMTP.Send"
LONGEST_LINE = 12_288
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
FIT_NAME = re.compile(rf"{LABEL}(?:\.{LABEL})*|\[(?:IPv6:)?[0-9A-Fa-f.:]+\]")
"""A name or an address literal: Exchange takes no other in EHLO, and answers names with an
underscore or a dot at the end with 501 5.5.4 (sabuhish/fastapi-mail#205)."""
TAIL = "[AM0PR01CA0001.practice.example 2026-11-23T10:00:00.000Z 08DC0000PRACTICE]"
OFF = (
    "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the "
    "{whose}. "
    "Visit https://aka.ms/smtp_auth_disabled for more information. {tail}"
)
REFUSED = f"535 5.7.3 Authentication unsuccessful {TAIL}"


class _Session(Session):
    """A session without `login_data`, which aiosmtpd itself still sets and warns of each time."""

    login_data = None


class _Protocol(SMTP):
    """aiosmtpd with room for real tokens (its own limits are 1001 and 512 characters), and with
    scenarios."""

    line_length_limit = LONGEST_LINE
    command_size_limit = LONGEST_LINE

    def __init__(self, *args: Any, world: World, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._world = world

    def _create_session(self) -> Session:
        return _Session(self.loop)

    def connection_made(self, transport: Any) -> None:
        """Before anything is said."""
        first = self.transport is None
        struck = self._world.strike("smtp.connect") if first else None
        if struck is not None:
            match struck.reply.get("behaviour"):
                case "reset" | "close":
                    transport.abort()
                    return
                case "silent":
                    transport.pause_reading()
                    self.transport = transport
                    return
        super().connection_made(transport)


class _Handler:
    """Decides about sign-ins and mail."""

    def __init__(self, world: World, signer: Signer) -> None:
        self._world = world
        self._signer = signer
        self.taken = 0

    async def handle_EHLO(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        """Say what Exchange says; a scenario may hide something."""
        if not FIT_NAME.fullmatch(hostname):
            return [f"501 5.5.4 Invalid domain name {TAIL}"]
        session.host_name = hostname
        struck = self._world.strike("smtp.ehlo")
        hidden = set(struck.reply.get("hide", ())) if struck else set()
        extra = ["250-PIPELINING", "250-DSN", "250-ENHANCEDSTATUSCODES"]
        kept = [line for line in responses[:-1] if "AUTH" not in line]
        if session.ssl is not None and "AUTH" not in hidden:
            extra.append("250-AUTH LOGIN XOAUTH2")
        return [line for line in [*kept, *extra] if line[4:] not in hidden] + responses[-1:]

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        """The token must be signed by us, for Outlook, with the right to send, and for this very
        user."""
        blob = (
            args[1].encode()
            if len(args) > 1
            else await server.challenge_auth(b"", encode_to_b64=False)
        )
        if not isinstance(blob, bytes):
            return AuthResult(success=False, handled=False)
        if len(args) > 1:
            with suppress(ValueError):
                blob = base64.b64decode(blob)
        user, token = _parse(blob)
        refusal = self._refusal(user, token)
        if refusal:
            await server.push(refusal)
            return AuthResult(success=False, handled=True)
        return AuthResult(success=True, auth_data=user)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Any sender is accepted here; whether it may be used shows after DATA, as at Exchange."""
        user = session.auth_data
        if not user:
            return f"530 5.7.57 Client not authenticated to send mail. {TAIL}"
        struck = self._world.strike("smtp.mail", str(user))
        if struck is not None:
            return str(struck.reply["line"])
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Sender OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Everybody gets mail."""
        struck = self._world.strike("smtp.rcpt", str(session.auth_data))
        if struck is not None:
            return str(struck.reply["line"])
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Deliver, and keep a copy in the sender's Sent folder, as Exchange does by itself."""
        user, raw = str(session.auth_data), bytes(envelope.original_content or b"")
        self.taken += 1
        struck = self._world.strike("smtp.data", user)
        if struck is not None and struck.reply.get("behaviour") == "reset":
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            return "421 gone"
        if struck is not None:
            return str(struck.reply["line"])
        raw, name = self._named(raw)
        senders = [
            address for _, address in getaddresses([str(message_from_bytes(raw).get("From", ""))])
        ]
        with self._world.locked() as world:
            for sender in {*senders, str(envelope.mail_from)}:
                owner = world.mailboxes.get(sender.lower())
                if sender.lower() != user and not (owner and user in owner.send_as):
                    return f"554 5.2.252 SendAsDenied; {user} not allowed to send as {sender}"
            own = world.mailboxes.get(user)
            sent = own.by_flag("\\Sent") if own else None
            if sent is not None:
                sent.deliver(raw)
            for inbox in filter(None, map(self._inbox, envelope.rcpt_tos)):
                inbox.deliver(
                    b"Received: from practice (127.0.0.1) by practice with ESMTPSA\r\n" + raw
                )
        return f"250 2.0.0 OK {name} [Hostname=AM0PR01MB0001.practice.example]"

    def _named(self, raw: bytes) -> tuple[bytes, str]:
        """The mail as it goes on, and the Message-ID that it goes on with."""
        mail = message_from_bytes(raw)
        own = str(mail.get("Message-ID", ""))
        if self._world.message_ids is MessageIds.KEPT:
            return raw, own
        name = f"<{secrets.token_hex(16).upper()}@AM0PR01MB0001.practice.example>"
        kept = self._world.message_ids is MessageIds.REPLACED
        original = f"X-Microsoft-Original-Message-ID: {own}\r\n" if kept else ""
        new = f"Message-ID: {name}\r\n{original}".encode()
        return re.sub(rb"(?im)^Message-ID:.*\r\n", lambda _: new, raw, count=1), name

    def _inbox(self, address: str) -> Any:
        mailbox = self._world.mailboxes.get(address.lower())
        return mailbox.folder("INBOX") if mailbox else None

    def _refusal(self, user: str, token: str) -> str:
        struck = self._world.strike("smtp.auth", user)
        if struck is not None:
            return str(struck.reply["line"])
        try:
            claims = self._signer.verify(token, self._world.app.resource)
        except TokenRefused:
            return REFUSED
        if claims["upn"].lower() != user or SCOPE not in claims["scp"].split():
            return REFUSED
        whose = self._world.smtp_auth_refusal(user)
        return OFF.format(whose=whose.capitalize(), tail=TAIL) if whose else ""


class _Controller(Controller):
    def __init__(
        self, handler: _Handler, world: World, certificates: Certificates, port: int
    ) -> None:
        super().__init__(handler, hostname="127.0.0.1", port=port)
        self._world = world
        self._context = certificates.server_context()

    def factory(self) -> SMTP:
        """One protocol a connection."""
        return _Protocol(
            self.handler,
            world=self._world,
            hostname="smtp.practice.example",
            ident="practice submission",
            tls_context=self._context,
            auth_require_tls=True,
            auth_exclude_mechanism=["PLAIN", "LOGIN"],
            loop=self.loop,
        )

    def _trigger_server(self) -> None:
        """aiosmtpd would connect once to see whether it runs; scenarios about connections must not
        notice."""
        self.smtpd = self.factory()
        self._factory_invoked.set()


class SmtpStandIn:
    """The submission server."""

    def __init__(
        self, world: World, certificates: Certificates, signer: Signer, port: int = 0
    ) -> None:
        self._handler = _Handler(world, signer)
        self._controller = _Controller(self._handler, world, certificates, port)

    def start(self) -> None:
        """Begin to answer."""
        self._controller.start()

    def stop(self) -> None:
        """Stop answering."""
        self._controller.stop(no_assert=True)

    @property
    def taken(self) -> int:
        """How many messages were handed over so far."""
        return self._handler.taken

    @property
    def port(self) -> int:
        """Where it listens."""
        server = self._controller.server
        assert isinstance(server, asyncio.Server)
        return int(server.sockets[0].getsockname()[1])


def _parse(blob: bytes) -> tuple[str, str]:
    parts = dict(
        part.split("=", 1) for part in blob.decode("utf-8", "replace").split("\x01") if "=" in part
    )
    return parts.get("user", "").lower(), parts.get("auth", "").removeprefix("Bearer ")
