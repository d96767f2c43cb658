"""Units of work: when they begin, and rows that are looked up by their key."""

import threading

import pytest
from sqlalchemy import event
from sqlalchemy.exc import NoResultFound
from sqlmodel import update

from storage.session import Unit
from storage.tables import Channel, Customer, OutageMailbox, PostedMessage
from tests.support.fast import ACME, FastBot


def test_a_unit_that_waits_for_the_database_holds_nobody_else_up() -> None:
    """What Python keeps of a property may be behind one lock for all objects of a class."""
    answered = threading.Event()
    begins = threading.Event()

    def slow() -> object:
        begins.set()
        answered.wait(60)
        return "late"

    waits = threading.Thread(target=lambda: Unit(slow).connection)  # type: ignore[arg-type]
    waits.start()
    assert begins.wait(60)
    got: list[object] = []
    other = threading.Thread(target=lambda: got.append(Unit(lambda: "now").connection))  # type: ignore[arg-type,return-value]
    other.start()
    other.join(60)
    there = list(got)
    answered.set()
    for each in (waits, other):
        each.join()
    assert there == ["now"]


def test_a_transaction_begins_with_its_first_question(bot: FastBot) -> None:
    begun: list[object] = []
    event.listen(bot.store.engine, "begin", begun.append)
    with bot.store.transaction() as tx:
        assert tx.session is not None and tx.accounts is not None and tx.hand_outs is not None
        assert begun == []
        tx.session.get_one(Channel, ACME)
        tx.hand_outs.holding("MB-NONE")
        assert len(begun) == 1
    with bot.store.transaction():
        pass
    assert len(begun) == 1


def test_a_row_is_read_once_in_a_transaction_and_again_where_it_is_to_be_held(
    bot: FastBot,
) -> None:
    asked: list[str] = []

    def keep(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    with bot.store.transaction() as tx:
        event.listen(bot.store.engine, "before_cursor_execute", keep)
        channel = tx.session.get_one(Channel, ACME)
        assert tx.session.get_one(Channel, ACME) is channel
        assert len(asked) == 1
        assert tx.session.get(Channel, ACME, with_for_update=True) is channel
        assert len(asked) == 2


def test_a_row_that_is_not_there_is_none_or_an_error(bot: FastBot) -> None:
    with bot.store.transaction() as tx:
        assert tx.session.get(Customer, 4711) is None
        assert tx.session.get(OutageMailbox, (4711, 4712)) is None
        with pytest.raises(NoResultFound):
            tx.session.get_one(Customer, 4711)


def test_a_row_is_read_anew_where_that_is_asked_for(bot: FastBot) -> None:
    with bot.store.transaction() as tx:
        customer = tx.session.get_one(Customer, bot.acme.customer_id)
        renamed = update(Customer).values(name="Acme Ltd")
        tx.session.exec(renamed.execution_options(synchronize_session=False))
        assert tx.session.get(Customer, customer.id) is customer and customer.name != "Acme Ltd"
        tx.session.get(Customer, customer.id, populate_existing=True)
        assert customer.name == "Acme Ltd"


def test_what_is_added_is_found_before_it_is_kept(bot: FastBot) -> None:
    with bot.store.transaction() as tx:
        made = PostedMessage(key="card", channel_id=ACME, ts="1.0")
        tx.session.add(made)
        assert tx.session.get(PostedMessage, "card") is made
