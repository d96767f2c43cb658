"""A life of the whole bot, drawn at random and the same for the same seed: people press, type and
sign in, Slack, Microsoft and mail servers have their moods, payloads come twice, late or in another
order, the process dies, and time passes."""

import json
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from structlog.processors import format_exc_info
from structlog.testing import capture_logs

from bot.app.pagers import told
from bot.common.people import Person
from bot.diagnosis.observation import Condition, Observation, Where
from bot.lifecycle.states import SIGNED_IN
from bot.messages import notices
from bot.signin.links import LinkUnusable
from handlers.cards.actions import ActionId
from storage.tables import Account
from storage.vocabulary import State, StepId
from tests.support.fast import ACME, SENDING_IS_OFF, FastBot, Moment, Outside, hours
from tests.support.fast_database import new_database
from tests.support.fast_ports import ORDINARY, FastClock, Payload
from tests.support.soak_fate import Fate, MortalStore, same_numbers
from tests.support.soak_people import (
    BEA,
    BETA,
    CAROL,
    COMMANDS,
    MENTIONS,
    OMAR,
    PEOPLE,
    VERA,
    Slackers,
    Surface,
    settle,
)
from tests.support.soak_ports import Mood, SoakMicrosoft, SoakPagers, SoakProbe, SoakSlack
from tests.support.soak_process import Machine, Process
from tests.support.soak_rules import Rules

SITE = "https://maildesk.example"
REFUSALS: tuple[dict[str, str] | None, ...] = (
    *(None,) * 6,
    {"error": "invalid_client", "error_description": "AADSTS7000222: expired"},
    {"error": "invalid_grant", "error_description": "AADSTS50173: the password was changed"},
    {"error": "invalid_grant", "error_description": "AADSTS65001: consent is missing"},
    {"error": "interaction_required", "error_description": "AADSTS90094: admin consent"},
    {"error": "temporarily_unavailable", "error_description": "AADSTS90033: a moment"},
)
"""What Microsoft answers in place of a token."""

OUTAGE = Observation(Where.NETWORK, "token", condition=Condition.TIMEOUT)
FAULTS: dict[str, dict[StepId, Observation]] = {
    "well": {},
    "sending is off": {
        StepId.SMTP_AUTH: Observation(Where.SMTP, StepId.SMTP_AUTH, **SENDING_IS_OFF)
    },
    "no answer": {
        StepId.IMAP_CONNECT: Observation(
            Where.IMAP, StepId.IMAP_CONNECT, condition=Condition.TIMEOUT
        )
    },
    "refused": {
        StepId.IMAP_AUTH: Observation(Where.IMAP, StepId.IMAP_AUTH, text="AUTHENTICATE failed.")
    },
    "throttled": {
        StepId.SMTP_AUTH: Observation(
            Where.SMTP,
            StepId.SMTP_AUTH,
            status=432,
            enhanced="4.3.2",
            text="Concurrent connections",
        )
    },
}
LIKELY = (
    ActionId.TEST_RUN,
    ActionId.FOLDERS_ACCEPT,
    ActionId.FIX_REPORTED,
    ActionId.LINK_RENEW,
    ActionId.ACCOUNT_SHOW,
    ActionId.REMINDER_SNOOZE_DAY,
    ActionId.ALERT_ACKNOWLEDGE,
    ActionId.ALERT_RETEST,
    ActionId.SUPPORT_DO_IT,
    ActionId.REQUEST_TAKE,
    ActionId.ORGANISATION_CONFIRM,
    ActionId.ADMIN_PACKET,
)
WAITS_MINUTES = (1, 2, 9, 31, 61, 250, 1500, 4400)
QUIET = hours(8)
"""So long after everything is well nothing may be left undone: longer than any wait for another try."""

some = st.integers(0, 11)
people = st.sampled_from(PEOPLE)


