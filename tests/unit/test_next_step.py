"""Nobody is left without a next step: in every state and with every kind of fault, each surface shows
its reader one primary next step or the name of who has it, and all agree."""

from collections.abc import Iterator

from bot.views.audience import Audience
from bot.views.telling import for_audience
from handlers.text.markup import safe
from handlers.text.words import plainly
from storage.vocabulary import THEIRS, Owner
from tests.support.next_step import Said, Step, named
from tests.support.rows import every
from tests.support.situations import PLAIN, SITE, Situation, faulty, kinds
from tests.support.surfaces import Truth, everywhere, truth

KINDS = kinds()


def faults(there: Situation) -> list[str]:
    """Everything in which a surface says something else than what is so."""
    stands = truth(there.bot, there.account)
    said = [*everywhere(there.bot, stands), *SITE.of(there.bot, stands), *there.pages]
    found = (
        [f"owner is {stands.account.owner}, not {there.turn}"]
        if _other_owner(there, stands)
        else []
    )
    for one in said:
        found += [f"{one.surface}: {problem}" for problem in _problems(there, stands, one)]
    return found


def _other_owner(there: Situation, stands: Truth) -> bool:
    return there.turn is not None and stands.account.owner is not there.turn


def _problems(there: Situation, stands: Truth, one: Said) -> Iterator[str]:
    if len(one.steps) > 1:
        yield f"several primary steps {one.steps}"
    name = named(there.turn, one.reader) if there.turn else plainly("owner.nobody")
    wrong = one.turns - {name}
    if wrong:
        yield f"turn of {sorted(wrong)}, not {name}"
    theirs = _has_it(there.turn, one.reader)
    expected = there.step if theirs else None
    for step in one.steps:
        if step in GENERAL:
            continue
        if step is not expected:
            yield f"primary {step}, not {expected}"
    if one.surface in LEADING and expected is not None and not one.steps:
        yield f"no primary step, not {expected}"
    if one.errors - {stands.error}:
        yield f"error {sorted(one.errors)}, not {stands.error}"
    if one.surface in EXPLAINING and stands.verdict is not None:
        told = for_audience(stands.verdict, one.reader)
        if safe(told.sentence) not in one.text and told.sentence not in one.text:
            yield "does not say what is wrong"
        if stands.error not in one.errors and one.surface not in ("outage",):
            yield "no error ID"


def _has_it(turn: Owner | None, reader: Audience) -> bool:
    if reader is Audience.SUPPORT:
        return turn is Owner.SUPPORT
    return turn in THEIRS


GENERAL = {Step.LOOK, Step.ADD, Step.ACKNOWLEDGE, Step.TAKE}
LEADING = {
    "card",
    "window of customer",
    "window of support",
    "list of customer",
    "list of support",
    "reminder of customer",
    "outage",
}
EXPLAINING = {
    "card",
    "window of customer",
    "window of support",
    "thread",
    "error of customer",
    "error of support",
    "page after the sign-in",
    "outage",
    "reminder of customer",
}


@every("name", PLAIN, ids=str)
def test_where_nothing_is_wrong(name: str) -> None:
    assert faults(PLAIN[name]()) == []


@every("kind", KINDS, ids=str)
def test_whatever_is_wrong(kind: str) -> None:
    found = {place: problems for place, there in faulty(KINDS[kind]) if (problems := faults(there))}
    assert found == {}
