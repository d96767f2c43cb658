"""A channel that is bound to another customer, or to none any more: nobody there sees or uses what
was the customer's before."""

import pytest
from sqlmodel import select

from bot.common.people import Person
from bot.common.refusals import Refused
from bot.messages import notices
from bot.support.rights import Action
from storage.tables import Account, Channel, Reminder
from storage.vocabulary import BatchStatus, RequestStatus, State
from tests.support.fast import ACME, CAROL, DESK, VERA, FastBot, days

WALTER = Person("T0LUMEN", "U0WALTER", DESK)
SECOND = "C0SECOND"


def bound(bot: FastBot, channel_id: str = ACME) -> Channel | None:
    """A channel as it is bound."""
    with bot.store.transaction() as tx:
        return tx.channels.get(channel_id)


def name_there(bot: FastBot, channel_id: str = ACME) -> str:
    """Whose a channel is."""
    view = bot.customers.of_channel(channel_id)
    return view.name if view else ""


def rebind(bot: FastBot, name: str = "Beta Boats", by: Person = VERA) -> None:
    bot.bindings.rebind(ACME, bot.acme.customer_id, name, by)


def unbind(bot: FastBot) -> None:
    bot.bindings.unbind(ACME, bot.acme.customer_id, VERA)


def tokens(bot: FastBot, account: Account) -> bool:
    """Whether we keep a permission for the account."""
    with bot.store.transaction() as tx:
        return tx.grants.get(account.id) is not None


def second_channel(bot: FastBot) -> None:
    """Acme Marine is met in another channel, too."""
    bot.slack.members[SECOND] = {VERA.user, CAROL.user}
    bot.customers.bind(SECOND, "Acme Marine", VERA)


def says(bot: FastBot, channel: str = ACME) -> str:
    """What stands in a channel once everything has arrived."""
    bot.run_due()
    return "\n".join(message.words for message in bot.posted(channel))


# -- another customer's


def test_the_preview_says_what_it_does_and_changes_nothing(bot: FastBot) -> None:
    live = bot.account(State.LIVE, name="Live")
    bot.account(State.DISCONNECTED, name="Gone")

    rebinding = bot.bindings.rebinding(ACME, " Beta  Boats ")

    assert (rebinding.before.name, rebinding.name, rebinding.is_new) == (
        "Acme Marine",
        "Beta Boats",
        True,
    )
    assert ([each.name for each in rebinding.accounts], rebinding.home) == (["Live"], "")
    assert name_there(bot) == "Acme Marine"
    assert tokens(bot, live)
    with bot.store.transaction() as tx:
        assert tx.channels.customer_named("Beta Boats") is None


def test_the_channel_is_the_other_customers_and_its_accounts_are_disconnected(
    bot: FastBot,
) -> None:
    live = bot.account(State.LIVE)

    rebind(bot)

    assert name_there(bot) == "Beta Boats"
    assert bot.read(live).state is State.DISCONNECTED
    assert not tokens(bot, live)
    assert bot.read(live).customer_id == bot.acme.customer_id
    there = bound(bot)
    assert there is not None
    assert (there.customer_teams, there.bound_by_user) == ("", VERA.user)
    (entry,) = bot.audited("channel.rebound")
    assert (entry.subject, entry.detail["before"], entry.detail["after"]) == (
        ACME,
        "Acme Marine",
        "Beta Boats",
    )
    assert "customer.rebound_told" in bot.told(ACME)
    assert "customer.rebound_told_support" in bot.told(DESK)


@pytest.mark.parametrize("action", [Action.SEE, Action.SIGN_IN, Action.DISCONNECT])
def test_nobody_there_reaches_an_account_of_the_customer_before(
    bot: FastBot, action: Action
) -> None:
    account = bot.account(State.LIVE)
    assert bot.rights.account(CAROL, account.ref, action).id == account.id

    rebind(bot)

    with pytest.raises(Refused, match=r"refused\.no_account"):
        bot.rights.account(CAROL, account.ref, action)
    assert bot.accounts.of_customer(bound(bot).customer_id) == []


