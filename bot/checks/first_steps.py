"""The steps of a test before the mail servers: a token, what it is good for, and whose it is."""

import time
from collections.abc import Callable, Collection

from bot.common.addresses import Addresses
from bot.common.mail_addresses import shown
from bot.diagnosis.observation import Condition, Observation, Where
from bot.mail.steps import OnStep, Outcome, Remark, ended
from bot.microsoft.tokens import FreshToken, TokenFailed
from storage.tables import Account
from storage.vocabulary import StepId


class StepFailed(Exception):
    """A step before the mail steps failed; the others are skipped."""


def first_steps(
    account: Account,
    token_for: Callable[[int], FreshToken],
    scopes: Collection[str],
    on_step: OnStep,
) -> FreshToken:
    """Take them; the token that the mail steps need. Takes seconds, as `token_for` does.

    Args:
        scopes: what a token has to be good for.

    Raises:
        StepFailed: one failed; `on_step` knows.
    """
    begun = time.monotonic()
    try:
        token = token_for(account.id)
    except TokenFailed as failed:
        on_step(ended(StepId.TOKEN, begun, failed.observation))
        raise StepFailed from None
    on_step(ended(StepId.TOKEN, begun, "Microsoft gave a token"))
    _take(StepId.SCOPES, _scopes_of(token, scopes), on_step)
    _take(StepId.IDENTITY, _identity(account, token), on_step)
    return token


def _take(step: StepId, outcome: Outcome, on_step: OnStep) -> None:
    on_step(ended(step, time.monotonic(), outcome))
    if isinstance(outcome, Observation):
        raise StepFailed


def _scopes_of(token: FreshToken, wanted: Collection[str]) -> Observation | str:
    missing = [scope for scope in wanted if scope.lower() not in {s.lower() for s in token.scopes}]
    if missing:
        names = ", ".join(scope.rpartition("/")[2] for scope in missing)
        return Observation(
            Where.SCOPES,
            step=StepId.SCOPES,
            condition=Condition.MISSING,
            text=f"not granted: {names}",
        )
    return "read mail, send mail"


def _identity(account: Account, token: FreshToken) -> Outcome:
    """Whose token it is, against whose mailbox it shall open."""
    if not account.object_id or token.object_id.lower() != account.object_id:
        owner = token.username or "nobody"
        text = f"the permission is {owner}'s, not {account.signed_in_as or 'anybody'}'s"
        return Observation(
            Where.IDENTITY, step=StepId.IDENTITY, condition=Condition.OTHER_ACCOUNT, text=text
        )
    agreed = token.agreed
    who = shown(token.username)
    if agreed.shared_mailbox:
        opened = f"{who} opens the shared mailbox {shown(agreed.shared_mailbox)}"
        return f"{opened}, sends as {shown(agreed.sender_email)}"
    if not Addresses.of(account).names(token.username):
        return Remark("renamed", f"signs in as {who}")
    return f"signed in as {who}"
