"""Looks at mailboxes that work: what they take and leave, and what one says of the others."""

from datetime import timedelta

import pytest

from bot.checks.rhythm import NEIGHBOURS, REST, next_look
from bot.checks.watching import LEASE
from bot.diagnosis.observation import Condition, Observation, Where
from bot.mail.target import FolderMark
from storage.tables import Account, Channel, ConnectionTest, Watch
from storage.vocabulary import FolderRole, State, StepId
from tests.support.fast import ACME, ALERTS, CAROL, SENDING_IS_OFF, FastBot, hours
from tests.support.fast_ports import folder

SENDING_OFF = Observation(Where.SMTP, step="smtp.auth", **SENDING_IS_OFF)
NO_ANSWER = Observation(Where.NETWORK, step="imap.connect", condition=Condition.TIMEOUT)
SECRET = {"error": "invalid_client", "error_codes": [7000222]}
REVOKED = {"error": "invalid_grant", "error_codes": [50173]}


def watched(bot: FastBot, count: int = 1, channel: Channel | None = None) -> list[Account]:
    """Live mailboxes of one tenant, whose next looks are minutes away."""
    made = [bot.account(State.LIVE, channel=channel) for _ in range(count)]
    with bot.store.transaction() as tx:
        for account in made:
            tx.watches.keep(account.id, bot.now - REST, next_look(account.id, bot.now))
            if channel is not None:
                tx.accounts.lock(account.id).tenant_id = channel.id
    return made


def wholly_tested(bot: FastBot) -> Account:
    """A live mailbox that was tested wholly just now."""
    account = bot.account(State.LIVE)
    bot.checks.start(account.id, CAROL)
    bot.run_due()
    return account


def watch_of(bot: FastBot, account: Account) -> Watch:
    with bot.store.transaction() as tx:
        return tx.session.get_one(Watch, account.id)


def looks(bot: FastBot, account: Account) -> int:
    return bot.mailbox(account).looks


def look_at(bot: FastBot, account: Account) -> None:
    """Look at an account now, at no other."""
    bot.look_at(account.id)


def results_of(bot: FastBot, account: Account) -> list[ConnectionTest]:
    with bot.store.transaction() as tx:
        return tx.checks.newest(account.id, 100)


def test_what_works_is_looked_at_every_eight_minutes_without_a_trace(bot: FastBot) -> None:
    (account,) = watched(bot)
    before = (
        len(results_of(bot, account)),
        len(bot.outbox(ACME)),
        len(bot.audited("test.finished")),
    )
    for _ in range(10):
        bot.pass_time(minutes=8)

    assert looks(bot, account) == 10
    after = (
        len(results_of(bot, account)),
        len(bot.outbox(ACME)),
        len(bot.audited("test.finished")),
    )
    assert after == before
    assert bot.mailbox(account).sent == 0
    with bot.store.transaction() as tx:
        assert tx.accounts.tested([account.id]) == {account.id: bot.now}
        assert tx.accounts.last_tests([account.customer_id]) == {account.customer_id: bot.now}


def test_a_look_asks_microsoft_for_a_token_each_time(bot: FastBot) -> None:
    """A token that lives on opens the mailbox for an hour after its grant was withdrawn."""
    (account,) = watched(bot)
    bot.microsoft.refusal = REVOKED
    bot.pass_time(minutes=8)
    bot.pass_time(minutes=1.5)

    assert bot.read(account).state is State.BROKEN


@pytest.mark.parametrize("step", [StepId.IMAP_INBOX, StepId.IMAP_AUTH, StepId.SMTP_AUTH])
def test_what_a_look_finds_is_told_once(bot: FastBot, step: StepId) -> None:
    (account,) = watched(bot)
    seen = Observation(Where.IMAP, step=step, text="User is authenticated but not connected.")
    bot.mailbox(account).faults[step] = SENDING_OFF if step is StepId.SMTP_AUTH else seen
    bot.pass_time(minutes=8)
    bot.live(hours(5))

    told = [m for m in bot.posted(ACME) if "Connection test of" in m.text and "failed" in m.text]
    assert bot.read(account).state is State.BROKEN
    assert len(told) == 1


def test_a_look_that_somebodys_own_test_overtook_says_nothing(bot: FastBot) -> None:
    (account,) = watched(bot)
    box = bot.mailbox(account)
    box.faults[StepId.SMTP_AUTH] = SENDING_OFF

    def mend_and_test() -> None:
        bot.clock.at += timedelta(seconds=1)
        faults = dict(box.faults)
        box.faults.clear()
        bot.checks.start(account.id, CAROL)
        bot.worker.take_jobs()
        box.faults.update(faults)  # as the look had seen it before

    box.on_look = mend_and_test
    look_at(bot, account)
    assert results_of(bot, account)[0].passed and not watch_of(bot, account).failing


def test_nothing_is_looked_at_that_is_tested_does_not_work_or_is_gone(bot: FastBot) -> None:
    tested, broken, gone, fine = watched(bot, 4)
    bot.mailbox(broken).faults[StepId.SMTP_AUTH] = SENDING_OFF
    bot.checks.start(broken.id, CAROL)
    bot.run_due()
    bot.accounts.disconnect(gone.id, CAROL)
    bot.checks.start(tested.id, CAROL)
    bot.clock.at += timedelta(minutes=9)

    other = FastBot(bot)
    assert [look.account_id for look in bot.watching.claim(10)] == [fine.id]
    assert other.watching.claim(10) == [], "somebody has it"
    bot.clock.at += LEASE + timedelta(seconds=1)
    assert [look.account_id for look in other.watching.claim(10)] == [fine.id], "they were killed"


