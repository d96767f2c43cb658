"""Requests for help: asked once, taken by one person, handed back or done."""

import pytest

from bot.common.people import Person
from bot.common.refusals import Refused
from bot.messages import notices
from handlers.cards.support import help_message, request_card
from storage.tables import SupportRequest
from storage.vocabulary import State
from tests.support.fast import ACME, CAROL, DESK, VERA, FastBot, hours

WALTER = Person("T0LUMEN", "U0WALTER", DESK)


def waiting(bot: FastBot) -> list[SupportRequest]:
    """Every request that is not done, oldest first."""
    with bot.store.transaction() as tx:
        return tx.requests.open()


def keys(bot: FastBot, channel: str, notice: str) -> list[str]:
    """The keys of the messages of a kind in a channel."""
    return [item.key for item in bot.outbox(channel) if item.notice == notice]


def holder(request: SupportRequest) -> Person | None:
    """Who looks after a request."""
    if request.taken_at is None:
        return None
    return Person(request.taken_by_team, request.taken_by_user)


def asked(bot: FastBot) -> SupportRequest:
    """A request of Carol's to set up the whole channel."""
    bot.requests.do_it(ACME, None, CAROL)
    return waiting(bot)[-1]


def read(bot: FastBot, request: SupportRequest) -> SupportRequest:
    """A request as it stands now."""
    with bot.store.transaction() as tx:
        return tx.requests.get(request.id)


# -- asked


def test_who_asks_about_an_error_is_answered_in_the_thread_and_support_is_told(
    bot: FastBot,
) -> None:
    account = bot.account(State.FAILING)
    failure = bot.failure(account)

    bot.requests.ask(failure.ref, CAROL)

    (request,) = waiting(bot)
    assert (request.failure_ref, request.account_id) == (failure.ref, account.id)
    assert (request.channel_id, request.asked_at) == (ACME, bot.now)
    assert Person(request.asked_by_team, request.asked_by_user) == CAROL
    assert keys(bot, DESK, notices.REQUEST) == [f"request:{request.id}"]
    (help_item,) = [item for item in bot.outbox(ACME) if item.notice == notices.HELP]
    assert (help_item.key, help_item.thread_key) == (
        f"help:{request.id}",
        notices.card_key(account),
    )
    (entry,) = bot.audited("help.asked")
    assert (entry.subject, entry.user, entry.at) == (account.ref, CAROL.user, bot.now)
    assert entry.detail == {"request": request.id, "error": failure.ref}


def test_a_second_request_about_an_error_is_the_first(bot: FastBot) -> None:
    failure = bot.failure(bot.account(State.FAILING))
    bot.requests.ask(failure.ref, CAROL)
    (first,) = waiting(bot)
    bot.requests.take(first.id, VERA)

    bot.requests.ask(failure.ref, WALTER)

    (request,) = waiting(bot)
    assert (request.id, request.asked_by_user) == (first.id, CAROL.user)
    assert holder(request) == VERA
    assert len(bot.audited("help.asked")) == 1


def test_a_request_that_was_done_is_opened_again_and_is_nobodys(bot: FastBot) -> None:
    failure = bot.failure(bot.account(State.FAILING))
    bot.requests.ask(failure.ref, CAROL)
    (first,) = waiting(bot)
    bot.requests.finish(first.id, VERA)
    assert waiting(bot) == []

    bot.requests.ask(failure.ref, CAROL)

    (again,) = waiting(bot)
    assert (again.id, again.done_at, holder(again)) == (first.id, None, None)
    assert (again.taken_by_team, again.taken_by_user) == ("", "")
    assert len(bot.audited("help.asked")) == 2


def test_an_error_of_no_account_is_support_business_alone(bot: FastBot) -> None:
    failure = bot.failure()

    bot.requests.ask(failure.ref, CAROL, ACME)

    (request,) = waiting(bot)
    assert (request.account_id, request.channel_id) == (None, ACME)
    assert keys(bot, DESK, notices.REQUEST) == [f"request:{request.id}"]
    assert keys(bot, ACME, notices.HELP) == []
    (entry,) = bot.audited("help.asked")
    assert entry.subject == ACME


