"""The people of a customer's whom the product names, and the form that offers them."""

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.accounts.known_people import MOST, PROBLEMS_TOLD, NamedPerson
from bot.accounts.service import InvalidForm
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.views.account_form import Form
from bot.views.known_people import KnownPersonView
from handlers.cards.account_form import OAUTH, PERSON, account_form
from handlers.features import accounts
from handlers.slack.listeners import FormAnswer
from handlers.slack.payloads import Submission
from handlers.text.words import plainly
from sandbox.slack.limits import problems
from tests.support.drawing import parts
from tests.support.examples import examples
from tests.support.fast import ACME, CAROL, FastBot

pytestmark = pytest.mark.api

PRODUCT = Person("", "api-key:lumen", "api")
JANE = NamedPerson("Jane Roe", "jane@acme.example")
JOE = NamedPerson("Joe Bloggs", "joe@acme.example")
OTHERS = "C0OTHERS"


def give(bot: FastBot, *people: NamedPerson) -> list[KnownPersonView]:
    """The customer's people, after the product named them."""
    with bot.store.transaction() as tx:
        bot.services.known_people.replace_in(tx, bot.acme.customer_id, people, PRODUCT)
    return bot.services.known_people.of_channel(ACME)


def refused(bot: FastBot, *people: NamedPerson) -> dict[str, str]:
    """What is said of people who are not taken; those who are there stay."""
    before = bot.services.known_people.of_channel(ACME)
    with pytest.raises(InvalidForm) as error:
        give(bot, *people)
    assert bot.services.known_people.of_channel(ACME) == before
    return {
        field: plainly(sentence, **error.value.values)
        for field, sentence in error.value.problems.items()
    }


def send(bot: FastBot, **values: str) -> FormAnswer:
    """Send the form as Carol does, with these fields filled in."""
    empty = dict.fromkeys(
        ("sender_name", "sender_email", "username", "shared_mailbox", "aliases", PERSON), ""
    )
    filled = {**empty, "name": "Office", "use_oauth": OAUTH, **values}
    return accounts.save(bot.services, Submission(CAROL, ACME, filled, "V1"))


def options(view: Any) -> list[str]:
    """What can be chosen as the sender."""
    fields = [part for part in parts(view["blocks"]) if part.get("action_id") == PERSON]
    groups = [group for field in fields for group in field.get("option_groups", [field])]
    return [each["text"]["text"] for group in groups for each in group["options"]]


# -- who they are


def test_the_product_names_people_as_a_whole(bot: FastBot) -> None:
    assert [each.name for each in give(bot, JOE, JANE)] == ["Jane Roe", "Joe Bloggs"]

    assert [each.name for each in give(bot, JOE)] == ["Joe Bloggs"]
    assert give(bot) == []


def test_whoever_keeps_their_address_stays_who_they_were(bot: FastBot) -> None:
    [jane] = give(bot, JANE)

    [known, _] = give(bot, NamedPerson(" Jane  Smith ", "JANE@acme.example"), JOE)

    assert known == KnownPersonView(jane.id, "Jane Smith", "JANE@acme.example")


def test_what_changes_nothing_is_not_kept_as_a_deed(bot: FastBot) -> None:
    give(bot, JANE, JOE)
    give(bot, JOE, JANE)

    [entry] = bot.audited("people.given")
    assert (entry.user, entry.subject, entry.detail) == (
        PRODUCT.user,
        f"customer:{bot.acme.customer_id}",
        {"people": 2},
    )


def test_each_name_and_address_is_looked_at(bot: FastBot) -> None:
    give(bot, JANE)

    assert refused(bot, NamedPerson(" ", "jane"), NamedPerson("x" * 81, JOE.address), JOE) == {
        "people[0].name": "Please fill this in.",
        "people[0].address": plainly("form.address_bad"),
        "people[1].name": "Please use at most 80 characters.",
        "people[2].address": "This address is on the list twice.",
    }


def test_they_are_so_many_at_most_and_so_much_is_said_at_once(bot: FastBot) -> None:
    crowd = [NamedPerson(f"P {n}", f"p{n}@acme.example") for n in range(MOST + 1)]
    assert refused(bot, *crowd) == {"people": f"Please give at most {MOST} people."}

    nameless = [NamedPerson("", each.address) for each in crowd[:MOST]]
    assert len(refused(bot, *nameless)) == PROBLEMS_TOLD
    assert len(give(bot, *crowd[:MOST])) == MOST


def test_each_customer_has_their_own(bot: FastBot) -> None:
    bot.customer("Other", OTHERS)
    [jane] = give(bot, JANE)

    assert bot.services.known_people.of_channel(OTHERS) == []
    assert bot.services.known_people.find(OTHERS, jane.id) is None