class Life(RuleBasedStateMachine):
    """Two customers with mailboxes on every part of the road, support, and somebody on call."""

    def __init__(self) -> None:
        super().__init__()
        self._around = ExitStack()
        self._around.enter_context(same_numbers(0))
        log = self._around.enter_context(capture_logs([format_exc_info]))
        self.clock = FastClock()
        self.fate = Fate()
        self.slack = SoakSlack(self.fate)
        self.microsoft = SoakMicrosoft(self.fate)
        self.mail = SoakProbe(self.fate, self.microsoft)
        self.people = Slackers(self.slack, self.clock)
        self.rules_to_keep = Rules(self.slack, self.microsoft, self.mail, log)
        self.machine = self._settled()
        self.sent: list[Payload] = []
        """What Slack has sent, to be sent again."""
        self.held: list[Payload] = []
        """What is on its way still."""
        self.at_microsoft: list[tuple[Person, dict[str, str]]] = []
        """Who will come back from there, with which answer."""

    @property
    def process(self) -> Process:
        """The process that is there now."""
        return self.machine.process

    def _settled(self) -> Machine:
        pagers = SoakPagers(fate=self.fate)
        outside = Outside(self.clock, self.slack, self.microsoft, self.mail, pagers)
        engine = new_database()
        bot = FastBot(engine=engine, outside=outside)
        settle(bot)
        beta = bot.customer("Beta Boats", BETA)
        settle(bot)
        with bot.store.transaction() as tx:
            for channel in (ACME, BETA):
                notices.show_setup_card(tx, channel, bot.now)
        for channel, name, state in (
            (bot.acme, "Live", State.LIVE),
            (bot.acme, "New", State.AWAITING_SIGN_IN),
            (beta, "Open", State.UNMAPPED),
            (beta, "Live", State.LIVE),
        ):
            self._begin(bot, channel, name, state)
        self.rules_to_keep.begin(bot)
        store = MortalStore(engine, told(bot.settings), self.fate)
        machine = Machine(Moment(outside, store, bot.acme), self.fate)
        machine.alive(lambda process: process.run_due())
        return machine

    def _begin(self, bot: FastBot, channel: Any, name: str, state: State) -> None:
        domain = "acme.example" if channel.id == ACME else "beta.example"
        address = f"{name.lower()}@{domain}"
        account = bot.account(state, name=name, channel=channel, address=address)
        if state is State.AWAITING_SIGN_IN:
            bot.link(account)
        else:
            bot.checks.start(account.id, CAROL)
        bot.show(account)

    # -- what people do

    @rule(who=people, surface=some, which=st.integers(0, 30), variant=some)
    def somebody_presses(self, who: Person, surface: int, which: int, variant: int) -> None:
        """Anything that stands before them."""
        there = self.people.before(who)
        if there:
            self._use(who, there[surface % len(there)], which, variant)

    @rule(who=people, which=some, variant=some)
    def somebody_goes_on(self, who: Person, which: int, variant: int) -> None:
        """What people press most, wherever it stands; a form that this opens is sent."""
        self._press(who, LIKELY, which, variant)
        self.somebody_sends_a_form(who, variant)

    @rule(who=st.sampled_from([CAROL, BEA, VERA]), variant=some)
    def somebody_adds_a_mailbox(self, who: Person, variant: int) -> None:
        """The form, opened and sent."""
        self._press(who, (ActionId.ACCOUNT_ADD,), 0, variant)
        self.somebody_sends_a_form(who, variant)

    @rule(who=people, variant=some)
    def somebody_sends_a_form(self, who: Person, variant: int) -> None:
        """The window that is open."""
        there = next(iter(self.people.before(who)), None)
        if there is not None and there.callback:
            payload = self.people.submit(who, there, variant)
            if payload is not None:
                self._send(payload)

    @rule(who=people, text=st.sampled_from(MENTIONS))
    def somebody_mentions_us(self, who: Person, text: str) -> None:
        """In their channel."""
        self._send(self.people.mention(who, text))

    @rule(who=st.sampled_from([VERA, OMAR]), text=st.sampled_from(COMMANDS))
    def somebody_types_a_command(self, who: Person, text: str) -> None:
        """Only people of our workspace can."""
        self._send(self.people.command(who, text))

    @rule(who=people)
    def somebody_opens_the_home_tab(self, who: Person) -> None:
        """It is drawn for them."""
        self._send(self.people.home(who))

    @rule(who=people, which=some, right=st.sampled_from([True] * 5 + [False]))
    def somebody_signs_in(self, who: Person, which: int, right: bool) -> None:
        """There and back."""
        before = len(self.at_microsoft)
        self.somebody_goes_to_microsoft(who, which, right)
        if len(self.at_microsoft) > before:
            self.somebody_comes_back(before, again=False, said="yes")

    @rule(who=people, which=some, right=st.booleans())
    def somebody_goes_to_microsoft(self, who: Person, which: int, right: bool) -> None:
        """Along a login link; the mailbox's own person, or another."""
        links = self._links()
        if not links:
            return
        link = links[which % len(links)]
        upn = self._expected(link) if right else f"box{which % 4}@acme.example"
        begun = self._browse(who, link, {})
        if begun is not None and begun.status_code == 303:
            state = begun.headers["Location"].rpartition("state=")[2]
            self.at_microsoft.append((who, {"state": state, "code": upn}))

    @rule(which=some, again=st.booleans(), said=st.sampled_from(["yes", "yes", "cancelled"]))
    def somebody_comes_back(self, which: int, again: bool, said: str) -> None:
        """Of those who are at Microsoft one; `again`: and presses *reload*, now or later."""
        if not self.at_microsoft:
            return
        place = which % len(self.at_microsoft)
        who, answer = self.at_microsoft[place] if again else self.at_microsoft.pop(place)
        if said == "cancelled":
            answer = {"state": answer["state"], "error": "access_denied"}
        self._browse(who, "/oauth/callback", answer)

    @rule(which=some, yes=st.booleans())
    def an_administrator_answers(self, which: int, yes: bool) -> None:
        """On the approval page, with what it lets us know."""
        account = self._account(which)
        with self.fate.asleep():
            page = self.process.consent.link(account)
        answer = {"state": page.rpartition("state=")[2], "tenant": account.tenant_id}
        answer |= {"admin_consent": "True"} if yes else {"error": "access_denied"}
        self._browse(VERA, "/consent/callback", answer)

    # -- what Slack does on the way

    @rule(back=some)
    def slack_sends_something_again(self, back: int) -> None:
        """It has had no answer in time, or thinks so."""
        if self.sent:
            self._arrive(self.sent[-1 - back % len(self.sent)])

    @rule(which=some)
    def something_late_arrives(self, which: int) -> None:
        """In whatever order."""
        if self.held:
            self._arrive(self.held.pop(which % len(self.held)))

    @rule()
    def the_next_is_late(self) -> None:
        """What is sent next is held up on its way."""
        self._late = True

    _late = False

    @rule(moods=st.lists(st.sampled_from(list(Mood)), min_size=1, max_size=8))
    def slack_is_moody(self, moods: list[Mood]) -> None:
        """For the next calls."""
        self.slack.moods.extend(moods)

    @rule(channel=st.sampled_from([ACME, BETA]), told=st.booleans())
    def a_channel_is_archived_or_back(self, channel: str, told: bool) -> None:
        """`told`: the event reaches us."""
        kind = "channel_unarchive" if channel in self.slack.archived else "channel_archive"
        self.slack.archived ^= {channel}
        event = self.people.of_channel(kind, channel)
        if told:
            self._send(event)

    # -- what Microsoft and the mail servers do

    @rule(refusal=st.sampled_from(REFUSALS))
    def microsoft_refuses(self, refusal: dict[str, str] | None) -> None:
        """Or gives tokens again."""
        self.microsoft.refusal = refusal

    @rule(is_out=st.booleans())
    def microsoft_is_out(self, is_out: bool) -> None:
        """Or is back."""
        self.microsoft.outage = OUTAGE if is_out else None

    @rule(which=some, fault=st.sampled_from([*FAULTS, *["well"] * 3]))
    def a_mailbox_has_a_fault(self, which: int, fault: str) -> None:
        """Or is well again."""
        mailbox = self.process.mailbox(self._account(which))
        mailbox.faults = dict(FAULTS[fault])

    @rule(which=some, left=st.integers(2, 4))
    def folders_vanish_or_are_back(self, which: int, left: int) -> None:
        """Somebody deletes them in their mail program."""
        self.process.mailbox(self._account(which)).folders = ORDINARY[:left]

    # -- what becomes of us

    @rule(minutes=st.sampled_from(WAITS_MINUTES))
    def time_passes(self, minutes: int) -> None:
        """With the bot at work."""
        self.machine.live(timedelta(minutes=minutes))

    @rule()
    def what_is_due_is_done(self) -> None:
        """At this moment."""
        self.machine.alive(lambda process: process.run_due())

    @rule(which=some, hang=st.booleans())
    def threads_hang_or_go_on(self, which: int, hang: bool) -> None:
        """What was acknowledged waits, from now on; or one piece of it is done before the others."""
        self._hangs = hang
        if self.machine.later.waiting:
            self.machine.alive(lambda _: self.machine.later.do(which))

    _hangs = False

    @rule(steps=st.integers(1, 300), at_work=st.booleans())
    def the_process_is_going_to_die(self, steps: int, at_work: bool) -> None:
        """In the midst of whatever it does then; `at_work`: that is much, and now."""
        if at_work:
            self.somebody_mentions_us(CAROL, "test all")
        self.fate.die_in(steps)
        if at_work:
            self.what_is_due_is_done()

    @rule()
    def the_process_starts_anew(self) -> None:
        """In a moment in which it does nothing."""
        self.machine.start()

    # -- what must hold

    @invariant()
    def all_is_as_it_must_be(self) -> None:
        """At every moment."""
        self._assert(self.rules_to_keep.problems)

    def teardown(self) -> None:
        """Where nothing went wrong until now: all is well outside, and after some days nothing is
        left undone."""
        try:
            if sys.exc_info()[0] is None:
                self._all_is_well()
                self.machine.live(QUIET)
                self._everything_is_tested()
                self.machine.live(timedelta(minutes=9))
                self._assert(self.rules_to_keep.problems)
                self._assert(self.rules_to_keep.left_over)
        finally:
            self._around.close()

    def _all_is_well(self) -> None:
        self._hangs = False
        self._late = False
        self.fate.die_in(0)
        self.slack.moods.clear()
        self.microsoft.refusal = None
        self.microsoft.outage = None
        for mailbox in self.mail.mailboxes.values():
            mailbox.faults = {}
            mailbox.folders = ORDINARY
        self.slack.archived.clear()
        while self.held:
            self._arrive(self.held.pop(0))
        self._do_behind()

    def _everything_is_tested(self) -> None:
        """Every mailbox that is connected, because somebody asks for it."""
        for account in self.process.accounts_there():
            if account.state in SIGNED_IN:
                self.process.checks.start(account.id, VERA)

    def _assert(self, rules: Callable[[Process], Iterator[str]]) -> None:
        with self.fate.asleep():
            found = list(rules(self.process))
        assert not found, "\n".join(found)

    # -- how it is done

    def _use(self, who: Person, there: Surface, which: int, variant: int) -> None:
        elements = there.elements()
        if there.callback and which % (len(elements) + 1) == len(elements):
            payload = self.people.submit(who, there, variant)
        elif elements:
            payload = self.people.press(who, there, *elements[which % len(elements)], variant)
        else:
            payload = None
        if payload is not None:
            self._send(payload)

    def _press(self, who: Person, actions: Collection[ActionId], which: int, variant: int) -> None:
        """One of these buttons, if any stands before them."""
        found = [
            (there, block, element)
            for there in self.people.before(who)
            for block, element in there.elements()
            if element["action_id"] in actions
        ]
        if found:
            there, block, element = found[which % len(found)]
            self._send(self.people.press(who, there, block, element, variant))

    def _send(self, payload: Payload) -> None:
        """Slack takes something on its way to us."""
        self.sent.append(payload)
        if self._late:
            self._late = False
            self.held.append(payload)
        else:
            self._arrive(payload)

    def _arrive(self, payload: Payload) -> None:
        """It reaches us. An event that is not answered well is sent again."""
        answers: list[Any] = []
        alive = self.machine.alive(lambda process: answers.append(process.hear(payload)))
        if payload.get("type") == "event_callback" and not (alive and answers[0].status == 200):
            self.held.append(payload)
        if alive and payload.get("type") == "view_submission":
            self._answered(payload, answers[0])
        if not self._hangs:
            self._do_behind()

    def _answered(self, payload: Payload, answer: Any) -> None:
        """What the person sees of a form that they sent."""
        user = payload["user"]["id"]
        view_id = payload["view"]["id"]
        body = json.loads(answer.body or "{}")
        match body.get("response_action"):
            case "errors":
                return
            case "update":
                self.slack.replaced(user, view_id, body["view"])
            case _:
                stack = self.slack.windows[user]
                stack[:] = [view for view in stack if view["id"] != view_id]

    def _do_behind(self) -> None:
        while self.machine.later.waiting:
            self.machine.alive(lambda _: self.machine.later.do())

    def _browse(self, who: Person, path: str, form: dict[str, str]) -> Any:
        """A page's answer to what somebody posts; None where the process dies meanwhile."""
        answers: list[Any] = []
        browser = self.machine.web.browser(who.user)
        self.machine.alive(lambda _: answers.append(browser.post(path, data=form, base_url=SITE)))
        return answers[0] if answers else None

    def _links(self) -> list[str]:
        """The paths of the login links that stand in the channels."""
        found = [
            str(element["url"]).removeprefix(SITE)
            for message in self.slack.posted
            for _, element in Surface(message.blocks, {}).elements()
            if "/login/" in str(element.get("url", ""))
        ]
        return [path for path in dict.fromkeys(found) if path.count("/") == 2]

    def _expected(self, link: str) -> str:
        """Whom the start page names as who signs in; nobody where it leads nowhere."""
        with self.fate.asleep():
            try:
                return str(self.process.signin.look(link.rpartition("/")[2]).signs_in_as)
            except LinkUnusable:
                return "nobody@acme.example"

    def _account(self, which: int) -> Account:
        """One of those in use."""
        with self.fate.asleep():
            there = self.process.accounts_there()
        return there[which % len(there)]
