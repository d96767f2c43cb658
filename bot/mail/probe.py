"""The probe of a mailbox: both protocols side by side, then the round trip where it is wanted."""

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from bot.mail import imap, smtp
from bot.mail.deadline import bounded
from bot.mail.hosts import MailHosts
from bot.mail.imap import ImapConnection
from bot.mail.imap_list import MailFolder
from bot.mail.roundtrip import RoundTrip, RoundTripMessage
from bot.mail.smtp import SmtpConnection
from bot.mail.steps import OnStep, ProbeFailed, StepResult, StepRunner
from bot.mail.target import FolderMark, Target
from bot.mail.trace import Trust
from storage.vocabulary import StepId


@dataclass(frozen=True)
class MailReport:
    """What a probe found.

    `steps` are all mail steps in the order of `StepId`, `folders` what the server listed.
    `marks` is what the watched folders are known by; None where nobody could say. `sent_in`
    is the folder (the server's name) in which the copy of the test message was found, else empty.
    """

    steps: tuple[StepResult, ...]
    folders: tuple[MailFolder, ...]
    marks: Mapping[str, FolderMark] | None = None
    sent_in: str = ""


class MailProbe:
    """Probes mailboxes on given servers; one connection a protocol."""

    def __init__(self, hosts: MailHosts) -> None:
        self._hosts = hosts
        self._trust = Trust(hosts.ca_file)

    def run(
        self, target: Target, on_step: OnStep, message: RoundTripMessage | None = None
    ) -> MailReport:
        """Run all mail steps, IMAP and SMTP at the same time, and with `message` the round trip;
        `on_step` hears of each as it ends, one at a time.

        Never raises for what a server does. Takes seconds, at most the hosts' `deadline` (and
        `arrival` for each message of a round trip)."""
        lock = threading.Lock()
        receiving = StepRunner(imap.STEPS, on_step, lock, self._hosts.imap)
        sending = StepRunner(smtp.STEPS, on_step, lock, self._hosts.smtp)
        travelling = StepRunner((StepId.ROUNDTRIP,), on_step, lock)
        imap_side = ImapConnection(self._hosts, self._trust)
        smtp_side = SmtpConnection(self._hosts, self._trust)
        sent_in = ""
        with bounded(self._seconds(message), imap_side, smtp_side):
            beside = threading.Thread(
                target=smtp_side.run, args=(target, sending), name="probe-smtp"
            )
            beside.start()
            imap_side.run(target, receiving)
            beside.join()
            if message and receiving.passed and sending.passed:
                trip = RoundTrip(imap_side, smtp_side, self._hosts.arrival)
                with suppress(ProbeFailed):
                    travelling.run(StepId.ROUNDTRIP, lambda: trip.run(target, message))
                    sent_in = trip.sent_in
        receiving.skip_rest()
        sending.skip_rest()
        # a round trip that was not made is told by whoever asked for it, or did not
        steps = (*receiving.results, *sending.results, *travelling.results)
        return MailReport(steps, imap_side.folders, imap_side.marks, sent_in)

    def look(self, target: Target, on_step: OnStep) -> MailReport:
        """Look lightly whether the mailbox can be used: it is opened, the watched folders are asked
        about by name, and the sending side signs in. No folder is listed and nothing is offered.

        Never raises for what a server does. Takes seconds, at most the hosts' `deadline`."""
        lock = threading.Lock()
        receiving = StepRunner(imap.OPENING, on_step, lock, self._hosts.imap)
        sending = StepRunner(smtp.SIGNING_IN, on_step, lock, self._hosts.smtp)
        imap_side = ImapConnection(self._hosts, self._trust)
        smtp_side = SmtpConnection(self._hosts, self._trust)
        with bounded(self._hosts.deadline, imap_side, smtp_side):
            beside = threading.Thread(
                target=smtp_side.sign_in, args=(target, sending), name="look-smtp"
            )
            beside.start()
            imap_side.open(target, receiving)
            beside.join()
        receiving.skip_rest()
        sending.skip_rest()
        return MailReport((*receiving.results, *sending.results), (), imap_side.marks)

    def folders(self, target: Target) -> tuple[MailFolder, ...]:
        """The mailbox's folders. Takes seconds.

        Raises:
            ProbeFailed: the mailbox did not list them.
        """
        return ImapConnection(self._hosts, self._trust).folders_of(target)

    def _seconds(self, message: RoundTripMessage | None) -> float:
        if message is None:
            return self._hosts.deadline
        # What an earlier attempt may have sent is waited for before another one is sent
        waits = 2 if message.earlier else 1
        return self._hosts.deadline + waits * self._hosts.arrival
