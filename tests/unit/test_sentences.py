"""The sentences as a whole: each is used, each that the code asks for exists, and everything that
people read is written as the style sheet says."""

import ast
import re
import string
from collections import defaultdict
from collections.abc import Iterable

import pytest

from handlers.text.words import sentences
from storage.vocabulary import Owner
from tests.support.asked import (
    CLOSED,
    asked,
    calls,
    is_built,
    literals,
    pattern,
    patterns,
    shown_as,
    written,
)
from tests.support.wording import (
    Piece,
    buttons,
    everything,
    headings,
    in_catalogue,
    in_practice,
    in_slack,
    on_pages,
    rows,
    sentences_of,
    terms,
    words_of,
)

JARGON = re.compile(
    r"\b(payload|traceback|exception|null|json|xml|http|stack|ticket|webhook|backend|database|boolean|timeout)\b",
    re.IGNORECASE,
)
CUT_AT = {"title": 24, "submit": 24, "button": 75}
"""docs.slack.dev/reference/views and /block-kit/block-elements/button-element; what is longer would
be cut."""


# What the code asks for.


def test_every_sentence_is_used() -> None:
    assert (
        sorted(name for name in sentences() if name not in literals() and not is_built(name)) == []
    )


def test_every_sentence_that_is_asked_for_exists() -> None:
    wanted = set(asked())
    assert len(wanted) > 100
    assert sorted(wanted - sentences().keys()) == []


@pytest.mark.parametrize("beginning", CLOSED)
def test_every_member_of_a_closed_set_has_its_sentence(beginning: str) -> None:
    assert any(each.startswith(f"{re.escape(beginning)}(") for each in patterns())
    wanted = {f"{beginning}{member}" for member in CLOSED[beginning]}
    assert sorted(wanted - sentences().keys()) == []


def test_every_built_name_has_a_sentence_or_is_no_name_of_one() -> None:
    """What say and plainly build has at least one sentence."""
    built = [
        call.args[0]
        for call in calls("say", "plainly")
        if call.args and isinstance(call.args[0], ast.JoinedStr)
    ]
    wanted = {pattern(node) for node in built if isinstance(node, ast.JoinedStr)}
    assert (
        wanted
        and [each for each in wanted if not any(re.fullmatch(each, name) for name in sentences())]
        == []
    )


def test_every_placeholder_is_filled() -> None:
    for call in calls("say", "plainly"):
        given = {keyword.arg for keyword in call.keywords}
        for name in written(call.args[0] if call.args else None):
            assert None in given or fields(sentences().get(name, "")) <= given, name


# How they are written.


def fields(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}


def bare(text: str) -> str:
    """What is written out: without what is filled in."""
    return "".join(part for part, *_ in string.Formatter().parse(text))


def having(found: str) -> list[str]:
    """The sentences in which an expression is found."""
    return [name for name, text in sentences().items() if re.search(found, text, re.MULTILINE)]


def test_placeholders_are_plain_names() -> None:
    for name, text in sentences().items():
        parts = [part[1:] for part in string.Formatter().parse(text) if part[1] is not None]
        assert all(
            str(field).isidentifier() and not spec and not how for field, spec, how in parts
        ), name


def test_bold_and_code_end_on_the_line_where_they_begin() -> None:
    lines = [(name, bare(line)) for name, text in sentences().items() for line in text.splitlines()]
    assert (
        sorted((name for name, line in lines if line.count("*") % 2 or line.count("`") % 2)) == []
    )


def test_angle_brackets_are_slacks_or_escaped() -> None:
    """Slack takes whatever stands between angle brackets for a link, inside code as well."""
    assert sorted(having(r"<(?!@\{user\}>|#\{channel\}>)")) == []


