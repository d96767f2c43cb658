"""Accounts: what the form takes, what changing one brings with it, and how a connection ends."""

from datetime import timedelta
from typing import Any

import pytest

from bot.accounts.service import InvalidForm, OldAccountThere
from bot.common.jobs import CheckAccount
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.diagnosis.observation import Observation, Where
from bot.messages import notices
from bot.signin.links import LinkUnusable
from bot.views.account_form import Form, form_of
from storage.tables import Account, OldAccount
from storage.vocabulary import Owner, State, StepId
from tests.support.fast import ACME, CAROL, FastBot, hours

OFFICE = Form(name="Office", sender_name="Acme Office", sender_email="office@acme.example")


def form(**fields: Any) -> Form:
    """The form for an office mailbox, with some fields filled in otherwise."""
    return Form(**{**vars(OFFICE), **fields})


def created(bot: FastBot, filled: Form = OFFICE) -> Account:
    """The account that Carol creates with this form."""
    bot.accounts.create(ACME, filled, CAROL)
    return bot.accounts_there()[-1]


def problems(bot: FastBot, filled: Form) -> dict[str, str]:
    """What is said at which field when this form is sent; nothing is created then."""
    with pytest.raises(InvalidForm) as refused:
        bot.accounts.create(ACME, filled, CAROL)
    assert bot.accounts_there() == []
    return refused.value.problems


def listed_before(bot: FastBot, address: str) -> OldAccount:
    """An old account of that address which the customer has listed."""
    bot.legacy.import_text(ACME, f"Old, {address}", CAROL)
    with bot.store.transaction() as tx:
        return tx.legacy.of_customer(bot.acme.customer_id)[-1]


def old(bot: FastBot) -> OldAccount:
    """The old account that the customer has listed."""
    with bot.store.transaction() as tx:
        return tx.legacy.of_customer(bot.acme.customer_id)[0]


def link_works(bot: FastBot, secret: str) -> bool:
    """Whether a login link leads anywhere."""
    try:
        with bot.store.transaction() as tx:
            bot.links.usable(tx, secret)
    except LinkUnusable:
        return False
    return True


def count_tests(bot: FastBot) -> int:
    """How many tests run now, to their end."""
    before = len(bot.mail.targets)
    bot.run_due()
    return len(bot.mail.targets) - before


# -- what the form takes


def test_a_form_is_taken_without_its_stray_spaces(bot: FastBot) -> None:
    account = created(
        bot,
        form(
            name="  The   Office ",
            sender_name=" Acme  Office",
            sender_email=" mailto:office@acme.example ",
            username=" ann@acme.example ",
            shared_mailbox=" mailto:team@acme.example ",
            aliases=" a@acme.example, b@acme.example;\nc@acme.example ",
        ),
    )

    assert form_of(account) == Form(
        name="The Office",
        sender_name="Acme Office",
        sender_email="office@acme.example",
        username="ann@acme.example",
        shared_mailbox="team@acme.example",
        aliases="a@acme.example b@acme.example c@acme.example",
    )


def test_who_signs_in_is_the_senders_address_where_nobody_else_is_named(bot: FastBot) -> None:
    account = created(bot)

    assert account.username == "office@acme.example"
    assert form_of(account) == OFFICE


@pytest.mark.parametrize("field", ["name", "sender_name"])
@pytest.mark.parametrize(
    ("text", "sentence"), [("  ", "form.name_missing"), ("x" * 81, "form.name_too_long")]
)
def test_a_name_is_there_and_at_most_80_characters_long(
    bot: FastBot, field: str, text: str, sentence: str
) -> None:
    assert problems(bot, form(**{field: text})) == {field: sentence}

    assert getattr(created(bot, form(**{field: "x" * 80})), field) == "x" * 80


