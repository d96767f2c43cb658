"""The pagers that the settings name, the ways to them, and the sweeps that tell them."""

from collections.abc import Iterator
from datetime import timedelta

from bot.app.worker import Sweep
from bot.common.clock import Clock
from bot.config.settings import Settings
from bot.incidents.alert_webhook import AlertWebhook
from bot.incidents.at_pager import AtPager
from bot.incidents.pager_words import PagerWords
from bot.incidents.pagerduty import PagerDuty
from bot.incidents.pagers import PagerDelivery
from bot.incidents.posting import Poster
from bot.incidents.presses import IncidentPresses
from bot.incidents.roads import AlertLinks, Road
from storage.database import Store
from storage.vocabulary import Pager


def told(settings: Settings) -> frozenset[Pager]:
    """Who is told of incidents outside of Slack."""
    return frozenset(road.pager for road in roads(settings))


def roads(settings: Settings) -> Iterator[Road]:
    """The way to each of them."""
    links = AlertLinks(settings.public_url)
    if settings.pagerduty_routing_key.get_secret_value():
        key = settings.secret("pagerduty_routing_key")
        yield PagerDuty(key, settings.pagerduty_events_url, links, settings.vendor_name)
    if settings.alert_webhook_url.get_secret_value():
        url = settings.secret("alert_webhook_url")
        yield AlertWebhook(url, settings.secret("alert_webhook_secret"), links)


def words(store: Store, clock: Clock, incidents: IncidentPresses) -> PagerWords:
    """Who heeds what they say back."""
    return PagerWords(store, clock, AtPager(incidents))


def sweeps(settings: Settings, clock: Clock, store: Store, poster: Poster) -> Iterator[Sweep]:
    """What tells each of them. One that does not answer keeps none but its own sweep waiting."""
    for road in roads(settings):
        delivery = PagerDelivery(store, clock, road, poster, settings.alert_channel)
        second = timedelta(seconds=1)
        yield Sweep(f"pager-{road.pager}", second, delivery.deliver_next, delivery)
