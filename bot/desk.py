"""The bot's services in one place, as they are handed to the listeners."""

from dataclasses import dataclass

from bot.accounts import Accounts
from bot.connection_test import ConnectionTests
from bot.consent import Consent
from bot.customers import Customers
from bot.diagnosis.catalogue import Catalogue
from bot.drafts import Drafts
from bot.failures import Failures
from bot.folders import Folders
from bot.help import Help
from bot.hours import Hours
from bot.links import Links
from bot.mends import Mends
from bot.old_accounts import OldAccounts
from bot.reminders import Reminders
from bot.rights import Rights
from bot.road import Road
from bot.signin import SignIn
from bot.time import Clock
from storage.database import Store


@dataclass(frozen=True)
class Desk:
    """Everything that the bot can do."""

    store: Store
    clock: Clock
    rights: Rights
    customers: Customers
    accounts: Accounts
    old: OldAccounts
    drafts: Drafts
    links: Links
    signin: SignIn
    consent: Consent
    tests: ConnectionTests
    folders: Folders
    reminders: Reminders
    failures: Failures
    mends: Mends
    help: Help
    catalogue: Catalogue
    road: Road
    hours: Hours
    alert_channel: str
    support_channel: str
    support_email: str
    vendor_name: str
    public_url: str