@pytest.mark.parametrize(
    "address",
    [
        "",
        "office",
        "office@acme",
        "office @acme.example",
        "office@@acme.example",
        "a@b@acme.example",
        '"office"@acme.example',
        "office@-acme.example",
        "office@acme-.example",
        "office@acme.e",
        "x" * 65 + "@acme.example",
    ],
)
def test_what_is_no_address_is_not_taken_for_one(bot: FastBot, address: str) -> None:
    assert problems(bot, form(sender_email=address)) == {"sender_email": "form.address_bad"}


def test_an_address_has_at_most_254_characters(bot: FastBot) -> None:
    assert problems(bot, form(sender_email="a" * 255)) == {"sender_email": "form.address_too_long"}
    assert problems(bot, form(sender_email="a" * 254)) == {"sender_email": "form.address_bad"}


def test_a_bad_address_is_said_once_where_it_stands_for_both(bot: FastBot) -> None:
    assert problems(bot, form(sender_email="x", username="x")) == {
        "sender_email": "form.address_bad"
    }


def test_who_signs_in_needs_an_address_of_their_own(bot: FastBot) -> None:
    assert problems(bot, form(username="ann")) == {"username": "form.address_bad"}


def test_oauth_cannot_be_left_out(bot: FastBot) -> None:
    assert problems(bot, form(use_oauth=False)) == {"use_oauth": "form.oauth_needed"}


@pytest.mark.parametrize(
    "aliases",
    ["a@acme.example nobody", " ".join(f"a{number}@acme.example" for number in range(11))],
)
def test_aliases_are_addresses_and_at_most_ten(bot: FastBot, aliases: str) -> None:
    assert problems(bot, form(aliases=aliases)) == {"aliases": "form.aliases_bad"}


def test_ten_aliases_are_taken(bot: FastBot) -> None:
    aliases = " ".join(f"a{number}@acme.example" for number in range(10))

    assert created(bot, form(aliases=aliases)).aliases == aliases


@pytest.mark.parametrize(
    ("username", "sentence"),
    [
        ("", "form.delegate_needed"),
        ("OFFICE@acme.example", "form.delegate_needed"),
        ("Team@acme.example", "form.delegate_needed"),
        ("ann", "form.address_bad"),
    ],
)
def test_a_shared_mailbox_is_opened_by_a_person(bot: FastBot, username: str, sentence: str) -> None:
    shared = form(username=username, shared_mailbox="team@acme.example")

    assert problems(bot, shared) == {"username": sentence}


def test_a_shared_mailbox_has_an_address(bot: FastBot) -> None:
    shared = form(username="ann@acme.example", shared_mailbox="the team")

    assert problems(bot, shared) == {"shared_mailbox": "form.address_bad"}


def test_everything_that_is_wrong_is_said_at_once(bot: FastBot) -> None:
    wrong = Form(sender_email="x", use_oauth=False)

    assert problems(bot, wrong).keys() == {"name", "sender_name", "sender_email", "use_oauth"}


# -- created


def test_a_new_account_waits_for_its_sign_in_with_a_link_on_its_card(bot: FastBot) -> None:
    account = created(bot)
    bot.run_due()

    assert account.ref.startswith("MB-")
    assert (account.state, account.owner) == (State.AWAITING_SIGN_IN, Owner.USER)
    assert (account.created_at, account.state_since) == (bot.now, bot.now)
    assert Person(account.created_by_team, account.created_by_user) == CAROL
    assert account.channel_id == ACME
    with bot.store.transaction() as tx:
        assert tx.signins.usable_ticket(account.id, bot.now) is not None
    (entry,) = bot.audited("account.created")
    assert (entry.subject, entry.user) == (account.ref, CAROL.user)
    assert entry.detail == {"address": "office@acme.example"}
    assert notices.ACCOUNT_CARD in [item.notice for item in bot.outbox(ACME)]


def test_an_address_stands_once_for_a_customer_however_it_is_written(bot: FastBot) -> None:
    created(bot)

    with pytest.raises(InvalidForm) as refused:
        bot.accounts.create(ACME, form(sender_email="Office@ACME.example"), CAROL)

    assert refused.value.problems == {"sender_email": "form.address_taken"}


