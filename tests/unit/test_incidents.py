"""Incidents: who is told of what, once for each cause, and what joins what."""

from datetime import timedelta
from typing import Any

import pytest

from bot.common.jobs import CheckAccount
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.diagnosis.observation import Condition, Observation, Where
from bot.incidents.maintenance import Plan
from bot.incidents.timeline import Entry
from storage.tables import Account, Incident
from storage.vocabulary import IncidentStatus, MaintenanceOf, Scope, Severity, State, StepId
from tests.support.fast import ACME, ALERTS, CAROL, SENDING_IS_OFF, FastBot, days, hours
from tests.support.fast_ports import Posted

OMAR = Person("T0LUMEN", "U0OMAR", ALERTS)
PIA = Person("T0LUMEN", "U0PIA", ALERTS)
OURS: dict[str, Any] = {"where": Where.TOKEN, "step": "token", "error": "invalid_client"}
SECRET = {"error": "invalid_client", "error_description": "AADSTS7000222: expired"}
GROUP = "S0ONCALL"


@pytest.fixture
def bot() -> FastBot:
    return FastBot(oncall_usergroup=GROUP)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def incidents(bot: FastBot) -> list[Incident]:
    """What is not mended, oldest first."""
    with bot.store.transaction() as tx:
        return tx.incidents.all_open()[::-1]


def read(bot: FastBot, incident: Incident) -> Incident:
    with bot.store.transaction() as tx:
        found = tx.incidents.get(incident.id)
        assert found is not None
        return found


def members(bot: FastBot, incident: Incident) -> set[int]:
    with bot.store.transaction() as tx:
        return {each.account_id for each in tx.incidents.members(incident.id)}


def heads(bot: FastBot) -> list[Posted]:
    """What stands in the alert channel by itself."""
    return [each for each in bot.posted(ALERTS) if not each.thread]


def said(bot: FastBot) -> str:
    """What stands in the threads of the alert channel."""
    return "\n".join(each.text for each in bot.posted(ALERTS) if each.thread)


def mentions(bot: FastBot) -> int:
    """How often the group that is on call was mentioned."""
    return sum(GROUP in str((each.text, each.blocks)) for each in heads(bot))


def reminded(bot: FastBot, incident: Incident) -> int:
    """How often on-call was reminded that nobody looks after an incident."""
    with bot.store.transaction() as tx:
        entries = tx.incidents.timeline(incident.id, 1000)
    return sum(each.event == Entry.REMINDED for each in entries)


def break_all(bot: FastBot, accounts: list[Account]) -> None:
    """Our secret has expired, and every mailbox is looked at."""
    bot.microsoft.refusal = SECRET
    for account in accounts:
        bot.expire_token(account)
        bot.checks.start(account.id, CAROL)
    bot.run_due()


def switch_off(bot: FastBot, account: Account) -> None:
    """SMTP AUTH is switched off at a mailbox."""
    off = Observation(Where.SMTP, step="smtp.auth", **SENDING_IS_OFF)
    bot.mailbox(account).faults[StepId.SMTP_AUTH] = off
    bot.checks.start(account.id, CAROL)
    bot.run_due()


# -- what is told


def test_a_cause_of_ours_is_one_alert_and_recovers_in_its_thread(bot: FastBot) -> None:
    accounts = [bot.account(State.LIVE, name=f"Box {number}") for number in range(12)]
    before = [each.text for each in bot.posted(ACME)]
    break_all(bot, accounts)

    (incident,) = incidents(bot)
    assert (incident.scope, incident.severity) == (Scope.APPLICATION, Severity.CRITICAL)
    assert members(bot, incident) == {each.id for each in accounts}
    (head, *nudges) = heads(bot)
    assert "*Mailboxes that do not work:* 12" in head.words
    assert len(nudges) <= 1, "at most one message says that it has grown"
    assert [each.text for each in bot.posted(ACME)][: len(before)] == before

    bot.microsoft.refusal = None
    bot.clock.at += minutes(30)
    bot.incidents.retest(incident.id, OMAR, resolving=True)
    bot.run_due()
    assert incidents(bot) == []
    assert read(bot, incident).status is IncidentStatus.MENDED
    assert "Mailboxes that are back: *12* of 12, after 30 minutes" in said(bot)
    assert {bot.read(each).state for each in accounts} == {State.LIVE}
    bot.pass_time(hours=1)
    assert read(bot, incident).status is IncidentStatus.CLOSED


