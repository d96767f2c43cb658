"""Work for the worker: what a row keeps of it, and how it is read again."""

from typing import Any

import pytest
from pydantic import ValidationError

from bot.common.jobs import (
    CheckAccount,
    CheckFix,
    CheckLink,
    CheckSignIn,
    CreateAccounts,
    Doers,
    FillFolders,
    HandleEvent,
    ReadFile,
    RunTest,
    Work,
)

READ_FILE = ReadFile(
    channel_id="C1", file_id="F1", view_id="V1", team="T1", user="U1", place="window"
)
STORED: list[tuple[Work, str, str | None, dict[str, Any]]] = [
    (RunTest(test_id=3), "connection-test", None, {"test": 3}),
    (
        CheckAccount(account_id=4, round=2),
        "connection-check",
        "check:4",
        {"account": 4, "round": 2},
    ),
    (CheckFix(fix_id=5), "mend-check", None, {"mend": 5}),
    (CheckLink(account_id=4, ticket_id=6), "link-check", None, {"account": 4, "ticket": 6}),
    (CreateAccounts(batch_id=7), "create-accounts", "batch:7", {"batch": 7}),
    (
        FillFolders(account_id=4, view_id="V1"),
        "folders.fill",
        None,
        {"account": 4, "view": "V1"},
    ),
    (
        READ_FILE,
        "old.read-file",
        None,
        {
            "channel": "C1",
            "file": "F1",
            "view": "V1",
            "team": "T1",
            "user": "U1",
            "place": "window",
        },
    ),
    (
        HandleEvent(event={"type": "app_mention", "channel_id": "C1"}),
        "slack-event",
        None,
        {"event": {"type": "app_mention", "channel_id": "C1"}},
    ),
]
"""Each kind as rows of a database that is in use keep it."""


@pytest.mark.parametrize(("work", "kind", "key", "args"), STORED, ids=[row[1] for row in STORED])
def test_a_row_keeps_work_under_the_names_that_it_always_had(
    work: Work, kind: str, key: str | None, args: dict[str, Any]
) -> None:
    assert (work.kind, work.key, work.to_args()) == (kind, key, args)


@pytest.mark.parametrize(("work", "kind", "key", "args"), STORED, ids=[row[1] for row in STORED])
def test_a_row_is_read_and_done_as_the_work_that_it_was(
    work: Work, kind: str, key: str | None, args: dict[str, Any]
) -> None:
    done: list[Work] = []
    doers = Doers()
    doers.add(type(work), done.append)
    doers.do(kind, args)
    assert done == [work]


def test_a_sign_in_that_runs_out_is_a_look_at_its_link_and_waits_once_for_each_link() -> None:
    work = CheckSignIn(account_id=4, ticket_id=6)
    assert (work.kind, work.key) == ("link-check", "flow:6")
    assert work.to_args() == CheckLink(account_id=4, ticket_id=6).to_args()


def test_who_uploaded_a_file_acts_from_where_they_did() -> None:
    by = READ_FILE.by
    assert (by.team, by.user, by.place) == ("T1", "U1", "window")


def test_a_kind_that_nobody_does_and_arguments_of_another_are_errors() -> None:
    doers = Doers()
    doers.add(RunTest, lambda work: None)
    with pytest.raises(KeyError):
        doers.do("unheard-of", {})
    with pytest.raises(ValidationError):
        doers.do("connection-test", {"account": 1})
