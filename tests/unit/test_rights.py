"""Who may do what: role by role and action by action, against a table that is written by hand."""

from collections import defaultdict
from itertools import product

import pytest

from bot.common.people import Person
from bot.common.refusals import Refused
from bot.support.rights import ALLOWED, Action, Role
from storage.tables import Account, Failure, Reminder
from storage.vocabulary import CustomersAre, Owner, State
from tests.support.fast import ACME, ALERTS, CAROL, DESK, VERA, FastBot, hours
from tests.support.rights import IN_ONE_WORKSPACE, MAY
from tests.support.rows import every

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


each_role_and_action = every("role, action", MAY)
ON_CALL = ("on-call", "customer")
"""Who is in the alert channel: Carol was invited to it."""

NO = defaultdict(lambda: "refused.role", guest="refused.guest")
"""How a role is told that it may not."""


@pytest.fixture
def office(bot: FastBot) -> FastBot:
    """A bot in an office with one person of each role."""
    bot.slack.members[ACME] = {CAROL.user, NILS.user, GWEN.user}
    bot.slack.members[ALERTS] = {OMAR.user, CAROL.user}
    bot.slack.guests = {GWEN.user}
    return bot


@pytest.fixture
def account(office: FastBot) -> Account:
    """An account of the office's customer."""
    return office.account()


def refusal(ask: object, *args: object) -> str:
    """The sentence with which it is refused; empty if it is not."""
    try:
        ask(*args)  # type: ignore[operator]
    except Refused as refused:
        return refused.sentence
    return ""


def test_the_table_has_every_role_and_action() -> None:
    assert MAY.keys() == {(role.value, action.value) for role in Role for action in Action}


@each_role_and_action
def test_the_rights_are_those_of_the_table(role: str, action: str) -> None:
    assert (Action(action) in ALLOWED[Role(role)]) is MAY[role, action]


@each_role_and_action
def test_in_a_channel_each_role_may_do_what_the_table_says(
    office: FastBot, role: str, action: str
) -> None:
    refused = refusal(office.rights.channel, PEOPLE[role], ACME, Action(action))

    if role in INSIDE:
        assert refused == ("" if MAY[role, action] else NO[role])
    else:
        assert refused == "refused.not_in_channel"


@each_role_and_action
def test_with_an_account_each_role_may_do_what_the_table_says(
    office: FastBot, account: Account, role: str, action: str
) -> None:
    refused = refusal(office.rights.account, PEOPLE[role], account.ref, Action(action))

    if action == Action.TIMELINE:  # asked of who is on call, wherever the account is
        allowed = role in ("support", *ON_CALL)
        assert refused == ("" if allowed else "refused.support_only")
    elif role in INSIDE:
        assert refused == ("" if MAY[role, action] else NO[role])
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
    allowed = role in ("support", *ON_CALL)
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


# -- whether a button is worth showing


@each_role_and_action
def test_who_may_do_something_in_a_channel_is_told_yes(
    office: FastBot, role: str, action: str
) -> None:
    allowed = office.rights.may(PEOPLE[role], ACME, Action(action))

    assert allowed is (role in INSIDE and MAY[role, action])


# -- what stands in a channel is its people's


LISTERS = {
    "support": "",
    "on-call": "refused.not_in_channel",
    "colleague": "refused.role",
    "customer": "",
    "guest": "",
    "stranger": "refused.not_in_channel",
}
"""Who may go on with what a customer does about its accounts, and how the others are refused."""

NORA = Person("T0BORE", "U0NORA")


@pytest.fixture
def bore(office: FastBot) -> FastBot:
    """The same office, with a second customer in a channel where only Nora is."""
    office.customer("Borealis", "C0BORE")
    office.slack.members["C0BORE"] = {NORA.user}
    office.slack.members[ALERTS] = {OMAR.user}
    return office


def reminder(bot: FastBot, owner: Owner, channel: str) -> Reminder:
    """The reminder that stands in a channel after something there waited for its people."""
    bot.account(State.FAILING, owner=owner)
    bot.live(hours(5))
    with bot.store.transaction() as tx:
        found = tx.reminders.newest_in(channel)
    assert found is not None
    return found


