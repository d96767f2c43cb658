"""Offboarding: everything is disconnected at once, people are told, nothing is added any more, and
support can take the customer back until it is erased."""

import pytest
from sqlmodel import select

from bot.common.people import Person
from bot.common.refusals import Refused
from bot.signin.links import LinkUnusable
from bot.support.rights import Action
from bot.views.account_form import Form
from storage.tables import Account, Customer, Job
from storage.vocabulary import State
from tests.support.fast import ACME, CAROL, DESK, VERA, FastBot, days

WALTER = Person("T0LUMEN", "U0WALTER", DESK)
NAME = "Acme Marine"


def offboard(bot: FastBot, by: Person = VERA) -> None:
    bot.farewells.offboard(bot.acme.customer_id, NAME, by)


def read(bot: FastBot) -> Customer | None:
    """The customer as it stands now."""
    with bot.store.transaction() as tx:
        return tx.channels.held_customer(bot.acme.customer_id)


def tokens(bot: FastBot, account: Account) -> bool:
    """Whether we keep a permission for the account."""
    with bot.store.transaction() as tx:
        return tx.grants.get(account.id) is not None


def says(bot: FastBot, channel: str = ACME) -> str:
    """What stands in a channel once everything has arrived."""
    bot.run_due()
    return "\n".join(message.words for message in bot.posted(channel))


def test_the_preview_says_who_is_disconnected_and_changes_nothing(bot: FastBot) -> None:
    live = bot.account(State.LIVE, name="Live")
    bot.account(State.DISCONNECTED, name="Gone")

    told = bot.farewells.offboarding(bot.acme.customer_id)

    assert [each.name for each in told.accounts] == ["Live"]
    assert (told.channels, told.erase_at) == ([ACME], bot.now + days(30))
    assert tokens(bot, live)
    customer = read(bot)
    assert customer is not None
    assert customer.ended_at is None


def test_every_account_is_disconnected_and_its_tokens_are_gone_at_once(bot: FastBot) -> None:
    accounts = [bot.account(state) for state in State]

    offboard(bot)

    assert {bot.read(each).state for each in accounts} == {State.DISCONNECTED}
    assert not any(tokens(bot, each) for each in accounts)
    customer = read(bot)
    assert customer is not None
    assert (customer.ended_at, customer.erase_at) == (bot.now, bot.now + days(30))
    (entry,) = bot.audited("customer.offboarded")
    assert (entry.subject, entry.user) == (f"customer:{customer.id}", VERA.user)
    assert (entry.detail["customer"], entry.detail["accounts"]) == (NAME, len(accounts) - 1)


def test_the_customer_reads_where_the_permission_is_withdrawn(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED, waiting_for=days(1), name="Front desk")
    bot.show(account)
    assert "Front desk" in says(bot)

    offboard(bot)

    left = says(bot)
    assert "no longer looks after the mailboxes of Acme Marine" in left
    assert "Entra admin center &gt; Entra ID &gt; Enterprise apps" in left.replace(" > ", " &gt; ")
    assert "myapps.microsoft.com" in left
    assert "Front desk" not in left
    assert len(bot.posted(ACME)) == 1
    assert "customer.offboarded_told_support" in bot.told(DESK)


