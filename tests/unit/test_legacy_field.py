"""Lists as people really have them: what each says, what is asked about it, and what is left of its
passwords: nothing."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.legacy.columns import Unclear
from bot.legacy.decoding import decode
from bot.legacy.headings import Column, languages, meaning, words
from bot.legacy.importing import Listed, read
from bot.legacy.plausible import HIDDEN
from bot.mail import folder_words
from bot.views.legacy_import import Choice, Question
from tests.support.rows import every

pytestmark = pytest.mark.field

FILE = Path(__file__).parents[1] / "data" / "lists.toml"


@dataclass(frozen=True)
class Case:
    """A list, what it says, and what happens on the way."""

    title: str
    rows: list[list[str]]
    text: str = ""
    hex: str = ""
    asked: dict[str, str] | None = None
    choose: dict[str, str] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    secret: list[str] = field(default_factory=list)

    @property
    def content(self) -> bytes:
        """The list as a file."""
        return bytes.fromhex(self.hex) if self.hex else self.text.encode()


CASES = [Case(**each) for each in tomllib.loads(FILE.read_text(encoding="utf-8"))["list"]]
EVERY = every("case", CASES, ids=lambda case: case.title)


def question_about(text: str) -> Question | None:
    """What is asked about a list that was pasted; None where it is understood."""
    try:
        read(text)
    except Unclear as unclear:
        return unclear.cleaned
    return None


def answer(question: Question, chosen: dict[str, str]) -> Choice:
    """The answer that names the columns by their headings."""
    places = {offer.heading: offer.index for offer in question.offers}
    return Choice(
        question.key,
        places[chosen["address"]],
        places.get(chosen.get("user", "")),
        places.get(chosen.get("name", "")),
    )


def understood(case: Case) -> Listed:
    """What a file says; where its columns are asked about, somebody answers."""
    text = decode(case.content)
    try:
        return read(text)
    except Unclear as unclear:
        return read(text, answer(unclear.question, case.choose or case.asked or {}))


@EVERY
def test_a_list_says_what_its_owner_meant(case: Case) -> None:
    assert [list(row.values) for row in understood(case).rows] == case.rows


@EVERY
def test_where_the_headings_do_not_say_it_the_columns_are_asked_about(case: Case) -> None:
    question = question_about(decode(case.content))

    assert (question is None) == (case.asked is None)
    if question is not None:
        headings = {offer.index: offer.heading for offer in question.offers}
        assert {what: headings[place] for what, place in question.chosen.items()} == case.asked


@EVERY
def test_what_was_pasted_comes_along_with_the_question(case: Case) -> None:
    question = question_about(decode(case.content))
    if question is None:
        return
    chosen = answer(question, case.choose or case.asked or {})
    listed = read(question.text, chosen)

    assert [list(row.values) for row in listed.rows] == case.rows


@EVERY
def test_what_was_left_out_is_told(case: Case) -> None:
    if case.asked is not None and not case.dropped:
        return  # columns that somebody was asked about are theirs to leave out
    dropped = understood(case).dropped
    told = ["passwords"] * dropped.passwords + ["cells"] * dropped.cells + [*dropped.columns]

    assert told == case.dropped


@EVERY
def test_no_password_is_left_in_what_is_kept_or_shown(case: Case) -> None:
    listed = understood(case)
    question = question_about(decode(case.content))
    known = repr(listed.rows) + repr(listed.dropped) + repr(question)

    assert [secret for secret in case.secret if secret in known] == []


def test_a_giant_cell_of_a_column_that_nobody_needs_is_left_out() -> None:
    text = f'Name,E-mail,Photo\nPier,pier@harbour.example,"{"A" * 200_000}"\nDock,dock@harbour.example,'

    listed = read(text)

    assert [row.address for row in listed.rows] == ["pier@harbour.example", "dock@harbour.example"]
    assert listed.dropped.columns == ["Photo"]


@every("language", folder_words.languages())
def test_the_headings_of_a_language_are_known(language: str) -> None:
    assert language in languages()
    for column in (Column.ADDRESS, Column.USER, Column.DISPLAY, Column.NAME, Column.KIND):
        for heading in words(language, column):
            assert meaning(heading) not in (None, Column.PASSWORD, Column.OTHER), heading
            assert meaning(heading.upper()) is meaning(heading), heading
    for heading in words(language, Column.PASSWORD):
        assert meaning(heading) is Column.PASSWORD
        assert meaning(f" {heading.upper()}: ") is Column.PASSWORD


SAME = {Column.PRIMARY: "address", Column.ADDRESS: "address"}
SAME |= dict.fromkeys((Column.DISPLAY, Column.NAME, Column.GIVEN, Column.FAMILY), "name")


@every("language", languages())
def test_no_heading_means_a_user_in_one_language_and_an_address_in_another(language: str) -> None:
    for column in Column:
        for heading in words(language, column):
            found = meaning(heading)
            assert found is not None
            assert SAME.get(found, found) == SAME.get(column, column), heading


RARE = [
    "სახელი;მომხმარებელი;ელფოსტა;პაროლი",
    "Անուն;Օգտանուն;Էլ. փոստ;Գաղտնաբառ",
    "Аты;Пайдаланушы;Электрондық пошта;Құпиясөз",
    "AD;İSTİFADƏÇİ ADI;E-POÇT;ŞİFRƏ",
    "Име;Корисничко име;Е-пошта;Лозинка",
    "Emri;Përdoruesi;Posta elektronike;Fjalëkalimi",
    "Ainm;Ainm úsáideora;Ríomhphost;Pasfhocal",
    "Enw;Enw defnyddiwr;E-bost;Cyfrinair",
    "நபர் பெயர்;பயனர்பெயர்;மின்னஞ்சல்;கடவுச்சொல்",
    "Jina;Jina la mtumiaji;Barua pepe;Nenosiri",
    "Нэр;Хэрэглэгчийн нэр;И-мэйл;Нууц үг",
    "Naam;Gebruikersnaam;E-posadres;Wagwoord",
]
"""Name, user, address and password, in languages that no mailbox's folders are known in."""


