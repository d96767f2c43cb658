"""The Home tab: for support every customer, the worst first; for on-call what is wrong on our
side."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from bot.common.people import Person
from bot.common.refusals import Refused
from bot.diagnosis.observation import Where
from handlers.cards.home import REQUESTS_SHOWN
from handlers.cards.kit import Block
from handlers.features.home import NOTHING, HomeTab
from handlers.slack.listeners import NextWindow
from handlers.slack.payloads import Press, Submission
from storage.vocabulary import State
from tests.support.fast import ACME, ALERTS, CAROL, DESK, VERA, FastBot, hours
from tests.support.fast_ports import Posted

OMAR = Person("T0LUMEN", "U0OMAR", ALERTS)


class Tabs:
    """Slack, as far as it shows Home tabs."""

    def __init__(self) -> None:
        self.shown: dict[str, Block] = {}

    def views_publish(self, user_id: str, view: Block) -> None:
        """Show one."""
        self.shown[user_id] = view


def tab(bot: FastBot, person: Person) -> str:
    """What a person reads on their Home tab."""
    tabs: Any = Tabs()
    HomeTab(bot.services, tabs).show(person, NOTHING)
    return words(tabs.shown[person.user])


def words(view: Block) -> str:
    """What people read, and what its buttons are about."""
    return Posted("", "", "", view["blocks"]).words + str(view["blocks"])


@pytest.fixture
def office(bot: FastBot) -> FastBot:
    """Three customers: one that waits, one that is broken, one that has nothing yet."""
    bot.slack.members[ALERTS] = {OMAR.user}
    broken = bot.customer("Borealis", "C0BORE")
    bot.customer("Cygnus", "C0CYG")
    bot.account(State.AWAITING_SIGN_IN, hours(90), name="Late")
    bot.account(State.LIVE, name="Fine")
    for number in range(2):
        down = bot.account(State.BROKEN, hours(1), name=f"Down {number}", channel=broken)
        bot.failure(down)
    return bot


def test_broken_customers_come_first_then_who_has_waited_the_longest(office: FastBot) -> None:
    read = tab(office, VERA)
    assert read.index("*Borealis*") < read.index("*Acme Marine*") < read.index("*Cygnus*")
    for seen in (
        "Connection lost: 2",
        "Waiting for the sign-in: 1",
        "1 of 2 live",
        "<#C0BORE>",
        "*Most frequent problem:* " + office.catalogue.verdict("smtp-auth-off-mailbox").title,
    ):
        assert seen in read, seen


def test_a_customer_shows_when_it_was_last_tested(office: FastBot) -> None:
    assert "Last test" not in tab(office, VERA)
    fine = next(each for each in office.accounts_there() if each.name == "Fine")
    office.checks.start(fine.id, CAROL)
    office.run_due()
    assert tab(office, VERA).count("Last test") >= 1


def test_requests_that_nobody_has_taken_come_first_and_lead_on(office: FastBot) -> None:
    late = next(each for each in office.accounts_there() if each.name == "Late")
    taken = office.requests.do_it(ACME, None, CAROL)
    office.requests.take(taken, VERA)
    office.requests.do_it(ACME, late.id, CAROL)
    read = tab(office, VERA)
    assert read.index("Late  ·  nobody yet") < read.index(f"Acme Marine  ·  <@{VERA.user}>")
    assert "archives/" not in read, "nothing stands in Slack yet"
    office.show(late)
    office.run_due()
    read = tab(office, VERA)
    (request,) = [each for each in office.posted(DESK) if "*Late*" in each.words]
    (card,) = [each for each in office.posted(ACME) if each.text.startswith("Late (")]
    for message in (request, card):
        address = f"archives/{message.channel}/p{message.ts.replace('.', '')}"
        assert f"<https://lumen.slack.example/{address}|" in read
    assert f"'value': '{late.ref}'" in read and f"<#{ACME}>" in read


def test_requests_that_are_not_shown_are_counted_and_not_read(office: FastBot) -> None:
    """However many wait with all customers together, the tab asks the database for no more."""
    asked: list[str] = []
    event.listen(office.store.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    costs = []
    for number in range(2 * REQUESTS_SHOWN):
        account = office.account(State.AWAITING_SIGN_IN, name=f"Box {number}")
        office.requests.do_it(ACME, account.id, CAROL)
        asked.clear()
        read = tab(office, VERA)
        costs.append(len(asked))
    assert costs[-1] == costs[REQUESTS_SHOWN - 1]
    for seen in ("Requests for help:* 20", "and 10 more", "Box 0  ·", "Box 9  ·"):
        assert seen in read, seen
    assert "Box 10  ·" not in read

    (first, *_) = [each for each in office.accounts_there() if each.name == "Box 0"]
    office.requests.take(office.requests.do_it(ACME, first.id, CAROL), VERA)
    read = tab(office, VERA)
    assert "Box 10  ·" in read and "Box 0  ·" not in read, "who has a helper comes last"


@pytest.mark.rights
def test_each_sees_what_is_theirs(office: FastBot) -> None:
    office.failure(where=Where.TOKEN, step="token", error="invalid_client", codes=(7000222,))
    on_call = tab(office, OMAR)
    assert "*Alerts:* 1" in on_call and "You are on call" in on_call and "alert.show" in on_call
    for customer in ("Acme", "Borealis", "Cygnus", "C0BORE"):
        assert customer not in on_call
    assert "You are on call" not in tab(office, VERA)
    others = tab(office, CAROL)
    assert "set-up card" in others and "alerts" not in others and "Borealis" not in others


def test_a_request_is_taken_on_the_tab_which_shows_it_with_the_same_filter(
    office: FastBot,
) -> None:
    number = office.requests.do_it(ACME, None, CAROL)
    assert "I'll take it" in tab(office, VERA)
    tabs: Any = Tabs()
    press = Press(VERA, "", str(number), "", "any|any|1|0", {}, None)  # type: ignore[arg-type]
    HomeTab(office.services, tabs).take(press)
    seen = words(tabs.shown[VERA.user])
    assert f"Acme Marine  ·  <@{VERA.user}>" in seen and "I'll take it" not in seen
    assert tabs.shown[VERA.user]["private_metadata"] == "any|any|1|0"
    with pytest.raises(Refused, match=r"refused\.support_only"):
        HomeTab(office.services, tabs).take(replace(press, person=CAROL))


def found(bot: FastBot, text: str) -> str:
    """What the search shows for a text."""
    answer = HomeTab(bot.services, Tabs()).found(Submission(VERA, "", {"text": text}))  # type: ignore[arg-type]
    assert isinstance(answer, NextWindow)
    return words(answer.view)


def test_it_is_searched_by_address_name_id_error_and_customer(office: FastBot) -> None:
    down = next(each for each in office.accounts_there() if each.name == "Down 1")
    error = office.failure(down).ref
    for text in (down.ref, "down 1", "down-1@", down.ref.lower()):
        assert down.ref in found(office, text), text
    assert "*Borealis*" in found(office, "boreal") and "C0BORE" in found(office, "boreal")
    assert error in found(office, error) and error in found(office, error.lower())
    assert "Nothing found" in found(office, "zebra")
    for text in (down.ref.replace("-", " ").lower(), f"`{down.ref}`"):
        assert down.ref in found(office, text.strip("`")), text
    assert error in found(office, error.replace("-", ""))


def test_a_customer_without_a_channel_is_found_and_leads_to_its_page(office: FastBot) -> None:
    cygnus = office.administration.named("Cygnus").id
    office.bindings.unbind("C0CYG", cygnus, VERA)
    seen = found(office, "cyg")
    assert "*Cygnus*" in seen and "'customer.accounts'" in seen and f"'value': '{cygnus}'" in seen


def test_what_is_found_leads_to_its_thread(office: FastBot) -> None:
    late = next(each for each in office.accounts_there() if each.name == "Late")
    office.show(late)
    office.run_due()
    assert f"archives/{ACME}/p" in found(office, "late") and f"<#{ACME}>" in found(office, "late")


def test_our_own_channels_are_no_customers(office: FastBot) -> None:
    assert DESK not in tab(office, VERA)
