"""The windows of accounts over the wire: what stands on the screen is how it is."""

from tests.support.world import BotWorld


def test_what_was_saved_stands_in_the_window_before_and_on_the_card(world: BotWorld) -> None:
    world.set_up()
    world.carol.press(world.add("info@acme.example", "Info"), "More")
    world.carol.press(world.carol.window("Info", "Whose turn"), "Change details")
    form = world.carol.window("Change the details")
    assert world.carol.submit(form, {"Account name": "Front desk"}) == {}

    window = world.carol.window("*Front desk*", "Whose turn")
    world.carol.press(window, "Withdraw the login link")
    assert "Withdraw the login link" not in world.carol.window("press *New login link*").text
    world.card("Front desk", "press *New login link*")
