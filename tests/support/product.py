"""The vendor's product, as it calls the API of a fast bot: over Flask's own client, within the
test's thread."""

from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from bot.api.keys import NewKey, Wish
from bot.common.people import MAILDESK
from handlers.api.blueprint import BASE, Api, every_route
from handlers.api.openapi import document
from handlers.web.hardening import harden
from storage.api_vocabulary import ApiScope
from storage.database import DatabaseAway
from storage.tables import Account, ConnectionTest
from tests.support.described import Description
from tests.support.fast import FastBot

EVERYTHING = tuple(ApiScope)


class Product:
    """Somebody who calls with a key, which may be used for everything unless it is said otherwise.
    Each answer that they get is held against the description."""

    def __init__(self, bot: FastBot, *, key: bool = True) -> None:
        """`key`: it has one."""
        self.bot = bot
        self.web = website(bot)
        self.key = make_key(bot).secret if key else ""
        routes = every_route(bot.services.api)
        self._description = Description(document(routes, bot.settings.public_url + BASE))

    def get(self, path: str, key: str | None = None, **more: Any) -> TestResponse:
        """Fetch something."""
        return self.call("GET", path, key, **more)

    def post(self, path: str, body: Any, key: str | None = None, **more: Any) -> TestResponse:
        """Post JSON."""
        return self.call("POST", path, key, json=body, **more)

    def call(self, method: str, path: str, key: str | None = None, **more: Any) -> TestResponse:
        """Call something, with a key of one's own or another one."""
        secret = self.key if key is None else key
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        headers |= more.pop("headers", {})
        client = self.web.test_client()
        answer = client.open(BASE + path, method=method, headers=headers, **more)
        self._description.check(method, path, answer)
        return answer


def website(bot: FastBot) -> Flask:
    """The API of a bot, with the headers of every page."""
    web = Flask("product", static_folder=None)
    services = bot.services
    settings = bot.settings
    api = Api(
        services.api,
        services.own_errors,
        settings.public_url,
        settings.trusted_proxies,
        DatabaseAway,
    )
    web.register_blueprint(api.blueprint())
    harden(web, secure=True)
    return web


def make_key(
    bot: FastBot,
    scopes: Sequence[ApiScope] = EVERYTHING,
    customers: Sequence[str] = (),
    networks: Sequence[str] = (),
    life: timedelta | None = None,
) -> NewKey:
    """A new key."""
    wish = Wish("Lumen CRM", scopes, customers, [ip_network(each) for each in networks], life)
    return bot.services.api.keys.create(wish, MAILDESK)


def with_test(bot: FastBot, account: Account, passed: bool = True) -> Account:
    """A test of the account begins now, and ends a second later."""
    with bot.store.transaction() as tx:
        test = ConnectionTest(account_id=account.id, started_at=bot.now)
        test.finished_at = bot.now + timedelta(seconds=1)
        test.passed = passed
        tx.checks.add(test)
    return account
