"""What a server said, and what it means.

`observe` turns replies, error answers and exceptions into an `Observation`: the protocol's own
fields, redacted. `catalogue` finds the row that explains it and gives a `Verdict` (cause, owner,
scope, permanence, remedy). `failures` keeps both under an error ID.

A new cause is a new row in the TOML file of its subject in `catalogue/`, and no code: what it
matches, the words for customers and for support, who can mend it, and at least two samples of what
servers really say. `tests/unit/test_catalogue.py` checks that each sample finds its row and no
other; `make docs` puts the row into `docs/errors.md`, and its page at `/errors/<id>` is there by
itself. Code is needed only where the probe sees something that no field tells yet: that is a new
`Condition` in `observation`, and the place that observes it.
"""
