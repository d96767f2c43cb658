"""Login links as QR codes, for people who have no Slack: one on a page, or several on a sheet."""

import re
from itertools import accumulate

import pytest
import segno
from flask import Flask
from flask.testing import FlaskClient

from bot.signin.links import LinkUnusable
from handlers.cards.invitations import Host, Round, invitation_window, round_window
from handlers.web.hardening import harden
from handlers.web.pages import Pages
from storage.tables import Account
from tests.support.fast import ACME, CAROL, FastBot, hours

HOST = Host("Lumen CRM", "support@lumen.example")


@pytest.fixture
def pages(bot: FastBot) -> FlaskClient:
    """The bot's pages."""
    web = Flask("pages")
    harden(web, secure=True)
    web.register_blueprint(
        Pages(bot.services, lambda person: person.user, lambda: None).blueprint()
    )
    return web.test_client()


def path_of(address: str) -> str:
    return address.partition("maildesk.example")[2]


def dark(svg: str) -> set[tuple[int, int]]:
    """The dark modules of a code that is drawn as strokes, without its margin."""
    drawn = re.search(r'<path stroke="#000" d="M([^"]+)"', svg)
    assert drawn is not None
    first, *steps = re.findall(r"([mh])?(-?[\d.]+)(?: (-?[\d.]+))?", drawn[1])
    x, y = float(first[1]), float(first[2])
    found = set()
    for word, across, down in steps:
        if word == "h":
            found |= {(int(x) + step, int(y)) for step in range(int(across))}
        x += float(across)
        y += float(down or 0)
    return {(x - 4, y - 4) for x, y in found}


def encoded(address: str) -> set[tuple[int, int]]:
    """The dark modules of the code of an address."""
    matrix = segno.make(address, error="m", micro=False).matrix
    return {(x, y) for y, row in enumerate(matrix) for x, module in enumerate(row) if module}


def codes_on(page: str) -> list[set[tuple[int, int]]]:
    return [dark(svg) for svg in re.findall(r"<svg.*?</svg>", page, re.S)]


def invited(bot: FastBot, *accounts: Account) -> Round:
    """The round of those who have to sign in, with the sheet of their links."""
    for account in accounts:
        bot.accounts.ensure_link(account.id, CAROL)
    there = bot.views.invitations.of([account.id for account in accounts])
    sheet = bot.sheets.address([each.ticket_id for each in there])
    return Round(ACME, "Acme", there, len(there), [], sheet=sheet)


def test_a_link_is_drawn_as_the_code_that_leads_to_it(bot: FastBot, pages: FlaskClient) -> None:
    account = bot.account(name="Info", username="nora.b@acme.example")
    (invitation,) = invited(bot, account).listed

    page = pages.get(path_of(f"{invitation.link}/qr"))

    assert page.status_code == 200 and codes_on(page.text) == [encoded(invitation.link)]
    assert "nora.b@acme.example" in page.text and "info@acme.example" in page.text
    assert bot.views.invitations.of([account.id])[0].opened_at is None, "who looks opens nothing"


def test_a_sheet_has_the_code_of_each(bot: FastBot, pages: FlaskClient) -> None:
    there = invited(bot, *(bot.account(name=f"Box {number}") for number in range(3)))

    page = pages.get(path_of(there.sheet)).text

    assert codes_on(page) == [encoded(each.link) for each in there.listed]
    assert all(each.account.sender_email in page for each in there.listed)


def test_who_signed_in_and_what_was_withdrawn_leaves_the_sheet(
    bot: FastBot, pages: FlaskClient
) -> None:
    accounts = [bot.account(name=f"Box {number}") for number in range(3)]
    there = invited(bot, *accounts)
    one, other, left = there.listed
    state = bot.signin.begin(one.link.rpartition("/")[2], "a browser").rpartition("state=")[2]
    bot.come_back(state, one.signs_in_as)
    bot.accounts.renew_link(accounts[1].id, CAROL)

    page = pages.get(path_of(there.sheet)).text

    assert codes_on(page) == [encoded(left.link)], "a link that was made later is nobody's here"
    assert other.account.sender_email not in page


def test_a_code_says_until_when_it_works_by_the_clock_of_its_customer(
    bot: FastBot, pages: FlaskClient
) -> None:
    with bot.store.transaction() as tx:
        tx.channels.customer(bot.acme.customer_id).time_zone = "Asia/Tokyo"
    page = pages.get(path_of(invited(bot, bot.account()).sheet)).text
    until = (bot.now + hours(24 + 9)).strftime("%d %B %Y, %H:%M")
    assert f"Works until {until} (JST)" in page


def test_ended_links_say_so_as_codes_too(bot: FastBot, pages: FlaskClient) -> None:
    there = invited(bot, bot.account())
    link = there.listed[0].link
    bot.clock.at += hours(25)

    one = pages.get(path_of(f"{link}/qr"))
    sheet = pages.get(path_of(there.sheet))

    assert (one.status_code, sheet.status_code) == (410, 410)
    assert "This login link has expired" in one.text and "<svg" not in one.text
    assert "Ask whoever gave you this link" in one.text, "who has it on paper is not in Slack"
    assert "None of these login links works now" in sheet.text


@pytest.mark.parametrize("path", ["/login/guessed/qr", "/login/AAAA/sheet", "/login/ß/sheet"])
def test_what_is_guessed_leads_nowhere(pages: FlaskClient, path: str) -> None:
    page = pages.get(path)
    assert page.status_code == 410 and "<svg" not in page.text


def test_nothing_else_that_we_sealed_opens_as_a_sheet(bot: FastBot) -> None:
    state = bot.consent.link(bot.account()).partition("state=")[2].replace("%3D", "")
    with pytest.raises(LinkUnusable, match="unknown"):
        bot.sheets.look(state)


def test_no_page_of_codes_is_kept_indexed_or_tells_others_where_it_was(
    bot: FastBot, pages: FlaskClient
) -> None:
    there = invited(bot, bot.account())
    for address in (f"{there.listed[0].link}/qr", there.sheet):
        page = pages.get(path_of(address))
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["X-Robots-Tag"] == "noindex"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
        outside = [a for a in re.findall(r'(?:src|href)="([^"]+)"', page.text) if "mailto" not in a]
        assert outside == ["/static/maildesk.css"] and "style=" not in page.text


def test_the_windows_lead_to_the_codes(bot: FastBot) -> None:
    there = invited(bot, bot.account(), bot.account())

    assert f"'url': '{there.listed[0].link}/qr'" in str(invitation_window(there.listed[0], HOST))
    assert f"'url': '{there.sheet}'" in str(round_window(there, HOST))
    assert len(there.sheet) < 3000, "as much as a button of Slack's takes"


def test_a_full_sheet_has_an_address_that_a_button_takes(bot: FastBot) -> None:
    numbers = accumulate(range(10**9, 10**9 + 20))
    assert len(bot.sheets.address(list(numbers))) < 3000
