"""The catalogue as a page for people, `docs/errors.md`."""

from collections.abc import Iterator

from bot.diagnosis.catalogue import Catalogue, Row
from bot.diagnosis.observation import Where
from bot.diagnosis.verdict import RemedyKind

INTRO = """# What can go wrong, and how to fix it

Made from the error catalogue by `make docs`; change the catalogue, not this page.
Each cause has a page of its own at `/errors/<code>`. *Shows by* is the step of the connection
test that passes once the fault is fixed.
"""
HEADINGS = {
    Where.AUTHORIZE: "Microsoft's sign-in (its page, or its answer to our server)",
    Where.TOKEN: "Microsoft's token endpoint",
    Where.ADMIN_CONSENT: "the approval page",
    Where.IDENTITY: "our check of who signed in",
    Where.SCOPES: "our check of the permissions",
    Where.SMTP: "sending (SMTP)",
    Where.IMAP: "receiving (IMAP)",
    Where.GRAPH: "Microsoft Graph",
    Where.NETWORK: "the network between us and Microsoft",
    Where.INTERNAL: "Maildesk itself",
}


def markdown(catalogue: Catalogue) -> str:
    """Every row, by where it appears first and then by its id."""
    parts = [INTRO]
    for where, heading in HEADINGS.items():
        rows = [row for row in catalogue.rows.values() if row.where[0] is where]
        if rows:
            parts.append(f"## At {heading}\n")
            parts += ["\n".join(_entry(row)) for row in sorted(rows, key=lambda row: row.id)]
    return "\n".join(parts)


def _entry(row: Row) -> Iterator[str]:
    told = row.verdict()
    yield f"### {told.title}\n"
    facts = f"whose turn: {row.owner} · again: {row.permanence} · reach: {row.scope}"
    yield f"`{row.id}` · {facts} · shows by: `{row.proof or '–'}`\n"
    numbers = sorted({number for matcher in row.match for number in matcher.codes})
    if numbers:
        yield "Numbers: " + ", ".join(f"AADSTS{number}" for number in numbers) + "\n"
    yield f"{told.customer}\n"
    yield f"For support: {told.support}\n"
    for step in told.remedy:
        is_code = step.kind is RemedyKind.POWERSHELL
        text = f"`{step.text}`" if is_code else _without_html(step.text)
        yield f"- {step.kind} ({step.who}): {text}"
    yield f"- more: {row.link}" if row.link else ""


def _without_html(text: str) -> str:
    """The text with ``<mailbox>`` and the like shown as such, not taken for HTML."""
    return text.replace("<", "&lt;")
