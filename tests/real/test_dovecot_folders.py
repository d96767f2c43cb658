"""Folders of a real Dovecot in four languages: listed, mapped by what speaks for them, proved by
the test message, and watched.

What Dovecot 2.3.19 does, as measured here. UIDVALIDITY counts up from the time at which the mailbox
was made, so folders made together have numbers next to each other. RENAME keeps it, into another
parent too, and for the folders below a renamed parent; DELETE and CREATE of the same name give a
new one each time. INBOX cannot be renamed. OBJECTID (RFC 8474) is not advertised, and STATUS with
MAILBOXID is answered with BAD; a version that has it is held to it by the same tests. A mark
(special_use) belongs to a name, so that a renamed folder loses it (in Exchange it belongs to the
folder) and one made anew has it again.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from imapclient import IMAPClient

from sandbox.practice import Practice
from storage.tables import FolderMapping, Watch
from storage.vocabulary import FolderRole, State
from tests.real.dovecot import Dovecot
from tests.support.practice import new_practice
from tests.support.slack import Message, Window
from tests.support.world import ACME, BotWorld

pytestmark = [pytest.mark.real, pytest.mark.folders]

INFO = "info@acme.example"
LANGUAGES = {"da": "Danish", "de": "German", "pl": "Polish", "ja": "Japanese"}
USES = {
    FolderRole.SENT: "Sent",
    FolderRole.DRAFTS: "Drafts",
    FolderRole.DELETED: "Trash",
    FolderRole.JUNK: "Junk",
    FolderRole.ARCHIVE: "Archive",
}
ORDINARY = {
    "da": ("Køb & salg", "K&APg-b &- salg"),
    "de": ("Projekte/Werft Süd", "Projekte/Werft S&APw-d"),
    "pl": ("Zażółć gęślą jaźń", "Za&AXwA8wFCAQc- g&ARkBWw-l&AQU- ja&AXoBRA-"),
    "ja": ("📦 案件", "&2D3c5g- &aEhO9g-"),
}
"""A folder that plays no role: its name, and the same in modified UTF-7 as Dovecot lists it."""

PROVED = "proved by the test message"
PACE = timedelta(seconds=2)
"""More than the rest between two messages to a channel, and less than any lease."""


@dataclass(frozen=True)
class Stage:
    """A bot whose mail server is a Dovecot, and `mail`: the mailbox as its owner has it, over
    another connection."""

    world: BotWorld
    mail: IMAPClient
    names: Mapping[FolderRole, str]
    ordinary: str

    def connect(self) -> Message:
        """Connect the mailbox; its card."""
        self.world.set_up()
        self.rest()
        self.world.sign_in(self.world.add(INFO, "Info"), INFO)
        self.rest()
        return self.world.card("Info", "folders not mapped yet")

    def opened(self) -> Window:
        """The window in which its folders are mapped."""
        self.world.carol.press(self.world.card("Info"), "Map folders")
        return self.world.carol.window("Which folders of")

    def mapped(self, choice: Mapping[str, str] | None = None) -> None:
        """Map its folders as suggested, but for `choice`, and let the check after it see what they
        are known by."""
        assert self.world.carol.submit(self.opened(), dict(choice or {})) == {}
        self.rest()
        self.world.card("Info", "Live")

    def looked_at_again(self) -> None:
        """Let a look take place, a day after the last whole test, and what follows from it."""
        before = self._last_look()
        self.world.leap(days=1, minutes=1)
        self.rest()
        assert self._last_look() > before, "a look took place"

    def rows(self) -> dict[FolderRole, FolderMapping]:
        """What is mapped, and not lost."""
        with self.world.bot.store.transaction() as tx:
            rows = tx.folders.mapped(self.world.account("Info").id)
        return {role: row for role, row in rows.items() if row.lost is None}

    def thread(self) -> list[str]:
        """What was told in the thread of the account's card."""
        head = self.world.card("Info").ts
        return [m.text for m in self.world.carol.messages(ACME) if m.data.get("thread_ts") == head]

    def rest(self) -> None:
        """Come to rest as `settle` does, with the clock moved over the rests between two messages
        to a channel."""

        def resting() -> bool:
            now = self.world.clock.now()
            with self.world.bot.store.transaction() as tx:
                busy, turn, job = (
                    tx.outbox.waiting() + tx.jobs.unfinished(),
                    tx.outbox.next_due(),
                    tx.jobs.next_due(),
                )
            if turn and now < turn < now + PACE:
                self.world.clock.pass_time(seconds=(turn - now).total_seconds())
            return not busy and not (job and job <= now)

        self.world.until(resting)
        self.world.settle()

    def _last_look(self) -> datetime:
        with self.world.bot.store.transaction() as tx:
            watch = tx.session.get(Watch, self.world.account("Info").id)
        assert watch is not None and watch.looked_at is not None
        return watch.looked_at


