"""Kinds of pasted texts that were misread once: each by texts that nobody's thread has, so that
what is mended is the kind."""

import pytest

from bot.diagnosis import catalogue
from storage.vocabulary import Owner

pytestmark = pytest.mark.catalogue

ROWS = catalogue.load()
HONEST = {None, Owner.SUPPORT}
"""Whom a text is given to that does not say whose fault it is."""


def cause(text: str) -> str:
    """What a text is taken for; empty if it means nothing to us."""
    verdict = ROWS.lookup_text(text)
    return verdict.cause if verdict else ""


def owner(text: str) -> Owner | None:
    """Who acts; None where nothing is said."""
    verdict = ROWS.lookup_text(text)
    return verdict.owner if verdict else None


@pytest.mark.parametrize("number", ["AADB2C90080", "MSIS9602", "AADB2C90088"])
def test_a_number_of_another_service_is_not_explained_by_the_word_before_it(number: str) -> None:
    told = f'{{"error":"invalid_grant","error_description":"{number}: The grant is refused."}}'
    assert cause(told) == ""
    assert cause('{"error":"invalid_grant","error_description":"refused"}') == "sign-in-needed"


def test_the_name_of_an_exception_is_no_more_than_the_number_behind_it() -> None:
    told = "MsalUiRequiredException: {}: The provided grant has expired"
    assert cause(told.format("AADB2C90080")) == ""
    assert cause(told.format("AADSTS50173")) == "grant-revoked"


@pytest.mark.parametrize("word", ["Xerox", "WebException", "Slackware", "ZohoRM"])
def test_another_services_name_is_a_word_of_its_own(word: str) -> None:
    assert cause(f"{word}: smtp 535 Authentication failed") == "smtp-sign-in-refused"
    assert cause("Xero: smtp 535 Authentication failed") == ""


@pytest.mark.parametrize(
    "reason", ["403 Client Error: Forbidden", "401 Client Error: Unauthorized"]
)
def test_what_http_says_of_its_status_is_no_code_of_graphs(reason: str) -> None:
    assert owner(f"{reason} for url: https://graph.microsoft.com/v1.0/me") in HONEST


def test_a_word_that_is_called_an_error_is_graphs_only_beside_graph() -> None:
    told = '{"error":"InvalidRequest","message":"the state is missing"}'
    assert cause(told) == ""
    assert cause(f"graph.microsoft.com: {told}") == "graph-request-wrong"
    assert cause('{"error": {"code": "InvalidRequest"}}') == "graph-request-wrong"


def test_exchange_calls_an_exception_as_its_code() -> None:
    for code in ("ErrorAccessDenied", "ErrorMailboxMoveInProgress", "ErrorQuotaExceeded"):
        told = f"Microsoft.Exchange: {code}Exception: it failed"
        assert cause(told) == cause(f'"code": "{code}"') != ""


def test_the_number_that_is_told_within_another_is_the_one_that_counts() -> None:
    told = "AADSTS70002: Error validating credentials. AADSTS{}: it says why."
    assert cause(told.format(50012)) != cause(told.format(50126)) == "password-wrong"
    assert owner(told.format(50012)) is Owner.ON_CALL


def test_what_only_a_sign_in_is_answered_with_needs_no_other_sign_of_mail() -> None:
    assert cause("535 Authentication credentials are not accepted") == "smtp-sign-in-refused"
    assert cause("535 apples were counted") == cause("537 Authentication") == ""


@pytest.mark.parametrize(
    "page",
    ["This site can't be reached", "ERR_INTERNET_DISCONNECTED", "ERR_NAME_NOT_RESOLVED"],
)
def test_what_a_browser_shows_of_its_own_network_is_supports(page: str) -> None:
    assert owner(f"{page} login.microsoftonline.com") is Owner.SUPPORT


