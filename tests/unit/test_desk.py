"""Support answers a customer from a card in its own channel: in the account's thread, once, said by
name, harmless, kept in the audit, and shown on the card."""

import pytest

from bot.common.refusals import Refused
from bot.signin.service import SignInRefused
from handlers.cards.desk import LONGEST_ANSWER, answer_message
from handlers.cards.kit import SECTION_LIMIT
from handlers.features import desk
from handlers.slack.listeners import NextWindow
from handlers.slack.payloads import Submission
from storage.tables import Account
from storage.vocabulary import RequestStatus, State
from tests.support.fast import ACME, CAROL, DESK, VERA, FastBot, days
from tests.support.fast_ports import Posted


def posted(bot: FastBot, channel: str, words: str) -> Posted:
    """The one message with these words."""
    (message,) = [each for each in bot.posted(channel) if words in each.words]
    return message


@pytest.fixture
def box(bot: FastBot) -> Account:
    """A mailbox whose card stands in the channel, added by Carol."""
    facts = {"created_by_team": CAROL.team, "created_by_user": CAROL.user}
    account = bot.account(State.FAILING, name="Info", **facts)
    bot.show(account)
    bot.run_due()
    return account


def test_an_answer_stands_in_the_accounts_thread_and_under_the_card(
    bot: FastBot, box: Account
) -> None:
    number = bot.requests.do_it(ACME, box.id, CAROL)
    bot.run_due()
    assert "Answer in their channel" in posted(bot, DESK, "asked us to connect").words

    bot.desk.answer(f"request:{number}", box.ref, "We *look* at <it>.\n> Bye & thanks", VERA)
    bot.run_due()

    said = posted(bot, ACME, "of our support team:\n")
    card = next(each for each in bot.posted(ACME) if each.text.startswith("Info ("))
    assert said.thread == card.ts
    assert f"<@{VERA.user}> of our support team:" in said.words
    assert f"<@{CAROL.user}>" in said.words, "who asked is told"
    assert "\n> We ∗look∗ at &lt;it&gt;.\n> &gt; Bye &amp; thanks" in said.words
    head = posted(bot, DESK, "asked us to connect")
    assert f"Answered in their channel by <@{VERA.user}>" in head.words
    note = posted(bot, DESK, "answered in <#")
    assert note.thread == head.ts and "Bye &amp; thanks" in note.words
    (entry,) = bot.audited("customer.answered")
    assert (entry.subject, entry.user) == (box.ref, VERA.user)
    assert "look" not in str(entry.detail)


def test_who_answers_a_request_that_nobody_has_taken_has_taken_it(
    bot: FastBot, box: Account
) -> None:
    number = bot.requests.do_it(ACME, box.id, CAROL)
    bot.desk.answer(f"request:{number}", box.ref, "Hello", VERA)
    with bot.store.transaction() as tx:
        request = tx.requests.get(number)
        assert (request.status, request.taken_by_user) == (RequestStatus.TAKEN, VERA.user)
    bot.requests.finish(number, VERA)
    with pytest.raises(Refused, match=r"desk\.over"):
        bot.desk.offer(f"request:{number}")


def test_a_cause_of_several_is_answered_in_the_channel_or_in_a_thread(bot: FastBot) -> None:
    boxes = [bot.account(State.UNMAPPED, name=f"Box {number}") for number in range(2)]
    bot.live(days(8))
    assert bot.setbacks_told() == ["stuck"]
    offer = bot.desk.offer("setback:1")
    assert [place.id for place in offer.places] == [ACME, *(each.ref for each in boxes)]

    bot.desk.answer("setback:1", ACME, "Shall we call you?", VERA)
    bot.run_due()
    assert posted(bot, ACME, "Shall we call").thread == ""
    assert "Answered in their channel" in posted(bot, DESK, "all reminders have been sent").words


