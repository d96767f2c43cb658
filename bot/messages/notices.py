"""What the bot tells people, by name. The outbox keeps a name and arguments;
`handlers.slack.presenter` makes the words."""

from datetime import datetime
from typing import Any

from storage.database import Transaction
from storage.tables import (
    Account,
    Batch,
    ConnectionTest,
    FurtherTenant,
    HeldSignIn,
    Incident,
    Maintenance,
    Outage,
    Reminder,
    Setback,
    SupportRequest,
)

ACCOUNT_CARD = "account.card"
SETUP_CARD = "setup.card"
TEST_RESULT = "test.result"
REMINDER = "reminder"
ALERT = "alert"
ALERT_ENTRY = "alert-entry"
ALERT_NUDGE = "alert-nudge"
INCIDENT_KNOWN = "incident-known"
INCIDENT_AT_DESK = "incident-desk"
MAINTENANCE = "maintenance"
NOTE = "note"
SUPPORT_NOTE = "support.note"
REQUEST = "support.request"
HELP = "help"
DOUBT = "organisation.doubt"
FURTHER = "organisation.further"
BATCH = "batch"
GREETING = "greeting"
WHAT_TO_DO = "what-to-do"
GONE = "gone"
OUTAGE = "outage"
OUTAGE_OVER = "outage.over"
LIVE = "live"
UNEXPLAINED = "unexplained"
SETBACK = "setback"
ALL_LIVE = "all-live"
APPROVED = "approved"
REPORT = "report"
PREDICTIONS = "predictions"
ANSWER = "answer"


def card_key(account: Account) -> str:
    """The key of the account's card, which is also the head of its thread."""
    return f"card:{account.ref}"


def show_card(tx: Transaction, account: Account, now: datetime) -> None:
    """Have the account's card and its channel's set-up card show how things stand; and whoever asks
    what changed, that this account did."""
    account.changed_at = now
    tx.outbox.show(
        account.channel_id, card_key(account), ACCOUNT_CARD, {"account": account.id}, now
    )
    show_setup_card(tx, account.channel_id, now)


def show_setup_card(tx: Transaction, channel_id: str, now: datetime) -> None:
    """Have the channel's set-up card show how things stand."""
    tx.outbox.show(channel_id, setup_key(channel_id), SETUP_CARD, {"channel": channel_id}, now)


def setup_key(channel_id: str) -> str:
    """The key of the set-up card's message."""
    return f"setup:{channel_id}"


def test_key(test: ConnectionTest) -> str:
    """The message that shows a connection test."""
    return f"test:{test.id}"


def show_test(tx: Transaction, account: Account, test: ConnectionTest, now: datetime) -> None:
    """Have the message of a connection test show its steps so far."""
    tx.outbox.show(
        account.channel_id,
        test_key(test),
        TEST_RESULT,
        {"test": test.id},
        now,
        thread_key=card_key(account),
    )


def show_reminder(tx: Transaction, reminder: Reminder, now: datetime) -> None:
    """Have a reminder show what still waits."""
    tx.outbox.show(
        reminder.channel_id, reminder_key(reminder), REMINDER, {"reminder": reminder.id}, now
    )


def take_away_reminder(tx: Transaction, reminder: Reminder, now: datetime) -> None:
    """Have a reminder that a newer one replaces disappear."""
    tx.outbox.show(reminder.channel_id, reminder_key(reminder), GONE, {}, now)


def reminder_key(reminder: Reminder) -> str:
    """The key of a reminder's message."""
    return f"reminder:{reminder.id}"


def show_alert(tx: Transaction, incident: Incident, channel_id: str, now: datetime) -> None:
    """Have the alert of an incident show how it stands."""
    tx.outbox.show(channel_id, alert_key(incident), ALERT, {"incident": incident.id}, now)


def alert_key(incident: Incident) -> str:
    """The key of an alert's message, which is also the head of its thread."""
    return alert_key_of(incident.id)


def alert_key_of(incident_id: int) -> str:
    """The same, by the number of the incident."""
    return f"alert:{incident_id}"


def show_alert_entry(
    tx: Transaction, incident: Incident, entry_id: int, channel_id: str, now: datetime
) -> None:
    """Say in the thread of an alert what happened to its incident."""
    head = alert_key(incident)
    key = f"{head}:{entry_id}"
    tx.outbox.show(channel_id, key, ALERT_ENTRY, {"entry": entry_id}, now, thread_key=head)


def nudge(tx: Transaction, incident: Incident, channel_id: str, why: str, now: datetime) -> None:
    """Remind on-call of an incident in a message of its own, which takes the place of the one
    before: who reads an edited message is not told of it."""
    key = nudge_key(incident)
    tx.outbox.replace(key, GONE, now)
    tx.outbox.show(channel_id, key, ALERT_NUDGE, {"incident": incident.id, "why": why}, now)


