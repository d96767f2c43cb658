"""What was done about a failure, and how often that helps."""

from collections.abc import Sequence

from bot.diagnosis.history import Rate
from bot.diagnosis.verdict import Verdict
from bot.views.attempts import AttemptView
from handlers.cards.kit import Block, Safe, context, mention, moment, section
from handlers.text.words import plainly, say
from storage.vocabulary import AttemptStatus, Deed, Permanence


def attempt_blocks(attempts: Sequence[AttemptView]) -> list[Block]:
    """What was done about an account's failures and what came of it, for support."""
    if not attempts:
        return []
    return [section(say("attempt.title")), *(section(_line(each)) for each in attempts)]


def rate_blocks(rates: Sequence[Rate]) -> list[Block]:
    """How often each remedy helped, for support."""
    lines = [
        say("attempt.rate", what=plainly(f"deed.{r.deed}"), helped=r.helped, tried=r.tried)
        for r in rates
    ]
    return [context(say("attempt.rates", lines=Safe("  ·  ".join(lines))))] if lines else []


def usually_blocks(verdict: Verdict, rates: Sequence[Rate]) -> list[Block]:
    """That what a customer is asked to do usually helps, if it does."""
    asked = _asked(verdict)
    return [
        context(say("attempt.usually", helped=rate.helped, tried=rate.tried))
        for rate in rates
        if verdict.remedy and rate.deed is asked and rate.helped * 2 > rate.tried
    ]


def _asked(verdict: Verdict) -> Deed:
    if verdict.approval:
        return Deed.APPROVAL
    again = verdict.permanence is Permanence.SIGN_IN_AGAIN
    return Deed.SIGN_IN if again else Deed.CHANGE


def _line(attempt: AttemptView) -> Safe:
    who = mention(attempt.by_user)
    did = say(
        f"attempt.{attempt.deed}",
        user=who if attempt.customers else say("attempt.our_team", user=who),
        title=attempt.title,
    )
    if attempt.outcome is AttemptStatus.IN_VAIN:
        came = say(f"attempt.{attempt.outcome}", answer=attempt.answer or "–", error=attempt.error)
    else:
        came = say(f"attempt.{attempt.outcome}")
    return say("attempt.line", at=moment(attempt.made_at), did=did, came=came)
