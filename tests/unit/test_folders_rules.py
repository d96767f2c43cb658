"""Folder mapping: what a mailbox lists, what is suggested, and the choice that is kept."""

import pytest

from bot.diagnosis.observation import Observation, Where
from bot.folders.service import (
    FolderSuggestions,
    FoldersUnavailable,
    InvalidMapping,
    SameFolder,
    folder_key,
)
from bot.mail.suggestions import Confidence
from storage.tables import Account, FolderMapping
from storage.vocabulary import FolderRole, Loss, State, StepId
from tests.support.fast import CAROL, FastBot, hours
from tests.support.fast_ports import ORDINARY, folder

NAMES = {
    FolderRole.INBOX: "INBOX",
    FolderRole.SENT: "Sent Items",
    FolderRole.DRAFTS: "Drafts",
    FolderRole.DELETED: "Deleted Items",
}
MARKED_WITHOUT_NAMES = (
    folder("INBOX"),
    folder("Away"),
    folder("Sketches"),
    folder("Deleted Items", "\\Trash"),
)
"""A mailbox of which two folders tell nothing."""


@pytest.fixture
def account(bot: FastBot) -> Account:
    """An account whose folders have been listed and are not mapped yet."""
    made = bot.account(State.UNMAPPED, name="Info")
    bot.folders.fetch(made.id)
    return made


def keys(names: dict[FolderRole, str]) -> dict[FolderRole, str]:
    """A choice as a form gives it."""
    return {role: folder_key(name) for role, name in names.items()}


def mapped(bot: FastBot, account: Account) -> dict[FolderRole, str]:
    """Which folder is used for each role."""
    with bot.store.transaction() as tx:
        rows = tx.folders.mapped(account.id)
    return {role: row.server_name for role, row in rows.items()}


def names(chosen: object) -> dict[FolderRole, str]:
    """The folders that stand at each role, by their names."""
    assert isinstance(chosen, dict)
    return {role: each.server_name for role, each in chosen.items()}


def shown(found: FolderSuggestions) -> list[str]:
    """The folders that may be chosen, in order."""
    return [each.server_name for each in found.folders]


def map_folders(bot: FastBot, account: Account, used: dict[FolderRole, str]) -> None:
    """The account uses these folders."""
    rows = [
        FolderMapping(account_id=account.id, role=role, server_name=name, shown_name=name)
        for role, name in used.items()
    ]
    with bot.store.transaction() as tx:
        tx.folders.map(account.id, rows)


def lose(bot: FastBot, account: Account, role: FolderRole) -> None:
    """A mapped folder is not there any more."""
    with bot.store.transaction() as tx:
        tx.folders.mapped(account.id)[role].lost = Loss.GONE


# -- what a mailbox lists


def test_the_folders_of_a_mailbox_are_listed_with_what_is_suggested(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED)

    found = bot.folders.fetch(account.id)

    assert shown(found) == ["INBOX", "Deleted Items", "Drafts", "Sent Items"]
    assert names(found.chosen) == NAMES
    assert found.kept == {}


def test_what_was_listed_last_is_known_without_asking_again(bot: FastBot, account: Account) -> None:
    asked = len(bot.mail.targets)

    listed = bot.folders.listed(account.id)

    assert names(listed.chosen) == NAMES
    assert len(bot.mail.targets) == asked


def test_a_mailbox_that_lists_nothing_of_use_has_an_error_id(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED)
    bot.mailbox(account).folders = (folder("Top", "\\Noselect"),)

    with pytest.raises(FoldersUnavailable) as unavailable:
        bot.folders.fetch(account.id)

    failure = unavailable.value.recorded.failure
    assert (failure.step, failure.account_id) == ("imap.folders", account.id)
    (entry,) = bot.audited("folders.failed")
    assert (entry.subject, entry.detail) == (account.ref, {"error": failure.ref})


def test_a_server_that_does_not_list_folders_is_told_by_its_error_id(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED)
    refused = Observation(Where.IMAP, StepId.IMAP_AUTH, text="AUTHENTICATE failed")
    bot.mailbox(account).faults[StepId.IMAP_AUTH] = refused

    with pytest.raises(FoldersUnavailable) as unavailable:
        bot.folders.fetch(account.id)

    assert unavailable.value.recorded.failure.step == "imap.auth"


def test_without_a_token_no_folders_are_listed(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_SIGN_IN)

    with pytest.raises(FoldersUnavailable) as unavailable:
        bot.folders.fetch(account.id)

    assert unavailable.value.recorded.failure.step == "token"


# -- what is suggested


def test_the_folder_where_the_copy_of_sent_mail_was_found_is_suggested(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED, proved_sent="Away")
    bot.mailbox(account).folders = MARKED_WITHOUT_NAMES

    found = bot.folders.fetch(account.id)

    assert names(found.chosen)[FolderRole.SENT] == "Away"
    best = found.suggestions.chosen[FolderRole.SENT]
    assert best.confidence is Confidence.SURE


