"""Pasted error texts: what people really paste finds its cause, everyday words find none, and no
protocol's text is taken for another's."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk import WebClient

from bot.common.refusals import Refused
from bot.diagnosis import catalogue, phrases
from bot.diagnosis.observation import Condition, Observation, Where
from bot.diagnosis.observe import from_imap, from_oauth, from_smtp
from bot.diagnosis.unwrapping import LONGEST_HEAD, LONGEST_TAIL, unwrapped
from handlers.cards.kit import Message
from handlers.commands import Commands
from handlers.features import lookup
from handlers.slack.payloads import Command
from storage.vocabulary import Owner
from tests.support.examples import examples
from tests.support.fast import VERA, FastBot

pytestmark = pytest.mark.catalogue

ROWS = catalogue.load()
DATA = Path(__file__).parents[1] / "data"
PASTED = tomllib.loads((DATA / "pasted.toml").read_text(encoding="utf-8"))
LATER = tomllib.loads((DATA / "pasted_later.toml").read_text(encoding="utf-8"))
BLIND = tomllib.loads((DATA / "pasted_blind.toml").read_text(encoding="utf-8"))
THREADS = tomllib.loads((DATA / "pasted_threads.toml").read_text(encoding="utf-8"))
PROGRAMS = tomllib.loads((DATA / "pasted_programs.toml").read_text(encoding="utf-8"))
PROGRAMS_LATER = tomllib.loads((DATA / "pasted_programs_later.toml").read_text(encoding="utf-8"))
OAUTH = {Where.TOKEN, Where.AUTHORIZE, Where.ADMIN_CONSENT}
EXPLAINED_AT_LEAST = 0.95


def cases(data: dict[str, Any], kind: str) -> Iterator[tuple[str, str, str]]:
    """Where a text was met, what it should be taken for, and the text."""
    for group in data[kind]:
        for wanted, text in group["cases"]:
            yield group["name"], wanted, text


def cause(text: str) -> str:
    """The cause that a text is taken for; empty if it means nothing to us."""
    verdict = ROWS.lookup_text(text)
    return verdict.cause if verdict else ""


def is_understood(text: str, wanted: str) -> bool:
    """Whether a text is taken for the cause, or given to the `owner:`, that is wanted."""
    kind, _, owner = wanted.partition(":")
    if kind == "owner":
        return Owner(owner) is ROWS.verdict(cause(text) or "unknown").owner
    return cause(text) == wanted


def owner(cause_or_owner: str) -> Owner | None:
    """Who acts; None where nobody is blamed for what nobody knows."""
    kind, _, named = cause_or_owner.partition(":")
    if kind == "owner":
        return Owner(named)
    return ROWS.verdict(cause_or_owner).owner if cause_or_owner else None


def test_there_are_as_many_texts_as_people_paste() -> None:
    programs, languages = list(cases(PASTED, "program")), list(cases(PASTED, "language"))
    assert len(programs) >= 160 and len({name for name, _, _ in programs}) >= 14
    assert len(languages) >= 30 and len({name for name, _, _ in languages}) >= 7
    named = {wanted for _, wanted, _ in programs + languages if ":" not in wanted}
    assert named - {""} <= set(ROWS.rows)


@pytest.mark.parametrize("kind", ["program", "language"])
def test_what_people_paste_finds_its_cause(kind: str) -> None:
    wrong = [
        (name, wanted, cause(text), text[:100])
        for name, wanted, text in cases(PASTED, kind)
        if not is_understood(text, wanted)
    ]
    assert wrong == []


def test_texts_that_the_reading_was_not_made_for_find_theirs() -> None:
    later = [*cases(LATER, "program"), *cases(LATER, "language")]
    wrong = [
        (wanted, cause(text), text) for _, wanted, text in later if not is_understood(text, wanted)
    ]
    assert len(wrong) <= (1 - EXPLAINED_AT_LEAST) * len(later), wrong
    assert [one for one in wrong if one[1] and owner(one[0]) is not owner(one[1])] == []


def test_texts_of_the_blind_sets_find_theirs() -> None:
    blind = [*cases(BLIND, "program"), *cases(BLIND, "language")]
    assert len(blind) >= 250
    assert [(one, cause(one[2])) for one in blind if not is_understood(one[2], one[1])] == []


def test_texts_of_public_threads_find_theirs() -> None:
    threads = [*cases(THREADS, "program"), *cases(THREADS, "language")]
    assert len(threads) >= 600
    assert [(one, cause(one[2])) for one in threads if not is_understood(one[2], one[1])] == []


def test_sentences_of_programs_find_theirs() -> None:
    sets = (PROGRAMS, PROGRAMS_LATER)
    said = [one for of in sets for kind in ("program", "language") for one in cases(of, kind)]
    assert len(said) >= 500
    assert [(one, cause(one[2])) for one in said if not is_understood(one[2], one[1])] == []


@pytest.mark.parametrize(
    "text",
    [
        "Die Verbindung zum IMAP-Server steht. Die Anmeldung war erfolgreich.",
        "La connexion au serveur SMTP est établie, l'authentification a réussi.",
        "Introduzca la contraseña del servidor SMTP. El error de ayer: ninguno.",
        "IMAP サーバーに接続しました。認証に成功しました。",
        "Wir haben die SMTP-Anmeldung getestet: keine Fehler bei der Anmeldung.",
        "Le serveur IMAP est accessible et la connexion fonctionne.",
        "Il server SMTP è raggiungibile e la connessione è attiva",
        "SMTP Verbindung wurde nach dem Senden ordnungsgemäß getrennt.",
        "La conexión IMAP se cerró correctamente, sin errores de conexión.",
        "Сервер SMTP доступен, соединение установлено.",
        "Unser Zertifikat ist abgelaufen, Outlook zeigt es an.",
        "Please reconnect your laptop to the Microsoft Teams meeting.",
        "Anmeldung im Büro. Wir melden den Fehler dem SMTP-Anbieter morgen.",
    ],
)
def test_what_went_well_in_another_language_is_no_failure(text: str) -> None:
    assert cause(text) == ""


def test_words_of_two_sentences_say_nothing_together() -> None:
    assert cause("SMTP: Die Authentisierung ist gescheitert") == "smtp-sign-in-refused"
    assert cause("SMTP. Die Authentisierung läuft. Der Druck ist gescheitert.") == ""


@pytest.mark.parametrize(
    "text",
    [
        "GET https://graph.microsoft.com/v1.0/me: ResourceNotFound: the mailbox folder",
        "Microsoft Graph: CertificateNotFound in the store of the machine",
        "Outlook asks for reauthentication every morning",
    ],
)
def test_the_end_of_a_word_is_no_error(text: str) -> None:
    assert cause(text) in ("", "graph-user-unknown")


def test_a_number_that_was_cut_is_not_explained_by_the_word_before_it() -> None:
    for text in ("invalid_grant AADSTS50", "invalid_grant: AADSTS7000…", "invalid_grant AADSTS"):
        assert cause(text) == "", text
    assert cause("invalid_grant") == "sign-in-needed"


def test_what_went_well_later_is_no_failure() -> None:
    refused = "outlook.office365.com\nS: A1 NO AUTHENTICATE failed.\n"
    assert cause(refused) == "imap-sign-in-refused"
    assert cause(f"{refused}S: A2 OK LOGIN completed.\nS: * BYE Connection closed. 14") == (
        "imap-closed"
    )


def test_of_another_companys_service_nothing_is_said() -> None:
    others = [one for of in (BLIND, PROGRAMS, PROGRAMS_LATER) for one in cases(of, "other")]
    assert len(others) >= 40
    assert [(text, cause(text)) for _, _, text in others if cause(text)] == []


EVERYDAY: list[str] = PASTED["everyday"].split()


@examples(300)
@given(st.lists(st.sampled_from(EVERYDAY), min_size=2, max_size=25).map(" ".join))
def test_everyday_words_mean_no_failure(text: str) -> None:
    assert cause(text) == ""


WRAPPERS = {
    Where.TOKEN: [
        "Microsoft.Identity.Client.MsalServiceException: {text}\n   at Client.Send() in a.cs:line 50105",
        "oauth2: cannot fetch token: 400 Bad Request\nResponse: {text}",
        "Sorry, but we're having trouble signing you in.\n\n{text}",
        "Fehler bei der Anmeldung: {text} (Zeile 53003)",
        "2026-11-23 10:00:00,535 ERROR [http-nio-8443-exec-5] refresh failed: {text}",
    ],
    Where.SMTP: [
        "smtplib.SMTPResponseException: ({code}, b'{text}')",
        "MailKit.Net.Smtp.SmtpCommandException: {code}: {text}\n   at SmtpClient.cs:line 50105",
        "javax.mail.MessagingException: {code} {text}\n\tat SMTPTransport.java:965",
        "Error: Message failed: {code} {text}\n    at SMTPConnection (index.js:809:19)",
        "2026-11-23 10:00 SERVER -> CLIENT: 250-SIZE 157286400\n2026-11-23 10:00 SERVER -> CLIENT: {code} {text}",
        "postfix/smtp[993]: 9BDC: status=bounced (host smtp.office365.com[192.0.2.1] said: {code} {text})",
        "Remote Server returned '{code} {text}'",
        "El servidor SMTP respondió: {code} {text}",
    ],
    Where.IMAP: [
        "imaplib.IMAP4.error: {command} command error: {condition} [b'{text}']",
        "C: A3 {command}\njavax.mail.MessagingException: A3 {condition} {text}",
        "{{ executedCommand: '3 {command}', response: '3 {condition} {text}', responseStatus: '{condition}' }} imap",
        "C: a5 {command}\nS: a5 {condition} {text}\nC: a6 LOGOUT (imap)",
        "MailKit.Net.Imap.ImapCommandException: The IMAP server replied to the '{command}' command with a '{condition}' response: {text}",
    ],
    Where.GRAPH: [
        '{{"error": {{"code": "{error}", "message": "{text}", "innerError": {{"date": "2026-11-23"}}}}}}',
        "Microsoft.Graph.ServiceException: Code: {error}\nMessage: {text}\nClientRequestId: 53003-1",
    ],
    Where.NETWORK: [
        "Error connecting to smtp.office365.com:587: {text}",
        "2026-11-23 10:00:00 ERROR imap worker[50105]: outlook.office365.com:993: {text}",
    ],
}  # fmt: skip


COMMANDS = {
    "imap.connect": "CAPABILITY",
    "imap.auth": "AUTHENTICATE XOAUTH2",
    "imap.folders": "LIST",
    "imap.inbox": "EXAMINE",
    "roundtrip": "SEARCH",
}


def samples(where: Where) -> list[dict[str, Any]]:
    """The samples of a protocol that say something in words, in the form that their server uses."""
    kinds = {
        Where.TOKEN: "error_codes",
        Where.SMTP: "message",
        Where.IMAP: "text",
        Where.GRAPH: "error",
        Where.NETWORK: "text",
    }
    return [
        sample
        for row in ROWS.rows.values()
        if not row.id.startswith("unknown")
        for sample in row.samples
        if where in row.where and sample.get(kinds[where]) and "where" not in sample
    ]


def spoken(where: Where, sample: dict[str, Any]) -> dict[str, str]:
    """What a wrapper puts in: words, code and condition of a sample."""
    if where is Where.TOKEN:
        return {"text": f"{sample['error']}: {sample['error_description']}"}
    if where is Where.SMTP:
        return {"text": sample["message"], "code": str(sample["code"])}
    if where in (Where.GRAPH, Where.NETWORK):
        return {"text": sample.get("text", ""), "error": sample.get("error", "")}
    words = sample["text"].removeprefix("* ")
    condition = sample.get("condition", "NO")
    command = COMMANDS[sample["step"]]
    return {"text": words.removeprefix(f"{condition} "), "condition": condition, "command": command}


def explained(where: Where, sample: dict[str, Any]) -> Owner:
    """Who acts if the server itself says it to us."""
    if where is Where.TOKEN:
        return ROWS.explain(from_oauth(sample)).owner
    if where is Where.SMTP:
        step = sample.get("step", "smtp.auth")
        return ROWS.explain(from_smtp(sample["code"], sample["message"], step)).owner
    if where is Where.GRAPH:
        seen = Observation(where, error=sample["error"], text=sample.get("text", ""))
        return ROWS.explain(seen).owner
    if where is Where.NETWORK:
        return Owner.ON_CALL
    condition = Condition(sample.get("condition", "NO"))
    return ROWS.explain(from_imap(sample["text"], condition, sample["step"])).owner


IMAP_SAYS = ("NO", "BAD", "BYE")
SAID = {
    where: [
        one
        for one in samples(where)
        if where is not Where.IMAP or one.get("condition", "NO") in IMAP_SAYS
        if one.get("code", 550) >= 400
        if one.get("code") != 501  # what that means hangs on the step, which no text names
        if one.get("status", 400) < 500  # a word that says it only with its status
    ]
    for where in WRAPPERS
}


@examples(300)
@given(st.data())
def test_whatever_program_wraps_a_reply_it_is_read_as_its_protocols(data: st.DataObject) -> None:
    where = data.draw(st.sampled_from(list(WRAPPERS)))
    sample = data.draw(st.sampled_from(SAID[where]))
    wrapper = data.draw(st.sampled_from(WRAPPERS[where]))
    text = wrapper.format(**spoken(where, sample))
    seen = ROWS.read(text)
    if seen is None and where is Where.NETWORK:
        return  # what our own code says of the network, nobody pastes
    assert seen is not None, text
    assert seen.where in (OAUTH if where is Where.TOKEN else {where}), text
    assert ROWS.explain(seen).owner is explained(where, sample), text


@pytest.mark.parametrize(
    "text",
    [
        "invalid_grant: the mailbox doesn't exist any more, AADSTS70008",
        "AADSTS50034: the user account does not exist. Folder is not found",
        "AADSTS90094 too many connections, Server Unavailable",
        '{"error":"invalid_grant","error_description":"Mailbox doesn\'t exist: LOGIN failed."}',
    ],
)
def test_what_the_sign_in_says_is_no_missing_folder(text: str) -> None:
    seen = ROWS.read(text)
    assert seen is not None and seen.where in OAUTH


def test_a_number_is_read_as_the_answer_would_have_brought_it() -> None:
    seen = ROWS.read(
        "invalid_grant AADSTS 50173: revoked\r\nTrace ID: 00000000-0000-4000-8000-000000000000"
        "\r\nCorrelation ID: 00000000-0000-4000-8000-000000000001 suberror=bad_token"
    )
    assert seen is not None
    assert (seen.error, seen.suberror, seen.codes) == ("invalid_grant", "bad_token", (50173,))
    assert seen.trace_id.endswith("000") and seen.correlation_id.endswith("001")


SECRETS = (
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJ1cG4iOiJwbGFudGVkIn0.cGxhbnRlZHNpZ25hdHVyZXBsYW50ZWQ",
    "code=0.AXkAplantedplantedplantedplantedplanted",
    "client_secret=planted~planted",
    "refresh_token%3D1.AXkAplantedplantedplantedplanted",
    "\\u0022password\\u0022: \\u0022planted-planted\\u0022",
)


@pytest.mark.redaction
@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "text",
    [
        "AADSTS50173: revoked {} error_codes",
        "invalid_grant {}",
        "535 5.7.3 Authentication unsuccessful {}",
        "A1 NO AUTHENTICATE failed. {}",
        "Connection refused {} smtp.office365.com:587",
        "You must use multi-factor authentication to access {}",
        '{{"code": "ErrorAccessDenied"}} {}',
    ],
)
def test_no_secret_of_a_pasted_text_is_kept(text: str, secret: str) -> None:
    seen = ROWS.read(text.format(secret))
    assert seen is not None
    assert "planted" not in str(seen) and "cGxhbnRlZ" not in str(seen)


def test_of_a_long_log_its_beginning_and_its_end_are_read() -> None:
    middle = "S: 250 2.1.5 Recipient OK\n" * 5000
    assert (
        cause(middle + "S: 554 5.2.252 SendAsDenied; a not allowed to send as b")
        == "send-as-denied"
    )
    assert cause("AADSTS50105: not assigned\n" + middle) == "user-not-assigned"
    assert len(unwrapped("x" * 10**6)) <= LONGEST_HEAD + LONGEST_TAIL + 1


def test_a_short_error_is_no_error_id() -> None:
    bot = FastBot()
    for text in ("Error 53003", "invalid_grant", "50105", "AADSTS50105", "5.7.139 denied"):
        assert not lookup.is_error_id(bot.services, text)
    assert lookup.is_error_id(bot.services, "MX-7Q3F-9K2D")


def answered(typed: str) -> str:
    """What is answered to a text that Vera types after our name."""
    answers: list[Message] = []
    body = {"team_id": VERA.team, "user_id": VERA.user, "channel_id": "C1", "text": typed}
    Commands(FastBot().services).do(Command.parse(body, WebClient("xoxb-none")), answers.append)
    return str(answers)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("AADSTS50105: The signed in user is not assigned", "user-not-assigned"),
        ("Need admin approval", "admin-approval-needed"),
        ("error Code: 53003", "conditional-access"),
        ("535 5.7.139 SmtpClientAuthentication is disabled for the Tenant", "smtp-auth-off-tenant"),
    ],
)
def test_an_error_that_is_typed_after_our_name_is_explained(typed: str, told: str) -> None:
    assert ROWS.verdict(told).title in answered(typed)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("status code 535 5.7.3 Authentication unsuccessful", "smtp-sign-in-refused"),
        ("error: AADSTS50105: The signed in user is not assigned", "user-not-assigned"),
        ("list of errors AADSTS50105, AADSTS50105", "user-not-assigned"),
        ("customer reports AADSTS90094", "admin-approval-needed"),
        ("test failed with 535 5.7.139 SmtpClientAuthentication is disabled for the Tenant",
         "smtp-auth-off-tenant"),
        ("pause AADSTS53003 what now", "conditional-access"),
    ],
)  # fmt: skip
def test_an_error_that_begins_like_a_subcommand_is_explained(typed: str, told: str) -> None:
    assert ROWS.verdict(told).title in answered(typed)


def test_what_names_no_error_runs_its_subcommand() -> None:
    for typed in ("list", "list failed", "customer acme", "help"):
        told = answered(typed)
        assert not any(row.title in told for row in ROWS.rows.values()), typed
    with pytest.raises(Refused):
        answered("status info@acme.example")  # it asks for a customer's channel


def test_another_word_after_our_name_gets_a_suggestion() -> None:
    assert "list" in answered("lst")


def test_every_sentence_that_we_know_stands_for_a_row() -> None:
    """A phrase whose row was renamed, or whose protocol no row has, would explain nothing."""
    for phrase in phrases.load().phrases:
        for sentence in phrase.says:
            text = " and ".join(part for part in sentence.parts if part)
            assert cause(f"\n{text} \n."), text