def test_spaces_are_single_but_for_columns() -> None:
    """Two or more spaces set apart what is filled in, code, bold, bullets and separators; a line
    may be indented."""
    assert sorted(having(r"\t|[^\s}·•`*] {2,}[^\s{·•`*]")) == []
    assert sorted((name for name, text in sentences().items() if text != text.lstrip())) == []


def test_lines_end_with_their_last_word() -> None:
    """What leads in to something ends with a space after its colon, and a text of several lines
    with a line break."""
    loose = [
        name
        for name, text in sentences().items()
        if any(line != line.rstrip() for line in lines_of(text))
    ]
    assert sorted(loose) == []


def lines_of(text: str) -> list[str]:
    return (text[:-1] if text.endswith(": ") else text).splitlines()


def test_typography_is_the_same_everywhere() -> None:
    assert sorted(having(r"\.\.")) == []
    assert sorted(having(r"[\"„«»]")) == []
    assert sorted(having(r"!\s*!|\?\s*!|!\s*\?")) == []
    assert sorted(having(r" -- | – – |\w - \w")) == []
    assert sorted(having(r" [,;:.](\s|$)")) == []


def test_words_are_those_of_people() -> None:
    assert sorted(having(r"(?i)\bclick(ing)? here\b|\boops\b|\bplease note\b")) == []
    assert sorted((name for name, text in sentences().items() if JARGON.search(bare(text)))) == []
    assert sorted(having(r"\bHTTP [1-5]")) == []


def test_a_sentence_fits_into_a_paragraph() -> None:
    assert sorted((name for name, text in sentences().items() if len(text) > 3000)) == []


def test_titles_and_buttons_are_not_cut() -> None:
    shown = shown_as()
    assert {what for what, _ in shown} == CUT_AT.keys()
    wide = [name for what, name in shown if len(bare(sentences()[name])) > CUT_AT[what]]
    assert sorted(wide) == []


# What the style sheet asks for (handlers/text/STYLE.md), in everything that people read.

MOST_WORDS = 30
THEIR_NAMES = re.compile(
    r"admin centers?|admin[ -]consent|admin approval|admin\.microsoft\.com|Logon Hours",
    re.IGNORECASE,
)
"""Microsoft's own names, which stay as Microsoft writes them."""

VERBS = frozenset(
    {
        *(
            "accept",
            "acknowledge",
            "add",
            "allow",
            "answer",
            "bind",
            "cancel",
            "change",
            "check",
            "close",
        ),
        *("confirm", "connect", "contact", "continue", "copy", "create", "disconnect", "do"),
        *("end", "escalate", "explain", "hand", "invite", "keep", "leave", "let", "list", "look"),
        *(
            "map",
            "mark",
            "merge",
            "note",
            "offboard",
            "open",
            "pause",
            "print",
            "rebind",
            "refuse",
            "remind",
            "rename",
            "save",
        ),
        *("plan", "re-open", "re-test", "resolve"),
        *("search", "send", "set", "show", "sign", "silence", "snooze", "split", "stop", "take"),
        *("tell", "test", "throw", "try", "un-acknowledge", "unbind", "use", "withdraw", "write"),
    }
)
ANSWERS = frozenset(
    {
        "An administrator must approve",
        "Another error",
        "Done",
        "I saw an error",
        "I'll take it",
        "It did not let me sign in",
        "It's changed",
        "It's done",
        "No, it is not",
        "Nothing, I closed it",
        "Yes, it is ours",
    }
)
"""What a person says by pressing."""

WINDOWS = frozenset(
    {
        "Accounts",
        "Approval page for the administrator",
        "Details",
        "Exchange preparation",
        "For the administrator",
        "For your administrator",
        "Help",
        "Mailboxes",
        "Manage customer",
        "More",
        "Timeline",
        "New login link",
        "Next page",
        "Next working day, 9:00",
        "One day later",
        "One hour later",
        "Previous page",
        "The account",
        "The customer",
        "Tour",
        "What to do",
        "Your old accounts",
    }
)
"""What opens, or comes, when a person presses."""

