"""What support changes of a customer: the name, and which organisation at Microsoft is theirs."""

import pytest

from bot.common.people import Person
from bot.common.refusals import Refused
from bot.diagnosis.observation import Condition, Observation, Where
from bot.messages import notices
from bot.signin.links import LinkUnusable
from storage.tables import Account, Customer
from storage.vocabulary import Owner, State
from tests.support.fast import ACME, DESK, VERA, FastBot, days, tenant_of

WALTER = Person("T0LUMEN", "U0WALTER", DESK)
NEW = "new.example"


def read(bot: FastBot, customer_id: int = 0) -> Customer:
    """The customer as it stands now; Acme Marine where none is named."""
    with bot.store.transaction() as tx:
        return tx.channels.customer(customer_id or bot.acme.customer_id)


def waiting(bot: FastBot, channel: str) -> list[str]:
    """The keys of the messages that wait for a channel."""
    return [item.key for item in bot.outbox(channel) if item.done_at is None]


def tokens(bot: FastBot, account: Account) -> bool:
    """Whether we keep a permission for the account."""
    with bot.store.transaction() as tx:
        return tx.grants.get(account.id) is not None


def rename(bot: FastBot, name: str) -> None:
    bot.administration.rename(bot.acme.customer_id, name, VERA)


# -- the name


def test_a_renamed_customer_is_called_so_everywhere(bot: FastBot) -> None:
    bot.account(State.UNMAPPED, waiting_for=days(1))
    bot.account(State.BROKEN, waiting_for=days(1), owner=Owner.SUPPORT)
    bot.requests.do_it(ACME, None, VERA)
    bot.run_due()
    assert waiting(bot, ACME) == []

    rename(bot, "  Acme   Marine Ltd ")

    assert read(bot).name == "Acme Marine Ltd"
    kinds = {key.partition(":")[0] for key in waiting(bot, ACME)}
    assert kinds == {"setup", "reminder"}
    assert {key.partition(":")[0] for key in waiting(bot, DESK)} == {"request", "reminder"}
    bot.run_due()
    assert "Acme Marine Ltd" in "".join(message.words for message in bot.posted(ACME))
    (entry,) = bot.audited("customer.renamed")
    assert (entry.subject, entry.user) == (f"customer:{bot.acme.customer_id}", VERA.user)
    assert entry.detail == {"before": "Acme Marine", "after": "Acme Marine Ltd"}


def test_a_card_that_asks_whose_organisation_it_is_shows_the_new_name(bot: FastBot) -> None:
    bound = bot.customer("Beta Boats", "C0BETA", domain="none")
    account = bot.account(channel=bound)
    bot.sign_in(account)
    bot.run_due()

    bot.administration.rename(bound.customer_id, "Gamma Boats", VERA)

    assert notices.card_key(account) in waiting(bot, "C0BETA")
    assert "Gamma Boats" in bot.card(account)


@pytest.mark.parametrize("name", ["BETA BOATS", "beta  boats", " Beta Boats"])
def test_a_name_is_one_customers_whatever_its_case(bot: FastBot, name: str) -> None:
    bot.customer("Beta Boats", "C0BETA")

    with pytest.raises(Refused, match=r"customer\.name_taken"):
        rename(bot, name)

    assert read(bot).name == "Acme Marine"
    assert bot.audited("customer.renamed") == []


def test_the_cases_of_every_alphabet_are_known(bot: FastBot) -> None:
    bot.customer("Ärzte Straße", "C0BETA")

    for name in ("ÄRZTE STRASSE", "ärzte straße"):
        with pytest.raises(Refused, match=r"customer\.name_taken"):
            rename(bot, name)


