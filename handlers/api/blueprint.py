"""The API over HTTP: a call is parsed, authorised, answered; whatever goes wrong is a problem."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

import structlog
from flask import Blueprint, Response, g, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from bot.api.refusals import Allowance, ApiRefused, Code, Wrong
from bot.api.requests import Answer, Asking
from bot.api.services import ApiServices
from bot.diagnosis.own_errors import OwnErrors
from handlers.api import accounts, deeds, errors, events, openapi, tokens
from handlers.api.addresses import Network, client_address
from handlers.api.problems import problem
from handlers.api.routes import (
    LONGEST_NAME,
    MAX_BODY_BYTES,
    NAME,
    REPLAYED,
    Asked,
    Call,
    Route,
)
from handlers.api.said import REFUSALS, told

log = structlog.get_logger(__name__)

BASE = "/api/v1"
JSON = "application/json"
BEARER = "bearer"
CODES = {404: Code.NOT_FOUND, 405: Code.METHOD, 413: Code.TOO_LARGE, 415: Code.NOT_JSON}
"""What HTTP itself refuses, by its status."""


def every_route(services: ApiServices) -> list[Route]:
    """Every call there is."""
    return [
        *accounts.routes(services),
        *deeds.routes(services.deeds),
        *tokens.routes(services),
        *errors.routes(services),
        *events.routes(services),
    ]


@dataclass(frozen=True)
class Api:
    """The API and what it needs. `away`: what the database raises when it does not answer."""

    services: ApiServices
    own_errors: OwnErrors
    public_url: str
    proxies: Sequence[Network]
    away: type[Exception]

    def blueprint(self) -> Blueprint:
        """The routes."""
        blueprint = Blueprint("api", __name__, url_prefix=BASE)
        routes = every_route(self.services)
        described = json.dumps(openapi.document(routes, self.public_url + BASE))
        blueprint.add_url_rule(openapi.PATH, "description", lambda: self._describe(described))
        for route in routes:
            rule = route.path.replace("{", "<").replace("}", ">")
            view = self._view(route)
            blueprint.add_url_rule(rule, route.name, view, methods=[route.method])
        blueprint.before_request(self._bound)
        blueprint.after_request(_add_headers)
        blueprint.register_error_handler(ApiRefused, self._refused)
        for refusal in REFUSALS:
            blueprint.register_error_handler(refusal, self._told)
        blueprint.register_error_handler(self.away, self._away)
        blueprint.register_error_handler(HTTPException, self._http)
        blueprint.register_error_handler(Exception, self._ours)
        # An address that is none of ours belongs to no blueprint
        blueprint.app_errorhandler(404)(self._nowhere)
        blueprint.app_errorhandler(405)(self._nowhere)
        return blueprint

    def _view(self, route: Route) -> Callable[..., AnyResponse]:
        def answer(**path: str) -> AnyResponse:
            caller = self.services.callers.authorise(_secret(), self._address(), route.scope)
            g.allowance = caller.allowance
            request.max_content_length = route.longest
            asking = Asking(caller, _name(route), _whole())
            call = Call(caller, path, _query(route), _body(route), asking)
            return _answered(route.do(call))

        return answer

    def _describe(self, described: str) -> AnyResponse:
        if not self.services.callers.is_on():
            raise ApiRefused(Code.OFF)
        _no_query()
        return Response(described, mimetype=JSON)

    def _address(self) -> str:
        forwarded = ",".join(request.headers.getlist("X-Forwarded-For"))
        return client_address(request.remote_addr or "", forwarded, self.proxies)

    def _bound(self) -> None:
        request.max_content_length = MAX_BODY_BYTES

    def _refused(self, refused: ApiRefused) -> Response:
        g.allowance = refused.allowance or g.get("allowance")
        return problem(refused, self.public_url)

    def _told(self, error: Exception) -> Response:
        return self._refused(told(error))

    def _away(self, error: Exception) -> Response:
        log.warning("api.database_away", error=str(error))
        return problem(ApiRefused(Code.AWAY), self.public_url)

    def _http(self, error: HTTPException) -> Response:
        code = CODES.get(error.code or 0, Code.INVALID)
        response = problem(ApiRefused(code), self.public_url)
        response.headers.extend((k, v) for k, v in error.get_headers() if k == "Allow")
        return response

    def _ours(self, error: Exception) -> Response:
        recorded = self.own_errors.record("api", error)
        log.error("api.failed", error=recorded.failure.ref, exc_info=error)
        return problem(ApiRefused(Code.OURS, error_id=recorded.failure.ref), self.public_url)

    def _nowhere(self, error: HTTPException) -> Response | HTTPException:
        ours = request.path == BASE or request.path.startswith(f"{BASE}/")
        return self._http(error) if ours else error


def _secret() -> str:
    """What stands behind ``Bearer``; empty where that is not what is sent."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == BEARER else ""


def _query(route: Route) -> Asked | None:
    if route.query is None:
        _no_query()
        return None
    twice = [name for name, said in request.args.lists() if len(said) > 1]
    if twice:
        _refuse(twice[0], "is said more than once")
    return _told(route.query.model_validate, request.args.to_dict())


def _no_query() -> None:
    if request.args:
        _refuse("query", "takes none")


def _body(route: Route) -> Asked | None:
    if route.body is None:
        return None
    if request.mimetype != JSON:
        raise ApiRefused(Code.NOT_JSON)
    try:
        return _told(route.body.model_validate_json, request.get_data())
    except RecursionError:
        _refuse("body", "is nested too deeply")


def _told(read: Callable[..., Asked], said: object) -> Asked:
    """What was said, or what is wrong with it: which field, and why; never what it held."""
    try:
        return read(said)
    except ValidationError as error:
        every = error.errors(include_url=False, include_input=False, include_context=False)
        wrong = [Wrong(".".join(map(str, e["loc"])) or "body", e["msg"]) for e in every]
        raise ApiRefused(Code.INVALID, wrong=wrong) from None


def _refuse(field: str, says: str) -> NoReturn:
    raise ApiRefused(Code.INVALID, wrong=[Wrong(field, says)])


def _name(route: Route) -> str:
    """How whoever calls names a call that has to be named."""
    name = request.headers.get(NAME, "") if route.named else ""
    if route.named and not (
        name.isascii() and name.isprintable() and 0 < len(name) <= LONGEST_NAME
    ):
        raise ApiRefused(Code.NO_NAME)
    return name


def _whole() -> str:
    """Everything that a call says, by which it is known again."""
    return f"{request.method} {request.path}\n{request.get_data().decode('latin-1')}"


def _answered(said: BaseModel | Answer) -> AnyResponse:
    if isinstance(said, Answer):
        response = Response(said.text, said.status, mimetype=JSON)
        if said.replayed:
            response.headers[REPLAYED] = "true"
        return response
    response = Response(said.model_dump_json(by_alias=True), mimetype=JSON)
    if request.method != "GET":
        return response
    response.add_etag()
    return response.make_conditional(request)


def _add_headers(response: Response) -> Response:
    allowance: Allowance | None = g.get("allowance")
    if allowance is not None:
        response.headers["RateLimit-Limit"] = str(allowance.limit)
        response.headers["RateLimit-Remaining"] = str(allowance.remaining)
        response.headers["RateLimit-Reset"] = str(round(allowance.reset.total_seconds()))
    return response
