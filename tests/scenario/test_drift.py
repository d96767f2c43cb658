"""Mapped folders as servers and people really change them: what is followed, what is lost, and what
is left as it was chosen."""

import threading

import pytest
from sqlmodel import select

from bot.common.jobs import RunTest
from sandbox.mail.imap import Session
from sandbox.world import Folder
from storage.tables import ConnectionTest
from storage.vocabulary import FolderRole, State
from tests.support.folders import folder, folders, looked_at_again, mapped, mapping, opened
from tests.support.world import ACME, SILENCE_SECONDS, BotWorld

pytestmark = pytest.mark.folders

INFO = "info@acme.example"
SENT, DRAFTS, JUNK = "Gesendete Elemente", "Entwürfe", "Junk-E-Mail"


@pytest.fixture
def live(world: BotWorld) -> BotWorld:
    """Info is live, and what its folders are known by was seen."""
    world.set_up()
    mapped(world)
    return world


# -- renamed, swapped, made anew


def test_a_folder_that_holds_no_messages_any_more_is_lost(live: BotWorld) -> None:
    folder(live, INFO, SENT).flags = ("\\Noselect",)
    looked_at_again(live)
    live.card("Info", "A mapped folder is missing", f"Sent: {SENT}")


def test_looking_at_the_folders_hides_no_renaming_from_the_next_check(live: BotWorld) -> None:
    folder(live, INFO, SENT).name = "Ausgang"
    live.carol.press(live.card("Info", "Live"), "Change folders")
    live.carol.window("Which folders of")
    looked_at_again(live)
    live.carol.find(ACME, f"from *{SENT}* to *Ausgang*")
    assert live.account("Info").state is State.LIVE


def test_a_folder_that_was_renamed_while_the_inbox_did_not_open_is_followed(live: BotWorld) -> None:
    folder(live, INFO, SENT).name = "Ausgang"
    live.throw("inbox-refused", INFO)
    looked_at_again(live)
    live.take_back("inbox-refused", INFO)
    live.carol.press(live.card("Info", "Receiving is off"), "Test again")
    live.settle()
    assert mapping(live, "Info").get(FolderRole.SENT) == "Ausgang"


def test_a_folder_that_is_used_as_the_inbox_and_was_made_anew_is_lost(world: BotWorld) -> None:
    world.set_up()
    world.connect(INFO, "Info")
    assert world.carol.submit(opened(world, "Info"), {"Inbox": "Projekte"}) == {}
    world.card("Info", "Live")
    world.settle()
    folder(world, INFO, "Projekte").uid_validity = 4711
    looked_at_again(world)
    world.card("Info", "A mapped folder is missing", "Inbox: Projekte")


def test_two_folders_that_swapped_their_names_are_both_followed(live: BotWorld) -> None:
    sent, drafts = folder(live, INFO, SENT), folder(live, INFO, DRAFTS)
    sent.name, drafts.name = drafts.name, sent.name
    looked_at_again(live)
    now = mapping(live, "Info")
    assert (now.get(FolderRole.SENT), now.get(FolderRole.DRAFTS)) == (DRAFTS, SENT)


def test_where_all_folders_are_numbered_alike_a_new_one_is_not_taken_for_one_that_is_gone(
    world: BotWorld,
) -> None:
    for each in folders(world, INFO):
        each.uid_validity = (
            1  # it tells folders of one name apart, not folders of a mailbox (RFC 3501, 2.3.1.1)
        )
    world.set_up()
    mapped(world)
    folders(world, INFO).remove(folder(world, INFO, SENT))
    folders(world, INFO).append(Folder("Rechnungen", uid_validity=1))
    looked_at_again(world)
    world.card("Info", "A mapped folder is missing", f"Sent: {SENT}")