def test_support_is_asked_to_do_an_account(bot: FastBot) -> None:
    account = bot.account()

    request_id = bot.requests.do_it(ACME, account.id, CAROL)

    (request,) = waiting(bot)
    assert (request.id, request.account_id, request.failure_ref) == (request_id, account.id, None)
    assert keys(bot, DESK, notices.REQUEST) == [f"request:{request.id}"]
    (help_item,) = [item for item in bot.outbox(ACME) if item.notice == notices.HELP]
    assert help_item.thread_key == notices.card_key(account)
    (entry,) = bot.audited("help.asked_to_do")
    assert (entry.subject, entry.user) == (account.ref, CAROL.user)
    assert entry.detail == {"request": request.id, "error": ""}


def test_support_is_asked_to_do_a_whole_channel(bot: FastBot) -> None:
    request = asked(bot)

    assert (request.account_id, request.channel_id) == (None, ACME)
    (help_item,) = [item for item in bot.outbox(ACME) if item.notice == notices.HELP]
    assert (help_item.key, help_item.thread_key) == (f"help:{request.id}", "")
    (entry,) = bot.audited("help.asked_to_do")
    assert entry.subject == ACME


def test_what_was_asked_for_already_is_not_asked_for_twice(bot: FastBot) -> None:
    account = bot.account()
    first = bot.requests.do_it(ACME, account.id, CAROL)
    channel = bot.requests.do_it(ACME, None, CAROL)

    assert bot.requests.do_it(ACME, account.id, VERA) == first
    assert bot.requests.do_it(ACME, None, VERA) == channel != first

    assert len(waiting(bot)) == 2
    assert len(bot.audited("help.asked_to_do")) == 2


def test_what_is_done_may_be_asked_for_again(bot: FastBot) -> None:
    first = asked(bot)
    bot.requests.finish(first.id, VERA)

    assert asked(bot).id != first.id


def test_nobody_asks_in_a_channel_that_is_bound_to_nobody(bot: FastBot) -> None:
    with pytest.raises(Refused, match=r"refused\.channel_not_bound"):
        bot.requests.do_it("C0NOBODY", None, CAROL)


# -- taken, handed back, done


def test_who_takes_a_request_looks_after_it(bot: FastBot) -> None:
    request = asked(bot)

    bot.requests.take(request.id, VERA)

    now = read(bot, request)
    assert (holder(now), now.taken_at, now.done_at) == (VERA, bot.now, None)
    (entry,) = bot.audited("help.taken")
    assert (entry.subject, entry.user) == (ACME, VERA.user)
    assert entry.detail == {"request": request.id, "error": ""}


def test_what_somebody_looks_after_is_taken_by_nobody_else(bot: FastBot) -> None:
    request = asked(bot)
    bot.requests.take(request.id, VERA)
    taken_at = bot.now
    bot.clock.at += hours(1)

    for other in (WALTER, Person("T0ELSE", VERA.user), Person(VERA.team, "U0ELSE")):
        with pytest.raises(Refused, match=r"help_request\.is_taken"):
            bot.requests.take(request.id, other)
    bot.requests.take(request.id, VERA)

    assert holder(read(bot, request)) == VERA
    assert read(bot, request).taken_at == taken_at


def test_a_request_that_is_handed_back_is_anybodys(bot: FastBot) -> None:
    request = asked(bot)
    bot.requests.take(request.id, VERA)

    bot.requests.hand_back(request.id, WALTER)

    now = read(bot, request)
    assert (holder(now), now.taken_by_team, now.taken_by_user) == (None, "", "")
    (entry,) = bot.audited("help.handed_back")
    assert entry.user == WALTER.user
    bot.requests.take(request.id, WALTER)
    assert holder(read(bot, request)) == WALTER


def test_who_is_done_with_a_request_has_done_it(bot: FastBot) -> None:
    request = asked(bot)
    bot.requests.take(request.id, VERA)
    taken_at = bot.now
    bot.clock.at += hours(1)

    bot.requests.finish(request.id, WALTER)

    now = read(bot, request)
    assert (holder(now), now.taken_at, now.done_at) == (WALTER, taken_at, bot.now)
    assert waiting(bot) == []
    (entry,) = bot.audited("help.done")
    assert entry.user == WALTER.user


def test_what_nobody_took_can_be_done_at_once(bot: FastBot) -> None:
    request = asked(bot)

    bot.requests.finish(request.id, VERA)

    assert (holder(read(bot, request)), read(bot, request).taken_at) == (VERA, bot.now)


