"""The whole practice world: everything built, started, and described to a bot as its
environment."""

import ssl
import tempfile
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sandbox.certificates import Certificates
from sandbox.clock import WorldClock
from sandbox.lumen import LumenCrm
from sandbox.mail.imap import ImapStandIn
from sandbox.mail.smtp import SmtpStandIn
from sandbox.microsoft.server import MicrosoftStandIn
from sandbox.pagers.pagerduty import PagerDutyStandIn
from sandbox.pagers.receiver import AlertReceiver
from sandbox.slack.office import Office
from sandbox.slack.server import SlackStandIn
from sandbox.switchboard import Switchboard
from sandbox.tokens import Signer
from sandbox.world import Folder, Mailbox, Person, Tenant, World, load_scenarios

PEOPLE_FILE = Path(__file__).with_name("people.toml")
ALERT_CHANNEL = "C0ALERTS"
ORDERS_A_YEAR = 40
ORDER_ENDINGS = (
    "",
    "",
    " – Slip & Dock",
    "",
    " 🚢",
    "",
    "",
    " – Überholung der Ankerwinde, Antriebe & Steuerung (Nachtrag zum Nachtrag)",
)
"""What stands behind an order's number, in turn: most are short, some long, some with signs that
need care."""


class Practice:
    """Slack, Microsoft and the mail servers on this machine's loopback."""

    def __init__(
        self,
        slack_port: int = 0,
        certificates: Certificates | None = None,
        signer: Signer | None = None,
    ) -> None:
        """`certificates` and `signer` may be shared by worlds that come after each other: to make
        their keys takes longer than everything else here."""
        self._folder = tempfile.TemporaryDirectory(prefix="practice-")
        self.certificates = certificates or Certificates(Path(self._folder.name))
        self.signer = signer or Signer()
        self.world = World(load_scenarios())
        self.clock = WorldClock()
        self.office = Office()
        self.clock.heard.append(lambda _: self.office.look_again())
        self.office.clock = self.clock.time
        self.office.wrong = lambda: [" ".join(each) for each in self.world.thrown()]
        self.world.on_switch = self.office.look_again
        _populate(self.world, self.office)
        self.microsoft = MicrosoftStandIn(self.world, self.certificates, self.signer)
        self.imap = ImapStandIn(self.world, self.certificates, self.signer)
        self.smtp = SmtpStandIn(self.world, self.certificates, self.signer)
        self.slack = SlackStandIn(self.office, slack_port, self.clock)
        self.switchboard = Switchboard(self.world, self.microsoft)
        self.pagerduty = PagerDutyStandIn(lambda: self.office.clock(), self._on_call())
        self.receiver = AlertReceiver(lambda: self.office.clock())
        tls = ssl.create_default_context(cafile=str(self.certificates.ca_file))
        crm_file = Path(self._folder.name) / "crm.db"
        self.crm = LumenCrm(crm_file, tls, lambda: self.office.clock())
        self.office.links = [
            {"label": "Lumen CRM", "url": self.crm.url},
            {"label": "Switchboard", "url": self.switchboard.url},
            {"label": "PagerDuty", "url": self.pagerduty.url},
            {"label": "Alert receiver", "url": self.receiver.url},
        ]
        mail = (self.imap, self.smtp)
        pagers = (self.pagerduty, self.receiver)
        self._parts = (self.microsoft, *mail, self.slack, self.switchboard, *pagers, self.crm)

    def start(self) -> None:
        """Start every part."""
        for part in self._parts:
            part.start()

    def stop(self) -> None:
        """Stop every part, all at the same time: each waits for its own thread."""
        with ThreadPoolExecutor(len(self._parts)) as pool:
            for ended in [pool.submit(part.stop) for part in self._parts]:
                ended.result()
        self._folder.cleanup()

    def _on_call(self) -> list[str]:
        """The names of who can be called."""
        there = sorted(self.office.channels[ALERT_CHANNEL].members)
        members = [self.office.members[each] for each in there]
        return [member.name for member in members if not member.is_bot]

    def deliver_to(self, bot_url: str) -> None:
        """Make the bot at this address known to Slack, to Microsoft and to PagerDuty."""
        self.slack.delivery.deliver_to(bot_url)
        self.pagerduty.words.deliver_to(bot_url)
        self.world.app.redirect_uris |= {f"{bot_url}/oauth/callback", f"{bot_url}/consent/callback"}

    def environment(self, socket_mode: bool = False) -> dict[str, str]:
        """The environment for a bot in this world; its own database, keys and address are its
        affair."""
        vera = self.office.members["U0VERA"]
        app_token = {"SLACK_APP_TOKEN": self.office.app_token} if socket_mode else {}
        return app_token | {
            "SLACK_BOT_TOKEN": self.office.bot_token,
            "SLACK_SIGNING_SECRET": self.office.signing_secret,
            "SLACK_API_URL": self.slack.api_url.rstrip("/"),
            "SUPPORT_USERS": f"{vera.team_id}:{vera.id}",
            "SUPPORT_CHANNEL": "C0DESK",
            "ALERT_CHANNEL": ALERT_CHANNEL,
            "SUPPORT_EMAIL": "support@lumen.example",
            "VENDOR_NAME": "Lumen CRM",
            "MS_CLIENT_ID": self.world.app.client_id,
            "MS_CLIENT_SECRET": next(iter(self.world.app.client_secrets), ""),
            "MS_AUTHORITY": self.microsoft.authority,
            "MS_CA_BUNDLE": str(self.certificates.ca_file),
            "IMAP_HOST": "localhost",
            "IMAP_PORT": str(self.imap.port),
            "SMTP_HOST": "localhost",
            "SMTP_PORT": str(self.smtp.port),
            "MAIL_CA_BUNDLE": str(self.certificates.ca_file),
            "PAGERDUTY_ROUTING_KEY": self.pagerduty.routing_key,
            "PAGERDUTY_EVENTS_URL": self.pagerduty.events_url,
            "PAGERDUTY_WEBHOOK_SECRET": self.pagerduty.words.secrets[0],
            "ALERT_WEBHOOK_URL": self.receiver.hook_url,
            "ALERT_WEBHOOK_SECRET": self.receiver.secret,
        }


