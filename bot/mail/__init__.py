"""The mail servers: opening a mailbox over IMAP and SMTP, and telling its folders apart.

`probe` runs the mail steps of a connection test: `imap` and `smtp` are the two connections, `steps`
times each step and tells its failure, `trace` says which layer failed, `roundtrip` sends one real
message and finds it again. `imap_list` reads what a server answers to LIST; `suggestions` says
which folder plays which role, with the names in `folder_names.toml`.

Nothing in here knows Microsoft, a database or Slack. It gets a `MailHosts` (which servers) and a
`Target` (whose mailbox, and an access token for SASL XOAUTH2), and gives a `MailReport`. A second
mail provider that speaks IMAP and SMTP with XOAUTH2 therefore needs its own `MailHosts` and nothing
else here; its tokens come from a package beside `bot/microsoft`, as that package's page says. One
that signs in otherwise needs another SASL string beside `xoauth2` in `target`; one without IMAP
needs a probe of its own with the methods of `MailProbe`.
"""