def test_nobody_there_reaches_lists_batches_drafts_and_reminders_of_before(bot: FastBot) -> None:
    bot.account(State.UNMAPPED, waiting_for=days(1))
    bot.legacy.import_text(ACME, "Old, old@acme.example", CAROL)
    draft = bot.drafts.begin(ACME, "Later, later@acme.example", CAROL)
    batch = bot.legacy.begin_batch(ACME, CAROL)
    bot.run_due()
    with bot.store.transaction() as tx:
        (old,) = tx.legacy.of_customer(bot.acme.customer_id)
        reminder = tx.reminders.newest_in(ACME)

    rebind(bot)

    for ask in (
        lambda: bot.rights.old_account(CAROL, old.id),
        lambda: bot.rights.draft(CAROL, draft.draft_id),
        lambda: bot.rights.batch(CAROL, batch),
        lambda: bot.rights.reminder(CAROL, reminder.id),
    ):
        with pytest.raises(Refused):
            ask()


def test_nothing_that_we_posted_there_is_left(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED, waiting_for=days(1), name="Front desk")
    bot.show(account)
    assert "Front desk" in says(bot)

    rebind(bot)

    left = says(bot)
    assert "Front desk" not in left
    assert "Acme Marine" not in left
    assert "Beta Boats" in left
    assert "mailboxes that were connected here" in left.lower()
    assert not [item for item in bot.outbox(ACME) if account.username in str(item.args)]


def test_what_is_under_way_ends(bot: FastBot) -> None:
    account = bot.account(State.BROKEN)
    bot.legacy.import_text(ACME, "Old, old@acme.example", CAROL)
    batch_id = bot.legacy.begin_batch(ACME, CAROL)
    bot.requests.do_it(ACME, account.id, CAROL)
    whole = bot.requests.do_it(ACME, None, CAROL)
    bot.deliver()

    rebind(bot)
    with bot.store.transaction() as tx:
        batch = tx.legacy.batch(batch_id)
        assert batch is not None
        assert batch.status is BatchStatus.FINISHED
    bot.run_due()

    with bot.store.transaction() as tx:
        assert tx.requests.open() == []
        assert tx.requests.lock(whole) is None
        assert tx.accounts.of_customer(bot.acme.customer_id) == []
        assert tx.reminders.newest_in(ACME) is None
        assert tx.outbox.posted(f"request:{whole}") is None
    assert {each.given_up for each in bot.outbox(DESK)} <= {"", "set-aside"}
    (request,) = [each.words for each in bot.posted(DESK) if "finished it" in each.words]
    assert "Acme Marine" in request


def test_a_customer_with_another_channel_keeps_everything_there(bot: FastBot) -> None:
    second_channel(bot)
    account = bot.account(State.LIVE)
    request = bot.requests.do_it(ACME, None, CAROL)
    assert bot.bindings.rebinding(ACME, "Beta Boats").home == SECOND

    rebind(bot)

    assert bot.read(account).channel_id == SECOND
    assert bot.rights.account(CAROL, account.ref, Action.SIGN_IN).id == account.id
    with bot.store.transaction() as tx:
        assert tx.requests.get(request).status is RequestStatus.DONE
    assert bot.read(account).state is State.DISCONNECTED


def test_what_stood_nowhere_is_there_again_in_the_next_channel(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    rebind(bot)
    assert bot.read(account).channel_id == ""

    second_channel(bot)

    assert bot.read(account).channel_id == SECOND
    bot.accounts.renew_link(account.id, VERA)
    assert bot.read(account).state is State.AWAITING_SIGN_IN


def test_accounts_in_other_channels_go_on(bot: FastBot) -> None:
    second_channel(bot)
    elsewhere = bot.account(State.LIVE, channel=bound(bot, SECOND))

    rebind(bot)

    assert bot.read(elsewhere).state is State.LIVE
    assert tokens(bot, elsewhere)


def test_a_customer_that_is_there_keeps_its_organisation(bot: FastBot) -> None:
    beta = bot.customer("Beta Boats", "C0BETA")

    rebinding = bot.bindings.rebinding(ACME, "BETA BOATS")
    assert (rebinding.name, rebinding.is_new) == ("Beta Boats", False)
    rebind(bot, "BETA BOATS")

    there = bound(bot)
    assert there is not None
    assert there.customer_id == beta.customer_id


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "form.name_missing"),
        ("x" * 81, "form.name_too_long"),
        ("ACME marine", "customer.rebind_same"),
    ],
)
def test_a_name_that_leads_nowhere_is_refused(bot: FastBot, name: str, sentence: str) -> None:
    for ask in (lambda: bot.bindings.rebinding(ACME, name), lambda: rebind(bot, name)):
        with pytest.raises(Refused) as refused:
            ask()
        assert refused.value.sentence == sentence
    assert name_there(bot) == "Acme Marine"


