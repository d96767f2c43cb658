"""Who did what: what succeeded is kept entry by entry, what was refused is counted."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest

from bot.app import audit_export
from bot.common import audit
from bot.common.people import WEB, Person
from bot.common.refusals import Refused
from bot.support.rights import QUOTED_AN_HOUR
from storage.tables import AuditEntry
from tests.support.fast import ACME, CAROL, VERA, FastBot, hours

EVER = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
NORA = Person("T0BORE", "U0NORA", "C0BORE")


def refuse(bot: FastBot, by: Person = WEB, subject: str = "MB-1", reason: str = "used") -> None:
    """Somebody is refused a way to Microsoft."""
    with bot.store.transaction() as tx:
        audit.refuse(tx, by, "signin.begun", subject, bot.now, reason=reason)


def kept(bot: FastBot) -> list[AuditEntry]:
    """The refusals that are kept."""
    return bot.audited("signin.begun")


def test_a_refusal_that_comes_again_is_counted_with_its_first_and_last_time(bot: FastBot) -> None:
    first = bot.now
    for _ in range(37):
        refuse(bot)
        bot.clock.at += hours(0.01)

    (entry,) = kept(bot)
    assert (entry.times, entry.at, entry.result) == (37, first, "refused")
    assert entry.last_at == bot.now - hours(0.01)


def test_after_an_hour_a_new_entry_begins(bot: FastBot) -> None:
    refuse(bot)
    bot.clock.at += hours(1)
    refuse(bot)
    bot.clock.at += hours(0.1)
    refuse(bot)
    refuse(bot)

    assert [entry.times for entry in kept(bot)] == [2, 2]


def test_an_hour_begins_with_the_first_so_that_no_entry_lasts_for_ever(bot: FastBot) -> None:
    for _ in range(6):
        refuse(bot)
        bot.clock.at += hours(0.5)

    assert [entry.times for entry in kept(bot)] == [3, 3]


@pytest.mark.parametrize("other", [{"by": NORA}, {"subject": "MB-2"}, {"reason": "expired"}])
def test_refusals_that_differ_are_entries_of_their_own(
    bot: FastBot, other: dict[str, object]
) -> None:
    refuse(bot)
    refuse(bot, **other)  # type: ignore[arg-type]
    refuse(bot)

    assert [entry.times for entry in kept(bot)] == [2, 1]


def test_what_succeeded_is_never_counted_together(bot: FastBot) -> None:
    with bot.store.transaction() as tx:
        for _ in range(3):
            audit.record(tx, VERA, "link.renewed", "MB-1", bot.now)

    assert [entry.times for entry in bot.audited("link.renewed")] == [1, 1, 1]


def test_the_same_refused_in_slack_is_counted_too(bot: FastBot) -> None:
    for _ in range(5):
        bot.rights.keep_refusal(CAROL, "account.change", Refused("refused.role"))

    (entry,) = bot.audited("account.change")
    assert (entry.times, entry.result, entry.user) == (5, "refused.role", CAROL.user)


def test_who_guesses_ids_is_quoted_a_while_and_then_counted(bot: FastBot) -> None:
    guesses = QUOTED_AN_HOUR + 300
    for number in range(guesses):
        refused = Refused("refused.no_account", ref=f"MB-{number:08d}")
        bot.rights.keep_refusal(CAROL, f"/maildesk word{number}", refused)

    with bot.store.transaction() as tx:
        entries = tx.audit.since(*EVER, 0, 10_000)
    assert len(entries) == QUOTED_AN_HOUR + 1
    assert (entries[-1].subject, entries[-1].action) == ("", "/maildesk")
    assert sum(entry.times for entry in entries) == guesses


def test_a_refused_sign_in_is_one_entry_for_each_error(bot: FastBot) -> None:
    account = bot.account()
    for _ in range(3):
        state = bot.go_to_microsoft(account)
        with pytest.raises(Exception, match="other-account"):
            bot.come_back(state, "else@acme.example")

    (entry,) = bot.audited("signin.refused")
    assert (entry.subject, entry.times) == (account.ref, 3)
    assert bot.told(ACME) == ["signin.refused"]


def test_files_tell_how_often(bot: FastBot) -> None:
    for _ in range(37):
        refuse(bot)
    with bot.store.transaction() as tx:
        audit.record(tx, VERA, "link.renewed", "MB-1", bot.now)
    lines = io.StringIO()
    table = io.StringIO()

    audit_export.write_lines(audit_export.entries(bot.store, *EVER), lines)
    audit_export.write_csv(audit_export.entries(bot.store, *EVER), table)

    objects = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [each["times"] for each in objects] == [37, 1]
    assert [each["last_at"] for each in objects] == [bot.now.isoformat()] * 2
    rows = list(csv.DictReader(io.StringIO(table.getvalue())))
    assert [row["times"] for row in rows] == ["× 37", ""]
