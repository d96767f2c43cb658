"""Text that no database refuses."""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, event

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""NUL, which PostgreSQL's text cannot hold (postgresql.org/docs/current/datatype-character.html),
and halves of characters, which are no UTF-8: what is pasted, or sent by a server, may have both."""

STAND_IN = "\N{REPLACEMENT CHARACTER}"


def keep_text_storable(engine: Engine) -> None:
    """Whatever is stored or asked for by this engine has the sign for an unknown character in place
    of what a database would refuse: nobody can make a request fail by it."""
    event.listen(engine, "before_cursor_execute", _storable, retval=True)


def _storable(
    _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
) -> tuple[str, Any]:
    # Of many rows in one statement the values stand in one mapping, whatever `_many` says
    many = isinstance(parameters, list)
    return statement, list(map(_all, parameters)) if many else _all(parameters)


def _all(parameters: Any) -> Any:
    """The parameters of one statement, by name or in order."""
    if isinstance(parameters, Mapping):
        if not any(map(_is_unstorable, parameters.values())):
            return parameters
        return {name: _mended(value) for name, value in parameters.items()}
    return tuple(map(_mended, parameters))


def _is_unstorable(value: Any) -> bool:
    return isinstance(value, str) and UNSTORABLE.search(value) is not None


def _mended(value: Any) -> Any:
    return UNSTORABLE.sub(STAND_IN, value) if isinstance(value, str) else value
