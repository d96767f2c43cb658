"""Who of a channel the customers are: what is usual there, and what support said."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bot.common import audit
from bot.common.clock import Clock
from bot.common.people import SLACK
from bot.common.refusals import Refused
from bot.views.customers import Circle, Sharing
from storage.database import Store
from storage.vocabulary import CustomersAre


class Neighbours(Protocol):
    """What Slack says of the workspaces in a channel. Each call may take a second."""

    def vendor_team(self) -> str:
        """The ID of the workspace where the app is installed."""
        ...

    def sharing(self, channel_id: str) -> Sharing | None:
        """With whom the channel is shared now; None when Slack does not say it."""
        ...


@dataclass(frozen=True)
class CircleOffer:
    """What support chooses from: how it stands or is usual, and every other workspace that may be
    the customer's."""

    circle: Circle
    teams: frozenset[str]


class Circles:
    """Says who of a channel the customers are, and which Slack workspaces are their own."""

    def __init__(self, store: Store, clock: Clock, neighbours: Neighbours) -> None:
        self._store = store
        self._clock = clock
        self._neighbours = neighbours

    def offer(self, channel_id: str) -> CircleOffer:
        """How it stands in a channel; where nothing was said yet, how it is usual: in a shared
        channel people of the workspaces that it is shared with, in one of our own everybody.

        Raises:
            Refused: the bot is not in the channel, and could post nothing there.
        """
        sharing = self._neighbours.sharing(channel_id)
        if sharing is not None and not sharing.joined:
            raise Refused("refused.bot_not_in_channel")
        there = sharing.teams if sharing else frozenset()
        circle = self._kept(channel_id)
        if circle is None:
            alone = sharing is not None and not sharing.shared
            usual = CustomersAre.EVERYBODY if alone else CustomersAre.OTHER_WORKSPACES
            circle = self._circle(usual, there)
        elif not circle.teams:
            circle = self._circle(circle.customers_are, there)
        own = {self._neighbours.vendor_team()}
        return CircleOffer(circle, (there | circle.teams) - own)

    def without_us(self, channels: Sequence[str]) -> list[str]:
        """Those of some channels that the bot is not in, as far as Slack says it."""
        found = {channel: self._neighbours.sharing(channel) for channel in channels}
        return [channel for channel, seen in found.items() if seen and not seen.joined]

    def chosen(
        self, channel_id: str, customers_are: CustomersAre, teams: frozenset[str] | None
    ) -> Circle:
        """What support chose for a channel; `teams` None where none were offered: they stay."""
        if teams is None:
            kept = self._kept(channel_id) or Circle()
            teams = kept.teams - {self._neighbours.vendor_team()}
        return self._circle(customers_are, teams)

    def shared_with(self, channel_id: str, team: str) -> None:
        """Slack has shared a channel with a workspace. Where support set the channel up before that
        and nobody else is in it, the workspace is the customer's."""
        sharing = self._neighbours.sharing(channel_id)
        # With several there, any of them may have been invited by anybody: support has to say
        if sharing is None or sharing.teams != {team}:
            return
        with self._store.transaction() as tx:
            channel = tx.channels.get(channel_id)
            if channel is None or channel.customer_teams:
                return
            channel.customer_teams = team
            audit.record(tx, SLACK, "channel.shared", channel_id, self._clock.now(), team=team)

    def _circle(self, customers_are: CustomersAre, teams: frozenset[str]) -> Circle:
        """In a channel where everybody is a customer, our own workspace is the customer's too."""
        circle = Circle(customers_are, teams)
        if customers_are is CustomersAre.EVERYBODY:
            return replace(circle, teams=teams | {self._neighbours.vendor_team()})
        return circle

    def _kept(self, channel_id: str) -> Circle | None:
        with self._store.reading() as tx:
            channel = tx.channels.get(channel_id)
            return Circle.of(channel) if channel else None
