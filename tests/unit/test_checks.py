"""Connection tests: what is looked at when, what a result changes, and who hears of it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from bot.app.claimed_jobs import LEASE
from bot.checks.patience import PATIENCE
from bot.checks.service import COOL_DOWN, GIVEN_UP
from bot.common.jobs import CheckAccount, CheckFix, RunTest
from bot.common.refusals import Refused
from bot.diagnosis.observation import Condition, Observation, Where
from bot.messages import notices
from storage.database import READS_ONLY
from storage.tables import Account, ConnectionTest
from storage.vocabulary import FaultKind, Owner, State, StepId, StepStatus
from tests.support.fast import ACME, CAROL, SENDING_IS_OFF, VERA, FastBot, days, hours

PASSES = Observation(Where.SMTP, step="smtp.auth", status=454, enhanced="4.7.0")
"""A fault that comes right by itself."""

STAYS = Observation(Where.SMTP, step="smtp.auth", **SENDING_IS_OFF)
"""A fault that somebody has to mend."""

NO_ANSWER = Observation(Where.NETWORK, step="imap.connect", condition=Condition.TIMEOUT)
"""A fault that is ours to look at."""

BUSY = PATIENCE[FaultKind.BUSY]

OURS = {"error": "invalid_client", "error_codes": [7000222]}
"""What Microsoft says when our secret has ended."""


def checks_of(bot: FastBot, account: Account) -> list[ConnectionTest]:
    """The account's finished tests, newest first."""
    with bot.store.transaction() as tx:
        return tx.checks.newest(account.id, 100)


def check(bot: FastBot, account: Account, message: bool = False) -> ConnectionTest:
    """Somebody asks for a test; how it ended."""
    with bot.store.transaction() as tx:
        bot.checks.request(tx, tx.accounts.lock(account.id), CAROL, message)
    bot.run_due()
    return checks_of(bot, account)[0]


def statuses(test: ConnectionTest) -> dict[str, str]:
    """How each step ended."""
    return {row["step"]: row["status"] for row in test.steps}


def live_and_checked(bot: FastBot) -> Account:
    """A live account that has been checked just now."""
    account = bot.account(State.LIVE, name="Office")
    check(bot, account)
    return account


# -- what a result changes


def test_a_mailbox_that_works_waits_for_its_folders(bot: FastBot) -> None:
    account = bot.account(State.FAILING)

    assert check(bot, account).passed
    assert bot.read(account).state is State.UNMAPPED


def test_a_mailbox_with_folders_is_live(bot: FastBot) -> None:
    account = bot.account(State.BROKEN)

    check(bot, account)
    assert bot.read(account).state is State.LIVE


@pytest.mark.parametrize(
    ("before", "after"), [(State.UNMAPPED, State.FAILING), (State.LIVE, State.BROKEN)]
)
def test_a_fault_makes_it_the_turn_of_who_can_mend_it(
    bot: FastBot, before: State, after: State
) -> None:
    account = bot.account(before)
    bot.mailbox(account).faults[StepId.SMTP_AUTH] = STAYS

    test = check(bot, account)

    now = bot.read(account)
    assert (now.state, now.owner) == (after, Owner.ADMINISTRATOR)
    assert not test.passed and statuses(test)["smtp.sender"] == "skip"


