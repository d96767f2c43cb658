"""The catalogue as a document for people."""

from collections.abc import Iterator

from bot.diagnosis.catalogue import Catalogue, Row

INTRO = """# What can go wrong, and how it is mended

Made from the error catalogue by `make docs`; change the catalogue, not this page.
Each cause has a page of its own at `/errors/<code>`. *Shows by* is the step of the connection
test that passes once the fault is mended.
"""
PLACES = {
    "authorize": "Microsoft's sign-in (its page, or its answer to our server)",
    "token": "Microsoft's token endpoint",
    "admin-consent": "the approval page",
    "identity": "our check of who signed in",
    "scopes": "our check of the permissions",
    "smtp": "sending (SMTP)",
    "imap": "receiving (IMAP)",
    "graph": "Microsoft Graph",
    "network": "the network between us and Microsoft",
    "internal": "Maildesk itself",
}


def markdown(catalogue: Catalogue) -> str:
    """Every row, by where it appears first and then by its id."""
    parts = [INTRO]
    for place, name in PLACES.items():
        rows = [row for row in catalogue.rows.values() if row.where[0] == place]
        if rows:
            parts.append(f"## At {name}\n")
            parts += ["\n".join(_entry(row)) for row in sorted(rows, key=lambda row: row.id)]
    return "\n".join(parts)


def _entry(row: Row) -> Iterator[str]:
    yield f"### {row.title}\n"
    facts = f"who can mend it: {row.owner} · again: {row.permanence} · reach: {row.scope}"
    yield f"`{row.id}` · {facts} · shows by: `{row.proof or '–'}`\n"
    numbers = sorted({number for matcher in row.match for number in matcher.codes})
    if numbers:
        yield "Numbers: " + ", ".join(f"AADSTS{number}" for number in numbers) + "\n"
    yield f"{row.customer}\n"
    yield f"For support: {row.support}\n"
    for kind, text in row.remedy:
        yield f"- {kind}: `{text}`" if kind == "powershell" else f"- {kind}: {_plain(text)}"
    yield f"- more: {row.link}" if row.link else ""


def _plain(text: str) -> str:
    return text.replace("<", "&lt;")
