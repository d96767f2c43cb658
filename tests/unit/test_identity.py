"""Who signed in: every claim that is missing or wrong is refused, and only the mailbox's own
account fits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.microsoft.identity import PERSONAL_TENANT, Identity, IdentityRefused, belongs, proved
from tests.support.values import account_row

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TENANT, OBJECT = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"
CLIENT, AUTHORITY = (
    "11111111-2222-4333-8444-555555555555",
    "https://login.microsoftonline.com/organizations",
)
GOOD: dict[str, Any] = {
    "aud": CLIENT,
    "iss": f"https://login.microsoftonline.com/{TENANT}/v2.0",
    "tid": TENANT,
    "oid": OBJECT,
    "preferred_username": "Info@Acme.example",
    "exp": NOW.timestamp() + 3600,
    "nbf": NOW.timestamp() - 60,
}


def test_a_good_token_proves_who_signed_in() -> None:
    assert proved(GOOD, CLIENT, AUTHORITY, NOW) == Identity(TENANT, OBJECT, "Info@Acme.example")


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "99999999-2222-4333-8444-555555555555"},
        {"aud": [CLIENT, "other"]},
        {"aud": None},
        {"iss": "https://login.evil.example/" + TENANT + "/v2.0"},
        {"iss": f"http://login.microsoftonline.com/{TENANT}/v2.0"},
        {"iss": "https://login.microsoftonline.com/cccccccc-0000-4000-8000-000000000003/v2.0"},
        {"iss": None},
        {"tid": "organizations"},
        {"tid": None},
        {"oid": ""},
        {"oid": None},
        {"oid": "1"},
        {"exp": NOW.timestamp() - 301},
        {"exp": None},
        {"exp": "tomorrow"},
        {"nbf": NOW.timestamp() + 301},
        {"preferred_username": None},
        {"preferred_username": "no address"},
    ],
    ids=str,
)
def test_a_wrong_or_missing_claim_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(IdentityRefused) as refused:
        proved(GOOD | wrong, CLIENT, AUTHORITY, NOW)
    assert refused.value.observation.condition == "invalid-token"


def test_a_personal_account_is_told_apart() -> None:
    personal = GOOD | {
        "tid": PERSONAL_TENANT,
        "iss": f"https://login.microsoftonline.com/{PERSONAL_TENANT}/v2.0",
    }
    with pytest.raises(IdentityRefused) as refused:
        proved(personal, CLIENT, AUTHORITY, NOW)
    assert refused.value.observation.condition == "personal"


def test_clocks_may_differ_by_a_few_minutes() -> None:
    proved(GOOD, CLIENT, AUTHORITY, NOW + timedelta(hours=1, minutes=4))


@pytest.mark.parametrize("upn", ["info@acme.example", "INFO@ACME.EXAMPLE", "login@acme.example"])
def test_the_mailbox_fits_by_username_or_sender(upn: str) -> None:
    belongs(Identity(TENANT, OBJECT, upn), account_row(username="login@acme.example"), ())


def test_another_account_does_not_fit() -> None:
    with pytest.raises(IdentityRefused) as refused:
        belongs(Identity(TENANT, OBJECT, "carol@acme.example"), account_row(), {TENANT})
    assert (
        refused.value.observation.condition == "other-account"
        and refused.value.actual == "carol@acme.example"
    )


def test_another_tenant_than_the_customers_does_not_fit_whatever_the_address() -> None:
    with pytest.raises(IdentityRefused) as refused:
        belongs(
            Identity("dddddddd-0000-4000-8000-000000000004", OBJECT, "info@acme.example"),
            account_row(),
            {TENANT},
        )
    assert refused.value.observation.condition == "other-tenant"


def test_a_renamed_user_is_followed_and_a_new_user_of_the_old_name_is_not() -> None:
    pinned = account_row(tenant_id=TENANT, object_id=OBJECT)
    belongs(Identity(TENANT, OBJECT, "renamed@acme.example"), pinned, {TENANT})
    with pytest.raises(IdentityRefused):
        belongs(
            Identity(TENANT, "eeeeeeee-0000-4000-8000-000000000005", "info@acme.example"),
            pinned,
            {TENANT},
        )
