"""The settings of the pagers that are told of incidents."""

from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr

from bot.config import reading
from bot.config.about import About

RoutingKey = Annotated[
    SecretStr,
    BeforeValidator(reading.routing_key),
    About(
        "The integration key (32 characters) of an Events API v2 integration at PagerDuty, which "
        "is told of the incidents that the vendor's engineers have to act on",
        begins="Pagers",
        reread=True,
    ),
]
EventsUrl = Annotated[
    str,
    BeforeValidator(reading.https),
    About(
        "Where PagerDuty takes events; for an account in Europe "
        "https://events.eu.pagerduty.com/v2/enqueue"
    ),
]
WordsSecret = Annotated[
    SecretStr,
    Field(min_length=16),
    About(
        "The secret of a webhook subscription (v3) at PagerDuty which leads to /pagerduty/webhook "
        "at PUBLIC_URL: what people do there is shown in Slack. Without it there is no such "
        "address",
        reread=True,
    ),
]
WebhookUrl = Annotated[
    SecretStr,
    BeforeValidator(reading.webhook),
    About(
        "An address of anything else that takes incidents: each change of one is posted to it as "
        "JSON (docs/alerts.md)",
        reread=True,
    ),
]
WebhookSecret = Annotated[
    SecretStr,
    BeforeValidator(reading.webhook_secret),
    About(
        "By which these posts are signed, as Standard Webhooks has it: whsec_ and 24 to 64 bytes "
        f"in base64. Make one with:\n{reading.SECRET_HINT}",
        reread=True,
    ),
]
