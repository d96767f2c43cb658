"""Who may move the practice world's clock: its own page, by a press."""

from collections.abc import Iterator

import pytest
import requests

from sandbox.practice import Practice
from tests.support.practice import new_practice

HOUR = 3600


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    made = new_practice()
    made.start()
    yield made
    made.stop()


def asked(practice: Practice, method: str = "POST", **request: object) -> int:
    """The status of a request for another hour, which is sent as the page sends it unless
    `request` says otherwise."""
    told: dict[str, object] = {"json": {"step": "hour"}, "timeout": 20} | request
    return requests.request(method, f"{practice.slack.url}/ui/clock", **told).status_code  # type: ignore[arg-type]


def test_the_page_moves_the_clock(practice: Practice) -> None:
    before = practice.clock.ahead
    version = practice.office.version
    assert asked(practice, headers={"Origin": practice.slack.url}) == 200
    assert practice.clock.ahead == pytest.approx(before + HOUR, abs=1)
    assert practice.office.version > version, "whoever watches does not look again"
    seen = requests.get(f"{practice.slack.url}/ui/view?as=U0CAROL", timeout=60).json()
    assert seen["moved"] and seen["now"] == pytest.approx(practice.clock.time(), abs=60)


@pytest.mark.parametrize(
    "request_of",
    [
        {"method": "GET"},
        {"json": {"step": "year"}},
        {"json": {}},
        {"json": None, "data": {"step": "hour"}},
        {"json": None, "data": '{"step": "hour"}', "headers": {"Content-Type": "text/plain"}},
        {"headers": {"Origin": "https://elsewhere.example"}},
        {"headers": {"Origin": "null"}},
        {"headers": {"Host": "elsewhere.example"}},
    ],
    ids=str,
)
def test_nothing_else_moves_it(practice: Practice, request_of: dict[str, object]) -> None:
    before = practice.clock.ahead
    assert asked(practice, **request_of) in (400, 403, 404, 405, 415)  # type: ignore[arg-type]
    assert practice.clock.ahead == before


def test_no_other_site_presses_the_switchboard(practice: Practice) -> None:
    pressed = {"name": "application-secret-expired", "do": "throw"}
    where = f"{practice.switchboard.url}/press"
    elsewhere = {"Origin": "https://elsewhere.example"}
    assert requests.post(where, pressed, headers=elsewhere, timeout=60).status_code == 403
    assert practice.world.thrown() == []
