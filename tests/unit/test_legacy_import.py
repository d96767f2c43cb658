"""Lists of old accounts: any separator, with or without headings, in the encodings of real exports,
and what is said of a row that cannot be taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.common.mail_addresses import MAX_LENGTH
from bot.legacy.columns import Unclear
from bot.legacy.decoding import CODE_PAGES, LARGEST_FILE, NotAList, decode
from bot.legacy.importing import MAX_ROWS, read
from bot.views.account_form import MAX_NAME_LENGTH
from bot.views.legacy_import import Row

INFO = ("Info", "info@acme.example", "carol@acme.example", "shared")


def rows(text: str) -> list[Row]:
    """The rows of a list that is understood."""
    return list(read(text).rows)


@pytest.mark.parametrize("separator", ["\t", ";", ",", "|", " ; ", ", "])
@pytest.mark.parametrize(
    "header", ["Name{0}E-mail{0}User{0}Kind\n", "name{0}address{0}login{0}type\n"]
)
def test_every_separator(separator: str, header: str) -> None:
    text = (
        header.format(separator)
        + separator.join(INFO)
        + "\n\n"
        + separator.join(["Büro", "buero@acme.example", "", ""])
    )
    first, second = rows(text)
    assert (first.values, first.problem) == (INFO, "")
    assert (second.values, second.problem) == (("Büro", "buero@acme.example", "", ""), "")


def test_the_columns_of_a_header_may_stand_in_any_order_and_cells_may_be_quoted() -> None:
    (row,) = rows('Kind,E-Mail,Remarks,Name\nPOP3,Info@Acme.example,"old, slow","Acme, Info"')
    assert row.values == ("Acme, Info", "Info@Acme.example", "", "POP3")
    assert row.number == 2


@pytest.mark.parametrize(
    "line",
    [
        "info@acme.example",
        "Info <info@acme.example>",
        "mailto:info@acme.example",
        "  info@acme.example  ",
        "'info@acme.example'",
        "E-mail: info@acme.example",
    ],
)
def test_a_bare_address_is_enough(line: str) -> None:
    (row,) = rows(line)
    assert (row.address, row.problem) == ("info@acme.example", "")


def test_what_is_wrong_is_said_for_each_row() -> None:
    lines = [
        "A;a@acme.example;",
        "B;;",
        "C;nonsense;",
        "D;A@ACME.example;",
        "E;e@acme.example;who",
        "F" * 81 + ";f@b.example;",
        "G, H;i;g@acme.example;",
    ]
    told = rows("\n".join(["Name;Address;User", *lines]))
    problems = [
        "",
        "old.no_address",
        "old.address_bad",
        "old.twice",
        "old.user_bad",
        "old.name_too_long",
        "old.shifted",
    ]
    assert [row.problem for row in told] == problems
    assert [row.number for row in told] == [2, 3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize(
    "encoding",
    [
        "utf-8",
        "utf-8-sig",
        "cp1252",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "utf-32-le",
        "utf-32-be",
    ],
)
def test_files_in_the_encodings_of_real_exports(encoding: str) -> None:
    (row,) = rows(decode("Büro;buero@acme.example\r\n".encode(encoding)))
    assert (row.name, row.address) == ("Büro", "buero@acme.example")


@pytest.mark.parametrize(
    ("page", "heading", "name"),
    [
        ("cp932", "名前,電子メール アドレス", "受付"),
        ("cp949", "이름,전자 메일 주소", "안내"),
        ("gb18030", "名称,电子邮件地址", "前台"),
        ("cp1251", "Имя,Адрес электронной почты", "Склад"),
        ("cp1253", "Όνομα,Διεύθυνση", "Αποθήκη"),
        ("cp1250", "Nazwa,Główny adres,Użytkownik,Adres poczty", "Wysyłka"),
        ("cp1254", "Görünen ad,E-posta adresi,Şifre", "Sevkiyat ğ"),
    ],
)
def test_the_code_page_is_the_one_in_which_the_headings_are_words(
    page: str, heading: str, name: str
) -> None:
    place = next(n for n, h in enumerate(heading.split(",")) if "@" not in h and n == 0)
    cells = ["" for _ in heading.split(",")]
    cells[place] = name
    cells[-1 if page != "cp1254" else 1] = "desk@acme.example"
    (row,) = rows(decode(f"{heading}\r\n{','.join(cells)}\r\n".encode(page)))
    assert page in CODE_PAGES
    assert row.values[:2] == (name, "desk@acme.example")


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04\x00\x00",
        b"PK\x03\x04 info@acme.example",
        b"%PDF-1.7 info@acme.example",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 500,
        bytes(range(256)) * 40,
        b"\x00" * 4000,
    ],
    ids=["nothing but a sign", "a spreadsheet", "a document", "an old spreadsheet", "noise", "NUL"],
)
def test_a_file_that_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(NotAList, match=r"old\.file_not_text"):
        decode(content)


def test_a_stray_control_character_keeps_no_list_from_being_read() -> None:
    (row,) = rows(decode(b"Name;E-Mail\r\nIn\x00fo;info@acme\x07.example\r\n"))
    assert row.values == ("Info", "info@acme.example", "", "")


def test_an_empty_file_and_blank_lines_hold_no_rows() -> None:
    assert decode(b"") == ""
    assert rows(" \n\n") == []
    assert rows("Name;E-Mail\n;;\n") == []


PIECES = [
    *["USER", "Benutzer", "Name", "E-Mail", "E-Mail", "Password", "Ship"],
    *["ida", "Ida Berg", "ida@acme.example", "pier@acme.example", "info@", "Hunter2!!x", "1", ""],
]
"""Headings, known and not, and what stands below some."""


@given(st.text(max_size=300) | st.lists(st.sampled_from([*PIECES, *';;;,\n\n\n\t"'])).map("".join))
def test_any_text_gives_rows_or_a_question_that_has_an_answer(text: str) -> None:
    try:
        found = rows(text)
    except Unclear as unclear:
        for question in (unclear.question, unclear.cleaned):
            assert any(offer.addresses for offer in question.offers)
    else:
        assert all(row.problem or "@" in row.address for row in found)
        assert all("\x00" not in "".join(row.values) for row in found)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("User\nida\nBenutzer 2\n", ["ida", "Benutzer 2"]),
        ("Name;User\nDeck;ida\nPier;berg\n", ["Deck", "Pier"]),
        ("User;Password\nida;Hunter2!!x\n;Hunter3!!x\n", ["ida", "#3"]),
        ("User;Key\n;Hunter2!!x\n", ["#2"]),
    ],
)
def test_where_no_column_has_addresses_every_row_says_that_it_lacks_one(
    text: str, names: list[str]
) -> None:
    found = rows(text)

    assert [row.name for row in found] == names
    assert [row.problem for row in found] == ["old.no_address"] * len(names)
    assert "Hunter" not in repr(found)


@pytest.mark.parametrize(
    "line",
    [
        "slip;;ida@harbour.example;box@harbour.example;Hunter2!!x;",
        "Box;;ida@harbour.example;box@harbour.example;Hunter2!!x;",
    ],
)
def test_an_address_under_the_passwords_of_a_row_that_is_too_long_is_asked_about(line: str) -> None:
    (row,) = rows(f"Name;User;E-Mail;Password;Ship\n{line}")
    assert (row.problem, "Hunter" in repr(row)) == ("old.shifted", False)


@pytest.mark.parametrize("heading", ["User", "Benutzer", "E-Mail", "Name;User", "User;Password"])
def test_headings_alone_hold_no_rows(heading: str) -> None:
    assert rows(heading) == rows(f"{heading}\n") == []


@given(st.binary(max_size=400))
def test_any_file_is_a_text_or_refused(content: bytes) -> None:
    try:
        decode(content)
    except NotAList as refused:
        assert str(refused) == "old.file_not_text"


def test_a_list_may_be_as_long_as_we_say_and_no_line_longer() -> None:
    lines = [f"box{number}@acme.example" for number in range(MAX_ROWS + 1)]

    assert len(rows("\n".join(lines[:MAX_ROWS]))) == MAX_ROWS
    assert len(rows("\n".join(["E-mail", *lines[:MAX_ROWS]]))) == MAX_ROWS
    for separator in ("\n", "; "):
        with pytest.raises(NotAList, match="too_many"):
            read(separator.join(lines))


def test_empty_lines_do_not_count() -> None:
    lines = [f"box{number}@acme.example\n" for number in range(MAX_ROWS)]

    assert len(rows("\n".join(lines))) == MAX_ROWS


def test_a_file_may_be_as_large_as_we_say_and_no_byte_larger() -> None:
    assert len(decode(b"x" * LARGEST_FILE)) == LARGEST_FILE
    with pytest.raises(NotAList, match="too_large"):
        decode(b"x" * (LARGEST_FILE + 1))


def test_a_name_and_an_address_may_be_as_long_as_we_say() -> None:
    domain = ".".join(["d" * 61] * 3) + ".example"
    local = "x" * (MAX_LENGTH - len(domain) - 1)
    longest = f"{local}@{domain}"
    name = "n" * MAX_NAME_LENGTH
    heading = "Name;Address;"

    (fits,) = rows(f"{heading}\n{name};{longest};")
    (long_name,) = rows(f"{heading}\n{name}n;{longest};")
    (long_address,) = rows(f"{heading}\n{name};x{longest};")
    problems = (fits.problem, long_name.problem, long_address.problem)
    assert problems == ("", "old.name_too_long", "old.address_bad")


@pytest.mark.parametrize(
    "line",
    ['"' * 200_000, '"a;' * 60_000, '""x;' * 50_000, ";" * 200_000, " " * 200_000 + "x@a.example"],
    ids=["quotes", "opened", "doubled", "separators", "spaces"],
)
def test_a_list_of_nothing_but_signs_is_read_as_fast_as_any(line: str) -> None:
    # A reader that looks again at what it has seen would take minutes, and the run would end it
    assert len(rows(line)) <= 1
