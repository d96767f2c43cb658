"""Slack's limits on tables and charts (docs.slack.dev/reference/block-kit/blocks/table-block and
.../data-visualization-block)."""

from collections.abc import Iterator, Sequence
from typing import Any

Json = dict[str, Any]

ROWS = 100
CELLS = 20
CELLS_LENGTH = 10_000
"""All cells of a message together."""

CELL_TYPES = frozenset({"raw_text", "raw_number", "rich_text"})
ALIGNMENTS = frozenset({"left", "center", "right"})

CHARTS = 2
CHART_TITLE = 50
LABEL = 20
SERIES = 6
POINTS = 20
AXIS_LABEL = 50
DRAWN_ON_AXES = frozenset({"bar", "line", "area"})


def together(blocks: Sequence[Json]) -> Iterator[str]:
    """What Slack would refuse of all of them in one message."""
    if sum(block.get("type") == "data_visualization" for block in blocks) > CHARTS:
        yield f"more than {CHARTS} charts"
    cells = (cell for block in blocks for row in block.get("rows") or () for cell in row)
    if sum(len(str(cell.get("text", ""))) for cell in cells) > CELLS_LENGTH:
        yield f"cells over {CELLS_LENGTH}"


def table(block: Json) -> Iterator[str]:
    """What Slack would refuse in a table."""
    rows = block.get("rows") or []
    if not 1 <= len(rows) <= ROWS:
        yield f"{len(rows)} rows"
    if any(not 1 <= len(row) <= CELLS for row in rows):
        yield "a row of no cells, or of too many"
    if len({len(row) for row in rows}) > 1:
        yield "rows of different lengths"
    for cell in (cell for row in rows for cell in row):
        if cell.get("type") not in CELL_TYPES:
            yield f"cell {cell.get('type')}"
        elif cell["type"] == "raw_text" and not cell.get("text"):
            yield "an empty cell"
    columns = block.get("column_settings") or []
    if len(columns) > CELLS:
        yield f"{len(columns)} columns"
    if any(column.get("align", "left") not in ALIGNMENTS for column in columns):
        yield "a column stands nowhere"


def chart(block: Json) -> Iterator[str]:
    """What Slack would refuse in a chart."""
    yield from _text(block.get("title"), CHART_TITLE, "title")
    drawn = block.get("chart") or {}
    if drawn.get("type") == "pie":
        yield from _pie(drawn)
    elif drawn.get("type") in DRAWN_ON_AXES:
        yield from _on_axes(drawn)
    else:
        yield f"chart {drawn.get('type')}"


def _pie(drawn: Json) -> Iterator[str]:
    segments = drawn.get("segments") or []
    if not 1 <= len(segments) <= SERIES:
        yield f"{len(segments)} segments"
    for segment in segments:
        yield from _text(segment.get("label"), LABEL, "label")
        if not isinstance(segment.get("value"), int | float) or segment["value"] <= 0:
            yield f"value {segment.get('value')}"


def _on_axes(drawn: Json) -> Iterator[str]:
    axis = drawn.get("axis_config") or {}
    categories = axis.get("categories") or []
    if not 1 <= len(categories) <= POINTS or len(set(categories)) < len(categories):
        yield f"categories {categories}"
    for category in categories:
        yield from _text(category, LABEL, "category")
    for name in ("x_label", "y_label"):
        if name in axis:
            yield from _text(axis[name], AXIS_LABEL, name)
    series = drawn.get("series") or []
    names = [each.get("name") for each in series]
    if not 1 <= len(series) <= SERIES or len(set(names)) < len(names):
        yield f"series {names}"
    for each in series:
        yield from _text(each.get("name"), LABEL, "name")
        labels = [point.get("label") for point in each.get("data") or []]
        if labels != categories:
            yield f"series {each.get('name')} has other points than there are categories"
        if not all(isinstance(p.get("value"), int | float) for p in each.get("data") or []):
            yield f"series {each.get('name')} has a point without a value"


def _text(value: Any, longest: int, name: str) -> Iterator[str]:
    if not isinstance(value, str) or not 1 <= len(value) <= longest:
        yield f"{name} missing or over {longest}"
