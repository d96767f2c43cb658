"""Nobody is left without a next step: in every state and with every kind of cause, wherever it arises,
each surface shows its reader one primary next step or the name of who has it, and card, thread, pages,
reminders, lists and Home agree about whose turn it is, the error ID, what is wrong and what is next."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

from bot.diagnosis.observation import Observation, Where
from bot.messages import notices
from bot.views.audience import Audience
from bot.views.telling import for_audience
from handlers.cards.actions import ActionId
from handlers.cards.legacy import OldView, plan_window
from handlers.text.markup import moment, safe
from handlers.text.people import stands as stands_at
from sandbox.slack.limits import problems as problems_with
from storage.tables import OutboxItem
from storage.vocabulary import THEIRS, Owner, State
from tests.support.examples import in_a_hurry
from tests.support.fast import ACME, CAROL, DESK, SENDING_IS_OFF, FastBot, days, hours
from tests.support.next_step import Said, Step, filled_in, in_slack, named, parts
from tests.support.rows import every
from tests.support.situations import (
    PLAIN,
    SITE,
    Situation,
    bot_with_on_call,
    faulty,
    have_tested,
    in_test,
    observed,
)
from tests.support.surfaces import OMAR, Truth, everywhere, truth
from tests.support.unexplained import MOVED, NEW_NUMBER, meaning
from tests.support.values import ROWS, old_account

SENDING = ROWS.rows["smtp-auth-off-mailbox"]
LOOKED_AFTER = "It is known. Our engineers and your administrator look after it together."
LISTED = OldView("C0ACME", [old_account()], {}, False)

WAYS_THERE = {"set-up card", "status"}
"""The surfaces that speak of all accounts, and lead to those that wait for their readers."""

OTHERS = {"home of support", "home of on-call", "alert"}
"""The surfaces whose primary button is about something else: a search, an alert."""

LEADS = {
    "card",
    "window of customer",
    "window of support",
    "list of customer",
    "list of support",
    "reminder of customer",
    "reminder of support",
    "outage",
    "start page",
}
"""The surfaces that have a primary step whenever it is their reader's turn."""

EXPLAINS = {
    "card",
    "window of customer",
    "window of support",
    "thread",
    "error of customer",
    "error of support",
    "page after the sign-in",
    "start page",
    "folders window",
    "outage",
    "reminder of customer",
    "reminder of support",
}
"""The surfaces that say what is wrong."""

NUMBERED = EXPLAINS - {"outage"}
"""Those that say the error ID."""

NAMES_ALWAYS = {
    "card",
    "window of customer",
    "window of support",
    "list of customer",
    "list of support",
    "set-up card",
}
PLACES_ALWAYS = NAMES_ALWAYS
"""The surfaces that say where an account is."""

NAMES_PEOPLE = {"status", "home of support"}
NAMES_OF_FAULTS = {
    "thread",
    "outage",
    "setback",
    "error of customer",
    "error of support",
    "refusal",
    "folders window",
    "page after the sign-in",
}
"""The surfaces that name whose turn it is: at all times, while it is somebody's, and where something
is wrong."""


def problems(there: Situation) -> list[str]:
    """In what the surfaces of an account say something else than what is so."""
    stands = truth(there.bot, there.account)
    said = [*everywhere(there.bot, stands), *SITE.of(there.bot, stands), *there.pages]
    found = [f"{one.surface}: {what}" for one in said for what in _wrong(there, stands, one)]
    if there.turn is not stands.card.account.turn:
        found.append(f"it waits for {stands.card.account.turn}, not for {there.turn}")
    return found


def _wrong(there: Situation, stands: Truth, one: Said) -> Iterator[str]:
    yield from _wrong_step(there, stands, one)
    whose = _whose(there, stands, one)
    if others := one.turns - {whose}:
        yield f"it is the turn of {sorted(others)}, not of {whose}"
    if one.errors - {stands.error}:
        yield f"error {sorted(one.errors)}, not {stands.error}"
    if stands.error and one.surface in _numbered(there) and not one.errors:
        yield "no error ID"
    if one.surface in _naming(there, stands) and not one.turns:
        yield "does not say whose turn it is"
    if one.surface in EXPLAINS and not _explains(there, stands, one):
        yield "does not say what is wrong"
    if one.surface in _placing(stands) and stands_at(stands.card.account) not in one.text:
        yield f"does not say: {stands_at(stands.card.account)}"


def _numbered(there: Situation) -> set[str]:
    """Those that say the error ID: on-call's Home of what is theirs."""
    return NUMBERED | ({"home of on-call", "alert"} if there.turn is Owner.ON_CALL else set())


def _naming(there: Situation, stands: Truth) -> set[str]:
    """Those that say whose turn it is."""
    waits = there.turn not in (None, Owner.MAILDESK)
    people = NAMES_PEOPLE if waits else set()
    if stands.account.state is State.LIVE:  # it works, and support chases nobody
        people = people - {"home of support"}
    unlisted = {"set-up card"} if stands.account.state is State.DISCONNECTED else set()
    return (NAMES_ALWAYS - unlisted) | people | (NAMES_OF_FAULTS if stands.error else set())


