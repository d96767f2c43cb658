"""Customers: which channel is whose, whose organisation it is, and what follows when a channel
closes, comes back or gets another id."""

import pytest

from bot.accounts.customers import Care
from bot.common.people import SLACK, Person
from bot.common.refusals import Refused
from bot.diagnosis.observation import Condition, Observation, Where
from bot.messages import notices
from storage.tables import Channel, Customer
from storage.vocabulary import State
from tests.support.fast import ACME, ALERTS, DESK, VERA, FastBot, days, hours, tenant_of

NEW = "C0NEW"
WALTER = Person("T0LUMEN", "U0WALTER", DESK)


def bind(bot: FastBot, name: str, channel: str = NEW, tenant: str = "", **care: object) -> None:
    """Vera binds a channel to a customer; `care` is how it is looked after."""
    bot.customers.bind(channel, name, VERA, tenant, Care(**care) if care else None)


def channel(bot: FastBot, channel_id: str = NEW) -> Channel | None:
    """A channel as it is bound."""
    with bot.store.transaction() as tx:
        return tx.channels.get(channel_id)


def customer(bot: FastBot, channel_id: str = NEW) -> Customer:
    """The customer of a channel."""
    with bot.store.transaction() as tx:
        return tx.channels.customer(tx.channels.get(channel_id).customer_id)


def refusal(bot: FastBot, name: str, channel: str = NEW, tenant: str = "") -> Refused:
    """What Vera is told when she binds a channel."""
    with pytest.raises(Refused) as refused:
        bind(bot, name, channel, tenant)
    return refused.value


def shown(bot: FastBot, channel_id: str) -> list[str]:
    """The keys of the messages that wait for a channel, in order."""
    return list(dict.fromkeys(i.key for i in bot.outbox(channel_id) if i.done_at is None))


# -- whose channel it is


def test_a_bound_channel_is_a_customers_and_shows_the_set_up_card(bot: FastBot) -> None:
    bind(bot, "  Beta   Boats ", tenant=tenant_of("beta.example"))

    bound = channel(bot)
    assert bound is not None
    assert (bound.bound_at, Person(bound.bound_by_team, bound.bound_by_user)) == (bot.now, VERA)
    assert customer(bot).name == "Beta Boats"
    assert customer(bot).created_at == bot.now
    assert customer(bot).tenant_id == tenant_of("beta.example")
    assert shown(bot, NEW) == [notices.setup_key(NEW)]


def test_a_command_that_is_typed_again_since_nobody_answered_is_one_deed(bot: FastBot) -> None:
    bind(bot, "Beta Boats", tenant=tenant_of("beta.example"))
    bind(bot, "Beta Boats", tenant=tenant_of("beta.example"))
    assert len(bot.audited("channel.bound")) == 1

    bind(bot, "Beta Boats", tenant=tenant_of("beta.example"), time_zone="Europe/Berlin")
    assert len(bot.audited("channel.bound")) == 2


def test_who_bound_it_looks_after_the_customer(bot: FastBot) -> None:
    bind(bot, "Beta Boats")

    assert (customer(bot).owner_team, customer(bot).owner_user) == (VERA.team, VERA.user)


def test_how_a_customer_is_looked_after_is_kept_and_audited(bot: FastBot) -> None:
    bind(
        bot,
        "Beta Boats",
        tenant=tenant_of("beta.example"),
        time_zone="Europe/Berlin",
        working_hours="08:00-16:00",
        working_days="1234",
        owner=WALTER,
    )

    now = customer(bot)
    assert (now.time_zone, now.working_hours, now.working_days) == (
        "Europe/Berlin",
        "08:00-16:00",
        "1234",
    )
    assert Person(now.owner_team, now.owner_user) == WALTER
    (entry,) = bot.audited("channel.bound")
    assert (entry.subject, entry.user, entry.at) == (NEW, VERA.user, bot.now)
    assert entry.detail == {
        "customer": "Beta Boats",
        "tenant": tenant_of("beta.example"),
        "time_zone": "Europe/Berlin",
        "working_hours": "08:00-16:00",
        "working_days": "1234",
        "owner_user": WALTER.user,
        "customers_are": "other-workspaces",
        "customer_teams": "",
    }


def test_binding_again_keeps_what_was_said_before(bot: FastBot) -> None:
    tenant = tenant_of("beta.example")
    bind(bot, "Beta Boats", tenant=tenant, time_zone="Asia/Tokyo", owner=WALTER)

    bind(bot, "beta boats")

    assert customer(bot).tenant_id == tenant
    assert customer(bot).time_zone == "Asia/Tokyo"
    assert customer(bot).owner_user == WALTER.user


