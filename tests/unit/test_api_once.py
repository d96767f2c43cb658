"""Calls that change something are done once, however often they come, and whoever dies meanwhile."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import func, select
from werkzeug.test import TestResponse

from bot.accounts.service import Accounts
from bot.api.refusals import Code
from bot.api.requests import KEPT, LEASE, TRIES, ApiRequests
from bot.app.key_rotation import rotate
from bot.common.people import MAILDESK
from handlers.api.deeds import ChangedAccount, GivenPeople, Met, NewAccount
from handlers.api.problems import Problem
from storage.database import Conflict, DatabaseAway
from storage.tables import ApiAnswer, ApiRequest
from storage.vocabulary import State
from tests.support.calls import CALLS, NAMED, OFFICE, call
from tests.support.examples import examples
from tests.support.fast import FastBot, days
from tests.support.product import Product, make_key

pytestmark = pytest.mark.api


@pytest.fixture
def product(bot: FastBot) -> Product:
    return Product(bot)


def refused(answer: TestResponse, code: Code) -> Problem:
    """The problem with this code."""
    told = Problem.model_validate(answer.json)
    assert (told.code, answer.status_code) == (code, told.status), answer.json
    return told


def count(bot: FastBot, table: type[Any]) -> int:
    """How many rows a table has."""
    with bot.store.transaction() as tx:
        return tx.session.exec(select(func.count()).select_from(table)).one()


def meanwhile(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Have something happen once, while an account is about to be created."""
    vet = Accounts.vet
    left = [happens]

    def vetted(self: Accounts, *said: Any) -> None:
        vet(self, *said)
        if left:
            left.pop()()

    monkeypatch.setattr(Accounts, "vet", vetted)


@pytest.mark.parametrize("name", NAMED)
def test_the_same_call_is_answered_again_and_done_once(bot: FastBot, name: str) -> None:
    product = Product(bot)
    account = bot.account(State.LIVE)
    first = call(product, name, account.ref, named="one")
    before = [count(bot, table) for table in (ApiRequest, ApiAnswer)]
    audited = len(bot.audited("account.created") + bot.audited("test.requested"))

    second = call(product, name, account.ref, named="one")

    assert (second.status_code, second.data) == (first.status_code, first.data)
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert [count(bot, table) for table in (ApiRequest, ApiAnswer)] == before == [1, 1]
    assert len(bot.audited("account.created") + bot.audited("test.requested")) == audited


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("named", ["", "ü", "x" * 256, "a\tb"])
def test_each_call_needs_a_name(bot: FastBot, name: str, named: str) -> None:
    product = Product(bot)
    account = bot.account(State.LIVE)
    headers = {"Idempotency-Key": named.encode("utf-8").decode("latin-1")} if named else {}
    method, path = CALLS[name]
    body = {"json": {**OFFICE}} if name == "create" else {}
    body = {"json": {"text": "x"}} if name == "trouble" else body

    answer = product.call(method, path.format(ref=account.ref), headers=headers, **body)

    refused(answer, Code.NO_NAME)
    assert count(bot, ApiRequest) == 0


def test_another_call_of_the_same_name_is_refused(bot: FastBot, product: Product) -> None:
    account = bot.account(State.LIVE)
    call(product, "create", named="one")

    refused(call(product, "create", named="one", name="Other"), Code.OTHER_CALL)
    refused(call(product, "test", account.ref, named="one"), Code.OTHER_CALL)
    assert len(bot.accounts_there()) == 2


def test_names_are_each_keys_own(bot: FastBot, product: Product) -> None:
    other = make_key(bot).secret
    call(product, "create", named="one")

    answer = call(
        product, "create", "", other, named="one", sender_email="b@acme.example", external_id=None
    )

    assert answer.status_code == 201


def test_a_day_later_the_same_name_is_another_call(bot: FastBot, product: Product) -> None:
    account = bot.account(State.LIVE)
    call(product, "create", named="one")
    bot.clock.at += KEPT

    assert call(product, "test", account.ref, named="one").status_code == 202
    assert count(bot, ApiRequest) == count(bot, ApiAnswer) == 1


def test_what_is_a_day_old_is_forgotten(bot: FastBot, product: Product) -> None:
    call(product, "create", named="one")
    bot.live(days(3))

    assert count(bot, ApiRequest) == count(bot, ApiAnswer) == 0


def test_a_refused_call_is_not_kept_and_can_be_made_again(bot: FastBot, product: Product) -> None:
    account = bot.account()
    refused(call(product, "test", account.ref, named="one"), Code.REFUSED)
    assert count(bot, ApiRequest) == 0

    bot.sign_in(account)
    assert call(product, "test", account.ref, named="one").status_code == 202


