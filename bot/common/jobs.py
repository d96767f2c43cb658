"""The work that is left for the worker: each kind once, with what has to be known to do it.

A job's row keeps its kind and its arguments as JSON. Both are read by the next version of the bot
too, so neither a kind nor the name of an argument may change without a migration.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from bot.common import correlation
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

    awaited: bool = Field(default=False, exclude=True)
    """Whether a person waits for it: it is done before what nobody watches. A kind says here how it
    usually is; whoever asks for the work may know better."""

    @property
    def key(self) -> str | None:
        """Work of the same key waits only once; None where each request is work of its own."""
        return None

    @property
    def lane(self) -> str | None:
        """Whose work it is. Of one lane few jobs are done at a time, so that nobody takes every
        thread; None for short work that belongs to nobody."""
        return None

    def to_args(self) -> dict[str, Any]:
        """The arguments as a job's row keeps them, with the correlation of whoever asks."""
        return self.model_dump(mode="json") | correlation.kept()


class CustomersWork(Work):
    """Work for a customer that takes seconds. The customer is known to whoever asks for it; the row
    keeps it as the lane."""

    lanes: ClassVar[str]
    """Which of the customer's lanes it is in: those who wait for a window do not queue behind
    tests."""

    customer_id: int | None = Field(default=None, exclude=True)

    @property
    def lane(self) -> str | None:
        """The customer's."""
        return None if self.customer_id is None else f"{self.lanes}:{self.customer_id}"


class RunTest(CustomersWork):
    """Run a connection test that was begun. It is `awaited` where somebody pressed for this one."""

    kind = "connection-test"
    lanes = "tests"
    test_id: int

    @property
    def key(self) -> str:
        """A test is run once; by its key it can be hurried while it waits."""
        return f"test:{self.test_id}"


class CheckAccount(Work):
    """Test an account by ourselves."""

    kind = "connection-check"
    account_id: int

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


class LookForApproval(Work):
    """Look whether Microsoft shows that an organisation has approved our application."""

    kind = "approval-look"
    watch_id: int

    @property
    def key(self) -> str:
        """One look at an organisation waits at a time."""
        return f"approval:{self.watch_id}"

    @property
    def lane(self) -> str:
        """All looks together: Microsoft is asked two questions at a time."""
        return "approvals"


class ShareApproval(Work):
    """A permission that an account's administrator had to give works: have the other accounts of
    the organisation know it."""

    kind = "approval-share"
    account_id: int

    @property
    def key(self) -> str:
        """Once is enough."""
        return f"approved:{self.account_id}"


class CreateAccounts(Work):
    """Create the next accounts of a batch."""

    kind = "create-accounts"
    batch_id: int

    @property
    def key(self) -> str:
        """A batch goes on one step at a time."""
        return f"batch:{self.batch_id}"


class EraseCustomer(Work):
    """Erase everything of a customer that was offboarded, if it still is."""

    kind = "customer-erase"
    customer_id: int

    @property
    def key(self) -> str:
        """A customer is erased once."""
        return f"erase:{self.customer_id}"


class ExplainAgain(Work):
    """Have the failures that nothing explained mean what is known of them by now, and those of
    `cause` told anew: it was noted, changed or taken back."""

    kind = "explain-again"
    awaited: bool = Field(default=True, exclude=True)
    cause: str


class ForWindow(CustomersWork):
    """Work that a window waits for. Whatever goes wrong with it is said there."""

    view_id: str


class FillFolders(ForWindow):
    """Fetch a mailbox's folders into the window that waits for them; `ours`: of our support
    team."""

    kind = "folders.fill"
    lanes = "windows"
    awaited: bool = Field(default=True, exclude=True)
    account_id: int
    ours: bool = False


class ReadFile(ForWindow):
    """Read an uploaded list of old accounts into the window that waits for it. `columns`: which of
    them is what, where somebody was asked."""

    kind = "old.read-file"
    lanes = "windows"
    awaited: bool = Field(default=True, exclude=True)
    channel_id: str
    file_id: str
    team: str
    user: str
    place: str
    columns: str = ""

    @property
    def by(self) -> Person:
        """Who uploaded it."""
        return Person(self.team, self.user, self.place)


class HandleEvent(Work):
    """Do what an event of Slack asks for. Most come from somebody who typed, or opened the Home
    tab, and who looks at it."""

    kind = "slack-event"
    awaited: bool = Field(default=True, exclude=True)
    event: dict[str, Any]

    @property
    def lane(self) -> str | None:
        """The channel's where it came from; some events name none."""
        channel = self.event.get("channel")
        return f"events:{channel}" if isinstance(channel, str) else None


AT_MAIL_HOSTS = frozenset({RunTest.kind, FillFolders.kind})
"""The kinds of work that ask a mail host, which may hang."""

W = TypeVar("W", bound=Work)


@dataclass(frozen=True)
class FailedJob:
    """A job that failed while a window waits for it: what it raised, and whether that was the last
    try."""

    kind: str
    view_id: str
    error: Exception
    last: bool


def _nobody(failed: FailedJob) -> bool:
    return False


class Doers:
    """Who does which kind of work, and who tells that it failed."""

    def __init__(self) -> None:
        self._do: dict[str, Callable[[dict[str, Any]], None]] = {}
        self._for_windows: set[str] = set()
        self._tell: Callable[[FailedJob], bool] = _nobody
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
        if issubclass(work, ForWindow):
            self._for_windows.add(work.kind)

    def tell_windows(self, tell: Callable[[FailedJob], bool]) -> None:
        """Have `tell` end the window that waits for a job which failed; it says whether it did, or
        the job is better tried again."""
        self._tell = tell

    def failed(self, kind: str, args: dict[str, Any], error: Exception, last: bool) -> bool:
        """A job failed. Whether that is settled: somebody waited for it and was told."""
        view_id = str(args.get(_stored_name("view_id"), "")) if kind in self._for_windows else ""
        return bool(view_id) and self._tell(FailedJob(kind, view_id, error, last))

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
