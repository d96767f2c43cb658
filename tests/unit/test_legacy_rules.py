"""Old accounts: imported and looked over, planned, marked deleted, and replaced in one go."""

import pytest

from bot.common.jobs import CreateAccounts
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.legacy.decoding import NotAList
from bot.messages import notices
from bot.views.legacy_import import Review, Row
from storage.tables import Account, Batch, OldAccount
from storage.vocabulary import Plan, State
from tests.support.fast import ACME, CAROL, FastBot, days, hours

OTHER = "C0OTHER"
LIST = "Info, info@acme.example\nSales, sales@acme.example"


def old(bot: FastBot) -> list[OldAccount]:
    """The customer's old accounts, in order."""
    with bot.store.transaction() as tx:
        return tx.legacy.of_customer(bot.acme.customer_id)


def imported(bot: FastBot, text: str = LIST) -> list[OldAccount]:
    """The old accounts that are there after Carol has imported a list."""
    bot.legacy.import_text(ACME, text, CAROL)
    return old(bot)


def addresses(rows: list[OldAccount] | list[Row]) -> list[str]:
    """The addresses, in order."""
    return [row.address for row in rows]


def faults(rows: list[Row]) -> list[str]:
    """What is wrong with each row."""
    return [row.problem for row in rows]


def setup_cards(bot: FastBot) -> int:
    """How often the set-up card was to be shown."""
    return len([item for item in bot.outbox(ACME) if item.notice == notices.SETUP_CARD])


def batch(bot: FastBot, batch_id: int) -> Batch:
    """A batch as it stands."""
    with bot.store.transaction() as tx:
        found = tx.legacy.batch(batch_id)
    assert found is not None
    return found


def created(bot: FastBot) -> list[Account]:
    """The accounts that are there when everything was done that is due."""
    bot.run_due()
    return bot.accounts_there()


# -- imported


def test_every_good_row_of_a_list_is_kept_to_be_changed(bot: FastBot) -> None:
    kept = imported(
        bot, "name;address;user;kind\nInfo;Info@acme.example;ann@acme.example;Shared box"
    )

    (row,) = kept
    assert (row.name, row.address, row.address_key) == (
        "Info",
        "Info@acme.example",
        "info@acme.example",
    )
    assert (row.username, row.kind, row.plan) == ("ann@acme.example", "Shared box", Plan.CHANGE)
    assert (row.channel_id, row.listed_at) == (ACME, bot.now)
    assert Person(row.listed_by_team, row.listed_by_user) == CAROL
    (entry,) = bot.audited("old.listed")
    assert (entry.subject, entry.user, entry.detail) == (ACME, CAROL.user, {"rows": 1})
    assert setup_cards(bot) == 1


def test_what_is_said_of_a_kind_is_kept_as_far_as_it_fits(bot: FastBot) -> None:
    (row,) = imported(bot, f"name;address;kind\nInfo;info@acme.example;{'k' * 41}")

    assert row.kind == "k" * 40


def test_what_cannot_be_taken_is_told_row_by_row(bot: FastBot) -> None:
    imported(bot, "Info, info@acme.example")
    bot.account(address="Sales@acme.example")

    rows = bot.legacy.import_text(
        ACME,
        "Info, INFO@acme.example\nSales, SALES@acme.example\nno address\nX, x@acme.example",
        CAROL,
    )

    assert faults(rows) == ["old.listed_already", "old.connected_already", "old.no_address", ""]
    assert addresses(old(bot)) == ["info@acme.example", "x@acme.example"]


def test_checking_a_list_changes_nothing(bot: FastBot) -> None:
    assert faults(bot.legacy.check(ACME, LIST)) == ["", ""]

    assert old(bot) == []
    assert bot.outbox(ACME) == []


def test_an_account_that_was_disconnected_leaves_its_address_free(bot: FastBot) -> None:
    account = bot.account(address="info@acme.example")
    bot.accounts.disconnect(account.id, CAROL)

    assert faults(bot.legacy.check(ACME, "Info, info@acme.example")) == [""]


