"""The settings of what the vendor's own product is given."""

from typing import Annotated

from pydantic import Field

from bot.config.about import About

AccountsPerWorker = Annotated[
    int,
    Field(ge=0, le=1000),
    About(
        "So many accounts in use one person of a customer's has at most, by the address with which "
        "they sign in or send; 0: any number",
        begins="The product",
    ),
]
