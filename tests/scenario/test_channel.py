"""Who may do what in a channel, and how the bot answers what it is told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import sandbox.mail.imap as imap
from tests.support.world import ACME, DESK, BotWorld


def test_a_channel_that_is_not_bound_gets_one_private_friendly_sentence(world: BotWorld) -> None:
    world.vera.slash(ACME, "add")
    answer = world.vera.find(ACME, "not set up for Maildesk yet")
    assert answer.data["ephemeral"]
    assert world.vera.open_windows == 0


def test_in_our_own_channel_the_customer_is_named(world: BotWorld) -> None:
    world.set_up()
    world.vera.slash(DESK, "list")
    assert world.vera.find(DESK, "Which customer?", "/maildesk list Acme Marine").data["ephemeral"]
    world.vera.slash(DESK, "list Acme Marina")
    world.vera.find(DESK, "Did you mean `/maildesk list Acme Marine`?")
    world.vera.slash(DESK, "list acme")
    assert "There are no accounts yet" in world.vera.window("Accounts of Acme").text
    world.vera.slash(DESK, "help")
    world.vera.find(DESK, "For support", "For on-call")


def test_only_support_sets_a_channel_up(world: BotWorld) -> None:
    world.nils.slash(ACME, "setup Acme Marine")
    assert world.nils.find(ACME, "Only our support team").data["ephemeral"]
    with world.bot.store.transaction() as tx:
        assert tx.channels.get(ACME) is None


def test_people_of_another_workspace_cannot_use_the_command_but_the_buttons(
    world: BotWorld,
) -> None:
    world.set_up()
    assert world.carol.slash(ACME, "list")["error"] == "invalid_command"
    world.carol.press(world.carol.find(ACME, "Connect your Microsoft 365"), "Show all accounts")
    assert "There are no accounts yet" in world.carol.window("Accounts of Acme").text


def test_somebody_outside_of_the_channel_is_told_nothing_about_its_accounts(
    world: BotWorld,
) -> None:
    world.set_up()
    world.add("info@acme.example", "Info")
    ref = world.account("Info").ref
    for command in ("login", "test", "folders", "remove"):
        world.omar.slash(DESK, f"{command} {ref}")
        answer = world.omar.find(DESK, "There is no account")
        assert "info@acme.example" not in answer.text


def test_the_form_says_at_each_field_what_is_wrong_and_loses_nothing(world: BotWorld) -> None:
    world.set_up()
    world.add("info@acme.example", "Info")
    world.carol.press(world.carol.find(ACME, "Connect your Microsoft 365"), "Add an account")
    form = world.carol.window("Corporate")
    values = {
        "Account name": "N" * 81,
        "Sender name": "Acme",
        "Sender email": "nonsense",
        "Username": "also wrong",
    }
    assert set(world.carol.submit(form, values)) == {"Account name", "Sender email", "Username"}
    values = {"Account name": "Twice", "Sender name": "Acme", "Sender email": "INFO@acme.example"}
    assert "already" in world.carol.submit(form, values)["Sender email"]
    values["Sender email"] = "biuro@acme.example"
    assert "OAuth" in world.carol.submit(form, values | {"Sign-in method": []})["Sign-in method"]
    assert world.carol.window("Corporate").id == form.id, (
        "the window stays until everything is right"
    )
    assert world.carol.submit(form, values) == {}
    world.card("Twice", "biuro@acme.example")


def test_the_word_payload_in_a_command_does_not_break_it(world: BotWorld) -> None:
    world.set_up()
    assert world.vera.slash(ACME, "error why did the payload fail")["ok"]
    world.vera.find(ACME, "We do not recognise this text")
    assert world.practice.office.complaints == []


def test_a_mistyped_subcommand_gets_a_suggestion(world: BotWorld) -> None:
    world.vera.slash(ACME, "stauts")
    assert "/maildesk status" in world.vera.find(ACME, "Did you mean").text


def test_a_mention_is_answered_with_the_buttons(world: BotWorld) -> None:
    world.set_up()
    world.carol.say(ACME, "@Maildesk hello?")
    assert "Add an account" in world.carol.find(ACME, "There is a button for everything").buttons


def test_a_question_in_words_is_answered_and_helps_window_leads_on(world: BotWorld) -> None:
    card = world.set_up()
    world.add("info@acme.example", "Info")
    world.carol.say(ACME, "@Maildesk wie weit sind wir?")
    answer = world.carol.find(ACME, "*Live: 0 of 1.*", "the mailbox user", "Info")
    assert not answer.data["ephemeral"]
    world.carol.press(answer, "The account")
    world.carol.window("Info", "Waiting for the sign-in")

    world.carol.press(card, "Help")
    world.carol.press(world.carol.window("Here you can"), "Add an account")
    world.carol.window("Corporate")


def test_a_mention_where_nothing_is_set_up_is_answered_privately(world: BotWorld) -> None:
    world.carol.say(ACME, "@Maildesk list")
    assert world.carol.find(ACME, "not set up for Maildesk yet").data["ephemeral"]


def test_an_event_that_slack_repeats_is_handled_once(world: BotWorld) -> None:
    world.set_up()
    event = {"type": "app_mention", "user": "U0CAROL", "user_team": "T0ACME", "ts": "1.1"}
    said = event | {"text": "<@U0MAILDESK> help", "channel": ACME}
    world.bot.services.events.take_in("Ev1", said)
    world.bot.services.events.take_in("Ev1", said)
    world.settle()
    answers = [
        m for m in world.carol.messages(ACME) if "There is a button for everything" in m.text
    ]
    assert len(answers) == 1


def test_an_error_id_with_a_slip_and_one_of_somebody_else(world: BotWorld) -> None:
    world.set_up()
    world.vera.slash(ACME, "error MX-7Q3F-9K2E")
    world.vera.find(ACME, "typing error")
    world.nils.slash(ACME, "error AADSTS700016")
    world.nils.find(ACME, "This text means")


def test_names_cannot_ping_or_fake_anything(world: BotWorld) -> None:
    world.set_up()
    world.carol.press(world.carol.find(ACME, "Connect your Microsoft 365"), "Add an account")
    values = {
        "Account name": "<!channel> *Boss*",
        "Sender name": "Acme",
        "Sender email": "info@acme.example",
    }
    assert world.carol.submit(world.carol.window("Corporate"), values) == {}
    card = world.carol.find(ACME, "Boss", "MB-")
    assert "&lt;!channel&gt;" in card.text and "<!channel>" not in card.text


@contextmanager
def held(world: BotWorld, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tests that begin in the block do not end before it does."""
    go, listed = threading.Event(), imap.Session.do_list

    def wait(session: imap.Session, tag: str, words: list[str], by_uid: bool) -> None:
        go.wait()
        listed(session, tag, words, by_uid)

    with monkeypatch.context() as patched:
        patched.setattr(imap.Session, "do_list", wait)
        yield
    go.set()


