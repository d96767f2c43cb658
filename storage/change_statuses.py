"""The kinds of changes that the vendor's product hears of, and how far one is on its way there."""

from enum import StrEnum

from storage.statuses import Transitions


class ChangeKind(StrEnum):
    """What changed, as the product reads it."""

    CREATED = "account.created"
    CONNECTED = "account.connected"
    LIVE = "account.live"
    BROKEN = "account.broken"
    MENDED = "account.mended"
    FOLDERS_CHANGED = "account.folders_changed"
    RENAMED = "account.renamed"
    DISCONNECTED = "account.disconnected"
    GRANT_EXPIRING = "grant.expiring"
    INCIDENT_OPENED = "incident.opened"
    INCIDENT_CLOSED = "incident.closed"


class ChangeStatus(StrEnum):
    """How far a change is on its way to the product. One that is `STOPPED` keeps back what follows
    it in its lane; one that is `LEFT_OUT` does not."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    STOPPED = "stopped"
    LEFT_OUT = "left-out"


UNSENT = (ChangeStatus.WAITING, ChangeStatus.STOPPED)
"""What follows in the same lane waits behind these."""


class ChangeEvent(StrEnum):
    """What happens to a change on its way to the product."""

    CLAIMED = "a worker begins to send it"
    DELIVERED = "the product has it"
    STOPPED = "the product takes nothing for three days, or says that it wants nothing more"
    LEFT_OUT = "it cannot be sent although others can, or a replay begins after it"
    REPLAYED = "somebody has it sent anew"


CHANGES: Transitions[ChangeStatus, ChangeEvent] = Transitions(
    {
        (ChangeStatus.WAITING, ChangeEvent.CLAIMED): ChangeStatus.WAITING,
        (ChangeStatus.WAITING, ChangeEvent.DELIVERED): ChangeStatus.DELIVERED,
        (ChangeStatus.WAITING, ChangeEvent.STOPPED): ChangeStatus.STOPPED,
        (ChangeStatus.WAITING, ChangeEvent.LEFT_OUT): ChangeStatus.LEFT_OUT,
        (ChangeStatus.STOPPED, ChangeEvent.LEFT_OUT): ChangeStatus.LEFT_OUT,
        **{(status, ChangeEvent.REPLAYED): ChangeStatus.WAITING for status in ChangeStatus},
    }
)
