"""How far a connection came before it broke: one that stood and is reset was lost behind TCP, one
that never stood at it."""

import pytest

from bot.diagnosis.observation import Layer
from bot.mail.steps import ProbeFailed
from bot.mail.trace import ConnectionTrace, traced
from storage.vocabulary import StepId


@pytest.mark.parametrize(
    ("error", "behind", "layer"),
    [
        (BrokenPipeError(), Layer.TLS, "tls"),
        (ConnectionResetError(), Layer.GREETING, "greeting"),
        (ConnectionRefusedError(), Layer.TLS, "tcp"),
        (TimeoutError(), Layer.TLS, "tcp"),
    ],
)
def test_a_connection_that_breaks_while_it_is_made(
    error: OSError, behind: Layer, layer: str
) -> None:
    with (
        pytest.raises(ProbeFailed) as failed,
        traced(ConnectionTrace(behind_tcp=behind), StepId.IMAP_CONNECT),
    ):
        raise error
    assert failed.value.observation.layer == layer
