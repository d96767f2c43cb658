"""The list of accounts: webhooks change it at once, and events that did not come are fetched."""

import json
import secrets
import sqlite3
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.crm.maildesk import Account, Maildesk, Refused

LOOK_AGAIN_SECONDS = 10  # a webhook may have got lost, or Maildesk did not answer
TABLES = """
CREATE TABLE IF NOT EXISTS event (id TEXT PRIMARY KEY, type TEXT, at TEXT);
CREATE TABLE IF NOT EXISTS account (ref TEXT PRIMARY KEY, changed REAL, said TEXT);
CREATE TABLE IF NOT EXISTS place (one INTEGER PRIMARY KEY, after TEXT);"""
KEEP = """INSERT INTO account VALUES (?, ?, ?) ON CONFLICT (ref) DO UPDATE
SET changed = excluded.changed, said = excluded.said WHERE excluded.changed >= changed"""


class Desk:
    """The accounts, in a file of the product's own. `trouble` says why they may be old."""

    def __init__(self, file: Path, maildesk: Maildesk) -> None:
        self.maildesk = maildesk
        self.trouble = ""
        self._begun = secrets.token_hex(8)
        self._db = sqlite3.connect(file, check_same_thread=False)
        self._db.executescript(TABLES)
        self._lock = threading.Lock()
        self._end = threading.Event()

    def start(self) -> None:
        """Fetch what happened meanwhile and, now and then, what got lost; in the background."""
        threading.Thread(target=self._keep_true, daemon=True).start()

    def stop(self) -> None:
        """End what goes on in the background."""
        self._end.set()

    @property
    def version(self) -> str:
        """Another one after each change."""
        return f"{self._begun} {self._db.total_changes} {self.trouble}"

    def accounts(self) -> list[Account]:
        """All accounts, by name."""
        rows = self._ask("SELECT said FROM account ORDER BY json_extract(said, '$.name')")
        return [json.loads(said) for (said,) in rows]

    def events(self) -> list[tuple[str, str]]:
        """What happened lately, newest first: kind and time."""
        return self._ask("SELECT type, at FROM event ORDER BY at DESC, rowid DESC LIMIT 12")

    def take(self, event: dict[str, Any]) -> bool:
        """Do what an event asks for; whether it is the first time that it comes."""
        row = (event["id"], event["type"], event["timestamp"])
        with self._lock, self._db:
            new = self._db.execute("INSERT OR IGNORE INTO event VALUES (?, ?, ?)", row).rowcount
            if new and "account" in event["data"]:
                self._db.execute(KEEP, _row(event["data"]["account"]))
        return bool(new)

    def catch_up(self, whole: bool = True) -> None:
        """Take every event since the last that was asked for and, for the `whole`, the list of
        accounts. Raises Refused."""
        [[after]] = self._ask("SELECT after FROM place") or [("",)]
        for event in self.maildesk.events(after):
            self.take(event)
            self._ask("REPLACE INTO place VALUES (1, ?)", event["id"])
        for account in self.maildesk.accounts() if whole else ():
            self._ask(KEEP, *_row(account))
        self.trouble = ""

    def _keep_true(self) -> None:
        whole = True
        while not self._end.is_set():
            try:
                self.catch_up(whole)
                whole = False
            except Exception as error:  # whatever it is, the next look may go well
                self.trouble = str(error) if isinstance(error, Refused) else "Something went wrong."
            self._end.wait(LOOK_AGAIN_SECONDS)

    def _ask(self, words: str, *given: Any) -> list[Any]:
        with self._lock, self._db:
            return self._db.execute(words, given).fetchall()


def _row(account: Account) -> tuple[str, float, str]:
    changed = datetime.fromisoformat(account["changed_at"]).timestamp()
    return (account["ref"], changed, json.dumps(account))