def test_other_customers_lists_are_their_own(bot: FastBot) -> None:
    imported(bot)
    bot.customer("Other", OTHER)

    assert faults(bot.legacy.check(OTHER, LIST)) == ["", ""]


def test_of_an_address_that_stands_twice_the_first_is_kept(bot: FastBot) -> None:
    rows = [
        Row(1, "First", "info@acme.example"),
        Row(2, "Second", "INFO@acme.example"),
        Row(3, "Sales", "sales@acme.example"),
    ]

    assert bot.legacy.import_rows(ACME, rows, CAROL) == 2

    assert [row.name for row in old(bot)] == ["First", "Sales"]


def test_what_somebody_imported_meanwhile_is_not_kept_twice(bot: FastBot) -> None:
    imported(bot, "Info, info@acme.example")

    rows = [Row(1, "Info", "Info@acme.example"), Row(2, "Sales", "sales@acme.example")]

    assert bot.legacy.import_rows(ACME, rows, CAROL) == 1
    assert addresses(old(bot)) == ["info@acme.example", "sales@acme.example"]


def test_2000_rows_are_taken_and_2001_are_not(bot: FastBot) -> None:
    rows = [f"a{number}@acme.example" for number in range(2001)]

    assert len(bot.legacy.check(ACME, "\n".join(rows[:2000]))) == 2000
    with pytest.raises(NotAList, match=r"old\.too_many"):
        bot.legacy.check(ACME, "\n".join(rows))


# -- planned and marked


def test_an_old_account_is_kept_as_it_is_or_changed_after_all(bot: FastBot) -> None:
    (info, _) = imported(bot)
    bot.deliver()

    bot.legacy.plan(info.id, Plan.RETAIN, CAROL)
    assert old(bot)[0].plan is Plan.RETAIN
    assert setup_cards(bot) == 2
    bot.legacy.plan(info.id, Plan.CHANGE, CAROL)
    assert old(bot)[0].plan is Plan.CHANGE

    entries = [*bot.audited("old.retain"), *bot.audited("old.change")]
    assert [(entry.subject, entry.user, entry.detail) for entry in entries] == [
        (ACME, CAROL.user, {"address": "info@acme.example"})
    ] * 2


def test_an_old_account_is_marked_deleted_and_taken_back(bot: FastBot) -> None:
    (info, _) = imported(bot)

    bot.legacy.mark(info.id, True, CAROL)
    assert old(bot)[0].deleted_at == bot.now
    assert old(bot)[1].deleted_at is None

    bot.legacy.mark(info.id, False, CAROL)
    assert old(bot)[0].deleted_at is None
    assert len(bot.audited("old.deleted")) == len(bot.audited("old.taken_back")) == 1


def test_what_is_gone_can_be_neither_planned_nor_marked(bot: FastBot) -> None:
    for change in (
        lambda: bot.legacy.plan(4711, Plan.RETAIN, CAROL),
        lambda: bot.legacy.mark(4711, True, CAROL),
    ):
        with pytest.raises(Refused, match=r"old\.gone"):
            change()


def test_what_was_marked_deleted_can_be_taken_back_for_seven_days(bot: FastBot) -> None:
    (info, _) = imported(bot)
    bot.legacy.mark(info.id, True, CAROL)

    bot.clock.at += days(7)
    assert bot.legacy.forget() == 0
    bot.clock.at += hours(1)
    assert bot.legacy.forget() == 1

    assert addresses(old(bot)) == ["sales@acme.example"]


def test_a_list_that_nobody_goes_on_with_is_forgotten_after_seven_days(bot: FastBot) -> None:
    bot.drafts.begin(ACME, "nonsense", CAROL)
    bot.clock.at += days(7) + hours(1)

    assert bot.legacy.forget() == 1
    assert bot.drafts.unfinished(bot.acme.customer_id) == 0


# -- replaced in one go


