"""Mapped folders that change in the mailbox: which the next test follows, which it calls lost, and
which it leaves alone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.common.people import MAILDESK
from bot.mail.imap_list import MailFolder
from bot.mail.target import FolderMark, Watched
from storage.tables import Account, FolderMapping
from storage.vocabulary import FolderRole, Loss, State
from tests.support.fast import ACME, FastBot
from tests.support.fast_ports import Mailbox, folder

SENT = "Sent Items"
DRAFTS = "Drafts"
DELETED = "Deleted Items"


@pytest.fixture
def account(bot: FastBot) -> Account:
    """A live account whose folders have been seen once."""
    return seen_once(bot, bot.account(State.LIVE, name="Info"))


def seen_once(bot: FastBot, account: Account) -> Account:
    look_again(bot, account)
    return account


def look_again(bot: FastBot, account: Account) -> None:
    """The next test of the account runs to its end."""
    with bot.store.transaction() as tx:
        bot.services.checks.request(tx, tx.accounts.lock(account.id), MAILDESK)
    bot.run_due()


def mapped(bot: FastBot, account: Account) -> dict[FolderRole, FolderMapping]:
    """The account's folders as they are kept, by their roles."""
    with bot.store.transaction() as tx:
        return tx.folders.mapped(account.id)


def used(bot: FastBot, account: Account) -> dict[FolderRole, str]:
    """Which folder is used for each role; none where it was lost."""
    rows = mapped(bot, account)
    return {role: row.server_name for role, row in rows.items() if row.lost is None}


def losses(bot: FastBot, account: Account) -> dict[FolderRole, Loss]:
    """How each folder was lost that was."""
    return {role: row.lost for role, row in mapped(bot, account).items() if row.lost is not None}


def map_also(bot: FastBot, account: Account, role: FolderRole, name: str) -> None:
    """The account uses one more folder."""
    with bot.store.transaction() as tx:
        row = FolderMapping(account_id=account.id, role=role, server_name=name, shown_name=name)
        tx.session.add(row)


def told_about_folders(bot: FastBot) -> list[tuple[str, dict[str, str]]]:
    """What the customer was told about folders: each sentence with what it was filled with."""
    notes = [item.args for item in bot.outbox(ACME) if "sentence" in item.args]
    about = [note for note in notes if note["sentence"].startswith("folders.")]
    return [(note["sentence"], note["values"]) for note in about]


def rename(mailbox: Mailbox, before: str, now: str) -> None:
    """A folder gets another name and stays the same."""
    mailbox.folders = tuple(
        MailFolder(now, now, each.delimiter, each.flags) if each.server_name == before else each
        for each in mailbox.folders
    )
    mailbox.marks[now] = mailbox.marks.pop(before)


def delete(mailbox: Mailbox, name: str) -> None:
    """A folder is there no more."""
    mailbox.folders = tuple(each for each in mailbox.folders if each.server_name != name)
    mailbox.marks.pop(name, None)


def create(mailbox: Mailbox, name: str, mark: FolderMark) -> None:
    """A new folder is known by `mark`."""
    mailbox.folders = (*mailbox.folders, folder(name))
    mailbox.marks[name] = mark


# -- followed


def test_a_renamed_folder_is_followed_and_people_are_told(bot: FastBot, account: Account) -> None:
    rename(bot.mailbox(account), SENT, "Outgoing")

    look_again(bot, account)

    assert used(bot, account)[FolderRole.SENT] == "Outgoing"
    assert bot.read(account).state is State.LIVE
    assert told_about_folders(bot) == [
        ("folders.followed", {"role": "sent", "before": SENT, "folder": "Outgoing"})
    ]
    assert "Sent: Outgoing" in bot.card(account)
    (entry,) = bot.audited("folder.followed")
    assert (entry.subject, entry.detail["role"], entry.detail["before"], entry.detail["now"]) == (
        account.ref,
        "sent",
        SENT,
        "Outgoing",
    )


def test_a_followed_folder_is_known_again_at_its_next_renaming(
    bot: FastBot, account: Account
) -> None:
    for before, now in ((SENT, "Outgoing"), ("Outgoing", "Away")):
        rename(bot.mailbox(account), before, now)
        look_again(bot, account)

    assert used(bot, account)[FolderRole.SENT] == "Away"


