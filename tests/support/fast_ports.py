"""What the fast bot meets outside: Slack, Microsoft and mail servers that answer from memory, at
once."""

import json
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import msal
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web.slack_response import SlackResponse

from bot.diagnosis.observation import Observation
from bot.incidents.posting import Letter
from bot.mail import imap, smtp
from bot.mail.imap_list import MailFolder
from bot.mail.probe import MailReport
from bot.mail.roundtrip import Arrival, RoundTripMessage
from bot.mail.steps import OnStep, ProbeFailed, StepResult
from bot.mail.target import FolderMark, Target, Watched
from bot.microsoft.client import MicrosoftUnreachable
from sandbox.slack.limits import problems
from storage.vocabulary import StepId, StepStatus

Payload = dict[str, Any]


BOT = "U0BOT"
"""The bot as a member of Slack."""

ENTERPRISE = "E0LUMEN"
"""The vendor's organisation, where it has an Enterprise Grid."""


class FastClock:
    """A time that the test moves."""

    def __init__(self, at: datetime = datetime(2026, 11, 24, 8, tzinfo=UTC)) -> None:
        """`at`: a Tuesday morning, where nothing else is said."""
        self.at = at

    def now(self) -> datetime:
        return self.at


@dataclass
class FakePagers:
    """Whatever pagers there are: what they took, in order, by the host of their address, and how
    they fail next, once each."""

    took: dict[str, list[Payload]] = field(default_factory=dict)
    letters: list[Letter] = field(default_factory=list)
    faults: dict[str, list[Exception]] = field(default_factory=dict)

    def post(self, letter: Letter, now: datetime) -> None:
        """As `HttpPoster.post`. A fault that says that the pager heard it leaves it there."""
        self.letters.append(letter)
        host = str(urlsplit(letter.url).hostname)
        fault = self.faults[host].pop(0) if self.faults.get(host) else None
        if fault is None or getattr(fault, "heard", False):
            self.took.setdefault(host, []).append(json.loads(letter.body))
        if fault is not None:
            raise fault


@dataclass
class Posted:
    """A message as it stands in Slack."""

    channel: str
    ts: str
    text: str
    blocks: list[Payload]
    thread: str = ""
    metadata: Payload = field(default_factory=dict)

    @property
    def words(self) -> str:
        """Everything that people read in it, a line each."""
        return "\n".join([self.text, *_texts(self.blocks)])


