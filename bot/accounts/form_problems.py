"""What is wrong with the form of an account, as it is said at its fields."""

from bot.common.mail_addresses import NOT_ASCII, problem
from bot.views.account_form import MAX_NAME_LENGTH, Form

MAX_ALIASES = 10
MAX_EXTERNAL_ID_LENGTH = 120
"""Characters of what the product calls a mailbox."""


class InvalidForm(Exception):
    """What is wrong with a form: the sentence to show at each field, filled with `values`."""

    def __init__(self, problems: dict[str, str], **values: str) -> None:
        super().__init__(", ".join(problems))
        self.problems = problems
        self.values = values


class OldAccountThere(Exception):
    """The customer has listed an old account of the form's address, and nobody said that it is
    deleted."""


def checked(form: Form) -> Form:
    """The form, tidied.

    Raises:
        InvalidForm: a field is wrong, whatever is in the database.
    """
    form = form.tidy()
    problems = problems_of(form)
    if problems:
        raise InvalidForm(problems)
    return form


def opened(form: Form) -> list[str]:
    """The addresses that have to be of the customer's organisation, which are checked as addresses
    before: who signs in, and the mailbox that they open. As whom mail is sent, and under which
    other names somebody signs in, decides nothing."""
    return [address for address in (form.username, form.shared_mailbox) if address]


def field_of(form: Form, address: str) -> str:
    """At which field something is said of an address of the form."""
    if address == form.shared_mailbox:
        return "shared_mailbox"
    return "sender_email" if address == form.sender_email else "username"


def problems_of(form: Form) -> dict[str, str]:
    """The sentence to show at each field that is wrong, whatever is in the database. `form` is
    tidied."""
    checks = {
        "name": _name_problem(form.name),
        "sender_name": _name_problem(form.sender_name),
        "sender_email": problem(form.sender_email),
        "username": problem(form.username),
        "use_oauth": "" if form.use_oauth else "form.oauth_needed",
    }
    checks["aliases"] = _aliases_problem(form.aliases.split())
    long = len(form.external_id or "") > MAX_EXTERNAL_ID_LENGTH
    checks["external_id"] = "form.external_id_too_long" if long else ""
    if form.username == form.sender_email:
        checks["username"] = ""
    if form.shared_mailbox:
        own = form.username.lower() in (form.shared_mailbox.lower(), form.sender_email.lower())
        checks["shared_mailbox"] = problem(form.shared_mailbox)
        checks["username"] = checks["username"] or ("form.delegate_needed" if own else "")
    return {field: sentence for field, sentence in checks.items() if sentence}


def _name_problem(text: str) -> str:
    if not text:
        return "form.name_missing"
    return "form.name_too_long" if len(text) > MAX_NAME_LENGTH else ""


def _aliases_problem(aliases: list[str]) -> str:
    found = {problem(alias) for alias in aliases} - {""}
    if found == {NOT_ASCII}:
        return NOT_ASCII
    return "form.aliases_bad" if found or len(aliases) > MAX_ALIASES else ""
