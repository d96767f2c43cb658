"""Support changes a customer while others work for it, on both databases: nothing slips through, and
nobody waits for ever."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.accounts.service import InvalidForm
from bot.common.jobs import EraseCustomer
from bot.common.refusals import Refused
from bot.views.account_form import Form
from storage.database import connect
from storage.vocabulary import State
from tests.support.fast import ACME, CAROL, VERA, FastBot, days

pytestmark = pytest.mark.real

AT_ONCE = 6


@pytest.fixture
def bot(url: str) -> Iterator[FastBot]:
    """A bot with one customer, on a database that many use at once."""
    made = FastBot(engine=connect(url))
    yield made
    made.store.engine.dispose()


def all_at_once(*acts: Callable[[], object]) -> list[str]:
    """Do all of this at once; the sentences with which some were refused."""
    together = threading.Barrier(len(acts))
    refused: list[str] = []

    def one(act: Callable[[], object]) -> None:
        together.wait()
        try:
            act()
        except Refused as error:
            refused.append(error.sentence)
        except InvalidForm as error:
            refused.extend(error.problems.values())

    with ThreadPoolExecutor(len(acts)) as pool:
        list(pool.map(one, acts))
    return refused


def creating(bot: FastBot, number: int) -> Callable[[], object]:
    """Carol adds an account."""
    form = Form(f"Box {number}", "Acme", f"box{number}@acme.example")
    return lambda: bot.accounts.create(ACME, form, CAROL)


def test_nothing_is_added_to_a_customer_that_is_offboarded_meanwhile(bot: FastBot) -> None:
    gone = [bot.account(State.DISCONNECTED, name=f"gone {number}") for number in range(3)]
    for number in range(4):
        bot.account(State.LIVE, name=f"live {number}")
    customer_id = bot.acme.customer_id

    refused = all_at_once(
        *(creating(bot, number) for number in range(4)),
        *(lambda each=each: bot.accounts.renew_link(each.id, CAROL) for each in gone),
        lambda: bot.farewells.offboard(customer_id, "Acme Marine", VERA),
        lambda: bot.farewells.offboard(customer_id, "Acme Marine", VERA),
    )

    assert bot.accounts.of_customer(customer_id) == []
    assert set(refused) == {"refused.customer_ended"}
    assert len(bot.audited("customer.offboarded")) == 1


def test_nothing_of_the_customer_before_is_left_in_a_channel_that_is_bound_anew(
    bot: FastBot,
) -> None:
    before = bot.acme.customer_id
    for number in range(4):
        bot.account(State.LIVE, name=f"live {number}")

    all_at_once(
        *(creating(bot, number) for number in range(4)),
        lambda: bot.bindings.rebind(ACME, before, "Beta Boats", VERA),
        lambda: bot.bindings.rebind(ACME, before, "Gamma Boats", VERA),
    )

    channel = bot.customers.of_channel(ACME)
    assert channel is not None
    assert channel.name in ("Beta Boats", "Gamma Boats")
    assert len(bot.audited("channel.rebound")) == 1
    assert bot.accounts.of_customer(before) == []
    with bot.store.transaction() as tx:
        there = tx.accounts.lock_all_of(before)
        assert {each.channel_id for each in there} == {""}
        theirs = tx.accounts.lock_all_of(channel.id)
        assert {each.channel_id for each in theirs} <= {ACME}


def test_a_name_is_given_once_however_close_people_are(bot: FastBot) -> None:
    others = [bot.customer(f"Other {number}", f"C0OTHER{number}") for number in range(AT_ONCE)]

    refused = all_at_once(
        *(
            lambda each=each: bot.administration.rename(each.customer_id, "Delta Docks", VERA)
            for each in others
        ),
        lambda: bot.customers.bind("C0NEW", "DELTA docks", VERA),
    )

    names = [each.name.casefold() for each in bot.administration.all()]
    assert names.count("delta docks") == 1
    # Whoever sets a channel up joins the customer of that name
    assert refused.count("customer.name_taken") in (AT_ONCE - 1, AT_ONCE)


def test_a_customer_is_erased_on_either_database(bot: FastBot) -> None:
    bot.customer("Beta Boats", "C0BETA")
    live = bot.account(State.LIVE)
    bot.failure(live, step="token", error="invalid_client")
    bot.requests.do_it(ACME, live.id, CAROL)
    bot.legacy.import_text(ACME, "Old, old@acme.example", CAROL)
    bot.link(live)
    bot.run_due()
    work = EraseCustomer(customer_id=bot.acme.customer_id)
    bot.farewells.offboard(bot.acme.customer_id, "Acme Marine", VERA)
    bot.run_due()
    bot.clock.at += days(30)

    all_at_once(lambda: bot.farewells.erase(work), lambda: bot.farewells.erase(work))

    assert [each.name for each in bot.administration.all()] == ["Beta Boats"]
    assert len(bot.audited("customer.erased")) == 1
