"""What may happen to the things that are kept, by the status that each of them has."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from storage.api_vocabulary import ApiKeyStatus
from storage.vocabulary import (
    AT_WORK,
    AdviceStatus,
    AttemptStatus,
    BatchStatus,
    CanaryStatus,
    FailureStatus,
    FixStatus,
    FlowStatus,
    IncidentStatus,
    LinkStatus,
    MessageStatus,
    PageStatus,
    RequestStatus,
    TenantStatus,
    TestStatus,
)

Status = TypeVar("Status", bound=StrEnum)
Event = TypeVar("Event", bound=StrEnum)


class StatusRefused(Exception):
    """An event that cannot happen to something in its status."""

    def __init__(self, status: StrEnum, event: StrEnum) -> None:
        super().__init__(f"{type(status).__name__} {status}: {event}")
        self.status = status
        self.event = event


@dataclass(frozen=True)
class Transitions(Generic[Status, Event]):
    """Which status follows when an event happens; what is not in `table` is refused."""

    table: Mapping[tuple[Status, Event], Status]

    def allows(self, status: Status, event: Event) -> bool:
        """Whether `event` can happen in `status`."""
        return (status, event) in self.table

    def after(self, status: Status, event: Event) -> Status:
        """The status that follows.

        Raises:
            StatusRefused: the event cannot happen in this status.
        """
        found = self.table.get((status, event))
        if found is None:
            raise StatusRefused(status, event)
        return found

    def markdown(self) -> str:
        """The table as it stands in the documentation."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield "| status | event | becomes |"
        yield "|---|---|---|"
        for (status, event), following in self.table.items():
            yield f"| {status} | {event} | {following} |"


class LinkEvent(StrEnum):
    """What happens to a login link."""

    SIGN_IN_BEGUN = "somebody goes to Microsoft"
    LEFT_OPEN = "a sign-in does not come back"
    EXPLAINED = "somebody says why it did not come back"
    IDENTIFIED = "somebody has signed in, and it is not known whether the tenant is the customer's"
    SIGNED_IN = "the account is connected"
    REVOKED = "it is withdrawn, or a newer one takes its place"


LINKS: Transitions[LinkStatus, LinkEvent] = Transitions(
    {
        (LinkStatus.OPEN, LinkEvent.SIGN_IN_BEGUN): LinkStatus.OPEN,
        (LinkStatus.OPEN, LinkEvent.LEFT_OPEN): LinkStatus.OPEN,
        (LinkStatus.OPEN, LinkEvent.EXPLAINED): LinkStatus.OPEN,
        (LinkStatus.OPEN, LinkEvent.IDENTIFIED): LinkStatus.OPEN,
        (LinkStatus.OPEN, LinkEvent.SIGNED_IN): LinkStatus.USED,
        (LinkStatus.OPEN, LinkEvent.REVOKED): LinkStatus.REVOKED,
        (LinkStatus.EXPIRED, LinkEvent.LEFT_OPEN): LinkStatus.EXPIRED,
        (LinkStatus.EXPIRED, LinkEvent.EXPLAINED): LinkStatus.EXPIRED,
        # Who went to Microsoft in time may come back a little later.
        (LinkStatus.EXPIRED, LinkEvent.IDENTIFIED): LinkStatus.EXPIRED,
        (LinkStatus.EXPIRED, LinkEvent.SIGNED_IN): LinkStatus.USED,
        (LinkStatus.EXPIRED, LinkEvent.REVOKED): LinkStatus.REVOKED,
    }
)


class ApiKeyEvent(StrEnum):
    """What happens to a key of the API."""

    REVOKED = "it is revoked"


API_KEYS: Transitions[ApiKeyStatus, ApiKeyEvent] = Transitions(
    {
        (ApiKeyStatus.GOOD, ApiKeyEvent.REVOKED): ApiKeyStatus.REVOKED,
        (ApiKeyStatus.EXPIRED, ApiKeyEvent.REVOKED): ApiKeyStatus.REVOKED,
    }
)


class FlowEvent(StrEnum):
    """What happens to a sign-in that was begun."""

    CAME_BACK = "Microsoft sends the person back"
    REPLACED = "the same browser begins anew from the same link"
    OVERTAKEN = "another browser's sign-in from the same link connects the account"


