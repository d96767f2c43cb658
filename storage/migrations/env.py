"""Alembic's entry: works on the connection that `storage.migrate` hands over."""

from alembic import context
from sqlmodel import SQLModel

from storage import tables

assert tables.Account.metadata is SQLModel.metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
