"""How a setting is read from its text; what is wrong with it is said for whoever wrote it."""

import base64
import binascii
import re
from datetime import date, time, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import idna
from pydantic import SecretStr

from bot.common import ids
from bot.common.clock import read_span
from bot.common.people import Person
from bot.lifecycle.hours import BadHours, BadZone, read_hours, read_zone

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SSL_MODES = frozenset({"disable", "require", "verify-ca", "verify-full"})
"""Those of libpq that say what happens; with `allow` and `prefer` it is whatever works."""
DATABASES = ("sqlite", "postgresql", "postgresql+psycopg")
KEY_HINT = (
    'make one with: python3 -c "import base64,os; print(base64.b64encode(os.urandom(32)).decode())"'
)

SECRET_PREFIX = "whsec_"
SECRET_HINT = (
    "python3 -c \"import base64,os; print('whsec_'+base64.b64encode(os.urandom(32)).decode())\""
)


def ladder(value: Any) -> tuple[timedelta, ...]:
    """The steps of a ladder like ``4h,1d,3d,7d``."""
    rungs = tuple(read_span(part) for part in str(value).split(","))
    if list(rungs) != sorted(set(rungs)):
        raise ValueError("each step must be longer than the one before, like 4h,1d,3d,7d")
    return rungs


def span(value: Any) -> timedelta:
    """A length of time like ``2h``."""
    return read_span(str(value).strip())


def account(value: Any) -> str:
    """An account's ID, in its proper form; empty for none."""
    if not str(value).strip():
        return ""
    try:
        return ids.read_account_ref(str(value))
    except ids.NotAnId:
        raise ValueError(f"'{value}' is not the ID of an account like MB-7Q3F-9K2D") from None


def people(value: Any) -> tuple[Person, ...]:
    """People like ``T0123:U0456``, with commas between."""
    people = []
    for part in filter(None, (part.strip() for part in str(value).split(","))):
        if not re.fullmatch(r"[TE][A-Z0-9]+:[UW][A-Z0-9]+", part):
            raise ValueError(f"'{part}' is not a team and a user like T0123:U0456")
        people.append(Person(*part.split(":")))
    return tuple(people)


def key_bytes(key: SecretStr) -> bytes:
    """An encryption key as it is used."""
    return base64.b64decode(key.get_secret_value())


def keys(value: Any) -> tuple[SecretStr, ...]:
    """Encryption keys, with commas between."""
    parts = [part.strip() for part in str(value).split(",") if part.strip()]
    for part in parts:
        try:
            right = len(base64.b64decode(part, validate=True)) == 32
        except (binascii.Error, ValueError):
            right = False
        if not right:
            raise ValueError(f"each key is 32 bytes in base64; {KEY_HINT}")
    if not parts:
        raise ValueError(f"at least one key is needed; {KEY_HINT}")
    return tuple(SecretStr(part) for part in parts)


def hours(value: Any) -> tuple[time, time]:
    """Working hours like ``09:00-17:00``."""
    try:
        return read_hours(str(value))
    except BadHours:
        raise ValueError("give it as 09:00-17:00") from None


def days_of_week(value: Any) -> str:
    """Days of the week like ``12345``."""
    if not re.fullmatch(r"[1-7]+", str(value)):
        raise ValueError("give it as 12345, where Monday is 1")
    return str(value)


def zone(value: Any) -> ZoneInfo:
    """A time zone by its name."""
    try:
        return read_zone(str(value))
    except BadZone:
        raise ValueError(f"'{value}' is not a time zone like Europe/Berlin") from None


def days(value: Any) -> tuple[date, ...]:
    """Days like ``2027-05-31``, with commas between."""
    try:
        return tuple(date.fromisoformat(part.strip()) for part in str(value).split(","))
    except ValueError:
        raise ValueError(
            "give it as 2027-05-31, and one for each secret, with commas between"
        ) from None


def file(value: Any) -> Path | None:
    """A file that is there; None for nothing."""
    if not value:
        return None
    if not Path(str(value)).is_file():
        raise ValueError(f"there is no file '{value}'")
    return Path(str(value))


def files(value: Any) -> tuple[Path, ...]:
    """Files that are there, with commas between."""
    found = [file(part.strip()) for part in str(value).split(",")]
    return tuple(path for path in found if path is not None)


