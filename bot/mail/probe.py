"""The probe of a mailbox: both protocols side by side, then the round trip where it is wanted."""

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from bot.mail import imap, smtp
from bot.mail.hosts import FolderMark, MailHosts, Target, Watched
from bot.mail.imap import ImapLeg
from bot.mail.imap_list import MailFolder
from bot.mail.roundtrip import Order, RoundTrip
from bot.mail.smtp import SmtpLeg
from bot.mail.steps import OnStep, ProbeFailed, StepResult, StepRunner, bounded
from storage.vocabulary import StepId, StepStatus

__all__ = [
    "FolderMark",
    "MailFolder",
    "MailHosts",
    "MailProbe",
    "MailReport",
    "Order",
    "ProbeFailed",
    "StepResult",
    "Target",
    "Watched",
]


@dataclass(frozen=True)
class MailReport:
    """Every mail step in the order of `StepId`, the folders that were listed, what the watched ones
    are known by (None: nobody could say), and in which one (by the server's name) the copy of the
    test message was found."""

    steps: tuple[StepResult, ...]
    folders: tuple[MailFolder, ...]
    marks: Mapping[str, FolderMark] | None = None
    sent_in: str = ""


class MailProbe:
    """Probes mailboxes on given servers; one connection a protocol."""

    def __init__(self, hosts: MailHosts) -> None:
        self._hosts = hosts

    def run(self, target: Target, on_step: OnStep, order: Order | None = None) -> MailReport:
        """Do all mail steps, IMAP and SMTP at the same time, and with `order` the round trip;
        `on_step` hears of each as it ends, one at a time.

        Never raises for what a server does. Takes seconds, at most the hosts' deadline (and
        `arrival` for a round trip)."""
        lock, hosts = threading.Lock(), self._hosts
        receiving, sending = (
            StepRunner(imap.STEPS, on_step, lock),
            StepRunner(smtp.STEPS, on_step, lock),
        )
        travelling = StepRunner((StepId.ROUNDTRIP,), on_step, lock)
        imap_leg, smtp_leg = ImapLeg(hosts), SmtpLeg(hosts)
        seconds = hosts.deadline + (hosts.arrival if order else 0)
        sent_in = ""
        with bounded(seconds, imap_leg, smtp_leg):
            other = threading.Thread(target=smtp_leg.run, args=(target, sending), name="probe-smtp")
            other.start()
            imap_leg.run(target, receiving)
            other.join()
            if order and _passed(receiving) and _passed(sending):
                trip = RoundTrip(imap_leg, smtp_leg, hosts.arrival)
                with suppress(ProbeFailed):
                    travelling.do(StepId.ROUNDTRIP, lambda: trip.run(target, order))
                    sent_in = trip.sent_in
        receiving.skip_rest()
        sending.skip_rest()
        steps = (*receiving.results, *sending.results, *travelling.results)
        return MailReport(steps, imap_leg.folders, imap_leg.marks, sent_in)

    def folders(self, target: Target) -> tuple[MailFolder, ...]:
        """The mailbox's folders. Takes seconds.

        Raises:
            ProbeFailed: the mailbox did not list them.
        """
        return ImapLeg(self._hosts).folders_of(target)


def _passed(runner: StepRunner) -> bool:
    return len(runner.results) == len(runner.steps) and all(
        r.status is not StepStatus.FAIL for r in runner.results
    )