def test_a_customers_own_name_may_change_its_case(bot: FastBot) -> None:
    rename(bot, "ACME Marine")

    assert read(bot).name == "ACME Marine"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("   ", "form.name_missing"),
        ("x" * 81, "form.name_too_long"),
        ("Acme Marine", "customer.name_same"),
    ],
)
def test_a_name_that_is_none_is_refused(bot: FastBot, name: str, sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        rename(bot, name)

    assert refused.value.sentence == sentence
    assert read(bot).name == "Acme Marine"


def test_a_second_press_says_that_it_is_done(bot: FastBot) -> None:
    rename(bot, "Acme Ltd")

    with pytest.raises(Refused, match=r"customer\.name_same"):
        rename(bot, "Acme Ltd")

    assert len(bot.audited("customer.renamed")) == 1


def test_nobody_can_rename_who_is_not_there(bot: FastBot) -> None:
    with pytest.raises(Refused, match=r"customer\.gone"):
        bot.administration.rename(999, "Acme Ltd", VERA)


def test_a_customer_is_found_by_name_and_told_of(bot: FastBot) -> None:
    bot.account(State.LIVE)
    bot.account(State.DISCONNECTED)

    facts = bot.administration.facts(bot.administration.named("acme marine").id)

    assert (facts.customer.name, facts.customer.tenant_id) == (
        "Acme Marine",
        tenant_of("acme.example"),
    )
    assert (facts.channels, facts.domains, dict(facts.stands)) == (
        [ACME],
        ["acme.example"],
        {State.LIVE: 1},
    )
    with pytest.raises(Refused, match=r"customer\.unknown"):
        bot.administration.named("Nobody")


# -- the organisation


def test_the_preview_says_who_is_disconnected_and_changes_nothing(bot: FastBot) -> None:
    live = bot.account(State.LIVE, name="Live")
    waits = bot.account(name="Waits")
    bot.account(State.DISCONNECTED)

    change = bot.administration.organisation_change(bot.acme.customer_id, NEW)

    assert ([each.name for each in change.signed_out], change.waiting) == (["Live"], 1)
    assert change.tenant_id == tenant_of(NEW)
    assert read(bot).tenant_id == tenant_of("acme.example")
    assert (bot.read(live).state, bot.read(waits).state) == (State.LIVE, State.AWAITING_SIGN_IN)


def test_accounts_of_the_organisation_before_are_disconnected(bot: FastBot) -> None:
    live = bot.account(State.LIVE, name="Live")
    other = bot.account(State.LIVE, name="There already", address=f"a@{NEW}")

    change = bot.administration.change_organisation(bot.acme.customer_id, NEW, VERA)

    assert [each.ref for each in change.signed_out] == [live.ref]
    assert read(bot).tenant_id == tenant_of(NEW)
    assert bot.read(live).state is State.DISCONNECTED
    assert not tokens(bot, live)
    assert bot.read(other).state is State.LIVE
    assert tokens(bot, other)
    assert "disconnect.done" in bot.told(ACME)
    assert "customer.organisation_told" in bot.told(ACME)
    assert "customer.organisation_told_support" in bot.told(DESK)
    (entry,) = bot.audited("customer.organisation_changed")
    assert entry.detail == {
        "before": tenant_of("acme.example"),
        "after": tenant_of(NEW),
        "domain": NEW,
        "accounts": 1,
    }


def test_who_is_on_the_way_begins_anew(bot: FastBot) -> None:
    account = bot.account()
    secret = bot.link(account)
    state = bot.go_to_microsoft(account)

    bot.administration.change_organisation(bot.acme.customer_id, NEW, VERA)

    with pytest.raises(LinkUnusable):
        bot.signin.look(secret)
    with pytest.raises(LinkUnusable):
        bot.come_back(state, account.username)
    with bot.store.transaction() as tx:
        assert tx.signins.usable_ticket(account.id, bot.now) is not None


def test_a_link_of_an_account_that_stays_connected_ends_too(bot: FastBot) -> None:
    there = bot.account(State.LIVE, address=f"a@{NEW}")
    secret = bot.link(there)

    bot.administration.change_organisation(bot.acme.customer_id, NEW, VERA)

    with pytest.raises(LinkUnusable):
        bot.signin.look(secret)
    assert tokens(bot, there)


def test_a_sign_in_that_waits_for_a_word_ends(bot: FastBot) -> None:
    bound = bot.customer("Beta Boats", "C0BETA", domain="none")
    account = bot.account(channel=bound)
    bot.sign_in(account)

    bot.administration.change_organisation(bound.customer_id, NEW, VERA)

    with pytest.raises(Refused, match=r"organisation\.nothing_held"):
        bot.services.signin.confirm(account.id, VERA, support=True)
    assert read(bot, bound.customer_id).tenant_id == tenant_of(NEW)
    assert not tokens(bot, account)


def test_only_the_new_organisation_signs_in_afterwards(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    bot.administration.change_organisation(bot.acme.customer_id, NEW, VERA)
    bot.accounts.renew_link(account.id, VERA)

    with pytest.raises(Exception, match="tenant"):
        bot.sign_in(account)
    assert not tokens(bot, account)


def test_a_second_confirmation_changes_nothing(bot: FastBot) -> None:
    bot.administration.change_organisation(bot.acme.customer_id, NEW, VERA)
    account = bot.account(address=f"a@{NEW}")
    bot.sign_in(account)

    with pytest.raises(Refused, match=r"customer\.organisation_same"):
        bot.administration.change_organisation(bot.acme.customer_id, NEW, WALTER)

    assert tokens(bot, account)
    assert len(bot.audited("customer.organisation_changed")) == 1


@pytest.mark.parametrize(
    ("domain", "sentence"),
    [
        ("acme", "setup_form.domain_bad"),
        ("nowhere.example", "setup_form.domain_unknown"),
        ("acme.example", "customer.organisation_same"),
    ],
)
def test_a_domain_that_leads_nowhere_is_refused(bot: FastBot, domain: str, sentence: str) -> None:
    bot.microsoft.unknown_domains = {"nowhere.example"}

    for ask in (
        lambda: bot.administration.organisation_change(bot.acme.customer_id, domain),
        lambda: bot.administration.change_organisation(bot.acme.customer_id, domain, VERA),
    ):
        with pytest.raises(Refused) as refused:
            ask()
        assert refused.value.sentence == sentence
    assert read(bot).tenant_id == tenant_of("acme.example")


def test_microsoft_is_asked_again_before_anything_changes(bot: FastBot) -> None:
    live = bot.account(State.LIVE)
    bot.administration.organisation_change(bot.acme.customer_id, NEW)
    bot.microsoft.outage = Observation(Where.NETWORK, "token", condition=Condition.TIMEOUT)

    with pytest.raises(Refused, match=r"setup_form\.domain_unanswered"):
        bot.administration.change_organisation(bot.acme.customer_id, NEW, VERA)

    assert bot.read(live).state is State.LIVE
