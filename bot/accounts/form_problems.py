"""What is wrong with the form of an account by itself."""

from bot.common.mail_addresses import NOT_ASCII, problem
from bot.views.account_form import MAX_NAME_LENGTH, Form

MAX_ALIASES = 10


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