def test_new_hours_name_no_new_owner(bot: FastBot) -> None:
    bind(bot, "Beta Boats", time_zone="Asia/Tokyo", owner=WALTER)

    bind(bot, "Beta Boats", working_days="67")

    assert (customer(bot).time_zone, customer(bot).working_days) == ("", "67")
    assert customer(bot).owner_user == WALTER.user


def test_a_customer_may_have_several_channels(bot: FastBot) -> None:
    bind(bot, "acme marine")

    assert customer(bot).id == bot.acme.customer_id
    assert customer(bot).tenant_id == tenant_of("acme.example")


@pytest.mark.parametrize("own", [DESK, ALERTS])
def test_our_own_channels_are_bound_to_nobody(bot: FastBot, own: str) -> None:
    assert refusal(bot, "Beta Boats", own).sentence == "refused.our_own_channel"
    assert channel(bot, own) is None


def test_another_customers_channel_stays_theirs(bot: FastBot) -> None:
    refused = refusal(bot, "Beta Boats", ACME)

    assert (refused.sentence, refused.values) == (
        "refused.channel_of_another",
        {"name": "Acme Marine"},
    )
    assert customer(bot, ACME).name == "Acme Marine"


def test_a_customer_has_one_organisation(bot: FastBot) -> None:
    refused = refusal(bot, "Acme Marine", ACME, tenant_of("other.example"))

    assert (refused.sentence, refused.values) == ("organisation.other", {"customer": "Acme Marine"})
    assert customer(bot, ACME).tenant_id == tenant_of("acme.example")


def test_the_same_organisation_may_be_named_again(bot: FastBot) -> None:
    bind(bot, "Acme Marine", ACME, tenant_of("acme.example"))

    assert customer(bot, ACME).tenant_id == tenant_of("acme.example")


def test_binding_a_closed_channel_opens_it(bot: FastBot) -> None:
    bot.customers.close(ACME, "archived")

    bind(bot, "Acme Marine", ACME)

    assert channel(bot, ACME).closed == ""


# -- whose organisation it is


def test_a_domain_leads_to_its_organisation(bot: FastBot) -> None:
    assert bot.customers.tenant("acme.example") == tenant_of("acme.example")


@pytest.mark.parametrize("text", ["acme", "acme example", ""])
def test_what_is_no_domain_is_not_asked_about(bot: FastBot, text: str) -> None:
    with pytest.raises(Refused, match=r"setup_form\.domain_bad"):
        bot.customers.tenant(text)


def test_a_domain_that_microsoft_does_not_know_is_said_so(bot: FastBot) -> None:
    bot.microsoft.unknown_domains = {"acme.example"}

    with pytest.raises(Refused, match=r"setup_form\.domain_unknown"):
        bot.customers.tenant("acme.example")


def test_microsofts_silence_is_not_taken_for_a_no(bot: FastBot) -> None:
    bot.microsoft.outage = Observation(Where.NETWORK, "token", condition=Condition.TIMEOUT)

    with pytest.raises(Refused, match=r"setup_form\.domain_unanswered"):
        bot.customers.tenant("acme.example")


# -- a channel that closes and comes back


def test_a_closed_channel_loses_what_waited_for_it_and_support_is_told(bot: FastBot) -> None:
    bot.show(bot.account())

    bot.customers.close(ACME, "archived")

    assert channel(bot, ACME).closed == "archived"
    assert shown(bot, ACME) == []
    assert {item.given_up for item in bot.outbox(ACME)} == {"archived"}
    (told,) = bot.outbox(DESK)
    assert told.args == {
        "sentence": "channel.archived",
        "values": {"customer": "Acme Marine", "channel": ACME, "helper": ""},
    }
    (entry,) = bot.audited("channel.archived")
    assert (entry.subject, entry.user, entry.at) == (ACME, SLACK.user, bot.now)


def test_a_second_reason_is_kept_and_tells_nobody(bot: FastBot) -> None:
    bot.customers.close(ACME, "archived")
    bot.customers.close(ACME, "left")
    bot.customers.close(ACME, "left")

    assert channel(bot, ACME).closed == "archived left"
    assert bot.told(DESK) == ["channel.archived"]


