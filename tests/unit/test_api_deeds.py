"""What the product does with accounts, over the API: as people do it, with the same checks, and the
channel reads who asked for it."""

from itertools import product as every
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select
from werkzeug.test import TestResponse

from bot.accounts.known_people import MOST
from bot.api.deeds import MOST_AN_HOUR
from bot.api.refusals import Code
from handlers.api.problems import Problem
from handlers.cards.timeline import timeline_window
from storage.api_vocabulary import ApiScope
from storage.tables import Account, FurtherTenant
from storage.vocabulary import State
from tests.support.calls import BODIES, CALLS, OFFICE, call
from tests.support.fast import ACME, CAROL, VERA, FastBot, hours
from tests.support.product import Product, make_key

pytestmark = pytest.mark.api

BETA = "C0BETA"
ZONE = ZoneInfo("UTC")


@pytest.fixture
def product(bot: FastBot) -> Product:
    return Product(bot)


def refused(answer: TestResponse, code: Code) -> Problem:
    """The problem with this code."""
    told = Problem.model_validate(answer.json)
    assert (told.code, answer.status_code) == (code, told.status), answer.json
    return told


def wrong(answer: TestResponse, code: Code = Code.FIELDS) -> dict[str, str]:
    """What is said of which field."""
    return {each.field: each.says for each in refused(answer, code).errors or []}


def notes(bot: FastBot, account: Account) -> list[str]:
    """What the product is said to have asked for, in the account's thread."""
    return [
        bot.draw(item.notice, **item.args).splitlines()[0]
        for item in bot.outbox(account.channel_id)
        if item.key.startswith(f"note:{account.ref}") and "product." in item.key
    ]


# -- every call, with every scope, at every account


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("scope", ApiScope)
def test_each_call_needs_its_scope(bot: FastBot, name: str, scope: ApiScope) -> None:
    product = Product(bot)
    account = bot.account(State.LIVE)
    key = make_key(bot, [scope]).secret

    answer = call(product, name, account.ref, key)

    if scope is ApiScope.WRITE:
        assert answer.status_code in (200, 201, 202), answer.json
    else:
        assert refused(answer, Code.NO_SCOPE).needs_scope == "accounts:write"
        assert bot.audited("account.created") == bot.audited("test.requested") == []
        assert bot.read(account).name == account.name


@pytest.mark.parametrize("name", [each for each in CALLS if each not in ("create", "people")])
def test_an_account_of_another_customer_is_not_there(bot: FastBot, name: str) -> None:
    product = Product(bot)
    beta = bot.customer("Beta Boats", BETA)
    account = bot.account(State.LIVE, channel=beta, address="x@beta.example")
    key = make_key(bot, customers=["Acme Marine"]).secret

    refused(call(product, name, account.ref, key), Code.NOT_FOUND)
    refused(call(product, name, "MB-7Q3F-9K2D", key), Code.NOT_FOUND)

    assert bot.read(account).state is State.LIVE
    assert call(product, name, account.ref).status_code in (200, 202)


@pytest.mark.parametrize("name", ["create", "people"])
def test_nothing_is_given_to_another_customer(bot: FastBot, name: str) -> None:
    product = Product(bot)
    beta = bot.customer("Beta Boats", BETA)
    key = make_key(bot, customers=["Acme Marine"]).secret

    for customer in (str(beta.customer_id), "999999999", "0"):
        answer = call(product, name, "", key, customer=customer)
        assert wrong(answer, Code.INVALID) == {"customer": "is none that the key may see"}
    assert bot.accounts_there() == []


DONE = {
    "change": dict.fromkeys(State, 200),
    "login-link": dict.fromkeys(State, 200),
    "test": {
        **dict.fromkeys(State, 202),
        State.CREATED: 409,
        State.AWAITING_SIGN_IN: 409,
        State.AWAITING_ADMIN: 409,
        State.DISCONNECTED: 409,
    },
    "disconnect": dict.fromkeys(State, 200),
    "trouble": {
        **dict.fromkeys(State, 200),
        State.CREATED: 409,
        State.AWAITING_SIGN_IN: 409,
        State.AWAITING_ADMIN: 409,
        State.DISCONNECTED: 409,
    },
}
STATES = [state for state in State if state is not State.CREATED]


@pytest.mark.parametrize(("name", "state"), [*every(DONE, STATES)])
def test_each_call_at_an_account_in_each_state(bot: FastBot, name: str, state: State) -> None:
    account = bot.account(state)

    answer = call(Product(bot), name, account.ref)

    assert answer.status_code == DONE[name][state], answer.json
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["RateLimit-Remaining"]
    if answer.status_code == 409:
        assert refused(answer, Code.REFUSED).detail.startswith("Nobody")
        assert bot.read(account).state is state


