"""People who press again until it is done, as those do who read that Slack is busy or that nothing
came of it: two mailboxes go the whole road with them, and it is told how that ended."""

import re
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from sqlmodel import col, select

from sandbox.slack.office import Message as Stands
from storage.database import Transaction
from storage.tables import Account, AuditEntry, ConnectionTest, FolderMapping, OutboxItem
from storage.vocabulary import State
from tests.support.browser import Browser, Page
from tests.support.slack import Message, SlackPerson, Surface, Window, texts
from tests.support.world import ACME, ALERTS, BotWorld

MAILBOXES = {"Info": "info@acme.example", "Carol": "carol@acme.example"}
SET_UP_CARD = "Connect your Microsoft 365 mailboxes"
SENDING_OFF = "smtp-auth-off-tenant"
SECRET_EXPIRED = "application-secret-expired"
FORM = "New Microsoft 365 account (Corporate)"
BUSY = "refused.slack_busy"
UNSENT = select(OutboxItem).where(
    col(OutboxItem.done_at).is_(None) | (col(OutboxItem.given_up) != "")
)
MOST_TRIES = 60
"""With so many tries everybody gets through whom a call in two is answered."""

PASSING = re.compile(
    r"M[BX]-\w{4}-\w{4}"  # accounts and errors
    r"|<!date\^\d+\^[^|>]*\|[^>]*>"
    r"|https?://[^|>\s]+"
    r"|\d+ (?:ms|s|min|minutes?|seconds?)\b"
    r"|(?<=Times seen:\* )\d+"
)
"""What differs between two runs on the best of days."""

ALSO = re.compile(r"Details\n(?=\*Last seen)")
"""A button that an alert has where the last mailbox that failed is not the first."""


Meanwhile = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True)
class End:
    """How it ended, so that two runs can be compared.

    Attributes:
        messages: by channel, the words of each message behind those that it replies to.
        audit: what was done by whom how often, and how it ended.
    """

    accounts: dict[str, tuple[State, str]]
    folders: dict[str, dict[str, str]]
    messages: dict[str, Counter[str]]
    audit: Counter[tuple[str, str, str]]

    def lacks(self, other: "End") -> list[str]:
        """Which messages of another day are not here as often."""
        missing = {name: there - self.messages[name] for name, there in other.messages.items()}
        return [f"{name}, {n} x: {text}" for name in missing for text, n in missing[name].items()]


