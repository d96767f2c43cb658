"""Databases for fast tests, one a test: in memory, made in a fraction of a millisecond; or of
PostgreSQL, where the tests run on that."""

import sqlite3
from functools import cache
from typing import Any

from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import StaticPool
from sqlmodel import SQLModel

from storage import tables as tables
from storage.storable import keep_text_storable
from tests.support.databases import engine_of, on_postgresql

COMPILED: dict[Any, Any] = {}
"""What SQLAlchemy has compiled, for all of them."""


@cache
def _template() -> tuple[Engine, sqlite3.Connection]:
    """A database with its tables, to be copied, and the engine that made it. Its dialect, which all
    of them share, begins transactions as the product does, without SQLAlchemy's ado: there are
    thirty of them in a test."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    SQLModel.metadata.create_all(engine)
    engine.dialect.do_begin = lambda begun: begun.execute("BEGIN IMMEDIATE")  # type: ignore
    return engine, connection


def new_database(like: Engine | None = None) -> Engine:
    """A database with its tables; with everything that is in another of them, where one is given.
    All share what SQLAlchemy has compiled."""
    return engine_of(like) if on_postgresql() else _in_memory(like)


def _in_memory(like: Engine | None) -> Engine:
    template, tables = _template()
    connection = sqlite3.connect(":memory:", isolation_level=None)
    filled = like.raw_connection().driver_connection if like else tables
    filled.backup(connection)
    connection.execute("PRAGMA foreign_keys=ON")
    engine = Engine(StaticPool(lambda: connection), template.dialect, template.url)
    keep_text_storable(engine)
    return engine.execution_options(compiled_cache=COMPILED)
