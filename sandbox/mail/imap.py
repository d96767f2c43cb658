"""The IMAP stand-in: TLS, AUTHENTICATE XOAUTH2 with tokens that are really checked, folders,
messages."""

import base64
import contextlib
import re
import socket
import socketserver
import struct
import threading
import time
from typing import Any

from imapclient.imap_utf7 import decode, encode

from sandbox.certificates import Certificates
from sandbox.mail.commands import Refused, fetch, line_words, search, sequence
from sandbox.tokens import Signer, TokenRefused
from sandbox.world import Folder, Mail, Mailbox, World

SCOPE = "IMAP.AccessAsUser.All"
CAPABILITIES = (
    "IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CLIENTACCESSRULES "
    "CLIENTNETWORKPRESENCELOCATION BACKENDAUTHENTICATE CHILDREN IDLE NAMESPACE LITERAL+"
)
"""As Exchange gives them (seen in clients' logs)."""

FLOOD_BYTES = 16_384
"""A flood is sent in pieces of this size."""

NOT_CONNECTED = "BAD User is authenticated but not connected."
BYE = "* BYE Connection closed. 14"


class Bye(Exception):
    """The connection ends."""


class Session(socketserver.StreamRequestHandler):
    """One connection."""

    server: "_Server"

    def setup(self) -> None:
        """TLS, unless a scenario strikes before."""
        self.server.connections += 1
        self.user, self.mailbox, self.selected, self.readonly = "", None, None, True
        self.connected = True
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        struck = self.server.world.strike("imap.connect")
        behaviour = struck.reply.get("behaviour") if struck else ""
        if behaviour == "reset":
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if behaviour == "silent":
            self.server.stopping.wait()
        if behaviour == "slow" and struck is not None:
            time.sleep(float(struck.reply.get("seconds", 2)))
        if behaviour not in ("reset", "close", "silent"):
            with contextlib.suppress(OSError):
                self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    user: str
    mailbox: Mailbox | None
    selected: Folder | None

    def handle(self) -> None:
        """Greeting, then a command a line."""
        with contextlib.suppress(OSError, Bye):
            if not self._greet():
                return
            while line := self._read():
                self._command(line)

    def _greet(self) -> bool:
        if not hasattr(self.request, "version"):
            return False
        struck = self.server.world.strike("imap.greeting")
        self.say(struck.reply["line"] if struck else "* OK Practice IMAP4 service is ready.")
        return struck is None

    def say(self, text: str) -> None:
        """A line to the client."""
        self.wfile.write(text.encode("utf-8", "surrogateescape") + b"\r\n")

    def _read(self) -> str:
        """A line with its literals put in as quoted strings."""
        line = self.rfile.readline(65_536).rstrip(b"\r\n")
        while line.endswith(b"}") and b"{" in line:
            head, _, size = line.rpartition(b"{")
            if not size.endswith(b"+}"):
                self.say("+ Ready for additional command text.")
            body = self.rfile.read(int(size.rstrip(b"+}")))
            self.literal = body
            line = head + b'"\x00"' + self.rfile.readline(65_536).rstrip(b"\r\n")
        return line.decode("utf-8", "surrogateescape")

    literal = b""

    def _command(self, line: str) -> None:
        tag, *words = line_words(line)
        name = words[0].upper() if words else ""
        by_uid = name == "UID" and len(words) > 1
        if by_uid:
            words = words[1:]
            name = words[0].upper()
        try:
            self._strike(tag, name)
            done = getattr(self, f"do_{name.lower()}", None)
            if done is None:
                raise Refused("BAD", "Command Error. 12")
            self.say(f"{tag} {done(tag, words[1:], by_uid) or f'OK {name} completed.'}")
        except Refused as refused:
            self.say(f"{tag} {refused}")
        if name == "LOGOUT":
            raise Bye

    def _strike(self, tag: str, name: str) -> None:
        points = {
            "LIST": "imap.list",
            "SELECT": "imap.select",
            "EXAMINE": "imap.select",
            "FETCH": "imap.fetch",
        }
        if not self.connected and name not in ("LOGOUT", "CAPABILITY", "AUTHENTICATE"):
            self.say(f"{tag} {NOT_CONNECTED}")
            self.say(BYE)
            raise Bye
        struck = self.server.world.strike(points[name], self.user) if name in points else None
        if struck is None:
            return
        if "literal" in struck.reply:
            size = int(struck.reply["literal"])
            self.say(f'* LIST () "/" {{{size}}}')
            self._flood(b"x" * FLOOD_BYTES, size // FLOOD_BYTES)
        if "lines" in struck.reply:
            self._flood(b'* LIST () "/" a\r\n' * 1000, int(struck.reply["lines"]) // 1000)
        if "bye" in struck.reply:
            if "line" in struck.reply:
                self.say(f"{tag} {struck.reply['line']}")
            self.say(struck.reply["bye"])
            raise Bye
        raise Refused(*struck.reply["line"].split(" ", 1))

    def _flood(self, piece: bytes, times: int) -> None:
        """Send the piece again and again, until the client hangs up."""
        for _ in range(times):
            self.wfile.write(piece)
            self.server.flooded += len(piece)
        raise Bye

    # -- before a mailbox is open

    def do_capability(self, tag: str, words: list[str], by_uid: bool) -> None:
        self.say(f"* CAPABILITY {CAPABILITIES}")

    def do_noop(self, tag: str, words: list[str], by_uid: bool) -> None:
        pass

    do_check = do_id = do_noop

    def do_logout(self, tag: str, words: list[str], by_uid: bool) -> None:
        self.say("* BYE Practice server signing off.")

    def do_login(self, tag: str, words: list[str], by_uid: bool) -> str:
        return "NO AuthFailed:LogonDenied-BasicAuthBlocked"

    def do_authenticate(self, tag: str, words: list[str], by_uid: bool) -> str:
        if words[0].upper() != "XOAUTH2":
            return "NO AUTHENTICATE failed."
        if len(words) < 2:
            self.say("+ ")
        blob = words[1] if len(words) > 1 else self._read()
        try:
            text = base64.b64decode(blob).decode()
        except ValueError:
            return "NO AUTHENTICATE failed."
        parts = dict(part.split("=", 1) for part in text.split("\x01") if "=" in part)
        user = parts.get("user", "").lower()
        struck = self.server.world.strike("imap.auth", user)
        if struck is not None:
            if "bye" in struck.reply:
                self.say(struck.reply["bye"])
                raise Bye
            return str(struck.reply["line"])
        return self._sign_in(user, parts.get("auth", "").removeprefix("Bearer "))

    def _sign_in(self, user: str, token: str) -> str:
        try:
            claims = self.server.signer.verify(token, self.server.world.app.resource)
        except TokenRefused:
            return "NO AUTHENTICATE failed."
        if SCOPE not in claims["scp"].split():
            return "NO AUTHENTICATE failed."
        self.user, self.mailbox = user, self.server.world.mailboxes.get(user)
        upn = claims["upn"].lower()
        mailbox = self.mailbox
        self.connected = (
            mailbox is not None
            and mailbox.imap_enabled
            and (upn == user or upn in mailbox.full_access)
        )
        return "OK AUTHENTICATE completed."

    # -- folders

    def do_namespace(self, tag: str, words: list[str], by_uid: bool) -> None:
        self.say('* NAMESPACE (("" "/")) NIL NIL')

    def do_list(self, tag: str, words: list[str], by_uid: bool) -> None:
        folders = self._open().folders
        if words[1:] == [""]:
            self.say('* LIST (\\Noselect) "/" ""')
            return
        for folder in folders:
            children = any(other.name.startswith(folder.name + "/") for other in folders)
            flags = " ".join([*folder.flags, "\\HasChildren" if children else "\\HasNoChildren"])
            self.say(f'* LIST ({flags}) "/" {_sent(encode(folder.name).decode())}')

    do_lsub = do_list

    def do_select(self, tag: str, words: list[str], by_uid: bool, readonly: bool = False) -> str:
        folder = self._folder(words[0])
        self.selected, self.readonly = folder, readonly
        self.say(f"* {len(folder.messages)} EXISTS")
        self.say("* 0 RECENT")
        self.say("* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft)")
        self.say(f"* OK [UIDVALIDITY {folder.uid_validity}] UIDVALIDITY value")
        self.say(f"* OK [UIDNEXT {folder.next_uid}] The next unique identifier value")
        return (
            "OK [READ-ONLY] EXAMINE completed." if readonly else "OK [READ-WRITE] SELECT completed."
        )

    def do_examine(self, tag: str, words: list[str], by_uid: bool) -> str:
        return self.do_select(tag, words, by_uid, readonly=True)

    def do_status(self, tag: str, words: list[str], by_uid: bool) -> None:
        folder = self._folder(words[0])
        if "\\Noselect" in folder.flags:  # as a SELECT of it (RFC 9051, 6.3.11)
            raise Refused("NO", f"{words[0]} is not selectable.")
        counts = f"MESSAGES {len(folder.messages)} UIDNEXT {folder.next_uid}"
        values = f"{counts} UIDVALIDITY {folder.uid_validity}"
        self.say(f'* STATUS "{words[0]}" ({values})')

    def do_create(self, tag: str, words: list[str], by_uid: bool) -> None:
        with self.server.world.locked():
            self._open().folders.append(Folder(_decoded(words[0]), uid_validity=int(time.time())))

    def do_rename(self, tag: str, words: list[str], by_uid: bool) -> None:
        self._folder(words[0]).name = _decoded(words[1])

    def do_delete(self, tag: str, words: list[str], by_uid: bool) -> None:
        with self.server.world.locked():
            self._open().folders.remove(self._folder(words[0]))

    # -- messages

    def do_search(self, tag: str, words: list[str], by_uid: bool) -> None:
        found = search(self._messages(), words)
        numbers = [mail.uid if by_uid else number for number, mail in found]
        self.say(" ".join(["* SEARCH", *map(str, numbers)]))

    def do_fetch(self, tag: str, words: list[str], by_uid: bool) -> None:
        for number, mail in sequence(self._messages(), words[0], by_uid):
            self.wfile.write(fetch(number, mail, " ".join(words[1:]), by_uid))

    def do_store(self, tag: str, words: list[str], by_uid: bool) -> None:
        flags = {flag for flag in " ".join(words[2:]).strip("()").split() if flag}
        for number, mail in sequence(self._messages(), words[0], by_uid):
            mail.flags = mail.flags - flags if words[1].startswith("-") else mail.flags | flags
            self.say(f"* {number} FETCH (UID {mail.uid} FLAGS ({' '.join(sorted(mail.flags))}))")

    def do_expunge(self, tag: str, words: list[str], by_uid: bool) -> None:
        chosen = (
            {mail.uid for _, mail in sequence(self._messages(), words[0], True)} if by_uid else None
        )
        folder = self._selected()
        for number, mail in reversed(list(enumerate(list(folder.messages), 1))):
            if "\\Deleted" in mail.flags and (chosen is None or mail.uid in chosen):
                folder.messages.remove(mail)
                self.say(f"* {number} EXPUNGE")

    def do_append(self, tag: str, words: list[str], by_uid: bool) -> str:
        folder = self._folder(words[0])
        mail = folder.deliver(self.literal)
        return f"OK [APPENDUID {folder.uid_validity} {mail.uid}] APPEND completed."

    def do_idle(self, tag: str, words: list[str], by_uid: bool) -> None:
        self.say("+ IDLE accepted, awaiting DONE command.")
        self.rfile.readline()

    def do_close(self, tag: str, words: list[str], by_uid: bool) -> None:
        self.selected = None

    do_unselect = do_close

    def _open(self) -> Mailbox:
        if self.mailbox is None:
            raise Refused("BAD", "Command received in Invalid state.")
        return self.mailbox

    def _folder(self, name: str) -> Folder:
        folder = self._open().folder(_decoded(name))
        if folder is None:
            raise Refused("NO", f"{name} doesn't exist.")
        return folder

    def _selected(self) -> Folder:
        if self.selected is None:
            raise Refused("BAD", "Command received in Invalid state.")
        return self.selected

    def _messages(self) -> list[Mail]:
        return self._selected().messages


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, world: World, certificates: Certificates, signer: Signer) -> None:
        super().__init__(("127.0.0.1", port), Session)
        self.world, self.signer = world, signer
        self.context = certificates.server_context()
        self.stopping = threading.Event()
        self.connections = 0
        self.flooded = 0

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


class ImapStandIn:
    """The IMAP server."""

    def __init__(
        self, world: World, certificates: Certificates, signer: Signer, port: int = 0
    ) -> None:
        self._server = _Server(port, world, certificates, signer)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    @property
    def connections(self) -> int:
        """How many were taken so far."""
        return self._server.connections

    @property
    def flooded(self) -> int:
        """How many bytes of floods were taken so far, by clients or on the way to them."""
        return self._server.flooded

    def stop(self) -> None:
        """Stop answering."""
        self._server.stopping.set()
        self._server.shutdown()
        self._server.server_close()


def _decoded(name: str) -> str:
    return str(decode(name.encode("utf-8", "surrogateescape")))


def _sent(name: str) -> str:
    """A name in LIST, as Exchange sends it: quoted for the sake of spaces, a literal for that of
    quotes, with tabs even bare.

    Source: github.com/smiley22/S22.Imap/issues/12, github.com/jstedfast/MailKit/issues/945.
    """
    if '"' in name or "\\" in name:
        return f"{{{len(name.encode('utf-8', 'surrogateescape'))}}}\r\n{name}"
    return f'"{name}"' if re.search(r"[ (){%*\]]|^$", name) and "\t" not in name else name