def draft(bot: FastBot) -> int:
    """A list in the making that is Acme's."""
    return bot.drafts.begin(ACME, "nonsense", CAROL).draft_id


def batch(bot: FastBot) -> int:
    """A batch of new accounts that is Acme's."""
    bot.legacy.import_text(ACME, "Info, info@acme.example", CAROL)
    return bot.legacy.begin_batch(ACME, CAROL)


def old_account(bot: FastBot) -> int:
    """An old account that Acme has listed."""
    bot.legacy.import_text(ACME, "Info, info@acme.example", CAROL)
    with bot.store.transaction() as tx:
        return tx.legacy.of_customer(bot.acme.customer_id)[0].id


@pytest.mark.parametrize("role", PEOPLE)
def test_a_channels_reminder_is_put_off_by_its_people_and_by_support(
    office: FastBot, role: str
) -> None:
    there = reminder(office, Owner.USER, ACME)

    assert refusal(office.rights.reminder, PEOPLE[role], there.id) == LISTERS[role]


@pytest.mark.parametrize("role", PEOPLE)
def test_supports_own_reminder_is_put_off_by_support_alone(office: FastBot, role: str) -> None:
    office.slack.members[DESK] = {VERA.user, CAROL.user}
    there = reminder(office, Owner.SUPPORT, DESK)

    assert refusal(office.rights.reminder, PEOPLE[role], there.id) == (
        "" if role == "support" else "refused.support_only"
    )


@pytest.mark.parametrize("role", PEOPLE)
def test_a_list_in_the_making_is_gone_on_with_by_its_channels_people(
    office: FastBot, role: str
) -> None:
    assert refusal(office.rights.draft, PEOPLE[role], draft(office)) == LISTERS[role]


@pytest.mark.parametrize("role", PEOPLE)
def test_a_batch_is_stopped_by_its_channels_people(office: FastBot, role: str) -> None:
    assert refusal(office.rights.batch, PEOPLE[role], batch(office)) == LISTERS[role]


@pytest.mark.parametrize("role", PEOPLE)
def test_what_becomes_of_an_old_account_is_planned_by_its_channels_people(
    office: FastBot, role: str
) -> None:
    assert refusal(office.rights.old_account, PEOPLE[role], old_account(office)) == LISTERS[role]


def test_who_may_go_on_is_handed_what_was_asked_for(office: FastBot) -> None:
    there = reminder(office, Owner.USER, ACME)
    begun = draft(office)
    under_way = batch(office)
    with office.store.transaction() as tx:
        (listed,) = tx.legacy.of_customer(office.acme.customer_id)

    assert office.rights.reminder(CAROL, there.id) == there.id
    assert office.rights.draft(CAROL, begun) == begun
    assert office.rights.batch(CAROL, under_way) == under_way
    found = office.rights.old_account(CAROL, listed.id)
    assert (found.id, found.address) == (listed.id, "info@acme.example")


def test_the_people_of_another_channel_touch_none_of_it(bore: FastBot) -> None:
    bore.legacy.import_text("C0BORE", "Info, info@bore.example", NORA)
    there = reminder(bore, Owner.USER, ACME)
    rights = bore.rights

    assert refusal(rights.reminder, NORA, there.id) == "refused.not_in_channel"
    assert refusal(rights.draft, NORA, draft(bore)) == "refused.not_in_channel"
    assert refusal(rights.old_account, NORA, old_account(bore)) == "refused.not_in_channel"
    assert refusal(rights.batch, NORA, batch(bore)) == "refused.not_in_channel"
    assert not rights.may(NORA, ACME, Action.SEE)


def test_what_there_is_not_is_nobodys_to_touch(office: FastBot) -> None:
    assert refusal(office.rights.reminder, VERA, 4711) == "refused.nothing_to_snooze"
    assert refusal(office.rights.old_account, VERA, 4711) == "old.gone"
    assert refusal(office.rights.draft, VERA, 4711) == "old.draft_gone"
    assert refusal(office.rights.batch, VERA, 4711) == "old.gone"


# -- who sees how much of an error


