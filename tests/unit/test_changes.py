"""What the vendor's product is to hear of: each kind of change by the road that leads to it, told
once and as things stand at its end."""

from dataclasses import replace

import pytest

from bot.api.events import event_of
from bot.common.people import MAILDESK
from bot.diagnosis.observation import Observation, Where
from bot.microsoft import announced
from bot.views.account_form import Form
from handlers.api.blueprint import every_route
from handlers.api.openapi import document
from storage.change_statuses import CHANGES, ChangeEvent, ChangeKind, ChangeStatus
from storage.tables import Account
from storage.vocabulary import State, StepId
from tests.support.changes import changes, kinds, told
from tests.support.described import event_validator
from tests.support.fast import ACME, CAROL, SENDING_IS_OFF, VERA, FastBot, days, hours
from tests.support.fast_ports import folder
from tests.support.incidents import broken

pytestmark = pytest.mark.api

INFO = "info@acme.example"
FORM = Form(name="Info", sender_name="Acme", sender_email=INFO, username=INFO)
OFF = Observation(Where.SMTP, "smtp.auth", **SENDING_IS_OFF)
STATUSES = """
    waiting    CLAIMED    waiting
    waiting    DELIVERED  delivered
    waiting    STOPPED    stopped
    waiting    LEFT_OUT   left-out
    waiting    REPLAYED   waiting
    delivered  REPLAYED   waiting
    stopped    LEFT_OUT   left-out
    stopped    REPLAYED   waiting
    left-out   REPLAYED   waiting
"""
"""What may happen to a change; nothing else may."""


def created(bot: FastBot) -> Account:
    view = bot.accounts.create(ACME, FORM, CAROL)
    with bot.store.transaction() as tx:
        account: Account = tx.accounts.get(view.id)
        return account


def live(bot: FastBot) -> Account:
    """An account that went the whole road."""
    account = created(bot)
    bot.sign_in(account)
    bot.run_due()
    bot.folders.fetch(account.id)
    assert bot.folders.accept(account.id, CAROL)
    return account


def again(bot: FastBot, account: Account) -> None:
    """Somebody has the account tested."""
    bot.pass_time(minutes=5)
    bot.checks.start(account.id, CAROL)
    bot.run_due()


def refuse(bot: FastBot, account: Account) -> None:
    """The account's mailbox may not send any more, and somebody looks."""
    bot.mailbox(account).faults[StepId.SMTP_AUTH] = OFF
    again(bot, account)


def mend(bot: FastBot, account: Account) -> None:
    bot.mailbox(account).faults.clear()
    again(bot, account)


def test_every_status_has_its_transitions() -> None:
    rows = [line.split() for line in STATUSES.strip().splitlines()]
    expected = {(ChangeStatus(a), ChangeEvent[b]): ChangeStatus(c) for a, b, c in rows}
    assert expected == CHANGES.table


def test_the_whole_road_is_told_in_order(bot: FastBot) -> None:
    account = live(bot)
    refuse(bot, account)
    mend(bot, account)
    bot.accounts.disconnect(account.id, CAROL)

    assert [kind for kind in kinds(bot) if kind.startswith("account.")] == [
        "account.created",
        "account.connected",
        "account.folders_changed",
        "account.live",
        "account.broken",
        "account.mended",
        "account.disconnected",
    ]


def test_each_says_how_the_account_stands_then(bot: FastBot) -> None:
    account = live(bot)
    refuse(bot, account)

    first = told(bot, ChangeKind.CREATED)["account"]
    assert first["state"] == "awaiting_sign_in"
    assert not first["usable"]
    assert first["ref"] == account.ref
    assert first["address"] == INFO
    assert first["customer"] == {"id": str(bot.acme.customer_id), "name": "Acme Marine"}
    works = told(bot, ChangeKind.LIVE)["account"]
    assert works["usable"]
    assert works["last_test"]["passed"]
    assert works["failure"] is None
    assert {each["role"] for each in works["folders"]} >= {"inbox", "sent", "drafts", "deleted"}


def test_a_break_says_why_in_words_with_the_error_that_the_channel_shows(bot: FastBot) -> None:
    account = live(bot)
    refuse(bot, account)

    data = told(bot, ChangeKind.BROKEN)
    failure = data["account"]["failure"]
    assert data["previous"] == {"state": "live"}
    assert data["account"]["state"] == "broken"
    assert not data["account"]["usable"]
    assert failure["error_id"] in bot.card(account)
    assert failure["sentence"]
    assert "SmtpClientAuthentication" not in str(data), "a server's reply went out"


