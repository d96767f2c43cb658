"""What the catalogue's rows give as samples, as observations."""

from typing import Any

from bot.diagnosis.catalogue import Row
from bot.diagnosis.observation import Condition, Layer, Observation, Where
from bot.diagnosis.observe import from_callback, from_imap, from_oauth, from_smtp

OAUTH = {Where.AUTHORIZE, Where.TOKEN, Where.ADMIN_CONSENT}


def seen(row: Row, sample: dict[str, Any]) -> list[Observation]:
    """The observations that a sample makes, as its protocol hands them on."""
    params = {name: str(value) for name, value in sample.items()}
    if "code" in sample:
        return [from_smtp(sample["code"], sample["message"], sample.get("step", "smtp.auth"))]
    if sample.get("where") == Where.ADMIN_CONSENT:
        return [from_callback(params, Where.ADMIN_CONSENT)]
    if "error" in sample and OAUTH & set(row.where) and "where" not in sample:
        told = (
            [from_oauth(sample)]
            if Where.TOKEN in row.where and "error_subcode" not in sample
            else []
        )
        return [
            *told,
            *(
                [from_callback(params)]
                if Where.AUTHORIZE in row.where and "suberror" not in sample
                else []
            ),
        ]
    if Where.IMAP in row.where and "text" in sample:
        condition = Condition(sample["condition"]) if "condition" in sample else None
        return [from_imap(sample["text"], condition, sample.get("step", "imap.inbox"))]
    fields = {name: value for name, value in sample.items() if name != "where"}
    if "condition" in fields:
        fields["condition"] = Condition(fields["condition"])
    if "layer" in fields:
        fields["layer"] = Layer(fields["layer"])
    return [Observation(Where(sample.get("where", row.where[0])), **fields)]
