"""Accounts in every state, and with every kind of fault wherever one can arise, each with a bot of
its own: what the property of the next step is tried on."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

import pytest

from bot.common.jobs import RunTest
from bot.common.people import MAILDESK
from bot.diagnosis.catalogue import Row
from bot.diagnosis.observation import Observation, Where
from bot.folders.service import FoldersUnavailable
from bot.lifecycle.states import Event
from bot.views.accounts import AccountView
from bot.views.audience import Audience
from bot.views.telling import for_audience
from handlers.cards.folders import unavailable
from storage.tables import Account
from storage.vocabulary import FolderRole, Loss, Owner, Permanence, State, StepId
from tests.support.fast import CAROL, FastBot, hours
from tests.support.next_step import Said, Step, in_slack
from tests.support.samples import seen
from tests.support.surfaces import ALERTS, OMAR, Website
from tests.support.values import ROWS

SITE = Website()
SIGN_IN = frozenset({Where.AUTHORIZE, Where.TOKEN, Where.IDENTITY, Where.NETWORK})
TOKEN = frozenset({Where.TOKEN, Where.NETWORK})
MAIL = {Where.SMTP: StepId.SMTP_AUTH, Where.IMAP: StepId.IMAP_AUTH, Where.NETWORK: StepId.IMAP_AUTH}


@dataclass(frozen=True)
class Situation:
    """An account, whose turn it ought to be (None: nobody's), and what that person does next (None
    where it is not a person's, or we look by ourselves); `pages` are what was read on the way."""

    bot: FastBot
    account: Account
    turn: Owner | None
    step: Step | None
    pages: list[Said] = field(default_factory=list)


Maker = Callable[[], Situation]


def bot_with_on_call() -> FastBot:
    """A bot whose alert channel has somebody in it."""
    bot = FastBot()
    bot.slack.members[ALERTS] = {OMAR.user}
    return bot


def have_tested(bot: FastBot, account: Account, round_trip: bool = False) -> None:
    """Somebody has the account tested, and the test is done; nothing else is."""
    with bot.store.transaction() as tx:
        begun = bot.checks.request(tx, tx.accounts.lock(account.id), CAROL, round_trip)
    bot.checks.run(RunTest(test_id=begun.id))


# -- without a fault


def _plain(state: State, turn: Owner | None, step: Step | None, **facts: object) -> Maker:
    def make() -> Situation:
        bot = bot_with_on_call()
        account = bot.account(state, created_by_user=CAROL.user, **facts)
        if state in (State.AWAITING_SIGN_IN, State.AWAITING_ADMIN):
            bot.link(account)
        return Situation(bot, account, turn, step)

    return make


def _without_link() -> Situation:
    bot = bot_with_on_call()
    return Situation(bot, bot.account(State.AWAITING_SIGN_IN), Owner.USER, Step.SIGN_IN)


def _left_open() -> Situation:
    """A sign-in was begun and did not come back."""
    bot = bot_with_on_call()
    account = bot.account(State.AWAITING_SIGN_IN)
    bot.go_to_microsoft(account)
    bot.pass_time(hours=2)
    return Situation(bot, account, Owner.USER, Step.SIGN_IN)


def _held(doubtful: bool) -> Maker:
    def make() -> Situation:
        bot = bot_with_on_call()
        bot.slack.members.setdefault("C0BORE", set()).add(CAROL.user)
        channel = bot.customer("Borealis", "C0BORE", domain="none")
        username = "a@evil.example" if doubtful else "a@borealis.example"
        account = bot.account(channel=channel, address="a@borealis.example", username=username)
        page = SITE.signed_in(bot, account)
        turn = Owner.SUPPORT if doubtful else Owner.USER
        return Situation(bot, account, turn, Step.CONFIRM, [page])

    return make


def _approved() -> Situation:
    """An administrator said on Microsoft's page that they approved."""
    bot = bot_with_on_call()
    account = bot.account(State.AWAITING_ADMIN)
    bot.link(account)
    address = bot.consent.link(account)
    answer = {"state": address.rpartition("state=")[2], "admin_consent": "True"}
    with bot.store.transaction() as tx:
        answer["tenant"] = tx.channels.customer(account.customer_id).tenant_id
    bot.consent.told(answer)
    return Situation(bot, account, Owner.USER, Step.SIGN_IN)


def _signed_in() -> Situation:
    bot = bot_with_on_call()
    account = bot.account(State.AWAITING_SIGN_IN)
    page = SITE.signed_in(bot, account)
    return Situation(bot, account, Owner.MAILDESK, None, [page])


def _folder_lost() -> Situation:
    bot = bot_with_on_call()
    account = bot.account(State.LIVE)
    with bot.store.transaction() as tx:
        tx.folders.mapped(account.id)[FolderRole.SENT].lost = Loss.GONE
        bot.lifecycle.transition(tx, tx.accounts.lock(account.id), Event.FOLDERS_LOST, MAILDESK)
    return Situation(bot, account, Owner.USER, Step.FOLDERS)


def _sure_folders() -> Situation:
    """A mailbox passed its test, and its folders leave no doubt."""
    bot = bot_with_on_call()
    account = bot.account(State.UNMAPPED)
    have_tested(bot, account, round_trip=True)
    return Situation(bot, account, Owner.USER, Step.FOLDERS)


def _handed_over(state: State, step: Step) -> Maker:
    """Every reminder went out, and support has it."""

    def make() -> Situation:
        bot = bot_with_on_call()
        account = bot.account(state)
        with bot.store.transaction() as tx:
            held = tx.accounts.lock(account.id)
            bot.lifecycle.hand_to_support(tx, held)
        return Situation(bot, account, Owner.SUPPORT, step)

    return make


def _new_addresses() -> Situation:
    """Its owner may sign in to agree to what somebody entered."""
    bot = bot_with_on_call()
    account = bot.account(State.LIVE, created_by_user=CAROL.user)
    new = "new@acme.example"
    form = replace(
        bot.accounts.form(account.id),
        sender_email=new,
        shared_mailbox=new,
        username=account.username,
    )
    bot.accounts.change(account.id, form, CAROL)
    return Situation(bot, account, Owner.USER, Step.SIGN_IN)


PLAIN: dict[str, Maker] = {
    "created": _plain(State.CREATED, Owner.MAILDESK, None),
    "awaiting sign-in": _plain(State.AWAITING_SIGN_IN, Owner.USER, Step.SIGN_IN),
    "awaiting sign-in, no link": _without_link,
    "a sign-in left open": _left_open,
    "awaiting the administrator": _plain(State.AWAITING_ADMIN, Owner.ADMINISTRATOR, Step.APPROVE),
    "approved": _approved,
    "held, evident": _held(False),
    "held, doubtful": _held(True),
    "testing": _plain(State.TESTING, Owner.MAILDESK, None),
    "signed in": _signed_in,
    "unmapped": _plain(State.UNMAPPED, Owner.USER, Step.FOLDERS),
    "unmapped, sure": _sure_folders,
    "a folder lost": _folder_lost,
    "failing, evidence gone": _plain(State.FAILING, Owner.USER, Step.TEST, owner=Owner.USER),
    "live": _plain(State.LIVE, None, None),
    "live, new addresses": _new_addresses,
    "disconnected": _plain(State.DISCONNECTED, None, None),
    "handed over, no sign-in": _handed_over(State.AWAITING_SIGN_IN, Step.INVITE),
    "handed over, no approval": _handed_over(State.AWAITING_ADMIN, Step.APPROVE),
    "handed over, unmapped": _handed_over(State.UNMAPPED, Step.FOLDERS),
}
"""Accounts at which nothing is wrong, by what is so."""


# -- with a fault


@dataclass(frozen=True)
class Kind:
    """Causes that are the same to whoever waits: by whose they are, whether trying again helps, and
    whether an approval mends them."""

    owner: Owner
    permanence: Permanence
    approval: bool

    @classmethod
    def of(cls, row: Row) -> "Kind":
        """The kind of a cause."""
        return cls(row.owner, row.permanence, row.approval)


def observed(row: Row, places: Collection[Where]) -> Observation | None:
    """What a server says that has this cause, in one of these places; other than to a message that
    is sent, which an ordinary test does not do."""
    made = (each for sample in row.samples for each in seen(row, sample))
    there = (each for each in made if each.where in places)
    return next((each for each in there if each.step != StepId.ROUNDTRIP), None)


def at_sign_in(row: Row, found: Observation) -> Situation:
    """The cause refuses a sign-in."""
    bot = bot_with_on_call()
    account = bot.account(State.AWAITING_SIGN_IN, created_by_user=CAROL.user)
    page = SITE.signed_in(bot, account, found)
    turn = turn_after_refusal(row)
    step = {
        Owner.USER: Step.SIGN_IN,
        Owner.ADMINISTRATOR: Step.APPROVE if row.approval else Step.MEND,
        Owner.SUPPORT: Step.MEND,
    }
    return Situation(bot, account, turn, step.get(turn), [page])


def turn_after_refusal(row: Row) -> Owner:
    """Whose turn it is after a sign-in that this cause refused: what passes by itself is tried again
    by who signed in."""
    passes = row.permanence is Permanence.RETRY
    return Owner.USER if passes else row.owner


def in_vain(row: Row, found: Observation) -> Situation | None:
    """The same again and again, although people did what we advise."""
    there = at_sign_in(row, found)
    if there.turn is not Owner.USER:
        return None
    pages: list[Said] = []
    for _ in range(3):
        there.bot.clock.at += hours(1)
        pages = [SITE.signed_in(there.bot, there.account, found)]
    if there.bot.read(there.account).owner is Owner.USER:
        return None  # nothing was advised that could be in vain
    return replace(there, turn=Owner.SUPPORT, step=Step.MEND, pages=pages)


def in_test(row: Row, found: Observation, state: State = State.LIVE) -> Situation:
    """The cause fails a connection test, of a mailbox that was live where nothing else is said."""
    bot = bot_with_on_call()
    account = bot.account(state, created_by_user=CAROL.user)
    if found.where in MAIL:
        step = StepId(found.step) if found.step in set(StepId) else MAIL[found.where]
        bot.mailbox(account).faults[step] = replace(found, step=step)
    else:
        bot.expire_token(account)
        bot.microsoft.outage = found
    have_tested(bot, account)
    bot.microsoft.outage = None
    return Situation(bot, account, row.owner, step_after_test(row))


def step_after_test(row: Row) -> Step | None:
    """What whose cause it is does about a failed test."""
    match row.owner:
        case Owner.ADMINISTRATOR if row.approval:
            return Step.APPROVE
        case Owner.USER if row.permanence is Permanence.SIGN_IN_AGAIN:
            return Step.SIGN_IN
        case Owner.USER | Owner.ADMINISTRATOR | Owner.SUPPORT:
            return Step.MEND
        case _:
            return None


def in_first_test(row: Row, found: Observation) -> Situation:
    """The cause fails the first test of a mailbox."""
    return in_test(row, found, State.UNMAPPED)


def reported(row: Row, found: Observation) -> Situation | None:
    """Somebody said that it is changed, and we look whether that shows."""
    if row.permanence is not Permanence.AFTER_FIX or row.owner in (Owner.ON_CALL, Owner.MICROSOFT):
        return None
    there = in_test(row, found)
    there.bot.fixes.said(there.account.id, CAROL)
    return replace(there, turn=Owner.MAILDESK, step=None)


def in_folders(row: Row, found: Observation) -> Situation | None:
    """The cause keeps somebody from mapping the folders, who is told so in the window."""
    if row.permanence is Permanence.RETRY or row.owner is Owner.ON_CALL:
        return None  # we look at it by ourselves first, and they try again
    bot = bot_with_on_call()
    account = bot.account(State.UNMAPPED, created_by_user=CAROL.user)
    step = StepId.IMAP_FOLDERS
    bot.mailbox(account).faults[step] = replace(found, step=step)
    with pytest.raises(FoldersUnavailable) as refused:
        bot.folders.fetch(account.id)
    recorded = refused.value.recorded
    told = for_audience(recorded.verdict, Audience.CUSTOMER)
    drawn = unavailable(AccountView.of(account), told, recorded.failure.ref)
    window = in_slack("folders window", Audience.CUSTOMER, drawn)
    bot.run_due()
    bot.pass_time(minutes=1.5)  # the bot looks once more before it believes it
    return Situation(bot, account, row.owner, step_after_test(row), [window])


PLACES: dict[str, tuple[Collection[Where], Callable[[Row, Observation], Situation | None]]] = {
    "sign-in": (SIGN_IN, at_sign_in),
    "sign-in in vain": (SIGN_IN, in_vain),
    "first test, mail": (MAIL, in_first_test),
    "first test, token": (TOKEN, in_first_test),
    "live, mail": (MAIL, in_test),
    "live, token": (TOKEN, in_test),
    "folders": ({Where.IMAP}, in_folders),
    "reported, mail": (MAIL, reported),
    "reported, token": (TOKEN, reported),
}
"""Where a cause can arise: what is seen there, and how it comes to that."""


def faulty() -> Iterator[tuple[str, Callable[[], Situation | None]]]:
    """For every kind of cause and every place where it can arise: one of its rows, and how an
    account comes there."""
    for place, (where, make) in PLACES.items():
        found: dict[Kind, tuple[Row, Observation]] = {}
        for row in ROWS.rows.values():
            one = observed(row, where)
            if one is not None and Kind.of(row) not in found and ROWS.explain(one).cause == row.id:
                found[Kind.of(row)] = (row, one)
        for row, one in found.values():
            yield f"{place}: {row.id}", partial(make, row, one)
