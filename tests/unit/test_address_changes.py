"""Other addresses for an account that is connected: a grant serves only what its owner agreed to."""

from datetime import timedelta

import pytest

from bot.accounts.service import InvalidForm
from bot.signin.failed import SignInRefused
from bot.signin.links import LinkUnusable
from bot.views.account_form import Form
from storage.tables import Account
from storage.vocabulary import State
from tests.support.fast import ACME, CAROL, VERA, FastBot
from tests.support.fast_ports import object_of

pytestmark = pytest.mark.attacks

OFFICE = "office@acme.example"
BOSS = "boss@acme.example"
FIELDS = {
    "sender_email": BOSS,
    "username": BOSS,
    "aliases": BOSS,
    "shared_mailbox": BOSS,
}


@pytest.fixture
def office(bot: FastBot) -> Account:
    """A live account whose person signed in as office@acme.example."""
    return bot.account(State.LIVE, name="Office", address=OFFICE)


def change(bot: FastBot, account: Account, **fields: str) -> None:
    """Carol enters other addresses in the account's form."""
    form = Form(**{**vars(bot.accounts.form(account.id)), **fields})
    if "shared_mailbox" in fields:
        form = Form(**{**vars(form), "sender_email": fields["shared_mailbox"], "username": OFFICE})
    bot.accounts.change(account.id, form, CAROL)


def addresses(account: Account) -> tuple[str, ...]:
    """An account's addresses."""
    return account.sender_email, account.username, account.shared_mailbox, account.aliases


def opened(bot: FastBot, account: Account) -> tuple[str, str]:
    """Which mailbox a connection test opens now, and as whom it would send."""
    bot.checks.start(account.id, CAROL)
    bot.run_due()
    target = bot.mail.targets[-1]
    return target.mailbox, target.sender_email


# -- before the owner has agreed


@pytest.mark.parametrize("field", FIELDS)
def test_a_connected_account_goes_on_as_it_is_until_its_owner_agrees(
    bot: FastBot, office: Account, field: str
) -> None:
    change(bot, office, **{field: FIELDS[field]})

    now = bot.read(office)
    assert addresses(now) == addresses(office)
    assert now.state is State.LIVE
    assert opened(bot, office) == (OFFICE, OFFICE)


def test_whatever_an_account_says_its_grant_opens_what_was_agreed(
    bot: FastBot, office: Account
) -> None:
    with bot.store.transaction() as tx:
        row = tx.accounts.lock(office.id)
        row.shared_mailbox = BOSS
        row.sender_email = BOSS

    assert opened(bot, office) == (OFFICE, OFFICE)


@pytest.mark.parametrize("stranger", [BOSS, "ann@acme.example"])
def test_nobody_else_agrees_in_the_owners_place(
    bot: FastBot, office: Account, stranger: str
) -> None:
    change(bot, office, shared_mailbox=BOSS)

    with pytest.raises(SignInRefused) as refused:
        bot.sign_in(office, stranger)
    assert refused.value.recorded.verdict.cause == "other-account"
    assert addresses(bot.read(office)) == addresses(office)
    assert opened(bot, office) == (OFFICE, OFFICE)


def test_a_name_that_the_owner_does_not_sign_in_under_is_not_taken(
    bot: FastBot, office: Account
) -> None:
    change(bot, office, username=BOSS, sender_email=BOSS)

    with pytest.raises(SignInRefused):
        bot.sign_in(office, OFFICE)
    assert addresses(bot.read(office)) == addresses(office)


def test_the_card_says_what_waits_and_for_whom(bot: FastBot, office: Account) -> None:
    change(bot, office, shared_mailbox=BOSS)

    card = bot.card(office)
    assert f"•  Shared mailbox: (none) → *{BOSS}*" in card
    assert f"until *{OFFICE}* signs in again" in card
    assert "Leave it as it is" in card


def test_who_follows_the_link_reads_what_is_new(bot: FastBot, office: Account) -> None:
    change(bot, office, shared_mailbox=BOSS)

    page = bot.signin.look(bot.link(office))
    assert page.changes == {"sender_email": (OFFICE, BOSS), "shared_mailbox": ("", BOSS)}
    assert page.signs_in_as == OFFICE


# -- once the owner has agreed


def test_once_the_owner_signs_in_the_new_addresses_are_used(bot: FastBot, office: Account) -> None:
    change(bot, office, shared_mailbox=BOSS)

    bot.sign_in(office, OFFICE)
    bot.run_due()

    assert addresses(bot.read(office)) == (BOSS, OFFICE, BOSS, "")
    target = bot.mail.targets[-1]
    assert (target.mailbox, target.smtp_username, target.sender_email) == (BOSS, OFFICE, BOSS)
    (entry,) = bot.audited("account.changed")
    assert entry.user == CAROL.user
    assert entry.detail == {
        "agreed_by": OFFICE,
        "sender_email": f"{OFFICE} → {BOSS}",
        "shared_mailbox": f" → {BOSS}",
    }
    assert bot.accounts.form(office.id).shared_mailbox == BOSS
    assert "Leave it as it is" not in bot.card(office)


