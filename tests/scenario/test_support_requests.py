"""Asking the support team: for help with a failure, or to do it; who takes it is told where it was
asked."""

from tests.support.target import ALWAYS
from tests.support.world import ACME, DESK, BotWorld

INFO = "info@acme.example"


def test_support_takes_hands_back_and_finishes_what_the_channel_asked_for(world: BotWorld) -> None:
    card = world.set_up()
    world.carol.press(card, "Do it for us")
    assert "will do it for you" in world.carol.window("Request sent").text
    world.carol.press(card, "Do it for us")
    request = world.vera.find(DESK, "asked us to connect", "Acme Marine", "Nobody has taken it yet")
    assert len([m for m in world.vera.messages(DESK) if "asked us to connect" in m.text]) == 1
    told = world.carol.find(ACME, "connecting the mailboxes of this channel", "will take it soon")

    world.vera.press(request, "I'll take it")
    world.carol.find(ACME, "<@U0VERA> of our support team is looking after it")
    taken = world.vera.find(DESK, "<@U0VERA> has been looking after it")
    world.vera.press(taken, "Hand back")
    world.carol.find(ACME, "will take it soon")
    world.vera.press(world.vera.find(DESK, "Nobody has taken it yet"), "I'll take it")
    world.vera.press(world.vera.find(DESK, "<@U0VERA> has been looking after it"), "Done")
    done = world.carol.find(ACME, "has finished")
    assert done.ts == told.ts, "one message, kept up to date"
    assert world.vera.find(DESK, "finished it").buttons == []
    with world.bot.store.transaction() as tx:
        entries = [
            e.action for e in tx.audit.since(*ALWAYS, 0, 1000) if e.action.startswith("help.")
        ]
    assert entries == [
        "help.asked_to_do",
        "help.taken",
        "help.handed_back",
        "help.taken",
        "help.done",
    ]

    world.carol.press(card, "Do it for us")
    world.vera.find(DESK, "Nobody has taken it yet")


def test_a_comment_reaches_support_and_the_request_can_be_taken_back(world: BotWorld) -> None:
    card = world.set_up()
    world.carol.press(card, "Do it for us")
    window = world.carol.window("Request sent", "A message here tells you who looks after it")
    label = "What should our support team know?"
    assert world.carol.submit(window, {label: "We move on *Friday* & need it"}) == {}
    world.carol.window("will read your comment")
    world.vera.find(DESK, "They write", "need it")

    world.carol.press(world.carol.find(ACME, "will take it soon"), "Take it back")
    world.carol.find(ACME, "<@U0CAROL> took the request back")
    assert world.vera.find(DESK, "took the request back").buttons == []

    world.carol.press(card, "Do it for us")
    world.carol.press(world.carol.window("Request sent"), "Take it back")
    world.carol.window("Request taken back")


def test_one_account_is_done_with_its_state_and_its_last_error(world: BotWorld) -> None:
    world.set_up()
    world.throw("smtp-auth-off-mailbox", INFO)
    world.sign_in(world.add(INFO, "Info"), INFO)
    world.carol.press(world.card("Info", "Error ID"), "More")
    world.carol.press(world.carol.window("Info", "Disconnect"), "Do it for us")
    request = world.vera.find(DESK, "asked us to connect", "*Info*", "Acme Marine", "State:", "MX-")
    assert "Details" in request.buttons
    world.carol.find(ACME, "connecting “Info”")


def test_only_support_handles_requests_and_what_is_taken_stays_taken(world: BotWorld) -> None:
    world.carol.press(world.set_up(), "Do it for us")
    request = world.vera.find(DESK, "asked us to connect")
    world.omar.press(request, "I'll take it")
    world.omar.window("Only our support team")
    world.vera.find(DESK, "Nobody has taken it yet")


def test_support_answers_in_the_accounts_thread_from_its_own_channel(world: BotWorld) -> None:
    world.set_up()
    card = world.add(INFO, "Info")
    world.carol.press(card, "More")
    world.carol.press(world.carol.window("Info", "Disconnect"), "Do it for us")
    request = world.vera.find(DESK, "asked us to connect", "*Info*")

    world.omar.press(request, "Answer in their channel")
    world.omar.window("Only our support team")
    world.vera.press(request, "Answer in their channel")
    form = world.vera.window("Answer the customer", "Acme Marine")
    assert world.vera.submit(form, {"Your answer": "  "}) == {
        "Your answer": "Please write something."
    }
    assert world.vera.submit(form, {"Your answer": "We call you at <2> & help."}) == {}
    world.vera.window("Answer sent", "Your answer is posted")

    said = world.carol.find(ACME, "<@U0VERA> of our support team", "We call you at &lt;2&gt;")
    assert said.data["thread_ts"] == world.card("Info").ts and "<@U0CAROL>" in said.text
    answered = world.vera.find(DESK, "Answered in their channel by <@U0VERA>")
    assert answered.ts == request.ts and "<@U0VERA> has been looking after it" in answered.text
    assert world.vera.find(DESK, "answered in", "We call you").data["thread_ts"] == request.ts
