"""Replies of SMTP, IMAP, Graph and the network: who is named, whatever the reply; what is not known is
explained by its class alone; and where it was."""

import re
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.diagnosis import catalogue
from bot.diagnosis.observation import Condition, Layer, Observation, Where
from bot.diagnosis.observe import from_imap, from_smtp
from storage.vocabulary import Owner, Permanence
from tests.support.examples import examples
from tests.support.fast import FastBot
from tests.support.values import failure_row

pytestmark = pytest.mark.catalogue

ROWS = catalogue.load()
REPLIES = Path(__file__).parents[1] / "data" / "mail_replies.toml"
TUNNEL = re.compile(r"failed: (\d{3})")
MAIL = (Where.SMTP, Where.IMAP, Where.GRAPH, Where.NETWORK)


def read(reply: str) -> Observation:
    """The observation that a line of the list makes."""
    kind, _, text = reply.partition(" ")
    if kind == "graph":
        status, code, text = text.split(" ", 2)
        return Observation(Where.GRAPH, status=int(status), error=code, text=text)
    if kind == "net":
        kind, _, text = text.partition(" ")
        condition, _, layer = kind.partition("/")
        proxy = TUNNEL.search(text)
        return Observation(
            Where.NETWORK,
            condition=Condition(condition),
            layer=None if layer == "-" else Layer(layer),
            status=int(proxy[1]) if proxy else None,
            text=text,
        )
    if kind.isdigit():
        step = "smtp.auth" if kind in {"535", "504"} else "roundtrip"
        return from_smtp(int(kind), text, step)
    step = "imap.auth" if "AUTHENTICATE" in text or "LOGIN" in text else "imap.folders"
    return from_imap(reply, Condition(kind), step)


def replies() -> Iterator[tuple[Owner, Permanence, str]]:
    """Each line with who can mend it, and whether trying again helps."""
    for owner, by_permanence in tomllib.loads(REPLIES.read_text(encoding="utf-8")).items():
        for permanence, group in by_permanence.items():
            for reply in group["replies"]:
                yield Owner(owner), Permanence(permanence), reply


def test_whoever_can_mend_it_is_named_and_nobody_else() -> None:
    found = [
        (str(reply), verdict.cause, verdict.owner, verdict.permanence)
        for owner, permanence, reply in replies()
        if (verdict := ROWS.explain(read(reply)))
        and (verdict.owner, verdict.permanence) != (owner, permanence)
    ]
    assert found == []


def test_the_list_has_replies_of_every_kind() -> None:
    wheres = {read(reply).where for _, _, reply in replies()}
    assert wheres == set(MAIL)
    assert {owner for owner, _, _ in replies()} == set(Owner) - {Owner.MAILDESK}


numbers = st.builds(
    "{}.{}.{}".format, st.sampled_from((4, 5)), st.integers(0, 9), st.integers(0, 999)
)
words = st.lists(
    st.sampled_from(("qux", "failed", "the moon", "is full", "42", "hm;")), max_size=6
).map(" ".join)
steps = st.sampled_from(("smtp.connect", "smtp.auth", "smtp.sender", "roundtrip"))


def is_named(number: str) -> bool:
    """Whether any row names an enhanced status code."""
    seen = Observation(Where.SMTP, enhanced=number)
    return any(
        matcher.enhanced and catalogue.Matcher(enhanced=matcher.enhanced).fits(seen)
        for row in ROWS.rows.values()
        for matcher in row.match
    )


statuses = st.sampled_from(
    (421, 432, 450, 451, 452, 454, 500, 501, 502, 503, 504, 530, 534, 535, 538, 550, 552, 554, 599)
)


