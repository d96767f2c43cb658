"""Passwords of a list are nowhere: in no table, no log and no window, whether it was pasted or
uploaded, understood or asked about."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel import SQLModel, select

from bot.common import logs
from bot.common.jobs import ReadFile
from bot.common.ways_out import WaysOut
from handlers.cards.legacy_import import COLUMNS
from handlers.features import legacy_import
from handlers.features.failed_jobs import tell_window
from handlers.slack.listeners import NextWindow
from handlers.slack.payloads import Submission
from tests.support.fast import ACME, CAROL, FastBot
from tests.support.logging import logging_kept

pytestmark = [pytest.mark.field, pytest.mark.redaction]

SECRET = "0ld!Rope-77"
VIEW = "V0WAITING"
UNDERSTOOD = f"Name;E-Mail;Kennwort\nPier;pier@harbour.example;{SECRET}\nBad;;{SECRET}\n"
WITHOUT = f"Pier;pier@harbour.example;{SECRET}\nBad;;{SECRET}\n{SECRET}\n"
SLIPPED = (
    f"Name;Password;E-Mail;User\nNorth; Ida;{SECRET};pier@harbour.example;\nBad;{SECRET};x;\n"
    f"Dock;{SECRET};dock@harbour.example;\n"
)
UNCLEAR = (
    f"Crew;Whose;Where;Spell\nDeck;ida@harbour.example;pier@harbour.example;{SECRET}\n"
    f"Yard;ben@harbour.example;bad;{SECRET}\n"
)
NULS = (
    f"Na\x00me;E-Mail;Kennwort\nPi\x00er;pier@harbour.example\x00;{SECRET}\x00\nBad;;\x00{SECRET}\n"
)
LISTS = {
    "headed": UNDERSTOOD,
    "bare": WITHOUT,
    "slipped": SLIPPED,
    "unclear": UNCLEAR,
    "NULs": NULS,
}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged at DEBUG."""
    stream = io.StringIO()
    with logging_kept():
        logs.configure("DEBUG", stream)
        yield stream


def kept(bot: FastBot) -> str:
    """Every row of every table."""
    with bot.store.transaction() as tx:
        models = [mapper.class_ for mapper in SQLModel._sa_registry.mappers]
        return repr(
            [row.model_dump() for model in models for row in tx.session.exec(select(model))]
        )


def sent(view: dict[str, Any], values: dict[str, str]) -> Submission:
    """A window as Slack sends it: what stands in its fields at the beginning, and these."""
    fields = {
        block["element"]["action_id"]: _initial(block["element"])
        for block in view["blocks"]
        if block["type"] == "input"
    }
    return Submission(CAROL, view["private_metadata"], fields | values, VIEW)


def _initial(element: dict[str, Any]) -> str:
    chosen = element.get("initial_option") or {}
    return str(element.get("initial_value") or chosen.get("value") or "")


def answered(bot: FastBot, window: dict[str, Any]) -> dict[str, Any]:
    """The review; where the columns are asked about, Carol answers."""
    if window["callback_id"] != "old.columns":
        return window
    offered = {
        block["element"]["action_id"]: {
            option["text"]["text"].rpartition(": ")[2]: option["value"]
            for option in block["element"].get("options", [])
        }
        for block in window["blocks"]
        if block["type"] == "input"
    }
    headings = ("Where", "Whose", "Crew")
    values = {name: offered[name][head] for name, head in zip(COLUMNS, headings, strict=True)}
    answer = legacy_import.choose_columns(bot.services, sent(window, values))
    assert isinstance(answer, NextWindow)
    return answer.view


@pytest.fixture(autouse=True)
def carol(bot: FastBot) -> None:
    """Carol is in the channel."""
    bot.slack.members[ACME] = {CAROL.user}
    bot.slack.teams[CAROL.user] = CAROL.team


@pytest.mark.parametrize("kind", LISTS)
def test_a_password_that_is_pasted_is_kept_nowhere(
    bot: FastBot, log: io.StringIO, kind: str
) -> None:
    first = legacy_import.check(bot.services, Submission(CAROL, ACME, {"list-0": LISTS[kind]}))
    assert isinstance(first, NextWindow)
    review = answered(bot, first.view)
    last = legacy_import.save(bot.services, sent(review, {}))
    assert isinstance(last, NextWindow)
    bot.run_due()

    windows = json.dumps([first.view, review, last.view], ensure_ascii=False)
    assert "pier@harbour.example" in windows
    assert "left out" in windows
    for place in (windows, kept(bot), log.getvalue()):
        assert SECRET not in place
    assert "\\x00" not in kept(bot), "PostgreSQL takes none"


@pytest.mark.parametrize("kind", LISTS)
def test_a_password_that_is_uploaded_is_kept_nowhere(
    bot: FastBot, log: io.StringIO, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(legacy_import, "fetch", lambda client, file_id, ways: LISTS[kind].encode())
    bot.doers.add(
        ReadFile, lambda work: legacy_import.read_file(bot.services, bot.slack, WaysOut(), work)
    )
    form = {"list-0": "", "file": "F0LIST"}
    legacy_import.check(bot.services, Submission(CAROL, ACME, form, VIEW))
    before = kept(bot)
    bot.pass_time(seconds=2)
    answered(bot, windows(bot)[-1])
    before += kept(bot)
    bot.pass_time(seconds=2)

    review = windows(bot)[-1]
    assert review["callback_id"] == "old.save"
    legacy_import.save(bot.services, sent(review, {}))
    told = json.dumps(windows(bot), ensure_ascii=False)
    assert "pier@harbour.example" in told and "left out" in told
    for place in (told, before, kept(bot), log.getvalue()):
        assert SECRET not in place


def windows(bot: FastBot) -> list[dict[str, Any]]:
    """What was shown in the window that waits."""
    return [call["view"] for method, call in bot.slack.calls if method == "views.update"]


def test_a_reader_that_breaks_tells_nobody_what_it_read(
    bot: FastBot, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(client: Any, file_id: str) -> bytes:
        raise ValueError(f"cannot read {SECRET!r}")

    monkeypatch.setattr(legacy_import, "fetch", fetch)
    bot.doers.tell_windows(lambda failed: tell_window(bot.services, bot.slack, failed))
    bot.doers.add(ReadFile, lambda work: legacy_import.read_file(bot.services, bot.slack, work))
    bot.drafts.have_file_read(ACME, "F0LIST", VIEW, CAROL)
    bot.pass_time(seconds=2)

    assert "MX-" in json.dumps(windows(bot))
    assert SECRET not in json.dumps(windows(bot)) + kept(bot)