Begin = Callable[..., Stage]


@pytest.fixture(scope="module")
def ending() -> Iterator[Callable[[ExitStack], None]]:
    """Ends a server while the next test runs: Dovecot takes a second to end."""
    with ThreadPoolExecutor(2, thread_name_prefix="ending") as pool:
        ends = []
        yield lambda stack: ends.append(pool.submit(stack.close))
    for end in ends:
        end.result()


@pytest.fixture
def begin(tmp_path: Path, ending: Callable[[ExitStack], None]) -> Iterator[Begin]:
    """Sets a stage up, of which a test has one."""
    servers = ExitStack()
    with ExitStack() as stack:
        stack.callback(ending, servers)
        yield lambda language, **how: stack.enter_context(stage(servers, tmp_path, language, **how))


@contextmanager
def stage(
    servers: ExitStack,
    folder: Path,
    language: str,
    marked: bool = False,
    keeps_sent: str = "",
    besides: tuple[str, ...] = (),
) -> Iterator[Stage]:
    """A mailbox with Outlook's folders of a language, an ordinary one, and those `besides`.

    The copies of sent mail go to `keeps_sent`, or else to what the language calls the folder of
    sent mail. The Dovecot is left to `servers`."""
    practice, table = new_practice(), vocabulary(language)
    names = {role: table[role][0] for role in USES}
    marks = {use: names[role] for role, use in USES.items()} if marked else {}
    sent = keeps_sent or names[FolderRole.SENT]
    dovecot = servers.enter_context(
        Dovecot(practice.signer.public_pem(), marks, made=False, keeps_sent=sent)
    )
    with dovecot.opened(INFO, token(practice)) as mail:
        for name in [*names.values(), *table["not_mail"], ORDINARY[language][0], *besides]:
            mail.create_folder(name)
        world = BotWorld(
            folder,
            practice=practice,
            IMAP_PORT=str(dovecot.imap_port),
            SMTP_PORT=str(dovecot.smtp_port),
            MAIL_CA_BUNDLE=str(dovecot.ca_file),
        )
        practice.office.rate_limits = (
            False  # the clock is moved over the bot's own rests, and Slack has another
        )
        try:
            yield Stage(world, mail, names, ORDINARY[language][0])
        finally:
            world.stop()


def token(practice: Practice) -> str:
    """What opens the mailbox, as Microsoft would give it to its owner."""
    claims = {"aud": "https://outlook.office.com", "sub": "info", "upn": INFO}
    return practice.signer.issue(claims | {"scp": "IMAP.AccessAsUser.All SMTP.Send"}, 600)


def vocabulary(language: str) -> dict[str, Any]:
    """What Outlook calls its folders in a language: the names of each role, and of the folders
    without mail."""
    table: dict[str, Any] = tomllib.loads(
        (files("bot.mail") / "folder_names.toml").read_text(encoding="utf-8")
    )[language]
    return table