def test_a_batch_creates_an_account_for_each_old_one_that_is_to_be_changed(bot: FastBot) -> None:
    imported(bot, f"{LIST}\nKept, kept@acme.example")
    bot.legacy.plan(old(bot)[2].id, Plan.RETAIN, CAROL)

    batch_id = bot.legacy.begin_batch(ACME, CAROL)
    accounts = created(bot)

    assert [(account.name, account.sender_email) for account in accounts] == [
        ("Info", "info@acme.example"),
        ("Sales", "sales@acme.example"),
    ]
    assert {account.sender_name for account in accounts} == {"Acme Marine"}
    assert {account.created_by_user for account in accounts} == {CAROL.user}
    assert {account.state for account in accounts} == {State.AWAITING_SIGN_IN}
    assert [row.account_id for row in old(bot)] == [accounts[0].id, accounts[1].id, None]
    finished = batch(bot, batch_id)
    assert (finished.finished_at, finished.failed) == (bot.now, {})
    assert (finished.started_at, finished.channel_id) == (bot.now, ACME)
    assert Person(finished.started_by_team, finished.started_by_user) == CAROL
    (entry,) = bot.audited("old.batch_begun")
    assert (entry.subject, entry.detail) == (ACME, {"batch": batch_id, "accounts": 2})


def test_an_old_shared_mailbox_is_opened_by_the_person_named_for_it(bot: FastBot) -> None:
    imported(
        bot,
        "name;address;user;kind\n"
        "Team;team@acme.example;ann@acme.example;Shared mailbox\n"
        "Ann;ann@acme.example;ann@acme.example;shared\n"
        "Bob;bob@acme.example;ann@acme.example;mailbox",
    )
    bot.legacy.begin_batch(ACME, CAROL)

    team, ann, bob = created(bot)

    assert (team.username, team.shared_mailbox) == ("ann@acme.example", "team@acme.example")
    assert (ann.username, ann.shared_mailbox) == ("ann@acme.example", "")
    assert (bob.username, bob.shared_mailbox) == ("ann@acme.example", "")


def test_there_is_no_batch_without_anything_to_create(bot: FastBot) -> None:
    with pytest.raises(Refused, match=r"old\.nothing_to_create"):
        bot.legacy.begin_batch(ACME, CAROL)


def test_a_batch_that_is_under_way_is_joined(bot: FastBot) -> None:
    imported(bot)

    first = bot.legacy.begin_batch(ACME, CAROL)

    assert bot.legacy.begin_batch(ACME, CAROL) == first
    assert len(bot.audited("old.batch_begun")) == 1
    created(bot)
    with pytest.raises(Refused, match=r"old\.nothing_to_create"):
        bot.legacy.begin_batch(ACME, CAROL)


def test_an_account_that_somebody_created_meanwhile_is_told_and_the_next_is_created(
    bot: FastBot,
) -> None:
    info, _sales = imported(bot)
    batch_id = bot.legacy.begin_batch(ACME, CAROL)
    bot.account(name="By hand", address="info@acme.example")

    accounts = created(bot)

    assert [account.name for account in accounts] == ["By hand", "Sales"]
    assert batch(bot, batch_id).failed == {str(info.id): "form.address_taken"}
    assert batch(bot, batch_id).finished_at is not None


def test_an_old_account_that_is_to_be_kept_after_all_is_left_out(bot: FastBot) -> None:
    info, _ = imported(bot)
    batch_id = bot.legacy.begin_batch(ACME, CAROL)
    bot.legacy.plan(info.id, Plan.RETAIN, CAROL)

    assert [account.name for account in created(bot)] == ["Sales"]
    assert batch(bot, batch_id).failed == {str(info.id): "old.not_wanted"}


def test_an_old_account_that_is_gone_is_left_out(bot: FastBot) -> None:
    info, _ = imported(bot)
    bot.legacy.mark(info.id, True, CAROL)
    bot.clock.at += days(8)
    batch_id = bot.legacy.begin_batch(ACME, CAROL)
    bot.legacy.forget()

    assert [account.name for account in created(bot)] == ["Sales"]
    assert batch(bot, batch_id).failed == {str(info.id): "old.not_wanted"}


