"""The application's credentials at Microsoft: certificates and secrets, read anew at each use so
that they can be replaced while the bot runs, and looked after so that none ends unnoticed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import SecretStr

from bot.common import secret_files
from bot.common.clock import Clock
from bot.common.live_secrets import Secret
from bot.common.secret_files import SecretFileUnusable
from bot.common.texts import visible
from bot.messages import notices
from storage.database import Store

COUNTDOWN = (1, 7, 14, 30, 60)
"""How many days before its end a credential is spoken of."""


class CredentialUnreadable(Exception):
    """A credential's file cannot be used; the text names the file and never shows what is in it."""


@dataclass(frozen=True)
class Credential:
    """One credential. `value` is as MSAL takes it; `name` is safe to show; `expires` is its last
    day, where that is known."""

    name: str
    value: str | Mapping[str, str] = field(repr=False)
    expires: date | None = None


@dataclass(frozen=True)
class Credentials:
    """Where the credentials are: certificates in files, and secrets, with commas between. Several
    may be good at once, so that one can replace another without a gap."""

    certificates: Sequence[Path] = ()
    secret: Secret = field(default_factory=lambda: SecretStr(""))
    secrets_expire: Sequence[date] = ()

    def all(self) -> list[Credential]:
        """Every credential as it stands now, certificates first; there is at least one.

        Raises:
            CredentialUnreadable: a file is missing, empty, or holds something else.
        """
        known = [*map(_certificate, self.certificates), *self._secrets()]
        if not known:
            raise CredentialUnreadable("there is no credential")
        return known

    def _secrets(self) -> Iterator[Credential]:
        parts = (visible(part).strip() for part in self.secret.get_secret_value().split(","))
        found = [part for part in parts if part]
        for number, secret in enumerate(found):
            expires = self.secrets_expire[number] if number < len(self.secrets_expire) else None
            yield Credential(
                f"client secret {number + 1}" if len(found) > 1 else "client secret",
                secret,
                expires,
            )


def _certificate(file: Path) -> Credential:
    text = _read(file)
    try:
        ends = x509.load_pem_x509_certificate(text.encode()).not_valid_after_utc.date()
        load_pem_private_key(text.encode(), None)
    except (ValueError, TypeError):  # the latter for a key with a passphrase
        raise CredentialUnreadable(
            f"{file.name} is not a certificate and its key without a passphrase"
        ) from None
    return Credential(
        f"certificate {file.name}", {"private_key": text, "public_certificate": text}, ends
    )


def _read(file: Path) -> str:
    try:
        return secret_files.read(file)
    except SecretFileUnusable as error:
        raise CredentialUnreadable(str(error)) from None


class Watch:
    """Tells on-call in time that a credential ends.

    That a step of the countdown was told is kept in the database, so that neither a restart nor
    another process tells it again; `_looked` only saves asking for it with each tick."""

    def __init__(
        self, store: Store, clock: Clock, credentials: Credentials, alert_channel: str
    ) -> None:
        self._store = store
        self._clock = clock
        self._credentials = credentials
        self._alert_channel = alert_channel

    def look(self) -> int:
        """Tell of each credential once at each step of the countdown; how many were told."""
        now = self._clock.now()
        try:
            known = self._credentials.all()
        except CredentialUnreadable:
            return 0  # the next use of it raises an alert
        told = [credential for credential in known if self._tell(credential, now)]
        return len(told)

    def _tell(self, credential: Credential, now: datetime) -> bool:
        days = (credential.expires - now.date()).days if credential.expires else COUNTDOWN[-1] + 1
        rung = next((rung for rung in COUNTDOWN if days <= rung), None)
        if rung is None or credential.expires is None:
            return False
        key = f"credential:{credential.name}:{credential.expires}:{rung}"
        with self._store.transaction() as tx:
            if not tx.channels.first_sight(key, now):
                return False
            sentence = "credential.ended" if days < 0 else "credential.ends"
            values = {"name": credential.name, "day": str(credential.expires), "days": days}
            notices.tell(tx, self._alert_channel, key, sentence, now, **values)
        return True
