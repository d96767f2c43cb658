"""Keys of the API: made, listed, revoked; who may call with them, and from where."""

from collections.abc import Sequence

import pytest
from sqlmodel import select

from bot.api.callers import TRIES, Caller
from bot.api.keys import UnknownCustomer, UnknownKey
from bot.api.refusals import ApiRefused, Code
from bot.common.people import MAILDESK
from storage.api_vocabulary import ApiKeyStatus, ApiScope
from storage.tables import ApiKey, Customer
from tests.support.fast import FastBot, days
from tests.support.product import make_key

pytestmark = pytest.mark.api

HERE = "192.0.2.7"
WRONG = f"mdk_{'0' * 10}_{'x' * 43}"


def call(bot: FastBot, secret: str, address: str = HERE, scope: ApiScope = ApiScope.READ) -> Caller:
    return bot.services.api.callers.authorise(secret, address, scope)


def refusal(
    bot: FastBot, secret: str, address: str = HERE, scope: ApiScope = ApiScope.READ
) -> ApiRefused:
    with pytest.raises(ApiRefused) as refused:
        call(bot, secret, address, scope)
    return refused.value


def kept(bot: FastBot) -> ApiKey:
    with bot.store.transaction() as tx:
        return tx.session.exec(select(ApiKey)).one()


def test_a_key_is_shown_once_and_kept_as_a_digest(bot: FastBot) -> None:
    made = make_key(bot)

    random = made.secret.split("_", 2)[2]
    assert made.secret.startswith(f"mdk_{made.key.public_id}_") and len(random) == 43
    assert made.secret not in repr(made)
    everything = str(kept(bot).model_dump()) + str(bot.audited("api_key.created")[0].detail)
    assert random not in everything
    assert [key.public_id for key in bot.services.api.keys.all()] == [made.key.public_id]


def test_two_keys_are_never_alike(bot: FastBot) -> None:
    assert make_key(bot).secret != make_key(bot).secret
    assert len(bot.services.api.keys.all()) == 2


def test_making_and_revoking_are_in_the_audit(bot: FastBot) -> None:
    made = make_key(bot, [ApiScope.TOKENS], ["acme marine"])
    bot.services.api.keys.revoke(made.key.public_id, MAILDESK)

    about = f"api-key:{made.key.public_id}"
    detail = {"name": "Lumen CRM", "scopes": ["tokens"], "customers": ["Acme Marine"]}
    for action in ("api_key.created", "api_key.revoked"):
        (entry,) = bot.audited(action)
        assert (entry.subject, entry.user, entry.detail) == (about, "maildesk", detail)


def test_without_any_key_there_is_no_api(bot: FastBot) -> None:
    assert refusal(bot, WRONG).code is Code.OFF
    made = make_key(bot)
    assert refusal(bot, WRONG).code is Code.NO_KEY
    bot.services.api.keys.revoke(made.key.public_id, MAILDESK)
    assert refusal(bot, WRONG).code is Code.NO_KEY


def test_a_key_that_is_missing_wrong_ended_or_revoked_is_refused_in_the_same_way(
    bot: FastBot,
) -> None:
    ended = make_key(bot, life=days(1)).secret
    revoked = make_key(bot)
    bot.services.api.keys.revoke(revoked.key.public_id, MAILDESK)
    call(bot, ended)
    bot.clock.at += days(1)

    tried = ["", WRONG, "mdk_", "x" * 10_000, ended, revoked.secret, revoked.secret[:-1]]
    refused = [refusal(bot, secret) for secret in tried]

    assert {(each.code, str(each.members), each.allowance) for each in refused} == {
        (Code.NO_KEY, "{}", None)
    }


def test_a_key_is_revoked_once_and_its_status_is_listed(bot: FastBot) -> None:
    good = make_key(bot).key.public_id
    ended = make_key(bot, life=days(1)).key.public_id
    revoked = make_key(bot).key.public_id
    bot.services.api.keys.revoke(revoked, MAILDESK)
    bot.clock.at += days(2)

    for unknown in (revoked, "0000000000"):
        with pytest.raises(UnknownKey):
            bot.services.api.keys.revoke(unknown, MAILDESK)
    statuses = {key.public_id: key.status for key in bot.services.api.keys.all()}
    assert statuses == {
        good: ApiKeyStatus.GOOD,
        ended: ApiKeyStatus.EXPIRED,
        revoked: ApiKeyStatus.REVOKED,
    }


@pytest.mark.parametrize("scope", ApiScope)
def test_a_key_is_good_for_its_scopes_alone(bot: FastBot, scope: ApiScope) -> None:
    secret = make_key(bot, [scope]).secret
    assert call(bot, secret, scope=scope).scope is scope
    for other in set(ApiScope) - {scope}:
        refused = refusal(bot, secret, scope=other)
        assert (refused.code, refused.members) == (Code.NO_SCOPE, {"needs_scope": other.value})