def test_two_customers_may_have_the_same_address(bot: FastBot) -> None:
    created(bot)
    bot.customer("Other", "C0OTHER", domain="acme.example")

    bot.accounts.create("C0OTHER", OFFICE, CAROL)

    assert [account.name for account in bot.accounts_there()] == ["Office", "Office"]


def test_an_old_account_of_the_address_has_to_be_deleted_first(bot: FastBot) -> None:
    listed_before(bot, "office@acme.example")

    with pytest.raises(OldAccountThere):
        bot.accounts.create(ACME, OFFICE, CAROL)

    assert bot.accounts_there() == []
    assert old(bot).deleted_at is None


def test_the_form_may_say_that_the_old_account_is_deleted(bot: FastBot) -> None:
    listed_before(bot, "Office@acme.example")

    account = created(bot, form(old_deleted=True))

    assert old(bot).account_id == account.id
    assert old(bot).deleted_at == bot.now
    (entry,) = bot.audited("old.replaced")
    assert (entry.subject, entry.detail) == (account.ref, {"address": "Office@acme.example"})


def test_an_old_account_that_was_marked_deleted_keeps_its_date(bot: FastBot) -> None:
    listed = listed_before(bot, "office@acme.example")
    bot.legacy.mark(listed.id, True, CAROL)
    marked_at = bot.now
    bot.pass_time(hours=1)

    account = created(bot)

    assert old(bot).account_id == account.id
    assert old(bot).deleted_at == marked_at


def test_an_old_account_that_has_its_new_one_stands_in_nobodys_way(bot: FastBot) -> None:
    listed_before(bot, "office@acme.example")
    first = created(bot, form(old_deleted=True))
    bot.accounts.disconnect(first.id, CAROL)

    second = created(bot)

    assert second.id != first.id
    assert old(bot).account_id == first.id


def test_nothing_is_created_in_a_channel_that_is_bound_to_nobody(bot: FastBot) -> None:
    with pytest.raises(Refused) as refused:
        bot.accounts.create("C0NOBODY", OFFICE, CAROL)

    assert refused.value.sentence == "refused.channel_not_bound"


# -- changed


def test_a_change_of_names_leaves_the_link_and_the_connection_alone(bot: FastBot) -> None:
    account = bot.account(State.LIVE, name="Office")
    secret = bot.link(account)
    proved_at = bot.read(account).proved_at

    changed = Form(**{**vars(form_of(account)), "name": "Front desk", "sender_name": "Desk"})
    bot.accounts.change(account.id, changed, CAROL)

    now = bot.read(account)
    assert (now.name, now.sender_name) == ("Front desk", "Desk")
    assert now.proved_at == proved_at is not None
    assert link_works(bot, secret)
    assert count_tests(bot) == 0
    (entry,) = bot.audited("account.changed")
    assert (entry.subject, entry.user) == (account.ref, CAROL.user)
    assert entry.detail == {"name": "Office → Front desk", "sender_name": "Office → Desk"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sender_email", "new@acme.example"),
        ("username", "ann@acme.example"),
        ("aliases", "also@acme.example"),
    ],
)
def test_a_new_address_ends_the_link_for_the_one_before(
    bot: FastBot, field: str, value: str
) -> None:
    account = bot.account(address="office@acme.example")
    secret = bot.link(account)

    changed = Form(**{**vars(bot.accounts.form(account.id)), field: value})
    bot.accounts.change(account.id, changed, CAROL)

    assert getattr(bot.read(account), field) == value
    assert not link_works(bot, secret)
    with bot.store.transaction() as tx:
        assert tx.signins.usable_ticket(account.id, bot.now) is not None


def test_nobody_is_given_a_link_who_had_none(bot: FastBot) -> None:
    account = bot.account()

    bot.accounts.change(account.id, form(sender_email="new@acme.example"), CAROL)

    with bot.store.transaction() as tx:
        assert tx.signins.usable_ticket(account.id, bot.now) is None


