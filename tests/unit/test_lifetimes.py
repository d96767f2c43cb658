"""How long the rows of each table stay. A table is swept, or bounded by what it has a row for, or
kept on purpose; a new one that nobody has placed here fails."""

from collections.abc import Mapping

from sqlmodel import SQLModel

from bot.app.retention import Retention
from bot.common.stop import Stop
from tests.support.fast import FastBot, days

SWEPT: Mapping[str, set[str]] = {
    "apianswer": {"api_requests"},
    "apirequest": {"api_requests"},
    "attempt": {"attempts"},
    "auditentry": {"audit"},
    "auditrepetition": {"audit"},
    "batch": {"batches"},
    "change": {"changes"},
    "changemention": {"changes"},
    "connectiontest": {"tests"},
    "incidententry": {"incident_entries"},
    "incidentmember": {"incident_members"},
    "linkpress": {"presses"},
    "loginticket": {"link_secrets", "links"},
    "maintenance": {"maintenance"},
    "outage": {"outages"},
    "outagemailbox": {"outages"},
    "outboxitem": {"messages"},
    "page": {"pages", "last_pages"},
    "pagelane": {"page_lanes"},
    "reminder": {"reminders"},
    "reportedfix": {"reported_fixes"},
    "seenevent": {"events"},
    "setback": {"setbacks"},
    "signinflow": {"sign_in_secrets", "sign_ins"},
    "silence": {"silences"},
}
"""By what the daily sweep calls it (`storage.retention`)."""

ENDS_BY_ITSELF = {
    "approvalanswer": "forgotten by the next answer, once its page cannot be answered any more",
    "job": "deleted when it is done",
    "listdraft": "forgotten within days by a sweep of its own (bot.legacy.service)",
    "oldaccount": "one an address; forgotten by the same sweep once somebody deleted the account",
    "pulse": "taken away by who wrote it",
    "unexplainedreply": "forgotten by a sweep of its own (bot.diagnosis), unless it is explained",
    "unexplainedsighting": "with its reply",
}
"""By what else it goes."""

BOUNDED = {
    "addresschange": "an account",
    "apikeycustomer": "a key and a customer",
    "approvalwatch": "a customer and an organisation",
    "canary": "the service",
    "channel": "a channel",
    "duty": "a duty of the worker",
    "foldermapping": "an account and a role",
    "foldersnapshot": "an account",
    "furthertenant": "a customer and an organisation",
    "grant": "an account",
    "heldsignin": "an account; its link's end ends it",
    "knownperson": "a customer and an address",
    "lane": "a channel",
    "pace": "a method of Slack's",
    "refusedblock": "a kind of block",
    "reminderday": "a channel",
    "reminderstate": "an account",
    "tally": "a measure and its labels",
    "tokencount": "an account",
    "trouble": "the service",
    "watch": "an account",
}
"""One row each."""

KEPT = {
    "account": "what is shown, and what the audit is about; goes with its customer",
    "apikey": "who had which rights is part of the record",
    "customer": "until it is erased, thirty days after it was offboarded",
    "failure": "people have its error ID; an account's goes with its customer, nobody's is swept",
    "incident": "a row without its timeline: weeks that are over are counted again, and on-call "
    "sees how long the last of a kind took",
    "notedcause": "what on-call knows about a reply",
    "postedmessage": "what stands in Slack, so that it can be taken away again",
    "supportrequest": "what a customer asked for and who did it; goes with the customer",
}
"""For as long as the customer, or for ever."""


def test_of_every_table_somebody_has_said_how_long_its_rows_stay() -> None:
    placed = [*SWEPT, *ENDS_BY_ITSELF, *BOUNDED, *KEPT]
    known = {table.name for table in SQLModel.metadata.sorted_tables}
    assert known - set(placed) == set(), "what deletes their rows? Say it in this file"
    assert set(placed) - known == set(), "there is no such table any more"
    assert len(placed) == len(set(placed)), "a table has one place"


def test_every_sweep_is_of_a_table_here_and_is_done_daily(bot: FastBot) -> None:
    daily = Retention(bot.store, bot.clock, days(1), None, Stop()).kept
    with bot.store.transaction() as tx:
        assert set(daily) == set(tx.retention.kinds) == {"failures"}.union(*SWEPT.values())
