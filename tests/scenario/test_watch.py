"""What works is looked at every few minutes, what may pass soon again, and nobody is told what
changes nothing."""

from storage.vocabulary import Owner, State
from tests.support.world import ACME, ALERTS, BotWorld


def results(world: BotWorld) -> int:
    return sum("The connection of Info" in message.text for message in world.carol.messages(ACME))


def live(world: BotWorld) -> None:
    world.set_up()
    world.map_folders(world.connect("info@acme.example", "Info"))
    world.card("Info", "Live")
    world.settle()


def test_a_mailbox_that_works_is_looked_at_without_a_word(world: BotWorld) -> None:
    live(world)
    signed_in = world.practice.imap.connections
    for _ in range(3):
        world.pass_time(minutes=8)
    assert world.practice.imap.connections == signed_in + 3
    assert results(world) == 1
    assert world.account("Info").state is State.LIVE


def test_a_lost_mailbox_is_told_once_with_the_way_to_mend_it(world: BotWorld) -> None:
    live(world)
    world.throw("smtp-auth-off-mailbox", "info@acme.example")
    world.pass_time(minutes=8)
    assert world.account("Info").state is State.LIVE, "seen once"
    world.pass_time(minutes=2)
    card = world.card("Info", "Sending is off")
    assert "your Microsoft 365 administrator" in card.text and "MX-" in card.text
    assert results(world) == 2
    world.pass_time(days=3)
    assert results(world) == 2, "what a person has to mend is not repeated"


def test_a_passing_fault_is_not_told_and_a_lasting_one_is(world: BotWorld) -> None:
    live(world)
    world.throw("smtp-busy", "info@acme.example")
    world.pass_time(minutes=8)
    world.pass_time(minutes=6)
    assert world.account("Info").state is State.LIVE and results(world) == 1
    for minutes in (16, 61, 241):
        world.pass_time(minutes=minutes)
    assert world.account("Info").state is State.BROKEN
    assert world.account("Info").owner is Owner.MICROSOFT
    world.take_back("smtp-busy", "info@acme.example")
    world.pass_time(hours=4, minutes=1)
    world.card("Info", "Live")
    assert results(world) == 3


def test_a_first_test_that_microsoft_spoils_passes_by_itself_later(world: BotWorld) -> None:
    world.set_up()
    world.throw("smtp-busy", "info@acme.example")
    world.sign_in(world.add("info@acme.example", "Info"), "info@acme.example")
    world.card("Info", "Sending is off")
    world.take_back("smtp-busy", "info@acme.example")
    world.pass_time(minutes=6)
    world.card("Info", "folders not mapped yet")


def test_a_fault_of_ours_alerts_on_call_and_no_customer(world: BotWorld) -> None:
    live(world)
    world.throw("connection-lost")
    for minutes in (8, 6, 11):
        world.pass_time(minutes=minutes)
    assert [m for m in world.omar.messages(ALERTS) if "was cut" in m.text] == []
    world.pass_time(minutes=16)
    world.pass_time(hours=1, minutes=1)
    assert world.account("Info").state is State.LIVE and results(world) == 1
    (alert,) = [m for m in world.omar.messages(ALERTS) if "First seen" in m.text]
    assert "was cut" in alert.text and "*Times seen:* 5" in alert.text


def test_a_grant_that_is_withdrawn_is_seen_although_its_token_lives_on(world: BotWorld) -> None:
    live(world)
    world.throw("grant-revoked", "info@acme.example")
    world.pass_time(minutes=8)
    world.pass_time(minutes=2)

    assert world.account("Info").state is State.BROKEN
    assert results(world) == 2
