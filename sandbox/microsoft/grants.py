"""What the Microsoft stand-in remembers: codes, refresh tokens, who agreed to what."""

import base64
import hashlib
import json
import secrets
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.tokens import Signer
from sandbox.world import Person, Tenant, World

CODE_LIFE = 600
GRAPH = "https://graph.microsoft.com"
OIDC = frozenset({"openid", "profile", "offline_access", "email"})


@dataclass
class Code:
    """An authorization code on its way."""

    upn: str
    scopes: frozenset[str]
    redirect_uri: str
    challenge: str
    nonce: str
    made: float
    used: bool = False


class Refusal(Exception):
    """An error answer of the token endpoint."""

    def __init__(
        self, error: str, number: int, text: str, status: int = 400, suberror: str = ""
    ) -> None:
        super().__init__(error)
        self.error, self.number, self.text, self.status, self.suberror = (
            error,
            number,
            text,
            status,
            suberror,
        )


class Grants:
    """Codes, refresh tokens and consents; makes the tokens. `issued` holds every secret that was
    handed out."""

    def __init__(self, world: World, signer: Signer) -> None:
        self._world = world
        self._signer = signer
        self._lock = threading.RLock()
        self._codes: dict[str, Code] = {}
        self._refresh: dict[str, tuple[str, frozenset[str]]] = {}
        self._revoked: set[str] = set()
        self._agreed: dict[str, set[str]] = {}
        self._is_in: set[str] = set()
        self.requests: Counter[str] = Counter()
        self.issued: list[str] = []

    def tenant(self, person: Person) -> Tenant:
        """The person's organisation."""
        return self._world.tenants[person.tenant_id]

    def missing(self, person: Person, scopes: Iterable[str]) -> set[str]:
        """The scopes that neither the person nor an administrator has agreed to."""
        agreed = self._agreed.get(person.upn.lower(), set()) | self.tenant(person).granted
        return {scope for scope in scopes if scope not in OIDC} - agreed

    def agree(self, person: Person, scopes: Iterable[str], for_everybody: bool = False) -> None:
        """Remember a consent."""
        wanted = {scope for scope in scopes if scope not in OIDC}
        with self._lock:
            self._is_in.add(person.tenant_id)
            if for_everybody:
                self.tenant(person).granted |= wanted
            else:
                self._agreed.setdefault(person.upn.lower(), set()).update(wanted)

    def is_in(self, tenant: Tenant) -> bool:
        """Whether the application is in a tenant: with the first consent there it comes to stay."""
        return tenant.id in self._is_in

    def own_answer(self, tenant: Tenant, issuer: str) -> dict[str, Any]:
        """A token answer for the application itself, without any right."""
        claims = {
            "aud": self._world.app.resource,
            "iss": issuer,
            "tid": tenant.id,
            "appid": self._world.app.client_id,
            "idtyp": "app",
            "ver": "1.0",
        }
        token = self._issued(claims, 3600)
        self.issued.append(token)
        return {"token_type": "Bearer", "expires_in": 3600, "access_token": token}

    def forget_consent(self, upn: str) -> None:
        """As if the person (and the administrator) had never agreed."""
        with self._lock:
            self._agreed.pop(upn.lower(), None)
            tenant = self._world.tenant_of(upn)
            if tenant is not None:
                tenant.granted.clear()

    def revoke(self, upn: str) -> None:
        """Every refresh token of the person ends."""
        with self._lock:
            ended = [token for token, (owner, _) in self._refresh.items() if owner == upn.lower()]
            self._revoked.update(ended)

    def use_up(self, token: str) -> None:
        """A refresh token that is good for one use only: Microsoft promises web applications no
        more than a new one with each answer (entra-docs, refresh-tokens)."""
        with self._lock:
            self._revoked.add(token)

    def new_code(self, person: Person, asked: dict[str, str]) -> str:
        """An authorization code for what was asked."""
        code = "1.A" + secrets.token_urlsafe(300)
        with self._lock:
            self.issued.append(code)
            self._codes[code] = Code(
                person.upn.lower(),
                frozenset(asked["scope"].split()),
                asked["redirect_uri"],
                asked.get("code_challenge", ""),
                asked.get("nonce", ""),
                time.time(),
            )
        return code

    def redeem(self, form: dict[str, str]) -> tuple[Person, frozenset[str], str]:
        """Exchange a code: whose, for which scopes, with which nonce."""
        with self._lock:
            code = self._codes.get(form.get("code", ""))
            if code is None or time.time() - code.made > CODE_LIFE:
                raise Refusal(
                    "invalid_grant",
                    70008,
                    "The provided authorization code or refresh token has expired.",
                )
            if code.used:
                raise Refusal(
                    "invalid_grant", 54005, "OAuth2 Authorization code was already redeemed."
                )
            if code.redirect_uri != form.get("redirect_uri"):
                raise Refusal(
                    "invalid_grant",
                    50011,
                    "The redirect URI does not match the one of the request.",
                )
            if code.challenge and code.challenge != _challenge(form.get("code_verifier", "")):
                raise Refusal(
                    "invalid_grant", 501481, "The code_verifier does not match the code_challenge."
                )
            code.used = True
            return self._world.people[code.upn], code.scopes, code.nonce

    def renew(self, form: dict[str, str]) -> tuple[Person, frozenset[str]]:
        """Exchange a refresh token. The old one stays good, as at Microsoft."""
        token = form.get("refresh_token", "")
        with self._lock:
            if token in self._revoked:
                raise Refusal(
                    "invalid_grant",
                    50173,
                    "The provided grant has expired due to it being revoked.",
                )
            if token not in self._refresh:
                raise Refusal(
                    "invalid_grant",
                    70000,
                    "The provided value for the 'refresh_token' is not valid.",
                )
            upn, scopes = self._refresh[token]
            return self._world.people[upn], scopes

    def answer(
        self, person: Person, scopes: frozenset[str], issuer: str, nonce: str, shape: dict[str, Any]
    ) -> dict[str, Any]:
        """A token answer. `shape` is what a scenario changes in it: `expires_in`, `scope`,
        `audience`, `claims`, `drop`; and the server's part is `user`, `once` (the refresh token is
        used up) and `seconds` (the answer is so long on its way)."""
        mail = sorted(scope for scope in scopes if scope not in OIDC)
        resource = GRAPH if mail and mail[0].startswith(GRAPH) else self._world.app.resource
        lifetime = int(
            shape.get("expires_in", self._world.token_life or 3600 + secrets.randbelow(1800))
        )
        answer: dict[str, Any] = {
            "token_type": "Bearer",
            "scope": shape.get("scope", " ".join(mail)),
            "expires_in": max(lifetime, 1),
            "ext_expires_in": max(lifetime, 1),
            "access_token": self._access_token(person, resource, mail, issuer, lifetime, shape),
            "id_token": self._id_token(person, issuer, nonce, shape),
            "client_info": _client_info(person),
        }
        if "offline_access" in scopes:
            answer["refresh_token"] = self._new_refresh(person, scopes)
        self.issued += [
            answer[name] for name in ("access_token", "id_token", "refresh_token") if name in answer
        ]
        for name in shape.get("drop", ()):
            answer.pop(name, None)
        return answer

    def _issued(self, claims: dict[str, Any], lifetime: float) -> str:
        """A token by the clock here, which may be another than this machine's."""
        now = int(time.time() + self._world.clock_ahead)
        timed = {"iat": now, "nbf": now - 60, "exp": now + int(lifetime)} | claims
        return self._signer.issue(timed, lifetime)

    def _access_token(
        self,
        person: Person,
        resource: str,
        mail: list[str],
        issuer: str,
        lifetime: int,
        shape: dict[str, Any],
    ) -> str:
        claims = {
            "aud": shape.get("audience", resource),
            "iss": issuer,
            "tid": person.tenant_id,
            "oid": person.oid,
            "sub": person.oid,
            "upn": person.upn,
            "preferred_username": person.upn,
            "appid": self._world.app.client_id,
            "scp": " ".join(scope.rpartition("/")[2] for scope in mail),
            "ver": "1.0",
            "uti": secrets.token_urlsafe(900),  # real ones have one and a half kilobytes and more
        }
        return self._issued(claims, lifetime)

    def _id_token(self, person: Person, issuer: str, nonce: str, shape: dict[str, Any]) -> str:
        claims = {
            "aud": self._world.app.client_id,
            "iss": issuer,
            "tid": person.tenant_id,
            "oid": person.oid,
            "sub": secrets.token_urlsafe(16),
            "preferred_username": person.upn,
            "name": person.name,
            "ver": "2.0",
        }
        claims |= {"nonce": nonce} if nonce else {}
        return self._issued(claims | shape.get("claims", {}), 3600)

    def _new_refresh(self, person: Person, scopes: frozenset[str]) -> str:
        token = "1.A" + secrets.token_urlsafe(700)
        with self._lock:
            self._refresh[token] = (person.upn.lower(), scopes)
        return token


def error_answer(refusal: Refusal, correlation: str) -> dict[str, Any]:
    """A refusal in the form that Microsoft's token endpoint gives."""
    trace, stamp = str(uuid.uuid4()), time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime())
    head = f"AADSTS{refusal.number}: " if refusal.number else ""
    text = (
        f"{head}{refusal.text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}"
    )
    answer: dict[str, Any] = {
        "error": refusal.error,
        "error_description": text,
        "error_codes": [refusal.number] if refusal.number else [],
        "timestamp": stamp,
        "trace_id": trace,
        "correlation_id": correlation,
    }
    return answer | ({"suberror": refusal.suberror} if refusal.suberror else {})


def _challenge(verifier: str) -> str:
    return (
        base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    )


def _client_info(person: Person) -> str:
    info = json.dumps({"uid": person.oid, "utid": person.tenant_id}).encode()
    return base64.urlsafe_b64encode(info).rstrip(b"=").decode()