def settle_nudge(tx: Transaction, incident: Incident, channel_id: str, now: datetime) -> None:
    """Have the reminder of an incident, if there is one, show how the incident stands."""
    latest = tx.outbox.latest(nudge_key(incident))
    if latest is not None:
        tx.outbox.show(channel_id, latest.key, ALERT_NUDGE, latest.args, now)


def nudge_key(incident: Incident) -> str:
    """The key of the message that reminds on-call of an incident."""
    return f"alert-nudge:{incident.id}"


def show_known(tx: Transaction, incident: Incident, channel_id: str, now: datetime) -> None:
    """Have a customer's channel read that we know of an incident, or that it is over."""
    args = {"incident": incident.id, "channel": channel_id}
    tx.outbox.show(channel_id, known_key(incident, channel_id), INCIDENT_KNOWN, args, now)


def known_key(incident: Incident, channel_id: str) -> str:
    """The key of that message."""
    return f"incident-known:{incident.id}:{channel_id}"


def show_handed_over(tx: Transaction, incident: Incident, channel_id: str, now: datetime) -> None:
    """Have the support team read that an incident is theirs to follow up, and when it is over."""
    args = {"incident": incident.id}
    tx.outbox.show(channel_id, f"incident-desk:{incident.id}", INCIDENT_AT_DESK, args, now)


def show_maintenance(
    tx: Transaction, window: Maintenance, channel_id: str, now: datetime, over: bool = False
) -> None:
    """Announce that a time of maintenance began, and then in its thread that it ended."""
    head = f"maintenance:{window.id}"
    args = {"maintenance": window.id, "over": over}
    if over:
        tx.outbox.show(channel_id, f"{head}:over", MAINTENANCE, args, now, thread_key=head)
    tx.outbox.show(channel_id, head, MAINTENANCE, args | {"over": False}, now)


def show_outage(tx: Transaction, outage: Outage, now: datetime) -> None:
    """Have the message about what is out in a customer's channel show how it stands."""
    tx.outbox.show(outage.channel_id, outage_key(outage), OUTAGE, {"outage": outage.id}, now)


def show_outage_over(tx: Transaction, outage: Outage, now: datetime) -> None:
    """Say in the thread of that message, once, that it is over: who reads an edited message is not
    told of it."""
    key = f"outage-over:{outage.id}"
    head = outage_key(outage)
    args = {"outage": outage.id}
    tx.outbox.show(outage.channel_id, key, OUTAGE_OVER, args, now, thread_key=head)


def outage_key(outage: Outage) -> str:
    """The key of the message about what is out."""
    return f"outage:{outage.id}"


def show_live(tx: Transaction, account: Account, now: datetime) -> None:
    """Have a channel's message of the day say that an account is live for the first time."""
    day = now.date().isoformat()
    args = {"channel": account.channel_id, "day": day}
    tx.outbox.show(account.channel_id, f"live:{account.channel_id}:{day}", LIVE, args, now)


def show_approved(tx: Transaction, channel_id: str, at: datetime, now: datetime) -> None:
    """Have a channel's message of the day of `at` say which accounts an administrator has approved
    our application for, and how many of them have signed in."""
    args = {"channel": channel_id, "day": at.date().isoformat()}
    tx.outbox.show(channel_id, approved_key(channel_id, at), APPROVED, args, now)


def approved_key(channel_id: str, at: datetime) -> str:
    """The key of the message of the day of what is approved."""
    return f"approved:{channel_id}:{at.date().isoformat()}"


def show_setback(tx: Transaction, setback: Setback, channel_id: str, now: datetime) -> None:
    """Have support see how a cause stands that keeps mailboxes of a customer from working. That it
    is over is said in the thread, too: who looks after it is not told of an edit."""
    key = setback_key(setback)
    args = {"setback": setback.id}
    tx.outbox.show(channel_id, key, SETBACK, args, now)
    if setback.over_at is not None:
        tx.outbox.show(channel_id, f"{key}:over", SETBACK, args, now, thread_key=key)


def setback_key(setback: Setback) -> str:
    """The key of a setback's message in the support team's channel."""
    return f"customer:{setback.customer_id}:setback:{setback.id}"


def tell_at_desk(
    tx: Transaction, channel_id: str, head: str, sentence: str, now: datetime, **values: Any
) -> None:
    """Say `sentence` in the thread of a message in the support team's channel, whose key is
    `head`."""
    key = f"{head}:{now.timestamp()}:{sentence}"
    args = {"sentence": sentence, "values": values}
    tx.outbox.show(channel_id, key, SUPPORT_NOTE, args, now, thread_key=head)


def show_answer(
    tx: Transaction, channel_id: str, key: str, head: str, now: datetime, **values: Any
) -> None:
    """Say in a thread (of the message `head`; in none with "") what support answers."""
    tx.outbox.show(channel_id, key, ANSWER, values, now, thread_key=head)


def show_all_live(tx: Transaction, account: Account, channel_id: str, now: datetime) -> None:
    """Have support see that all mailboxes of an account's customer are live."""
    args = {"customer": account.customer_id}
    tx.outbox.show(channel_id, all_live_key(account.customer_id), ALL_LIVE, args, now)


