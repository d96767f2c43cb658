"""Microsoft's clouds."""

import tomllib
from functools import cache
from pathlib import Path

from pydantic import BaseModel

PERMISSIONS = ("IMAP.AccessAsUser.All", "SMTP.Send")
"""What reading and sending mail needs (office-developer-exchange-docs,
how-to-authenticate-…-by-using-oauth)."""

MICROSOFT_HOSTS = frozenset(
    {
        "login.microsoftonline.com",
        "login.microsoftonline.us",
        "login.partner.microsoftonline.cn",
        "login.chinacloudapi.cn",
        "login.windows.net",
        "login.sovcloud-identity.fr",
        "login.sovcloud-identity.de",
        "login.sovcloud-identity.sg",
    }
)
"""Where Microsoft's own sign-in stands (entra-docs, authentication-national-cloud; the last three:
MSAL 1.39)."""


class Cloud(BaseModel, frozen=True, extra="forbid"):
    """One cloud: its hosts, `resource`, with which its mail scopes begin, and `graph`, the base
    address of Microsoft Graph."""

    authority: str
    imap: str
    smtp: str
    resource: str
    graph: str

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes that are asked for."""
        return tuple(f"{self.resource}/{permission}" for permission in PERMISSIONS)


@cache
def load() -> dict[str, Cloud]:
    """The clouds by the names that the settings use."""
    data = tomllib.loads(Path(__file__).with_name("clouds.toml").read_text(encoding="utf-8"))
    return {name: Cloud.model_validate(row) for name, row in data.items()}