def test_an_answer_goes_to_nobody_else_and_nowhere_that_nobody_reads(
    bot: FastBot, box: Account
) -> None:
    theirs = bot.account(State.FAILING, channel=bot.customer("Borealis", "C0BORE"))
    about = f"request:{bot.requests.do_it(ACME, box.id, CAROL)}"
    for to in (theirs.ref, "C0BORE", DESK, "MB-0000-0000", ""):
        with pytest.raises(Refused, match=r"desk\.nowhere"):
            bot.desk.answer(about, to, "Hello", VERA)
    for wrong in ("request:99", "setback:1", "", "request:"):
        with pytest.raises(Refused, match=r"desk\.over"):
            bot.desk.offer(wrong)
    bot.customers.close(ACME, "archived")
    with pytest.raises(Refused, match=r"desk\.nowhere"):
        bot.desk.answer(about, box.ref, "Hello", VERA)
    assert bot.audited("customer.answered") == []


def test_secrets_are_left_out_and_nothing_is_sent_empty(bot: FastBot, box: Account) -> None:
    about = f"request:{bot.requests.do_it(ACME, box.id, CAROL)}"
    sent = desk.send(bot.services, Submission(VERA, f"{about}|{box.ref}", {"text": "  "}))
    assert sent == {"text": "Please write something."}
    text = "Use client_secret=abcDEF123~planted-secret-9 please"
    answer = desk.send(bot.services, Submission(VERA, f"{about}|{box.ref}", {"text": text}))
    assert isinstance(answer, NextWindow) and f"<#{ACME}>" in str(answer.view)
    bot.run_due()
    assert not any("planted-secret" in each.words for each in bot.slack.posted)


@pytest.mark.rights
def test_only_support_answers(bot: FastBot, box: Account) -> None:
    about = f"request:{bot.requests.do_it(ACME, box.id, CAROL)}"
    with pytest.raises(Refused, match=r"refused\.support_only"):
        desk.send(bot.services, Submission(CAROL, f"{about}|{box.ref}", {"text": "Hello"}))


def test_a_long_answer_is_whole() -> None:
    for text in ("&" * LONGEST_ANSWER, "word & " * 280, "a\n" * 900):
        message = answer_message("U0VERA", text, [])
        parts = [block["text"]["text"] for block in message.blocks]
        assert all(len(each) <= SECTION_LIMIT for each in parts)
        letters = "".join(parts).replace("&amp;", "&")
        assert letters.count("&") == text.count("&") and "…" not in letters
        assert letters.count("> a") == text.count("a\n")


def test_the_thread_of_a_request_says_what_happened(bot: FastBot, box: Account) -> None:
    number = bot.requests.do_it(ACME, box.id, CAROL)
    bot.requests.comment(number, "It is urgent", CAROL)
    bot.run_due()
    head = posted(bot, DESK, "asked us to connect")
    assert posted(bot, DESK, "wrote: It is urgent").thread == head.ts
    bot.accounts.disconnect(box.id, CAROL)
    bot.run_due()
    assert posted(bot, DESK, f"`{box.ref}`: Disconnected").thread == head.ts


def test_another_organisations_sign_in_is_one_message_that_ends(bot: FastBot) -> None:
    boxes = [bot.account(address=f"box-{number}@elsewhere.example") for number in range(2)]
    for box in boxes:
        with pytest.raises(SignInRefused):
            bot.sign_in(box)
    bot.run_due()
    assert bot.setbacks_told() == ["other-tenant"]
    assert "2 of 2" in posted(bot, DESK, "has a problem").words
    for box in boxes:
        bot.accounts.disconnect(box.id, CAROL)
    bot.run_due()
    assert not any("has a problem" in each.words for each in bot.posted(DESK))


@pytest.mark.parametrize("state", [State.LIVE, State.UNMAPPED])
def test_another_organisation_at_a_mailbox_that_works_is_told_to_support_once(
    bot: FastBot, state: State
) -> None:
    account = bot.account(state, name="Info")
    for _ in range(2):
        with pytest.raises(SignInRefused):
            bot.sign_in(account, "office@elsewhere.example")
        bot.run_due()

    (told,) = [each for each in bot.posted(DESK) if "another organisation" in each.words]
    assert account.ref in told.words and "Acme Marine" in told.words and "MX-" in told.words
    assert bot.setbacks_told() == [], "nothing is kept from working"
    assert bot.read(account).state is state