def all_live_key(customer_id: int) -> str:
    """The key of the message that says so."""
    return f"customer:{customer_id}:live"


def show_unexplained(tx: Transaction, day: str, channel_id: str, now: datetime) -> None:
    """Have a day's list of unexplained replies show how it stands."""
    tx.outbox.show(channel_id, f"unexplained:{day}", UNEXPLAINED, {"day": day}, now)


def show_report(tx: Transaction, monday: str, channel_id: str, now: datetime) -> None:
    """Have the report of the week that began then posted."""
    tx.outbox.show(channel_id, f"report:{monday}", REPORT, {"monday": monday}, now)


def show_predictions(tx: Transaction, day: str, channel_id: str, now: datetime) -> None:
    """Have what is to come posted, as the list of a day."""
    tx.outbox.show(channel_id, f"predictions:{day}", PREDICTIONS, {}, now)


def note(tx: Transaction, account: Account, sentence: str, now: datetime, **values: Any) -> None:
    """Say `sentence` (a name in the sentence file, filled with `values`) in the thread of the
    account's card."""
    head = card_key(account)
    tx.outbox.show(
        account.channel_id,
        f"note:{account.ref}:{now.timestamp()}:{sentence}",
        NOTE,
        {"sentence": sentence, "account": account.id, "values": values},
        now,
        thread_key=head,
    )


def show_doubt(
    tx: Transaction, account: Account, held: HeldSignIn, channel_id: str, now: datetime
) -> None:
    """Have a doubtful sign-in show in the support team's channel how it stands."""
    args = {"account": account.id, "link": held.ticket_id}
    tx.outbox.show(channel_id, doubt_key(account, held), DOUBT, args, now)


def doubt_key(account: Account, held: HeldSignIn) -> str:
    """The key of the message about a doubtful sign-in: one for each login link."""
    return f"doubt:{account.ref}:{held.ticket_id}"


def show_further(tx: Transaction, further: FurtherTenant, channel_id: str, now: datetime) -> None:
    """Have a further organisation of a customer show in the support team's channel how it
    stands."""
    tx.outbox.show(channel_id, f"further:{further.id}", FURTHER, {"further": further.id}, now)


def show_request(tx: Transaction, request: SupportRequest, channel_id: str, now: datetime) -> None:
    """Have a request for help show in the support team's channel how it stands."""
    tx.outbox.show(channel_id, request_key(request), REQUEST, {"request": request.id}, now)


def show_help(
    tx: Transaction, request: SupportRequest, account: Account | None, now: datetime
) -> None:
    """Have who asked for help see how it stands: in the thread of the account's card, or in the
    channel."""
    thread = card_key(account) if account else ""
    tx.outbox.show(
        request.channel_id,
        help_key(request),
        HELP,
        {"request": request.id},
        now,
        thread_key=thread,
    )


def help_key(request: SupportRequest) -> str:
    """The key of what who asked for help is shown of it."""
    return f"help:{request.id}"


def greet(tx: Transaction, channel_id: str, now: datetime) -> None:
    """Say in a channel who the bot is."""
    tx.outbox.show(channel_id, f"greeting:{channel_id}", GREETING, {}, now)


def show_batch(tx: Transaction, batch: Batch, now: datetime) -> None:
    """Have the message of a batch show how far it is."""
    tx.outbox.show(batch.channel_id, f"batch:{batch.id}", BATCH, {"batch": batch.id}, now)


def say_in(
    tx: Transaction,
    channel_id: str,
    key: str,
    sentence: str,
    now: datetime,
    to: str = "",
    **values: Any,
) -> None:
    """Say `sentence` in a customer's channel, once for each `key`, `to` somebody of it."""
    tx.outbox.show(channel_id, key, NOTE, {"sentence": sentence, "to": to, "values": values}, now)


def take_everything_away(tx: Transaction, channel_id: str, now: datetime) -> None:
    """Have everything that we posted in a channel disappear. What is said there afterwards is new,
    and what stood there can be shown elsewhere."""
    for key in tx.outbox.set_aside(channel_id, now):
        tx.outbox.show(channel_id, key, GONE, {}, now)


def take_request_away(
    tx: Transaction, request: SupportRequest, channel_id: str, now: datetime
) -> None:
    """Have a request for help disappear from the support team's channel."""
    key = tx.outbox.set_one_aside(request_key(request), now)
    if key is not None:
        tx.outbox.show(channel_id, key, GONE, {}, now)


def request_key(request: SupportRequest) -> str:
    """The key of a request's message in the support team's channel."""
    return f"request:{request.id}"


def tell(
    tx: Transaction, channel_id: str, key: str, sentence: str, now: datetime, **values: Any
) -> None:
    """Say `sentence` in a channel, in no thread, once for each `key`."""
    tx.outbox.show(channel_id, key, SUPPORT_NOTE, {"sentence": sentence, "values": values}, now)
