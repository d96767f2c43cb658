"""Every scenario of the practice world, through the wire: what the customer reads, and what support
reads."""

import html
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from bot.diagnosis import catalogue
from bot.diagnosis.catalogue import Application, Row
from bot.diagnosis.place import Place
from bot.views.audience import Audience
from bot.views.telling import for_audience
from sandbox.world import Scenario, load_scenarios
from storage.tables import Failure
from tests.support.browser import Browser
from tests.support.slack import Message
from tests.support.world import ACME, BotWorld

pytestmark = pytest.mark.simulator

MAILBOX, NAME = "info@acme.example", "Info"
ROWS = catalogue.load(Application("Lumen CRM")).rows
SCENARIOS = load_scenarios()
HARMLESS = {"slow"}
ENOUGH = 60
SHOWN_AS = {"admin-approval-needed": "approval-not-given"}
"""What is seen of a scenario where Microsoft does not say its cause: the page for want of approval
returns like a refusal."""

AT_SIGN_IN = ("authorize", "token.code", "token.shape")
AT_ROUND_TRIP = ("smtp.data", "smtp.rcpt")
AT_REFRESH = ("token", "token.refresh")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BotWorld]:
    """A bot with one connected mailbox."""
    running = BotWorld(tmp_path_factory.mktemp("simulator"), mail_timeout=5)
    running.set_up()
    running.connect(MAILBOX, NAME)
    yield running
    running.stop()


@pytest.fixture
def passed(world: BotWorld) -> Iterator[Message]:
    """The message of a test that passed; afterwards everything that was thrown is taken back."""
    yield world.carol.find(ACME, f"The connection of {NAME} works")
    for name, target in world.practice.world.thrown():
        world.take_back(name, target)
    world.settle()


def target(scenario: Scenario) -> str:
    return {"mailbox": MAILBOX, "tenant": MAILBOX.partition("@")[2], "application": ""}[
        scenario.reach
    ]


def failure(world: BotWorld, cause: str) -> Failure:
    """The failure that a scenario made, waited for."""
    account_id = world.account(NAME).id

    def seen() -> Failure | None:
        with world.bot.store.transaction() as tx:
            return tx.failures.same(account_id, cause, world.clock.now() - timedelta(minutes=5))

    world.until(lambda: seen() is not None)
    world.settle()
    found = seen()
    assert found is not None
    return found


def support_reads(world: BotWorld, asked: str, row: Row) -> None:
    """Support asks about the error and gets the fuller text."""
    world.vera.slash(ACME, f"error {asked}")
    answer = world.vera.find(ACME, html.escape(row.support, quote=False)[:200])
    assert answer.data["ephemeral"] and html.escape(row.title, quote=False) in answer.text


def customer_reads(text: str, row: Row) -> None:
    assert html.escape(row.customer, quote=False) in text
    raw = [sample.get("message") or sample.get("error_description") for sample in row.samples]
    assert not [reply for reply in raw if reply and len(reply) > 20 and reply[:60] in text], (
        "no raw replies in a shared channel"
    )


def at_its_place(row: Row, found: Failure) -> Row:
    """The row with the server that was tried in its texts."""
    place = Place.stored(found.observation)
    texts = {
        field: place.named_in(getattr(row, field)) for field in ("title", "customer", "support")
    }
    return row.model_copy(update=texts)


def sign_in(world: BotWorld) -> str:
    """Sign in anew; the text of the page at the end."""
    world.vera.slash(ACME, f"login {NAME}")
    world.settle()
    with world.bot.store.transaction() as tx:
        ticket = tx.signins.usable_ticket(world.account(NAME).id, world.clock.now())
    assert ticket is not None
    browser = Browser()
    page = browser.press(
        browser.open(world.bot.services.links.url(ticket)), "Continue to Microsoft"
    )
    page = browser.press(page, MAILBOX)
    page = browser.press(page, "Accept") if "Permissions requested" in page.text else page
    return (
        browser.press(page, "Return to the application").text
        if "Need admin approval" in page.text
        else page.text
    )


def begin(world: BotWorld, scenario: Scenario, passed: Message) -> None:
    """Do what a person does when the scenario strikes."""
    if scenario.point in AT_ROUND_TRIP:
        world.carol.press(passed, "Test with a message")
        return
    world.clock.pass_time(minutes=31)  # so that the sign-in is not what is contradicted
    if scenario.point in AT_REFRESH or "app.client_secrets" in scenario.sets:
        world.expire_tokens(NAME)
    world.vera.slash(ACME, f"test {NAME}")


def test_there_are_enough_and_each_is_a_cause_of_the_catalogue() -> None:
    causes = SCENARIOS.keys() - HARMLESS
    assert len(causes) >= ENOUGH
    assert causes <= ROWS.keys()


def those(holds: Callable[[Scenario], bool]) -> list[str]:
    return [
        name for name, scenario in SCENARIOS.items() if name not in HARMLESS and holds(scenario)
    ]


def signing_in(scenario: Scenario) -> bool:
    return scenario.point in AT_SIGN_IN or "tenant.user_consent" in scenario.sets


@pytest.mark.parametrize("name", those(lambda s: not signing_in(s)))
def test_a_failed_test_is_explained_to_both(world: BotWorld, passed: Message, name: str) -> None:
    scenario, row = SCENARIOS[name], ROWS[SHOWN_AS.get(name, name)]
    world.throw(name, target(scenario))
    begin(world, scenario, passed)
    found = failure(world, row.id)
    row = at_its_place(row, found)
    customer_reads(world.carol.find(ACME, "does not work yet", f"`{found.ref}`").text, row)
    support_reads(world, found.ref.lower(), row)


@pytest.mark.parametrize("name", those(lambda s: signing_in(s) and "page" not in s.reply))
def test_a_refused_sign_in_is_explained_to_both(
    world: BotWorld, passed: Message, name: str
) -> None:
    scenario, row = SCENARIOS[name], ROWS[SHOWN_AS.get(name, name)]
    if "tenant.user_consent" in scenario.sets:
        world.practice.microsoft.grants.forget_consent(MAILBOX)
    world.throw(name, target(scenario))
    page = sign_in(world)
    error = failure(world, row.id).ref
    assert row.customer in page and error in page
    customer_reads(world.carol.find(ACME, "The sign-in did not go through", f"`{error}`").text, row)
    support_reads(world, error, row)


@pytest.mark.parametrize("name", those(lambda s: "page" in s.reply))
def test_a_page_that_never_returns_can_be_pasted_by_both(
    world: BotWorld, passed: Message, name: str
) -> None:
    row = ROWS[name]
    world.throw(name, MAILBOX)
    page = sign_in(world)
    pasted = page[page.index("AADSTS") :][:900]
    world.carol.press(world.carol.find(ACME, "Connect your Microsoft 365 mailboxes"), "Help")
    world.carol.press(world.carol.window("What you can do here"), "I saw an error")
    assert (
        world.carol.submit(world.carol.window("Error ID or text"), {"Error ID or text": pasted})
        == {}
    )
    title = for_audience(row.verdict(), Audience.CUSTOMER).title
    customer_reads(
        world.carol.window("What an error means", html.escape(title, quote=False)).text, row
    )
    support_reads(world, pasted, row)
