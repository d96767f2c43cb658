"""Which addresses are taken, and that each place gets them in the form that it understands."""

import tomllib
from pathlib import Path

import pytest

from bot.accounts.service import InvalidForm
from bot.common.addresses import Addresses
from bot.common.mail_addresses import (
    BadAddress,
    key,
    problem,
    read,
    read_domain,
    shown,
    tidied,
)
from bot.legacy import importing
from bot.views.account_form import Form
from handlers.text.words import sentences
from storage.vocabulary import State
from tests.support.fast import ACME, CAROL, FastBot
from tests.support.rows import every

pytestmark = pytest.mark.field

CASES: dict[str, list[dict[str, str]]] = tomllib.loads(
    (Path(__file__).parents[1] / "data" / "addresses.toml").read_text(encoding="utf-8")
)
WERFT = "info@müller-werft.example"
PUNYCODE = "info@xn--mller-werft-thb.example"


def form(**values: str) -> Form:
    """The form of an account, filled in."""
    return Form(**{"name": "Info", "sender_name": "Acme", "sender_email": WERFT} | values)


@every("case", CASES["taken"], ids=lambda case: ascii(case["typed"]))
def test_an_address_is_kept_as_servers_know_it_and_shown_as_written(case: dict[str, str]) -> None:
    assert read(case["typed"]) == case["kept"]
    assert shown(case["kept"]) == case.get("shown", case["kept"])
    assert tidied(shown(case["kept"])) == case["kept"]
    assert key(case["typed"]) == case["kept"].lower()


@every("case", CASES["refused"], ids=lambda case: ascii(case["typed"]))
def test_what_is_no_address_is_refused_with_the_reason(case: dict[str, str]) -> None:
    with pytest.raises(BadAddress) as refused:
        read(case["typed"])
    assert str(refused.value) == problem(case["typed"]) == case["why"]
    assert case["why"] in sentences()


@pytest.mark.parametrize(
    "sign", "\u200b\u200c\u2060\ufeff\u00ad\u200e\u202c\x00\x7f\u200d\u2069\u061c\u180e"
)
def test_a_sign_that_nobody_sees_is_taken_off_wherever_it_stands(sign: str) -> None:
    for place in range(len("info@acme.example") + 1):
        typed = "info@acme.example"[:place] + sign + "info@acme.example"[place:]
        assert read(typed) == "info@acme.example", place
    assert read_domain(f"{sign}acme{sign}.example{sign}") == "acme.example"


def test_lengths_are_those_of_what_is_kept() -> None:
    domain = ".".join(["a" * 60] * 3) + ".example"
    assert problem(f"{'i' * 62}@{domain}") == ""
    assert problem(f"info@{'ü' * 60}.example") == "form.address_bad"
    assert (
        problem(f"{'i' * 64}@{'.'.join(['ü' + 'a' * 50] * 4)}.example") == "form.address_too_long"
    )


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("acme.example", "acme.example"),
        ("https://www.acme.example/about", "acme.example"),
        ("MÜLLER-werft.example", "xn--mller-werft-thb.example"),
        ("\u200bacme.example", "acme.example"),
        ("www.acme.example", "acme.example"),
        ("acme.example.", "acme.example"),
        ("(acme.example)", "acme.example"),
        ("info@acme.example", "acme.example"),
    ],
)
def test_a_domain_is_read_however_it_is_pasted(typed: str, kept: str) -> None:
    assert read_domain(typed) == kept


@pytest.mark.parametrize("field", ["sender_email", "username", "shared_mailbox", "aliases"])
def test_every_field_for_an_address_refuses_with_the_reason(field: str) -> None:
    bot = FastBot()
    with pytest.raises(InvalidForm) as refused:
        bot.accounts.create(ACME, form(**{field: "büro@acme.example"}), CAROL)
    assert refused.value.problems[field] == "form.address_not_ascii"


def test_an_address_of_another_script_works_to_the_end() -> None:
    bot = FastBot()
    customer = bot.customer("Müller Werft", "C0WERFT", "xn--mller-werft-thb.example")
    made = bot.accounts.create(customer.id, form(), CAROL)
    account = next(each for each in bot.accounts_there() if each.id == made.id)
    assert account.sender_email == account.username == account.address_key == PUNYCODE
    assert made.sender_email == WERFT
    bot.run_due()
    assert WERFT in bot.card(account) and "xn--" not in bot.card(account)
    with pytest.raises(InvalidForm):
        bot.accounts.create(customer.id, form(sender_email=PUNYCODE), CAROL)
    for upn in (WERFT.upper(), PUNYCODE):
        assert Addresses.of(account).names(upn), "Microsoft may say either"
    assert bot.sign_in(bot.read(account), PUNYCODE).upn == WERFT
    bot.run_due()
    target = bot.mail.targets[-1]
    assert {target.mailbox, target.smtp_username, target.sender_email} == {PUNYCODE}
    assert bot.read(account).state in (State.UNMAPPED, State.LIVE)
    assert not [text for text in bot.posted("C0WERFT") if "xn--" in text.words]


def test_it_is_found_and_changed_as_it_is_written() -> None:
    bot = FastBot()
    account = bot.account(State.AWAITING_SIGN_IN, name="Info", address=PUNYCODE)
    for named in (WERFT, PUNYCODE, WERFT.upper()):
        assert [each.id for each in bot.accounts.called(bot.acme.customer_id, named)] == [
            account.id
        ]
    for words in (WERFT, PUNYCODE, "Info"):
        assert [f.account.id for f in bot.views.accounts.search(words, 5)] == [account.id]
    filled = bot.accounts.form(account.id)
    assert filled.sender_email == WERFT
    assert bot.accounts.readdresses(account.id, filled) == set()


def test_an_organisation_is_found_by_a_domain_of_another_script() -> None:
    bot = FastBot()
    asked = "xn--mller-werft-thb.example"
    assert bot.customers.tenant("müller-werft.example") == bot.microsoft.tenant_of(asked)


def test_lists_of_old_accounts_take_the_same_addresses() -> None:
    rows = importing.read(f"Name;E-Mail\nWerft;{WERFT}\nBüro;büro@acme.example\n").rows
    assert [(row.address, row.problem) for row in rows] == [
        (PUNYCODE, ""),
        ("büro@acme.example", "old.address_bad"),
    ]
