"""Planted secrets: a whole road with servers that repeat every secret they get, and then a search
for them everywhere."""

import base64
import io
import json
import textwrap
from collections.abc import Callable, Iterator
from urllib.parse import urlencode, urlsplit

import pytest
from sqlmodel import select

from bot.common import logs
from bot.common.redaction import redact
from sandbox.pagers.moods import Mood
from sandbox.world import Scenario
from storage.tables import Page
from storage.vocabulary import PageChange
from tests.support.browser import Browser
from tests.support.held import stored_in
from tests.support.logging import logging_kept
from tests.support.pagers import facts
from tests.support.slack import Message
from tests.support.world import ACME, BotWorld

pytestmark = pytest.mark.redaction

INFO = "info@acme.example"
PIECE = 24
"""So much of a secret in a row counts as the secret."""


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged at DEBUG; afterwards logging is as it was."""
    stream = io.StringIO()
    with logging_kept():
        logs.configure("DEBUG", stream)
        yield stream


def sasl(user: str, token: str) -> str:
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


def echoes(token: str) -> dict[str, tuple[str, str]]:
    """Replies that repeat a secret, each in another wrapping: the point where it is said, and the
    reply."""
    encoded = base64.b64encode(sasl(INFO, token).encode()).decode()
    folded = " ".join(textwrap.wrap(encoded, 76))
    return {
        "echo-bare": ("smtp.auth", f"535 5.7.3 Authentication unsuccessful: {token}"),
        "echo-encoded": ("smtp.auth", f"535 5.7.3 Authentication unsuccessful: {encoded}"),
        "echo-folded": ("smtp.auth", f"535 5.7.3 Authentication unsuccessful: {folded}"),
        "echo-header": (
            "imap.auth",
            f"NO AUTHENTICATE failed. Authorization: Bearer {token} Cookie: session={token[:60]}",
        ),
        "echo-json": ("imap.auth", f'NO AUTHENTICATE failed. {{"access_token": "{token}"}}'),
        "echo-sender": ("smtp.mail", f"550 5.7.1 user={INFO} auth=Bearer {token}"),
    }


def secrets_of(world: BotWorld) -> list[str]:
    """Everything secret that went over the wire or stands in the settings."""
    settings, office = world.bot.settings, world.practice.office
    own = [office.bot_token, office.signing_secret, *world.practice.world.app.client_secrets]
    own += [base64.b64encode(key).decode() for key in settings.keys]
    pagerduty, receiver = world.practice.pagerduty, world.practice.receiver
    own += [pagerduty.routing_key, *pagerduty.words.secrets, receiver.secret, receiver._token]
    issued = world.practice.microsoft.grants.issued
    blobs = [base64.b64encode(sasl(INFO, token).encode()).decode() for token in issued]
    return [secret for secret in [*own, *issued, *blobs] if len(secret) >= PIECE]


def pieces(secret: str) -> Iterator[str]:
    """Parts of a secret that must be found nowhere: its first, middle and last characters (a JWT's
    head is no secret)."""
    body = secret.rpartition(".")[2] if secret.startswith("ey") else secret
    for start in (0, len(body) // 2, max(len(body) - PIECE, 0)):
        yield body[start : start + PIECE]
    if secret.startswith("ey"):
        payload = secret.split(".")[1]
        yield payload[len(payload) // 2 :][:PIECE]


def found_in(haystack: str, secrets: list[str]) -> list[str]:
    return [piece for secret in secrets for piece in pieces(secret) if piece in haystack]


def fail_in_every_way(world: BotWorld, browser: Browser) -> None:
    """Connect, then fail at every point with servers that repeat the secrets. The first sign-in is
    held for a word."""
    world.set_up("")
    world.sign_in(world.add(INFO, "Info"), INFO, browser)
    world.carol.press(world.card("Info", "Yes, it is ours"), "Yes, it is ours")
    world.card("Info", "folders not mapped yet")
    token = world.bot.tokens.fresh(world.account("Info").id).access_token
    refresh = world.practice.microsoft.grants.issued[-1]
    scenarios = world.practice.world.scenarios
    for name, (point, line) in echoes(token).items():
        scenarios[name] = Scenario(name, name, "", "mailbox", point, {"line": line})
        _once(world, name, lambda: world.vera.slash(ACME, "test Info"))
    client_secret = next(iter(world.practice.world.app.client_secrets))
    description = f"The grant {refresh} of client_secret={client_secret} is bad"
    reply = {"error": "invalid_grant", "codes": [50173], "description": description}
    scenarios["echo-refresh"] = Scenario("echo-refresh", "", "", "mailbox", "token.refresh", reply)
    world.expire_tokens("Info")
    _once(world, "echo-refresh", lambda: world.vera.slash(ACME, "test Info"))
    reply = {"error": "access_denied", "description": f"AADSTS65004: code={refresh} declined"}
    scenarios["echo-back"] = Scenario("echo-back", "", "", "mailbox", "authorize", reply)
    replaced = _renewed(world)
    _once(world, "echo-back", lambda: world.sign_in(replaced, INFO, browser))
    world.sign_in(_renewed(world), "nora@borealis.example", browser)
    said = f"AADSTS90094: approval of {refresh} with Bearer {token} is missing"
    answer = {"error": "access_denied", "error_description": said}
    link = world.bot.services.consent.link(world.account("Info"))
    state = link.partition("state=")[2]
    page = browser.open(f"{world.url}/consent/callback?{urlencode(answer)}&state={state}")
    browser.press(page, "Let the support team know")
    browser.open(replaced.url("Sign in to Microsoft"))
    fail_at_the_pagers(world)


def fail_at_the_pagers(world: BotWorld) -> None:
    """Tell them, in each of the ways in which that can end."""
    standing_by = (world.practice.pagerduty.moody, world.practice.receiver.moody)
    for number, mood in enumerate((Mood.WELL, Mood.ERROR, Mood.REFUSES)):
        for moody in standing_by:
            moody.mood = mood
        opened = PageChange.OPENED
        with world.bot.store.transaction() as tx:
            tx.pages.add(1, f"a/b/{number}", opened, facts(opened), world.clock.now())
        world.until(lambda: _tried(world))
    for moody in standing_by:
        moody.mood = Mood.WELL


def _tried(world: BotWorld) -> bool:
    """Whether each pager was asked to take each page."""
    with world.bot.store.transaction() as tx:
        return all(page.attempts for page in tx.session.exec(select(Page)))


def _renewed(world: BotWorld) -> Message:
    world.vera.slash(ACME, "login Info")
    world.settle()
    return world.card("Info", "Sign in to Microsoft")


def _once(world: BotWorld, name: str, act: Callable[[], object]) -> None:
    world.throw(name, INFO)
    act()
    world.settle()
    world.take_back(name, INFO)


def test_no_secret_stands_in_slack_or_on_a_page_or_in_the_log_or_in_the_database(
    world: BotWorld, log: io.StringIO
) -> None:
    browser = Browser()
    fail_in_every_way(world, browser)
    with world.bot.store.transaction() as tx:
        failures = tx.failures.open_of(world.account("Info").id)
    assert len(failures) >= 3
    for failure in failures:
        world.vera.slash(ACME, f"error {failure.ref}")
        details = world.vera.find(ACME, f"What error {failure.ref} means")
        world.vera.press(details, "Copy evidence")
        world.vera.window("Evidence", failure.ref)
    world.settle()

    secrets = [*secrets_of(world), *browser.cookies[urlsplit(world.url).netloc].values()]
    ours = [page for page in browser.seen if page.url.startswith(world.url)]
    assert {page.status for page in ours} >= {200, 303, 403, 410} and len(ours) > 10
    assert found_in(" ".join(page.html for page in ours), secrets) == []
    heard = json.dumps(list(world.practice.office.heard), ensure_ascii=False)
    assert "Copy evidence" in heard and "Error ID" in heard and len(heard) > 50_000
    assert found_in(heard, secrets) == []
    logged = log.getvalue()
    assert "slack_sdk" in logged and "urllib3" in logged and len(logged) > 50_000
    assert found_in(logged, secrets) == []
    world.bot.store.engine.dispose()
    stored = stored_in(world.environment["DATABASE_URL"])
    assert INFO in stored and len(stored) > 50_000
    assert found_in(stored, secrets) == []


def test_no_exception_of_the_bot_carries_a_secret(world: BotWorld) -> None:
    """What is raised on the way, as text, in its representation and in what it carries."""
    fail_in_every_way(world, Browser())
    secrets = secrets_of(world)
    world.throw("grant-revoked", INFO)
    world.expire_tokens("Info")
    with pytest.raises(Exception) as raised:
        world.bot.tokens.fresh(world.account("Info").id)
    error = raised.value
    said = f"{error} {error!r} {vars(error)} {error.__cause__!r} {error.__context__!r}"
    assert found_in(said, secrets) == []
    assert found_in(repr(world.bot.settings), secrets) == []


def test_the_search_itself_finds_what_is_planted(world: BotWorld) -> None:
    world.set_up()
    world.connect(INFO, "Info")
    secrets = secrets_of(world)
    for secret in secrets:
        assert found_in(f"so it stood: {secret} and on", [secret])
        assert not found_in(redact(f"client_secret={secret} Bearer {secret}"), [secret])
