"""Whose organisation it is, by evidence: what Microsoft names for the mailbox's domain decides who
may say that who signed in is of the customer's organisation."""

from typing import Any

import pytest

from bot.common.people import Person
from bot.common.refusals import Refused
from bot.diagnosis.observation import Condition, Observation, Where
from bot.messages import notices
from bot.microsoft.client import MicrosoftUnreachable
from bot.microsoft.identity import PERSONAL_TENANT
from storage.tables import Account, Channel, HeldSignIn
from tests.support.fast import DESK, VERA, FastBot, days, tenant_of

BORE = "C0BORE"
NORA = Person("T0BORE", "U0NORA", BORE)
OURS, THEIRS = tenant_of("borealis.example"), tenant_of("evil.example")


@pytest.fixture
def borealis(bot: FastBot) -> Channel:
    """The channel of a customer whose organisation nobody has named yet."""
    return bot.customer("Borealis", BORE, domain="none")


def box(
    bot: FastBot, channel: Channel, address: str = "a@borealis.example", **facts: Any
) -> Account:
    """A mailbox that waits for its sign-in."""
    return bot.account(channel=channel, address=address, **facts)


def doubtful(bot: FastBot, channel: Channel) -> Account:
    """Somebody of another organisation was the first to sign in to a mailbox."""
    account = box(bot, channel, username="a@evil.example")
    assert bot.sign_in(account).doubtful
    return account


def held(bot: FastBot, account: Account) -> HeldSignIn | None:
    with bot.store.transaction() as tx:
        return tx.signins.held(account.id)


def tenant(bot: FastBot, account: Account) -> str:
    """The organisation that the customer is bound to."""
    with bot.store.transaction() as tx:
        return tx.channels.customer(account.customer_id).tenant_id


def refused(bot: FastBot, account: Account, by: Person = NORA, **answer: Any) -> Refused:
    """What somebody is told who confirms in vain."""
    with pytest.raises(Refused) as found:
        bot.signin.confirm(account.id, by, **{"support": False, **answer})
    return found.value


def doubts(bot: FastBot) -> list[str]:
    """What support reads of doubtful sign-ins, each message as it stands."""
    bot.deliver()
    return [each.words for each in bot.posted(DESK) if "organisation" in each.words]


# -- what is evident


def test_what_microsoft_names_for_the_mailboxs_domain_is_evident_and_one_press_is_enough(
    bot: FastBot, borealis: Channel
) -> None:
    account = box(bot, borealis)

    signed_in = bot.sign_in(account)

    assert (signed_in.held_for, signed_in.doubtful) == ("Borealis", False)
    assert "is *borealis.example* Borealis's own organisation?" in bot.card(account)
    assert doubts(bot) == []
    bot.signin.confirm(account.id, NORA, support=False)
    assert tenant(bot, account) == OURS


def test_who_signs_in_under_the_initial_domain_of_the_same_organisation_is_evident(
    bot: FastBot, borealis: Channel
) -> None:
    account = box(bot, borealis, username="a@borealis.onmicrosoft.com")
    bot.microsoft.tenants["borealis.example"] = tenant_of("borealis.onmicrosoft.com")

    assert not bot.sign_in(account).doubtful
    assert bot.microsoft.named == ["borealis.example"]


def test_of_a_shared_mailbox_its_own_domain_decides(bot: FastBot, borealis: Channel) -> None:
    shared = {"username": "guest@evil.example", "shared_mailbox": "sales@borealis.example"}
    account = box(bot, borealis, "sales@evil.example", **shared)

    assert bot.sign_in(account).doubtful
    assert bot.microsoft.named == ["borealis.example"]


def test_microsoft_is_asked_while_nobody_waits_for_the_database(
    bot: FastBot, borealis: Channel
) -> None:
    account = box(bot, borealis)
    asked: list[str] = []

    def look() -> None:
        with bot.store.transaction() as tx:  # one within another would not begin
            asked.append(tx.accounts.get(account.id).name)

    bot.microsoft.on_named = look
    bot.sign_in(account)
    assert asked == [account.name]


def test_where_the_organisation_is_known_microsoft_is_not_asked_whose_a_domain_is(
    bot: FastBot,
) -> None:
    bot.sign_in(bot.account())
    assert bot.microsoft.named == []


# -- what is doubtful


@pytest.mark.attacks
def test_whoever_signs_in_first_with_an_organisation_of_their_own_pins_nothing(
    bot: FastBot, borealis: Channel
) -> None:
    account = doubtful(bot, borealis)

    told = refused(bot, account)

    assert (told.sentence, told.values) == ("organisation.doubtful", {"customer": "Borealis"})
    assert tenant(bot, account) == "" and held(bot, account) is not None
    assert bot.read(account).object_id == ""
    (entry,) = bot.audited("organisation.doubtful")
    assert (entry.result, entry.user, entry.detail) == ("refused", NORA.user, {"tenant": THEIRS})


@pytest.mark.attacks
def test_the_customers_card_offers_no_yes_and_supports_does(
    bot: FastBot, borealis: Channel
) -> None:
    account = doubtful(bot, borealis)

    assert "Yes, it is ours" not in bot.card(account)
    assert "Confirm this organisation" not in bot.card(account)
    assert "No, it is not" in bot.card(account)
    (told,) = doubts(bot)
    assert "Confirm this organisation" in told and "Refuse this organisation" in told