def _placing(stands: Truth) -> set[str]:
    """Those that say where the account is, all with the same word."""
    match stands.account.state:
        case State.DISCONNECTED:
            return PLACES_ALWAYS - {"set-up card"}
        case State.LIVE:  # Home counts them
            return PLACES_ALWAYS
        case _:
            return PLACES_ALWAYS | {"home of support"}


def _whose(there: Situation, stands: Truth, one: Said) -> str:
    """Who has the turn, as a surface may name them: the page of a cause speaks of no account. Where
    we test again, they say when; Home and a conversation speak of many accounts."""
    if stands.verdict is not None and one.surface == "page of the cause":
        return named(there.bot.catalogue.row(stands.verdict.cause).owner, one)
    whose = named(there.turn, one)
    at = stands.card.account.retest_at
    return whose if at is None else f"{whose} (tests again {moment(at)})"


def _wrong_step(there: Situation, stands: Truth, one: Said) -> Iterator[str]:
    """There is at most one, that of whose turn it is; and one wherever something leads on."""
    if one.surface in OTHERS:
        return
    own = [*one.steps]
    expected = _step(there, stands, one)
    if len(one.steps) > 1:
        yield f"several primary steps: {one.steps}"
    if own not in ([], [expected]):
        yield f"primary step {own}, not {expected}"
    if one.surface in LEADS and expected is not None and not one.steps:
        yield f"no primary step, not even {expected}"


def _step(there: Situation, stands: Truth, one: Said) -> Step | None:
    """What the reader of a surface does next."""
    if one.surface == "start page":
        return _step_of_page(there, stands)
    if one.surface in WAYS_THERE:
        none_left = stands.account.state is State.DISCONNECTED
        return Step.ADD if none_left else Step.LOOK if there.turn in THEIRS else None
    if one.reader is Audience.SUPPORT:
        return there.step if there.turn is Owner.SUPPORT else None
    return there.step if there.turn in THEIRS else None


def _step_of_page(there: Situation, stands: Truth) -> Step | None:
    """Who opens the page is who signs in: unless that would be in vain, or was done."""
    waits = stands.account.state is State.AWAITING_SIGN_IN and not stands.card.held
    waits = waits or bool(stands.card.change)
    free = not stands.error or there.turn is Owner.USER
    return Step.SIGN_IN if waits and free else None


def _explains(there: Situation, stands: Truth, one: Said) -> bool:
    if (
        stands.verdict is None or there.step is Step.APPROVE
    ):  # an approval is asked for in our words
        return True
    sentence = for_audience(stands.verdict, one.reader).sentence
    return sentence in one.text or safe(sentence) in one.text


@every("name", PLAIN, ids=str)
def test_where_nothing_is_wrong_all_agree_about_what_is_next(name: str) -> None:
    assert problems(PLAIN[name]()) == []


def tried() -> list[tuple[str, Callable[[], Situation | None]]]:
    """Every kind of cause wherever it arises; in a hurry one in five."""
    return [*faulty()][:: 5 if in_a_hurry() else 1]


@every("name, make", tried, ids=lambda row: row[0])
def test_whatever_is_wrong_all_agree_about_what_is_next(
    name: str, make: Callable[[], Situation | None]
) -> None:
    there = make()
    assert there is None or problems(there) == []


# -- what changes later


def test_a_retest_that_fails_gives_the_turn_back() -> None:
    there = in_test(SENDING, observed(SENDING, {Where.SMTP}))
    bot, account = there.bot, there.account
    bot.fixes.said(account.id, CAROL)
    said = bot.now

    asked = replace(there, turn=Owner.MAILDESK, step=None)
    for minutes in (0, 4, 14, 29, 59):
        bot.live(said + timedelta(minutes=minutes) - bot.now)
        assert problems(asked) == [], minutes

    bot.live(timedelta(minutes=2))
    assert problems(there) == []


def test_nobody_is_reminded_of_what_we_test_again() -> None:
    bot = bot_with_on_call()
    there = in_test(SENDING, observed(SENDING, {Where.SMTP}))
    bot = there.bot
    with bot.store.transaction() as tx:
        due_at = tx.accounts.get(there.account.id).reminder.due_at
    bot.live(due_at - bot.now - timedelta(minutes=10))
    bot.fixes.said(there.account.id, CAROL)
    before = len(reminders(bot))

    bot.live(timedelta(minutes=20))
    assert len(reminders(bot)) == before

    bot.live(timedelta(minutes=50))
    assert len(reminders(bot)) == before + 1


def reminders(bot: FastBot) -> list[OutboxItem]:
    """The requests to show a reminder in the customer's channel."""
    return [item for item in bot.outbox(ACME) if item.notice == notices.REMINDER]


def test_a_change_that_was_agreed_to_or_withdrawn_is_nobodys_turn() -> None:
    there = PLAIN["live, new addresses"]()
    there.bot.accounts.withdraw_change(there.account.id, CAROL)
    assert problems(replace(there, turn=None, step=None)) == []

    there = PLAIN["live, new addresses"]()
    SITE.signed_in(there.bot, there.account)
    there.bot.run_due()
    assert problems(replace(there, turn=None, step=None)) == []


