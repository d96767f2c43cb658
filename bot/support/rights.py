"""Who may do what: one table, asked for everything that people do."""

from enum import StrEnum
from typing import Protocol

from bot.common import audit, ids
from bot.common.clock import Clock
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.views.accounts import AccountView
from bot.views.audience import Audience
from bot.views.customers import ChannelView
from bot.views.errors import ErrorCard
from bot.views.legacy import OldAccountView
from storage.database import Store

MAX_SUBJECT_LENGTH = 64
"""So much of what was typed as an ID is kept in the audit."""

QUOTED_AN_HOUR = 200
"""So many refusals of one person within an hour are kept with what they typed."""


class Role(StrEnum):
    """What somebody is to us, in a given channel."""

    SUPPORT = "support"
    ON_CALL = "on-call"
    COLLEAGUE = "colleague"
    CUSTOMER = "customer"
    GUEST = "guest"
    STRANGER = "stranger"


class Action(StrEnum):
    """What somebody may want."""

    SET_UP = "set-up"
    SEE = "see"
    ADD = "add"
    LIST_OLD = "list-old"
    CHANGE = "change"
    SIGN_IN = "sign-in"
    CONFIRM_ORGANISATION = "confirm-organisation"
    DISCONNECT = "disconnect"
    TEST = "test"
    MAP_FOLDERS = "map-folders"
    SNOOZE = "snooze"
    ASK_SUPPORT = "ask-support"
    ERROR = "error"
    ERROR_DETAILS = "error-details"
    ACKNOWLEDGE = "acknowledge"


_CUSTOMERS = frozenset(Action) - {Action.SET_UP, Action.ERROR_DETAILS, Action.ACKNOWLEDGE}

ALLOWED: dict[Role, frozenset[Action]] = {
    Role.SUPPORT: frozenset(Action),
    Role.ON_CALL: frozenset({Action.ERROR, Action.ERROR_DETAILS, Action.ACKNOWLEDGE}),
    Role.COLLEAGUE: frozenset({Action.SEE}),
    Role.CUSTOMER: _CUSTOMERS,
    Role.GUEST: _CUSTOMERS - {Action.CONFIRM_ORGANISATION, Action.DISCONNECT},
    Role.STRANGER: frozenset(),
}


OUTSIDE = (Role.ON_CALL, Role.STRANGER)
"""Who is not in the channel: of its accounts they are told nothing, engineers on call only what an
error means."""


class Directory(Protocol):
    """What Slack knows about people. Each call may take a second."""

    def vendor_team(self) -> str:
        """The id of the workspace where the app is installed."""
        ...

    def is_support(self, person: Person) -> bool:
        """Whether the person belongs to the vendor's support team."""
        ...

    def is_guest(self, person: Person) -> bool:
        """Whether the person is a guest of a workspace rather than a member."""
        ...

    def is_member(self, person: Person, channel_id: str) -> bool:
        """Whether the person is in the channel."""
        ...


