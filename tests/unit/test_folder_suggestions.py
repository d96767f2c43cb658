"""Which folder plays which role: in every language, in what servers really answer, and whatever
they may answer."""

import tomllib
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bot.mail.suggestions
from bot.mail.folder_words import plain
from bot.mail.imap_list import MailFolder, folders_in
from bot.mail.suggestions import Confidence, Reason, Suggestion, Suggestions, offered, suggest
from storage.vocabulary import REQUIRED_ROLES, FolderRole
from tests.support.listing import folders_of
from tests.support.rows import every
from tests.support.values import folder

pytestmark = pytest.mark.folders

NAMES: dict[str, Any] = tomllib.loads(
    Path(bot.mail.suggestions.__file__).with_name("folder_names.toml").read_text("utf-8")
)
LISTINGS: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parents[1] / "data" / "listings.toml").read_text("utf-8")
)["listing"]
MARKS = {
    FolderRole.SENT: "\\Sent",
    FolderRole.DRAFTS: "\\Drafts",
    FolderRole.DELETED: "\\Trash",
    FolderRole.JUNK: "\\Junk",
}
"""What Exchange marks."""


def mailbox(
    language: str, *, marked: bool = False, variant: int = 0, inbox: bool = True
) -> dict[FolderRole, MailFolder]:
    """A folder for every role as Outlook names it in the language."""
    folders = {}
    for role in FolderRole:
        names = NAMES[language][role]
        name = (
            "INBOX" if inbox and role is FolderRole.INBOX else names[min(variant, len(names) - 1)]
        )
        flags = [MARKS[role]] if marked and role in MARKS else []
        folders[role] = folder(name, *flags)
    return folders


def without_mail(language: str) -> list[MailFolder]:
    return [folder(name) for name in NAMES[language]["not_mail"]]


def chosen(suggestions: Suggestions) -> dict[FolderRole, str]:
    return {role: candidate.folder.server_name for role, candidate in suggestions.chosen.items()}


def parsed(listing: dict[str, Any]) -> list[MailFolder]:
    """The listing as the product reads it."""
    more = listing.get("more", {"line": "", "times": 0})
    return folders_of(
        listing["lines"] + "\n".join(more["line"].format(n=n) for n in range(more["times"]))
    )


# Every language


def test_the_languages_that_customers_may_speak_are_known() -> None:
    asked = """en de fr es pt pt-BR it nl da sv nb fi is pl cs sk sl hr sr hu ro bg ru uk el tr he ar fa hi th vi id ms ja ko
    zh-Hans zh-Hant et lv lt ca eu gl"""
    assert set(asked.split()) <= set(NAMES)


@every("language, variant, inbox", product(NAMES, range(3), [True, False]))
def test_every_role_is_found_by_its_name(language: str, variant: int, inbox: bool) -> None:
    folders = mailbox(language, variant=variant, inbox=inbox)
    suggestions = suggest([*folders.values(), *without_mail(language)])

    assert chosen(suggestions) == {role: f.server_name for role, f in folders.items()}
    assert suggestions.sure


@every("language", NAMES)
def test_the_reason_says_the_language_of_the_mailbox(language: str) -> None:
    suggestions = suggest([*mailbox(language).values(), *without_mail(language)])
    named = [c for c in suggestions.chosen.values() if c.reason is Reason.NAMED]
    spoken = {plain(name) for role in FolderRole for name in NAMES[language][role]}

    assert named
    for candidate in named:
        assert plain(candidate.folder.shown_name) in spoken
        assert candidate.language in NAMES
    assert language in {candidate.language for candidate in named}


@every("language", NAMES)
def test_marked_folders_are_sure_in_every_language(language: str) -> None:
    folders = mailbox(language, marked=True)
    suggestions = suggest([*folders.values(), *without_mail(language)])

    assert chosen(suggestions) == {role: f.server_name for role, f in folders.items()}
    assert suggestions.sure
    assert {suggestions.chosen[role].reason for role in MARKS} == {Reason.MARKED}