def listed(mail: IMAPClient) -> set[str]:
    """The names exactly as the server sends them."""
    mail.folder_encode = False
    try:
        return {name.decode("ascii") for _, _, name in mail.list_folders()}
    finally:
        mail.folder_encode = True


def marked_sent(mail: IMAPClient) -> list[str]:
    """The folders that the server marks as those of sent mail."""
    return [name for flags, _, name in mail.list_folders() if b"\\Sent" in flags]


def known_by(mail: IMAPClient, name: str) -> tuple[int, str]:
    """UIDVALIDITY, and MAILBOXID where the server has it, else empty."""
    items = ["UIDVALIDITY", *(["MAILBOXID"] if mail.has_capability("OBJECTID") else [])]
    status = mail.folder_status(name, items)
    return status[b"UIDVALIDITY"], status[b"MAILBOXID"][
        0
    ].decode() if b"MAILBOXID" in status else ""


def messages_in(mail: IMAPClient, name: str) -> tuple[int, int]:
    """How many messages a folder holds, and the number that the next one gets."""
    status = mail.folder_status(name, ["MESSAGES", "UIDNEXT"])
    return status[b"MESSAGES"], status[b"UIDNEXT"]


def escaped(text: str) -> str:
    """A text as it stands in a Slack message."""
    return text.replace("&", "&amp;")


def remembered(row: FolderMapping) -> tuple[int, str]:
    """What a mapped folder is known by."""
    return row.uid_validity, row.mailbox_id


