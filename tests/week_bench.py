"""Whether a week with many customers stays within what Slack takes of each Web API method.

`python -m tests.week_bench [--customers N] [--seed N]` lets the real services live through a week
with 200 customers of 20 mailboxes, under a simulated clock, and prints for each method how often it
was called, the most calls within any sixty seconds, and what its tier allows; then how long messages
waited until they were shown, and what *test all* of one customer alone takes.

In the week, every mailbox is tested daily (in place of the looks every few minutes, which tell
nobody anything where all is well); some customers are new; everybody tests everything once,
many in the same minute; one tenant switches SMTP AUTH off; Microsoft is out for an hour, Slack for
ten minutes; people press buttons, above all when something is wrong; and who has to act is reminded.
"""

import argparse
import gc
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.diagnosis.observation import Condition, Observation, Where
from handlers.features import account_list, accounts, checks, folders, home, legacy
from handlers.features import support as requests
from sandbox.slack.methods import METHODS
from storage.vocabulary import State, StepId
from tests.support.fast import SENDING_IS_OFF, days, hours
from tests.support.metered import ANSWERS_AFTER
from tests.support.week import MONDAY, REALLY_TESTED, Client, WeekBot

CUSTOMERS = 200
MAILBOXES = 20
WEEK = days(7)
WORKING_DAYS = 5
NEW = 0.05
AT_THE_SAME_MINUTE = 0.1
WAITING = 0.5
"""So many of the customers are new, test everything in the same minute, and have a mailbox each that
waits for somebody."""

PRESSES_A_DAY = 3
OF_SUPPORT_A_DAY = 1
"""How often the people of a customer press something on a working day, and support for them."""

FRIGHTENED = 0.2
"""So many of the customers press *Test connection* within a minute when nothing works; each of
support's people presses five times in that minute."""

LONGEST_ALONE = 3600
"""The test of everything that one customer has ends within so many seconds."""

SIMULATED = f"""
Real: the services, their rights, the cards, the jobs of a worker of eight threads with two senders,
the sweeps, and a database (SQLite in memory). Simulated: the clock; Slack, which counts and refuses
by its tiers, answers after {ANSWERS_AFTER.total_seconds()} s and has no history to be read;
Microsoft and the mail servers, which take their time. Left out: the looks every few minutes, in
place of which there is a daily test, and all but {REALLY_TESTED:.0%} of these where nothing is
wrong (see below), several processes, events of Slack, and browsers.
"""

OPENS = hours(9)
OPEN_FOR = hours(8)