class FakeSlack(WebClient):
    """Slack's Web API: who is where, and what stands in the channels. `scopes` are what the app may
    do besides posting. `teams` says of which workspace people are, where that matters, `grid` which
    workspaces are of the vendor's Enterprise Grid, `enterprise_of` whose workspace is of another
    one, and `shared_with` with which other workspaces a channel is shared. The bot is in channels
    of whose `members` nothing was said. `refusable`: what was shown that Slack would not take."""

    def __init__(self) -> None:
        super().__init__("xoxb-fast")
        self.members: dict[str, set[str]] = {}
        self.guests: set[str] = set()
        self.zones: dict[str, str] = {}
        self.teams: dict[str, str] = {}
        self.grid: tuple[str, ...] = ()
        self.enterprise_of: dict[str, str] = {}
        self.support: set[str] = set()
        self.shared_with: dict[str, list[str]] = {}
        self.posted: list[Posted] = []
        self.calls: list[tuple[str, Payload]] = []
        self.scopes: set[str] = set()
        self.refusable: list[str] = []
        self._faults: dict[str, list[Callable[[], Exception]]] = {}
        self._numbers = count(1)

    def fails_next(self, method: str, error: str, status: int = 200, retry_after: int = 0) -> None:
        """The next call of `method` is refused with this error."""
        headers = {"Retry-After": str(retry_after)} if retry_after else {}
        answer = self._answer(method, {"ok": False, "error": error}, status, headers)
        self._faults.setdefault(method, []).append(lambda: SlackApiError(error, answer))

    def breaks_next(self, method: str) -> None:
        """The next call of `method` is carried out, and its answer is lost."""
        self._faults.setdefault(method, []).append(lambda: TimeoutError("no answer"))

    def check(self, surface: str, content: Payload) -> None:
        """Note in `refusable` what Slack would not take."""
        self.refusable += problems(surface, content)

    def in_channel(self, channel: str) -> list[Posted]:
        """What stands in a channel and its threads, in order."""
        return [message for message in self.posted if message.channel == channel]

    def api_call(self, api_method: str, **call: Any) -> SlackResponse:
        """Answer a call."""
        content = {**(call.get("params") or {}), **(call.get("json") or {})}
        self.calls.append((api_method, content))
        faults = self._faults.get(api_method, [])
        fault = faults.pop(0)() if faults else None
        if isinstance(fault, SlackApiError):
            raise fault
        answer = self._do(api_method, content)
        if fault is not None:
            raise fault
        return self._answer(api_method, {"ok": True, **answer})

    def _do(self, method: str, content: Payload) -> Payload:
        match method:
            case "auth.test":
                grid = {"enterprise_id": ENTERPRISE} if self.grid else {}
                url = {"url": "https://lumen.slack.example/"}
                return {"team_id": "T0LUMEN", "user_id": BOT, **url, **grid}
            case "conversations.members":
                return {"members": sorted(self.members.get(content["channel"], ()))}
            case "users.info":
                return {"user": self._user(content["user"])}
            case "usergroups.users.list":
                return {"users": sorted(self.support)}
            case "conversations.info":
                teams = self.shared_with.get(content["channel"], [])
                facts = {"is_ext_shared": bool(teams), "connected_team_ids": teams}
                there = self.members.get(content["channel"], {BOT})
                return {"channel": facts | {"is_member": BOT in there}}
            case "chat.postMessage":
                return {"ts": self._post(content)}
            case "chat.update":
                self.check("message", content)
                message = self._at(method, content)
                message.text = content["text"]
                message.blocks = content["blocks"]
                return {"ts": message.ts}
            case "chat.delete":
                self.posted.remove(self._at(method, content))
                return {}
            case "views.open" | "views.push" | "views.update":
                self.check("modal", content["view"])
            case "views.publish":
                self.check("home", content["view"])
            case "conversations.history" | "conversations.replies":
                return {"messages": self._read(method, content)}
        return {}

    def _user(self, user: str) -> Payload:
        team = self.teams.get(user, "")
        facts: Payload = {"name": user, "team_id": team, "is_restricted": user in self.guests}
        facts |= {"tz": self.zones[user]} if user in self.zones else {}
        enterprise = ENTERPRISE if team in self.grid else self.enterprise_of.get(user, "")
        if enterprise:
            facts["enterprise_user"] = {"enterprise_id": enterprise, "teams": [team]}
        return facts

    def _post(self, content: Payload) -> str:
        thread = content.get("thread_ts")
        if thread and thread not in [each.ts for each in self.in_channel(content["channel"])]:
            self._refuse("chat.postMessage", "message_not_found")
        self.check("message", content)
        ts = f"{next(self._numbers)}.000000"
        message = Posted(content["channel"], ts, content["text"], content["blocks"])
        message.thread = content.get("thread_ts", "")
        message.metadata = content.get("metadata", {})
        self.posted.append(message)
        return ts

    def _read(self, method: str, content: Payload) -> list[Payload]:
        """A channel without its threads, the newest first; or one thread, which begins with its
        head."""
        if "channels:history" not in self.scopes:
            self._refuse(method, "missing_scope")
        thread = content.get("ts", "") if method == "conversations.replies" else ""
        found = [m for m in self.in_channel(content["channel"]) if thread in (m.thread, m.ts)]
        if not thread:
            found = [m for m in self.in_channel(content["channel"]) if not m.thread]
            found = [m for m in found if content.get("latest", m.ts) == m.ts]
        in_order = found if thread else list(reversed(found))
        newest = in_order[: content.get("limit", 100)]
        return [{"ts": message.ts, "metadata": message.metadata} for message in newest]

    def _at(self, method: str, content: Payload) -> Posted:
        for message in self.posted:
            if (message.channel, message.ts) == (content["channel"], content["ts"]):
                return message
        raise self._refusal(method, "message_not_found")

    def _refuse(self, method: str, error: str) -> None:
        raise self._refusal(method, error)

    def _refusal(self, method: str, error: str) -> SlackApiError:
        return SlackApiError(error, self._answer(method, {"ok": False, "error": error}))

    def _answer(
        self, method: str, data: Payload, status: int = 200, headers: Mapping[str, str] = {}
    ) -> SlackResponse:
        return SlackResponse(
            client=self,
            http_verb="POST",
            api_url=method,
            req_args={},
            data=data,
            headers=dict(headers),
            status_code=status,
        )