class Insisting:
    """A world whose people insist."""

    def __init__(self, world: BotWorld, meanwhile: Meanwhile = nullcontext) -> None:
        """`meanwhile` is entered before the first try of each step, and left after it, before
        anybody has waited for what comes of it."""
        self._world = world
        self._meanwhile = meanwhile

    def walk(self) -> End:
        """The whole road: set up, add, sign in, map; sending breaks and is mended."""
        world = self._world
        setup = "setup Acme Marine acme.example"
        self._insist(lambda: world.vera.slash(ACME, setup), lambda: bool(self._stands(SET_UP_CARD)))
        world.carol.say(ACME, "@Maildesk help")
        for name, address in MAILBOXES.items():
            self._insist(lambda n=name, a=address: self._add(n, a), lambda n=name: self._card(n))
        for name, address in MAILBOXES.items():
            self._insist(
                lambda n=name, a=address: self._sign_in(n, a),
                lambda n=name: self._card(n, "Accept all"),
            )
        for name in MAILBOXES:
            self._press(name, "Accept all suggestions")
        self._break_and_mend()
        self._call_the_engineers()
        return self._end()

    def _break_and_mend(self) -> None:
        """What the customer's administrator switched off, and Carol tells of the end."""
        self._throw(SENDING_OFF, "acme.example")
        assert self._states() == {State.BROKEN}
        self._world.take_back(SENDING_OFF, "acme.example")
        for name in MAILBOXES:
            self._press(name, "Test again")
        self._world.pass_time(minutes=1)

    def _call_the_engineers(self) -> None:
        """What is ours to mend: Omar takes the alert, and says when it is done."""
        self._world.expire_tokens(*MAILBOXES)
        self._throw(SECRET_EXPIRED)
        self._insist(
            lambda: self._act(self._world.omar, self._alert(), "Acknowledge"),
            lambda: "Acknowledged by" in self._alert().text,
        )
        self._world.take_back(SECRET_EXPIRED)
        self._insist(
            lambda: self._act(self._world.omar, self._alert(), "Re-test all"),
            lambda: "Over since" in self._alert().text,
        )
        self._world.pass_time(minutes=1)

    def _throw(self, name: str, target: str = "") -> None:
        """Both mailboxes break, which is found by looking at them twice."""
        self._world.throw(name, target)
        for minutes in (8, 2):
            self._world.pass_time(minutes=minutes)

    def _alert(self) -> Message:
        there = self._world.omar.messages(ALERTS)
        return [each for each in there if "secret has expired*" in each.text][-1]

    def _press(self, name: str, label: str) -> None:
        """Carol presses a button of an account's card, after which it is live."""
        self._insist(
            lambda: self._act(self._world.carol, self._world.card(name), label),
            lambda: self._world.account(name).state is State.LIVE,
        )

    def _insist(self, act: Callable[[], object], done: Callable[[], object]) -> None:
        """Somebody acts until it is done; what the bot has taken in is waited for."""
        for number in range(MOST_TRIES):
            if done():
                return
            with self._meanwhile() if number == 0 else nullcontext():
                act()
            self._world.settle()
        assert done(), "it is never done"

    def _add(self, name: str, address: str) -> None:
        """Carol fills the form, once she has it; a window that tells her why not is closed, and a
        form that is not taken just now is sent again at the next try."""
        carol = self._world.carol
        card = self._stands(SET_UP_CARD)[-1]
        form = self._opened(carol, FORM)
        if form is None:
            self._act(carol, card, "Add an account")
            form = self._opened(carol, FORM)
        if form is not None:
            values = {"Sender name": "Acme Marine", "Sender email": address}
            errors = carol.submit(form, {"Account name": name, **values})
            assert all("Slack is busy" in error for error in errors.values())

    def _act(self, person: SlackPerson, where: Surface, label: str) -> None:
        self._close_all(person)
        person.press(where, label)

    def _opened(self, person: SlackPerson, words: str) -> Window | None:
        top = person.top_window()
        return top if top is not None and words in top.text else None

    def _close_all(self, person: SlackPerson) -> None:
        while (top := person.top_window()) is not None:
            person.close(top)

    def _sign_in(self, name: str, address: str) -> None:
        """Microsoft's pages, from the link on the card; what is not there just now is opened anew
        at the next try."""
        browser = Browser()
        page = browser.open(self._world.card(name).url("Sign in to Microsoft"))
        for label in ("Continue to Microsoft", address, "Accept"):
            if not _has(page, label):
                return
            page = browser.press(page, label)

    def _card(self, name: str, *words: str) -> list[Message]:
        return self._stands(f"*{name}*   `MB-", *words)

    def _stands(self, *words: str) -> list[Message]:
        """What stands in the customer's channel and has all of these words."""
        there = self._world.carol.messages(ACME)
        return [each for each in there if all(word in each.text for word in words)]

    def _states(self) -> set[State]:
        return {self._world.account(name).state for name in MAILBOXES}

    def _end(self) -> End:
        office = self._world.practice.office
        heads = {each.ts: each for each in office.messages}
        messages: dict[str, Counter[str]] = {channel: Counter() for channel in office.channels}
        for each in office.messages:
            if not each.ephemeral_to:
                head = heads.get(each.thread_ts)
                behind = f"{self._words(head)} >> " if head is not None else ""
                messages[each.channel][behind + self._words(each)] += 1
        with self._world.bot.store.transaction() as tx:
            assert list(tx.session.exec(UNSENT)) == [], "it waits in the outbox"
            accounts = {each.id: each for each in tx.session.exec(select(Account))}
            folders: dict[str, dict[str, str]] = {each.name: {} for each in accounts.values()}
            for row in tx.session.exec(select(FolderMapping)):
                folders[accounts[row.account_id].name][row.role] = row.server_name
            audit = self._audit(tx)
        states = {each.name: (each.state, str(each.owner)) for each in accounts.values()}
        return End(states, folders, messages, audit)

    def _words(self, message: Stands) -> str:
        """What is to be read in a message, without what differs each time. Who is mentioned is
        shown by name."""
        read = "\n".join([message.text, *texts(message.blocks)])
        for member in self._world.practice.office.members.values():
            read = read.replace(f"<@{member.id}>", member.name)
        return PASSING.sub("…", ALSO.sub("", read))

    def _audit(self, tx: Transaction) -> Counter[tuple[str, str, str]]:
        """How often something was done, and how it ended; without who was told that Slack is busy.
        How many tests there are depends on how long everything takes: each has its entry."""
        entries = tx.session.exec(select(AuditEntry)).all()
        ended = select(ConnectionTest).where(col(ConnectionTest.finished_at).is_not(None))
        tested = [each for each in entries if each.action == "test.finished"]
        assert len(tested) == len(tx.session.exec(ended).all())
        return Counter(
            (each.user, each.action, each.result)
            for each in entries
            if each not in tested and each.result != BUSY
        )


def _has(page: Page, label: str) -> bool:
    return any(text.startswith(label) for form in page.forms for text, _, _ in form.buttons)
