"""The people of a customer's whom the product names: whoever adds an account may choose its sender
among them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.accounts.form_problems import InvalidForm
from bot.common import audit
from bot.common.bindings import bound, refuse_ended
from bot.common.clock import Clock
from bot.common.mail_addresses import problem, tidied
from bot.common.people import Person
from bot.common.texts import on_one_line
from bot.views.account_form import MAX_NAME_LENGTH
from bot.views.known_people import KnownPersonView
from storage.database import Store, Transaction
from storage.tables import KnownPerson

MOST = 1000
"""So many people of one customer's are kept."""

PROBLEMS_TOLD = 20
"""So many problems of a list are told at once."""


@dataclass(frozen=True)
class NamedPerson:
    """A person as the product names them."""

    name: str
    address: str

    def tidy(self) -> "NamedPerson":
        """Without stray spaces, the address as it is kept."""
        return NamedPerson(on_one_line(self.name), tidied(self.address))


class KnownPeople:
    """Keeps and offers them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def of_channel(self, channel_id: str) -> list[KnownPersonView]:
        """The people of the customer to whom a channel is bound, by their names.

        Raises:
            Refused: it is bound to none.
        """
        with self._store.reading() as tx:
            customer_id = bound(tx, channel_id).customer_id
            return [KnownPersonView.of(each) for each in tx.people.of_customer(customer_id)]

    def find(self, channel_id: str, person_id: int) -> KnownPersonView | None:
        """One of them, if they are known still.

        Raises:
            Refused: the channel is bound to no customer.
        """
        with self._store.reading() as tx:
            person = tx.people.find(bound(tx, channel_id).customer_id, person_id)
            return KnownPersonView.of(person) if person else None

    def replace_in(
        self, tx: Transaction, customer_id: int, people: Sequence[NamedPerson], by: Person
    ) -> None:
        """From now on these are the customer's people, and nobody else. Whoever has the same
        address stays who they were.

        Raises:
            InvalidForm: they are too many, or a name or an address is wrong.
            Refused: the customer was offboarded.
        """
        wanted = [person.tidy() for person in people]
        problems = dict(_problems(wanted))
        if problems:
            raise InvalidForm(problems, most=str(MOST))
        refuse_ended(tx, customer_id)
        there = {each.address_key: each for each in tx.people.of_customer(customer_id)}
        before = {(each.name, each.address) for each in there.values()}
        if before == {(each.name, each.address) for each in wanted}:
            return
        kept = {person.address.lower(): person for person in wanted}
        tx.people.forget([each for key, each in there.items() if key not in kept])
        for key in kept.keys() & there.keys():
            there[key].name = kept[key].name
            there[key].address = kept[key].address
        tx.people.add([_row(customer_id, kept[key]) for key in kept if key not in there])
        now = self._clock.now()
        audit.record(tx, by, "people.given", f"customer:{customer_id}", now, people=len(wanted))


def _problems(people: Sequence[NamedPerson]) -> Iterator[tuple[str, str]]:
    """Where which sentence says what is wrong, a few at a time."""
    if len(people) > MOST:
        yield "people", "form.people_too_many"
        return
    seen: set[str] = set()
    told = 0
    for number, person in enumerate(people):
        for field, sentence in _wrong_with(person, seen):
            yield f"people[{number}].{field}", sentence
            told += 1
        seen.add(person.address.lower())
        if told >= PROBLEMS_TOLD:
            return


def _wrong_with(person: NamedPerson, seen: set[str]) -> Iterator[tuple[str, str]]:
    if not person.name:
        yield "name", "form.name_missing"
    if len(person.name) > MAX_NAME_LENGTH:
        yield "name", "form.name_too_long"
    wrong = problem(person.address)
    if wrong:
        yield "address", wrong
    elif person.address.lower() in seen:
        yield "address", "form.person_twice"


def _row(customer_id: int, person: NamedPerson) -> KnownPerson:
    return KnownPerson(
        customer_id=customer_id,
        name=person.name,
        address=person.address,
        address_key=person.address.lower(),
    )
