"""People who walk accounts down the road while the processes that they talk to die, and who do again
what was not answered, as people do."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import requests

from sandbox.practice import Practice
from sandbox.slack.office import Office
from sandbox.world import Folder, Mailbox, Person, Tenant
from storage.vocabulary import State
from tests.support.browser import Browser, Page
from tests.support.slack import Message, SlackPerson, Window

VERA = "U0VERA"
CARD = "Connect your Microsoft 365 mailboxes"
ANSWER = "What Maildesk can do"
SIGN_IN = "Sign in to Microsoft"
UNMAPPED = "folders not mapped yet"
LOOKS_AGAIN_SECONDS = 8.0
"""So long somebody waits for what they did before they do it again."""

GIVES_UP_SECONDS = 600.0
"""Longer than Slack tells of an event that is not taken: the third time is after six minutes."""

CHANGES_SEEN_WITHIN_SECONDS = 1.0
NOT_TAKEN = ("dispatch_failed", "operation_timeout")
"""What Slack says of a press that nobody took."""


class Unanswered(Exception):
    """Slack says that the bot did not answer."""


UNANSWERED = (Unanswered, requests.RequestException, LookupError, StopIteration)
"""Nobody answered, or what was to be pressed is drawn anew in this moment."""


class End(Enum):
    """Where somebody leaves an account on purpose."""

    LISTED = State.AWAITING_SIGN_IN, "nobody signs in"
    AT_MICROSOFT = State.AWAITING_SIGN_IN, "somebody goes to Microsoft and no further"
    UNMAPPED = State.UNMAPPED, "nobody maps its folders"
    LIVE = State.LIVE, "it works"
    TESTED = State.LIVE, "it works, and somebody tests it once more"
    DISCONNECTED = State.DISCONNECTED, "somebody disconnects it once it works"
    GIVEN_UP = State.DISCONNECTED, "somebody disconnects it before anybody signs in"

    @property
    def state(self) -> State:
        """How the account stands there."""
        return self.value[0]

    @property
    def connected(self) -> bool:
        """Whether somebody signed in on the way there."""
        return self not in (End.LISTED, End.AT_MICROSOFT, End.GIVEN_UP)

    @property
    def mapped(self) -> bool:
        """Whether its folders were mapped on the way there."""
        return self in (End.LIVE, End.TESTED, End.DISCONNECTED)


ENDS = (
    End.LIVE,
    End.TESTED,
    End.LIVE,
    End.UNMAPPED,
    End.LIVE,
    End.AT_MICROSOFT,
    End.LIVE,
    End.DISCONNECTED,
    End.LIVE,
    End.LISTED,
    End.LIVE,
    End.GIVEN_UP,
)
"""What becomes of the accounts, in turn."""


@dataclass(frozen=True)
class Plan:
    """One account: its name, its address, and where it is left. `by_window`: its folders are mapped
    in the window, not by the button for all suggestions."""

    name: str
    address: str
    end: End
    by_window: bool


@dataclass(frozen=True)
class Quay:
    """A customer with a channel, a person and an organisation of Microsoft's of their own."""

    number: int
    accounts: Sequence[Plan]

    @property
    def name(self) -> str:
        """What the customer is called."""
        return f"Quay {self.number:02}"

    @property
    def domain(self) -> str:
        """Of its addresses."""
        return f"quay{self.number:02}.example"

    @property
    def channel(self) -> str:
        """Its channel's ID."""
        return f"C0QUAY{self.number:02}"

    @property
    def team(self) -> str:
        """Its workspace's ID."""
        return f"T0QUAY{self.number:02}"

    @property
    def user(self) -> str:
        """The ID of its person in Slack."""
        return f"U0QUAY{self.number:02}"


def planned(quays: int, accounts: int) -> list[Quay]:
    """So many customers with so many accounts each."""
    plans = []
    for quay in range(quays):
        rows = []
        for number in range(accounts):
            turn = quay * accounts + number
            address = f"berth{number}@quay{quay:02}.example"
            rows.append(Plan(f"Berth {number}", address, ENDS[turn % len(ENDS)], turn % 3 == 0))
        plans.append(Quay(quay, rows))
    return plans


