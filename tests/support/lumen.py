"""A bot in the practice world with Lumen CRM beside it, which was given its key; and how it is looked
at."""

import base64
from pathlib import Path

import requests

from bot.api.keys import Wish
from bot.common.people import MAILDESK
from sandbox import letters
from sandbox.practice import Practice
from storage.api_vocabulary import ApiScope
from tests.support.browser import Browser, Page
from tests.support.practice import new_practice
from tests.support.world import BotWorld

SECRET = "whsec_" + base64.b64encode(b"w" * 32).decode()


def world_with_product(folder: Path) -> BotWorld:
    """A bot whose webhooks go to Lumen CRM, with letters in the mailboxes; Acme's channel is set
    up."""
    practice = new_practice()
    letters.deliver(practice.world)
    running = BotWorld(folder, practice=practice, **told(practice))
    running.set_up()
    settings = {"url": f"{running.url}/api/v1", "key": new_key(running), "secret": SECRET}
    answer = requests.post(f"{practice.crm.url}/settings", data=settings, timeout=60)
    assert answer.status_code == 200
    return running


def new_key(world: BotWorld) -> str:
    """A new key that may do everything."""
    wish = Wish("Lumen CRM", list(ApiScope))
    return world.bot.services.api.keys.create(wish, MAILDESK).secret


def told(practice: Practice) -> dict[str, str]:
    """The bot's settings for a product on this machine."""
    return {
        "WEBHOOK_URL": practice.crm.hook_url,
        "WEBHOOK_SECRET": SECRET,
        "WEBHOOK_NETWORKS": "127.0.0.0/8",
    }


class Lumen:
    """Somebody who looks at Lumen CRM."""

    def __init__(self, world: BotWorld) -> None:
        self._world = world
        self._browser = Browser()
        self.url = world.practice.crm.url

    def see(self, path: str, *words: str) -> Page:
        """A page, once it has these words."""
        self._world.until(lambda: all(word in self.open(path).text for word in words))
        return self.open(path)

    def open(self, path: str) -> Page:
        """A page as it is now."""
        return self._browser.open(self.url + path)

    def press(self, page: Page, label: str, **written: str) -> Page:
        """Press a button."""
        return self._browser.press(page, label, **written)
