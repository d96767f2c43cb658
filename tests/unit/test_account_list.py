"""The list of a customer's accounts: each with its next step, by whose turn it is, and what is done
for many at once."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.common.people import Person
from bot.common.refusals import Refused
from bot.services import Services
from handlers.cards.account_list import EVERYBODY, NOBODY, SHOWN_IN_LIST, Place
from handlers.cards.legacy import PAGE
from handlers.features import account_list, checks, folders, legacy, signin
from handlers.slack.payloads import Press
from sandbox.slack.limits import problems
from storage.tables import Account
from storage.vocabulary import FolderRole, Owner, Plan, State
from tests.support.drawing import parts
from tests.support.fast import ACME, CAROL, VERA, FastBot

Listener = Callable[[Services, Press], None]


class Desk:
    """Somebody in the list: what they press, and the window that they see then."""

    def __init__(self, bot: FastBot, person: Person = CAROL) -> None:
        self.bot = bot
        self.person = person
        self.view: Any = {}

    def open(self, view: Any) -> str:
        self.view = view
        return "V1"

    replace = open

    def press(self, listener: Listener, value: str = "", channel: str = "") -> str:
        """Press what a listener hears; what is to be read then."""
        windows: Any = self
        about = self.view.get("private_metadata", "")
        press = Press(self.person, channel, value, "V1", about, {}, windows)
        listener(self.bot.services, press)
        assert problems("modal", self.view) == []
        return "\n".join(str(part["text"]) for part in parts(self.view["blocks"]) if "text" in part)

    def show(self) -> str:
        """*Show all accounts*."""
        return self.press(account_list.show_list, channel=ACME)

    @property
    def buttons(self) -> list[list[str]]:
        """The buttons of each account, by their labels."""
        rows = [each["elements"] for each in self.view["blocks"] if each["type"] == "actions"]
        return [[e["text"]["text"] for e in row if "text" in e] for row in rows]


def sure(bot: FastBot, name: str) -> Account:
    """A mailbox whose folders leave no doubt, and wait to be mapped."""
    account = bot.account(State.AWAITING_SIGN_IN, name=name)
    bot.sign_in(account)
    bot.run_due()
    return bot.read(account)


def test_each_account_has_its_next_step(bot: FastBot) -> None:
    bot.link(bot.account(name="New"))
    bot.account(State.LIVE, name="Works")
    sure(bot, "Sure")
    desk = Desk(bot)
    desk.show()

    many, *each = desk.buttons
    assert each == [
        ["Sign in to Microsoft", "Invite"],
        ["Test connection"],
        ["Accept all suggestions", "Map folders"],
    ]
    assert many == [
        "Invite all who still have to sign in",
        "Accept all recognised folders",
        "Test all",
        "Pause reminders",
    ]


def test_a_list_is_filtered_by_whose_turn_it_is_and_stays_so(bot: FastBot) -> None:
    for number in range(SHOWN_IN_LIST + 1):
        bot.account(name=f"Waits {number}")
    bot.account(State.LIVE, name="Works")
    bot.account(State.FAILING, owner=Owner.ADMINISTRATOR, name="Fails")
    desk = Desk(bot)
    assert "Waits 0*" in desk.show() and "Page 1 of 2" in desk.show()

    theirs = desk.press(account_list.filter_list, Owner.ADMINISTRATOR)
    assert "Fails*" in theirs and "Waits" not in theirs and "Works" not in theirs
    assert "*Works*" in desk.press(account_list.filter_list, NOBODY)

    desk.press(account_list.filter_list, Owner.USER)
    second = desk.press(account_list.turn_list, f"{ACME}:1")
    assert f"Waits {SHOWN_IN_LIST}*" in second and "*Works*" not in second
    assert "*Works*" in desk.press(account_list.filter_list, EVERYBODY) + desk.press(
        account_list.turn_list, f"{ACME}:1"
    )


def test_a_filter_that_fits_none_any_more_shows_all(bot: FastBot) -> None:
    bot.account(State.LIVE, name="Works")
    desk = Desk(bot)
    desk.show()

    assert "*Works*" in desk.press(account_list.filter_list, Owner.SUPPORT)


def test_what_is_pressed_in_the_list_shows_there(bot: FastBot) -> None:
    waits = sure(bot, "Sure")
    fresh = bot.account(name="New")
    desk = Desk(bot)
    desk.show()

    assert "*Sure*" in desk.press(folders.accept, waits.ref)
    assert bot.read(waits).state is State.LIVE
    assert ["Test connection"] in desk.buttons
    desk.press(checks.test, waits.ref)
    desk.press(signin.renew_link, fresh.ref)
    assert ["Sign in to Microsoft", "Invite"] in desk.buttons


def test_folders_that_leave_no_doubt_are_accepted_for_all_and_others_are_named(
    bot: FastBot,
) -> None:
    clear = [sure(bot, name) for name in ("Info", "Office")]
    unclear = bot.account(State.UNMAPPED, name="Unclear")
    desk = Desk(bot)
    desk.show()

    told = desk.press(account_list.accept_all, ACME)

    assert [bot.read(each).state for each in clear] == [State.LIVE, State.LIVE]
    assert bot.read(unclear).state is State.UNMAPPED
    assert "Mailboxes with mapped folders: 2" in told and "Unclear" in told and "Info" not in told
    with bot.store.transaction() as tx:
        assert tx.folders.mapped(clear[0].id).keys() >= {FolderRole.SENT, FolderRole.DRAFTS}


def test_all_are_tested_once_in_a_while(bot: FastBot) -> None:
    live = [bot.account(State.LIVE) for _ in range(2)]
    bot.account(name="New")
    desk = Desk(bot)
    desk.show()

    assert "Tests started: 2" in desk.press(account_list.test_all, ACME)
    assert len(bot.audited("test.requested")) == len(live)
    with pytest.raises(Refused, match=r"test\.all_tested"):
        desk.press(account_list.test_all, ACME)


def test_of_a_channel_where_somebody_is_not_they_see_no_login_link(bot: FastBot) -> None:
    second = bot.customer("Acme Two", "C0SECOND")
    bot.slack.members["C0SECOND"] = {VERA.user}
    with bot.store.transaction() as tx:
        channel = tx.channels.get("C0SECOND")
        assert channel is not None
        channel.customer_id = bot.acme.customer_id
        second.customer_id = bot.acme.customer_id
    elsewhere = sure_elsewhere(bot, second)
    link = bot.services.views.accounts.card(elsewhere.id).link

    theirs, ours = Desk(bot), Desk(bot, VERA)
    assert "*Elsewhere*" in theirs.show() and "*Elsewhere*" in ours.show()
    assert link not in str(theirs.view) and link in str(ours.view)


def sure_elsewhere(bot: FastBot, channel: Any) -> Account:
    """An account in another channel, with a login link."""
    account = bot.account(name="Elsewhere", channel=channel)
    bot.link(account)
    return account


def test_where_a_list_is_stands_in_its_window_and_nothing_else_is_taken_for_one() -> None:
    place = Place("C0ACME", 3, Owner.USER)

    assert Place.read(place.about) == place
    for other in ("", "MB-7Q3F-9K2D", "MB-7Q3F-9K2D|0|1|list", "C0ACME"):
        assert Place.read(other) is None


# -- old accounts are taken off their list


def listed(bot: FastBot, count: int = 2) -> list[Any]:
    """So many old accounts that the customer has listed."""
    text = "\n".join(f"Old {number}, old{number}@acme.example" for number in range(count))
    bot.legacy.import_text(ACME, text, CAROL)
    with bot.store.transaction() as tx:
        return tx.legacy.of_customer(bot.acme.customer_id)


@pytest.mark.parametrize("plan", Plan)
def test_an_old_account_is_taken_off_the_list_and_can_be_listed_again(
    bot: FastBot, plan: Plan
) -> None:
    first, _ = listed(bot)
    bot.legacy.plan(first.id, plan, CAROL)
    desk = Desk(bot)

    left = desk.press(legacy.take_off, str(first.id))

    assert "old1@acme.example" in left and "old0@acme.example" not in left
    (entry,) = bot.audited("old.taken_off")
    assert entry.detail["address"] == "old0@acme.example"
    assert len(listed(bot)) == 2
    with pytest.raises(Refused, match=r"old\.gone"):
        bot.legacy.take_off(first.id, CAROL)


def test_an_old_account_that_has_a_new_one_stays_on_the_list(bot: FastBot) -> None:
    first, _ = listed(bot)
    bot.legacy.begin_batch(ACME, CAROL)
    bot.run_due()

    with pytest.raises(Refused, match=r"old\.replaced"):
        bot.legacy.take_off(first.id, CAROL)
    assert "Take off the list" not in Desk(bot).press(legacy.show_plan, ACME)


def test_after_the_last_of_a_page_the_page_before_is_shown(bot: FastBot) -> None:
    *_, last = listed(bot, PAGE + 1)

    assert "old0@acme.example" in Desk(bot).press(legacy.take_off, str(last.id))


def test_a_batch_goes_on_without_what_is_taken_off(bot: FastBot) -> None:
    first, second = listed(bot)
    bot.legacy.begin_batch(ACME, CAROL)
    bot.legacy.take_off(first.id, CAROL)
    bot.run_due()

    assert [each.sender_email for each in bot.accounts_there()] == [second.address]
