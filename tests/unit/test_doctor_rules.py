"""The doctor: its checks keep out of each other's way, and what an answer means."""

import ast
import string
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

import bot.doctor
from bot.diagnosis.observation import Condition, Layer, Observation, Where
from bot.doctor import files, slack
from bot.doctor.examination import Check, examine, failed
from bot.doctor.findings import Finding, Status, found, kinds
from bot.doctor.microsoft import Application
from bot.doctor.network import Way, unreached
from bot.microsoft.credentials import Credential, Credentials

CLIENT = "11111111-2222-4333-8444-555555555555"
SECRET = "planted~Value.of-a_Secret"
OFFICE = "https://login.microsoftonline.com/organizations"


def all_well(name: str) -> Iterator[Finding]:
    yield found("migrations-ok", name, revision="1")


# -- the examination


A_WHILE = 3.0
"""Longer than a thread waits for its turn on a busy machine."""


def test_a_check_that_fails_or_hangs_does_not_stop_the_others() -> None:
    never = threading.Event()

    def broken() -> Iterator[Finding]:
        raise RuntimeError("Authorization: Bearer planted-secret-token")

    def hangs() -> Iterator[Finding]:
        never.wait()
        yield from all_well("hangs")

    checks = [Check("broken", broken), Check("hangs", hangs), Check("well", lambda: all_well("w"))]
    findings = examine(checks, seconds=A_WHILE)
    never.set()
    assert [each.kind for each in findings] == ["unexpected", "too-slow", "migrations-ok"]
    assert "RuntimeError" in findings[0].says and "planted" not in findings[0].says
    assert failed(findings)


def test_what_builds_on_something_that_failed_is_left_out_with_the_reason() -> None:
    def fails() -> Iterator[Finding]:
        yield found("database-read-only")

    looked = []

    def look() -> Iterator[Finding]:
        looked.append(1)
        yield from all_well("x")

    first = Check("first", fails)
    second = Check("second", look, after="first")
    third = Check("third", look, after="second")
    needs = Check("needs", look, frozenset({"port", "public_url"}))
    findings = examine([first, second, third, needs], {"public_url"})
    assert [each.status for each in findings] == [Status.FAIL] + [Status.SKIPPED] * 3
    assert "it builds on first" in findings[1].says
    assert "it builds on second" in findings[2].says
    assert "PUBLIC_URL is missing or wrong" in findings[3].says
    assert not looked


def test_what_warns_keeps_nothing_from_being_looked_at() -> None:
    def warns() -> Iterator[Finding]:
        yield found("events-none")

    checks = [Check("first", warns), Check("second", lambda: all_well("x"), after="first")]
    findings = examine(checks)
    assert [each.status for each in findings] == [Status.WARN, Status.OK]
    assert not failed(findings)


# -- the words


def test_everything_that_is_wrong_has_a_fix_and_what_is_well_has_none() -> None:
    for name, kind in kinds().items():
        wanted = kind.status in (Status.WARN, Status.FAIL)
        assert bool(kind.fix) is wanted or kind.status is Status.SKIPPED, name
        assert kind.says.endswith((".", "}")), name


