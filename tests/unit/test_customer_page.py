"""The page of a customer, as support opens it: accounts, history, people, settings."""

from typing import Any

import pytest

from bot.common.people import Person
from bot.common.refusals import Refused
from bot.views.customer_page import TOLD
from handlers.cards.actions import ActionId
from handlers.cards.customer_page import Part, Where
from handlers.cards.kit import Block
from handlers.features.customer_page import page_of, show
from handlers.slack.modals import Windows
from handlers.slack.payloads import Press
from handlers.text.words import sentences
from sandbox.slack.limits import problems
from storage.tables import Account
from storage.vocabulary import State
from tests.support.fast import ACME, ALERTS, CAROL, VERA, FastBot, hours
from tests.support.fast_ports import Posted

OMAR = Person("T0LUMEN", "U0OMAR", ALERTS)


def read(bot: FastBot, part: Part, page: int = 0, customer_id: int = 0) -> str:
    """What support reads on a page, and what its buttons are about."""
    view = page_of(bot.services, Where(customer_id or bot.acme.customer_id, part, page))
    assert problems("modal", view) == []
    return Posted("", "", "", view["blocks"]).words + str(view["blocks"])


def added(bot: FastBot, state: State, name: str, **facts: Any) -> Account:
    """An account that Carol added."""
    by = {"created_by_team": CAROL.team, "created_by_user": CAROL.user}
    return bot.account(state, name=name, **by, **facts)


def test_accounts_come_worst_first_each_with_what_it_leads_to(bot: FastBot) -> None:
    fine = added(bot, State.LIVE, "Fine")
    waits = added(bot, State.AWAITING_SIGN_IN, "Waits", waiting_for=hours(30))
    down = added(bot, State.BROKEN, "Down")
    bot.show(down)
    bot.checks.start(fine.id, CAROL)
    bot.run_due()
    seen = read(bot, Part.ACCOUNTS)
    assert seen.index("*Down*") < seen.index("*Waits*") < seen.index("*Fine*")
    card = next(each for each in bot.posted(ACME) if each.text.startswith("Down ("))
    assert f"archives/{ACME}/p{card.ts.replace('.', '')}|Thread" in seen
    assert "Last test" in seen and f"<#{ACME}>" in seen and "1 of 3 live" in seen
    for account in (fine, waits, down):
        assert f"'value': '{account.ref}'" in seen


def test_the_history_tells_in_words_what_was_done_to_this_customer_alone(bot: FastBot) -> None:
    other = bot.customer("Borealis", "C0BORE")
    theirs = bot.account(State.LIVE, name="Theirs", channel=other)
    box = added(bot, State.LIVE, "Info")
    bot.administration.rename(bot.acme.customer_id, "Acme Ltd", VERA)
    bot.requests.do_it(ACME, box.id, CAROL)
    bot.accounts.disconnect(theirs.id, CAROL)
    bot.accounts.disconnect(box.id, CAROL)
    seen = read(bot, Part.HISTORY)
    for words in (
        "renamed: Acme Marine → Acme Ltd",
        f"*Info* `{box.ref}`  ·  support asked to do it  ·  <@{CAROL.user}>",
        f"*Info* `{box.ref}`  ·  disconnected",
    ):
        assert words in seen, words
    assert theirs.ref not in seen
    assert seen.index("disconnected") < seen.index("renamed"), "the newest first"


def test_what_somebody_was_refused_did_not_happen(bot: FastBot) -> None:
    box = added(bot, State.BROKEN, "Info")
    refused = Refused("refused.no_account", ref=box.ref)
    bot.services.rights.keep_refusal(OMAR, ActionId.FIX_REPORTED, refused)
    assert "reported as fixed" not in read(bot, Part.HISTORY)


def test_what_was_done_in_a_channel_before_it_was_theirs_is_not_told(bot: FastBot) -> None:
    bot.requests.do_it(ACME, None, CAROL)
    bot.pass_time(hours=1)
    bot.bindings.rebind(ACME, bot.acme.customer_id, "Cygnus", VERA)
    cygnus = bot.administration.named("Cygnus").id
    seen = read(bot, Part.HISTORY, customer_id=cygnus)
    assert "bound to this customer" in seen and "asked to do it" not in seen