@pytest.mark.parametrize(
    "text",
    [
        "The SMTP server requires a secure connection or the client was not authenticated.",
        "530 5.7.57 Client not authenticated to send mail.",
        "530 5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM",
        "550 5.7.64 TenantAttribution; Relay Access Denied",
        "Der SMTP-Server erfordert eine sichere Verbindung. 5.5.1 Authentication Required.",
        "smtp: 530 5.7.0 Authentication required",
        "Must issue a STARTTLS command first or the client was not authenticated. 5.7.57",
    ],
)
def test_who_did_not_sign_in_is_not_known_from_the_server(text: str) -> None:
    assert owner(text) in HONEST


def test_a_resource_that_is_missing_is_the_administrators_only_if_it_is_the_mailbox() -> None:
    told = "AADSTS500011: The resource principal named {} was not found in the tenant"
    assert owner(told.format("https://outlook.office365.com")) is Owner.ADMINISTRATOR
    assert owner(told.format("api://our-own-service")) is Owner.ON_CALL


def test_a_sentence_that_both_protocols_share_is_the_protocols_that_the_text_speaks_of() -> None:
    for said in ("Invalid credentials", "does not support password authentication"):
        over = {name: cause(f"{name}.office365.com: {said}") for name in ("smtp", "imap")}
        assert {name for name, one in over.items() if one and name not in one} == set(), over


def test_a_code_that_says_nothing_is_told_by_https_status() -> None:
    told = '{{"error": {{"code": "UnknownError", "message": "{}"}}}} graph.microsoft.com'
    assert owner(told.format("504 Gateway Timeout")) is Owner.MICROSOFT
    assert owner(told.format("")) in HONEST


def test_a_limit_of_the_mailbox_is_not_its_size() -> None:
    told = '"code": "ErrorQuotaExceeded", "message": "{}"'
    assert owner(told.format("Cannot get ID from name.")) is Owner.SUPPORT
    assert cause(told.format("The mailbox is full.")) == "graph-mailbox-full"


def test_the_same_limit_of_the_mailbox_is_not_its_size_for_a_message_either() -> None:
    told = "554 5.2.2 mailbox full; STOREDRV.{}.Exception:QuotaExceededException.MapiException{}"
    for way in ("Submission", "Deliver"):
        assert owner(told.format(way, "NamedPropsQuotaExceeded")) is Owner.SUPPORT
        assert cause(told.format(way, "ShutoffQuotaExceeded")) == "mailbox-full"


def test_whose_mailbox_is_missing_hangs_on_whether_it_was_sending_or_being_delivered() -> None:
    told = "554 5.6.0 STOREDRV.{}.Exception:ObjectNotFoundException; The user wasn't found."
    assert owner(told.format("Submission")) is Owner.ADMINISTRATOR
    assert owner(told.format("Deliver")) is Owner.SUPPORT


def test_numbers_of_windows_own_windows_are_no_sign_in_that_the_customer_left() -> None:
    told = "We couldn't sign you in. {} and provide the error code {}."
    assert owner(told.format("Contact your system administrator", "CAA20003")) is Owner.SUPPORT
    assert cause(told.format("AADSTS50105", "CAA20003")) == "user-not-assigned"


def test_a_message_that_is_gone_is_no_folder_that_somebody_chose() -> None:
    told = "ErrorItemNotFound: The specified object was not found in the store.{}"
    assert owner(told.format(", Item not found.")) is Owner.SUPPORT
    assert cause(told.format(" The folder was deleted.")) == "graph-folder-gone"


def test_a_sender_that_has_to_be_the_account_is_no_malformed_address() -> None:
    for said in ("501 mail from address must be same as authorization user",
                 "553 sender address must be the same as the login"):  # fmt: skip
        assert owner(f"smtp: {said}") is Owner.ADMINISTRATOR


@pytest.mark.parametrize(
    "said",
    ["550 Message rejected as spam by Content Filtering", "554 5.7.1 rejected as spam by filter"],
)
def test_whose_filter_refused_a_message_nobody_knows(said: str) -> None:
    assert owner(f"smtp: {said}") in HONEST