def test_a_passed_test_takes_no_turn_from_who_is_asked_about_addresses() -> None:
    there = PLAIN["live, new addresses"]()
    have_tested(there.bot, there.account)
    assert problems(there) == []


def test_the_result_in_the_thread_asks_for_nothing_that_is_done() -> None:
    there = PLAIN["unmapped, sure"]()
    bot = there.bot
    bot.run_due()
    result = [item for item in bot.outbox(ACME) if item.notice == notices.TEST_RESULT][-1]
    shown = in_slack("thread", Audience.CUSTOMER, bot.presenter.draw(result.notice, result.args))
    assert shown.steps == (Step.FOLDERS,)

    bot.clock.at += hours(1)
    bot.folders.accept(there.account.id, CAROL)

    redrawn = [item for item in bot.outbox(ACME) if item.key == result.key][-1]
    assert redrawn.created_at == bot.now, "it is drawn again"
    drawn = bot.presenter.draw(redrawn.notice, redrawn.args)
    assert in_slack("thread", Audience.CUSTOMER, drawn).steps == ()


def test_a_cause_that_on_call_notes_moves_the_turn_of_a_refused_sign_in() -> None:
    bot = bot_with_on_call()
    account = bot.account(State.AWAITING_SIGN_IN)
    SITE.signed_in(bot, account, Observation(**NEW_NUMBER))
    assert bot.read(account).owner is Owner.SUPPORT

    for owner, step in ((Owner.ON_CALL, None), (Owner.ADMINISTRATOR, Step.MEND)):
        bot.clock.at += hours(1)
        told = {"owner": owner, "permanence": "after-fix", "customer": LOOKED_AFTER}
        bot.noting.note(1, stand_of(bot), replace(MOVED, phrase="", **told), OMAR)
        bot.run_due()

        assert bot.read(account).owner is owner
        assert problems(Situation(bot, account, owner, step)) == []
    assert "signin.mended" not in bot.told(), "nothing is mended by being known"


def stand_of(bot: FastBot) -> str:
    """What is noted of the only reply, as its form carries it."""
    noted = bot.views.unexplained.reply(1).noted
    return noted.stand if noted else ""


def test_a_cause_that_a_release_has_no_more_is_read_out_of_what_was_seen(bot: FastBot) -> None:
    there = in_test(SENDING, observed(SENDING, {Where.SMTP}))
    error = truth(there.bot, there.account).error
    with there.bot.store.transaction() as tx:
        kept = tx.failures.get(error)
        kept.cause = "smtp-refused"
        kept.owner = Owner.SUPPORT
        tx.accounts.lock(there.account.id).owner = Owner.SUPPORT
        there.bot.clock.at += hours(2)

    assert meaning(there.bot, kept).cause == SENDING.id, "before anybody has looked"
    there.bot.run_due()

    assert problems(there) == []


def test_what_an_earlier_release_kept_without_newer_fields_is_read_too(bot: FastBot) -> None:
    failure = bot.failure(bot.account(State.LIVE))
    with bot.store.transaction() as tx:
        kept = tx.failures.get(failure.ref)
        kept.cause = "smtp-refused"
        kept.observation = {"where": "smtp", **SENDING_IS_OFF}

    assert meaning(bot, failure).cause == "smtp-auth-off-mailbox"


def test_a_doubtful_sign_in_is_supports_turn_until_it_is_over(bot: FastBot) -> None:
    there = PLAIN["held, doubtful"]()
    held = there.bot
    held.live(hours(8))
    assert [each.words for each in held.posted(DESK) if there.account.name in each.words][1:], (
        "support is reminded, who alone can answer"
    )

    held.accounts.renew_link(there.account.id, CAROL)

    assert problems(replace(there, turn=Owner.USER, step=Step.SIGN_IN, pages=[])) == []


def test_what_is_taken_off_the_list_is_asked_about_first() -> None:
    (block,) = [
        each
        for each in parts(plan_window(LISTED))
        if each.get("type") == "button" and "confirm" in each
    ]
    assert block["action_id"] == ActionId.OLD_TAKE_OFF
    assert "info@acme.example" in block["confirm"]["text"]["text"]
    assert problems_with("modal", plan_window(LISTED)) == []


def test_who_added_a_mailbox_is_not_taken_for_who_signs_in(bot: FastBot) -> None:
    bot.account(State.AWAITING_SIGN_IN, created_by_user=CAROL.user, name="Info")
    bot.live(days(1))

    (reminder,) = [each for each in bot.posted() if f"<@{CAROL.user}>" in each.words]
    found = in_slack("reminder", Audience.CUSTOMER, reminder)
    assert found.steps == (Step.SIGN_IN,)
    actions = [part.get("action_id") for part in parts(reminder.blocks)]
    assert ActionId.INVITE_OPEN in actions, "somebody else may have to sign in"
    assert filled_in("reminder.headline_added", found.text)