# -- creating


def test_an_account_is_created_as_by_people(bot: FastBot, product: Product) -> None:
    answer = call(product, "create")

    assert answer.status_code == 201
    [account] = bot.accounts_there()
    said = answer.json["account"]
    assert (said["ref"], said["external_id"]) == (account.ref, "box 7")
    assert said["state"] == "awaiting_sign_in"
    assert said["customer"]["name"] == "Acme Marine"
    assert (account.created_by_team, account.created_by_user[:8]) == ("", "api-key:")
    link = answer.json["login_link"]
    assert link["url"] == bot.services.views.accounts.card(account.id).link
    assert link["expires_at"].endswith("Z")
    [entry] = bot.audited("account.created")
    assert (entry.user, entry.channel_id) == (account.created_by_user, "api")


def test_the_channel_reads_who_asked_for_it(bot: FastBot, product: Product) -> None:
    call(product, "create")
    [account] = bot.accounts_there()
    assert notes(bot, account) == ["*Lumen CRM* asked for this account."]
    bot.run_due()
    assert "*Lumen CRM* asked for this account." in [each.text for each in bot.posted()]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("change", "changed the details"),
        ("login-link", "asked for a new login link"),
        ("test", "asked for a connection test"),
        ("disconnect", "asked to disconnect"),
    ],
)
def test_the_thread_reads_who_asked_for_it(bot: FastBot, name: str, words: str) -> None:
    account = bot.account(State.LIVE)

    call(Product(bot), name, account.ref)

    [note] = notes(bot, account)
    assert "*Lumen CRM*" in note and words in note


def test_fields_that_people_would_be_told_of_are_named(bot: FastBot, product: Product) -> None:
    answer = call(product, "create", sender_email="office", name=" ", username="x", aliases=["?"])

    assert wrong(answer) == {
        "sender_email": "This does not look like an email address. It should look like sales@example.com.",
        "name": "Please fill this in.",
        "username": "This does not look like an email address. It should look like sales@example.com.",
        "aliases": "Please enter at most ten addresses like sales@example.com, with spaces between.",
    }
    assert bot.accounts_there() == []


def test_what_is_taken_is_said_at_its_field(bot: FastBot, product: Product) -> None:
    call(product, "create")
    [account] = bot.accounts_there()

    assert list(wrong(call(product, "create", external_id="other"))) == ["sender_email"]
    again = call(product, "create", sender_email="two@acme.example")
    assert wrong(again) == {"external_id": f"The account {account.ref} already has this ID."}


def test_too_many_of_one_person_is_said_at_the_field(bot: FastBot) -> None:
    product = Product(FastBot(bot, accounts_per_worker="1"))
    shared = {"username": "jane@acme.example"}
    for number in (1, 2):
        address = f"team{number}@acme.example"
        answer = call(
            product,
            "create",
            sender_email=address,
            shared_mailbox=address,
            external_id=None,
            **shared,
        )
    assert list(wrong(answer)) == ["username"]


def test_an_old_account_is_said_to_be_deleted_first(bot: FastBot, product: Product) -> None:
    bot.legacy.import_text(ACME, "Old, office@acme.example", CAROL)

    refused(call(product, "create"), Code.OLD_ACCOUNT)
    assert call(product, "create", old_account_deleted=True).status_code == 201


def test_another_organisation_is_said_at_the_field(bot: FastBot, product: Product) -> None:
    bot.account(State.LIVE)
    answer = call(product, "create", sender_email="office@beta.example")

    assert list(wrong(answer)) == ["sender_email"]


def test_the_customer_and_the_channel_are_named_where_they_are_not_clear(bot: FastBot) -> None:
    product = Product(bot)
    beta = bot.customer("Beta Boats", BETA)
    named = str(bot.acme.customer_id)

    assert list(wrong(call(product, "create", customer=None), Code.INVALID)) == ["customer"]
    second = bot.customer("Acme Marine two", "C0TWO")
    with bot.store.transaction() as tx:
        channel = tx.channels.get("C0TWO")
        assert channel is not None
        channel.customer_id = bot.acme.customer_id
    assert second is not None
    said = wrong(call(product, "create", customer=named), Code.INVALID)
    assert said == {"channel": "has to be named, one of C0ACME, C0TWO"}
    said = wrong(call(product, "create", customer=named, channel=BETA), Code.INVALID)
    assert said == {"channel": "is none of the customer's"}
    assert beta is not None

    call(product, "create", customer=named, channel="C0TWO")
    assert [each.channel_id for each in bot.accounts_there()] == ["C0TWO"]


