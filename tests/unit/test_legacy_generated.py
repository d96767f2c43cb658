"""Lists that nobody wrote: every dialect with the headings of every language, in any order, among
any noise. What was meant is listed or asked about, no address takes a user's place, and no password
is kept."""

import csv
import io
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.legacy.columns import Unclear
from bot.legacy.decoding import decode
from bot.legacy.headings import Column, languages, meaning, words
from bot.legacy.importing import Listed, read
from bot.views.legacy_import import Choice, Question, Row
from tests.support.examples import examples

pytestmark = pytest.mark.field

SECRET = "zq"
"""It stands in every password, and nowhere else."""

PASSWORDS = (
    "Hawser-{0}zq!",
    "zq{0}",
    "Zqrope",
    "P@ss.zq{0}",
    "zq{0}@rope.example",
    "zq {0} correct horse",
    'zq"{0}"; x, y | z',
    "zq{0}\nzq",
    "=zq{0}",
    "zq@rope",
)
NAMES = (
    "Pier",
    "Dock North",
    "Büro",
    "Склад",
    "受付",
    "North, Ida",
    'The "Yard"',
    "O'Hara & Co. (2)",
    "",
)
NOISE = ("", "x", "2026-11-03", "old box\nasks first", "imap.harbour.example", "+49 40 123", "a@b")
NOBODYS = ("Wumpus", "Flotsam", "Gribble", "Snark", "Bandersnatch")
"""Headings that are words of no language."""


@dataclass(frozen=True)
class Meant:
    """An account as its owner means it."""

    name: str
    address: str
    user: str
    password: str
    noise: str


@dataclass(frozen=True)
class Dialect:
    """How a program writes lists."""

    separator: str
    quoting: int
    line_end: str
    encoding: str
    before: str
    blank: bool


accounts = st.lists(
    st.builds(
        lambda name, user, password, noise: Meant(name, "", user, password, noise),
        st.sampled_from(NAMES),
        st.booleans().map(lambda own: "ida{0}@harbour.example" if own else ""),
        st.sampled_from(PASSWORDS),
        st.sampled_from(NOISE),
    ),
    min_size=1,
    max_size=5,
).map(
    lambda made: [
        replace(
            each,
            address=f"box{n}@harbour.example",
            user=each.user.format(n),
            password=each.password.format(n),
        )
        for n, each in enumerate(made)
    ]
)
dialects = st.builds(
    Dialect,
    st.sampled_from("\t;,|"),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"]),
    st.sampled_from(["", "sep={0}\n", '"sep={0}"\n', "#TYPE Some.Thing\n", "Our boxes 2026\n\n"]),
    st.booleans(),
)
PARTS = ("name", "address", "user", "password", "noise")
orders = st.permutations(PARTS)
HEADINGS = {
    "name": (Column.DISPLAY, Column.NAME),
    "address": (Column.ADDRESS,),
    "user": (Column.USER,),
    "password": (Column.PASSWORD,),
}


def written(rows: list[list[str]], dialect: Dialect) -> bytes:
    """A list as a program writes it."""
    told = io.StringIO()
    told.write(dialect.before.format(dialect.separator))
    writer = csv.writer(
        told,
        delimiter=dialect.separator,
        quoting=csv.QUOTE_ALL if dialect.quoting == csv.QUOTE_ALL else csv.QUOTE_MINIMAL,
        lineterminator=dialect.line_end,
    )
    for row in rows:
        writer.writerow(row)
        if dialect.blank:
            writer.writerow([""] * len(row))
    return told.getvalue().encode(dialect.encoding)


def table(
    meant: list[Meant], order: list[str], headings: dict[str, str], dialect: Dialect
) -> bytes:
    """The accounts under these headings, in this order."""
    rows = [[getattr(each, part) for part in order] for each in meant]
    return written([[headings[part] for part in order], *rows], dialect)


def listed_or_answered(content: bytes, headings: dict[str, str]) -> Listed:
    """What the list says; where it is asked about, its owner answers."""
    text = decode(content)
    try:
        return read(text)
    except Unclear as unclear:
        for question in (unclear.question, unclear.cleaned):
            assert SECRET not in repr(question).casefold()
        pasted = unclear.cleaned
        by_file = read(text, _answer(unclear.question, headings))
        by_text = read(pasted.text, _answer(pasted, headings))
        assert _said(by_file) == _said(by_text)
        return by_file


def _answer(question: Question, headings: dict[str, str]) -> Choice:
    places = {offer.heading: offer.index for offer in question.offers}
    return Choice(
        question.key,
        places.get(headings["address"], question.offers[0].index),
        places.get(headings["user"]),
        places.get(headings["name"]),
    )


