"""Microsoft's numbers: every one that it publishes has a cause with somebody who acts and a next
step, and nobody is blamed for another's fault."""

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.diagnosis import catalogue
from bot.diagnosis.observation import Observation, Where
from bot.diagnosis.observe import from_callback, from_oauth
from storage.vocabulary import Owner, Permanence, Scope
from tests.support.oauth import WORDS
from tests.unit.facts import WHO

pytestmark = pytest.mark.catalogue

ROWS = catalogue.load()
DATA = Path(__file__).parents[1] / "data"
ENOUGH_NUMBERS, ENOUGH_REPLIES = 320, 350
OURS = frozenset("ES")
CUSTOMERS = frozenset("UA")


@cache
def data(name: str) -> dict[str, Any]:
    """A file of test data."""
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))


def judged() -> Iterator[tuple[int, str]]:
    """Each number that was judged, and the letters of who may act."""
    known = data("microsoft_numbers.toml")
    for letters, numbers in (*known["acts"].items(), *known["acts_met_elsewhere"].items()):
        for number in numbers:
            yield number, letters


def replies() -> Iterator[tuple[str, Observation]]:
    """Each reply of the data with the cause that it has."""
    for cause, told in data("microsoft_replies.toml").items():
        for kind, word, numbers, text in told:
            yield cause, observed(kind, word, numbers, text)


def observed(kind: str, word: str, numbers: list[int], text: str) -> Observation:
    """A reply as its protocol hands it on."""
    named = " ".join(f"AADSTS{number}: {text}" for number in numbers) or text
    traced = f"{named} Trace ID: 00000000-0000-4000-8000-000000000000" if named else ""
    said: dict[str, Any] = {"error": word, "error_description": traced}
    match kind:
        case "callback":
            return from_callback(said)
        case "approval page":
            return from_callback({**said, "admin_consent": "True"}, Where.ADMIN_CONSENT)
        case "token":
            return from_oauth({**said, "error_codes": numbers})
        case "HTTP 400" | "HTTP 401":
            seen = from_oauth({**said, "error_codes": numbers})
            return replace(seen, status=int(kind.removeprefix("HTTP ")))
    assert kind == "token, number in the text only"
    return from_oauth(said)


def group(letters: str) -> frozenset[str]:
    """Whose side the letters are: the customer's, ours, Microsoft's."""
    return frozenset("c" if one in CUSTOMERS else "o" if one in OURS else "m" for one in letters)


# -- the numbers


def test_every_published_number_is_judged_once_and_has_a_cause() -> None:
    published = {int(number) for number in data("microsoft_numbers.toml")["published"]}
    numbers = [number for number, _ in judged()]
    assert len(published) >= ENOUGH_NUMBERS
    assert published <= set(numbers)
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("shape", ["codes", "text", "callback"])
def test_every_number_has_somebody_who_acts_and_a_next_step(shape: str) -> None:
    wrong = []
    for number, letters in judged():
        text = f"AADSTS{number}: whatever Microsoft writes today"
        seen = {
            "codes": from_oauth({"error": "invalid_request", "error_codes": [number]}),
            "text": from_oauth({"error": "invalid_request", "error_description": text}),
            "callback": from_callback({"error": "invalid_request", "error_description": text}),
        }[shape]
        verdict = ROWS.explain(seen)
        acts = WHO[verdict.owner] in letters and not verdict.cause.startswith(catalogue.UNKNOWN)
        if not acts or not (verdict.remedy or verdict.permanence is Permanence.RETRY):
            wrong.append((number, letters, verdict.cause, verdict.owner))
    assert wrong == []


@pytest.mark.parametrize("word", WORDS)
def test_nobody_is_blamed_for_anothers_fault_under_any_word(word: str) -> None:
    """The matrix of customer, us and Microsoft, over every number and every error word."""
    wrong = []
    for number, letters in judged():
        for where in (Where.TOKEN, Where.ADMIN_CONSENT):
            verdict = ROWS.explain(Observation(where, error=word, codes=(number,)))
            if not group(WHO[verdict.owner]) <= group(letters):
                wrong.append((number, letters, where, verdict.cause))
    assert wrong == []


def test_what_is_microsofts_is_tried_again_and_what_is_ours_alerts() -> None:
    for number, letters in judged():
        verdict = ROWS.explain(Observation(Where.TOKEN, error="server_error", codes=(number,)))
        if letters == "M":
            assert verdict.permanence is Permanence.RETRY, number
        if letters == "E":
            assert verdict.owner is Owner.ON_CALL, number
        if "E" not in letters:
            assert verdict.owner is not Owner.ON_CALL, number
            assert verdict.scope is not Scope.APPLICATION, number


