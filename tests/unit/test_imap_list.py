"""LIST is read as servers really answer it: whatever a folder is called, nothing of the others is
lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.mail.imap_list import MailFolder, folders_in

pytestmark = pytest.mark.folders


@pytest.mark.parametrize(
    ("line", "name", "shown"),
    [
        (b'(\\HasNoChildren) "/" "Sent Items"', "Sent Items", "Sent Items"),
        (b'(\\HasNoChildren) "/" INBOX', "INBOX", "INBOX"),
        (b'(\\HasNoChildren) "/" Entw&APw-rfe', "Entw&APw-rfe", "Entwürfe"),
        (
            b'(\\HasNoChildren) "/" INBOX/Von\tBetreff\tGr&APYA3w-e\t',
            "INBOX/Von\tBetreff\tGr&APYA3w-e\t",
            "INBOX/Von\tBetreff\tGröße\t",
        ),
        (b'(\\HasNoChildren) "/" INBOX/(x)', "INBOX/(x)", "INBOX/(x)"),
        (b'(\\HasNoChildren) "/" a b c', "a b c", "a b c"),
        (b'(\\HasNoChildren) "/" "a', '"a', '"a'),
        (b'(\\HasNoChildren) "/" "a\\"b\\\\c"', 'a"b\\c', 'a"b\\c'),
        (b'(\\HasNoChildren) "/" a%b*', "a%b*", "a%b*"),
        (b'(\\HasNoChildren) "/" NIL', "NIL", "NIL"),
        (b'(\\HasNoChildren) "/" "007"', "007", "007"),
        (b'(\\HasNoChildren) "/" 2024', "2024", "2024"),
        (b'(\\HasNoChildren) "/" ""', "", ""),
        (b'(\\HasNoChildren) "/" "Entw&APwrfe"', "Entw&APwrfe", "Entw&APwrfe"),
        (b'(\\HasNoChildren) "/" "x" ("CHILDINFO" ("SUBSCRIBED"))', "x", "x"),
        (b'(\\HasNoChildren)  "/"  x', "x", "x"),
    ],
)
def test_a_name_is_read_as_the_server_means_it(line: bytes, name: str, shown: str) -> None:
    around = [b'(\\Sent) "/" Before', line, b'() "/" After']
    before, folder, after = folders_in(around)

    assert folder == MailFolder(name, shown, "/", ("\\HasNoChildren",))
    assert (before.server_name, before.flags, after.server_name, after.flags) == (
        "Before",
        ("\\Sent",),
        "After",
        (),
    )


def test_a_literal_is_the_name_whatever_is_in_it() -> None:
    answers = [
        (b'(\\HasNoChildren) "/" {7}', b'Hell"oh'),
        b"",
        (b"() NIL {6}", b"a\r\nb\\c"),
        b' ("CHILDINFO" ())',
        None,
    ]
    assert [(f.server_name, f.delimiter) for f in folders_in(answers)] == [
        ('Hell"oh', "/"),
        ("a\r\nb\\c", ""),
    ]


@pytest.mark.parametrize(
    ("sent", "delimiter"),
    [(b'"/"', "/"), (b'"."', "."), (b'"\\\\"', "\\"), (b'"|"', "|"), (b"NIL", ""), (b"nil", "")],
)
def test_the_delimiter(sent: bytes, delimiter: str) -> None:
    (folder,) = folders_in([b"() " + sent + b" x"])
    assert folder.delimiter == delimiter


@given(st.lists(st.binary(max_size=30), max_size=6))
def test_what_is_no_answer_costs_nothing_else(lines: list[bytes]) -> None:
    folders = list(folders_in([b'() "/" First', *lines, b'() "/" Last']))
    assert (folders[0].server_name, folders[-1].server_name) == ("First", "Last")
