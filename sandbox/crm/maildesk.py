"""The calls of Maildesk's API that a product needs: accounts, what happened, and tokens."""

import time
from collections.abc import Iterator
from typing import Any, TypedDict

import requests

Access = dict[str, Any]  # what opens a mailbox: host, port, user, access_token

TIMEOUT_SECONDS = 30
SPARE_SECONDS = 60  # with less time left a token is not used any more


class Refused(Exception):
    """It is not done. The text says why; `error_id` is what support looks up, if there is one."""

    def __init__(self, says: str, error_id: str = "") -> None:
        super().__init__(says)
        self.error_id = error_id


class Account(TypedDict):
    """The facts of an account that are used here, of those that the API tells."""

    ref: str
    sender_name: str
    sender_email: str
    usable: bool
    folders: list[dict[str, str]]
    changed_at: str


class Maildesk:
    """The API at `url` (as far as ``/api/v1``) with one key. Every call may raise Refused."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}"}
        self._kept: dict[tuple[str, str], tuple[Access, str, float]] = {}

    def accounts(self) -> Iterator[Account]:
        """Every account that the key may see."""
        return self._all("accounts", "cursor", "")

    def events(self, after: str) -> Iterator[dict[str, Any]]:
        """What happened after the event with this ID, in order; with none, all that is kept."""
        return self._all("events", "after", after)

    def access(self, account: Account, purpose: str) -> Access:
        """What opens it for ``imap`` or ``smtp``; the same again while that is good."""
        key = (account["ref"], purpose)
        access, changed, until = self._kept.get(key, ({}, "", 0.0))
        if changed != account["changed_at"] or until < time.monotonic():
            access = self._call("POST", f"/accounts/{account['ref']}/token", json={"for": purpose})
            until = time.monotonic() + access["expires_in"] - SPARE_SECONDS
            self._kept[key] = (access, account["changed_at"], until)
        return access

    def _all(self, what: str, place: str, at: str | None) -> Iterator[Any]:
        """Page by page. `place` is the parameter that says where the next one begins."""
        while at is not None:
            page = self._call("GET", f"/{what}", params={place: at} if at else {})
            yield from page[what]
            at = page["next"] if page[what] else None

    def _call(self, method: str, path: str, **asked: Any) -> Any:
        asked |= {"headers": self._headers, "timeout": TIMEOUT_SECONDS, "allow_redirects": False}
        try:
            answer = requests.request(method, self._url + path, **asked)
            said = answer.json()
        except (requests.RequestException, ValueError):
            raise Refused("Maildesk cannot be reached at the moment.") from None
        if answer.status_code != requests.codes.ok:
            raise Refused(said.get("sentence", said.get("detail", "")), said.get("error_id", ""))
        return said
