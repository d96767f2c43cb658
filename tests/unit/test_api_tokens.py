"""Tokens that are handed out: of accounts that are known to work, checked again after Microsoft was
waited for, counted, and in no log or text."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
from sqlalchemy import text
from sqlmodel import SQLModel
from werkzeug.test import TestResponse

from bot.common.jobs import CheckAccount
from bot.common.people import MAILDESK
from bot.diagnosis.observation import Condition, Observation, Where
from bot.lifecycle.states import WORKING
from bot.microsoft.tokens import sealed_for
from storage.api_vocabulary import ApiScope, TokenUse
from storage.tables import Account
from storage.vocabulary import State
from tests.support.fast import CAROL, FastBot, hours
from tests.support.product import Product, make_key, with_test

pytestmark = pytest.mark.api

REFUSED = {"error": "invalid_grant", "error_codes": [50173], "error_description": "AADSTS50173"}


@pytest.fixture
def product(bot: FastBot) -> Product:
    return Product(bot)


def live(bot: FastBot, **facts: Any) -> Account:
    return with_test(bot, bot.account(State.LIVE, name="Info", **facts))


def about_to_end(bot: FastBot) -> Account:
    """An account that works, whose stored token is about to end."""
    bot.microsoft.lifetime = timedelta(minutes=1)
    account = live(bot)
    bot.microsoft.lifetime = hours(1)
    return account


def ask(
    product: Product, account: Account, use: str = "imap", key: str | None = None
) -> TestResponse:
    return product.post(f"/accounts/{account.ref}/token", {"for": use}, key)


def refused(answer: TestResponse) -> tuple[int, str]:
    assert answer.mimetype == "application/problem+json"
    return answer.status_code, answer.json["code"]


def checks_planned(bot: FastBot) -> list[int]:
    with bot.store.transaction() as tx:
        return [job.args["account"] for job in tx.jobs.of_kind(CheckAccount.kind)]


# -- what is handed out


def test_a_stored_token_is_handed_out_with_all_that_imap_needs(
    bot: FastBot, product: Product
) -> None:
    account = live(bot, shared_mailbox="all@acme.example")
    answer = ask(product, account)
    said = answer.json

    assert said.pop("access_token") == "access 1 of info@acme.example"
    ends = datetime.fromisoformat(said.pop("expires_at"))
    assert 3500 < said.pop("expires_in") <= 3600
    assert hours(0.9) < ends - datetime.now(UTC) <= hours(1)
    assert said == {
        "token_type": "Bearer",
        "for": "imap",
        "user": "all@acme.example",
        "host": "outlook.office365.com",
        "port": 993,
        "security": "tls",
        "mechanism": "XOAUTH2",
    }
    assert answer.headers["Cache-Control"] == "no-store" and "ETag" not in answer.headers
    assert bot.microsoft.asked == 0


def test_smtp_signs_in_as_the_person_whatever_mailbox_is_opened(
    bot: FastBot, product: Product
) -> None:
    said = ask(product, live(bot, shared_mailbox="all@acme.example"), "smtp").json
    place = (said["user"], said["host"], said["port"], said["security"])
    assert place == ("info@acme.example", "smtp.office365.com", 587, "starttls")


def test_an_account_that_waits_for_its_folders_is_usable(bot: FastBot, product: Product) -> None:
    account = with_test(bot, bot.account(State.UNMAPPED))
    assert ask(product, account).status_code == 200


def test_graph_needs_a_permission_of_graph(bot: FastBot, product: Product) -> None:
    assert refused(ask(product, live(bot), "graph")) == (409, "not_granted")


def test_a_token_with_a_permission_of_graph_is_for_graph(bot: FastBot, product: Product) -> None:
    account = live(bot)
    with bot.store.transaction() as tx:
        grant = tx.grants.get(account.id)
        assert grant is not None
        grant.scopes = "https://graph.microsoft.com/Mail.ReadWrite"
    said = ask(product, account, "graph").json
    assert (said["host"], said["user"]) == ("https://graph.microsoft.com/v1.0", "info@acme.example")
    assert {said["port"], said["security"], said["mechanism"]} == {None}
    assert refused(ask(product, account, "imap")) == (409, "not_granted")


def test_what_is_done_is_audited_and_counted(bot: FastBot, product: Product) -> None:
    account = live(bot)
    made = make_key(bot, [ApiScope.TOKENS])
    ask(product, account, "smtp", made.secret)

    (entry,) = bot.audited("token.handed_out")
    assert (entry.subject, entry.user) == (account.ref, f"api-key:{made.key.public_id}")
    assert (entry.channel_id, entry.detail) == ("api", {"use": "smtp"})


def test_a_token_that_is_about_to_end_is_renewed(bot: FastBot, product: Product) -> None:
    account = about_to_end(bot)
    said = ask(product, account).json
    assert (said["access_token"], bot.microsoft.asked) == ("access 2 of info@acme.example", 1)
    assert ask(product, account).json["access_token"] == said["access_token"]
    assert bot.microsoft.asked == 1


def test_no_token_is_handed_out_that_lives_less_than_five_minutes(
    bot: FastBot, product: Product
) -> None:
    bot.microsoft.lifetime = timedelta(minutes=4)
    assert refused(ask(product, live(bot))) == (503, "microsoft_busy")
    assert bot.audited("token.handed_out") == []


# -- what is not


@pytest.mark.parametrize("state", [state for state in State if state not in WORKING])
def test_an_account_that_does_not_work_hands_nothing_out(
    bot: FastBot, product: Product, state: State
) -> None:
    account = with_test(bot, bot.account(state))
    bot.sign_in_quietly(account)

    answer = ask(product, account)

    assert refused(answer) == (409, "account_not_usable")
    assert answer.json["state"] == state and answer.json["detail"]
    assert bot.audited("token.handed_out") == [] and bot.microsoft.asked == 0


def test_a_broken_account_says_why_under_its_error_id(bot: FastBot, product: Product) -> None:
    account = live(bot)
    bot.expire_token(account)
    with_test(bot, account)
    bot.microsoft.refusal = REFUSED
    bot.found(account)

    said = ask(product, account).json
    shown = product.get(f"/accounts/{account.ref}").json["failure"]
    assert said["error_id"] == shown["error_id"]
    assert said["detail"] == shown["sentence"]
    assert said["type"] == f"https://maildesk.example/errors/{shown['code']}"


def test_the_tokens_of_a_new_sign_in_are_handed_out_once_it_was_tested(
    bot: FastBot, product: Product
) -> None:
    account = live(bot)
    bot.clock.at += timedelta(minutes=1)
    bot.sign_in(account)

    answer = ask(product, account)
    assert refused(answer) == (409, "account_not_usable")
    assert answer.json["state"] == "live"
    assert not product.get(f"/accounts/{account.ref}").json["usable"]

    bot.run_due()
    assert ask(product, account).status_code == 200


def test_a_test_that_began_before_the_sign_in_proves_nothing_and_another_follows(
    bot: FastBot, product: Product
) -> None:
    account = with_test(bot, bot.account(State.LIVE))
    bot.clock.at += timedelta(milliseconds=500)
    with bot.store.transaction() as tx:
        tx.accounts.lock(account.id).signed_in_at = bot.now

    assert refused(ask(product, account)) == (409, "account_not_usable")
    assert checks_planned(bot) == [account.id]
    bot.pass_time(seconds=30)
    assert ask(product, account).status_code == 200


def test_another_customers_account_is_not_there(bot: FastBot, product: Product) -> None:
    account = live(bot)
    bot.customer("Beta Foods", "C0BETA")
    key = make_key(bot, customers=["Beta Foods"]).secret
    assert refused(ask(product, account, key=key)) == (404, "not_found")


def test_so_many_are_handed_out_in_an_hour(bot: FastBot) -> None:
    product = Product(FastBot(bot, tokens_per_hour="2"))
    account = live(bot)
    other = with_test(bot, bot.account(State.LIVE, name="Other"))
    bot.clock.at += timedelta(minutes=10)
    statuses = [ask(product, account, use).status_code for use in ("imap", "smtp")]
    bot.clock.at += timedelta(minutes=20)
    beyond = ask(product, account, key=make_key(bot).secret)

    assert statuses == [200, 200]
    assert refused(beyond) == (429, "too_many_tokens")
    assert beyond.headers["Retry-After"] == str(40 * 60)
    assert ask(product, other).status_code == 200
    bot.clock.at += timedelta(minutes=40)
    assert ask(product, account).status_code == 200
    assert len(bot.audited("token.handed_out")) == 4


# -- while Microsoft is asked


def test_a_key_that_is_revoked_meanwhile_gets_nothing(bot: FastBot, product: Product) -> None:
    account = about_to_end(bot)
    made = make_key(bot)
    keys = bot.services.api.keys
    bot.microsoft.on_refresh = lambda: keys.revoke(made.key.public_id, MAILDESK)

    answer = ask(product, account, key=made.secret)

    assert refused(answer) == (401, "key_not_accepted")
    assert bot.audited("token.handed_out") == []


def test_an_account_that_is_disconnected_meanwhile_hands_nothing_out(
    bot: FastBot, product: Product
) -> None:
    account = about_to_end(bot)
    bot.microsoft.on_refresh = lambda: bot.services.accounts.disconnect(account.id, CAROL)
    answer = ask(product, account)
    assert refused(answer)[0] in (409, 503)
    assert bot.audited("token.handed_out") == [] and b"access" not in answer.data


def test_a_sign_in_that_comes_meanwhile_is_not_handed_out_untested(
    bot: FastBot, product: Product
) -> None:
    account = about_to_end(bot)
    bot.clock.at += timedelta(minutes=1)

    def sign_in() -> None:
        bot.microsoft.on_refresh = lambda: None
        bot.sign_in(account)

    bot.microsoft.on_refresh = sign_in
    assert refused(ask(product, account)) == (409, "account_not_usable")


def test_a_sign_in_that_was_tested_meanwhile_is_asked_for_anew(
    bot: FastBot, product: Product
) -> None:
    account = about_to_end(bot)
    bot.clock.at += timedelta(minutes=1)

    def sign_in() -> None:
        bot.microsoft.on_refresh = lambda: None
        bot.sign_in(account)
        with_test(bot, account)

    bot.microsoft.on_refresh = sign_in
    assert refused(ask(product, account)) == (503, "busy")
    assert ask(product, account).status_code == 200


def test_a_refusal_of_microsofts_is_a_sign_of_trouble(bot: FastBot, product: Product) -> None:
    account = about_to_end(bot)
    bot.microsoft.refusal = REFUSED

    answers = [ask(product, account) for _ in range(3)]

    assert {refused(answer) for answer in answers} == {(409, "account_not_usable")}
    assert len({answer.data for answer in answers}) == 1
    assert answers[0].json["error_id"].startswith("MX-") and answers[0].json["state"] == "live"
    assert bot.microsoft.asked == 1, "Microsoft is left alone for a while"
    assert checks_planned(bot) == [account.id]
    bot.run_due()
    bot.pass_time(minutes=1.5)
    assert bot.read(account).state is State.BROKEN


def test_microsoft_that_does_not_answer_is_asked_again_later(
    bot: FastBot, product: Product
) -> None:
    account = about_to_end(bot)
    bot.microsoft.outage = Observation(Where.NETWORK, step="token", condition=Condition.TIMEOUT)
    answer = ask(product, account)
    assert refused(answer) == (503, "microsoft_busy")
    assert answer.headers["Retry-After"] == "30" and checks_planned(bot) == []

    bot.microsoft.outage = None
    assert refused(ask(product, account)) == (503, "microsoft_busy")
    bot.clock.at += timedelta(seconds=31)
    assert ask(product, account).status_code == 200


def test_a_grant_that_does_not_open_hands_nothing_out(bot: FastBot, product: Product) -> None:
    account = live(bot)
    with bot.store.transaction() as tx:
        grant = tx.grants.get(account.id)
        assert grant is not None
        grant.sealed = bot.cipher.seal("{}", sealed_for(account.id + 1))
    assert refused(ask(product, account)) == (409, "account_not_usable")


# -- what is said of it


def test_no_token_is_in_a_log_the_audit_or_a_table(bot: FastBot, product: Product) -> None:
    account = about_to_end(bot)
    with structlog.testing.capture_logs() as lines:
        token = ask(product, account).json["access_token"]
        ask(product, account, "graph")
    said = str(lines)
    assert "token.handed_out" in said and token not in said and product.key not in said
    with bot.store.engine.connect() as connection:
        for table in SQLModel.metadata.sorted_tables:
            rows = str(connection.execute(text(f'SELECT * FROM "{table.name}"')).all())
            assert token not in rows and product.key not in rows, table.name


def test_a_token_is_in_no_text_of_an_answer(bot: FastBot) -> None:
    account = live(bot)
    caller = bot.services.api.callers.authorise(make_key(bot).secret, "", ApiScope.TOKENS)
    given = bot.services.api.hand_out.token(caller, account.ref, TokenUse.IMAP)
    assert given.access_token not in repr(given) and given.access_token not in str(given)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "invalid"),
        (b"{", 400, "invalid"),
        (b"[]", 400, "invalid"),
        (b"{}", 400, "invalid"),
        (b'{"for": "pop"}', 400, "invalid"),
        (b'{"for": "imap", "more": 1}', 400, "invalid"),
        (b'{"use": "imap"}', 400, "invalid"),
        (b"[" * 60_000, 400, "invalid"),
        (b"\xff", 400, "invalid"),
        (b" " * 70_000, 413, "too_large"),
    ],
)
def test_a_malformed_body_is_a_problem(
    product: Product, body: bytes, status: int, code: str
) -> None:
    path = "/accounts/MB-7Q3F-9K2D/token"
    answer = product.call("POST", path, data=body, content_type="application/json")
    assert refused(answer) == (status, code)


def test_a_body_that_is_not_json_is_refused(product: Product) -> None:
    path = "/accounts/MB-7Q3F-9K2D/token"
    assert refused(product.call("POST", path, data={"for": "imap"})) == (415, "not_json")