NUMBER = re.compile(
    r"\{(?:accounts|count|customers|days|done|failed|good|helped|hit|left|mailboxes|minutes|number"
    r"|retained|total|tried|waiting|wrong)\}\*?(?: [a-z]+)? [a-z]+s\b"
)
FORM_FOR_ONE = {
    "mend.minutes": "mend.minute",
    "span.minutes": "span.minute",
    "span.hours": "span.minutes",
    "span.days": "span.hours",
}
"""The other forms for one are called as the form for several, with `_one` behind. A span is told in
a unit from two of it on."""

LEADS_IN = frozenset(
    {
        "alert.tell_intro",
        "answer.customers",
        "answer.status",
        "home.support_intro",
        "invite.mail",
        "customer.channel_in_use_window",
        "customer.offboard_ask",
        "customer.organisation_signed_out",
        "customer.rebind_accounts",
        "desk.answer",
        "desk.answered_there",
        "folders.look",
        "folders.same_intro",
        "help.can",
        "invite.all_intro",
        "old.good_title",
        "remedy.commands",
        "remedy.commands_only",
        "setup.intro",
    }
)
"""What a list, a text to copy or buttons follow."""

OURS = (
    "alert.",
    "channel.",
    "credential.",
    "delivery.",
    "history.",
    "home.",
    "maintenance.",
    "setback.",
    "support.",
)
"""The groups that customers never read."""

TO_SUPPORT = {
    "command.customer_guess",
    "command.customer_unknown",
    "command.no_account_of",
    "command.setup_done",
    "command.which_account_here",
    "command.which_account_of",
    "command.which_customer",
    "help.did_you_mean",
    "help.on_call",
    "help.ours",
    "help.support",
}
"""Answers in our own channels, and to who has typed a command."""

NOT_OF_ITSELF = re.compile(
    r"your (?:Microsoft 365 )?administrator|Contact support|Do it for us", re.IGNORECASE
)
"""What support does not read of itself and its customers."""

SETTING = re.compile(r"\b[A-Z]{2,}_[A-Z_]+\b")


def found_in(pieces: Iterable[Piece], expression: re.Pattern[str]) -> list[str]:
    """The places of the pieces in which an expression is found, with what is found there."""
    return sorted(
        f"{piece.place}: {found[0]}"
        for piece in pieces
        for found in [expression.search(piece.text)]
        if found
    )


def test_one_thing_has_one_term() -> None:
    never = "|".join(re.escape(word) for _, words in terms() for word in words)
    expression = re.compile(rf"(?<![\w{{-])(?:{never})(?![\w}}-])", re.IGNORECASE)
    ours = [Piece(piece.place, THEIR_NAMES.sub("", piece.text)) for piece in everything()]
    assert len(terms()) > 15
    assert found_in(ours, expression) == []


def test_spaces_are_single_everywhere() -> None:
    elsewhere = (*in_catalogue(), *on_pages(), *in_practice())
    assert found_in(elsewhere, re.compile(r"  |\t|^\s|\s$| [,;:.!?](?:\s|$)|\.\.")) == []


def test_no_sentence_is_longer_than_a_breath() -> None:
    long = [
        f"{piece.place}: {sentence}"
        for piece in everything()
        for sentence in sentences_of(piece.text)
        if len(words_of(sentence)) > MOST_WORDS
    ]
    assert long == []


def test_a_number_that_can_be_one_has_a_form_for_one() -> None:
    several = [piece.place for piece in in_slack() if NUMBER.search(piece.text)]
    wanted = {name: FORM_FOR_ONE.get(name, f"{name}_one") for name in several}
    assert [name for name, one in wanted.items() if one not in sentences()] == []
    assert FORM_FOR_ONE.keys() <= wanted.keys()


