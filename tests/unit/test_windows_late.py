"""What Slack does not wait for: windows that come too late, and forms that are sent again."""

from functools import partial
from typing import Any

import pytest

from bot.accounts.service import InvalidForm
from bot.common.refusals import SlackBusy
from bot.messages.refusals import Subject
from bot.views.account_form import Form
from handlers.cards.actions import ActionId
from handlers.cards.kit import Message, divider, modal
from handlers.features import signin
from handlers.features.home import HomeTab
from handlers.slack.listeners import Listeners
from handlers.slack.modals import TooLate, Windows, WindowUnsure, fill
from handlers.slack.payloads import Press
from handlers.slack.refusals import EVERY, table
from tests.support.fast import ACME, ALERTS, CAROL, AtOnce, FastBot

pytestmark = [pytest.mark.delivery, pytest.mark.field]

VIEW = modal("Mailbox", [divider()])
OFFICE = Form(name="Office", sender_name="Acme", sender_email="office@acme.example")


def errors(method: str, *subjects: Subject) -> list[str]:
    """What a method may refuse that is about one of these."""
    rows = {**table()[EVERY], **table()[method]}
    return [error for error, subject in rows.items() if subject in subjects]


def refused(method: str, *subjects: Subject) -> list[tuple[str, str]]:
    return [(method, error) for error in errors(method, *subjects)]


OPENING = ("views.open", "views.push")
FULL = ("views.push", "push_limit_reached")
LATE = [pair for method in OPENING for pair in refused(method, Subject.TARGET) if pair != FULL]
BUSY = [
    pair for method in OPENING for pair in refused(method, Subject.PASSING, Subject.INSTALLATION)
]


def windows(bot: FastBot, method: str) -> Windows:
    """Where somebody presses: in a window, or not."""
    return Windows(bot.slack, "a trigger", "V1" if method == "views.push" else "")


@pytest.mark.parametrize(("method", "error"), LATE)
def test_a_window_that_cannot_be_opened_any_more_is_too_late(
    bot: FastBot, method: str, error: str
) -> None:
    bot.slack.fails_next(method, error)
    with pytest.raises(TooLate):
        windows(bot, method).open(VIEW)


def test_a_window_for_which_there_is_no_room_takes_the_place_of_the_one_on_top(
    bot: FastBot,
) -> None:
    bot.slack.fails_next(*FULL)
    assert windows(bot, "views.push").open(VIEW) == "V1"
    assert [method for method, _ in bot.slack.calls][-1] == "views.update"


@pytest.mark.parametrize(("method", "error"), BUSY)
def test_a_window_that_slack_does_not_open_just_now_is_slacks_trouble(
    bot: FastBot, method: str, error: str
) -> None:
    bot.slack.fails_next(method, error)
    with pytest.raises(SlackBusy):
        windows(bot, method).open(VIEW)


@pytest.mark.parametrize("error", errors("views.update", Subject.TARGET))
def test_a_window_that_was_closed_meanwhile_is_forgotten(bot: FastBot, error: str) -> None:
    bot.slack.fails_next("views.update", error)
    fill(bot.slack, "V1", VIEW)


@pytest.mark.parametrize("error", errors("views.update", Subject.PASSING, Subject.INSTALLATION))
def test_a_window_that_cannot_be_replaced_just_now_is_slacks_trouble(
    bot: FastBot, error: str
) -> None:
    bot.slack.fails_next("views.update", error)
    with pytest.raises(SlackBusy):
        windows(bot, "views.push").replace(VIEW)


@pytest.mark.parametrize("error", ["ratelimited", "invalid_auth", "internal_error"])
@pytest.mark.parametrize("method", ["views.update", "views.publish"])
def test_a_press_that_slack_does_not_show_just_now_is_no_failure_of_ours(
    bot: FastBot, method: str, error: str
) -> None:
    carol = Acting(bot, view_id="V1")
    for _ in range(5):
        bot.slack.fails_next(method, error)
    shows = {
        "views.update": lambda: carol.press.windows.replace(VIEW),
        "views.publish": lambda: HomeTab(bot.services, bot.slack).show(CAROL),
    }
    told: list[str] = []
    carol.listeners.guard(
        CAROL, "button.test", shows[method], lambda message: told.append(message.text)
    )
    bot.run_due()

    assert len(told) == 1 and "MX-" not in told[0]
    assert bot.posted(ALERTS) == []


