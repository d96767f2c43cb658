"""Every address that anybody can reach: what somebody whom nobody knows can make us write and ask
outside there, however often they come. A new route needs a row here, with its bounds."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from sqlalchemy import inspect, text

from bot.api.keys import Wish
from bot.common.people import MAILDESK, Person
from bot.signin.presses import OF_A_BROWSER, OF_NEW_BROWSERS
from handlers.events import WANTED
from storage.api_vocabulary import ApiScope
from storage.vocabulary import State
from tests.support.browser import Browser
from tests.support.target import INFO, Target, everything
from tests.support.world import ACME, BotWorld

pytestmark = pytest.mark.attacks

TIMES = 60
ONE_PRESS = 3
"""A press that leads to Microsoft is counted, begins a flow, and is audited."""

ONE_REFUSAL = 2
"""An audit entry, and its count."""

ONE_FAILURE = 14
"""A failure, its audit entry with the count, the change of the account, the messages that tell it,
with what keeps them in order, and the reply that nothing explains, with where it was seen."""


@dataclass(frozen=True)
class Row:
    """A hostile use of a route, tried `TIMES` times: `begin` gives what sends the request of a
    number. At most so many `rows` are added, and so many questions asked of Microsoft and Slack."""

    begin: Callable[[Target], Callable[[int], int]]
    rows: int = 0
    microsoft: int = 0
    slack: int = 0


Begin = Callable[[Target], Callable[[int], int]]


def fetched(path: str, method: str = "GET") -> Begin:
    """Anybody fetches an address; `{}` is the number of the request."""

    def begin(target: Target) -> Callable[[int], int]:
        def send(number: int) -> int:
            url = target.world.url + path.format(number)
            return requests.request(method, url, timeout=60).status_code

        return send

    return begin


def posted(path: str, **fields: str) -> Begin:
    """Anybody posts a form; `{}` is the number of the request."""

    def begin(target: Target) -> Callable[[int], int]:
        def send(number: int) -> int:
            form = {name: value.format(number) for name, value in fields.items()}
            return Browser().post(target.world.url + path.format(number), form).status

        return send

    return begin


def link_fetched(target: Target) -> Callable[[int], int]:
    return lambda number: Browser().open(target.link).status


def code_fetched(target: Target) -> Callable[[int], int]:
    return lambda number: Browser().open(f"{target.link}/qr").status


def sheet_fetched(target: Target) -> Callable[[int], int]:
    with target.world.bot.store.transaction() as tx:
        ticket = tx.signins.usable_ticket(target.account_id, target.world.clock.now())
    assert ticket is not None
    sheet = target.world.bot.services.sheets.address([ticket.id])
    return lambda number: Browser().open(sheet).status


def link_pressed_without_cookies(target: Target) -> Callable[[int], int]:
    return lambda number: Browser().post(target.link, {}).status


def link_pressed_in_one_browser(target: Target) -> Callable[[int], int]:
    browser = Browser()
    return lambda number: browser.post(target.link, {}).status


def error_pasted(target: Target) -> Callable[[int], int]:
    """Who holds the link makes up what Microsoft said; what asks for an approval leads to it."""
    texts = ("AADSTS90094: Admin consent is required.", "I made this up: {}", "AADSTS50105 {}")
    return lambda number: (
        Browser().post(f"{target.link}/error", {"text": texts[number % 3].format(number)}).status
    )


def own_refusal_repeated(target: Target) -> Callable[[int], int]:
    """Who holds the link goes to Microsoft, and answers in its place, again and again."""
    browser = Browser()
    state = target.answer(browser)["state"]
    return lambda number: (
        target.returned(browser, {"state": state, "error": f"made_up_{number}"}).status
    )


def somebody_elses_answer(target: Target) -> Callable[[int], int]:
    answer = target.answer(Browser())
    return lambda number: target.returned(Browser(), answer).status


def approval_repeated(target: Target) -> Callable[[int], int]:
    """Who holds an approval page's address makes its answers up."""
    with target.world.bot.store.transaction() as tx:
        tx.accounts.lock(target.account_id).state = State.AWAITING_ADMIN
    link = target.world.bot.services.consent.link(target.world.account(target.name))
    state = link.partition("state=")[2].replace("%3D", "=")
    return lambda number: (
        Browser()
        .post(
            f"{target.world.url}/consent/callback",
            {"state": state, "error": f"made_up_{number}", "error_description": f"{number}"},
        )
        .status
    )