def test_buttons_begin_with_a_verb_or_are_an_answer_or_the_name_of_what_opens() -> None:
    labels = {sentences()[name] for what, name in shown_as() if what != "title"}
    labels |= {label for _, label in buttons()}
    named = ANSWERS | WINDOWS
    others = {label for label in labels if label.split()[0].casefold() not in VERBS}
    assert sorted(others - named) == []
    assert sorted(named - labels) == []


def test_a_colon_at_the_end_leads_in_to_something() -> None:
    bare_colons = {piece.place for piece in in_slack() if piece.text.endswith(":")}
    assert sorted(bare_colons ^ LEADS_IN) == []
    elsewhere = found_in((*in_catalogue(), *on_pages(), *in_practice()), re.compile(r".*:$"))
    assert {place.partition(": ")[0] for place in elsewhere} == {"remedy.html"}


def test_no_title_is_repeated_by_what_is_below_it() -> None:
    again = [row["id"] for row in rows() if begins_with(row["customer"], row["title"])]
    assert again == []
    for name, title in sentences().items():
        group, _, part = name.partition(".")
        if part == "title" or part.endswith("_title"):
            below = {
                other: text
                for other, text in sentences().items()
                if other.startswith(f"{group}.") and "title" not in other and len(text) > 40
            }
            assert [other for other, text in below.items() if begins_with(text, title)] == [], name


def begins_with(text: str, title: str) -> bool:
    """Whether a text says again what its title says; a title of one word is a button's."""
    said = text.lstrip("*_ ").casefold().startswith(title.strip("*").casefold())
    return said and " " in title


def test_the_parts_of_a_page_do_not_repeat_each_other() -> None:
    on = defaultdict(list)
    for place, heading in headings():
        on[place].append(heading)
    assert [place for place, all_of in on.items() if len(set(all_of)) < len(all_of)] == []


def test_titles_end_without_a_full_stop_and_sentences_with_one() -> None:
    titles = [f"{row['id']}: {row['title']}" for row in rows() if row["title"].endswith(".")]
    open_ends = [
        f"{row['id']}.{part}"
        for row in rows()
        for part in ("customer", "support")
        if row[part][-1] not in ".)"
    ]
    assert titles + open_ends == []


def test_support_does_not_read_of_itself_as_of_somebody_else() -> None:
    theirs = [
        piece
        for piece in in_slack()
        if piece.place.startswith(OURS)
        or (piece.place.endswith("_support") and piece.place != "button.contact_support")
    ]
    theirs += [piece for piece in in_catalogue() if piece.place.endswith(".support")]
    assert len(theirs) > 100
    assert found_in(theirs, NOT_OF_ITSELF) == []


def test_a_customers_sentence_names_no_setting_of_ours() -> None:
    customers = [piece for piece in in_catalogue() if piece.place.endswith(".customer")]
    customers += [piece for piece in on_pages() if piece.place.endswith(".html")]
    assert found_in(customers, SETTING) == []


def test_no_customer_is_told_to_type_what_only_support_can() -> None:
    """Slack offers people of another workspace no commands of an app; a mention works for all."""
    told = [*in_slack(), *on_pages()]
    told += [piece for piece in in_catalogue() if piece.place.endswith(".customer")]
    theirs = [piece for piece in told if "/maildesk" in piece.text and not of_support(piece)]
    assert [piece.place for piece in theirs if "support team" not in piece.text] == []


def of_support(piece: Piece) -> bool:
    """Whether support alone reads it, or who has typed a command already."""
    return piece.place.startswith((*OURS, "customer.")) or piece.place in TO_SUPPORT


def test_owners_are_called_the_same_on_every_surface() -> None:
    called = {name: sentences()[f"owner_support.{name}"] for name in ("microsoft", "maildesk")}
    for name, word in called.items():
        assert sentences()[f"owner.{name}"] == sentences()[f"owner_page.{name}"] == word
    assert {f"owner.{owner}" for owner in Owner} <= sentences().keys()
