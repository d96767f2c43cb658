"""Microsoft's server-to-server legs over HTTPS: discovery, keys, tokens, a little of Graph."""

import time
import uuid
from typing import Any

from flask import Flask, Response, jsonify, request

from sandbox.certificates import Certificates
from sandbox.microsoft.grants import GRAPH, Grants, Refusal, error_answer
from sandbox.microsoft.pages import sign_in_pages
from sandbox.serving import Serving
from sandbox.tokens import Signer, TokenRefused, check_assertion
from sandbox.world import Person, Scenario, World


class MicrosoftStandIn:
    """Both listeners: HTTPS for programs, plain HTTP for browsers. `asked` counts what programs
    asked for."""

    def __init__(
        self,
        world: World,
        certificates: Certificates,
        signer: Signer,
        port: int = 0,
        page_port: int = 0,
    ) -> None:
        self._world = world
        self._signer = signer
        self.asked = 0
        self.grants = Grants(world, signer)
        self.pages = Serving(sign_in_pages(world, self.grants), page_port, clock=self._time)
        self._serving = Serving(self._app(), port, certificates.server_context(), self._time)
        self.base = f"https://localhost:{self._serving.port}"
        self.authority = f"{self.base}/organizations"
        self.graph_url = f"{self.base}/graph"
        self.page_url = f"http://127.0.0.1:{self.pages.port}"

    def _time(self) -> float:
        return time.time() + self._world.clock_ahead

    def start(self) -> None:
        """Begin to answer."""
        self.pages.start()
        self._serving.start()

    def stop(self) -> None:
        """Stop answering."""
        self._serving.stop()
        self.pages.stop()

    def revoke(self, upn: str) -> None:
        """Every refresh token of the person ends."""
        self.grants.revoke(upn)

    def _app(self) -> Flask:
        app = Flask("microsoft", static_folder=None)
        app.add_url_rule(
            "/<tenant>/v2.0/.well-known/openid-configuration", view_func=self._discovery
        )
        app.add_url_rule(
            "/<tenant>/discovery/v2.0/keys",
            view_func=lambda tenant: jsonify(self._signer.public_keys()),
        )
        app.add_url_rule("/<tenant>/oauth2/v2.0/token", view_func=self._token, methods=["POST"])
        app.add_url_rule("/graph/v1.0/me", view_func=self._me)
        app.before_request(self._count)
        return app

    def _count(self) -> None:
        self.asked += 1

    def _discovery(self, tenant: str) -> Response:
        struck = self._world.strike("discovery", f"@{tenant}")
        if struck is not None:
            return _as_told(struck, str(uuid.uuid4()))
        known = self._world.tenant_named(tenant)
        if known is None and tenant not in ("organizations", "common"):
            refusal = Refusal("invalid_tenant", 90002, f"Tenant '{tenant}' not found.")
            response = jsonify(error_answer(refusal, str(uuid.uuid4())))
            response.status_code = refusal.status
            return response
        return jsonify(
            issuer=f"{self.base}/{known.id if known else '{tenantid}'}/v2.0",
            authorization_endpoint=f"{self.page_url}/{tenant}/oauth2/v2.0/authorize",
            token_endpoint=f"{self.base}/{tenant}/oauth2/v2.0/token",
            jwks_uri=f"{self.base}/{tenant}/discovery/v2.0/keys",
            response_modes_supported=["query", "form_post"],
        )

    def _token(self, tenant: str) -> Response:
        form = dict(request.form.items())
        correlation = request.headers.get("client-request-id", str(uuid.uuid4()))
        self.grants.requests[form.get("grant_type", "")] += 1
        struck = self._world.strike("token")
        if struck is not None:
            return _as_told(struck, correlation)
        try:
            self._check_client(form)
            if form.get("grant_type") == "client_credentials":
                return self._own_token(tenant, form)
            return self._grant(form, correlation)
        except Refusal as refusal:
            response = jsonify(error_answer(refusal, correlation))
            response.status_code = refusal.status
            return response

    def _grant(self, form: dict[str, str], correlation: str) -> Response:
        nonce = ""
        if form.get("grant_type") == "authorization_code":
            person, scopes, nonce = self.grants.redeem(form)
            struck = self._world.strike("token.code", person.upn)
        elif form.get("grant_type") == "refresh_token":
            person, scopes = self.grants.renew(form)
            struck = self._world.strike("token.refresh", person.upn)
        else:
            raise Refusal(
                "unsupported_grant_type", 70003, "The app requested an unsupported grant type."
            )
        if struck is not None:
            return _as_told(struck, correlation)
        wanted = frozenset(form.get("scope", "").split()) or scopes
        if len({_resource(scope) for scope in wanted if "/" in scope}) > 1:
            raise Refusal(
                "invalid_request",
                28003,
                "Provided value for the input parameter scope spans resources.",
            )
        if self.grants.missing(person, wanted & scopes):
            raise Refusal(
                "invalid_grant",
                65001,
                "The user or administrator has not consented.",
                suberror="consent_required",
            )
        shaped = self._world.strike("token.shape", person.upn)
        shape = shaped.reply if shaped else {}
        who = self._other(shape, person)
        answer = self.grants.answer(
            who, wanted & scopes, f"{self.base}/{who.tenant_id}/v2.0", nonce, shape
        )
        if shape.get("once"):
            self.grants.use_up(form.get("refresh_token", ""))
        time.sleep(shape.get("seconds", 0))
        return jsonify(answer)

    def _own_token(self, tenant: str, form: dict[str, str]) -> Response:
        """A token for the application itself, which it gets in every tenant that it is in."""
        known = self._world.tenant_named(tenant)
        if known is None:
            raise Refusal("invalid_request", 90002, f"Tenant '{tenant}' not found.")
        if not self.grants.is_in(known):
            raise Refusal(
                "unauthorized_client",
                7000229,
                f"The client application {form.get('client_id')} is missing service principal "
                f"in the tenant {known.id}.",
            )
        return jsonify(self.grants.own_answer(known, f"{self.base}/{known.id}/v2.0"))

    def _other(self, shape: dict[str, Any], person: Person) -> Person:
        return self._world.people[shape["user"].lower()] if "user" in shape else person

    def _check_client(self, form: dict[str, str]) -> None:
        app = self._world.app
        if form.get("client_id") != app.client_id:
            raise Refusal(
                "unauthorized_client", 700016, "Application was not found in the directory.", 400
            )
        if "client_assertion" in form:
            self._check_assertion(form["client_assertion"])
            return
        if not app.client_secrets:
            raise Refusal(
                "invalid_client", 7000222, "The provided client secret keys are expired.", 401
            )
        if form.get("client_secret") not in app.client_secrets:
            raise Refusal("invalid_client", 7000215, "Invalid client secret provided.", 401)

    def _check_assertion(self, assertion: str) -> None:
        audiences = {
            f"{self.base}/{tenant}/oauth2/v2.0/token"
            for tenant in ("organizations", "common", *self._world.tenant_names())
        }
        try:
            check_assertion(
                assertion, self._world.app.certificates, self._world.app.client_id, audiences
            )
        except TokenRefused as refused:
            raise Refusal(
                "invalid_client",
                700027,
                f"Client assertion contains an invalid signature: {refused}",
                401,
            ) from None

    def _me(self) -> tuple[Response, int] | Response:
        try:
            claims = self._signer.verify(
                request.headers.get("Authorization", "").removeprefix("Bearer "), GRAPH
            )
        except TokenRefused as refused:
            return jsonify(
                error={"code": "InvalidAuthenticationToken", "message": f"Refused: {refused}"}
            ), 401
        struck = self._world.strike("graph", claims["upn"])
        if struck is not None:
            error = {"code": struck.reply["error"], "message": struck.reply.get("description", "")}
            return jsonify(error=error), int(struck.reply.get("status", 403))
        person = self._world.people[claims["upn"].lower()]
        return jsonify(
            id=person.oid, mail=person.upn, userPrincipalName=person.upn, displayName=person.name
        )


def _resource(scope: str) -> str:
    return scope.rpartition("/")[0]


def _as_told(scenario: Scenario, correlation: str) -> Response:
    reply = scenario.reply
    if "seconds" in reply:
        time.sleep(float(reply["seconds"]))
    if "body" in reply:
        response = Response(str(reply["body"]), int(reply["status"]), mimetype="text/html")
    else:
        number = next(iter(reply.get("codes", [])), 0)
        refusal = Refusal(
            reply["error"], number, reply.get("description", ""), suberror=reply.get("suberror", "")
        )
        response = jsonify(error_answer(refusal, correlation))
        response.status_code = int(reply.get("status", 400))
    if "retry_after" in reply:
        response.headers["Retry-After"] = str(reply["retry_after"])
    return response
