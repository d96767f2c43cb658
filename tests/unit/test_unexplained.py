"""The catalogue learns from its own field: what nothing explains is counted without anybody's
names, listed once a day, and explained from the moment in which somebody notes a cause."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.common.people import Person
from bot.common.refusals import Refused
from bot.diagnosis import catalogue, export
from bot.diagnosis.catalogue import Catalogue
from bot.diagnosis.explainer import Explainer
from bot.diagnosis.masking import masked
from bot.diagnosis.note import Note, NotNoted
from bot.diagnosis.note_checks import check_fit
from bot.diagnosis.observation import Condition, Observation, Where
from bot.diagnosis.signature import kept
from bot.diagnosis.verdict import Verdict
from storage.tables import Account, Failure, NotedCause, UnexplainedReply
from storage.vocabulary import Owner, Permanence, State, StepId
from tests.support.examples import examples
from tests.support.fast import ALERTS, CAROL, FastBot, days, hours

OMAR = Person("T0LUMEN", "U0OMAR", ALERTS)
NUMBER = 9000017
NEW_NUMBER = {"where": Where.TOKEN, "step": "token", "codes": (NUMBER,)}
"""What Microsoft says of a number that it made after this release."""

WORDS = "The mailbox of {who} is being moved to another datacenter for the {count}th time"
PHRASE = "is being moved to another datacenter"
MOVED = Note(
    phrase=PHRASE,
    title="The mailbox is being moved",
    customer="Microsoft is moving this mailbox. It works again by itself, usually within an hour.",
    support="Seen in November 2026: Exchange moves the mailbox, and answers so meanwhile.",
    owner="microsoft",
    permanence="retry",
    remedy="Wait for an hour.\n\nThen test it again.",
)
KNOWN = "smtp-auth-off-tenant"


def said(who: str = "info@acme.example", count: int = 2) -> dict[str, Any]:
    """What IMAP says of a move, which no row knows."""
    text = WORDS.format(who=who, count=count)
    return {"where": Where.IMAP, "step": "imap.inbox", "text": text}


def beta(bot: FastBot) -> Account:
    """A mailbox of another customer."""
    channel = bot.customer("Beta Boats", "C0BETA")
    return bot.account(State.LIVE, channel=channel, address="info@beta.example")


def reply_of(bot: FastBot) -> Any:
    """The only reply that waits for an explanation, as on-call sees it."""
    with bot.store.transaction() as tx:
        (reply,) = tx.unexplained.pending()
    return bot.views.unexplained.reply(reply.id)


def pending(bot: FastBot) -> int:
    with bot.store.transaction() as tx:
        return len(tx.unexplained.pending())


def note(bot: FastBot, note: Note, stand: str = "") -> int:
    """On-call notes a cause of the only reply; which reply that is."""
    number: int = reply_of(bot).id
    bot.noting.note(number, stand, note, OMAR)
    bot.run_due()
    return number


def meaning(bot: FastBot, failure: Failure) -> Verdict:
    """What an error ID means now."""
    card = bot.views.errors.card(failure.ref)
    assert card is not None
    return card.verdict


# -- names are taken out


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (
            "AADSTS9000017: User 'ada@acme.example' of tenant 'Acme Marine' may not use "
            "11111111-2222-4333-8444-555555555555. Timestamp: 2026-11-23 10:00:00Z",
            "AADSTS9000017: User '[address]' of tenant '[name]' may not use [id].",
        ),
        (
            "5.7.911 Policy of acme.onmicrosoft.com, seen by 203.0.113.7 "
            "[AM0PR04CA0001.eurprd04.prod.outlook.com 08DE2A3B4C]",
            "5.7.911 Policy of [host], seen by [host] [[host] [id]]",
        ),
        (
            "Parameter 'client_secret' isn't the user's",
            "Parameter 'client_secret' isn't the user's",
        ),
        ("see https://acme.example/x?user=ada, 17 of 300", "see [link] [number] of [number]"),
        ("MailKit.Security.AuthException: no", "MailKit.Security.AuthException: no"),
        ("the box of ACME MARINE (Ada)", "the box of [name] ([name])"),
    ],
)
def test_what_names_somebody_or_differs_is_taken_out_and_the_rest_stays(
    text: str, kept: str
) -> None:
    assert masked(text, {"Acme Marine", "Ada"}) == kept


@examples(60)
@given(st.text(max_size=80), st.sampled_from(["ada@acme.example", "acme.onmicrosoft.com"]))
def test_no_address_and_no_host_is_left_whatever_stands_around_it(text: str, name: str) -> None:
    assert name not in masked(f"{text} {name} {text}")


# -- counted


def test_one_kind_of_reply_is_one_whoever_it_names_wherever_it_comes(bot: FastBot) -> None:
    first = bot.failure(bot.account(State.LIVE), **said("info@acme.example", 2))
    bot.failure(bot.account(State.LIVE), **said("sales@acme.example", 3))
    second = bot.failure(beta(bot), **said("info@beta.example", 44))

    seen = reply_of(bot)
    assert (seen.count, seen.mailboxes, seen.customers) == (3, 3, 2)
    assert "acme" not in seen.text
    assert "beta" not in seen.text
    assert {first.ref, second.ref} < set(seen.errors)


def test_numbers_are_told_apart_and_need_no_words(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    bot.failure(account, **NEW_NUMBER)
    bot.failure(beta(bot), **NEW_NUMBER | {"error": "odd_word", "text": "something else"})
    assert reply_of(bot).number == f"AADSTS{NUMBER}"
    bot.failure(account, **NEW_NUMBER | {"codes": (NUMBER + 1,)})
    assert pending(bot) == 2


def test_what_a_row_explains_is_not_counted(bot: FastBot) -> None:
    bot.failure(bot.account(State.LIVE))
    assert pending(bot) == 0


def test_a_pasted_text_is_counted_and_small_talk_is_not(bot: FastBot) -> None:
    for text in (f"AADSTS{NUMBER}: no", f"it says AADSTS{NUMBER}", "hello", "thanks a lot"):
        bot.pasted.not_known(text, CAROL)
    seen = reply_of(bot)
    assert (seen.count, seen.mailboxes, seen.customers) == (2, 0, 1)


def test_nobody_can_fill_the_list_with_what_they_make_up(bot: FastBot) -> None:
    account = bot.account()
    for number in range(60):
        bot.failure(account, **NEW_NUMBER | {"codes": (NUMBER + number,)})
        bot.pasted.not_known(f"AADSTS{NUMBER + 1000 + number}: no", CAROL)
    assert pending(bot) == 5 + 40
    bot.clock.at += days(1.1)
    bot.failure(account, **NEW_NUMBER | {"codes": (NUMBER + 99,)})
    assert pending(bot) == 5 + 40 + 1


def test_what_comes_no_more_is_forgotten(bot: FastBot) -> None:
    bot.failure(beta(bot), **NEW_NUMBER)
    bot.clock.at += days(91)
    bot.run_due()
    with bot.store.transaction() as tx:
        assert not tx.unexplained.pending()
        assert not tx.unexplained.newest(1, 1)


# -- the list


def lists(bot: FastBot) -> list[str]:
    """The lists that stand in the alert channel."""
    texts = [message.words for message in bot.posted(ALERTS)]
    return [text for text in texts if text.startswith("Replies that nothing explains yet")]


def test_the_list_comes_once_a_day_and_only_if_there_is_something_for_it(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    bot.run_due()
    assert lists(bot) == []
    bot.failure(account, **NEW_NUMBER)
    bot.run_due()
    assert len(lists(bot)) == 1
    bot.failure(account, **said())
    bot.run_due()
    assert len(lists(bot)) == 1, "the second one waits until tomorrow"
    bot.clock.at += days(1)
    bot.run_due()
    assert len(lists(bot)) == 2
    bot.clock.at += days(1)
    bot.run_due()
    assert len(lists(bot)) == 2, "nothing was seen again"
    bot.failure(account, **NEW_NUMBER)
    bot.run_due()
    assert len(lists(bot)) == 3


def test_nobody_is_disturbed_out_of_hours() -> None:
    bot = FastBot(working_hours="09:00-17:00", working_days="12345")
    bot.clock.at = bot.clock.at.replace(hour=20)
    bot.failure(bot.account(State.LIVE), **NEW_NUMBER)
    bot.run_due()
    assert lists(bot) == []
    bot.clock.at += days(3) - hours(10)
    bot.run_due()
    assert len(lists(bot)) == 1


def test_the_list_shows_what_was_noted_and_by_whom(bot: FastBot) -> None:
    bot.failure(bot.account(State.LIVE), **said())
    bot.run_due()
    (card,) = lists(bot)
    assert "Note the cause" in card
    bot.noting.note(1, "", MOVED, OMAR)
    bot.run_due()
    (card,) = lists(bot)
    assert "*The mailbox is being moved*, noted by <@U0OMAR>" in card
    assert "Change the cause" in card


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
    assert bot.read(account).owner is Owner.ON_CALL

    note(bot, Note(cause=KNOWN, phrase=PHRASE))

    assert bot.read(account).owner is Owner.ADMINISTRATOR
    assert catalogue.load().rows[KNOWN].customer in bot.card(account)
    with bot.store.transaction() as tx:
        assert tx.incidents.all_open() == []


def test_a_noted_cause_never_stands_before_a_row_of_the_catalogue(bot: FastBot) -> None:
    bot.failure(bot.account(State.LIVE), **said())
    note(bot, MOVED)
    rows = catalogue.load()
    for row in list(rows.rows.values())[::9]:
        for condition in (Condition.NO, None):
            for number in [code for matcher in row.match for code in matcher.codes][:1]:
                seen = Observation(row.where[0], codes=(number,), text=WORDS, condition=condition)
                assert bot.catalogue.explain(seen) == rows.explain(seen)


@pytest.mark.parametrize(
    "other",
    [
        {"where": Where.SMTP, "status": 550},
        {"where": Where.TOKEN, "error": "invalid_grant"},
        {"where": Where.IMAP, "condition": Condition.BAD},
        {"where": Where.IMAP, "condition": Condition.NO, "text": "another datacenter is moved"},
    ],
)
def test_a_phrase_explains_replies_of_its_own_kind_only(
    bot: FastBot, other: dict[str, Any]
) -> None:
    bot.failure(bot.account(State.LIVE), **said())
    note(bot, MOVED)
    seen = Observation(**{"text": WORDS} | other)
    assert bot.catalogue.explain(seen) == catalogue.load().explain(seen)


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


@pytest.mark.parametrize(
    ("changed", "field"),
    [
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
    ],
)
def test_what_is_missing_is_said_at_its_field(
    bot: FastBot, changed: dict[str, str], field: str
) -> None:
    bot.failure(bot.account(State.LIVE), **said())
    with pytest.raises(NotNoted) as refused:
        note(bot, Note(**vars(MOVED) | changed))
    assert field in refused.value.problems
    assert pending(bot) == 1


@pytest.mark.parametrize("cause", ["unknown", "no-such-cause"])
def test_a_default_row_is_no_cause(bot: FastBot, cause: str) -> None:
    bot.failure(bot.account(State.LIVE), **NEW_NUMBER)
    with pytest.raises(NotNoted) as refused:
        note(bot, Note(cause=cause))
    assert refused.value.problems == {"cause": "unexplained.gone"}


@pytest.mark.parametrize("protocol", [{"error": "invalid_client"}, {"status": 503}])
def test_nothing_is_noted_that_the_protocol_speaks_against(protocol: dict[str, Any]) -> None:
    seen = kept(Observation(Where.TOKEN, codes=(NUMBER,), **protocol))
    reply = UnexplainedReply(id=1, signature="", seen=seen, step="token")
    noted = NotedCause(reply_id=1, cause=KNOWN, noted_by_team="T", noted_by_user="U")
    with pytest.raises(NotNoted) as refused:
        check_fit(noted, reply, "", catalogue.load())
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

    rows = with_rows(export.rows(bot.store), tmp_path)

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
    row = export.rows(bot.store).replace("the-mailbox-is-being-moved", "move")
    explainer = Explainer(with_rows(row, tmp_path))
    with bot.store.transaction() as tx:
        assert explainer.explain(tx, Observation(**said())).cause == "move"


# -- erased


def test_a_reply_goes_with_the_last_customer_who_had_it_and_a_note_stays(bot: FastBot) -> None:
    other = beta(bot)
    for seen in (NEW_NUMBER, said()):
        bot.failure(bot.account(State.LIVE), **seen)
    bot.failure(other, **NEW_NUMBER)
    bot.farewells.offboard(bot.acme.customer_id, "Acme Marine", OMAR)
    bot.clock.at += days(31)
    bot.run_due()
    left = [bot.views.unexplained.reply(number) for number in (1, 2)]
    assert [reply.customers for reply in left if reply] == [1]
    assert "acme" not in str(left).lower()