def calls() -> Iterator[tuple[str, frozenset[str]]]:
    """Every finding that the code names outright, with the values that it gives."""
    for file in Path(bot.doctor.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            named = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "found"
            if not named or not isinstance(node.args[0], ast.Constant):
                continue
            if all(keyword.arg for keyword in node.keywords):
                yield node.args[0].value, frozenset(str(k.arg) for k in node.keywords)


def test_each_finding_is_given_the_values_of_its_words() -> None:
    assert len(list(calls())) > 20
    for kind, given in calls():
        row = kinds()[kind]
        wanted = {name for _, name, _, _ in string.Formatter().parse(row.says + row.fix) if name}
        assert wanted <= given, kind


def test_a_value_is_shown_without_its_secrets_and_on_one_line() -> None:
    shown = found("database-refuses", words=f"password={SECRET}\nsays the server {'x' * 900}")
    assert "planted" not in shown.says and "\n" not in shown.says
    assert len(shown.says) < 500


# -- Slack


@dataclass
class FakeSlack:
    """Has these scopes; says this word for each channel, and else that the bot is in it."""

    scopes: Sequence[str] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def installation(self) -> slack.Installation:
        return slack.Installation("T0LUMEN", "Lumen", self.scopes)

    def place(self, channel_id: str) -> slack.Place:
        self.asked.append(channel_id)
        if channel_id in self.words:
            raise slack.SlackSays(self.words[channel_id])
        return slack.Place(channel_id.lower(), joined=True, archived=False, shared=True)


BOUND = [slack.Bound(f"C{number}", f"Customer {number}") for number in range(slack.CHANNELS + 5)]


def app(fake: Any) -> slack.SlackApp:
    return slack.SlackApp(fake, "", {}, {}, ())


def test_only_so_many_channels_of_customers_are_looked_at_and_the_rest_is_counted() -> None:
    fake = FakeSlack(words={"C1": "channel_not_found"})
    findings = list(app(fake).customers_channels(BOUND))
    assert len(fake.asked) == slack.CHANNELS
    assert [each.kind for each in findings] == [
        "customer-channel-unknown",
        "customer-channels-ok",
        "customer-channels-more",
    ]
    assert "Customer 1 (C1)" in findings[0].says and "Customer 1 up there" in findings[0].fix
    assert f"{slack.CHANNELS - 1})" in findings[1].says
    assert findings[2].says.startswith("5 more")


def test_no_further_channel_is_asked_about_where_slack_wants_no_more_or_time_is_up() -> None:
    fake = FakeSlack(words={"C2": "ratelimited"})
    kinds_ = [each.kind for each in app(fake).customers_channels(BOUND)]
    assert kinds_ == ["slack-refuses", "customer-channels-ok", "customer-channels-more"]
    assert fake.asked == ["C0", "C1", "C2"]
    late = FakeSlack()
    findings = list(app(late).customers_channels(BOUND[:2], seconds=0))
    assert [each.says[:6] for each in findings] == ["2 more"] and not late.asked


def test_the_scopes_that_an_app_has_beyond_the_manifest_are_named_and_optional_ones_are_not() -> (
    None
):
    has = [*slack.scopes(), "groups:history", "admin"]
    findings = list(app(FakeSlack(has)).wanted_scopes())
    assert [each.kind for each in findings] == ["scope-unasked", "scopes-ok"]
    assert "scope admin," in findings[0].says and "groups:history" in findings[1].says


def test_what_of_the_manifest_nobody_compared_is_said_with_how_to_compare_it() -> None:
    (finding,) = app(FakeSlack()).manifest()
    assert finding.status is Status.SKIPPED and "events" in finding.says
    assert "App Manifest" in finding.fix and "manifest.json" in finding.fix


# -- files


def test_a_slip_in_the_env_file_is_named_with_what_was_meant() -> None:
    known = ["SLACK_BOT_TOKEN", "PORT", "SLACK_BOT_TOKEN_FILE"]
    slips = list(files.unknown_names(Path(".env"), ["SLACK_BOT_TOKN", "PORT", "EDITOR"], known))
    assert [each.says.split(" ")[2] for each in slips] == ["EDITOR,", "SLACK_BOT_TOKN,"]
    assert slips[1].fix.startswith("Did you mean SLACK_BOT_TOKEN? Correct the name")


# -- the way out


@pytest.mark.parametrize(
    ("seen", "kind"),
    [
        (Observation(Where.NETWORK, condition=Condition.DNS), "host-unknown"),
        (Observation(Where.NETWORK, condition=Condition.TIMEOUT), "host-silent"),
        (Observation(Where.NETWORK, condition=Condition.DNS, layer=Layer.PROXY), "proxy-unknown"),
        (
            Observation(Where.NETWORK, condition=Condition.PROXY, layer=Layer.PROXY, status=407),
            "proxy-wants-password",
        ),
        (
            Observation(Where.NETWORK, condition=Condition.PROXY, layer=Layer.PROXY, status=403),
            "proxy-refuses",
        ),
        (
            Observation(Where.NETWORK, condition=Condition.CERTIFICATE, text="it has expired; x"),
            "certificate-expired",
        ),
        (Observation(Where.TOKEN, status=503), "host-busy"),
    ],
)
def test_what_is_in_the_way_is_told_apart(seen: Observation, kind: str) -> None:
    assert unreached("imap", seen, Way("IMAP_HOST", "MAIL_CA_BUNDLE")).kind == kind


# -- what Microsoft says of a credential


@dataclass
class FakeSignIn:
    """Answers with these numbers, by where it is asked; with a token where nothing is said."""

    numbers: Mapping[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def describe(self) -> dict[str, Any]:
        return {"token_endpoint": "https://login.example/token"}

    def own_token(self, credential: Credential, tenant: str = "") -> dict[str, Any]:
        self.asked.append(tenant)
        number = self.numbers.get(f"{credential.value}@{tenant}", self.numbers.get(tenant, 0))
        text = f"AADSTS{number}: no."
        refusal = {"error": "x", "error_codes": [number], "error_description": text}
        return refusal if number else {"token_type": "Bearer"}

    def comes_back(self, redirect_uri: str) -> tuple[bool | None, tuple[int, ...]]:
        number = self.numbers.get(redirect_uri.rpartition(".example")[2])
        return (False, (number,)) if number else (None, ())


def application(
    sign_in: FakeSignIn,
    *secrets: str,
    tenants: Sequence[str] = (),
    home: str = "",
    expires: Sequence[date] = (),
    authority: str = OFFICE,
) -> Application:
    return Application(
        authority=authority,
        client_id=CLIENT,
        public_url="https://desk.example",
        credentials=Credentials(secret=SecretStr(",".join(secrets)), secrets_expire=expires),
        sign_in=sign_in,
        tenants=lambda: tenants,
        home=lambda: home,
        clock_ahead=lambda: timedelta(),
        today=date(2027, 3, 1),
    )


def said(sign_in: FakeSignIn, *secrets: str, **where: Any) -> list[tuple[str, Status]]:
    findings = application(sign_in, *(secrets or (SECRET,)), **where).accepted()
    return [(each.kind, each.status) for each in findings]


FAIL, WARN, OK, SKIPPED = Status.FAIL, Status.WARN, Status.OK, Status.SKIPPED


@pytest.mark.parametrize(
    ("numbers", "tenants", "home", "expected"),
    [
        # a customer's organisation says it first, and nobody else is asked
        ({"acme": 0}, ["acme"], "lumen", ("credential-ok", OK)),
        ({"acme": 7000215}, ["acme"], "lumen", ("secret-wrong", FAIL)),
        ({"acme": 7000222}, ["acme"], "lumen", ("secret-expired", FAIL)),
        # one customer removed the application: another, or our own organisation, says it
        ({"acme": 7000229, "brite": 0}, ["acme", "brite"], "", ("credential-ok", OK)),
        ({"acme": 700016, "lumen": 7000215}, ["acme"], "lumen", ("secret-wrong", FAIL)),
        # nobody knows it, of several that had it
        (
            {"acme": 700016, "brite": 700016, "": 50059},
            ["acme", "brite"],
            "",
            ("application-unknown", FAIL),
        ),
        # one that may have removed it, or never had it, proves nothing
        ({"acme": 700016, "": 50059}, ["acme"], "", ("credential-not-told", SKIPPED)),
        ({"lumen": 700016, "": 50059}, [], "lumen", ("credential-not-told", SKIPPED)),
        # an authority of many organisations gives no token, whatever word it has for that
        ({"": 1002016}, [], "", ("credential-not-told", SKIPPED)),
        ({"": 7000215}, [], "", ("secret-wrong", FAIL)),
        ({"acme": 53003}, ["acme"], "", ("credential-refused", FAIL)),
    ],
)
def test_what_microsoft_says_of_a_credential(
    numbers: dict[str, int], tenants: list[str], home: str, expected: tuple[str, Status]
) -> None:
    assert said(FakeSignIn(numbers), tenants=tenants, home=home) == [expected]


def test_the_first_decisive_answer_is_enough() -> None:
    sign_in = FakeSignIn({"acme": 7000229})
    said(sign_in, tenants=["acme"], home="lumen")
    assert sign_in.asked == ["acme", "lumen"]


def test_of_two_secrets_one_that_is_taken_makes_the_other_a_warning() -> None:
    numbers = {"old@acme": 7000222, "new@acme": 0}
    told = said(FakeSignIn(numbers), "old", "new", tenants=["acme"])
    assert told == [("secret-expired", WARN), ("credential-ok", OK)]
    assert (
        said(FakeSignIn({"acme": 7000222}), "old", "new", tenants=["acme"])
        == [("secret-expired", FAIL)] * 2
    )


def test_the_id_of_a_secret_is_known_before_microsoft_is_asked() -> None:
    sign_in = FakeSignIn()
    ours = application(sign_in, "6C1F0E52-9f1d-4b63-8a3e-0d7f5f3a2b11", CLIENT)
    assert [each.kind for each in ours.forms()] == ["secret-is-id", "secret-is-client-id"]
    assert [each.kind for each in ours.accepted()] == ["skipped"]
    assert sign_in.asked == []


def test_a_secrets_last_day_is_told_in_time() -> None:
    days = [date(2027, 2, 28), date(2027, 3, 10), date(2027, 4, 30)]
    found_ = application(FakeSignIn(), "a", "b", "c", expires=days).forms()
    assert [(each.kind, each.status) for each in found_] == [
        ("credential-ended", FAIL),
        ("credential-ends-soon", WARN),
    ]


def test_an_address_is_told_as_far_as_microsoft_does_without_a_person() -> None:
    ours = application(FakeSignIn({"/consent/callback": 50011}), SECRET)
    assert [each.kind for each in ours.redirects()] == [
        "redirect-not-told",
        "redirect-not-registered",
    ]
    unknown = application(FakeSignIn({"/oauth/callback": 700016}), SECRET)
    assert next(iter(unknown.redirects())).kind == "application-unknown"


def test_an_authority_of_one_organisation_is_warned_of() -> None:
    one = application(FakeSignIn(), SECRET, authority="https://login.microsoftonline.com/acme")
    assert [each.kind for each in one.discovery()] == ["authority-of-one"]
    assert [each.kind for each in application(FakeSignIn(), SECRET).discovery()] == ["discovery-ok"]
