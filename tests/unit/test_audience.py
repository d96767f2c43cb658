"""Every builder of messages and windows, for the audience that sees it: a customer's rendering has
nothing internal in it and no other customer, and everything is within Slack's limits."""

import importlib
import inspect
import json
import pkgutil
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.views.audience import Audience
from handlers import cards
from handlers.cards.kit import Message
from sandbox.slack.limits import problems
from tests.support.drawing import EVERYBODY, INTERNAL, OURS, RIVAL, Made
from tests.support.examples import examples
from tests.support.strategies import accounts, causes, words

pytestmark = pytest.mark.audience

TELLING = (
    "alert.alert_card",
    "error.error_window",
    "error.error_message",
    "error.evidence_window",
    "home.home",
    "reminder.reminder_message",
)
"""Where support has to see what customers must not."""

everything = st.builds(Made, accounts, st.lists(accounts, max_size=12), words, causes)


def builders() -> set[str]:
    """The functions that make a whole message, window or block."""
    modules = [
        importlib.import_module(f"{cards.__name__}.{found.name}")
        for found in pkgutil.iter_modules(cards.__path__)
    ]
    return {
        name for module in modules if not module.__name__.endswith(".kit") for name in _of(module)
    }


def _of(module: ModuleType) -> list[str]:
    own = [
        f
        for _, f in inspect.getmembers(module, inspect.isfunction)
        if f.__module__ == module.__name__
    ]
    short = module.__name__.rpartition(".")[2]
    makes = (Message, dict[str, Any])
    return [
        f"{short}.{f.__name__}"
        for f in own
        if inspect.signature(f).return_annotation in makes
        and f.__name__[0] != "_"
        and f.__name__ != "account_values"
    ]


def said(drawn: Any) -> str:
    """All of it as text, checked against Slack's limits."""
    if isinstance(drawn, Message):
        assert problems("message", {"text": drawn.text[:4000], "blocks": drawn.blocks}) == []
        return json.dumps([drawn.text, drawn.blocks])
    if drawn["type"] in ("modal", "home"):
        assert problems(drawn["type"], drawn) == []
    return json.dumps(drawn)


def test_every_builder_has_an_audience() -> None:
    assert builders() == EVERYBODY.keys() | OURS.keys()
    assert not EVERYBODY.keys() & OURS.keys()


@pytest.mark.parametrize("name", EVERYBODY)
@examples(40)
@given(made=everything)
def test_a_customer_sees_nothing_internal_and_nobody_else(name: str, made: Made) -> None:
    drawn = said(EVERYBODY[name](made, Audience.CUSTOMER))
    assert INTERNAL not in drawn and RIVAL not in drawn


@pytest.mark.parametrize("name", [*EVERYBODY, *OURS])
@examples(25)
@given(made=everything)
def test_what_support_sees_is_within_slacks_limits(name: str, made: Made) -> None:
    drawn = said((EVERYBODY | OURS)[name](made, Audience.SUPPORT))
    assert name not in TELLING or INTERNAL in drawn or RIVAL in drawn