def settle_in(practice: Practice, quays: Sequence[Quay]) -> None:
    """Have the customers live in the practice world."""
    office = practice.office
    for quay in quays:
        office.add_workspace(quay.team, quay.name)
        office.add_member(quay.user, f"Harbour master {quay.number}", quay.team, "Customer")
        office.add_channel(quay.channel, quay.name.lower(), {VERA, quay.user})
        tenant = Tenant(quay.name, quay.domain)
        practice.world.add(tenant)
        for plan in quay.accounts:
            practice.world.add(Mailbox(plan.address, folders()))
            practice.world.add(Person(plan.address, plan.name, tenant.id))


def folders() -> list[Folder]:
    """The folders of a mailbox, by whose flags each is known."""
    rows = (
        ("INBOX",),
        ("Sent Items", "\\Sent"),
        ("Drafts", "\\Drafts"),
        ("Deleted Items", "\\Trash"),
    )
    return [
        Folder(name, flags, uid_validity=number) for number, (name, *flags) in enumerate(rows, 1001)
    ]


class Watcher:
    """Waits until something changes that one person sees, or for a moment: to look each time when
    something changes for anybody costs too much."""

    def __init__(self, office: Office, quay: Quay) -> None:
        self._office = office
        self._quay = quay
        self._seen: object = None

    def wait(self) -> None:
        """Wait until something has changed since the last time, or for a moment."""
        end = time.monotonic() + CHANGES_SEEN_WITHIN_SECONDS
        while (left := end - time.monotonic()) > 0:
            version = self._office.version
            seen = self._sees()
            if seen != self._seen:
                self._seen = seen
                return
            self._office.wait_beyond(version, left)

    def _sees(self) -> object:
        office = self._office
        with office.still():
            there = [m for m in office.messages if m.channel == self._quay.channel]
            views = [office.views[view].hash for view in office.stacks[self._quay.user]]
            return [(m.ts, id(m.blocks)) for m in there], views


class Dweller(SlackPerson):
    """Somebody at a Slack client who also looks without waiting, closes what stands open, and
    notices what is not answered."""

    def top(self, *wanted: str) -> Window | None:
        """The window on top, if it has all of these texts now, title included, and more than that
        it is loading."""
        views = self._view()["views"]
        if not views:
            return None
        top = Window(views[-1]["id"], views[-1]["hash"], views[-1]["view"])
        ready = top.view.get("submit") or top.elements
        return top if ready and all(each in f"{top.title}\n{top.text}" for each in wanted) else None

    def close_windows(self) -> None:
        """Close all of them."""
        views = self._view()["views"]
        if views:
            self._post("close", view_id=views[0]["id"])

    def _post(self, what: str, **asked: Any) -> dict[str, Any]:
        answer = super()._post(what, **asked)
        if str(answer.get("error", "")).startswith(NOT_TAKEN):
            raise Unanswered
        return answer


