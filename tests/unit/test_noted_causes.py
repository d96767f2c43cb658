"""What nothing explained is explained from the moment in which somebody notes a cause: to everybody,
and to the next release as a row of the catalogue."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from bot.common.refusals import Refused
from bot.diagnosis import catalogue, export
from bot.diagnosis.catalogue import Catalogue
from bot.diagnosis.explainer import Explainer
from bot.diagnosis.note import Note, NotNoted
from bot.diagnosis.observation import Condition, Observation, Where
from bot.diagnosis.signature import kept
from storage.tables import UnexplainedReply
from storage.vocabulary import Owner, Permanence, State, StepId
from tests.support.fast import CAROL, FastBot, hours
from tests.support.unexplained import (
    KNOWN,
    MOVED,
    NEW_NUMBER,
    NUMBER,
    OMAR,
    PHRASE,
    WORDS,
    beta,
    meaning,
    note,
    pending,
    said,
)

pytestmark = pytest.mark.catalogue


# -- noted


def test_a_noted_cause_is_read_at_once_by_those_who_met_it_and_by_the_next(bot: FastBot) -> None:
    other = FastBot(bot)  # another process, which read its catalogue before
    account = bot.account(State.LIVE)
    failure = bot.failure(account, **said())
    assert meaning(other, failure).cause.startswith("unknown")

    note(bot, MOVED)

    told = meaning(other, failure)
    assert (told.title, told.customer) == (MOVED.title, MOVED.customer)
    assert (told.owner, told.permanence) == (Owner.MICROSOFT, Permanence.RETRY)
    assert [step.text for step in told.remedy] == ["Wait for an hour.", "Then test it again."]
    following = other.failure(beta(bot), **said("info@beta.example", 7))
    assert meaning(other, following).customer == MOVED.customer
    assert pending(bot) == 0
    assert other.catalogue.lookup_text(f"It says: {WORDS}").customer == MOVED.customer
    assert other.catalogue.row("the-mailbox-is-being-moved").title == MOVED.title


def test_the_account_is_tested_again_and_waits_for_whom_the_cause_names(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    seen = Observation(**said() | {"step": "imap.inbox"})
    bot.mailbox(account).faults[StepId.IMAP_INBOX] = seen
    bot.checks.start(account.id, CAROL)
    bot.run_due()
    assert bot.read(account).owner is Owner.SUPPORT

    note(bot, Note(cause=KNOWN, phrase=PHRASE))

    assert bot.read(account).owner is Owner.ADMINISTRATOR
    assert catalogue.load().rows[KNOWN].customer in bot.card(account)
    with bot.store.transaction() as tx:
        assert [each.cause for each in tx.incidents.all_open()] == [KNOWN]


def test_a_noted_cause_never_stands_before_a_row_of_the_catalogue(bot: FastBot) -> None:
    bot.failure(bot.account(State.LIVE), **said())
    note(bot, MOVED)
    rows = catalogue.load()
    for row in list(rows.rows.values())[::9]:
        for condition in (Condition.NO, None):
            for number in [code for matcher in row.match for code in matcher.codes][:1]:
                seen = Observation(row.where[0], codes=(number,), text=WORDS, condition=condition)
                assert bot.catalogue.explain(seen) == rows.explain(seen)


OTHERS: list[dict[str, Any]] = [
    {"where": Where.SMTP},
    {"where": Where.SMTP, "status": 550},
    {"where": Where.TOKEN},
    {"where": Where.GRAPH},
    {"where": Where.IMAP, "text": "another datacenter is moved"},
]


def test_a_phrase_explains_replies_of_its_own_kind_only(bot: FastBot) -> None:
    bot.failure(bot.account(State.LIVE), **said())
    note(bot, MOVED)
    for other in OTHERS:
        seen = Observation(**{"text": WORDS} | other)
        assert bot.catalogue.explain(seen) == catalogue.load().explain(seen), other


def test_a_phrase_does_not_explain_a_number_that_nobody_knows(bot: FastBot) -> None:
    bot.failure(bot.account(State.LIVE), Where.TOKEN, "token", text=WORDS)
    note(bot, MOVED)
    assert bot.catalogue.explain(Observation(Where.TOKEN, text=WORDS)).title == MOVED.title
    seen = Observation(Where.TOKEN, text=WORDS, codes=(NUMBER,))
    assert bot.catalogue.explain(seen) == catalogue.load().explain(seen)


def test_a_note_can_be_changed_and_taken_back(bot: FastBot) -> None:
    failure = bot.failure(bot.account(State.LIVE), **said())
    number = note(bot, MOVED)
    stand = bot.views.unexplained.reply(number).noted.stand
    changed = Note(**vars(MOVED) | {"title": "Microsoft moves the mailbox"})
    bot.clock.at += hours(1)
    bot.noting.note(number, stand, changed, OMAR)
    bot.run_due()
    told = meaning(bot, failure)
    assert (told.cause, told.title) == ("the-mailbox-is-being-moved", changed.title)

    with pytest.raises(Refused, match=r"unexplained\.quicker"):
        bot.noting.take_back(number, stand, OMAR)
    bot.noting.take_back(number, bot.views.unexplained.reply(number).noted.stand, OMAR)
    bot.run_due()
    assert meaning(bot, failure).cause.startswith("unknown")
    assert bot.catalogue.row("the-mailbox-is-being-moved") is None
    assert [entry.user for entry in bot.audited("cause.noted")] == [OMAR.user] * 2
    assert len(bot.audited("cause.taken_back")) == 1


WRONG: list[tuple[dict[str, str], str]] = [
    ({"phrase": ""}, "phrase"),
    ({"phrase": "datacenter"}, "phrase"),
    ({"phrase": "is being moved elsewhere"}, "phrase"),
    ({"phrase": "mailbox of [address] is being"}, "phrase"),
    ({"title": "", "customer": "", "support": "", "owner": "", "permanence": ""}, "cause"),
    ({"cause": KNOWN}, "cause"),
    ({"title": "No"}, "title"),
    ({"title": "x" * 71}, "title"),
    ({"customer": ""}, "customer"),
    ({"customer": "Somebody is moving this mailbox just now."}, "customer"),
    ({"customer": "Microsoft says AADSTS9000017 about this mailbox."}, "customer"),
    ({"support": "short"}, "support"),
    ({"owner": ""}, "owner"),
    ({"owner": "maildesk"}, "owner"),
    ({"permanence": "sometimes"}, "permanence"),
    ({"remedy": "\n".join("abcdefghi")}, "remedy"),
]
"""What may be wrong with a note, and at which field that is said."""


def test_what_is_missing_is_said_at_its_field(bot: FastBot) -> None:
    bot.failure(bot.account(State.LIVE), **said())
    for changed, field in WRONG:
        with pytest.raises(NotNoted) as refused:
            note(bot, Note(**vars(MOVED) | changed))
        assert field in refused.value.problems, changed
    assert pending(bot) == 1


@pytest.mark.parametrize("cause", ["unknown", "no-such-cause"])
def test_a_default_row_is_no_cause(bot: FastBot, cause: str) -> None:
    bot.failure(bot.account(State.LIVE), **NEW_NUMBER)
    with pytest.raises(NotNoted) as refused:
        note(bot, Note(cause=cause))
    assert refused.value.problems == {"cause": "unexplained.gone"}


def test_nothing_is_noted_that_the_protocol_speaks_against(bot: FastBot) -> None:
    seen = kept(Observation(Where.TOKEN, codes=(NUMBER,), status=503))
    with bot.store.transaction() as tx:
        reply = tx.unexplained.add(UnexplainedReply(signature="", seen=seen))
    with pytest.raises(NotNoted) as refused:
        bot.noting.note(reply.id, "", Note(cause=KNOWN), OMAR)
    assert refused.value.problems == {"cause": "unexplained.contradicts"}


# -- exported


def with_rows(rows: str, folder: Path) -> Catalogue:
    """The catalogue of a release that has these rows, too."""
    for file in ("own.toml", "remedies.toml"):
        shutil.copy(catalogue.FOLDER / file, folder)
    (folder / "noted.toml").write_text(rows, encoding="utf-8")
    return catalogue.read(folder)


def test_what_is_exported_is_a_row_of_the_catalogue_that_explains_the_same(
    bot: FastBot, tmp_path: Path
) -> None:
    told = [NEW_NUMBER, said(), {"where": Where.GRAPH, "step": "token", "error": "OddlyNamed"}]
    quoted = 'Microsoft said "no\\way" & <this>, and looks after it.'
    for number, seen in enumerate(told):
        bot.failure(bot.account(State.LIVE), **seen)
        new = Note(**vars(MOVED) | {"title": f"Moved {number}", "customer": quoted})
        note(bot, new if number else Note(cause="consent-declined"))

    rows = with_rows(export.rows(bot.store, catalogue.load()), tmp_path)

    for seen in told:
        found = rows.explain(Observation(**seen))
        noted = bot.catalogue.explain(Observation(**seen))
        assert not found.cause.startswith("unknown")
        assert (found.title, found.customer, found.owner, found.remedy, found.proof) == (
            noted.title,
            noted.customer,
            noted.owner,
            noted.remedy,
            noted.proof,
        )


def test_a_release_that_knows_the_reply_goes_before_the_note(bot: FastBot, tmp_path: Path) -> None:
    bot.failure(bot.account(State.LIVE), **said())
    note(bot, MOVED)
    row = export.rows(bot.store, catalogue.load()).replace("the-mailbox-is-being-moved", "move")
    release = with_rows(row, tmp_path)
    assert export.rows(bot.store, release) == ""
    explainer = Explainer(release, bot.clock)
    with bot.store.transaction() as tx:
        assert explainer.explain(tx, Observation(**said())).cause == "move"
