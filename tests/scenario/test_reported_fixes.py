"""After a fault: somebody says that it is changed, asks support, or waits; and what is told
then."""

import json

from bot.common.people import MAILDESK
from bot.diagnosis.step_records import steps_of
from sandbox.world import Mailbox
from storage.tables import AuditEntry
from storage.vocabulary import Mended, Scope
from tests.support.failures import (
    INFO,
    a_fault_at_two_mailboxes_is_the_organisations,
    error_in,
    failed,
    failure,
)
from tests.support.values import TOKEN
from tests.support.world import ACME, ALERTS, BotWorld

DESK = "C0DESK"


def audited(world: BotWorld, name: str) -> list[AuditEntry]:
    with world.bot.store.transaction() as tx:
        return list(tx.audit.about(world.account(name).ref))


def test_a_changed_switch_is_looked_at_again_until_it_works_and_the_thread_says_how_long_it_took(
    world: BotWorld,
) -> None:
    world.set_up()
    world.throw("smtp-auth-off-tenant", "acme.example")
    result = failed(world)
    world.carol.press(result, "It's changed")
    assert "1, 5, 15, 30 and 60 minutes" in world.carol.find(ACME, "Thank you. A change").text
    world.pass_time(minutes=1)
    world.pass_time(minutes=4)
    assert not [m for m in world.carol.messages(ACME) if "after the change" in m.text], (
        "quiet while nothing changes"
    )

    world.take_back("smtp-auth-off-tenant", "acme.example")
    world.pass_time(minutes=10)
    world.carol.find(ACME, "passed 15 minutes after the change")
    world.card("Info", "folders not mapped yet")
    assert failure(world, error_in(result)).mended_by is Mended.CHANGE
    tests = [entry for entry in audited(world, "Info") if entry.action == "test.finished"]
    world.pass_time(minutes=50)
    assert len(
        [entry for entry in audited(world, "Info") if entry.action == "test.finished"]
    ) == len(tests)


def test_a_change_that_does_not_work_within_an_hour_is_told_once_with_the_way_to_support(
    world: BotWorld,
) -> None:
    world.set_up()
    world.throw("smtp-auth-off-tenant", "acme.example")
    result = failed(world)
    world.carol.press(result, "It's changed")
    for minutes in (1, 4, 10, 15, 30, 60, 240):
        world.pass_time(minutes=minutes)
    told = [m for m in world.carol.messages(ACME) if "after the change" in m.text]
    assert len(told) == 1
    assert (
        "still fails 60 minutes after the change" in told[0].text
        and error_in(result) in told[0].text
    )
    tests = [entry for entry in audited(world, "Info") if entry.action == "test.finished"]
    assert len(tests) == 6, "the first one, and after 1, 5, 15, 30 and 60 minutes"


def test_a_mend_that_uncovers_another_fault_says_both(world: BotWorld) -> None:
    world.set_up()
    world.throw("smtp-auth-off-tenant", "acme.example")
    world.carol.press(failed(world), "It's changed")
    world.take_back("smtp-auth-off-tenant", "acme.example")
    world.throw("send-as-denied", INFO)
    world.pass_time(minutes=1)
    world.carol.find(ACME, "That is fixed", "1 minute after the change")
    world.carol.find(ACME, "does not work yet", "may not send with the sender email")


def test_a_test_right_after_the_mend_never_shows_a_refusal_that_was_kept(world: BotWorld) -> None:
    world.set_up()
    world.connect(INFO, "Info")
    world.throw("conditional-access", INFO)
    world.throw("grant-revoked", INFO)
    world.expire_tokens("Info")
    world.vera.slash(ACME, "test Info")
    world.carol.find(ACME, "The connection of Info does not work yet")
    world.take_back("grant-revoked", INFO)
    world.vera.slash(ACME, "test Info")
    world.settle()
    with world.bot.store.transaction() as tx:
        test = tx.checks.latest(world.account("Info").id)
    assert test is not None and test.passed


def test_asking_support_brings_the_error_and_its_evidence_to_them_once(world: BotWorld) -> None:
    world.set_up()
    world.throw("smtp-auth-off-tenant", "acme.example")
    result = failed(world)
    error = error_in(result)
    world.carol.press(result, "Contact support")
    window = world.carol.window("Request sent")
    assert error in window.text
    assert (
        f"mailto:support@lumen.example?subject=Outlook%20Setup&amp;body=Error%20ID%20{error}"
        in window.text
    )
    world.carol.press(result, "Contact support")
    world.settle()
    requests = [m for m in world.vera.messages(DESK) if "asked for help" in m.text]
    assert len(requests) == 1
    assert all(text in requests[0].text for text in (error, "Info", "Acme Marine", "<@U0CAROL>"))

    world.vera.press(requests[0], "Copy evidence")
    evidence = world.vera.window("Evidence").text
    for known in (
        error,
        INFO,
        "5.7.139",
        "UTC",
        "smtp.auth: fail",
        "imap.inbox: ok",
        world.account("Info").tenant_id,
    ):
        assert known in evidence
    assert not TOKEN.search(evidence)
    world.carol.press(result, "Details")
    assert "Copy evidence" not in json.dumps(world.carol.window(f"Error {error}").view)