def test_everything_that_a_history_tells_has_its_words() -> None:
    assert [each for each in TOLD if f"history.{each}" not in sentences()] == []


def test_people_are_who_looks_after_them_who_added_and_who_signed_in(bot: FastBot) -> None:
    with bot.store.transaction() as tx:
        tx.channels.customer(bot.acme.customer_id).owner_user = VERA.user
    box = added(bot, State.LIVE, "Info")
    added(bot, State.CREATED, "New")
    seen = read(bot, Part.PEOPLE)
    assert f"<@{VERA.user}>" in seen and f"<@{CAROL.user}>: 2" in seen
    assert box.username in seen and "*New*" not in seen


def test_settings_lead_to_the_windows_that_change_them(bot: FastBot) -> None:
    number = bot.acme.customer_id
    with bot.store.transaction() as tx:
        customer = tx.channels.customer(number)
        customer.time_zone = "Europe/Copenhagen"
        customer.working_hours = "08:00-16:00"
    seen = read(bot, Part.SETTINGS)
    assert "Europe/Copenhagen" in seen and "08:00-16:00" in seen
    for button in ("rename", "organisation", "offboard", "setup", "rebind", "unbind"):
        assert f"'customer.{button}'" in seen, button


def test_five_hundred_accounts_are_paged_within_slacks_limits(bot: FastBot) -> None:
    with bot.store.transaction() as tx:
        for number in range(500):
            name = f"Box {number:03} " + "&" * 60
            facts = {"signed_in_as": f"box-{number}@acme.example"}
            tx.accounts.add(bot._new_account(bot.acme, name, facts))
    assert "Page 17 of 17" in read(bot, Part.ACCOUNTS, 16)
    first = read(bot, Part.ACCOUNTS)
    assert "Box 029" in first and "Box 030" not in first and "'accounts:1'" in first
    assert "Page 13 of 13" in read(bot, Part.PEOPLE, 12)
    assert "Page 2 of" not in read(bot, Part.SETTINGS)


def test_a_window_that_is_no_page_is_read_as_none() -> None:
    where = Where(7, Part.HISTORY, 3)
    assert Where.read(where.about) == where
    for about in ("", "list|C0ACME|0|all", "customer|7|nothing|0", "7"):
        assert Where.read(about) is None, about


class Screen:
    """Slack's windows."""

    def __init__(self) -> None:
        self.did: list[str] = []

    def views_open(self, trigger_id: str, view: Block) -> dict[str, Any]:
        """A first window."""
        self.did.append("open")
        return {"view": {"id": "V1"}}

    def views_push(self, trigger_id: str, view: Block) -> dict[str, Any]:
        """One on top."""
        self.did.append("push")
        return {"view": {"id": "V2"}}

    def views_update(self, view_id: str, view: Block) -> None:
        """Another in its place."""
        self.did.append("update")


def press(bot: FastBot, by: Person, about: str = "", view: str = "") -> str:
    """Somebody presses *Open* or a tab: what becomes of the window."""
    screen: Any = Screen()
    windows = Windows(screen, "1.2", view)
    value = str(bot.acme.customer_id)
    show(bot.services, Part.ACCOUNTS, Press(by, "", value, view, about, {}, windows))
    return str(screen.did[0])


def test_a_tab_changes_the_page_and_elsewhere_it_is_a_window_on_top(bot: FastBot) -> None:
    assert press(bot, VERA, "any|any|any|0") == "open"
    assert press(bot, VERA, "list|C0ACME|0|all", "V1") == "push"
    assert press(bot, VERA, Where(1, Part.HISTORY).about, "V1") == "update"


@pytest.mark.rights
def test_the_page_is_supports_alone(bot: FastBot) -> None:
    bot.slack.members[ALERTS] = {OMAR.user}
    for person in (CAROL, OMAR):
        with pytest.raises(Refused, match=r"refused\.support_only"):
            press(bot, person)
