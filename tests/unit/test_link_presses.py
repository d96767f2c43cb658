"""Several browsers at one login link: each has a sign-in of its own and presses of its own, and a
crowd of strangers cannot use up the owner's."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlmodel import select

from bot.diagnosis.observation import Condition, Observation, Where
from bot.microsoft.client import MicrosoftUnreachable
from bot.signin.failed import SignInRefused
from bot.signin.links import LinkUnusable, Said
from bot.signin.presses import OF_A_BROWSER, OF_NEW_BROWSERS
from bot.signin.redeeming import redeem
from storage.cipher import digest
from storage.tables import Account, LinkPress
from tests.support.fast import CAROL, FastBot

OWNER = "the owner's browser"
STRANGER = "a stranger's browser"
SECOND = timedelta(seconds=1)


@dataclass
class Door:
    """An account, its login link, and who presses there."""

    bot: FastBot
    account: Account
    secret: str

    def press(self, browser: str = OWNER) -> str:
        """Go to Microsoft; the state to come back with."""
        return str(self.bot.signin.begin(self.secret, browser)).rpartition("state=")[2]

    def comes_back(self, state: str, browser: str = OWNER) -> bool:
        """Whether the account's own person comes back well."""
        done = self.bot.come_back(state, self.account.username, browser)
        return bool(done.upn == self.account.username)

    def crowd(self) -> None:
        """Strangers who throw their cookies away use up what new browsers have."""
        for number in range(OF_NEW_BROWSERS.presses):
            self.press(f"stranger {number}")

    def asked(self) -> bool:
        """Whether people are asked what Microsoft's page said."""
        with self.bot.store.transaction() as tx:
            return tx.signins.question(self.account.id) is not None


@pytest.fixture
def door(bot: FastBot) -> Door:
    """The way in of a new account."""
    account = bot.account()
    return Door(bot, account, bot.link(account))


# -- each browser has its own sign-in


def test_another_browsers_press_leaves_a_sign_in_as_it_is(door: Door) -> None:
    state = door.press(OWNER)
    for _ in range(3):
        door.press(STRANGER)

    assert door.comes_back(state, OWNER)


def test_the_same_browsers_press_takes_the_place_of_its_own_sign_in(door: Door) -> None:
    first = door.press(OWNER)
    second = door.press(OWNER)

    with pytest.raises(LinkUnusable, match="ended"):
        door.comes_back(first)
    assert door.comes_back(second)


def test_the_first_that_comes_back_well_wins(door: Door) -> None:
    slow = door.press("a telephone")
    quick = door.press(OWNER)
    assert door.comes_back(quick)

    asked = door.bot.microsoft.asked
    with pytest.raises(LinkUnusable, match="used"):
        door.comes_back(slow, "a telephone")
    assert door.bot.microsoft.asked == asked, "nothing more is asked of Microsoft"


def test_of_two_that_come_back_in_one_moment_one_wins(door: Door) -> None:
    slow = door.press("a telephone")
    quick = door.press(OWNER)
    taken = door.bot.signin._take(slow, "a telephone")
    came_back = {"state": slow, "code": door.account.username}
    redeemed = redeem(door.bot.microsoft, taken.flow, came_back)
    assert door.comes_back(quick)

    with pytest.raises(LinkUnusable, match="used"):
        door.bot.signin._keep(taken, redeemed, "")


def test_one_that_comes_back_badly_ends_no_other(door: Door) -> None:
    state = door.press(OWNER)
    other = door.press(STRANGER)
    with pytest.raises(SignInRefused):
        door.bot.come_back(other, "else@acme.example", STRANGER)

    assert door.comes_back(state)


@pytest.mark.parametrize("said", [{"code": "x"}, {"error": "access_denied"}])
@pytest.mark.parametrize("browser", [STRANGER, ""])
def test_an_answer_from_another_browser_changes_nothing(
    door: Door, browser: str, said: dict[str, str]
) -> None:
    state = door.press(OWNER)
    before = door.bot.read(door.account)

    with pytest.raises(LinkUnusable, match="other-browser"):
        door.bot.signin.finish({"state": state, **said}, browser)
    assert door.bot.read(door.account) == before
    assert door.bot.told() == []
    assert door.comes_back(state)


