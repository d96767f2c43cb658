"""What people ask who mention us: how far everything is, what an error means, what we can do."""

from collections.abc import Collection

from bot.services import Services
from bot.views.audience import Audience
from handlers.features import lookup
from handlers.features.audience import audience_in
from handlers.slack.payloads import Command
from handlers.text.asking import Question, question

Told = dict[str, str]
"""What a mention is answered with, as the outbox keeps it; it is drawn when it is sent."""


def answer_to(services: Services, command: Command, subcommands: Collection[str]) -> Told | None:
    """What everybody in the channel may read in answer to a mention; None where it is a subcommand,
    which is answered to its sender alone.

    Raises:
        Refused: the channel is bound to no customer, or the person is not in it.
    """
    verdict = services.catalogue.lookup_text(command.text)
    if verdict is None and _is_for(services, command, subcommands):
        return None
    told = {"channel": command.channel, "audience": _audience(services, command).value}
    asked = question(command.text)
    if verdict is not None or asked is Question.UNKNOWN:
        services.pasted.looked_up(command.text, verdict, command.person)
    if verdict is not None:
        return told | {"about": "error", "cause": verdict.cause}
    role = services.rights.role(command.person, command.channel)
    return told | {"about": asked.value, "role": role.value}


def _is_for(services: Services, command: Command, subcommands: Collection[str]) -> bool:
    """Whether a mention is a subcommand: `status` alone is a question, as are words that only begin
    like one (``test failed, what now?``), and ``error`` before a text that nothing explains."""
    if command.name not in subcommands or command.name == Question.HELP:
        return False
    if not command.rest:
        return command.name != Question.STATUS
    if command.name == "error":
        return lookup.is_error_id(services, command.rest)
    several = len(command.rest.split()) > 1
    return not (several and question(command.rest) is Question.STATUS)


def _audience(services: Services, command: Command) -> Audience:
    """As whom the people of a channel read an answer: in a customer's channel everybody does what
    customers do."""
    if command.channel not in (services.support_channel, services.alert_channel):
        audience_in(services, command.person, command.channel)
        return Audience.CUSTOMER
    if services.rights.is_on_call(command.person):
        return Audience.SUPPORT
    return audience_in(services, command.person, command.channel)
