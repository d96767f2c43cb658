"""The error catalogue: every sample finds its row, and no reply, however odd, is taken for what it
is not."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.diagnosis import catalogue, handbook
from bot.diagnosis.catalogue import Catalogue, CatalogueError, Row
from bot.diagnosis.observation import Condition, Observation, Where
from bot.diagnosis.observe import from_imap, from_oauth, from_smtp
from storage.vocabulary import Owner, Permanence
from tests.support.examples import examples
from tests.support.rows import every
from tests.support.samples import seen
from tests.unit.facts import FACTS, WHO

pytestmark = pytest.mark.catalogue

ROWS = catalogue.load()
NETWORK = (
    Condition.DNS,
    Condition.REFUSED,
    Condition.UNREACHABLE,
    Condition.TIMEOUT,
    Condition.RESET,
    Condition.TLS,
    Condition.CERTIFICATE,
    Condition.STARTTLS_MISSING,
    Condition.XOAUTH2_MISSING,
    Condition.PROTOCOL,
    Condition.PROXY,
)


IMAP = (Condition.NO, Condition.BAD, Condition.BYE, Condition.EMPTY)
ENOUGH_ROWS, ENOUGH_SAMPLES = 200, 500


def test_the_catalogue_is_as_large_as_the_field() -> None:
    assert len(ROWS.rows) >= ENOUGH_ROWS
    assert (
        len({str(sample) for row in ROWS.rows.values() for sample in row.samples}) >= ENOUGH_SAMPLES
    )


@every("row", ROWS.rows.values(), ids=lambda row: row.id)
def test_every_sample_finds_its_row(row: Row) -> None:
    assert row.samples
    for sample in row.samples:
        observations = seen(row, sample)
        assert observations
        for observation in observations:
            verdict = ROWS.explain(observation)
            assert (verdict.cause, verdict.owner, verdict.permanence) == (
                row.id,
                row.owner,
                row.permanence,
            ), observation


@every("row", ROWS.rows.values(), ids=lambda row: row.id)
def test_a_row_with_numbers_has_a_sample_with_one(row: Row) -> None:
    numbers = {number for matcher in row.match for number in matcher.codes}
    sampled = {number for sample in row.samples for number in from_oauth(sample).codes}
    assert not numbers or numbers & sampled


@every("row", ROWS.rows.values(), ids=lambda row: row.id)
def test_every_row_says_how_a_mend_shows_and_who_acts_how(row: Row) -> None:
    assert row.proof is not None or row.where == (Where.INTERNAL,)
    assert row.remedy or row.permanence is Permanence.RETRY or row.id == "unexpected"


EXCHANGE = [
    row
    for row in ROWS.rows.values()
    if row.owner is Owner.ADMINISTRATOR
    and any(step.kind == "menu" and "Exchange" in step.text for step in row.remedy)
]


def test_some_rows_send_the_administrator_to_exchange() -> None:
    assert "smtp-auth-off-tenant" in {row.id for row in EXCHANGE}


@every("row", EXCHANGE, ids=lambda row: row.id)
def test_what_an_administrator_changes_in_exchange_can_be_undone_or_scripted(row: Row) -> None:
    assert {"undo", "powershell"} & {step.kind for step in row.remedy}


@every("number, owners, permanences", FACTS, ids=lambda fact: fact[0])
def test_a_number_means_what_the_facts_say(number: int, owners: str, permanences: str) -> None:
    """Checked against a table of its own: who acts, and whether trying again helps."""
    verdict = ROWS.lookup_text(f"AADSTS{number}: whatever Microsoft writes today")
    assert verdict is not None
    assert WHO[verdict.owner] in owners
    assert verdict.permanence in permanences.split()


@every("row", ROWS.rows.values(), ids=lambda row: row.id)
def test_every_sentence_says_what_a_customer_needs_to_know(row: Row) -> None:
    technical = ("SMTP 5", "535", "AADSTS", "XOAUTH2", "token", "refresh", "EXAMINE", "TLS")
    assert not [word for word in technical if word in row.customer]
    who = {
        Owner.ADMINISTRATOR: "administrator",
        Owner.SUPPORT: "support team",
        Owner.ON_CALL: "engineers",
        Owner.MICROSOFT: "Microsoft",
    }
    if row.owner in who:
        assert who[row.owner] in row.customer


def test_switched_off_smtp_auth_names_the_mailbox_before_the_organisation() -> None:
    verdict = ROWS.explain(
        from_smtp(
            535,
            b"5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
            "smtp.auth",
        )
    )
    text = " ".join(step.text for step in verdict.remedy)
    assert text.index("Set-CASMailbox") < text.index(
        "Turn off SMTP AUTH protocol for your organization"
    )
    assert verdict.owner is Owner.ADMINISTRATOR and verdict.permanence is Permanence.AFTER_FIX


def test_numbers_do_not_overrule_the_protocol() -> None:
    busy = Observation(Where.TOKEN, error="invalid_grant", codes=(50173,), status=503)
    assert ROWS.explain(busy).permanence is Permanence.RETRY
    assert ROWS.explain(busy).cause == "microsoft-sign-in-busy", (
        "nor do they choose words that contradict it"
    )
    ours = Observation(Where.TOKEN, error="invalid_client", suberror="bad_token")
    assert ROWS.explain(ours).owner is not Owner.USER
    passing = Observation(
        Where.SMTP, status=454, text="5.7.139 SmtpClientAuthentication is disabled for the Tenant"
    )
    assert ROWS.explain(passing).permanence is Permanence.RETRY
    assert ROWS.explain(passing).owner is Owner.MICROSOFT


def test_an_unknown_failure_still_has_an_answer_and_support_looks_first() -> None:
    verdict = ROWS.explain(Observation(Where.GRAPH, status=404, error="SomethingNew"))
    assert verdict.cause == "unknown" and verdict.owner is Owner.SUPPORT


@pytest.mark.parametrize(
    ("pasted", "cause"),
    [
        ("AADSTS7000222: The provided client secret keys are expired.", "application-secret-expired"),
        ("Error: aadsts50105 the user is not assigned", "user-not-assigned"),
        ("smtplib: (535, b'5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.')",
         "smtp-auth-off-mailbox"),
        ("A1 BAD User is authenticated but not connected.", "authenticated-not-connected"),
        ("50105", "user-not-assigned"),
        ('{"error": {"code": "MailboxNotEnabledForRESTAPI", "message": "x"}}', "graph-no-mailbox"),
        ("554 5.2.252 SendAsDenied; a@x.example not allowed to send as b@x.example", "send-as-denied"),
    ],
)  # fmt: skip
def test_a_pasted_text_resolves_to_its_row(pasted: str, cause: str) -> None:
    verdict = ROWS.lookup_text(pasted)
    assert verdict is not None and verdict.cause == cause


def test_an_everyday_sentence_resolves_to_nothing() -> None:
    assert ROWS.lookup_text("the mail does not work since Monday, please help") is None


hostile = st.one_of(
    st.text(max_size=400), st.binary(max_size=400).map(lambda raw: raw.decode("latin-1"))
)


@examples(700)
@given(text=hostile, code=st.integers(min_value=-1, max_value=999))
def test_odd_smtp_replies_have_an_answer_of_the_right_kind(text: str, code: int) -> None:
    verdict = ROWS.explain(from_smtp(code, text, "smtp.auth"))
    if 400 <= code < 500:
        assert verdict.permanence is Permanence.RETRY and verdict.owner is Owner.MICROSOFT
    assert verdict.permanence is not Permanence.SIGN_IN_AGAIN


@examples(700)
@given(text=hostile, condition=st.sampled_from([None, *IMAP]))
def test_odd_imap_replies_have_an_answer(text: str, condition: Condition | None) -> None:
    observation = from_imap(text, condition, "imap.inbox")
    assert len(observation.text) <= 500
    assert ROWS.explain(observation).permanence is not Permanence.SIGN_IN_AGAIN


@examples(700)
@given(text=hostile, condition=st.sampled_from(NETWORK))
def test_a_network_fault_is_never_an_accounts(text: str, condition: Condition) -> None:
    verdict = ROWS.explain(Observation(Where.NETWORK, condition=condition, text=text))
    assert verdict.owner is Owner.ON_CALL and verdict.permanence is not Permanence.SIGN_IN_AGAIN


@examples(300)
@given(
    st.dictionaries(
        st.sampled_from(["error", "suberror", "error_description", "error_codes", "trace_id"]),
        hostile,
    )
)
def test_odd_answers_of_the_token_endpoint_have_an_answer(answer: dict[str, Any]) -> None:
    assert ROWS.explain(from_oauth(answer)).cause in ROWS.rows


PLANTED = (
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJ1cG4iOiJwbGFudGVkIn0.cGxhbnRlZHNpZ25hdHVyZXBsYW50ZWQ",
    "1.AXkAplantedplantedplantedplantedplantedplanted",
)


@examples(400)
@given(before=hostile, after=hostile, secret=st.sampled_from(PLANTED))
def test_odd_replies_with_a_secret_in_them_never_leak_it(
    before: str, after: str, secret: str
) -> None:
    text = f"{before[:200]}{secret} {after}"
    told = [
        from_smtp(535, text, "smtp.auth"),
        from_imap(text, Condition.NO, "imap.auth"),
        from_oauth({"error_description": text}),
    ]
    assert not [seen for seen in told if "planted" in str(seen) or "cGxhbnRlZ" in str(seen)]


def test_a_wait_that_the_server_asks_for_is_understood() -> None:
    text = "Request is throttled. Suggested Backoff Time: 30000 milliseconds"
    assert from_imap(text, Condition.NO, "imap.inbox").retry_after == timedelta(seconds=30)


def test_a_wrong_row_is_named_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('[[row]]\nid = "Not a slug"\n')
    with pytest.raises(CatalogueError, match=r"own\.toml, row 1 \(Not a slug\)"):
        catalogue.read(tmp_path)


ROW = """
[[row]]
id = "unknown"
where = ["network"]
title = "A row of the test"
customer = "A sentence for customers that is long enough."
support = "A sentence for support that is long enough."
owner = "support"
permanence = "after-fix"
scope = "mailbox"
match = [{ %s }]
samples = []
"""


@pytest.mark.parametrize(
    ("good", "wrong"),
    [
        ('condition = "timeout"', 'condition = "time-out"'),
        ('layer = "tls"', 'layer = "ssl"'),
    ],
)
def test_a_row_with_a_word_that_nothing_observes_is_refused(
    tmp_path: Path, good: str, wrong: str
) -> None:
    file = tmp_path / "own.toml"
    file.write_text(ROW % good)
    assert catalogue.read(tmp_path).rows["unknown"].match
    file.write_text(ROW % wrong)
    with pytest.raises(CatalogueError, match=r"own\.toml, row 1 \(unknown\)"):
        catalogue.read(tmp_path)


NOT_OBSERVED_IN = {"bot/diagnosis/observation.py", "bot/diagnosis/pasted.py"}
"""Where conditions are declared, and read from a text that somebody pasted."""


def observed_conditions() -> set[Condition]:
    """The conditions that the bot makes observations of."""
    root = Path(catalogue.__file__).parents[2]
    files = [*(root / "bot").rglob("*.py"), *(root / "handlers").rglob("*.py")]
    return {
        Condition[name]
        for file in files
        if str(file.relative_to(root)) not in NOT_OBSERVED_IN
        for name in re.findall(r"\bCondition\.([A-Z0-9_]+)\b", file.read_text(encoding="utf-8"))
    }


def test_every_condition_of_a_row_is_observed_somewhere() -> None:
    named = {matcher.condition for row in ROWS.rows.values() for matcher in row.match}
    assert named - {None} <= observed_conditions()


def test_every_condition_that_is_observed_has_a_row_of_its_own() -> None:
    named = {matcher.condition for row in ROWS.rows.values() for matcher in row.match}
    assert set(Condition) <= named


def test_there_must_be_a_row_for_what_is_unknown(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="unknown"):
        catalogue.read(tmp_path)


def test_the_document_is_made_from_the_data() -> None:
    document = Path(__file__).parents[2] / "docs" / "errors.md"
    assert document.read_text(encoding="utf-8") == handbook.markdown(ROWS), "run `make docs`"


def test_a_cause_that_has_left_the_data_reads_as_unknown() -> None:
    assert Catalogue(ROWS.rows).verdict("gone").cause == "unknown"


def test_our_application_is_called_as_the_portal_calls_it() -> None:
    named = catalogue.load(application=catalogue.Application("Lumen Mail", "0000-1111"))
    texts = [
        text
        for row in named.rows.values()
        for text in (row.title, row.customer, row.support, *(step.text for step in row.remedy))
    ]
    assert [text for text in texts if "<application>" in text or "<client-id>" in text] == []
    missing = named.rows["service-principal-missing"]
    assert "az ad sp create --id 0000-1111" in [step.text for step in missing.remedy]
    assert missing.title == "Lumen Mail is not added to the organisation yet"
    assert [text for text in texts if "apps > Maildesk" in text] == []


def test_sending_is_switched_on_at_whoever_signs_in() -> None:
    """Exchange asks for the sign-in's user, also where they send from a shared mailbox."""
    commands = {
        step.text
        for row in ROWS.rows.values()
        for step in row.remedy
        if "Set-CASMailbox" in step.text and "SmtpClient" in step.text
    }
    assert commands == {"Set-CASMailbox -Identity <user> -SmtpClientAuthenticationDisabled $false"}
