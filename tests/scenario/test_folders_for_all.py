"""Folders mapped for many mailboxes at once: by evidence, beside what people chose, and only where
the person may."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from bot.common import ids
from sandbox.world import Folder
from storage.accounts import AccountRepository
from storage.tables import Account, FolderSnapshot
from storage.vocabulary import FolderRole, State
from tests.support.folders import (
    BIURO,
    CAROL,
    INFO,
    folder,
    folders,
    looked_at_again,
    mapping,
    opened,
)
from tests.support.slack import Message, SlackPerson, Window
from tests.support.world import BotWorld

pytestmark = pytest.mark.folders

SECOND = "C0SECOND"
"""Another channel of the same customer, in which Carol is not."""

OTHERS = {"Biuro": BIURO, "Carol": CAROL}


def half_lost(world: BotWorld) -> Message:
    """Biuro, where somebody chose a folder of their own for the sent mail, and where another folder
    was lost later."""
    folders(world, BIURO).append(Folder("Klient"))
    world.connect(BIURO, "Biuro")
    assert world.carol.submit(opened(world, "Biuro"), {"Sent": "Klient"}) == {}
    world.settle()
    folder(world, BIURO, "Wersje robocze").uid_validity = 4711
    looked_at_again(world)
    return world.card("Biuro", "A mapped folder is missing", "*Missing:*")


def connected(world: BotWorld) -> None:
    """Three mailboxes that wait for their folders, which leave no doubt."""
    world.set_up()
    world.connect(INFO, "Info")
    for name, address in OTHERS.items():
        world.connect(address, name)


def saved(world: BotWorld, person: SlackPerson, button: str = "Map folders") -> Window:
    """The window after a person saved Info's folders, which offers to map those of the other
    mailboxes."""
    person.press(world.card("Info"), button)
    assert person.submit(person.window("Which folders of *Info*"), {}) == {}
    return person.window("still need their folders mapped")


def use_for_all(person: SlackPerson, window: Window) -> Window:
    """What is told after *Use for all*."""
    person.press(
        window,
        next(e["text"]["text"] for _, e in window.elements if "Use for all" in e["text"]["text"]),
    )
    return person.window("Mailboxes with mapped folders")


@contextmanager
def meanwhile(world: BotWorld, act: Callable[[], object]) -> Iterator[None]:
    """Have somebody act once in the moment after the bot has read which mailboxes a customer
    has."""
    reading, acted = threading.local(), threading.Event()
    real = AccountRepository.of_customer

    def look(accounts: AccountRepository, *args: Any, **named: Any) -> Any:
        reading.mailboxes = True
        return real(accounts, *args, **named)

    def go(*_: Any) -> None:
        if getattr(reading, "mailboxes", False) and not acted.is_set():
            acted.set()
            act()

    engine = world.bot.store.engine
    event.listen(engine.pool, "checkin", go)  # the transaction has ended
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(AccountRepository, "of_customer", look)
        yield
    event.remove(engine.pool, "checkin", go)
    assert acted.is_set()


# What a person chose


def test_use_for_all_keeps_what_a_person_chose(world: BotWorld) -> None:
    world.set_up()
    half_lost(world)
    world.connect(INFO, "Info")
    use_for_all(world.carol, saved(world, world.carol))

    world.card("Biuro", "Live", "Sent: Klient")
    assert mapping(world, "Biuro")[FolderRole.SENT] == "Klient"
    assert mapping(world, "Biuro")[FolderRole.DRAFTS] == "Wersje robocze", (
        "what was lost is found by evidence"
    )


def test_accept_all_suggestions_keeps_what_a_person_chose(world: BotWorld) -> None:
    world.set_up()
    card = half_lost(world)
    assert "Sent: Klient" in card.text and "Elementy wysłane" not in card.text, (
        "the card promises what will be mapped"
    )
    world.carol.press(card, "Accept all suggestions")

    world.card("Biuro", "Live", "Sent: Klient")
    assert mapping(world, "Biuro")[FolderRole.SENT] == "Klient"


# Several people at once


def test_of_two_people_who_press_at_once_neither_is_told_of_a_doubt_where_there_is_none(
    world: BotWorld,
) -> None:
    connected(world)
    hers = saved(world, world.carol)
    world.card("Info", "Live")
    his = saved(world, world.adam, "Change folders")
    world.settle()
    told = []
    with meanwhile(world, lambda: told.append(use_for_all(world.adam, his))):
        told.append(use_for_all(world.carol, hers))

    assert ["Please check these" in window.text for window in told] == [False, False]
    assert {world.account(name).state for name in OTHERS} == {State.LIVE}


def test_use_for_all_does_not_call_doubtful_what_somebody_mapped_meanwhile(world: BotWorld) -> None:
    connected(world)
    window, card = saved(world, world.carol), world.card("Biuro")
    world.settle()

    def accept() -> None:
        world.adam.press(card, "Accept all suggestions")
        world.card("Biuro", "Live")

    with meanwhile(world, accept):
        told = use_for_all(world.carol, window)

    assert "Please check these" not in told.text
    assert {world.account(name).state for name in OTHERS} == {State.LIVE}


def test_a_window_does_not_wait_until_all_mailboxes_that_were_mapped_at_once_are_looked_at(
    world: BotWorld,
) -> None:
    world.set_up()
    world.connect(INFO, "Info")
    many_like_info(world, 40)
    world.connect(CAROL, "Carol")
    card = world.card("Carol")
    window = saved(world, world.carol)
    world.bot.worker.stop()
    use_for_all(world.carol, window)
    world.adam.press(card, "Map folders")

    with world.bot.store.transaction() as tx:
        next_ones = tx.jobs.claim_due(world.clock.now(), 8, timedelta(minutes=5))
    assert "folders.fill" in [job.kind for job in next_ones]


def many_like_info(world: BotWorld, many: int) -> None:
    """So many mailboxes of the customer that are connected, with the folders that Info has."""
    model = world.account("Info")
    with world.bot.store.transaction() as tx:
        listing = tx.folders.snapshot(model.id)
        assert listing is not None
        for number in range(many):
            address = f"n{number}@acme.example"
            own = {
                "ref": ids.new_account_ref(),
                "name": f"No {number}",
                "sender_email": address,
                "address_key": address,
            }
            account = tx.accounts.add(Account(**model.model_dump(exclude={"id"}) | own))
            rows = FolderSnapshot(
                account_id=account.id, listed_at=world.clock.now(), folders=listing.folders
            )
            tx.folders.keep_snapshot(rows)


# Who may


def test_use_for_all_touches_only_what_the_person_may_map_one_by_one(world: BotWorld) -> None:
    world.set_up()
    world.connect(INFO, "Info")
    world.connect(CAROL, "Carol")
    connected_elsewhere(world, BIURO, "Biuro")
    told = use_for_all(world.carol, saved(world, world.carol))
    world.settle()

    assert "Mailboxes with mapped folders: 1" in told.text and "Biuro" not in told.text
    assert world.account("Carol").state is State.LIVE
    assert world.account("Biuro").state is State.UNMAPPED


def test_use_for_all_names_no_mailbox_that_the_person_may_not_see(world: BotWorld) -> None:
    folder(world, BIURO, "Wersje robocze").flags = ("\\Trash",)
    world.set_up()
    world.connect(INFO, "Info")
    world.connect(CAROL, "Carol")
    connected_elsewhere(world, BIURO, "Biuro")
    told = use_for_all(world.carol, saved(world, world.carol))

    assert "Mailboxes with mapped folders: 1" in told.text
    world.card("Carol", "Live")
    assert "Biuro" not in told.text and BIURO not in told.text


def connected_elsewhere(world: BotWorld, address: str, name: str) -> None:
    """A mailbox that Adam added and signed in, in the customer's second channel."""
    world.practice.office.add_channel(SECOND, "acme-second", {"U0VERA", "U0ADAM"})
    world.vera.slash(SECOND, "setup Acme Marine acme.example")
    world.adam.press(
        world.adam.find(SECOND, "Connect your Microsoft 365 mailboxes"), "Add an account"
    )
    form = world.adam.window("New Microsoft 365 account (Corporate)")
    values = {"Account name": name, "Sender name": "Acme Marine", "Sender email": address}
    assert world.adam.submit(form, values) == {}
    world.sign_in(world.adam.find(SECOND, f"*{name}*   `MB-"), address)
    world.adam.find(SECOND, f"*{name}*   `MB-", "folders not mapped yet")
