"""The sign-in pages: before Microsoft, after Microsoft, and what an error means."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from bot.diagnosis.catalogue import Catalogue
from bot.diagnosis.observation import Where
from bot.diagnosis.observe import from_callback
from bot.diagnosis.verdict import Verdict
from bot.microsoft import SCOPES, MicrosoftUnreachable
from bot.people import Person
from bot.signin import LinkUnusable, SignIn, SignInRefused
from storage.vocabulary import Owner

log = structlog.get_logger(__name__)

COOKIE = "__Host-maildesk"
LARGEST_BODY = 64 * 1024
ANSWER = ("error", "error_subcode", "error_description", "state")
PERMISSIONS = {
    "IMAP.AccessAsUser.All": "Read the mail in this mailbox, and file it in its folders.",
    "SMTP.Send": "Send mail from this mailbox.",
}
OWNERS = {
    Owner.USER: "you, the mailbox user",
    Owner.ADMINISTRATOR: "your Microsoft 365 administrator",
    Owner.SUPPORT: "our support team",
    Owner.ON_CALL: "our engineers",
    Owner.MICROSOFT: "Microsoft",
    Owner.MAILDESK: "Maildesk",
}
REMEDY_NAMES = {"powershell": "With PowerShell", "undo": "To undo it", "wait": "Then"}


@dataclass(frozen=True)
class Pages:
    """The pages and what they need."""

    signin: SignIn
    catalogue: Catalogue
    support_email: str
    name_of: Callable[[Person], str]
    nudge: Callable[[], None]
    secure: bool
    """Whether people come by https (TLS may end before us)."""

    def blueprint(self) -> Blueprint:
        """The routes."""
        blueprint = Blueprint("pages", __name__, template_folder="templates", static_folder="static")
        blueprint.add_url_rule("/login/<secret>", view_func=self.start, methods=["GET"])
        blueprint.add_url_rule("/login/<secret>", "begin", view_func=self.begin, methods=["POST"])
        blueprint.add_url_rule("/oauth/callback", view_func=self.nothing_here, methods=["GET"])
        blueprint.add_url_rule("/oauth/callback", "finish", view_func=self.finish, methods=["POST"])
        blueprint.add_url_rule("/consent/callback", view_func=self.consent_returned, methods=["GET"])
        blueprint.add_url_rule("/consent/callback", "consent_told", view_func=self.consent_told, methods=["POST"])
        blueprint.add_url_rule("/errors/<code>", view_func=self.error, methods=["GET"])
        blueprint.after_request(self._harden)
        return blueprint

    def start(self, secret: str) -> AnyResponse:
        """What will happen, and the button that begins it. However often it is fetched, nothing changes."""
        try:
            page = self.signin.look(secret)
        except LinkUnusable as error:
            return self._page("link.html", 410, reason=error.reason)
        permissions = [PERMISSIONS[scope.rpartition("/")[2]] for scope in SCOPES]
        asked_by = self.name_of(page.asked_by)
        return self._page("start.html", 200, page=page, permissions=permissions, asked_by=asked_by)

    def begin(self, secret: str) -> AnyResponse:
        """Off to Microsoft, with a cookie by which this browser is known when it comes back."""
        browser = secrets.token_urlsafe(32)
        try:
            address = self.signin.begin(secret, browser)
        except LinkUnusable as error:
            return self._page("link.html", 410, reason=error.reason)
        except MicrosoftUnreachable as error:
            return self._page("unreachable.html", 502, verdict=self.catalogue.explain(error.observation))
        response = redirect(address, 303)
        # None, because Microsoft's page posts the answer from another site
        response.set_cookie(COOKIE, browser, secure=True, httponly=True, samesite="None", path="/")
        return response

    def finish(self) -> AnyResponse:
        """Back from Microsoft."""
        if (request.content_length or 0) > LARGEST_BODY:
            return self._page("link.html", 413, reason="unknown")
        params = {name: value for name, value in request.form.items() if name.isidentifier()}
        try:
            account = self.signin.finish(params, request.cookies.get(COOKIE, ""))
        except LinkUnusable as error:
            return self._page("link.html", 410, reason=error.reason)
        except SignInRefused as refused:
            return self._refused(refused)
        finally:
            self.nudge()
        response = self._page("done.html", 200, account=account)
        response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="None", path="/")
        return response

    def nothing_here(self) -> AnyResponse:
        """A fetched callback has no effect."""
        return self._page("link.html", 400, reason="unknown")

    def consent_returned(self) -> AnyResponse:
        """An administrator came back. Nothing that stands in the address is believed: a sign-in proves the approval."""
        approved = "error" not in request.args and request.args.get("admin_consent", "").lower() == "true"
        answer = {name: request.args[name] for name in ANSWER if name in request.args}
        verdict = None if approved else self.catalogue.explain(from_callback(answer, Where.ADMIN_CONSENT))
        return self._page("consent.html", 200, approved=approved, answer=answer, verdict=verdict)

    def consent_told(self) -> AnyResponse:
        """The administrator lets us know what the approval page said: it gets an error ID."""
        if (request.content_length or 0) > LARGEST_BODY:
            return self._page("link.html", 413, reason="unknown")
        try:
            recorded = self.signin.consent_refused({name: request.form.get(name, "") for name in request.form})
        except LinkUnusable as error:
            return self._page("link.html", 410, reason=error.reason)
        finally:
            self.nudge()
        return self._page("consent.html", 200, verdict=recorded.verdict, error=recorded.failure.ref)

    def error(self, code: str) -> AnyResponse:
        """What one row of the catalogue means."""
        row = self.catalogue.row(code)
        if row is None:
            return self._page("link.html", 404, reason="no-error")
        return self._page("error.html", 200, verdict=row.verdict(), **_explained(row.verdict()))

    def _refused(self, refused: SignInRefused) -> Response:
        verdict, error = refused.recorded.verdict, refused.recorded.failure.ref
        admin = self.signin.admin_link(refused.account) if verdict.owner is Owner.ADMINISTRATOR else ""
        facts = {
            "account": refused.account,
            "actual": refused.actual,
            "link": refused.link,
            "admin": admin,
            "error": error,
        }
        return self._page("refused.html", 403, verdict=verdict, **facts, **_explained(verdict))

    def _page(self, template: str, status: int, **facts: object) -> Response:
        return make_response(render_template(template, support_email=self.support_email, **facts), status)

    def _harden(self, response: Response) -> Response:
        headers = response.headers
        policy = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
        headers["Content-Security-Policy"] = policy
        headers["Referrer-Policy"] = "no-referrer"
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Robots-Tag"] = "noindex"
        if not request.path.endswith(".css"):
            headers["Cache-Control"] = "no-store"
        if self.secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        return response


def _explained(verdict: Verdict) -> dict[str, object]:
    remedy = [(REMEDY_NAMES.get(step.kind, ""), step.text, step.kind == "powershell") for step in verdict.remedy]
    return {"owner": OWNERS[verdict.owner], "remedy": remedy}
