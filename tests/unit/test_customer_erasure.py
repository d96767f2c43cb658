"""Erasing a customer: nothing of theirs is left in any table but the audit, and nothing of anybody
else's is missing."""

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel import SQLModel

from bot.accounts.offboarding import StillInUse
from bot.common import jobs
from bot.common.jobs import EraseCustomer, Work
from bot.diagnosis.observation import Where
from storage.belongings import BY_HAND, JOB_ARGUMENTS, KEPT, OF_NOBODY, found_by_schema
from storage.cipher import digest
from storage.tables import (
    AddressChange,
    ApiAnswer,
    ApiKey,
    ApiRequest,
    ApprovalAnswer,
    ApprovalWatch,
    Attempt,
    FolderSnapshot,
    FurtherTenant,
    HeldSignIn,
    KnownPerson,
    LinkPress,
    Maintenance,
    NotedCause,
    Outage,
    Reminder,
    ReportedFix,
    Setback,
    Silence,
    TokenCount,
    UnexplainedReply,
)
from storage.vocabulary import Deed, MaintenanceOf, State
from tests.support.fast import ACME, CAROL, DESK, VERA, FastBot, days, hours

NAME = "Acme Marine"
BETA = "C0BETA"
NO_ROW = frozenset(
    {"cause", "kind", "file", "view", "team", "user", "place", "round", "columns", "ours"}
)
"""Arguments of jobs that name no row."""


def offboard(bot: FastBot) -> None:
    bot.farewells.offboard(bot.acme.customer_id, NAME, VERA)


def rows(bot: FastBot) -> dict[str, list[dict[str, Any]]]:
    """Everything that is kept, by table."""
    with bot.store.transaction() as tx:
        connection = tx.session.connection()
        return {
            table.name: [dict(row._mapping) for row in connection.execute(table.select())]
            for table in SQLModel.metadata.sorted_tables
        }