def audience(bot: FastBot, person: Person, failure: Failure) -> str:
    """How much of an error a person sees, or the sentence with which they are refused."""
    try:
        return bot.rights.audience_of_error(person, bot.views.errors.card(failure.ref)).name
    except Refused as refused:
        return refused.sentence


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("support", "SUPPORT"),
        ("on-call", "SUPPORT"),
        ("colleague", "error.unknown"),
        ("customer", "CUSTOMER"),
        ("guest", "CUSTOMER"),
        ("stranger", "error.unknown"),
    ],
)
def test_an_accounts_error_is_explained_to_each_as_far_as_it_is_theirs(
    bore: FastBot, role: str, seen: str
) -> None:
    assert audience(bore, PEOPLE[role], bore.failure(bore.account())) == seen


@pytest.mark.parametrize("role", PEOPLE)
def test_an_error_that_is_no_accounts_is_for_support_and_engineers_on_call(
    bore: FastBot, role: str
) -> None:
    seen = audience(bore, PEOPLE[role], bore.failure())

    assert seen == ("SUPPORT" if role in ("support", "on-call") else "refused.on_call_only")


def test_another_customers_error_reads_like_one_that_there_is_not(bore: FastBot) -> None:
    theirs = bore.failure(bore.account())
    card = bore.views.errors.card(theirs.ref)

    with pytest.raises(Refused) as refused:
        bore.rights.audience_of_error(NORA, card)
    assert (refused.value.sentence, refused.value.values) == (
        "error.unknown",
        {"text": theirs.ref},
    )


# -- what somebody was refused is kept


def test_a_refusal_is_kept_with_who_wanted_what_and_where(office: FastBot) -> None:
    stranger = Person(SAM.team, SAM.user, ACME)
    office.rights.keep_refusal(
        stranger, "account.disconnect", Refused("refused.no_account", ref="MB-1")
    )

    (entry,) = office.audited("account.disconnect")
    assert Person(entry.team, entry.user) == SAM
    assert (entry.subject, entry.channel_id) == ("MB-1", ACME)
    assert (entry.result, entry.at) == ("refused.no_account", office.now)


def test_a_refusal_that_is_about_nothing_in_particular_is_kept_too(office: FastBot) -> None:
    office.rights.keep_refusal(SAM, "list", Refused("refused.not_in_channel"))

    (entry,) = office.audited("list")
    assert (entry.subject, entry.result) == ("", "refused.not_in_channel")


def test_of_a_long_text_in_the_place_of_an_id_64_characters_are_kept(office: FastBot) -> None:
    office.rights.keep_refusal(SAM, "show", Refused("refused.no_account", ref="x" * 65))

    (entry,) = office.audited("show")
    assert entry.subject == "x" * 64


# -- what Slack says now counts for whatever changes something


WRITES = [action for action in Action if action not in (Action.SEE, Action.ERROR)]
CUSTOMERS = [action for action in WRITES if MAY["customer", action]]


@pytest.mark.parametrize("action", CUSTOMERS)
def test_who_has_just_left_the_channel_changes_nothing_any_more(
    office: FastBot, action: Action
) -> None:
    assert refusal(office.rights.channel, CAROL, ACME, Action.SEE) == ""
    office.slack.members[ACME].remove(CAROL.user)
    office.slack.members[ALERTS].remove(CAROL.user)

    assert refusal(office.rights.channel, CAROL, ACME, Action.SEE) == "", "a look, a minute late"
    assert refusal(office.rights.channel, CAROL, ACME, action) == "refused.not_in_channel"
    account = office.account()
    assert refusal(office.rights.account, CAROL, account.ref, action) == "refused.no_account"


def test_who_has_just_become_a_guest_does_what_guests_do(office: FastBot) -> None:
    assert office.rights.may(CAROL, ACME, Action.DISCONNECT)
    office.slack.guests.add(CAROL.user)
    assert not office.rights.may(CAROL, ACME, Action.DISCONNECT)
    assert office.rights.may(CAROL, ACME, Action.ADD)