def test_a_cancelled_batch_creates_no_further_account(bot: FastBot) -> None:
    imported(bot)
    batch_id = bot.legacy.begin_batch(ACME, CAROL)

    bot.legacy.cancel_batch(batch_id, CAROL)
    bot.legacy.cancel_batch(batch_id, CAROL)

    assert created(bot) == []
    ended = batch(bot, batch_id)
    assert (ended.cancelled_at, ended.finished_at, ended.failed) == (bot.now, bot.now, {})
    (entry,) = bot.audited("old.batch_cancelled")
    assert (entry.subject, entry.user, entry.detail) == (ACME, CAROL.user, {"batch": batch_id})


def test_a_finished_batch_is_not_cancelled(bot: FastBot) -> None:
    imported(bot)
    batch_id = bot.legacy.begin_batch(ACME, CAROL)
    created(bot)

    bot.legacy.cancel_batch(batch_id, CAROL)
    bot.legacy.cancel_batch(4711, CAROL)

    assert batch(bot, batch_id).cancelled_at is None
    assert bot.audited("old.batch_cancelled") == []


def test_a_batch_that_is_done_again_after_a_crash_creates_nothing_twice(bot: FastBot) -> None:
    imported(bot)
    batch_id = bot.legacy.begin_batch(ACME, CAROL)
    created(bot)

    bot.legacy.run(CreateAccounts(batch_id=batch_id))

    assert len(bot.accounts_there()) == 2


def test_a_large_batch_lets_others_have_their_turn(bot: FastBot) -> None:
    imported(bot, "\n".join(f"a{number}@acme.example" for number in range(26)))
    batch_id = bot.legacy.begin_batch(ACME, CAROL)

    bot.legacy.run(CreateAccounts(batch_id=batch_id))
    assert len(bot.accounts_there()) == 25

    assert len(created(bot)) == 26
    assert batch(bot, batch_id).finished_at is not None


@pytest.mark.parametrize(("count", "cards"), [(10, 10), (11, 0)])
def test_a_batch_of_more_than_ten_does_not_flood_the_channel_with_cards(
    bot: FastBot, count: int, cards: int
) -> None:
    imported(bot, "\n".join(f"a{number}@acme.example" for number in range(count)))

    bot.legacy.run(CreateAccounts(batch_id=bot.legacy.begin_batch(ACME, CAROL)))

    shown = {item.key for item in bot.outbox(ACME) if item.notice == notices.ACCOUNT_CARD}
    assert len(shown) == cards
    assert len(bot.accounts_there()) == count


def test_what_a_customer_has_imported_is_told_with_what_became_of_it(bot: FastBot) -> None:
    imported(bot)
    bot.legacy.begin_batch(ACME, CAROL)
    assert bot.legacy.of_customer(bot.acme.customer_id).under_way

    created(bot)
    draft = bot.drafts.begin(ACME, "nonsense", CAROL)

    told = bot.legacy.of_customer(bot.acme.customer_id)
    info, sales = old(bot)
    assert [each.address for each in told.accounts] == addresses([info, sales])
    assert told.stands == {
        info.id: State.AWAITING_SIGN_IN,
        sales.id: State.AWAITING_SIGN_IN,
    }
    assert not told.under_way
    assert told.unfinished == draft.draft_id


# -- looked over


def reviewed(review: Review) -> tuple[list[str], list[str], list[str]]:
    """The addresses that are good, the lines that are wrong, and those of them to mend now."""
    wrong = [row.text for row in review.wrong]
    return addresses([*review.good]), wrong, [row.text for row in review.mend]


def test_a_list_is_looked_over_before_anything_is_taken(bot: FastBot) -> None:
    review = bot.drafts.begin(ACME, f"{LIST}\nnonsense", CAROL)

    assert reviewed(review) == (
        ["info@acme.example", "sales@acme.example"],
        ["nonsense"],
        ["nonsense"],
    )
    assert (review.taken, review.field, review.channel_id) == (0, "Name; Address\nnonsense;", ACME)
    assert reviewed(bot.drafts.review(review.draft_id)) == reviewed(review)
    assert bot.drafts.unfinished(bot.acme.customer_id) == review.draft_id
    assert old(bot) == []


