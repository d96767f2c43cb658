"""Who of a channel the customers are: what is usual, what support says, and what becomes of it."""

import pytest

from bot.accounts.circles import CircleOffer
from bot.common.people import SLACK, Person
from bot.common.refusals import Refused
from bot.support.rights import Action, Role
from bot.views.customers import Circle
from storage.vocabulary import CustomersAre
from tests.support.fast import ACME, CAROL, VERA, FastBot
from tests.support.fast_ports import BOT

NEW = "C0NEW"
OTHERS = CustomersAre.OTHER_WORKSPACES
EVERYBODY = CustomersAre.EVERYBODY
NILS = Person("T0LUMEN", "U0NILS")


def offered(bot: FastBot, channel: str = NEW) -> CircleOffer:
    """What support chooses from."""
    return bot.circles.offer(channel)


def said(bot: FastBot, who: CustomersAre, *teams: str, channel: str = NEW) -> Circle:
    """Support chooses, and binds the channel."""
    circle = bot.circles.chosen(channel, who, frozenset(teams))
    bot.customers.bind(channel, "Beta Boats", VERA, circle=circle)
    return kept(bot, channel)


def kept(bot: FastBot, channel: str = NEW) -> Circle:
    """What is kept of a channel."""
    with bot.store.transaction() as tx:
        row = tx.channels.get(channel)
        assert row is not None
        return Circle.of(row)


# -- what is usual


def test_in_a_shared_channel_the_customers_are_those_of_the_other_workspaces(
    bot: FastBot,
) -> None:
    bot.slack.shared_with[NEW] = ["T0BETA", "E0BETA"]

    offer = offered(bot)
    assert offer.circle == Circle(OTHERS, frozenset({"T0BETA", "E0BETA"}))
    assert offer.teams == {"T0BETA", "E0BETA"}


def test_in_a_channel_of_our_own_everybody_is_a_customer_of_our_own_workspace(
    bot: FastBot,
) -> None:
    assert offered(bot) == CircleOffer(Circle(EVERYBODY, frozenset({"T0LUMEN"})), frozenset())


def test_a_channel_that_the_bot_is_not_in_is_not_set_up(bot: FastBot) -> None:
    bot.slack.members[NEW] = {VERA.user}

    with pytest.raises(Refused) as refused:
        offered(bot)
    assert refused.value.sentence == "refused.bot_not_in_channel"


def test_our_own_channels_that_the_bot_is_not_in_are_named(bot: FastBot) -> None:
    assert bot.circles.without_us([NEW, "C0OLD"]) == []
    bot.slack.members[NEW] = {VERA.user}
    assert bot.circles.without_us([NEW, "C0OLD"]) == [NEW]
    bot.slack.fails_next("conversations.info", "ratelimited", 429)
    assert bot.circles.without_us([NEW]) == [], "what Slack does not say is no news"


def test_while_slack_is_silent_nobody_of_ours_becomes_a_customer_by_default(bot: FastBot) -> None:
    bot.slack.fails_next("conversations.info", "ratelimited", 429)

    assert offered(bot) == CircleOffer(Circle(OTHERS), frozenset())


# -- what support says


def test_what_was_said_is_kept_offered_again_and_audited(bot: FastBot) -> None:
    bot.slack.shared_with[NEW] = ["T0BETA", "T0AGENCY"]

    circle = said(bot, OTHERS, "T0BETA")

    assert circle == Circle(OTHERS, frozenset({"T0BETA"}))
    assert offered(bot) == CircleOffer(circle, frozenset({"T0BETA", "T0AGENCY"}))
    (entry,) = bot.audited("channel.bound")
    assert entry.detail["customers_are"] == "other-workspaces"
    assert entry.detail["customer_teams"] == "T0BETA"


def test_where_everybody_is_a_customer_our_own_workspace_is_theirs_too(bot: FastBot) -> None:
    assert said(bot, EVERYBODY).teams == {"T0LUMEN"}
    assert said(bot, EVERYBODY, "T0BETA").teams == {"T0LUMEN", "T0BETA"}


def test_support_says_otherwise_later(bot: FastBot) -> None:
    said(bot, EVERYBODY)
    bot.slack.members[NEW] = {NILS.user, BOT}
    assert bot.rights.role(NILS, NEW) is Role.CUSTOMER

    assert said(bot, OTHERS) == Circle(OTHERS)
    assert bot.rights.role(NILS, NEW) is Role.COLLEAGUE
    assert offered(bot).circle.customers_are is OTHERS