AUTHORITY = "https://login.microsoftonline.com/organizations"
CLIENT_ID = "11111111-1111-4111-8111-111111111111"
SCOPES = (
    "https://outlook.office.com/IMAP.AccessAsUser.All",
    "https://outlook.office.com/SMTP.Send",
)


def tenant_of(domain: str) -> str:
    """The tenant that has a domain."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, domain))


def object_of(upn: str) -> str:
    """The object id of a person at Microsoft."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, upn.lower()))


class FakeMicrosoft:
    """Microsoft's sign-in: whoever is named as the code signs in. `refusal` is what its token
    endpoint answers instead of a token, `outage` how it fails to answer; `lifetime` is how long an
    access token lives, and `granted` what for. Nobody has the `unknown_domains`; those in `tenants`
    are of that tenant, where it is not their own; `named` is what people asked of whose a domain
    is, and `on_named` happens then. `installed`: whether our application is in a tenant, as far as
    Microsoft says, and `looks` what was asked about that."""

    authority = AUTHORITY
    client_id = CLIENT_ID
    scopes = SCOPES

    def __init__(self) -> None:
        self.refusal: Payload | None = None
        self.outage: Observation | None = None
        self.unknown_domains: set[str] = set()
        self.tenants: dict[str, str] = {}
        self.named: list[str] = []
        self.installed: dict[str, bool] = {}
        self.looks: list[str] = []
        self.on_named: Callable[[], object] = lambda: None
        self.lifetime = timedelta(hours=1)
        self.granted = SCOPES
        self.claims: Payload = {}
        self.asked = 0
        self.on_refresh: Callable[[], object] = lambda: None
        self._numbers = count(1)

    def client(self, cache: msal.TokenCache | None = None) -> "FakeClient":
        if self.outage is not None:
            raise MicrosoftUnreachable(self.outage)
        return FakeClient(self, cache)

    def redeem(self, cache: msal.TokenCache, question: Callable[["FakeClient"], Any]) -> Any:
        self.asked += 1
        return question(self.client(cache))

    def ask(self, question: Callable[[], Any], step: str = "token") -> Any:
        return question()

    def admin_consent_url(self, tenant: str, redirect_uri: str, state: str) -> str:
        self.client()
        return f"https://login.microsoftonline.com/{tenant}/v2.0/adminconsent?state={state}"

    def tenant_of(self, domain: str, seconds: float = 2) -> str:
        if self.outage is not None:
            raise MicrosoftUnreachable(self.outage)
        self.named.append(domain)
        self.on_named()
        if domain in self.unknown_domains:
            return ""
        return self.tenants.get(domain) or tenant_of(domain)

    def is_in(self, tenant: str) -> bool | None:
        if self.outage is not None:
            raise MicrosoftUnreachable(self.outage)
        self.looks.append(tenant)
        return self.installed.get(tenant)

    def issue(self, cache: msal.TokenCache, upn: str) -> Payload:
        """New tokens for a person, put into the cache as MSAL does."""
        number = next(self._numbers)
        tenant = tenant_of(upn.rpartition("@")[2])
        subject = object_of(upn)
        claims = {
            "aud": CLIENT_ID,
            "tid": tenant,
            "oid": subject,
            "iss": f"https://login.microsoftonline.com/{tenant}/v2.0",
            "exp": datetime(2100, 1, 1, tzinfo=UTC).timestamp(),
            "preferred_username": upn,
            **self.claims,
        }
        who = json.dumps({"uid": subject, "utid": tenant}).encode()
        answer = {
            "access_token": f"access {number} of {upn}",
            "refresh_token": f"refresh {number} of {upn}",
            "expires_in": int(self.lifetime.total_seconds()),
            "id_token_claims": claims,
            "client_info": urlsafe_b64encode(who).decode().rstrip("="),
            "scope": " ".join(self.granted),
        }
        cache.add(
            {
                "client_id": CLIENT_ID,
                "scope": list(self.granted),
                "environment": "login.microsoftonline.com",
                "token_endpoint": f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
                "grant_type": "authorization_code",
                "response": dict(answer),
            }
        )
        return answer