def test_oauths_own_sentences_stand_for_its_words() -> None:
    told = {
        "Client authentication failed (e.g., unknown client, no client authentication included)":
            "invalid_client",
        "The authorization server is currently unable to handle the request due to an overload":
            "temporarily_unavailable",
    }  # fmt: skip
    for said, word in told.items():
        assert owner(f"oauth2: {said}") is owner(f'"error":"{word}"'), said


@pytest.mark.parametrize(
    "said",
    [
        "The server does not support password authentication.",
        "Der Server unterstützt keine Passwortauthentifizierung",
        "Le serveur ne prend pas en charge l'authentification par mot de passe",
        "El servidor no admite la autenticación por contraseña",
    ],
)
def test_servers_that_take_no_password_are_told_in_their_languages(said: str) -> None:
    for name in ("imap", "smtp"):
        assert owner(f"{name}.office365.com: {said}") in HONEST


@pytest.mark.parametrize(
    "text",
    [
        "ImageMagick: Unexpected EOF in the file",
        "XML parser: Unexpected EOF in prolog at row 1",
        "The printer's server is unavailable. 15 minutes later it was back",
        "Command Error. 10 commands were typed",
    ],
)
def test_words_of_mail_servers_in_other_sentences_mean_nothing(text: str) -> None:
    assert cause(text) == ""


def test_a_goodbye_that_was_asked_for_is_no_failure() -> None:
    talk = "C: 7 STATUS Archive (UNSEEN)\nS: 7 NO {}\nC: 8 LOGOUT\nS: * BYE Connection closed. 14"
    assert cause(talk.format("Server Unavailable. 15")) == "imap-unavailable"
    assert cause("C: 7 IDLE\nS: * BYE Connection closed. 14") == "imap-closed"
    goodbye = "* BYE Microsoft Exchange Server IMAP4 server signing off."
    assert cause(f"imap: {goodbye}\n8 OK LOGOUT completed.") == ""
    assert cause(f"imap: {goodbye}") == "imap-closed"


@pytest.mark.parametrize(
    "text",
    [
        "invalid_grant: Token has been expired or revoked.",
        "{'ok': False, 'error': 'access_denied'}",
        "421 4.3.0 Temporary System Problem. Try again later",
        "java.sql.SQLException: IO Error: Connection reset by peer",
    ],
)
def test_what_only_another_service_says_needs_no_name_of_it(text: str) -> None:
    assert cause(text) == ""


def test_a_library_that_tells_of_every_failure_alike_tells_none() -> None:
    told = "imap_open(): Couldn't open stream {{outlook.office365.com:993/imap/ssl}}INBOX{}"
    assert cause(told.format("")) == ""
    assert cause(told.format(" Connection refused")) == "connection-refused"


def test_an_interface_that_is_busy_is_microsofts_only_if_it_is_microsofts() -> None:
    told = "HTTP Server error 503: Service unavailable\nURL: https://{}/EWS/Exchange.asmx"
    assert owner(told.format("outlook.office365.com")) is Owner.MICROSOFT
    assert owner(told.format("mail.contoso.example")) in HONEST


@pytest.mark.parametrize(
    "text",
    [
        "I forgot my password again, and my colleague says hers is too long",
        "Where do I sign in on Monday? The old page was nicer",
        "The connection between the two projects was lost on me",
        "We ran out of quota for biscuits, so the limit is one each",
    ],
)
def test_everyday_sentences_of_the_same_words_mean_nothing(text: str) -> None:
    assert cause(text) == ""


def test_what_a_program_says_of_any_failure_of_a_kind_is_not_the_reason() -> None:
    told = "login.microsoftonline.com: [X509: NO_CERTIFICATE_OR_CRL_FOUND] no certificate found.{}"
    guess = " This typically happens behind a proxy with a self-signed certificate."
    assert cause(told.format(guess)) == cause(told.format("")) == "certificate-not-trusted"
    assert cause(told.format(" self-signed certificate")) == "certificate-self-signed"