def test_a_second_press_joins_the_test_that_runs(
    world: BotWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.set_up()
    card = world.connect("info@acme.example", "Info")
    with held(world, monkeypatch):
        world.carol.press(card, "Test again")
        world.carol.press(card, "Test again")
    world.settle()
    results = [m for m in world.carol.messages(ACME) if "The connection of Info works" in m.text]
    assert len(results) == 2, "the first test and one more"


def test_support_sees_every_customers_progress_on_the_home_tab(world: BotWorld) -> None:
    world.set_up()
    world.add("info@acme.example", "Info")
    assert "0 of 1 live" in str(world.vera.home())
    assert "set-up card" in str(world.nils.home())


def test_exchange_is_prepared_with_a_packet_and_tried_rather_than_believed(world: BotWorld) -> None:
    card = world.set_up()
    world.carol.press(card, "Exchange preparation")
    window = world.carol.window(
        "Exchange preparation", "Dear administrator of Acme Marine", "To undo"
    )
    assert window.text.index("Option A: Only where it is needed") < window.text.index(
        "Option B: For the whole organisation"
    ), "the smaller switch first"
    assert "mailto:" in window.text
    assert "Set-CASMailbox" not in window.text, "a command names somebody, or is not there"
    world.carol.press(window, "It's done")
    assert "nothing to test it with" in world.carol.window("No mailbox is connected").text

    world.throw("smtp-auth-off-tenant", "acme.example")
    world.sign_in(world.add("info@acme.example", "Info"), "info@acme.example")
    world.card("Info", "Error ID")
    world.take_back("smtp-auth-off-tenant", "acme.example")
    world.carol.press(world.carol.find(ACME, "Connect your Microsoft 365"), "Exchange preparation")
    window = world.carol.window(
        "Exchange preparation", "Set-CASMailbox -Identity info@acme.example"
    )
    world.carol.press(window, "It's done")
    world.carol.window("Mailboxes being tested: 1")
    world.card("Info", "folders not mapped yet")
