"""The probe of a mailbox: both protocols side by side."""

import threading
from dataclasses import dataclass

from bot.probe import imap, smtp
from bot.probe.hosts import MailHosts, Target
from bot.probe.imap import ImapLeg, MailFolder
from bot.probe.smtp import SmtpLeg
from bot.probe.steps import Leg, OnStep, ProbeFailed, StepResult

__all__ = ["MailFolder", "MailHosts", "MailProbe", "MailReport", "ProbeFailed", "StepResult", "Target"]


@dataclass(frozen=True)
class MailReport:
    """Every mail step in the order of `StepId`, and the folders that were listed."""

    steps: tuple[StepResult, ...]
    folders: tuple[MailFolder, ...]


class MailProbe:
    """Probes mailboxes on given servers; one connection a protocol."""

    def __init__(self, hosts: MailHosts) -> None:
        self._hosts = hosts

    def run(self, target: Target, on_step: OnStep) -> MailReport:
        """Do all mail steps, IMAP and SMTP at the same time; `on_step` hears of each as it ends, one at a time.

        Never raises for what a server does. Takes seconds, at most the hosts' deadline."""
        lock = threading.Lock()
        receiving, sending = Leg(imap.STEPS, on_step, lock), Leg(smtp.STEPS, on_step, lock)
        imap_leg = ImapLeg(self._hosts)
        other = threading.Thread(target=SmtpLeg(self._hosts).run, args=(target, sending), name="probe-smtp")
        other.start()
        imap_leg.run(target, receiving)
        other.join()
        receiving.skip_rest()
        sending.skip_rest()
        return MailReport((*receiving.results, *sending.results), imap_leg.folders)

    def folders(self, target: Target) -> tuple[MailFolder, ...]:
        """The mailbox's folders. Takes seconds.

        Raises:
            ProbeFailed: the mailbox did not list them.
        """
        return ImapLeg(self._hosts).folders_of(target)