@pytest.mark.parametrize(
    "reason",
    ["ConnectionResetError(104, 'Connection reset by peer')", "RemoteDisconnected('no response')"],
)
def test_a_proxy_that_hangs_up_is_not_microsofts_server(reason: str) -> None:
    host = "HTTPSConnectionPool(host='login.microsoftonline.com', port=443)"
    assert cause(f"{host}: ProxyError('Cannot connect to proxy.', {reason})") == "proxy-unreachable"
    assert cause(f"{host}: ConnectionError('Connection aborted.', {reason})") == "connection-lost"


@pytest.mark.parametrize(
    "reason",
    [
        "OSError: Could not find a suitable TLS CA certificate bundle, invalid path: /x/ca.pem",
        "curl: (77) error setting certificate verify locations: CAfile: /x/ca.pem",
        "cURL error 77: error setting certificate file: /x/ca.pem",
    ],
)
def test_authorities_of_ours_that_cannot_be_read_are_engineers(reason: str) -> None:
    assert owner(f"https://login.microsoftonline.com/ {reason}") is Owner.ON_CALL


def test_a_remote_server_that_returned_an_error_of_http_is_no_mail_server() -> None:
    told = "could not log in: The remote server returned {}"
    assert cause(told.format("an error: (400) Bad Request")) == ""
    assert cause(told.format("'535 5.7.3 Authentication unsuccessful'")) == "smtp-sign-in-refused"


@pytest.mark.parametrize("library", ["JavaMail", "Jakarta Mail"])
def test_a_goodbye_that_a_library_makes_up_is_the_networks(library: str) -> None:
    told = f"imap: * BYE {library} Exception: java.net.{{}}"
    assert cause(told.format("SocketTimeoutException: Read timed out")) == "no-answer"
    assert cause(told.format("SocketException: Connection reset")) == "connection-lost"
    assert cause("imap: * BYE Connection is closed. 14") == "imap-closed"


def test_a_login_that_failed_for_a_reason_of_the_networks_is_the_networks() -> None:
    told = "IMAP Error: Login failed for info@contoso.example from 192.0.2.1.{}"
    reason = " Could not connect to ssl://outlook.office365.com:993: {}"
    assert cause(told.format(reason.format("Network is unreachable"))) == "network-unreachable"
    assert cause(told.format(reason.format("Connection refused"))) == "connection-refused"
    assert cause(told.format("")) == "imap-password-used"


def test_a_number_of_windows_is_known_with_its_prefix_too() -> None:
    for number in ("CAA82EFD", "CAA82EE2", "CAA82EE7", "CAA20003"):
        bare = cause(f"login.microsoftonline.com error code {number}")
        assert cause(f"login.microsoftonline.com error code 0x{number.lower()}") == bare != ""


@pytest.mark.parametrize(
    "said",
    [
        "554 <info@contoso.example>: Recipient address rejected: Relay access denied",
        "550 5.7.1 Relaying not permitted",
        "551 Relaying denied",
    ],
)
def test_a_reply_that_only_mail_servers_give_needs_no_other_sign_of_mail(said: str) -> None:
    assert cause(said) == "relay-denied"


@pytest.mark.parametrize("number", [90010, 98765432])
def test_an_address_that_microsoft_does_not_serve_is_ours_to_change(number: int) -> None:
    told = (
        f"AADSTS{number}: The grant type is not supported over the /common or /consumers endpoint"
    )
    assert cause(told) == "authority-wrong"
    assert cause(f"AADSTS{number}: The algorithm is not supported.") != "authority-wrong"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("That password is incorrect for your Microsoft account.", "password-wrong"),
        ("Microsoft: You've used an incorrect account or password too many times.", "account-locked"),
        ("Microsoft sign-in: That code didn't work. Check the code and try again.",
         "second-factor-failed"),
        ("You've hit our limit on the number of text verification codes.", "second-factor-limit"),
        ("Outlook: We can't sign you in", "sign-in-not-finished"),
    ],
)  # fmt: skip
def test_microsofts_pages_without_a_number_are_known(said: str, meant: str) -> None:
    assert cause(said) == meant


