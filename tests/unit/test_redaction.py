"""Redaction: planted secrets survive in no wrapping, and what support needs stays readable."""

import base64
import json
import textwrap
import urllib.parse
from collections.abc import Callable

import pytest

from bot.common.redaction import hiding, redact, redact_value
from tests.support.rows import every

pytestmark = pytest.mark.redaction

JWT = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJhdWQiOiJodHRwczovL291dGxvb2sub2ZmaWNlLmNvbSJ9.c2lnbmF0dXJlc2lnbmF0dXJl"
OPAQUE = "1.AXkA" + "b9_-Qz" * 40
SASL = f"user=info@acme.example\x01auth=Bearer {JWT}\x01\x01"
SLACK = "xoxb-1234567890-abcdefghij"
WRAPPINGS: dict[str, Callable[[str], str]] = {
    "bare": str,
    "json": lambda secret: json.dumps({"refresh_token": secret, "error": "x"}),
    "form": lambda secret: (
        f"grant_type=refresh_token&refresh_token={urllib.parse.quote(secret)}&client_id=1"
    ),
    "header": lambda secret: f"Authorization: Bearer {secret}\r\nHost: x",
    "repr": lambda secret: repr({"access_token": secret}),
    "sentence": lambda secret: f"the server said no to {secret} at noon",
    "exception": lambda secret: f"ValueError('bad token {secret}')",
}


@pytest.mark.parametrize("secret", [JWT, OPAQUE, SLACK], ids=["jwt", "opaque", "slack"])
@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS)
def test_a_token_survives_in_no_wrapping(secret: str, wrap: Callable[[str], str]) -> None:
    cleaned = redact(wrap(secret))
    for piece in (secret, secret[:24], secret[-24:]):
        assert piece not in cleaned


SHORTEST = (
    "code=abcdef",
    "password: abcdef",
    '"token":"abcdef',
    "/login/abcdefgh",
    "%2Flogin%2Fabcdefgh",
    "BEARER abcd1234",
    "Basic abcd1234",
    "eyJabcdefgh.",
    "0.Aabcdefghijklmnopqrst",
    "M.C1_A.abcdefghij",
    "xoxb-abcdef",
    "xapp-abcdef",
    "user=a\x01auth=",
    "." + "a.b" * 67,
)


@every("secret", SHORTEST)
def test_a_secret_is_seen_that_is_as_short_as_any_and_alone(secret: str) -> None:
    assert "[hidden]" in redact(secret)


@pytest.mark.attacks
@pytest.mark.parametrize(
    "line",
    [
        "Exception on /login/{} [GET]",
        'GET /login/{}?x=1 HTTP/1.1" 500',
        "https://maildesk.example/login/{}",
        "{{'PATH_INFO': '/login/{}'}}",
        "next=https%3A%2F%2Fmaildesk.example%2Flogin%2F{}&x=1",
    ],
)
def test_a_login_links_secret_is_hidden_wherever_its_address_stands(line: str) -> None:
    secret = "v3Ry-s3cret_Link" * 2 + "abcdefghij0"
    cleaned = redact(line.format(secret))
    assert "[hidden]" in cleaned
    assert not [piece for piece in (secret[:8], secret[16:24], secret[-8:]) if piece in cleaned]


@pytest.mark.parametrize(
    "fold", ["\n", "\r\n ", " ", "\\r\\n"], ids=["lines", "header", "words", "escaped"]
)
@pytest.mark.parametrize("width", [0, 40, 64, 76])
def test_a_sasl_string_survives_neither_raw_nor_encoded_nor_folded(width: int, fold: str) -> None:
    encoded = base64.b64encode(SASL.encode()).decode()
    folded = fold.join(textwrap.wrap(encoded, width)) if width else encoded
    for text in (SASL, f"AUTH XOAUTH2 {folded}", f"> {folded}\n< 535 no"):
        cleaned = redact(text)
        assert JWT[:20] not in cleaned
        assert not [line for line in folded.split(fold) if line[:30] in cleaned]


@pytest.mark.parametrize(
    "name", ["client_secret", "password", "code", "id_token", "Cookie", "signing_secret"]
)
def test_a_field_with_a_secrets_name_is_hidden_whatever_it_holds(name: str) -> None:
    assert redact_value({name: "hunter2 hunter2", "kept": "yes"}) == {
        name: "[hidden]",
        "kept": "yes",
    }
    assert "hunter2x" not in redact(f"{name}=hunter2xyz")


@pytest.mark.parametrize(
    "text",
    [
        "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. [AM0PR01CA0001]",
        "AADSTS50173: x. Trace ID: 00000000-0000-4000-8000-000000000000 Correlation ID: 11111111-2222-4333-8444-555555555555",
        "A1 BAD User is authenticated but not connected.",
        "info@acme.example could not be opened in Gesendete Elemente",
        "MX-7Q3F-9K2D",
        "535 5.7.139 Authentication unsuccessful, basic authentication is disabled. Bearer tokens are taken.",
    ],
)
def test_what_support_needs_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


def test_nested_values_and_exceptions_are_cleaned() -> None:
    value = redact_value({"steps": [{"evidence": f"Bearer {JWT}"}], "error": ValueError(JWT)})
    assert JWT not in str(value)


def test_a_huge_text_is_cut_before_it_costs_anything() -> None:
    assert len(redact("a b " * 1_000_000)) <= 20_000


@every("ahead", range(9))
@pytest.mark.parametrize("name", ["info@acme.example", "a@acme.example", "jo@acme.example"])
def test_a_secret_that_begins_inside_a_longer_run_is_seen_wherever_it_begins(
    ahead: int, name: str
) -> None:
    sasl = f"user={name}\x01auth=Bearer {JWT}\x01\x01"
    encoded = base64.b64encode(sasl.encode()).decode()
    run = "QUJDREVGR0hJ"[:ahead] + encoded

    cleaned = redact(f"C: {run}")

    assert not [piece for piece in textwrap.wrap(encoded, 24) if piece in cleaned]


@pytest.mark.parametrize("shift", range(3))
def test_a_secret_in_the_middle_of_what_is_encoded_is_seen_too(shift: int) -> None:
    encoded = base64.b64encode(b"x" * shift + SASL.encode() + b" and more").decode()

    assert encoded[:24] not in redact(encoded)


@pytest.mark.parametrize("ahead", ["x", "0", "_", "token"])
@pytest.mark.parametrize("secret", [JWT, OPAQUE[:120], SLACK], ids=["jwt", "opaque", "slack"])
def test_a_token_directly_behind_a_word_is_seen_too(secret: str, ahead: str) -> None:
    cleaned = redact(f"said {ahead}{secret}")

    for piece in (secret, secret[:24], secret[-24:]):
        assert piece not in cleaned


def test_a_secret_that_is_encoded_for_addresses_is_seen_too() -> None:
    sasl = f"user=~a@acme.example\x01auth=Bearer {JWT}\x01\x01"
    encoded = base64.urlsafe_b64encode(sasl.encode()).decode()
    assert "-" in encoded

    cleaned = redact(f"C: {encoded}")
    assert not [piece for piece in textwrap.wrap(encoded, 24) if piece in cleaned]


def test_what_is_known_to_be_secret_is_hidden_as_long_as_it_is_used() -> None:
    line = 'https://alerts.example "POST /in/blue-house HTTP/1.1" 200'
    with hiding("/in/blue-house", ""):
        assert redact(line) == 'https://alerts.example "POST [hidden] HTTP/1.1" 200'
    assert redact(line) == line