def test_a_mailbox_whose_people_have_to_act_is_noted_and_wakes_nobody(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    switch_off(bot, account)

    (incident,) = incidents(bot)
    assert (incident.scope, incident.severity) == (Scope.MAILBOX, Severity.INFO)
    assert members(bot, incident) == {account.id}
    bot.live(days(2))
    assert bot.posted(ALERTS) == []


def test_a_second_mailbox_makes_it_the_organisations_and_stands_for_the_first(
    bot: FastBot,
) -> None:
    accounts = [bot.account(State.LIVE, name=f"Box {number}") for number in range(3)]
    for account in accounts:
        switch_off(bot, account)

    first, wider = incidents(bot)
    assert (wider.scope, wider.severity) == (Scope.TENANT, Severity.LOW)
    assert first.inhibited_by == wider.id
    assert members(bot, wider) == {each.id for each in accounts}
    (card,) = heads(bot)
    assert mentions(bot) == 0 and "Acme Marine" in card.words

    bot.clock.at += minutes(1)
    for account in accounts:
        bot.mailbox(account).faults.pop(StepId.SMTP_AUTH)
    bot.checks.start(accounts[0].id, CAROL)
    bot.run_due()
    assert incidents(bot) == [], "one that works has the others looked at"
    assert read(bot, first).status is IncidentStatus.MENDED


def test_what_two_organisations_have_to_mend_is_two_incidents(bot: FastBot) -> None:
    beta = bot.customer("Beta Boats", "C0BETA")
    for channel in (bot.acme, beta):
        for number in range(2):
            switch_off(bot, bot.account(State.LIVE, channel=channel, name=f"Box {number}"))

    wide = [each for each in incidents(bot) if each.scope is Scope.TENANT]
    assert len(wide) == 2 and len({each.concerns for each in wide}) == 2


def test_an_account_whose_cause_changes_moves_to_the_other_incident(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    switch_off(bot, account)
    (first,) = incidents(bot)

    bot.mailbox(account).faults.pop(StepId.SMTP_AUTH)
    break_all(bot, [account])

    (second,) = incidents(bot)
    assert second.cause != first.cause and members(bot, second) == {account.id}
    assert read(bot, first).status is IncidentStatus.MENDED


def test_disconnecting_the_last_mailbox_ends_an_incident(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    break_all(bot, [account])
    (incident,) = incidents(bot)
    bot.accounts.disconnect(account.id, CAROL)
    bot.pass_time(minutes=5)
    assert incidents(bot) == []
    assert read(bot, incident).status is IncidentStatus.MENDED


def test_what_may_pass_is_told_where_it_does_not(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    cut = Observation(Where.NETWORK, step="imap.connect", condition=Condition.RESET)
    bot.mailbox(account).faults[StepId.IMAP_CONNECT] = cut
    with bot.store.transaction() as tx:
        tx.jobs.add(CheckAccount(account_id=account.id), bot.now)
    bot.run_due()
    assert incidents(bot) == [], "it may pass"

    bot.live(hours(3))
    (incident,) = incidents(bot)
    seen = 6  # at once, after 5, 15 and 30 minutes, then hourly
    assert (incident.severity, incident.count) == (Severity.HIGH, seen)
    assert bot.read(account).state is State.LIVE and mentions(bot) >= 1

    bot.mailbox(account).faults.clear()
    bot.live(hours(5))
    assert incidents(bot) == []


# -- acknowledgements


def test_nobody_acknowledges_and_is_reminded_again_and_again(bot: FastBot) -> None:
    break_all(bot, [bot.account(State.LIVE)])
    (incident,) = incidents(bot)
    assert (mentions(bot), reminded(bot, incident)) == (1, 0)
    bot.live(minutes(15))
    assert (mentions(bot), reminded(bot, incident)) == (2, 1)
    (_, first) = heads(bot)
    bot.live(minutes(29))
    assert reminded(bot, incident) == 1
    bot.live(minutes(1))
    (_, second) = heads(bot)
    assert (reminded(bot, incident), second.ts > first.ts) == (2, True), "it is posted anew"
    bot.live(hours(3))
    assert reminded(bot, incident) == 2 + 4, "the last wait repeats"
    assert len(heads(bot)) == 2

    bot.incidents.acknowledge(incident.id, OMAR)
    bot.run_due()
    assert mentions(bot) == 0, "the reminder says who looks after it"
    bot.live(minutes(119))
    assert reminded(bot, incident) == 6


def test_an_acknowledgement_is_asked_about_and_ends(bot: FastBot) -> None:
    break_all(bot, [bot.account(State.LIVE)])
    (incident,) = incidents(bot)
    bot.incidents.acknowledge(incident.id, OMAR)
    bot.live(hours(2))
    assert any("how is it going?" in each.words for each in heads(bot))
    assert read(bot, incident).status is IncidentStatus.ACKNOWLEDGED

    bot.live(hours(6))
    ended = read(bot, incident)
    assert (ended.status, ended.acknowledged_by) == (IncidentStatus.OPEN, "")
    assert "The acknowledgement is over" in said(bot)
    assert mentions(bot) == 2
    bot.live(minutes(15))
    assert reminded(bot, incident) == 1, "the ladder begins anew"


@pytest.mark.parametrize("length", [minutes(14), days(7) + minutes(1)])
def test_an_acknowledgement_is_neither_too_short_nor_too_long(
    bot: FastBot, length: timedelta
) -> None:
    break_all(bot, [bot.account(State.LIVE)])
    (incident,) = incidents(bot)
    with pytest.raises(Refused, match="kept_too_long"):
        bot.incidents.acknowledge(incident.id, OMAR, length)
    bot.incidents.acknowledge(incident.id, OMAR, days(7))
    assert read(bot, incident).acknowledged_until == bot.now + days(7)


def test_the_press_of_a_card_that_is_stale_changes_nothing(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    break_all(bot, [account])
    (incident,) = incidents(bot)
    bot.microsoft.refusal = None
    bot.clock.at += minutes(5)
    bot.incidents.retest(incident.id, OMAR, resolving=True)
    bot.run_due()
    over = read(bot, incident)
    assert over.status is IncidentStatus.MENDED

    presses = bot.incidents
    for press in (
        lambda: presses.acknowledge(incident.id, PIA),
        lambda: presses.unacknowledge(incident.id, PIA),
        lambda: presses.silence(incident.id, hours(1), "noise", PIA),
        lambda: presses.unsilence(incident.id, PIA),
        lambda: presses.retest(incident.id, PIA, False),
        lambda: presses.escalate(incident.id, PIA),
        lambda: presses.hand_to_support(incident.id, PIA),
        lambda: presses.tell_customers(incident.id, PIA),
    ):
        with pytest.raises(Refused):
            press()
    assert read(bot, incident) == over


# -- silence


@pytest.mark.storms
def test_a_silence_outlives_a_day_of_flapping_and_ends_by_itself(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    break_all(bot, [account])
    (incident,) = incidents(bot)
    bot.incidents.silence(incident.id, days(1), "known, the vendor is at it", OMAR)
    bot.run_due()
    before = len(bot.posted(ALERTS))

    for _ in range(7):  # almost a day
        bot.microsoft.refusal = None
        bot.pass_time(minutes=10)
        bot.checks.start(account.id, CAROL)
        bot.run_due()
        assert incidents(bot) == []
        bot.pass_time(hours=3)
        break_all(bot, [account])
        assert incidents(bot)[0].status is IncidentStatus.SILENCED
    assert len(bot.posted(ALERTS)) == before, "nothing is posted"

    bot.live(hours(8))
    (again,) = incidents(bot)
    assert again.status is IncidentStatus.OPEN
    assert len(bot.posted(ALERTS)) > before, "it is told once the silence is over"


def test_a_silence_has_a_reason(bot: FastBot) -> None:
    break_all(bot, [bot.account(State.LIVE)])
    (incident,) = incidents(bot)
    with pytest.raises(Refused, match="no_reason"):
        bot.incidents.silence(incident.id, hours(1), "  ", OMAR)
    with pytest.raises(Refused, match="reason_too_long"):
        bot.incidents.silence(incident.id, hours(1), "x" * 301, OMAR)


def test_a_silence_until_it_is_mended_ends_with_the_mend(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    break_all(bot, [account])
    (incident,) = incidents(bot)
    bot.incidents.silence(incident.id, None, "we wait for Microsoft", OMAR)
    bot.microsoft.refusal = None
    bot.pass_time(minutes=10)
    bot.checks.start(account.id, CAROL)
    bot.run_due()
    bot.live(hours(2))
    with bot.store.transaction() as tx:
        assert tx.incidents.silence_of(incident.fingerprint, bot.now) is None

    break_all(bot, [account])
    (again,) = incidents(bot)
    assert (again.status, again.id != incident.id) == (IncidentStatus.OPEN, True)


def test_flapping_is_said_once(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    break_all(bot, [account])
    for _ in range(6):
        bot.microsoft.refusal = None
        bot.pass_time(minutes=10)
        bot.checks.start(account.id, CAROL)
        bot.run_due()
        bot.pass_time(minutes=10)
        break_all(bot, [account])
    (incident,) = incidents(bot)
    assert incident.returns == 6
    assert said(bot).count("It comes and goes") == 1
    assert said(bot).count("It is back") == 2
    assert said(bot).count("Everything works again") == 3


# -- resolve, re-open, escalate, hand over, tell


def test_what_still_fails_is_not_resolved(bot: FastBot) -> None:
    accounts = [bot.account(State.LIVE, name=f"Box {number}") for number in range(2)]
    for account in accounts:
        switch_off(bot, account)
    wider = incidents(bot)[-1]
    bot.mailbox(accounts[0]).faults.pop(StepId.SMTP_AUTH)
    bot.clock.at += minutes(5)

    assert bot.incidents.retest(wider.id, OMAR, resolving=True) == 2
    bot.run_due()

    kept = read(bot, wider)
    assert (kept.status, kept.retest_at) == (IncidentStatus.OPEN, None)
    assert members(bot, kept) == {accounts[1].id}
    assert "Mailboxes that still do not work: 1" in said(bot)


def test_what_no_mailbox_can_prove_is_resolved_by_hand(bot: FastBot) -> None:
    bot.failure(**OURS)
    (incident,) = incidents(bot)
    bot.incidents.retest(incident.id, OMAR, resolving=True)
    assert read(bot, incident).status is IncidentStatus.MENDED

    bot.incidents.reopen(incident.id, PIA)
    assert read(bot, incident).status is IncidentStatus.OPEN


def test_an_old_alert_is_not_opened_beside_the_one_that_stands(bot: FastBot) -> None:
    bot.failure(**OURS)
    (old,) = incidents(bot)
    bot.incidents.retest(old.id, OMAR, resolving=True)
    bot.live(hours(2))
    bot.failure(**OURS)
    with pytest.raises(Refused, match="another_stands"):
        bot.incidents.reopen(old.id, PIA)


def test_whoever_asks_for_help_has_everybody_on_call_told(bot: FastBot) -> None:
    for number in range(2):
        switch_off(bot, bot.account(State.LIVE, name=f"Box {number}"))
    wider = incidents(bot)[-1]
    assert mentions(bot) == 0
    bot.incidents.escalate(wider.id, OMAR)
    bot.run_due()
    assert mentions(bot) >= 1
    assert read(bot, wider).severity is Severity.HIGH


def test_the_support_team_and_the_customers_read_of_it_and_of_its_end(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    break_all(bot, [account])
    (incident,) = incidents(bot)
    bot.incidents.hand_to_support(incident.id, OMAR)
    assert bot.incidents.tell_customers(incident.id, OMAR) == 1
    bot.run_due()
    assert any("We know that some of your mailboxes" in each.words for each in bot.posted(ACME))
    assert "MS_CLIENT_SECRET" not in "".join(each.words for each in bot.posted(ACME))

    bot.microsoft.refusal = None
    bot.pass_time(minutes=10)
    bot.checks.start(account.id, CAROL)
    bot.run_due()
    assert any("is over" in each.words for each in bot.posted(ACME))


# -- maintenance


def plan(bot: FastBot, length: timedelta, of: MaintenanceOf, concerns: str = "") -> int:

    wanted = Plan(of, concerns, bot.now, bot.now + length, "the secret is changed")
    return int(bot.maintenance.plan(wanted, OMAR))


def test_what_fails_in_maintenance_alerts_nobody_until_it_ends(bot: FastBot) -> None:
    accounts = [bot.account(State.LIVE, name=f"Box {number}") for number in range(3)]
    plan(bot, hours(2), MaintenanceOf.APPLICATION)
    bot.run_due()
    (announced,) = bot.posted(ALERTS)
    assert "Maintenance of everything" in announced.words

    break_all(bot, accounts)
    bot.live(hours(1))
    assert [each.ts for each in bot.posted(ALERTS)] == [announced.ts]
    (incident,) = incidents(bot)
    assert incident.status is IncidentStatus.SILENCED

    bot.live(hours(1) + minutes(1))
    assert mentions(bot) == 1
    (still,) = incidents(bot)
    assert still.status is IncidentStatus.OPEN


def test_what_is_mended_within_maintenance_is_never_told(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    plan(bot, hours(2), MaintenanceOf.APPLICATION)
    break_all(bot, [account])
    bot.microsoft.refusal = None
    bot.pass_time(minutes=10)
    bot.checks.start(account.id, CAROL)
    bot.live(hours(4))
    assert mentions(bot) == 0
    assert all("aintenance of everything" in each.words for each in bot.posted(ALERTS))


def test_maintenance_that_ends_early_wakes_what_still_fails(bot: FastBot) -> None:
    window = plan(bot, hours(5), MaintenanceOf.APPLICATION)
    break_all(bot, [bot.account(State.LIVE)])
    bot.maintenance.end(window, OMAR)
    bot.pass_time(seconds=30)
    assert mentions(bot) == 1
    with pytest.raises(Refused, match=r"maintenance\.over"):
        bot.maintenance.end(window, OMAR)


def test_maintenance_of_one_customer_leaves_others_alone(bot: FastBot) -> None:
    beta = bot.customer("Beta Boats", "C0BETA")
    plan(bot, hours(5), MaintenanceOf.CUSTOMER, str(bot.acme.customer_id))
    for channel in (bot.acme, beta):
        for number in range(2):
            switch_off(bot, bot.account(State.LIVE, channel=channel, name=f"Box {number}"))
    wide = {each.concerns: each.status for each in incidents(bot) if each.scope is Scope.TENANT}
    assert wide[f"customer:{bot.acme.customer_id}"] is IncidentStatus.SILENCED
    assert wide[f"customer:{beta.customer_id}"] is IncidentStatus.OPEN


@pytest.mark.parametrize(
    ("begins", "ends", "sentence"),
    [
        (hours(0), hours(0), "ends_before"),
        (hours(-3), hours(-1), "ends_before"),
        (hours(0), days(8), "too_long"),
        (days(91), days(92), "too_far"),
    ],
)
def test_maintenance_that_makes_no_sense_is_refused(
    bot: FastBot, begins: timedelta, ends: timedelta, sentence: str
) -> None:

    wanted = Plan(MaintenanceOf.APPLICATION, "", bot.now + begins, bot.now + ends, "reason")
    with pytest.raises(Refused, match=sentence):
        bot.maintenance.plan(wanted, OMAR)