def test_support_sees_both_organisations_and_whose_they_are(
    bot: FastBot, borealis: Channel
) -> None:
    bot.customer("Evil Twins", "C0EVIL")
    with bot.store.transaction() as tx:
        twins = tx.channels.customer_named("Evil Twins")
        assert twins is not None
        twins.tenant_id = THEIRS
    account = doubtful(bot, borealis)

    (told,) = doubts(bot)

    assert THEIRS in told and OURS in told and account.ref in told
    assert "known here as that of Evil Twins" in told and "a@evil.example" in told
    assert "Microsoft's organisation for borealis.example" in told


def test_support_is_asked_once_however_often_it_is_pressed_and_signed_in(
    bot: FastBot, borealis: Channel
) -> None:
    account = box(bot, borealis, username="a@evil.example")
    secret = bot.link(account)
    for _ in range(3):
        state = bot.signin.begin(secret, "a browser").rpartition("state=")[2]
        bot.come_back(state, account.username)
        refused(bot, account)
        assert len(doubts(bot)) == 1


@pytest.mark.parametrize("named", ["", PERSONAL_TENANT])
def test_a_domain_of_no_organisation_or_of_personal_accounts_proves_nothing(
    bot: FastBot, borealis: Channel, named: str
) -> None:
    bot.microsoft.unknown_domains = set() if named else {"borealis.example"}
    bot.microsoft.tenants["borealis.example"] = named
    account = box(bot, borealis)

    assert bot.sign_in(account).doubtful
    assert refused(bot, account).sentence == "organisation.doubtful"
    (told,) = doubts(bot)
    assert (named or "none, or no answer") in told


def test_microsoft_that_does_not_say_whose_a_domain_is_leaves_it_to_support(
    bot: FastBot, borealis: Channel
) -> None:
    account = box(bot, borealis)

    def fail() -> None:
        seen = Observation(Where.NETWORK, step="token", condition=Condition.TIMEOUT)
        raise MicrosoftUnreachable(seen)

    bot.microsoft.on_named = fail
    assert bot.sign_in(account).doubtful
    found = held(bot, account)
    assert found is not None and found.named_tenant is None


def test_what_was_held_before_anybody_asked_microsoft_is_supports_to_confirm(
    bot: FastBot, borealis: Channel
) -> None:
    account = box(bot, borealis)
    bot.sign_in(account)
    with bot.store.transaction() as tx:
        row = tx.signins.held(account.id)
        assert row is not None
        row.named_tenant = None
    assert doubts(bot) == []

    assert refused(bot, account).sentence == "organisation.doubtful"
    assert len(doubts(bot)) == 1
    bot.signin.confirm(account.id, VERA, support=True, seen=OURS)
    assert tenant(bot, account) == OURS


# -- support answers


def test_support_confirms_what_it_was_shown(bot: FastBot, borealis: Channel) -> None:
    account = doubtful(bot, borealis)
    doubts(bot)

    bot.signin.confirm(account.id, VERA, support=True, seen=THEIRS)

    assert tenant(bot, account) == THEIRS and held(bot, account) is None
    (entry,) = bot.audited("organisation.confirmed")
    assert (entry.user, entry.detail) == (VERA.user, {"tenant": THEIRS, "named": OURS})
    assert "has been settled" in doubts(bot)[0]


@pytest.mark.attacks
@pytest.mark.parametrize("seen", ["", OURS, "' or 1=1"])
def test_support_confirms_no_other_organisation_than_it_was_shown(
    bot: FastBot, borealis: Channel, seen: str
) -> None:
    account = doubtful(bot, borealis)

    told = refused(bot, account, VERA, support=True, seen=seen)

    assert told.sentence == "organisation.look_again"
    assert tenant(bot, account) == ""


def test_a_refused_organisation_ends_the_question_and_the_next_sign_in_is_asked_anew(
    bot: FastBot, borealis: Channel
) -> None:
    account = doubtful(bot, borealis)
    doubts(bot)

    bot.signin.withdraw_held(account.id, VERA)

    assert held(bot, account) is None
    assert "has been settled" in doubts(bot)[0]
    bot.clock.at += days(1)
    bot.sign_in(account)
    assert sum("Confirm this organisation" in each for each in doubts(bot)) == 1


def test_a_doubtful_sign_in_of_the_organisation_that_another_proved_is_kept_with_it(
    bot: FastBot, borealis: Channel
) -> None:
    bot.microsoft.unknown_domains = {"brand.example"}
    brand = box(bot, borealis, "a@brand.example", username="b@borealis.example")
    plain = box(bot, borealis)
    assert bot.sign_in(brand).doubtful and not bot.sign_in(plain).doubtful
    doubts(bot)

    bot.signin.confirm(plain.id, NORA, support=False)

    assert bot.read(brand).tenant_id == OURS
    assert "has been settled" in doubts(bot)[0]


def test_the_message_of_a_link_says_nothing_of_a_sign_in_with_a_later_one(
    bot: FastBot, borealis: Channel
) -> None:
    account = doubtful(bot, borealis)
    first = held(bot, account)
    bot.sign_in(account)

    assert first is not None
    drawn = bot.draw(notices.DOUBT, account=account.id, link=first.ticket_id)
    assert "Confirm this organisation" not in drawn
