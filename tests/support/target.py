"""What hostile requests are aimed at: a mailbox that waits for its sign-in, and what must not come
of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.common.people import Person
from bot.views.account_form import Form
from storage.tables import AuditEntry, Grant
from tests.support.browser import Browser, Page
from tests.support.slack import Message
from tests.support.values import TOKEN
from tests.support.world import ACME, BotWorld

INFO = "info@acme.example"
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


@dataclass
class Target:
    """A mailbox that waits for its sign-in, and how often each entry of the audit table was counted
    before the case began."""

    world: BotWorld
    name: str
    link: str
    before: Mapping[int, int]

    @property
    def account_id(self) -> int:
        return self.world.account(self.name).id

    @property
    def card(self) -> Message:
        return self.world.card(self.name)

    def sign_in(self, upn: str) -> Page:
        """The whole way, as `upn`; the page at the end."""
        browser = Browser()
        page = browser.press(self.at_microsoft(browser), upn)
        return browser.press(page, "Accept") if "Permissions requested" in page.text else page

    def at_microsoft(self, browser: Browser) -> Page:
        """As far as Microsoft's choice of accounts."""
        return browser.press(browser.open(self.link), "Continue to Microsoft")

    def answer(self, browser: Browser, upn: str = INFO) -> dict[str, str]:
        """What Microsoft would have the browser post to us."""
        browser.stops_before = "/oauth/callback"
        page = browser.press(self.at_microsoft(browser), upn)
        if "Permissions requested" in page.text:
            browser.press(page, "Accept")
        assert "code" in browser.caught
        return browser.caught

    def returned(self, browser: Browser, answer: dict[str, str]) -> Page:
        return browser.post(f"{self.world.url}/oauth/callback", answer)

    def audited(self) -> list[AuditEntry]:
        """What was added to the audit table since the case began, or counted once more; the latest
        last."""
        found = [e for e in everything(self.world) if e.times != self.before.get(e.id)]
        return sorted(found, key=lambda entry: (entry.last_at, entry.id))

    def kept(self) -> bool:
        """Whether tokens were kept for the account."""
        account_id = self.account_id
        with self.world.bot.store.transaction() as tx:
            return bool(tx.grants.get(account_id) or tx.signins.held(account_id))

    def grant(self) -> Grant | None:
        account_id = self.account_id
        with self.world.bot.store.transaction() as tx:
            return tx.grants.get(account_id)

    def refused(self, page: Page, *said: str, status: int = 410, action: str = "") -> None:
        """The case came to nothing, in the open: page, audit entry, no token."""
        assert page.status == status, page.text
        for sentence in said:
            assert sentence in page.text
        refusals = [entry for entry in self.audited() if entry.result == "refused"]
        assert refusals and (not action or refusals[-1].action == action), self.audited()
        assert not self.kept()
        assert "Traceback" not in page.html and not TOKEN.search(page.html)


def aim(world: BotWorld, address: str = INFO) -> Target:
    """A new account in the channel, made by Carol."""
    services, carol = world.bot.services, Person("T0ACME", "U0CAROL")
    name = f"Box {len(everything(world))}"
    account = services.accounts.create(ACME, Form(name, "Acme Marine", address), carol)
    with world.bot.store.transaction() as tx:
        ticket = tx.signins.usable_ticket(account.id, world.clock.now())
    assert ticket is not None
    before = {entry.id: entry.times for entry in everything(world)}
    return Target(world, account.name, services.links.url(ticket), before)


def is_tested(world: BotWorld, account_id: int) -> bool:
    """Whether a connection test of the account has begun and not ended."""
    with world.bot.store.transaction() as tx:
        return tx.checks.running(account_id, ALWAYS[0]) is not None


def everything(world: BotWorld) -> list[AuditEntry]:
    """The whole audit table, oldest first."""
    with world.bot.store.transaction() as tx:
        return tx.audit.since(*ALWAYS, 0, 100_000)
