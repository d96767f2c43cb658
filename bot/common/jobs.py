"""The work that is left for the worker: each kind once, with what has to be known to do it.

A job's row keeps its kind and its arguments as JSON. Both are read by the next version of the bot
too, so neither a kind nor the name of an argument may change without a migration.
"""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from bot.common.people import Person


def _stored_name(field: str) -> str:
    return field.removesuffix("_id")


class Work(BaseModel):
    """One piece of work. An argument is stored under its field's name without ``_id``."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=_stored_name,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )

    kind: ClassVar[str]
    """How the row names it."""

    @property
    def key(self) -> str | None:
        """Work of the same key waits only once; None where each request is work of its own."""
        return None

    def to_args(self) -> dict[str, Any]:
        """The arguments as a job's row keeps them."""
        return self.model_dump(mode="json")


class RunTest(Work):
    """Run a connection test that was begun."""

    kind = "connection-test"
    test_id: int


class CheckAccount(Work):
    """Test an account by ourselves. `round`: how many checks in a row a fault has lasted."""

    kind = "connection-check"
    account_id: int
    round: int = 0

    @property
    def key(self) -> str:
        """One check of an account waits at a time."""
        return f"check:{self.account_id}"


class CheckFix(Work):
    """Look whether what somebody reports as fixed works by now."""

    kind = "mend-check"
    fix_id: int = Field(validation_alias="mend", serialization_alias="mend")


class CheckLink(Work):
    """Look at a login link when its time is up."""

    kind = "link-check"
    account_id: int
    ticket_id: int


class CheckSignIn(CheckLink):
    """Look at a login link when a sign-in that was begun from it ran out of time."""

    @property
    def key(self) -> str:
        """One look at a link waits at a time, for the sign-in that runs out first."""
        return f"flow:{self.ticket_id}"


class CreateAccounts(Work):
    """Create the next accounts of a batch."""

    kind = "create-accounts"
    batch_id: int

    @property
    def key(self) -> str:
        """A batch goes on one step at a time."""
        return f"batch:{self.batch_id}"


class FillFolders(Work):
    """Fetch a mailbox's folders into the window that waits for them."""

    kind = "folders.fill"
    account_id: int
    view_id: str


class ReadFile(Work):
    """Read an uploaded list of old accounts into the window that waits for it."""

    kind = "old.read-file"
    channel_id: str
    file_id: str
    view_id: str
    team: str
    user: str
    place: str

    @property
    def by(self) -> Person:
        """Who uploaded it."""
        return Person(self.team, self.user, self.place)


class HandleEvent(Work):
    """Do what an event of Slack asks for."""

    kind = "slack-event"
    event: dict[str, Any]


W = TypeVar("W", bound=Work)


class Doers:
    """Who does which kind of work."""

    def __init__(self) -> None:
        self._do: dict[str, Callable[[dict[str, Any]], None]] = {}
        self._give_up: dict[str, Callable[[dict[str, Any]], None]] = {}

    def add(
        self,
        work: type[W],
        do: Callable[[W], None],
        give_up: Callable[[W], None] = lambda work: None,
    ) -> None:
        """Have `do` do every job of this kind, and `give_up` end one that fails again and again."""
        self._do[work.kind] = lambda args: do(work.model_validate(args))
        self._give_up[work.kind] = lambda args: give_up(work.model_validate(args))

    def do(self, kind: str, args: dict[str, Any]) -> None:
        """Do the job of a row. May take as long as its kind takes.

        Raises:
            KeyError: nobody does this kind.
            pydantic.ValidationError: the arguments are not its own.
        """
        self._do[kind](args)

    def give_up(self, kind: str, args: dict[str, Any]) -> None:
        """End the job of a row that fails again and again; it is forgotten afterwards."""
        if kind in self._give_up:
            self._give_up[kind](args)