@pytest.mark.parametrize(
    ("networks", "address", "may"),
    [
        ([], HERE, True),
        (["192.0.2.0/24"], HERE, True),
        (["192.0.2.0/24"], "192.0.3.7", False),
        (["192.0.2.7/32", "2001:db8::/32"], "2001:db8::1", True),
        (["192.0.2.0/24"], "::ffff:192.0.2.7", True),
        (["192.0.2.0/24"], "192.0.2.7:51234", True),
        (["2001:db8::/32"], "[2001:db8::1]:443", True),
        (["2001:db8::/32"], "[2001:db8::1]", True),
        (["192.0.2.0/24"], "192.0.2.7:x", False),
        (["2001:db8::/32"], HERE, False),
        (["0.0.0.0/0"], "", False),
        (["0.0.0.0/0"], "unknown", False),
    ],
)
def test_a_key_is_good_from_its_networks_alone(
    bot: FastBot, networks: Sequence[str], address: str, may: bool
) -> None:
    secret = make_key(bot, networks=networks).secret
    if may:
        assert call(bot, secret, address).public_id in secret
    else:
        assert refusal(bot, secret, address).code is Code.NO_NETWORK
        assert [e.result for e in bot.audited("api.called")] == ["network_not_allowed"]


def test_a_key_sees_its_customers_alone(bot: FastBot) -> None:
    beta = bot.customer("Beta Foods", "C0BETA")
    caller = call(bot, make_key(bot, customers=["Beta  foods", "BETA FOODS"]).secret)
    assert caller.may_see(beta.customer_id)
    assert not caller.may_see(bot.acme.customer_id) and not caller.may_see(None)

    everywhere = call(bot, make_key(bot).secret)
    assert everywhere.may_see(beta.customer_id) and everywhere.may_see(None)


def test_a_name_that_no_customer_or_several_have_makes_no_key(bot: FastBot) -> None:
    with bot.store.transaction() as tx:
        tx.session.add_all(Customer(name=n, created_at=bot.now) for n in ("Twin", "TWIN"))
    for name, several in (("Nobody", False), ("twin", True)):
        with pytest.raises(UnknownCustomer) as unknown:
            make_key(bot, customers=["Acme Marine", name])
        assert unknown.value.several is several
    assert bot.services.api.keys.all() == [] and bot.audited("api_key.created") == []


def test_the_last_use_is_kept_once_a_minute(bot: FastBot) -> None:
    secret = make_key(bot).secret
    used = []
    for seconds in (0, 59, 1, 1):
        bot.clock.at += days(seconds / 86_400)
        call(bot, secret)
        used.append(kept(bot).last_used_at)
    first = used[0]
    assert first is not None
    assert [(at - first).total_seconds() for at in used if at] == [0, 0, 0, 61]


def test_wrong_keys_are_counted_by_address_and_good_ones_pass(bot: FastBot) -> None:
    good = make_key(bot).secret
    codes = [refusal(bot, WRONG, f"2001:db8::{n:x}").code for n in range(1, TRIES + 2)]
    assert codes == [Code.NO_KEY] * TRIES + [Code.TOO_MANY_TRIES]
    assert call(bot, good, "2001:db8::1")
    assert refusal(bot, WRONG, "2001:db8:0:1::1").code is Code.NO_KEY

    bot.clock.at += days(1 / 1440)
    assert refusal(bot, WRONG, "2001:db8::1").code is Code.NO_KEY


def test_a_key_in_wrong_hands_takes_no_call_from_its_owner(bot: FastBot) -> None:
    slow = FastBot(bot, api_calls_per_minute="2")
    secret = make_key(slow, networks=["192.0.2.0/24"]).secret
    codes = [refusal(slow, secret, f"198.51.100.9:{port}").code for port in range(TRIES + 1)]
    assert codes == [Code.NO_NETWORK] * TRIES + [Code.TOO_MANY_TRIES]
    assert refusal(slow, secret, "198.51.100.9").allowance is None
    assert call(slow, secret, HERE).allowance.remaining == 1


def test_a_key_has_so_many_calls_in_a_minute(bot: FastBot) -> None:
    slow = FastBot(bot, api_calls_per_minute="2")
    secret = make_key(slow).secret
    left = [call(slow, secret).allowance.remaining for _ in range(2)]
    refused = refusal(slow, secret)

    assert left == [1, 0]
    assert refused.code is Code.TOO_MANY_CALLS and refused.retry_after == days(1 / 1440)
    assert refused.allowance is not None and refused.allowance.remaining == 0
    assert call(slow, make_key(slow).secret).allowance.remaining == 1, "each key has its own"
    bot.clock.at += days(1 / 1440)
    assert call(slow, secret).allowance.remaining == 1


def test_a_key_that_is_revoked_while_something_is_waited_for_is_not_good_any_more(
    bot: FastBot,
) -> None:
    made = make_key(bot)
    caller = call(bot, made.secret)
    with bot.store.transaction() as tx:
        assert bot.services.api.callers.still(tx, caller) == caller
    bot.services.api.keys.revoke(made.key.public_id, MAILDESK)
    with bot.store.transaction() as tx, pytest.raises(ApiRefused, match="key_not_accepted"):
        bot.services.api.callers.still(tx, caller)
