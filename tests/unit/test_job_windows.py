"""A window that waits for a job ends with a sentence and an error ID, whatever the job raised and
whichever kind it is."""

import csv
import json
from typing import Any, ClassVar

import pytest

from bot.app.maildesk import employ
from bot.app.worker import MAX_ATTEMPTS
from bot.common import jobs
from bot.common.jobs import FailedJob, FillFolders, ForWindow, HandleEvent, ReadFile, Work
from bot.common.ways_out import WaysOut
from handlers.cards.kit import divider, modal
from handlers.features import legacy_import
from handlers.features.failed_jobs import tell_window
from handlers.slack import files
from tests.support.fast import ACME, CAROL, FastBot, hours

pytestmark = pytest.mark.field

VIEW = "V0WAITING"


class Painting(ForWindow):
    """A kind of work that comes later."""

    kind = "painting"
    colour: str


@pytest.fixture
def bot(bot: FastBot) -> FastBot:
    """The bot, whose windows are told."""
    bot.doers.tell_windows(lambda failed: tell_window(bot.services, bot.slack, failed))
    return bot


def ask(bot: FastBot, work: Work) -> None:
    """Have it done now."""
    with bot.store.transaction() as tx:
        tx.jobs.add(work, bot.now)
    bot.run_due()


def windows(bot: FastBot) -> list[str]:
    """What was shown in the window that waits, in order."""
    updates = [call for method, call in bot.slack.calls if method == "views.update"]
    return [json.dumps(call["view"]) for call in updates if call["view_id"] == VIEW]


def waiting(bot: FastBot) -> bool:
    """Whether a job is still to be done."""
    with bot.store.transaction() as tx:
        return tx.jobs.next_due() is not None


class Breaks:
    """Does work by raising."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.times = 0

    def __call__(self, work: Any) -> None:
        self.times += 1
        raise self.error


def works() -> list[Work]:
    """Everything that a window waits for, and a kind of its own."""
    by = {"team": CAROL.team, "user": CAROL.user, "place": ACME}
    return [
        Painting(view_id=VIEW, colour="blue"),
        FillFolders(view_id=VIEW, account_id=1),
        ReadFile(view_id=VIEW, channel_id=ACME, file_id="F0LIST", **by),
    ]


ERRORS = (
    csv.Error("field larger than field limit (131072)"),
    RuntimeError("planted-77"),
    KeyError("planted-77"),
    TimeoutError("planted-77"),
    MemoryError(),
    RecursionError(),
)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("work", works(), ids=lambda work: work.kind)
def test_whatever_a_job_raises_its_window_says_so(
    bot: FastBot, work: Work, error: Exception
) -> None:
    breaks = Breaks(error)
    bot.doers.add(type(work), breaks)

    ask(bot, work)

    (window,) = windows(bot)
    assert "The problem is on our side" in window and "MX-" in window
    assert "planted-77" not in window and "131072" not in window
    bot.live(hours(1))
    assert breaks.times == 1, "the window is over: nobody waits for a second try"
    assert len(windows(bot)) == 1 and not waiting(bot)


@pytest.mark.parametrize("work", works(), ids=lambda work: work.kind)
def test_a_job_with_arguments_of_another_version_ends_its_window_too(
    bot: FastBot, work: Work
) -> None:
    bot.doers.add(type(work), lambda work: None)
    with bot.store.transaction() as tx:
        tx.jobs.add(work, bot.now)
        (job,) = tx.jobs.claim_due(bot.now, 1, hours(0))
        job.args = {"view": VIEW}
    bot.clock.at += hours(1)
    bot.run_due()

    assert "MX-" in windows(bot)[0]


def test_a_job_that_slack_was_too_busy_for_is_tried_again(bot: FastBot) -> None:
    shown: list[str] = []

    def paint(work: Painting) -> None:
        bot.slack.views_update(view_id=work.view_id, view=modal(work.colour, [divider()]))
        shown.append(work.colour)

    bot.doers.add(Painting, paint)
    bot.slack.fails_next("views.update", "internal_error")
    ask(bot, Painting(view_id=VIEW, colour="blue"))
    assert not any("MX-" in window for window in windows(bot))

    bot.live(hours(1))
    assert shown == ["blue"]
    assert not any("MX-" in window for window in windows(bot))


def test_a_job_that_slack_never_takes_says_so_in_the_end(bot: FastBot) -> None:
    def paint(work: Painting) -> None:
        bot.slack.fails_next("views.update", "internal_error")
        bot.slack.views_update(view_id=work.view_id, view=modal("Blue", [divider()]))

    bot.doers.add(Painting, paint)
    ask(bot, Painting(view_id=VIEW, colour="blue"))
    bot.live(hours(1))

    told = [window for window in windows(bot) if "MX-" in window]
    assert (len(windows(bot)), len(told)) == (MAX_ATTEMPTS + 1, 1)


def test_a_window_whose_end_cannot_be_told_is_tried_again(bot: FastBot) -> None:
    breaks = Breaks(RuntimeError("broken"))
    bot.doers.add(Painting, breaks)
    bot.slack.fails_next("views.update", "ratelimited")
    ask(bot, Painting(view_id=VIEW, colour="blue"))

    bot.live(hours(1))
    assert breaks.times == 2
    assert "MX-" in windows(bot)[-1]


def test_a_window_that_was_closed_meanwhile_is_no_trouble(bot: FastBot) -> None:
    breaks = Breaks(RuntimeError("broken"))
    bot.doers.add(Painting, breaks)
    bot.slack.fails_next("views.update", "not_found")
    ask(bot, Painting(view_id=VIEW, colour="blue"))

    bot.live(hours(1))
    assert breaks.times == 1


def test_a_job_that_no_window_waits_for_is_tried_again_as_ever(bot: FastBot) -> None:
    class Errand(Work):
        kind = "errand"
        view: ClassVar[str] = VIEW

    breaks = Breaks(RuntimeError("broken"))
    bot.doers.add(Errand, breaks)
    ask(bot, Errand())

    bot.live(hours(1))
    assert breaks.times == MAX_ATTEMPTS
    assert windows(bot) == []


def test_every_kind_of_work_that_names_a_window_is_work_for_it() -> None:
    kinds = [each for each in vars(jobs).values() if isinstance(each, type)]
    work = [each for each in kinds if issubclass(each, Work)]
    named = {each for each in work if "view_id" in each.model_fields}
    assert named == {ForWindow, FillFolders, ReadFile}
    assert named == {each for each in work if issubclass(each, ForWindow)}


def test_the_whole_bot_tells_its_windows(bot: FastBot) -> None:
    told: list[FailedJob] = []
    doers = jobs.Doers()

    class Side:
        class events:
            @staticmethod
            def do(work: HandleEvent) -> None: ...

    employ(doers, bot.services, Side(), bot.slack, WaysOut())
    told_first = doers.failed("old.read-file", {"view": VIEW}, RuntimeError(), last=False)
    assert (told_first, told) == (True, [])
    assert "MX-" in windows(bot)[-1]


def test_a_file_that_nobody_foresaw_ends_the_window_with_an_error_id(
    bot: FastBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(client: Any, file_id: str) -> bytes:
        raise files.requests.exceptions.ContentDecodingError("planted-77")

    monkeypatch.setattr(legacy_import, "fetch", fetch)
    bot.doers.add(ReadFile, lambda work: legacy_import.read_file(bot.services, bot.slack, work))
    bot.drafts.have_file_read(ACME, "F0LIST", VIEW, CAROL)
    bot.pass_time(seconds=2)

    assert "MX-" in windows(bot)[-1] and "planted-77" not in windows(bot)[-1]
