"""What thousands of hostile requests leave behind: next to nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import inspect, text

from bot.common.people import Person
from tests.support.browser import Browser, Page
from tests.support.target import Target, everything

pytestmark = pytest.mark.attacks

REQUESTS = 2000
"""Of all kinds together; each has its share."""

A_HANDFUL = 5

OF_ITS_OWN = ("duty",)
"""What the worker writes of its own work, a row for each kind of it, whoever requests what."""


def rows(target: Target) -> dict[str, int]:
    """How many rows each table has."""
    engine = target.world.bot.store.engine
    with engine.connect() as connection:
        return {
            name: connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()
            for name in inspect(connection).get_table_names()
            if name not in OF_ITS_OWN
        }


def flood(send: Callable[[int], Page]) -> set[int]:
    """Send hundreds of requests; the statuses of the answers. The first comes alone: of several
    that come first at once, each may keep an entry where they do not wait for each other."""
    first = send(0)
    with ThreadPoolExecutor(8) as pool:
        return {page.status for page in (first, *pool.map(send, range(1, SHARE)))}


def withdraw(target: Target) -> None:
    """The login link ends."""
    target.world.bot.services.links.withdraw(target.account_id, Person("T0ACME", "U0CAROL"))


FLOODS: dict[str, Callable[[Target, int], Page]] = {
    "forged answers": lambda target, number: target.returned(
        Browser(), {"state": f"forged {number}", "code": "x"}
    ),
    "forged errors": lambda target, number: target.returned(
        Browser(), {"state": f"forged {number}", "error": f"access_denied {number}"}
    ),
    "forged approvals": lambda target, number: Browser().post(
        f"{target.world.url}/consent/callback",
        {"state": f"forged {number}", "admin_consent": "True"},
    ),
    "guessed links": lambda target, number: Browser().post(
        f"{target.world.url}/login/{number:043d}", {}
    ),
    "a dead link": lambda target, number: Browser().post(target.link, {}),
    "another site": lambda target, number: Browser().post(
        f"{target.world.url}/login/{number:043d}", {}, Origin=f"https://evil{number}.example"
    ),
}

SHARE = REQUESTS // len(FLOODS)


@pytest.mark.parametrize("name", FLOODS)
def test_hundreds_of_requests_leave_a_handful_of_rows(target: Target, name: str) -> None:
    withdraw(target)
    target.world.settle()  # what went before writes no rows any more
    before = rows(target)
    known = {entry.id: entry.times for entry in everything(target.world)}

    assert flood(lambda number: FLOODS[name](target, number)) <= {403, 410}

    grown = {table: count - before[table] for table, count in rows(target).items()}
    assert sum(grown.values()) <= A_HANDFUL, grown
    counted = [each.times - known.get(each.id, 0) for each in everything(target.world)]
    assert sum(counted) == SHARE, "every one is counted"
    assert not target.kept()
