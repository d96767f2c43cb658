"""What is measured: the same whichever process is asked, and nothing is counted twice or lost."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from bot.common.tallies import ACKNOWLEDGED, MICROSOFT_CALLS, REFRESHES, SLACK_CALLS, Tallies
from bot.diagnosis.duties import Duties
from bot.diagnosis.measures import Measures
from handlers.web.metrics import text
from storage.database import DatabaseAway, Store
from storage.vocabulary import Severity, State
from tests.support.fast import FastBot

DEPLOY = Path(__file__).parents[2] / "deploy"
NAME = re.compile(r"\bmaildesk_[a-z_]+")


def samples(measures: Measures) -> dict[str, float]:
    """Every number, by its name with its labels."""
    found = {}
    for family in text_string_to_metric_families(text(measures).decode()):
        for sample in family.samples:
            labels = ",".join(sample.labels.values())
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def measures_of(bot: FastBot, tallies: Tallies | None = None) -> Measures:
    duties = Duties(bot.store, bot.clock)
    duties.watched("reminders", timedelta(seconds=15), lambda: 0)
    return Measures(bot.store, bot.clock, tallies or Tallies(), duties)


def test_several_processes_count_together_and_each_says_the_sum(bot: FastBot) -> None:
    ours = Tallies()
    theirs = Tallies()
    one = measures_of(bot, ours)
    other = measures_of(bot, theirs)
    for tallies in (ours, theirs, theirs):
        tallies.count(SLACK_CALLS, "chat.update", "ok")
    one.keep()
    other.keep()
    ours.count(SLACK_CALLS, "chat.update", "ratelimited")
    one.keep()
    expected = {
        "maildesk_slack_calls_total{chat.update,ok}": 3,
        "maildesk_slack_calls_total{chat.update,ratelimited}": 1,
    }
    assert expected.items() <= samples(one).items()
    assert expected.items() <= samples(other).items(), "the other process says the same"
    assert expected.items() <= samples(measures_of(bot)).items(), "and one that has just begun"


def test_lengths_of_time_are_in_every_bucket_that_is_long_enough(bot: FastBot) -> None:
    tallies = Tallies()
    for seconds in (0.05, 0.3, 9.0):
        tallies.took(ACKNOWLEDGED, seconds, "command")
    measures = measures_of(bot, tallies)
    measures.keep()
    said = samples(measures)
    buckets = {key: n for key, n in said.items() if "seconds_bucket" in key}
    assert list(buckets.values()) == [1, 1, 1, 2, 2, 2, 2, 3]
    assert said["maildesk_acknowledgement_seconds_count{command}"] == 3
    assert said["maildesk_acknowledgement_seconds_sum{command}"] == pytest.approx(9.35)


def test_what_cannot_be_kept_is_kept_the_next_time(
    bot: FastBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    tallies = Tallies()
    measures = measures_of(bot, tallies)
    tallies.count(REFRESHES, "ok")

    def away(_: Store) -> None:
        raise DatabaseAway("OperationalError")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "transaction", away)
        measures.keep()
    tallies.count(REFRESHES, "ok")
    measures.keep()
    assert samples(measures)["maildesk_refreshes_total{ok}"] == 2


def test_what_waits_and_what_there_is_comes_from_the_database(bot: FastBot) -> None:
    bot.account(State.LIVE)
    bot.account(State.UNMAPPED)
    measures = measures_of(bot)
    before = samples(measures)
    bot.clock.at += timedelta(seconds=30)
    after = samples(measures)
    assert after["maildesk_accounts{live}"] == 1
    assert after["maildesk_accounts{unmapped}"] == 1
    assert after["maildesk_accounts{broken}"] == 0
    assert after["maildesk_incidents_open{critical}"] == 0
    waiting = before["maildesk_outbox_waiting"]
    assert waiting == after["maildesk_outbox_waiting"]
    grown = after["maildesk_outbox_oldest_seconds"] - before["maildesk_outbox_oldest_seconds"]
    assert grown == (30 if waiting else 0)


def names_used() -> Iterator[tuple[str, str]]:
    """Every measure that the dashboard and the alerts name, with the file."""
    for file in DEPLOY.iterdir():
        for name in NAME.findall(file.read_text("utf-8")):
            yield file.name, name


def test_the_dashboard_and_the_alerts_ask_for_what_there_is(bot: FastBot) -> None:
    tallies = Tallies()
    tallies.count(SLACK_CALLS, "auth.test", "ok")
    tallies.count(MICROSOFT_CALLS, "token", "200")
    tallies.count(REFRESHES, "ok")
    tallies.took(ACKNOWLEDGED, 0.1, "event")
    measures = measures_of(bot, tallies)
    measures.keep()
    families = list(text_string_to_metric_families(text(measures).decode()))
    given = {sample.name for family in families for sample in family.samples}
    # families without a sample have their names all the same
    given |= {family.name for family in families}
    used = list(names_used())
    assert len(used) > 20
    assert [each for each in used if each[1] not in given] == []


def test_the_dashboard_is_one_that_grafana_takes() -> None:
    board = json.loads((DEPLOY / "grafana-dashboard.json").read_text("utf-8"))
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids) > 10
    assert all(target["expr"] for panel in board["panels"] for target in panel["targets"])


def test_every_alert_says_what_is_so_and_how_to_fix_it() -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus-alerts.yml").read_text("utf-8"))
    (group,) = rules["groups"]
    assert len(group["rules"]) >= 7
    for rule in group["rules"]:
        assert rule.keys() == {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in {severity.value for severity in Severity}
        assert all(rule["annotations"][name] for name in ("summary", "fix"))
        assert NAME.search(rule["expr"]) and rule["expr"].count("(") == rule["expr"].count(")")
        assert "sum(maildesk" not in rule["expr"], "every process says the same"


# -- whether the worker is at work


def test_a_duty_that_no_worker_does_in_time_is_named(bot: FastBot) -> None:
    duties = Duties(bot.store, bot.clock)
    found = iter([2, 1, 0, 0])
    look = duties.watched("reminders", timedelta(minutes=1), lambda: next(found))
    duties.watched("predictions", timedelta(hours=1), lambda: 0)
    assert duties.late() == [], "after a start everything has its time"
    bot.clock.at += timedelta(minutes=3)
    assert (look(), look()) == (2, 1)
    duties.keep()
    bot.clock.at += timedelta(minutes=2)
    assert duties.late() == ["reminders"], "it was not done to its end"
    assert look() == 0
    duties.keep()
    assert duties.late() == []

    elsewhere = Duties(bot.store, bot.clock)
    elsewhere.watched("reminders", timedelta(minutes=1), lambda: 0)
    bot.clock.at += timedelta(minutes=3)
    assert elsewhere.late() == [], "what another process did counts"
    bot.clock.at += timedelta(minutes=2)
    assert elsewhere.late() == ["reminders"]


def test_a_duty_that_fails_is_not_done(bot: FastBot) -> None:
    duties = Duties(bot.store, bot.clock)

    def fails() -> int:
        raise RuntimeError

    look = duties.watched("reminders", timedelta(minutes=1), fails)
    bot.clock.at += timedelta(minutes=5)
    with pytest.raises(RuntimeError):
        look()
    duties.keep()
    assert duties.late() == ["reminders"]
