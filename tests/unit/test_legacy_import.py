"""Lists of old accounts as people have them: any separator, with or without a header, in the
encodings of real exports."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.common.mail_addresses import MAX_LENGTH
from bot.legacy.importing import LARGEST_FILE, MAX_ROWS, NotAList, decode, read
from bot.views.account_form import MAX_NAME_LENGTH

INFO = ("Info", "info@acme.example", "carol@acme.example", "shared")


@pytest.mark.parametrize("separator", ["\t", ";", ",", "|", " ; ", ", "])
@pytest.mark.parametrize(
    "header", ["", "Name{0}E-mail{0}User{0}Kind\n", "name{0}address{0}login{0}type\n"]
)
def test_every_separator_with_and_without_a_header(separator: str, header: str) -> None:
    text = (
        header.format(separator)
        + separator.join(INFO)
        + "\n\n"
        + separator.join(["Büro", "buero@acme.example", "", ""])
    )
    first, second = read(text)
    assert (first.name, first.address, first.user, first.kind, first.problem) == (*INFO, "")
    assert (second.name, second.address, second.user, second.problem) == (
        "Büro",
        "buero@acme.example",
        "",
        "",
    )


def test_the_columns_of_a_header_may_stand_in_any_order_and_cells_may_be_quoted() -> None:
    (row,) = read('Kind,E-Mail,Remarks,Name\nPOP3,Info@Acme.example,"old, slow","Acme, Info"')
    assert (row.name, row.address, row.kind, row.number) == (
        "Acme, Info",
        "Info@Acme.example",
        "POP3",
        2,
    )


@pytest.mark.parametrize(
    "line",
    [
        "info@acme.example",
        "Info <info@acme.example>",
        "mailto:info@acme.example",
        "  info@acme.example  ",
    ],
)
def test_a_bare_address_is_enough(line: str) -> None:
    (row,) = read(line)
    assert (row.address, row.problem) == ("info@acme.example", "")


def test_what_is_wrong_is_said_for_each_row() -> None:
    lines = [
        "A;a@acme.example;",
        "B;;",
        "C;nonsense;",
        "D;A@ACME.example;",
        "E;e@acme.example;who",
        "F" * 81 + ";f@b.example;",
    ]
    rows = read("\n".join(["Name;Address;User", *lines]))
    problems = [
        "",
        "old.no_address",
        "old.address_bad",
        "old.twice",
        "old.user_bad",
        "old.name_too_long",
    ]
    assert [row.problem for row in rows] == problems
    assert [row.number for row in rows] == [2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_files_in_the_encodings_of_real_exports(encoding: str) -> None:
    (row,) = read(decode("Büro;buero@acme.example\r\n".encode(encoding)))
    assert (row.name, row.address) == ("Büro", "buero@acme.example")


def test_what_is_no_list_is_refused() -> None:
    for content, sentence in (
        (b"PK\x03\x04\x00\x00", "old.file_not_text"),
        (b"a" * (LARGEST_FILE + 1), "old.file_too_large"),
    ):
        with pytest.raises(NotAList, match=sentence):
            decode(content)
    with pytest.raises(NotAList, match="too_many"):
        read("a@b.example\n" * (MAX_ROWS + 1))
    assert read(" \n\n") == []


@given(st.text(max_size=300))
def test_any_text_gives_rows_and_no_line_is_lost(text: str) -> None:
    lines = [line for line in text.splitlines() if line.strip()]
    rows = read(text)
    assert len(rows) in (len(lines), len(lines) - 1)
    assert all(row.problem or "@" in row.address for row in rows)


def test_a_list_may_be_as_long_as_we_say_and_no_line_longer() -> None:
    lines = [f"box{number}@acme.example" for number in range(MAX_ROWS + 1)]

    assert len(read("\n".join(lines[:MAX_ROWS]))) == MAX_ROWS
    with pytest.raises(NotAList, match="too_many"):
        read("\n".join(lines))


def test_empty_lines_do_not_count() -> None:
    lines = [f"box{number}@acme.example\n" for number in range(MAX_ROWS)]

    assert len(read("\n".join(lines))) == MAX_ROWS


def test_a_file_may_be_as_large_as_we_say_and_no_byte_larger() -> None:
    assert len(decode(b"x" * LARGEST_FILE)) == LARGEST_FILE
    with pytest.raises(NotAList, match="too_large"):
        decode(b"x" * (LARGEST_FILE + 1))


def test_a_name_and_an_address_may_be_as_long_as_we_say() -> None:
    domain = ".".join(["d" * 61] * 3) + ".example"
    local = "x" * (MAX_LENGTH - len(domain) - 1)
    longest = f"{local}@{domain}"
    name = "n" * MAX_NAME_LENGTH

    (fits,) = read(f"{name};{longest};")
    (long_name,) = read(f"{name}n;{longest};")
    (long_address,) = read(f"{name};x{longest};")
    problems = (fits.problem, long_name.problem, long_address.problem)
    assert problems == ("", "old.name_too_long", "old.address_bad")
