"""The way to Microsoft's sign-in, through MSAL."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import msal
import requests

from bot.diagnosis.observation import Observation
from bot.diagnosis.observe import from_exception

SCOPES = ("https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send")
"""What reading and sending mail needs (office-developer-exchange-docs, how-to-authenticate-…-by-using-oauth)."""

TIMEOUT_SECONDS = 10
TOO_MANY_REQUESTS, SERVER_ERROR = 429, 500
Answer = TypeVar("Answer")


class MicrosoftUnreachable(Exception):
    """Microsoft gave no proper answer; `observation` says how."""

    def __init__(self, observation: Observation) -> None:
        super().__init__(observation.condition or str(observation.status))
        self.observation = observation


@dataclass(frozen=True)
class Microsoft:
    """How Microsoft's sign-in is reached. `credential` is MSAL's: a secret, or a certificate's fields."""

    authority: str
    client_id: str
    credential: Callable[[], str | Mapping[str, str]]
    ca_file: Path | None
    instance_discovery: bool

    def client(self, cache: msal.TokenCache | None = None) -> msal.ConfidentialClientApplication:
        """A new MSAL client, with nothing remembered of earlier answers: MSAL would repeat a refusal for a minute.
        Asks Microsoft for the discovery document, which may take seconds.

        Raises:
            MicrosoftUnreachable: no proper answer.
        """
        return self.ask(
            lambda: msal.ConfidentialClientApplication(
                self.client_id,
                client_credential=self.credential(),
                authority=self.authority,
                token_cache=cache,
                http_client=self._session(),
                instance_discovery=None if self.instance_discovery else False,
            )
        )

    def ask(self, question: Callable[[], Answer], step: str = "token") -> Answer:
        """What `question` gives, with everything that MSAL may raise for want of a proper answer turned into one thing.

        Raises:
            MicrosoftUnreachable: no proper answer.
        """
        try:
            return question()
        except (requests.RequestException, msal.exceptions.MsalServiceError, json.JSONDecodeError, OSError) as error:
            raise MicrosoftUnreachable(from_exception(error, step)) from None
        except ValueError as error:  # MSAL wraps a failed discovery in one
            cause = error.__cause__ or error.__context__ or error
            raise MicrosoftUnreachable(from_exception(cause, step)) from None

    def admin_consent_url(self, tenant: str, redirect_uri: str, state: str) -> str:
        """The page where an administrator of `tenant` (a domain or id) approves exactly our scopes."""
        discovered = self.ask(lambda: self.client().authority.authorization_endpoint)
        page = urlsplit(discovered)
        scope = " ".join([*SCOPES, "offline_access", "openid", "profile"])
        query = urlencode({"client_id": self.client_id, "scope": scope, "redirect_uri": redirect_uri, "state": state})
        return f"{page.scheme}://{page.netloc}/{tenant}/v2.0/adminconsent?{query}"

    def _session(self) -> requests.Session:
        session = _TimedSession()
        if self.ca_file is not None:
            session.trust_env = False  # REQUESTS_CA_BUNDLE in the environment would beat `verify`
            session.verify = str(self.ca_file)
        return session


class _TimedSession(requests.Session):
    """A session whose every request has a time-out, and that takes a busy server's answer for no answer: MSAL would drop its
    status."""

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs.setdefault("timeout", TIMEOUT_SECONDS)
        response = super().request(*args, **kwargs)
        if response.status_code == TOO_MANY_REQUESTS or response.status_code >= SERVER_ERROR:
            raise requests.HTTPError(f"HTTP {response.status_code}", response=response)
        return response
