"""Who may do what: one table, asked for everything that people do."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.common import audit, ids
from bot.common.clock import Clock
from bot.common.people import Person, Profile
from bot.common.refusals import Refused, SlackBusy
from bot.support.directory import Directory
from bot.views.accounts import AccountView
from bot.views.audience import Audience
from bot.views.audience import Role as Role
from bot.views.customers import ChannelView, Circle
from bot.views.errors import ErrorCard
from bot.views.legacy import OldAccountView
from storage.bindings import Binding
from storage.database import Store
from storage.vocabulary import CustomersAre

MAX_SUBJECT_LENGTH = 64
"""So much of what was typed as an ID is kept in the audit."""

QUOTED_AN_HOUR = 200
"""So many refusals of one person within an hour are kept with what they typed."""


class Action(StrEnum):
    """What somebody may want."""

    SET_UP = "set-up"
    SEE = "see"
    ADD = "add"
    LIST_OLD = "list-old"
    CHANGE = "change"
    CHANGE_ADDRESSES = "change-addresses"
    SIGN_IN = "sign-in"
    CONFIRM_ORGANISATION = "confirm-organisation"
    DISCONNECT = "disconnect"
    TEST = "test"
    MAP_FOLDERS = "map-folders"
    SNOOZE = "snooze"
    ASK_SUPPORT = "ask-support"
    ERROR = "error"
    ERROR_DETAILS = "error-details"
    TIMELINE = "timeline"
    ACKNOWLEDGE = "acknowledge"


_OURS = frozenset({Action.ERROR_DETAILS, Action.TIMELINE, Action.ACKNOWLEDGE})
"""What support and engineers on call do, wherever the account is."""

_CUSTOMERS = frozenset(Action) - _OURS - {Action.SET_UP}

_MEMBERS = {Action.CHANGE_ADDRESSES, Action.CONFIRM_ORGANISATION, Action.DISCONNECT}
"""What a guest may not do: whose mailbox is opened, and whether it is."""

ALLOWED: dict[Role, frozenset[Action]] = {
    Role.SUPPORT: frozenset(Action),
    Role.ON_CALL: _OURS | {Action.ERROR},
    Role.COLLEAGUE: frozenset({Action.SEE}),
    Role.CUSTOMER: _CUSTOMERS,
    Role.GUEST: _CUSTOMERS - _MEMBERS,
    Role.STRANGER: frozenset(),
}


READS = frozenset({Action.SEE, Action.ERROR, Action.TIMELINE})
"""What changes nothing: for it, what Slack said a moment ago is good enough."""

OUTSIDE = (Role.ON_CALL, Role.STRANGER)
"""Who is not in the channel: of its accounts they are told nothing, engineers on call only what an
error means and what happened to an account."""


@dataclass(frozen=True)
class Standing:
    """What somebody is in a channel. Not `sure`: Slack does not say enough of them, and this is the
    least that they can be."""

    role: Role
    sure: bool = True


class Rights:
    """Answers whether somebody may do something. A no is `Refused`, with a kind sentence; where
    Slack, which knows who is where, does not answer, it is `SlackBusy`.

    Whatever changes something is allowed by what Slack says now: who left a channel a moment ago
    does nothing there any more.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        directory: Directory,
        support_channel: str,
        alert_channel: str,
    ) -> None:
        self._store = store
        self._clock = clock
        self._directory = directory
        self._support_channel = support_channel
        self._alert_channel = alert_channel

    def role(self, person: Person, channel_id: str) -> Role:
        """What `person` is told they are in that channel: of nobody it is guessed that they are a
        guest."""
        circle = self._circle(channel_id)
        return _told(self._standing(person, channel_id, circle, afresh=False))

    def role_of_reader(self, person: Person, channel_id: str) -> Role:
        """The same of somebody who may read what a channel offers.

        Raises:
            Refused: the person is not of the support team, and the channel is bound to no customer
                or they are not in it.
        """
        try:
            _, standing = self._allowed(person, channel_id, Action.SEE)
        except Refused:
            if self.is_support(person):
                return Role.SUPPORT
            raise
        return _told(standing)

    def own_team(self) -> str:
        """The ID of the vendor's own workspace."""
        return self._directory.vendor_team()

    def link_to(self, channel_id: str, ts: str) -> str:
        """The address of a message; empty where Slack does not say it."""
        return self._directory.link_to(channel_id, ts)

    def zone_of(self, person: Person) -> str:
        """The name of the person's time zone; empty where Slack does not say it."""
        profile = self._directory.profile(person)
        return profile.zone if profile else ""

    def is_support(self, person: Person) -> bool:
        """Whether `person` belongs to the vendor's support team, as far as looking is concerned."""
        return self._directory.is_support(person)

    def acts_as_support(self, person: Person) -> bool:
        """Whether `person` belongs to the vendor's support team, as Slack says now: for what they
        change."""
        return self._directory.is_support(person, afresh=True)

    def is_on_call(self, person: Person) -> bool:
        """Whether `person` is in the alert channel, as far as looking is concerned."""
        return self._directory.is_member(person, self._alert_channel)

    def is_customers(self, person: Person, channel_id: str) -> bool:
        """Whether `person`, who did something in a channel once, did it as one of its customers."""
        if self._directory.is_support(person):
            return False
        everybody = self._circle(channel_id).customers_are is CustomersAre.EVERYBODY
        return everybody or self._directory.is_ours(person) is False

    def channel(self, person: Person, channel_id: str, action: Action) -> ChannelView:
        """The bound channel in which `person` may do `action`.

        Raises:
            Refused: the channel is not bound, or closed, or its customer was offboarded, or the
                person is not in it, or may not.
        """
        place, _ = self._allowed(person, channel_id, action)
        return place

    def may(self, person: Person, channel_id: str, action: Action) -> bool:
        """Whether `person` may do `action` in a channel."""
        try:
            self.channel(person, channel_id, action)
        except Refused:
            return False
        return True

    def among(
        self, person: Person, accounts: Sequence[AccountView], action: Action
    ) -> list[AccountView]:
        """Those of the accounts to which `person` may do `action`."""
        channels = {each.channel_id for each in accounts}  # once each: Slack is slow to say
        allowed = {each for each in channels if self.may(person, each, action)}
        return [each for each in accounts if each.channel_id in allowed]

    def account(self, person: Person, text: str, action: Action) -> AccountView:
        """The account with the ID `text`, to which `person` may do `action`.

        Raises:
            Refused: no such account, or not this person's to touch (the two read alike).
        """
        looks_back = action is Action.TIMELINE
        if looks_back:
            self.support(person, action)
        try:
            ref = ids.read_account_ref(text)
        except ids.NotAnId as error:
            raise Refused(
                "refused.account_slip" if error.slip else "refused.no_account", ref=text
            ) from None
        unknown = Refused("refused.no_account", ref=text)
        with self._store.reading() as tx:
            account = tx.accounts.by_ref(ref)
            place = _bound(tx.channels.binding(account.channel_id)) if account else None
        if account is None or (place is None and not looks_back):
            raise unknown
        if place is not None and not looks_back:
            self._allow(person, place, action, unknown)
        return AccountView.of(account)

    def reminder(self, person: Person, reminder_id: int) -> int:
        """The id of a reminder of which `person` may put off everything it lists.

        Raises:
            Refused: no such reminder, or not this person's to put off.
        """
        with self._store.reading() as tx:
            reminder = tx.reminders.get(reminder_id)
        if reminder is None:
            raise Refused("refused.nothing_to_snooze")
        if reminder.channel_id == self._support_channel:
            self.support(person)
        else:
            self.channel(person, reminder.channel_id, Action.SNOOZE)
        return reminder.id

    def own_request(self, person: Person, request_id: int) -> int:
        """The id of a request for help that `person`, as one of the customer's, may comment on and
        take back.

        Raises:
            Refused: no such request, or not this person's to touch.
        """
        with self._store.reading() as tx:
            request = tx.requests.find(request_id)
        unknown = Refused("help_request.gone")
        if request is None:
            raise unknown
        if not request.channel_id:  # about an error of nobody's, asked for in a window
            if (request.asked_by_team, request.asked_by_user) != (person.team, person.user):
                raise unknown
            return request.id
        self.channel(person, request.channel_id, Action.ASK_SUPPORT)
        return request.id

    def old_account(self, person: Person, old_id: int) -> OldAccountView:
        """The old account with this id, whose plan `person` may change.

        Raises:
            Refused: no such old account, or not this person's to touch.
        """
        with self._store.reading() as tx:
            old = tx.legacy.get(old_id)
        if old is None:
            raise Refused("old.gone")
        self.channel(person, old.channel_id, Action.LIST_OLD)
        return OldAccountView.of(old)

    def draft(self, person: Person, draft_id: int) -> int:
        """The id of a list in the making that `person` may go on with.

        Raises:
            Refused: it was taken or forgotten, or is not this person's to touch.
        """
        with self._store.transaction() as tx:
            draft = tx.legacy.draft(draft_id)
        if draft is None:
            raise Refused("old.draft_gone")
        self.channel(person, draft.channel_id, Action.LIST_OLD)
        return draft.id

    def batch(self, person: Person, batch_id: int) -> int:
        """The id of a batch of new accounts that `person` may stop.

        Raises:
            Refused: no such batch, or not this person's to stop.
        """
        with self._store.transaction() as tx:
            batch = tx.legacy.batch(batch_id)
        if batch is None:
            raise Refused("old.gone")
        self.channel(person, batch.channel_id, Action.ADD)
        return batch.id

    def keep_refusal(self, person: Person, what: str, refused: Refused) -> None:
        """Keep in the audit that `person` was refused `what`. Who was refused many things within
        the hour is no longer quoted, so that guessed IDs are counted and not listed."""
        subject = str(refused.values.get("ref", ""))[:MAX_SUBJECT_LENGTH]
        now = self._clock.now()
        with self._store.transaction() as tx:
            known = tx.audit.refusals(person.team, person.user, now - audit.COUNTED_TOGETHER)
            if known >= QUOTED_AN_HOUR:
                subject = ""
                what = what.partition(" ")[0]
            audit.refuse(tx, person, what, subject, now, result=refused.sentence)

    def support(self, person: Person, action: Action = Action.SET_UP) -> None:
        """Only the support team and, to look back, engineers on call; `action` says whether the
        person only looks.

        Raises:
            Refused: the person is not one of them.
        """
        looks_back = action is Action.TIMELINE and self.is_on_call(person)
        if not looks_back and not self._directory.is_support(person, action not in READS):
            raise Refused("refused.support_only")

    def on_call(self, person: Person) -> None:
        """The support team and whoever is in the alert channel.

        Raises:
            Refused: the person is neither.
        """
        if self._directory.is_support(person, afresh=True):
            return
        if not self._directory.is_member(person, self._alert_channel, afresh=True):
            raise Refused("refused.on_call_only")

    def looks_back(self, person: Person) -> bool:
        """Whether `person` may see everything that happened to an account."""
        return self.is_support(person) or self.is_on_call(person)

    def audience_of_error(self, person: Person, error: ErrorCard) -> Audience:
        """How much of an error `person` may see.

        Raises:
            Refused: nothing: it is somebody else's, or nobody's and the person is not ours.
        """
        if self.is_support(person) or self.is_on_call(person):
            return Audience.SUPPORT
        if error.account is None:
            raise Refused("refused.on_call_only")
        place = _bound(self._store.binding(error.account.channel_id))
        if place is None or Action.ERROR not in ALLOWED[self.role(person, place.id)]:
            raise Refused("error.unknown", text=error.failure.ref)
        if place.closed:
            raise Refused("refused.channel_closed")
        return Audience.CUSTOMER

    def _allowed(
        self, person: Person, channel_id: str, action: Action
    ) -> tuple[ChannelView, Standing]:
        """The bound channel in which `person` may do `action`, and what they are there."""
        place = _bound(self._store.binding(channel_id))
        if place is None:
            raise Refused("refused.channel_not_bound")
        return place, self._allow(person, place, action, Refused("refused.not_in_channel"))

    def _allow(
        self, person: Person, place: ChannelView, action: Action, outside: Refused
    ) -> Standing:
        """What `person` is in a channel; what they may not do there is refused, with `outside` if
        they are not in it."""
        standing = self._standing(person, place.id, place.circle, action not in READS)
        role = standing.role
        if role in OUTSIDE:
            raise outside
        if place.ended and not (role is Role.SUPPORT and action in READS):
            raise Refused("refused.customer_ended")
        if place.closed and role is not Role.SUPPORT:
            raise Refused("refused.channel_closed")
        if action not in ALLOWED[role]:
            raise Refused(_no_to(role)) if standing.sure else SlackBusy()
        if action is Action.CONFIRM_ORGANISATION and role is not Role.SUPPORT:
            self._require_own_team(person, place.circle)
        return standing

    def _require_own_team(self, person: Person, circle: Circle) -> None:
        """Whose Microsoft 365 organisation is the customer's, the customer's own people say: others
        can be invited into a channel by anybody in it."""
        if not circle.teams:
            raise Refused("refused.teams_unknown")
        profile = self._directory.profile(person)
        if not circle.teams & (profile.teams if profile else {person.team}):
            raise Refused("refused.other_workspace")

    def _standing(self, person: Person, channel_id: str, circle: Circle, afresh: bool) -> Standing:
        directory = self._directory
        if directory.is_support(person, afresh):
            return Standing(Role.SUPPORT)
        if not directory.is_member(person, channel_id, afresh):
            on_call = directory.is_member(person, self._alert_channel, afresh)
            return Standing(Role.ON_CALL if on_call else Role.STRANGER)
        profile = directory.profile(person, afresh)
        if circle.customers_are is CustomersAre.EVERYBODY:
            ours: bool | None = False
        else:
            ours = directory.is_ours(person)
        return _inside(ours, profile)

    def _circle(self, channel_id: str) -> Circle:
        place = _bound(self._store.binding(channel_id))
        return place.circle if place else Circle()


def _no_to(role: Role) -> str:
    """The sentence for who may not: a guest of the customer's is told whom to ask."""
    return "refused.guest" if role is Role.GUEST else "refused.role"


def _inside(ours: bool | None, profile: Profile | None) -> Standing:
    """What somebody is who is in the channel and not of the support team; `ours`: of the vendor's
    organisation, where that makes no customer. What Slack does not say gives nobody more: people of
    ours are then colleagues, and others guests."""
    if ours is None:
        return Standing(Role.COLLEAGUE, sure=False)
    if profile is None:
        return Standing(Role.COLLEAGUE if ours else Role.GUEST, sure=False)
    if profile.is_guest:
        return Standing(Role.GUEST)
    return Standing(Role.COLLEAGUE if ours else Role.CUSTOMER)


def _told(standing: Standing) -> Role:
    """What somebody is told they are: of nobody it is guessed that they are a guest."""
    guessed = standing.role is Role.GUEST and not standing.sure
    return Role.CUSTOMER if guessed else standing.role


def _bound(known: Binding | None) -> ChannelView | None:
    return None if known is None else ChannelView.bound(known)
