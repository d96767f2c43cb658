"""What people ask who mention us, in plain words, and what they are answered."""

import pytest
from slack_sdk import WebClient

from bot.common.people import Person
from bot.views.audience import Role
from handlers.commands import Commands
from handlers.features.answers import answer_to
from handlers.slack.payloads import Command
from handlers.slack.presenter import Presenter
from handlers.text.asking import Question, question
from storage.vocabulary import Owner, State
from tests.support.fast import ACME, ALERTS, CAROL, DESK, VERA, FastBot, hours

OMAR = Person("T0LUMEN", "U0OMAR", ALERTS)

STATUS = """
how far are we? | status | Status? | what's next | What\u2019s next? | what is missing | so, what now?
what is left to do here? | what do we have to do | whose turn is it? | where do we stand | any news?
who are we waiting for? | are we done yet? | how's it going | which mailboxes are still open?
wie weit sind wir? | Wie weit sind wir eigentlich? | was fehlt noch | Wie ist der Stand? | und jetzt?
où en est-on ? | qué falta | a che punto siamo? | hoe ver zijn we | hvor langt er vi | hur långt har vi kommit
"""
HELP = (
    "| help | hello? | hi there | Danke! | thank you very much | what can you do? | ??? | :wave:!"
)
UNKNOWN = """
who won the match | the printer is on fire | please call me tomorrow at nine | lorem ipsum
my colleague said that the status of the order from last week is not what she had expected to see
"""


def each(texts: str) -> list[str]:
    return [text.strip() for line in texts.strip().splitlines() for text in line.split("|")]


@pytest.mark.parametrize(
    ("texts", "asked"),
    [(STATUS, Question.STATUS), (HELP, Question.HELP), (UNKNOWN, Question.UNKNOWN)],
)
def test_what_is_asked_in_plain_words_is_known(texts: str, asked: Question) -> None:
    assert {text: question(text) for text in each(texts)} == dict.fromkeys(each(texts), asked)


# -- what the channel reads


def said(bot: FastBot, text: str, person: Person = CAROL, channel: str = ACME) -> Command:
    event = {
        "user": person.user,
        "user_team": person.team,
        "channel": channel,
        "text": f"<@U0BOT> {text}",
    }
    return Command.of_mention(event, WebClient())


def answer(bot: FastBot, text: str, person: Person = CAROL, channel: str = ACME) -> str:
    """The words and buttons that the channel reads."""
    names = Commands(bot.services).names
    told = answer_to(bot.services, said(bot, text, person, channel), names)
    assert told is not None
    drawn = Presenter(bot.services).draw("what-to-do", told)
    return f"{drawn.text}\n{drawn.blocks}"


def test_how_far_we_are_is_told_by_whose_turn_it_is(bot: FastBot) -> None:
    bot.account(State.LIVE)
    for name in ("Sales", "Info"):
        bot.account(State.AWAITING_ADMIN, name=name)
    bot.account(State.UNMAPPED, name="Office")
    text = answer(bot, "how far are we?")

    assert "*Live: 1 of 4.*" in text
    assert "*your Microsoft 365 administrator* (2, since " in text
    assert "Sales, Info" in text
    assert "*the mailbox user* (1, since " in text
    assert "Show all accounts" in text


def test_where_one_account_waits_its_card_is_a_press_away(bot: FastBot) -> None:
    one = bot.account(State.AWAITING_SIGN_IN)
    text = answer(bot, "status")
    assert "'action_id': <ActionId.ACCOUNT_SHOW" in text
    assert one.ref in text


def test_of_another_customer_nothing_is_told(bot: FastBot) -> None:
    borealis = bot.customer("Borealis", "C0BORE")
    theirs = bot.account(State.BROKEN, name="Planted", channel=borealis)
    text = answer(bot, "status")
    assert "There are no mailboxes yet" in text
    assert theirs.name not in text


@pytest.mark.parametrize("person", [VERA, OMAR])
@pytest.mark.parametrize("channel", [DESK, ALERTS])
def test_in_our_own_channels_every_customer_is_told(
    bot: FastBot, person: Person, channel: str
) -> None:
    bot.slack.members[ALERTS] = {OMAR.user, VERA.user}
    bot.account(State.LIVE)
    assert "*Acme Marine*: 1 of 1 live" in answer(bot, "status", person, channel)


ERRORS = """
AADSTS50105: The signed in user is not assigned to a role for the application.
It says `AADSTS50105` again
```AADSTS50105: EntitlementGrantsNotFound
Trace ID: 1```
&gt; Sorry, but we\u2019re having trouble signing you in. AADSTS50105: your administrator has configured
login does not work: AADSTS50105
error AADSTS50105
status AADSTS50105
"""


def test_the_text_of_an_error_is_explained_with_the_way_on(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_SIGN_IN)
    for pasted in ERRORS.strip().replace("\nTrace", "  Trace").splitlines():
        text = answer(bot, pasted)
        assert "This text means" in text, pasted
        assert "Whose turn" in text, pasted
        assert account.ref in text, pasted
        assert "Do it for us" in text, pasted


def test_what_we_do_not_understand_leads_on_too(bot: FastBot) -> None:
    for said_so in ("The frobnicator cannot frobnicate today", "error: it cannot frobnicate"):
        text = answer(bot, said_so)
        assert "I did not understand that" in text
        assert "I saw an error" in text
        assert "Do it for us" in text


@pytest.mark.parametrize(
    "text", ["test all", "status Info", "list", "login MB-7Q3F-9K2D", "error MX-7Q3F-9K2D"]
)
def test_a_subcommand_is_one_after_a_mention_too(bot: FastBot, text: str) -> None:
    names = Commands(bot.services).names
    assert answer_to(bot.services, said(bot, text), names) is None


@pytest.mark.parametrize("text", ["test failed, what now?", "add what is missing?"])
def test_a_question_that_begins_like_a_subcommand_is_none(bot: FastBot, text: str) -> None:
    assert "Live: " in answer(bot, text) or "There are no mailboxes yet" in answer(bot, text)


@pytest.mark.parametrize("role", Role)
def test_help_offers_nobody_what_they_may_not_do(bot: FastBot, role: Role) -> None:
    told = {"channel": ACME, "audience": "customer", "about": "help", "role": role.value}
    text = str(Presenter(bot.services).draw("what-to-do", told).blocks)
    acts = role in (Role.SUPPORT, Role.CUSTOMER, Role.GUEST)
    assert ("Add an account" in text) is acts
    assert ("/maildesk setup" in text) is (role is Role.SUPPORT)
    assert ("full members" in text) is (role is Role.GUEST)
    assert "I saw an error" in text


def test_the_oldest_wait_comes_first(bot: FastBot) -> None:
    bot.account(State.UNMAPPED, name="Later", waiting_for=hours(1))
    bot.account(State.AWAITING_ADMIN, name="Earlier", waiting_for=hours(9))
    text = answer(bot, "what's missing?")
    assert text.index("Earlier") < text.index("Later")
    assert Owner.ADMINISTRATOR in text
