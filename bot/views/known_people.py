"""A customer's people, as the product calls them."""

from dataclasses import dataclass

from bot.common.mail_addresses import shown
from storage.tables import KnownPerson


@dataclass(frozen=True)
class KnownPersonView:
    """Who may be the sender of an account, with the address as people write it."""

    id: int
    name: str
    address: str

    @classmethod
    def of(cls, row: KnownPerson) -> "KnownPersonView":
        """The person as they are known now."""
        return cls(row.id, row.name, shown(row.address))
