"""What the simulation of many mailboxes shows, with few: nearly all that breaks is told in time."""

from datetime import timedelta
from itertools import pairwise

import pytest

from tests.support.watched import Break, Fleet
from tests.watch_bench import WANTED, WITHIN, share_within, simulate, visible


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return simulate(300, 100, timedelta(hours=8), seed=3)


def test_nearly_all_that_breaks_is_told_within_ten_minutes(fleet: Fleet) -> None:
    events = visible(fleet)
    assert len(events) > 50
    assert share_within(events, WITHIN) >= WANTED


def test_what_hits_many_is_found_sooner_than_what_hits_one(fleet: Fleet) -> None:
    (secret,) = [each for each in fleet.events if each.what is Break.SECRET]
    assert secret.told_at is not None
    assert secret.told_at - secret.at < timedelta(minutes=2.5)


def test_no_mailbox_and_no_tenant_is_asked_too_much(fleet: Fleet) -> None:
    assert fleet.budget.at_once_in_tenant <= 4
    for times in fleet.budget.of_mailbox.values():
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert min(gaps) > 60 or sum(gap <= 60 for gap in gaps) <= 2