def test_what_is_mapped_stands_before_what_is_suggested(bot: FastBot, account: Account) -> None:
    map_folders(bot, account, NAMES | {FolderRole.SENT: "Drafts"})

    found = bot.folders.listed(account.id)

    assert names(found.chosen)[FolderRole.SENT] == "Drafts"
    assert names(found.kept)[FolderRole.SENT] == "Drafts"


def test_a_lost_folder_is_suggested_anew(bot: FastBot, account: Account) -> None:
    map_folders(bot, account, NAMES | {FolderRole.SENT: "Drafts"})
    lose(bot, account, FolderRole.SENT)

    found = bot.folders.listed(account.id)

    assert names(found.chosen)[FolderRole.SENT] == "Sent Items"
    assert FolderRole.SENT not in found.kept


def test_an_optional_role_is_suggested_until_people_have_chosen(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED)
    bot.mailbox(account).folders = (*ORDINARY, folder("Junk Email", "\\Junk"))

    assert names(bot.folders.fetch(account.id).chosen)[FolderRole.JUNK] == "Junk Email"

    map_folders(bot, account, NAMES)
    assert FolderRole.JUNK not in bot.folders.listed(account.id).chosen


def test_a_folder_that_is_used_can_be_chosen_whatever_it_is_called(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED)
    bot.mailbox(account).folders = (*ORDINARY, folder("Calendar"))
    assert "Calendar" not in shown(bot.folders.fetch(account.id))

    map_folders(bot, account, NAMES | {FolderRole.ARCHIVE: "Calendar"})

    assert "Calendar" in shown(bot.folders.listed(account.id))


# -- the choice that is kept


def test_an_account_is_live_when_its_folders_are_chosen(bot: FastBot, account: Account) -> None:
    bot.folders.save(account.id, keys(NAMES), CAROL)

    assert mapped(bot, account) == NAMES
    assert bot.read(account).state is State.LIVE
    (entry,) = bot.audited("folders.mapped")
    assert (entry.subject, entry.user) == (account.ref, CAROL.user)
    assert entry.detail == {role.value: name for role, name in NAMES.items()}


def test_a_live_account_stays_live_with_other_folders(bot: FastBot, account: Account) -> None:
    bot.folders.save(account.id, keys(NAMES), CAROL)
    bot.pass_time(hours=1)
    since = bot.read(account).state_since

    other = NAMES | {FolderRole.SENT: "Drafts", FolderRole.DRAFTS: "Sent Items"}
    bot.folders.save(account.id, keys(other), CAROL)

    assert mapped(bot, account) == other
    assert (bot.read(account).state, bot.read(account).state_since) == (State.LIVE, since)


def test_a_window_that_is_sent_again_since_nobody_answered_is_one_deed(
    bot: FastBot, account: Account
) -> None:
    bot.folders.save(account.id, keys(NAMES), CAROL)
    bot.run_due()
    bot.folders.save(account.id, keys(NAMES), CAROL)

    assert len(bot.audited("folders.mapped")) == 1
    with bot.store.transaction() as tx:
        assert tx.folders.mapped(account.id)[FolderRole.SENT].uid_validity == 12


def test_the_same_folders_are_chosen_again_once_one_was_lost(
    bot: FastBot, account: Account
) -> None:
    bot.folders.save(account.id, keys(NAMES), CAROL)
    with bot.store.transaction() as tx:
        tx.folders.mapped(account.id)[FolderRole.SENT].lost = Loss.GONE
    bot.folders.save(account.id, keys(NAMES), CAROL)

    with bot.store.transaction() as tx:
        assert tx.folders.mapped(account.id)[FolderRole.SENT].lost is None
    assert len(bot.audited("folders.mapped")) == 2


def test_what_the_folders_are_known_by_is_seen_soon(bot: FastBot, account: Account) -> None:
    bot.folders.save(account.id, keys(NAMES), CAROL)

    bot.run_due()

    with bot.store.transaction() as tx:
        assert tx.folders.mapped(account.id)[FolderRole.SENT].uid_validity == 12


@pytest.mark.parametrize("role", list(NAMES))
def test_a_required_folder_cannot_be_left_out(
    bot: FastBot, account: Account, role: FolderRole
) -> None:
    without = {each: name for each, name in NAMES.items() if each is not role}

    with pytest.raises(InvalidMapping) as invalid:
        bot.folders.save(account.id, keys(without), CAROL)

    assert invalid.value.problems == {role: "folders.role_missing"}
    assert mapped(bot, account) == {}
    assert bot.read(account).state is State.UNMAPPED


def test_a_folder_that_is_not_listed_any_more_cannot_be_chosen(
    bot: FastBot, account: Account
) -> None:
    with pytest.raises(InvalidMapping) as invalid:
        bot.folders.save(account.id, keys(NAMES | {FolderRole.SENT: "Gone"}), CAROL)

    assert invalid.value.problems == {FolderRole.SENT: "folders.changed_meanwhile"}


