"""Accounts in every state, and with every kind of fault wherever one can arise, each with a bot of
its own: what the property of the next step is tried on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from bot.common.jobs import CheckAccount
from bot.diagnosis.catalogue import Row
from bot.diagnosis.observation import Observation, Where
from storage.tables import Account
from storage.vocabulary import FolderRole, Loss, Owner, Permanence, State, StepId
from tests.support.fast import CAROL, FastBot
from tests.support.next_step import Said, Step
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
    bot.mailbox(account).folders = bot.mailbox(account).folders[:1]
    bot.checks.check(CheckAccount(account_id=account.id))
    bot.run_due()
    return Situation(bot, account, Owner.USER, Step.FOLDERS)


def _sure_folders() -> Situation:
    """A mailbox passed its test, and its folders leave no doubt."""
    bot = bot_with_on_call()
    account = bot.account(State.UNMAPPED)
    bot.checks.start(account.id, CAROL, round_trip=True)
    bot.run_due()
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


def _change_waits() -> Situation:
    """Other addresses of a live mailbox wait for its owner."""
    bot = bot_with_on_call()
    account = bot.account(State.LIVE)
    return Situation(bot, account, None, None)


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
    "disconnected": _plain(State.DISCONNECTED, None, None),
    "handed over, no sign-in": _handed_over(State.AWAITING_SIGN_IN, Step.INVITE),
    "handed over, no approval": _handed_over(State.AWAITING_ADMIN, Step.APPROVE),
    "handed over, unmapped": _handed_over(State.UNMAPPED, Step.FOLDERS),
}
"""Accounts at which nothing is wrong, by what is so."""


# -- with a fault


def kinds() -> dict[str, Row]:
    """A row of the catalogue for every kind of cause: by whose it is, whether trying again helps,
    whether an approval mends it, and where it is met."""
    found: dict[str, Row] = {}
    for row in ROWS.rows.values():
        approval = ", approval" if row.approval else ""
        for where in row.where:
            kind = f"{row.owner}, {row.permanence}{approval}, {_place(where)}"
            found.setdefault(kind, row)
    return found


def _place(where: Where) -> str:
    return "sign-in" if where in (Where.AUTHORIZE, Where.TOKEN) else where.value


def observed(row: Row, *places: Where) -> Observation | None:
    """What a server says that has this cause, in one of those places."""
    for sample in row.samples:
        for each in seen(row, sample):
            if each.where in places:
                return each
    return None


def turn_after_refusal(row: Row) -> Owner:
    """Whose turn it is after a sign-in that this cause refused: what passes by itself is tried again
    by who signed in."""
    if row.owner is Owner.ADMINISTRATOR:
        return row.owner
    ours = row.owner in (Owner.SUPPORT, Owner.ON_CALL)
    return row.owner if ours and row.permanence is not Permanence.RETRY else Owner.USER


def at_sign_in(row: Row) -> Situation | None:
    """The cause refuses a sign-in."""
    found = observed(row, *SIGN_IN)
    if found is None:
        return None
    bot = bot_with_on_call()
    account = bot.account(State.AWAITING_SIGN_IN, created_by_user=CAROL.user)
    page = SITE.signed_in(bot, account, found)
    bot.run_due()
    turn = turn_after_refusal(row)
    return Situation(bot, account, turn, _step_after_refusal(row, turn), [page])


def _step_after_refusal(row: Row, turn: Owner) -> Step | None:
    match turn:
        case Owner.USER:
            return Step.SIGN_IN
        case Owner.ADMINISTRATOR:
            return Step.APPROVE if row.approval else Step.MEND
        case Owner.SUPPORT:
            return Step.MEND
        case _:
            return None


def in_test(row: Row, was_live: bool) -> Situation | None:
    """The cause fails a connection test: of a mailbox that was live, or that never worked."""
    found = observed(row, *MAIL) or observed(row, *TOKEN)
    if found is None:
        return None
    bot = bot_with_on_call()
    account = bot.account(State.LIVE if was_live else State.UNMAPPED, created_by_user=CAROL.user)
    if found.where in MAIL:
        step = MAIL[found.where]
        if found.step in set(StepId):
            step = StepId(found.step)
        bot.mailbox(account).faults[step] = replace(found, step=step)
    else:
        bot.expire_token(account)
        bot.microsoft.outage = found
    bot.checks.start(account.id, CAROL)
    bot.run_due()
    bot.microsoft.outage = None
    return Situation(bot, account, row.owner, step_of(row))


def step_of(row: Row) -> Step | None:
    """What whose cause it is does about a failed test."""
    match row.owner:
        case Owner.USER if row.permanence is Permanence.SIGN_IN_AGAIN:
            return Step.SIGN_IN
        case Owner.USER | Owner.ADMINISTRATOR | Owner.SUPPORT:
            return Step.MEND
        case _:
            return None


def reported(row: Row) -> Situation | None:
    """Somebody said that it is changed, and we look whether that shows."""
    there = in_test(row, was_live=True)
    if there is None or row.permanence is not Permanence.AFTER_FIX or there.step is None:
        return None
    there.bot.fixes.said(there.account.id, CAROL)
    return replace(there, step=None)


def in_vain(row: Row) -> Situation | None:
    """A sign-in that was refused again and again, although people did what we advise."""
    there = at_sign_in(row)
    if there is None or there.turn is not Owner.USER:
        return None
    pages = there.pages
    found = observed(row, *SIGN_IN)
    for _ in range(3):
        there.bot.pass_time(hours=1)
        pages = [SITE.signed_in(there.bot, there.account, found)]
    there.bot.run_due()
    if there.bot.read(there.account).owner is not Owner.SUPPORT:
        return None
    return replace(there, turn=Owner.SUPPORT, step=Step.MEND, pages=pages)


def faulty(row: Row) -> Iterator[tuple[str, Situation]]:
    """An account with this cause wherever it can arise."""
    made = {
        "sign-in": at_sign_in(row),
        "first test": in_test(row, was_live=False),
        "broken": in_test(row, was_live=True),
        "reported": reported(row),
        "in vain": in_vain(row),
    }
    yield from ((place, there) for place, there in made.items() if there is not None)
