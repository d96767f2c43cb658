"""Signed tokens: what the Microsoft stand-in issues and the mail stand-ins check."""

import base64
import json
import time
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey


class TokenRefused(Exception):
    """A token that this server does not accept; the text says why and never holds the token."""


class Signer:
    """One RSA key that signs every token of the practice world."""

    def __init__(self) -> None:
        self._key = RSAKey.generate_key(2048, {"kid": "practice-world"}, private=True)

    def issue(self, claims: dict[str, Any], lifetime: float) -> str:
        """A signed JWT with `claims` (an empty one is left out), valid from now for `lifetime`
        seconds (negative: already expired)."""
        now = int(time.time())
        timed = {"iat": now, "nbf": now - 60, "exp": now + int(lifetime), **claims}
        timed = {name: value for name, value in timed.items() if value != ""}
        return str(
            jwt.encode({"alg": "RS256", "kid": "practice-world", "typ": "JWT"}, timed, self._key)
        )

    def verify(self, token: str, audience: str) -> dict[str, Any]:
        """The claims of a token meant for `audience`.

        Raises:
            TokenRefused: bad signature, other audience, expired, or not a token at all.
        """
        try:
            claims = dict(jwt.decode(token, self._key, algorithms=["RS256"]).claims)
        except (JoseError, ValueError) as error:
            raise TokenRefused(f"signature: {type(error).__name__}") from None
        if claims.get("aud") != audience:
            raise TokenRefused("audience")
        if claims.get("exp", 0) <= time.time():
            raise TokenRefused("expired")
        return claims

    def public_keys(self) -> dict[str, Any]:
        """The public key set (JWKS) that anybody may check signatures with."""
        return {"keys": [self._key.as_dict(private=False)]}

    def public_pem(self) -> bytes:
        """The public key in PEM form, for servers that check tokens by themselves (Dovecot)."""
        return self._key.as_pem(private=False)


def check_assertion(
    assertion: str, certificates: set[str], client_id: str, audiences: set[str]
) -> None:
    """Check a program's signed word about itself (RFC 7523): by one of these certificates, for us,
    still good.

    Raises:
        TokenRefused: it is not.
    """
    by_thumbprint = {_thumbprint(pem): pem for pem in certificates}
    try:
        head, claims, signature = (
            base64.urlsafe_b64decode(part + "==") for part in assertion.split(".")
        )
        pem = by_thumbprint.get(json.loads(head).get("x5t#S256", "").rstrip("="))
        if pem is None:
            raise TokenRefused("unknown certificate")
        key = x509.load_pem_x509_certificate(pem.encode()).public_key()
        assert isinstance(key, RSAPublicKey)
        said = assertion.rpartition(".")[0].encode()
        key.verify(signature, said, PSS(MGF1(SHA256()), SHA256.digest_size), SHA256())
    except (InvalidSignature, ValueError) as error:
        raise TokenRefused(type(error).__name__) from None
    _check_claims(json.loads(claims), client_id, audiences)


def _check_claims(claims: dict[str, Any], client_id: str, audiences: set[str]) -> None:
    if (
        claims.get("iss") != client_id
        or claims.get("sub") != client_id
        or claims.get("aud") not in audiences
    ):
        raise TokenRefused("issuer, subject or audience")
    if not claims.get("jti") or claims.get("exp", 0) <= time.time():
        raise TokenRefused("expired, or without an id")


def _thumbprint(pem: str) -> str:
    digest = x509.load_pem_x509_certificate(pem.encode()).fingerprint(SHA256())
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
