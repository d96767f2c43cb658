"""The steps of a remedy: whom each is for, the options among them, and the commands, which name the
mailboxes that they mean."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.diagnosis.verdict import Verdict, remedy
from bot.views.audience import Audience
from bot.views.telling import (
    AFTER,
    AND_MORE,
    LONGEST_LINE,
    MAX_NAMED,
    Affected,
    for_audience,
    part_of,
)
from handlers.cards.causes import letter, remedy_blocks
from handlers.cards.diagnosis import error_window
from storage.vocabulary import Owner, State
from tests.support.examples import examples
from tests.support.fast import FastBot
from tests.support.values import ROWS, account

ADMINISTRATOR = Owner.ADMINISTRATOR
SHARED = Affected("shared@acme.example", "sender@acme.example", "person@acme.example")
SWITCH = "Set-CASMailbox -Identity <user>"


def with_steps(*steps: list[str], owner: Owner = ADMINISTRATOR) -> Verdict:
    verdict = ROWS.verdict("smtp-auth-off-mailbox")
    return replace(verdict, owner=owner, remedy=tuple(remedy(step, owner) for step in steps))


def commands(command: str, *affected: Affected) -> list[str]:
    verdict = with_steps(["powershell", command])
    (part,) = for_audience(verdict, Audience.CUSTOMER, affected).parts
    return [line for way in part.ways for line in way.commands]


def called(address: str) -> Affected:
    return Affected(address, address, address)


def drawn(verdict: Verdict, *affected: Affected, to: Audience = Audience.CUSTOMER) -> str:
    blocks = remedy_blocks(for_audience(verdict, to, affected))
    return "\n".join(block["text"]["text"] for block in blocks)


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("Set-CASMailbox -Identity <mailbox>", "Set-CASMailbox -Identity shared@acme.example"),
        ("Add-RecipientPermission <sender>", "Add-RecipientPermission sender@acme.example"),
        ("-Trustee <user>", "-Trustee person@acme.example"),
        ("-Identity <mailbox> -User <user>", "-Identity shared@acme.example -User person@acme.example"),
    ],
)  # fmt: skip
def test_a_command_names_who_it_is_about_where_all_three_differ(command: str, named: str) -> None:
    assert commands(command, SHARED) == [named]


def test_a_mailbox_of_ones_own_is_the_senders_and_who_signed_in_is_named() -> None:
    own = Affected.of(account(sender_email="a@acme.example", username="b@acme.example"))
    assert own == Affected("a@acme.example", "a@acme.example", "b@acme.example")
    renamed = account(username="b@acme.example", signed_in_as="c@acme.example")
    assert Affected.of(renamed).user == "c@acme.example"


def test_one_line_does_for_every_mailbox_that_is_affected() -> None:
    one, two = called("a@acme.example"), called("b@acme.example")
    assert commands(SWITCH, one, two, one) == [
        "'a@acme.example', 'b@acme.example' | ForEach-Object { Set-CASMailbox -Identity $_ }"
    ]


def test_a_command_that_names_two_people_has_a_line_for_each_mailbox() -> None:
    other = replace(SHARED, mailbox="other@acme.example")
    assert commands("Add <mailbox> <user>", SHARED, other) == [
        "Add shared@acme.example person@acme.example",
        "Add other@acme.example person@acme.example",
    ]


def test_a_command_for_nobody_that_we_know_says_whom_to_put_in() -> None:
    assert commands(SWITCH) == ['Set-CASMailbox -Identity "address of the user who signs in"']
    assert commands("Set-TransportConfig") == ["Set-TransportConfig"]


@examples(60)
@given(st.lists(st.emails(), min_size=1, max_size=60, unique=True))
def test_no_address_is_more_than_a_word_in_a_command(addresses: list[str]) -> None:
    lines = commands("Set <user>", *map(called, [*addresses, "$(calc)'‘;`x`|y@acme.example"]))
    assert all(len(line) < LONGEST_LINE + 300 for line in lines)
    lines = [line for line in lines if line != AND_MORE]
    words = [unquoted(line.removesuffix(" | ForEach-Object { Set $_ }")) for line in lines]
    named = [word for line in words for word in line]
    assert named == [*addresses, "$(calc)'‘;`x`|y@acme.example"][:MAX_NAMED]


def unquoted(line: str) -> list[str]:
    """The strings of a list in single quotes, as PowerShell reads it."""
    found: list[str] = []
    rest = line.removeprefix("Set ")
    while rest.startswith("'"):
        rest = rest[1:]
        word = ""
        while rest[0] not in "'‘’‚‛" or rest[:2] == rest[0] * 2:
            length = 2 if rest[0] in "'‘’‚‛" else 1
            word += rest[0]
            rest = rest[length:]
        found.append(word)
        rest = rest[1:].removeprefix(", ")
    return found + ([rest] if rest else [])


def test_commands_of_many_mailboxes_are_whole_in_every_paragraph() -> None:
    crowd = [Affected(f"{'m' * 60}{n}@acme.example", "", f"{n}@acme.example") for n in range(60)]
    verdict = with_steps(["powershell", "Add-MailboxPermission -Identity <mailbox> -User <user>"])
    blocks = remedy_blocks(for_audience(verdict, Audience.CUSTOMER, crowd))
    texts = [block["text"]["text"] for block in blocks]
    assert max(map(len, texts)) <= 3000 and all(text.count("```") % 2 == 0 for text in texts)
    assert "\n".join(texts).count("Add-MailboxPermission") == MAX_NAMED
    assert AND_MORE in texts[-1] and AND_MORE not in commands(SWITCH, *crowd[:MAX_NAMED])


OPTIONS = (
    ["menu", "Look first."],
    ["option", "For one"],
    ["menu", "Choose <user>."],
    ["powershell", SWITCH],
    ["undo", "Take it back."],
    ["option", "For all"],
    ["menu", "Choose everybody."],
    ["wait", "press It's changed."],
)


def test_options_have_letters_and_numbered_steps_and_what_follows_stands_behind_them() -> None:
    assert drawn(with_steps(*OPTIONS), called("a@acme.example")) == (
        "*For your Microsoft 365 administrator*\nLook first.\n"
        "*Option A: For one*\n1. Choose a@acme.example.\n"
        "Or with PowerShell:\n```Set-CASMailbox -Identity a@acme.example```\n"
        "To undo: Take it back.\n"
        "*Option B: For all*\n1. Choose everybody.\n"
        f"*{AFTER}*\nPress It's changed."
    )


def test_a_single_option_is_no_choice() -> None:
    text = drawn(with_steps(*OPTIONS[:5], OPTIONS[7]), called("a@acme.example"))
    assert "Option" not in text and "For one" not in text
    assert "1. Look first.\n2. Choose a@acme.example.\n3. Press It's changed." in text
    assert text.endswith("To undo: Take it back."), "undoing comes last"


def test_a_letter_has_the_administrators_steps_alone_and_commands_for_those_it_knows() -> None:
    verdict = with_steps(*OPTIONS, ["user", "Sign in."])
    text = letter(part_of(verdict, ADMINISTRATOR, [called("a@acme.example")]))
    assert "Option A: For one\n1. Choose a@acme.example." in text
    assert "    Set-CASMailbox -Identity a@acme.example" in text and "Sign in." not in text
    assert "Set-CASMailbox" not in letter(part_of(verdict, ADMINISTRATOR))


@pytest.mark.parametrize(
    ("kind", "owner", "who"),
    [
        ("user", Owner.ON_CALL, Owner.USER),
        ("menu", Owner.SUPPORT, Owner.ADMINISTRATOR),
        ("menu", Owner.ON_CALL, Owner.ON_CALL),
        ("powershell", Owner.USER, Owner.ADMINISTRATOR),
        ("note", Owner.SUPPORT, Owner.SUPPORT),
        ("note", Owner.USER, Owner.USER),
        ("wait", Owner.ADMINISTRATOR, Owner.ADMINISTRATOR),
        ("note", Owner.MICROSOFT, Owner.SUPPORT),
    ],
)
def test_whom_a_step_is_for_follows_from_its_kind_and_the_causes_owner(
    kind: str, owner: Owner, who: Owner
) -> None:
    assert remedy([kind, "Do it."], owner).who is who
    assert remedy([kind, "Do it.", "on-call"], owner).who is Owner.ON_CALL


def test_nobody_else_can_be_told() -> None:
    for step in (["menu", "x", "microsoft"], ["menu", "x", "user", "support"], ["odd", "x"]):
        with pytest.raises(ValueError):
            remedy(step, ADMINISTRATOR)


def test_a_customer_reads_their_own_steps_and_support_all() -> None:
    steps = (["user", "U."], ["menu", "A."], ["note", "S.", "support"], ["note", "E.", "on-call"])
    verdict = with_steps(*steps, ["ask", "Ask us."])
    told = for_audience(verdict, Audience.CUSTOMER)
    assert [part.who for part in told.parts] == [Owner.USER, ADMINISTRATOR]
    assert told.parts[0].ways[0].steps == ["U.", "Ask us."]
    ours = for_audience(verdict, Audience.SUPPORT)
    assert [part.who for part in ours.parts] == [*(p.who for p in told.parts), "support", "on-call"]
    assert "Ask us." not in str(ours)
    assert (told.sentence, ours.sentence) == (verdict.customer, verdict.support)


def test_the_mailboxes_of_one_customer_that_share_a_cause_are_named_together(bot: FastBot) -> None:
    for name in ("info", "sales"):
        failure = bot.failure(bot.account(State.FAILING, address=f"{name}@acme.example"))
    rival = bot.customer("Rival", "C0RIVAL")
    bot.failure(bot.account(State.FAILING, channel=rival, address="x@rival.example"))

    card = bot.views.errors.card(failure.ref)

    assert card is not None
    assert [each.user for each in card.affected] == ["sales@acme.example", "info@acme.example"]
    window = str(error_window(card, Audience.CUSTOMER))
    assert "'sales@acme.example', 'info@acme.example' | ForEach-Object" in window
    assert "rival" not in window
