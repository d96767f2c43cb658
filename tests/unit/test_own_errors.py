"""Errors of our own: two at once, errors while an error is kept, and what the person hears."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from bot.common.people import Person
from bot.common.refusals import Refused, SlackBusy
from bot.support.rights import Action
from handlers.cards.actions import FormId
from handlers.cards.kit import Message
from handlers.slack.listeners import FormAnswer, Listeners, NextWindow
from handlers.slack.payloads import Submission
from storage.incidents import IncidentRepository
from storage.tables import Incident
from tests.support.fast import ACME, ALERTS, CAROL, AtOnce, FastBot

pytestmark = pytest.mark.delivery


class Heard:
    """Somebody who acts, and what they are told."""

    def __init__(self, bot: FastBot) -> None:
        unused: Any = None
        self.listeners = Listeners(unused, bot.services, bot.slack, lambda: None, AtOnce(), unused)
        self.told: list[str] = []

    def act(self, work: Callable[[], None], by: Person = CAROL) -> None:
        self.listeners.guard(by, "button.test", work, self.tell)

    def tell(self, message: Message) -> None:
        self.told.append(message.text)


def broken() -> None:
    raise RuntimeError("of our own")


def refused() -> None:
    raise Refused("refused.support_only")


def stop_writes(bot: FastBot, table: str) -> None:
    """Have everything that is written into a table fail from now on."""

    def refuse(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(f"INSERT INTO {table}"):
            raise OSError("no space left on device")

    event.listen(bot.store.engine, "before_cursor_execute", refuse)


def test_an_error_of_ours_is_told_under_its_id(bot: FastBot) -> None:
    somebody = Heard(bot)
    somebody.act(broken)
    (text,) = somebody.told
    assert "MX-" in text


@pytest.mark.parametrize("table", ["failure", "incident", "outboxitem"])
def test_who_meets_an_error_that_cannot_be_kept_hears_a_plain_sentence(
    bot: FastBot, table: str
) -> None:
    stop_writes(bot, table)
    somebody = Heard(bot)
    somebody.act(broken)
    (text,) = somebody.told
    assert "The problem is on our side" in text and "MX-" not in text


def test_a_refusal_that_cannot_be_kept_is_told_all_the_same(bot: FastBot) -> None:
    stop_writes(bot, "auditentry")
    somebody = Heard(bot)
    somebody.act(refused)
    (text,) = somebody.told
    assert "Only our support team" in text


@pytest.mark.field
@pytest.mark.parametrize("error", ["ratelimited", "fatal_error", "invalid_cursor", "no_such_word"])
@pytest.mark.parametrize("method", ["conversations.members", "auth.test"])
def test_who_acts_while_slack_does_not_say_who_they_are_reads_so_and_on_call_nothing(
    bot: FastBot, method: str, error: str
) -> None:
    for _ in range(20):
        bot.slack.fails_next(method, error)
    somebody = Heard(bot)
    somebody.act(lambda: bot.services.rights.channel(CAROL, ACME, Action.ADD) and None)
    bot.run_due()

    (text,) = somebody.told
    assert "Slack" in text and "MX-" not in text
    assert bot.posted(ALERTS) == []


@pytest.mark.parametrize("error", [TimeoutError("no answer"), ConnectionResetError()])
def test_an_answer_that_does_not_arrive_ends_nothing(bot: FastBot, error: Exception) -> None:
    def tell(message: Message) -> None:
        raise error

    Heard(bot).listeners.guard(CAROL, "button.test", refused, tell)


def test_two_first_failures_at_once_are_one_alert(
    bot: FastBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = bot.own_errors.record("one", RuntimeError())
    found = IncidentRepository.of_cause
    looks: list[str] = []

    def late(self: IncidentRepository, cause: str) -> list[Incident]:
        """The second transaction looks before the first is kept."""
        looks.append(cause)
        return found(self, cause) if len(looks) > 1 else []

    monkeypatch.setattr(IncidentRepository, "of_cause", late)
    second = bot.own_errors.record("two", RuntimeError())

    assert first.failure.ref != second.failure.ref
    with bot.store.transaction() as tx:
        (incident,) = tx.incidents.all_open()
        assert incident.count == 2
        assert tx.failures.get(second.failure.ref) is not None


# -- forms: what was typed stays where a second try may help

TYPED = {"type": "input", "block_id": "name-2", "label": {"type": "plain_text", "text": "Name"}}
TEXT = {"type": "section", "block_id": "above", "text": {"type": "plain_text", "text": "Hello"}}


def sent(bot: FastBot, error: Exception, *blocks: dict[str, Any]) -> FormAnswer:
    """What is answered to a form with these blocks when this comes of it."""

    def listener(_: Submission) -> FormAnswer:
        raise error

    view = {"id": "V1", "blocks": [*blocks], "private_metadata": ACME}
    body = {"user": {"id": CAROL.user, "team_id": CAROL.team}, "view": view}
    form = Submission.parse(body, bot.slack)
    return Heard(bot).listeners._answer(FormId.ACCOUNT_CREATE, form, listener)


def test_a_form_that_is_sent_while_slack_is_busy_keeps_what_was_typed(bot: FastBot) -> None:
    answer = sent(bot, SlackBusy(), TEXT, TYPED)
    assert answer == {"name-2": "Slack is busy. Please try again in a moment."}


def test_an_error_of_ours_stands_in_the_form_with_its_id_and_without_markup(bot: FastBot) -> None:
    answer = sent(bot, RuntimeError("of our own"), TEXT, TYPED)
    assert isinstance(answer, dict)
    [text] = answer.values()
    assert "Nothing of yours is lost" in text and "Error ID: MX-" in text
    assert not {"*", "`"} & set(text)


@pytest.mark.parametrize(
    ("error", "blocks"),
    [(Refused("refused.support_only"), [TYPED]), (SlackBusy(), [TEXT]), (OSError(), [])],
    ids=["trying again is no use", "no field", "nothing in it"],
)
def test_another_form_gives_way_to_the_reason(
    bot: FastBot, error: Exception, blocks: list[dict[str, Any]]
) -> None:
    assert isinstance(sent(bot, error, *blocks), NextWindow)
