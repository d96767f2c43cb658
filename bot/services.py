"""The bot's services in one place, as they are handed to the listeners."""

from dataclasses import dataclass

from bot.accounts.administration import Administration
from bot.accounts.circles import Circles
from bot.accounts.customers import Customers
from bot.accounts.known_people import KnownPeople
from bot.accounts.offboarding import Farewells
from bot.accounts.organisations import Organisations
from bot.accounts.rebinding import Bindings
from bot.accounts.service import Accounts
from bot.api.services import ApiServices
from bot.checks.met import MetByProduct
from bot.checks.reported_fixes import ReportedFixes
from bot.checks.service import Checks
from bot.checks.watching import Watching
from bot.common.clock import Clock
from bot.diagnosis.evidence import Evidence
from bot.diagnosis.explainer import Explanations
from bot.diagnosis.failures import Failures
from bot.diagnosis.health import Health
from bot.diagnosis.noting import Noting
from bot.diagnosis.own_errors import OwnErrors
from bot.diagnosis.unexplained import PastedTexts
from bot.folders.service import Folders
from bot.incidents.maintenance import MaintenanceWindows
from bot.incidents.presses import IncidentPresses
from bot.incidents.regrouping import Regrouping
from bot.legacy.drafts import Drafts
from bot.legacy.service import LegacyAccounts
from bot.lifecycle.hours import Hours
from bot.lifecycle.service import Lifecycle
from bot.messages.answers import Answers
from bot.messages.events import Events
from bot.reminders.asked import AskedReminders
from bot.reminders.service import Reminders
from bot.reports.predictions import DailyPredictions
from bot.reports.weekly import WeeklyReport
from bot.signin.approvals import Approvals
from bot.signin.consent import Consent
from bot.signin.links import Links
from bot.signin.service import SignIn
from bot.signin.sheets import Sheets
from bot.support.desk import Desk
from bot.support.requests import SupportRequests
from bot.support.rights import Rights
from bot.views.accounts import AccountCards
from bot.views.approvals import ApprovalCards
from bot.views.checks import CheckCards
from bot.views.customer_page import CustomerPages
from bot.views.errors import ErrorCards
from bot.views.incident_lists import AlertLists
from bot.views.incidents import AlertCards
from bot.views.invitations import Invitations
from bot.views.legacy import BatchCards
from bot.views.organisations import OrganisationCards
from bot.views.outages import OutageCards
from bot.views.overview import Overview
from bot.views.predictions import Predictions
from bot.views.reminders import ReminderCards
from bot.views.report import Reports
from bot.views.setbacks import SetbackCards
from bot.views.setup import SetupCards
from bot.views.support import RequestCards
from bot.views.timeline import Timelines
from bot.views.unexplained import UnexplainedCards


@dataclass(frozen=True)
class Views:
    """What cards and pages show, as it stands now: a reader for each subject."""

    accounts: AccountCards
    approvals: ApprovalCards
    checks: CheckCards
    customer_pages: CustomerPages
    errors: ErrorCards
    incidents: AlertCards
    incident_lists: AlertLists
    invitations: Invitations
    legacy: BatchCards
    organisations: OrganisationCards
    outages: OutageCards
    overview: Overview
    predictions: Predictions
    reminders: ReminderCards
    reports: Reports
    requests: RequestCards
    setbacks: SetbackCards
    setup: SetupCards
    timelines: Timelines
    unexplained: UnexplainedCards


@dataclass(frozen=True)
class Services:
    """Everything that the bot can do."""

    clock: Clock
    views: Views
    rights: Rights
    customers: Customers
    circles: Circles
    organisations: Organisations
    administration: Administration
    bindings: Bindings
    farewells: Farewells
    accounts: Accounts
    known_people: KnownPeople
    api: ApiServices
    legacy: LegacyAccounts
    drafts: Drafts
    links: Links
    sheets: Sheets
    signin: SignIn
    consent: Consent
    approvals: Approvals
    checks: Checks
    watching: Watching
    met: MetByProduct
    folders: Folders
    reminders: Reminders
    asked_reminders: AskedReminders
    failures: Failures
    own_errors: OwnErrors
    evidence: Evidence
    incidents: IncidentPresses
    regrouping: Regrouping
    maintenance: MaintenanceWindows
    answers: Answers
    events: Events
    health: Health
    fixes: ReportedFixes
    requests: SupportRequests
    desk: Desk
    weekly_report: WeeklyReport
    daily_predictions: DailyPredictions
    catalogue: Explanations
    pasted: PastedTexts
    noting: Noting
    lifecycle: Lifecycle
    hours: Hours
    alert_channel: str
    support_channel: str
    support_email: str
    vendor_name: str
    application_name: str
    public_url: str