def _populate(world: World, office: Office) -> None:
    data = tomllib.loads(PEOPLE_FILE.read_text(encoding="utf-8"))
    for row in data["workspace"]:
        office.add_workspace(row["id"], row["name"], row.get("installed", False))
    for row in data["member"]:
        office.add_member(row["id"], row["name"], row["team"], row["role"])
    for row in data["channel"]:
        office.add_channel(row["id"], row["name"], set(row["members"]))
    for row in data["tenant"]:
        world.add(Tenant(row["name"], row["domain"], user_consent=row.get("user_consent", True)))
    for row in data["mailbox"]:
        tenant = world.tenant_of(row["address"])
        assert tenant is not None
        rows = [*row["folders"], *_orders(row.get("many", 0))]
        listed = enumerate(
            rows, 1001
        )  # each folder its own UIDVALIDITY, by which it is known again
        folders = [
            Folder(name, tuple(flags), uid_validity=number) for number, (name, *flags) in listed
        ]
        world.add(Mailbox(row["address"], folders))
        world.add(Person(row["address"], row["name"], tenant.id, row.get("admin", False)))


def _orders(count: int) -> Iterator[list[str]]:
    """So many folders of work orders, a year's beside each other: ``Projekte/2019/Auftrag 017 –
    Slip & Dock``."""
    for number in range(count):
        year, order = 2010 + number // ORDERS_A_YEAR, number % ORDERS_A_YEAR + 1
        yield [f"Projekte/{year}/Auftrag {order:03}{ORDER_ENDINGS[number % len(ORDER_ENDINGS)]}"]
