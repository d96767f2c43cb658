"""How far a connection came before it broke: one that stood and is reset was lost behind TCP, one
that never stood at it."""

import pytest

from bot.mail.steps import ProbeFailed
from bot.mail.trace import ConnectionTrace, located
from storage.vocabulary import StepId


@pytest.mark.parametrize(
    ("error", "behind", "layer"),
    [
        (BrokenPipeError(), "tls", "tls"),
        (ConnectionResetError(), "greeting", "greeting"),
        (ConnectionRefusedError(), "tls", "tcp"),
        (TimeoutError(), "tls", "tcp"),
    ],
)
def test_a_connection_that_breaks_while_it_is_made(error: OSError, behind: str, layer: str) -> None:
    with (
        pytest.raises(ProbeFailed) as failed,
        located(ConnectionTrace(behind_tcp=behind), StepId.IMAP_CONNECT),
    ):
        raise error
    assert failed.value.observation.layer == layer
