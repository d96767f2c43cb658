"""Failed connection tests of a scenario."""

from storage.tables import Failure
from storage.vocabulary import Scope
from tests.support.slack import Message
from tests.support.world import ACME, ALERTS, BotWorld

INFO, BIURO = "info@acme.example", "biuro@acme.example"


def failed(world: BotWorld, name: str = "Info", address: str = INFO) -> Message:
    """An account whose organisation has SMTP AUTH switched off; the message of its failed test."""
    world.sign_in(world.add(address, name), address)
    return world.carol.find(
        ACME, f"The connection of {name} does not work yet", "Error ID", "It's changed"
    )


def error_in(message: Message) -> str:
    return message.text.split("*Error ID:* `")[1][:12]


def failure(world: BotWorld, ref: str) -> Failure:
    with world.bot.store.transaction() as tx:
        found = tx.failures.get(ref)
    assert found is not None
    return found


def a_fault_at_two_mailboxes_is_the_organisations(world: BotWorld) -> None:
    """What is counted over failures, from the first mailbox to the second; on any database."""
    world.set_up()
    world.throw("smtp-auth-off-mailbox", INFO)
    world.throw("smtp-auth-off-mailbox", BIURO)
    first = error_in(failed(world))
    assert failure(world, first).scope is Scope.MAILBOX
    second = failed(world, "Biuro", BIURO)
    assert "Mailboxes of yours with this problem: 2" in second.text
    assert failure(world, error_in(second)).scope is failure(world, first).scope is Scope.TENANT
    world.vera.slash(ACME, f"error {first}")
    details = world.vera.find(ACME, "*Reach:* the organisation", "mailboxes 2, customers 1")
    assert "Still there" in details.text and "Last tests of this account" in details.text
    assert not [m for m in world.omar.messages(ALERTS) if "switched off" in m.text]