def test_a_person_who_was_renamed_agrees_to_their_new_name(bot: FastBot, office: Account) -> None:
    change(bot, office, username="new@acme.example")
    bot.microsoft.claims = {"oid": object_of(OFFICE)}

    bot.sign_in(office, "new@acme.example")
    assert bot.read(office).username == "new@acme.example"


def test_a_new_link_serves_the_change_as_the_one_before(bot: FastBot, office: Account) -> None:
    change(bot, office, aliases=BOSS)
    bot.accounts.renew_link(office.id, CAROL)

    bot.sign_in(office, OFFICE)
    assert bot.read(office).aliases == BOSS


def test_an_address_that_another_account_has_by_now_is_not_taken_over(
    bot: FastBot, office: Account
) -> None:
    change(bot, office, sender_email=BOSS, username=OFFICE)
    bot.account(name="Boss", address=BOSS)

    bot.sign_in(office, OFFICE)

    assert addresses(bot.read(office)) == addresses(office)
    assert "change.address_taken" in bot.told(ACME)
    assert bot.read(office).state is State.LIVE


# -- taken back


def test_what_waits_is_shown_in_the_form_and_saved_again_unchanged(
    bot: FastBot, office: Account
) -> None:
    change(bot, office, aliases=BOSS)
    asked = len(bot.audited("change.asked"))

    assert bot.accounts.form(office.id).aliases == BOSS
    bot.accounts.change(office.id, bot.accounts.form(office.id), CAROL)
    assert len(bot.audited("change.asked")) == asked == 1


@pytest.mark.parametrize("way", ["by the button", "by the form"])
def test_a_change_that_is_taken_back_cannot_be_agreed_to(
    bot: FastBot, office: Account, way: str
) -> None:
    change(bot, office, aliases=BOSS)
    state = bot.go_to_microsoft(office)

    if way == "by the button":
        bot.accounts.withdraw_change(office.id, VERA)
    else:
        change(bot, office, aliases="")
    with pytest.raises(LinkUnusable):
        bot.come_back(state, OFFICE)
    assert bot.read(office).aliases == ""
    assert bot.told(ACME)[-1] == "change.withdrawn"


def test_of_two_changes_the_later_one_is_agreed_to(bot: FastBot, office: Account) -> None:
    change(bot, office, aliases="first@acme.example")
    earlier = bot.go_to_microsoft(office)
    change(bot, office, aliases=BOSS)

    with pytest.raises(LinkUnusable):
        bot.come_back(earlier, OFFICE)
    bot.sign_in(office, OFFICE)
    assert bot.read(office).aliases == BOSS


def test_a_disconnected_account_has_no_change_that_waits(bot: FastBot, office: Account) -> None:
    change(bot, office, shared_mailbox=BOSS)
    bot.accounts.disconnect(office.id, CAROL)
    bot.accounts.renew_link(office.id, CAROL)

    bot.sign_in(office, OFFICE)
    assert addresses(bot.read(office)) == addresses(office)


# -- before anybody is connected


def test_who_is_at_microsoft_for_the_addresses_before_connects_nothing(bot: FastBot) -> None:
    account = bot.account(address=OFFICE)
    state = bot.go_to_microsoft(account)
    change(bot, account, shared_mailbox=BOSS)

    with pytest.raises(LinkUnusable):
        bot.come_back(state, OFFICE)


def test_who_came_back_late_from_an_expired_link_connects_nothing_new(bot: FastBot) -> None:
    account = bot.account(address=OFFICE)
    secret = bot.link(account)
    bot.clock.at = bot.signin.look(secret).good_until - timedelta(minutes=1)
    state = bot.signin.begin(secret, "a browser").rpartition("state=")[2]
    bot.pass_time(minutes=2)
    change(bot, account, shared_mailbox=BOSS)

    with pytest.raises(LinkUnusable):
        bot.come_back(state, OFFICE)


def test_tokens_that_are_held_open_nothing_else_than_was_agreed(bot: FastBot) -> None:
    channel = bot.customer("Borealis", "C0BORE", domain="none")
    account = bot.account(address=OFFICE, channel=channel)
    bot.sign_in(account, OFFICE)
    change(bot, account, shared_mailbox=BOSS)

    with bot.store.transaction() as tx:
        assert tx.signins.held(account.id) is None
        assert tx.signins.usable_ticket(account.id, bot.now) is not None


def test_an_address_of_another_account_is_refused_in_the_form(
    bot: FastBot, office: Account
) -> None:
    bot.account(name="Boss", address=BOSS)

    with pytest.raises(InvalidForm) as wrong:
        change(bot, office, sender_email=BOSS, username=OFFICE)
    assert wrong.value.problems == {"sender_email": "form.address_taken"}