class Week:
    """What happens in the week."""

    def __init__(self, customers: int, seed: int) -> None:
        self.bot = WeekBot(seed)
        self._dice = self.bot.dice
        self.clients = [self.bot.client(number) for number in range(customers)]
        new = max(1, round(customers * NEW))
        self._new = self.clients[:new]
        self._old = self.clients[new:]
        for client in self._old:
            waits = self._dice.random() < WAITING
            for number in range(MAILBOXES):
                first = waits and number == 0
                self.bot.mailbox_of(client, number, State.UNMAPPED if first else State.LIVE)

    def plan(self) -> None:
        """Everything that people do, and that befalls them."""
        for client in self._new:
            self._plan_beginning(client)
        self._plan_tests_of_all()
        self._plan_sending_off(self._old[0])
        self._plan_outages()
        for day in range(WORKING_DAYS):
            for client in self._old:
                for _ in range(PRESSES_A_DAY):
                    self._at(self._some_time(day), self._press_something, client)
            for _ in range(OF_SUPPORT_A_DAY * len(self.clients)):
                self._at(self._some_time(day), self._support_presses)

    def _at(self, when: datetime, do: Callable[..., object], *args: object) -> None:
        self.bot.simulation.at(when, partial(do, *args))

    def _some_time(self, day: int) -> datetime:
        """In the working hours of a day."""
        return MONDAY + days(day) + OPENS + OPEN_FOR * self._dice.random()

    # -- who is new

    def _plan_beginning(self, client: Client) -> None:
        """A list on Monday, sign-ins until Tuesday evening, folders on Wednesday."""
        self._at(MONDAY + OPENS + hours(2) * self._dice.random(), self._begin, client)
        self._at(MONDAY + days(2) + OPENS + hours(3) * self._dice.random(), self._accept, client)

    def _begin(self, client: Client) -> None:
        carol = client.people[0]
        listed = "\n".join(
            f"New {client.number}-{n}, new{n}@{client.domain}" for n in range(MAILBOXES)
        )
        self.bot.legacy.import_text(client.channel.id, f"name, address\n{listed}", carol)
        self.bot.press(carol, legacy.create_accounts, client.channel.id)
        begun = self.bot.now
        for number in range(MAILBOXES):
            when = max(self._some_time(number % 2), begun + timedelta(minutes=2))
            self._at(when, self._sign_in, client, number)

    def _sign_in(self, client: Client, number: int) -> None:
        self.bot.sign_in(self.bot.mailboxes(client)[number])
        self.bot.nudge()

    def _accept(self, client: Client) -> None:
        """*Accept all suggestions* on each card, one after the other."""
        for account in self.bot.mailboxes(client):
            self.bot.press(client.people[0], folders.accept, account.ref)
            self.bot.simulation.sleep(timedelta(seconds=self._dice.uniform(2, 6)))

    # -- what everybody does once

    def _plan_tests_of_all(self) -> None:
        together = MONDAY + days(1) + hours(10)
        for number, client in enumerate(self._old):
            if number < len(self._old) * AT_THE_SAME_MINUTE:
                when = together + timedelta(seconds=self._dice.uniform(0, 60))
            else:
                when = self._some_time(self._dice.randrange(WORKING_DAYS))
            self._at(when, self.bot.test_all, client.people[1])

    # -- what breaks

    def _plan_sending_off(self, client: Client) -> None:
        self._at(MONDAY + days(1) + hours(3), self._switch_sending, client, False)
        self._at(MONDAY + days(2) + hours(11), self._switch_sending, client, True)
        self._at(MONDAY + days(2) + hours(11.1), self._report_fixes, client)

    def _switch_sending(self, client: Client, on: bool) -> None:
        off = Observation(Where.SMTP, StepId.SMTP_AUTH, **SENDING_IS_OFF)
        for account in self.bot.mailboxes(client):
            self.bot.mailbox(account).faults = {} if on else {StepId.SMTP_AUTH: off}

    def _report_fixes(self, client: Client) -> None:
        """*It's changed* on each card, one after the other."""
        for account in self.bot.mailboxes(client):
            self.bot.press(client.people[0], checks.report_fix, account.ref)
            self.bot.simulation.sleep(timedelta(seconds=self._dice.uniform(2, 6)))

    def _plan_outages(self) -> None:
        microsoft = MONDAY + days(3) + hours(10)
        self._at(microsoft, self._microsoft_is_out, True)
        self._at(microsoft + hours(1), self._microsoft_is_out, False)
        self._plan_fright(microsoft + hours(0.5))
        slack = MONDAY + days(2) + hours(14)
        self._at(slack, self._slack_is_out, True)
        self._at(slack + timedelta(minutes=10), self._slack_is_out, False)

    def _microsoft_is_out(self, out: bool) -> None:
        away = Observation(Where.NETWORK, "token", condition=Condition.TIMEOUT)
        self.bot.microsoft.outage = away if out else None
        self.bot.probe.is_out = out

    def _slack_is_out(self, out: bool) -> None:
        self.bot.metered.is_out = out

    def _plan_fright(self, minute: datetime) -> None:
        for client in self._old[: round(len(self._old) * FRIGHTENED)]:
            when = minute + timedelta(seconds=self._dice.uniform(0, 60))
            self._at(when, self._press_test, client)
        for _ in range(5 * len(self.bot.support)):
            when = minute + timedelta(seconds=self._dice.uniform(0, 60))
            self._at(when, self._support_presses)

    # -- who presses what

    def _press_test(self, client: Client) -> None:
        account = self._dice.choice(self.bot.mailboxes(client))
        self.bot.press(self._dice.choice(client.people), checks.test, account.ref)

    def _press_something(self, client: Client) -> None:
        carol = self._dice.choice(client.people)
        account = self._dice.choice(self.bot.mailboxes(client))
        match self._dice.randrange(5):
            case 0:
                self.bot.press(carol, checks.test, account.ref)
            case 1:
                self.bot.press(carol, accounts.show, account.ref)
            case 2:
                self.bot.press(carol, account_list.show_list)
            case 3:
                self.bot.press(carol, folders.show, account.ref)
            case 4:
                self.bot.press(carol, requests.do_it, account.ref)

    def _support_presses(self) -> None:
        vera = self._dice.choice(self.bot.support)
        account = self._dice.choice(self.bot.mailboxes(self._dice.choice(self._old)))
        match self._dice.randrange(3):
            case 0:
                self.bot.press(vera, checks.test, account.ref)
            case 1:
                self.bot.press(vera, accounts.change, account.ref)
            case 2:
                tab = home.HomeTab(self.bot.services, self.bot.slack)
                self.bot.press(vera, lambda services, press: tab.show(press.person))


