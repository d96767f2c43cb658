"""Whether what a person notes can be the cause of a reply."""

import re
from collections.abc import Iterator

from bot.common.texts import on_one_line
from bot.diagnosis.catalogue import Catalogue
from bot.diagnosis.explainer import NotedRows, is_default, signature_of
from bot.diagnosis.masking import PLACEHOLDERS
from bot.diagnosis.note import (
    LONGEST_SENTENCE,
    LONGEST_STEP,
    LONGEST_SUPPORT,
    LONGEST_TITLE,
    MAX_STEPS,
    OWNERS,
    SHORTEST_TEXT,
    SHORTEST_TITLE,
    Note,
    NotNoted,
)
from bot.diagnosis.signature import SHORTEST_PHRASE, again
from storage.tables import NotedCause, UnexplainedReply
from storage.vocabulary import Owner, Permanence

NAMED = {
    Owner.ADMINISTRATOR: "administrator",
    Owner.SUPPORT: "support team",
    Owner.ON_CALL: "engineers",
    Owner.MICROSOFT: "Microsoft",
}
"""The word by which a customer's sentence says who is on it."""

TECHNICAL = re.compile(r"AADSTS|XOAUTH2|EXAMINE|\b(?:tokens?|refresh|TLS)\b|\b[45]\d\d\b")
"""What a customer's sentence does without."""


def check(note: Note, reply: UnexplainedReply, text: str, catalogue: Catalogue) -> None:
    """Whether `note` can be the cause of `reply`, whose words are `text`.

    Raises:
        NotNoted: it cannot.
    """
    problems = dict(_phrase_problems(note, reply, text))
    if note.cause:
        problems |= _chosen_problems(note, catalogue)
    elif not note.is_new:
        problems["cause"] = "unexplained.none"
    else:
        problems |= _new_problems(note)
    if problems:
        raise NotNoted(problems)


def check_fit(noted: NotedCause, reply: UnexplainedReply, text: str, catalogue: Catalogue) -> None:
    """Whether the catalogue's rules let a noted cause explain its own reply.

    Raises:
        NotNoted: the protocol's own fields say otherwise.
    """
    seen = again(reply.seen, reply.step, text)
    if NotedRows.of(catalogue, [(noted, reply)]).explain(seen) is None:
        raise NotNoted({"cause" if noted.owner is None else "owner": "unexplained.contradicts"})


def take_over(noted: NotedCause, note: Note, new_id: str) -> None:
    """Put a note that was checked into its row; `new_id` is what a new cause is called."""
    noted.phrase = on_one_line(note.phrase)
    noted.cause = note.cause or new_id
    noted.title = on_one_line(note.title)
    noted.customer = on_one_line(note.customer)
    noted.support = on_one_line(note.support)
    noted.owner = Owner(note.owner) if note.owner else None
    noted.permanence = Permanence(note.permanence) if note.permanence else None
    noted.remedy = "\n".join(note.steps)


def slug(title: str) -> str:
    """What a cause of that title is called; empty where it has no plain letters."""
    words = re.findall(r"[a-z0-9]+", title.lower())
    return "-".join(words)[:60].strip("-")


def _phrase_problems(note: Note, reply: UnexplainedReply, text: str) -> Iterator[tuple[str, str]]:
    if signature_of(reply).by_number:
        return
    phrase = on_one_line(note.phrase)
    if len(phrase) < SHORTEST_PHRASE or " " not in phrase:
        yield "phrase", "unexplained.phrase_short"
    elif any(placeholder in phrase for placeholder in PLACEHOLDERS):
        yield "phrase", "unexplained.phrase_placeholder"
    elif phrase.casefold() not in text.casefold():
        yield "phrase", "unexplained.phrase_elsewhere"


def _chosen_problems(note: Note, catalogue: Catalogue) -> dict[str, str]:
    if note.is_new or note.steps:
        return {"cause": "unexplained.both"}
    if catalogue.row(note.cause) is None or is_default(note.cause):
        return {"cause": "unexplained.gone"}
    return {}


def _new_problems(note: Note) -> Iterator[tuple[str, str]]:
    for field, shortest, longest in (
        ("title", SHORTEST_TITLE, LONGEST_TITLE),
        ("customer", SHORTEST_TEXT, LONGEST_SENTENCE),
        ("support", SHORTEST_TEXT, LONGEST_SUPPORT),
    ):
        length = len(on_one_line(getattr(note, field)))
        if length < shortest:
            yield field, "unexplained.too_short"
        elif length > longest:
            yield field, "unexplained.too_long"
    if note.owner not in OWNERS:
        yield "owner", "unexplained.choose"
    elif NAMED.get(Owner(note.owner), "").lower() not in note.customer.lower():
        yield "customer", f"unexplained.name_{note.owner}"
    if note.permanence not in set(Permanence):
        yield "permanence", "unexplained.choose"
    if TECHNICAL.search(note.customer):
        yield "customer", "unexplained.technical"
    if len(note.steps) > MAX_STEPS or any(len(step) > LONGEST_STEP for step in note.steps):
        yield "remedy", "unexplained.steps_long"
