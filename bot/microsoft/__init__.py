"""Microsoft's sign-in service: client, credentials, tokens, identity.

`client` asks Microsoft through MSAL, `credentials` are the application's own, `tokens` keeps each
account's grant and gives access tokens, `identity` says who signed in and whether that is the
mailbox that was asked for. `identity` stands here and not with the sign-in because the connection
test compares the same names, and `bot/checks` is below `bot/signin`.

This package is one provider. A second mail provider is a package beside it that gives the same
three things: a token that lives long enough (`Tokens.fresh`, with `TokenFailed` and its
observation), an identity proved by its sign-in (`identity.proved`, `belongs`), and the pages to
send people to (`Microsoft.client`, `admin_consent_url`). `bot/signin` and `bot/checks` are given
these by `bot/app`, which is where an account's provider would choose among them; the account needs
a column that names it, and the provider's errors need rows in `bot/diagnosis/catalogue`. The mail
steps need its `MailHosts` and nothing else (see `bot/mail`).
"""
