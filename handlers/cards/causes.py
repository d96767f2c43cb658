"""What to do about a cause, as its audience reads it in Slack, and as a letter to an
administrator."""

from collections.abc import Iterator

from bot.views.telling import Part, Told, Way
from handlers.cards.kit import Block, Safe, paragraphs, preformatted, safe
from handlers.text.people import person_named
from handlers.text.words import plainly, say


def remedy_blocks(told: Told) -> list[Block]:
    """Who does what, each way with its steps, its commands in one piece, and how it is undone."""
    blocks: list[Block] = []
    for part in told.parts:
        heading = Safe(f"*{person_named(part.who, told.audience)}*")
        first, *others = part.ways
        blocks += paragraphs([heading, *_way(first)])
        blocks += (block for way in others for block in paragraphs([*_way(way)]))
    return blocks


def letter(part: Part) -> str:
    """What one person has to do, as plain text."""
    return "\n\n".join("\n".join(_plain_way(way)) for way in part.ways)


def _way(way: Way) -> Iterator[Safe]:
    if way.title:
        yield Safe(f"*{safe(_heading(way))}*")
    yield from map(safe, _steps(way))
    if way.commands:
        yield safe(_intro(way))
        code = preformatted("\n".join(way.commands))
        yield from (Safe(block["text"]["text"]) for block in code)
    for step in way.undo:
        yield say("remedy.undo", step=step)


def _plain_way(way: Way) -> Iterator[str]:
    if way.title:
        yield _heading(way)
    yield from _steps(way)
    if way.commands:
        yield _intro(way)
        yield from (f"    {command}" for command in way.commands)
    for step in way.undo:
        yield plainly("remedy.undo", step=step)


def _heading(way: Way) -> str:
    if not way.letter:
        return way.title
    return plainly("remedy.option", letter=way.letter, title=way.title)


def _intro(way: Way) -> str:
    return plainly("remedy.commands" if way.steps else "remedy.commands_only")


def _steps(way: Way) -> Iterator[str]:
    """The steps, with numbers where there are several or they are those of an option."""
    if len(way.steps) < 2 and not way.letter:
        yield from way.steps
    else:
        yield from (f"{number}. {step}" for number, step in enumerate(way.steps, 1))