def test_a_list_without_rows_is_none(bot: FastBot) -> None:
    with pytest.raises(NotAList, match=r"old\.empty"):
        bot.drafts.begin(ACME, " \n ", CAROL)


def test_good_rows_and_mended_ones_are_taken_and_the_list_ends(bot: FastBot) -> None:
    review = bot.drafts.begin(ACME, f"{LIST}\nTeam, team@acme", CAROL)

    after = bot.drafts.take(review.draft_id, "Team, team@acme.example", CAROL)

    assert after.taken == 3
    assert reviewed(after) == ([], [], [])
    assert addresses(old(bot)) == [
        "info@acme.example",
        "sales@acme.example",
        "team@acme.example",
    ]
    assert bot.drafts.unfinished(bot.acme.customer_id) == 0
    with pytest.raises(Refused, match=r"old\.draft_gone"):
        bot.drafts.take(review.draft_id, "", CAROL)
    with pytest.raises(Refused, match=r"old\.draft_gone"):
        bot.drafts.review(review.draft_id)


def test_what_is_still_wrong_stays_under_its_heading(bot: FastBot) -> None:
    review = bot.drafts.begin(
        ACME, "name;address\nInfo;info@acme.example\nTeam;team@acme\nSales;sales@acme", CAROL
    )
    assert review.field == "Name; Address\nTeam; team@acme\nSales; sales@acme"

    after = bot.drafts.take(
        review.draft_id, "name;address\nTeam;team@acme.example\nSales;sales", CAROL
    )

    assert after.taken == 2
    assert after.field == "Name; Address\nSales; sales"
    assert bot.drafts.review(review.draft_id).field == after.field
    assert addresses(old(bot)) == ["info@acme.example", "team@acme.example"]


def test_a_row_that_is_taken_out_of_the_field_is_let_go(bot: FastBot) -> None:
    review = bot.drafts.begin(ACME, f"{LIST}\nnonsense", CAROL)

    after = bot.drafts.take(review.draft_id, "", CAROL)

    assert (after.taken, after.field) == (2, "")
    assert bot.drafts.unfinished(bot.acme.customer_id) == 0


def test_a_mended_row_has_no_address_of_another(bot: FastBot) -> None:
    review = bot.drafts.begin(ACME, f"{LIST}\nnonsense", CAROL)

    after = bot.drafts.take(review.draft_id, "Again, INFO@acme.example", CAROL)

    assert after.taken == 2
    assert faults([*after.wrong]) == ["old.listed_already"]
    assert addresses(old(bot)) == ["info@acme.example", "sales@acme.example"]


def lengthy(*lengths: int) -> str:
    """A list of rows without an address, each so many characters long in the field."""
    return "\n".join(
        ["Name;Address", *(f"{chr(0x4E00 + n) * (i - 1)};" for n, i in enumerate(lengths))]
    )


HEADING = len("Name; Address\n")


