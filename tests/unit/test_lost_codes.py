"""SMTP replies whose enhanced code a program left out are known by Exchange's words."""

import re
from collections.abc import Iterator

import pytest

from bot.diagnosis import catalogue
from bot.diagnosis.observation import Where
from storage.vocabulary import Owner

pytestmark = pytest.mark.catalogue

ROWS = catalogue.load()
CODE = re.compile(r"\b[45]\.\d{1,3}\.\d{1,3}\b ?")
HONEST = {None, Owner.SUPPORT, Owner.MICROSOFT}
"""Whom a reply is given to that does not say whose fault it is."""


def without_code() -> Iterator[tuple[str, int, str]]:
    """Every known reply of Exchange's that has an enhanced code, without it."""
    for row in ROWS.rows.values():
        if Where.SMTP in row.where and not row.id.startswith("unknown"):
            for sample in row.samples:
                said = CODE.sub("", str(sample.get("message", "")))
                if said and said != sample["message"]:
                    yield row.id, sample["code"], said


def read(text: str) -> tuple[str, Owner | None]:
    """What a text is taken for, and who acts."""
    verdict = ROWS.lookup_text(text)
    return (verdict.cause, verdict.owner) if verdict else ("", None)


def test_most_are_known_by_their_words_and_none_is_laid_at_another_persons_door() -> None:
    replies = list(without_code())
    assert len(replies) >= 200
    taken = [(row, *read(f"smtp error: {code} {said}"), said) for row, code, said in replies]
    other = [one for one in taken if one[1] != one[0]]
    assert len(other) <= len(taken) / 10, other
    assert [o for o in other if o[2] not in HONEST and o[2] is not ROWS.rows[o[0]].owner] == []


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("SMTP said 535 Authentication unsuccessful, account is locked.", "smtp-account-off"),
        ("Invalid login: 535 Authentication unsuccessful, the user's password has expired.",
         "smtp-password-used"),
        ("The mail could not be sent: Client does not have permissions to send as this sender",
         "send-as-denied"),
    ],
)  # fmt: skip
def test_a_program_that_shows_the_words_alone_shows_enough(said: str, meant: str) -> None:
    assert read(said)[0] == meant


def test_words_that_several_replies_have_tell_nothing_more() -> None:
    assert read("smtp error: 535 Authentication unsuccessful")[0] == "smtp-sign-in-refused"
    assert read("smtp error: 550 Access denied, banned sender[192.0.2.7]")[1] in HONEST