def test_another_browser_is_told_nothing_of_a_sign_in_that_has_ended(door: Door) -> None:
    state = door.press(OWNER)
    door.comes_back(state)

    with pytest.raises(LinkUnusable, match="other-browser"):
        door.comes_back(state, STRANGER)


def test_each_sign_in_that_does_not_come_back_is_looked_after(door: Door) -> None:
    door.press(STRANGER)
    door.bot.pass_time(minutes=10)
    state = door.press(OWNER)
    door.bot.pass_time(minutes=5)
    assert door.asked(), "the stranger's has run out"

    door.bot.links.answered(door.account.id, Said.CLOSED, CAROL)
    door.bot.pass_time(minutes=9)
    assert not door.asked() and state
    door.bot.pass_time(minutes=1)
    assert door.asked(), "and now the owner's"


def test_a_strangers_presses_do_not_put_the_question_off(door: Door) -> None:
    door.press(OWNER)
    for _ in range(3):
        door.bot.pass_time(minutes=4)
        door.press(STRANGER)

    door.bot.pass_time(minutes=3)
    assert door.asked()


# -- each browser has its own presses


def test_a_browser_has_so_many_presses_an_hour(door: Door) -> None:
    for _ in range(OF_A_BROWSER.presses):
        door.press()

    with pytest.raises(LinkUnusable, match="busy"):
        door.press()
    door.bot.clock.at += OF_A_BROWSER.within - SECOND
    with pytest.raises(LinkUnusable, match="busy"):
        door.press()
    door.bot.clock.at += SECOND
    assert door.press()


def test_a_strangers_presses_are_not_the_owners(door: Door) -> None:
    for _ in range(OF_A_BROWSER.presses):
        door.press(STRANGER)
    with pytest.raises(LinkUnusable, match="busy"):
        door.press(STRANGER)

    for _ in range(OF_A_BROWSER.presses):
        assert door.press(OWNER)


def test_a_crowd_of_new_browsers_is_stopped(door: Door) -> None:
    door.crowd()

    with pytest.raises(LinkUnusable, match="crowded"):
        door.press("one more")


def test_a_crowd_does_not_stop_who_was_at_microsoft_before(door: Door) -> None:
    door.press(OWNER)
    door.bot.clock.at += OF_NEW_BROWSERS.within
    door.crowd()

    for _ in range(OF_A_BROWSER.presses - 1):
        state = door.press(OWNER)
    assert door.comes_back(state)


def test_a_crowd_keeps_a_new_browser_waiting_for_minutes(door: Door) -> None:
    door.crowd()
    door.bot.clock.at += OF_NEW_BROWSERS.within - SECOND
    with pytest.raises(LinkUnusable, match="crowded"):
        door.press(OWNER)

    door.bot.clock.at += SECOND
    assert door.press(OWNER)


def test_a_new_link_has_all_of_its_presses(door: Door) -> None:
    door.crowd()
    door.secret = door.bot.link(door.account)

    assert door.press(OWNER)


def test_a_press_is_refused_before_anything_is_asked_of_microsoft(door: Door) -> None:
    door.crowd()
    door.bot.microsoft.outage = Observation(Where.NETWORK, "token", condition=Condition.TIMEOUT)

    with pytest.raises(LinkUnusable, match="crowded"):
        door.press("one more")


def test_presses_that_find_no_microsoft_are_counted_too(door: Door) -> None:
    door.bot.microsoft.outage = Observation(Where.NETWORK, "token", condition=Condition.TIMEOUT)
    for _ in range(OF_NEW_BROWSERS.presses):
        with pytest.raises(MicrosoftUnreachable):
            door.press()

    with pytest.raises(LinkUnusable, match="crowded"):
        door.press()


def test_a_refused_press_is_one_audit_entry_with_a_count(door: Door) -> None:
    door.crowd()
    for number in range(37):
        with pytest.raises(LinkUnusable):
            door.press(f"one more {number}")

    (refused,) = [e for e in door.bot.audited("signin.begun") if e.result == "refused"]
    assert (refused.times, refused.detail) == (37, {"reason": "crowded"})


def test_presses_are_kept_as_digests_and_only_while_they_count(door: Door) -> None:
    door.press(OWNER)
    door.bot.clock.at += OF_A_BROWSER.within + SECOND
    door.press(STRANGER)

    with door.bot.store.transaction() as tx:
        kept = list(tx.session.exec(select(LinkPress)))
    assert [press.browser_digest for press in kept] == [digest(STRANGER)]
