"""What a cause means where its advice may not simply be given again."""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from bot.diagnosis.verdict import Verdict, remedy
from storage.vocabulary import AdviceStatus, Owner, Permanence, StepId

FILE = Path(__file__).with_name("advice.toml")


def advised(verdict: Verdict, advice: AdviceStatus) -> Verdict:
    """`verdict`, a cause as the catalogue has it, in the words that fit how its advice stands. What
    is spent is support's, and asks nobody to sign in again."""
    match advice:
        case AdviceStatus.GIVEN:
            return verdict
        case AdviceStatus.DOUBTED:
            return _reworded(verdict, advice)
        case AdviceStatus.SPENT:
            reworded = _reworded(verdict, advice)
            if verdict.proof is StepId.IDENTITY:  # it is we who say no
                reworded = replace(reworded, customer=_words()[advice]["customer_identity"])
            return replace(reworded, owner=Owner.SUPPORT, permanence=Permanence.AFTER_FIX)


def _reworded(verdict: Verdict, advice: AdviceStatus) -> Verdict:
    words = _words()[advice]
    return replace(
        verdict,
        customer=words["customer"],
        support=f"{words['support']} {verdict.support}",
        remedy=tuple(remedy(step, verdict.owner) for step in words["remedy"]),
    )


@cache
def _words() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