def test_what_was_changed_is_kept_before_and_after_field_by_field(bot: FastBot) -> None:
    account = bot.account(address="office@acme.example", name="Office")
    named = bot.accounts.form(account.id)

    changed = Form(**{**vars(named), "name": "Desk", "shared_mailbox": "team@acme.example"})
    bot.accounts.change(
        account.id, Form(**{**vars(changed), "username": "ann@acme.example"}), CAROL
    )

    details = [entry.detail for entry in bot.audited("account.changed")]
    assert details == [
        {"name": "Office → Desk"},
        {
            "username": "office@acme.example → ann@acme.example",
            "shared_mailbox": " → team@acme.example",
        },
    ]


def test_an_account_that_nobody_signed_in_to_is_not_tested(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_SIGN_IN)

    bot.accounts.change(account.id, form(sender_email="new@acme.example"), CAROL)

    assert count_tests(bot) == 0
    assert bot.read(account).state is State.AWAITING_SIGN_IN


def test_a_changed_address_is_the_accounts_from_then_on(bot: FastBot) -> None:
    account = bot.account(address="old@acme.example")

    bot.accounts.change(account.id, form(sender_email="New@acme.example"), CAROL)

    created(bot, form(sender_email="old@acme.example"))
    with pytest.raises(InvalidForm):
        bot.accounts.create(ACME, form(sender_email="new@acme.example"), CAROL)


def test_an_account_may_keep_its_own_address_and_take_nobody_elses(bot: FastBot) -> None:
    account = bot.account(address="one@acme.example")
    bot.account(address="other@acme.example")

    bot.accounts.change(account.id, form(sender_email="ONE@acme.example"), CAROL)
    with pytest.raises(InvalidForm) as refused:
        bot.accounts.change(account.id, form(sender_email="other@acme.example"), CAROL)

    assert refused.value.problems == {"sender_email": "form.address_taken"}
    assert bot.read(account).sender_email == "ONE@acme.example"


def test_a_bad_form_changes_nothing(bot: FastBot) -> None:
    account = bot.account(name="Office")

    with pytest.raises(InvalidForm) as refused:
        bot.accounts.change(account.id, Form(), CAROL)

    assert "name" in refused.value.problems
    assert bot.read(account).name == "Office"


def test_a_disconnected_account_that_is_changed_leaves_its_address_to_others(bot: FastBot) -> None:
    account = bot.account(address="one@acme.example")
    bot.accounts.disconnect(account.id, CAROL)

    bot.accounts.change(account.id, form(sender_email="two@acme.example"), CAROL)

    assert created(bot, form(sender_email="two@acme.example")).id != account.id


# -- a new link


def test_a_new_link_ends_the_one_before(bot: FastBot) -> None:
    account = bot.account()
    secret = bot.link(account)

    bot.accounts.renew_link(account.id, CAROL)

    assert not link_works(bot, secret)
    with bot.store.transaction() as tx:
        assert tx.signins.usable_ticket(account.id, bot.now) is not None
    (entry,) = bot.audited("link.renewed")
    assert (entry.subject, entry.user) == (account.ref, CAROL.user)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (State.CREATED, State.AWAITING_SIGN_IN),
        (State.AWAITING_SIGN_IN, State.AWAITING_SIGN_IN),
        (State.AWAITING_ADMIN, State.AWAITING_SIGN_IN),
        (State.DISCONNECTED, State.AWAITING_SIGN_IN),
        (State.LIVE, State.LIVE),
        (State.FAILING, State.FAILING),
        (State.UNMAPPED, State.UNMAPPED),
    ],
)
def test_a_new_link_has_only_those_sign_in_again_who_are_not_connected(
    bot: FastBot, before: State, after: State
) -> None:
    account = bot.account(before, address_key=None)

    bot.accounts.renew_link(account.id, CAROL)

    assert bot.read(account).state is after


