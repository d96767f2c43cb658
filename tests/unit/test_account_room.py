"""Whether a customer has room for an account: what the product calls it is its own, and the person
behind it has not too many already."""

from dataclasses import replace

import pytest

from bot.accounts.service import InvalidForm
from bot.common.refusals import Refused
from bot.views.account_form import Form
from bot.views.audience import Audience
from handlers.cards.account_window import account_window
from handlers.text.words import plainly
from storage.tables import Account
from storage.vocabulary import State
from tests.support.drawing import parts
from tests.support.fast import ACME, CAROL, FastBot

SHARED = Form(name="Shared", sender_name="Acme", username="jane@acme.example")
OTHERS = "C0OTHERS"

pytestmark = pytest.mark.api


def shared(number: int, **changes: str) -> Form:
    """The form of a shared mailbox that Jane opens."""
    address = f"team{number}@acme.example"
    return replace(SHARED, sender_email=address, shared_mailbox=address, **changes)


def create(bot: FastBot, form: Form, channel: str = ACME) -> Account:
    """The account that Carol creates with this form."""
    bot.accounts.create(channel, form, CAROL)
    return bot.accounts_there()[-1]


def said(refused: InvalidForm) -> dict[str, str]:
    """What stands at the fields."""
    return {
        field: plainly(sentence, **refused.values) for field, sentence in refused.problems.items()
    }


# -- how many of one person


def test_one_person_has_as_many_accounts_as_the_settings_allow_and_no_more() -> None:
    bot = FastBot(accounts_per_worker="2")
    for number in range(2):
        create(bot, shared(number))

    with pytest.raises(InvalidForm) as refused:
        create(bot, shared(2, username="Jane@acme.example"))

    [(field, text)] = said(refused.value).items()
    assert field == "username"
    assert "already has as many accounts" in text
    assert ": 2." in text


def test_what_is_said_stands_at_the_senders_address_where_no_username_is_given() -> None:
    bot = FastBot(accounts_per_worker="1")
    create(bot, shared(0))

    with pytest.raises(InvalidForm) as refused:
        create(bot, Form("Jane", "Jane", "jane@acme.example"))

    assert list(refused.value.problems) == ["sender_email"]


def test_what_is_disconnected_or_somebody_elses_does_not_count() -> None:
    bot = FastBot(accounts_per_worker="1")
    bot.customer("Other", OTHERS, "acme.example")
    first = create(bot, shared(0))
    create(bot, shared(0), OTHERS)
    create(bot, shared(1, username="joe@acme.example"))

    bot.accounts.disconnect(first.id, CAROL)

    assert create(bot, shared(2)).username == "jane@acme.example"


def test_0_means_any_number() -> None:
    bot = FastBot(accounts_per_worker="0")

    accounts = [create(bot, shared(number)) for number in range(8)]

    assert len(accounts) == 8


def test_an_account_that_is_changed_needs_room_for_its_new_person_alone() -> None:
    bot = FastBot(accounts_per_worker="1")
    create(bot, shared(0))
    other = create(bot, shared(1, username="joe@acme.example"))

    bot.accounts.change(other.id, shared(1, username="joe@acme.example", name="New"), CAROL)
    with pytest.raises(InvalidForm) as refused:
        bot.accounts.change(other.id, shared(1), CAROL)

    assert list(refused.value.problems) == ["username"]
    assert bot.read(other).name == "New"


def test_an_account_comes_back_only_where_there_is_room() -> None:
    bot = FastBot(accounts_per_worker="1")
    first = create(bot, shared(0))
    bot.accounts.disconnect(first.id, CAROL)
    create(bot, shared(1))

    with pytest.raises(Refused) as refused:
        bot.accounts.renew_link(first.id, CAROL)

    assert refused.value.sentence == "disconnect.person_full"
    assert bot.read(first).state is State.DISCONNECTED


def test_a_list_is_told_of_each_account_for_which_there_is_no_room() -> None:
    bot = FastBot(accounts_per_worker="1")
    rows = "".join(f"Team {n}, team{n}@acme.example, jane@acme.example, shared\n" for n in range(2))
    bot.legacy.import_text(ACME, "Name, Address, User, Type\n" + rows, CAROL)

    batch = bot.legacy.begin_batch(ACME, CAROL)
    bot.run_due()

    assert [each.name for each in bot.accounts_there()] == ["Team 0"]
    assert "as many accounts as one person can have" in bot.draw("batch", batch=batch)


# -- what the product calls it


def test_what_the_product_calls_an_account_is_its_own_among_those_in_use(bot: FastBot) -> None:
    bot.customer("Other", OTHERS, "acme.example")
    first = create(bot, shared(0, external_id=" box 7 "))
    create(bot, shared(0, external_id="box 7"), OTHERS)
    with pytest.raises(InvalidForm) as refused:
        create(bot, shared(1, external_id="box 7"))
    assert said(refused.value) == {"external_id": f"The account {first.ref} already has this ID."}

    bot.accounts.disconnect(first.id, CAROL)
    assert create(bot, shared(1, external_id="box 7")).external_id == "box 7"


def test_who_comes_back_leaves_the_name_to_who_has_it_by_now(bot: FastBot) -> None:
    first = create(bot, shared(0, external_id="box 7"))
    bot.accounts.disconnect(first.id, CAROL)
    second = create(bot, shared(1, external_id="box 7"))

    bot.accounts.renew_link(first.id, CAROL)

    assert bot.read(first).external_id is None
    assert bot.read(second).external_id == "box 7"


def test_who_comes_back_keeps_a_name_that_nobody_has(bot: FastBot) -> None:
    first = create(bot, shared(0, external_id="box 7"))
    bot.accounts.disconnect(first.id, CAROL)

    bot.accounts.renew_link(first.id, CAROL)

    assert bot.read(first).external_id == "box 7"


def test_people_who_change_an_account_leave_the_products_name_as_it_is(bot: FastBot) -> None:
    account = create(bot, shared(0, external_id="box 7"))

    bot.accounts.change(account.id, replace(bot.accounts.form(account.id), name="New"), CAROL)
    assert bot.read(account).external_id == "box 7"

    form = replace(bot.accounts.form(account.id), external_id="")
    bot.accounts.change(account.id, form, CAROL)
    assert bot.read(account).external_id is None
    assert bot.audited("account.changed")[-1].detail == {"external_id": "box 7 → "}


def test_a_name_is_at_most_120_characters_long(bot: FastBot) -> None:
    with pytest.raises(InvalidForm) as refused:
        create(bot, shared(0, external_id="x" * 121))
    assert list(refused.value.problems) == ["external_id"]

    assert create(bot, shared(0, external_id="x" * 120)).external_id == "x" * 120


def test_support_reads_what_the_product_calls_an_account_and_customers_do_not(
    bot: FastBot,
) -> None:
    account = create(bot, shared(0, external_id="<box> 7"))
    card = bot.services.views.accounts.card(account.id)

    def text(audience: Audience) -> str:
        return str(list(parts(account_window(card, audience)["blocks"])))

    assert "&lt;box&gt; 7" in text(Audience.SUPPORT)
    assert "&lt;box&gt;" not in text(Audience.CUSTOMER)
    assert "&lt;box&gt;" not in bot.card(account)
