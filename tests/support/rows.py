"""Tests of many rows that take microseconds each."""

import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import pytest


def every(
    names: str,
    rows: Iterable[Any] | Callable[[], Iterable[Any]],
    ids: Callable[[Any], object] = repr,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """As `pytest.mark.parametrize`, within one test: of thousands of rows a test each would take
    longer than what they try. Every row is tried, and those that failed are named together, each
    with its failure. What the test is given besides (fixtures) is the same for all rows.

    Args:
        names: the test's arguments that a row fills, with commas between.
        rows: the rows, or what makes them when the test runs, where that takes long.
        ids: what a failure calls a row.
    """
    arguments = [name.strip() for name in names.split(",")]
    made = rows if callable(rows) else list(rows)

    def over_all(test: Callable[..., None]) -> Callable[..., None]:
        @wraps(test)
        def tried(**given: Any) -> None:
            table = list(made() if callable(made) else made)
            assert table, "no rows: nothing would be tried"
            failed = [each for row in table if (each := _failure(test, arguments, row, ids, given))]
            if failed:
                called = ", ".join(each.__notes__[-1] for each in failed)
                raise ExceptionGroup(f"{len(failed)} of {len(table)} rows: {called}", failed)

        signature = inspect.signature(test)
        others = [each for each in signature.parameters.values() if each.name not in arguments]
        tried.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]
        return tried

    return over_all


def _failure(
    test: Callable[..., None],
    arguments: list[str],
    row: Any,
    ids: Callable[[Any], object],
    given: dict[str, Any],
) -> Exception | None:
    values = row if len(arguments) > 1 else (row,)
    try:
        test(**given, **dict(zip(arguments, values, strict=True)))
    except (Exception, pytest.fail.Exception) as error:
        failure = error if isinstance(error, Exception) else AssertionError(str(error))
        failure.add_note(str(ids(row)))
        return failure
    return None