def test_a_disconnected_account_comes_back_with_its_address(bot: FastBot) -> None:
    account = bot.account(State.LIVE, address="Office@acme.example")
    bot.accounts.disconnect(account.id, CAROL)

    bot.accounts.renew_link(account.id, CAROL)

    with pytest.raises(InvalidForm):
        bot.accounts.create(ACME, OFFICE, CAROL)


def test_a_disconnected_account_does_not_come_back_beside_another_of_its_address(
    bot: FastBot,
) -> None:
    account = bot.account(State.LIVE, address="office@acme.example")
    bot.accounts.disconnect(account.id, CAROL)
    in_use = created(bot)

    with pytest.raises(Refused) as refused:
        bot.accounts.renew_link(account.id, CAROL)

    assert refused.value.sentence == "disconnect.address_taken"
    assert refused.value.values == {"address": "office@acme.example", "ref": in_use.ref}
    assert bot.read(account).state is State.DISCONNECTED


# -- the end of a connection


def test_a_disconnected_account_keeps_what_it_was_and_forgets_who_it_was(bot: FastBot) -> None:
    account = bot.account(State.LIVE, name="Office", proved_sent="Sent Items")
    secret = bot.link(account)

    bot.accounts.disconnect(account.id, CAROL)

    now = bot.read(account)
    assert now.state is State.DISCONNECTED
    assert (now.name, now.sender_email) == ("Office", account.sender_email)
    assert (now.tenant_id, now.object_id, now.signed_in_as, now.proved_sent) == ("", "", "", "")
    assert (now.signed_in_at, now.proved_at, now.address_key) == (None, None, None)
    assert not link_works(bot, secret)
    with bot.store.transaction() as tx:
        assert tx.grants.get(account.id) is None


def test_who_disconnects_reads_where_the_permission_is_withdrawn(bot: FastBot) -> None:
    account = bot.account(State.LIVE)

    bot.accounts.disconnect(account.id, CAROL)

    (note,) = [item for item in bot.outbox(ACME) if item.notice == notices.NOTE]
    assert note.args == {
        "sentence": "disconnect.done",
        "account": account.id,
        "values": {"upn": account.signed_in_as},
    }
    (entry,) = bot.audited("account.tokens_deleted")
    assert (entry.subject, entry.user) == (account.ref, CAROL.user)
    assert entry.detail == {"signed_in_as": account.signed_in_as}


def test_who_never_signed_in_is_named_as_the_form_does(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_SIGN_IN)

    bot.accounts.disconnect(account.id, CAROL)

    (note,) = [item for item in bot.outbox(ACME) if item.notice == notices.NOTE]
    assert note.args["values"] == {"upn": account.username}


def test_a_disconnected_account_is_not_tested_any_more(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    with bot.store.transaction() as tx:
        tx.jobs.add(CheckAccount(account_id=account.id), bot.now + timedelta(hours=1))

    bot.accounts.disconnect(account.id, CAROL)
    bot.clock.at += hours(2)

    assert count_tests(bot) == 0


def test_a_fix_that_was_reported_is_not_looked_at_any_more(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED)
    refused = Observation(Where.SMTP, StepId.SMTP_AUTH, status=535, enhanced="5.7.139")
    bot.mailbox(account).faults[StepId.SMTP_AUTH] = refused
    with bot.store.transaction() as tx:
        bot.checks.request(tx, tx.accounts.lock(account.id), CAROL)
    bot.run_due()
    bot.fixes.said(account.id, CAROL)

    bot.accounts.disconnect(account.id, CAROL)

    with bot.store.transaction() as tx:
        assert tx.fixes.open_of(account.id) is None


def test_disconnecting_twice_says_it_once(bot: FastBot) -> None:
    account = bot.account(State.LIVE)

    bot.accounts.disconnect(account.id, CAROL)
    bot.accounts.disconnect(account.id, CAROL)

    assert bot.told(ACME) == ["disconnect.done"]