FLOWS: Transitions[FlowStatus, FlowEvent] = Transitions(
    {
        (FlowStatus.OPEN, FlowEvent.CAME_BACK): FlowStatus.ENDED,
        (FlowStatus.OPEN, FlowEvent.REPLACED): FlowStatus.ENDED,
        (FlowStatus.OPEN, FlowEvent.OVERTAKEN): FlowStatus.ENDED,
        (FlowStatus.EXPIRED, FlowEvent.REPLACED): FlowStatus.ENDED,
        (FlowStatus.EXPIRED, FlowEvent.OVERTAKEN): FlowStatus.ENDED,
    }
)


class TestEvent(StrEnum):
    """What happens to a connection test."""

    __test__ = False  # pytest collects what is called a test

    PASSED = "no step failed"
    FAILED = "a step failed"
    OVERTAKEN = "the bot began it by itself, and now somebody asks for one"


TESTS: Transitions[TestStatus, TestEvent] = Transitions(
    {
        (TestStatus.RUNNING, TestEvent.PASSED): TestStatus.PASSED,
        (TestStatus.RUNNING, TestEvent.FAILED): TestStatus.FAILED,
        (TestStatus.RUNNING, TestEvent.OVERTAKEN): TestStatus.OVERTAKEN,
    }
)


class FixEvent(StrEnum):
    """What happens to what somebody says they changed."""

    NOT_SEEN_YET = "a test does not show it yet"
    SETTLED = "a test shows it, the last test does not, or it does not matter any more"


FIXES: Transitions[FixStatus, FixEvent] = Transitions(
    {
        (FixStatus.WAITING, FixEvent.NOT_SEEN_YET): FixStatus.WAITING,
        (FixStatus.WAITING, FixEvent.SETTLED): FixStatus.SETTLED,
    }
)


class FailureEvent(StrEnum):
    """What happens to a failure."""

    SEEN = "it happens again"
    PROVED_GONE = "the step that proves it passes"


FAILURES: Transitions[FailureStatus, FailureEvent] = Transitions(
    {
        (FailureStatus.AT_WORK, FailureEvent.SEEN): FailureStatus.AT_WORK,
        (FailureStatus.GONE, FailureEvent.SEEN): FailureStatus.AT_WORK,
        (FailureStatus.AT_WORK, FailureEvent.PROVED_GONE): FailureStatus.GONE,
    }
)


class AttemptEvent(StrEnum):
    """What happens to something that was done about a failure."""

    JOINED = "somebody says the same once more"
    PROVED_GONE = "the failure is proved gone"
    SEEN = "the failure is seen again, once the change has had its time"


ATTEMPTS: Transitions[AttemptStatus, AttemptEvent] = Transitions(
    {
        (AttemptStatus.WAITING, AttemptEvent.JOINED): AttemptStatus.WAITING,
        (AttemptStatus.WAITING, AttemptEvent.PROVED_GONE): AttemptStatus.HELPED,
        (AttemptStatus.WAITING, AttemptEvent.SEEN): AttemptStatus.IN_VAIN,
    }
)


class AdviceEvent(StrEnum):
    """What happens to the advice that a failure comes with."""

    CONTRADICTED = "the failure asks for a sign-in, right after one that succeeded"
    TRIED_TWICE = "the failure is there although the advice was followed twice"
    BEGUN_ANEW = "what was tried before does not count any more"


ADVICE: Transitions[AdviceStatus, AdviceEvent] = Transitions(
    {
        (AdviceStatus.GIVEN, AdviceEvent.CONTRADICTED): AdviceStatus.DOUBTED,
        (AdviceStatus.DOUBTED, AdviceEvent.CONTRADICTED): AdviceStatus.DOUBTED,
        # What was tried before does not count any more.
        (AdviceStatus.SPENT, AdviceEvent.CONTRADICTED): AdviceStatus.DOUBTED,
        (AdviceStatus.GIVEN, AdviceEvent.TRIED_TWICE): AdviceStatus.SPENT,
        (AdviceStatus.DOUBTED, AdviceEvent.TRIED_TWICE): AdviceStatus.SPENT,
        (AdviceStatus.SPENT, AdviceEvent.TRIED_TWICE): AdviceStatus.SPENT,
        **{(status, AdviceEvent.BEGUN_ANEW): AdviceStatus.GIVEN for status in AdviceStatus},
    }
)


class IncidentEvent(StrEnum):
    """What happens to an incident."""

    SEEN = "its cause is seen"
    ACKNOWLEDGED = "somebody looks after it"
    UNACKNOWLEDGED = "nobody looks after it any more"
    SILENCED = "it is not to be heard of for a while"
    SILENCE_ENDED = "that while is over"
    MENDED = "its last mailbox works again, or its cause was not seen for a day"
    RETURNED = "its cause is back soon after that"
    REOPENED = "somebody opens it again"
    CLOSED = "its cause did not come back, or another incident stands for it"