def https(value: Any) -> str:
    """An address, https unless it is of this machine, as Microsoft and Slack compare it: without
    capitals, and with the host of another script as punycode."""
    text = str(value).rstrip("/")
    parts = urlsplit(text)
    more = parts.query or parts.fragment or "@" in parts.netloc
    try:
        port = f":{parts.port}" if parts.port else ""
        host = _of_dns(parts.hostname or "")
    except ValueError:
        host = ""
    if parts.scheme not in ("https", "http") or more or not host:
        raise ValueError("give it as https://host/path")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("only https, except on this machine's own addresses")
    written = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{written}{port}{parts.path}"


def routing_key(value: Any) -> SecretStr:
    """An integration key of PagerDuty."""
    if not re.fullmatch(r"[A-Za-z0-9]{32}", str(value)):
        raise ValueError("an integration key has 32 letters and digits")
    return SecretStr(str(value))


def webhook(value: Any) -> SecretStr:
    """An address that is posted to; what follows its path may be a token, so it is a secret."""
    text = str(value).strip()
    address, mark, query = text.partition("?")
    if "#" in query:
        raise ValueError("give it as https://host/path")
    return SecretStr(f"{https(address)}{mark}{query}")


def probe(value: Any) -> SecretStr:
    """An address that ends with the parameter for another one."""
    if "?" not in str(value) or not str(value).endswith("="):
        raise ValueError("let it end with the parameter for the address, as …?target=")
    return webhook(value)


def webhook_secret(value: Any) -> SecretStr:
    """A secret as Standard Webhooks writes it."""
    text = str(value)
    try:
        key = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(SECRET_PREFIX) or not 24 <= len(key) <= 64:
        raise ValueError(f"it is whsec_ and 24 to 64 bytes in base64; make one with: {SECRET_HINT}")
    return SecretStr(text)


def host(value: Any) -> str:
    """The name or IP address of a host."""
    text = str(value).removeprefix("[").removesuffix("]")
    try:
        name = _of_dns(text)
    except ValueError:
        name = ""
    if not name or set("/@?#[] ") & set(name) or (":" in name and not _is_ip(name)):
        raise ValueError("give it as mail.example.com, without https:// and without a port")
    return name


def _of_dns(name: str) -> str:
    """A host's name as it is looked up; nothing where it cannot be."""
    plain = name.rstrip(".").lower()
    return plain if plain.isascii() else idna.encode(plain, uts46=True).decode("ascii")


def _is_ip(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


def networks(value: Any) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses and networks of either kind, with commas between."""
    try:
        return tuple(ip_network(each.strip()) for each in str(value).split(",") if each.strip())
    except ValueError:
        raise ValueError("addresses or networks like 10.0.0.0/8, with commas between") from None


def proxy(value: Any) -> SecretStr:
    """The address of an HTTP proxy."""
    text = str(value)
    try:
        parts = urlsplit(text)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # the port is no number
        right = False
    if not right:
        raise ValueError("give it as http://host:port")
    return SecretStr(text)


def address(value: Any) -> str:
    """An IP address of this machine."""
    try:
        return str(ip_address(str(value)))
    except ValueError:
        raise ValueError("give it as 127.0.0.1, 0.0.0.0 or ::") from None


def authority(value: Any) -> str:
    """A sign-in's authority: https, with a path."""
    parts = urlsplit(str(value))
    if parts.scheme != "https" or not parts.hostname or not parts.path.strip("/"):
        raise ValueError(
            "give it as https://login.microsoftonline.com/organizations "
            "(MSAL takes nothing but https)"
        )
    return str(value).rstrip("/")


def database(value: Any) -> str:
    """The address of a database that we can use."""
    text = re.sub("^postgres://", "postgresql://", str(value))  # as many platforms hand it over
    parts = urlsplit(text)
    try:
        right = parts.scheme in DATABASES and bool(parts.path.strip("/")) and parts.port != 0
    except ValueError:  # the port is no number
        right = False
    modes = parse_qs(parts.query).get("sslmode", [])
    if not set(modes) <= SSL_MODES:
        raise ValueError(f"sslmode is one of {', '.join(sorted(SSL_MODES))}")
    if not right:
        raise ValueError("give it as sqlite:///maildesk.db or postgresql://user:password@host/name")
    return text


def bot_token(value: Any) -> str:
    """A bot token of Slack."""
    if not str(value).startswith("xoxb-"):
        raise ValueError("a bot token begins with xoxb-")
    return str(value)


def app_token(value: Any) -> str:
    """An app-level token of Slack."""
    if not str(value).startswith("xapp-"):
        raise ValueError("it begins with xapp-")
    return str(value)
