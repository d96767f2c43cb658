"""Microsoft's side: the sign-in, our application there with its credentials and addresses, and
whose clock is right."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

from bot.diagnosis.observe import from_oauth
from bot.doctor.findings import Finding, Status, found
from bot.doctor.network import Way, unreached
from bot.microsoft.client import MicrosoftUnreachable
from bot.microsoft.credentials import Credential, Credentials, CredentialUnreadable
from bot.microsoft.identity import LEEWAY

WAY = Way("MS_AUTHORITY", "MS_CA_BUNDLE")
GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.I)
"""How Entra writes the ID of a secret. Its value has other signs too, and is longer."""

MANY_TENANTS = frozenset({"organizations", "common"})
EXPIRES_SOON = timedelta(days=14)
NOT_THERE = frozenset({700016, 7000229, 90002, 50059, 90019, 500011})
"""AADSTS numbers by which nothing is said of a credential: our application, the tenant, or mail
there, is not where we asked (entra-docs, reference-error-codes)."""

UNKNOWN_APPLICATION = 700016
BY_NUMBER = {
    7000215: "secret-wrong",
    7000222: "secret-expired",
    700027: "certificate-not-registered",
    700024: "clock-wrong-for-token",
    650057: "application-without-mail",
}
NOT_REGISTERED = frozenset({50011, 500112, 500113, 90102})
"""By these numbers Microsoft refuses an address to come back to."""


class SignIn(Protocol):
    """What the sign-in can be asked while nobody signs in; see `SignInProbe`."""

    def describe(self) -> dict[str, Any]: ...
    def own_token(self, credential: Credential, tenant: str = "") -> dict[str, Any]: ...
    def comes_back(self, redirect_uri: str) -> tuple[bool | None, tuple[int, ...]]: ...


@dataclass(frozen=True)
class Application:
    """Our application at Microsoft.

    Attributes:
        credentials: where its secrets and certificates are.
        tenants: organisations where it is sure to be, those of customers who are connected. Asked
            late, since they are in the database.
        home: the organisation of a domain of ours, which probably has the registration; or none.
        clock_ahead: by how much our clock is ahead of Microsoft's.
    """

    authority: str
    client_id: str
    public_url: str
    credentials: Credentials
    sign_in: SignIn
    tenants: Callable[[], Sequence[str]]
    home: Callable[[], str]
    clock_ahead: Callable[[], timedelta]
    today: date

    def discovery(self) -> Iterator[Finding]:
        """Whether the sign-in is there, and is one for many organisations."""
        try:
            answer = self.sign_in.describe()
        except MicrosoftUnreachable as error:
            yield unreached("discovery", error.observation, WAY)
            return
        if "token_endpoint" not in answer:
            said = answer.get("error_description") or answer.get("error")
            words = said or "no discovery document"
            yield found("authority-wrong", authority=self.authority, words=words)
        elif not self._is_for_many:
            yield found("authority-of-one", authority=self.authority)
        else:
            yield found("discovery-ok", host=urlsplit(self.authority).netloc)

    def forms(self) -> Iterator[Finding]:
        """What can be said of the credentials without asking anybody."""
        try:
            known = self.credentials.all()
        except CredentialUnreadable as error:
            yield found("credential-unusable", words=error)
            return
        faults = [fault for each in known for fault in self._faults(each)]
        yield from faults or [found("credential-form-ok", names=_names(known))]

    def _faults(self, credential: Credential) -> Iterator[Finding]:
        value = credential.value
        if isinstance(value, str) and GUID.fullmatch(value):
            same = value.lower() == self.client_id.lower()
            yield found("secret-is-client-id" if same else "secret-is-id", name=credential.name)
        if credential.expires is None:
            return
        values = {"name": credential.name, "day": str(credential.expires)}
        if credential.expires < self.today:
            yield found("credential-ended", **values)
        elif credential.expires < self.today + EXPIRES_SOON:
            yield found("credential-ends-soon", **values)

    def accepted(self) -> Iterator[Finding]:
        """Whether Microsoft takes each credential."""
        try:
            known = self.credentials.all()
        except CredentialUnreadable:
            known = []
        asked = [each for each in known if not _failed(self._faults(each))]
        if not asked:
            yield found("skipped", "credential", reason="credential-form says what is wrong")
        findings = [self._asked(each) for each in asked]
        one_is_good = any(finding.status is Status.OK for finding in findings)
        for finding in findings:
            # while another credential is taken, everything works
            spare = one_is_good and finding.status is Status.FAIL
            yield replace(finding, status=Status.WARN) if spare else finding

    def _asked(self, credential: Credential) -> Finding:
        try:
            return self._answer_to(credential)
        except MicrosoftUnreachable as error:
            return unreached("credential", error.observation, WAY)

    def _answer_to(self, credential: Credential) -> Finding:
        """Ask where the application is sure to be first; an answer that says nothing of the
        credential leads on to the next place, and to our own authority in the end."""
        sure = list(self.tenants())
        unknown = []
        for place in dict.fromkeys([*sure, *filter(None, [self.home()]), ""]):
            answer = self.sign_in.own_token(credential, place)
            if "error" not in answer:
                return found("credential-ok", name=credential.name)
            seen = from_oauth(answer)
            kind = next((BY_NUMBER[n] for n in seen.codes if n in BY_NUMBER), "")
            # An authority of many organisations gives an application no token of its own
            says_nothing = not place and self._is_for_many
            if kind or not (says_nothing or NOT_THERE.intersection(seen.codes)):
                return found(kind or "credential-refused", name=credential.name, words=seen.text)
            unknown += [place] if UNKNOWN_APPLICATION in seen.codes else []
        # One customer may have removed it; nobody knows it where all of several do not
        if "" in unknown or (len(unknown) > 1 and set(sure) <= set(unknown)):
            return found("application-unknown", client_id=self.client_id)
        return found("credential-not-told", name=credential.name)

    @property
    def _is_for_many(self) -> bool:
        return urlsplit(self.authority).path.strip("/") in MANY_TENANTS

    def redirects(self) -> Iterator[Finding]:
        """Whether Microsoft sends browsers back to both addresses of ours."""
        addresses = [f"{self.public_url}/{path}/callback" for path in ("oauth", "consent")]
        try:
            asked = [(address, *self.sign_in.comes_back(address)) for address in addresses]
        except MicrosoftUnreachable as error:
            yield unreached("redirect", error.observation, WAY)
            return
        for address, back, numbers in asked:
            if NOT_REGISTERED.intersection(numbers):
                yield found("redirect-not-registered", address=address)
            elif UNKNOWN_APPLICATION in numbers:
                yield found("application-unknown", "redirect", client_id=self.client_id)
            elif not back:
                yield found("redirect-not-told", address=address)
        if all(back for _, back, _ in asked):
            yield found("redirect-ok", count=len(asked))

    def clock(self) -> Iterator[Finding]:
        """Whether our clock is right."""
        try:
            ahead = self.clock_ahead()
        except MicrosoftUnreachable as error:
            yield unreached("clock", error.observation, WAY)
            return
        minutes = round(abs(ahead).total_seconds() / 60)
        where = "ahead of" if ahead > timedelta() else "behind"
        if abs(ahead) > LEEWAY:
            yield found("clock-wrong", minutes=minutes, where=where)
        else:
            yield found("clock-ok", seconds=round(abs(ahead).total_seconds()))


def _failed(findings: Iterable[Finding]) -> bool:
    return any(finding.status is Status.FAIL for finding in findings)


def _names(known: Sequence[Credential]) -> str:
    return ", ".join(credential.name for credential in known)