def approval_looked_at(target: Target) -> Callable[[int], int]:
    link = target.world.bot.services.consent.link(target.world.account(target.name))
    url = f"{target.world.url}/consent/callback?error=x&state={link.partition('state=')[2]}"
    return lambda number: Browser().open(url).status


def slack_unsigned(target: Target) -> Callable[[int], int]:
    bodies = [body for _, body in slack_requests(target.world)]

    def send(number: int) -> int:
        return slack_post(target.world, bodies[number % len(bodies)], {})

    return send


def pagerduty_unsigned(target: Target) -> Callable[[int], int]:
    """Somebody pretends that PagerDuty says that what fails is resolved."""
    event = {"event_type": "incident.resolved", "data": {"incident_key": "a/b/c"}}

    def send(number: int) -> int:
        words = target.world.practice.pagerduty.words
        body = json.dumps({"event": event | {"id": str(number)}}).encode()
        return words.post(body, f"v1={number:064x}")

    return send


def api_called(path: str, method: str = "GET") -> Begin:
    """Somebody without a key calls the API, which is on; `{}` is the number of the call."""

    def begin(target: Target) -> Callable[[int], int]:
        wish = Wish("Lumen CRM", list(ApiScope))
        target.world.bot.services.api.keys.create(wish, MAILDESK)

        def send(number: int) -> int:
            guessed = f"mdk_{number:010d}_{number:043d}"
            headers = {"Authorization": f"Bearer {guessed}"}
            url = f"{target.world.url}/api/v1{path.format(number)}"
            body = {"for": "imap"} if method == "POST" else None
            answer = requests.request(method, url, headers=headers, json=body, timeout=60)
            return answer.status_code

        return send

    return begin


CODE, SHEET = "/login/<secret>/qr", "/login/<sealed>/sheet"
LOGIN, OAUTH, CONSENT = "/login/<secret>", "/oauth/callback", "/consent/callback"
EXPLAIN = "/login/<secret>/error"
ROUTES: dict[tuple[str, str], dict[str, Row]] = {
    ("GET", LOGIN): {
        "guessed": Row(fetched("/login/{:043d}")),
        "the owner's": Row(link_fetched, slack=1),
    },
    ("POST", LOGIN): {
        "guessed": Row(posted("/login/{:043d}"), rows=ONE_REFUSAL),
        "the owner's, without cookies": Row(
            link_pressed_without_cookies,
            rows=ONE_PRESS * OF_NEW_BROWSERS.presses + ONE_REFUSAL + 1,
            microsoft=OF_NEW_BROWSERS.presses,
        ),
        "the owner's, in one browser": Row(
            link_pressed_in_one_browser,
            rows=ONE_PRESS * OF_A_BROWSER.presses + ONE_REFUSAL + 1,
            microsoft=OF_A_BROWSER.presses,
        ),
    },
    ("POST", EXPLAIN): {
        "guessed": Row(posted("/login/{:043d}/error", text="AADSTS50105")),
        "the owner's": Row(error_pasted, microsoft=1),
    },
    ("GET", CODE): {
        "guessed": Row(fetched("/login/{:043d}/qr")),
        "the owner's": Row(code_fetched),
    },
    ("GET", SHEET): {
        "guessed": Row(fetched("/login/{:043d}/sheet")),
        "the owner's": Row(sheet_fetched),
    },
    ("GET", OAUTH): {"forged": Row(fetched("/oauth/callback?state={}&code=x&error=y"))},
    ("POST", OAUTH): {
        "forged": Row(posted(OAUTH, state="{}", code="{}"), rows=ONE_REFUSAL),
        "forged error": Row(posted(OAUTH, state="{}", error="{}"), rows=ONE_REFUSAL),
        "one's own, repeated": Row(
            own_refusal_repeated, rows=ONE_FAILURE + ONE_REFUSAL, microsoft=1, slack=4
        ),
        "somebody else's": Row(somebody_elses_answer, rows=ONE_REFUSAL),
    },
    ("GET", CONSENT): {
        "forged": Row(fetched("/consent/callback?state={}&admin_consent=True")),
        "the owner's": Row(approval_looked_at),
    },
    ("POST", CONSENT): {
        "forged": Row(posted(CONSENT, state="{}", admin_consent="True"), rows=ONE_REFUSAL),
        "the owner's, repeated": Row(
            approval_repeated, rows=ONE_FAILURE + ONE_REFUSAL + 1, microsoft=1, slack=4
        ),
    },
    ("GET", "/errors/<code>"): {
        "guessed": Row(fetched("/errors/{}")),
        "known": Row(fetched("/errors/smtp-auth-off-tenant?{}")),
    },
    ("GET", "/static/<path:filename>"): {
        "guessed": Row(fetched("/static/{}")),
        "known": Row(fetched("/static/maildesk.css?{}")),
    },
    ("GET", "/healthz"): {"anybody": Row(fetched("/healthz"))},
    ("GET", "/readyz"): {"anybody": Row(fetched("/readyz"))},
    ("GET", "/metrics"): {"anybody": Row(fetched("/metrics"))},
    ("POST", "/slack/events"): {"without a signature": Row(slack_unsigned)},
    ("GET", "/api/v1/accounts"): {"with a guessed key": Row(api_called("/accounts"))},
    ("GET", "/api/v1/accounts/<ref>"): {
        "with a guessed key": Row(api_called("/accounts/MB-{:04d}-0000"))
    },
    ("POST", "/api/v1/accounts/<ref>/token"): {
        "with a guessed key": Row(api_called("/accounts/MB-{:04d}-0000/token", "POST"))
    },
    ("GET", "/api/v1/errors/<error_id>"): {
        "with a guessed key": Row(api_called("/errors/MX-{:04d}-0000"))
    },
    ("POST", "/api/v1/accounts"): {"with a guessed key": Row(api_called("/accounts", "POST"))},
    ("PATCH", "/api/v1/accounts/<ref>"): {
        "with a guessed key": Row(api_called("/accounts/MB-{:04d}-0000", "PATCH"))
    },
    **{
        ("POST", f"/api/v1/accounts/<ref>/{deed}"): {
            "with a guessed key": Row(api_called(f"/accounts/MB-{{:04d}}-0000/{deed}", "POST"))
        }
        for deed in ("login-link", "test", "disconnect", "trouble")
    },
    ("PUT", "/api/v1/people"): {"with a guessed key": Row(api_called("/people", "PUT"))},
    ("GET", "/api/v1/events"): {"with a guessed key": Row(api_called("/events"))},
    ("GET", "/api/v1/openapi.json"): {"anybody": Row(api_called("/openapi.json"))},
    ("POST", "/pagerduty/webhook"): {"without a signature": Row(pagerduty_unsigned)},
}
CASES = [(route, name) for route, rows in ROUTES.items() for name in rows]