class Walker:
    """Somebody who walks the accounts of one customer down the road."""

    def __init__(self, practice: Practice, quay: Quay) -> None:
        self._quay = quay
        self._office = practice.office
        self._watcher = Watcher(practice.office, quay)
        self._vera = Dweller(practice.slack.url, VERA)
        self._me = Dweller(practice.slack.url, quay.user)
        self._browser = Browser()
        self._end = time.monotonic() + GIVES_UP_SECONDS
        self._gone: set[str] = set()
        self.again = 0
        """How often something was done again."""

    def walk(self) -> None:
        """Walk all of them to where each is to be left."""
        self._until(self._set_up, lambda: self._there(CARD), "the first card")
        self._ask()
        for plan in self._quay.accounts:
            self._walk(plan)
        self._until(lambda: None, lambda: self._there(ANSWER), "answer")

    def _walk(self, plan: Plan) -> None:
        self._until(lambda: self._add(plan), lambda: self._card(plan), f"the card of {plan.name}")
        if plan.end is End.AT_MICROSOFT:
            self._until(lambda: self._go(plan), lambda: plan.address in self._gone, "Microsoft")
        if plan.end.connected:
            self._until(
                lambda: self._sign_in(plan),
                lambda: self._card(plan, UNMAPPED),
                f"{plan.name} signed in",
            )
        if plan.end.mapped:
            self._until(
                lambda: self._map(plan), lambda: self._card(plan, "Live"), f"{plan.name} live"
            )
        if plan.end is End.TESTED:
            self._until(
                lambda: self._test(plan),
                lambda: len(self._passed(plan)) > 1,
                f"{plan.name} tested once more",
            )
        if plan.end.state is State.DISCONNECTED:
            self._until(
                lambda: self._disconnect(plan),
                lambda: self._card(plan, "Disconnected"),
                f"{plan.name} disconnected",
            )

    # -- what is done, which may not be answered

    def _set_up(self) -> None:
        quay = self._quay
        self._vera.slash(quay.channel, f"setup {quay.name} {quay.domain}")

    def _ask(self) -> None:
        """Ask in the channel what there is to do. Nobody asks twice: where the bot does not take it,
        Slack tells it again."""
        self._me.say(self._quay.channel, "@Maildesk help")

    def _add(self, plan: Plan) -> None:
        card = self._there(CARD)
        assert card is not None
        self._me.press(card, "Add an account")
        form = self._window("New Microsoft 365 account (Corporate)")
        values = {
            "Account name": plan.name,
            "Sender name": self._quay.name,
            "Sender email": plan.address,
        }
        if form is not None:
            self._me.submit(form, values)

    def _go(self, plan: Plan) -> Page | None:
        """To Microsoft's page, by the link on the card."""
        card = self._card(plan, SIGN_IN)
        if card is None:
            return None
        page = self._browser.open(card.url(SIGN_IN))
        if "Continue to Microsoft" not in page.html:
            return None  # the link was used, and the card does not know it yet
        page = self._browser.press(page, "Continue to Microsoft")
        if plan.address not in page.html:
            return None
        self._gone.add(plan.address)
        return page

    def _sign_in(self, plan: Plan) -> None:
        page = self._go(plan)
        if page is not None:
            page = self._browser.press(page, plan.address)
            if "Permissions requested" in page.text:
                self._browser.press(page, "Accept")

    def _map(self, plan: Plan) -> None:
        card = self._card(plan, UNMAPPED)
        if card is None:
            return
        if not plan.by_window:
            self._me.press(card, "Accept all suggestions")
            return
        self._me.press(card, "Map folders")
        form = self._window("Which folders of")
        if form is not None:
            self._me.submit(form, {})

    def _test(self, plan: Plan) -> None:
        card = self._card(plan, "Live")
        if card is not None and "Test connection" in card.buttons:
            self._me.press(card, "Test connection")

    def _disconnect(self, plan: Plan) -> None:
        card = self._card(plan)
        assert card is not None
        if "More" not in card.buttons:
            return
        self._me.press(card, "More")
        there = self._window(plan.name, "Disconnect")
        if there is None:
            return
        self._me.press(there, "Disconnect")
        question = self._window(f"Disconnect *{plan.name}*")
        if question is not None:
            self._me.submit(question, {})

    # -- how it is done

    def _until(self, act: Callable[[], object], seen: Callable[[], object], what: str) -> None:
        """Do something until it shows."""
        while not seen():
            assert time.monotonic() < self._end, f"{self._quay.name}: no {what}"
            if self._done(act) and self._shows(seen):
                return
            self.again += 1

    def _done(self, act: Callable[[], object]) -> bool:
        """Whether something could be done, as far as somebody sees who does it."""
        try:
            self._me.close_windows()
            act()
        except UNANSWERED:
            self._watcher.wait()
            return False
        return True

    def _shows(self, seen: Callable[[], object]) -> object:
        """What is seen within a while."""
        end = time.monotonic() + LOOKS_AGAIN_SECONDS
        while not (found := seen()) and time.monotonic() < end:
            self._watcher.wait()
        return found

    def _there(self, *texts: str) -> Message | None:
        """The newest message of the channel that has these texts."""
        messages = reversed(self._me.messages(self._quay.channel))
        return next((m for m in messages if all(text in m.text for text in texts)), None)

    def _card(self, plan: Plan, *texts: str) -> Message | None:
        return self._there(f"*{plan.name}*   `MB-", *texts)

    def _passed(self, plan: Plan) -> list[Message]:
        """The tests of an account that passed, as the channel tells of them."""
        told = f"Connection test of {plan.name}: passed"
        return [m for m in self._me.messages(self._quay.channel) if told in m.text]

    def _window(self, *texts: str) -> Window | None:
        """The window on top, once it has these texts; none where nobody opens it."""
        window = self._shows(lambda: self._me.top(*texts))
        return window if isinstance(window, Window) else None