class Acting:
    """Carol, who presses a button; what she is told beside windows, and the windows she sees."""

    def __init__(self, bot: FastBot, view_id: str = "") -> None:
        unused: Any = None
        private: Any = self
        self.bot = bot
        self.listeners = Listeners(unused, bot.services, bot.slack, lambda: None, AtOnce(), private)
        self.told: list[str] = []
        url = "" if view_id else "https://hooks.example/1"
        where = Windows(bot.slack, "a trigger", view_id)
        self.press = Press(CAROL, ACME, "", view_id, "", {}, where, url)

    def show(self, _url: str, said: Message) -> None:
        """She is told something privately."""
        self.told.append(said.text)

    def act(self) -> None:
        self.listeners.guard(
            CAROL,
            "button.test",
            lambda: self.press.windows.open(VIEW) and None,
            lambda message: self.listeners._show(self.press, "refused.title", message),
        )

    @property
    def called(self) -> list[str]:
        return [method for method, _ in self.bot.slack.calls if method.startswith("views.")]


class Registry:
    """What is registered for buttons."""

    def __init__(self) -> None:
        self.heard: dict[str, Any] = {}

    def action(self, name: str) -> Any:
        return partial(self.heard.__setitem__, str(name))


def test_a_button_that_opens_a_page_shows_no_window_beside_it(bot: FastBot) -> None:
    app: Any = Registry()
    unused: Any = None
    listeners = Listeners(app, bot.services, bot.slack, lambda: None, AtOnce(), unused)
    signin.register(listeners, bot.services)
    pressed = {
        "type": "block_actions",
        "user": {"id": "U0SAM", "team_id": "T0ELSE"},
        "channel": {"id": ACME},
        "trigger_id": "1.2",
        "actions": [{"action_id": "x", "type": "button", "value": bot.account().ref}],
    }
    app.heard[ActionId.ADMIN_PAGE_OPENED](lambda: None, pressed)
    assert not [method for method, _ in bot.slack.calls if method.startswith("views.")]
    (refusal,) = bot.audited(ActionId.ADMIN_PAGE_OPENED)
    assert refusal.result == "refused.no_account", "it is kept all the same"


@pytest.mark.parametrize("error", errors("views.open", Subject.TARGET))
def test_who_presses_and_gets_no_window_is_told_so_privately(bot: FastBot, error: str) -> None:
    carol = Acting(bot)
    for _ in range(2):
        bot.slack.fails_next("views.open", error)
    carol.act()
    bot.run_due()

    assert len(carol.told) == 1 and "too slow" in carol.told[0]
    assert bot.posted(ALERTS) == [], "that is no failure of ours"


def test_who_presses_in_a_window_is_told_in_it(
    bot: FastBot,
) -> None:
    carol = Acting(bot, view_id="V1")
    for _ in range(2):
        bot.slack.fails_next("views.push", "expired_trigger_id")
    carol.act()

    assert carol.called == ["views.push", "views.push", "views.update"]


def test_a_window_whose_answer_is_lost_is_no_failure_and_opened_once(
    bot: FastBot,
) -> None:
    carol = Acting(bot)
    bot.slack.breaks_next("views.open")
    carol.act()
    bot.run_due()

    assert carol.called == ["views.open"]
    assert carol.told == []
    assert bot.posted(ALERTS) == []


def test_whether_a_window_was_opened_is_not_known_without_an_answer(bot: FastBot) -> None:
    bot.slack.breaks_next("views.open")
    with pytest.raises(WindowUnsure):
        windows(bot, "views.open").open(VIEW)


# -- forms


def test_a_form_sent_again_finds_its_own_account(bot: FastBot) -> None:
    first = bot.accounts.create(ACME, OFFICE, CAROL, "V1")
    again = bot.accounts.create(ACME, OFFICE, CAROL, "V1")
    bot.run_due()

    assert again.id == first.id
    assert len(bot.accounts_there()) == 1
    assert len(bot.audited("account.created")) == 1


def test_another_form_of_the_same_address_is_told_that_it_is_taken(bot: FastBot) -> None:
    bot.accounts.create(ACME, OFFICE, CAROL, "V1")
    for view_id in ("V2", ""):
        with pytest.raises(InvalidForm, match="sender_email"):
            bot.accounts.create(ACME, OFFICE, CAROL, view_id)


def test_a_form_that_was_corrected_before_it_was_sent_again_is_told_what_is_wrong(
    bot: FastBot,
) -> None:
    bot.accounts.create(ACME, OFFICE, CAROL, "V1")
    with pytest.raises(InvalidForm):
        bot.accounts.create(ACME, Form(name="Office", sender_email="no address"), CAROL, "V1")
    assert len(bot.accounts_there()) == 1
