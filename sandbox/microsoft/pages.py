"""Microsoft's pages for people, on a plain loopback address: choosing an account, permissions,
approval."""

import secrets
import threading
import uuid
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from sandbox.microsoft.grants import OIDC, Grants
from sandbox.world import Person, Scenario, World

SIGNED_IN = "signed-in"
"""The cookie of a browser in which somebody is signed in already: it holds who."""

Page = AnyResponse | str | tuple[str, int]
WORDS = {
    "IMAP.AccessAsUser.All": "Read and change the mail in your mailboxes over IMAP",
    "SMTP.Send": "Send mail from your mailboxes with SMTP AUTH",
}


class Pages:
    """The pages and the requests that are under way on them, by a number that the forms carry."""

    def __init__(self, world: World, grants: Grants) -> None:
        self._world = world
        self._grants = grants
        self._asked: dict[str, dict[str, str]] = {}
        self._lock = threading.Lock()

    def authorize(self, tenant: str) -> Page:
        """A program sent a browser here."""
        asked = dict(request.args.items())
        problem = self._problem(asked)
        if problem:
            return self._stop(*problem)
        asked["tenant"] = tenant
        known = self._world.people.get(request.cookies.get(SIGNED_IN, ""))
        if known is None and asked.get("prompt") == "none":
            # OpenID Connect Core, 3.1.2.6; the number as entra-docs, reference-error-codes, has it
            text = "AADSTS50058: A silent sign-in request was sent but no user is signed in."
            told = {"error": "login_required", "error_description": _traced(text)}
            return self._back(asked, told)
        if known is not None and asked.get("prompt") != "select_account":
            return self._chosen(self._remember(asked), asked, known)
        return self._pick(self._remember(asked), asked)

    def choose(self) -> Page:
        """An account was chosen or typed."""
        number, asked = self._recall()
        upn = (request.form.get("upn") or request.form.get("typed") or "").strip().lower()
        person = self._world.people.get(upn)
        if person is None:
            return self._stop(50034, f"The user account {upn} does not exist in this directory.")
        return self._chosen(number, asked, person)

    def _chosen(self, number: str, asked: dict[str, str], person: Person) -> Page:
        """Somebody is known to be there: an organisation, or what was made to go wrong, may stop
        them."""
        upn = person.upn.lower()
        tenant = asked["tenant"]
        if tenant not in (
            "organizations",
            "common",
            person.tenant_id,
            self._grants.tenant(person).domain,
        ):
            return self._stop(50020, f"User account {upn} does not exist in tenant {tenant}.")
        struck = self._world.strike("authorize", upn)
        if struck is not None:
            return self._struck(struck, asked)
        return self._permissions(number, asked, person)

    def decide(self) -> Page:
        """Accept, cancel, or back without approval."""
        _, asked = self._recall()
        person = self._world.people[request.form["upn"].lower()]
        match request.form["decision"]:
            case "accept":
                everybody = person.is_admin and bool(request.form.get("everybody"))
                allowed = person.is_admin or self._grants.tenant(person).user_consent
                if allowed:
                    self._grants.agree(person, asked["scope"].split(), everybody)
                return self._permissions(request.form["number"], asked, person)
            case "cancel":
                text = "AADSTS65004: User declined to consent to access the app."
                return self._back(
                    asked, {"error": "access_denied", "error_description": _traced(text)}
                )
            case _:
                return self._back(asked, {"error": "access_denied", "error_subcode": "cancel"})

    def admin_consent(self, tenant: str) -> Page:
        """An administrator is asked to approve for everybody."""
        asked = dict(request.args.items()) | {"tenant": tenant}
        if asked.get("client_id") != self._world.app.client_id:
            return self._stop(700016, "Application was not found in the directory.")
        if asked.get("redirect_uri") not in self._world.app.redirect_uris:
            return self._stop(50011, "The redirect URI does not match the ones of the application.")
        return render_template(
            "pick.html",
            number=self._remember(asked),
            tenants=self._people(""),
            hint="",
            action="/admin",
        )

    def admin_choose(self) -> Page:
        """Somebody wants to approve."""
        number, asked = self._recall()
        person = self._world.people.get(
            (request.form.get("upn") or request.form.get("typed") or "").strip().lower()
        )
        if person is None:
            return self._stop(50034, "The user account does not exist in this directory.")
        tenant, own = asked["tenant"].lower(), self._grants.tenant(person)
        if tenant not in ("organizations", own.id, own.domain):
            return self._stop(
                50020, f"User account {person.upn} does not exist in tenant {tenant}."
            )
        if not person.is_admin:
            return render_template("adminonly.html", person=person)
        return render_template(
            "consent.html",
            number=number,
            person=person,
            permissions=_in_words(asked),
            action="/admin/decide",
            everybody="only",
        )

    def admin_decide(self) -> Page:
        """An administrator approved or did not."""
        _, asked = self._recall()
        person = self._world.people[request.form["upn"].lower()]
        struck = self._world.strike("adminconsent", person.upn)
        answer = {"admin_consent": "True", "state": asked.get("state", "")}
        if struck is not None:
            answer |= {
                "error": struck.reply["error"],
                "error_description": struck.reply.get("description", ""),
            }
        elif request.form["decision"] == "accept":
            self._grants.agree(person, asked["scope"].split(), for_everybody=True)
            answer |= {"tenant": person.tenant_id, "scope": asked["scope"]}
        else:
            answer |= {"error": "access_denied", "error_subcode": "cancel"}
        return redirect(f"{asked['redirect_uri']}?{urlencode(answer)}", 302)

    def _problem(self, asked: dict[str, str]) -> tuple[int, str] | None:
        app = self._world.app
        if asked.get("client_id") != app.client_id:
            return 700016, "Application was not found in the directory."
        if asked.get("redirect_uri") not in app.redirect_uris:
            return (
                50011,
                "The redirect URI specified in the request does not match the ones of the "
                "application.",
            )
        if asked.get("prompt") == "select_account" and asked.get("login_hint"):
            return 90023, "The request asks for a choice of accounts and names one."
        if asked.get("response_type") != "code":
            return 70005, "The response type is not supported."
        if not asked.get("scope") or asked.get("response_mode", "query") not in (
            "query",
            "form_post",
        ):
            return 900144, "The request body must contain the parameter scope."
        return None

    def _permissions(self, number: str, asked: dict[str, str], person: Person) -> Page:
        missing = self._grants.missing(person, asked["scope"].split())
        if not missing and asked.get("prompt") != "consent":
            code = self._grants.new_code(person, asked)
            return self._back(asked, {"code": code, "session_state": str(uuid.uuid4())})
        if not person.is_admin and not self._grants.tenant(person).user_consent:
            return render_template(
                "approval.html", number=number, person=person, permissions=_in_words(asked)
            )
        everybody = "choice" if person.is_admin else ""
        words = _in_words(asked)
        return render_template(
            "consent.html",
            number=number,
            person=person,
            permissions=words,
            action="/decide",
            everybody=everybody,
        )

    def _struck(self, scenario: Scenario, asked: dict[str, str]) -> Page:
        reply = scenario.reply
        if "page" in reply:
            return render_template("stop.html", text=reply["page"]), 200
        answer = {
            "error": reply["error"],
            "error_description": _traced(reply.get("description", "")),
        }
        return self._back(
            asked, answer | ({"error_subcode": reply["subcode"]} if "subcode" in reply else {})
        )

    def _back(self, asked: dict[str, str], answer: dict[str, str]) -> Page:
        answer = answer | {"state": asked.get("state", "")}
        if asked.get("response_mode") == "form_post":
            return render_template("post.html", address=asked["redirect_uri"], fields=answer)
        return redirect(f"{asked['redirect_uri']}?{urlencode(answer)}", 302)

    def _pick(self, number: str, asked: dict[str, str]) -> Page:
        hint = asked.get("login_hint", "")
        return render_template(
            "pick.html", number=number, tenants=self._people(hint), hint=hint, action="/choose"
        )

    def _people(self, hint: str) -> list[tuple[str, list[Person]]]:
        """Whom the browser knows, and whom the program expects, by their organisations."""
        by_tenant: dict[str, list[Person]] = {}
        for person in self._world.people.values():
            tenant = self._grants.tenant(person)
            if not tenant.elsewhere or person.upn == hint.lower():
                by_tenant.setdefault(tenant.name, []).append(person)
        return list(by_tenant.items())

    def _stop(self, number: int, text: str) -> tuple[str, int]:
        return render_template("stop.html", text=_traced(f"AADSTS{number}: {text}")), 400

    def _remember(self, asked: dict[str, str]) -> str:
        number = secrets.token_urlsafe(16)
        with self._lock:
            self._asked[number] = asked
        return number

    def _recall(self) -> tuple[str, dict[str, str]]:
        number = request.form["number"]
        with self._lock:
            return number, self._asked[number]


def sign_in_pages(world: World, grants: Grants) -> Flask:
    """The app with every page."""
    app = Flask(
        "microsoft-pages",
        template_folder=str(Path(__file__).with_name("templates")),
        static_folder=None,
    )
    pages = Pages(world, grants)
    app.add_url_rule("/<tenant>/oauth2/v2.0/authorize", view_func=pages.authorize)
    app.add_url_rule("/<tenant>/v2.0/adminconsent", view_func=pages.admin_consent)
    for path, view in (
        ("/choose", pages.choose),
        ("/decide", pages.decide),
        ("/admin", pages.admin_choose),
        ("/admin/decide", pages.admin_decide),
    ):
        app.add_url_rule(path, path, view_func=view, methods=["POST"])
    return app


def _in_words(asked: dict[str, str]) -> list[str]:
    names = [scope.rpartition("/")[2] for scope in asked["scope"].split() if scope not in OIDC]
    return [*(WORDS.get(name, name) for name in names), "Keep this access until it is withdrawn"]


def _traced(text: str) -> str:
    return f"{text} Trace ID: {uuid.uuid4()} Correlation ID: {uuid.uuid4()}"