@every("headings", RARE)
def test_a_user_is_no_address_in_a_rare_language_either(headings: str) -> None:
    listed = read(
        f"{headings}\nPier;ida@harbour.example;pier@harbour.example;Hawser\n"
        "Dock;ben@harbour.example;dock@harbour.example;Anchor\n"
    )

    assert [(row.address, row.user) for row in listed.rows] == [
        ("pier@harbour.example", "ida@harbour.example"),
        ("dock@harbour.example", "ben@harbour.example"),
    ]
    assert listed.dropped.passwords
    assert "Hawser" not in repr(listed)


def test_what_looks_like_a_password_is_hidden_where_the_columns_are_asked_about() -> None:
    question = question_about(
        "Crew;Whose;Where;Spell\nDeck;i@harbour.example;p@harbour.example;Hawser\n"
        "Yard;b@harbour.example;d@harbour.example;0ld!Rope\n"
    )
    assert question is not None
    assert "Spell" not in repr(question.offers) and question.dropped.cells

    with pytest.raises(Unclear) as raised:
        read("Crew;Whose;Where;Spell\nDeck;i@h.example;p@h.example;0ld!Rope\n")
    (spell,) = (offer for offer in raised.value.question.offers if offer.heading == "Spell")
    assert (spell.samples, spell.names, spell.addresses) == ([HIDDEN], False, False)


@pytest.mark.parametrize(
    ("text", "several"),
    [
        ("Pier;pier@harbour.example;ida@harbour.example", True),
        ("Pier;pier@harbour.example", False),
        ("Name;E-Mail;User\nPier;pier@harbour.example;ida@harbour.example", False),
    ],
)
def test_several_addresses_in_a_row_without_headings_are_told(text: str, several: bool) -> None:
    assert read(text).several is several


def test_an_answer_to_another_question_is_none() -> None:
    asked = "Crew;Whose;Where\nDeck;ida@harbour.example;pier@harbour.example\n"
    question = question_about(asked)
    assert question is not None
    for wrong in (Choice("0badcafe", 2, 1, 0), Choice(question.key, 0), Choice(question.key, 99)):
        with pytest.raises(Unclear):
            read(asked, wrong)
