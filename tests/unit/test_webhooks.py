"""Webhooks: in order for each account, tried again for three days, then kept until a replay; by the
specification's own library, and with nothing that one of them keeps the others from."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from standardwebhooks import WebhookVerificationError

from bot.api.events import event_of
from bot.api.posting import Answer
from bot.api.webhooks import LEASE, MAX_WAIT, WebhookDelivery
from bot.common.stop import Stop
from bot.common.tallies import Tallies
from storage.change_statuses import ChangeKind, ChangeStatus
from storage.changes import CursorUnknown
from storage.tables import Account, Change
from storage.vocabulary import State
from tests.support.changes import changes
from tests.support.fast import CAROL, DESK, FastBot, days, hours
from tests.support.incidents import broken
from tests.support.receiver import OTHER_SECRET, SECRET, FakeReceiver, verified

pytestmark = pytest.mark.api

DOWN = Answer(reason="ConnectionRefusedError")
FAILS = Answer(500)


class Told:
    """A bot whose product is told of what changes, and what tells it."""

    def __init__(self, secrets: str = SECRET) -> None:
        self.bot = FastBot(webhook_url="https://crm.example/hooks", webhook_secret=secrets)
        self.receiver = FakeReceiver(self.bot.clock.now)
        self.product = self.receiver.product
        self.delivery = self.worker(secrets)

    def worker(self, secrets: str = SECRET) -> WebhookDelivery:
        """Another worker that tells the same product."""
        return WebhookDelivery(
            self.bot.store,
            self.bot.clock,
            self.receiver,
            SecretStr(secrets),
            DESK,
            Tallies(),
            Stop(),
            chance=lambda: 0.5,
        )

    def deliver(self) -> None:
        """Tell what is due now."""
        for claimed in self.delivery.claim(1):
            self.delivery.deliver(claimed)

    def go_on(self, span: timedelta, step: timedelta = MAX_WAIT) -> None:
        """Time passes, and what is due is tried."""
        end = self.bot.now + span
        while self.bot.now < end:
            self.deliver()
            self.bot.clock.at += step
        self.deliver()

    def account(self) -> Account:
        """A live account, of which nothing was told."""
        return self.bot.account(State.LIVE)

    def change(self, account: Account, *kinds: ChangeKind) -> None:
        """Changes of an account, each in a transaction of its own."""
        for kind in kinds:
            with self.bot.store.transaction() as tx:
                held = tx.accounts.lock(account.id)
                self.bot.lifecycle.changes.of_account(tx, held, kind)

    def statuses(self) -> list[ChangeStatus]:
        return [each.status for each in changes(self.bot)]


@pytest.fixture
def told() -> Told:
    made = Told()
    made.go_on(timedelta())
    return made


ORDER = (ChangeKind.CREATED, ChangeKind.CONNECTED, ChangeKind.LIVE, ChangeKind.BROKEN)


def test_what_changes_is_told_in_order(told: Told) -> None:
    account = told.account()
    told.deliver()
    before = len(told.product.events)
    told.change(account, *ORDER)
    told.deliver()

    assert told.product.types()[before:] == [kind.value for kind in ORDER]


def test_a_receiver_that_is_down_for_a_day_hears_everything_once_in_order(told: Told) -> None:
    accounts = [told.account() for _ in range(3)]
    told.receiver.usual = DOWN
    for kind in ORDER:
        for account in accounts:
            told.change(account, kind)
        told.go_on(hours(6))
    assert told.product.events == []

    told.receiver.usual = Answer(204)
    told.go_on(hours(1))
    for account in accounts:
        assert told.product.types(account.ref)[-4:] == [kind.value for kind in ORDER]
    assert set(told.product.came.values()) == {1}


def test_a_receiver_that_fails_half_of_the_time_hears_everything_in_order(told: Told) -> None:
    accounts = [told.account() for _ in range(5)]
    told.receiver.answers = [FAILS, Answer(204)] * 40
    for account in accounts:
        told.change(account, *ORDER)
    told.go_on(hours(1), step=timedelta(minutes=1))

    for account in accounts:
        assert told.product.types(account.ref)[-4:] == [kind.value for kind in ORDER]


def test_one_account_that_waits_keeps_no_other(told: Told) -> None:
    first = told.account()
    second = told.account()
    told.deliver()
    told.receiver.answers = [FAILS]
    told.change(first, ChangeKind.BROKEN, ChangeKind.MENDED)
    told.change(second, ChangeKind.BROKEN)
    told.deliver()

    assert told.product.types(first.ref)[-1] == "account.live"
    assert told.product.types(second.ref)[-1] == "account.broken"


def test_the_waits_grow(told: Told) -> None:
    account = told.account()
    told.deliver()
    told.receiver.usual = FAILS
    told.change(account, ChangeKind.BROKEN)
    waits = []
    for _ in range(12):
        told.deliver()
        [change] = changes(told.bot, ChangeKind.BROKEN)
        waits.append((change.due_at - told.bot.now).total_seconds())
        told.bot.clock.at = change.due_at

    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 1800, 1800, 1800]


def test_a_receiver_that_says_how_long_it_wants_nothing_is_heeded(told: Told) -> None:
    account = told.account()
    told.deliver()
    told.receiver.answers = [Answer(429, retry_after="600")]
    told.change(account, ChangeKind.BROKEN)
    told.deliver()

    [change] = changes(told.bot, ChangeKind.BROKEN)
    assert change.due_at == told.bot.now + timedelta(minutes=10)


def test_after_three_days_support_is_told_once_and_everything_waits(told: Told) -> None:
    first = told.account()
    second = told.account()
    told.deliver()
    told.receiver.usual = DOWN
    before = len(told.product.events)
    told.bot.clock.at += hours(1)
    began = told.bot.now
    told.change(first, ChangeKind.BROKEN, ChangeKind.MENDED)
    told.change(second, ChangeKind.BROKEN)
    told.go_on(days(4))
    assert told.bot.told(DESK).count("webhooks.stopped") == 1

    told.receiver.usual = Answer(204)
    told.go_on(hours(2))
    assert told.product.types()[before:] == [], "what waits for a replay went out"

    told.bot.api.events.replay(began)
    told.deliver()
    assert told.product.types(first.ref)[-2:] == ["account.broken", "account.mended"]
    assert told.product.types(second.ref)[-1] == "account.broken"
    assert set(told.product.came.values()) == {1}


def test_a_receiver_that_wants_nothing_more_is_asked_no_more(told: Told) -> None:
    first = told.account()
    second = told.account()
    told.deliver()
    told.receiver.usual = Answer(410)
    told.change(first, ChangeKind.BROKEN)
    told.change(second, ChangeKind.BROKEN)
    before = told.receiver.posts
    told.go_on(hours(3))

    assert told.receiver.posts == before + 1
    assert told.bot.told(DESK).count("webhooks.stopped") == 1
    told.receiver.usual = Answer(204)
    told.bot.api.events.replay(told.bot.now - days(1))
    told.deliver()
    assert told.product.types(second.ref)[-1] == "account.broken"


def test_who_wants_nothing_more_is_known_by_that_a_year_later(told: Told) -> None:
    account = told.account()
    told.deliver()
    told.receiver.usual = Answer(410)
    told.change(account, ChangeKind.BROKEN)
    told.go_on(days(40))
    told.bot.live(days(1))
    before = told.receiver.posts
    told.change(account, ChangeKind.MENDED)
    told.go_on(hours(3))
    assert told.receiver.posts == before


def test_days_in_which_we_did_not_work_are_no_fault_of_the_receivers(told: Told) -> None:
    account = told.account()
    told.deliver()
    told.receiver.usual = DOWN
    told.change(account, ChangeKind.BROKEN)
    told.deliver()
    told.bot.clock.at += days(4)
    told.deliver()
    told.receiver.usual = Answer(204)
    told.go_on(hours(2))
    assert told.product.types(account.ref)[-1] == "account.broken"
    assert told.bot.told(DESK) == []


def test_one_event_that_is_not_taken_while_others_are_blocks_its_lane_no_longer(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = told.account()
    told.deliver()
    take = told.receiver.post

    def post(body: bytes, headers: Any) -> Answer:
        return Answer(400) if b"account.renamed" in body else take(body, headers)

    monkeypatch.setattr(told.receiver, "post", post)
    told.change(poison, ChangeKind.RENAMED, ChangeKind.BROKEN)
    for _ in range(4):
        told.change(told.account(), ChangeKind.BROKEN)
        told.go_on(days(1))

    assert told.product.types(poison.ref)[-1] == "account.broken"
    assert told.bot.told(DESK).count("webhooks.left_out") == 1
    assert changes(told.bot, ChangeKind.RENAMED)[0].status is ChangeStatus.LEFT_OUT


def test_an_event_that_cannot_be_written_blocks_nothing(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = told.account()
    told.deliver()

    def write(change: Change, refs: list[str]) -> dict[str, Any]:
        if change.kind is ChangeKind.RENAMED:
            raise ValueError("planted")
        return event_of(change, refs)

    monkeypatch.setattr("bot.api.webhooks.event_of", write)
    told.change(account, ChangeKind.RENAMED, ChangeKind.BROKEN)
    told.deliver()

    assert told.product.types(account.ref)[-1] == "account.broken"


def test_both_secrets_sign_while_one_replaces_the_other() -> None:
    told = Told(f"{OTHER_SECRET},{SECRET}")
    told.account()
    posts: list[tuple[bytes, Any]] = []
    take = told.receiver.post

    def post(body: bytes, headers: Any) -> Answer:
        posts.append((body, headers))
        return take(body, headers)

    told.receiver.post = post  # type: ignore[method-assign]
    told.deliver()

    for body, headers in posts:
        for secret in (SECRET, OTHER_SECRET):
            assert verified(secret, body, headers, told.bot.now)
        with pytest.raises(WebhookVerificationError):
            verified("whsec_" + "bW1t" * 8, body, headers, told.bot.now)


def test_a_worker_that_is_killed_leaves_its_event_under_the_same_id(told: Told) -> None:
    account = told.account()
    told.deliver()
    told.change(account, ChangeKind.BROKEN, ChangeKind.MENDED)
    [claimed] = told.delivery.claim(5)
    told.receiver.post(*told.delivery._letter(claimed))  # type: ignore[misc]
    other = told.worker()
    assert list(other.claim(5)) == [], "what somebody has in hand was taken"

    told.bot.clock.at += LEASE * 2
    for each in other.claim(1):
        other.deliver(each)
    assert told.product.came[claimed.change.public_id] == 2
    assert told.product.types(account.ref)[-2:] == ["account.broken", "account.mended"]


def test_who_has_lost_an_event_says_nothing_of_it_any_more(told: Told) -> None:
    account = told.account()
    told.deliver()
    told.change(account, ChangeKind.BROKEN)
    [late] = told.delivery.claim(1)
    told.bot.clock.at += LEASE * 2
    other = told.worker()
    [claimed] = other.claim(1)
    told.receiver.answers = [FAILS]
    told.delivery.deliver(late)

    [change] = changes(told.bot, ChangeKind.BROKEN)
    assert (change.claim, change.status) == (claimed.turn, ChangeStatus.WAITING)


def test_what_is_kept_while_nobody_is_told_is_listed_and_not_sent(bot: FastBot) -> None:
    bot.account(State.LIVE)

    assert {each.status for each in changes(bot)} == {ChangeStatus.LEFT_OUT}
    page = bot.api.events.page("", 100, None)
    assert [event["type"] for event in page.events] == ["account.live"]


def test_pages_follow_each_other(told: Told) -> None:
    account = told.account()
    told.change(account, *ORDER)
    seen: list[str] = []
    cursor = ""
    while (page := told.bot.api.events.page(cursor, 2, None)).events:
        seen += [event["id"] for event in page.events]
        assert page.next is not None
        cursor = page.next

    assert seen == [each.public_id for each in changes(told.bot)]
    told.change(account, ChangeKind.RENAMED)
    [event] = told.bot.api.events.page(cursor, 10, None).events
    assert event["type"] == "account.renamed"


def test_a_cursor_whose_event_is_forgotten_goes_on_from_its_time(told: Told) -> None:
    account = told.account()
    told.deliver()
    [first] = told.bot.api.events.page("", 10, None).events
    told.bot.clock.at += days(31)
    told.change(account, ChangeKind.BROKEN)
    with told.bot.store.transaction() as tx:
        tx.retention.changes(told.bot.now - days(30), 100)

    [event] = told.bot.api.events.page(first["id"], 10, None).events
    assert event["type"] == "account.broken"


@pytest.mark.parametrize("cursor", ["evt_", "12", "evt_zz", "' OR 1=1 --", "evt_" + "g" * 32])
def test_what_is_no_cursor_is_refused(bot: FastBot, cursor: str) -> None:
    with pytest.raises(CursorUnknown):
        bot.api.events.page(cursor, 10, None)


def test_each_customer_sees_their_own_part_alone(bot: FastBot) -> None:
    beta = bot.customer("Beta Works", "C0BETA")
    mine = broken(bot)
    theirs = broken(bot, channel=beta)
    bot.microsoft.refusal = None
    for account in (mine, theirs):
        bot.checks.start(account.id, CAROL)
        bot.run_due()
    bot.live(hours(20))

    all_ = bot.api.events.page("", 100, None).events
    own = bot.api.events.page("", 100, [bot.acme.customer_id]).events
    [closed] = [event for event in own if event["type"] == "incident.closed"]
    [whole] = [event for event in all_ if event["type"] == "incident.closed"]
    assert closed["data"]["accounts"] == [mine.ref]
    assert whole["data"]["accounts"] == sorted([mine.ref, theirs.ref])
    assert theirs.ref not in str(own)
    assert bot.api.events.page("", 100, []).events == []
