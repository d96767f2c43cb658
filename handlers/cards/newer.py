"""Newer blocks of Slack's, each with the plain ones that say the same: those stand in its place
where Slack does not take it.

A message has them among its blocks, not within one another; a window has none, since it does not go
through the outbox.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from handlers.cards.kit import Block, Message, cut
from handlers.text.markup import REORDERING

CHART = "data_visualization"
TABLE = "table"

CHART_TITLE_LIMIT = 50
CHART_LABEL_LIMIT = 20
CHARTS_AT_MOST = 2
SERIES_AT_MOST = 6
CATEGORIES_AT_MOST = 20
"""docs.slack.dev/reference/block-kit/blocks/data-visualization-block."""

ROWS_AT_MOST = 100
CELLS_LENGTH = 10_000
"""All cells of a message together (docs.slack.dev/reference/block-kit/blocks/table-block)."""


class Newer(dict[str, Any]):
    """A newer block. `instead`: what stands there where Slack does not take it."""

    def __init__(self, block: Block, instead: Sequence[Block]) -> None:
        super().__init__(block)
        self.instead = list(instead)


def newer_kinds(message: Message) -> frozenset[str]:
    """Which kinds of newer blocks a message has."""
    return frozenset(block["type"] for block in message.blocks if isinstance(block, Newer))


def without(message: Message, kinds: Collection[str]) -> Message:
    """The message with plain blocks in the place of newer ones of these kinds."""
    blocks = [part for block in message.blocks for part in _instead(block, kinds)]
    return replace(message, blocks=blocks)


def bar_chart(
    title: str,
    series: Mapping[str, Mapping[str, int]],
    instead: Sequence[Block],
) -> Newer:
    """Bars side by side: of each of the `series`, by its name, the values by their category. All
    have the same categories."""
    categories = [_label(each) for each in next(iter(series.values()))]
    drawn = [
        {
            "name": _label(name),
            "data": [
                {"label": _label(label), "value": value}
                for label, value in list(values.items())[:CATEGORIES_AT_MOST]
            ],
        }
        for name, values in list(series.items())[:SERIES_AT_MOST]
    ]
    chart = {
        "type": "bar",
        "series": drawn,
        "axis_config": {"categories": categories[:CATEGORIES_AT_MOST]},
    }
    block = {"type": CHART, "title": cut(title, CHART_TITLE_LIMIT), "chart": chart}
    return Newer(block, instead)


def pie_chart(title: str, segments: Mapping[str, int], instead: Sequence[Block]) -> Newer:
    """Slices by their label, each more than nothing."""
    drawn = [
        {"label": _label(label), "value": value}
        for label, value in list(segments.items())[:SERIES_AT_MOST]
    ]
    chart = {"type": "pie", "segments": drawn}
    block = {"type": CHART, "title": cut(title, CHART_TITLE_LIMIT), "chart": chart}
    return Newer(block, instead)


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    instead: Sequence[Block],
    numbers: Collection[int] = (),
) -> Newer:
    """A table with a head. Slack reads no markup in its cells. `numbers` are the columns that stand
    at the right."""
    cells = [[_cell(text) for text in row] for row in [head, *rows]]
    columns = [
        {"align": "right" if number in numbers else "left", "is_wrapped": True}
        for number in range(len(head))
    ]
    block = {"type": TABLE, "rows": _fitting(cells), "column_settings": columns}
    return Newer(block, instead)


def _instead(block: Block, kinds: Collection[str]) -> list[Block]:
    if isinstance(block, Newer) and block["type"] in kinds:
        return block.instead
    return [block]


def _label(text: str) -> str:
    return cut(REORDERING.sub("", text), CHART_LABEL_LIMIT)


def _cell(text: str) -> Block:
    return {"type": "raw_text", "text": REORDERING.sub("", text) or "–"}


def _fitting(rows: Sequence[list[Block]]) -> list[list[Block]]:
    """As many of the rows as a message has room for."""
    kept: list[list[Block]] = []
    room = CELLS_LENGTH
    for row in rows[:ROWS_AT_MOST]:
        room -= sum(len(cell["text"]) for cell in row)
        if room < 0:
            break
        kept.append(row)
    return kept