def _said(listed: Listed) -> list[tuple[str, str]]:
    return [(row.address, row.user) for row in listed.rows]


def assert_kept_nothing_secret(listed: Listed) -> None:
    """No password is in what is kept or told."""
    assert SECRET not in repr(listed).casefold()


def plainly(name: str) -> str:
    return " ".join(name.split())


@st.composite
def headings_of_a_language(draw: st.DrawFn) -> dict[str, str]:
    """Headings for each part, all of one language, none for two parts."""
    language = draw(st.sampled_from(languages()))
    chosen = {
        part: draw(
            st.sampled_from(
                [word for column in columns for word in words(language, column)] or ["Name"]
            )
        )
        for part, columns in HEADINGS.items()
    }
    return chosen | {"noise": draw(st.sampled_from(NOBODYS))}


@examples(300)
@given(accounts, orders, headings_of_a_language(), dialects)
def test_a_list_with_headings_says_what_was_meant(
    meant: list[Meant], order: list[str], headings: dict[str, str], dialect: Dialect
) -> None:
    listed = listed_or_answered(table(meant, order, headings, dialect), headings)

    assert_kept_nothing_secret(listed)
    assert listed.dropped.passwords
    assert _said(listed) == [(each.address, each.user) for each in meant]
    assert [row.name for row in listed.rows] == [
        plainly(each.name) or each.address.partition("@")[0] for each in meant
    ]
    assert [row.problem for row in listed.rows] == [""] * len(meant)


@examples(200)
@given(accounts, orders, st.permutations(NOBODYS), dialects)
def test_headings_that_nobody_knows_are_asked_about(
    meant: list[Meant], order: list[str], nobodys: list[str], dialect: Dialect
) -> None:
    # What nobody can tell from a name or an address is for its owner to leave out
    meant = [replace(each, password=f"{n}!zQ4x-") for n, each in enumerate(meant)]
    headings = dict(zip(PARTS, nobodys, strict=True))
    content = table(meant, order, headings, dialect)
    with pytest.raises(Unclear):
        read(decode(content))

    listed = listed_or_answered(content, headings)

    assert_kept_nothing_secret(listed)
    assert [row.address for row in listed.rows] == [each.address for each in meant]
    assert [row.user for row in listed.rows] == [each.user for each in meant]


@examples(200)
@given(accounts, st.booleans(), dialects)
def test_without_headings_every_address_is_an_account(
    meant: list[Meant], named: bool, dialect: Dialect
) -> None:
    passwords = [each for each in PASSWORDS if "rope.example" not in each]
    meant = [
        replace(each, password=passwords[n % len(passwords)].format(n))
        for n, each in enumerate(meant)
    ]
    names = [each.name if named else "" for each in meant]
    rows = [
        [name, each.address, each.user, each.password, each.noise]
        for name, each in zip(names, meant, strict=True)
    ]
    listed = read(decode(written(rows, replace(dialect, before=""))))

    assert_kept_nothing_secret(listed)
    assert listed.dropped.cells
    wanted = [address for each in meant for address in (each.address, each.user) if address]
    assert [row.address for row in listed.rows] == wanted
    assert all(row.user == "" for row in listed.rows)


@examples(200)
@given(accounts, orders, headings_of_a_language(), st.integers(0, 4), st.integers(1, 6))
def test_a_row_that_slipped_is_never_taken_at_its_word(
    meant: list[Meant], order: list[str], headings: dict[str, str], which: int, length: int
) -> None:
    """A separator within a cell, without quotes: what is behind it stands under another heading."""
    # What is an address cannot be told from one when it slips
    meant = [
        replace(each, password=each.password.replace("@rope.example", "rope")) for each in meant
    ]
    rows = [[getattr(each, part) for part in order] for each in meant]
    rows = [
        [cell.replace(";", "").replace("\n", "").replace('"', "") for cell in row] for row in rows
    ]
    torn = rows[which % len(rows)]
    torn.insert(length % (len(torn) + 1), "slip")
    text = "\n".join(";".join(row) for row in [[headings[part] for part in order], *rows])
    try:
        listed = read(text)
    except Unclear as unclear:
        assert SECRET not in repr(unclear.cleaned).casefold()
        return

    users = {each.address: each.user for each in meant}
    good = [row for row in listed.rows if not row.problem]
    assert_kept_nothing_secret(Listed(good))
    assert_kept_nothing_secret(Listed([replace(row, number=0) for row in listed.rows]))
    assert all(_is_meant(row, users) for row in good)


def _is_meant(row: Row, users: dict[str, str]) -> bool:
    return row.address in users and row.user in ("", users[row.address])


def test_the_words_that_nobody_knows_are_known_to_nobody() -> None:
    assert [meaning(word) for word in NOBODYS] == [None] * len(NOBODYS)
