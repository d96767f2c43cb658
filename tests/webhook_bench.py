"""How many webhooks a second one worker delivers to a receiver on this machine, beside how many
posts of the same size the same receiver takes without a database; and what it costs an account's
change to be kept.

`python -m tests.webhook_bench` prints the figures, for one account's changes (one after the other)
and for many accounts' (side by side).
"""

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

from pydantic import SecretStr
from standardwebhooks import Webhook

from bot.api.posting import HttpWebhooks
from bot.api.webhooks import THREADS, WebhookDelivery
from bot.app.hands import Hands
from bot.common.clock import SystemClock
from bot.common.stop import Stop
from bot.common.tallies import Tallies
from bot.common.ways_out import WaysOut
from storage.change_statuses import ChangeKind
from storage.changes import NewChange
from storage.database import Store, connect
from storage.migrate import upgrade
from storage.vocabulary import State
from tests.support.changes import changes
from tests.support.fast import FastBot
from tests.support.receiver import SECRET, Receiver

EVENTS = 400
AT_LEAST = 20.0
"""Webhooks a second: 500 mailboxes that break at once are told within half a minute."""


def bare(way: HttpWebhooks, body: bytes) -> float:
    """Posts a second, with nothing around them."""

    def post(number: int) -> None:
        now = datetime.now(UTC)
        message_id = f"evt_{number}"
        text = body.decode().replace("evt_0", message_id)
        headers = {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(SECRET).sign(message_id, now, text),
            "Content-Type": "application/json",
        }
        assert way.post(text.encode(), headers).taken

    begun = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(post, range(EVENTS)))
    return EVENTS / (time.monotonic() - begun)


def delivered(store: Store, way: HttpWebhooks, receiver: Receiver, lanes: int) -> float:
    """Webhooks a second of one worker, for the changes of so many accounts."""
    data = {"account": {"ref": "MB-7Q3F-9K2D", "filler": "x" * 1500}}
    with store.transaction() as tx:
        for number in range(EVENTS):
            new = NewChange(ChangeKind.LIVE, f"account:{number % lanes}", data)
            tx.changes.add(new, datetime.now(UTC), wanted=True)
    before = len(receiver.product.events)
    delivery = WebhookDelivery(
        store, SystemClock(), way, SecretStr(SECRET), "C0DESK", Tallies(), Stop()
    )
    hands = Hands(THREADS, "webhook")
    begun = time.monotonic()
    while len(receiver.product.events) < before + EVENTS:
        hands.take(delivery.claim, delivery.deliver)
        time.sleep(0.02)
    seconds = time.monotonic() - begun
    hands.ended_by(time.monotonic() + 10)
    return EVENTS / seconds


def cost_of_keeping() -> float:
    """Milliseconds of a processor that it takes to keep one change of an account, in a database in memory."""
    bot = FastBot()
    account = bot.account(State.LIVE)
    begun = time.process_time()
    for _ in range(EVENTS):
        with bot.store.transaction() as tx:
            held = tx.accounts.lock(account.id)
            bot.lifecycle.changes.of_account(tx, held, ChangeKind.RENAMED)
    assert len(changes(bot, ChangeKind.RENAMED)) == EVENTS
    return 1000 * (time.process_time() - begun) / EVENTS


def main() -> None:
    """Print the figures; exit status 1 beyond the limit."""
    with tempfile.TemporaryDirectory() as folder, Receiver().running() as receiver:
        url = f"sqlite:///{Path(folder) / 'maildesk.db'}"
        upgrade(url)
        store = Store(connect(url))
        way = HttpWebhooks(receiver.url, WaysOut(), (ip_network("127.0.0.0/8"),))
        body = b'{"id":"evt_0","type":"account.live","timestamp":"","data":{"f":"%s"}}'
        most = bare(way, body % (b"x" * 1500))
        one = delivered(store, way, receiver, lanes=1)
        many = delivered(store, way, receiver, lanes=100)
        store.engine.dispose()
    print(f"{THREADS} threads, a receiver on this machine, bodies of 1.6 kB, SQLite")
    print(f"posts without a database: {most:.0f}/s")
    print(
        f"webhooks of 100 accounts: {many:.0f}/s; of one account, one after the other: {one:.0f}/s"
    )
    print(f"to keep a change: {cost_of_keeping():.1f} ms of a processor")
    print(f"at least {AT_LEAST:.0f}/s are wanted")
    raise SystemExit(0 if min(one, many) >= AT_LEAST else 1)


if __name__ == "__main__":
    main()