@pytest.mark.parametrize("marked", [True, False], ids=["marked", "unmarked"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_all_six_roles_are_suggested_with_their_reasons_and_saved(
    begin: Begin, language: str, marked: bool
) -> None:
    stage = begin(language, marked=marked)
    ordinary, ordinary_on_server = ORDINARY[language]
    assert ordinary_on_server in listed(stage.mail)
    stage.connect()
    for name in ("INBOX", stage.names[FolderRole.SENT]):
        assert messages_in(stage.mail, name) == (0, 2), (
            "the test message was there, and left no trace"
        )
    window = stage.opened()

    reason = "marked by the mail server" if marked else f"its name in {LANGUAGES[language]}"
    suggested = {role: f"{name}  ·  {reason}" for role, name in stage.names.items()}
    suggested |= {
        FolderRole.INBOX: f"INBOX  ·  {PROVED}",
        FolderRole.SENT: f"{stage.names[FolderRole.SENT]}  ·  {PROVED}",
    }
    assert {role: window.chosen(role.value.capitalize()) for role in FolderRole} == suggested

    offered = [text.partition("  ·  ")[0] for text in window.options("Archive")]
    assert sorted(offered) == sorted(["INBOX", *stage.names.values(), ordinary]), (
        "once each, and none without mail"
    )

    assert stage.world.carol.submit(window, {"Archive": ordinary}) == {}
    stage.rest()
    stage.world.card("Info", "Live", f"Sent: {stage.names[FolderRole.SENT]}")
    rows = stage.rows()
    assert rows.keys() == set(FolderRole)
    assert rows[FolderRole.ARCHIVE].server_name == ordinary_on_server
    assert {row.server_name for row in rows.values()} <= listed(stage.mail)
    for row in rows.values():
        assert remembered(row) == known_by(stage.mail, row.shown_name), row.role


@pytest.mark.parametrize(
    "copy", ["Udgående kopi", "Firma/Udgående kopi"], ids=["at the top", "below another"]
)
def test_the_folder_of_sent_mail_is_proved_whatever_it_is_called(begin: Begin, copy: str) -> None:
    stage = begin("da", keeps_sent=copy, besides=(copy,))
    card = stage.connect()
    assert "Accept all suggestions" in card.buttons
    window = stage.opened()
    assert window.chosen("Sent") == f"{copy}  ·  {PROVED}"
    assert "Sendt post  ·  its name in Danish" in window.options("Sent"), (
        "it is called so, and holds no sent mail"
    )
    stage.mapped()
    assert stage.rows()[FolderRole.SENT].shown_name == copy


def test_among_six_hundred_folders_the_right_ones_are_suggested(begin: Begin) -> None:
    orders = [
        f"Kunden/{town}/Auftrag {number:03}"
        for town in ("Köln", "Łódź", "Århus")
        for number in range(200)
    ]
    copies = [
        "Kunden/Köln/Gesendete Elemente",
        "Kunden/Łódź/Entwürfe",
        "Gesendete Elemente/Gelöschte Elemente",
    ]
    stage = begin("de", besides=(*orders, *copies))
    stage.connect()
    window = stage.opened()
    for role, name in stage.names.items():
        assert (window.chosen(role.value.capitalize()) or "").startswith(f"{name}  ·  "), role
    stage.mapped()
    assert {role: row.shown_name for role, row in stage.rows().items()} == {
        FolderRole.INBOX: "INBOX",
        **stage.names,
    }


def test_what_folders_are_known_by(begin: Begin) -> None:
    """The server's side of it, on which the tests below rest."""
    mail = begin("de", marked=True, besides=("A/B",)).mail
    sent, nested = known_by(mail, "Gesendete Elemente"), known_by(mail, "A/B")
    mail.rename_folder("Gesendete Elemente", "Ausgang")
    mail.rename_folder("Ausgang", "Projekte/Ausgang")
    mail.rename_folder("A", "Projekte/C")
    assert not marked_sent(mail)
    assert (known_by(mail, "Projekte/Ausgang"), known_by(mail, "Projekte/C/B")) == (sent, nested)
    mail.delete_folder("Projekte/Ausgang")
    mail.create_folder("Projekte/Ausgang")
    assert known_by(mail, "Projekte/Ausgang")[0] != sent[0]
    mail.create_folder("Gesendete Elemente")
    assert (
        marked_sent(mail) == ["Gesendete Elemente"] and known_by(mail, "Gesendete Elemente") != sent
    )


@pytest.mark.parametrize(
    ("language", "marked", "role", "name"),
    [
        ("de", True, FolderRole.SENT, "Ausgang Büro & Lager"),
        ("ja", False, FolderRole.SENT, "📦 案件/送った物"),
        ("pl", True, FolderRole.DRAFTS, "Elementy usunięte/Wersje robocze"),
    ],
    ids=["another name", "another name in another parent", "the same name in another parent"],
)
def test_a_renamed_folder_is_followed_and_told_once(
    begin: Begin, language: str, marked: bool, role: FolderRole, name: str
) -> None:
    stage = begin(language, marked=marked)
    stage.connect()
    stage.mapped()
    before = stage.rows()
    names, known = listed(stage.mail), known_by(stage.mail, stage.names[role])
    stage.mail.rename_folder(stage.names[role], name)
    (on_server,) = listed(stage.mail) - names

    stage.looked_at_again()
    told = [text for text in stage.thread() if "was renamed" in text]
    assert len(told) == 1 and f"from *{stage.names[role]}* to *{escaped(name)}*" in told[0], told
    rows = stage.rows()
    assert (rows[role].server_name, rows[role].shown_name, remembered(rows[role])) == (
        on_server,
        name,
        known,
    )
    others = before.keys() - {role}
    assert {r: rows[r].server_name for r in others} == {r: before[r].server_name for r in others}
    assert stage.world.account("Info").state is State.LIVE

    said = stage.thread()
    stage.looked_at_again()
    assert stage.thread() == said and stage.world.account("Info").state is State.LIVE


def test_folders_below_a_renamed_one_are_followed(begin: Begin) -> None:
    stage = begin("da", keeps_sent="Firma/Udgående kopi", besides=("Firma/Udgående kopi",))
    stage.connect()
    stage.mapped()
    stage.mail.rename_folder("Firma", "Køb & salg/Firma 2019")
    stage.looked_at_again()
    stage.world.carol.find(
        ACME, "from *Firma/Udgående kopi* to *Køb &amp; salg/Firma 2019/Udgående kopi*"
    )
    assert (
        stage.rows()[FolderRole.SENT].server_name == "K&APg-b &- salg/Firma 2019/Udg&AOU-ende kopi"
    )
    assert stage.world.account("Info").state is State.LIVE


def test_a_deleted_folder_is_waited_for_until_another_is_mapped(begin: Begin) -> None:
    stage = begin("pl")
    stage.connect()
    stage.mapped()
    stage.mail.delete_folder("Elementy usunięte")
    stage.looked_at_again()
    assert stage.world.account("Info").state is State.UNMAPPED
    stage.world.card("Info", "A mapped folder is missing", "Missing:* Deleted: Elementy usunięte")
    assert [
        text
        for text in stage.thread()
        if "*Elementy usunięte*, is no longer in the mailbox" in text
    ]

    window = stage.opened()
    assert (
        window.chosen("Deleted") == "" and window.chosen("Sent") == f"Elementy wysłane  ·  {PROVED}"
    )
    stage.mapped({"Deleted": stage.ordinary})
    assert stage.rows()[FolderRole.DELETED].server_name == ORDINARY["pl"][1]

    said = stage.thread()
    stage.looked_at_again()
    assert stage.thread() == said and stage.world.account("Info").state is State.LIVE


@pytest.mark.parametrize(
    ("language", "marked", "role"),
    [("ja", False, FolderRole.DRAFTS), ("de", True, FolderRole.DELETED)],
    ids=["unmarked", "marked"],
)
def test_a_folder_made_anew_is_told_and_accepted_again(
    begin: Begin, language: str, marked: bool, role: FolderRole
) -> None:
    stage = begin(language, marked=marked)
    stage.connect()
    stage.mapped()
    name, before = stage.names[role], stage.rows()[role]
    stage.mail.delete_folder(name)
    stage.mail.create_folder(name)
    stage.looked_at_again()
    assert stage.world.account("Info").state is State.UNMAPPED
    assert [
        text
        for text in stage.thread()
        if f"*{name}*, was deleted, and a new folder has the same name" in text
    ]

    card = stage.world.card(
        "Info",
        "A mapped folder is missing",
        f"Missing:* {role.value.capitalize()}: {name}",
    )
    stage.world.carol.press(card, "Accept all suggestions")
    stage.rest()
    stage.world.card("Info", "Live")
    after = stage.rows()[role]
    assert after.server_name == before.server_name
    assert remembered(after) == known_by(stage.mail, name) != remembered(before)

    said = stage.thread()
    stage.looked_at_again()
    assert stage.thread() == said and stage.world.account("Info").state is State.LIVE


def test_the_proof_goes_with_the_folder(begin: Begin) -> None:
    stage = begin("da", keeps_sent="Udgående kopi", besides=("Udgående kopi",))
    stage.connect()
    stage.mapped()
    stage.mail.rename_folder("Udgående kopi", "Sendte sager")
    stage.looked_at_again()
    stage.world.carol.press(stage.world.card("Info"), "Change folders")
    assert (
        stage.world.carol.window("Which folders of").chosen("Sent") == f"Sendte sager  ·  {PROVED}"
    )


def test_the_proof_ends_with_the_folder(begin: Begin) -> None:
    stage = begin("da", keeps_sent="Udgående kopi", besides=("Udgående kopi",))
    stage.connect()
    stage.mapped()
    stage.mail.delete_folder("Udgående kopi")
    stage.mail.create_folder("Udgående kopi")
    stage.looked_at_again()
    stage.world.card("Info", "A mapped folder is missing")
    assert stage.opened().chosen("Sent") != f"Udgående kopi  ·  {PROVED}"
