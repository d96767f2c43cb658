"""Folders of the practice world's mailboxes, and how a scenario maps them."""

from sandbox.world import Folder
from storage.vocabulary import FolderRole
from tests.support.slack import Window
from tests.support.world import BotWorld

INFO, BIURO, CAROL = "info@acme.example", "biuro@acme.example", "carol@acme.example"


def folders(world: BotWorld, address: str) -> list[Folder]:
    return world.practice.world.mailboxes[address].folders


def folder(world: BotWorld, address: str, name: str) -> Folder:
    return next(each for each in folders(world, address) if each.name == name)


def without_marks(world: BotWorld, address: str) -> None:
    for each in folders(world, address):
        each.flags = ()


def mapping(world: BotWorld, name: str) -> dict[FolderRole, str]:
    with world.bot.store.transaction() as tx:
        rows = tx.folders.mapped(world.account(name).id)
    return {role: row.shown_name for role, row in rows.items() if row.lost is None}


def opened(world: BotWorld, name: str) -> Window:
    world.carol.press(world.card(name), "Map folders")
    return world.carol.window("Which folders of")


def mapped(world: BotWorld, address: str = INFO, name: str = "Info") -> None:
    """A mailbox that is live, and whose folders were seen by the check after it."""
    world.map_folders(world.connect(address, name))
    world.settle()


def looked_at_again(world: BotWorld) -> None:
    """The bot looks at the folders by itself, and once more where that fails. A look that is in
    hand ends first: it would count as one of later, and has seen what was before."""
    world.settle()
    world.pass_time(days=1, minutes=1)
    world.pass_time(minutes=2)
    world.settle()
