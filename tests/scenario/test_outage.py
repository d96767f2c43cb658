"""The application's secret ends while hundreds of mailboxes are connected: one alert, no customer
is bothered, all come back."""

import json
from pathlib import Path

from sqlmodel import col, func, select

from bot.common.people import Person
from bot.messages import notices
from bot.microsoft.tokens import sealed_for
from bot.views.account_form import Form
from sandbox.world import Mailbox
from sandbox.world import Person as User
from storage.cipher import Cipher
from storage.tables import FolderMapping, Grant, OutboxItem
from storage.vocabulary import State
from tests.support.practice import new_practice
from tests.support.world import ACME, ALERTS, BotWorld

INFO = "info@acme.example"
MANY = 30


def multiply(world: BotWorld, count: int) -> None:
    """So many more live mailboxes, each with a refresh token of its own and an access token that
    has ended."""
    stand_in, people = world.practice.microsoft.grants, world.practice.world
    cipher, services, now = Cipher(world.bot.settings.keys), world.bot.services, world.clock.now()
    with world.bot.store.transaction() as tx:
        first = tx.grants.get(1)
        assert first is not None
        folders = list(tx.folders.mapped(1).values())
        cache = json.loads(cipher.open(first.sealed, sealed_for(1)))
    refresh_token = next(iter(cache["RefreshToken"].values()))["secret"]
    original, tenant = people.people[INFO], people.tenant_of(INFO)
    assert tenant is not None
    tenant.granted |= set(
        world.bot.settings.cloud.scopes
    )  # their administrator has approved for everybody
    scopes = frozenset([*world.bot.settings.cloud.scopes, "offline_access", "openid", "profile"])
    for number in range(count):
        address = f"box{number}@acme.example"
        people.add(User(address, address, tenant.id))
        people.add(Mailbox(address, people.mailboxes[INFO].folders))
        account = services.accounts.create(
            ACME, Form(f"Box {number}", "Acme", address), Person("T0ACME", "U0CAROL")
        )
        own = (
            json.dumps(cache)
            .replace(INFO, address)
            .replace(original.oid, people.people[address].oid)
        )
        text = own.replace(refresh_token, stand_in._new_refresh(people.people[address], scopes))
        with world.bot.store.transaction() as tx:
            account = tx.accounts.lock(account.id)
            account.state, account.tenant_id, account.object_id = (
                State.LIVE,
                tenant.id,
                people.people[address].oid,
            )
            account.signed_in_as, account.signed_in_at, account.proved_at = address, now, now
            tx.folders.map(account.id, [_of(account.id, row) for row in folders])
            sealed = cipher.seal(text, sealed_for(account.id))
            tx.grants.put(
                Grant(
                    account_id=account.id,
                    sealed=sealed,
                    scopes=first.scopes,
                    shared_mailbox=account.shared_mailbox,
                    sender_email=account.sender_email,
                    refreshed_at=now,
                    keep_due_at=now,
                )
            )


def _of(account_id: int, row: FolderMapping) -> FolderMapping:
    return FolderMapping(
        account_id=account_id, role=row.role, server_name=row.server_name, shown_name=row.shown_name
    )


def test_an_expired_secret_at_many_mailboxes_is_one_message_and_mends_itself(
    tmp_path: Path,
) -> None:
    practice = new_practice()
    secret = tmp_path / "secret"
    secret.write_text(next(iter(practice.world.app.client_secrets)))
    world = BotWorld(
        tmp_path, practice=practice, MS_CLIENT_SECRET="", MS_CLIENT_SECRET_FILE=str(secret)
    )
    try:
        world.set_up()
        world.map_folders(world.connect(INFO, "Info"))
        world.card("Info", "Live")
        world.settle()
        world.expire_tokens("Info")
        practice.world.app.client_secrets.clear()
        multiply(world, MANY)
        begun = last_message(world)
        world.bot.worker.tick()
        world.until(lambda: seen(world) >= MANY, 120)
        world.leap(minutes=2)
        world.until(lambda: bool(world.omar.messages(ALERTS)), 120)
        alerts = [m for m in world.omar.messages(ALERTS) if "secret" in m.text]
        assert len(alerts) == 1
        assert told_customers(world, begun) == []

        def renewed() -> None:
            practice.world.app.client_secrets.add("a-new-secret")
            secret.write_text("a-new-secret\n")
            world.clock.pass_time(minutes=16)

        world.bot.worker.leap(renewed)  # who is on the way with the old one would call it wrong
        world.until(lambda: seen(world) == 0, 200)
        assert {world.account(f"Box {number}").state for number in range(0, MANY, 30)} == {
            State.LIVE
        }
        world.omar.find(ALERTS, "Over since")
        assert len([m for m in world.omar.messages(ALERTS) if "First seen" in m.text]) == 1
        assert told_customers(world, begun) == []
    finally:
        world.stop()


def last_message(world: BotWorld) -> int:
    """The id of the newest message that waits or was sent."""
    with world.bot.store.transaction() as tx:
        return tx.session.exec(select(func.max(OutboxItem.id))).one() or 0


def told_customers(world: BotWorld, after: int) -> list[str]:
    """What the customer's channel was told since then, sent or waiting, besides cards that show how
    things stand."""
    cards = (notices.ACCOUNT_CARD, notices.SETUP_CARD)
    with world.bot.store.transaction() as tx:
        found = select(OutboxItem).where(col(OutboxItem.id) > after, OutboxItem.channel_id == ACME)
        return [item.notice for item in tx.session.exec(found) if item.notice not in cards]


def seen(world: BotWorld) -> int:
    """At how many mailboxes the fault is at work."""
    with world.bot.store.transaction() as tx:
        return len(tx.failures.accounts_with("application-secret-expired"))
