"""Who did what."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from storage.types import big_id_column, json_column, time_column


class AuditEntry(SQLModel, table=True):
    """Who did what to which account, when, from where, with which result. Only ever added to: the
    database refuses the rest."""

    id: int = big_id_column()
    at: datetime = time_column(index=True)
    team: str
    user: str
    action: str
    subject: str = Field(index=True)
    channel_id: str = ""
    result: str = "done"
    detail: dict[str, Any] = json_column()