def test_two_folders_that_swap_their_names_are_both_followed(
    bot: FastBot, account: Account
) -> None:
    marks = bot.mailbox(account).marks
    marks[SENT], marks[DRAFTS] = marks[DRAFTS], marks[SENT]

    look_again(bot, account)

    now = used(bot, account)
    assert now[FolderRole.SENT] == DRAFTS
    assert now[FolderRole.DRAFTS] == SENT


def test_a_mailbox_that_was_moved_keeps_its_folders_under_new_numbers(
    bot: FastBot, account: Account
) -> None:
    mailbox = bot.mailbox(account)
    before = used(bot, account)
    mailbox.marks = {name: FolderMark(900 + n) for n, name in enumerate(mailbox.marks)}

    look_again(bot, account)
    assert used(bot, account) == before

    rename(mailbox, SENT, "Outgoing")
    look_again(bot, account)
    assert used(bot, account)[FolderRole.SENT] == "Outgoing"


def test_a_moved_mailbox_loses_only_the_folder_that_is_not_there(
    bot: FastBot, account: Account
) -> None:
    mailbox = bot.mailbox(account)
    mailbox.marks = {name: FolderMark(900 + n) for n, name in enumerate(mailbox.marks)}
    delete(mailbox, DRAFTS)

    look_again(bot, account)

    assert losses(bot, account) == {FolderRole.DRAFTS: Loss.GONE}


def test_the_proof_of_the_sent_folder_goes_with_its_new_name(bot: FastBot) -> None:
    account = seen_once(bot, bot.account(State.LIVE, proved_sent=SENT))
    rename(bot.mailbox(account), SENT, "Outgoing")

    look_again(bot, account)

    assert bot.read(account).proved_sent == "Outgoing"


def test_the_proof_stays_where_another_folder_gets_a_new_name(bot: FastBot) -> None:
    account = seen_once(bot, bot.account(State.LIVE, proved_sent=SENT))
    rename(bot.mailbox(account), DRAFTS, "Sketches")

    look_again(bot, account)

    assert bot.read(account).proved_sent == SENT


# -- lost


def test_a_deleted_folder_is_lost_and_the_account_waits_for_another(
    bot: FastBot, account: Account
) -> None:
    delete(bot.mailbox(account), SENT)

    look_again(bot, account)

    assert losses(bot, account) == {FolderRole.SENT: Loss.GONE}
    assert bot.read(account).state is State.UNMAPPED
    assert told_about_folders(bot) == [
        ("folders.lost_gone", {"role": "sent", "before": SENT, "folder": SENT})
    ]
    (entry,) = bot.audited("folder.lost")
    assert (entry.subject, entry.detail["role"], entry.detail["folder"], entry.detail["how"]) == (
        account.ref,
        "sent",
        SENT,
        "gone",
    )


def test_a_check_of_ours_that_finds_one_required_folder_gone_waits_for_another(
    bot: FastBot, account: Account
) -> None:
    delete(bot.mailbox(account), SENT)

    bot.pass_time(days=1)
    assert losses(bot, account) == {FolderRole.SENT: Loss.GONE}
    assert bot.read(account).state is State.UNMAPPED


def test_what_was_lost_is_told_once(bot: FastBot, account: Account) -> None:
    delete(bot.mailbox(account), SENT)

    look_again(bot, account)
    bot.pass_time(hours=1)
    look_again(bot, account)

    assert len(told_about_folders(bot)) == 1


def test_a_folder_that_was_made_anew_under_its_name_is_lost(bot: FastBot, account: Account) -> None:
    bot.mailbox(account).marks[SENT] = FolderMark(4711)

    look_again(bot, account)

    assert losses(bot, account) == {FolderRole.SENT: Loss.MADE_ANEW}
    assert told_about_folders(bot)[0][0] == "folders.lost_made-anew"


def test_none_of_several_look_alikes_is_taken_for_a_folder_that_is_gone(
    bot: FastBot, account: Account
) -> None:
    mailbox = bot.mailbox(account)
    mark = mailbox.marks[SENT]
    delete(mailbox, SENT)
    create(mailbox, "One", mark)
    create(mailbox, "Other", mark)

    look_again(bot, account)

    assert losses(bot, account) == {FolderRole.SENT: Loss.GONE}