def test_nothing_is_shown_in_the_channel_afterwards(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    offboard(bot)
    bot.run_due()

    bot.show(account)

    bot.run_due()
    assert len(bot.posted(ACME)) == 1


def test_nobody_who_is_on_the_way_gets_through(bot: FastBot) -> None:
    account = bot.account()
    secret = bot.link(account)
    state = bot.go_to_microsoft(account)

    offboard(bot)

    with pytest.raises(LinkUnusable):
        bot.signin.look(secret)
    with pytest.raises(LinkUnusable):
        bot.come_back(state, account.username)
    assert not tokens(bot, account)


@pytest.mark.parametrize("person", [CAROL, VERA])
def test_nothing_is_added_or_changed_any_more(bot: FastBot, person: Person) -> None:
    account = bot.account(State.LIVE)
    offboard(bot)

    for action in (Action.ADD, Action.SIGN_IN, Action.TEST, Action.LIST_OLD, Action.CHANGE):
        with pytest.raises(Refused, match=r"refused\.customer_ended"):
            bot.rights.channel(person, ACME, action)
        with pytest.raises(Refused, match=r"refused\.customer_ended"):
            bot.rights.account(person, account.ref, action)


def test_whoever_was_allowed_a_moment_before_adds_nothing(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    offboard(bot)

    for ask in (
        lambda: bot.accounts.create(ACME, Form("New", "New", "new@acme.example"), CAROL),
        lambda: bot.accounts.renew_link(account.id, CAROL),
        lambda: bot.legacy.import_text(ACME, "Old, old@acme.example", CAROL),
        lambda: bot.legacy.begin_batch(ACME, CAROL),
        lambda: bot.drafts.begin(ACME, "Old, old@acme.example", CAROL),
        lambda: bot.requests.do_it(ACME, None, CAROL),
        lambda: bot.administration.change_organisation(bot.acme.customer_id, "b.example", VERA),
    ):
        with pytest.raises(Refused, match=r"refused\.customer_ended"):
            ask()


def test_nothing_goes_on(bot: FastBot) -> None:
    bot.account(State.UNMAPPED)
    broken = bot.account(State.BROKEN)
    bot.requests.do_it(ACME, broken.id, CAROL)
    bot.legacy.import_text(ACME, "Old, old@acme.example", CAROL)
    bot.legacy.begin_batch(ACME, CAROL)

    offboard(bot)
    with bot.store.transaction() as tx:
        assert tx.legacy.open_batch(bot.acme.customer_id) is None
    before = len(bot.audited("test.finished"))
    bot.live(days(20))

    assert len(bot.audited("test.finished")) == before
    assert bot.audited("reminder.posted") == []
    assert len(bot.posted(ACME)) == 1
    with bot.store.transaction() as tx:
        assert tx.requests.open() == []


def test_another_name_typed_is_refused(bot: FastBot) -> None:
    live = bot.account(State.LIVE)

    with pytest.raises(Refused, match=r"customer\.offboard_other_name"):
        bot.farewells.offboard(bot.acme.customer_id, "Beta Boats", VERA)

    assert tokens(bot, live)


def test_of_two_people_at_once_one_offboards(bot: FastBot) -> None:
    offboard(bot)

    with pytest.raises(Refused, match=r"refused\.customer_ended"):
        offboard(bot, WALTER)

    assert len(bot.audited("customer.offboarded")) == 1


def test_other_customers_go_on(bot: FastBot) -> None:
    beta = bot.customer("Beta Boats", "C0BETA")
    other = bot.account(State.LIVE, channel=beta)

    offboard(bot)

    assert bot.read(other).state is State.LIVE
    assert tokens(bot, other)


# -- taken back


def test_set_up_with_the_name_takes_the_customer_back(bot: FastBot) -> None:
    account = bot.account(State.LIVE, name="Front desk")
    offboard(bot)
    bot.pass_time(days=29)

    bot.customers.bind(ACME, "acme marine", VERA)

    customer = read(bot)
    assert customer is not None
    assert (customer.ended_at, customer.erase_at) == (None, None)
    assert len(bot.audited("customer.taken_back")) == 1
    with bot.store.transaction() as tx:
        assert "customer-erase" not in tx.session.exec(select(Job.kind)).all()
    assert bot.rights.channel(CAROL, ACME, Action.ADD).customer == NAME
    assert "Front desk" in says(bot)
    bot.accounts.renew_link(account.id, CAROL)
    assert bot.read(account).state is State.AWAITING_SIGN_IN
    bot.pass_time(days=60)
    assert read(bot) is not None


def test_every_channel_of_a_customer_that_is_taken_back_is_open(bot: FastBot) -> None:
    bot.slack.members["C0SECOND"] = {VERA.user, CAROL.user}
    bot.customers.bind("C0SECOND", NAME, VERA)
    offboard(bot)

    bot.customers.bind(ACME, NAME, VERA)

    with bot.store.transaction() as tx:
        assert [each.closed for each in tx.channels.bound_to(bot.acme.customer_id)] == ["", ""]


def test_a_customer_that_was_taken_back_and_ended_again_has_its_whole_time(bot: FastBot) -> None:
    offboard(bot)
    bot.pass_time(days=29)
    bot.customers.bind(ACME, NAME, VERA)
    offboard(bot)

    bot.pass_time(days=29)
    assert read(bot) is not None
    bot.pass_time(days=2)
    assert read(bot) is None


def test_its_channel_can_become_another_customers(bot: FastBot) -> None:
    offboard(bot)

    bot.bindings.rebind(ACME, bot.acme.customer_id, "Beta Boats", VERA)

    assert bot.rights.channel(CAROL, ACME, Action.ADD).customer == "Beta Boats"
    assert "Beta Boats" in says(bot)