class FakeClient:
    """What MSAL's client gives."""

    def __init__(self, microsoft: FakeMicrosoft, cache: msal.TokenCache | None) -> None:
        self._microsoft = microsoft
        self._cache = cache
        self.authority = SimpleNamespace(authorization_endpoint=AUTHORITY)

    def initiate_auth_code_flow(self, scopes: list[str], **asked: Any) -> Payload:
        state = uuid.uuid4().hex
        return {"state": state, "auth_uri": f"{AUTHORITY}/authorize?state={state}", **asked}

    def acquire_token_by_auth_code_flow(
        self, flow: Payload, answer: Payload, scopes: list[str]
    ) -> Payload:
        return self._tokens(answer["code"])

    def get_accounts(self) -> list[Payload]:
        return list(self._cache.search(msal.TokenCache.CredentialType.ACCOUNT))

    def acquire_token_silent_with_error(
        self, scopes: list[str], account: Payload | None, force_refresh: bool
    ) -> Payload | None:
        self._microsoft.on_refresh()
        return self._tokens(account["username"]) if account else None

    def _tokens(self, upn: str) -> Payload:
        return self._microsoft.refusal or self._microsoft.issue(self._cache, upn)


def folder(name: str, *flags: str) -> MailFolder:
    """A folder of that name."""
    return MailFolder(name, name, "/", flags)


ORDINARY = (
    folder("INBOX"),
    folder("Sent Items", "\\Sent"),
    folder("Drafts", "\\Drafts"),
    folder("Deleted Items", "\\Trash"),
)


@dataclass
class Mailbox:
    """A mailbox on the mail servers: its folders, what they are known by (None: the server cannot be
    asked), where the copy of sent mail is found, and the steps that fail. `on_probe` happens
    while it is probed, `on_sent` when a message has left."""

    folders: tuple[MailFolder, ...] = ORDINARY
    marks: dict[str, FolderMark] | None = field(
        default_factory=lambda: {f.server_name: FolderMark(n) for n, f in enumerate(ORDINARY, 11)}
    )
    sent_in: str = "Sent Items"
    faults: dict[StepId, Observation] = field(default_factory=dict)
    probes: int = 0
    looks: int = 0
    sent: int = 0
    arrived: set[str] = field(default_factory=set)
    on_probe: Callable[[], object] = lambda: None
    on_look: Callable[[], object] = lambda: None
    on_sent: Callable[[], object] = lambda: None


