"""Nobody is left without a next step: in every state and with every kind of cause, wherever it arises,
each surface shows its reader one primary next step or the name of who has it, and card, thread, pages,
reminders, lists and Home agree about whose turn it is, the error ID, what is wrong and what is next."""

from collections.abc import Iterator

from bot.views.audience import Audience
from bot.views.telling import for_audience
from handlers.text.markup import safe
from storage.vocabulary import THEIRS, Owner, State
from tests.support.examples import in_a_hurry
from tests.support.next_step import Said, Step, named
from tests.support.rows import every
from tests.support.situations import PLAIN, SITE, Situation, faulty
from tests.support.surfaces import Truth, everywhere, truth
from tests.support.values import ROWS

FAULTY = [*faulty()]
TRIED = FAULTY[::3] if in_a_hurry() else FAULTY

WAYS_THERE = {Step.LOOK, Step.ADD, Step.ACKNOWLEDGE, Step.TAKE}
"""What is no step of the account's own: it leads to where that stands, or is about an alert."""

LEADS = {
    "card",
    "window of customer",
    "window of support",
    "list of customer",
    "list of support",
    "reminder of customer",
    "reminder of support",
    "outage",
    "start page",
}
"""The surfaces that have a primary step whenever it is their reader's turn."""

EXPLAINS = {
    "card",
    "window of customer",
    "window of support",
    "thread",
    "error of customer",
    "error of support",
    "page after the sign-in",
    "start page",
    "outage",
    "reminder of customer",
    "reminder of support",
}
"""The surfaces that say what is wrong."""

NUMBERED = EXPLAINS - {"outage"}
"""Those that say the error ID."""


def problems(there: Situation) -> list[str]:
    """In what the surfaces of an account say something else than what is so."""
    stands = truth(there.bot, there.account)
    said = [*everywhere(there.bot, stands), *SITE.of(there.bot, stands), *there.pages]
    found = [f"{one.surface}: {what}" for one in said for what in _wrong(there, stands, one)]
    if there.turn not in (stands.account.owner, None):
        found.append(f"it waits for {stands.account.owner}, not for {there.turn}")
    return found


def _wrong(there: Situation, stands: Truth, one: Said) -> Iterator[str]:
    yield from _wrong_step(there, stands, one)
    turn = ROWS.rows[stands.verdict.cause].owner if _of_cause(stands, one) else there.turn
    if others := one.turns - {named(turn, one)}:
        yield f"it is the turn of {sorted(others)}, not of {named(turn, one)}"
    if one.errors - {stands.error}:
        yield f"error {sorted(one.errors)}, not {stands.error}"
    if stands.error and one.surface in NUMBERED and not one.errors:
        yield "no error ID"
    if one.surface in EXPLAINS and not _explains(there, stands, one):
        yield "does not say what is wrong"


def _of_cause(stands: Truth, one: Said) -> bool:
    """Whether it is the page of a cause, which speaks of no account."""
    return stands.verdict is not None and one.surface == "page of the cause"


def _wrong_step(there: Situation, stands: Truth, one: Said) -> Iterator[str]:
    """There is at most one, that of whose turn it is; and one wherever something leads on."""
    own = [step for step in one.steps if step not in WAYS_THERE]
    expected = _step(there, stands, one)
    if len(one.steps) > 1:
        yield f"several primary steps: {one.steps}"
    if own not in ([], [expected]):
        yield f"primary step {own}, not {expected}"
    if one.surface in LEADS and expected is not None and not one.steps:
        yield f"no primary step, not even {expected}"


def _step(there: Situation, stands: Truth, one: Said) -> Step | None:
    """What the reader of a surface does next."""
    if one.surface == "start page":
        return _step_of_page(there, stands)
    if one.reader is Audience.SUPPORT:
        return there.step if there.turn is Owner.SUPPORT else None
    return there.step if there.turn in THEIRS else None


def _step_of_page(there: Situation, stands: Truth) -> Step | None:
    """Who opens the page is who signs in: unless that would be in vain, or was done."""
    waits = stands.account.state is State.AWAITING_SIGN_IN and not stands.card.held
    free = not stands.error or there.turn is Owner.USER
    return Step.SIGN_IN if waits and free else None


def _explains(there: Situation, stands: Truth, one: Said) -> bool:
    if (
        stands.verdict is None or there.step is Step.APPROVE
    ):  # an approval is asked for in our words
        return True
    sentence = for_audience(stands.verdict, one.reader).sentence
    return sentence in one.text or safe(sentence) in one.text


@every("name", PLAIN, ids=str)
def test_where_nothing_is_wrong_all_agree_about_what_is_next(name: str) -> None:
    assert problems(PLAIN[name]()) == []


@every("name, row, seen, make", TRIED, ids=lambda row: row[0])
def test_whatever_is_wrong_all_agree_about_what_is_next(
    name: str, row: object, seen: object, make: object
) -> None:
    there = make()  # type: ignore[operator]
    assert there is None or problems(there) == []
