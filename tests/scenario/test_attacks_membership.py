"""What people must not achieve who are no longer, or never were, what they seem to be in Slack: each
is refused with a plain sentence, and nothing is done."""

import pytest

from storage.vocabulary import CustomersAre
from tests.support.slack import Message, SlackPerson
from tests.support.world import ACME, ALERTS, DESK, BotWorld

pytestmark = pytest.mark.attacks

INFO = "info@acme.example"
HELP = "C0HELP"
VALUES = {"Account name": "Info", "Sender name": "Acme Marine", "Sender email": INFO}
CUSTOMERS_ARE = "Who the customers are"
OTHERS, EVERYBODY = "People of other workspaces", "Everybody in this channel who is not support"
WORKSPACES = "The customer's own Slack workspaces"


def accounts(world: BotWorld) -> list[str]:
    """The names of all accounts that there are."""
    with world.bot.store.transaction() as tx:
        customers = {customer.id for _, customer in tx.channels.all()}
        return [a.name for each in customers for a in tx.accounts.of_customer(each)]


def start_card(person: SlackPerson, channel: str = ACME) -> Message:
    """The set-up card, whose buttons begin everything."""
    return person.find(channel, "Connect your Microsoft 365 mailboxes")


def remove(world: BotWorld, user: str, channel: str = ACME) -> None:
    """Somebody is removed from a channel, and no process of the bot hears of it."""
    with world.practice.office.changing():
        world.practice.office.channels[channel].members.discard(user)


# -- people who are not there any more


def test_a_form_that_is_sent_after_its_sender_was_removed(world: BotWorld) -> None:
    world.set_up()
    world.carol.press(start_card(world.carol), "Add an account")
    form = world.carol.window("New Microsoft 365 account (Corporate)")
    remove(world, "U0CAROL")

    assert world.carol.submit(form, VALUES) == {}
    assert "once you are a member of it" in world.carol.window("Something went wrong").text
    assert accounts(world) == []


def test_a_member_who_became_a_guest_disconnects_nothing(world: BotWorld) -> None:
    world.set_up()
    world.add(INFO, "Info")
    world.carol.press(world.card("Info"), "More")
    world.carol.press(world.carol.window("Info", "Disconnect"), "Disconnect")
    form = world.carol.window("Disconnect", "delete its permission")
    world.practice.office.members["U0CAROL"].is_guest = True

    assert world.carol.submit(form, {}) == {}
    world.carol.window("You are a guest in this Slack workspace")
    assert world.account("Info").state.value == "awaiting_sign_in"


def test_who_was_taken_out_of_the_support_group_sets_nothing_up(world: BotWorld) -> None:
    world.practice.office.usergroups["S0DESK"] = ["U0VERA"]
    world.restart_bot({"SUPPORT_USERGROUP": "S0DESK", "SUPPORT_USERS": ""})
    world.vera.slash(ACME, "setup")
    form = world.vera.window("Set up this channel")
    world.practice.office.usergroups["S0DESK"] = []

    assert world.vera.submit(form, {"Customer": "Acme Marine"}) == {}
    world.vera.window("Only our support team can do this")
    with world.bot.store.transaction() as tx:
        assert tx.channels.all() == []


def test_while_slack_is_busy_nothing_is_changed_and_nobody_is_alerted(world: BotWorld) -> None:
    world.set_up()
    office = world.practice.office
    office.fail_next("conversations.members", "ratelimited", retry_after=30)
    world.carol.press(start_card(world.carol), "Add an account")
    world.carol.window("Slack is busy. Please try again")

    world.carol.press(start_card(world.carol), "Add an account")
    form = world.carol.window("New Microsoft 365 account (Corporate)")
    office.fail_next("conversations.members", "internal_error")
    [error] = world.carol.submit(form, VALUES).values()
    assert "Slack is busy. Please try again" in error
    world.settle()
    assert accounts(world) == []
    assert world.omar.messages(ALERTS) == []

    assert world.carol.submit(form, VALUES) == {}, "the form is still there, as it was typed"
    world.until(lambda: len(accounts(world)) == 1)

    office.fail_next("conversations.members", "ratelimited", retry_after=30)
    world.carol.press(start_card(world.carol), "Show all accounts")
    world.carol.window(INFO, "MB-")


def test_in_a_channel_that_is_not_shared_any_more_its_people_change_nothing(
    world: BotWorld,
) -> None:
    world.set_up()
    card = world.add(INFO, "Info")
    world.practice.slack.channels.archive("U0VERA", ACME)
    world.until(lambda: any("Acme Marine" in m.text for m in world.vera.messages(DESK)))

    world.carol.press(card, "New login link")
    world.carol.window("archived or no longer shared")
    world.vera.press(card, "More")
    world.vera.window("Info")


# -- people of a third workspace


def held(world: BotWorld) -> Message:
    """The card that asks whose organisation it is; Sam of a third workspace was invited into the
    channel after it was set up."""
    world.set_up(domain="")
    office = world.practice.office
    office.add_workspace("T0ELSE", "Somebody else")
    office.add_member("U0SAM", "Sam", "T0ELSE", "Stranger")
    world.practice.slack.channels.share(ACME, "T0ELSE", ["U0SAM"])
    world.sign_in(world.add(INFO, "Info"), INFO)
    return world.card("Info", "own organisation?")


