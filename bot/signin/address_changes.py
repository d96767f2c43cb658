"""Other addresses for an account that is connected: somebody asks for them, and they are its own
once the person who connected it agrees by signing in again.

A grant opens a mailbox and sends as somebody. Whoever may change an account must not be able to
turn another person's grant to a mailbox which that person never agreed to have opened."""

from bot.common.addresses import Addresses
from bot.common.clock import Clock
from bot.common.mail_addresses import shown
from bot.common.people import Person
from bot.diagnosis.observation import Condition
from bot.lifecycle.service import Lifecycle
from bot.messages import notices
from bot.microsoft.identity import Identity, IdentityRefused
from bot.signin.links import Links
from storage.database import Transaction
from storage.tables import Account, AddressChange
from storage.vocabulary import Owner, State


class AddressChanges:
    """Keeps changes of addresses until their owner agrees."""

    def __init__(self, clock: Clock, lifecycle: Lifecycle, links: Links) -> None:
        self._clock = clock
        self._lifecycle = lifecycle
        self._links = links

    def ask(self, tx: Transaction, account: Account, wanted: Addresses, by: Person) -> None:
        """`by` wants a connected account to have these addresses: a login link by which its owner
        agrees takes the place of earlier ones. What it has already ends an earlier change."""
        asked = tx.signins.change(account.id)
        there = Addresses.of(account)
        if wanted == (Addresses.of(asked) if asked else there):
            return
        if wanted == there:
            self.withdraw(tx, account, by)
            return
        now = self._clock.now()
        change = AddressChange(
            account_id=account.id,
            sender_email=wanted.sender_email,
            username=wanted.username,
            shared_mailbox=wanted.shared_mailbox,
            aliases=wanted.aliases,
            asked_at=now,
            asked_by_team=by.team,
            asked_by_user=by.user,
        )
        tx.signins.ask_change(change)
        _turn(account, Owner.USER)
        self._links.make(tx, account, by)
        told = before_and_after(there.changes(wanted))
        self._lifecycle.audit(tx, by, "change.asked", account, **told)
        notices.note(tx, account, "change.asked", now, upn=shown(account.signed_in_as))

    def withdraw(self, tx: Transaction, account: Account, by: Person) -> None:
        """Leave a connected account as it is: a change that waits, and its link, end."""
        if tx.signins.change(account.id) is None:
            return
        now = self._clock.now()
        tx.signins.drop_change(account.id)
        _turn(account, Owner.MAILDESK)
        tx.signins.revoke_tickets(account.id, now)
        self._lifecycle.audit(tx, by, "change.withdrawn", account)
        notices.note(tx, account, "change.withdrawn", now)

    def check(self, tx: Transaction, account: Account, identity: Identity) -> None:
        """Whether who signs in is who the change names as the account's person. That they are the
        one who connected it is checked elsewhere.

        Raises:
            IdentityRefused: the change is for another name of theirs, or for somebody else.
        """
        change = tx.signins.change(account.id)
        if change is None:
            return
        wanted = Addresses.of(change)
        renamed = wanted.own_names != Addresses.of(account).own_names
        if renamed and not wanted.names(identity.upn):
            raise IdentityRefused(
                Condition.OTHER_ACCOUNT, "another name than the change's", identity.upn
            )

    def agreed(self, tx: Transaction, account: Account, identity: Identity) -> None:
        """The account's owner has signed in, having read what is new: it is the account's now,
        unless the customer has another account of its address by now."""
        change = tx.signins.change(account.id)
        if change is None:
            return
        now = self._clock.now()
        tx.signins.drop_change(account.id)
        _turn(account, Owner.MAILDESK)
        other = tx.accounts.with_address(account.customer_id, change.sender_email)
        if other is not None and other.id != account.id:
            taken = shown(change.sender_email)
            notices.note(tx, account, "change.address_taken", now, address=taken)
            return
        wanted = Addresses.of(change)
        by = Person(change.asked_by_team, change.asked_by_user)
        changes = Addresses.of(account).changes(wanted)
        give(account, wanted)
        self._lifecycle.renamed(tx, by, account, changes, agreed_by=identity.upn)
        notices.note(tx, account, "change.agreed", now, upn=shown(identity.upn))


def give(account: Account, addresses: Addresses) -> None:
    """Let an account have these addresses."""
    account.sender_email = addresses.sender_email
    account.username = addresses.username
    account.shared_mailbox = addresses.shared_mailbox
    account.aliases = addresses.aliases
    if account.address_key is not None:  # one that is disconnected leaves its address to others
        account.address_key = addresses.sender_email.lower()


def before_and_after(changes: dict[str, tuple[str, str]]) -> dict[str, str]:
    """Each changed field as the audit keeps it."""
    return {field: f"{before} → {after}" for field, (before, after) in changes.items()}


def _turn(account: Account, owner: Owner) -> None:
    """Whose turn it is, where nothing else is to do at the account."""
    if account.state is State.LIVE:
        account.owner = owner