@every("language", NAMES)
def test_what_holds_no_mail_is_not_offered(language: str) -> None:
    others = without_mail(language)
    below = [folder(f"{f.server_name}/Sub") for f in others]
    assert set(offered([*mailbox(language).values(), *others, *below])) == set(
        mailbox(language).values()
    )


@every("language", NAMES)
def test_a_name_has_one_meaning_within_a_language(language: str) -> None:
    table = NAMES[language]
    groups = [
        {plain(n) for n in [*table[role], *table.get("others", {}).get(role, [])]}
        for role in FolderRole
    ]
    groups.append({plain(name) for name in table["not_mail"]})
    assert sum(map(len, groups)) == len(set().union(*groups))


def test_a_name_of_a_mail_folder_is_in_no_language_that_of_another_folder() -> None:
    mail = {
        plain(n)
        for t in NAMES.values()
        for r in FolderRole
        for n in [*t[r], *t.get("others", {}).get(r, [])]
    }
    assert mail.isdisjoint(plain(name) for table in NAMES.values() for name in table["not_mail"])


@every("language", NAMES)
def test_a_language_says_where_its_names_are_from(language: str) -> None:
    known = [
        "recorded",
        "exchangelib",
        "exchange",
        "help",
        "outlook2016",
        "insights",
        "gromox",
        "zimbra",
        "imapflow",
    ]
    assert NAMES[language]["sources"] and set(NAMES[language]["sources"]) <= set(known)


@every("language", NAMES)
def test_another_programs_names_are_found_but_never_sure(language: str) -> None:
    for role, names in NAMES[language].get("others", {}).items():
        for name in names:
            found = suggest([folder("INBOX"), folder(name)]).by_role[FolderRole(role)]
            assert [c.folder.server_name for c in found if c.folder.server_name != "INBOX"] == [
                name
            ]
            assert all(
                c.confidence < Confidence.SURE for c in found if c.reason is not Reason.INBOX
            )


# What servers answer


def test_there_are_enough_listings() -> None:
    assert len(LISTINGS) >= 40
    assert len({listing["title"] for listing in LISTINGS}) == len(LISTINGS)


@every("listing", LISTINGS, ids=lambda listing: listing["title"])
def test_a_listing_is_read_as_expected(listing: dict[str, Any]) -> None:
    folders = parsed(listing)
    suggestions = suggest(
        folders, {FolderRole(role): name for role, name in listing.get("proved", {}).items()}
    )

    assert chosen(suggestions) == {
        FolderRole(r): n for r, n in listing["expected"].items() if n != "not sure"
    }
    assert suggestions.sure is listing["sure"]
    assert {f.server_name for f in folders} - {f.server_name for f in offered(folders)} == set(
        listing["hidden"]
    )


# The rules, one by one


def found(suggestions: Suggestions, role: FolderRole) -> list[tuple[str, Confidence, Reason]]:
    return [(c.folder.server_name, c.confidence, c.reason) for c in suggestions.by_role[role]]


def test_a_mark_that_the_name_contradicts_is_shown_beside_the_name() -> None:
    suggestions = suggest(
        [folder("INBOX"), folder("Wersje robocze", "\\Trash"), folder("Elementy usunięte")]
    )

    assert found(suggestions, FolderRole.DELETED) == [
        ("Wersje robocze", Confidence.LIKELY, Reason.MARKED),
        ("Elementy usunięte", Confidence.LIKELY, Reason.NAMED),
    ]
    assert FolderRole.DELETED not in suggestions.chosen


def test_the_proof_wins_over_the_mark() -> None:
    suggestions = suggest(
        [folder("INBOX"), folder("Sent Items", "\\Sent"), folder("Copies")],
        {FolderRole.SENT: "Copies"},
    )
    assert found(suggestions, FolderRole.SENT) == [
        ("Copies", Confidence.SURE, Reason.PROVED),
        ("Sent Items", Confidence.LIKELY, Reason.MARKED),
    ]


