"""What the bot says no to, as it says it to people, told to the product."""

from datetime import datetime

from bot.accounts.form_problems import InvalidForm, OldAccountThere
from bot.api.refusals import ApiRefused, Code, Wrong
from bot.common.refusals import Refused
from handlers.text.markup import unmarked
from handlers.text.words import say

REFUSALS = (InvalidForm, OldAccountThere, Refused)


def told(error: Exception) -> ApiRefused:
    """One of these as the product reads it: the fields by their names, and plain sentences."""
    match error:
        case InvalidForm():
            wrong = [
                Wrong(field, _plain(sentence, error.values))
                for field, sentence in error.problems.items()
            ]
            return ApiRefused(Code.FIELDS, wrong=wrong)
        case OldAccountThere():
            return ApiRefused(Code.OLD_ACCOUNT)
        case Refused():
            return ApiRefused(Code.REFUSED, detail=_plain(error.sentence, error.values))
        case _:
            raise error


def _plain(sentence: str, values: dict[str, str] | dict[str, str | datetime]) -> str:
    written = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }
    return unmarked(say(sentence, **written))