def test_workspaces_that_were_not_offered_stay_as_they_were(bot: FastBot) -> None:
    said(bot, EVERYBODY, "T0BETA")

    assert bot.circles.chosen(NEW, OTHERS, None) == Circle(OTHERS, frozenset({"T0BETA"}))


def test_binding_without_a_word_about_it_leaves_it_as_it_was(bot: FastBot) -> None:
    before = said(bot, EVERYBODY, "T0BETA")

    bot.customers.bind(NEW, "Beta Boats", VERA)

    assert kept(bot) == before


def test_a_workspace_that_came_later_is_offered_and_not_taken_for_granted(bot: FastBot) -> None:
    bot.slack.shared_with[NEW] = ["T0BETA"]
    said(bot, OTHERS, "T0BETA")
    bot.slack.shared_with[NEW] = ["T0BETA", "T0ELSE"]

    offer = offered(bot)
    assert offer.circle.teams == {"T0BETA"}
    assert offer.teams == {"T0BETA", "T0ELSE"}


def test_where_no_workspace_was_named_those_that_are_there_are_suggested(bot: FastBot) -> None:
    said(bot, OTHERS)
    bot.slack.shared_with[NEW] = ["T0BETA"]

    assert offered(bot).circle == Circle(OTHERS, frozenset({"T0BETA"}))
    assert kept(bot).teams == frozenset(), "support has to say it"


# -- a channel that is shared after it was set up


def test_the_first_workspace_that_joins_is_the_customers(bot: FastBot) -> None:
    said(bot, OTHERS)
    bot.slack.shared_with[NEW] = ["T0BETA"]

    bot.circles.shared_with(NEW, "T0BETA")

    assert kept(bot).teams == {"T0BETA"}
    (entry,) = bot.audited("channel.shared")
    assert (entry.subject, entry.user) == (NEW, SLACK.user)
    assert entry.detail == {"team": "T0BETA"}


def test_a_second_workspace_is_not(bot: FastBot) -> None:
    said(bot, OTHERS)
    bot.slack.shared_with[NEW] = ["T0BETA", "T0ELSE"]

    bot.circles.shared_with(NEW, "T0ELSE")

    assert kept(bot).teams == frozenset()


def test_what_support_said_is_not_changed_by_who_joins(bot: FastBot) -> None:
    said(bot, OTHERS, "T0BETA")
    bot.slack.shared_with[NEW] = ["T0ELSE"]

    bot.circles.shared_with(NEW, "T0ELSE")

    assert kept(bot).teams == {"T0BETA"}


def test_a_channel_that_is_nobodys_is_shared_unnoticed(bot: FastBot) -> None:
    bot.slack.shared_with["C0ELSE"] = ["T0ELSE"]
    bot.circles.shared_with("C0ELSE", "T0ELSE")
    assert bot.audited("channel.shared") == []


def test_everything_goes_along_when_the_channel_gets_another_id(bot: FastBot) -> None:
    before = said(bot, EVERYBODY, "T0BETA")

    bot.customers.renumber(NEW, "C0NEWER")

    assert kept(bot, "C0NEWER") == before


# -- who is spoken to


def test_a_reminder_speaks_to_customers_of_our_own_workspace_and_not_to_support(
    bot: FastBot,
) -> None:
    rights = bot.rights
    assert rights.is_customers(CAROL, ACME)
    assert not rights.is_customers(NILS, ACME)
    assert not rights.is_customers(VERA, ACME)

    said(bot, EVERYBODY)
    assert rights.is_customers(NILS, NEW)
    assert not rights.is_customers(VERA, NEW)


def test_who_is_of_the_workspace_says_whose_organisation_it_is(bot: FastBot) -> None:
    said(bot, EVERYBODY)
    bot.slack.members[NEW] = {NILS.user, CAROL.user}

    assert bot.rights.may(NILS, NEW, Action.CONFIRM_ORGANISATION)
    assert not bot.rights.may(CAROL, NEW, Action.CONFIRM_ORGANISATION), "of a third workspace"
    assert bot.rights.may(CAROL, NEW, Action.ADD)
