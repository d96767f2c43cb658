"""`maildesk webhooks replay`, and what is measured of webhooks."""

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.app.cli import cli
from bot.common.tallies import Tallies
from bot.diagnosis.measures import Measures
from handlers.web import metrics
from storage.change_statuses import ChangeStatus
from storage.migrate import upgrade
from storage.vocabulary import State
from tests.support.changes import changes
from tests.support.fast import ENVIRONMENT, FastBot

pytestmark = pytest.mark.api


def replay(folder: Path, since: str) -> tuple[int, str]:
    """How the command ends, and what it says."""
    url = f"sqlite:///{folder / 'maildesk.db'}"
    upgrade(url)
    command = ["webhooks", "replay", "--since", since, "--no-env-file"]
    result = CliRunner().invoke(cli, command, env=ENVIRONMENT | {"DATABASE_URL": url})
    return result.exit_code, result.output


@pytest.mark.parametrize("since", ["2026-12-24", "2026-12-24T08:30", "2026-12-24T08:30+01:00"])
def test_a_replay_says_how_much_it_sends(tmp_path: Path, since: str) -> None:
    assert replay(tmp_path, since) == (0, "0 events are sent anew.\n")


def test_what_is_no_time_is_refused_in_one_line(tmp_path: Path) -> None:
    status, said = replay(tmp_path, "yesterday")
    assert status == 1
    assert "give it as 2026-12-24" in said


def test_a_replay_leaves_out_what_is_older(bot: FastBot) -> None:
    bot = FastBot(webhook_url="https://crm.example", webhook_secret=f"whsec_{'a2tr' * 8}")
    bot.account(State.LIVE)
    bot.clock.at += timedelta(days=1)
    bot.account(State.LIVE)

    assert bot.api.events.replay(bot.now) == 1
    assert [each.status for each in changes(bot)] == [ChangeStatus.LEFT_OUT, ChangeStatus.WAITING]


def test_what_the_product_has_not_taken_is_measured() -> None:
    bot = FastBot(webhook_url="https://crm.example", webhook_secret=f"whsec_{'a2tr' * 8}")
    bot.account(State.LIVE)
    bot.clock.at += timedelta(minutes=2)
    said = metrics.text(Measures(bot.store, bot.clock, Tallies(), bot.core.duties)).decode()

    assert "maildesk_webhooks_waiting 1.0" in said
    assert "maildesk_webhooks_oldest_seconds 120.0" in said
