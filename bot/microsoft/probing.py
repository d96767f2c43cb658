"""What Microsoft's sign-in says of our application while nobody signs in."""

from typing import Any
from urllib.parse import urlsplit

import requests

from bot.diagnosis.observe import AADSTS
from bot.microsoft.client import DISCOVERY, Microsoft
from bot.microsoft.credentials import Credential

MAX_PAGE = 200_000
"""So many characters of a page are searched for a number."""


class SignInProbe:
    """Asks the sign-in about ourselves. Every question may take seconds, and raises
    `MicrosoftUnreachable` where there is no proper answer."""

    def __init__(self, microsoft: Microsoft) -> None:
        self._microsoft = microsoft

    def describe(self) -> dict[str, Any]:
        """The discovery document of our authority, or the error that stands in its place."""
        address = f"{self._microsoft.authority}/{DISCOVERY}"
        answer: dict[str, Any] = self._microsoft.ask(
            lambda: self._microsoft.session().get(address).json()
        )
        return answer

    def own_token(self, credential: Credential, tenant: str = "") -> dict[str, Any]:
        """What our application itself is answered in a tenant (a domain or id; else at our
        authority) with one of its credentials. A token that it gets opens no mailbox, and is
        dropped."""
        parts = urlsplit(self._microsoft.authority)
        authority = f"{parts.scheme}://{parts.netloc}/{tenant}" if tenant else ""
        scope = f"{self._microsoft.scopes[0].rpartition('/')[0]}/.default"
        answer: dict[str, Any] = self._microsoft.ask(
            lambda: self._microsoft.client_with(
                credential, None, authority
            ).acquire_token_for_client([scope])
        )
        return {name: value for name, value in answer.items() if name != "access_token"}

    def comes_back(self, redirect_uri: str) -> tuple[bool | None, tuple[int, ...]]:
        """Whether Microsoft sends browsers back to an address of ours, and the numbers on the page
        that it shows instead. None where it does not tell without a person.

        With ``prompt=none`` nobody is asked for anything: where the address is registered, the
        answer is a redirect to it with ``login_required`` (OpenID Connect Core, 3.1.2.1 and
        3.1.2.6)."""
        page = str(self.describe().get("authorization_endpoint", ""))
        asked = {
            "client_id": self._microsoft.client_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "response_mode": "query",
            "scope": "openid",
            "prompt": "none",
            "state": "check",
        }
        answer = self._microsoft.ask(lambda: self._get(page, asked))
        if answer.headers.get("Location", "").startswith(redirect_uri):
            return True, ()
        numbers = tuple(int(number) for number in AADSTS.findall(answer.text[:MAX_PAGE]))
        return (False if numbers else None), numbers

    def _get(self, page: str, asked: dict[str, str]) -> requests.Response:
        return self._microsoft.session().get(page, params=asked, allow_redirects=False)
