"""The customers who were in the practice world before whoever opens it: what they did is done once
more, by the bot's own services, with the clock put back.

Who they are and how far they came is the practice world's affair (`PracticeWorld.neighbours`).
"""

import html
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any

import requests

from bot.accounts.customers import Care
from bot.app.maildesk import Maildesk
from bot.app.practice import PracticeWorld
from bot.common.jobs import CheckAccount, RunTest
from bot.common.people import Person
from bot.common.stop import Stop
from bot.views.account_form import Form

SEEN_BEFORE = timedelta(minutes=2)
"""How long before the present what breaks now was first seen: it is believed the second time."""

BETWEEN_ACCOUNTS = timedelta(minutes=4)
A_LOOK = timedelta(seconds=1.6)
MOST_ROUNDS = 2000
AT_A_TIME = 8
TIMEOUT_SECONDS = 20
BROWSER = "a neighbour's browser"
SUPPORT = Person("T0LUMEN", "U0VERA")
FIELD = re.compile(r'type="hidden" name="([a-z_]+)" value="([^"]*)"')


class _BrokenOff(Exception):
    """Whoever opened the practice world has closed it already."""


class Neighbours:
    """Has them move in, until `stop`."""

    def __init__(self, world: PracticeWorld, bot: Maildesk, stop: Stop) -> None:
        self._stop = stop
        self._world = world
        self._bot = bot
        self._services = bot.services

    def move_in(self) -> None:
        """Play what they did, from the one that came first to the present. Takes seconds; the bot
        is not at work yet."""
        with suppress(_BrokenOff):
            self._play()

    def _play(self) -> None:
        for customer in sorted(self._world.neighbours, key=lambda each: -float(each["days"])):
            self._world.put_back(timedelta(days=customer["days"]))
            self._world.clock.hurry = A_LOOK
            self._settle_in(customer)
        self._world.clock.hurry = timedelta()
        self._world.put_back(timedelta())
        # What breaks now was seen a little ago, and is believed when the running bot looks again
        self._world.put_back(SEEN_BEFORE)
        self._test_what_breaks()
        self._come_to_rest()
        self._world.put_back(timedelta())

    def _test_what_breaks(self) -> None:
        """The test of what goes wrong now is due."""
        with self._bot.store.transaction() as tx:
            everybody = [
                one for each in tx.channels.customers() for one in tx.accounts.of_customer(each.id)
            ]
            for account in everybody:
                if account.username in self._world.broken:
                    tx.jobs.add(CheckAccount(account_id=account.id), self._services.clock.now())

    def _settle_in(self, customer: dict[str, Any]) -> None:
        """A customer is set up, adds its accounts, signs in, and maps folders."""
        channel = customer["channel"]
        person = Person(customer["team"], customer["person"], channel)
        support = Person(SUPPORT.team, SUPPORT.user, channel)
        tenant = self._services.customers.tenant(customer["domain"])
        care = Care(owner=support)
        self._services.customers.bind(channel, customer["name"], support, tenant, care)
        self._come_to_rest()
        self._say(person, customer["words"])
        made = {self._add(channel, each, person): each for each in customer["accounts"]}
        self._test_side_by_side()
        self._come_to_rest()
        for account_id, account in made.items():
            if account["as_far_as"] == "live":
                self._services.folders.accept(account_id, person)
        self._come_to_rest()

    def _say(self, person: Person, words: str) -> None:
        """Somebody writes into their channel, as the practice world's page has it."""
        said = {"as": person.user, "channel": person.place, "text": words}
        requests.post(f"{self._world.page}/ui/message", json=said, timeout=TIMEOUT_SECONDS)

    def _add(self, channel: str, account: dict[str, Any], person: Person) -> int:
        self._look_whether_to_stop()
        self._world.put_back(self._world.clock.behind - BETWEEN_ACCOUNTS)
        form = Form(account["name"], account["name"], account["address"])
        made = self._services.accounts.create(channel, form, person).id
        if account["as_far_as"] != "created":
            self._sign_in(made, account["address"], person)
        return made

    def _sign_in(self, account_id: int, upn: str, person: Person) -> None:
        """In a browser that Microsoft knows already, so that it asks nothing."""
        with self._bot.store.transaction() as tx:
            ticket = self._services.links.make(tx, tx.accounts.lock(account_id), person)
        secret = self._services.links.url(ticket).rpartition("/")[2]
        page = self._services.signin.begin(secret, BROWSER)
        answer = requests.get(page, cookies={"signed-in": upn}, timeout=TIMEOUT_SECONDS).text
        back = {name: html.unescape(value) for name, value in FIELD.findall(answer)}
        self._services.signin.finish(back, BROWSER)

    def _test_side_by_side(self) -> None:
        """Run the tests that the sign-ins began, more of them at a time than a worker would of one
        customer. Their jobs will find nothing left to do."""
        with self._bot.store.reading() as tx:
            begun = tx.checks.unfinished(before=self._services.clock.now())
        work = [RunTest(test_id=test.id) for test in begun]
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            list(pool.map(self._services.checks.run, work))

    def _come_to_rest(self) -> None:
        """Do what is due, and only then send what waits: most messages changed several times
        meanwhile."""
        for _ in range(MOST_ROUNDS):
            self._look_whether_to_stop()
            self._bot.worker.leap(lambda: None)
            if self._work_is_due():
                continue
            self._bot.delivery.deliver_due()
            if not self._messages_wait():
                return

    def _look_whether_to_stop(self) -> None:
        if self._stop.asked:
            raise _BrokenOff

    def _work_is_due(self) -> bool:
        with self._bot.store.reading() as tx:
            due = tx.jobs.next_due()
            late = due is not None and due <= self._services.clock.now()
            return late or tx.jobs.unfinished() > 0

    def _messages_wait(self) -> bool:
        with self._bot.store.reading() as tx:
            return tx.outbox.waiting() > 0
