"""The sign-in pages: before Microsoft, after Microsoft, and what an error means."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from bot.common.people import Person, is_product
from bot.common.redaction import redact
from bot.diagnosis.observation import Where
from bot.diagnosis.observe import from_callback
from bot.diagnosis.verdict import Verdict
from bot.lifecycle.states import SIGNING_IN
from bot.microsoft.client import MicrosoftUnreachable
from bot.services import Services
from bot.signin.consent import approved
from bot.signin.failed import SignInRefused, turn_after
from bot.signin.links import LIFE, LinkUnusable
from bot.views.accounts import AccountView
from bot.views.audience import Audience
from bot.views.telling import Affected, for_audience
from handlers.text.people import person_named
from handlers.text.words import plainly
from handlers.web.codes import qr_code
from handlers.web.hardening import ANYWHERE, policy
from storage.vocabulary import Owner, State

log = structlog.get_logger(__name__)

COOKIE = "__Host-maildesk"
COOKIE_BYTES = 32
MAX_BODY_BYTES = 64 * 1024
AGAIN_SECONDS = "60"
MAX_FIELDS = 50
MAX_PASTED = 10_000
"""So much of a pasted error is read; Microsoft's pages show less than 2,000 characters."""

ANOTHER = "another"
"""The field by which *Use another account* differs from *Continue to Microsoft*."""

ANSWER = ("error", "error_subcode", "error_description", "state", "admin_consent", "tenant")
LEADS_TO_MICROSOFT = ("start.html", "refused.html", "unreachable.html", "explained.html")
"""Pages with a form that ends at Microsoft's sign-in, or at that of the customer's own
organisation: browsers hold a form's redirects against `form-action`, and those hosts are not known
here."""


