"""What the product reads of accounts: all of it, whose, in which order, and when it changed."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from bot.api.shapes import AccountShape
from bot.common.jobs import CheckAccount
from bot.common.people import MAILDESK
from bot.diagnosis.observation import Condition, Observation, Where
from bot.views.account_form import Form
from storage.tables import Account
from storage.vocabulary import State, StepId
from tests.support.fast import CAROL, SENDING_IS_OFF, VERA, FastBot, days, hours
from tests.support.product import Product, make_key, with_test

pytestmark = pytest.mark.api


@pytest.fixture
def product(bot: FastBot) -> Product:
    return Product(bot)


def refs(product: Product, query: str = "") -> list[str]:
    answer = product.get(f"/accounts{query}")
    assert answer.status_code == 200, answer.json
    return [account["ref"] for account in answer.json["accounts"]]


def shape(bot: FastBot, account: Account) -> dict[str, Any]:
    """What is read of an account, but for when it changed."""
    with bot.store.transaction() as tx:
        said = bot.services.api.accounts.shape(tx, tx.accounts.get(account.id))
    return said.model_dump(mode="json", exclude={"changed_at"})


def changed_at(bot: FastBot, account: Account) -> datetime:
    row = bot.read(account)
    return row.changed_at or row.state_since


def test_a_live_account_is_told_in_full(bot: FastBot, product: Product) -> None:
    account = with_test(
        bot, bot.account(State.LIVE, name="Info", shared_mailbox="all@acme.example")
    )
    said = product.get(f"/accounts/{account.ref}").json

    assert {name: said[name] for name in said if name not in ("folders", "last_test")} == {
        "ref": account.ref,
        "external_id": None,
        "name": "Info",
        "state": "live",
        "owner": "maildesk",
        "since": "2026-11-24T08:00:00Z",
        "next_step": "Nothing. The mailbox works.",
        "customer": {"id": str(bot.acme.customer_id), "name": "Acme Marine"},
        "address": "all@acme.example",
        "username": "info@acme.example",
        "sender_name": "Info",
        "sender_email": "info@acme.example",
        "shared_mailbox": "all@acme.example",
        "failure": None,
        "usable": True,
        "changed_at": "2026-11-24T08:00:00Z",
    }
    assert [folder["role"] for folder in said["folders"]] == ["inbox", "sent", "drafts", "deleted"]
    assert all(folder["name"] and folder["id"] is None for folder in said["folders"])
    assert said["last_test"] == {"at": "2026-11-24T08:00:01Z", "passed": True, "steps": []}


def test_an_account_that_fails_says_why_in_a_customers_words(
    bot: FastBot, product: Product
) -> None:
    account = bot.account(State.LIVE)
    broken(bot, account)

    said = product.get(f"/accounts/{account.ref}").json
    assert (said["state"], said["usable"]) == ("broken", False)
    assert said["failure"]["error_id"].startswith("MX-")
    verdict = bot.services.catalogue.verdict(said["failure"]["code"])
    assert said["failure"]["sentence"] == verdict.customer
    step = next(step for step in said["last_test"]["steps"] if step["status"] == "fail")
    assert step["error_id"] == said["failure"]["error_id"]
    assert {step["ms"] for step in said["last_test"]["steps"] if step["status"] == "skip"} == {None}


def test_an_account_of_another_customer_is_not_there(bot: FastBot, product: Product) -> None:
    beta = bot.customer("Beta Foods", "C0BETA")
    ours = bot.account()
    theirs = bot.account(channel=beta)
    key = make_key(bot, customers=["Acme Marine"]).secret

    assert product.get(f"/accounts/{ours.ref}", key).status_code == 200
    gone = product.get(f"/accounts/{theirs.ref}", key)
    never = product.get("/accounts/MB-0000-0000", key)
    assert (gone.status_code, gone.data) == (404, never.data)
    assert [each["ref"] for each in product.get("/accounts", key).json["accounts"]] == [ours.ref]
    asked = f"/accounts?customer={beta.customer_id}"
    assert product.get(asked, key).json == {"accounts": [], "next": None}
    assert refs(product, f"?customer={beta.customer_id}") == [theirs.ref]


def test_an_id_is_read_as_people_write_it(bot: FastBot, product: Product) -> None:
    account = bot.account()
    assert product.get(f"/accounts/{account.ref.lower()}").json["ref"] == account.ref


@pytest.mark.parametrize("state", State)
def test_accounts_are_asked_for_by_state(bot: FastBot, product: Product, state: State) -> None:
    made = {each: bot.account(each).ref for each in State}
    assert refs(product, f"?state={state}") == [made[state]]
    assert refs(product) == sorted(made.values())


def test_pages_pass_nothing_over_and_repeat_nothing_while_accounts_change(
    bot: FastBot, product: Product
) -> None:
    before = {bot.account().ref for _ in range(7)}
    read: list[str] = []
    cursor = ""
    while cursor is not None:
        answer = product.get(f"/accounts?limit=2&cursor={cursor}").json
        read += [account["ref"] for account in answer["accounts"]]
        cursor = answer["next"]
        bot.pass_time(hours=1)
        account = bot.account()
        bot.show(account)

    assert read == sorted(read) and len(read) == len(set(read))
    assert before <= set(read)


def test_exactly_as_many_as_a_page_holds_have_no_next_one(bot: FastBot, product: Product) -> None:
    for _ in range(2):
        bot.account()
    assert product.get("/accounts?limit=2").json["next"] is None


def test_an_answer_that_is_known_is_not_sent_again(bot: FastBot, product: Product) -> None:
    account = bot.account()
    path = f"/accounts/{account.ref}"
    known = product.get(path).headers["ETag"]
    again = product.get(path, headers={"If-None-Match": known})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == known and "RateLimit-Limit" in again.headers

    bot.services.accounts.disconnect(account.id, VERA)
    assert product.get(path, headers={"If-None-Match": known}).status_code == 200


def renamed(bot: FastBot, account: Account) -> None:
    form = Form("Another", "Somebody", account.sender_email, account.username)
    bot.services.accounts.change(account.id, form, CAROL)


def customer_renamed(bot: FastBot, account: Account) -> None:
    bot.services.administration.rename(account.customer_id, "Acme Two", VERA)


def disconnected(bot: FastBot, account: Account) -> None:
    bot.services.accounts.disconnect(account.id, CAROL)


def signed_in_again(bot: FastBot, account: Account) -> None:
    bot.sign_in(account)


def checked_by_somebody(bot: FastBot, account: Account) -> None:
    bot.services.checks.start(account.id, CAROL)
    bot.run_due()


def looked_at_in_vain(bot: FastBot, account: Account) -> None:
    """A look that is not believed yet shows in the last test alone."""
    gone = Observation(Where.IMAP, StepId.IMAP_CONNECT, condition=Condition.TIMEOUT)
    bot.mailbox(account).faults[StepId.IMAP_CONNECT] = gone
    bot.services.checks.check(CheckAccount(account_id=account.id))
    bot.run_due()


def broken(bot: FastBot, account: Account) -> None:
    sending = Observation(Where.SMTP, StepId.SMTP_AUTH, **SENDING_IS_OFF)
    bot.mailbox(account).faults[StepId.SMTP_AUTH] = sending
    bot.found(account)


def handed_over(bot: FastBot, account: Account) -> None:
    with bot.store.transaction() as tx:
        bot.services.lifecycle.hand_to_support(tx, tx.accounts.lock(account.id))


DEEDS: list[tuple[State, Callable[[FastBot, Account], None]]] = [
    (State.LIVE, renamed),
    (State.LIVE, customer_renamed),
    (State.LIVE, disconnected),
    (State.LIVE, signed_in_again),
    (State.LIVE, checked_by_somebody),
    (State.LIVE, looked_at_in_vain),
    (State.LIVE, broken),
    (State.UNMAPPED, handed_over),
    (State.AWAITING_SIGN_IN, signed_in_again),
]


@pytest.mark.parametrize(("state", "deed"), DEEDS, ids=lambda each: getattr(each, "__name__", each))
def test_what_changes_is_found_by_when_it_changed(
    bot: FastBot, product: Product, state: State, deed: Callable[[FastBot, Account], None]
) -> None:
    account = with_test(bot, bot.account(state))
    bot.pass_time(hours=1)
    bot.clock.at += hours(1)
    before = shape(bot, account)
    since = f"?changed_since={bot.now:%Y-%m-%dT%H:%M:%SZ}"
    assert refs(product, since) == []

    deed(bot, account)

    assert shape(bot, account) != before, "the deed changes what is read"
    assert refs(product, since) == [account.ref]


def test_an_account_that_was_there_before_changed_when_its_state_did(
    bot: FastBot, product: Product
) -> None:
    account = bot.account(waiting_for=days(3))
    with bot.store.transaction() as tx:
        tx.accounts.lock(account.id).changed_at = None
    assert refs(product, "?changed_since=2026-11-21T08:00:00Z") == [account.ref]
    assert refs(product, "?changed_since=2026-11-21T08:01:00Z") == [account.ref], "it showed late"
    assert refs(product, "?changed_since=2026-11-21T08:01:01Z") == []
    assert refs(product, "?changed_since=0001-01-01T00:00:00Z") == [account.ref]
    assert changed_at(bot, account) == bot.now - days(3)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=alive", "state"),
        ("customer=acme", "customer"),
        ("customer=-1", "customer"),
        ("changed_since=yesterday", "changed_since"),
        ("changed_since=1700000000", "changed_since"),
        ("changed_since=2026-11-24T08:00:00", "changed_since"),
        ("changed_since=0001-01-01T00:00:00%2B14:00", "changed_since"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=1_0", "limit"),
        ("cursor=MB", "cursor"),
        ("cursor=%C3%BC", "cursor"),
        ("state=live&state=broken", "state"),
        ("owner=user", "owner"),
    ],
)
def test_a_wrong_question_names_its_field(product: Product, query: str, field: str) -> None:
    answer = product.get(f"/accounts?{query}")
    assert answer.status_code == 400
    assert answer.json["code"] == "invalid"
    assert [wrong["field"] for wrong in answer.json["errors"]] == [field]


def test_the_shape_is_the_same_in_a_list_and_alone(bot: FastBot, product: Product) -> None:
    account = bot.account(State.UNMAPPED)
    (listed,) = product.get("/accounts").json["accounts"]
    assert listed == product.get(f"/accounts/{account.ref}").json
    assert AccountShape.model_validate_json(json.dumps(listed)).ref == account.ref


def test_every_state_has_a_next_step_in_words(bot: FastBot, product: Product) -> None:
    for state in State:
        said = product.get(f"/accounts/{bot.account(state).ref}").json
        assert said["next_step"].endswith(".") and "{" not in said["next_step"]
    assert MAILDESK.user not in said["next_step"]
