"""What people say they fixed: tested again by ourselves until it shows, and told how long it took."""

from datetime import timedelta

import pytest

from bot.common.refusals import Refused
from bot.diagnosis.observation import Condition, Observation, Where
from bot.lifecycle.fix_tests import RUNGS
from storage.tables import Account
from storage.vocabulary import State, StepId
from tests.support.fast import ACME, CAROL, SENDING_IS_OFF, FastBot, hours

SMTP_OFF = Observation(Where.SMTP, step="smtp.auth", **SENDING_IS_OFF)
FOLDERS_GONE = Observation(Where.IMAP, step="imap.folders", condition=Condition.EMPTY)
MINUTE = timedelta(minutes=1)


def failing(bot: FastBot, name: str = "Office") -> Account:
    """An account that was tested and fails."""
    account = bot.account(State.UNMAPPED, name=name)
    bot.mailbox(account).faults[StepId.SMTP_AUTH] = SMTP_OFF
    have_tested(bot, account)
    return account


def have_tested(bot: FastBot, account: Account) -> None:
    """Somebody has the account tested."""
    with bot.store.transaction() as tx:
        bot.checks.request(tx, tx.accounts.lock(account.id), CAROL)
    bot.run_due()


def probed_at(bot: FastBot, account: Account, span: timedelta) -> list[timedelta]:
    """After how long the mailbox is looked at, in the time that passes now."""
    begun = bot.now
    seen = list[timedelta]()
    bot.mailbox(account).on_probe = lambda: seen.append(bot.now - begun)
    bot.live(span)
    return seen


def test_after_a_word_it_is_looked_five_times_within_an_hour(bot: FastBot) -> None:
    account = failing(bot)
    bot.fixes.said(account.id, CAROL)

    assert probed_at(bot, account, hours(3)) == list(RUNGS)
    assert bot.told(ACME) == ["mend.said", "mend.still_fails"]
    assert any(
        "It still fails 60 minutes after the change (*Error ID:* `MX-" in message.words
        for message in bot.posted(ACME)
    )


def test_a_fix_that_shows_is_told_with_the_time_that_it_took(bot: FastBot) -> None:
    account = failing(bot)
    bot.fixes.said(account.id, CAROL)
    bot.live(MINUTE * 6)
    bot.mailbox(account).faults.clear()

    assert probed_at(bot, account, hours(3)) == [MINUTE * 9]
    assert bot.told(ACME) == ["mend.said", "mend.passed"]
    (entry,) = bot.audited("mend.passed")
    assert entry.detail == {"minutes": "15"} and entry.user == CAROL.user
    assert any("passed 15 minutes after" in message.words for message in bot.posted(ACME))
    assert bot.read(account).state is State.UNMAPPED


def test_a_fix_that_shows_beside_another_fault_is_told_so(bot: FastBot) -> None:
    account = failing(bot)
    bot.fixes.said(account.id, CAROL)
    bot.mailbox(account).faults = {StepId.IMAP_FOLDERS: FOLDERS_GONE}

    bot.live(MINUTE * 2)
    assert bot.told(ACME) == ["mend.said", "mend.passed_and_more"]


def test_a_persons_own_test_uses_up_none_of_our_looks(bot: FastBot) -> None:
    account = failing(bot)
    bot.fixes.said(account.id, CAROL)
    for _ in range(3):
        have_tested(bot, account)

    assert probed_at(bot, account, hours(3)) == list(RUNGS)


def test_a_persons_own_test_that_passes_ends_the_looking(bot: FastBot) -> None:
    account = failing(bot)
    bot.fixes.said(account.id, CAROL)
    bot.mailbox(account).faults.clear()
    bot.clock.at += MINUTE / 2
    have_tested(bot, account)

    assert bot.told(ACME) == ["mend.said", "mend.passed"]
    assert probed_at(bot, account, hours(3)) == []


def test_a_later_word_takes_the_place_of_an_earlier_one(bot: FastBot) -> None:
    account = failing(bot)
    bot.fixes.said(account.id, CAROL)
    bot.live(MINUTE * 30)
    bot.fixes.said(account.id, CAROL)

    assert probed_at(bot, account, hours(3)) == list(RUNGS)
    assert bot.told(ACME).count("mend.still_fails") == 1


def test_a_look_waits_for_a_test_that_runs(bot: FastBot) -> None:
    account = failing(bot)
    bot.fixes.said(account.id, CAROL)
    looked = list[int]()

    def look_meanwhile() -> None:
        """While a person's test runs, our look becomes due."""
        bot.mailbox(account).on_probe = lambda: looked.append(1)
        bot.clock.at += MINUTE
        bot.worker.tick()
        assert looked == []

    bot.mailbox(account).on_probe = look_meanwhile
    have_tested(bot, account)
    bot.live(MINUTE)
    assert looked == [1]


@pytest.mark.parametrize("state", [State.LIVE, State.UNMAPPED, State.AWAITING_SIGN_IN])
def test_nothing_is_taken_as_fixed_where_nothing_fails(bot: FastBot, state: State) -> None:
    account = bot.account(state, name="Office")
    with pytest.raises(Refused) as refused:
        bot.fixes.said(account.id, CAROL)
    assert refused.value.sentence == "mend.nothing_failed"
    assert refused.value.values == {"name": "Office"}
    assert bot.audited("mend.said") == []


def test_nothing_is_taken_as_fixed_at_an_account_that_waits_for_a_sign_in(bot: FastBot) -> None:
    account = failing(bot)
    with bot.store.transaction() as tx:
        tx.accounts.lock(account.id).state = State.AWAITING_SIGN_IN
    with pytest.raises(Refused):
        bot.fixes.said(account.id, CAROL)


def test_a_word_about_an_account_that_was_disconnected_is_forgotten(bot: FastBot) -> None:
    account = failing(bot)
    bot.fixes.said(account.id, CAROL)
    bot.accounts.disconnect(account.id, CAROL)

    assert probed_at(bot, account, hours(3)) == []
    assert bot.told(ACME) == ["mend.said", "disconnect.done"]


def test_the_card_says_when_it_is_tested_next_until_the_last_test(bot: FastBot) -> None:
    account = failing(bot)
    assert "It's changed" in bot.card(account)
    bot.fixes.said(account.id, CAROL)

    bot.live(MINUTE * 6)
    card = bot.card(account)
    due = bot.now + MINUTE * 9
    assert f"next <!date^{int(due.timestamp())}" in card and "It's changed" not in card

    bot.live(hours(2))
    assert "Somebody reported a change" not in bot.card(account)


def test_what_is_mended_for_the_organisation_is_looked_for_at_its_other_mailboxes(
    bot: FastBot,
) -> None:
    other = bot.customer("Borealis", "C0BOREAL")
    accounts = [failing(bot, name) for name in ("Office", "Sales", "Desk")]
    elsewhere = bot.account(State.UNMAPPED, channel=other)
    bot.mailbox(elsewhere).faults[StepId.SMTP_AUTH] = SMTP_OFF
    have_tested(bot, elsewhere)
    bot.live(hours(30))
    for account in [*accounts, elsewhere]:
        bot.mailbox(account).faults.clear()

    have_tested(bot, accounts[0])

    assert {bot.read(account).state for account in accounts} == {State.UNMAPPED}
    assert bot.read(elsewhere).state is State.FAILING
