"""Slack's side: the tokens, the scopes, our own two channels and the customers', and who is
support."""

import re
import time
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from bot.common.people import Person
from bot.doctor.findings import Finding, found

SIGNING_SECRET = re.compile(r"[0-9a-f]{32}")
"""How Slack writes a signing secret
(docs.slack.dev/authentication/verifying-requests-from-slack)."""

BY_ERROR = {
    "invalid_auth": "slack-token-unknown",
    "not_authed": "slack-token-unknown",
    "account_inactive": "slack-token-ended",
    "token_revoked": "slack-token-ended",
    "token_expired": "slack-token-ended",
    "not_allowed_token_type": "slack-token-of-another-kind",
}
"""docs.slack.dev/reference/methods/auth.test"""

CHANNELS = 30
"""So many channels of customers are looked at. Slack takes 50 such questions a minute of an app
(docs.slack.dev/reference/methods/conversations.info), and the bot that runs has some of its own."""

CHANNELS_SECONDS = 10.0
"""So long is the next of them begun: the answer to the last may take seconds more."""

GONE = ("channel_not_found", "not_in_channel")
"""Slack's words for a channel that is not there, or is private and without the bot."""

NO_GROUP = frozenset({"no_such_subteam", "subteam_not_found", "plan_upgrade_required"})


class SlackSays(Exception):
    """Slack's word for why it refuses; or what went wrong on the way."""


@dataclass(frozen=True)
class Installation:
    """Where the app is installed, and what it may do there."""

    team: str
    name: str
    scopes: Collection[str]


@dataclass(frozen=True)
class Place:
    """A channel as Slack describes it: `shared` with other organisations."""

    name: str
    joined: bool
    archived: bool
    shared: bool


@dataclass(frozen=True)
class Bound:
    """A channel that is bound to a customer of this name."""

    channel: str
    customer: str


class Slack(Protocol):
    """What Slack can be asked about the app. Each question takes up to seconds.

    Raises `SlackSays` where Slack refuses or gives no answer.
    """

    def installation(self) -> Installation: ...
    def socket(self) -> None: ...
    def place(self, channel_id: str) -> Place: ...
    def group(self, group_id: str) -> Collection[str]: ...
    def person(self, user: str) -> Collection[str]: ...


@cache
def _declared() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(Path(__file__).with_name("scopes.toml").read_text("utf-8"))


def scopes() -> Mapping[str, str]:
    """Every scope that the app needs, and what does not work without it."""
    return _declared()["needed"]


def optional_scopes() -> Mapping[str, str]:
    """The scopes that the app may do without, and what is worse then."""
    return _declared()["optional"]


