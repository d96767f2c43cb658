"""How long a full connection test takes beside the bare libraries, against the same servers in the
same run.

`python -m tests.bench` prints both in milliseconds and their ratio. The servers are a real Dovecot
where it is installed, else the practice world's; each connection goes through a relay that holds
every packet back for a while, as a network does.
"""

import contextlib
import ssl
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.common.people import MAILDESK
from sandbox.practice import Practice
from tests.real import dovecot
from tests.support.bare_loop import Legs
from tests.support.practice import new_practice
from tests.support.relay import Relay
from tests.support.world import BotWorld

ADDRESS, NAME = "info@acme.example", "Info"
ROUNDS = 15
DELAYS_MS = (10, 30)
AT_MOST = 1.25
"""What a full test may take, as a multiple of the slower bare runner."""


@contextlib.contextmanager
def servers(practice: Practice) -> Iterator[tuple[int, int, Path]]:
    """IMAP port, submission port, and the authority of their certificates."""
    if not dovecot.installed():
        yield practice.imap.port, practice.smtp.port, practice.certificates.ca_file
        return
    with dovecot.Dovecot(
        practice.signer.public_pem(), {"Sent": "Sent", "Drafts": "Drafts", "Trash": "Trash"}
    ) as server:
        yield server.imap_port, server.smtp_port, server.ca_file


def milliseconds(work: Callable[[], None]) -> float:
    """How long `work` takes."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def full_test(world: BotWorld) -> None:
    """A whole connection test: token, rights, identity, both protocols, and everything that is kept
    of it."""
    with world.bot.store.transaction() as tx:
        account = tx.accounts.lock(world.account(NAME).id)
        test = world.bot.services.checks.request(tx, account, MAILDESK)
    world.bot.services.checks.run({"test": test.id})
    with world.bot.store.transaction() as tx:
        assert tx.checks.get(test.id).passed


def measure(delay_ms: int) -> float:
    """One comparison; prints its line and returns the ratio."""
    practice = new_practice()
    with (
        tempfile.TemporaryDirectory() as folder,
        servers(practice) as (imap_port, smtp_port, ca_file),
    ):
        imap, smtp = Relay(imap_port, delay_ms / 1000), Relay(smtp_port, delay_ms / 1000)
        ports = {
            "IMAP_PORT": str(imap.port),
            "SMTP_PORT": str(smtp.port),
            "MAIL_CA_BUNDLE": str(ca_file),
        }
        world = BotWorld(Path(folder), practice=practice, **ports)
        world.set_up()
        world.connect(ADDRESS, NAME)
        world.settle()
        world.bot.worker.stop()
        token = world.bot.tokens.fresh(world.account(NAME).id).access_token
        legs = Legs(imap.port, smtp.port, ssl.create_default_context(cafile=str(ca_file)))
        works = (
            lambda: legs.imap(ADDRESS, token),
            lambda: legs.smtp(ADDRESS, token),
            lambda: full_test(world),
        )
        times = [[milliseconds(work) for work in works] for _ in range(ROUNDS)]
        world.stop()
    receiving, sending, full = (statistics.median(column) for column in zip(*times, strict=True))
    ratio = full / max(receiving, sending)
    print(
        f"{2 * delay_ms:>3} ms there and back   "
        f"IMAPClient {receiving:7.1f} ms   smtplib {sending:7.1f} ms   "
        f"full test {full:7.1f} ms   ratio {ratio:.2f}"
    )
    return ratio


def main() -> None:
    """Print every comparison, and fail when one is over the limit."""
    kind = "Dovecot" if dovecot.installed() else "the practice world"
    print(
        f"Medians of {ROUNDS} rounds against {kind}; "
        f"the limit is {AT_MOST} times the slower bare runner."
    )
    if max([measure(delay) for delay in DELAYS_MS]) > AT_MOST:
        raise SystemExit("over the limit")


if __name__ == "__main__":
    main()
