"""How listeners are registered with Bolt, with Bolt's traps handled once.

Everything that a person does is acknowledged, and whatever a listener raises is caught here: a
`Refused` becomes a private sentence, anything else an error ID.
"""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from slack_bolt import Ack, App
from slack_sdk import WebClient

from bot.common.people import Person
from bot.common.refusals import Refused, SlackBusy
from bot.services import Services
from handlers.cards.actions import ActionId, FormId, ShortcutId
from handlers.cards.contact import contact_button
from handlers.cards.home import message_window
from handlers.cards.kit import Block, Message, actions, moment, section
from handlers.slack.modals import TooLate, WindowUnsure
from handlers.slack.payloads import Choice, Command, Press, Submission
from handlers.slack.private import UNANSWERED, PrivateAnswers
from handlers.slack.refusals import said
from handlers.text.markup import Safe, unmarked
from handlers.text.words import plainly, say

log = structlog.get_logger(__name__)

MAX_AUDITED_LENGTH = 64
"""So much of a mistyped subcommand is kept."""


@dataclass(frozen=True)
class NextWindow:
    """What takes the place of a form that was sent."""

    view: Block


FormErrors = dict[str, str]
"""By a field's name the text that stands at it."""

FormAnswer = FormErrors | NextWindow | None
"""What a form is answered with: errors, the window that comes next, or that it closes."""

Tell = Callable[[Message], None]
"""Tells something to the person who acted, privately."""