def texts(there: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """Each row that is not the audit's, as text."""
    for table, found in there.items():
        if table not in KEPT:
            yield from (f"{table} {json.dumps(row, default=str)}" for row in found)


def fill(bot: FastBot, channel: str, domain: str) -> list[str]:
    """Give a customer something in every table; by what each of it is known."""
    with bot.store.transaction() as tx:
        bound = tx.channels.get(channel)
    waiting = bot.account(
        State.UNMAPPED, waiting_for=days(1), channel=bound, address=f"mapped@{domain}"
    )
    live = bot.account(State.LIVE, channel=bound, address=f"live@{domain}")
    unsigned = bot.account(channel=bound, address=f"new@{domain}")
    secret = bot.link(unsigned)
    bot.signin.begin(secret, "a browser")
    failure = bot.failure(live, step="token", error="invalid_client")
    bot.requests.ask(failure.ref, CAROL)
    bot.requests.do_it(channel, None, CAROL)
    bot.requests.do_it(channel, live.id, CAROL)
    bot.legacy.import_text(channel, f"Old, old@{domain}", CAROL)
    bot.drafts.begin(channel, f"Later, later@{domain}", CAROL)
    bot.legacy.begin_batch(channel, CAROL)
    bot.checks.start(live.id, CAROL)
    with bot.store.transaction() as tx:
        ticket = tx.signins.usable_ticket(unsigned.id, bot.now)
        assert ticket is not None
        tx.channels.first_sight(f"greeted:{channel}", bot.now)
        of = live.customer_id
        key = ApiKey(name="Lumen CRM", scopes="", all_customers=False)
        key.public_id = key.key_digest = f"key {of}"
        key.created_at = bot.now
        tx.api_keys.add(key, [of])
        tx.session.add(TokenCount(account_id=live.id, since=bot.now, times=1))
        late = {"begun_at": bot.now + days(90), "claimed_until": bot.now}
        digests = {"name_digest": "n", "said_digest": "s"}
        asked = ApiRequest(key_id=key.id, customer_id=of, claim=1, **late, **digests)
        tx.api_requests.answered(
            ApiAnswer(request_id=tx.api_requests.add(asked).id, http_status=200, sealed=b"s")
        )
        who = {"asked_by_team": "T", "asked_by_user": "U"}
        facts = {"sender_email": f"x@{domain}", "username": f"x@{domain}", "aliases": ""}
        tx.session.add_all(
            [
                HeldSignIn(
                    account_id=unsigned.id,
                    ticket_id=ticket.id,
                    sealed=b"s",
                    scopes="",
                    tenant_id="t",
                    object_id="o",
                    upn=f"held@{domain}",
                    at=bot.now,
                ),
                AddressChange(
                    account_id=live.id, shared_mailbox="", asked_at=bot.now, **facts, **who
                ),
                ApprovalAnswer(
                    page_digest=f"page of {domain}",
                    account_id=unsigned.id,
                    approved=True,
                    at=bot.now,
                ),
                ReportedFix(
                    account_id=live.id,
                    failure_ref=failure.ref,
                    said_at=bot.now,
                    said_by_team="T",
                    said_by_user="U",
                    ended_at=bot.now,
                ),
                Attempt(
                    account_id=live.id,
                    failure_ref=failure.ref,
                    cause=failure.cause,
                    deed=Deed.CHANGE,
                    customers=True,
                    by_team="T",
                    by_user="U",
                    made_at=bot.now,
                ),
                FurtherTenant(
                    customer_id=live.customer_id,
                    tenant_id="t",
                    channel_id=channel,
                    domain=f"far.{domain}",
                    asked_at=bot.now,
                    asked_by_team="T",
                    asked_by_user="U",
                ),
                ApprovalWatch(customer_id=live.customer_id, tenant=domain, asked_at=bot.now),
                Setback(customer_id=live.customer_id, cause=failure.cause, began_at=bot.now),
                FolderSnapshot(account_id=live.id, listed_at=bot.now, folders=[]),
                KnownPerson(
                    customer_id=live.customer_id,
                    name="Jane",
                    address=f"jane@{domain}",
                    address_key=f"jane@{domain}",
                ),
                LinkPress(ticket_id=ticket.id, browser_digest="b", is_new=True, at=bot.now),
                Reminder(
                    channel_id=DESK, posted_at=bot.now, account_ids=[live.id, waiting.id, 777]
                ),
            ]
        )
        quiet = {"reason": f"because of {domain}", "by_team": "T", "by_user": "U"}
        tx.incidents.silence(
            Silence(
                fingerprint=f"a-cause/tenant/customer:{live.customer_id}",
                began_at=bot.now,
                until=bot.now + days(90),
                **quiet,
            )
        )
        tx.incidents.plan(
            Maintenance(
                of=MaintenanceOf.CUSTOMER,
                concerns=str(live.customer_id),
                begins_at=bot.now + days(80),
                ends_at=bot.now + days(81),
                **quiet,
            )
        )
        outage = Outage(
            customer_id=live.customer_id,
            channel_id=channel,
            cause=failure.cause,
            open_key=f"outage of {domain}",
            began_at=bot.now,
        )
        assert tx.outages.add(outage)
        tx.outages.hit_by(outage.id, live.id)
        names = {"sentence": "channel.left", "values": {"customer": "", "channel": channel}}
        tx.outbox.show(DESK, f"channel.left:{channel}", "support.note", names, bot.now)
    bot.run_due()
    bot.live(hours(5))
    return [channel, domain, waiting.ref, live.ref, unsigned.ref, failure.ref]


@pytest.fixture(scope="module")
def filled() -> FastBot:
    """A bot with two customers who have something in every table; to be copied."""
    bot = FastBot()
    bot.customer("Beta Boats", BETA)
    bot.marks = fill(bot, ACME, "acme.example")
    bot.others = fill(bot, BETA, "beta.example")
    with bot.store.transaction() as tx:
        reply = tx.unexplained.add(UnexplainedReply(signature="of nobody by now"))
        who = {"noted_by_team": "T", "noted_by_user": "U"}
        tx.noted.keep(NotedCause(reply_id=reply.id, cause="x", noted_at=bot.now, **who))
    return bot


@pytest.fixture
def full(filled: FastBot) -> FastBot:
    """The same for one test."""
    bot = filled.copy()
    bot.marks = filled.marks
    bot.others = filled.others
    return bot


@pytest.fixture(scope="module")
def erased(filled: FastBot) -> FastBot:
    """The same after the customer was erased; only looked at."""
    bot = filled.copy()
    offboard(bot)
    bot.live(days(31))
    return bot


def test_the_test_fills_every_table(full: FastBot) -> None:
    empty = {table for table, found in rows(full).items() if not found}
    assert empty <= {"job", "auditrepetition"} | OF_NOBODY


def test_nothing_is_left_but_the_audit(filled: FastBot, erased: FastBot) -> None:
    marks = [*filled.marks, NAME]
    assert all(any(mark in text for text in texts(rows(filled))) for mark in marks)

    left = [text for text in texts(rows(erased)) if any(mark in text for mark in marks)]
    # The lane of a channel is Slack's turn, and says nothing
    assert [text for text in left if not text.startswith("lane ")] == []
    assert not any(text.startswith("lane ") and ACME in text for text in left)
    assert erased.audited("customer.erased")[0].detail == {"ended": "2026-11-24"}
    assert "customer.erased_told_support" in erased.told(DESK)


def test_what_our_own_channel_was_told_under_the_name_is_erased(bot: FastBot) -> None:
    with bot.store.transaction() as tx:
        for name in (NAME, f"{NAME} Two"):
            told = {"sentence": "channel.back", "values": {"customer": name, "channel": "C0X"}}
            tx.outbox.show(DESK, f"told:{name[-3:]}", "support.note", told, bot.now)
    offboard(bot)
    bot.live(days(31))

    left = [item.args["values"].get("customer") for item in bot.outbox(DESK)]
    assert f"{NAME} Two" in left
    assert NAME not in left


def test_what_was_told_under_an_earlier_name_is_erased_too(bot: FastBot) -> None:
    bot.administration.change_organisation(bot.acme.customer_id, "new.example", VERA)
    bot.administration.rename(bot.acme.customer_id, "Other Name", VERA)
    assert NAME in [item.args["values"].get("customer") for item in bot.outbox(DESK)]
    bot.farewells.offboard(bot.acme.customer_id, "Other Name", VERA)
    bot.live(days(31))

    assert NAME not in [item.args["values"].get("customer") for item in bot.outbox(DESK)]


def test_nothing_of_anybody_else_is_missing(full: FastBot) -> None:
    offboard(full)
    full.run_due()
    before = rows(full)

    full.clock.at += days(30)
    with full.store.transaction() as tx:
        tx.jobs.cancel(EraseCustomer(customer_id=full.acme.customer_id))
    full.farewells.erase(EraseCustomer(customer_id=full.acme.customer_id))

    after = rows(full)
    beta = [*full.others, "Beta Boats"]

    def of_beta(there: dict[str, list[dict[str, Any]]]) -> list[str]:
        theirs = [text for text in texts(there) if any(mark in text for mark in beta)]
        # An alert is everybody's, and has their failure as its example now
        return [text for text in theirs if not text.startswith("incident ")]

    assert of_beta(after) == of_beta(before)
    for table in ("grant", "foldermapping", "connectiontest", "reminderstate", "loginticket"):
        assert after[table], table
    (incident,) = after["incident"]
    assert incident["failure_ref"] in [failure["ref"] for failure in after["failure"]]


def test_an_alert_keeps_another_customers_failure_as_its_example(bot: FastBot) -> None:
    bot.customer("Beta Boats", BETA)
    with bot.store.transaction() as tx:
        beta = tx.channels.get(BETA)
    first = bot.failure(
        bot.account(State.LIVE), where=Where.TOKEN, error="invalid_client", codes=(7000222,)
    )
    second = bot.failure(
        bot.account(State.LIVE, channel=beta),
        where=Where.TOKEN,
        error="invalid_client",
        codes=(7000222,),
    )
    with bot.store.transaction() as tx:
        assert [each.failure_ref for each in tx.incidents.all_open()] == [first.ref]
    offboard(bot)

    bot.clock.at += days(30)
    bot.farewells.erase(EraseCustomer(customer_id=bot.acme.customer_id))

    with bot.store.transaction() as tx:
        assert tx.failures.get(first.ref) is None
        assert [each.failure_ref for each in tx.incidents.all_open()] == [second.ref]


def test_support_reminders_leave_the_accounts_out(erased: FastBot) -> None:
    listed = {number for row in rows(erased)["reminder"] for number in row["account_ids"]}
    assert 777 in listed
    assert listed - {777} <= {row["id"] for row in rows(erased)["account"]}


def test_the_name_is_free_afterwards(bot: FastBot) -> None:
    offboard(bot)
    bot.pass_time(days=31)

    made = bot.customers.bind("C0NEW", "acme marine", VERA)

    assert made.customer == "acme marine"
    assert bot.accounts.of_customer(made.customer_id) == []
    assert bot.audited("customer.taken_back") == []


def test_the_channel_is_bound_to_nobody_afterwards(bot: FastBot) -> None:
    offboard(bot)
    bot.pass_time(days=31)

    assert bot.customers.of_channel(ACME) is None


def test_before_its_time_nothing_is_erased(bot: FastBot) -> None:
    offboard(bot)

    bot.farewells.erase(EraseCustomer(customer_id=bot.acme.customer_id))

    assert bot.customers.of_channel(ACME) is not None


def test_a_customer_in_use_is_never_erased(bot: FastBot) -> None:
    bot.farewells.erase(EraseCustomer(customer_id=bot.acme.customer_id))

    assert bot.customers.of_channel(ACME) is not None


def test_erasing_twice_is_erasing_once(bot: FastBot) -> None:
    offboard(bot)
    bot.pass_time(days=31)

    bot.farewells.erase(EraseCustomer(customer_id=bot.acme.customer_id))

    assert len(bot.audited("customer.erased")) == 1


def test_a_customer_whose_job_was_lost_is_erased_all_the_same(bot: FastBot) -> None:
    offboard(bot)
    with bot.store.transaction() as tx:
        tx.jobs.cancel(EraseCustomer(customer_id=bot.acme.customer_id))

    bot.live(days(31))

    assert len(bot.audited("customer.erased")) == 1


def test_no_job_of_theirs_is_left_for_whoever_has_the_number_next(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    offboard(bot)
    with bot.store.transaction() as tx:
        tx.jobs.add(jobs.CheckAccount(account_id=account.id), bot.now + days(90))
        tx.jobs.add(jobs.CheckAccount(account_id=account.id + 1), bot.now + days(90))
    bot.pass_time(days=31)

    assert [row["args"]["account"] for row in rows(bot)["job"]] == [account.id + 1]


def test_a_new_request_is_not_taken_for_one_that_was_erased(bot: FastBot) -> None:
    bot.customer("Beta Boats", BETA)
    bot.requests.do_it(ACME, None, CAROL)
    bot.run_due()
    offboard(bot)
    bot.pass_time(days=31)
    before = len(bot.posted(DESK))

    bot.requests.do_it(BETA, None, CAROL)
    bot.run_due()

    assert len(bot.posted(DESK)) == before + 1


# -- no table, and no argument of a job, can be forgotten


def test_every_table_is_erased_or_kept_knowingly() -> None:
    for table in SQLModel.metadata.sorted_tables:
        known = found_by_schema(table) or table.name in KEPT | OF_NOBODY | BY_HAND | {"customer"}
        assert known, f"{table.name}: whose are its rows? Say it in storage/erasure.py"


def test_every_column_that_names_a_customer_an_account_or_a_channel_is_known() -> None:
    """A column that is called so and refers to nothing would not be found."""
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns if table.name not in KEPT else ():
            named = column.name in ("customer_id", "account_id", "failure_ref", "ticket_id")
            if named:
                assert column.foreign_keys, f"{table.name}.{column.name} needs a foreign key"
            if "channel" in column.name:
                assert column.name == "channel_id", f"{table.name}.{column.name}"
            if column.name.endswith("_ids"):
                assert table.name in ("batch", "reminder"), f"{table.name}.{column.name}"


def kinds(work: type[Work]) -> Iterator[type[Work]]:
    for each in work.__subclasses__():
        yield each
        yield from kinds(each)


@pytest.mark.parametrize("work", sorted(kinds(Work), key=str), ids=lambda work: work.__name__)
def test_every_argument_of_a_job_is_known(work: type[Work]) -> None:
    stored = {
        field.serialization_alias or name.removesuffix("_id")
        for name, field in work.model_fields.items()
        if not field.exclude
    }
    unknown = stored - JOB_ARGUMENTS.keys() - NO_ROW - {"channel", "event"}
    assert unknown == set(), f"{work.__name__}: does it name a row? Say it in storage/erasure.py"


def test_what_would_be_erased_is_what_is_erased(full: FastBot) -> None:
    offboard(full)
    full.run_due()
    before = rows(full)
    told = full.farewells.would_erase(full.acme.customer_id)
    assert rows(full) == before, "it changed something"

    assert full.farewells.erase_now(full.acme.customer_id) == told
    after = rows(full)
    told["outboxitem"] -= 1  # what support is told of it
    gone = {table: len(before[table]) - len(after[table]) for table in before}
    assert {table: count for table, count in gone.items() if count and table not in KEPT} == told
    assert full.audited("customer.erased")


def test_a_customer_in_use_is_not_erased_at_once(full: FastBot) -> None:
    before = rows(full)
    with pytest.raises(StillInUse):
        full.farewells.erase_now(full.acme.customer_id)
    assert rows(full) == before
    assert full.farewells.would_erase(full.acme.customer_id)["account"] > 0


def test_an_export_has_everything_that_an_erasure_takes(full: FastBot) -> None:
    told = full.farewells.would_erase(full.acme.customer_id)
    export = full.farewells.export(full.acme.customer_id)

    tables = dict(export["kept"])
    assert tables.pop("auditentry")
    assert {table: len(found) for table, found in tables.items()} == told
    assert export["customer"] == NAME
    text = json.dumps(export)
    assert [mark for mark in full.marks if mark not in text] == []
    assert [mark for mark in full.others if mark in text] == []
    assert full.audited("customer.exported")


def test_nothing_secret_is_exported(bot: FastBot) -> None:
    live = bot.account(State.LIVE)
    begun = bot.account()
    secret = bot.link(begun)
    state = bot.signin.begin(secret, "a browser").rpartition("state=")[2]
    with bot.store.transaction() as tx:
        grant = tx.grants.get(live.id)
        assert grant is not None
    text = json.dumps(bot.farewells.export(bot.acme.customer_id))

    assert "loginticket" in text and "signinflow" in text and "grant" in text
    for planted in (secret, state, digest(secret), digest(state), b64encode(grant.sealed).decode()):
        assert planted not in text