def test_an_error_of_our_own_in_a_look_is_no_failure_of_the_mailbox(bot: FastBot) -> None:
    (account,) = watched(bot)
    bot.mailbox(account).on_look = lambda: 1 / 0
    bot.pass_time(minutes=8)
    bot.mailbox(account).on_look = lambda: None
    bot.pass_time(minutes=3)

    assert looks(bot, account) == 2
    assert results_of(bot, account) == []


# -- folders and names


def test_a_mapped_folder_under_a_new_name_is_followed_after_a_look(bot: FastBot) -> None:
    account = wholly_tested(bot)
    bot.clock.at += timedelta(days=2)
    box = bot.mailbox(account)
    assert box.marks is not None
    box.folders = tuple(
        folder("Gesendet") if each.server_name == "Sent Items" else each for each in box.folders
    )
    box.marks = {**box.marks, "Gesendet": box.marks["Sent Items"]}
    bot.run_due()

    with bot.store.transaction() as tx:
        assert tx.folders.mapped(account.id)[FolderRole.SENT].server_name == "Gesendet"


def test_folders_that_cannot_be_told_do_not_have_the_mailbox_tested_again_and_again(
    bot: FastBot,
) -> None:
    account = wholly_tested(bot)
    box = bot.mailbox(account)
    before = box.probes
    box.marks = {"INBOX": FolderMark(11)}
    for _ in range(20):
        bot.pass_time(minutes=8)

    assert box.probes == before
    bot.pass_time(days=1)
    assert box.probes == before + 1


def test_what_is_suggested_is_a_day_old_at_most(bot: FastBot) -> None:
    account = bot.account(State.TESTING)
    bot.checks.start(account.id, CAROL)
    bot.run_due()
    box = bot.mailbox(account)
    before = box.probes
    box.folders = (*box.folders, folder("Ablage"))
    bot.pass_time(hours=23)
    assert box.probes == before
    bot.pass_time(hours=2)
    assert box.probes == before + 1
    listed = bot.folders.listed(account.id).folders
    assert "Ablage" in [each.shown_name for each in listed]


# -- what one says of others


def test_a_failure_has_neighbours_of_the_same_tenant_looked_at_now(bot: FastBot) -> None:
    mine = watched(bot, 9)
    others = watched(bot, 9, bot.customer("Borealis", "C0BORE"))
    bot.mailbox(mine[0]).faults[StepId.SMTP_AUTH] = SENDING_OFF
    look_at(bot, mine[0])
    bot.run_due()

    assert sum(looks(bot, each) for each in mine[1:]) == NEIGHBOURS
    assert sum(looks(bot, each) for each in others) == 0


def test_what_hits_a_whole_tenant_is_seen_at_all_of_it_at_once(bot: FastBot) -> None:
    mine = watched(bot, 12)
    for each in mine:
        bot.mailbox(each).faults[StepId.SMTP_AUTH] = SENDING_OFF
    look_at(bot, mine[0])
    bot.run_due()
    bot.pass_time(minutes=1.5)

    assert {bot.read(each).state for each in mine} == {State.BROKEN}


def test_what_may_be_ours_has_some_of_other_tenants_looked_at_too(bot: FastBot) -> None:
    (mine,) = watched(bot)
    others = watched(bot, 9, bot.customer("Borealis", "C0BORE"))
    bot.mailbox(mine).faults[StepId.IMAP_CONNECT] = NO_ANSWER
    look_at(bot, mine)
    bot.run_due()

    assert sum(looks(bot, each) for each in others) == NEIGHBOURS


def test_an_expired_secret_alerts_within_two_minutes_and_breaks_nothing(bot: FastBot) -> None:
    mine = watched(bot, 6)
    others = watched(bot, 6, bot.customer("Borealis", "C0BORE"))
    bot.microsoft.refusal = SECRET
    look_at(bot, mine[0])
    bot.run_due()
    bot.pass_time(minutes=1.5)

    assert len(bot.posted(ALERTS)) == 1
    assert {bot.read(each).state for each in (*mine, *others)} == {State.LIVE}


def test_what_was_ours_and_is_gone_is_seen_at_all_soon(bot: FastBot) -> None:
    mine = watched(bot, 12)
    bot.microsoft.refusal = SECRET
    bot.pass_time(minutes=8)
    bot.pass_time(minutes=1.5)
    assert all(watch_of(bot, each).failing for each in mine)
    bot.microsoft.refusal = None
    bot.clock.at += timedelta(minutes=1)
    look_at(bot, mine[0])
    bot.run_due()
    bot.pass_time(minutes=1)  # the others were looked at just before, and have their rest

    assert not any(watch_of(bot, each).failing for each in mine)


def test_a_tenant_that_microsoft_throttles_is_left_alone_for_a_while(bot: FastBot) -> None:
    mine = watched(bot, 5)
    others = watched(bot, 2, bot.customer("Borealis", "C0BORE"))
    bot.microsoft.refusal = {"error": "invalid_request", "error_codes": [90055]}
    look_at(bot, mine[0])
    bot.microsoft.refusal = None
    bot.pass_time(minutes=9)
    bot.pass_time(minutes=9)

    assert sum(looks(bot, each) for each in mine) == 0
    assert all(looks(bot, each) == 2 for each in others)
    bot.pass_time(minutes=15)
    assert all(looks(bot, each) == 1 for each in mine)
