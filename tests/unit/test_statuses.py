"""What may happen to links, sign-ins, tests, fixes, failures, alerts, requests, batches, messages
and pages: the tables, pair by pair, against what is written here."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import pytest

from storage import statuses
from storage.api_vocabulary import ApiKeyStatus
from storage.statuses import (
    ApiKeyEvent,
    BatchEvent,
    FailureEvent,
    FixEvent,
    FlowEvent,
    IncidentEvent,
    LinkEvent,
    MessageEvent,
    PageEvent,
    RequestEvent,
    StatusRefused,
    TenantEvent,
    TestEvent,
)
from storage.tables import (
    Batch,
    ConnectionTest,
    Failure,
    Incident,
    LoginTicket,
    OutboxItem,
    ReportedFix,
    SignInFlow,
    SupportRequest,
)
from storage.vocabulary import (
    BatchStatus,
    FailureStatus,
    FixStatus,
    FlowStatus,
    IncidentStatus,
    LinkStatus,
    Mended,
    MessageStatus,
    PageStatus,
    RequestStatus,
    TenantStatus,
    TestStatus,
)
from tests.support.rows import every

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=1)
LATER = NOW + timedelta(hours=1)

EXPECTED = {
    "API_KEYS": (
        ApiKeyStatus,
        ApiKeyEvent,
        """
        good     REVOKED  revoked
        expired  REVOKED  revoked
        revoked  REVOKED  -
        """,
    ),
    "LINKS": (
        LinkStatus,
        LinkEvent,
        """
        open     SIGN_IN_BEGUN  open
        open     LEFT_OPEN      open
        open     EXPLAINED      open
        open     IDENTIFIED     open
        open     SIGNED_IN      used
        open     REVOKED        revoked
        expired  SIGN_IN_BEGUN  -
        expired  LEFT_OPEN      expired
        expired  EXPLAINED      expired
        expired  IDENTIFIED     expired
        expired  SIGNED_IN      used
        expired  REVOKED        revoked
        revoked  SIGN_IN_BEGUN  -
        revoked  LEFT_OPEN      -
        revoked  EXPLAINED      -
        revoked  IDENTIFIED     -
        revoked  SIGNED_IN      -
        revoked  REVOKED        -
        used     SIGN_IN_BEGUN  -
        used     LEFT_OPEN      -
        used     EXPLAINED      -
        used     IDENTIFIED     -
        used     SIGNED_IN      -
        used     REVOKED        -
        """,
    ),
    "FLOWS": (
        FlowStatus,
        FlowEvent,
        """
        open     CAME_BACK  ended
        open     REPLACED   ended
        open     OVERTAKEN  ended
        expired  CAME_BACK  -
        expired  REPLACED   ended
        expired  OVERTAKEN  ended
        ended    CAME_BACK  -
        ended    REPLACED   -
        ended    OVERTAKEN  -
        """,
    ),
    "TESTS": (
        TestStatus,
        TestEvent,
        """
        running    PASSED     passed
        running    FAILED     failed
        running    OVERTAKEN  overtaken
        passed     PASSED     -
        passed     FAILED     -
        passed     OVERTAKEN  -
        failed     PASSED     -
        failed     FAILED     -
        failed     OVERTAKEN  -
        overtaken  PASSED     -
        overtaken  FAILED     -
        overtaken  OVERTAKEN  -
        """,
    ),
    "FIXES": (
        FixStatus,
        FixEvent,
        """
        waiting  NOT_SEEN_YET  waiting
        waiting  SETTLED       settled
        settled  NOT_SEEN_YET  -
        settled  SETTLED       -
        """,
    ),
    "FAILURES": (
        FailureStatus,
        FailureEvent,
        """
        at_work  SEEN         at_work
        at_work  PROVED_GONE  gone
        gone     SEEN         at_work
        gone     PROVED_GONE  -
        """,
    ),
    "INCIDENTS": (
        IncidentStatus,
        IncidentEvent,
        """
        open          SEEN            open
        open          ACKNOWLEDGED    acknowledged
        open          UNACKNOWLEDGED  -
        open          SILENCED        silenced
        open          SILENCE_ENDED   -
        open          MENDED          mended
        open          RETURNED        -
        open          REOPENED        -
        open          CLOSED          closed
        acknowledged  SEEN            acknowledged
        acknowledged  ACKNOWLEDGED    -
        acknowledged  UNACKNOWLEDGED  open
        acknowledged  SILENCED        silenced
        acknowledged  SILENCE_ENDED   -
        acknowledged  MENDED          mended
        acknowledged  RETURNED        -
        acknowledged  REOPENED        -
        acknowledged  CLOSED          closed
        silenced      SEEN            silenced
        silenced      ACKNOWLEDGED    acknowledged
        silenced      UNACKNOWLEDGED  -
        silenced      SILENCED        silenced
        silenced      SILENCE_ENDED   open
        silenced      MENDED          mended
        silenced      RETURNED        -
        silenced      REOPENED        -
        silenced      CLOSED          closed
        mended        SEEN            -
        mended        ACKNOWLEDGED    -
        mended        UNACKNOWLEDGED  -
        mended        SILENCED        -
        mended        SILENCE_ENDED   -
        mended        MENDED          -
        mended        RETURNED        open
        mended        REOPENED        open
        mended        CLOSED          closed
        closed        SEEN            -
        closed        ACKNOWLEDGED    -
        closed        UNACKNOWLEDGED  -
        closed        SILENCED        -
        closed        SILENCE_ENDED   -
        closed        MENDED          -
        closed        RETURNED        -
        closed        REOPENED        open
        closed        CLOSED          -
        """,
    ),
    "REQUESTS": (
        RequestStatus,
        RequestEvent,
        """
        open   TAKEN        taken
        open   HANDED_BACK  open
        open   FINISHED     done
        open   ASKED_AGAIN  -
        open   COMMENTED    open
        open   TAKEN_BACK   taken_back
        taken  TAKEN        taken
        taken  HANDED_BACK  open
        taken  FINISHED     done
        taken  ASKED_AGAIN  -
        taken  COMMENTED    taken
        taken  TAKEN_BACK   taken_back
        done   TAKEN        -
        done   HANDED_BACK  -
        done   FINISHED     -
        done   ASKED_AGAIN  open
        done   COMMENTED    -
        done   TAKEN_BACK   -
        taken_back  TAKEN        -
        taken_back  HANDED_BACK  -
        taken_back  FINISHED     -
        taken_back  ASKED_AGAIN  open
        taken_back  COMMENTED    -
        taken_back  TAKEN_BACK   -
        """,
    ),
    "TENANTS": (
        TenantStatus,
        TenantEvent,
        """
        asked    ALLOWED     allowed
        asked    REFUSED     refused
        asked    TAKEN_BACK  -
        allowed  ALLOWED     -
        allowed  REFUSED     -
        allowed  TAKEN_BACK  asked
        refused  ALLOWED     allowed
        refused  REFUSED     -
        refused  TAKEN_BACK  -
        """,
    ),
    "BATCHES": (
        BatchStatus,
        BatchEvent,
        """
        running   CANCELLED  stopping
        running   FINISHED   finished
        stopping  CANCELLED  -
        stopping  FINISHED   finished
        finished  CANCELLED  -
        finished  FINISHED   -
        """,
    ),
    "MESSAGES": (
        MessageStatus,
        MessageEvent,
        """
        waiting   CLAIMED   waiting
        waiting   SENT      sent
        waiting   GIVEN_UP  given_up
        waiting   REVIVED   -
        sent      CLAIMED   -
        sent      SENT      sent
        sent      GIVEN_UP  given_up
        sent      REVIVED   -
        given_up  CLAIMED   -
        given_up  SENT      sent
        given_up  GIVEN_UP  given_up
        given_up  REVIVED   waiting
        """,
    ),
    "PAGES": (
        PageStatus,
        PageEvent,
        """
        waiting   CLAIMED   waiting
        waiting   SENT      sent
        waiting   LEFT_OUT  left_out
        waiting   GIVEN_UP  given_up
        sent      CLAIMED   -
        sent      SENT      -
        sent      LEFT_OUT  -
        sent      GIVEN_UP  -
        left_out  CLAIMED   -
        left_out  SENT      -
        left_out  LEFT_OUT  -
        left_out  GIVEN_UP  -
        given_up  CLAIMED   -
        given_up  SENT      -
        given_up  LEFT_OUT  -
        given_up  GIVEN_UP  -
        """,
    ),
}
PAIRS = [
    (table, *line.split())
    for table, (_, _, lines) in EXPECTED.items()
    for line in lines.split("\n")
    if line.strip()
]


@every("table, status, event, following", PAIRS)
def test_what_follows(table: str, status: str, event: str, following: str) -> None:
    words, events, _ = EXPECTED[table]
    transitions: Any = getattr(statuses, table)
    before = words[status.upper()]
    what = events[event]

    assert transitions.allows(before, what) is (following != "-")
    if following == "-":
        with pytest.raises(StatusRefused, match=str(before.value)):
            transitions.after(before, what)
    else:
        assert transitions.after(before, what) is words[following.upper()]


@pytest.mark.parametrize("table", EXPECTED)
def test_every_pair_is_written_down(table: str) -> None:
    words, events, _ = EXPECTED[table]

    written = [(status, event) for name, status, event, _ in PAIRS if name == table]

    names: list[tuple[str, str]] = [
        (word.name.lower(), event.name) for word in words for event in events
    ]
    assert sorted(written) == sorted(names)


def test_a_table_of_the_documentation_has_a_line_for_each_pair() -> None:
    lines = statuses.FLOWS.markdown().split("\n")

    assert lines == [
        "| status | event | becomes |",
        "|---|---|---|",
        "| open | Microsoft sends the person back | ended |",
        "| open | the same browser begins anew from the same link | ended |",
        "| open | another browser's sign-in from the same link connects the account | ended |",
        "| expired | the same browser begins anew from the same link | ended |",
        "| expired | another browser's sign-in from the same link connects the account | ended |",
    ]


def link(**times: datetime | None) -> LoginTicket:
    return LoginTicket(**({"created_at": EARLIER, "expires_at": LATER} | times))


@pytest.mark.parametrize(
    ("ticket", "status"),
    [
        (link(), LinkStatus.OPEN),
        (link(expires_at=NOW), LinkStatus.EXPIRED),
        (link(revoked_at=EARLIER, expires_at=EARLIER), LinkStatus.REVOKED),
        (link(finished_at=EARLIER, expires_at=EARLIER), LinkStatus.USED),
    ],
)
def test_where_a_link_stands(ticket: LoginTicket, status: StrEnum) -> None:
    assert ticket.status(NOW) is status


def test_a_link_that_is_used_asks_nothing_any_more() -> None:
    ticket = link(question_at=EARLIER)
    assert ticket.asks

    ticket.happened(LinkEvent.SIGNED_IN, NOW)

    assert ticket.status(NOW) is LinkStatus.USED
    assert (ticket.finished_at, ticket.revoked_at, ticket.question_at) == (NOW, None, None)
    with pytest.raises(StatusRefused):
        ticket.happened(LinkEvent.SIGNED_IN, LATER)
    assert ticket.finished_at == NOW


def test_a_link_asks_about_a_sign_in_that_does_not_come_back_until_somebody_says_why() -> None:
    ticket = link(expires_at=EARLIER)

    ticket.happened(LinkEvent.LEFT_OPEN, NOW)
    assert ticket.asks
    assert ticket.question_at == NOW

    ticket.happened(LinkEvent.EXPLAINED, NOW)
    assert not ticket.asks
    assert ticket.status(NOW) is LinkStatus.EXPIRED


def test_a_link_that_is_withdrawn_asks_nothing() -> None:
    ticket = link(question_at=EARLIER)

    ticket.happened(LinkEvent.REVOKED, NOW)

    assert not ticket.asks
    assert ticket.revoked_at == NOW


@pytest.mark.parametrize(
    ("flow", "status"),
    [
        (SignInFlow(expires_at=LATER), FlowStatus.OPEN),
        (SignInFlow(expires_at=NOW), FlowStatus.EXPIRED),
        (SignInFlow(expires_at=LATER, finished_at=EARLIER), FlowStatus.ENDED),
    ],
)
def test_where_a_sign_in_stands(flow: SignInFlow, status: StrEnum) -> None:
    assert flow.status(NOW) is status


def test_microsofts_answer_is_taken_once() -> None:
    flow = SignInFlow(expires_at=LATER)

    flow.happened(FlowEvent.CAME_BACK, NOW)

    assert flow.finished_at == NOW
    with pytest.raises(StatusRefused):
        flow.happened(FlowEvent.CAME_BACK, LATER)


@pytest.mark.parametrize(
    ("event", "status", "passed"),
    [(TestEvent.PASSED, TestStatus.PASSED, True), (TestEvent.FAILED, TestStatus.FAILED, False)],
)
def test_a_test_ends_once(event: TestEvent, status: TestStatus, passed: bool) -> None:
    test = ConnectionTest(account_id=1, started_at=EARLIER)
    assert test.status is TestStatus.RUNNING

    test.happened(event, NOW)

    assert (test.status, test.passed, test.finished_at) == (status, passed, NOW)
    with pytest.raises(StatusRefused):
        test.happened(TestEvent.PASSED, LATER)


def test_a_reported_fix_climbs_until_it_is_settled() -> None:
    fix = ReportedFix(account_id=1, said_at=EARLIER)

    fix.happened(FixEvent.NOT_SEEN_YET, NOW)
    assert (fix.rung, fix.status, fix.ended_at) == (1, FixStatus.WAITING, None)

    fix.happened(FixEvent.SETTLED, NOW)
    assert (fix.rung, fix.status, fix.ended_at) == (1, FixStatus.SETTLED, NOW)


def test_a_failure_that_was_gone_is_at_work_when_it_is_seen_again() -> None:
    failure = Failure(cause="x")

    failure.happened(FailureEvent.PROVED_GONE, NOW, Mended.SIGN_IN)
    assert (failure.mended_at, failure.mended_by) == (NOW, Mended.SIGN_IN)
    assert failure.status is FailureStatus.GONE

    failure.happened(FailureEvent.SEEN, LATER)
    assert (failure.mended_at, failure.mended_by) == (None, None)
    assert failure.status is FailureStatus.AT_WORK


def incident() -> Incident:
    return Incident(
        fingerprint="x",
        open_fingerprint="x",
        cause="x",
        status=IncidentStatus.OPEN,
        opened_at=EARLIER,
        last_at=EARLIER,
    )


def test_an_alert_makes_room_for_another_only_when_it_is_closed() -> None:
    alert = incident()

    alert.happened(IncidentEvent.MENDED, NOW)
    assert (alert.open_fingerprint, alert.mended_at, alert.ended_at) == ("x", NOW, None)

    alert.happened(IncidentEvent.CLOSED, LATER)
    assert (alert.open_fingerprint, alert.mended_at, alert.ended_at) == (None, NOW, LATER)

    alert.happened(IncidentEvent.REOPENED, LATER)
    assert (alert.open_fingerprint, alert.mended_at, alert.ended_at) == ("x", None, None)


def test_it_stays_known_who_looked_after_an_alert_that_is_over() -> None:
    alert = incident()
    alert.happened(IncidentEvent.ACKNOWLEDGED, NOW)
    alert.acknowledged_by = "U1"
    alert.acknowledged_at = NOW

    alert.happened(IncidentEvent.SEEN, NOW)
    alert.happened(IncidentEvent.MENDED, NOW)
    alert.happened(IncidentEvent.CLOSED, LATER)
    assert (alert.acknowledged_by, alert.acknowledged_at) == ("U1", NOW)

    alert.happened(IncidentEvent.REOPENED, LATER)
    assert (alert.acknowledged_by, alert.acknowledged_at) == ("", None)


@pytest.mark.parametrize("event", [IncidentEvent.UNACKNOWLEDGED, IncidentEvent.SILENCED])
def test_an_alert_that_nobody_looks_after_any_more_names_nobody(event: IncidentEvent) -> None:
    alert = incident()
    alert.happened(IncidentEvent.ACKNOWLEDGED, NOW)
    alert.acknowledged_by = "U1"

    alert.happened(event, LATER)

    assert alert.acknowledged_by == ""


VERA = ("T1", "U1")
PAUL = ("T1", "U2")


def who(request: SupportRequest) -> tuple[str, str]:
    return (request.taken_by_team, request.taken_by_user)


def test_a_request_is_taken_handed_back_and_done_by_whoever_does_it() -> None:
    request = SupportRequest(asked_at=EARLIER)
    assert request.status is RequestStatus.OPEN

    request.happened(RequestEvent.TAKEN, VERA, NOW)
    assert (request.status, who(request), request.taken_at) == (RequestStatus.TAKEN, VERA, NOW)

    request.happened(RequestEvent.TAKEN, VERA, LATER)
    assert request.taken_at == NOW

    request.happened(RequestEvent.HANDED_BACK, PAUL, LATER)
    assert (request.status, who(request), request.taken_at) == (RequestStatus.OPEN, ("", ""), None)

    request.happened(RequestEvent.FINISHED, PAUL, LATER)
    assert (request.status, who(request)) == (RequestStatus.DONE, PAUL)
    assert (request.taken_at, request.done_at) == (LATER, LATER)

    request.happened(RequestEvent.ASKED_AGAIN, VERA, LATER)
    assert (request.status, who(request), request.done_at) == (RequestStatus.OPEN, ("", ""), None)


def test_a_batch_that_is_stopped_still_has_to_finish() -> None:
    batch = Batch(started_at=EARLIER)
    assert batch.status is BatchStatus.RUNNING

    batch.happened(BatchEvent.CANCELLED, NOW)
    assert (batch.status, batch.cancelled_at, batch.finished_at) == (
        BatchStatus.STOPPING,
        NOW,
        None,
    )

    batch.happened(BatchEvent.FINISHED, LATER)
    assert (batch.status, batch.cancelled_at, batch.finished_at) == (
        BatchStatus.FINISHED,
        NOW,
        LATER,
    )


def test_a_message_counts_how_often_it_was_begun() -> None:
    item = OutboxItem(channel_id="C1", key="k", notice="card", created_at=EARLIER)

    item.happened(MessageEvent.CLAIMED, NOW)
    item.happened(MessageEvent.CLAIMED, NOW)
    assert (item.status, item.attempts, item.done_at) == (MessageStatus.WAITING, 2, None)

    item.happened(MessageEvent.GIVEN_UP, NOW, "is_archived")
    assert (item.status, item.given_up, item.done_at) == (
        MessageStatus.GIVEN_UP,
        "is_archived",
        NOW,
    )

    item.happened(MessageEvent.SENT, LATER)
    assert (item.status, item.given_up, item.attempts) == (MessageStatus.SENT, "", 2)