def test_a_customer_that_was_offboarded_gets_no_channel(bot: FastBot) -> None:
    beta = bot.customer("Beta Boats", "C0BETA")
    bot.farewells.offboard(beta.customer_id, "Beta Boats", VERA)

    with pytest.raises(Refused, match=r"refused\.customer_ended"):
        rebind(bot)


def test_of_two_people_at_once_one_binds_it(bot: FastBot) -> None:
    rebind(bot)

    with pytest.raises(Refused, match=r"customer\.changed_meanwhile"):
        rebind(bot, "Gamma Boats", WALTER)

    assert name_there(bot) == "Beta Boats"
    assert len(bot.audited("channel.rebound")) == 1


def test_who_read_the_binding_a_moment_before_finds_it_gone(bot: FastBot) -> None:
    """Whoever adds something holds the customer first, and looks at the binding once more."""
    with bot.store.transaction() as tx:
        stale = tx.channels.get(ACME)
    rebind(bot)
    with bot.store.transaction() as tx:
        tx.session.add(stale)
        assert stale.customer_id == bot.acme.customer_id
        assert tx.channels.held(ACME) is None


# -- nobody's


def test_a_channel_with_accounts_in_use_stays_bound_and_says_which(bot: FastBot) -> None:
    account = bot.account(State.LIVE, name="Live")

    with pytest.raises(Refused) as refused:
        unbind(bot)

    assert refused.value.sentence == "customer.channel_in_use"
    assert refused.value.values == {"count": "1", "names": f"Live {account.ref}"}
    assert [each.ref for each in bot.bindings.unbinding(ACME).accounts] == [account.ref]
    assert name_there(bot) == "Acme Marine"
    assert tokens(bot, account)


def test_a_channel_without_accounts_in_use_is_unbound(bot: FastBot) -> None:
    account = bot.account(State.DISCONNECTED, name="Gone")
    bot.show(account)
    bot.run_due()

    unbind(bot)

    assert bound(bot) is None
    assert bot.read(account).channel_id == ""
    assert "Gone" not in says(bot)
    assert bot.told(ACME) == ["customer.unbound_told"]
    assert "customer.unbound_told_support" in bot.told(DESK)
    (entry,) = bot.audited("channel.unbound")
    assert (entry.subject, entry.detail) == (ACME, {"before": "Acme Marine", "after": ""})
    with pytest.raises(Refused, match=r"refused\.channel_not_bound"):
        bot.rights.channel(CAROL, ACME, Action.ADD)


def test_a_second_press_finds_it_unbound(bot: FastBot) -> None:
    unbind(bot)

    with pytest.raises(Refused, match=r"customer\.changed_meanwhile"):
        unbind(bot)

    assert len(bot.audited("channel.unbound")) == 1


def test_an_unbound_channel_can_be_anybodys(bot: FastBot) -> None:
    unbind(bot)

    bot.customers.bind(ACME, "Beta Boats", VERA)

    assert name_there(bot) == "Beta Boats"
    assert notices.setup_key(ACME) in [item.key for item in bot.outbox(ACME)]


def test_reminders_of_an_unbound_channel_are_forgotten(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED, waiting_for=days(1))
    bot.run_due()
    bot.accounts.disconnect(account.id, VERA)

    unbind(bot)

    with bot.store.transaction() as tx:
        assert tx.session.exec(select(Reminder)).all() == []
