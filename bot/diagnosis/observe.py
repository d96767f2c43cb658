"""Making observations out of what servers and libraries give: replies, error dictionaries,
exceptions."""

import imaplib
import json
import re
import smtplib
import socket
import ssl
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msal
import requests

from bot.common.redaction import redact
from bot.diagnosis.observation import Observation, Where

MAX_TEXT_LENGTH = 500
MAX_WAIT_SECONDS = 3600
AADSTS = re.compile(r"AADSTS(\d{4,7})")
BACK_OFF = re.compile(r"Backoff Time: (\d{1,9})", re.I)


def clean(text: str | bytes) -> str:
    """A server's words, fit to be kept: without secrets and control characters, and not too
    long."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    text = redact(text[: MAX_TEXT_LENGTH * 8])
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:MAX_TEXT_LENGTH]


def from_oauth(
    result: Mapping[str, Any], where: Where = Where.TOKEN, step: str = ""
) -> Observation:
    """From an error answer of Microsoft's token endpoint, as MSAL hands it on."""
    description = _word(result.get("error_description"), 4000)
    codes = [code for code in result.get("error_codes") or [] if isinstance(code, int)]
    return Observation(
        where,
        step=step,
        error=_word(result.get("error")),
        suberror=_word(result.get("suberror") or result.get("classification")),
        codes=tuple(codes) or _numbers(description),
        text=clean(description),
        trace_id=_word(result.get("trace_id")),
        correlation_id=_word(result.get("correlation_id")),
        timestamp=_word(result.get("timestamp")),
    )


def from_busy(response: requests.Response, step: str) -> Observation:
    """From an answer with a status that says busy (429, 5xx), which may have an error answer in it
    or anything else."""
    try:
        body = response.json()
    except ValueError:
        body = None
    seen = (
        from_oauth(body, Where.TOKEN, step)
        if isinstance(body, dict)
        else Observation(Where.TOKEN, step=step)
    )
    wait = response.headers.get("Retry-After", "")
    seconds = timedelta(seconds=min(int(wait), MAX_WAIT_SECONDS)) if wait.isdigit() else None
    return replace(
        seen,
        status=response.status_code,
        retry_after=seconds,
        text=seen.text or clean(response.text),
    )


def from_callback(params: Mapping[str, str], where: Where = Where.AUTHORIZE) -> Observation:
    """From the parameters with which Microsoft sent the browser back."""
    description = _word(params.get("error_description"), 4000)
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


def from_imap(text: str | bytes, condition: str | None, step: str) -> Observation:
    """From an IMAP reply; `condition` NO, BAD or BYE where it is known, else it is read from the
    text."""
    text = clean(text)
    back_off = BACK_OFF.search(text)
    wait = timedelta(milliseconds=int(back_off[1])) if back_off else None
    return Observation(
        Where.IMAP, step=step, condition=condition or _condition(text), text=text, retry_after=wait
    )


def from_exception(error: BaseException, step: str) -> Observation:
    """From what a library raised when there was no proper answer."""
    match error:
        case requests.HTTPError() if error.response is not None:
            return from_busy(error.response, step)
        case requests.RequestException():
            return (
                from_exception(_root(error), step)
                if _root(error) is not error
                else _network("protocol", step, error)
            )
        case msal.exceptions.MsalServiceError():
            status = re.search(r"\b(\d{3})\b", str(error))
            return Observation(
                Where.TOKEN,
                step=step,
                status=int(status[1]) if status else 503,
                text=clean(str(error)),
            )
        case json.JSONDecodeError():
            return Observation(Where.TOKEN, step=step, status=503, text="the answer was not JSON")
        case imaplib.IMAP4.abort():
            return _aborted(error, step)
        case imaplib.IMAP4.error():
            return from_imap(str(error), None, step)
        case smtplib.SMTPResponseException():
            return from_smtp(error.smtp_code, error.smtp_error, step)
    return _network(_kind(error), step, error)


def _aborted(error: imaplib.IMAP4.abort, step: str) -> Observation:
    """imaplib gives a connection up when it breaks, when it cannot read the answer, and after the
    server's BYE."""
    text = str(error)
    if "EOF" in text or "socket error" in text:
        return _network("reset", step, error)
    return (
        _network("protocol", step, error)
        if "unexpected response" in text
        else from_imap(text, "BYE", step)
    )


def _kind(error: BaseException) -> str:
    match error:
        case socket.gaierror():
            return "dns"
        case TimeoutError():
            return "timeout"
        case ConnectionRefusedError():
            return "refused"
        case ssl.SSLCertVerificationError():
            return "certificate"
        case (
            ssl.SSLEOFError() | ssl.SSLZeroReturnError() | ssl.SSLSyscallError()
        ):  # Python's patch releases differ in which
            return "reset"
        case ConnectionResetError() | ConnectionAbortedError() | BrokenPipeError() | EOFError():
            return "reset"
        case ssl.SSLError():
            return "tls"
        case smtplib.SMTPServerDisconnected():  # smtplib says so of a time-out too
            return "timeout" if isinstance(error.__context__, TimeoutError) else "reset"
        case OSError():
            return "unreachable"
    return "protocol"


def _network(condition: str, step: str, error: BaseException) -> Observation:
    return Observation(
        Where.NETWORK,
        step=step,
        condition=condition,
        text=clean(f"{type(error).__name__}: {error}"),
    )


def _root(error: BaseException) -> BaseException:
    """What lies under the layers of requests and urllib3."""
    if isinstance(error, requests.Timeout):
        return TimeoutError("no answer in time")
    text = repr(error)
    for known, root in (
        ("NameResolutionError", socket.gaierror("name not found")),
        ("CERTIFICATE_VERIFY_FAILED", ssl.SSLCertVerificationError("certificate not trusted")),
        ("SSLEOFError", ConnectionResetError("closed")),
        ("SSLError", ssl.SSLError("TLS failed")),
        ("ConnectionRefusedError", ConnectionRefusedError("refused")),
        ("ConnectionResetError", ConnectionResetError("reset")),
        ("RemoteDisconnected", ConnectionResetError("closed")),
    ):
        if known in text:
            return root
    return error


def _condition(text: str) -> str:
    if "BYE" in text:
        return "BYE"
    found = re.search(r"\b(NO|BAD)\b", text)
    return found[1] if found else "NO"


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(dict.fromkeys(int(number) for number in AADSTS.findall(text)))


def _word(value: object, longest: int = 100) -> str:
    return str(value)[:longest] if value is not None else ""
