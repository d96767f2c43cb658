"""The tables, a module a subject. Everything that is kept is a row of one of them."""

from storage.tables.accounts import Account
from storage.tables.api import ApiKey, ApiKeyCustomer, TokenCount
from storage.tables.api_requests import ApiAnswer, ApiRequest
from storage.tables.attempts import Attempt
from storage.tables.audit import AuditEntry, AuditRepetition
from storage.tables.changes import Change, ChangeMention
from storage.tables.checks import ConnectionTest, ReportedFix
from storage.tables.customers import Channel, Customer, FurtherTenant
from storage.tables.failures import Failure
from storage.tables.folders import FolderMapping, FolderSnapshot
from storage.tables.health import Duty, Pulse, RefusedBlock, Tally, Trouble
from storage.tables.incidents import (
    Incident,
    IncidentEntry,
    IncidentMember,
    Maintenance,
    Silence,
)
from storage.tables.jobs import Job, SeenEvent
from storage.tables.legacy import Batch, ListDraft, OldAccount
from storage.tables.messages import Lane, OutboxItem, Pace, PostedMessage
from storage.tables.outages import Outage, OutageMailbox
from storage.tables.pages import Page, PageLane
from storage.tables.people import KnownPerson
from storage.tables.reminders import Reminder, ReminderDay, ReminderState
from storage.tables.setbacks import Setback
from storage.tables.signin import (
    AddressChange,
    ApprovalAnswer,
    ApprovalWatch,
    Grant,
    HeldSignIn,
    LinkPress,
    LoginTicket,
    SignInFlow,
)
from storage.tables.support import SupportRequest
from storage.tables.unexplained import NotedCause, UnexplainedReply, UnexplainedSighting
from storage.tables.watching import Canary, Watch

__all__ = [
    "Account",
    "AddressChange",
    "ApiAnswer",
    "ApiKey",
    "ApiKeyCustomer",
    "ApiRequest",
    "ApprovalAnswer",
    "ApprovalWatch",
    "Attempt",
    "AuditEntry",
    "AuditRepetition",
    "Batch",
    "Canary",
    "Change",
    "ChangeMention",
    "Channel",
    "ConnectionTest",
    "Customer",
    "Duty",
    "Failure",
    "FolderMapping",
    "FolderSnapshot",
    "FurtherTenant",
    "Grant",
    "HeldSignIn",
    "Incident",
    "IncidentEntry",
    "IncidentMember",
    "Job",
    "KnownPerson",
    "Lane",
    "LinkPress",
    "ListDraft",
    "LoginTicket",
    "Maintenance",
    "NotedCause",
    "OldAccount",
    "Outage",
    "OutageMailbox",
    "OutboxItem",
    "Pace",
    "Page",
    "PageLane",
    "PostedMessage",
    "Pulse",
    "RefusedBlock",
    "Reminder",
    "ReminderDay",
    "ReminderState",
    "ReportedFix",
    "SeenEvent",
    "Setback",
    "SignInFlow",
    "Silence",
    "SupportRequest",
    "Tally",
    "TokenCount",
    "Trouble",
    "UnexplainedReply",
    "UnexplainedSighting",
    "Watch",
]