def test_who_comes_in_the_same_moment_is_told_to_wait(
    bot: FastBot, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = []
    meanwhile(monkeypatch, lambda: answers.append(call(product, "create", named="one")))

    first = call(product, "create", named="one")

    assert first.status_code == 201
    refused(answers[0], Code.IN_PROGRESS)
    assert 0 < int(answers[0].headers["Retry-After"]) < 10
    assert len(bot.accounts_there()) == 1
    again = call(product, "create", named="one")
    assert again.data == first.data


def test_what_somebody_died_over_can_be_done_when_their_lease_ends(
    bot: FastBot, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies() -> None:
        monkeypatch.setattr(ApiRequests, "_let_go", lambda *_: None)
        raise KeyboardInterrupt  # as a process that is killed does nothing more

    meanwhile(monkeypatch, dies)
    with pytest.raises(KeyboardInterrupt):
        call(product, "create", named="one")
    refused(call(product, "create", named="one"), Code.IN_PROGRESS)
    bot.clock.at += LEASE

    assert call(product, "create", named="one").status_code == 201
    assert len(bot.accounts_there()) == 1


def test_who_was_so_slow_that_another_did_it_does_nothing(
    bot: FastBot, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []

    def another() -> None:
        bot.clock.at += LEASE
        done.append(call(product, "create", named="one"))

    meanwhile(monkeypatch, another)
    slow = call(product, "create", named="one")

    assert done[0].status_code == 201
    refused(slow, Code.IN_PROGRESS)
    assert len(bot.accounts_there()) == 1
    assert call(product, "create", named="one").data == done[0].data


def test_who_was_so_slow_does_nothing_in_the_row_that_has_the_same_number_by_then(
    bot: FastBot, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_key(bot).secret
    done = []

    def another() -> None:
        with bot.store.transaction() as tx:
            tx.api_requests.forget([row.id for row in tx.session.exec(select(ApiRequest))])
        done.append(call(product, "create", "", other, named="two"))

    meanwhile(monkeypatch, another)
    refused(call(product, "create", named="one"), Code.IN_PROGRESS)

    assert done[0].status_code == 201
    assert call(product, "create", "", other, named="two").data == done[0].data
    assert len(bot.accounts_there()) == 1


def test_a_key_that_is_revoked_meanwhile_does_nothing(
    bot: FastBot, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = bot.services.api.keys
    [key] = keys.all()
    meanwhile(monkeypatch, lambda: keys.revoke(key.public_id, MAILDESK))

    refused(call(product, "create", named="one"), Code.NO_KEY)

    assert bot.accounts_there() == []
    assert count(bot, ApiRequest) == 0


def test_what_another_transaction_was_quicker_with_is_tried_again(
    bot: FastBot, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = Accounts.create_whole_in
    tries: list[int] = []

    def conflicts(self: Accounts, *said: Any) -> Any:
        tries.append(1)
        if len(tries) < TRIES:
            raise Conflict("planted")
        return create(self, *said)

    monkeypatch.setattr(Accounts, "create_whole_in", conflicts)
    assert call(product, "create").status_code == 201

    tries[:] = [-TRIES] * -TRIES
    monkeypatch.setattr(Accounts, "create_whole_in", always_conflicts)
    answer = call(product, "create", sender_email="b@acme.example", external_id=None)
    refused(answer, Code.AWAY)
    assert answer.headers["Retry-After"]


def always_conflicts(*_: Any) -> None:
    """Somebody else is always quicker."""
    raise Conflict("planted")


def test_what_was_kept_although_the_database_seemed_lost_is_not_done_twice(
    bot: FastBot, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = ApiRequests._done

    def lost(self: ApiRequests, *said: Any) -> Any:
        done(self, *said)
        raise DatabaseAway("planted")

    monkeypatch.setattr(ApiRequests, "_done", lost)
    refused(call(product, "create", named="one"), Code.AWAY)
    monkeypatch.setattr(ApiRequests, "_done", done)

    again = call(product, "create", named="one")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(bot.accounts_there()) == 1


def test_answers_are_sealed_and_belong_to_their_customer(bot: FastBot, product: Product) -> None:
    call(product, "create", named="planted-name")
    with bot.store.transaction() as tx:
        request = tx.session.exec(select(ApiRequest)).one()
        answer = tx.session.exec(select(ApiAnswer)).one()

    assert request.customer_id == bot.acme.customer_id
    assert "planted-name" not in str(vars(request))
    assert b"office" not in answer.sealed
    assert rotate(bot.store, bot.cipher, lambda: None).unreadable == 0


@cache
def drawn() -> tuple[Product, str]:
    """Who sends what is drawn, and the account to which all of it happens."""
    bot = FastBot(api_calls_per_minute="1000000")
    return Product(bot), bot.account(State.LIVE).ref


names = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=255)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    (
        *NewAccount.model_fields,
        *ChangedAccount.model_fields,
        *GivenPeople.model_fields,
        *Met.model_fields,
        "more",
    )
)
bodies = st.binary(max_size=60) | st.dictionaries(FIELDS, JSON, max_size=4) | JSON


@examples(150)
@given(st.sampled_from([*CALLS]), bodies, names)
def test_whatever_is_sent_is_answered_and_nothing_of_ours_fails(
    name: str, body: Any, named: str
) -> None:
    product, ref = drawn()
    method, path = CALLS[name]
    more = (
        {"data": body, "content_type": "application/json"}
        if isinstance(body, bytes)
        else {"json": body}
    )
    product.bot.clock.at += timedelta(minutes=2)

    answer = product.call(method, path.format(ref=ref), headers={"Idempotency-Key": named}, **more)

    assert answer.status_code < 500, answer.json
    assert answer.is_json or answer.mimetype == "application/problem+json"
    if answer.status_code >= 400:
        Problem.model_validate(answer.json)