class Listeners:
    """Registers listeners with Bolt."""

    def __init__(
        self,
        app: App,
        services: Services,
        client: WebClient,
        nudge: Callable[[], None],
        behind: Executor,
        private: PrivateAnswers,
    ) -> None:
        """`client` must not wait for rate limits: it is used within Slack's three seconds. `nudge`
        wakes the worker. `behind` does what follows an acknowledgement. `private` tells somebody
        who acted what no window says. `names` are the buttons, forms and shortcuts that are
        listened to."""
        self._app = app
        self._services = services
        self._client = client
        self._nudge = nudge
        self._behind = behind
        self._private = private
        self.names: list[str] = []

    def press(self, action: ActionId, listener: Callable[[Press], None]) -> None:
        """Call `listener` when a button with this action is pressed, or a choice is made."""
        self._on_press(
            action, listener, lambda press, message: self._show(press, "refused.title", message)
        )

    def link(self, action: ActionId, listener: Callable[[Press], None] | None = None) -> None:
        """Acknowledge a button that opens a page, and call `listener`. Slack opens the page
        whatever comes of that, so that who pressed is not told what kept it from being done."""
        self._on_press(action, listener or (lambda press: None), lambda press, message: None)

    def _on_press(
        self,
        action: ActionId,
        listener: Callable[[Press], None],
        tell: Callable[[Press, Message], None],
    ) -> None:
        def on_press(ack: Ack, body: dict[str, Any]) -> None:
            # Before anything else: what takes longer than three seconds, Slack tells people, failed
            ack()
            press = Press.parse(body, self._client)
            work = partial(listener, press)
            self._behind.submit(self.guard, press.person, action.value, work, partial(tell, press))

        self.names.append(action)
        self._app.action(action)(on_press)

    def submission(self, form: FormId, listener: Callable[[Submission], FormAnswer]) -> None:
        """Call `listener` when this form is sent."""

        def on_submission(ack: Ack, body: dict[str, Any]) -> None:
            # Errors and the next window can only be given with the acknowledgement, so that it
            # comes last here: `listener` has three seconds.
            submission = Submission.parse(body, self._client)
            _acknowledge(ack, submission, self._answer(form, submission, listener))

        self.names.append(form)
        self._app.view(form)(on_submission)

    def shortcut(self, shortcut: ShortcutId, listener: Callable[[Choice], None]) -> None:
        """Call `listener` when this shortcut is chosen on a message."""

        def on_choice(ack: Ack, body: dict[str, Any]) -> None:
            ack()
            choice = Choice.parse(body, self._client)

            def tell(message: Message) -> None:
                self._show(choice, "error.lookup_title", message)

            work = partial(listener, choice)
            self._behind.submit(self.guard, choice.person, shortcut.value, work, tell)

        self.names.append(shortcut)
        self._app.message_shortcut(shortcut)(on_choice)

    def command(self, name: str, listener: Callable[[Command, Tell], None]) -> None:
        """Call `listener` for the slash command, with the way to answer it."""

        def on_command(ack: Ack, body: dict[str, Any]) -> None:
            ack()
            command = Command.parse(body, self._client)

            def answer(message: Message) -> None:
                self._private.show(body["response_url"], message)

            what = f"{name} {command.name}"[:MAX_AUDITED_LENGTH]
            work = partial(listener, command, answer)
            self._behind.submit(self.guard, command.person, what, work, answer)

        self._app.command(name)(on_command)

    def guard(
        self,
        person: Person,
        what: str,
        work: Callable[[], None],
        tell: Tell,
        tell_for_now: Tell | None = None,
    ) -> None:
        """Do `work` for a person, and `tell` them what kept it from being done; with
        `tell_for_now`, if it is given, what may have passed when they try again."""
        log.info("slack.acted", what=what)
        try:
            self._do(person, what, work, tell, tell_for_now or tell)
        except (
            WindowUnsure,
            SlackBusy,
            *UNANSWERED,
        ) as error:  # the person cannot be told: what was done is done
            log.warning("slack.answer_failed", what=what, error=said(error))
        self._nudge()

    def _answer(
        self, form: FormId, sent: Submission, listener: Callable[[Submission], FormAnswer]
    ) -> FormAnswer:
        """What `listener` answers, or what kept it from answering: a window that says it or, if
        trying again may help, an error that leaves what was typed where it is."""
        answer: FormAnswer = None

        def work() -> None:
            nonlocal answer
            answer = listener(sent)

        def tell(message: Message) -> None:
            nonlocal answer
            answer = NextWindow(message_window("problem.title", message))

        def tell_for_now(message: Message) -> None:
            nonlocal answer
            if sent.first:
                answer = {sent.first: unmarked(message.text)}
            else:
                tell(message)

        self.guard(sent.person, form.value, work, tell, tell_for_now)
        return answer

    def _do(
        self,
        person: Person,
        what: str,
        work: Callable[[], None],
        tell: Tell,
        tell_for_now: Tell,
    ) -> None:
        try:
            work()
        except TooLate as late:
            text = say(late.sentence)
            tell(Message(text, [section(text)]))
        except WindowUnsure as unsure:  # it was opened, or the person tries again
            log.warning("slack.window_unsure", what=what, error=str(unsure))
        except Refused as refused:
            self._keep_refusal(person, what, refused)
            text = _no(refused)
            way = tell_for_now if isinstance(refused, SlackBusy) else tell
            way(Message(text, [section(text)]))
        except Exception as error:
            log.exception("listener.failed", what=what)
            tell_for_now(self._problem(what, error))

    def _show(self, acted: Press | Choice, title: str, message: Message) -> None:
        """Show a message to who acted, in a window; beside it, where none can be opened any
        more."""
        window = message_window(title, message)
        try:
            acted.windows.open(window)
        except (TooLate, SlackBusy):
            if acted.response_url:
                self._private.show(acted.response_url, message)
            elif acted.windows.view_id:
                acted.windows.replace(window)
            else:  # the Home tab has no place of its own for this
                log.warning("slack.answer_failed", what=title, error="no window")

    def _keep_refusal(self, person: Person, what: str, refused: Refused) -> None:
        """A refusal that cannot be kept is one all the same."""
        try:
            self._services.rights.keep_refusal(person, what, refused)
        except Exception:
            log.exception("refusal.not_kept", what=what)

    def _problem(self, what: str, error: Exception) -> Message:
        """What a person is told of an error of ours: its ID or, where it cannot be kept either, a
        plain sentence."""
        try:
            ref = self._services.own_errors.record(what, error).failure.ref
        except Exception:
            log.exception("error.not_kept", what=what)
            text = say("problem.unrecorded")
            return Message(text, [section(text)])
        return unexpected(ref)


def unexpected(ref: str) -> Message:
    """Something went wrong on our side, kept under the error ID `ref`."""
    text = say("problem.unexpected", error=ref)
    return Message(text, [section(text), actions(contact_button(ref))])


def form_errors(problems: dict[str, str], **values: str) -> FormErrors:
    """Sentences by name, filled with `values`, as the plain texts that stand at the fields."""
    return {field: plainly(sentence, **values) for field, sentence in problems.items()}


def _no(refused: Refused) -> Safe:
    values = refused.values.items()
    shown = {key: moment(each) if isinstance(each, datetime) else each for key, each in values}
    return say(refused.sentence, **shown)


def _acknowledge(ack: Ack, sent: Submission, answer: FormAnswer) -> None:
    if isinstance(answer, NextWindow):
        ack(response_action="update", view=answer.view)
    elif answer:
        # Slack wants the block of a field, which has not always the field's name
        errors = {sent.blocks.get(name, name): text for name, text in answer.items()}
        ack(response_action="errors", errors=errors)
    else:
        ack()
