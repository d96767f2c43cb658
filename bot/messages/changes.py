"""What the vendor's product is to hear of: each change is kept in the transaction that makes it,
with how things stand at its end."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol

import structlog

from bot.common.clock import Clock
from storage.change_statuses import ChangeKind
from storage.changes import NewChange
from storage.database import Transaction
from storage.tables import Account, Incident
from storage.vocabulary import State

log = structlog.get_logger(__name__)

Facts = Mapping[str, Any]
"""What is told beside the account, as JSON."""

NOTHING: Facts = {}


class Snapshots(Protocol):
    """How things stand, as the product reads it."""

    def account(self, tx: Transaction, account: Account) -> dict[str, Any]:
        """An account as it stands in the transaction."""
        ...

    def folders(self, tx: Transaction, account: Account) -> list[dict[str, Any]]:
        """The account's mapped folders as they are in the transaction."""
        ...

    def incident(self, tx: Transaction, incident: Incident) -> dict[str, Any]:
        """An incident as it stands in the transaction, without the accounts in it."""
        ...


class Changes:
    """Keeps changes. Whoever calls holds the row of what changes, so that changes of one account,
    or incident, are kept in the order in which they happen."""

    def __init__(self, clock: Clock, snapshots: Snapshots, wanted: bool) -> None:
        """`wanted`: there is a product that they are sent to; else they are only listed."""
        self._clock = clock
        self._snapshots = snapshots
        self._wanted = wanted

    def of_account(
        self,
        tx: Transaction,
        account: Account,
        kind: ChangeKind,
        previous: Facts = NOTHING,
        facts: Facts = NOTHING,
    ) -> None:
        """An account changed. `previous`: what it had until now, by the names of the account's
        members; of several changes of a kind in one transaction the first says it. `facts`: what
        else is told."""

        def data() -> dict[str, Any]:
            told = {"account": self._snapshots.account(tx, account), "previous": dict(previous)}
            return told | dict(facts)

        def keep() -> None:
            told = self._safely(data, kind, {"account": {"ref": account.ref}})
            new = NewChange(kind, f"account:{account.ref}", told, account)
            tx.changes.add(new, self._clock.now(), self._wanted)

        tx.at_end((kind, account.id), keep)

    def moved(self, tx: Transaction, account: Account, before: State, to: State) -> None:
        """An account went from one state to another; what lies in between two tests is not told."""
        if to is before:
            return
        kind = self._kind(tx, account, before, to)
        if kind is not None:
            self.of_account(tx, account, kind, {"state": before.value})

    def folders_change(self, tx: Transaction, account: Account) -> None:
        """The account's mapped folders are about to change in this transaction."""
        before = self._snapshots.folders(tx, account)
        self.of_account(tx, account, ChangeKind.FOLDERS_CHANGED, {"folders": before})

    def of_incident(
        self,
        tx: Transaction,
        incident: Incident,
        kind: ChangeKind,
        accounts: Callable[[], Collection[int]],
    ) -> None:
        """An incident began or ended. `accounts` are in it, or were, at the transaction's end."""

        def data() -> dict[str, Any]:
            return {"incident": self._snapshots.incident(tx, incident)}

        def keep() -> None:
            told = self._safely(data, kind, {"incident": {}})
            new = NewChange(
                kind, f"incident:{incident.id}", told, mentions=tx.accounts.several([*accounts()])
            )
            tx.changes.add(new, self._clock.now(), self._wanted)

        tx.at_end((kind, "incident", incident.id), keep)

    def _kind(
        self, tx: Transaction, account: Account, before: State, to: State
    ) -> ChangeKind | None:
        match to:
            case State.LIVE:
                told = tx.changes.last_standing(account.id)
                mended = before is State.BROKEN or told is ChangeKind.BROKEN
                return ChangeKind.MENDED if mended else ChangeKind.LIVE
            case State.BROKEN:
                return ChangeKind.BROKEN
            case State.DISCONNECTED:
                return ChangeKind.DISCONNECTED
            case _:
                return None

    def _safely(
        self, data: Callable[[], dict[str, Any]], kind: ChangeKind, least: dict[str, Any]
    ) -> dict[str, Any]:
        """What is told; of what cannot be put in words the `least`. What happened to an account
        must not be undone because the product cannot be told all of it."""
        try:
            return data()
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            log.exception("change.not_in_words", kind=kind)
            return least