def test_every_step_is_told_in_its_order_whatever_happened(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    bot.microsoft.granted = bot.microsoft.scopes[:1]
    bot.sign_in_quietly(account)

    test = check(bot, account)

    assert list(statuses(test)) == [step.value for step in StepId]
    assert statuses(test)["scopes"] == StepStatus.FAIL
    assert statuses(test)["roundtrip"] == StepStatus.SKIP


def test_the_token_of_somebody_else_opens_nothing(bot: FastBot) -> None:
    account = bot.account(State.LIVE, object_id="")
    with bot.store.transaction() as tx:
        tx.accounts.lock(account.id).object_id = "someone-else"

    assert statuses(check(bot, account))["identity"] == StepStatus.FAIL
    assert bot.mail.targets == []


def test_a_renamed_person_is_followed_and_the_rename_is_remarked(bot: FastBot) -> None:
    account = bot.account(State.LIVE, signed_in_as="")
    with bot.store.transaction() as tx:
        tx.accounts.lock(account.id).signed_in_as = "before@acme.example"

    check(bot, account)

    assert bot.read(account).signed_in_as == account.username
    assert bot.audited("account.renamed")


def test_without_a_token_nothing_else_is_tried(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    with bot.store.transaction() as tx:
        tx.grants.remove(account.id)

    test = check(bot, account)
    assert statuses(test)["token"] == StepStatus.FAIL
    assert bot.mail.targets == []


# -- who hears of it


def test_a_test_that_somebody_asked_for_is_shown(bot: FastBot) -> None:
    account = bot.account(State.LIVE, name="Office")
    check(bot, account)

    assert any("Office" in m.words and "All" not in m.thread for m in bot.posted(ACME))


def test_a_check_that_finds_nothing_new_says_nothing(bot: FastBot) -> None:
    live_and_checked(bot)
    before = len(bot.outbox(ACME))

    bot.live(days(3))
    assert len(bot.outbox(ACME)) == before


def test_a_second_request_joins_a_test_that_runs(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    with bot.store.transaction() as tx:
        first = bot.checks.request(tx, tx.accounts.lock(account.id), CAROL)
        second = bot.checks.request(tx, tx.accounts.lock(account.id), CAROL)

    assert first.id == second.id


def test_who_asks_during_a_check_of_ours_is_answered_by_a_test_of_their_own(bot: FastBot) -> None:
    account = live_and_checked(bot)
    box = bot.mailbox(account)
    answers = len(bot.posted(ACME))

    def ask() -> None:
        box.on_probe = lambda: None
        bot.checks.start(account.id, CAROL)

    box.on_probe = ask
    bot.pass_time(days=8)
    assert not checks_of(bot, account)[0].quiet
    assert len(bot.posted(ACME)) == answers + 1


def test_a_check_that_somebodys_own_test_overtook_changes_nothing(bot: FastBot) -> None:
    account = live_and_checked(bot)
    box = bot.mailbox(account)

    def mend_and_ask_and_see() -> None:
        box.on_probe = lambda: None
        box.faults.clear()
        bot.checks.start(account.id, CAROL)
        with bot.store.transaction() as tx:
            own = tx.checks.running(account.id, bot.now)
        assert own is not None
        bot.checks.run(RunTest(test_id=own.id))
        box.faults[StepId.SMTP_AUTH] = STAYS  # as the check of ours had seen it before

    box.on_probe = mend_and_ask_and_see
    bot.pass_time(days=8)
    assert checks_of(bot, account)[0].passed and not checks_of(bot, account)[0].quiet
    assert bot.read(account).state is State.LIVE
    with bot.store.transaction() as tx:
        assert tx.failures.open_of(account.id) == []


def test_a_test_that_was_left_for_good_is_waited_for_no_longer(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    with bot.store.transaction() as tx:
        first = bot.checks.request(tx, tx.accounts.lock(account.id), CAROL)
    bot.clock.at += GIVEN_UP + hours(1)
    with bot.store.transaction() as tx:
        assert bot.checks.request(tx, tx.accounts.lock(account.id), CAROL).id != first.id


def test_a_passing_fault_is_told_at_the_check_that_ends_our_patience(bot: FastBot) -> None:
    account = live_and_checked(bot)
    bot.mailbox(account).faults[StepId.SMTP_AUTH] = PASSES
    bot.pass_time(days=1)

    for wait in BUSY.doubted[:3]:
        assert bot.read(account).state is State.LIVE
        bot.pass_time(seconds=wait.total_seconds())
    assert bot.read(account).state is State.BROKEN
    assert len(checks_of(bot, account)) == 1 + 1 + 3


def test_a_passing_fault_that_passes_is_never_told(bot: FastBot) -> None:
    account = live_and_checked(bot)
    before = len(bot.outbox(ACME))
    bot.mailbox(account).faults[StepId.SMTP_AUTH] = PASSES
    bot.pass_time(days=1)
    bot.mailbox(account).faults.clear()

    bot.live(hours(2))
    assert bot.read(account).state is State.LIVE
    assert len(bot.outbox(ACME)) == before


def test_a_fault_that_stays_is_told_when_it_was_seen_twice(bot: FastBot) -> None:
    account = live_and_checked(bot)
    bot.mailbox(account).faults[StepId.SMTP_AUTH] = STAYS

    bot.pass_time(minutes=8)
    assert bot.read(account).state is State.LIVE
    bot.pass_time(minutes=1.5)
    assert bot.read(account).state is State.BROKEN


def test_a_fault_of_ours_breaks_nothing_that_worked(bot: FastBot) -> None:
    account = live_and_checked(bot)
    bot.expire_token(account)
    bot.microsoft.refusal = OURS

    bot.live(days(3))
    assert bot.read(account).state is State.LIVE


def test_a_fault_of_ours_beside_one_that_stays_is_told(bot: FastBot) -> None:
    account = live_and_checked(bot)
    bot.mailbox(account).faults = {StepId.IMAP_CONNECT: NO_ANSWER, StepId.SMTP_AUTH: STAYS}

    bot.found(account)
    assert bot.read(account).state is State.BROKEN


def test_a_fault_of_ours_excuses_no_other_beside_it(bot: FastBot) -> None:
    account = live_and_checked(bot)
    bot.mailbox(account).faults = {StepId.IMAP_CONNECT: NO_ANSWER, StepId.SMTP_AUTH: PASSES}

    bot.live(days(2))
    assert bot.read(account).state is State.BROKEN


# -- when it is looked again


def test_what_works_is_tested_wholly_every_week(bot: FastBot) -> None:
    account = live_and_checked(bot)

    bot.live(days(21))
    assert len(checks_of(bot, account)) == 4
    assert bot.mailbox(account).probes == 4


def test_what_somebody_has_to_mend_waits_for_that_person(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    bot.mailbox(account).faults[StepId.SMTP_AUTH] = STAYS
    check(bot, account)

    bot.live(days(2))
    assert len(checks_of(bot, account)) == 1


def test_nobody_looks_at_an_account_that_was_disconnected(bot: FastBot) -> None:
    account = live_and_checked(bot)
    bot.accounts.disconnect(account.id, CAROL)

    bot.live(days(3))
    assert len(checks_of(bot, account)) == 1


def test_a_disconnection_during_a_test_has_the_last_word(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    bot.mailbox(account).on_probe = lambda: bot.accounts.disconnect(account.id, CAROL)

    check(bot, account)
    assert bot.read(account).state is State.DISCONNECTED
    assert [entry.subject for entry in bot.audited("test.finished")] == [account.ref]


def test_a_grant_that_nobody_used_for_a_week_is_used(bot: FastBot) -> None:
    account = bot.account(State.LIVE)

    bot.pass_time(days=6.9)
    assert checks_of(bot, account) == []
    bot.pass_time(days=0.2)
    assert len(checks_of(bot, account)) == 1


# -- the round trip


def test_a_message_makes_the_round_until_one_has(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED)
    with bot.store.transaction() as tx:
        tx.accounts.lock(account.id).proved_at = None
    check(bot, account)
    check(bot, account)

    assert bot.mailbox(account).sent == 1
    assert bot.read(account).proved_sent == "Sent Items"


def test_a_message_makes_the_round_again_where_it_is_asked_for(bot: FastBot) -> None:
    account = bot.account(State.LIVE)

    check(bot, account, message=True)
    assert bot.mailbox(account).sent == 1


def test_a_check_sends_nothing_from_a_mailbox_that_works(bot: FastBot) -> None:
    account = live_and_checked(bot)
    with bot.store.transaction() as tx:
        tx.accounts.lock(account.id).proved_at = None

    bot.live(days(2))
    assert bot.mailbox(account).sent == 0


def test_a_test_that_a_killed_worker_left_sends_its_message_once(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    mailbox = bot.mailbox(account)
    killed = [True]

    def die_after_sending(step: StepId = StepId.ROUNDTRIP) -> None:
        if killed and mailbox.sent:
            killed.clear()
            raise SystemError("killed")

    mailbox.on_sent = die_after_sending
    with bot.store.transaction() as tx:
        bot.checks.request(tx, tx.accounts.lock(account.id), CAROL, True)
    bot.live(timedelta(minutes=5))

    assert mailbox.probes == 2 and mailbox.sent == 1
    assert checks_of(bot, account)[0].passed


# -- who can be tested


def under_way(bot: FastBot, account: Account) -> ConnectionTest | None:
    """The test of the account that has begun and not ended."""
    with bot.store.transaction() as tx:
        return tx.checks.running(account.id, bot.now - GIVEN_UP)


def has_fix_reported(bot: FastBot) -> tuple[Account, CheckFix]:
    """An account that fails, of which somebody said it was mended; the look that was planned."""
    account = bot.account(State.UNMAPPED, name="Office")
    bot.mailbox(account).faults[StepId.SMTP_AUTH] = STAYS
    check(bot, account)
    bot.fixes.said(account.id, CAROL)
    with bot.store.transaction() as tx:
        fix = tx.fixes.open_of(account.id)
    assert fix is not None
    return account, CheckFix(fix_id=fix.id)


def test_an_account_to_which_nobody_signed_in_is_not_tested(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_SIGN_IN, name="Office")

    with pytest.raises(Refused) as refused:
        bot.checks.start(account.id, CAROL)
    assert (refused.value.sentence, refused.value.values) == (
        "test.not_signed_in",
        {"name": "Office"},
    )
    assert under_way(bot, account) is None
    assert bot.audited("test.requested") == []
    assert bot.read(account).state is State.AWAITING_SIGN_IN


def test_all_accounts_of_a_customer_are_tested_to_which_somebody_signed_in(bot: FastBot) -> None:
    signed_in = [bot.account(State.LIVE), bot.account(State.FAILING)]
    waiting = bot.account(State.AWAITING_SIGN_IN)
    gone = bot.account(State.LIVE)
    bot.accounts.disconnect(gone.id, CAROL)
    others = bot.account(State.LIVE, channel=bot.customer("Borealis", "C0BORE"))

    assert bot.checks.start_all(bot.acme.customer_id, CAROL) == 2
    bot.run_due()
    assert [len(checks_of(bot, account)) for account in signed_in] == [1, 1]
    for account in (waiting, gone, others):
        assert checks_of(bot, account) == []
    asked = [(entry.subject, entry.user) for entry in bot.audited("test.requested")]
    assert sorted(asked) == sorted((account.ref, CAROL.user) for account in signed_in)


def test_when_all_are_tested_one_that_is_tested_already_is_not_tested_twice(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    bot.checks.start(account.id, CAROL)

    assert bot.checks.start_all(bot.acme.customer_id, CAROL) == 1
    bot.run_due()
    assert len(checks_of(bot, account)) == 1


def test_all_are_tested_again_only_after_a_while_and_people_read_until_when(bot: FastBot) -> None:
    bot.account(State.LIVE)
    begun = bot.now
    bot.checks.start_all(bot.acme.customer_id, CAROL)
    bot.pass_time(minutes=4.9)

    with pytest.raises(Refused) as refused:
        bot.checks.start_all(bot.acme.customer_id, VERA)
    assert refused.value.sentence == "test.all_tested"
    assert refused.value.values == {"until": begun + COOL_DOWN}
    assert len(bot.audited("test.requested")) == 1
    bot.clock.at = begun + COOL_DOWN
    assert bot.checks.start_all(bot.acme.customer_id, VERA) == 1


def test_what_one_customer_has_tested_keeps_no_other_from_testing(bot: FastBot) -> None:
    bot.account(State.LIVE)
    borealis = bot.customer("Borealis", "C0BORE")
    bot.account(State.LIVE, channel=borealis)
    bot.checks.start_all(bot.acme.customer_id, CAROL)

    assert bot.checks.start_all(borealis.customer_id, VERA) == 1


def test_where_there_was_nothing_to_test_nobody_has_to_wait(bot: FastBot) -> None:
    assert bot.checks.start_all(bot.acme.customer_id, CAROL) == 0
    bot.account(State.LIVE)
    assert bot.checks.start_all(bot.acme.customer_id, CAROL) == 1


def test_a_single_test_is_possible_just_after_all_were_tested(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    bot.checks.start_all(bot.acme.customer_id, CAROL)
    bot.run_due()

    assert not check(bot, account).quiet
    assert len(checks_of(bot, account)) == 2


@pytest.mark.attacks
def test_tests_of_one_customer_are_two_at_a_time(bot: FastBot) -> None:
    accounts = [bot.account(State.LIVE) for _ in range(5)]
    theirs = bot.account(State.LIVE, channel=bot.customer("Borealis", "C0BORE"))
    for account in (*accounts, theirs):
        bot.checks.start(account.id, CAROL)

    with bot.store.transaction() as tx:
        taken = tx.jobs.claim_due(bot.now, 100, LEASE)
        tested = [tx.checks.get(job.args["test"]).account_id for job in taken]
    assert sorted(tested) == [accounts[0].id, accounts[1].id, theirs.id]


@pytest.mark.attacks
def test_a_test_that_somebody_presses_for_does_not_wait_behind_all_of_a_customers(
    bot: FastBot,
) -> None:
    accounts = [bot.account(State.LIVE, name=f"No {number}") for number in range(12)]
    theirs = bot.account(State.LIVE, channel=bot.customer("Borealis", "C0BORE"))
    bot.checks.start_all(bot.acme.customer_id, CAROL)
    bot.checks.start(theirs.id, CAROL)
    for _ in range(20):
        bot.checks.start(accounts[-1].id, CAROL)
    bot.run_due()

    tested = [target.sender_email for target in bot.mail.targets]
    assert set(tested[:2]) == {theirs.sender_email, accounts[-1].sender_email}
    assert len(tested) == 13, "each once, however often somebody presses"


@pytest.mark.attacks
def test_tests_by_the_clock_do_not_come_before_what_somebody_presses_for(bot: FastBot) -> None:
    theirs = bot.account(State.LIVE, channel=bot.customer("Borealis", "C0BORE"))
    for _ in range(5):
        bot.checks.check(CheckAccount(account_id=bot.account(State.LIVE).id))
    bot.checks.start(theirs.id, CAROL)
    bot.run_due()

    assert bot.mail.targets[0].sender_email == theirs.sender_email


# -- the look at a fix that somebody reported


def test_the_look_at_a_fix_is_a_check_of_ours(bot: FastBot) -> None:
    account, look = has_fix_reported(bot)
    bot.checks.check_fix(look)

    begun = under_way(bot, account)
    assert begun is not None
    assert (begun.quiet, begun.asked_by_user) == (True, "maildesk")


def test_an_account_that_was_disconnected_gets_no_look_at_its_fix(bot: FastBot) -> None:
    account, look = has_fix_reported(bot)
    bot.accounts.disconnect(account.id, CAROL)
    bot.checks.check_fix(look)

    assert under_way(bot, account) is None


def test_a_fix_that_has_ended_gets_no_further_look(bot: FastBot) -> None:
    account, look = has_fix_reported(bot)
    bot.mailbox(account).faults.clear()
    bot.clock.at += timedelta(seconds=30)
    check(bot, account)
    bot.checks.check_fix(look)

    assert under_way(bot, account) is None


def test_the_look_at_a_fix_comes_half_a_minute_later_where_a_test_runs(bot: FastBot) -> None:
    account, look = has_fix_reported(bot)
    bot.checks.start(account.id, CAROL)
    asked_for = under_way(bot, account)
    assert asked_for is not None
    bot.checks.check_fix(look)

    begun = under_way(bot, account)
    assert begun is not None
    assert begun.id == asked_for.id
    bot.checks.run(RunTest(test_id=asked_for.id))
    before = len(checks_of(bot, account))
    bot.pass_time(seconds=29)
    assert len(checks_of(bot, account)) == before
    bot.pass_time(seconds=1)
    assert len(checks_of(bot, account)) == before + 1


def test_a_request_that_overtakes_the_look_at_a_fix_puts_it_off_for_half_a_minute(
    bot: FastBot,
) -> None:
    account, look = has_fix_reported(bot)
    bot.checks.check_fix(look)
    bot.checks.start(account.id, CAROL)
    bot.run_due()
    assert not checks_of(bot, account)[0].quiet
    before = len(checks_of(bot, account))

    bot.pass_time(seconds=29)
    assert len(checks_of(bot, account)) == before
    bot.pass_time(seconds=1)
    assert len(checks_of(bot, account)) == before + 1
    assert checks_of(bot, account)[0].quiet


# -- a fault that comes and goes


def test_a_passing_fault_that_comes_again_meets_all_of_our_patience_again(bot: FastBot) -> None:
    account = live_and_checked(bot)
    bot.mailbox(account).faults[StepId.SMTP_AUTH] = PASSES
    bot.pass_time(days=1)
    bot.pass_time(minutes=5)
    bot.pass_time(minutes=15)
    bot.mailbox(account).faults.clear()
    bot.pass_time(hours=1)
    passed = [test.passed for test in checks_of(bot, account)]
    assert passed == [True, False, False, False, True]

    bot.mailbox(account).faults[StepId.SMTP_AUTH] = PASSES
    bot.pass_time(days=1)
    for wait in BUSY.doubted[:3]:
        assert bot.read(account).state is State.LIVE
        bot.pass_time(seconds=wait.total_seconds())
    assert bot.read(account).state is State.BROKEN


# -- a wait that becomes somebody else's


def test_a_check_of_what_support_has_taken_over_says_nothing(bot: FastBot) -> None:
    account = bot.account(State.FAILING, owner=Owner.ADMINISTRATOR)
    bot.mailbox(account).faults[StepId.SMTP_AUTH] = STAYS
    bot.live(days(8))
    assert bot.read(account).owner is Owner.SUPPORT
    before = len(bot.outbox(ACME))

    bot.checks.check(CheckAccount(account_id=account.id))
    bot.run_due()
    assert checks_of(bot, account)[0].passed is False
    assert len(bot.outbox(ACME)) == before


def test_a_fault_that_becomes_somebody_elses_is_as_old_as_it_was(bot: FastBot) -> None:
    account = bot.account(State.FAILING, owner=Owner.USER, waiting_for=days(2))
    bot.mailbox(account).faults[StepId.SMTP_AUTH] = STAYS
    bot.checks.check(CheckAccount(account_id=account.id))
    bot.run_due()

    now = bot.read(account)
    assert (now.state, now.owner) == (State.FAILING, Owner.ADMINISTRATOR)
    assert now.state_since == bot.now - days(2)


# -- others of the same cause


def test_where_a_cause_of_ours_is_gone_twenty_others_are_woken_at_most(bot: FastBot) -> None:
    accounts = [bot.account(State.BROKEN) for _ in range(23)]
    for each in accounts:
        bot.failure(each, Where.TOKEN, "token", error="invalid_client")
    bot.clock.at += hours(1)
    bot.checks.start(accounts[0].id, CAROL)
    test = under_way(bot, accounts[0])
    assert test is not None
    bot.checks.run(RunTest(test_id=test.id))

    with bot.store.transaction() as tx:
        woken = [job.kind for job in tx.jobs.claim_due(bot.now, 100, LEASE)]
    assert woken.count("connection-check") == 20


def test_what_passes_in_a_test_that_nobody_asked_for_is_written_with_its_result(
    bot: FastBot,
) -> None:
    """Each of some thousand mailboxes has one a day: a step does not take a transaction."""
    account = bot.account(State.LIVE)
    bot.run_due()  # what a worker does once a day takes transactions of its own
    begun: list[object] = []

    def count(connection: Any) -> None:
        if not connection.get_execution_options().get(READS_ONLY):
            begun.append(connection)

    event.listen(bot.store.engine, "begin", count)
    with bot.store.transaction() as tx:
        tx.jobs.add(CheckAccount(account_id=account.id), bot.now)
    bot.run_due()
    quiet = len(begun)
    bot.checks.start(account.id, CAROL)
    bot.run_due()

    shown, unseen = checks_of(bot, account)
    assert unseen.quiet and not shown.quiet
    assert [step["step"] for step in unseen.steps] == [step["step"] for step in shown.steps]
    assert {step["evidence"] for step in unseen.steps} == {step["evidence"] for step in shown.steps}
    assert len(begun) - quiet > quiet


def test_while_its_message_waits_a_test_does_not_ask_for_it_with_each_step(bot: FastBot) -> None:
    """The steps of many tests at once would fill the outbox, faster than Slack takes updates."""
    account = bot.account(State.LIVE)
    bot.checks.start(account.id, CAROL)
    bot.worker.take_jobs()

    assert checks_of(bot, account)[0].passed
    waiting = [item.notice for item in bot.outbox(ACME)]
    assert waiting.count(notices.TEST_RESULT) == 2, "as it began, and its result"
    bot.run_due()
    assert [item.notice for item in bot.outbox(ACME)].count(notices.TEST_RESULT) == 1