@dataclass(frozen=True)
class Pages:
    """The pages and what they need."""

    services: Services
    name_of: Callable[[Person], str]
    nudge: Callable[[], None]

    def blueprint(self) -> Blueprint:
        """The routes."""
        blueprint = Blueprint(
            "pages", __name__, template_folder="templates", static_folder="static"
        )
        blueprint.add_url_rule("/login/<secret>", view_func=self.start, methods=["GET"])
        blueprint.add_url_rule("/login/<secret>", "begin", view_func=self.begin, methods=["POST"])
        blueprint.add_url_rule(
            "/login/<secret>/error", "explain", view_func=self.explain, methods=["POST"]
        )
        blueprint.add_url_rule("/login/<secret>/qr", view_func=self.code, methods=["GET"])
        blueprint.add_url_rule("/login/<sealed>/sheet", view_func=self.sheet, methods=["GET"])
        blueprint.add_url_rule("/oauth/callback", view_func=self.nothing_here, methods=["GET"])
        blueprint.add_url_rule("/oauth/callback", "finish", view_func=self.finish, methods=["POST"])
        blueprint.add_url_rule(
            "/consent/callback", view_func=self.consent_returned, methods=["GET"]
        )
        blueprint.add_url_rule(
            "/consent/callback", "consent_told", view_func=self.consent_told, methods=["POST"]
        )
        blueprint.add_url_rule("/errors/<code>", view_func=self.error, methods=["GET"])
        blueprint.before_request(self._guard)
        blueprint.register_error_handler(RequestEntityTooLarge, self._too_large)
        return blueprint

    def start(self, secret: str) -> AnyResponse:
        """What will happen, and the button that begins it. However often it is fetched, nothing
        changes."""
        try:
            page = self.services.signin.look(secret)
        except LinkUnusable as error:
            return self._link_page(error.reason)
        permissions = [
            plainly(f"permission.{scope.rpartition('/')[2]}")
            for scope in self.services.consent.scopes
        ]
        by_product = is_product(page.asked_by)
        asked_by = self.services.vendor_name if by_product else self.name_of(page.asked_by)
        changes = [
            (plainly(f"form.{field}"), before, after)
            for field, (before, after) in page.changes.items()
        ]
        facts = {"permissions": permissions, "asked_by": asked_by, "changes": changes}
        so_far = self._so_far(page.account.id)
        return self._page("start.html", 200, page=page, secret=secret, **facts, **so_far)

    def begin(self, secret: str) -> AnyResponse:
        """Off to Microsoft, with a cookie by which this browser is known when it comes back."""
        browser = request.cookies.get(COOKIE, "")
        browser = browser if len(browser) > COOKIE_BYTES else secrets.token_urlsafe(COOKIE_BYTES)
        try:
            address = self.services.signin.begin(secret, browser, ANOTHER in request.form)
        except LinkUnusable as error:
            return self._link_page(error.reason)
        except MicrosoftUnreachable as error:
            verdict = self.services.catalogue.explain(error.observation)
            return self._page("unreachable.html", 502, **self._told(verdict))
        response = redirect(address, 303)
        # As long as the link lives: by it the browser has presses of its own.
        # None, because Microsoft's page posts the answer from another site
        response.set_cookie(
            COOKIE, browser, LIFE, secure=True, httponly=True, samesite="None", path="/"
        )
        return response

    def explain(self, secret: str) -> AnyResponse:
        """What an error of Microsoft's means that somebody saw and pasted. Nothing is kept: the
        link may be in anybody's hands, and the text may hold anything."""
        try:
            page = self.services.signin.look(secret)
        except LinkUnusable as error:
            return self._link_page(error.reason)
        verdict = self.services.catalogue.lookup_text(request.form.get("text", "")[:MAX_PASTED])
        if verdict is None:
            return self._page("explained.html", 200, secret=secret, page=page)
        told = self._told(verdict, [Affected.of(page.account)], turn_after(verdict))
        admin = self._approval(page.account, verdict)
        return self._page("explained.html", 200, secret=secret, page=page, admin=admin, **told)

    def code(self, secret: str) -> AnyResponse:
        """A login link as a QR code, for who has no Slack. As harmless to fetch as the start page:
        it shows what whoever opens it has already."""
        try:
            there = [self.services.sheets.one(secret)]
        except LinkUnusable as error:
            return self._link_page(error.reason)
        return self._page("codes.html", 200, there=there, qr_code=qr_code)

    def sheet(self, sealed: str) -> AnyResponse:
        """The login links of several people as QR codes, to be printed."""
        try:
            there = self.services.sheets.look(sealed)
        except LinkUnusable as error:
            return self._link_page(error.reason)
        return self._page("codes.html", 200, there=there, qr_code=qr_code)

    def finish(self) -> AnyResponse:
        """Back from Microsoft."""
        params = {name: value for name, value in request.form.items() if name.isidentifier()}
        try:
            done = self.services.signin.finish(params, request.cookies.get(COOKIE, ""))
        except LinkUnusable as error:
            return self._link_page(error.reason)
        except SignInRefused as refused:
            self.nudge()
            return self._refused(refused)
        self.nudge()
        return self._page("done.html", 200, done=done)

    def nothing_here(self) -> AnyResponse:
        """A fetched callback has no effect."""
        return self._link_page("unknown", 400)

    def consent_returned(self) -> AnyResponse:
        """An administrator came back. Nothing that stands in the address is believed: a sign-in
        proves the approval; and what does not belong to a page of ours is not even repeated."""
        answer = {name: request.args[name] for name in ANSWER if name in request.args}
        try:
            self.services.consent.look(answer)
        except LinkUnusable as error:
            return self._approval_page(error)
        if "error_description" in answer:
            answer["error_description"] = redact(answer["error_description"])
        if approved(answer):
            return self._page("consent.html", 200, approved=True, answer=answer)
        verdict = self.services.catalogue.explain(from_callback(answer, Where.ADMIN_CONSENT))
        return self._page("consent.html", 200, answer=answer, **self._told(verdict))

    def consent_told(self) -> AnyResponse:
        """The administrator lets us know what the approval page said; a refusal gets an error
        ID."""
        try:
            recorded = self.services.consent.told(
                {name: request.form.get(name, "") for name in request.form}
            )
        except LinkUnusable as error:
            self.services.signin.refused_request("consent.returned", error)
            return self._approval_page(error)
        self.nudge()
        if recorded is None:
            return self._page("consent.html", 200, approved=True, told=True)
        told = self._told(recorded.verdict)
        return self._page("consent.html", 200, error=recorded.failure.ref, **told)

    def error(self, code: str) -> AnyResponse:
        """What one row of the catalogue means."""
        row = self.services.catalogue.row(code)
        if row is None:
            return self._link_page("no-error", 404)
        return self._page("error.html", 200, **self._told(row.verdict()))

    def _so_far(self, account_id: int) -> dict[str, object]:
        """What keeps a sign-in from going through, as the account's card says it: an earlier one
        waits for a word or was refused."""
        (card,) = self.services.views.accounts.cards([account_id])
        waits = card.account.state in SIGNING_IN
        if card.held or not waits or not card.fault:
            approval = card.account.state is State.AWAITING_ADMIN
            return {"held": card.held, "next_here": not (card.held or approval)}
        owner = card.account.owner
        told = self._told(card.fault.verdict, [Affected.of(card.account)], owner)
        return {**told, "error": card.fault.error, "next_here": owner is Owner.USER}

    def _refused(self, refused: SignInRefused) -> Response:
        verdict = refused.recorded.verdict
        admin = self._approval(refused.account, verdict)
        facts = {
            "account": refused.account,
            "actual": refused.actual,
            "other_name": refused.other_name,
            "link": refused.link,
            "admin": admin,
            "error": refused.recorded.failure.ref,
        }
        told = self._told(verdict, [Affected.of(refused.account)], refused.turn)
        return self._page("refused.html", 403, **facts, **told)

    def _approval(self, account: AccountView, verdict: Verdict) -> str:
        """Where an administrator approves, if that is what a cause asks for."""
        to_approve = verdict.owner is Owner.ADMINISTRATOR and verdict.approval
        return self.services.consent.link_for(account.id) if to_approve else ""

    def _told(
        self, verdict: Verdict, affected: Sequence[Affected] = (), turn: Owner | None = None
    ) -> dict[str, object]:
        """A cause as whoever opens a page reads it: as a customer. `turn`: whose it is to go on,
        where that is not whose the cause is."""
        told = for_audience(verdict, Audience.CUSTOMER, affected)
        turn = turn or told.owner
        owner = plainly(f"owner_page.{turn}", vendor=self.services.vendor_name)
        yours = turn is Owner.USER
        return {"told": told, "owner": owner, "yours": yours, "person_named": person_named}

    def _page(self, template: str, status: int, **facts: object) -> Response:
        ours = {
            "support_email": self.services.support_email,
            "vendor": self.services.vendor_name,
            "application": self.services.application_name,
        }
        response = make_response(render_template(template, **ours, **facts), status)
        form_action = ANYWHERE if template in LEADS_TO_MICROSOFT else "'self'"
        response.headers["Content-Security-Policy"] = policy(form_action)
        return response

    def away(self, error: Exception) -> Response:
        """What is kept cannot be read or written just now: whoever asked comes again."""
        log.warning("web.database_away", error=str(error))
        response = self._page("away.html", 503)
        response.headers["Retry-After"] = AGAIN_SECONDS
        return response

    def _too_large(self, error: RequestEntityTooLarge) -> Response:
        self.services.signin.refused_request("page.posted", LinkUnusable("too-large"))
        return self._link_page("unknown", 413)

    def _approval_page(self, error: LinkUnusable) -> Response:
        """An administrator's answer that is not taken; one that was taken is often sent again, by
        who refreshes the page or goes back."""
        return self._link_page("answered" if error.reason == "used" else "no-approval")

    def _link_page(self, reason: str, status: int = 410) -> Response:
        return self._page("link.html", status, reason=reason)

    def _guard(self) -> Response | None:
        """Posts are of a sane size, and come from our own pages; from Microsoft's only where
        Microsoft answers."""
        request.max_content_length = MAX_BODY_BYTES
        request.max_form_parts = MAX_FIELDS
        _check_fields()
        if request.method != "POST" or request.path == "/oauth/callback":
            return None
        site = request.headers.get("Sec-Fetch-Site", "")
        origin = request.headers.get("Origin", "null")
        own = urlsplit(self.services.public_url)
        foreign = origin != "null" and origin != f"{own.scheme}://{own.netloc}"
        if foreign or site not in ("", "same-origin", "none"):
            self.services.signin.refused_request("page.posted", LinkUnusable("other-site"))
            return self._link_page("other-site", 403)
        return None


def _check_fields() -> None:
    """Werkzeug bounds the parts of a multipart form only; of another, a post as large as it may be
    has tens of thousands of fields.

    Raises:
        RequestEntityTooLarge: there are too many.
    """
    is_form = request.mimetype == "application/x-www-form-urlencoded"
    if is_form and request.get_data().count(b"&") >= MAX_FIELDS:
        raise RequestEntityTooLarge
