"""A private Dovecot 2.3 on loopback: IMAP over TLS and submission, both with XOAUTH2 and really
checked tokens."""

import grp
import shutil
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from string import Template
from typing import Self

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from imapclient import IMAPClient

from tests.real.daemon import Daemon, free_ports

HERE = Path(__file__).parent
PARTS = Path("/usr/lib/dovecot")
SPECIAL_USE = frozenset({"Sent", "Drafts", "Trash", "Junk", "Archive"})


def program() -> str:
    """The server's program; Debian keeps it outside an ordinary user's path."""
    return (
        shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
        or "dovecot"
    )


def installed() -> bool:
    """Whether the machine has Dovecot 2.3 (2.4 reads another kind of configuration) with IMAP and
    submission."""
    if not all((PARTS / part).exists() for part in ("imap", "submission", "dovecot-lda")):
        return False
    said = subprocess.run(
        [program(), "--version"], capture_output=True, text=True, check=True
    ).stdout
    return said.startswith("2.3.")


class Dovecot:
    """The server, as a context manager.

    Any address can sign in that its token names in the claim `upn`. The token must be signed by the
    key of `public_pem` (RS256), be in date, be meant for `audience` and carry exactly `scopes` in
    `scp`. `folders` maps the special uses Sent, Drafts, Trash, Junk and Archive to what every
    mailbox calls them (Unicode, "/" between levels). They are `made` by themselves, and again when
    somebody deletes them; or else a mailbox has them once somebody creates them, and can lose them.
    Mail that is submitted arrives in the inbox of each recipient and in the sender's folder of sent
    mail: the one that is marked so, or `keeps_sent` (which must be there then), whatever is marked.
    """

    def __init__(
        self,
        public_pem: bytes,
        folders: Mapping[str, str],
        *,
        made: bool = True,
        keeps_sent: str = "",
        audience: str = "https://outlook.office.com",
        scopes: str = "IMAP.AccessAsUser.All SMTP.Send",
        key_id: str = "practice-world",
    ) -> None:
        assert folders.keys() <= SPECIAL_USE
        self._daemon = Daemon("dovecot", "nobody")
        self._public_pem, self._key_id = public_pem, key_id
        self._folders, self._made = dict(folders), made
        self._keeps_sent = keeps_sent or folders.get("Sent", "")
        self._audience, self._scopes = audience, scopes
        self._authority = trustme.CA()
        self.ca_file = self._daemon.write("ca.pem", self._authority.cert_pem.bytes())
        self.imap_port, self.smtp_port, self._sink_port = free_ports(3)
        self._sink = Controller(_Sink(self), hostname="127.0.0.1", port=self._sink_port)

    def __enter__(self) -> Self:
        """Start it and wait until both ports answer."""
        try:
            self._sink.start()
            self._write_files()
            self._daemon.start(
                [program(), "-F", "-c", self._config], [self.imap_port, self.smtp_port]
            )
        except BaseException:
            self.__exit__()
            raise
        return self

    def stop(self) -> None:
        """Stop the server for good; its ports are closed then."""
        self._daemon.stop()

    def __exit__(self, *_: object) -> None:
        """Stop it and remove all mail."""
        self.stop()
        self._sink.stop(no_assert=True)
        self._daemon.remove()

    def client_context(self) -> ssl.SSLContext:
        """A TLS context that trusts the server's certificate."""
        return ssl.create_default_context(cafile=str(self.ca_file))

    @contextmanager
    def opened(self, address: str, token: str) -> Iterator[IMAPClient]:
        """A mailbox over a connection of its own, as another mail program has it. Names are
        Unicode."""
        with IMAPClient("127.0.0.1", self.imap_port, ssl_context=self.client_context()) as client:
            client.oauth2_login(address, token)
            yield client

    def deliver(self, address: str, raw: bytes, folder: str = "INBOX") -> None:
        """Put a message into a folder of `address`, by Dovecot's own delivery agent.

        Raises:
            RuntimeError: it could not be delivered.
        """
        agent = [
            str(PARTS / "dovecot-lda"),
            "-c",
            self._config,
            "-d",
            address.lower(),
            "-m",
            folder,
        ]
        self._daemon.run(agent, stdin=raw)

    def keep_sent(self, address: str, raw: bytes) -> None:
        """Keep the sender's copy, as Exchange does by itself, where there is a folder for it."""
        if self._keeps_sent:
            self.deliver(address, raw, self._keeps_sent)

    def said(self) -> str:
        """Everything that the server logged so far."""
        return self._daemon.said()

    @property
    def _config(self) -> str:
        return str(self._daemon.folder / "dovecot.conf")

    def _write_files(self) -> None:
        certificate = self._authority.issue_cert("localhost", "127.0.0.1")
        self._daemon.write(
            "server.pem", b"".join(part.bytes() for part in certificate.cert_chain_pems)
        )
        self._daemon.write("server.key", certificate.private_key_pem.bytes())
        self._daemon.write(f"keys/default/RS256/{self._key_id}", self._public_pem)
        values = self._values()
        for name in ("dovecot.conf", "audience.conf", "scopes.conf"):
            self._daemon.write(name, Template((HERE / name).read_text()).substitute(values))
        self._daemon.hand_over()

    def _values(self) -> dict[str, str]:
        return {
            "folder": str(self._daemon.folder),
            "account": self._daemon.account.pw_name,
            "uid": str(self._daemon.account.pw_uid),
            "gid": str(self._daemon.account.pw_gid),
            "group": grp.getgrgid(self._daemon.account.pw_gid).gr_name,
            "imap_port": str(self.imap_port),
            "smtp_port": str(self.smtp_port),
            "sink_port": str(self._sink_port),
            "mailboxes": "\n".join(
                _mailbox(use, name, self._made) for use, name in self._folders.items()
            ),
            "audience": self._audience,
            "scopes": self._scopes,
        }


class _Sink:
    """Where Dovecot's submission service hands its mail on to: back into the mailboxes."""

    def __init__(self, dovecot: Dovecot) -> None:
        self._dovecot = dovecot

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Deliver to every recipient, with the trace that delivery leaves, and keep the sender's
        copy."""
        raw = bytes(envelope.original_content or b"")
        for address in envelope.rcpt_tos:
            self._dovecot.deliver(
                address, b"Received: from submission by delivery with LMTP\r\n" + raw
            )
        self._dovecot.keep_sent(str(envelope.mail_from), raw)
        return "250 2.0.0 delivered"


def _mailbox(use: str, name: str, made: bool) -> str:
    auto = "subscribe" if made else "no"
    return f'mailbox "{name}" {{\n  auto = {auto}\n  special_use = \\{use}\n}}'