def test_who_has_just_left_the_support_group_does_nothing_as_support() -> None:
    bot = FastBot(support_users="", support_usergroup="S0DESK")
    bot.slack.members[ALERTS] = set()
    bot.slack.support = {VERA.user}
    assert refusal(bot.rights.support, VERA) == ""
    bot.slack.support = set()

    assert refusal(bot.rights.support, VERA, Action.SEE) == "", "a look, a minute late"
    assert refusal(bot.rights.support, VERA) == "refused.support_only"
    assert refusal(bot.rights.on_call, VERA) == "refused.on_call_only"


def test_who_has_just_left_the_alert_channel_acknowledges_nothing(office: FastBot) -> None:
    assert office.rights.is_on_call(OMAR)
    office.slack.members[ALERTS].remove(OMAR.user)
    assert refusal(office.rights.on_call, OMAR) == "refused.on_call_only"


@pytest.mark.parametrize("action", CUSTOMERS)
def test_while_slack_is_busy_nothing_is_changed_and_what_is_there_is_shown(
    office: FastBot, action: Action
) -> None:
    assert office.rights.role(CAROL, ACME) is Role.CUSTOMER
    office.clock.at += hours(0.1)

    office.slack.fails_next("conversations.members", "ratelimited", 429)
    assert refusal(office.rights.channel, CAROL, ACME, action) == "refused.slack_busy"
    office.slack.fails_next("conversations.members", "ratelimited", 429)
    assert refusal(office.rights.channel, CAROL, ACME, Action.SEE) == ""


def test_of_whom_slack_says_nothing_does_what_guests_may(office: FastBot) -> None:
    for action in WRITES:
        office.slack.fails_next("users.info", "user_not_visible")
        refused = refusal(office.rights.channel, CAROL, ACME, action)
        if MAY["guest", action]:
            assert refused == ""
        else:
            assert refused == "refused.slack_busy"


def test_nobody_is_called_a_guest_of_whom_slack_says_nothing(office: FastBot) -> None:
    office.slack.fails_next("users.info", "ratelimited", 429)
    assert office.rights.role(CAROL, ACME) is Role.CUSTOMER


@pytest.mark.parametrize("action", WRITES)
def test_a_colleague_of_whom_slack_says_nothing_does_not_become_more(
    office: FastBot, action: Action
) -> None:
    office.slack.fails_next("users.info", "user_not_visible")
    assert refusal(office.rights.channel, NILS, ACME, action) == "refused.slack_busy"


# -- a channel that is closed


@pytest.mark.parametrize("why", ["archived", "unshared", "left", "archived unshared"])
@pytest.mark.parametrize("role", PEOPLE)
def test_in_a_closed_channel_only_support_goes_on(office: FastBot, role: str, why: str) -> None:
    account = office.account()
    office.customers.close(ACME, why)

    for action in (Action.SEE, Action.ADD, Action.DISCONNECT):
        in_channel = refusal(office.rights.channel, PEOPLE[role], ACME, action)
        of_account = refusal(office.rights.account, PEOPLE[role], account.ref, action)
        if role == "support":
            assert (in_channel, of_account) == ("", "")
        elif role in INSIDE:
            assert (in_channel, of_account) == ("refused.channel_closed",) * 2
        else:
            assert (in_channel, of_account) == ("refused.not_in_channel", "refused.no_account")


def test_in_a_closed_channel_an_error_is_not_explained(office: FastBot) -> None:
    failure = office.failure(office.account())
    office.slack.members[ALERTS] = {OMAR.user}
    office.customers.close(ACME, "unshared")

    assert audience(office, CAROL, failure) == "refused.channel_closed"
    assert audience(office, OMAR, failure) == "SUPPORT"


# -- Enterprise Grid


@pytest.fixture
def grid(office: FastBot) -> FastBot:
    """The vendor has an Enterprise Grid; Nils works in another workspace of it."""
    office.slack.grid = ("T0LUMEN", "T0LAB")
    office.slack.teams = {VERA.user: "T0LUMEN", NILS.user: "T0LAB", CAROL.user: "T0ACME"}
    return office


@pytest.mark.field
@every("team, action", product(["T0LAB", "E0LUMEN"], Action))
def test_a_colleague_of_a_sibling_workspace_is_a_colleague(
    grid: FastBot, team: str, action: Action
) -> None:
    nils = Person(team, NILS.user)

    assert grid.rights.role(nils, ACME) is Role.COLLEAGUE
    assert grid.rights.may(nils, ACME, action) is MAY["colleague", action]