def test_nothing_is_begun_in_a_channel_that_nobody_reads(bot: FastBot, product: Product) -> None:
    account = bot.account(State.LIVE)
    with bot.store.transaction() as tx:
        channel = tx.channels.get(ACME)
        assert channel is not None
        channel.closed = "archived"

    for name in ("create", "login-link", "test"):
        refused(call(product, name, account.ref), Code.REFUSED)
    assert call(product, "disconnect", account.ref).status_code == 200


def test_nothing_is_begun_where_another_customer_is_by_now(
    bot: FastBot, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = make_key(bot, customers=["Acme Marine"]).secret

    def moved(*_: object) -> None:
        bot.farewells.offboard(bot.acme.customer_id, "Acme Marine", VERA)
        bot.customers.bind(ACME, "Beta Works", VERA)

    monkeypatch.setattr(type(bot.accounts), "vet", moved)
    answer = call(product, "create", "", mine)

    assert answer.status_code in (404, 409, 422), answer.json
    assert bot.accounts_there() == []


def test_nothing_is_begun_for_a_customer_that_was_offboarded(bot: FastBot) -> None:
    product = Product(bot)
    account = bot.account(State.LIVE)
    bot.farewells.offboard(bot.acme.customer_id, "Acme Marine", VERA)

    for name in ("create", "login-link", "people"):
        refused(call(product, name, account.ref, customer=str(bot.acme.customer_id)), Code.REFUSED)


# -- changing


def test_only_what_is_named_is_changed(bot: FastBot, product: Product) -> None:
    account = bot.account(name="Office", address="office@acme.example")

    answer = product.call("PATCH", f"/accounts/{account.ref}", json={"external_id": "4711"})
    assert answer.json["external_id"] == "4711"
    assert notes(bot, account) == []

    product.call("PATCH", f"/accounts/{account.ref}", json={"name": "New", "sender_name": "Ann"})
    there = bot.read(account)
    assert (there.name, there.sender_name, there.external_id) == ("New", "Ann", "4711")
    assert there.sender_email == "office@acme.example"

    answer = product.call("PATCH", f"/accounts/{account.ref}", json={"external_id": None})
    assert answer.json["external_id"] is None
    assert bot.read(account).name == "New"


def test_another_address_of_a_connected_account_waits_for_its_owner(
    bot: FastBot, product: Product
) -> None:
    account = bot.account(State.LIVE, address="office@acme.example")

    answer = product.call(
        "PATCH", f"/accounts/{account.ref}", json={"sender_email": "sales@acme.example"}
    )

    assert answer.json["sender_email"] == "office@acme.example"
    assert "sales@acme.example" in bot.card(account)
    assert len(bot.audited("change.asked")) == 1


def test_accounts_are_found_by_what_the_product_calls_them(bot: FastBot, product: Product) -> None:
    call(product, "create")
    bot.account(State.LIVE)
    [account] = [each for each in bot.accounts_there() if each.external_id]

    found = product.get("/accounts?external_id=box%207").json["accounts"]
    assert [each["ref"] for each in found] == [account.ref]
    assert product.get("/accounts?external_id=box").json["accounts"] == []


# -- the login link, tests, the end


def test_a_new_login_link_goes_back_to_the_product_and_into_the_channel(
    bot: FastBot, product: Product
) -> None:
    account = bot.account()
    before = bot.link(account)

    answer = call(product, "login-link", account.ref)

    assert answer.json["url"] == bot.services.views.accounts.card(account.id).link
    assert before not in answer.json["url"]
    assert len(bot.audited("link.renewed")) == 1


def test_a_test_is_begun_and_shown(bot: FastBot, product: Product) -> None:
    account = bot.account(State.LIVE)

    assert call(product, "test", account.ref).status_code == 202
    bot.run_due()

    assert len(bot.mail.targets) == 1
    assert "test.result" in [item.notice for item in bot.outbox(ACME)]


@pytest.mark.parametrize("name", ["test", "login-link"])
def test_a_product_that_asks_in_a_loop_does_not_fill_the_thread(
    bot: FastBot, product: Product, name: str
) -> None:
    account = bot.account(State.LIVE if name == "test" else State.AWAITING_SIGN_IN)
    codes = []
    for number in range(MOST_AN_HOUR + 5):
        answer = call(product, name, account.ref, named=f"{number}")
        codes.append(answer.status_code)
        bot.run_due()

    assert codes[MOST_AN_HOUR:] == [429] * 5 and 429 not in codes[:MOST_AN_HOUR]
    refused(answer, Code.TOO_OFTEN)
    assert 0 < int(answer.headers["Retry-After"]) <= 3600
    assert len(notes(bot, account)) == MOST_AN_HOUR
    bot.clock.at += hours(1)
    assert call(product, name, account.ref, named="later").status_code in (200, 202)


def test_a_test_that_runs_is_joined_and_told_once(bot: FastBot, product: Product) -> None:
    account = bot.account(State.LIVE)
    for number in range(3):
        assert call(product, "test", account.ref, named=f"{number}").status_code == 202
    assert len(notes(bot, account)) == 1


def test_what_is_disconnected_stays_so_and_is_told_once(bot: FastBot, product: Product) -> None:
    account = bot.account(State.LIVE)

    for name in ("one", "two"):
        answer = call(product, "disconnect", account.ref, named=name)
        assert answer.json["state"] == "disconnected"

    assert len(notes(bot, account)) == 1
    assert len(bot.audited("account.tokens_deleted")) == 1


# -- trouble


def test_trouble_is_explained(bot: FastBot, product: Product) -> None:
    account = bot.account(State.LIVE)

    said = call(product, "trouble", account.ref).json

    assert said["explained"] is True
    assert said["failure"]["code"] == "smtp-auth-off-mailbox"
    assert said["failure"]["error_id"].startswith("MX-")
    assert said["failure"]["remedy"] and said["failure"]["account"] == account.ref
    assert product.get(f"/errors/{said['failure']['error_id']}").json == said["failure"]
    assert said["retest_at"] is not None
    nothing = call(product, "trouble", account.ref, named="two", text="it is broken").json
    assert (nothing["explained"], nothing["failure"]) == (False, None)
    assert nothing["retest_at"] is not None


def test_too_much_trouble_waits(bot: FastBot, product: Product) -> None:
    account = bot.account(State.LIVE)
    for number in range(21):
        answer = call(product, "trouble", account.ref, named=str(number), text="x")

    refused(answer, Code.TOO_MUCH_MET)
    assert int(answer.headers["Retry-After"]) == 3600


# -- people


def test_people_are_named_and_offered(bot: FastBot, product: Product) -> None:
    answer = call(product, "people")

    assert answer.json == {
        "customer": {"id": str(bot.acme.customer_id), "name": "Acme Marine"},
        "people": BODIES["people"]["people"],
    }
    assert [each.name for each in bot.services.known_people.of_channel(ACME)] == ["Jane Roe"]
    crowd = [{"name": "x" * 80, "address": f"p{n}@acme.example"} for n in range(MOST)]
    assert len(call(product, "people", people=crowd).json["people"]) == MOST
    worse = call(product, "people", people=[{"name": "", "address": "x"}])
    assert list(wrong(worse)) == ["people[0].name", "people[0].address"]


# -- what is said is harmless


@pytest.mark.parametrize("text", ["<!channel>", "*bold* `code` _x_ & <@U1>", "‮", "a\nb", "😀"])
def test_what_the_product_says_is_escaped(bot: FastBot, product: Product, text: str) -> None:
    answer = call(product, "create", name=text, sender_name=f"x{text}", external_id=f"x{text}")
    if answer.status_code == 422:  # nothing of it can be seen
        return
    [account] = bot.accounts_there()

    assert "<!channel>" not in bot.card(account)
    assert "<@U1>" not in bot.card(account)


def test_what_a_body_holds_is_never_said_again(bot: FastBot, product: Product) -> None:
    body: dict[str, Any] = {**OFFICE, "planted": "planted-secret", "name": 5}
    answer = product.post("/accounts", body, headers={"Idempotency-Key": "1"})
    assert b"planted-secret" not in answer.data


def test_the_support_team_reads_by_whose_key_it_was(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    call(Product(bot), "test", account.ref)

    timeline = bot.services.views.timelines.of(account.id, 0, 20)

    [key] = bot.services.api.keys.all()
    assert f"by the product (key `{key.public_id}`)" in str(timeline_window(timeline, 0, ZONE))


def test_nobody_of_slack_is_told_what_the_product_asked(bot: FastBot, product: Product) -> None:
    call(product, "create", sender_email="office@beta.example")
    with bot.store.transaction() as tx:
        [asked] = tx.session.exec(select(FurtherTenant)).all()

    bot.services.organisations.allow(asked.id, VERA)
    bot.run_due()

    told = [each.text for each in bot.posted()]
    assert any("beta.example" in text for text in told)
    assert not any("api-key" in text for text in told)