@pytest.mark.parametrize(
    "text",
    [
        "That code didn't work, so I rewrote the function",
        "The account is locked in the ledger until the audit is over",
        "We can't sign you in to the choir without a name",
        "Name resolution of the quarrel failed, both left",
        "Could not open the folder 'Photos' of the camera",
        "Recipient address rejected by the courier: the parcel came back",
        "We've hit our limit on verification of invoices",
        "An exchange of goods where nobody can verify the identity of the buyer",
    ],
)
def test_the_same_words_of_something_else_mean_nothing(text: str) -> None:
    assert cause(text) == ""


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("The Outgoing server (SMTP) smtp.office365.com does not support the selected "
         "authentication method.", "sign-in-method-missing"),
        ('Mail can\'t verify the identity of "smtp.office365.com".', "certificate-not-trusted"),
        ('The server "smtp.office365.com" cannot be contacted on port 587.', "network-unreachable"),
        ("IMAP: the server does not support the connection encryption type you have specified.",
         "encryption-not-offered"),
    ],
)  # fmt: skip
def test_what_mail_programs_say_of_the_connection_is_known(said: str, meant: str) -> None:
    assert cause(said) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Microsoft sign-in: this laptop is not managed, so it must be enrolled first.",
         "device-not-compliant"),
        ("Your organization wants security info to be added from a trusted location.",
         "second-factor-place"),
        ("Outlook: the page says too many verification codes were requested.",
         "second-factor-limit"),
        ("Microsoft: this page works in Microsoft Edge; your browser is not supported.",
         "browser-not-supported"),
        ("A personal Microsoft account isn't supported here.", "account-type-wrong"),
        ("Your administrator has restricted what guest users may open.", "cross-tenant-policy"),
        ("Organizational account: that user ID or password is not recognized.", "password-wrong"),
        ("Microsoft login: the text message with the code never arrives.", "second-factor-failed"),
        ("OAuth error: the user canceled sign-in", "sign-in-not-finished"),
        ("IMAP over TLS: that certificate cannot be verified by this phone.",
         "certificate-not-trusted"),
        ("SMTP over TLS: the name in the certificate is not matched, it is for a different host.",
         "certificate-other-name"),
        ("smtp.office365.com: the proxy said no, with status code '407'.", "proxy-wants-password"),
        ("login.microsoftonline.com: the tunnel ended with (403).", "proxy-forbids"),
        ("The IMAP server answered, but the inbox could not be opened.", "inbox-refused"),
    ],
)  # fmt: skip
def test_what_is_said_in_words_of_their_own_is_known_by_what_it_means(
    said: str, meant: str
) -> None:
    assert cause(said) == meant


@pytest.mark.parametrize(
    "text",
    [
        "Please register the new phone of the reception with the landlord",
        "Guests are not allowed in the kitchen",
        "Too many text messages from the school this week",
        "How do I sign in with my organizational account? I forgot my user name.",
        "The user cancelled the appointment with the dentist",
        "Which browser do you use?",
        "The birth certificate could not be verified by the town hall",
        "The tunnel under the river has 407 lamps",
    ],
)
def test_the_same_words_about_everyday_things_mean_nothing(text: str) -> None:
    assert cause(text) == ""


def test_the_rest_of_a_page_is_read_where_its_title_stands_alone() -> None:
    rest = "To open this you need to switch to another browser."
    assert cause(f"You can't get there from here\n{rest}") == "browser-not-supported"
    assert cause(rest) == ""


@pytest.mark.parametrize("name", ["ZohoOAuthException", "GmailApiError", "XeroClient"])
def test_a_service_is_named_within_what_programs_call_their_parts(name: str) -> None:
    assert cause(f'{name}: {{"error":"invalid_client"}}') == ""
    assert cause('{"error":"invalid_client"}') != ""


def test_what_google_alone_says_of_a_grant_is_not_microsofts() -> None:
    for said in ("'error_description': 'Bad Request'", '"error_description": "Bad Request"'):
        assert cause(f"{{{said}, 'error': 'invalid_grant'}}") == ""


def test_an_answer_in_an_address_is_read_with_its_gaps() -> None:
    told = "http://localhost/#error=consent_required&error_description=User+declined+to+consent"
    assert cause(told) == "consent-declined"