def test_a_channel_is_back_when_every_reason_is_over(bot: FastBot) -> None:
    bot.customers.close(ACME, "archived")
    bot.customers.close(ACME, "left")

    bot.customers.reopen(ACME, {"left"})
    assert channel(bot, ACME).closed == "archived"
    assert bot.told(DESK) == ["channel.archived"]

    bot.customers.reopen(ACME, {"archived", "deleted"})
    assert channel(bot, ACME).closed == ""
    assert bot.told(DESK) == ["channel.archived", "channel.back"]


def test_a_channel_that_is_back_shows_how_things_stand(bot: FastBot) -> None:
    here = bot.account(name="Here")
    bind(bot, "Acme Marine")
    bot.account(name="Elsewhere", channel=channel(bot))
    bot.customers.close(ACME, "archived")

    bot.customers.reopen(ACME, {"archived"})

    assert shown(bot, ACME) == [notices.setup_key(ACME), notices.card_key(here)]


def test_a_channel_that_is_back_shows_its_reminder(bot: FastBot) -> None:
    bot.account(State.UNMAPPED)
    bot.live(hours(5))
    (reminder,) = {item.key for item in bot.outbox(ACME) if item.notice == notices.REMINDER}
    bot.customers.close(ACME, "archived")

    bot.customers.reopen(ACME, {"archived"})

    assert reminder in shown(bot, ACME)


def test_a_reminder_that_never_stood_there_does_not_appear_when_a_channel_is_back(
    bot: FastBot,
) -> None:
    bot.account(State.UNMAPPED)
    bot.clock.at += days(1)
    bot.reminders.remind_due()
    bot.customers.close(ACME, "archived")

    bot.customers.reopen(ACME, {"archived"})

    assert not [key for key in shown(bot, ACME) if key.startswith("reminder:")]


def test_a_channel_that_is_bound_to_nobody_closes_and_opens_unnoticed(bot: FastBot) -> None:
    bot.customers.close(NEW, "archived")
    bot.customers.reopen(NEW, {"archived"})
    bot.customers.renumber(NEW, "C0NEWER")

    assert bot.outbox(DESK) == []


def test_an_open_channel_is_not_opened_again(bot: FastBot) -> None:
    bot.customers.reopen(ACME, {"archived"})

    assert bot.outbox(DESK) == []
    assert bot.outbox(ACME) == []


# -- a channel with another id


def test_what_slack_refused_under_the_old_id_does_not_close_the_channel(bot: FastBot) -> None:
    account = bot.account(State.UNMAPPED)
    bot.show(account)
    bot.deliver()
    bot.slack.fails_next("chat.update", "channel_not_found")
    bot.show(account)
    bot.deliver()
    closed = channel(bot, ACME)
    assert closed is not None and closed.closed == "left"

    bot.customers.renumber(ACME, NEW)
    opened = channel(bot, NEW)
    assert opened is not None and opened.closed == ""
    card = [item for item in bot.outbox(NEW) if item.key == notices.card_key(account)][-1]
    assert card.done_at is None, "the card is on its way"


def test_everything_goes_along_when_slack_gives_a_channel_another_id(bot: FastBot) -> None:
    account = bot.account()
    bot.show(account)
    bot.run_due()
    before = len(bot.posted(ACME))
    bot.show(account)

    bot.customers.renumber(ACME, NEW)

    assert channel(bot, ACME) is None
    assert bot.read(account).channel_id == NEW
    assert shown(bot, NEW) == [notices.card_key(account), notices.setup_key(NEW)]
    assert shown(bot, ACME) == []
    assert len(bot.posted(ACME)) == before
    assert bot.told(DESK) == ["channel.renumbered"]
    (entry,) = bot.audited("channel.renumbered")
    assert entry.subject == NEW


def test_the_set_up_card_is_renewed_where_it_stands_under_the_new_id(bot: FastBot) -> None:
    bind(bot, "Acme Marine", ACME)
    bot.run_due()

    bot.customers.renumber(ACME, NEW)

    with bot.store.transaction() as tx:
        assert tx.outbox.posted(notices.setup_key(NEW)) is not None
        assert tx.outbox.posted(notices.setup_key(ACME)) is None


def test_an_id_that_is_bound_already_is_nobody_elses(bot: FastBot) -> None:
    bind(bot, "Beta Boats")

    bot.customers.renumber(ACME, NEW)

    assert customer(bot, ACME).name == "Acme Marine"
    assert customer(bot, NEW).name == "Beta Boats"
    assert bot.outbox(DESK) == []