class Rights:
    """Answers whether somebody may do something. A no is `Refused`, with a kind sentence."""

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
        """What `person` is in that channel."""
        if self._directory.is_support(person):
            return Role.SUPPORT
        if not self._directory.is_member(person, channel_id):
            return Role.ON_CALL if self.is_on_call(person) else Role.STRANGER
        if self._directory.is_guest(person):
            return Role.GUEST
        return Role.COLLEAGUE if person.team == self._directory.vendor_team() else Role.CUSTOMER

    def own_team(self) -> str:
        """The id of the vendor's own workspace."""
        return self._directory.vendor_team()

    def is_support(self, person: Person) -> bool:
        """Whether `person` belongs to the vendor's support team."""
        return self._directory.is_support(person)

    def is_on_call(self, person: Person) -> bool:
        """Whether `person` is in the alert channel."""
        return self._directory.is_member(person, self._alert_channel)

    def channel(self, person: Person, channel_id: str, action: Action) -> ChannelView:
        """The bound channel in which `person` may do `action`.

        Raises:
            Refused: the channel is not bound, or the person is not in it, or may not.
        """
        with self._store.transaction() as tx:
            channel = tx.channels.get(channel_id)
            if channel is None:
                raise Refused("refused.channel_not_bound")
            view = ChannelView.of(channel, tx.channels.customer(channel.customer_id))
        # Outside of the transaction: Slack may take a second to say who the person is
        self._allow(person, channel_id, action)
        return view

    def may(self, person: Person, channel_id: str, action: Action) -> bool:
        """Whether `person` may do `action` in a channel."""
        role = self.role(person, channel_id)
        return role not in OUTSIDE and action in ALLOWED[role]

    def account(self, person: Person, text: str, action: Action) -> AccountView:
        """The account with the ID `text`, to which `person` may do `action`.

        Raises:
            Refused: no such account, or not this person's to touch (the two read alike).
        """
        try:
            ref = ids.read_account_ref(text)
        except ids.NotAnId as error:
            raise Refused(
                "refused.account_slip" if error.slip else "refused.no_account", ref=text
            ) from None
        with self._store.transaction() as tx:
            account = tx.accounts.by_ref(ref)
        if account is None or self.role(person, account.channel_id) in OUTSIDE:
            raise Refused("refused.no_account", ref=text)
        self._allow(person, account.channel_id, action)
        return AccountView.of(account)

    def reminder(self, person: Person, reminder_id: int) -> int:
        """The id of a reminder of which `person` may put off everything it lists.

        Raises:
            Refused: no such reminder, or not this person's to put off.
        """
        with self._store.transaction() as tx:
            reminder = tx.reminders.get(reminder_id)
        if reminder is None:
            raise Refused("refused.nothing_to_snooze")
        if reminder.channel_id == self._support_channel:
            self.support(person)
        else:
            self.channel(person, reminder.channel_id, Action.SNOOZE)
        return reminder.id

    def old_account(self, person: Person, old_id: int) -> OldAccountView:
        """The old account with this id, whose plan `person` may change.

        Raises:
            Refused: no such old account, or not this person's to touch.
        """
        with self._store.transaction() as tx:
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
        subject = refused.values.get("ref", "")[:MAX_SUBJECT_LENGTH]
        now = self._clock.now()
        with self._store.transaction() as tx:
            known = tx.audit.refusals(person.team, person.user, now - audit.COUNTED_TOGETHER)
            if known >= QUOTED_AN_HOUR:
                subject = ""
                what = what.partition(" ")[0]
            audit.refuse(tx, person, what, subject, now, result=refused.sentence)

    def support(self, person: Person) -> None:
        """Only the support team.

        Raises:
            Refused: the person is not in it.
        """
        if not self._directory.is_support(person):
            raise Refused("refused.support_only")

    def on_call(self, person: Person) -> None:
        """The support team and whoever is in the alert channel.

        Raises:
            Refused: the person is neither.
        """
        if not (self.is_support(person) or self.is_on_call(person)):
            raise Refused("refused.on_call_only")

    def audience_of_error(self, person: Person, error: ErrorCard) -> Audience:
        """How much of an error `person` may see.

        Raises:
            Refused: nothing: it is somebody else's, or nobody's and the person is not ours.
        """
        if self.is_support(person) or self.is_on_call(person):
            return Audience.SUPPORT
        if error.account is None:
            raise Refused("refused.on_call_only")
        if Action.ERROR not in ALLOWED[self.role(person, error.account.channel_id)]:
            raise Refused("error.unknown", text=error.failure.ref)
        return Audience.CUSTOMER

    def _allow(self, person: Person, channel_id: str, action: Action) -> None:
        role = self.role(person, channel_id)
        if role in OUTSIDE:
            raise Refused("refused.not_in_channel")
        if action not in ALLOWED[role]:
            raise Refused("refused.role")
