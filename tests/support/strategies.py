"""What hypothesis makes up: the worst text that people and servers can give, and accounts that are
called so."""

from hypothesis import strategies as st

from storage.vocabulary import Owner, State
from tests.support.values import ROWS, account

NASTY = [
    "<!channel>",
    "@here",
    "&lt;",
    "*bold*",
    "`",
    "```",
    "مرحبا",
    "😀" * 60,
    "x" * 80,
    "<@U0VERA>",
    "{name}",
    "\n\n",
]
words = st.one_of(st.sampled_from(NASTY), st.text(min_size=1, max_size=80))
accounts = st.builds(
    lambda name, sender, state, owner: account(
        name=name,
        sender_name=sender,
        sender_email=sender[:60] + "@acme.example",
        state=state,
        owner=owner,
    ),
    words,
    words,
    st.sampled_from(State),
    st.sampled_from(Owner),
)
causes = st.sampled_from(sorted(ROWS.rows))
