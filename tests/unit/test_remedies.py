"""The steps of a remedy: each command names the mailbox, the sender or the person that it means."""

from dataclasses import replace

import pytest

from bot.diagnosis.verdict import Remedy
from handlers.cards.checks import remedy_steps
from storage.vocabulary import State
from tests.support.fast import FastBot

COMMANDS = {
    "Set-CASMailbox -Identity <mailbox>": "Set-CASMailbox -Identity shared@acme.example",
    "Add-RecipientPermission <sender>": "Add-RecipientPermission sender@acme.example",
    "-Trustee <user>": "-Trustee person@acme.example",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_names_who_it_is_about_where_all_three_differ(bot: FastBot, command: str) -> None:
    account = bot.account(
        State.FAILING,
        address="sender@acme.example",
        username="person@acme.example",
        shared_mailbox="shared@acme.example",
    )
    verdict = bot.catalogue.verdict("smtp-auth-off-mailbox")
    verdict = replace(verdict, remedy=(Remedy("powershell", command),))

    assert f"`{COMMANDS[command]}`" in remedy_steps(verdict, account)


def test_a_mailbox_of_ones_own_is_the_senders(bot: FastBot) -> None:
    account = bot.account(address="sender@acme.example", username="person@acme.example")
    verdict = replace(
        bot.catalogue.verdict("smtp-auth-off-mailbox"),
        remedy=(Remedy("powershell", "<mailbox> <sender> <user>"),),
    )

    expected = "sender@acme.example sender@acme.example person@acme.example"
    assert f"`{expected}`" in remedy_steps(verdict, account)


def test_who_signed_in_is_named_rather_than_who_should_have(bot: FastBot) -> None:
    account = bot.account(signed_in_as="renamed@acme.example")
    verdict = replace(
        bot.catalogue.verdict("smtp-auth-off-mailbox"), remedy=(Remedy("powershell", "<user>"),)
    )

    assert "`renamed@acme.example`" in remedy_steps(verdict, account)


def test_where_no_account_is_known_the_placeholders_stay(bot: FastBot) -> None:
    verdict = bot.catalogue.verdict("smtp-auth-off-mailbox")

    assert "mailbox" in remedy_steps(verdict)
