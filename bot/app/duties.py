"""What the bot does by itself: its jobs, what it looks for again and again, and who decides whether
a message is still wanted."""

from datetime import timedelta

from bot.app import pagers, retention
from bot.app.foundations import Foundations
from bot.app.worker import Sweep
from bot.common import jobs
from bot.common.jobs import Doers
from bot.config.settings import Settings
from bot.incidents.upkeep import Upkeep
from bot.messages import notices
from bot.messages.delivery import Decider
from bot.messages.second_tries import SecondTries
from bot.microsoft.credentials import Watch
from bot.reminders.delivery import ReminderDelivery
from bot.services import Services


def deciders(settings: Settings, base: Foundations, services: Services) -> dict[str, Decider]:
    """Who says whether a message is still wanted when its turn comes."""
    reminders = ReminderDelivery(base.ports.store, services.reminders, settings.support_channel)
    return {notices.REMINDER: reminders}


def sweeps(settings: Settings, base: Foundations, services: Services) -> list[Sweep]:
    """What the worker looks for again and again, each as often as being late matters."""
    upkeep = Upkeep(base.ports.store, base.clock, base.course)
    forgetting = retention.Retention(
        base.ports.store, base.clock, settings.keep_evidence, settings.keep_audit, base.stop
    )
    watch = Watch(base.ports.store, base.clock, settings.credentials, settings.alert_channel)
    return [
        Sweep("reminders", timedelta(seconds=15), services.reminders.remind_due),
        Sweep("left-tests", timedelta(minutes=5), services.checks.look_after_left),
        Sweep("idle-grants", timedelta(minutes=10), services.checks.look_after_idle),
        Sweep("credentials", timedelta(hours=1), watch.look),
        Sweep("closed-channels", timedelta(minutes=1), services.customers.look_for_closed),
        Sweep("given-up", timedelta(minutes=10), SecondTries(base.ports.store, base.clock).begin),
        Sweep("forgotten-lists", timedelta(hours=1), services.legacy.forget),
        Sweep("old-meanings", timedelta(hours=1), services.noting.catch_up),
        Sweep("incidents", timedelta(seconds=15), upkeep.look),
        Sweep("forgotten-incidents", timedelta(minutes=5), upkeep.look_for_forgotten),
        Sweep("maintenance", timedelta(seconds=15), services.maintenance.look),
        Sweep("unexplained", timedelta(minutes=15), services.noting.list_due),
        Sweep("predictions", timedelta(minutes=15), services.daily_predictions.tell_due),
        Sweep("weekly-report", timedelta(minutes=5), services.weekly_report.post_due),
        Sweep("retention", retention.EVERY, forgetting.sweep),
        Sweep("late-erasures", timedelta(hours=1), services.farewells.remind_of_erasure),
        *pagers.sweeps(settings, base.clock, base.ports.store, base.ports.poster),
    ]


def doers(services: Services) -> Doers:
    """Who does the work that needs no Slack."""
    each = Doers()
    each.add(jobs.RunTest, services.checks.run, services.checks.give_up)
    each.add(jobs.CheckAccount, services.checks.check)
    each.add(jobs.CheckFix, services.checks.check_fix)
    each.add(jobs.CheckLink, services.links.check)
    each.add(jobs.LookForApproval, services.approvals.look)
    each.add(jobs.ShareApproval, services.approvals.share)
    each.add(jobs.CreateAccounts, services.legacy.run)
    each.add(jobs.ExplainAgain, services.noting.explain_again)
    each.add(jobs.EraseCustomer, services.farewells.erase)
    return each