@dataclass(frozen=True)
class SlackApp:
    """The app in Slack. `channels` and `groups` by the settings that name them; `people` are
    those who count as support."""

    slack: Slack
    signing_secret: str
    channels: Mapping[str, str]
    groups: Mapping[str, str]
    people: Collection[Person]

    def token(self) -> Iterator[Finding]:
        """Whether Slack takes the bot's token."""
        try:
            where = self.slack.installation()
        except SlackSays as error:
            kind = BY_ERROR.get(str(error), "slack-refuses")
            yield found(kind, "slack-token", setting="SLACK_BOT_TOKEN", error=error)
            return
        yield found("slack-token-ok", name=where.name, team=where.team)

    def wanted_scopes(self) -> Iterator[Finding]:
        """Whether the app has the scopes of the manifest: those that it needs, and no other."""
        has = set(self.slack.installation().scopes)
        missing = [name for name in scopes() if name not in has]
        for name in missing:
            yield found("scope-missing", scope=name, what=scopes()[name])
        for name in sorted(has - scopes().keys() - optional_scopes().keys()):
            yield found("scope-unasked", scope=name)
        if not missing:
            optional = sorted(has & optional_scopes().keys())
            yield found("scopes-ok", count=len(scopes()), optional=", ".join(optional) or "none")

    def manifest(self) -> Iterator[Finding]:
        """What else the manifest says cannot be compared: Slack hands out an app's manifest
        (docs.slack.dev/reference/methods/apps.manifest.export) for a configuration token only,
        which is a person's and may change every app that is theirs. A bot has none."""
        yield found("manifest-not-compared")

    def way_in(self, socket_mode: bool) -> Iterator[Finding]:
        """Whether what Slack sends can come in: by Socket Mode, or signed by HTTP."""
        if not socket_mode:
            right = SIGNING_SECRET.fullmatch(self.signing_secret)
            yield found("signing-secret-ok" if right else "signing-secret-strange")
            return
        try:
            self.slack.socket()
        except SlackSays as error:
            kind = BY_ERROR.get(str(error), "app-token-refused")
            yield found(kind, "slack-way-in", setting="SLACK_APP_TOKEN", error=error)
        else:
            yield found("socket-ok")

    def own_channels(self) -> Iterator[Finding]:
        """Whether the app can post in our own channels, and nobody else reads there."""
        for setting, channel_id in self.channels.items():
            yield self._channel(setting, channel_id)
        if len(set(self.channels.values())) < len(self.channels):
            yield found("channels-same", settings=" and ".join(self.channels))

    def _channel(self, setting: str, channel_id: str) -> Finding:
        values = {"setting": setting, "channel": channel_id}
        try:
            place = self.slack.place(channel_id)
        except SlackSays as error:
            if str(error) in GONE:
                return found("channel-unknown", **values)
            return found("slack-refuses", "slack-channels", setting=setting, error=error)
        values["name"] = place.name
        if place.archived:
            return found("channel-archived", **values)
        if not place.joined:
            return found("channel-not-joined", **values)
        return found("channel-shared" if place.shared else "channel-ok", **values)

    def customers_channels(
        self, bound: Sequence[Bound], seconds: float = CHANNELS_SECONDS
    ) -> Iterator[Finding]:
        """Whether the app can post in the customers' channels, the first `CHANNELS` of them.
        `seconds`: so long another one is begun."""
        end = time.monotonic() + seconds
        well = looked = 0
        for each in bound[:CHANNELS]:
            if time.monotonic() >= end:
                break
            try:
                finding = self._customers_channel(each)
            except SlackSays as error:  # it would say the same of the next one
                where = f"the channel of {each.customer}"
                yield found("slack-refuses", "slack-customers", setting=where, error=error)
                break
            looked += 1
            well += finding is None
            if finding is not None:
                yield finding
        yield from _looked_at(well, looked, len(bound))

    def _customers_channel(self, bound: Bound) -> Finding | None:
        """What keeps the app from posting in a customer's channel; None where nothing does.

        Raises:
            SlackSays: Slack does not say how the channel is.
        """
        values = {"customer": bound.customer, "channel": bound.channel}
        try:
            place = self.slack.place(bound.channel)
        except SlackSays as error:
            if str(error) in GONE:
                return found("customer-channel-unknown", **values)
            raise
        if place.archived:
            return found("customer-channel-archived", name=place.name, **values)
        if not place.joined:
            return found("customer-channel-not-joined", name=place.name, **values)
        return None

    def support(self) -> Iterator[Finding]:
        """Whether the user groups and the people of the settings are there."""
        for setting, group_id in self.groups.items():
            yield self._group(setting, group_id)
        for person in self.people:
            yield from self._person(person)
        if not self.groups and not self.people:
            yield found("support-nobody")

    def _group(self, setting: str, group_id: str) -> Finding:
        try:
            count = len(self.slack.group(group_id))
        except SlackSays as error:
            kind = "group-unknown" if str(error) in NO_GROUP else "group-refused"
            return found(kind, setting=setting, group=group_id, error=error)
        kind = "group-ok" if count else "group-empty"
        return found(kind, setting=setting, group=group_id, count=count)

    def _person(self, person: Person) -> Iterator[Finding]:
        values = {"person": f"{person.team}:{person.user}"}
        try:
            teams = self.slack.person(person.user)
        except SlackSays as error:
            yield found("person-unknown", error=error, **values)
            return
        if person.team not in teams:
            yield found("person-elsewhere", teams=", ".join(sorted(teams)), **values)
        else:
            yield found("person-ok", **values)


def _looked_at(well: int, looked: int, bound: int) -> Iterator[Finding]:
    if not bound:
        yield found("customer-channels-none")
    elif well:
        yield found("customer-channels-ok", count=well)
    if looked < bound:
        yield found("customer-channels-more", count=bound - looked)


def events(came: bool) -> Iterator[Finding]:
    """Whether Slack has sent an event yet."""
    yield found("events-ok" if came else "events-none")