def test_a_new_folder_of_the_same_number_is_not_followed_where_all_have_one_number(
    bot: FastBot,
) -> None:
    account = bot.account(State.LIVE)
    mailbox = bot.mailbox(account)
    mailbox.marks = dict.fromkeys(mailbox.marks, FolderMark(1))
    seen_once(bot, account)
    delete(mailbox, SENT)
    create(mailbox, "Invoices", FolderMark(1))

    look_again(bot, account)

    assert losses(bot, account) == {FolderRole.SENT: Loss.GONE}


def test_a_folder_that_holds_no_messages_any_more_is_lost(bot: FastBot, account: Account) -> None:
    mailbox = bot.mailbox(account)
    mailbox.folders = tuple(
        replace(each, flags=("\\NoSelect",)) if each.server_name == SENT else each
        for each in mailbox.folders
    )
    del mailbox.marks[SENT]

    look_again(bot, account)

    assert losses(bot, account) == {FolderRole.SENT: Loss.GONE}


def test_an_inbox_of_another_name_can_be_made_anew(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    mailbox = bot.mailbox(account)
    create(mailbox, "Projects", FolderMark(77))
    with bot.store.transaction() as tx:
        tx.folders.mapped(account.id)[FolderRole.INBOX].server_name = "Projects"
    seen_once(bot, account)
    mailbox.marks["Projects"] = FolderMark(78)

    look_again(bot, account)

    assert losses(bot, account) == {FolderRole.INBOX: Loss.MADE_ANEW}


def test_an_optional_folder_that_is_lost_leaves_the_account_live(
    bot: FastBot, account: Account
) -> None:
    create(bot.mailbox(account), "Junk", FolderMark(50))
    map_also(bot, account, FolderRole.JUNK, "Junk")
    seen_once(bot, account)
    delete(bot.mailbox(account), "Junk")

    look_again(bot, account)

    assert losses(bot, account) == {FolderRole.JUNK: Loss.GONE}
    assert bot.read(account).state is State.LIVE
    assert "Junk" not in bot.card(account)


def test_the_proof_ends_with_the_folder_that_was_proved(bot: FastBot) -> None:
    account = seen_once(bot, bot.account(State.LIVE, proved_sent=SENT))
    delete(bot.mailbox(account), SENT)

    look_again(bot, account)

    assert bot.read(account).proved_sent == ""


def test_the_proof_stays_where_another_folder_is_lost(bot: FastBot) -> None:
    account = seen_once(bot, bot.account(State.LIVE, proved_sent=SENT))
    delete(bot.mailbox(account), DRAFTS)

    look_again(bot, account)

    assert bot.read(account).proved_sent == SENT


# -- left alone


def test_a_folder_that_was_never_seen_before_is_taken_as_it_is_found(bot: FastBot) -> None:
    account = bot.account(State.LIVE)

    look_again(bot, account)

    assert losses(bot, account) == {}
    assert mapped(bot, account)[FolderRole.SENT].uid_validity == 12


def test_a_server_that_gives_no_number_has_not_lost_a_folder(
    bot: FastBot, account: Account
) -> None:
    bot.mailbox(account).marks[SENT] = FolderMark(0)

    look_again(bot, account)

    assert losses(bot, account) == {}


def test_a_folder_of_which_the_server_says_nothing_is_as_it_was(
    bot: FastBot, account: Account
) -> None:
    del bot.mailbox(account).marks[SENT]

    look_again(bot, account)

    assert losses(bot, account) == {}
    assert mapped(bot, account)[FolderRole.SENT].uid_validity == 12


def test_a_gone_folder_without_a_number_is_not_found_under_another_name(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    mailbox = bot.mailbox(account)
    mailbox.marks[SENT] = FolderMark(0)
    seen_once(bot, account)
    delete(mailbox, SENT)
    create(mailbox, "Outgoing", FolderMark(12))

    look_again(bot, account)

    assert losses(bot, account) == {FolderRole.SENT: Loss.GONE}


def test_a_new_folder_without_a_number_is_nobodys_new_name(bot: FastBot, account: Account) -> None:
    mailbox = bot.mailbox(account)
    delete(mailbox, SENT)
    create(mailbox, "Outgoing", FolderMark(0))

    look_again(bot, account)

    assert losses(bot, account) == {FolderRole.SENT: Loss.GONE}


def test_a_folder_with_an_id_is_the_same_whatever_its_number(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    mailbox = bot.mailbox(account)
    mailbox.marks[SENT] = FolderMark(12, "F1")
    seen_once(bot, account)
    mailbox.marks[SENT] = FolderMark(99, "F1")

    look_again(bot, account)

    assert losses(bot, account) == {}


def test_a_folder_with_another_id_is_another_whatever_its_number(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    mailbox = bot.mailbox(account)
    mailbox.marks[SENT] = FolderMark(12, "F1")
    seen_once(bot, account)
    mailbox.marks[SENT] = FolderMark(12, "F2")

    look_again(bot, account)

    assert losses(bot, account) == {FolderRole.SENT: Loss.MADE_ANEW}


def test_an_id_finds_a_folder_among_many_of_one_number(bot: FastBot) -> None:
    account = bot.account(State.LIVE)
    mailbox = bot.mailbox(account)
    mailbox.marks = {name: FolderMark(1, f"F{n}") for n, name in enumerate(mailbox.marks)}
    seen_once(bot, account)
    rename(mailbox, SENT, "Outgoing")
    create(mailbox, "Invoices", FolderMark(1, "F9"))

    look_again(bot, account)

    assert used(bot, account)[FolderRole.SENT] == "Outgoing"


def test_what_was_there_before_is_no_new_name_for_a_folder_that_is_gone(
    bot: FastBot, account: Account
) -> None:
    mailbox = bot.mailbox(account)
    create(mailbox, "Old twin", FolderMark(12))
    seen_once(bot, account)
    delete(mailbox, SENT)

    look_again(bot, account)

    assert losses(bot, account) == {FolderRole.SENT: Loss.GONE}


def test_looking_at_the_folders_hides_no_renaming_from_the_next_test(
    bot: FastBot, account: Account
) -> None:
    rename(bot.mailbox(account), SENT, "Outgoing")
    bot.pass_time(minutes=5)
    bot.folders.fetch(account.id)
    bot.pass_time(minutes=5)

    look_again(bot, account)

    assert used(bot, account)[FolderRole.SENT] == "Outgoing"


def test_a_test_that_listed_no_folders_judges_none(bot: FastBot, account: Account) -> None:
    mailbox = bot.mailbox(account)
    mailbox.folders = ()

    look_again(bot, account)

    assert losses(bot, account) == {}
    assert len(bot.folders.listed(account.id).folders) == 4


def test_folders_that_could_not_be_asked_about_are_judged_by_the_next_test(
    bot: FastBot, account: Account
) -> None:
    mailbox = bot.mailbox(account)
    known = dict(mailbox.marks)
    rename(mailbox, SENT, "Outgoing")
    mailbox.marks = None

    look_again(bot, account)
    assert used(bot, account)[FolderRole.SENT] == SENT

    mailbox.marks = known | {"Outgoing": known[SENT]}
    look_again(bot, account)
    assert used(bot, account)[FolderRole.SENT] == "Outgoing"


def test_folders_that_somebody_looked_at_while_a_test_ran_are_judged_by_the_next(
    bot: FastBot, account: Account
) -> None:
    mailbox = bot.mailbox(account)
    delete(mailbox, SENT)

    def somebody_looks() -> None:
        bot.clock.at += timedelta(seconds=1)
        bot.folders.fetch(account.id)

    mailbox.on_probe = somebody_looks
    look_again(bot, account)
    assert losses(bot, account) == {}

    mailbox.on_probe = lambda: None
    look_again(bot, account)
    assert losses(bot, account) == {FolderRole.SENT: Loss.GONE}


# -- what a test is asked to look at


def test_a_test_looks_at_what_is_mapped_and_knows_what_was_listed(
    bot: FastBot, account: Account
) -> None:
    map_also(bot, account, FolderRole.JUNK, "Gone already")
    with bot.store.transaction() as tx:
        tx.folders.mapped(account.id)[FolderRole.JUNK].lost = Loss.GONE

    look_again(bot, account)

    assert bot.mail.targets[-1].watched == Watched(
        mapped=frozenset({"INBOX", SENT, DRAFTS, DELETED}),
        listed=frozenset({"INBOX", SENT, DRAFTS, DELETED}),
    )


def test_a_test_looks_at_no_folder_while_none_is_mapped(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED)

    look_again(bot, account)

    assert bot.mail.targets[-1].watched is None
    assert len(bot.folders.listed(account.id).folders) == 4
