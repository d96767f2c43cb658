"""The Home tab: what support sees of everybody, filtered, paged and searched."""

from typing import Any

from bot.common.people import Person
from tests.support.slack import texts
from tests.support.world import ACME, BotWorld

INFO = "info@acme.example"
VERA = Person("T0LUMEN", "U0VERA")


def press(world: BotWorld, label: str) -> None:
    """Vera presses a button on her Home tab."""
    blocks = world.vera._view()["home"]["blocks"]
    elements = [
        (block["block_id"], each)
        for block in blocks
        for each in [*block.get("elements", []), block.get("accessory", {})]
        if each.get("type") == "button"
    ]
    block_id, element = next((b, e) for b, e in elements if e["text"]["text"] == label)
    world.vera._post("action", home=True, block_id=block_id, action_id=element["action_id"])


def choose(world: BotWorld, action: str, option: str) -> None:
    """Vera chooses something in one of the lists on her Home tab."""
    blocks = world.vera._view()["home"]["blocks"]
    found = [(block["block_id"], each) for block in blocks for each in block.get("elements", [])]
    block_id, element = next((b, e) for b, e in found if e.get("action_id") == action)
    value = next(each["value"] for each in element["options"] if each["text"]["text"] == option)
    world.vera._post("action", home=True, block_id=block_id, action_id=action, value=value)


def shown(world: BotWorld, *wanted: str, without: str = "") -> str:
    """What her Home tab says, once it says this."""

    def look() -> str | None:
        text = "\n".join(texts(world.vera._view()["home"]["blocks"]))
        return (
            text
            if all(each in text for each in wanted) and not (without and without in text)
            else None
        )

    return world.vera.until(look, f"a Home tab with {wanted}")


def customers(world: BotWorld, count: int) -> None:
    office, services = world.practice.office, world.bot.services
    for number in range(count):
        office.add_channel(f"C0MORE{number}", f"more-{number}", {"U0VERA"})
        services.customers.bind(f"C0MORE{number}", f"Customer {number:02}", VERA)


def test_support_sees_who_waits_the_longest_first_with_requests_and_alerts(world: BotWorld) -> None:
    customers(world, 1)
    world.carol.press(world.set_up(), "Do it for us")
    world.carol.window("Request sent")
    world.add(INFO, "Info")
    world.throw("application-secret-expired")
    world.sign_in(world.card("Info"), INFO)
    world.settle()
    world.vera.home()
    text = shown(world, "0 of 1 live", "Waiting for our engineers since")
    assert text.index("Acme Marine*  ·") < text.index("*Customer 00*  ·  no mailbox yet"), (
        "who waits for nothing comes last"
    )
    assert (
        "*Requests for help:* 1" in text
        and "Acme Marine  ·  nobody yet" in text
        and "*Alerts:* 1" in text
    )


def test_it_is_filtered_and_turned(world: BotWorld) -> None:
    customers(world, 25)
    world.set_up()
    world.add(INFO, "Info")
    world.vera.home()
    shown(world, "Page 1 of 2", "*Customer 00*", without="*Customer 24*")
    press(world, "Next page")
    shown(world, "Page 2 of 2", "*Customer 24*", without="*Acme Marine*")
    choose(world, "home.owner", "Waiting for the mailbox user")
    shown(world, "*Acme Marine*", without="*Customer 0")
    choose(world, "home.state", "Live")
    shown(world, "No customer matches.", without="*Acme Marine*")
    choose(world, "home.state", "In any state")
    choose(world, "home.owner", "Waiting for anybody")
    choose(world, "home.customer", "Customer 07")
    shown(world, "*Customer 07*", without="*Customer 08*")


def test_an_account_is_found_by_a_part_of_its_address_or_by_its_id(world: BotWorld) -> None:
    world.set_up()
    world.add(INFO, "Info")
    world.vera.home()
    for wanted in ("FO@acme", world.account("Info").ref):
        press(world, "Search")
        form = world.vera.window("Find an account")
        assert world.vera.submit(form, {"Name, address or ID": wanted}) == {}
        found = world.vera.window("Find an account", INFO, "Acme Marine")
        world.vera.press(found, "Details")
        world.vera.window("Info", "Waiting for the sign-in")
    press(world, "Search")
    assert world.vera.submit(world.vera.window("Find"), {"Name, address or ID": "100%"}) == {}
    assert "Nothing found" in world.vera.window("Find an account", "100%").text


def test_a_customers_page_leads_to_everything_and_home_keeps_its_filters(world: BotWorld) -> None:
    customers(world, 3)
    world.set_up()
    world.add(INFO, "Info")
    world.vera.home()
    shown(world, "*Acme Marine*")
    choose(world, "home.owner", "Waiting for the mailbox user")
    shown(world, "*Acme Marine*", without="*Customer 0")
    press(world, "Open")
    page = world.vera.window("Manage customer", "Acme Marine", INFO, "Thread")
    world.vera.press(page, "History")
    world.vera.press(world.vera.window("Manage customer", "channel set up", "added"), "Settings")
    settings = world.vera.window("Manage customer", "Bind to another customer")
    assert world.vera.open_windows == 1, "a part takes the place of another"
    world.vera.press(settings, "Change the set-up")
    world.vera.window("Set up this channel", "Who on our team looks after them")
    world.vera.home()
    shown(world, "*Acme Marine*", without="*Customer 0")


def test_others_are_told_where_to_go(world: BotWorld) -> None:
    world.set_up()
    seen: dict[str, Any] = world.nils.home()
    assert "set-up card" in str(seen) and "Acme" not in str(seen)
    assert ACME not in str(seen)
