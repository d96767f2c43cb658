"""The way to Microsoft's sign-in, through MSAL."""

import json
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import msal
import requests

from bot.common.tallies import Tallies
from bot.common.ways_out import WaysOut
from bot.diagnosis.observation import Observation, Where
from bot.diagnosis.observe import from_exception
from bot.microsoft.clock_check import ClockCheck, ahead_of
from bot.microsoft.counting import count
from bot.microsoft.credentials import Credential, Credentials, CredentialUnreadable

TIMEOUT_SECONDS = 10
QUICK_TIMEOUT_SECONDS = 2
"""For a question that a person waits for, within Slack's three seconds."""

TOO_MANY_REQUESTS = 429
SERVER_ERROR = 500
DISCOVERY = "v2.0/.well-known/openid-configuration"
Answer = TypeVar("Answer")


class MicrosoftUnreachable(Exception):
    """Microsoft gave no proper answer; `observation` says how."""

    def __init__(self, observation: Observation) -> None:
        super().__init__(observation.condition or str(observation.status) or observation.error)
        self.observation = observation


class Microsoft:
    """Microsoft's sign-in."""

    def __init__(
        self,
        authority: str,
        client_id: str,
        credentials: Credentials,
        ca_file: Path | None,
        instance_discovery: bool,
        scopes: Sequence[str],
        ways: WaysOut,
        tallies: Tallies | None = None,
    ) -> None:
        """`scopes`: what every mailbox's token is good for. `tallies`: where answers are
        counted."""
        self._ways = ways
        self._tallies = tallies or Tallies()
        self._clock = ClockCheck()
        self.authority = authority
        self.client_id = client_id
        self.scopes = tuple(scopes)
        self._credentials = credentials
        self._ca_file = ca_file
        self._instance_discovery = instance_discovery
        self._accepted = ""
        self._sign_in_page = ""

    def client(self, cache: msal.TokenCache | None = None) -> msal.ConfidentialClientApplication:
        """A new MSAL client, with nothing remembered of earlier answers: MSAL would repeat a
        refusal for a minute. Asks Microsoft for the discovery document, which may take seconds.

        Raises:
            MicrosoftUnreachable: no proper answer.
        """
        return self.client_with(self._by_acceptance()[0], cache)

    def redeem(
        self,
        cache: msal.TokenCache | None,
        question: Callable[[msal.ConfidentialClientApplication], Answer],
        authority: str = "",
    ) -> Answer:
        """What `question` gives with the first credential that Microsoft accepts, that of the last
        time first. `authority`: that of one tenant, where it is asked for nobody who signs in.

        Raises:
            MicrosoftUnreachable: no proper answer, or none that fits because our clock is wrong.
        """
        for credential in self._by_acceptance():
            client = self.client_with(credential, cache, authority)
            answer = self.ask(lambda client=client: question(client))  # type: ignore[misc]
            if not (isinstance(answer, dict) and answer.get("error") == "invalid_client"):
                self._accepted = credential.name
                break
        blamed = self._clock.blamed(answer) if isinstance(answer, dict) else None
        if blamed is not None:
            raise MicrosoftUnreachable(blamed)
        return answer

    def look_at_clock(self) -> timedelta:
        """Ask Microsoft what time it is, and log by how much ours is wrong. Takes seconds.

        Returns:
            By how much our clock is ahead, by this answer alone: others come in meanwhile. Nothing
            where it does not say.

        Raises:
            MicrosoftUnreachable: no proper answer.
        """
        address = f"{self.authority}/{DISCOVERY}"
        answer = self.ask(lambda: self.session().get(address, timeout=TIMEOUT_SECONDS))
        return ahead_of(answer) or timedelta()

    def ask(self, question: Callable[[], Answer], step: str = "token") -> Answer:
        """What `question` gives, with everything that MSAL may raise for want of a proper answer
        turned into one thing.

        Raises:
            MicrosoftUnreachable: no proper answer.
        """
        try:
            return question()
        except (
            requests.RequestException,
            msal.exceptions.MsalServiceError,
            json.JSONDecodeError,
            OSError,
        ) as error:
            raise MicrosoftUnreachable(from_exception(error, step)) from None
        except ValueError as error:  # MSAL wraps a failed discovery in one
            cause = error.__cause__ or error.__context__ or error
            raise MicrosoftUnreachable(from_exception(cause, step)) from None

    def admin_consent_url(self, tenant: str, redirect_uri: str, state: str) -> str:
        """The page where an administrator of `tenant` (a domain or id) approves exactly our scopes.
        Asks Microsoft where it is, the first time."""
        page = urlsplit(
            self._sign_in_page or self.ask(lambda: self.client().authority.authorization_endpoint)
        )
        self._sign_in_page = page.geturl()
        scope = " ".join([*self.scopes, "offline_access", "openid", "profile"])
        query = urlencode(
            {
                "client_id": self.client_id,
                "scope": scope,
                "redirect_uri": redirect_uri,
                "state": state,
            }
        )
        return f"{page.scheme}://{page.netloc}/{tenant}/v2.0/adminconsent?{query}"

    def is_in(self, tenant: str) -> bool | None:
        """Whether our application is in a tenant (a domain or id): Microsoft gives it a token of
        its own there, which opens no mailbox and is dropped. None where the answer does not say.
        Takes seconds.

        Raises:
            MicrosoftUnreachable: no proper answer.
        """
        parts = urlsplit(self.authority)
        authority = f"{parts.scheme}://{parts.netloc}/{tenant}"
        scope = f"{self.scopes[0].rpartition('/')[0]}/.default"
        answer: dict[str, Any] = self.redeem(
            None, lambda client: client.acquire_token_for_client([scope]), authority
        )
        if "access_token" in answer:
            return True
        return False if answer.get("error") == "unauthorized_client" else None

    def tenant_of(self, domain: str, seconds: float = QUICK_TIMEOUT_SECONDS) -> str:
        """The id of the tenant that has this domain; empty if none has. Takes `seconds` at most:
        half of them to connect, half to be answered.

        Raises:
            MicrosoftUnreachable: no proper answer.
        """
        parts = urlsplit(self.authority)
        address = f"{parts.scheme}://{parts.netloc}/{domain}/{DISCOVERY}"
        response = self.ask(lambda: self.session().get(address, timeout=seconds / 2))
        answer = self.ask(response.json)
        found = re.search(
            r"/([0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})/",
            str(answer.get("issuer", "")),
        )
        return found[1].lower() if found and response.ok else ""

    def client_with(
        self, credential: Credential, cache: msal.TokenCache | None, authority: str = ""
    ) -> msal.ConfidentialClientApplication:
        """A new MSAL client with this credential. May take seconds.

        Raises:
            MicrosoftUnreachable: no proper answer.
        """
        application = self.ask(
            lambda: _Application(
                self.client_id,
                client_credential=credential.value,
                authority=authority or self.authority,
                token_cache=cache,
                http_client=self.session(),
                instance_discovery=None if self._instance_discovery else False,
            )
        )
        application.clock = self._clock
        return application

    def _by_acceptance(self) -> list[Credential]:
        try:
            known = self._credentials.all()
        except CredentialUnreadable as error:
            unreadable = Observation(
                Where.TOKEN, step="token", error="invalid_client", text=str(error)
            )
            raise MicrosoftUnreachable(unreadable) from None
        return sorted(known, key=lambda credential: credential.name != self._accepted)

    def session(self) -> requests.Session:
        """A session that goes our ways out, trusts whom we trust, and waits for seconds only."""
        session = _TimedSession(self._tallies)
        self._ways.prepare(session)
        session.hooks["response"].append(self._clock.hear)
        if self._ca_file is not None:
            session.verify = str(self._ca_file)
        return session


