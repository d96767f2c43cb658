"""Incidents that were grouped wrongly are joined and taken apart by hand, and later failures of their
mailboxes are seen where they went."""

import pytest

from bot.common.refusals import Refused
from handlers.cards.actions import ActionId, FormId
from storage.tables import Account
from storage.vocabulary import IncidentStatus, Severity
from tests.support.fast import CAROL, FastBot
from tests.support.incidents import (
    OMAR,
    Screen,
    alerts,
    broken,
    fail,
    incidents,
    members,
    on_call,
    read,
    thread,
)


@pytest.fixture
def bot() -> FastBot:
    return on_call(FastBot())


def shared(bot: FastBot) -> tuple[int, list[Account]]:
    """One incident at two customers, and their mailboxes: two of the one, one of the other."""
    ours = [broken(bot, "Info"), broken(bot, "Sales")]
    theirs = broken(bot, "Theirs", bot.customer("Borealis", "C0BORE"))
    [incident] = incidents(bot)
    return incident.id, [*ours, theirs]


def borealis(bot: FastBot) -> int:
    """The other customer."""
    with bot.store.transaction() as tx:
        found = tx.channels.customer_named("Borealis")
        assert found is not None
        return found.id


def apart(bot: FastBot) -> tuple[int, int, list[Account]]:
    """The same, with the other customer's mailbox taken out."""
    first, boxes = shared(bot)
    second = bot.regrouping.split(first, borealis(bot), OMAR)
    bot.run_due()
    return first, second, boxes


def test_the_mailboxes_of_one_customer_get_an_alert_of_their_own(bot: FastBot) -> None:
    first, second, [info, sales, theirs] = apart(bot)
    assert members(bot, first) == {info.id, sales.id}
    assert members(bot, second) == {theirs.id}
    assert len(alerts(bot)) == 2, "on-call sees both"
    assert read(bot, second).severity is Severity.HIGH
    assert "Borealis" in alerts(bot)[1].words
    assert "gave mailboxes an alert of their own: 1" in thread(bot)[-1]


def test_later_failures_of_those_mailboxes_stay_with_them(bot: FastBot) -> None:
    first, second, [info, _, theirs] = apart(bot)
    fail(bot, info, theirs)
    assert theirs.id in members(bot, second) and theirs.id not in members(bot, first)
    assert len(incidents(bot)) == 2
    assert read(bot, second).count == 2, "once as it was taken out, once since"


def test_new_mailboxes_join_the_first_whosever_they_are(bot: FastBot) -> None:
    first, second, _ = apart(bot)
    with bot.store.transaction() as tx:
        channel = tx.channels.get("C0BORE")
    new = broken(bot, "New", channel)
    assert new.id in members(bot, first) and new.id not in members(bot, second)


def test_each_of_the_two_ends_with_its_own_mailboxes(bot: FastBot) -> None:
    first, second, [*_, theirs] = apart(bot)
    bot.accounts.disconnect(theirs.id, CAROL)
    bot.pass_time(minutes=6)
    assert read(bot, second).status is IncidentStatus.MENDED
    assert read(bot, first).status is IncidentStatus.OPEN


def test_what_was_taken_apart_can_be_joined_again(bot: FastBot) -> None:
    first, second, [info, sales, theirs] = apart(bot)
    bot.regrouping.merge(second, first, OMAR)
    bot.run_due()
    assert members(bot, first) == {info.id, sales.id, theirs.id}
    assert members(bot, second) == set()
    merged = read(bot, second)
    assert (merged.status, merged.merged_into) == (IncidentStatus.CLOSED, first)
    assert "Merged into another alert" in alerts(bot)[1].words
    said = "\n".join(thread(bot))
    assert "merged this into another alert" in said
    assert "merged another alert into this one" in said
    fail(bot, theirs)
    assert theirs.id in members(bot, first) and len(incidents(bot)) == 1


def test_two_alerts_of_different_causes_are_not_joined(bot: FastBot) -> None:
    first, _ = shared(bot)
    bot.failure()
    bot.pass_time(minutes=1)
    others = [each.id for each in incidents(bot) if each.id != first]
    for other in [first, *others, 4711]:
        with pytest.raises(Refused) as refused:
            bot.regrouping.merge(first, other, OMAR)
        assert refused.value.sentence in ("alert.not_to_merge", "alert.gone")
    assert read(bot, first).status is IncidentStatus.OPEN


def test_an_alert_of_one_customer_or_one_that_is_over_is_not_taken_apart(bot: FastBot) -> None:
    first, second, _ = apart(bot)
    for customer in (bot.acme.customer_id, borealis(bot), 4711):
        with pytest.raises(Refused) as refused:
            bot.regrouping.split(first, customer, OMAR)
        assert refused.value.sentence == "alert.not_to_split"
    bot.regrouping.merge(second, first, OMAR)
    with pytest.raises(Refused) as refused:
        bot.regrouping.merge(second, first, OMAR)
    assert refused.value.sentence == "alert.over"


def test_a_customer_who_was_told_of_a_merged_alert_reads_when_all_of_it_is_over(
    bot: FastBot,
) -> None:
    first, second, _ = apart(bot)
    bot.incidents.tell_customers(second, OMAR)
    bot.regrouping.merge(second, first, OMAR)
    bot.run_due()
    assert [each for each in bot.posted("C0BORE") if "We know that some" in each.words]
    bot.microsoft.refusal = None
    bot.incidents.retest(first, OMAR, resolving=True)
    bot.pass_time(minutes=1)
    assert "We know that some" not in "".join(each.words for each in bot.posted("C0BORE"))
    assert [each for each in bot.posted("C0BORE") if "is over" in each.words]


def test_on_call_splits_and_merges_in_the_alerts_window(bot: FastBot) -> None:
    first, _ = shared(bot)
    screen = Screen(bot)
    screen.pressed(ActionId.ALERT_SHOW, first)
    with pytest.raises(Refused) as refused:
        screen.pressed(ActionId.ALERT_MERGE, first)
    assert refused.value.sentence == "alert.nothing_to_merge"
    screen.pressed(ActionId.ALERT_SPLIT, first)
    assert screen.sent(FormId.ALERT_SPLIT, customer="4711") == {
        "customer": "Only one customer has this problem now, so there is nothing to split."
    }
    assert screen.sent(FormId.ALERT_SPLIT, customer=str(borealis(bot))) == {}
    assert "*Mailboxes that do not work:* 2" in screen.read

    [_, second] = incidents(bot)
    screen.pressed(ActionId.ALERT_MERGE, first)
    assert screen.sent(FormId.ALERT_MERGE, into=str(first)) == {
        "into": "Please choose another open alert with the same cause."
    }
    assert screen.sent(FormId.ALERT_MERGE, into=str(second.id)) == {}
    assert "Merged into another alert" in screen.read
    assert len(members(bot, second.id)) == 3
