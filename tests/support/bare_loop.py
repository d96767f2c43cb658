"""The bare libraries testing mailboxes: `python -m tests.support.bare_loop THREADS` reads where the
servers are, the mapped folders, and every mailbox with its token from standard input, as JSON, and
prints how many seconds it took to open each by IMAP and by SMTP. The two legs of one mailbox run
side by side."""

import json
import smtplib
import ssl
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from imapclient import IMAPClient

from bot.mail.target import xoauth2


@dataclass(frozen=True)
class Legs:
    """The same steps as a connection test's, and nothing around them."""

    imap_port: int
    smtp_port: int
    tls: ssl.SSLContext
    folders: Sequence[str] = ()
    """Those that are mapped, as the server names them."""

    def imap(self, address: str, token: str) -> None:
        """Open the mailbox, list its folders, and ask what the mapped ones are known by."""
        client = IMAPClient("localhost", self.imap_port, ssl_context=self.tls)
        client.folder_encode = False  # names are as the server gave them
        client.has_capability("AUTH=XOAUTH2")
        client.oauth2_login(address, token)
        client.list_folders()
        client.select_folder("INBOX", readonly=True)
        for folder in self.folders:
            client.folder_status(folder, ["UIDVALIDITY"])
        client.logout()

    def smtp(self, address: str, token: str) -> None:
        """Sign in for sending, as this sender, and send nothing."""
        client = smtplib.SMTP("localhost", self.smtp_port)
        client.ehlo()
        client.starttls(context=self.tls)
        client.ehlo()
        answers = iter([xoauth2(address, token), ""])
        client.auth("XOAUTH2", lambda _challenge=None: next(answers), initial_response_ok=False)
        client.mail(address)
        client.rset()
        client.quit()


def main() -> None:
    """Test every mailbox."""
    threads = int(sys.argv[1])
    asked = json.load(sys.stdin)
    tls = ssl.create_default_context(cafile=asked["ca_file"])
    legs = Legs(asked["imap_port"], asked["smtp_port"], tls, asked["folders"])
    with ThreadPoolExecutor(threads) as tests, ThreadPoolExecutor(threads) as seconds:

        def both(address: str, token: str) -> None:
            sending = seconds.submit(legs.smtp, address, token)
            legs.imap(address, token)
            sending.result()

        begun = time.monotonic()
        for done in [tests.submit(both, *mailbox) for mailbox in asked["mailboxes"]]:
            done.result()
        print(time.monotonic() - begun)


if __name__ == "__main__":
    main()