INCIDENTS: Transitions[IncidentStatus, IncidentEvent] = Transitions(
    {
        **{(status, IncidentEvent.SEEN): status for status in AT_WORK},
        (IncidentStatus.OPEN, IncidentEvent.ACKNOWLEDGED): IncidentStatus.ACKNOWLEDGED,
        (IncidentStatus.SILENCED, IncidentEvent.ACKNOWLEDGED): IncidentStatus.ACKNOWLEDGED,
        (IncidentStatus.ACKNOWLEDGED, IncidentEvent.UNACKNOWLEDGED): IncidentStatus.OPEN,
        (IncidentStatus.OPEN, IncidentEvent.SILENCED): IncidentStatus.SILENCED,
        (IncidentStatus.ACKNOWLEDGED, IncidentEvent.SILENCED): IncidentStatus.SILENCED,
        # A longer or a shorter while
        (IncidentStatus.SILENCED, IncidentEvent.SILENCED): IncidentStatus.SILENCED,
        (IncidentStatus.SILENCED, IncidentEvent.SILENCE_ENDED): IncidentStatus.OPEN,
        **{(status, IncidentEvent.MENDED): IncidentStatus.MENDED for status in AT_WORK},
        (IncidentStatus.MENDED, IncidentEvent.RETURNED): IncidentStatus.OPEN,
        (IncidentStatus.MENDED, IncidentEvent.REOPENED): IncidentStatus.OPEN,
        (IncidentStatus.CLOSED, IncidentEvent.REOPENED): IncidentStatus.OPEN,
        **{(status, IncidentEvent.CLOSED): IncidentStatus.CLOSED for status in AT_WORK},
        (IncidentStatus.MENDED, IncidentEvent.CLOSED): IncidentStatus.CLOSED,
    }
)


class RequestEvent(StrEnum):
    """What happens to a request for help."""

    TAKEN = "somebody of the support team takes it"
    HANDED_BACK = "it is given back to the team"
    FINISHED = "somebody says that it is done"
    ASKED_AGAIN = "somebody asks for the same once more"
    COMMENTED = "the customer adds a comment"
    TAKEN_BACK = "the customer takes it back"


REQUESTS: Transitions[RequestStatus, RequestEvent] = Transitions(
    {
        (RequestStatus.OPEN, RequestEvent.TAKEN): RequestStatus.TAKEN,
        (RequestStatus.OPEN, RequestEvent.HANDED_BACK): RequestStatus.OPEN,
        (RequestStatus.OPEN, RequestEvent.FINISHED): RequestStatus.DONE,
        (RequestStatus.TAKEN, RequestEvent.TAKEN): RequestStatus.TAKEN,
        (RequestStatus.TAKEN, RequestEvent.HANDED_BACK): RequestStatus.OPEN,
        (RequestStatus.TAKEN, RequestEvent.FINISHED): RequestStatus.DONE,
        (RequestStatus.DONE, RequestEvent.ASKED_AGAIN): RequestStatus.OPEN,
        (RequestStatus.TAKEN_BACK, RequestEvent.ASKED_AGAIN): RequestStatus.OPEN,
        (RequestStatus.OPEN, RequestEvent.COMMENTED): RequestStatus.OPEN,
        (RequestStatus.TAKEN, RequestEvent.COMMENTED): RequestStatus.TAKEN,
        (RequestStatus.OPEN, RequestEvent.TAKEN_BACK): RequestStatus.TAKEN_BACK,
        (RequestStatus.TAKEN, RequestEvent.TAKEN_BACK): RequestStatus.TAKEN_BACK,
    }
)


class TenantEvent(StrEnum):
    """What happens to a further organisation of a customer."""

    ALLOWED = "support says that its mailboxes are the customer's too"
    REFUSED = "support says that they are not"
    TAKEN_BACK = "support says that they are not any more"


TENANTS: Transitions[TenantStatus, TenantEvent] = Transitions(
    {
        (TenantStatus.ASKED, TenantEvent.ALLOWED): TenantStatus.ALLOWED,
        (TenantStatus.ASKED, TenantEvent.REFUSED): TenantStatus.REFUSED,
        (TenantStatus.REFUSED, TenantEvent.ALLOWED): TenantStatus.ALLOWED,
        (TenantStatus.ALLOWED, TenantEvent.TAKEN_BACK): TenantStatus.ASKED,
    }
)