def test_a_server_that_does_not_say_its_number_has_not_lost_a_folder(
    live: BotWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = Session.do_status

    def status(session: Session, tag: str, words: list[str], by_uid: bool) -> None:
        if words[0] == "INBOX":
            answer(session, tag, words, by_uid)
        else:
            session.say(f'* STATUS "{words[0]}" (MESSAGES 0)')

    monkeypatch.setattr(Session, "do_status", status)
    looked_at_again(live)
    assert mapping(live, "Info")[FolderRole.SENT] == SENT
    assert live.account("Info").state is State.LIVE


# -- what people chose, and what they read


def test_the_card_of_a_live_mailbox_does_not_name_a_folder_that_is_gone(live: BotWorld) -> None:
    assert f"Junk: {JUNK}" in live.card("Info", "Live").text
    folders(live, INFO).remove(folder(live, INFO, JUNK))
    looked_at_again(live)
    live.carol.find(ACME, f"*{JUNK}*, is no longer in the mailbox")
    assert f"Junk: {JUNK}" not in live.card("Info", "Live").text


def test_accepting_suggestions_for_what_was_lost_keeps_what_a_person_chose(world: BotWorld) -> None:
    world.set_up()
    world.connect(INFO, "Info")
    assert world.carol.submit(opened(world, "Info"), {"Sent": "Projekte"}) == {}
    world.card("Info", "Live", "Sent: Projekte")
    world.settle()
    folder(world, INFO, DRAFTS).uid_validity = 4711
    looked_at_again(world)
    world.carol.press(world.card("Info", "A mapped folder is missing"), "Accept all suggestions")
    world.card("Info", "Live", "Sent: Projekte")


def test_a_mapping_that_is_made_while_a_test_runs_is_not_judged_by_what_was_listed_before(
    live: BotWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed, answer = threading.Event(), Session.do_status

    def status(session: Session, tag: str, words: list[str], by_uid: bool) -> None:
        """The folders are listed already when the first of them is asked about: there is a new one,
        and Carol chooses it."""
        if not listed.is_set():
            listed.set()
            folders(live, INFO).append(Folder("Ausgang 2027", uid_validity=77))
            live.carol.press(live.card("Info"), "Change folders")
            live.carol.submit(live.carol.window("Which folders of"), {"Sent": "Ausgang 2027"})
        answer(session, tag, words, by_uid)

    monkeypatch.setattr(Session, "do_status", status)
    looked_at_again(live)
    assert mapping(live, "Info")[FolderRole.SENT] == "Ausgang 2027"
    assert live.account("Info").state is State.LIVE


# -- tests that do not end as they should


@pytest.fixture
def slow_to_say(live: BotWorld, monkeypatch: pytest.MonkeyPatch) -> BotWorld:
    """The next check meets a server that does not answer STATUS for longer than anybody waits."""

    def status(session: Session, tag: str, words: list[str], by_uid: bool) -> None:
        session.server.stopping.wait()

    live.restart_bot(mail_timeout=SILENCE_SECONDS)
    with monkeypatch.context() as patch:
        patch.setattr(Session, "do_status", status)
        looked_at_again(live)
    return live


def test_a_test_that_could_not_ask_about_the_folders_has_ended_and_costs_the_mailbox_nothing(
    slow_to_say: BotWorld,
) -> None:
    with slow_to_say.bot.store.transaction() as tx:
        tests = tx.session.exec(select(ConnectionTest)).all()
    assert [test.id for test in tests if test.finished_at is None] == []
    assert slow_to_say.account("Info").state is State.LIVE


def test_the_check_after_one_that_could_not_ask_about_the_folders_follows_them(
    slow_to_say: BotWorld,
) -> None:
    folder(slow_to_say, INFO, SENT).name = "Ausgang"
    looked_at_again(slow_to_say)
    slow_to_say.carol.find(ACME, f"from *{SENT}* to *Ausgang*")


def test_a_test_that_ended_keeps_its_steps_when_its_worker_died_before_it_could_say_so(
    world: BotWorld,
) -> None:
    world.set_up()
    world.throw("smtp-auth-off-mailbox", INFO)
    world.sign_in(world.add(INFO, "Info"), INFO)
    world.card("Info", "Sending is off")
    world.settle()
    account_id = world.account("Info").id
    with world.bot.store.transaction() as tx:
        before = tx.checks.latest(account_id)
        assert before is not None
        tx.jobs.add(RunTest(test_id=before.id), world.clock.now())
    world.settle()
    with world.bot.store.transaction() as tx:
        after = tx.checks.latest(account_id)
    assert after is not None and after.steps == before.steps
