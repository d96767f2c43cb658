"""The call that hands an access token out."""

from pydantic import BaseModel, Field

from bot.api.refusals import Code
from bot.api.services import ApiServices
from bot.api.shapes import TokenShape
from handlers.api.routes import Asked, Call, Route
from storage.api_vocabulary import ApiScope, TokenUse


class TokenBody(Asked):
    """What a token is asked for."""

    use: TokenUse = Field(alias="for")


def routes(services: ApiServices) -> list[Route]:
    """The call that hands an access token out."""

    def hand_out(call: Call) -> BaseModel:
        assert isinstance(call.body, TokenBody)
        return services.hand_out.token(call.caller, call.path["ref"], call.body.use)

    return [
        Route(
            "POST",
            "/accounts/{ref}/token",
            "handOutToken",
            "An access token, and how it is used",
            ApiScope.TOKENS,
            TokenShape,
            hand_out,
            body=TokenBody,
            refuses=(
                Code.NOT_USABLE,
                Code.NOT_GRANTED,
                Code.TOO_MANY_TOKENS,
                Code.BUSY,
                Code.MICROSOFT_BUSY,
            ),
        )
    ]