def test_what_is_done_is_neither_taken_nor_handed_back_nor_done_again(bot: FastBot) -> None:
    request = asked(bot)
    bot.requests.finish(request.id, VERA)

    for act in (bot.requests.take, bot.requests.hand_back, bot.requests.finish):
        with pytest.raises(Refused, match=r"help_request\.is_done"):
            act(request.id, WALTER)
        with pytest.raises(Refused, match=r"help_request\.is_done"):
            act(4711, WALTER)

    assert holder(read(bot, request)) == VERA


def test_both_sides_see_every_change(bot: FastBot) -> None:
    request = asked(bot)
    for act in (bot.requests.take, bot.requests.hand_back, bot.requests.finish):
        bot.deliver()

        act(request.id, VERA)

        assert [item.key for item in bot.outbox(DESK) if item.done_at is None] == [
            f"request:{request.id}"
        ]
        assert [item.key for item in bot.outbox(ACME) if item.done_at is None] == [
            f"help:{request.id}"
        ]


# -- a comment, and taken back


def test_what_the_customer_adds_reaches_support_without_its_secrets(bot: FastBot) -> None:
    request = asked(bot)
    bot.requests.comment(request.id, "Call me at <9>. password=hunter2secret", CAROL)
    bot.requests.comment(request.id, "Call me at <10>. password=hunter2secret", CAROL)

    card = str(request_card(bot.views.requests.card(request.id)).blocks)
    assert "Call me at &lt;10&gt;." in card
    assert "hunter2secret" not in card
    told = str(help_message(bot.views.requests.card(request.id)).blocks)
    assert "Call me" not in told, "a shared channel has many readers"


def test_a_request_that_is_taken_back_waits_for_nobody_and_may_be_asked_anew(
    bot: FastBot,
) -> None:
    request = asked(bot)
    bot.requests.take(request.id, VERA)
    bot.requests.take_back(request.id, CAROL)
    bot.requests.take_back(request.id, CAROL)

    assert waiting(bot) == []
    assert len(bot.audited("help.taken_back")) == 1
    card = bot.views.requests.card(request.id)
    for drawn in (request_card(card), help_message(card)):
        assert f"<@{CAROL.user}> took the request back" in str(drawn.blocks)
        assert "action_id" not in str(drawn.blocks), "nothing is left to press"
    for late in (bot.requests.take, bot.requests.finish, bot.requests.hand_back):
        with pytest.raises(Refused, match="is_done"):
            late(request.id, VERA)
    with pytest.raises(Refused, match="is_done"):
        bot.requests.comment(request.id, "one more thing", CAROL)

    assert asked(bot).id != request.id


def test_an_error_that_is_asked_about_anew_opens_what_was_taken_back(bot: FastBot) -> None:
    failure = bot.failure(bot.account(State.FAILING))
    first = bot.requests.ask(failure.ref, CAROL)
    bot.requests.take_back(first, CAROL)

    assert bot.requests.ask(failure.ref, CAROL) == first
    (again,) = waiting(bot)
    assert not again.taken_back
    assert "Take it back" in str(help_message(bot.views.requests.card(first)).blocks)


def test_what_is_done_is_not_taken_back_nor_what_support_took_up_itself(bot: FastBot) -> None:
    request = asked(bot)
    bot.requests.finish(request.id, VERA)
    with pytest.raises(Refused, match="is_done"):
        bot.requests.take_back(request.id, CAROL)

    account = bot.account(State.FAILING)
    failure = bot.failure(account)
    with bot.store.transaction() as tx:
        bot.requests.hand_over(tx, tx.accounts.lock(account.id), tx.failures.get(failure.ref))
    (ours,) = waiting(bot)
    with pytest.raises(Refused, match="ours"):
        bot.requests.take_back(ours.id, CAROL)
    assert "Take it back" not in str(help_message(bot.views.requests.card(ours.id)).blocks)


def test_only_the_customers_own_people_touch_their_request(bot: FastBot) -> None:
    request = asked(bot)
    bot.customer("Borealis", "C0BORE")
    nora = Person("T0BORE", "U0NORA", "C0BORE")
    bot.slack.members["C0BORE"] = {nora.user}
    assert bot.rights.own_request(CAROL, request.id) == request.id
    for person, number in ((nora, request.id), (CAROL, 4711)):
        with pytest.raises(Refused):
            bot.rights.own_request(person, number)
    nobodys = bot.requests.ask(bot.failure().ref, CAROL)
    assert bot.rights.own_request(CAROL, nobodys) == nobodys
    with pytest.raises(Refused, match="gone"):
        bot.rights.own_request(nora, nobodys)