def test_the_table_is_the_one_place_where_a_number_is_decided() -> None:
    """A row names a number itself only with something else, or where the approval page gives it
    another meaning."""
    table = tomllib.loads((catalogue.FOLDER / catalogue.NUMBERS).read_text(encoding="utf-8"))
    ids = {cause for cause, *_ in table["numbers"].values()}
    assert ids <= set(ROWS.rows)
    assert not [cause for cause in ids if cause.startswith(catalogue.UNKNOWN)]
    for row in ROWS.rows.values():
        own = {number for cause, number in _in_table(table) if cause == row.id}
        named = [matcher for matcher in row.match if matcher.codes and not matcher.text]
        if row.where != (Where.ADMIN_CONSENT,):
            assert {number for matcher in named for number in matcher.codes} == own, row.id


def _in_table(table: dict[str, Any]) -> list[tuple[str, int]]:
    return [(cause, int(number)) for number, (cause, *_) in table["numbers"].items()]


def test_microsofts_names_stand_in_the_table_as_it_publishes_them() -> None:
    published = data("microsoft_numbers.toml")["published"]
    table = tomllib.loads((catalogue.FOLDER / catalogue.NUMBERS).read_text(encoding="utf-8"))
    for number, name in published.items():
        assert table["numbers"][number][1:] == ([name] if name else []), number


# -- whole replies


def test_every_reply_has_the_cause_that_a_person_gave_it() -> None:
    wrong = [
        (cause, ROWS.explain(seen).cause, seen.error, seen.codes, seen.text)
        for cause, seen in replies()
        if ROWS.explain(seen).cause != cause
    ]
    assert wrong == []


def test_there_are_replies_enough_and_no_two_are_the_same() -> None:
    told = [(seen.where, seen.error, seen.codes, seen.status, seen.text) for _, seen in replies()]
    assert len(told) >= ENOUGH_REPLIES
    assert len(set(told)) == len(told)


def test_nearly_every_cause_of_a_number_is_met_in_a_reply() -> None:
    met = set(data("microsoft_replies.toml"))
    assert [
        row.id
        for row in ROWS.rows.values()
        if any(matcher.codes for matcher in row.match) and row.id not in met
    ] == ["application-disabled-by-microsoft"]


@pytest.mark.parametrize(
    ("numbers", "cause"),
    [
        ((50076, 50079), "second-factor-enrolment"),
        ((70002, 70008), "grant-expired"),
        ((70008, 70002), "grant-expired"),
        ((70000, 50173), "grant-revoked"),
        ((50173, 70000), "grant-revoked"),
        ((53003, 50076), "conditional-access"),
        ((50076, 53003), "conditional-access"),
        ((50126, 50053), "account-locked"),
        ((90033, 50173), "grant-revoked"),
        ((65001, 90094), "admin-approval-needed"),
        ((9999999, 50173), "grant-revoked"),
        ((50173, 9999999), "grant-revoked"),
    ],
)
def test_of_several_numbers_the_most_telling_decides(numbers: tuple[int, ...], cause: str) -> None:
    seen = from_oauth({"error": "invalid_grant", "error_codes": list(numbers)})
    assert ROWS.explain(seen).cause == cause


@pytest.mark.parametrize("status", [None, 400, 401])
def test_a_persons_own_fault_under_invalid_client_is_not_our_secrets(status: int | None) -> None:
    for number in (50126, 50173, 50055, 50076, 54005, 70008, 700082):
        alone = ROWS.explain(Observation(Where.TOKEN, codes=(number,)))
        seen = Observation(Where.TOKEN, error="invalid_client", codes=(number,), status=status)
        assert ROWS.explain(seen).cause == alone.cause, number
    ours = Observation(Where.TOKEN, error="invalid_client", status=status)
    assert ROWS.explain(ours).cause == "application-secret-wrong"


def test_a_tenants_own_fault_under_invalid_client_is_its_administrators() -> None:
    for number in (7000112, 7000116, 7000229, 650051, 650052, 500011, 500014, 65001, 50105):
        seen = Observation(Where.TOKEN, error="invalid_client", codes=(number,), status=401)
        assert ROWS.explain(seen).owner is Owner.ADMINISTRATOR, number