def test_what_is_proved_for_one_role_is_hardly_meant_for_another() -> None:
    folders = [folder("INBOX"), folder("Outgoing", "\\Drafts"), folder("Drafts")]
    suggestions = suggest(folders, {FolderRole.SENT: "Outgoing"})

    assert chosen(suggestions)[FolderRole.SENT] == "Outgoing"
    assert found(suggestions, FolderRole.DRAFTS)[1] == (
        "Outgoing",
        Confidence.POSSIBLE,
        Reason.MARKED,
    )


def test_outlooks_own_name_comes_before_another_programs() -> None:
    suggestions = suggest(
        [folder("INBOX"), folder("Sent"), folder("Sent Items"), folder("INBOX/Sent Items")]
    )
    assert found(suggestions, FolderRole.SENT) == [
        ("Sent Items", Confidence.LIKELY, Reason.NAMED),
        ("Sent", Confidence.LIKELY, Reason.SIMILAR),
        ("INBOX/Sent Items", Confidence.POSSIBLE, Reason.SIMILAR),
    ]


def test_a_name_alone_is_sure_only_in_a_coherent_mailbox() -> None:
    two = suggest([folder("INBOX"), folder("Sent Items"), folder("Drafts")])
    three = suggest(
        [folder("INBOX"), folder("Sent Items"), folder("Drafts"), folder("Deleted Items")]
    )

    assert two.chosen[FolderRole.SENT].confidence is Confidence.LIKELY
    assert three.chosen[FolderRole.SENT].confidence is Confidence.SURE


def test_other_programs_names_do_not_make_a_mailbox_coherent() -> None:
    suggestions = suggest(
        [folder("INBOX"), folder("Sent"), folder("Drafts"), folder("Trash"), folder("Spam")]
    )
    assert suggestions.chosen[FolderRole.DRAFTS].confidence is Confidence.LIKELY


@pytest.mark.parametrize(
    "spelling",
    [
        "sent items",
        "SENT ITEMS",
        " Sent\u00a0 Items ",
        "\u200eSent Items",
        "Sent\u200d Items",
        "Ｓｅｎｔ Items",
    ],
    ids=ascii,
)
def test_spelling_does_not_matter(spelling: str) -> None:
    assert found(suggest([folder(spelling)]), FolderRole.SENT) == [
        (spelling, Confidence.LIKELY, Reason.NAMED)
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Boîte d’envoi", "boîte d'envoi"),
        ("Junk\u2011E\u2013Mail", "Junk-E-Mail"),
        ("Elemente şterse", "Elemente șterse"),
        ("پیش\u200cنویس\u200cها", "پیشنویسها"),
        ("Gelo\u0308schte Elemente", "Gelöschte Elemente"),
    ],
)
def test_signs_that_are_typed_for_one_another_are_alike(one: str, other: str) -> None:
    assert plain(one) == plain(other)


def test_the_inbox_comes_first_and_the_rest_by_name() -> None:
    names = ["zebra", "Archive", "INBOX", "apple"]
    assert [f.server_name for f in offered([folder(n) for n in names])] == [
        "INBOX",
        "apple",
        "Archive",
        "zebra",
    ]


def test_a_folder_that_is_listed_twice_is_offered_once() -> None:
    twice = [folder("INBOX"), folder("inbox"), folder("Sent Items"), folder("Sent Items", "\\Sent")]
    assert len(offered(twice)) == 2
    assert chosen(suggest(twice))[FolderRole.INBOX].casefold() == "inbox"


