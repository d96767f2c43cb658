"""A live mailbox that breaks, and works again, over the wire: what stands in the customer's channel,
and the way on from there."""

from storage.vocabulary import State
from tests.support.failures import BIURO, INFO
from tests.support.world import ACME, BotWorld


def test_what_breaks_at_two_live_mailboxes_is_one_message_until_it_works_again(
    world: BotWorld,
) -> None:
    world.set_up()
    for address, name in ((INFO, "Info"), (BIURO, "Biuro")):
        world.map_folders(world.connect(address, name))
        world.card(name, "Live")
    world.carol.find(ACME, "*2 mailboxes* are live: Info, Biuro")

    world.settle()
    world.throw("smtp-auth-off-tenant", "acme.example")
    world.pass_time(minutes=8)
    world.pass_time(minutes=2)
    told = world.carol.find(ACME, "*Sending is off* at *2 mailboxes*: Info, Biuro", "<@U0CAROL>")
    assert told.buttons == ["What to do"]
    world.card("Info", "Sending is off", "your Microsoft 365 administrator")
    world.carol.press(told, "What to do")
    world.carol.window("MX-")

    world.take_back("smtp-auth-off-tenant", "acme.example")
    world.carol.press(world.card("Info", "Sending is off"), "Test again")
    world.carol.find(ACME, "*2 mailboxes* work again: Info, Biuro")
    assert {world.account(name).state for name in ("Info", "Biuro")} == {State.LIVE}
    messages = [m for m in world.carol.messages(ACME) if "at *2 mailboxes*" in m.text]
    assert messages == [], "what stands above says that it is over"