class FakeProbe:
    """The mail servers, by the mailbox's address."""

    def __init__(self) -> None:
        self.mailboxes: dict[str, Mailbox] = {}
        self.targets: list[Target] = []

    def at(self, address: str) -> Mailbox:
        """The mailbox of that address."""
        return self.mailboxes.setdefault(address, Mailbox())

    def run(
        self, target: Target, on_step: OnStep, message: RoundTripMessage | None = None
    ) -> MailReport:
        self.targets.append(target)
        mailbox = self.at(target.mailbox)
        mailbox.probes += 1
        mailbox.on_probe()
        steps = [*_done(imap.STEPS, mailbox), *_done(smtp.STEPS, mailbox)]
        passed = all(step.status is StepStatus.OK for step in steps)
        if message is not None and passed:
            if message.arrival is None and not mailbox.arrived & set(message.earlier):
                message.on_sending()
                mailbox.sent += 1
                mailbox.arrived.add(message.message_id)
                mailbox.on_sent()
            if message.arrival is None:
                message.on_arrived(Arrival(mailbox.sent_in, mailbox.sent_in))
            mailbox.arrived -= set(message.all_ids)
            steps += _done((StepId.ROUNDTRIP,), mailbox)
        for step in steps:
            on_step(step)
        listed = StepId.IMAP_FOLDERS in {s.step for s in steps if s.status is StepStatus.OK}
        arrived = steps[-1].step is StepId.ROUNDTRIP and steps[-1].status is StepStatus.OK
        return MailReport(
            tuple(steps),
            mailbox.folders if listed else (),
            _marks_of(mailbox, target.watched) if listed else None,
            mailbox.sent_in if arrived else "",
        )

    def look(self, target: Target, on_step: OnStep) -> MailReport:
        mailbox = self.at(target.mailbox)
        mailbox.looks += 1
        mailbox.on_look()
        steps = [*_done(imap.OPENING, mailbox), *_done(smtp.SIGNING_IN, mailbox)]
        for step in steps:
            on_step(step)
        opened = StepId.IMAP_INBOX in {s.step for s in steps if s.status is StepStatus.OK}
        known = mailbox.marks if target.watched and opened else None
        there = {each.server_name for each in mailbox.folders}
        mapped = target.watched.mapped if target.watched else frozenset()
        marks = known and {n: mark for n, mark in known.items() if n in mapped & there}
        return MailReport(tuple(steps), (), marks)

    def folders(self, target: Target) -> tuple[MailFolder, ...]:
        self.targets.append(target)
        mailbox = self.at(target.mailbox)
        for step in (StepId.IMAP_CONNECT, StepId.IMAP_AUTH, StepId.IMAP_FOLDERS):
            if step in mailbox.faults:
                raise ProbeFailed(mailbox.faults[step])
        return mailbox.folders


def _marks_of(mailbox: Mailbox, watched: Watched | None) -> dict[str, FolderMark] | None:
    """What is known of the watched folders; where one is not there, of new ones too."""
    if watched is None or mailbox.marks is None:
        return None
    there = {each.server_name for each in mailbox.folders}
    asked = watched.mapped | (there - watched.listed if watched.mapped - there else set())
    return {name: mark for name, mark in mailbox.marks.items() if name in asked & there}


def _done(steps: tuple[StepId, ...], mailbox: Mailbox) -> list[StepResult]:
    """How the steps of one protocol end: what comes behind a failed one is skipped."""
    done: list[StepResult] = []
    failed = ""
    for step in steps:
        seen = mailbox.faults.get(step)
        if failed:
            done.append(StepResult(step, StepStatus.SKIP, timedelta(), reason=failed))
        elif seen is not None:
            done.append(StepResult(step, StepStatus.FAIL, timedelta(), observation=seen))
            failed = step.value
        else:
            done.append(StepResult(step, StepStatus.OK, timedelta(), "fine"))
    return done


def _texts(part: Any) -> list[str]:
    """Every text in a piece of Block Kit."""
    match part:
        case {"text": str(text)}:
            return [text]
        case Mapping():
            return [text for value in part.values() for text in _texts(value)]
        case list():
            return [text for value in part for text in _texts(value)]
    return []