def test_a_test_of_what_is_broken_still_is_not_told_again(bot: FastBot) -> None:
    account = live(bot)
    refuse(bot, account)
    again(bot, account)

    assert kinds(bot).count("account.broken") == 1


def test_a_look_that_finds_all_well_is_not_told(bot: FastBot) -> None:
    live(bot)
    before = kinds(bot)
    bot.live(days(1))

    assert kinds(bot) == before


def test_whoever_mends_what_lost_its_folders_meanwhile_is_told_of_as_mended(bot: FastBot) -> None:
    account = live(bot)
    refuse(bot, account)
    with bot.store.transaction() as tx:
        tx.folders.map(account.id, [])
    mend(bot, account)
    assert bot.folders.accept(account.id, CAROL)

    assert kinds(bot)[-1] == "account.mended"


def test_whoever_is_connected_again_is_live_and_not_mended(bot: FastBot) -> None:
    account = live(bot)
    refuse(bot, account)
    bot.accounts.disconnect(account.id, CAROL)
    bot.mailbox(account).faults.clear()
    bot.accounts.renew_link(account.id, CAROL)
    bot.sign_in(account)
    bot.run_due()
    bot.folders.fetch(account.id)
    bot.folders.accept(account.id, CAROL)

    said = kinds(bot)
    assert said[said.index(ChangeKind.DISCONNECTED) + 1 :] == [
        ChangeKind.CONNECTED,
        ChangeKind.LIVE,
    ]


def test_a_change_of_names_says_what_they_were(bot: FastBot) -> None:
    account = live(bot)
    form = Form(**{**vars(bot.accounts.form(account.id)), "name": "Office"})
    bot.accounts.change(account.id, form, CAROL)

    data = told(bot, ChangeKind.RENAMED)
    assert data["previous"] == {"name": "Info"}
    assert data["account"]["name"] == "Office"


def test_other_addresses_are_told_once_their_owner_has_agreed(bot: FastBot) -> None:
    account = live(bot)
    sales = "sales@acme.example"
    other = {"shared_mailbox": sales, "sender_email": sales, "username": INFO}
    form = Form(**{**vars(bot.accounts.form(account.id)), **other})
    bot.accounts.change(account.id, form, CAROL)
    assert "account.renamed" not in kinds(bot)

    bot.sign_in(account)
    data = told(bot, ChangeKind.RENAMED)
    assert data["previous"]["sender_email"] == INFO
    assert data["account"]["address"] == "sales@acme.example"


def test_other_addresses_of_whom_nobody_connected_are_told_at_once(bot: FastBot) -> None:
    account = created(bot)
    new = {"sender_email": "office@acme.example", "username": "office@acme.example"}
    bot.accounts.change(account.id, Form(**{**vars(FORM), **new}), CAROL)

    assert told(bot, ChangeKind.RENAMED)["account"]["username"] == "office@acme.example"


def test_a_folder_that_got_another_name_is_told_with_both(bot: FastBot) -> None:
    account = live(bot)
    again(bot, account)
    box = bot.mailbox(account)
    assert box.marks is not None
    box.folders = tuple(each for each in box.folders if each.server_name != "Sent Items")
    box.folders = (*box.folders, folder("Gesendet"))
    box.marks["Gesendet"] = box.marks.pop("Sent Items")
    again(bot, account)

    data = told(bot, ChangeKind.FOLDERS_CHANGED)
    before = {each["role"]: each["name"] for each in data["previous"]["folders"]}
    now = {each["role"]: each["name"] for each in data["account"]["folders"]}
    assert (before["sent"], now["sent"]) == ("Sent Items", "Gesendet")


def test_a_lost_folder_is_told_with_the_state_that_it_leads_to(bot: FastBot) -> None:
    account = live(bot)
    again(bot, account)
    box = bot.mailbox(account)
    box.folders = tuple(each for each in box.folders if each.server_name != "Sent Items")
    again(bot, account)

    data = told(bot, ChangeKind.FOLDERS_CHANGED)
    assert "sent" not in {each["role"] for each in data["account"]["folders"]}
    assert data["account"]["state"] == "unmapped"


