"""The steps of a connection test: kept and read again, and what they add up to."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.checks.results import complete, ours, passed_steps, passing, record_of
from bot.diagnosis.catalogue import load
from bot.diagnosis.failures import Recorded
from bot.diagnosis.observation import Observation, Where
from bot.diagnosis.step_records import (
    NOT_ASKED,
    FailedStep,
    StepRecord,
    failed_steps,
    first_failure,
    keep_steps,
    steps_of,
)
from bot.mail.steps import StepResult
from storage.tables import ConnectionTest, Failure
from storage.vocabulary import Owner, Permanence, StepId, StepStatus

MOMENT = timedelta(milliseconds=12)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def ok(step: StepId) -> StepRecord:
    return StepRecord(step=step, status=StepStatus.OK, elapsed=MOMENT, evidence="seen")


def failed(
    step: StepId,
    owner: Owner = Owner.USER,
    permanence: Permanence = Permanence.AFTER_FIX,
) -> FailedStep:
    return FailedStep(
        step=step,
        status=StepStatus.FAIL,
        elapsed=MOMENT,
        error="MX-0000-0000",
        cause="smtp-auth-off-mailbox",
        owner=owner,
        permanence=permanence,
    )


def test_what_is_kept_is_read_again() -> None:
    steps = (
        ok(StepId.TOKEN),
        failed(StepId.IMAP_AUTH, Owner.ADMINISTRATOR),
        StepRecord(step=StepId.IMAP_FOLDERS, status=StepStatus.SKIP, reason="imap.auth"),
    )
    test = ConnectionTest(account_id=7, started_at=NOW)
    keep_steps(test, steps)
    assert steps_of(test) == steps


def test_the_json_is_that_of_the_versions_before() -> None:
    test = ConnectionTest(account_id=7, started_at=NOW)
    keep_steps(test, [ok(StepId.TOKEN), failed(StepId.SMTP_AUTH)])
    assert test.steps == [
        {"step": "token", "status": "ok", "ms": 12, "evidence": "seen", "reason": ""},
        {
            "step": "smtp.auth",
            "status": "fail",
            "ms": 12,
            "evidence": "",
            "reason": "",
            "error": "MX-0000-0000",
            "cause": "smtp-auth-off-mailbox",
            "owner": "user",
            "permanence": "after-fix",
            "kind": "refused",
            "proved": False,
        },
    ]


def test_rows_of_other_versions_are_read() -> None:
    first = {"step": "smtp.auth", "status": "fail", "ms": 4, "evidence": "", "reason": ""}
    first |= {"error": "MX-0000-0000", "cause": "smtp-auth-off-mailbox", "owner": "on-call"}
    later = {"step": "token", "status": "ok", "ms": 3, "attempts": 2}
    test = ConnectionTest(account_id=7, started_at=NOW, steps=[first, later])
    old, new = steps_of(test)
    assert isinstance(old, FailedStep)
    assert old.permanence is Permanence.AFTER_FIX
    assert new == StepRecord(
        step=StepId.TOKEN, status=StepStatus.OK, elapsed=timedelta(milliseconds=3)
    )


def test_a_failed_step_keeps_what_its_cause_meant_at_the_time() -> None:
    seen = Observation(Where.SMTP, step="smtp.auth", status=535, enhanced="5.7.139")
    verdict = load().explain(seen)
    recorded = Recorded(Failure(ref="MX-0000-0000"), verdict)
    record = record_of(
        StepResult(StepId.SMTP_AUTH, StepStatus.FAIL, MOMENT, observation=seen), recorded
    )
    assert isinstance(record, FailedStep)
    assert (record.error, record.cause) == ("MX-0000-0000", verdict.cause)
    assert (record.owner, record.permanence) == (verdict.owner, verdict.permanence)


def test_a_step_that_passed_keeps_its_remark() -> None:
    result = StepResult(StepId.IDENTITY, StepStatus.WARN, MOMENT, "signs in as", reason="renamed")
    record = record_of(result, None)
    assert record == StepRecord(
        step=StepId.IDENTITY,
        status=StepStatus.WARN,
        elapsed=MOMENT,
        evidence="signs in as",
        reason="renamed",
    )


def test_a_finished_test_has_every_step_in_order() -> None:
    steps = complete([failed(StepId.SMTP_AUTH), ok(StepId.TOKEN)])
    assert [record.step for record in steps] == list(StepId)
    skipped = {record.reason for record in steps if record.status is StepStatus.SKIP}
    assert skipped == {"smtp.auth"}


def test_what_nobody_asked_for_is_skipped_as_such() -> None:
    everything = [ok(step) for step in StepId if step is not StepId.ROUNDTRIP]
    last = complete(everything)[-1]
    assert (last.step, last.status, last.reason) == (
        StepId.ROUNDTRIP,
        StepStatus.SKIP,
        NOT_ASKED,
    )
    assert first_failure(complete(everything)) is None


def test_the_first_failure_is_the_one_that_counts() -> None:
    steps = [ok(StepId.TOKEN), failed(StepId.SMTP_AUTH), failed(StepId.IMAP_AUTH)]
    first = first_failure(steps)
    assert first is not None and first.step is StepId.SMTP_AUTH
    assert [each.step for each in failed_steps(steps)] == [StepId.SMTP_AUTH, StepId.IMAP_AUTH]


def test_a_step_with_a_warning_has_passed() -> None:
    warned = StepRecord(step=StepId.ROUNDTRIP, status=StepStatus.WARN)
    skipped = StepRecord(step=StepId.IMAP_INBOX, status=StepStatus.SKIP)
    steps = [ok(StepId.TOKEN), warned, skipped, failed(StepId.SMTP_AUTH)]
    assert passed_steps(steps) == {StepId.TOKEN, StepId.ROUNDTRIP}


@pytest.mark.parametrize(
    ("owners", "expected"),
    [
        ((Owner.ON_CALL,), True),
        ((Owner.ON_CALL, Owner.ON_CALL), True),
        ((Owner.ON_CALL, Owner.USER), False),
        ((Owner.USER, Owner.ON_CALL), False),
    ],
)
def test_a_fault_is_ours_when_all_of_it_is(owners: tuple[Owner, ...], expected: bool) -> None:
    where = (StepId.IMAP_AUTH, StepId.SMTP_AUTH)
    steps = [failed(step, owner) for step, owner in zip(where, owners, strict=False)]
    assert ours([ok(StepId.TOKEN), *steps]) is expected


WAITS_FOR_A_PERSON = failed(StepId.IMAP_AUTH, Owner.ADMINISTRATOR)
RETRIED = failed(StepId.SMTP_AUTH, Owner.MICROSOFT, Permanence.RETRY)
OUR_OWN = failed(StepId.SMTP_AUTH, Owner.ON_CALL)
OUR_OWN_ROUND_TRIP = failed(StepId.ROUNDTRIP, Owner.ON_CALL)
RETRIED_ROUND_TRIP = failed(StepId.ROUNDTRIP, Owner.ON_CALL, Permanence.RETRY)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([RETRIED], True),
        ([OUR_OWN], True),
        ([WAITS_FOR_A_PERSON], False),
        ([WAITS_FOR_A_PERSON, RETRIED], False),
        ([WAITS_FOR_A_PERSON, OUR_OWN], False),
        ([OUR_OWN_ROUND_TRIP], False),
        ([RETRIED_ROUND_TRIP], True),
    ],
)
def test_we_try_again_only_where_nothing_waits_for_a_person(
    steps: list[FailedStep], expected: bool
) -> None:
    assert passing(steps) is expected
