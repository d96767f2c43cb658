"""Asking the support team: for help with a failure, or to do it; who takes it is told where it was
asked."""

from tests.support.target import ALWAYS
from tests.support.world import ACME, DESK, BotWorld

INFO = "info@acme.example"


def test_support_takes_hands_back_and_finishes_what_the_channel_asked_for(world: BotWorld) -> None:
    card = world.set_up()
    world.carol.press(card, "Do it for us")
    assert "does it for you" in world.carol.window("Support is informed").text
    world.carol.press(card, "Do it for us")
    request = world.vera.find(DESK, "asked us to do it", "Acme Marine", "Nobody looks after it yet")
    assert len([m for m in world.vera.messages(DESK) if "asked us to do it" in m.text]) == 1
    told = world.carol.find(ACME, "connecting the mailboxes of this channel", "takes it up soon")

    world.vera.press(request, "I take it")
    world.carol.find(ACME, "<@U0VERA> of our support team looks after it")
    taken = world.vera.find(DESK, "<@U0VERA> looks after it")
    world.vera.press(taken, "Hand back")
    world.carol.find(ACME, "takes it up soon")
    world.vera.press(world.vera.find(DESK, "Nobody looks after it yet"), "I take it")
    world.vera.press(world.vera.find(DESK, "<@U0VERA> looks after it"), "Done")
    done = world.carol.find(ACME, "has done their part")
    assert done.ts == told.ts, "one message, kept up to date"
    assert world.vera.find(DESK, "has done it").buttons == []
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
    world.vera.find(DESK, "Nobody looks after it yet")


def test_a_comment_reaches_support_and_the_request_can_be_taken_back(world: BotWorld) -> None:
    card = world.set_up()
    world.carol.press(card, "Do it for us")
    window = world.carol.window("Support is informed", "A message here says who looks after it")
    label = "What should our support team know?"
    assert world.carol.submit(window, {label: "We move on *Friday* & need it"}) == {}
    world.carol.window("reads your comment")
    world.vera.find(DESK, "They write", "need it")

    world.carol.press(world.carol.find(ACME, "takes it up soon"), "Take it back")
    world.carol.find(ACME, "<@U0CAROL> took it back")
    assert world.vera.find(DESK, "took it back").buttons == []

    world.carol.press(card, "Do it for us")
    world.carol.press(world.carol.window("Support is informed"), "Take it back")
    world.carol.window("Taken back")


def test_one_account_is_done_with_its_state_and_its_last_error(world: BotWorld) -> None:
    world.set_up()
    world.throw("smtp-auth-off-mailbox", INFO)
    world.sign_in(world.add(INFO, "Info"), INFO)
    world.carol.press(world.card("Info", "Error ID"), "More")
    world.carol.press(world.carol.window("Info", "Disconnect"), "Do it for us")
    request = world.vera.find(
        DESK, "asked us to do it", "*Info*", "Acme Marine", "Stands at", "MX-"
    )
    assert "Details" in request.buttons
    world.carol.find(ACME, "connecting “Info”")


def test_only_support_handles_requests_and_what_is_taken_stays_taken(world: BotWorld) -> None:
    world.carol.press(world.set_up(), "Do it for us")
    request = world.vera.find(DESK, "asked us to do it")
    world.omar.press(request, "I take it")
    world.omar.window("Only our support team")
    world.vera.find(DESK, "Nobody looks after it yet")


def test_support_answers_in_the_accounts_thread_from_its_own_channel(world: BotWorld) -> None:
    world.set_up()
    card = world.add(INFO, "Info")
    world.carol.press(card, "More")
    world.carol.press(world.carol.window("Info", "Disconnect"), "Do it for us")
    request = world.vera.find(DESK, "asked us to do it", "*Info*")

    world.omar.press(request, "Answer in their channel")
    world.omar.window("Only our support team")
    world.vera.press(request, "Answer in their channel")
    form = world.vera.window("Answer the customer", "Acme Marine")
    assert world.vera.submit(form, {"Your answer": "  "}) == {
        "Your answer": "Please write something."
    }
    assert world.vera.submit(form, {"Your answer": "We call you at <2> & help."}) == {}
    world.vera.window("Sent", "Your answer is posted")

    said = world.carol.find(ACME, "<@U0VERA> of our support team", "We call you at &lt;2&gt;")
    assert said.data["thread_ts"] == world.card("Info").ts and "<@U0CAROL>" in said.text
    answered = world.vera.find(DESK, "Answered in their channel by <@U0VERA>")
    assert answered.ts == request.ts and "<@U0VERA> looks after it" in answered.text
    assert world.vera.find(DESK, "answered in", "We call you").data["thread_ts"] == request.ts
