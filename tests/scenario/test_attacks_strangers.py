"""What a stranger who holds a forwarded login link must not achieve: the owner's sign-in goes on,
and the owner's tries are the owner's."""

import pytest

from bot.signin.presses import OF_A_BROWSER, OF_NEW_BROWSERS
from storage.vocabulary import State
from tests.support.browser import Browser, Page
from tests.support.target import INFO, Target

pytestmark = pytest.mark.attacks


def press(target: Target, browser: Browser | None = None) -> Page:
    """Press the button behind the link, in a new browser where none is given."""
    return (browser or Browser()).post(target.link, {})


def crowd(target: Target) -> None:
    """Strangers press who keep no cookie, until they are refused."""
    pages = [press(target) for _ in range(OF_NEW_BROWSERS.presses + 1)]
    assert [page.status for page in pages[:-1]] == [303] * OF_NEW_BROWSERS.presses
    target.refused(pages[-1], "Too many browsers", action="signin.begun")


# -- the owner's sign-in


def test_a_strangers_press_does_not_end_the_owners_sign_in(target: Target) -> None:
    owner, stranger = Browser(), Browser()
    answer = target.answer(owner)
    for _ in range(5):
        assert press(target, stranger).status == 303
        press(target)
    assert "Signed in as" in target.returned(owner, answer).text


def test_a_stranger_who_signs_in_as_somebody_else_does_not_end_it_either(target: Target) -> None:
    owner, stranger = Browser(), Browser()
    answer = target.answer(owner)
    theirs = target.answer(stranger, "nora@borealis.example")
    target.refused(target.returned(stranger, theirs), "another organisation", status=403)
    assert "Signed in as" in target.returned(owner, answer).text


def test_the_second_browser_that_comes_back_finds_the_link_used(target: Target) -> None:
    first, second = Browser(), Browser()
    slow = target.answer(second)
    assert "Signed in as" in target.returned(first, target.answer(first)).text
    kept = target.grant()
    page = target.returned(second, slow)
    assert page.status == 410 and "already been used" in page.text
    assert target.audited()[-1].result == "refused"
    after = target.grant()
    assert kept is not None and after is not None and after.serial == kept.serial


# -- the owner's tries


def test_an_eleventh_press_of_one_browser(target: Target) -> None:
    owner, stranger = Browser(), Browser()
    pages = [press(target, stranger) for _ in range(OF_A_BROWSER.presses + 1)]
    assert [page.status for page in pages[:-1]] == [303] * OF_A_BROWSER.presses
    target.refused(pages[-1], "Too many tries", action="signin.begun")
    assert press(target, owner).status == 303
    target.world.clock.pass_time(hours=1, minutes=1)
    assert press(target, stranger).status == 303


def test_strangers_do_not_use_up_the_owners_tries(target: Target) -> None:
    owner = Browser()
    assert press(target, owner).status == 303
    target.world.clock.pass_time(minutes=11)
    crowd(target)
    for _ in range(OF_A_BROWSER.presses - 2):
        assert press(target, owner).status == 303
    assert "Signed in as" in target.returned(owner, target.answer(owner)).text


def test_strangers_keep_a_new_owner_waiting_for_minutes_or_until_a_new_link(shown: Target) -> None:
    crowd(shown)
    page = press(shown)
    shown.refused(page, "wait ten minutes", "new login link in Slack")
    shown.world.clock.pass_time(minutes=11)
    assert press(shown).status == 303
    shown.world.clock.pass_time(minutes=11)
    crowd(shown)
    shown.world.settle()
    shown.world.carol.press(shown.card, "New login link")
    shown.world.settle()
    assert "Signed in as" in shown.world.sign_in(shown.card, INFO).text


def test_a_made_up_cookie_is_a_new_browsers(target: Target) -> None:
    crowd(target)
    host = target.link.split("/")[2]
    for number in range(10):
        browser = Browser()
        browser.cookies[host] = {"__Host-maildesk": f"{number:060d}"}
        target.refused(press(target, browser), "Too many browsers", action="signin.begun")


def test_a_refused_press_asks_microsoft_nothing(target: Target) -> None:
    crowd(target)
    microsoft = target.world.practice.microsoft
    before = microsoft.asked
    for _ in range(20):
        press(target)
    assert microsoft.asked == before
    entries = [entry for entry in target.audited() if entry.result == "refused"]
    assert [entry.times for entry in entries] == [21]


# -- the answer, and the browser it belongs to


FORGED = {"error": "access_denied", "error_description": "AADSTS65004: declined"}


@pytest.mark.parametrize("state", ["", "forged", "0" * 32])
def test_an_error_with_a_guessed_state_changes_nothing(target: Target, state: str) -> None:
    owner = Browser()
    answer = target.answer(owner)
    before = target.world.account(target.name)
    for browser in (owner, Browser()):
        page = target.returned(browser, FORGED | {"state": state})
        target.refused(page, "leads nowhere", action="signin.returned")
    assert target.world.account(target.name) == before
    assert "Signed in as" in target.returned(owner, answer).text


@pytest.mark.parametrize("said", [FORGED, FORGED | {"code": "x"}, {"code": "x"}])
def test_another_browser_with_the_right_state_changes_nothing(
    target: Target, said: dict[str, str]
) -> None:
    owner, stranger = Browser(), Browser()
    answer = target.answer(owner)
    target.at_microsoft(stranger)
    before = target.world.account(target.name)
    for browser in (stranger, Browser()):
        page = target.returned(browser, said | {"state": answer["state"]})
        target.refused(page, "started in another browser", action="signin.returned")
    account = target.world.account(target.name)
    assert account == before and account.state is State.AWAITING_SIGN_IN
    with target.world.bot.store.transaction() as tx:
        assert tx.failures.open_of(account.id) == []
    assert "Signed in as" in target.returned(owner, answer).text


def test_another_browsers_answers_are_one_audit_entry(target: Target) -> None:
    owner = Browser()
    answer = target.answer(owner)
    for _ in range(20):
        target.returned(Browser(), answer)
    refused = [each for each in target.audited() if each.result == "refused"]
    assert [(each.times, each.subject) for each in refused] == [
        (20, target.world.account(target.name).ref)
    ]
    assert "Signed in as" in target.returned(owner, answer).text