@pytest.mark.parametrize("answer", ["Yes, it is ours", "No, it is not"])
def test_a_stranger_of_a_third_workspace_says_nothing_about_the_organisation(
    world: BotWorld, answer: str
) -> None:
    card = held(world)
    sam = world.person("U0SAM")
    sam.press(card, answer)
    sam.window("Only people from the customer's own Slack workspace")
    with world.bot.store.transaction() as tx:
        assert tx.grants.get(world.account("Info").id) is None
    world.carol.press(world.card("Info", "own organisation?"), "Yes, it is ours")
    world.card("Info", "folders not mapped yet")


def test_support_sees_the_third_workspace_and_may_take_it_in(world: BotWorld) -> None:
    card = held(world)
    world.vera.slash(ACME, "setup")
    form = world.vera.window("Set up this channel")
    offered = form.inputs[WORKSPACES]["element"]
    assert [each["value"] for each in offered["options"]] == ["T0ACME", "T0ELSE"]
    assert [each["value"] for each in offered["initial_options"]] == ["T0ACME"]
    assert world.vera.submit(form, {WORKSPACES: ["T0ACME", "T0ELSE"]}) == {}
    world.person("U0SAM").press(card, "Yes, it is ours")
    world.card("Info", "folders not mapped yet")


# -- customers of our own workspace


def test_in_a_channel_of_our_own_everybody_is_a_customer_until_support_says_otherwise(
    world: BotWorld,
) -> None:
    world.practice.office.add_channel(HELP, "help-mail", {"U0VERA", "U0NILS"})
    world.vera.slash(HELP, "setup")
    form = world.vera.window("Set up this channel")
    assert form.chosen(CUSTOMERS_ARE) == EVERYBODY and WORKSPACES not in form.inputs
    assert world.vera.submit(form, {"Customer": "Lumen itself"}) == {}

    world.nils.press(start_card(world.nils, HELP), "Add an account")
    form = world.nils.window("New Microsoft 365 account (Corporate)")
    assert world.nils.submit(form, VALUES) == {}
    assert accounts(world) == ["Info"]
    with world.bot.store.transaction() as tx:
        ((channel, _),) = tx.channels.all()
    assert (channel.customers_are, channel.customer_teams) == (CustomersAre.EVERYBODY, "T0LUMEN")

    world.vera.slash(HELP, "setup")
    form = world.vera.window("Set up this channel")
    assert world.vera.submit(form, {CUSTOMERS_ARE: OTHERS}) == {}
    world.nils.press(start_card(world.nils, HELP), "Add an account")
    world.nils.window("Only the customer")


def test_in_a_shared_channel_a_colleague_is_no_customer(world: BotWorld) -> None:
    world.vera.slash(ACME, "setup")
    form = world.vera.window("Set up this channel")
    assert form.chosen(CUSTOMERS_ARE) == OTHERS
    assert world.vera.submit(form, {"Customer": "Acme Marine"}) == {}
    world.nils.press(start_card(world.nils), "Add an account")
    world.nils.window("Only the customer")


def test_the_command_says_who_the_customers_are(world: BotWorld) -> None:
    world.vera.slash(ACME, "setup Acme Marine")
    answer = world.vera.find(ACME, "This channel now belongs to *Acme Marine*")
    assert OTHERS in answer.text and "T0ACME" in answer.text


# -- the vendor has an Enterprise Grid


@pytest.fixture(params=[False, True], ids=["workspace", "organisation"])
def grid(world: BotWorld, request: pytest.FixtureRequest) -> BotWorld:
    """Lumen has a Grid with a second workspace, where Lea works; payloads carry the ID of the
    workspace, or of the organisation."""
    office = world.practice.office
    office.workspaces["T0LUMEN"].enterprise = "E0LUMEN"
    office.add_workspace("T0LAB", "Lumen Lab", enterprise="E0LUMEN")
    office.add_workspace("T0ELSE", "Somebody else")
    office.add_member("U0LEA", "Lea", "T0LAB", "Colleague")
    office.grid_in_payloads = request.param
    world.set_up()
    world.practice.slack.channels.share(ACME, "T0LAB", ["U0LEA"])
    return world


def test_a_colleague_of_a_sibling_workspace_is_no_customer(grid: BotWorld) -> None:
    lea = grid.person("U0LEA")
    lea.press(start_card(lea), "Add an account")
    lea.window("Only the customer")
    lea.press(start_card(lea), "Show all accounts")
    lea.window("There are no accounts yet")


def test_the_support_team_is_support_under_every_id(grid: BotWorld) -> None:
    grid.vera.slash(ACME, "setup")
    form = grid.vera.window("Set up this channel")
    assert "T0LAB" not in str(form.inputs[WORKSPACES])
    assert grid.vera.submit(form, {"Working hours": "08:00-16:00"}) == {}
    grid.vera.press(start_card(grid.vera), "Add an account")
    grid.vera.window("New Microsoft 365 account (Corporate)")


def test_who_has_a_supporters_user_id_elsewhere_is_not_support(grid: BotWorld) -> None:
    grid.vera.slash(ACME, "setup")
    form = grid.vera.window("Set up this channel")
    grid.practice.office.members["U0VERA"].team_id = "T0ELSE"

    assert grid.vera.submit(form, {"Customer": "Acme Marine"}) == {}
    grid.vera.window("Only our support team can do this")
