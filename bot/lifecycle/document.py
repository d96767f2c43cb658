"""The page of state tables, made from the tables that the code asks."""

from collections.abc import Iterator

from bot.lifecycle.phases import phases_markdown
from bot.lifecycle.states import states_markdown
from storage import statuses

HEAD = """\
# States

Everything that has a state has a table: in which state which event leads where. The code asks the
table; what is not in it is refused. This page is made from those tables by `make docs`.

## Accounts

The table is `bot/lifecycle/states.py`. Every account but a disconnected one can be disconnected;
the drawing leaves that out, and what leads back into the same state. Where somebody waits to sign
in whose advice is spent (see below), support acts next instead of the user or the administrator.
"""

REMINDERS = """\

## Reminders of an account

The table is `bot/lifecycle/phases.py`. An interrupted wait goes on in the phase that it was in when
the test changed nothing, else a new one begins.
"""

OTHERS = "\nThe following tables are `storage/statuses.py`.\n"


def page() -> str:
    """What `docs/states.md` says."""
    return (
        "\n".join(
            [HEAD, states_markdown(), REMINDERS, phases_markdown(), OTHERS, *_others()]
        ).rstrip()
        + "\n"
    )


def _others() -> Iterator[str]:
    for title, table in (
        ("Login links", statuses.LINKS),
        ("Ways to Microsoft and back", statuses.FLOWS),
        ("Connection tests", statuses.TESTS),
        ("The canary", statuses.CANARY),
        ("Reported fixes", statuses.FIXES),
        ("Failures", statuses.FAILURES),
        ("What was done about a failure", statuses.ATTEMPTS),
        ("The advice of a failure", statuses.ADVICE),
        ("Incidents", statuses.INCIDENTS),
        ("Requests for help", statuses.REQUESTS),
        ("Further organisations of a customer", statuses.TENANTS),
        ("Batches of accounts", statuses.BATCHES),
        ("Messages", statuses.MESSAGES),
        ("What pagers are told", statuses.PAGES),
        ("Keys of the API", statuses.API_KEYS),
    ):
        yield f"## {title}\n"
        yield table.markdown() + "\n"