def test_a_permission_that_lapses_is_told_once_a_mailbox(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    unused = announced.load().grant.unused
    with bot.store.transaction() as tx:
        tx.grants.get(account.id).refreshed_at = bot.now - unused + days(20)
        tx.grants.get(account.id).keep_due_at = bot.now + days(90)
    bot.daily_predictions.tell_due()
    bot.clock.at += days(1)
    bot.daily_predictions.tell_due()

    [change] = changes(bot, ChangeKind.GRANT_EXPIRING)
    assert change.data["account"]["ref"] == account.ref
    assert change.data["expires_on"] == "2026-12-14"
    assert change.data["why"] == "grant"


def test_an_incident_is_told_when_it_begins_and_when_it_is_over(bot: FastBot) -> None:
    first = broken(bot)
    second = broken(bot)
    bot.microsoft.refusal = None
    for account in (first, second):
        again(bot, account)
    bot.live(days(1))

    [opened] = changes(bot, ChangeKind.INCIDENT_OPENED)
    [closed] = changes(bot, ChangeKind.INCIDENT_CLOSED)
    assert opened.data["incident"]["closed_at"] is None
    assert closed.data["incident"]["closed_at"]
    assert opened.data["incident"]["id"] == closed.data["incident"]["id"]
    with bot.store.transaction() as tx:
        named = tx.changes.mentioned([opened, closed])
    assert named[opened.id] == [first.ref]
    assert named[closed.id] == sorted([first.ref, second.ref])


def test_what_is_silent_for_people_is_told_to_the_product(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_SIGN_IN)
    with bot.store.transaction() as tx:
        held = tx.accounts.lock(account.id)
        bot.accounts.disconnect_in(tx, held, MAILDESK)

    assert kinds(bot)[-1] == "account.disconnected"


def test_what_is_undone_is_not_told(bot: FastBot) -> None:
    account = live(bot)
    before = kinds(bot)
    with pytest.raises(RuntimeError), bot.store.transaction() as tx:
        bot.accounts.disconnect_in(tx, tx.accounts.lock(account.id), CAROL)
        raise RuntimeError

    assert kinds(bot) == before


def test_what_cannot_be_put_in_words_stops_nothing(
    bot: FastBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = live(bot)

    def broken_reader(*_: object) -> None:
        raise KeyError("planted")

    monkeypatch.setattr("bot.api.snapshots.shape_of", broken_reader)
    bot.accounts.disconnect(account.id, CAROL)

    assert bot.read(account).state is State.DISCONNECTED
    assert told(bot, ChangeKind.DISCONNECTED) == {"account": {"ref": account.ref}}


def test_an_erased_customer_takes_their_part_of_a_shared_incident_alone(bot: FastBot) -> None:
    beta = bot.customer("Beta Works", "C0BETA")
    mine = broken(bot)
    theirs = broken(bot, channel=beta)
    bot.microsoft.refusal = None
    for account in (mine, theirs):
        again(bot, account)
    bot.live(hours(20))
    bot.farewells.offboard(bot.acme.customer_id, "Acme Marine", VERA)
    bot.farewells.erase_now(bot.acme.customer_id)

    left = changes(bot)
    assert {each.account_id for each in left} == {None, theirs.id}
    with bot.store.transaction() as tx:
        named = tx.changes.mentioned(left)
    assert {ref for refs in named.values() for ref in refs} == {theirs.ref}
    assert mine.ref not in str([each.data for each in left])


def test_each_type_is_as_the_description_of_the_api_says(bot: FastBot) -> None:
    account = live(bot)
    refuse(bot, account)
    mend(bot, account)
    bot.accounts.change(account.id, replace(FORM, name="Office"), CAROL)
    bot.accounts.disconnect(account.id, CAROL)
    ends = bot.account(State.LIVE)
    with bot.store.transaction() as tx:
        tx.grants.get(ends.id).refreshed_at = bot.now - announced.load().grant.unused + days(20)
        tx.grants.get(ends.id).keep_due_at = bot.now + days(90)
    bot.daily_predictions.tell_due()
    several = (broken(bot), broken(bot))
    bot.microsoft.refusal = None
    for each in several:
        again(bot, each)
    bot.live(days(1))

    described = document(every_route(bot.services.api), "https://maildesk.example")
    there = changes(bot)
    assert {each.kind for each in there} == set(ChangeKind)
    with bot.store.transaction() as tx:
        named = tx.changes.mentioned(there)
    for change in there:
        event = event_of(change, named.get(change.id, []))
        wrong = [one.message for one in event_validator(described, change.kind).iter_errors(event)]
        assert wrong == [], (change.kind, wrong)
        other = next(kind for kind in ChangeKind if kind is not change.kind)
        assert not event_validator(described, other).is_valid(event)


def test_what_is_old_is_forgotten(bot: FastBot) -> None:
    live(bot)
    bot.live(days(32))

    assert changes(bot, ChangeKind.CREATED) == []
