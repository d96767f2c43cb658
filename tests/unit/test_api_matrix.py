"""Every call of the API, with a key of every scope, for one's own and another customer's account, in
every state; and bodies of every shape."""

import json
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from bot.lifecycle.states import WORKING
from storage.api_vocabulary import ApiScope
from storage.tables import Account
from storage.vocabulary import State
from tests.support.examples import examples
from tests.support.fast import FastBot
from tests.support.product import Product, make_key, with_test
from tests.support.rows import every

pytestmark = pytest.mark.api


@dataclass(frozen=True)
class Tried:
    """A call: which scope it needs, and what it is answered with by the account's state."""

    method: str
    path: str
    scope: ApiScope
    works: int = 200
    fails: int = 200
    foreign: int = 404


CALLS = {
    "list": Tried("GET", "/accounts?customer={customer}", ApiScope.READ, foreign=200),
    "one": Tried("GET", "/accounts/{ref}", ApiScope.READ),
    "error": Tried("GET", "/errors/{error}", ApiScope.READ),
    "imap": Tried("POST", "/accounts/{ref}/token", ApiScope.TOKENS, fails=409),
    "smtp": Tried("POST", "/accounts/{ref}/token", ApiScope.TOKENS, fails=409),
    "graph": Tried("POST", "/accounts/{ref}/token", ApiScope.TOKENS, works=409, fails=409),
}
WHOSE = ("ours", "theirs")
ROWS = [
    (name, scope, whose, state)
    for name in CALLS
    for scope in ApiScope
    for whose in WHOSE
    for state in State
]


class Hall:
    """A product with a key of each scope, for one of two customers who have an account in each
    state, with an error each."""

    def __init__(self) -> None:
        bot = FastBot(api_calls_per_minute="100000")
        beta = bot.customer("Beta Foods", "C0BETA")
        channels = {"ours": bot.acme, "theirs": beta}
        self.product = Product(bot)
        self.keys = {scope: make_key(bot, [scope], ["Acme Marine"]).secret for scope in ApiScope}
        self.customers = {whose: bound.customer_id for whose, bound in channels.items()}
        self.accounts: dict[tuple[str, State], Account] = {
            (whose, state): with_test(bot, bot.account(state, channel=bound))
            for whose, bound in channels.items()
            for state in State
        }
        self.errors = {there: bot.failure(each).ref for there, each in self.accounts.items()}

    def path(self, call: Tried, whose: str, state: State) -> str:
        there = (whose, state)
        ref = self.accounts[there].ref
        return call.path.format(ref=ref, error=self.errors[there], customer=self.customers[whose])


@pytest.fixture(scope="module")
def hall() -> Hall:
    return Hall()


@every("name, scope, whose, state", ROWS)
def test_every_call(hall: Hall, name: str, scope: ApiScope, whose: str, state: State) -> None:
    call = CALLS[name]
    body = {"json": {"for": name}} if call.method == "POST" else {}
    answer = hall.product.call(call.method, hall.path(call, whose, state), hall.keys[scope], **body)

    if scope is not call.scope:
        assert (answer.status_code, answer.json["needs_scope"]) == (403, call.scope)
    elif whose == "theirs":
        assert answer.status_code == call.foreign
        assert hall.accounts[whose, state].ref not in answer.text
    else:
        assert answer.status_code == (call.works if state in WORKING else call.fails)
    gave = answer.status_code == 200 and call.method == "POST"
    assert ("access_token" in answer.text) is gave


def test_the_rows_are_for_every_call() -> None:
    assert len(ROWS) == len(CALLS) * len(ApiScope) * 2 * len(State)


def posted(hall: Hall, ref: str, body: bytes) -> TestResponse:
    key = hall.keys[ApiScope.TOKENS]
    kind = "application/json"
    return hall.product.call("POST", f"/accounts/{ref}/token", key, data=body, content_type=kind)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@examples(100)
@given(ANYTHING | st.dictionaries(st.just("for"), ANYTHING))
def test_a_body_of_any_shape_is_taken_or_a_problem(hall: Hall, body: object) -> None:
    ref = hall.accounts["ours", State.LIVE].ref
    answer = posted(hall, ref, json.dumps(body).encode())
    taken = body in ({"for": "imap"}, {"for": "smtp"}, {"for": "graph"})
    assert answer.status_code == 400 or taken


@examples(100)
@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_a_problem(hall: Hall, body: bytes) -> None:
    ref = hall.accounts["ours", State.LIVE].ref
    assert posted(hall, ref, body).status_code == 400


@examples(100)
@given(st.text(max_size=50), st.text(max_size=200))
def test_any_header_in_place_of_a_key_is_refused(hall: Hall, scheme: str, rest: str) -> None:
    header = f"{scheme} {rest}".encode("utf-8", "replace").decode("latin-1")
    one_line = "".join(c for c in header if c not in "\r\n\0")
    answer = hall.product.get("/accounts", "", headers={"Authorization": one_line})
    assert answer.status_code in (401, 429)
