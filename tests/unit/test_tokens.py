"""Access tokens: from the sealed cache, refreshed by one at a time, stored before they are used."""

from datetime import timedelta

import pytest

from bot.diagnosis.observation import Condition, Observation, Where
from bot.microsoft.tokens import LEASE, TokenFailed, sealed_for
from storage.cipher import Cipher
from storage.tables import Account, Grant
from storage.vocabulary import State
from tests.support.fast import FastBot, days, hours

OLD = timedelta(minutes=9)
"""A life of an access token that is too short to be used."""


def grant(bot: FastBot, account: Account) -> Grant:
    """The account's grant as it stands."""
    with bot.store.transaction() as tx:
        found = tx.grants.get(account.id)
    assert found is not None
    return found


def with_old_token(bot: FastBot) -> Account:
    """A connected account whose access token is about to end; what comes next lives long."""
    bot.microsoft.lifetime = OLD
    account = bot.account(State.LIVE)
    bot.microsoft.lifetime = hours(1)
    return account


def claim(bot: FastBot, account: Account) -> bool:
    """Another worker takes the right to refresh."""
    with bot.store.transaction() as tx:
        return tx.grants.claim(account.id, bot.now, bot.now + LEASE)


def test_a_token_that_lives_long_enough_is_used_as_it_is(bot: FastBot) -> None:
    account = bot.account(State.LIVE)

    token = bot.tokens.fresh(account.id)

    assert token.access_token.endswith(account.username)
    assert (token.object_id, token.username) == (account.object_id, account.username)
    assert bot.microsoft.asked == 0


def test_a_token_that_is_about_to_end_is_renewed_and_stored_before_it_is_used(
    bot: FastBot,
) -> None:
    account = with_old_token(bot)
    before = grant(bot, account)

    token = bot.tokens.fresh(account.id)

    now = grant(bot, account)
    assert now.serial != before.serial and now.refreshed_at == bot.now
    assert token.access_token in bot.cipher.open(now.sealed, sealed_for(account.id))
    assert bot.tokens.fresh(account.id) == token
    assert bot.microsoft.asked == 1


def test_a_token_for_less_than_is_needed_is_renewed(bot: FastBot) -> None:
    everything = bot.microsoft.granted
    bot.microsoft.granted = everything[:1]
    account = bot.account(State.LIVE)
    bot.microsoft.granted = everything

    bot.tokens.fresh(account.id)
    assert bot.microsoft.asked == 1


def test_after_a_refresh_the_next_worker_may_refresh_at_once(bot: FastBot) -> None:
    account = with_old_token(bot)

    bot.tokens.fresh(account.id)
    assert claim(bot, account)


def test_a_refresh_that_took_too_long_leaves_the_claim_that_another_took_meanwhile(
    bot: FastBot,
) -> None:
    account = with_old_token(bot)

    def take_long() -> None:
        bot.clock.at += LEASE * 1.5
        assert claim(bot, account)

    bot.microsoft.on_refresh = take_long
    bot.tokens.fresh(account.id)

    assert not claim(bot, account)


def test_who_finds_the_refresh_claimed_waits_for_what_the_other_stores(bot: FastBot) -> None:
    account = with_old_token(bot)
    assert claim(bot, account)
    waited = list[float]()

    def wait(seconds: float) -> None:
        """Meanwhile the other worker's claim comes to its end."""
        waited.append(seconds)
        bot.clock.at += LEASE

    tokens = bot.new_tokens(wait)
    bot.clock.at += timedelta(seconds=1)
    assert tokens.fresh(account.id).access_token
    assert len(waited) == 1


def test_who_waits_too_long_for_a_claim_says_that_it_is_only_for_now(bot: FastBot) -> None:
    account = with_old_token(bot)
    assert claim(bot, account)

    with pytest.raises(TokenFailed, match="temporarily_unavailable"):
        bot.new_tokens(lambda _seconds: None).fresh(account.id)


def test_a_sign_in_that_was_stored_during_a_refresh_is_not_stored_over(bot: FastBot) -> None:
    account = with_old_token(bot)

    signed_in = list[bytes]()

    def sign_in_meanwhile() -> None:
        bot.microsoft.on_refresh = lambda: None
        bot.sign_in(account)
        signed_in.append(grant(bot, account).sealed)

    bot.microsoft.on_refresh = sign_in_meanwhile
    token = bot.tokens.fresh(account.id)

    assert [grant(bot, account).sealed] == signed_in
    assert token.access_token in bot.cipher.open(signed_in[0], sealed_for(account.id))


def test_a_refusal_of_microsoft_is_told_in_its_own_fields(bot: FastBot) -> None:
    account = with_old_token(bot)
    bot.microsoft.refusal = {"error": "invalid_grant", "error_codes": [50173]}

    with pytest.raises(TokenFailed) as failed:
        bot.tokens.fresh(account.id)

    assert (failed.value.observation.error, failed.value.observation.codes) == (
        "invalid_grant",
        (50173,),
    )
    assert claim(bot, account)


def test_microsoft_that_does_not_answer_is_a_fault_of_the_network(bot: FastBot) -> None:
    account = with_old_token(bot)
    bot.microsoft.outage = Observation(Where.NETWORK, step="token", condition=Condition.TIMEOUT)

    with pytest.raises(TokenFailed) as failed:
        bot.tokens.fresh(account.id)
    assert failed.value.observation.condition == "timeout"


def test_without_a_sign_in_there_is_no_token(bot: FastBot) -> None:
    with pytest.raises(TokenFailed, match="no_grant"):
        bot.tokens.fresh(bot.account().id)


def test_a_grant_that_was_moved_to_another_account_does_not_open(bot: FastBot) -> None:
    mine = bot.account(State.LIVE)
    theirs = bot.account(State.LIVE)
    sealed = grant(bot, mine).sealed
    with bot.store.transaction() as tx:
        tx.grants.get(theirs.id).sealed = sealed

    with pytest.raises(TokenFailed, match="grant_unreadable"):
        bot.tokens.fresh(theirs.id)
    assert bot.tokens.fresh(mine.id)


def test_a_grant_of_a_lost_key_is_told_apart_from_a_refused_sign_in(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    with bot.store.transaction() as tx:
        row = tx.grants.get(account.id)
        row.sealed = Cipher([b"x" * 32]).seal("{}", sealed_for(account.id))

    with pytest.raises(TokenFailed, match="grant_unreadable"):
        bot.tokens.fresh(account.id)


def test_a_cache_without_a_refresh_token_asks_for_a_sign_in(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    with bot.store.transaction() as tx:
        tx.grants.get(account.id).sealed = bot.cipher.seal("{}", sealed_for(account.id))

    with pytest.raises(TokenFailed, match="no_grant"):
        bot.tokens.fresh(account.id)


def test_a_token_does_not_show_in_its_repr(bot: FastBot) -> None:
    token = bot.tokens.fresh(bot.account(State.LIVE).id)

    assert token.access_token not in repr(token)


def test_a_grant_that_was_renewed_is_left_alone_for_a_week(bot: FastBot) -> None:
    account = with_old_token(bot)
    bot.clock.at += days(3)

    bot.tokens.fresh(account.id)
    assert grant(bot, account).keep_due_at == bot.now + days(7)
