"""Slack, PagerDuty and the webhook's receiver end in the same state, whatever people, pagers,
mailboxes, time and dying workers do."""

import contextlib
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlmodel import select

from bot.app.pagers import words
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.incidents.maintenance import Plan
from storage.tables import Account, Incident, PostedMessage
from storage.vocabulary import AT_WORK, IncidentStatus, MaintenanceOf, Severity, State
from tests.support.examples import examples, size
from tests.support.fast import ALERTS, CAROL, FastBot
from tests.support.pagers import PAGERDUTY, WEBHOOK

SECRET = {"error": "invalid_client", "error_description": "AADSTS7000222: expired"}
REVOKED = {"error": "invalid_grant", "error_description": "AADSTS50173: the password was changed"}
OMAR = Person("T0LUMEN", "U0OMAR", ALERTS)
LOUD = (Severity.CRITICAL, Severity.HIGH)
AFTER_LEASES = timedelta(minutes=2)
KILLS = ("chat.postMessage", "chat.update", "pager")
PRESSES: dict[str, Callable[[Any, int], Any]] = {
    "acknowledge": lambda presses, number: presses.acknowledge(number, OMAR),
    "acknowledge for a day": lambda presses, number: presses.acknowledge(
        number, OMAR, timedelta(days=1)
    ),
    "un-acknowledge": lambda presses, number: presses.unacknowledge(number, OMAR),
    "silence": lambda presses, number: presses.silence(number, timedelta(hours=1), "x", OMAR),
    "until mended": lambda presses, number: presses.silence(number, None, "x", OMAR),
    "hear again": lambda presses, number: presses.unsilence(number, OMAR),
    "re-test": lambda presses, number: presses.retest(number, OMAR, resolving=False),
    "resolve": lambda presses, number: presses.retest(number, OMAR, resolving=True),
    "escalate": lambda presses, number: presses.escalate(number, OMAR),
    "re-open": lambda presses, number: presses.reopen(number, OMAR),
    "tell": lambda presses, number: presses.tell_customers(number, OMAR),
}
AT_PAGER = {
    "acknowledged": "acknowledged",
    "unacknowledged": "triggered",
    "resolved": "nothing",
    "escalated": "",
    "reopened": "triggered",
}


class Killed(BaseException):
    """The worker is no more."""


