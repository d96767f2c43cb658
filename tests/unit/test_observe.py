"""What libraries raise, told in the protocol's own terms."""

import imaplib
import json
import smtplib
import socket
import ssl

import pytest
import requests

from bot.diagnosis.observation import Where
from bot.diagnosis.observe import from_exception


@pytest.mark.parametrize(
    ("error", "condition"),
    [
        (socket.gaierror(-2, "Name or service not known"), "dns"),
        (TimeoutError("timed out"), "timeout"),
        (ConnectionRefusedError(111, "refused"), "refused"),
        (ssl.SSLCertVerificationError("certificate verify failed"), "certificate"),
        (ssl.SSLEOFError("EOF occurred"), "reset"),
        (ssl.SSLZeroReturnError("closed"), "reset"),
        (ssl.SSLSyscallError("closed"), "reset"),
        (ssl.SSLError("WRONG_VERSION_NUMBER"), "tls"),
        (ConnectionResetError(104, "reset"), "reset"),
        (BrokenPipeError(32, "broken"), "reset"),
        (OSError(113, "No route to host"), "unreachable"),
        (smtplib.SMTPServerDisconnected("Connection unexpectedly closed"), "reset"),
        (imaplib.IMAP4.abort("socket error: EOF"), "reset"),
        (requests.ConnectionError("NameResolutionError: nothing"), "dns"),
        (requests.ReadTimeout("slow"), "timeout"),
        (requests.exceptions.SSLError("CERTIFICATE_VERIFY_FAILED"), "certificate"),
        (RuntimeError("anything"), "protocol"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_a_network_does_is_a_network_fault(error: Exception, condition: str) -> None:
    seen = from_exception(error, "imap.connect")
    assert (seen.where, seen.condition, seen.step) == (Where.NETWORK, condition, "imap.connect")


def test_what_a_server_says_is_not_a_network_fault() -> None:
    refused = from_exception(
        smtplib.SMTPAuthenticationError(535, b"5.7.3 Authentication unsuccessful"), "smtp.auth"
    )
    assert (refused.where, refused.status, refused.enhanced) == (Where.SMTP, 535, "5.7.3")
    said = from_exception(imaplib.IMAP4.error("AUTHENTICATE failed."), "imap.auth")
    assert (said.where, said.condition) == (Where.IMAP, "NO")
    assert from_exception(json.JSONDecodeError("x", "", 0), "token").status == 503
