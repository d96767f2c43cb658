"""Many who press, answer and are refused at the same moment, on both databases: budgets hold, what
works once works once, and no refusal is lost."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from bot.signin.links import LinkUnusable
from bot.signin.presses import OF_NEW_BROWSERS
from storage.database import connect
from storage.vocabulary import State
from tests.support.fast import FastBot
from tests.support.fast_ports import tenant_of

pytestmark = pytest.mark.real

AT_ONCE = 8


@pytest.fixture
def bot(url: str) -> Iterator[FastBot]:
    """A bot with one customer, on a database that many use at once."""
    made = FastBot(engine=connect(url))
    yield made
    made.store.engine.dispose()


def all_at_once(act: Callable[[int], object], times: int) -> list[str]:
    """Do it many times at once; the reasons of those that were refused."""
    together = threading.Barrier(AT_ONCE)
    refused: list[str] = []

    def one(number: int) -> None:
        if number < AT_ONCE:
            together.wait()
        try:
            act(number)
        except LinkUnusable as error:
            refused.append(error.reason)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, range(times)))
    return refused


def test_no_refusal_is_lost_and_each_kind_is_one_row(bot: FastBot) -> None:
    account = bot.account()
    for whose in (None, account.id):
        error = LinkUnusable("used", whose)
        all_at_once(lambda _, error=error: bot.signin.refused_request("x", error), 100)

    assert [entry.times for entry in bot.audited("x")] == [100, 100]


def test_new_browsers_share_a_bound_however_close_they_come(bot: FastBot) -> None:
    secret = bot.link(bot.account())

    refused = all_at_once(lambda number: bot.signin.begin(secret, f"browser {number}"), 24)

    assert refused == ["crowded"] * (24 - OF_NEW_BROWSERS.presses)


def test_of_many_browsers_that_come_back_at_once_one_wins(bot: FastBot) -> None:
    account = bot.account()
    secret = bot.link(account)
    browsers = [f"browser {number}" for number in range(OF_NEW_BROWSERS.presses)]
    states = [bot.signin.begin(secret, each).rpartition("state=")[2] for each in browsers]
    count = len(browsers)

    def come_back(number: int) -> None:
        bot.come_back(states[number % count], account.username, browsers[number % count])

    refused = all_at_once(come_back, 2 * count)

    assert len(refused) == 2 * count - 1
    assert len(bot.audited("signin.done")) == 1


def test_an_approval_is_answered_once(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_ADMIN)
    (state,) = parse_qs(urlsplit(bot.consent.link(account)).query)["state"]
    said = {"state": state, "admin_consent": "True", "tenant": tenant_of("acme.example")}

    assert all_at_once(lambda _: bot.consent.told(said), 24) == ["used"] * 23
    assert len(bot.audited("consent.said_given")) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE auditrepetition SET times = 1",
        "UPDATE auditrepetition SET times = times + 1, entry_id = -entry_id",
        "DELETE FROM auditrepetition",
    ],
)
def test_counts_only_grow(bot: FastBot, statement: str) -> None:
    bot.signin.refused_request("x", LinkUnusable("unknown"))

    with (
        pytest.raises(DatabaseError, match="only grow"),
        bot.store.engine.begin() as connection,
    ):
        connection.execute(text(statement))
