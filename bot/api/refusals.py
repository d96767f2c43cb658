"""What a call of the API is refused with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Code(StrEnum):
    """Why a call is refused; the words for each stand in `handlers/api/problems.toml`."""

    OFF = "api_off"
    NO_KEY = "key_not_accepted"
    NO_SCOPE = "scope_missing"
    NO_NETWORK = "network_not_allowed"
    TOO_MANY_TRIES = "too_many_tries"
    TOO_MANY_CALLS = "too_many_calls"
    NOT_FOUND = "not_found"
    METHOD = "method_not_allowed"
    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    INVALID = "invalid"
    NOT_USABLE = "account_not_usable"
    NOT_GRANTED = "not_granted"
    TOO_MANY_TOKENS = "too_many_tokens"
    FIELDS = "fields_not_accepted"
    REFUSED = "refused"
    OLD_ACCOUNT = "old_account_listed"
    NO_NAME = "idempotency_key_missing"
    IN_PROGRESS = "in_progress"
    OTHER_CALL = "idempotency_key_reused"
    TOO_MUCH_MET = "too_much_trouble"
    TOO_OFTEN = "too_often"
    BUSY = "busy"
    MICROSOFT_BUSY = "microsoft_busy"
    AWAY = "database_away"
    OURS = "internal"


@dataclass(frozen=True)
class Wrong:
    """A field that is not right, and what is wrong with it."""

    field: str
    says: str


@dataclass(frozen=True)
class Allowance:
    """How many calls a key has in the current minute, how many of them are left, and how long until
    it has all of them again."""

    limit: int
    remaining: int
    reset: timedelta


class ApiRefused(Exception):
    """A call is refused.

    Attributes:
        retry_after: how long it takes until the same call may be answered.
        wrong: the fields that are not right.
        members: what else whoever calls may know: an error ID, a state, a scope, by their names.
        cause: the row of the catalogue that says why.
        allowance: that of the key, where it is known whose call it is.
    """

    def __init__(
        self,
        code: Code,
        /,
        retry_after: timedelta | None = None,
        wrong: Sequence[Wrong] = (),
        cause: str = "",
        **members: str | None,
    ) -> None:
        super().__init__(code.value)
        self.code = code
        self.retry_after = retry_after
        self.wrong = wrong
        self.cause = cause
        self.members = members
        self.allowance: Allowance | None = None
