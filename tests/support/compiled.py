"""What worlds of one process that come after each other share: statements and pages that were
compiled. Each would compile everything anew."""

from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine
from sqlalchemy.engine import Dialect

from storage.database import Store

STATEMENTS: dict[Any, Any] = {}
DIALECTS: dict[str, Dialect] = {}


class Pages(BytecodeCache):
    """Compiled pages by the name of their file; Jinja looks whether that is still the same."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


PAGES = Pages()


def share_statements(store: Store) -> None:
    """Have a store that nobody has used yet use what was compiled for those before it."""
    store.engine = sharing(store.engine)


def sharing(engine: Engine) -> Engine:
    """An engine that nobody has used yet, with what was compiled for those before it; that belongs
    to a dialect, so it takes theirs too."""
    engine.dialect = DIALECTS.setdefault(engine.dialect.name, engine.dialect)
    return engine.execution_options(compiled_cache=STATEMENTS)


def share_pages(*apps: Flask) -> None:
    """The same for the pages of these."""
    for app in apps:
        app.jinja_env.bytecode_cache = PAGES