@pytest.mark.field
@pytest.mark.parametrize("team", ["T0LUMEN", "E0LUMEN"])
def test_support_is_support_under_every_id_of_the_organisation(grid: FastBot, team: str) -> None:
    assert grid.rights.role(Person(team, VERA.user), ACME) is Role.SUPPORT
    assert refusal(grid.rights.support, Person(team, VERA.user)) == ""


@pytest.mark.parametrize("team", ["T0ELSE", "E0ELSE", "T0ACME"])
def test_an_impostor_with_a_supporters_user_id_is_not_support(grid: FastBot, team: str) -> None:
    impostor = Person(team, VERA.user)

    assert grid.rights.role(impostor, ALERTS) is Role.STRANGER
    assert refusal(grid.rights.support, impostor) == "refused.support_only"


def test_a_customer_is_a_customer_for_a_vendor_with_a_grid(grid: FastBot) -> None:
    assert grid.rights.role(CAROL, ACME) is Role.CUSTOMER


def test_of_whom_slack_says_nothing_may_be_of_our_grid_and_is_no_customer(grid: FastBot) -> None:
    for action in (Action.ADD, Action.TEST):
        grid.slack.fails_next("users.info", "user_not_visible")
        grid.slack.fails_next("users.info", "user_not_visible")
        assert refusal(grid.rights.channel, CAROL, ACME, action) == "refused.slack_busy"


# -- customers in our own workspace


@pytest.fixture
def help_desk(office: FastBot) -> FastBot:
    """Everybody in the channel who is not of the support team is a customer."""
    with office.store.transaction() as tx:
        channel = tx.channels.get(ACME)
        assert channel is not None
        channel.customers_are = CustomersAre.EVERYBODY
        channel.customer_teams = "T0LUMEN T0ACME"
    office.slack.members[ALERTS] = {OMAR.user}
    return office


OWN_GUEST = Person("T0LUMEN", GWEN.user)


@every("action, who_is", product(Action, IN_ONE_WORKSPACE.items()))
def test_where_everybody_is_a_customer_each_may_do_what_the_table_says(
    help_desk: FastBot, action: Action, who_is: tuple[str, str]
) -> None:
    who, role = who_is
    person = OWN_GUEST if who == "guest" else PEOPLE[who]

    assert help_desk.rights.role(person, ACME) is Role(role)
    allowed = role in INSIDE and MAY[role, action]
    assert help_desk.rights.may(person, ACME, action) is allowed


def test_in_other_channels_the_same_people_only_look_on(help_desk: FastBot) -> None:
    help_desk.customer("Borealis", "C0BORE")
    help_desk.slack.members["C0BORE"] = {NILS.user}
    assert help_desk.rights.role(NILS, "C0BORE") is Role.COLLEAGUE


# -- who says whose organisation it is


@pytest.mark.parametrize(
    ("teams", "sentence"),
    [
        ("T0ACME", ""),
        ("T0OTHER T0ACME", ""),
        ("T0OTHER", "refused.other_workspace"),
        ("T0ACM", "refused.other_workspace"),
        ("", "refused.teams_unknown"),
    ],
)
def test_whose_organisation_it_is_the_customers_own_people_say(
    office: FastBot, teams: str, sentence: str
) -> None:
    with office.store.transaction() as tx:
        channel = tx.channels.get(ACME)
        assert channel is not None
        channel.customer_teams = teams

    asked = (ACME, Action.CONFIRM_ORGANISATION)
    assert refusal(office.rights.channel, CAROL, *asked) == sentence
    assert refusal(office.rights.channel, VERA, *asked) == ""
    assert refusal(office.rights.channel, CAROL, ACME, Action.ADD) == ""


def test_a_customer_with_a_grid_is_known_under_its_id_as_well(grid: FastBot) -> None:
    grid.slack.enterprise_of = {CAROL.user: "E0ACME"}
    carol = Person("E0ACME", CAROL.user)
    assert refusal(grid.rights.channel, carol, ACME, Action.CONFIRM_ORGANISATION) == ""