@examples(300)
@given(status=statuses, number=numbers, text=words, step=steps)
def test_a_number_of_smtp_that_nobody_knows_is_explained_by_its_class(
    status: int, number: str, text: str, step: str
) -> None:
    verdict = ROWS.explain(from_smtp(status, f"{number} {text}", step))
    if not is_named(number):
        assert verdict.cause.startswith("unknown-smtp-")
        known = (Owner.MICROSOFT, Permanence.RETRY), (Owner.SUPPORT, Permanence.AFTER_FIX)
        assert (verdict.owner, verdict.permanence) == known[status // 100 - 4]
        assert {step.kind for step in verdict.remedy} <= {"note", "ask"}, (
            "nothing to change on a guess"
        )


@examples(300)
@given(
    condition=st.sampled_from((Condition.NO, Condition.BAD, Condition.BYE)),
    code=st.sampled_from(("", "[XYZZY] ", "[QUX 7] ")),
    text=words,
    step=st.sampled_from(("imap.connect", "imap.auth", "imap.folders", "imap.inbox", "roundtrip")),
)
def test_words_of_imap_that_nobody_knows_are_explained_by_their_class(
    condition: Condition, code: str, text: str, step: str
) -> None:
    verdict = ROWS.explain(from_imap(f"{condition} {code}{text}", condition, step))
    assert verdict.cause.startswith("unknown-imap-")
    assert verdict.owner is {
        Condition.NO: Owner.SUPPORT,
        Condition.BAD: Owner.ON_CALL,
        Condition.BYE: Owner.MICROSOFT,
    }.get(condition)


@examples(200)
@given(status=st.integers(400, 599), code=st.from_regex(r"Qx[a-z]{1,9}", fullmatch=True))
def test_a_code_of_graph_that_nobody_knows_is_explained_by_its_status(
    status: int, code: str
) -> None:
    verdict = ROWS.explain(Observation(Where.GRAPH, status=status, error=code))
    busy = status == 429 or status >= 500
    assert verdict.owner is (Owner.MICROSOFT if busy else Owner.SUPPORT)
    assert (verdict.permanence is Permanence.RETRY) is busy
    assert busy or verdict.cause == "unknown"


SAID = [
    str(sample.get(field, ""))
    for row in ROWS.rows.values()
    for sample in row.samples
    for field in ("message", "text", "error_description", "error")
]


@examples(300)
@given(
    where=st.sampled_from(Where),
    text=st.sampled_from(SAID),
    error=st.sampled_from(SAID),
    status=st.sampled_from((None, 401, 403, 407, 421, 503, 535, 550)),
    condition=st.sampled_from((None, *Condition)),
)
def test_what_one_protocol_says_never_finds_the_row_of_another(
    where: Where, text: str, error: str, status: int | None, condition: Condition | None
) -> None:
    seen = Observation(where, error=error, status=status, condition=condition, text=text)
    assert where in ROWS.rows[ROWS.explain(seen).cause].where


# -- where it was


LEGS = {
    "imap.connect": ("outlook.office365.com:993", "Microsoft's mail server"),
    "roundtrip": ("smtp.office365.com:587", "Microsoft's mail server"),
    "token": ("login.microsoftonline.com:443", "Microsoft's sign-in"),
    "": ("", "Microsoft's server"),
}


def texts(verdict: catalogue.Verdict) -> str:
    """Everything that people read of a verdict."""
    steps = [step.text for step in verdict.remedy]
    return "\n".join([verdict.title, verdict.customer, verdict.support, *steps])


@pytest.mark.parametrize("step", LEGS)
def test_a_network_fault_names_the_server_that_was_tried(step: str) -> None:
    host, service = LEGS[step]
    for condition in (Condition.TIMEOUT, Condition.REFUSED, Condition.RESET, Condition.DNS):
        verdict = ROWS.explain(Observation(Where.NETWORK, step, condition=condition, host=host))
        assert service in verdict.customer
        assert (host or service) in verdict.support
        assert not host or host not in verdict.customer, "which port is ours to know"


def test_no_blank_is_left_where_people_read() -> None:
    for row in ROWS.rows.values():
        for verdict in (row.verdict(), ROWS.verdict(row.id)):
            assert "<host>" not in texts(verdict)
            assert "<service>" not in texts(verdict)


def test_a_failure_of_earlier_days_without_a_host_reads_well(bot: FastBot) -> None:
    failure = failure_row("no-answer")
    failure.observation = {"text": "TimeoutError: timed out", "step": "smtp.connect"}
    told = bot.verdict(failure)
    assert told.title == "Microsoft's mail server does not answer"
    assert "No answer from Microsoft's mail server in time" in told.support

    failure.observation |= {"host": "smtp.office365.com:587"}
    assert "smtp.office365.com:587" in bot.verdict(failure).support


def test_the_wait_that_a_bye_asks_for_is_kept() -> None:
    text = "* BYE Request is throttled. Suggested Backoff Time: 5000 milliseconds"
    assert from_imap(text, Condition.BYE, "imap.inbox").retry_after == timedelta(seconds=5)