# -- what is printed


def methods(bot: WeekBot) -> bool:
    """Print a line for each method; whether all stay within their tiers."""
    print(f"{'method':<24}{'calls':>8}{'most a minute':>15}{'allowed':>9}{'refused':>9}  when")
    holds = True
    for method in sorted(bot.metered.called):
        most, when = bot.metered.most_a_minute(method)
        allowed = METHODS[method].a_minute
        refused = bot.metered.refused[method]
        holds &= most <= allowed
        at = when.strftime("%a %H:%M:%S")
        print(
            f"{method:<24}{len(bot.metered.called[method]):>8}{most:>15}{allowed:>9}{refused:>9}"
            f"  {at:<14}{'pass' if most <= allowed else 'FAIL'}"
        )
    return holds


def waits(bot: WeekBot) -> None:
    """Print how long the messages of each notice waited."""
    print(f"{'message':<24}{'shown':>8}{'half within':>15}{'99 of 100':>12}{'slowest':>12}")
    for notice, spans in bot.waits().items():
        shown = [_percentile(spans, 0.5), _percentile(spans, 0.99), spans[-1]]
        half, most, slowest = (f"{span.total_seconds():.1f} s" for span in shown)
        print(f"{notice:<24}{len(spans):>8}{half:>15}{most:>12}{slowest:>12}")


def _percentile(spans: Sequence[timedelta], share: float) -> timedelta:
    return spans[min(int(len(spans) * share), len(spans) - 1)]


def alone(seed: int) -> bool:
    """*Test all* of one customer, while nothing else happens; whether it stays within limits."""
    bot = WeekBot(seed)
    bot.clock.at = MONDAY + hours(10)
    client = bot.client(0)
    for number in range(MAILBOXES):
        bot.mailbox_of(client, number)
    bot.start()
    begun = bot.now
    bot.simulation.at(begun, lambda: bot.test_all(client.people[0]))
    for _ in range(LONGEST_ALONE):
        bot.simulation.run(bot.now + timedelta(seconds=1))
        if bot.tests() == MAILBOXES and bot.unsent() == 0:
            break
    minutes = (bot.now - begun) / timedelta(minutes=1)
    print(f"\nTest all of one customer: {MAILBOXES} results shown after {minutes:.1f} minutes.")
    return methods(bot)


def quiet(seed: int) -> bool:
    """A day in which nothing happens but the daily tests of one customer's mailboxes, all of them
    run; whether Slack hears nothing of it. So the week may leave most of them out."""
    bot = WeekBot(seed, really_tested=1)
    client = bot.client(0)
    for number in range(MAILBOXES):
        bot.mailbox_of(client, number)
    bot.start()
    bot.simulation.run(MONDAY + days(2))
    calls = sum(map(len, bot.metered.called.values()))
    print(
        f"\n{bot.tests()} daily tests of mailboxes that work, all of them run: "
        f"{bot.asked()} messages, {calls} calls of Slack."
    )
    return bot.tests() >= MAILBOXES and not bot.asked() and not calls


def main() -> int:
    """Live through the week, and fail where a method was called too often."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), processors=[_nothing])
    begun = time.process_time()
    week = Week(given.customers, given.seed)
    gc.freeze()
    week.plan()
    week.bot.start()
    week.bot.simulation.run(MONDAY + WEEK)
    print(
        f"{given.customers} customers of {MAILBOXES} mailboxes; {week.bot.tests():,} tests were run, "
        f"{week.bot.taken_as_passed:,} daily ones taken as passed."
    )
    print(SIMULATED)
    holds = methods(week.bot)
    print()
    waits(week.bot)
    print(
        f"\nNot shown at the end: {week.bot.unsent()}. People were refused: {dict(week.bot.told)}"
    )
    holds = alone(given.seed) and holds
    holds = quiet(given.seed) and holds
    print(f"\n{time.process_time() - begun:.0f} seconds of CPU")
    return 0 if holds else 1


def _nothing(logger: object, name: str, event: dict[str, object]) -> str:
    return ""


if __name__ == "__main__":
    sys.exit(main())