def test_a_fault_at_two_mailboxes_is_the_organisations(world: BotWorld) -> None:
    a_fault_at_two_mailboxes_is_the_organisations(world)


def test_how_failures_ended_is_told_with_the_next_one(world: BotWorld) -> None:
    world.set_up()
    world.throw("smtp-auth-off-mailbox", INFO)
    first = failed(world)
    world.carol.press(first, "It's changed")
    world.take_back("smtp-auth-off-mailbox", INFO)
    world.pass_time(minutes=1)
    world.carol.find(ACME, "passed 1 minute after the change")
    world.vera.slash(ACME, f"error {error_in(first)}")
    ended = world.vera.find(ACME, "How this cause was resolved elsewhere")
    assert "after a change in Microsoft 365: 1 ×" in ended.text and "*Over* since" in ended.text


# -- the round trip


def test_the_first_connection_sends_a_message_the_whole_round_and_leaves_no_trace(
    world: BotWorld,
) -> None:
    world.set_up()
    world.connect(INFO, "Info")
    result = world.carol.find(ACME, "The connection of Info works")
    assert ":white_check_mark:  Send a message and receive it" in result.text
    mailbox = world.practice.world.mailboxes[INFO]
    assert not [mail for folder in mailbox.folders for mail in folder.messages]

    world.carol.press(result, "Test again")
    world.carol.find(ACME, "we send a message at the first connection, and when you ask for it")
    world.carol.press(result, "Test with a message")
    world.settle()
    assert world.account("Info").proved_at is not None
    assert not [mail for folder in mailbox.folders for mail in folder.messages]


def test_other_mail_with_a_similar_id_and_mail_that_is_marked_deleted_stays(
    world: BotWorld,
) -> None:
    mailbox = world.practice.world.mailboxes[INFO]
    inbox = mailbox.folder("INBOX")
    assert inbox is not None
    kept = inbox.deliver(
        b"Message-ID: <maildesk-other@acme.example>\r\nSubject: kept\r\n\r\nkept\r\n"
    )
    marked = inbox.deliver(b"Message-ID: <old@acme.example>\r\nSubject: marked\r\n\r\nmarked\r\n")
    marked.flags.add("\\Deleted")
    world.set_up()
    world.connect(INFO, "Info")
    assert [mail.uid for mail in inbox.messages] == [kept.uid, marked.uid]


def test_a_message_whose_answer_was_lost_is_never_sent_again(world: BotWorld) -> None:
    world.set_up()
    world.throw("sending-unconfirmed", INFO, times=1)
    world.sign_in(world.add(INFO, "Info"), INFO)
    world.carol.find(
        ACME,
        "The connection of Info does not work yet",
        "the test message may or may not have gone out",
    )
    sent_before = world.practice.smtp.taken
    world.pass_time(hours=30)
    assert world.practice.smtp.taken == sent_before, "no check of ours sends it again"


def test_a_test_that_a_killed_worker_left_looks_for_its_message_and_sends_none(
    world: BotWorld,
) -> None:
    world.set_up()
    world.connect(INFO, "Info")
    taken = world.practice.smtp.taken
    with world.bot.store.transaction() as tx:
        account = tx.accounts.lock(world.account("Info").id)
        test = world.bot.services.checks.request(tx, account, MAILDESK, round_trip=True)
        test.message_id = (
            "<maildesk-left@acme.example>"  # as it stands when a worker dies after sending
        )
    inbox = world.practice.world.mailboxes[INFO].folder("INBOX")
    assert inbox is not None
    inbox.deliver(
        b"Message-ID: <maildesk-left@acme.example>\r\n"
        b"Subject: Maildesk connection test\r\n\r\nx\r\n"
    )
    other = inbox.deliver(
        b"Message-ID: <1@x.example>.<maildesk-left@acme.example>\r\nSubject: a copy\r\n\r\nx\r\n"
    )
    world.settle()
    with world.bot.store.transaction() as tx:
        done = tx.checks.get(test.id)
    assert done.passed
    assert inbox.messages == [other], "a search finds parts of an ID too"
    assert world.practice.smtp.taken == taken


