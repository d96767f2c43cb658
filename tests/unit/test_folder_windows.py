"""Which folders a person may choose: none of their own is hidden for its name, and nobody relies on
what is not theirs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.mail.imap_list import MailFolder, folders_in
from bot.mail.suggestions import Confidence, Reason, offered, suggest
from storage.vocabulary import FolderRole
from tests.support.values import folder

pytestmark = pytest.mark.folders

ENGLISH = [
    folder("INBOX"),
    folder("Sent Items", "\\Sent"),
    folder("Drafts", "\\Drafts"),
    folder("Deleted Items", "\\Trash"),
]
GERMAN = [
    folder("INBOX"),
    folder("Gesendete Elemente"),
    folder("Entwürfe"),
    folder("Gelöschte Elemente"),
]
NO_MAIL = [folder(name) for name in ("Calendar", "Contacts", "Notes", "Tasks", "Journal")]
OLD = [
    folder("Import 2015", "\\Noselect"),
    *(folder(f"Import 2015/{each.server_name}") for each in ENGLISH[1:]),
]
"""A mailbox that was imported below a folder which cannot be opened."""


def names(folders: list[MailFolder], needed: tuple[str, ...] = ()) -> set[str]:
    return {f.server_name for f in offered(folders, needed)}


def read(*lines: bytes) -> list[MailFolder]:
    """The folders as the product reads them from a server's answer."""
    return list(folders_in(lines))


# What is hidden


@pytest.mark.parametrize(
    "name",
    [
        "Agenda",
        "Note",
        "Nota",
        "Logg",
        "Spori",
        "งาน",
        "工作",
        "Verkefni",
        "Verk",
        "Taken",
        "Tugas",
        "Catatan",
        "Contatti",
    ],
)
def test_a_folder_of_ones_own_is_not_hidden_for_a_word_of_a_language_that_the_mailbox_does_not_speak(
    name: str,
) -> None:
    assert names([*ENGLISH, *NO_MAIL, folder(name), folder(f"{name}/2019")]) == names(ENGLISH) | {
        name,
        f"{name}/2019",
    }


@pytest.mark.parametrize(
    "mailbox", [ENGLISH, GERMAN, [folder("INBOX")]], ids=["English", "German", "no language"]
)
def test_files_are_for_mail(mailbox: list[MailFolder]) -> None:
    assert {"Files", "Files/2019/Invoices"} <= names(
        [*mailbox, folder("Files"), folder("Files/2019/Invoices")]
    )


def test_a_mailbox_that_speaks_two_languages_hides_the_words_of_both() -> None:
    assert names(
        [*ENGLISH, folder("Entwürfe"), folder("Kalender"), folder("Calendar"), folder("Agenda")]
    ) == {
        *names(ENGLISH),
        "Entwürfe",
        "Agenda",
    }


@pytest.mark.parametrize(
    "mailbox", [[], [folder("Sent"), folder("Trash"), folder("Spam")]], ids=["inbox", "other names"]
)
def test_where_nothing_tells_the_language_the_words_of_all_are_hidden(
    mailbox: list[MailFolder],
) -> None:
    others = [folder(name) for name in ("Kalender", "Calendar", "Taken", "工作")]
    assert names([folder("INBOX"), *mailbox, *others]) == names([folder("INBOX"), *mailbox])


def test_what_is_named_only_in_another_folder_says_nothing_about_the_mailbox() -> None:
    assert "Kalender" in names(
        [*ENGLISH, folder("Projekte"), folder("Projekte/Entwürfe"), folder("Kalender")]
    )


@pytest.mark.parametrize("name", ["Journal", "Journal/Sent 2026", "Calendar"])
def test_a_folder_that_is_mapped_is_shown_whatever_it_is_called(name: str) -> None:
    folders = [*ENGLISH, folder("Journal"), folder("Calendar"), folder(name)]
    assert names(folders, (name,)) == names(ENGLISH) | {name}


def test_the_folder_in_which_the_test_message_was_found_is_shown_whatever_it_is_called() -> None:
    folders = [
        folder("INBOX"),
        folder("Journal"),
        folder("Drafts", "\\Drafts"),
        folder("Deleted Items", "\\Trash"),
    ]
    found = suggest(folders, {FolderRole.SENT: "Journal"}).chosen[FolderRole.SENT]
    assert (found.folder.server_name, found.confidence) == ("Journal", Confidence.SURE)


def test_what_cannot_be_opened_is_not_shown_even_if_it_was_mapped() -> None:
    assert names([*ENGLISH, folder("Old", "\\Noselect")], ("Old",)) == names(ENGLISH)


# What is listed


def test_a_folder_that_is_listed_twice_keeps_the_mark_that_one_line_has() -> None:
    away = MailFolder("Away", "Away", "/", ())
    marked = MailFolder("Away", "Away", "/", ("\\Trash",))
    for twice in ([away, marked], [marked, away]):
        found = suggest([folder("INBOX"), *twice]).chosen[FolderRole.DELETED]
        assert (found.folder.server_name, found.reason) == ("Away", Reason.MARKED)
        assert len(offered(twice)) == 1


def test_a_slash_within_a_name_makes_no_folder_below_the_notes() -> None:
    folders = [*ENGLISH, *NO_MAIL, *read(b'(\\HasNoChildren) "/" "Notes&AC8-Minutes"')]
    assert names(folders) == names(ENGLISH) | {"Notes&AC8-Minutes"}


@pytest.mark.parametrize(
    "line",
    [
        b'() "/" NIL',
        b'() "/" 12',
        b'() "/" "a\\"b"',
        b"() NIL Box",
        b'() "\\\\" "a\\\\b"',
        b'() "/" &',
        b'() "/" "&AA"',
        b'() "/" "&2D0-"',
        b'() "/" "L\xc3\xb6s"',
        b'() "/" "L\xf6s"',
    ],
    ids=ascii,
)
def test_a_folder_can_be_offered_and_kept_however_its_name_was_sent(line: bytes) -> None:
    (found,) = offered(read(line))
    assert found.shown_name.encode() and found.server_name.encode("latin-1")


@given(st.lists(st.binary(max_size=30), max_size=6), st.sampled_from([b"/", b".", b"\\\\"]))
def test_no_name_of_any_bytes_keeps_the_others_from_being_offered(
    sent: list[bytes], delimiter: bytes
) -> None:
    around = b'() "' + delimiter + b'" '
    folders = list(
        folders_in([around + b"INBOX", *((around + b"{%d}" % len(name), name) for name in sent)])
    )
    assert names(folders) >= {"INBOX"}
    for each in offered(folders):
        each.shown_name.encode()
    suggest(folders)


# Folders below one that cannot be opened


def test_an_old_mailbox_that_was_imported_is_suggested_but_nobody_relies_on_it() -> None:
    real = [folder("INBOX"), folder("გაგზავნილი"), folder("შავი"), folder("წაშლილი")]
    suggestions = suggest([*real, *OLD])

    assert not suggestions.sure
    for role, old in zip(
        (FolderRole.SENT, FolderRole.DRAFTS, FolderRole.DELETED), OLD[1:], strict=True
    ):
        (found,) = suggestions.by_role[role]
        assert found.folder == old and found.confidence < Confidence.SURE


def test_where_all_lies_below_a_folder_that_cannot_be_opened_its_names_are_as_good_as_at_the_top() -> (
    None
):
    assert suggest([folder("INBOX"), *OLD]).sure
