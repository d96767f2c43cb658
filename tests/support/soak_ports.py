"""The world outside as the simulation meets it: it may fail at every call, the process may die at
every call, and it remembers what must not have happened."""

from collections import Counter, defaultdict, deque
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import count
from typing import Any

import msal
from slack_sdk.web.slack_response import SlackResponse

from bot.incidents.posting import Letter
from bot.mail.probe import MailReport
from bot.mail.roundtrip import RoundTripMessage
from bot.mail.steps import OnStep, StepResult
from bot.mail.target import Target
from tests.support.fast_ports import (
    FakeMicrosoft,
    FakePagers,
    FakeProbe,
    FakeSlack,
    Payload,
)
from tests.support.soak_fate import Fate

MOST_WINDOWS = 3
"""So many lie on each other (docs.slack.dev/reference/methods/views.push)."""


class Mood(StrEnum):
    """How Slack takes a call."""

    WELL = "well"
    LIMITED = "429"
    BROKEN = "5xx"
    AWAY = "no answer, and nothing done"
    LOST = "done, and the answer lost"


class SoakSlack(FakeSlack):
    """Slack with its windows, in a mood for each of the next calls. `archived`: the channels in
    which nobody can post. `times_posted`: how often each item of the outbox was."""

    def __init__(self, fate: Fate) -> None:
        super().__init__()
        self._fate = fate
        self.scopes = {"channels:history"}
        self.moods: deque[Mood] = deque()
        self.archived: set[str] = set()
        self.times_posted: Counter[int] = Counter()
        self.windows: dict[str, list[Payload]] = defaultdict(list)
        self.homes: dict[str, Payload] = {}
        self.triggers: dict[str, str] = {}
        """Whose window may be opened by them, once each."""
        self._views = count(1)

    def api_call(self, api_method: str, **call: Any) -> SlackResponse:
        """Answer a call, as the mood is."""
        self._fate.step()
        mood = self.moods.popleft() if self.moods else Mood.WELL
        if mood is Mood.LIMITED:
            self.fails_next(api_method, "ratelimited", 429, retry_after=30)
        elif mood is Mood.BROKEN:
            self.fails_next(api_method, "service_unavailable", 503)
        elif mood is Mood.LOST:
            self.breaks_next(api_method)
        elif mood is Mood.AWAY:
            raise TimeoutError("no connection")
        answer = super().api_call(api_method, **call)
        self._fate.step()
        return answer

    def _do(self, method: str, content: Payload) -> Payload:
        match method:
            case "views.open" | "views.push":
                return {"view": self._opened(method, content)}
            case "views.update":
                return {"view": self._updated(content)}
            case "views.publish":
                self.check("home", content["view"])
                self.homes[content["user_id"]] = self._numbered("VHOME", content["view"])
                return {}
            case _ if method.startswith("chat.") and content["channel"] in self.archived:
                self._refuse(method, "is_archived")
            case "chat.update":
                super()._do(method, content)
                message = self._at(method, content)
                message.blocks = self._numbered(message.ts, content)["blocks"]
                return {"ts": message.ts}
            case "conversations.info":
                is_archived = content["channel"] in self.archived
                facts = super()._do(method, content)["channel"]
                return {"channel": facts | {"is_archived": is_archived}}
        return super()._do(method, content)

    def _post(self, content: Payload) -> str:
        ts = super()._post(content)
        self.times_posted[content["metadata"]["event_payload"]["item"]] += 1
        self.posted[-1].blocks = self._numbered(ts, content)["blocks"]
        return ts

    def _opened(self, method: str, content: Payload) -> Payload:
        user = self.triggers.pop(content["trigger_id"], "")
        if not user:
            self._refuse(method, "exchanged_trigger_id")
        stack = self.windows[user]
        if method == "views.open":
            stack.clear()
        if len(stack) >= MOST_WINDOWS:
            self._refuse(method, "push_limit_reached")
        self.check("modal", content["view"])
        view = self._numbered(f"V{next(self._views)}", content["view"])
        stack.append(view)
        return view

    def _updated(self, content: Payload) -> Payload:
        for stack in self.windows.values():
            for place, view in enumerate(stack):
                if view["id"] == content["view_id"]:
                    self.check("modal", content["view"])
                    stack[place] = self._numbered(view["id"], content["view"])
                    return stack[place]
        raise self._refusal("views.update", "not_found")

    def who_we_are(self) -> SlackResponse:
        """What it answers to *auth.test*, without being asked."""
        return self._answer("auth.test", {"ok": True, **self._do("auth.test", {})})

    def replaced(self, user: str, view_id: str, view: Payload) -> None:
        """The bot answers a form with the window that comes next."""
        self.check("modal", view)
        stack = self.windows[user]
        stack[:] = [self._numbered(view_id, view) if v["id"] == view_id else v for v in stack]

    def _numbered(self, id: str, view: Payload) -> Payload:
        """As Slack keeps it: with an ID for each block that has none."""
        kept = deepcopy(view) | {"id": id}
        for number, block in enumerate(kept["blocks"]):
            block.setdefault("block_id", f"b{number}")
        return kept

    def _refuse(self, method: str, error: str) -> Any:
        raise self._refusal(method, error)


class SoakMicrosoft(FakeMicrosoft):
    """Microsoft, who remembers which secrets it gave to whom."""

    def __init__(self, fate: Fate) -> None:
        super().__init__()
        self._fate = fate
        self.given: dict[str, str] = {}
        """Whose each token is."""

    def issue(self, cache: msal.TokenCache, upn: str) -> Payload:
        """New tokens."""
        self._fate.step()
        answer = super().issue(cache, upn)
        self.given |= {answer[kind]: upn for kind in ("access_token", "refresh_token")}
        self._fate.step()
        return answer


class SoakProbe(FakeProbe):
    """Mail servers, which open a mailbox only to whom its token was given. `strangers`: who came
    with somebody else's."""

    def __init__(self, fate: Fate, microsoft: SoakMicrosoft) -> None:
        super().__init__()
        self._fate = fate
        self._microsoft = microsoft
        self.strangers: list[str] = []

    def run(
        self, target: Target, on_step: OnStep, message: RoundTripMessage | None = None
    ) -> MailReport:
        self._let_in(target)
        return super().run(target, self._mortal(on_step), message)

    def look(self, target: Target, on_step: OnStep) -> MailReport:
        self._let_in(target)
        return super().look(target, self._mortal(on_step))

    def folders(self, target: Target) -> Any:
        self._let_in(target)
        return super().folders(target)

    def _let_in(self, target: Target) -> None:
        self._fate.step()
        owner = self._microsoft.given.get(target.access_token)
        if owner != target.smtp_username:
            self.strangers.append(f"{target.mailbox}: with a token of {owner}")

    def _mortal(self, on_step: OnStep) -> OnStep:
        def step(result: StepResult) -> None:
            self._fate.step()
            on_step(result)

        return step


@dataclass
class SoakPagers(FakePagers):
    """Pagers that the process may die in front of."""

    fate: Fate = field(default_factory=Fate)

    def post(self, letter: Letter, now: datetime) -> None:
        self.fate.step()
        super().post(letter, now)
        self.fate.step()
