"""The doctor: whether everything around the bot is as it needs it, and how to fix what is not.

`examination` runs the checks side by side, `findings` says what one found (its words are in
`findings.toml`), and each other module is the checks of one subject. What they ask the outside
through is handed in.
"""
