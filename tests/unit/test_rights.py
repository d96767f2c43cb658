"""Who may do what: role by role and action by action, against a table that is written by hand."""

import pytest

from bot.common.people import Person
from bot.common.refusals import Refused
from bot.support.rights import ALLOWED, Action, Role
from tests.support.fast import ACME, ALERTS, CAROL, DESK, VERA, FastBot
from tests.support.rights import MAY

pytestmark = pytest.mark.rights

OMAR = Person("T0LUMEN", "U0OMAR")
NILS = Person("T0LUMEN", "U0NILS")
GWEN = Person("T0ACME", "U0GWEN")
SAM = Person("T0ELSE", "U0SAM")
PEOPLE = {
    "support": VERA,
    "on-call": OMAR,
    "colleague": NILS,
    "customer": CAROL,
    "guest": GWEN,
    "stranger": SAM,
}
INSIDE = ("support", "colleague", "customer", "guest")
"""Who is in the channel, or may look into every one."""


@pytest.fixture
def office(bot: FastBot) -> FastBot:
    """A bot in an office with one person of each role."""
    bot.slack.members[ACME] = {CAROL.user, NILS.user, GWEN.user}
    bot.slack.members[ALERTS] = {OMAR.user, CAROL.user}
    bot.slack.guests = {GWEN.user}
    return bot


def refusal(ask: object, *args: object) -> str:
    """The sentence with which it is refused; empty if it is not."""
    try:
        ask(*args)  # type: ignore[operator]
    except Refused as refused:
        return refused.sentence
    return ""


def test_the_table_has_every_role_and_action() -> None:
    assert MAY.keys() == {(role.value, action.value) for role in Role for action in Action}


@pytest.mark.parametrize(("role", "action"), MAY)
def test_the_rights_are_those_of_the_table(role: str, action: str) -> None:
    assert (Action(action) in ALLOWED[Role(role)]) is MAY[role, action]


@pytest.mark.parametrize(("role", "action"), MAY)
def test_in_a_channel_each_role_may_do_what_the_table_says(
    office: FastBot, role: str, action: str
) -> None:
    refused = refusal(office.rights.channel, PEOPLE[role], ACME, Action(action))

    if role in INSIDE:
        assert refused == ("" if MAY[role, action] else "refused.role")
    else:
        assert refused == "refused.not_in_channel"


@pytest.mark.parametrize(("role", "action"), MAY)
def test_with_an_account_each_role_may_do_what_the_table_says(
    office: FastBot, role: str, action: str
) -> None:
    account = office.account()

    refused = refusal(office.rights.account, PEOPLE[role], account.ref, Action(action))

    if role in INSIDE:
        assert refused == ("" if MAY[role, action] else "refused.role")
    else:
        assert refused == "refused.no_account"


@pytest.mark.parametrize("role", PEOPLE)
def test_everybody_is_known_for_what_they_are(office: FastBot, role: str) -> None:
    assert office.rights.role(PEOPLE[role], ACME) is Role(role)


@pytest.mark.parametrize("role", PEOPLE)
def test_what_is_the_support_teams_alone_is_nobody_elses(office: FastBot, role: str) -> None:
    assert refusal(office.rights.support, PEOPLE[role]) == (
        "" if role == "support" else "refused.support_only"
    )


@pytest.mark.parametrize("role", PEOPLE)
def test_alerts_are_for_support_and_for_whoever_is_in_their_channel(
    office: FastBot, role: str
) -> None:
    allowed = role in ("support", "on-call", "customer")  # Carol was invited to the alert channel
    assert refusal(office.rights.on_call, PEOPLE[role]) == (
        "" if allowed else "refused.on_call_only"
    )


def test_who_is_on_call_and_in_the_channel_is_what_they_are_in_the_channel(
    office: FastBot,
) -> None:
    assert office.rights.role(CAROL, ACME) is Role.CUSTOMER


def test_in_another_customers_channel_a_customer_is_a_stranger(office: FastBot) -> None:
    office.customer("Borealis", "C0BORE")
    office.slack.members["C0BORE"] = {"U0NORA"}
    office.slack.members[ALERTS] = set()

    assert office.rights.role(CAROL, "C0BORE") is Role.STRANGER
    refused = refusal(office.rights.channel, CAROL, "C0BORE", Action.SEE)
    assert refused == "refused.not_in_channel"


def test_another_customers_account_reads_like_one_that_there_is_not(office: FastBot) -> None:
    bore = office.customer("Borealis", "C0BORE")
    office.slack.members["C0BORE"] = {"U0NORA"}
    theirs = office.account(channel=bore)

    seen = refusal(office.rights.account, CAROL, theirs.ref, Action.SEE)
    unknown = refusal(office.rights.account, CAROL, "MB-0000-0000", Action.SEE)
    assert (seen, unknown) == ("refused.no_account", "refused.no_account")


def test_a_typing_slip_in_an_id_is_told_from_an_account_that_there_is_not(
    office: FastBot,
) -> None:
    ref = office.account().ref
    slip = ref[:-1] + ("0" if ref[-1] != "0" else "1")

    assert refusal(office.rights.account, CAROL, slip, Action.SEE) == "refused.account_slip"
    assert refusal(office.rights.account, CAROL, "Office", Action.SEE) == "refused.no_account"


def test_a_channel_that_is_not_bound_is_nobodys(office: FastBot) -> None:
    refused = refusal(office.rights.channel, VERA, DESK, Action.SEE)
    assert refused == "refused.channel_not_bound"


def test_a_user_id_means_nothing_without_its_workspace(office: FastBot) -> None:
    impostor = Person("T0ELSE", VERA.user)

    assert not office.rights.is_support(impostor)
    assert office.rights.role(impostor, ALERTS) is Role.STRANGER


def test_who_joins_the_channel_is_let_in_at_once(office: FastBot) -> None:
    assert office.rights.role(SAM, ACME) is Role.STRANGER
    office.slack.members[ACME].add(SAM.user)
    assert office.rights.role(SAM, ACME) is Role.CUSTOMER


def test_our_own_workspace_is_the_one_where_the_app_is_installed(office: FastBot) -> None:
    assert office.rights.own_team() == "T0LUMEN"
