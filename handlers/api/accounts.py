"""The calls that read accounts."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from bot.api.accounts import Question
from bot.api.services import ApiServices
from bot.api.shapes import AccountShape, AccountsShape
from handlers.api.routes import Asked, Call, Moment, Route, digits
from storage.api_vocabulary import ApiScope
from storage.vocabulary import State

MOST = 200
USUAL = 50
CURSOR = r"^([0-9A-Z]{8})?$"


class AccountsQuery(Asked):
    """Which accounts are asked for."""

    state: State | None = None
    customer: Annotated[str, Field(pattern=r"^[0-9]{1,9}$")] | None = None
    external_id: Annotated[str, Field(min_length=1, max_length=120)] | None = None
    changed_since: Moment | None = None
    limit: Annotated[int, Field(ge=1, le=MOST), BeforeValidator(digits)] = USUAL
    cursor: Annotated[str, Field(pattern=CURSOR)] = ""


def routes(services: ApiServices) -> list[Route]:
    """The calls that read accounts."""

    def several(call: Call) -> BaseModel:
        assert isinstance(call.query, AccountsQuery)
        return services.accounts.page(call.caller, question(call.query))

    def one(call: Call) -> BaseModel:
        return services.accounts.one(call.caller, call.path["ref"])

    return [
        Route(
            "GET",
            "/accounts",
            "listAccounts",
            "Accounts, a page at a time",
            ApiScope.READ,
            AccountsShape,
            several,
            query=AccountsQuery,
        ),
        Route(
            "GET",
            "/accounts/{ref}",
            "getAccount",
            "One account",
            ApiScope.READ,
            AccountShape,
            one,
        ),
    ]


def question(query: AccountsQuery) -> Question:
    """What is asked, as the bot takes it."""
    customer = int(query.customer) if query.customer is not None else None
    narrowed = (query.state, customer, query.external_id, query.changed_since)
    return Question(*narrowed, query.limit, query.cursor)
