"""The way to the vendor's product: whether a webhook may go there, and somebody takes it."""

from collections.abc import Iterator

from bot.api.posting import HttpWebhooks
from bot.doctor.findings import Finding, found


def webhook(host: str, way: HttpWebhooks) -> Iterator[Finding]:
    """Whether a connection to the address of the settings is allowed and comes about; nothing is
    posted. Takes seconds at most."""
    answer = way.look()
    if not answer.reason:
        yield found("webhook-reached", host=host)
    elif answer.refused:
        yield found("webhook-not-allowed", host=host, reason=answer.reason)
    else:
        yield found("webhook-unreached", host=host, reason=answer.reason)
