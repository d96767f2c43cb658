"""Making observations out of what servers and libraries give: replies, error answers,
exceptions."""

import imaplib
import json
import re
import smtplib
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msal
import requests

from bot.common.redaction import redact
from bot.common.texts import whole_number
from bot.diagnosis.network_faults import Fault, described, fault_of, fault_of_request, place_of
from bot.diagnosis.observation import Condition, Observation, Where
from bot.diagnosis.web_pages import fault_of_page

MAX_TEXT_LENGTH = 500
MAX_WORD_LENGTH = 100
MAX_DESCRIPTION_LENGTH = 4000
MAX_WAIT_SECONDS = 3600
HTTP_UNAVAILABLE = 503

AADSTS = re.compile(r"AADSTS(\d{4,9})")
CHALLENGE = re.compile(r"(?<![A-Za-z0-9+/])eyJzdGF0dXMi[A-Za-z0-9+/]{1,2000}={0,2}")
"""The JSON of a refused sign-in by XOAUTH2, which begins with its status, as base64."""

BACK_OFF = re.compile(r"Backoff Time: (\d{1,9})", re.I)
"""How Exchange asks an IMAP client to wait: "Request is throttled. Suggested Backoff Time: 30000
milliseconds"."""


def clean(text: str | bytes) -> str:
    """A server's words, fit to be kept: without secrets and control characters, and at most
    `MAX_TEXT_LENGTH` characters."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    # Redaction comes before the cut: half a token would not be recognised as one. The rough cut
    # before it only bounds the work.
    text = redact(text[: MAX_TEXT_LENGTH * 8])
    if not text.isprintable():
        text = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(text.split())[:MAX_TEXT_LENGTH]


def from_oauth(
    answer: Mapping[str, Any], where: Where = Where.TOKEN, step: str = ""
) -> Observation:
    """From an error answer of Microsoft's token endpoint, as MSAL hands it on."""
    description = _word(answer.get("error_description"), MAX_DESCRIPTION_LENGTH)
    codes = [code for code in answer.get("error_codes") or [] if isinstance(code, int)]
    return Observation(
        where,
        step=step,
        error=_word(answer.get("error")),
        suberror=_word(answer.get("suberror")),
        codes=tuple(codes) or _numbers(description),
        text=clean(description),
        trace_id=_word(answer.get("trace_id")),
        correlation_id=_word(answer.get("correlation_id")),
        timestamp=_word(answer.get("timestamp")),
    )


def from_busy(response: requests.Response, step: str) -> Observation:
    """From an HTTP answer whose status says busy (429, 5xx). It may hold an error answer of
    Microsoft's, a page of whatever stands between, or nothing."""
    try:
        body = response.json()
    except ValueError:
        body = None
    fault = fault_of_page(response.text, response.status_code) if body is None else None
    if fault is not None:
        return _fault(replace(fault, host=place_of(response.url)), step)
    answer = body if isinstance(body, dict) else {}
    seen = from_oauth(answer, Where.TOKEN, step)
    return replace(
        seen,
        status=response.status_code,
        host=place_of(response.url),
        retry_after=_retry_after(response.headers.get("Retry-After", "")),
        text=seen.text or clean(response.text),
    )


def from_callback(params: Mapping[str, str], where: Where = Where.AUTHORIZE) -> Observation:
    """From the parameters with which Microsoft sent the browser back."""
    description = _word(params.get("error_description"), MAX_DESCRIPTION_LENGTH)
    trace = re.search(r"Trace ID:\s*([0-9a-fA-F-]{36})", description)
    correlation = re.search(r"Correlation ID:\s*([0-9a-fA-F-]{36})", description)
    return Observation(
        where,
        error=_word(params.get("error")),
        suberror=_word(params.get("error_subcode")),
        codes=_numbers(description),
        text=clean(description),
        trace_id=trace[1] if trace else "",
        correlation_id=correlation[1] if correlation else "",
    )


def from_smtp(code: int, message: str | bytes, step: str) -> Observation:
    """From an SMTP reply."""
    text = clean(message)
    enhanced = re.match(r"\s*(\d\.\d{1,3}\.\d{1,3})", text)
    return Observation(
        Where.SMTP, step=step, status=code, enhanced=enhanced[1] if enhanced else "", text=text
    )