def test_a_shared_mailbox_is_opened_by_its_delegate_who_sends_as_it(world: BotWorld) -> None:
    shared = "sales@acme.example"
    folders = world.practice.world.mailboxes[INFO].folders
    names = [type(folder)(folder.name, folder.flags) for folder in folders]
    access = {"carol@acme.example"}
    world.practice.world.add(Mailbox(shared, names, full_access=set(access), send_as=set(access)))
    world.set_up()
    world.carol.press(
        world.carol.find(ACME, "Connect your Microsoft 365 mailboxes"), "Add an account"
    )
    form = world.carol.window("New Microsoft 365 account (Corporate)")
    values = {
        "Account name": "Sales",
        "Sender name": "Acme",
        "Sender email": shared,
        "Shared mailbox": shared,
    }
    problems = world.carol.submit(form, values)
    assert "cannot sign in on its own" in problems["Username"]
    assert world.carol.submit(form, values | {"Username": "carol@acme.example"}) == {}
    world.sign_in(world.card("Sales"), "carol@acme.example")
    result = world.carol.find(ACME, "The connection of Sales works")
    assert "there is no copy of it among the sent mail" in result.text, (
        "it is kept in the delegate's own mailbox"
    )
    with world.bot.store.transaction() as tx:
        test = tx.checks.latest(world.account("Sales").id)
    assert test is not None
    evidence = {record.step: record.evidence for record in steps_of(test)}
    assert f"opens the shared mailbox {shared}" in evidence["identity"]
    assert (
        "signed in as carol@acme.example" in evidence["smtp.auth"]
        and shared in evidence["imap.auth"]
    )


def test_what_was_changed_twice_in_vain_is_supports_with_the_history(world: BotWorld) -> None:
    world.set_up()
    world.throw("smtp-auth-off-tenant", "acme.example")
    result = failed(world)
    world.carol.press(result, "It's changed")
    world.pass_time(minutes=61)
    world.carol.find(ACME, "It still fails", "after the change")
    newest = world.carol.find(ACME, "does not work yet", "It's changed", "Details")
    world.carol.press(newest, "It's changed")
    world.pass_time(minutes=61)

    spent = world.carol.find(
        ACME, "You have done what we asked twice, and Microsoft still says no."
    )
    assert "Our support team is now looking into it." in spent.text
    assert "our support team" in world.card("Info").text
    request = world.vera.find(DESK, "The advice did not help:")
    assert request.text.count("said that it was changed") == 2
    assert error_in(result) in request.text
    world.vera.press(request, "I'll take it")
    world.carol.find(ACME, "You have done what we asked twice", "is looking after it")


def test_a_delegate_without_the_right_is_told_apart(world: BotWorld) -> None:
    shared = "sales@acme.example"
    world.practice.world.add(Mailbox(shared, []))
    world.set_up()
    world.carol.press(
        world.carol.find(ACME, "Connect your Microsoft 365 mailboxes"), "Add an account"
    )
    values = {
        "Account name": "Sales",
        "Sender name": "Acme",
        "Sender email": shared,
        "Shared mailbox": shared,
    }
    form = world.carol.window("New Microsoft 365 account (Corporate)")
    assert world.carol.submit(form, values | {"Username": "carol@acme.example"}) == {}
    world.sign_in(world.card("Sales"), "carol@acme.example")
    result = world.carol.find(ACME, "The connection of Sales does not work yet")
    assert "the account has access to it" in result.text
    assert f"Add-MailboxPermission -Identity {shared} -User carol@acme.example" in result.text


def test_the_same_fault_at_two_customers_is_one_alert_and_neither_hears_of_the_other(
    world: BotWorld,
) -> None:
    quay, address = "C0QUAY", "sales@quayside.example"
    world.practice.office.add_channel(quay, "quayside-lumen", {"U0VERA"})
    world.set_up()
    world.vera.slash(quay, "setup Quayside")
    tenant = world.practice.world.tenant_of(address)
    assert tenant is not None
    tenant.user_consent = True
    for mailbox in (INFO, address):
        world.throw("smtp-sign-in-refused", mailbox)
    world.sign_in(world.add(INFO, "Info"), INFO)
    first = error_in(
        world.carol.find(
            ACME, "The connection of Info does not work yet", "Error ID", "It's changed"
        )
    )
    assert failure(world, first).scope is Scope.MAILBOX
    assert not [
        m for m in world.omar.messages(ALERTS) if "refuses the sign-in for sending" in m.text
    ]

    world.vera.press(
        world.vera.find(quay, "Connect your Microsoft 365 mailboxes"), "Add an account"
    )
    values = {"Account name": "Sales", "Sender name": "Quayside", "Sender email": address}
    assert (
        world.vera.submit(world.vera.window("New Microsoft 365 account (Corporate)"), values) == {}
    )
    world.sign_in(world.vera.find(quay, "*Sales*   `MB-"), address)
    world.vera.press(world.vera.find(quay, "Quayside's own organisation?"), "Yes, it is ours")
    second = world.vera.find(
        quay, "The connection of Sales does not work yet", "Error ID", "It's changed"
    )
    assert (
        failure(world, error_in(second)).scope is failure(world, first).scope is Scope.APPLICATION
    )
    assert "Mailboxes of yours with this problem:" not in second.text
    world.omar.find(ALERTS, "The mail server refuses the sign-in for sending")
    world.settle()
    assert (
        len([m for m in world.omar.messages(ALERTS) if "refuses the sign-in for sending" in m.text])
        == 1
    )
    assert "Quayside" not in "".join(m.text for m in world.carol.messages(ACME))