def test_one_folder_for_two_roles_is_asked_about_and_may_be_meant(
    bot: FastBot, account: Account
) -> None:
    twice = keys(NAMES | {FolderRole.JUNK: "Deleted Items"})

    with pytest.raises(SameFolder) as same:
        bot.folders.save(account.id, twice, CAROL)
    assert same.value.twice == {"Deleted Items": [FolderRole.DELETED, FolderRole.JUNK]}
    assert mapped(bot, account) == {}

    bot.folders.save(account.id, twice, CAROL, same_is_meant=True)
    assert mapped(bot, account)[FolderRole.JUNK] == "Deleted Items"


# -- accepted as suggested


def test_suggestions_without_a_doubt_are_accepted_in_one_press(
    bot: FastBot, account: Account
) -> None:
    assert bot.folders.accept(account.id, CAROL) is True

    assert mapped(bot, account) == NAMES
    assert bot.read(account).state is State.LIVE


def test_what_is_live_already_has_nothing_to_accept(bot: FastBot, account: Account) -> None:
    bot.folders.save(account.id, keys(NAMES | {FolderRole.SENT: "Drafts"}), CAROL, True)

    assert bot.folders.accept(account.id, CAROL) is True

    assert mapped(bot, account)[FolderRole.SENT] == "Drafts"


def test_a_doubt_at_one_folder_is_looked_at_by_a_person(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED)
    bot.mailbox(account).folders = MARKED_WITHOUT_NAMES
    bot.folders.fetch(account.id)

    assert bot.folders.accept(account.id, CAROL) is False

    assert mapped(bot, account) == {}
    assert bot.read(account).state is State.UNMAPPED


def test_nothing_is_accepted_for_an_account_that_does_not_wait_for_it(bot: FastBot) -> None:
    account = bot.account(State.FAILING)
    bot.folders.fetch(account.id)

    assert bot.folders.accept(account.id, CAROL) is False

    assert mapped(bot, account) == {}


def test_accepting_keeps_what_a_person_chose(bot: FastBot, account: Account) -> None:
    map_folders(bot, account, NAMES | {FolderRole.SENT: "Drafts", FolderRole.DRAFTS: "Sent Items"})
    lose(bot, account, FolderRole.DELETED)

    assert bot.folders.accept(account.id, CAROL) is True

    assert mapped(bot, account)[FolderRole.SENT] == "Drafts"
    assert mapped(bot, account)[FolderRole.DELETED] == "Deleted Items"


# -- used for all


def test_others_of_the_customer_are_mapped_where_nothing_is_in_doubt(
    bot: FastBot, account: Account
) -> None:
    sure = bot.account(State.UNMAPPED, name="Sure")
    bot.folders.fetch(sure.id)
    unsure = bot.account(State.UNMAPPED, name="Unsure")
    bot.mailbox(unsure).folders = MARKED_WITHOUT_NAMES
    bot.folders.fetch(unsure.id)
    bot.folders.save(account.id, keys(NAMES), CAROL)

    accepted = bot.folders.use_for_all(account.id, [sure.id, unsure.id], CAROL)

    assert accepted.mapped == 1
    assert [each.id for each in accepted.unsure] == [unsure.id]
    assert bot.read(sure).state is State.LIVE
    assert bot.read(unsure).state is State.UNMAPPED


def test_those_that_somebody_else_has_mapped_meanwhile_are_left_alone(
    bot: FastBot, account: Account
) -> None:
    other = bot.account(State.UNMAPPED, name="Other")
    bot.folders.fetch(other.id)
    bot.folders.save(account.id, keys(NAMES), CAROL)
    theirs = NAMES | {FolderRole.SENT: "Drafts", FolderRole.DRAFTS: "Sent Items"}
    bot.folders.save(other.id, keys(theirs), CAROL)

    accepted = bot.folders.use_for_all(account.id, [other.id], CAROL)

    assert (accepted.mapped, list(accepted.unsure)) == (0, [])
    assert mapped(bot, other) == theirs


def test_many_mailboxes_are_not_all_looked_at_in_the_same_second(
    bot: FastBot, account: Account
) -> None:
    others = [bot.account(State.UNMAPPED, name=f"Box {number}") for number in range(3)]
    for other in others:
        bot.folders.fetch(other.id)
    bot.folders.save(account.id, keys(NAMES), CAROL)
    bot.run_due()
    before = len(bot.mail.targets)

    bot.folders.use_for_all(account.id, [other.id for other in others], CAROL)

    looked_at = []
    for _ in range(4):
        bot.run_due()
        looked_at.append(len(bot.mail.targets) - before)
        bot.clock.at += hours(1 / 3600)
    assert looked_at == [1, 2, 3, 3]


def test_a_suggestion_nobody_needs_to_look_at_has_every_required_folder(
    bot: FastBot, account: Account
) -> None:
    found = bot.folders.listed(account.id)
    assert names(found.unseen()) == NAMES

    less = FolderSuggestions(found.folders, found.suggestions, {}, {})
    assert less.unseen() == {}