def from_imap(text: str | bytes, condition: Condition | None, step: str) -> Observation:
    """From an IMAP reply. `condition` is NO, BAD or BYE where the caller knows it; else it is read
    from the text."""
    text = clean(_with_challenge_read(text))
    back_off = BACK_OFF.search(text)
    return Observation(
        Where.IMAP,
        step=step,
        condition=condition or _imap_condition(text),
        text=text,
        retry_after=timedelta(milliseconds=int(back_off[1])) if back_off else None,
    )


def from_exception(error: BaseException, step: str) -> Observation:
    """From what a library raised when there was no proper answer. Never raises: what is not known
    is a network fault, so that nobody is told that their sign-in was refused."""
    match error:
        case requests.HTTPError() if error.response is not None:
            return from_busy(error.response, step)
        case requests.RequestException():
            return _fault(fault_of_request(error), step)
        case msal.exceptions.MsalServiceError():
            status = re.search(r"\b(\d{3})\b", str(error))
            return Observation(
                Where.TOKEN,
                step=step,
                status=int(status[1]) if status else HTTP_UNAVAILABLE,
                text=clean(str(error)),
            )
        case json.JSONDecodeError():
            return _not_json(error, step)
        case imaplib.IMAP4.abort():
            return _aborted(error, step)
        case imaplib.IMAP4.error():
            return from_imap(str(error), None, step)
        case smtplib.SMTPResponseException():
            return from_smtp(error.smtp_code, error.smtp_error, step)
    return _fault(fault_of(error), step)


def _not_json(error: json.JSONDecodeError, step: str) -> Observation:
    """A page in place of an answer: of something between, or a passing fault of Microsoft's."""
    fault = fault_of_page(error.doc)
    if fault is not None:
        return _fault(fault, step)
    return Observation(
        Where.TOKEN, step=step, status=HTTP_UNAVAILABLE, text="the answer was not JSON"
    )


def _aborted(error: imaplib.IMAP4.abort, step: str) -> Observation:
    """imaplib raises `abort` for three things that only its text tells apart: the connection broke,
    the answer could not be read, the server said BYE."""
    text = str(error)
    if "EOF" in text or "socket error" in text:
        return _fault(Fault(Condition.RESET, described(error)), step)
    if "unexpected response" in text:
        return _fault(Fault(Condition.PROTOCOL, described(error)), step)
    return from_imap(text, Condition.BYE, step)


def _fault(fault: Fault, step: str) -> Observation:
    return Observation(
        Where.NETWORK,
        step=step,
        condition=fault.condition,
        layer=fault.layer,
        status=fault.status,
        host=fault.host,
        text=clean(fault.text),
    )


def _with_challenge_read(text: str | bytes) -> str:
    """A reply with the error that XOAUTH2 wraps as base64 JSON (``eyJzdGF0dXMi…``) readable: which
    status, and for which scheme."""
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return CHALLENGE.sub(lambda found: _challenge(found[0]), text)


def _challenge(encoded: str) -> str:
    try:
        said = json.loads(b64decode(encoded + "=="))
    except (ValueError, RecursionError):
        return encoded
    return f"status {said.get('status')}, schemes {said.get('schemes')}"


def _imap_condition(text: str) -> Condition:
    if "BYE" in text:
        return Condition.BYE
    found = re.search(r"\b(NO|BAD)\b", text)
    # imaplib's own texts leave the status out ("AUTHENTICATE failed."): a refusal is the usual one
    return Condition.BAD if found and found[1] == "BAD" else Condition.NO


def _retry_after(header: str) -> timedelta | None:
    """The wait that Retry-After asks for in seconds, at most an hour; a date is not understood."""
    seconds = min(whole_number(header), MAX_WAIT_SECONDS)
    return timedelta(seconds=seconds) if seconds or header == "0" else None


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(dict.fromkeys(int(number) for number in AADSTS.findall(text)))


def _word(value: object, max_length: int = MAX_WORD_LENGTH) -> str:
    return str(value)[:max_length] if value is not None else ""