# -- what is counted


def rows_of(world: BotWorld) -> dict[str, int]:
    """How many rows each table has, but for what the worker writes of itself."""
    with world.bot.store.engine.connect() as connection:
        return {
            name: connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()
            for name in inspect(connection).get_table_names()
            if name != "duty"
        }


def grown(world: BotWorld, before: dict[str, int]) -> dict[str, int]:
    """The tables that have more rows than before, and how many more."""
    more = {name: count - before[name] for name, count in rows_of(world).items()}
    return {name: count for name, count in more.items() if count > 0}


def routes_of(world: BotWorld) -> set[tuple[str, str]]:
    """Every route that is answered, by its method. HEAD is a fetch, and OPTIONS only tells of the
    others."""
    return {
        (method, rule.rule)
        for rule in world.bot.web.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


# -- the tests


def test_every_route_has_a_row(hall: BotWorld) -> None:
    assert routes_of(hall) == set(ROUTES)


@pytest.mark.parametrize(
    ("route", "name"), CASES, ids=[" ".join([*route, name]) for route, name in CASES]
)
def test_however_often_somebody_comes_little_is_written_and_asked(
    target: Target, route: tuple[str, str], name: str
) -> None:
    world = target.world
    row = ROUTES[route][name]
    send = row.begin(target)
    world.settle()
    before = rows_of(world)
    microsoft = world.practice.microsoft.asked
    slack = world.practice.office.asked

    statuses = {send(number) for number in range(TIMES)}

    world.settle()
    assert max(statuses) < 500
    more = grown(world, before)
    assert sum(more.values()) <= row.rows, more
    assert world.practice.microsoft.asked - microsoft <= row.microsoft
    assert world.practice.office.asked - slack <= row.slack
    assert not target.kept()


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("rule", sorted({rule for _, rule in ROUTES}))
def test_other_methods_write_nothing(target: Target, method: str, rule: str) -> None:
    world = target.world
    secret = target.link.rsplit("/", 1)[1]
    path = rule.replace("<secret>", secret).replace("<code>", "x").replace("<path:filename>", "x")
    world.settle()
    before = rows_of(world)
    for _ in range(3):
        assert requests.request(method, world.url + path, timeout=60).status_code < 500
    assert grown(world, before) == {}


# -- Slack's listeners


def slack_requests(world: BotWorld) -> list[tuple[str, dict[str, str] | str]]:
    """A request for every listener there is, by its name."""
    slack = world.bot.slack
    pressed = [(name, interaction(name)) for name in slack.listeners.names]
    typed = [
        (name, {"command": "/maildesk", "text": name, "team_id": "T0LUMEN", "user_id": "U0VERA"})
        for name in slack.commands.names
    ]
    happened = [(name, event(name)) for name in WANTED]
    return [*pressed, *typed, *happened]


def interaction(name: str) -> dict[str, str]:
    """A press of a button, a choice or a form that was sent: whichever it is, it is in here."""
    payload: dict[str, Any] = {
        "type": "block_actions",
        "actions": [{"action_id": name, "value": "MB-1", "type": "button", "block_id": "b"}],
        "callback_id": name,
        "view": {"id": "V1", "callback_id": name, "private_metadata": "", "state": {"values": {}}},
        "user": {"id": "U0VERA", "team_id": "T0LUMEN"},
        "team": {"id": "T0LUMEN"},
        "channel": {"id": ACME},
        "trigger_id": "1.1",
    }
    return {"payload": json.dumps(payload)}


def event(name: str) -> str:
    """An event as JSON."""
    told = {"type": name, "channel": ACME, "user": "U0VERA", "text": "help", "ts": "1.1"}
    body = {"type": "event_callback", "event_id": f"Ev{name}", "team_id": "T0LUMEN", "event": told}
    return json.dumps(body)


def slack_post(world: BotWorld, body: dict[str, str] | str, headers: dict[str, str]) -> int:
    """Post to where Slack's requests come in."""
    is_form = isinstance(body, dict)
    kind = "application/x-www-form-urlencoded" if is_form else "application/json"
    data = urlencode(body) if isinstance(body, dict) else body
    answer = requests.post(
        f"{world.url}/slack/events",
        data=data,
        headers={"Content-Type": kind} | headers,
        timeout=60,
    )
    return answer.status_code


def signature(body: dict[str, str] | str, secret: str, at: float) -> dict[str, str]:
    """Slack's signature (docs.slack.dev/authentication/verifying-requests-from-slack), made with a
    secret."""
    data = urlencode(body) if isinstance(body, dict) else body
    signed = f"v0:{int(at)}:{data}".encode()
    mac = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(int(at)), "X-Slack-Signature": f"v0={mac}"}


