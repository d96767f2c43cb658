"""Binding a channel to a customer: the form of the support team, opened and saved."""

from bot.accounts.customers import MAX_NAME_LENGTH, Care
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.common.texts import on_one_line
from bot.lifecycle.hours import BadHours, BadZone, read_hours, read_zone, written
from bot.services import Services
from bot.views.customers import Circle
from handlers.cards.actions import FormId
from handlers.cards.kit import Block
from handlers.cards.setup import SetupForm, setup_form
from handlers.slack.listeners import FormErrors, Listeners, form_errors
from handlers.slack.payloads import Submission
from handlers.text.words import plainly
from storage.vocabulary import CustomersAre

ANOTHER_ORGANISATION = "organisation.other"
"""The refusal that is about the domain; every other one is about the customer."""


def register(listeners: Listeners, services: Services) -> None:
    """Register every listener of this feature."""
    listeners.submission(FormId.SETUP_SAVE, lambda sent: save_setup(services, sent))


def form_for(services: Services, person: Person, channel_id: str) -> Block:
    """The form with which support (checked before) binds a channel, with what is known of its
    customer already."""
    customer = services.customers.of_channel(channel_id)
    hours = services.customers.hours_in(channel_id)
    offer = services.circles.offer(channel_id)
    form = SetupForm(
        channel_id=channel_id,
        customer=customer.name if customer else "",
        owner=(customer.owner_user if customer else "") or person.user,
        organisation_known=customer is not None and customer.tenant_id != "",
        time_zone=hours.zone.key,
        working_hours=written(hours),
        working_days=hours.days,
        circle=offer.circle,
        teams=offer.teams,
        customer_id=customer.id if customer else 0,
    )
    return setup_form(form)


def save_setup(services: Services, sent: Submission) -> FormErrors | None:
    """Bind the channel that the form was opened in."""
    services.rights.support(sent.person)
    values = {name: on_one_line(value) for name, value in sent.values.items()}
    owner = Person(services.rights.own_team(), values["owner"]) if values["owner"] else sent.person
    tenant, problem = _tenant(services, values["domain"])
    problems = _problems(services, values, owner) | problem
    if problems:
        return problems
    try:
        care = _care(values, owner)
        circle = _circle(services, sent.about, values)
        services.customers.bind(sent.about, values["customer"], sent.person, tenant, care, circle)
    except Refused as refused:
        field = "domain" if refused.sentence == ANOTHER_ORGANISATION else "customer"
        return {field: plainly(refused.sentence, **refused.values)}
    return None


def _tenant(services: Services, domain: str) -> tuple[str, FormErrors]:
    """The organisation of a domain, if one was given, and what is wrong with it."""
    try:
        return (services.customers.tenant(domain) if domain else ""), {}
    except Refused as refused:
        return "", form_errors({"domain": refused.sentence})


def _care(values: dict[str, str], owner: Person) -> Care:
    days = sorted(values["working_days"].replace(",", ""))
    return Care(
        time_zone=values["time_zone"],
        working_hours=values["working_hours"],
        working_days="".join(days),
        owner=owner,
    )


def _circle(services: Services, channel_id: str, values: dict[str, str]) -> Circle | None:
    """What was chosen; None in a form of the version before, which did not ask."""
    if "customers_are" not in values:
        return None
    ticked = values.get("workspaces")  # there is no such field where nobody else is in the channel
    teams = None if ticked is None else frozenset(filter(None, ticked.split(",")))
    return services.circles.chosen(channel_id, CustomersAre(values["customers_are"]), teams)


def _problems(services: Services, values: dict[str, str], owner: Person) -> FormErrors:
    """What is wrong at each field, in words."""
    found = {
        "customer": _name_problem(values["customer"]),
        "working_hours": _hours_problem(values["working_hours"]),
        "working_days": "" if values["working_days"] else "setup_form.working_days_none",
        "owner": "" if services.rights.is_support(owner) else "setup_form.owner_bad",
    }
    problems = form_errors({field: sentence for field, sentence in found.items() if sentence})
    zone_problem = _zone_problem(values["time_zone"])
    return problems | ({"time_zone": zone_problem} if zone_problem else {})


def _name_problem(name: str) -> str:
    if not name:
        return "form.name_missing"
    return "form.name_too_long" if len(name) > MAX_NAME_LENGTH else ""


def _hours_problem(text: str) -> str:
    try:
        read_hours(text)
    except BadHours:
        return "setup_form.working_hours_bad"
    return ""


def _zone_problem(name: str) -> str:
    """In words, with the zone that may be meant."""
    try:
        read_zone(name)
    except BadZone as error:
        sentence = "setup_form.time_zone_guess" if error.guess else "setup_form.time_zone_bad"
        return plainly(sentence, guess=error.guess)
    return ""