class OnCall(RuleBasedStateMachine):
    """Two customers with two mailboxes each, somebody on call, and PagerDuty."""

    def __init__(self) -> None:
        super().__init__()
        self.bot = FastBot(oncall_usergroup="S0ONCALL")
        self.accounts: list[Account] = []
        self.done_there: list[tuple[int, str, str]] = []
        """What people did at PagerDuty: after how many of our events, with which key, and how it
        stands there since."""

    @initialize()
    def begin(self) -> None:
        """Four mailboxes are live."""
        beta = self.bot.customer("Beta Boats", "C0BETA")
        for channel in (self.bot.acme, beta):
            for number in range(2):
                name = f"Box {number}"
                self.accounts.append(self.bot.account(State.LIVE, channel=channel, name=name))
        self.bot.slack.scopes = {"channels:history"}

    # -- what happens

    @rule(answer=st.sampled_from([None, None, SECRET, REVOKED]), which=st.integers(0, 3))
    def a_mailbox_is_looked_at(self, answer: dict[str, str] | None, which: int) -> None:
        """Microsoft answers so from now on, and one mailbox is tested."""
        self.bot.microsoft.refusal = answer
        self._look(self.accounts[which])

    @rule(answer=st.sampled_from([None, SECRET]))
    def all_are_looked_at(self, answer: dict[str, str] | None) -> None:
        """Our secret has expired, or is renewed."""
        self.bot.microsoft.refusal = answer
        for account in self.accounts:
            self._look(account)

    @rule(press=st.sampled_from(sorted(PRESSES)), back=st.integers(0, 3))
    def somebody_presses(self, press: str, back: int) -> None:
        """A button of an alert, perhaps of an old one."""
        found = self._incidents()
        if found:
            self._step()
            with contextlib.suppress(Refused):
                PRESSES[press](self.bot.incidents, found[back % len(found)].id)

    @rule(what=st.sampled_from(sorted(AT_PAGER)), back=st.integers(0, 3))
    def somebody_acts_at_pagerduty(self, what: str, back: int) -> None:
        """They act on something that stands there as they see it."""
        keys = sorted({event["dedup_key"] for event in self._heard()})
        if not keys:
            return
        key = keys[back % len(keys)]
        before = self._there().get(key, "nothing")
        if (before == "nothing") != (what == "reopened") or before == AT_PAGER[what]:
            return
        # What is silent with us and taken up there by hand stands differently until it is heard of
        if what == "unacknowledged" and (before != "acknowledged" or self._is_silent(key)):
            return
        self._step()
        stands = AT_PAGER[what] or before
        self.done_there.append((len(self._heard()), key, stands))
        event = {
            "id": str(uuid.uuid4()),
            "event_type": f"incident.{what}",
            "occurred_at": self.bot.now.isoformat(),
            "agent": {"type": "user_reference", "summary": "Omar Haddad"},
            "data": {
                "type": "incident",
                "incident_key": key,
                "status": "resolved" if stands == "nothing" else stands,
            },
        }
        words(self.bot.store, self.bot.clock, self.bot.services.incidents).heed({"event": event})

    @rule(minutes=st.sampled_from([1, 16, 61, 130, 500, 1500]))
    def time_passes(self, minutes: int) -> None:
        """The bot is at work meanwhile."""
        self.bot.live(timedelta(minutes=minutes))

    @rule(hours=st.sampled_from([1, 3]))
    def maintenance_begins(self, hours: int) -> None:
        """Somebody works on the application."""
        end = self.bot.now + timedelta(hours=hours)
        self.bot.maintenance.plan(
            Plan(MaintenanceOf.APPLICATION, "", self.bot.now, end, "work"), OMAR
        )

    @rule()
    def the_process_starts_anew(self) -> None:
        """With nothing in its memory."""
        self.bot = FastBot(self.bot)

    @rule(at=st.sampled_from(KILLS), did=st.booleans())
    def the_worker_is_killed(self, at: str, did: bool) -> None:
        """At its next call, before the other side hears it or after."""
        with _dying(self.bot, at, did), contextlib.suppress(Killed):
            self.bot.run_due()
        self.bot = FastBot(self.bot)
        self.bot.clock.at += AFTER_LEASES

    # -- what is so at the end of each

    @invariant()
    def all_agree_once_everything_is_told(self) -> None:
        """In a copy of the world, in which nothing more happens."""
        if not self.accounts:
            return
        self.bot.run_due()
        self.bot.clock.at += AFTER_LEASES
        self.bot.run_due()
        self.bot.run_due()
        open_now = [each for each in self._incidents() if each.open_fingerprint is not None]
        self._pagerduty_agrees(open_now)
        self._the_receiver_agrees()
        self._slack_agrees()
        for each in open_now:
            heard_of = each.told_at is not None or each.status is IncidentStatus.SILENCED
            assert each.due_at is not None or not heard_of, f"{each.fingerprint} is forgotten"

    def _pagerduty_agrees(self, open_now: list[Incident]) -> None:
        there = self._there()
        expected = {
            each.fingerprint: "triggered" if each.status is IncidentStatus.OPEN else "acknowledged"
            for each in open_now
            if each.told_at is not None
            and each.severity in LOUD
            and each.inhibited_by is None
            and each.status in AT_WORK
        }
        silent = {e.fingerprint for e in open_now if e.status is IncidentStatus.SILENCED}
        calls = {key: at for key, at in there.items() if at != "nothing"}
        for key in silent & set(expected):
            assert there.get(key) != "triggered", "nobody is called for it"
            calls.setdefault(key, "acknowledged")
        assert calls == expected

    def _the_receiver_agrees(self) -> None:
        told: dict[int, Incident] = {
            each.id: each for each in self._incidents() if each.told_at is not None
        }
        last = {
            post["incident"]["id"]: post["incident"]["status"]
            for post in self.bot.pagers.took.get(WEBHOOK, [])
        }
        for number, incident in told.items():
            over = incident.inhibited_by is not None
            assert last[number] == ("closed" if over else incident.status), incident.fingerprint

    def _slack_agrees(self) -> None:
        """What stands in the alert channel is what we know of: nothing twice, nothing lost."""
        with self.bot.store.transaction() as tx:
            rows = tx.session.exec(select(PostedMessage)).all()
            waiting = tx.outbox.waiting()
        known = {row.ts for row in rows if row.channel_id == ALERTS}
        assert waiting == 0
        assert {each.ts for each in self.bot.posted(ALERTS)} == known
        keys = [row.key for row in rows if row.key.startswith("alert:") and row.key.count(":") == 1]
        told = {f"alert:{each.id}" for each in self._incidents() if each.told_at is not None}
        assert set(keys) == told

    # -- helpers

    def _look(self, account: Account) -> None:
        self._step()
        self.bot.expire_token(account)
        self.bot.checks.start(account.id, CAROL)
        self.bot.run_due()

    def _step(self) -> None:
        self.bot.clock.at += timedelta(seconds=5)

    def _incidents(self) -> list[Incident]:
        """Every incident, newest first."""
        with self.bot.store.transaction() as tx:
            return tx.incidents.since(datetime.min.replace(tzinfo=self.bot.now.tzinfo), 100)

    def _is_silent(self, key: str) -> bool:
        silent = IncidentStatus.SILENCED
        return any(e.fingerprint == key and e.status is silent for e in self._incidents())

    def _heard(self) -> list[dict[str, Any]]:
        return list(self.bot.pagers.took.get(PAGERDUTY, []))

    def _there(self) -> dict[str, str]:
        """How every incident stands at PagerDuty, by what we told it and what people did there."""
        stands: dict[str, str] = {}
        done = list(self.done_there)
        for number, event in enumerate([*self._heard(), None]):
            while done and done[0][0] == number:
                _, key, at = done.pop(0)
                stands[key] = at
            if event is not None:
                key = event["dedup_key"]
                before = stands.get(key, "nothing")
                match event["event_action"]:
                    case "trigger":
                        stands[key] = "triggered" if before == "nothing" else before
                    case "acknowledge":
                        stands[key] = "acknowledged" if before != "nothing" else before
                    case "resolve":
                        stands[key] = "nothing"
        return stands


class _dying:
    """Within it the worker dies at its next call of one kind."""

    def __init__(self, bot: FastBot, at: str, did: bool) -> None:
        self._bot = bot
        self._at = at
        self._did = did

    def __enter__(self) -> None:
        slack = self._bot.slack
        pagers = self._bot.pagers
        self._call = slack.api_call
        self._post = pagers.post

        def call(method: str, **content: Any) -> Any:
            if method != self._at:
                return self._call(method, **content)
            if self._did:
                self._call(method, **content)
            raise Killed

        def post(letter: Any, now: datetime) -> None:
            if self._at != "pager":
                return self._post(letter, now)
            if self._did:
                self._post(letter, now)
            raise Killed

        slack.api_call = call  # type: ignore[assignment]
        pagers.post = post  # type: ignore[method-assign]

    def __exit__(self, *error: object) -> None:
        del self._bot.slack.api_call
        del self._bot.pagers.post


OnCall.TestCase.settings = settings(
    examples(size(7, 3)),
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
TestOnCall = OnCall.TestCase
