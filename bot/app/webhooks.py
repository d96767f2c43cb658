"""The way to the vendor's product, where the settings name one."""

from bot.api.posting import HttpWebhooks
from bot.api.webhooks import WebhookDelivery
from bot.common.clock import Clock
from bot.common.stop import Stop
from bot.common.tallies import Tallies
from bot.common.ways_out import WaysOut
from bot.config.settings import Settings
from storage.database import Store


def delivery(
    settings: Settings,
    store: Store,
    clock: Clock,
    ways: WaysOut,
    tallies: Tallies,
    stop: Stop,
) -> WebhookDelivery | None:
    """Who tells the product; None where there is none to tell."""
    url = settings.webhook_url.get_secret_value()
    if not url:
        return None
    poster = HttpWebhooks(url, ways, settings.webhook_networks)
    secret = settings.secret("webhook_secret")
    return WebhookDelivery(store, clock, poster, secret, settings.support_channel, tallies, stop)
