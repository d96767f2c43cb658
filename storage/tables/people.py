"""The people for whom the product says that they send mail."""

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel


class KnownPerson(SQLModel, table=True):
    """One of a customer's people, as the product calls them: who may be the sender of an account.
    `address_key` is the address in lower case."""

    __table_args__ = (UniqueConstraint("customer_id", "address_key"),)

    id: int = Field(default=None, primary_key=True)
    customer_id: int = Field(foreign_key="customer.id", index=True)
    name: str
    address: str
    address_key: str
