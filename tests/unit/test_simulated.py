"""The simulated time of the week's bench: who waits lets others go on, and calls are counted as
Slack counts them."""

from datetime import timedelta

import pytest
from slack_sdk.errors import SlackApiError

from sandbox.slack.methods import METHODS
from tests.support.fast_ports import FastClock
from tests.support.metered import MeteredSlack
from tests.support.simulated import Alarm, Simulation

pytestmark = pytest.mark.simulator


@pytest.fixture
def simulation() -> Simulation:
    return Simulation(FastClock())


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def test_who_waits_lets_others_go_on_at_their_own_times(simulation: Simulation) -> None:
    begun = simulation.now
    seen: list[tuple[str, timedelta]] = []

    def walk(name: str, pace: float) -> None:
        for _ in range(3):
            simulation.sleep(seconds(pace))
            seen.append((name, simulation.now - begun))

    simulation.at(begun, lambda: walk("slow", 3))
    simulation.at(begun + seconds(1), lambda: walk("quick", 1))
    simulation.run(begun + seconds(10))

    assert [at for name, at in seen if name == "quick"] == [seconds(n) for n in (2, 3, 4)]
    assert [at for name, at in seen if name == "slow"] == [seconds(n) for n in (3, 6, 9)]
    assert simulation.now == begun + seconds(10)


def test_an_alarm_rings_once_at_the_earliest_time(simulation: Simulation) -> None:
    rung: list[timedelta] = []
    begun = simulation.now
    alarm = Alarm(simulation, lambda: rung.append(simulation.now - begun))
    for span in (5, 2, 8):
        alarm.set(begun + seconds(span))
    simulation.run(begun + seconds(60))
    assert rung == [seconds(2)]


def test_a_call_too_many_is_refused_and_counted(simulation: Simulation) -> None:
    slack = MeteredSlack(simulation)
    allowed = METHODS["usergroups.users.list"].a_minute
    answered: list[bool] = []

    def ask() -> None:
        try:
            slack.usergroups_users_list(usergroup="S0DESK")
        except SlackApiError as error:
            answered.append(False)
            assert error.response.headers["Retry-After"]
        else:
            answered.append(True)

    begun = simulation.now
    for number in range(allowed + 3):
        simulation.at(begun + seconds(number), ask)
    simulation.run(begun + seconds(70))

    assert answered.count(True) == allowed
    assert slack.refused["usergroups.users.list"] == 3
    assert slack.most_a_minute("usergroups.users.list") == (allowed + 3, begun)
