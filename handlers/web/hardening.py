"""What browsers are told of every answer: the one place that decides it."""

from flask import Flask, Response

MAX_BODY_BYTES = 1024 * 1024
"""The largest body of anybody's request. Slack's have tens of kilobytes; the pages take less."""

ANYWHERE = ""


def policy(form_action: str = "'none'") -> str:
    """The Content-Security-Policy: no script, nothing of others, no frame around it.

    Args:
        form_action: where forms may lead, in the policy's own words; `ANYWHERE` where a form's
            redirects end at a host that is not known here.
    """
    said = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    return f"{said}; form-action {form_action}" if form_action else said


ALWAYS = {
    "Content-Security-Policy": policy(),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    # the login link's secret stands in its path
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
"""The headers of an answer, errors included, unless it says otherwise."""

HTTPS_ONLY = "max-age=31536000"
"""For a year, browsers come by https without asking."""


def harden(web: Flask, secure: bool) -> None:
    """Give every answer of `web` these headers, and bound what is posted.

    Args:
        secure: whether people come by https (TLS may end before us).
    """
    web.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES

    @web.after_request
    def add_headers(response: Response) -> Response:
        said = {name.lower() for name, _ in response.headers}
        for name, value in ALWAYS.items():
            if name.lower() not in said:
                response.headers.add(name, value)
        if secure:
            response.headers["Strict-Transport-Security"] = HTTPS_ONLY
        return response
