"""Faults that are planted in the bot on purpose, of kinds that no test but a long life would find:
the simulation has to find each."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

from bot.lifecycle.hours import Hours
from bot.lifecycle.ladder import Ladder
from bot.microsoft.tokens import Tokens
from handlers.slack.sender import SlackSender
from storage.jobs import JobRepository, Share
from storage.tables import Account, Job
from storage.vocabulary import Owner

YEARS = timedelta(days=3650)


def not_looked_for() -> AbstractContextManager[Any]:
    """What was perhaps posted is not looked for before it is posted again."""
    return patch.object(SlackSender, "find", lambda *_: None)


def forgotten_after_a_crash() -> AbstractContextManager[Any]:
    """Jobs of a process that died stay its own."""
    claim_due = JobRepository.claim_due

    def claim(
        jobs: JobRepository, now: datetime, limit: int, lease: timedelta, kept: int, share: Share
    ) -> list[Job]:
        return claim_due(jobs, now, limit, YEARS, kept, share)

    return patch.object(JobRepository, "claim_due", claim)


def of_another_account() -> AbstractContextManager[Any]:
    """All accounts share the tokens of who signed in first."""
    opened = Tokens._open

    def shared(tokens: Tokens, account_id: int) -> Any:
        grant, _ = opened(tokens, account_id)
        _, cache = opened(tokens, 1)
        return grant, cache

    return patch.object(Tokens, "_open", shared)


def without_a_reminder() -> AbstractContextManager[Any]:
    """Nobody is reminded of what an administrator has to do."""
    begin = Ladder.begin

    def begin_for_others(ladder: Ladder, account: Account, now: datetime, hours: Hours) -> None:
        begin(ladder, account, now, hours)
        if account.owner is Owner.ADMINISTRATOR:
            account.reminder.due_at = None

    return patch.object(Ladder, "begin", begin_for_others)


PLANTS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "posted twice": not_looked_for,
    "a job is forgotten": forgotten_after_a_crash,
    "another's tokens": of_another_account,
    "no reminder": without_a_reminder,
}
"""By what is broken then."""
