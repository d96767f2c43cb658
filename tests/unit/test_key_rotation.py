"""Key rotation: afterwards the newest key opens everything that is sealed, wherever it is kept."""

from collections.abc import Iterator

import pytest
from sqlmodel import SQLModel, select

from bot.app import key_rotation
from storage.cipher import Cipher
from storage.rotation import NotSealedFor, rotate, sealed_columns
from storage.tables import Account, ApiAnswer, Grant, HeldSignIn, LoginTicket, SignInFlow
from storage.vocabulary import State
from tests.support.calls import call
from tests.support.fast import CAROL, KEY, VERA, FastBot
from tests.support.fast_ports import tenant_of
from tests.support.product import Product

NEWER = b"n" * 32
EXAMPLES: dict[str, type[SQLModel]] = {
    "apianswer": ApiAnswer,
    "grant": Grant,
    "heldsignin": HeldSignIn,
    "loginticket": LoginTicket,
    "signinflow": SignInFlow,
}
"""Of each table with sealed values `Sealed` has a row. Who adds a table adds a row there."""


class Sealed:
    """A bot with something sealed in every table that keeps such."""

    def __init__(self, bot: FastBot) -> None:
        self.bot = bot
        borealis = bot.customer("Borealis", "C0BORE", domain="none")
        self.live: Account = bot.account(State.LIVE)
        self.waiting: Account = bot.account(channel=borealis, address="a@borealis.example")
        bot.sign_in(self.waiting)
        self.begun: Account = bot.account()
        self.secret = bot.link(self.begun)
        self.state = bot.signin.begin(self.secret, "a browser").rpartition("state=")[2]
        self.product = Product(bot)
        self.answer = call(self.product, "test", self.live.ref, named="one").data

    def rows(self) -> Iterator[tuple[str, bytes]]:
        """Every sealed value with its table's name."""
        with self.bot.store.transaction() as tx:
            for name, table in EXAMPLES.items():
                for row in tx.session.exec(select(table)):
                    yield name, row.sealed

    def rotate(self) -> int:
        """Seal everything anew under a newer key; how many values were."""
        both = Cipher([NEWER, KEY])
        return key_rotation.rotate(self.bot.store, both, lambda: None).sealed


@pytest.fixture
def sealed(bot: FastBot) -> Sealed:
    return Sealed(bot)


def test_there_is_an_example_of_every_table_with_sealed_values(sealed: Sealed) -> None:
    tables = {table.__tablename__ for table in sealed_columns()}

    assert EXAMPLES.keys() == tables
    assert {name for name, _ in sealed.rows()} == tables


def test_every_sealed_column_of_the_schema_is_known() -> None:
    """What is sealed is marked where it is declared (`sealed_column`). Whatever is binary, or is
    called sealed, is sealed."""
    marked = {
        f"{table.__tablename__}.{name}"
        for table, names in sealed_columns().items()
        for name in names
    }
    looks_sealed = {
        f"{table.name}.{column.name}"
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if "sealed" in column.name or column.type.python_type is bytes
    }

    assert marked == looks_sealed != set()
    assert key_rotation.SEALED_FOR.keys() == sealed_columns().keys()
    for table in sealed_columns():
        (key,) = SQLModel.metadata.tables[str(table.__tablename__)].primary_key
        assert key.type.python_type is int, "rows are done in the order of their numbers"


def test_after_a_rotation_only_the_newest_key_is_needed(sealed: Sealed) -> None:
    count = len(list(sealed.rows()))

    assert sealed.rotate() == count
    newest = Cipher([NEWER])
    assert [name for name, value in sealed.rows() if not newest.is_newest(value)] == []
    assert sealed.rotate() == 0


def test_after_a_rotation_everything_still_opens_where_it_belongs(sealed: Sealed) -> None:
    sealed.rotate()
    bot = sealed.bot.restarted(NEWER)

    assert bot.tokens.fresh(sealed.live.id).access_token
    bot.signin.confirm(sealed.waiting.id, VERA, support=True)
    assert bot.read(sealed.waiting).tenant_id == tenant_of("borealis.example")
    assert bot.come_back(sealed.state, sealed.begun.username).upn == sealed.begun.username


def test_what_was_answered_is_answered_again(sealed: Sealed) -> None:
    sealed.rotate()
    again = Product(sealed.bot.restarted(NEWER), key=False)

    answer = call(again, "test", sealed.live.ref, sealed.product.key, named="one")
    assert answer.headers["Idempotency-Replayed"] == "true"
    assert answer.data == sealed.answer


def test_the_links_that_were_sent_go_on_to_work(sealed: Sealed) -> None:
    sealed.rotate()
    bot = sealed.bot.restarted(NEWER)

    with bot.store.transaction() as tx:
        ticket = tx.signins.usable_ticket(sealed.begun.id, bot.now)
    assert bot.links.url(ticket).endswith(sealed.secret)


def test_what_no_key_opens_is_counted_and_left_as_it_is(sealed: Sealed) -> None:
    stranger = Cipher([b"x" * 32]).seal("grant", "grant:1")
    with sealed.bot.store.transaction() as tx:
        tx.grants.get(sealed.live.id).sealed = stranger

    rotated = key_rotation.rotate(sealed.bot.store, Cipher([NEWER, KEY]), lambda: None)

    assert rotated.unreadable == 1
    assert ("grant", stranger) in list(sealed.rows())


def test_others_have_their_turn_between_two_batches(bot: FastBot) -> None:
    turns = list[int]()
    account = bot.account()
    for _ in range(3):
        bot.link(account)

    key_rotation.rotate(bot.store, Cipher([NEWER, KEY]), lambda: turns.append(1))
    assert len(turns) >= len(EXAMPLES)


def test_a_table_that_nobody_has_thought_of_stops_the_rotation_before_it_begins(
    sealed: Sealed,
) -> None:
    before = list(sealed.rows())
    lacking = {table: name for table, name in key_rotation.SEALED_FOR.items() if table is not Grant}

    with pytest.raises(NotSealedFor, match="Grant"):
        rotate(sealed.bot.store, Cipher([NEWER, KEY]), lacking, lambda: None)
    assert list(sealed.rows()) == before


def test_of_hundreds_of_values_none_is_left_under_the_older_key(bot: FastBot) -> None:
    account = bot.account()
    with bot.store.transaction() as tx:
        held = tx.accounts.lock(account.id)
        for _ in range(450):
            bot.links.make(tx, held, CAROL)
    both = Cipher([NEWER, KEY])

    assert key_rotation.rotate(bot.store, both, lambda: None).sealed == 450
    with bot.store.transaction() as tx:
        sealed = [row.sealed for row in tx.session.exec(select(LoginTicket))]
    assert [value for value in sealed if not both.is_newest(value)] == []