class _Application(msal.ConfidentialClientApplication):  # type: ignore[misc]
    """MSAL's client, which knows whether our clock is right."""

    clock: ClockCheck

    def acquire_token_by_auth_code_flow(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """What a code is exchanged for.

        Raises:
            MicrosoftUnreachable: the token is good at another time than ours, which is wrong.
        """
        answer: dict[str, Any] = super().acquire_token_by_auth_code_flow(*args, **kwargs)
        blamed = self.clock.blamed_for(answer.get("id_token_claims"))
        if blamed is not None:
            raise MicrosoftUnreachable(blamed)
        return answer


class _TimedSession(requests.Session):
    """A session whose every request is counted and has a time-out, and that takes a busy server's
    answer for no answer: MSAL would drop its status."""

    def __init__(self, tallies: Tallies) -> None:
        super().__init__()
        self._tallies = tallies

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs.setdefault("timeout", TIMEOUT_SECONDS)
        url = str(kwargs.get("url") or args[1])
        try:
            response = super().request(*args, **kwargs)
        except requests.RequestException as error:
            count(self._tallies, url, kwargs.get("data"), error)
            raise
        count(self._tallies, url, kwargs.get("data"), response)
        if response.status_code == TOO_MANY_REQUESTS or response.status_code >= SERVER_ERROR:
            raise requests.HTTPError(f"HTTP {response.status_code}", response=response)
        return response