class BatchEvent(StrEnum):
    """What happens to a batch of new accounts."""

    CANCELLED = "somebody stops it"
    FINISHED = "nothing is left to create"


BATCHES: Transitions[BatchStatus, BatchEvent] = Transitions(
    {
        # The account that is created at this moment is finished first.
        (BatchStatus.RUNNING, BatchEvent.CANCELLED): BatchStatus.STOPPING,
        (BatchStatus.RUNNING, BatchEvent.FINISHED): BatchStatus.FINISHED,
        (BatchStatus.STOPPING, BatchEvent.FINISHED): BatchStatus.FINISHED,
    }
)


class MessageEvent(StrEnum):
    """What happens to a message on its way to Slack."""

    CLAIMED = "a worker begins to send it"
    SENT = "Slack has it"
    GIVEN_UP = "Slack does not take it"
    REVIVED = "what it was given up for is over"


MESSAGES: Transitions[MessageStatus, MessageEvent] = Transitions(
    {
        (MessageStatus.WAITING, MessageEvent.CLAIMED): MessageStatus.WAITING,
        (MessageStatus.WAITING, MessageEvent.SENT): MessageStatus.SENT,
        (MessageStatus.WAITING, MessageEvent.GIVEN_UP): MessageStatus.GIVEN_UP,
        # A worker whose lease ran out while Slack was slow: another was quicker, or the channel was
        # closed meanwhile. The later word stands.
        (MessageStatus.SENT, MessageEvent.SENT): MessageStatus.SENT,
        (MessageStatus.SENT, MessageEvent.GIVEN_UP): MessageStatus.GIVEN_UP,
        (MessageStatus.GIVEN_UP, MessageEvent.SENT): MessageStatus.SENT,
        (MessageStatus.GIVEN_UP, MessageEvent.GIVEN_UP): MessageStatus.GIVEN_UP,
        (MessageStatus.GIVEN_UP, MessageEvent.REVIVED): MessageStatus.WAITING,
    }
)


class PageEvent(StrEnum):
    """What happens to a page on its way to its pager."""

    CLAIMED = "a worker begins to send it"
    SENT = "the pager has it"
    LEFT_OUT = "the pager has no need of it"
    GIVEN_UP = "the pager refuses it, or did not take it for too long"


PAGES: Transitions[PageStatus, PageEvent] = Transitions(
    {
        (PageStatus.WAITING, PageEvent.CLAIMED): PageStatus.WAITING,
        (PageStatus.WAITING, PageEvent.SENT): PageStatus.SENT,
        (PageStatus.WAITING, PageEvent.LEFT_OUT): PageStatus.LEFT_OUT,
        (PageStatus.WAITING, PageEvent.GIVEN_UP): PageStatus.GIVEN_UP,
    }
)


class CanaryEvent(StrEnum):
    """What happens to the vendor's own mailbox."""

    TROUBLE = "mailboxes of two customers fail with what may be Microsoft's or ours"
    PASSED = "a look finds that it works"
    FAILED_ALIKE = "it fails with what may be Microsoft's or ours"
    FAILED_ALONE = "it fails with something of its own"


CANARY: Transitions[CanaryStatus, CanaryEvent] = Transitions(
    {
        (CanaryStatus.WORKS, CanaryEvent.TROUBLE): CanaryStatus.ASKED,
        (CanaryStatus.ASKED, CanaryEvent.TROUBLE): CanaryStatus.ASKED,
        (CanaryStatus.OUT, CanaryEvent.TROUBLE): CanaryStatus.OUT,
        (CanaryStatus.BLIND, CanaryEvent.TROUBLE): CanaryStatus.BLIND,
        # One failure of its own is not an outage: it is looked at again at once.
        (CanaryStatus.WORKS, CanaryEvent.FAILED_ALIKE): CanaryStatus.ASKED,
        (CanaryStatus.ASKED, CanaryEvent.FAILED_ALIKE): CanaryStatus.OUT,
        (CanaryStatus.OUT, CanaryEvent.FAILED_ALIKE): CanaryStatus.OUT,
        (CanaryStatus.BLIND, CanaryEvent.FAILED_ALIKE): CanaryStatus.BLIND,
        **{(status, CanaryEvent.PASSED): CanaryStatus.WORKS for status in CanaryStatus},
        **{(status, CanaryEvent.FAILED_ALONE): CanaryStatus.BLIND for status in CanaryStatus},
    }
)