def test_as_many_rows_are_mended_at_a_time_as_fit_into_a_field(bot: FastBot) -> None:
    rooms = [200] * 30

    review = bot.drafts.begin(ACME, lengthy(*rooms), CAROL)

    assert (len(review.wrong), len(review.mend)) == (30, (2800 - HEADING + 1) // 201)

    after = bot.drafts.take(review.draft_id, "Info, info@acme.example", CAROL)

    assert after.taken == 1
    assert len(after.wrong) == 30 - len(review.mend)


def test_a_field_holds_2800_characters(bot: FastBot) -> None:
    full = [200] * 13
    left = 2800 - HEADING - 13 * 201

    fits = bot.drafts.begin(ACME, lengthy(*full, left), CAROL)
    assert (len(fits.field), len(fits.mend)) == (2800, 14)
    assert len(bot.drafts.begin(ACME, lengthy(*full, left + 1), CAROL).mend) == 13


def test_a_cell_that_is_longer_than_anything_is_kept_cut(bot: FastBot) -> None:
    review = bot.drafts.begin(ACME, f"Name;Address\n{'a' * 290_000};info@acme.example", CAROL)

    (row,) = review.wrong
    assert (len(row.name), row.problem) == (300, "old.name_too_long")


def test_a_review_that_is_sent_unchanged_changes_nothing_of_what_is_wrong(bot: FastBot) -> None:
    bot.legacy.import_text(ACME, "Sales, sales@acme.example", CAROL)
    review = bot.drafts.begin(
        ACME,
        'Name,E-mail,User,Type,Note\n"Nobody\nhere",,,,\nDoe, John,,doe@acme.example,,\n'
        "Team,team@acme,,Shared box,\nSales,sales@acme.example,,,\nMe,me@acme.example,who,,\n"
        'Two,two@acme.example,,,"a ""note""\nof lines"\n,,,,x',
        CAROL,
    )
    before = review.wrong

    after = bot.drafts.take(review.draft_id, review.field, CAROL)

    assert [row.address for row in old(bot)] == [
        "sales@acme.example",
        "two@acme.example",
    ]
    assert after.wrong == before
    assert bot.drafts.review(review.draft_id).field == review.field
    again = bot.drafts.take(review.draft_id, review.field.replace("\n", "\r\n"), CAROL)
    assert (again.taken, again.wrong) == (0, before)


def test_one_row_can_be_mended_while_the_others_stay_as_they_are(bot: FastBot) -> None:
    review = bot.drafts.begin(ACME, "Name;E-mail\nA;a@acme\nB, C;b;b@acme.example\nD;d@acme", CAROL)
    mended = review.field.replace("a@acme", "a@acme.example")

    after = bot.drafts.take(review.draft_id, mended, CAROL)

    assert [row.address for row in old(bot)] == ["a@acme.example"]
    assert [(row.number, row.problem) for row in after.wrong] == [
        (3, "old.shifted"),
        (4, "old.address_bad"),
    ]


@pytest.mark.parametrize(
    "typed",
    [
        "Team, team@acme.example, ann@acme.example",
        "Team; team@acme.example; ann@acme.example",
        "Name; Address; User\nTeam; team@acme.example; ann@acme.example",
        "Address\tUser\tName\nteam@acme.example\tann@acme.example\tTeam",
        "Name; Address; User\nTeam, team@acme.example, ann@acme.example",
    ],
)
def test_a_row_is_mended_however_it_is_typed(bot: FastBot, typed: str) -> None:
    review = bot.drafts.begin(ACME, "Name;E-mail;User\nTeam;team@acme;ann@acme.example", CAROL)

    assert bot.drafts.take(review.draft_id, typed, CAROL).wrong == []
    (row,) = old(bot)
    assert (row.name, row.address, row.username) == (
        "Team",
        "team@acme.example",
        "ann@acme.example",
    )


def test_a_list_in_the_making_lives_as_long_as_somebody_goes_on_with_it(bot: FastBot) -> None:
    review = bot.drafts.begin(ACME, "one\ntwo", CAROL)
    bot.clock.at += days(6)
    bot.drafts.take(review.draft_id, "one", CAROL)
    bot.clock.at += days(6)

    assert bot.legacy.forget() == 0
    assert bot.drafts.review(review.draft_id).field == "Name; Address\none;"


def test_what_a_worker_of_the_version_before_keeps_is_no_list_of_ours(bot: FastBot) -> None:
    draft = bot.drafts.begin(ACME, LIST, CAROL)
    with bot.store.transaction() as tx:
        tx.legacy.draft(draft.draft_id).records = []

    with pytest.raises(Refused, match=r"old\.draft_gone"):
        bot.drafts.review(draft.draft_id)


@pytest.mark.parametrize("text", [LIST, ""])
def test_nothing_is_imported_into_a_channel_that_is_bound_to_nobody(
    bot: FastBot, text: str
) -> None:
    for act in (
        lambda: bot.legacy.check("C0NOBODY", text),
        lambda: bot.legacy.import_text("C0NOBODY", text, CAROL),
        lambda: bot.drafts.begin("C0NOBODY", text, CAROL),
        lambda: bot.legacy.begin_batch("C0NOBODY", CAROL),
    ):
        with pytest.raises(Refused, match=r"refused\.channel_not_bound"):
            act()
