"""Who may do what, written down by hand: what every test of rights expects. It is kept apart from
`bot.support.rights` on purpose, and is changed by hand when a right is."""

TABLE = """
                      support  on-call  colleague  customer  guest  stranger
set-up                yes      -        -          -         -      -
see                   yes      -        yes        yes       yes    -
add                   yes      -        -          yes       yes    -
list-old              yes      -        -          yes       yes    -
change                yes      -        -          yes       yes    -
change-addresses      yes      -        -          yes       -      -
sign-in               yes      -        -          yes       yes    -
confirm-organisation  yes      -        -          yes       -      -
disconnect            yes      -        -          yes       -      -
test                  yes      -        -          yes       yes    -
map-folders           yes      -        -          yes       yes    -
snooze                yes      -        -          yes       yes    -
ask-support           yes      -        -          yes       yes    -
error                 yes      yes      -          yes       yes    -
error-details         yes      yes      -          -         -      -
timeline              yes      yes      -          -         -      -
acknowledge           yes      yes      -          -         -      -
"""

IN_ONE_WORKSPACE = {
    "support": "support",
    "on-call": "on-call",
    "colleague": "customer",
    "customer": "customer",
    "guest": "guest",
    "stranger": "stranger",
}
"""What people are in a channel where everybody who is not of the support team is a customer, by
what they are elsewhere."""

_HEAD, *_ROWS = (line.split() for line in TABLE.strip().splitlines())

MAY: dict[tuple[str, str], bool] = {
    (role, action): {"yes": True, "-": False}[word]
    for action, *words in _ROWS
    for role, word in zip(_HEAD, words, strict=True)
}
"""Whether a role may do an action, by their words."""