def test_two_marks_on_one_folder_say_hardly_anything() -> None:
    suggestions = suggest(
        [folder("INBOX"), folder("Everything", "\\Sent", "\\Trash"), folder("Sent Items")]
    )
    assert found(suggestions, FolderRole.SENT) == [
        ("Sent Items", Confidence.LIKELY, Reason.NAMED),
        ("Everything", Confidence.POSSIBLE, Reason.MARKED),
    ]
    assert FolderRole.DELETED not in suggestions.chosen


def test_a_mark_makes_a_folder_one_for_mail() -> None:
    assert offered([folder("Notes", "\\Sent")]) == (folder("Notes", "\\Sent"),)


def test_every_role_has_its_candidates_even_in_an_empty_mailbox() -> None:
    assert suggest([]) == Suggestions(dict.fromkeys(FolderRole, ()), {})


# Whatever servers may answer

KNOWN = sorted(
    {
        name
        for table in NAMES.values()
        for part in (table, table.get("others", {}))
        for names in part.values()
        if isinstance(names, list)
        for name in names
    }
)
A_NAME = st.one_of(
    st.sampled_from(KNOWN),
    st.sampled_from(["INBOX", "inbox", "Lixo", "垃圾箱"]),
    st.text(max_size=12),
)
A_PATH = st.lists(A_NAME, min_size=1, max_size=3)
SOME_FLAGS = st.lists(
    st.sampled_from(
        [
            *MARKS.values(),
            "\\SENT",
            "\\Archive",
            "\\Inbox",
            "\\Noselect",
            "\\NonExistent",
            "\\Marked",
            "",
        ]
    ),
    max_size=3,
).map(tuple)
A_DELIMITER = st.sampled_from(["/", ".", "", "\\", "|"])


@st.composite
def mail_folders(draw: st.DrawFn) -> MailFolder:
    delimiter = draw(A_DELIMITER)
    name = delimiter.join(draw(A_PATH))
    return MailFolder(
        name, draw(st.one_of(st.just(name), st.text(max_size=8))), delimiter, draw(SOME_FLAGS)
    )


@st.composite
def listings(draw: st.DrawFn) -> tuple[list[MailFolder], dict[FolderRole, str]]:
    folders = draw(st.lists(mail_folders(), max_size=12))
    names = st.sampled_from([f.server_name for f in folders] or ["Gone"])
    return folders, draw(st.dictionaries(st.sampled_from(list(FolderRole)), names, max_size=3))


@given(listings(), st.randoms(use_true_random=False))
def test_whatever_is_listed_the_promises_hold(
    listing: tuple[list[MailFolder], dict[FolderRole, str]], luck: Any
) -> None:
    folders, proved = listing
    suggestions = suggest(folders, proved)
    may_be_offered = set(offered(folders, proved.values()))
    candidates = [c for found in suggestions.by_role.values() for c in found]

    assert set(suggestions.by_role) == set(FolderRole)
    assert {c.folder for c in candidates} <= may_be_offered
    assert all(
        candidate in suggestions.by_role[role] for role, candidate in suggestions.chosen.items()
    )
    assert len({c.folder for c in suggestions.chosen.values()}) == len(suggestions.chosen)
    assert all(stands_out(suggestions.by_role[role]) for role in suggestions.chosen)
    assert not suggestions.sure or set(REQUIRED_ROLES) <= set(suggestions.chosen)

    shuffled = list(folders)
    luck.shuffle(shuffled)
    assert offered(shuffled) == offered(folders)
    assert suggest(shuffled, proved) == suggestions


def stands_out(candidates: tuple[Suggestion, ...]) -> bool:
    first, *others = candidates
    return first.confidence >= Confidence.LIKELY and all(
        first.confidence > other.confidence for other in others
    )


@given(st.lists(st.binary(max_size=20), max_size=6))
def test_no_name_of_any_bytes_raises(names: list[bytes]) -> None:
    suggest(list(folders_in(b'(\\HasNoChildren) "/" ' + name for name in names)))
    suggest(list(folders_in((b'(\\HasNoChildren) "/" {9}', name) for name in names)))
