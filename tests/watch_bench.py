"""How long it takes from a mailbox that breaks to the alert, and what that asks of Microsoft.

`python -m tests.watch_bench [--accounts N] [--breaks N] [--hours N] [--seed N]` lets 10,000
mailboxes be looked at by the product's own rules (`bot/checks/rhythm.py`, `patience.py`) under a
simulated clock, has things break at random moments, and prints how soon each was told; then how
often Microsoft was asked, for a mailbox, a tenant and all together, beside the limits.
"""

import argparse
import gc
import sys
import time
from collections.abc import Sequence
from datetime import timedelta

from bot.checks.rhythm import AT_ONCE_IN_TENANT, LOOKED_EVERY, LOOKERS
from tests.support.watched import (
    LASTS,
    LIMITED,
    LOOK_SECONDS,
    LOST,
    MIX,
    SILENT_SECONDS,
    Break,
    Event,
    Fleet,
)

ACCOUNTS = 10_000
BREAKS = 1_200
HOURS = 12
WITHIN = timedelta(minutes=10)
WANTED = 0.95
LEFT_OVER = timedelta(minutes=30)
"""So much longer it is looked, so that what broke last is told too."""

SMTP_AT_ONCE = 3
SMTP_MESSAGES_A_MINUTE = 30
"""Exchange's limits of a mailbox (Microsoft, "SMTP AUTH limits")."""

IMAP_AT_ONCE = 2
"""Our own: Microsoft gives no number, others report 15 to 20."""

SIMULATED = f"""
Real: the rhythm, whom a worker takes next, when a failure is believed and when it is looked again,
how neighbours are brought forward. Simulated: the clock, one worker with {LOOKERS} looks at a time
(half of them within {LOOK_SECONDS[0]} s, {SILENT_SECONDS:.0f} s where nobody answers), tenants of 2
to 400 mailboxes, and what breaks: {", ".join(f"{what} {share:.0%}" for what, share in MIX.items())};
the application's secret expires once, for {LASTS[Break.SECRET]}. Of looks at what works {LOST:.1%}
find no answer and {LIMITED:.2%} a limit. Left out: the database, the weekly tests (one a minute), what
people ask for, and Slack (2 s from what is believed to the message).
"""


def simulate(accounts: int, breaks: int, span: timedelta, seed: int) -> Fleet:
    """Live through a span in which so many things break."""
    fleet = Fleet(accounts, seed)
    fleet.plan(breaks, span)
    fleet.run(span + LEFT_OVER)
    return fleet


def waits(events: Sequence[Event]) -> list[timedelta]:
    """How long each of these took to be told, the shortest first. What was not told took for
    ever."""
    return sorted(event.told_at - event.at if event.told_at else timedelta.max for event in events)


def share_within(events: Sequence[Event], span: timedelta) -> float:
    """Which part of them was told within a span."""
    return sum(wait <= span for wait in waits(events)) / len(events)


def visible(fleet: Fleet) -> list[Event]:
    """What broke where something still worked."""
    return [event for event in fleet.events if not event.hidden]


def print_waits(fleet: Fleet) -> bool:
    """Print how soon what broke was told; whether that is soon enough."""
    print(f"{'what breaks':<40}{'times':>7}{'in 10 min':>11}{'median':>9}{'95 %':>9}{'worst':>9}")
    events = visible(fleet)
    rows = [(str(what), [each for each in events if each.what is what]) for what in Break]
    for name, some in [*rows, ("all", events)]:
        if not some:
            continue
        found = waits(some)
        marks = [found[len(found) // 2], found[int(len(found) * 0.95)], found[-1]]
        shown = "".join(f"{_minutes(mark):>9}" for mark in marks)
        print(f"{name:<40}{len(some):>7}{share_within(some, WITHIN):>11.1%}{shown}")
    print(f"Hidden behind what was told before: {len(fleet.events) - len(events)} more.")
    return share_within(events, WITHIN) >= WANTED


def print_budget(fleet: Fleet, span: timedelta) -> bool:
    """Print what was asked of Microsoft; whether that keeps to the limits."""
    budget = fleet.budget
    looks = sum(budget.a_minute.values())
    minutes = span / timedelta(minutes=1)
    a_mailbox = looks / len(fleet.mailboxes) / (span / timedelta(hours=1))
    most_in_ten = max(_most_within(times, 600) for times in budget.of_mailbox.values())
    most_a_minute = max(_most_within(times, 60) for times in budget.of_mailbox.values())
    rows = [
        ("looks a minute, average (each: a token, IMAP, SMTP)", f"{looks / minutes:.0f}", "-"),
        ("looks a minute, most", str(max(budget.a_minute.values())), "-"),
        ("looks at a time", str(budget.at_once), str(LOOKERS)),
        ("of a mailbox: looks an hour", f"{a_mailbox:.1f}", "-"),
        ("of a mailbox: most looks in 10 minutes", str(most_in_ten), "-"),
        ("of a mailbox: IMAP connections at a time", "1", str(IMAP_AT_ONCE)),
        ("of a mailbox: SMTP connections at a time", "1", str(SMTP_AT_ONCE)),
        ("of a mailbox: most SMTP connections a minute", str(most_a_minute), "-"),
        ("of a mailbox: messages a minute", "0", str(SMTP_MESSAGES_A_MINUTE)),
        ("of a tenant: looks at a time", str(budget.at_once_in_tenant), str(AT_ONCE_IN_TENANT)),
        ("of a tenant: most looks a minute", str(max(budget.of_tenant.values())), "-"),
    ]
    print(f"\n{'what is asked of Microsoft':<56}{'is':>8}{'limit':>8}")
    for name, there, limit in rows:
        print(f"{name:<56}{there:>8}{limit:>8}")
    return budget.at_once_in_tenant <= AT_ONCE_IN_TENANT and budget.at_once <= LOOKERS


def _most_within(times: Sequence[float], seconds: float) -> int:
    first = 0
    most = 0
    for last, at in enumerate(times):
        while times[first] <= at - seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def _minutes(span: timedelta) -> str:
    return "never" if span == timedelta.max else f"{span / timedelta(minutes=1):.1f} m"


def main() -> int:
    """Simulate, print, and fail where it takes too long or asks too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=ACCOUNTS)
    parser.add_argument("--breaks", type=int, default=BREAKS)
    parser.add_argument("--hours", type=float, default=HOURS)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    gc.freeze()
    begun = time.process_time()
    span = timedelta(hours=given.hours)
    fleet = simulate(given.accounts, given.breaks, span, given.seed)
    print(
        f"{given.accounts:,} mailboxes of {fleet.tenants} tenants, each looked at every "
        f"{LOOKED_EVERY}; {given.hours:g} hours."
    )
    print(SIMULATED)
    holds = print_waits(fleet)
    holds = print_budget(fleet, span + LEFT_OVER) and holds
    print(f"\n{time.process_time() - begun:.0f} seconds of CPU")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