def test_nobody_is_named_for_a_customer_that_was_offboarded(bot: FastBot) -> None:
    with bot.store.transaction() as tx:
        tx.channels.customer(bot.acme.customer_id).ended_at = bot.now

    with pytest.raises(Refused) as no:
        give(bot, JANE)
    assert no.value.sentence == "refused.customer_ended"


# -- the form


def test_the_form_offers_them_and_typing_stays_possible(bot: FastBot) -> None:
    assert options(accounts.new_account_form(bot.services, CAROL, ACME)) == []

    give(bot, JANE, NamedPerson("<!here> *Joe*", "joe@münchen.example"))
    view = accounts.new_account_form(bot.services, CAROL, ACME)

    assert problems("modal", view) == []
    assert options(view) == [
        "<!here> *Joe* · joe@münchen.example",
        "Jane Roe · jane@acme.example",
    ]
    send(bot, sender_name="Ann", sender_email="ann@acme.example")
    [account] = bot.accounts_there()
    assert (account.sender_name, account.sender_email) == ("Ann", "ann@acme.example")


def test_who_is_chosen_is_the_sender(bot: FastBot) -> None:
    [jane] = give(bot, JANE)

    assert send(bot, person=str(jane.id)) is None

    [account] = bot.accounts_there()
    assert (account.sender_name, account.sender_email) == (JANE.name, JANE.address)
    assert account.username == JANE.address


@pytest.mark.parametrize("typed", ["", "@acme.example"])
def test_who_is_chosen_opens_the_shared_mailbox(bot: FastBot, typed: str) -> None:
    [jane] = give(bot, JANE)

    send(bot, person=str(jane.id), shared_mailbox="sales@acme.example", sender_email=typed)

    [account] = bot.accounts_there()
    assert (account.sender_email, account.shared_mailbox) == (("sales@acme.example",) * 2)
    assert (account.sender_name, account.username) == (JANE.name, JANE.address)


def test_what_was_typed_goes_before_what_was_chosen(bot: FastBot) -> None:
    [jane] = give(bot, JANE)

    send(bot, person=str(jane.id), sender_name="Sales", sender_email="sales@acme.example")

    [account] = bot.accounts_there()
    assert (account.sender_name, account.sender_email) == ("Sales", "sales@acme.example")
    assert account.username == "sales@acme.example"


@pytest.mark.parametrize("person", ["0", "99", "nobody", "9" * 40])
def test_who_is_no_longer_on_the_list_is_chosen_in_vain(bot: FastBot, person: str) -> None:
    give(bot, JANE)

    assert send(bot, person=person) == {PERSON: plainly("form.person_gone")}
    assert bot.accounts_there() == []


def test_that_somebody_has_too_many_accounts_is_said_where_they_were_chosen() -> None:
    bot = FastBot(accounts_per_worker="1")
    [jane] = give(bot, JANE)
    send(bot, person=str(jane.id))

    answer = send(bot, person=str(jane.id), shared_mailbox="sales@acme.example")

    assert isinstance(answer, dict)
    assert list(answer) == [PERSON]
    assert "already has as many accounts" in answer[PERSON]


def test_a_copy_has_another_sender(bot: FastBot) -> None:
    [jane] = give(bot, JANE)
    send(bot, sender_name="Ann", sender_email="ann@acme.example")
    [account] = bot.accounts_there()

    view = accounts.copy_form(bot.services, bot.accounts.get(account.id))

    assert options(view) == ["Jane Roe · jane@acme.example"]
    assert "'initial_value': 'Ann'" not in str(view)
    send(bot, person=str(jane.id), sender_email="@acme.example")
    assert bot.accounts_there()[-1].sender_email == JANE.address


def test_hundreds_stand_in_groups_and_too_many_for_a_window_are_not_offered() -> None:
    crowd = [KnownPersonView(n, f"Person {n}", f"p{n}@acme.example") for n in range(300)]
    view = account_form("C0ACME", Form(), people=crowd)
    assert problems("modal", view) == []
    assert len(options(view)) == 300

    many = [KnownPersonView(n, "ß" * 80, f"p{n}@acme.example") for n in range(MOST)]
    view = account_form("C0ACME", Form(), people=many)
    assert options(view) == []
    assert problems("modal", view) == []


names = st.text(string.printable + "ß😀‮", min_size=1, max_size=80)


@examples(100)
@given(st.lists(st.tuples(names, names), max_size=12))
def test_whatever_the_product_names_can_be_drawn(named: list[tuple[str, str]]) -> None:
    people = [KnownPersonView(n, name, f"{each}@a.example") for n, (name, each) in enumerate(named)]

    assert problems("modal", account_form("C0ACME", Form(), people=people)) == []
