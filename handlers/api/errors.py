"""The call that explains an error ID."""

from pydantic import BaseModel

from bot.api.services import ApiServices
from bot.api.shapes import ErrorShape
from handlers.api.routes import Call, Route
from storage.api_vocabulary import ApiScope


def routes(services: ApiServices) -> list[Route]:
    """The call that explains an error ID."""

    def one(call: Call) -> BaseModel:
        return services.errors.one(call.caller, call.path["error_id"])

    return [
        Route(
            "GET",
            "/errors/{error_id}",
            "getError",
            "What an error ID means",
            ApiScope.READ,
            ErrorShape,
            one,
        )
    ]