@pytest.mark.parametrize("case", ["none", "of another secret", "of another body", "of yesterday"])
def test_no_listener_hears_what_is_not_signed_by_slack(hall: BotWorld, case: str) -> None:
    secret = hall.practice.office.signing_secret
    hall.settle()
    before = rows_of(hall)
    said = hall.practice.office.asked
    for name, body in slack_requests(hall):
        headers = {
            "none": {},
            "of another secret": signature(body, "x" * 32, time.time()),
            "of another body": signature("something else", secret, time.time()),
            "of yesterday": signature(body, secret, time.time() - 86_400),
        }[case]
        assert slack_post(hall, body, headers) == 401, name
    hall.settle()
    assert grown(hall, before) == {}
    assert hall.practice.office.asked == said


def test_what_a_stranger_presses_in_slack_again_and_again_is_one_entry(hall: BotWorld) -> None:
    """Slack signs for everybody who shares a channel with us."""
    sam = Person("T0ELSE", "U0SAM")
    body = interaction("account.add")
    payload = json.loads(body["payload"])
    payload["user"] = {"id": sam.user, "team_id": sam.team}
    payload.pop("view")
    body = {"payload": json.dumps(payload)}
    hall.settle()
    before = rows_of(hall)
    for _ in range(TIMES):
        headers = signature(body, hall.practice.office.signing_secret, time.time())
        assert slack_post(hall, body, headers) == 200
    hall.settle()
    assert sum(grown(hall, before).values()) <= ONE_REFUSAL
    (entry,) = [each for each in everything(hall) if each.user == sam.user]
    assert entry.times == TIMES
    assert INFO not in json.dumps(entry.detail)
