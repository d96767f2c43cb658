"""How listeners are hung into Bolt, with Bolt's traps handled once.

Everything that a person does is acknowledged first; whatever is raised after that is caught here,
because an exception within ten milliseconds after `ack()` would take the acknowledgement back. A
`Refused` becomes a private sentence, anything else an error ID.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.common.people import Person
from bot.common.refusals import Refused
from bot.diagnosis.failures import Recorded
from bot.diagnosis.observation import Condition, Observation, Where
from bot.services import Services
from handlers.cards.checks import contact_button
from handlers.cards.home import message_window
from handlers.cards.kit import Block, Message, actions, section
from handlers.slack.modals import Windows
from handlers.slack.payloads import Choice, Command, Press, Submission
from handlers.text.words import plainly, say
from storage.tables import AuditEntry

log = structlog.get_logger(__name__)

Tell = Callable[[Message], None]
OnPress = Callable[[Press], None]
OnCommand = Callable[[Command, Callable[[Message], None]], None]


@dataclass(frozen=True)
class NextWindow:
    """What takes the place of a form that was sent."""

    view: Block


OnSubmission = Callable[[Submission], dict[str, str] | NextWindow | None]
"""Handles a form; what it returns are the fields' errors, or the window that comes next."""


class Listeners:
    """Registers listeners with Bolt."""

    def __init__(
        self, app: App, services: Services, client: WebClient, nudge: Callable[[], None]
    ) -> None:
        """`client` must not wait for rate limits: it is used within Slack's three seconds. `nudge`
        wakes the worker. `names` are the buttons and forms that are listened to."""
        self._app = app
        self.services = services
        self.client = client
        self._nudge = nudge
        self.names: list[str] = []

    def press(self, action: str, listener: OnPress) -> None:
        """Call `listener` when a button with this action is pressed."""

        def on_press(ack: Ack, body: dict[str, Any]) -> None:
            ack()
            press = Press.parse(body)
            self.guard(
                press.person,
                action,
                lambda: listener(press),
                lambda message: self._in_window(press, message),
            )

        self.names.append(action)
        self._app.action(action)(on_press)

    def submission(self, callback: str, listener: OnSubmission) -> None:
        """Call `listener` when the form with this callback is sent; the errors it returns appear at
        their fields."""

        def on_submission(ack: Ack, body: dict[str, Any]) -> None:
            submission = Submission.parse(body)
            answers: list[dict[str, str] | NextWindow | None] = []
            self.guard(
                submission.person,
                callback,
                lambda: answers.append(listener(submission)),
                lambda message: answers.append(
                    NextWindow(message_window("problem.title", message))
                ),
            )
            given = answers[0] if answers else None
            if isinstance(given, NextWindow):
                ack(response_action="update", view=given.view)
            elif given:
                ack(
                    response_action="errors",
                    errors={submission.blocks.get(name, name): given[name] for name in given},
                )
            else:
                ack()

        self.names.append(callback)
        self._app.view(callback)(on_submission)

    def shortcut(self, callback: str, listener: Callable[[Choice], None]) -> None:
        """Call `listener` when this shortcut is chosen on a message."""

        def on_choice(ack: Ack, body: dict[str, Any]) -> None:
            ack()
            chosen = Choice.parse(body)
            windows = Windows(self.client, chosen.trigger)

            def tell(message: Message) -> None:
                windows.open(message_window("error.lookup_title", message))

            self.guard(chosen.person, callback, lambda: listener(chosen), tell)

        self.names.append(callback)
        self._app.message_shortcut(callback)(on_choice)

    def command(self, name: str, listener: OnCommand) -> None:
        """Call `listener` for the slash command."""

        def on_command(ack: Ack, body: dict[str, Any], respond: Callable[..., Any]) -> None:
            ack()
            command = Command.parse(body)

            def answer(message: Message) -> None:
                respond(text=message.text, blocks=message.blocks, response_type="ephemeral")

            self.guard(
                command.person,
                f"{name} {command.name}"[:64],
                lambda: listener(command, answer),
                answer,
            )

        self._app.command(name)(on_command)

    def guard(self, person: Person, what: str, work: Callable[[], None], tell: Tell) -> None:
        """Do `work` for a person, and `tell` them what kept it from being done."""
        try:
            self._do(person, what, work, tell)
        except SlackApiError as error:  # the person cannot be told: what was done is done
            log.warning("slack.answer_failed", what=what, error=error.response["error"])
        self._nudge()

    def _do(self, person: Person, what: str, work: Callable[[], None], tell: Tell) -> None:
        try:
            work()
        except Refused as refused:
            self._audit_refusal(person, what, refused)
            text = say(refused.sentence, **refused.values)
            tell(Message(text, [section(text)]))
        except Exception as error:
            log.exception("listener.failed", what=what)
            ref = unexpected(self.services, what, error).failure.ref
            text = say("problem.unexpected", error=ref)
            tell(Message(text, [section(text), actions(contact_button(ref))]))

    def _audit_refusal(self, person: Person, what: str, refused: Refused) -> None:
        entry = AuditEntry(
            at=self.services.clock.now(),
            team=person.team,
            user=person.user,
            action=what,
            subject="",
        )
        entry.subject, entry.result = refused.values.get("ref", "")[:64], refused.sentence
        entry.channel_id = person.place
        with self.services.store.transaction() as tx:
            tx.audit.add(entry)

    def _in_window(self, press: Press, message: Message) -> None:
        windows = Windows.of(self.client, press)
        windows.open(message_window("refused.title", message))


def unexpected(services: Services, what: str, error: Exception) -> Recorded:
    """Keep an error of our own under an error ID."""
    seen = Observation(
        Where.INTERNAL, step=what, condition=Condition.UNEXPECTED, text=type(error).__name__
    )
    with services.store.transaction() as tx:
        return services.failures.record(tx, seen)


def form_errors(problems: dict[str, str]) -> dict[str, str]:
    """Sentences by name as the plain texts that stand at the fields."""
    return {field: plainly(sentence) for field, sentence in problems.items()}
