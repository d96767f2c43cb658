"""`maildesk report`: the numbers of any weeks, as lines or as a CSV table that is safe to open."""

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.app.cli import cli
from bot.app.report_export import COLUMNS, weeks
from bot.common.cells import harmless
from storage.database import connect
from storage.vocabulary import State
from tests.support.fast import ENVIRONMENT, FastBot, days
from tests.support.practice import database_in

MONDAY = date(2026, 11, 23)
FORMULA = "=HYPERLINK(1)"


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a bot whose database has an account and a customer with risky names."""
    url = database_in(tmp_path_factory.mktemp("report"))
    bot = FastBot(engine=connect(url))
    with bot.store.transaction() as tx:
        tx.channels.customer(bot.acme.customer_id).name = "+Acme"
    bot.failure(bot.account(State.LIVE, name=FORMULA))
    return ENVIRONMENT | {"DATABASE_URL": url}


def said(environ: dict[str, str], *options: str) -> str:
    """What the command prints."""
    result = CliRunner().invoke(cli, ["report", *options], env=environ)
    assert result.exit_code == 0, result.output
    return result.output


def table(text: str) -> list[dict[str, str]]:
    """The rows of a CSV table."""
    return list(csv.DictReader(io.StringIO(text)))


def test_the_numbers_of_a_week_are_a_table(environ: dict[str, str]) -> None:
    rows = table(said(environ, "--from", "2026-11-23", "--csv", "-"))
    assert tuple(rows[0]) == COLUMNS
    assert {(row["from"], row["to"]) for row in rows} == {("2026-11-23", "2026-11-29")}
    known = {(row["measure"], row["of"]): row for row in rows}
    assert known["road", "created"]["value"] == "1"
    assert known["standing", "live"]["value"] == "1"
    assert known["cause", "smtp-auth-off-mailbox"]["about"] == "administrator"
    assert known["alerts", "minutes_to_fix"]["value"] == "", "nothing was measured"


def test_no_cell_is_a_formula(environ: dict[str, str]) -> None:
    text = said(environ, "--from", "2026-11-23", "--csv", "-")
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell] == []
    assert any(FORMULA in cell for cell in cells)
    risky = ("=1", "+1", "-1", "@x", "\t=1")
    assert [harmless(text) for text in risky] == [f"'{text}" for text in risky]
    assert harmless("1 = 1") == "1 = 1"


def test_several_weeks_go_into_a_file_one_after_the_other(
    environ: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "weeks.csv"
    said(environ, "--from", "2026-11-16", "--to", "2026-12-01", "--csv", str(file))
    rows = table(file.read_text(encoding="utf-8"))
    spans = list(dict.fromkeys((row["from"], row["to"]) for row in rows))
    assert spans == [
        ("2026-11-16", "2026-11-22"),
        ("2026-11-23", "2026-11-29"),
        ("2026-11-30", "2026-12-01"),
    ]
    live = [row["value"] for row in rows if (row["measure"], row["of"]) == ("standing", "live")]
    assert live == ["0", "1", "1"]


def test_without_a_table_it_is_read_as_lines(environ: dict[str, str]) -> None:
    text = said(environ, "--to", "2026-11-29")
    assert "2026-11-23 to 2026-11-29" in text
    assert "  standing live: 1" in text
    assert "  minutes to connect worst: 0" in text


def test_days_that_are_none_are_refused(environ: dict[str, str]) -> None:
    for options in (["--from", "2026-12-01", "--to", "2026-11-01"], ["--from", "yesterday"]):
        result = CliRunner().invoke(cli, ["report", *options], env=environ)
        assert result.exit_code == 2, options


def test_weeks_are_spans_of_seven_days() -> None:
    assert list(weeks(MONDAY, MONDAY)) == [(MONDAY, MONDAY)]
    spans = list(weeks(MONDAY, MONDAY + days(20)))
    assert len(spans) == 3
    assert spans[-1] == (MONDAY + days(14), MONDAY + days(20))
